// The methods of a scripted contract: what its table of functions names, found by selector. A name
// is a signature as the ABI writes it, "payable " before it where the method takes value;
// "constructor(...)", "receive" (no input) and "fallback" as in Solidity.
#pragma once

#include "models/parts/contract/abi.hpp"
#include "models/parts/contract/frame.hpp"

namespace ledgerlab::contract {

struct Method {
  std::string key;  // as the contract wrote it
  Signature signature;
  bool payable = false;
};

class Methods {
 public:
  /// Adds one; a text that says what is wrong with the name, or empty.
  std::string add(std::string_view key);
  /// The method a frame is for, its arguments in `arguments`; null: there is nothing to run, and
  /// the frame has been refused or (a creation without constructor) finished.
  const Method* find(Frame& frame, std::vector<AbiValue>& arguments) const;

 private:
  const Method* named(std::string_view name) const;

  std::vector<Method> methods_;
};

/// A value as scripts see it: "0x" and hexadecimal digits, lower case. Numbers are not text.
std::string hex_text(ByteView bytes);

}  // namespace ledgerlab::contract
