#include "models/contract/lua/values.hpp"

#include <charconv>

#include "models/contract/lua/machine.hpp"

namespace ledgerlab::lua {

namespace {

constexpr const char* type_key = "u256";

/// Solidity's checked arithmetic: what does not fit refuses the whole frame.
int refuse(lua_State* state, const char* why) {
  Machine::of(state).frame().refuse(why);
  return luaL_error(state, "%s", why);
}

int add_numbers(lua_State* state) {
  const auto sum = checked_add(to_u256(state, 1), to_u256(state, 2));
  if (!sum) return refuse(state, "arithmetic overflow");
  push_u256(state, *sum);
  return 1;
}
int subtract_numbers(lua_State* state) {
  const auto difference = checked_subtract(to_u256(state, 1), to_u256(state, 2));
  if (!difference) return refuse(state, "arithmetic underflow");
  push_u256(state, *difference);
  return 1;
}
int multiply_numbers(lua_State* state) {
  const auto product = checked_multiply(to_u256(state, 1), to_u256(state, 2));
  if (!product) return refuse(state, "arithmetic overflow");
  push_u256(state, *product);
  return 1;
}
int divide_numbers(lua_State* state) {
  const U256 divisor = to_u256(state, 2);
  if (divisor.is_zero()) return refuse(state, "division by zero");
  push_u256(state, to_u256(state, 1) / divisor);
  return 1;
}
int modulo_numbers(lua_State* state) {
  const U256 divisor = to_u256(state, 2);
  if (divisor.is_zero()) return refuse(state, "division by zero");
  push_u256(state, to_u256(state, 1) % divisor);
  return 1;
}
int equal_numbers(lua_State* state) {
  lua_pushboolean(state, to_u256(state, 1) == to_u256(state, 2));
  return 1;
}
int less_numbers(lua_State* state) {
  lua_pushboolean(state, to_u256(state, 1) < to_u256(state, 2));
  return 1;
}
int at_most_numbers(lua_State* state) {
  lua_pushboolean(state, to_u256(state, 1) <= to_u256(state, 2));
  return 1;
}
int concat_numbers(lua_State* state) {
  std::string out;
  for (int i = 1; i <= 2; ++i) {
    if (const U256* number = test_u256(state, i)) {
      out += to_decimal(*number);
    } else {
      out += check_text(state, i);
    }
  }
  lua_pushlstring(state, out.data(), out.size());
  return 1;
}
int make_number(lua_State* state) {
  push_u256(state, to_u256(state, 1));
  return 1;
}

constexpr luaL_Reg arithmetic[] = {{"__add", add_numbers},       {"__sub", subtract_numbers},
                                   {"__mul", multiply_numbers},  {"__idiv", divide_numbers},
                                   {"__mod", modulo_numbers},    {"__eq", equal_numbers},
                                   {"__lt", less_numbers},       {"__le", at_most_numbers},
                                   {"__concat", concat_numbers}, {nullptr, nullptr}};

}  // namespace

void open_u256(lua_State* state) {
  luaL_newmetatable(state, type_key);
  luaL_setfuncs(state, arithmetic, 0);
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 1);
  lua_pushcfunction(state, make_number);
  lua_setglobal(state, "u256");
}

void push_u256(lua_State* state, const U256& value) {
  *static_cast<U256*>(lua_newuserdatauv(state, sizeof(U256), 0)) = value;
  luaL_setmetatable(state, type_key);
}

const U256* test_u256(lua_State* state, int index) {
  return static_cast<const U256*>(luaL_testudata(state, index, type_key));
}

U256 to_u256(lua_State* state, int index) {
  if (const U256* number = test_u256(state, index)) return *number;
  if (lua_type(state, index) == LUA_TSTRING) {
    if (const auto number = u256_from_text(text_at(state, index))) return *number;
    luaL_error(state, "'%s' is no unsigned number of 256 bits", lua_tostring(state, index));
  }
  const lua_Integer number = luaL_checkinteger(state, index);
  if (number < 0) refuse(state, "a negative number where an unsigned one is needed");
  return U256(static_cast<std::uint64_t>(number));
}

std::string_view text_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(state, index, &size);
  return {text, size};
}

std::string_view check_text(lua_State* state, int index) {
  const int type = lua_type(state, index);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) luaL_typeerror(state, index, "text");
  return text_at(state, index);
}

Bytes check_hex(lua_State* state, int index) {
  const std::string_view text = check_text(state, index);
  auto bytes = text.starts_with("0x") ? from_hex(text) : std::nullopt;
  if (!bytes) luaL_argerror(state, index, "hexadecimal text (\"0x...\") expected");
  return std::move(*bytes);
}

Address check_address(lua_State* state, int index) {
  const auto address = fixed_from_hex<20>(check_text(state, index));
  if (!address) luaL_argerror(state, index, "an address (\"0x\" and 40 digits) expected");
  return *address;
}

bool text_to_integer(std::string_view text, lua_Integer& value) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc() && stop == end;
}

contract::AbiValue to_abi(lua_State* state, int index) {
  if (lua_isboolean(state, index)) return contract::abi_bool(lua_toboolean(state, index) != 0);
  if (lua_type(state, index) == LUA_TSTRING) {
    const std::string_view text = text_at(state, index);
    if (text.starts_with("0x")) {
      if (const auto address = fixed_from_hex<20>(text)) return contract::abi(*address);
      if (const auto word = fixed_from_hex<32>(text)) return contract::abi(*word);
    }
    return contract::abi_bytes(Bytes(text.begin(), text.end()));
  }
  return contract::abi(to_u256(state, index));
}

void push_abi(lua_State* state, const contract::AbiValue& value) {
  using contract::AbiKind;
  std::string text;
  switch (value.type.kind) {
    case AbiKind::number:
      push_u256(state, value.number);
      return;
    case AbiKind::boolean:
      lua_pushboolean(state, !value.number.is_zero());
      return;
    case AbiKind::address:
      text = contract::hex_text(value.address().view());
      break;
    case AbiKind::word:
      text = contract::hex_text(to_big_endian(value.number).view());
      break;
    case AbiKind::bytes:
      text = contract::hex_text(value.bytes);
      break;
    case AbiKind::text:
      text.assign(value.bytes.begin(), value.bytes.end());
      break;
  }
  lua_pushlstring(state, text.data(), text.size());
}

}  // namespace ledgerlab::lua
