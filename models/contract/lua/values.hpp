// Values between Lua and the ledger: the type u256, addresses and byte strings as hexadecimal text,
// arguments and results of the ABI. All raise Lua errors where a value does not fit.
#pragma once

#include <lua5.4/lua.hpp>
#include <string_view>

#include "models/parts/contract/methods.hpp"

namespace ledgerlab::lua {

void open_u256(lua_State* state);  // the global `u256` and its arithmetic
void push_u256(lua_State* state, const U256& value);
const U256* test_u256(lua_State* state, int index);
/// A u256, an integer that is not negative, or the text of a number.
U256 to_u256(lua_State* state, int index);

/// Of a string or integer that is known to be one.
std::string_view text_at(lua_State* state, int index);
std::string_view check_text(lua_State* state, int index);
Bytes check_hex(lua_State* state, int index);
Address check_address(lua_State* state, int index);
bool text_to_integer(std::string_view text, lua_Integer& value);

/// boolean, integer and u256 as one word; "0x" with 40 digits an address, with 64 a word; any other
/// text as bytes.
contract::AbiValue to_abi(lua_State* state, int index);
void push_abi(lua_State* state, const contract::AbiValue& value);

}  // namespace ledgerlab::lua
