#include "models/parts/contract/call_input.hpp"

#include <array>

#include "models/crypto/hash.hpp"

namespace ledgerlab::contract {
namespace {

U256 word_of(const CallArgument& argument, CryptoSuite& suite) {
  if (argument.type != CallArgument::Type::address) return argument.number;
  Hash256 word;
  const Address address = suite.account(argument.account);
  std::copy(address.data.begin(), address.data.end(), word.data.begin() + 12);
  return u256_from(word);
}

bool dynamic(const CallArgument& argument) {
  return argument.type == CallArgument::Type::bytes || argument.type == CallArgument::Type::text;
}

void append_word(Bytes& out, const U256& word) {
  const auto bytes = to_big_endian(word);
  out.insert(out.end(), bytes.data.begin(), bytes.data.end());
}

/// Contract ABI specification: heads, then the tails of what has no fixed length.
Bytes encode_arguments(std::span<const CallArgument> arguments, CryptoSuite& suite) {
  Bytes head, tail;
  for (const CallArgument& argument : arguments) {
    if (!dynamic(argument)) {
      append_word(head, word_of(argument, suite));
      continue;
    }
    append_word(head, U256(32 * arguments.size() + tail.size()));
    append_word(tail, U256(argument.bytes.size()));
    tail.insert(tail.end(), argument.bytes.begin(), argument.bytes.end());
    tail.resize((tail.size() + 31) / 32 * 32);
  }
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

std::string signature_of(const ContractCall& call) {
  constexpr std::array names{"address", "uint256", "bytes32", "bytes", "string"};
  if (call.function.ends_with(')')) return call.function;
  std::string out = call.function + "(";
  for (const CallArgument& argument : call.arguments) {
    if (out.back() != '(') out += ',';
    out += names[static_cast<std::size_t>(argument.type)];
  }
  return out + ")";
}

}  // namespace

Bytes call_input(const ContractCall& call, CryptoSuite& suite) {
  const Hash256 selector = keccak256(as_bytes(signature_of(call)));
  Bytes out(selector.data.begin(), selector.data.begin() + 4);
  const Bytes arguments = encode_arguments(call.arguments, suite);
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

Bytes creation_input(const GenesisContract& contract, std::span<const CallArgument> arguments,
                     CryptoSuite& suite, const ModelInfo& engine) {
  const Bytes encoded = encode_arguments(arguments, suite);
  if (engine.encode_creation != nullptr) return engine.encode_creation(contract.code, encoded);
  Bytes out = contract.code;
  out.insert(out.end(), encoded.begin(), encoded.end());
  return out;
}

}  // namespace ledgerlab::contract
