#include "models/contract/lua/lua.hpp"

#include <algorithm>

#include "models/contract/lua/machine.hpp"
#include "models/contract/lua/source.hpp"
#include "models/contract/lua/values.hpp"
#include "models/parts/contract/no_host.hpp"
#include "models/parts/contract/script_engine.hpp"

namespace ledgerlab::lua {

namespace {

using contract::Frame;

/// What is made of a source once: its compiled chunk and the methods that its table names.
struct Program {
  std::string fault;  // why it is no contract; empty: it is one
  std::string chunk;
  contract::Methods methods;
};

constexpr std::int64_t reading_gas = 10'000'000;  // for a source's own statements, once

int write_chunk(lua_State*, const void* piece, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(piece), size);
  return 0;
}

/// Leaves the contract's table on the stack.
void run_chunk(lua_State* state, const std::string& chunk) {
  open_library(state);
  if (luaL_loadbufferx(state, chunk.data(), chunk.size(), "=contract", "b") != LUA_OK) {
    lua_error(state);
  }
  lua_call(state, 0, 1);
  if (!lua_istable(state, -1)) luaL_error(state, "the chunk must return its table of methods");
}

struct Reading {
  const Bytes& source;
  Program& program;
};

int read_program(lua_State* state) {
  auto& [source, program] = *static_cast<Reading*>(lua_touserdata(state, 1));
  const auto* text = reinterpret_cast<const char*>(source.data());
  if (luaL_loadbufferx(state, text, source.size(), "=contract", "t") != LUA_OK) lua_error(state);
  lua_dump(state, write_chunk, &program.chunk, 0);
  run_chunk(state, program.chunk);
  std::vector<std::string> keys;
  lua_pushnil(state);
  while (lua_next(state, -2) != 0) {
    if (lua_type(state, -2) != LUA_TSTRING || !lua_isfunction(state, -1)) {
      return luaL_error(state, "the table of methods holds functions under their signatures");
    }
    keys.emplace_back(text_at(state, -2));
    lua_pop(state, 1);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    const std::string why = program.methods.add(key);
    if (!why.empty()) return luaL_error(state, "%s", why.c_str());
  }
  return 0;
}

Program make_program(const Bytes& source, const contract::Limits& limits) {
  Program out;
  out.fault = check_source({reinterpret_cast<const char*>(source.data()), source.size()});
  if (!out.fault.empty()) return out;
  contract::NoHost host;
  ContractMessage message;
  message.gas = reading_gas;
  Frame frame(host, message, limits, nullptr);
  Machine machine(frame);
  Reading reading{source, out};
  std::string error;
  if (!machine.run(read_program, &reading, error)) {
    out.fault =
        frame.stopped() ? "its own statements do not end, or ask for the ledger: " + error : error;
  }
  return out;
}

struct Call {
  const Program& program;
  const contract::Method& method;
  const std::vector<contract::AbiValue>& arguments;
  Frame& frame;
};

int call_method(lua_State* state) {
  const auto& call = *static_cast<const Call*>(lua_touserdata(state, 1));
  run_chunk(state, call.program.chunk);
  const int table = lua_gettop(state);
  lua_getfield(state, table, call.method.key.c_str());
  luaL_checkstack(state, static_cast<int>(call.arguments.size()), "arguments");
  for (const auto& argument : call.arguments) push_abi(state, argument);
  lua_call(state, static_cast<int>(call.arguments.size()), LUA_MULTRET);
  std::vector<contract::AbiValue> results;
  for (int i = table + 1; i <= lua_gettop(state); ++i) results.push_back(to_abi(state, i));
  call.frame.finish(contract::abi_encode(results));
  return 0;
}

class Lua final : public contract::ScriptEngine<Program> {
 public:
  using ScriptEngine::ScriptEngine;
  std::string_view name() const override { return "lua"; }

 protected:
  Program make(const Bytes& code) const override { return make_program(code, limits()); }
  bool call(Frame& frame, const Program& program, const contract::Method& method,
            const std::vector<contract::AbiValue>& arguments, std::string& error) override {
    Machine machine(frame);
    Call call{program, method, arguments, frame};
    return machine.run(call_method, &call, error);
  }
};

}  // namespace

std::unique_ptr<contract::CodeEngine> make_lua(contract::Limits limits) {
  return std::make_unique<Lua>(limits);
}

}  // namespace ledgerlab::lua
