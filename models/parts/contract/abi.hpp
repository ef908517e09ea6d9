// Solidity's contract ABI (specification 0.8, "Contract ABI Specification") as far as contracts of
// every engine use it, so that one workload can call any of them: selectors, the elementary types,
// byte strings, arrays of these, and the encoding of a refusal. Nested arrays and tuples are not
// offered, and the signatures of methods have no arrays either: no engine hands one to a script.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::contract {

using Selector = std::array<Byte, 4>;

/// uint8 ... uint256 are all `number`, with their width checked; bytes1 ... bytes32 are `word`.
enum class AbiKind : std::uint8_t { number, address, boolean, word, bytes, text, array };

struct AbiType {
  AbiKind kind = AbiKind::number;
  std::uint16_t bits = 256;           // number, word: how many of the 256 may be set
  AbiKind element = AbiKind::number;  // array: what it holds; `bits` are those of an element
  std::uint32_t length = 0;           // array: T[length], or T[] when zero
  AbiType item() const { return {element, bits}; }
  bool dynamic() const {
    if (kind == AbiKind::array) return length == 0 || item().dynamic();
    return kind == AbiKind::bytes || kind == AbiKind::text;
  }
  /// What it takes of the head of its tuple.
  std::size_t head_words() const { return kind == AbiKind::array && !dynamic() ? length : 1; }
};

struct AbiValue {
  AbiType type;
  U256 number;                  // every static type but arrays, as its word
  Bytes bytes;                  // bytes, text
  std::vector<AbiValue> items;  // array

  Address address() const;
};

AbiValue abi(const U256& number);
AbiValue abi(const Address& address);
AbiValue abi(const Hash256& word);
AbiValue abi_bool(bool value);
AbiValue abi_bytes(Bytes bytes);

/// "transfer(address,uint256)", taken apart.
struct Signature {
  std::string text;
  std::string name;
  Selector selector{};
  std::vector<AbiType> types;
};
std::optional<Signature> parse_signature(std::string_view text);
/// "uint256,uint32[],bytes10": arrays too.
std::optional<std::vector<AbiType>> parse_types(std::string_view list);
Selector selector_of(std::string_view signature);

Bytes abi_encode(std::span<const AbiValue> values);
/// A call's input: selector and arguments. The types are those of the values.
Bytes abi_call(std::string_view signature, std::initializer_list<AbiValue> values);
/// Nothing where Solidity's decoder would revert: too short, or a value beyond its type.
std::optional<std::vector<AbiValue>> abi_decode(std::span<const AbiType> types, ByteView data);

/// Solidity's Error(string): what `require(false, text)` gives back.
Bytes abi_error(std::string_view text);
/// The text of an Error(string); empty if it is none.
std::string abi_error_text(ByteView output);

}  // namespace ledgerlab::contract
