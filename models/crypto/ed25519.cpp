// libsodium's secret key is the seed followed by the public key.
#include "models/crypto/ed25519.hpp"

#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_hash_sha512.h>
#include <sodium/crypto_scalarmult_ed25519.h>
#include <sodium/crypto_sign_ed25519.h>

#include <optional>
#include <stdexcept>

namespace ledgerlab {

Ed25519Keypair ed25519_keypair(const Ed25519Seed& seed) {
  Ed25519Keypair pair;
  FixedBytes<64> secret;
  pair.seed = seed;
  if (crypto_sign_ed25519_seed_keypair(pair.public_key.data.data(), secret.data.data(),
                                       seed.data.data()) != 0) {
    throw std::runtime_error("libsodium could not derive a key pair");
  }
  return pair;
}

Ed25519Signature ed25519_sign(const Ed25519Keypair& keypair, ByteView message) {
  FixedBytes<64> secret;
  std::memcpy(secret.data.data(), keypair.seed.data.data(), 32);
  std::memcpy(secret.data.data() + 32, keypair.public_key.data.data(), 32);
  Ed25519Signature signature;
  if (crypto_sign_ed25519_detached(signature.data.data(), nullptr, message.data(), message.size(),
                                   secret.data.data()) != 0) {
    throw std::runtime_error("libsodium could not sign");
  }
  return signature;
}

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                    const Ed25519Signature& signature) {
  return crypto_sign_ed25519_verify_detached(signature.data.data(), message.data(), message.size(),
                                             key.data.data()) == 0;
}

namespace {

using Point = FixedBytes<32>;
using Scalar = FixedBytes<32>;

const Point identity = {{1}};

/// The group's order, little endian (RFC 8032, 5.1).
const Scalar order = {{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                       0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                       0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10}};

bool below_order(const Scalar& s) {
  for (std::size_t i = 32; i-- > 0;) {
    if (s.data[i] != order.data[i]) return s.data[i] < order.data[i];
  }
  return false;
}

/// Three doublings; nothing if the bytes stand for no point, in whatever form.
std::optional<Point> times_eight(Point point) {
  for (int i = 0; i < 3; ++i) {
    if (crypto_core_ed25519_add(point.data.data(), point.data.data(), point.data.data()) != 0) {
      return std::nullopt;
    }
  }
  return point;
}

/// Of a point in the subgroup of prime order; libsodium refuses to multiply the identity or by 0.
Point times(const Scalar& scalar, const Point& point) {
  Point out = identity;
  if (point == identity || scalar.is_zero()) return out;
  if (crypto_scalarmult_ed25519_noclamp(out.data.data(), scalar.data.data(), point.data.data()) !=
      0) {
    return identity;
  }
  return out;
}

}  // namespace

bool ed25519_verify_zip215(const Ed25519PublicKey& key, ByteView message,
                           const Ed25519Signature& signature) {
  Point r;
  Scalar s;
  std::memcpy(r.data.data(), signature.data.data(), 32);
  std::memcpy(s.data.data(), signature.data.data() + 32, 32);
  const auto key_8 = times_eight(key);
  const auto r_8 = times_eight(r);
  if (!below_order(s) || !key_8 || !r_8) return false;
  crypto_hash_sha512_state hash;
  FixedBytes<64> wide;
  Scalar k;
  crypto_hash_sha512_init(&hash);
  crypto_hash_sha512_update(&hash, r.data.data(), 32);
  crypto_hash_sha512_update(&hash, key.data.data(), 32);
  crypto_hash_sha512_update(&hash, message.data(), message.size());
  crypto_hash_sha512_final(&hash, wide.data.data());
  crypto_core_ed25519_scalar_reduce(k.data.data(), wide.data.data());
  // [8][S]B = [8]R + [8][k]A
  Point left = identity, right;
  if (!s.is_zero() &&
      crypto_scalarmult_ed25519_base_noclamp(left.data.data(), s.data.data()) != 0) {
    return false;
  }
  const Point key_part = times(k, *key_8);
  return times_eight(left) &&
         crypto_core_ed25519_add(right.data.data(), r_8->data.data(), key_part.data.data()) == 0 &&
         *times_eight(left) == right;
}

}  // namespace ledgerlab
