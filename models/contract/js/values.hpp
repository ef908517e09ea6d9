// Values between JavaScript and the ledger: numbers of 256 bits as decimal text, addresses and byte
// strings as hexadecimal text, results of the ABI; and compiled code. All raise JavaScript errors
// where a value does not fit.
#pragma once

#include <duktape.h>

#include <string_view>

#include "models/parts/contract/methods.hpp"

namespace ledgerlab::js {

void push_text(duk_context* context, std::string_view text);
void push_u256(duk_context* context, const U256& value);
/// Text or a number (whose text it then is); anything else raises.
std::string check_text(duk_context* context, duk_idx_t index);
U256 check_u256(duk_context* context, duk_idx_t index);
Bytes check_hex(duk_context* context, duk_idx_t index);
Address check_address(duk_context* context, duk_idx_t index);

/// A boolean, a number or decimal text as one word; "0x" with 40 digits an address, with 64 a word;
/// any other text as bytes.
contract::AbiValue to_abi(duk_context* context, duk_idx_t index);
void push_abi(duk_context* context, const contract::AbiValue& value);

/// The program on an empty heap of its own; throws std::logic_error if it does not compile.
Bytes compile(std::string_view source, const char* name);
/// Compiles the text into `code`; raises a SyntaxError.
void compile_in(duk_context* context, std::string_view source, const char* name, Bytes& code);
/// Runs compiled code; its value is left on the stack.
void run_code(duk_context* context, const Bytes& code);

}  // namespace ledgerlab::js
