// The XOR metric of Kademlia (section 2.1): d(x, y) = x xor y, read as a number.
#pragma once

#include <bit>

#include "models/api/crypto.hpp"
#include "models/parts/overlay/messages.hpp"

namespace ledgerlab::overlay {

inline constexpr int id_bits = 160;

/// Eight bytes of an id, big-endian, from byte `at`.
inline std::uint64_t word_of(const Id& id, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | id.data[at + i];
  return value;
}

/// Is a nearer to the target than b?
inline bool nearer(const Id& target, const Id& a, const Id& b) {
  const std::uint64_t t = word_of(target, 0);
  const std::uint64_t da = t ^ word_of(a, 0), db = t ^ word_of(b, 0);
  if (da != db) return da < db;
  for (std::size_t i = 8; i < Id::size(); ++i) {
    const int x = a.data[i] ^ target.data[i], y = b.data[i] ^ target.data[i];
    if (x != y) return x < y;
  }
  return false;
}

/// The i for which 2^i <= d(a, b) < 2^(i+1): the number of a k-bucket; -1 for equal ids.
inline int bucket_of(const Id& a, const Id& b) {
  for (std::size_t i = 0; i < Id::size(); ++i) {
    const auto differ = static_cast<unsigned>(a.data[i] ^ b.data[i]);
    if (differ != 0) {
      return id_bits - 1 - static_cast<int>(8 * i) - (std::countl_zero(differ) - 24);
    }
  }
  return -1;
}

/// `base` with its distance to itself in bucket `bucket`: that bit turned, those below as in
/// `random`.
inline Id id_in_bucket(const Id& base, int bucket, const Id& random) {
  Id out = base;
  const int top = id_bits - 1 - bucket;  // bits of the common prefix
  for (int bit = top; bit < id_bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<Byte>(0x80 >> (bit % 8));
    const bool one = bit == top ? (base.data[byte] & mask) == 0 : (random.data[byte] & mask) != 0;
    out.data[byte] = static_cast<Byte>(one ? out.data[byte] | mask : out.data[byte] & ~mask);
  }
  return out;
}

/// The id of a node whose id is bound to its key: 160 bits of the SHA-256 of its public key.
Id id_of(CryptoSuite& suite, NodeId node);

}  // namespace ledgerlab::overlay
