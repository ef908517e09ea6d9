// What a contract is offered. Everything that loops in C is charged by its length; everything whose
// answer could differ between nodes either has one answer here (the order of `pairs`, the text of a
// table) or ends the frame (`os`, `io`, `math.random`).
#include <algorithm>
#include <limits>
#include <new>

#include "models/contract/lua/machine.hpp"
#include "models/contract/lua/values.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::lua {

namespace {

using contract::Frame;

Frame& frame_of(lua_State* state) { return Machine::of(state).frame(); }

/// Leaves the contract where the frame has been stopped; no handler of its own holds it back.
void go_on(lua_State* state, bool going) {
  if (going) return;
  lua_pushliteral(state, "stopped");
  lua_error(state);
}

void steps(lua_State* state, std::size_t count) {
  go_on(state, frame_of(state).charge_steps(static_cast<std::int64_t>(count)));
}

int protected_call(lua_State* state) {
  luaL_checkany(state, 1);
  const int status = lua_pcall(state, lua_gettop(state) - 1, LUA_MULTRET, 0);
  go_on(state, !frame_of(state).stopped());
  lua_pushboolean(state, status == LUA_OK);
  lua_insert(state, 1);
  return lua_gettop(state);
}

int raise(lua_State* state) {
  lua_settop(state, 1);
  return lua_error(state);
}

int type_name(lua_State* state) {
  luaL_checkany(state, 1);
  lua_pushstring(state, test_u256(state, 1) != nullptr ? "u256" : luaL_typename(state, 1));
  return 1;
}

/// Never an address: a table is "table".
int to_text(lua_State* state) {
  luaL_checkany(state, 1);
  if (const U256* number = test_u256(state, 1)) {
    lua_pushstring(state, to_decimal(*number).c_str());
  } else if (lua_isboolean(state, 1)) {
    lua_pushstring(state, lua_toboolean(state, 1) ? "true" : "false");
  } else if (lua_type(state, 1) == LUA_TNUMBER || lua_type(state, 1) == LUA_TSTRING) {
    lua_tolstring(state, 1, nullptr);
    lua_settop(state, 1);
  } else {
    lua_pushstring(state, luaL_typename(state, 1));
  }
  return 1;
}

/// Decimal or hexadecimal integers of 64 bits; nil for anything else.
int to_number(lua_State* state) {
  luaL_checkany(state, 1);
  if (const U256* number = test_u256(state, 1)) {
    if (number->bit_length() <= 63) {
      lua_pushinteger(state, static_cast<lua_Integer>(number->low64()));
      return 1;
    }
  } else if (lua_type(state, 1) == LUA_TNUMBER) {
    lua_settop(state, 1);
    return 1;
  } else if (lua_type(state, 1) == LUA_TSTRING) {
    lua_Integer value = 0;
    if (text_to_integer(text_at(state, 1), value)) {
      lua_pushinteger(state, value);
      return 1;
    }
  }
  lua_pushnil(state);
  return 1;
}

int set_metatable(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  if (!lua_isnil(state, 2)) {
    luaL_checktype(state, 2, LUA_TTABLE);
    lua_pushliteral(state, "__gc");
    if (lua_rawget(state, 2) != LUA_TNIL) return luaL_error(state, "there are no finalisers");
  }
  if (luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(state, "the metatable is protected");
  }
  lua_settop(state, 2);
  lua_setmetatable(state, 1);
  return 1;
}

int get_metatable(lua_State* state) {
  luaL_checkany(state, 1);
  if (lua_type(state, 1) != LUA_TTABLE || !lua_getmetatable(state, 1)) {
    lua_pushnil(state);
  } else {
    luaL_getmetafield(state, 1, "__metatable");
  }
  return 1;
}

int raw_get(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 2);
  lua_rawget(state, 1);
  return 1;
}

int raw_set(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 3);
  lua_rawset(state, 1);
  return 1;
}

int raw_equal(lua_State* state) {
  lua_settop(state, 2);
  lua_pushboolean(state, lua_rawequal(state, 1, 2));
  return 1;
}

/// A table's keys in order: integers, then strings by their bytes, then false and true. Others have
/// no order that all nodes share.
int sorted_keys(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  std::vector<lua_Integer> integers;
  std::vector<std::string_view> texts;
  bool truth[2] = {false, false};
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    steps(state, 4);
    const int type = lua_type(state, -2);
    if (type == LUA_TNUMBER) {
      integers.push_back(lua_tointeger(state, -2));
    } else if (type == LUA_TSTRING) {
      texts.push_back(text_at(state, -2));
    } else if (type == LUA_TBOOLEAN) {
      truth[lua_toboolean(state, -2)] = true;
    } else {
      return luaL_error(state, "keys that are no text, integer or boolean have no order");
    }
    lua_pop(state, 1);
  }
  std::sort(integers.begin(), integers.end());
  std::sort(texts.begin(), texts.end());
  lua_createtable(state, static_cast<int>(integers.size() + texts.size() + 2), 0);
  lua_Integer index = 0;
  for (const lua_Integer value : integers) {
    lua_pushinteger(state, value);
    lua_rawseti(state, -2, ++index);
  }
  for (const std::string_view value : texts) {
    lua_pushlstring(state, value.data(), value.size());
    lua_rawseti(state, -2, ++index);
  }
  for (int value = 0; value < 2; ++value) {
    if (!truth[value]) continue;
    lua_pushboolean(state, value);
    lua_rawseti(state, -2, ++index);
  }
  return 1;
}

int text_byte(lua_State* state) {
  const std::string_view text = check_text(state, 1);
  lua_Integer at = luaL_optinteger(state, 2, 1);
  if (at < 0) at += static_cast<lua_Integer>(text.size()) + 1;
  if (at < 1 || at > static_cast<lua_Integer>(text.size())) {
    lua_pushnil(state);
  } else {
    lua_pushinteger(state, static_cast<Byte>(text[static_cast<std::size_t>(at - 1)]));
  }
  return 1;
}

constexpr std::size_t text_most = std::size_t{64} << 10;

int text_repeat(lua_State* state) {
  const std::string_view text = check_text(state, 1);
  const lua_Integer count = std::max<lua_Integer>(0, luaL_checkinteger(state, 2));
  if (!text.empty() && count > static_cast<lua_Integer>(text_most / text.size())) {
    frame_of(state).stop(ContractStatus::out_of_gas, "a string longer than 64 KiB");
    go_on(state, false);
  }
  steps(state, text.size() * static_cast<std::size_t>(text.empty() ? 0 : count) / 32 + 1);
  std::string out;
  for (lua_Integer i = 0; !text.empty() && i < count; ++i) out += text;
  lua_pushlstring(state, out.data(), out.size());
  return 1;
}

int table_concat(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const std::string_view separator = lua_isnoneornil(state, 2) ? "" : check_text(state, 2);
  const auto size = static_cast<lua_Integer>(lua_rawlen(state, 1));
  std::string out;
  for (lua_Integer i = 1; i <= size; ++i) {
    steps(state, 1);
    lua_rawgeti(state, 1, i);
    const int type = lua_type(state, -1);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) {
      return luaL_error(state, "table.concat: item %d is no text", static_cast<int>(i));
    }
    if (i > 1) out += separator;
    out += text_at(state, -1);
    if (out.size() > text_most) {
      frame_of(state).stop(ContractStatus::out_of_gas, "a string longer than 64 KiB");
      go_on(state, false);
    }
    lua_pop(state, 1);
  }
  lua_pushlstring(state, out.data(), out.size());
  return 1;
}

/// What has no one answer for all nodes. Asking ends the frame: a contract that tried is not one
/// whose result anybody may use.
int forbidden(lua_State* state) {
  frame_of(state).stop(ContractStatus::nondeterminism,
                       "the contract asked for what differs between nodes");
  go_on(state, false);
  return 0;
}

// --- the ledger ----------------------------------------------------------------------------------

int item_get(lua_State* state) {
  const std::string_view key = check_text(state, 1);
  std::optional<Bytes> value;
  go_on(state, frame_of(state).load(as_bytes(key), value));
  if (value) {
    lua_pushlstring(state, reinterpret_cast<const char*>(value->data()), value->size());
  } else {
    lua_pushnil(state);
  }
  return 1;
}

/// A number that was stored; zero where nothing was.
int item_number(lua_State* state) {
  const std::string_view key = check_text(state, 1);
  std::optional<Bytes> value;
  go_on(state, frame_of(state).load(as_bytes(key), value));
  const auto number = u256_from_big_endian(value ? ByteView(*value) : ByteView());
  if (!number) return luaL_error(state, "get_number: what is stored is no number");
  push_u256(state, *number);
  return 1;
}

int item_set(lua_State* state) {
  const std::string_view key = check_text(state, 1);
  Bytes value;
  if (const U256* number = test_u256(state, 2)) {
    value = to_minimal_big_endian(*number);
  } else if (lua_type(state, 2) == LUA_TNUMBER) {
    value = to_minimal_big_endian(to_u256(state, 2));
  } else if (!lua_isnoneornil(state, 2)) {
    const ByteView text = as_bytes(check_text(state, 2));
    value.assign(text.begin(), text.end());
  }
  go_on(state, frame_of(state).store(as_bytes(key), value));
  return 0;
}

int balance(lua_State* state) {
  U256 value;
  go_on(state, frame_of(state).balance(check_address(state, 1), value));
  push_u256(state, value);
  return 1;
}

/// call(to, value, input): success and output, both in hexadecimal text.
int call(lua_State* state) {
  const Address to = check_address(state, 1);
  const U256 value = to_u256(state, 2);
  const Bytes input = lua_isnoneornil(state, 3) ? Bytes() : check_hex(state, 3);
  Frame::Answer answer;
  go_on(state,
        frame_of(state).call(to, value, input, std::numeric_limits<std::int64_t>::max(), answer));
  lua_pushboolean(state, answer.success);
  const std::string output = contract::hex_text(answer.output);
  lua_pushlstring(state, output.data(), output.size());
  return 2;
}

int refuse(lua_State* state) {
  frame_of(state).refuse(lua_isnoneornil(state, 1) ? std::string_view() : check_text(state, 1));
  go_on(state, false);
  return 0;
}

int require(lua_State* state) {
  if (lua_toboolean(state, 1)) {
    lua_settop(state, 1);
    return 1;
  }
  lua_remove(state, 1);
  return refuse(state);
}

/// emit(signature, indexed, values...): an event as Solidity logs it.
int emit(lua_State* state) {
  const std::string_view signature = check_text(state, 1);
  const lua_Integer indexed = luaL_checkinteger(state, 2);
  std::vector<Hash256> topics(1);
  go_on(state, frame_of(state).hash(as_bytes(signature), topics[0]));
  std::vector<contract::AbiValue> values;
  for (int i = 3; i <= lua_gettop(state); ++i) {
    contract::AbiValue value = to_abi(state, i);
    if (i - 3 < indexed) {
      topics.push_back(to_big_endian(value.number));
    } else {
      values.push_back(std::move(value));
    }
  }
  if (topics.size() > 4) return luaL_error(state, "emit: at most three values are indexed");
  go_on(state, frame_of(state).log(contract::abi_encode(values), topics));
  return 0;
}

int keccak(lua_State* state) {
  Hash256 hash;
  go_on(state, frame_of(state).hash(check_hex(state, 1), hash));
  const std::string text = contract::hex_text(hash.view());
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

/// encode(signature, values...): the input of a call.
int encode(lua_State* state) {
  const std::string_view signature = check_text(state, 1);
  go_on(state, frame_of(state).charge(contract::price::hash));
  const contract::Selector selector = contract::selector_of(signature);
  std::vector<contract::AbiValue> values;
  for (int i = 2; i <= lua_gettop(state); ++i) values.push_back(to_abi(state, i));
  Bytes out(selector.begin(), selector.end());
  const Bytes arguments = contract::abi_encode(values);
  out.insert(out.end(), arguments.begin(), arguments.end());
  const std::string text = contract::hex_text(out);
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

constexpr luaL_Reg functions[] = {
    {"pcall", protected_call},
    {"error", raise},
    {"type", type_name},
    {"tostring", to_text},
    {"tonumber", to_number},
    {"setmetatable", set_metatable},
    {"rawget", raw_get},
    {"rawset", raw_set},
    {"rawequal", raw_equal},
    {"getmetatable", get_metatable},
    {"get", item_get},
    {"get_number", item_number},
    {"set", item_set},
    {"balance", balance},
    {"call", call},
    {"revert", refuse},
    {"require", require},
    {"emit", emit},
    {"keccak", keccak},
    {"encode", encode},
    {"load", forbidden},
    {"loadstring", forbidden},
    {"loadfile", forbidden},
    {"dofile", forbidden},
    {"collectgarbage", forbidden},
    {"print", forbidden},
    {"keys", sorted_keys},
};

constexpr const char* forbidden_tables[] = {"os", "io", "debug", "package"};

// In Lua, and so metered by itself. `\1` is the table of what only this text sees.
constexpr std::string_view prelude = R"lua(
local keys, error, type, rawget = keys, error, type, rawget
function pairs(t)
  local order, at = keys(t), 0
  return function()
    at = at + 1
    local key = order[at]
    if key ~= nil then return key, rawget(t, key) end
  end, t, nil
end
local function after(t, i)
  i = i + 1
  local value = t[i]
  if value ~= nil then return i, value end
end
function ipairs(t) return after, t, 0 end
function assert(value, message)
  if not value then error(message or "assertion failed!") end
  return value
end
function table.insert(t, position, value)
  local size = #t
  if value == nil then t[size + 1] = position return end
  if position < 1 or position > size + 1 then error("table.insert: no such position") end
  for i = size, position, -1 do t[i + 1] = t[i] end
  t[position] = value
end
function table.remove(t, position)
  local size = #t
  position = position or size
  local value = t[position]
  for i = position, size - 1 do t[i] = t[i + 1] end
  if size > 0 then t[size] = nil end
  return value
end
local function default_less(a, b) return a < b end
function table.sort(t, less)
  less = less or default_less
  local size, from, to = #t, t, {}
  local width = 1
  while width < size do
    for low = 1, size, 2 * width do
      local middle, high = low + width, low + 2 * width
      if middle > size + 1 then middle = size + 1 end
      if high > size + 1 then high = size + 1 end
      local i, j = low, middle
      for k = low, high - 1 do
        if i < middle and (j >= high or not less(from[j], from[i])) then
          to[k] = from[i] i = i + 1
        else
          to[k] = from[j] j = j + 1
        end
      end
    end
    from, to = to, from
    width = 2 * width
  end
  if from ~= t then for i = 1, size do t[i] = from[i] end end
end
function math.min(a, b) if b < a then return b end return a end
function math.max(a, b) if a < b then return b end return a end
function math.abs(a) if a < 0 then return -a end return a end
)lua";

int write_chunk(lua_State*, const void* piece, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(piece), size);
  return 0;
}

/// The prelude, compiled once for all frames.
const std::string& prelude_chunk() {
  static const std::string chunk = [] {
    std::string out;
    lua_State* state = luaL_newstate();
    if (luaL_loadbufferx(state, prelude.data(), prelude.size(), "=prelude", "t") == LUA_OK) {
      lua_dump(state, write_chunk, &out, 1);
    }
    lua_close(state);
    return out;
  }();
  return chunk;
}

void set_text(lua_State* state, const char* name, const std::string& text) {
  lua_pushlstring(state, text.data(), text.size());
  lua_setfield(state, -2, name);
}

void open_strings(lua_State* state) {
  lua_pushcfunction(state, luaopen_string);
  lua_call(state, 0, 1);
  lua_createtable(state, 0, 8);
  for (const char* name : {"sub", "char", "upper", "lower", "len"}) {
    lua_getfield(state, -2, name);
    lua_setfield(state, -2, name);
  }
  lua_pushcfunction(state, text_byte);
  lua_setfield(state, -2, "byte");
  lua_pushcfunction(state, text_repeat);
  lua_setfield(state, -2, "rep");
  // The library's own metatable of strings makes floats of "1" + 1: only methods stay.
  lua_pushliteral(state, "");
  lua_createtable(state, 0, 2);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_setmetatable(state, -2);
  lua_pop(state, 1);
  lua_setglobal(state, "string");
  lua_pop(state, 1);
}

void open_message(lua_State* state) {
  const Frame& frame = frame_of(state);
  lua_createtable(state, 0, 4);
  set_text(state, "sender", contract::hex_text(frame.message().sender.view()));
  set_text(state, "self", contract::hex_text(frame.message().recipient.view()));
  set_text(state, "origin", contract::hex_text(frame.context().origin.view()));
  push_u256(state, frame.message().value);
  lua_setfield(state, -2, "value");
  lua_setglobal(state, "msg");
  lua_createtable(state, 0, 2);
  lua_pushinteger(state, frame.context().block_number);
  lua_setfield(state, -2, "number");
  lua_pushinteger(state, frame.context().timestamp);
  lua_setfield(state, -2, "timestamp");
  lua_setglobal(state, "block");
}

}  // namespace

void open_library(lua_State* state) {
  lua_pushglobaltable(state);
  luaL_setfuncs(state, functions, 0);
  lua_pop(state, 1);
  open_strings(state);
  open_u256(state);
  open_message(state);
  lua_createtable(state, 0, 5);
  lua_pushcfunction(state, table_concat);
  lua_setfield(state, -2, "concat");
  lua_setglobal(state, "table");
  lua_createtable(state, 0, 7);
  lua_pushinteger(state, LUA_MAXINTEGER);
  lua_setfield(state, -2, "maxinteger");
  lua_pushinteger(state, LUA_MININTEGER);
  lua_setfield(state, -2, "mininteger");
  for (const char* name : {"random", "randomseed"}) {
    lua_pushcfunction(state, forbidden);
    lua_setfield(state, -2, name);
  }
  lua_setglobal(state, "math");
  for (const char* name : forbidden_tables) {
    lua_createtable(state, 0, 0);
    lua_createtable(state, 0, 1);
    lua_pushcfunction(state, forbidden);
    lua_setfield(state, -2, "__index");
    lua_setmetatable(state, -2);
    lua_setglobal(state, name);
  }
  const std::string& chunk = prelude_chunk();
  if (luaL_loadbufferx(state, chunk.data(), chunk.size(), "=prelude", "b") != LUA_OK) {
    lua_error(state);
  }
  lua_call(state, 0, 0);
}

}  // namespace ledgerlab::lua
