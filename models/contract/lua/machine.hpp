// One Lua state for one frame: its allocator, its instruction hook, and the way from a Lua call
// back to the frame.
#pragma once

#include <lua5.4/lua.hpp>

#include "models/parts/contract/frame.hpp"

namespace ledgerlab::lua {

class Machine {
 public:
  explicit Machine(contract::Frame& frame);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  lua_State* state() const { return state_; }  // null: not even a state fitted the budget
  contract::Frame& frame() const { return frame_; }
  static Machine& of(lua_State* state);

  /// Runs `function(data)` protected; false if it raised, the error's text in `error`.
  bool run(lua_CFunction function, void* data, std::string& error);

 private:
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void count(lua_State* state, lua_Debug*);
  bool grow(bool object, std::size_t kind, std::size_t bytes);

  contract::Frame& frame_;
  lua_State* state_ = nullptr;
  std::size_t objects_ = 0;  // bytes of objects made
  std::size_t held_ = 0;     // bytes of blocks held now
  std::size_t brake_ = 0;
};

/// Offers a contract its library: fills the global table. Called inside Machine::run.
void open_library(lua_State* state);

}  // namespace ledgerlab::lua
