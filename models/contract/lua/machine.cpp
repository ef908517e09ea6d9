#include "models/contract/lua/machine.hpp"

#include <cstdlib>
#include <cstring>

namespace ledgerlab::lua {

namespace {

constexpr int steps_per_count = 64;
constexpr std::size_t string_bytes_max = std::size_t{64} << 10;

// Blocks that are no objects (hash parts, stacks) depend on the state's hash seed, which the
// library draws from clock and address. They are bounded by what the instructions that fill them
// cost, not counted: this much a unit of gas can never be reached.
constexpr std::size_t brake_bytes = std::size_t{96} << 20;
constexpr std::size_t brake_bytes_per_gas = 16;

}  // namespace

Machine::Machine(contract::Frame& frame) : frame_(frame) {
  brake_ = brake_bytes + static_cast<std::size_t>(frame.gas()) * brake_bytes_per_gas;
  state_ = lua_newstate(&Machine::allocate, this);
  if (state_ == nullptr) {
    frame_.stop(ContractStatus::out_of_gas, "no room for a Lua state");
    return;
  }
  *static_cast<Machine**>(lua_getextraspace(state_)) = this;
  // Without collection no memory is ever reused: what a frame made is what it is charged for, and
  // there is no finaliser and no weak reference that could tell when.
  lua_gc(state_, LUA_GCSTOP);
}

Machine::~Machine() {
  if (state_ != nullptr) {
    lua_sethook(state_, nullptr, 0, 0);
    lua_close(state_);
  }
}

Machine& Machine::of(lua_State* state) {
  return **static_cast<Machine**>(lua_getextraspace(state));
}

bool Machine::grow(bool object, std::size_t kind, std::size_t bytes) {
  if (object) {
    if (frame_.stopped()) return false;
    if (kind == LUA_TSTRING && bytes > string_bytes_max) {
      frame_.stop(ContractStatus::out_of_gas, "a string longer than 64 KiB");
      return false;
    }
    objects_ += bytes;
    if (objects_ > frame_.limits().memory_bytes) {
      frame_.stop(ContractStatus::out_of_gas, "out of memory");
      return false;
    }
    if (!frame_.charge_bytes(bytes, contract::price::memory_word)) return false;
  }
  if (held_ + bytes > brake_) {
    frame_.stop(ContractStatus::out_of_gas, "out of memory");
    return false;
  }
  return true;
}

void* Machine::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  Machine& machine = *static_cast<Machine*>(self);
  // A new block's old size says what kind of object it is for; zero: for none.
  const std::size_t kind = block == nullptr ? old_size : 0;
  if (block == nullptr) old_size = 0;
  if (new_size == 0) {
    machine.held_ -= old_size;
    std::free(block);
    return nullptr;
  }
  if (new_size > old_size && !machine.grow(kind != 0, kind, new_size - old_size)) return nullptr;
  void* out = std::realloc(block, new_size);
  if (out != nullptr) machine.held_ += new_size - old_size;
  return out;
}

void Machine::count(lua_State* state, lua_Debug*) {
  Machine& machine = of(state);
  if (machine.frame_.charge_steps(steps_per_count)) return;
  // From here every single instruction raises, in handlers and after a caught error too, until the
  // contract has been left.
  lua_sethook(state, &Machine::count, LUA_MASKCOUNT, 1);
  lua_pushliteral(state, "stopped");
  lua_error(state);
}

bool Machine::run(lua_CFunction function, void* data, std::string& error) {
  if (state_ == nullptr) return false;
  lua_sethook(state_, &Machine::count, LUA_MASKCOUNT, steps_per_count);
  lua_pushcfunction(state_, function);
  lua_pushlightuserdata(state_, data);
  const int status = lua_pcall(state_, 1, 0, 0);
  lua_sethook(state_, nullptr, 0, 0);
  if (status == LUA_OK) return true;
  // The text of a string only: an error object's own methods are not asked.
  if (lua_type(state_, -1) == LUA_TSTRING) {
    std::size_t size = 0;
    const char* text = lua_tolstring(state_, -1, &size);
    error.assign(text, size);
  } else {
    error = "an error that is no text";
  }
  return false;
}

}  // namespace ledgerlab::lua
