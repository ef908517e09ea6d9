// SM2 signatures and encryption (GB/T 32918.2 and .4, draft-shen-sm2-ecdsa-02), by OpenSSL's curve
// arithmetic: over the standard's curve or another one of 256 bits, with SM3 or SHA-256.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab::sm2 {

using Number = FixedBytes<32>;  // big endian

struct Parameters {
  Number p, a, b, gx, gy, order;
};
/// sm2p256v1, the curve of the standard (GB/T 32918.5).
Parameters standard_parameters();

struct PublicKey {
  Number x, y;
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
struct Signature {
  Number r, s;
  friend bool operator==(const Signature&, const Signature&) = default;
};

enum class Digest : std::uint8_t { sm3, sha256 };
Hash256 hash(Digest digest, ByteView bytes);

/// Nonces are the caller's, from 1 to the order - 1: one that is used twice, or known, gives the
/// secret away.
class Curve {
 public:
  /// Throws std::invalid_argument on parameters that are no curve.
  explicit Curve(const Parameters& parameters);

  /// Nothing unless the secret is from 1 to order - 2.
  std::optional<PublicKey> public_key(const Number& secret) const;

  /// What is signed: the hash of who signs (identity, curve, key) and the message (.2, 5.5
  /// and 6.1).
  Hash256 message_digest(Digest digest, std::string_view identity, const PublicKey& key,
                         ByteView message) const;
  /// Nothing for a nonce or secret out of range, or a nonce that fits no signature (.2, 6.1).
  std::optional<Signature> sign(const Number& secret, const Hash256& message_digest,
                                const Number& nonce) const;
  bool verify(const PublicKey& key, const Hash256& message_digest,
              const Signature& signature) const;

  /// (.4, 6.1). The ciphertext is SEQUENCE { x, y, hash, text } in DER (GM/T 0009).
  std::optional<Bytes> encrypt(Digest digest, const PublicKey& key, ByteView plain,
                               const Number& nonce) const;
  /// Nothing unless the hash fits.
  std::optional<Bytes> decrypt(Digest digest, const Number& secret, ByteView ciphertext) const;

 private:
  struct Inside;
  std::shared_ptr<const Inside> inside_;
};

}  // namespace ledgerlab::sm2
