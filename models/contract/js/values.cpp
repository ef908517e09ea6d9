#include "models/contract/js/values.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ledgerlab::js {

void push_text(duk_context* context, std::string_view text) {
  duk_push_lstring(context, text.data(), text.size());
}

void push_u256(duk_context* context, const U256& value) { push_text(context, to_decimal(value)); }

std::string check_text(duk_context* context, duk_idx_t index) {
  if (!duk_is_string(context, index) && !duk_is_number(context, index)) {
    duk_type_error(context, "argument %ld: text expected", static_cast<long>(index) + 1);
  }
  duk_dup(context, index);
  duk_size_t size = 0;
  const char* text = duk_to_lstring(context, -1, &size);
  std::string out(text, size);
  duk_pop(context);
  return out;
}

U256 check_u256(duk_context* context, duk_idx_t index) {
  const std::string text = check_text(context, index);
  const auto number = u256_from_text(text);
  if (!number) {
    duk_type_error(context, "argument %ld: '%s' is no unsigned number of 256 bits",
                   static_cast<long>(index) + 1, text.substr(0, 80).c_str());
  }
  return *number;
}

Bytes check_hex(duk_context* context, duk_idx_t index) {
  const std::string text = check_text(context, index);
  auto bytes = text.starts_with("0x") ? from_hex(text) : std::nullopt;
  if (!bytes) duk_type_error(context, "argument %ld: hexadecimal text expected", long{index} + 1);
  return std::move(*bytes);
}

Address check_address(duk_context* context, duk_idx_t index) {
  const auto address = fixed_from_hex<20>(check_text(context, index));
  if (!address) duk_type_error(context, "argument %ld: an address expected", long{index} + 1);
  return *address;
}

contract::AbiValue to_abi(duk_context* context, duk_idx_t index) {
  if (duk_is_boolean(context, index)) {
    return contract::abi_bool(duk_get_boolean(context, index) != 0);
  }
  if (duk_is_number(context, index)) return contract::abi(check_u256(context, index));
  const std::string text = check_text(context, index);
  if (text.starts_with("0x")) {
    if (const auto address = fixed_from_hex<20>(text)) return contract::abi(*address);
    if (const auto word = fixed_from_hex<32>(text)) return contract::abi(*word);
  } else if (const auto number = u256_from_text(text)) {
    return contract::abi(*number);
  }
  return contract::abi_bytes(Bytes(text.begin(), text.end()));
}

void push_abi(duk_context* context, const contract::AbiValue& value) {
  using contract::AbiKind;
  switch (value.type.kind) {
    case AbiKind::number:
      return push_u256(context, value.number);
    case AbiKind::boolean:
      duk_push_boolean(context, !value.number.is_zero());
      return;
    case AbiKind::address:
      return push_text(context, contract::hex_text(value.address().view()));
    case AbiKind::word:
      return push_text(context, contract::hex_text(to_big_endian(value.number).view()));
    case AbiKind::bytes:
      return push_text(context, contract::hex_text(value.bytes));
    case AbiKind::text:
      return push_text(context,
                       {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
  }
}

void compile_in(duk_context* context, std::string_view source, const char* name, Bytes& code) {
  push_text(context, source);
  duk_push_string(context, name);
  duk_compile(context, DUK_COMPILE_EVAL | DUK_COMPILE_STRICT);
  duk_dump_function(context);
  duk_size_t size = 0;
  const auto* bytes = static_cast<const Byte*>(duk_get_buffer(context, -1, &size));
  code.assign(bytes, bytes + size);
  duk_pop(context);
}

Bytes compile(std::string_view source, const char* name) {
  struct Job {
    std::string_view source;
    const char* name;
    Bytes code;
  } job{source, name, {}};
  duk_context* context = duk_create_heap_default();
  if (context == nullptr) throw std::bad_alloc();
  const auto work = [](duk_context* inner, void* data) -> duk_ret_t {
    auto& its = *static_cast<Job*>(data);
    compile_in(inner, its.source, its.name, its.code);
    return 0;
  };
  const bool fine = duk_safe_call(context, work, &job, 0, 1) == DUK_EXEC_SUCCESS;
  const std::string why = fine ? "" : duk_safe_to_string(context, -1);
  duk_destroy_heap(context);
  if (!fine) throw std::logic_error(std::string(name) + ": " + why);
  return std::move(job.code);
}

void run_code(duk_context* context, const Bytes& code) {
  void* room = duk_push_fixed_buffer(context, code.size());
  std::memcpy(room, code.data(), code.size());
  duk_load_function(context);
  duk_call(context, 0);
}

}  // namespace ledgerlab::js
