// Schnorr signatures over secp256k1 (BIP 340) and the tweaks of taproot's keys (BIP 341), by
// libsecp256k1.
#pragma once

#include <optional>
#include <string_view>

#include "models/base/bytes.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab {

/// The x coordinate of a point whose y is even, big endian.
using XOnlyPublicKey = FixedBytes<32>;
using SchnorrSignature = FixedBytes<64>;

/// SHA-256(SHA-256(tag) || SHA-256(tag) || bytes) (BIP 340, "Design").
Hash256 tagged_hash(std::string_view tag, ByteView bytes);

/// Nothing if the secret is zero or not below the group's order.
std::optional<XOnlyPublicKey> xonly_public_key(const Secp256k1SecretKey& secret);
/// Whether the number is the x coordinate of a point.
bool xonly_is_valid(const XOnlyPublicKey& key);

/// Signs a message of any length; `auxiliary` is fresh randomness, or zero.
std::optional<SchnorrSignature> schnorr_sign(const Secp256k1SecretKey& secret, ByteView message,
                                             const FixedBytes<32>& auxiliary);
bool schnorr_verify(const XOnlyPublicKey& key, ByteView message, const SchnorrSignature& signature);

struct TweakedKey {
  XOnlyPublicKey key;
  bool odd = false;  // parity of the point's y before it was dropped
  friend bool operator==(const TweakedKey&, const TweakedKey&) = default;
};
/// key + tweak * G (BIP 341, taproot_tweak_pubkey without the hash); nothing if the key is no
/// point, the tweak is not below the group's order or the sum is infinity.
std::optional<TweakedKey> xonly_tweak_add(const XOnlyPublicKey& key, const Hash256& tweak);
/// The secret of that key (taproot_tweak_seckey without the hash).
std::optional<Secp256k1SecretKey> xonly_tweak_secret(const Secp256k1SecretKey& secret,
                                                     const Hash256& tweak);

}  // namespace ledgerlab
