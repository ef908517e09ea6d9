#include "models/parts/contract/methods.hpp"

#include <algorithm>

namespace ledgerlab::contract {

std::string Methods::add(std::string_view key) {
  static constexpr std::string_view payable = "payable ";
  Method method;
  method.key = key;
  std::string_view text = key;
  if (text.starts_with(payable)) {
    method.payable = true;
    text.remove_prefix(payable.size());
  }
  if (text == "receive") method.payable = true;
  if (text == "receive" || text == "fallback") {
    method.signature.name = method.signature.text = text;
  } else if (auto signature = parse_signature(text)) {
    method.signature = std::move(*signature);
  } else {
    return "'" + std::string(key) +
           "' is no method: write it as \"transfer(address,uint256)\", with the ABI's types";
  }
  for (const Method& other : methods_) {
    if (other.signature.text == method.signature.text ||
        (method.signature.name == "constructor" && other.signature.name == "constructor")) {
      return "'" + std::string(key) + "' is there twice";
    }
  }
  methods_.push_back(std::move(method));
  return {};
}

const Method* Methods::named(std::string_view name) const {
  for (const Method& method : methods_) {
    if (method.signature.name == name) return &method;
  }
  return nullptr;
}

const Method* Methods::find(Frame& frame, std::vector<AbiValue>& arguments) const {
  const Method* method = nullptr;
  ByteView data = frame.input();
  if (frame.creating()) {
    method = named("constructor");
    if (method == nullptr && frame.message().value.is_zero() && data.empty()) {
      frame.finish({});
      return nullptr;
    }
  } else if (data.empty()) {
    method = named("receive");
  } else if (data.size() >= 4) {
    for (const Method& candidate : methods_) {
      const bool special = candidate.signature.name == "constructor" ||
                           candidate.signature.text.find('(') == std::string::npos;
      if (!special && std::equal(candidate.signature.selector.begin(),
                                 candidate.signature.selector.end(), data.begin())) {
        method = &candidate;
        data = data.subspan(4);
        break;
      }
    }
  }
  if (method == nullptr && !frame.creating()) method = named("fallback");
  if (method == nullptr) {
    frame.refuse(Bytes(), "no such method");
    return nullptr;
  }
  if (!method->payable && !frame.message().value.is_zero()) {
    frame.refuse(Bytes(), "the method takes no value");
    return nullptr;
  }
  auto values = abi_decode(method->signature.types, data);
  if (!values) {
    frame.refuse(Bytes(), "the arguments do not fit");
    return nullptr;
  }
  arguments = std::move(*values);
  return method;
}

std::string hex_text(ByteView bytes) { return "0x" + to_hex(bytes); }

}  // namespace ledgerlab::contract
