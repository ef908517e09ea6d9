// Short transaction ids (BIP 152, "Short transaction IDs"; BIP 330, "32-bit short transaction
// IDs").
#pragma once

#include "models/api/block.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/siphash.hpp"

namespace ledgerlab::relay {

inline constexpr std::size_t salted_bytes = 32 + tx_signature_bytes;

/// SipHash-2-4 over what BIP 152 version 2 calls the wtxid, the name of a transaction with its
/// signature: here its id followed by the signature. Callers cut it to size.
inline std::uint64_t salted_hash(const SipKey& key, const Transaction& tx) {
  std::array<Byte, salted_bytes> text{};
  std::copy(tx.id.data.begin(), tx.id.data.end(), text.begin());
  const ByteView tail = tx.authenticator();
  if (tx.witnessed) {  // of any length: its hash stands for it
    const Hash256 hash = sha256(tail);
    std::copy(hash.data.begin(), hash.data.end(), text.begin() + 32);
  } else {
    std::copy(tail.begin(), tail.end(), text.begin() + 32);
  }
  return siphash24(key, text);
}

/// 48 bits, as compact blocks carry them.
inline std::uint64_t short_id(const SipKey& key, const Transaction& tx) {
  return salted_hash(key, tx) & 0xffff'ffff'ffff;
}

}  // namespace ledgerlab::relay
