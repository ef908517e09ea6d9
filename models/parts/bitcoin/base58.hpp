// Base58 and Base58Check, Bech32 (BIP 173) and Bech32m (BIP 350).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab::bitcoin {

std::string base58_encode(ByteView bytes);
/// Nothing on another character or a result above `size_max` bytes.
std::optional<Bytes> base58_decode(std::string_view text, std::size_t size_max = 1024);
/// With the first four bytes of SHA-256d behind it.
std::string base58check_encode(ByteView bytes);
std::optional<Bytes> base58check_decode(std::string_view text, std::size_t size_max = 1024);

enum class Bech32Form : std::uint8_t { bech32, bech32m };

struct Bech32 {
  Bech32Form form = Bech32Form::bech32;
  std::string prefix;  // lower case
  Bytes data;          // five bits each, without the checksum
};
std::string bech32_encode(const Bech32& value);
/// Nothing on a fault in form, case, length (90 at most) or checksum.
std::optional<Bech32> bech32_decode(std::string_view text);

/// Regroups bits. Towards fewer bits in all (8 from 5), what is left must be less than a group and
/// zero; towards more, the last group is filled with zeros.
std::optional<Bytes> regroup_bits(ByteView groups, unsigned from, unsigned to, bool pad);

}  // namespace ledgerlab::bitcoin
