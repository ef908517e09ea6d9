// ECDSA over secp256k1 by libsecp256k1: deterministic nonces (RFC 6979), low s, public key recovery
// and Ethereum's addresses.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab {

using Secp256k1SecretKey = FixedBytes<32>;
/// x and y, big endian, without the leading 4 of the SEC 1 form.
using Secp256k1PublicKey = FixedBytes<64>;
/// r and s, big endian.
using Secp256k1Signature = FixedBytes<64>;

struct RecoverableSignature {
  Secp256k1Signature signature;
  std::uint8_t recovery_id = 0;  // 0 to 3: parity of R's y, and whether R's x exceeded the order
  friend bool operator==(const RecoverableSignature&, const RecoverableSignature&) = default;
  template <class A>
  void fields(A& a) {
    a(signature, recovery_id);
  }
};

/// Nothing if the secret is zero or not below the group's order.
std::optional<Secp256k1PublicKey> secp256k1_public_key(const Secp256k1SecretKey& secret);

/// Reads the 33-byte or 65-byte SEC 1 form.
std::optional<Secp256k1PublicKey> secp256k1_parse(ByteView sec1);
/// The 33-byte SEC 1 form; nothing if the key is not on the curve.
std::optional<FixedBytes<33>> secp256k1_compress(const Secp256k1PublicKey& key);

/// Signs a 32-byte digest; s is in the lower half. Nothing if the secret is not a valid key.
std::optional<Secp256k1Signature> secp256k1_sign(const Secp256k1SecretKey& secret,
                                                 const Hash256& digest);
/// The same with additional data for the nonce (RFC 6979, 3.6).
std::optional<Secp256k1Signature> secp256k1_sign(const Secp256k1SecretKey& secret,
                                                 const Hash256& digest,
                                                 const FixedBytes<32>& additional);
/// As Bitcoin Core's wallet: counters are mixed into the nonce until r is below 2^255, which saves
/// a byte of DER.
std::optional<Secp256k1Signature> secp256k1_sign_low_r(const Secp256k1SecretKey& secret,
                                                       const Hash256& digest);
std::optional<RecoverableSignature> secp256k1_sign_recoverable(const Secp256k1SecretKey& secret,
                                                               const Hash256& digest);

enum class HighS : std::uint8_t { refuse, accept };

/// False too for a key off the curve and for r or s out of range.
bool secp256k1_verify(const Secp256k1PublicKey& key, const Hash256& digest,
                      const Secp256k1Signature& signature, HighS high_s = HighS::refuse);

/// The key that made this signature (either half of s); nothing if there is none.
std::optional<Secp256k1PublicKey> secp256k1_recover(const RecoverableSignature& signature,
                                                    const Hash256& digest);

/// r and s of a signature in DER; negative values and those beyond the group's order become zero,
/// which never verifies. Nothing on any other form.
std::optional<Secp256k1Signature> secp256k1_from_der(ByteView der);
Bytes secp256k1_to_der(const Secp256k1Signature& signature);

/// Point arithmetic; nothing for a point off the curve, a scalar that is zero or not below the
/// group's order (zero may be added), or a result at infinity.
std::optional<Secp256k1PublicKey> secp256k1_add(const Secp256k1PublicKey& a,
                                                const Secp256k1PublicKey& b);
/// key + scalar * G.
std::optional<Secp256k1PublicKey> secp256k1_add_scalar(const Secp256k1PublicKey& key,
                                                       const FixedBytes<32>& scalar);
std::optional<Secp256k1PublicKey> secp256k1_multiply(const Secp256k1PublicKey& key,
                                                     const FixedBytes<32>& scalar);

/// As Bitcoin verifies: the key in any SEC 1 form, the hybrid ones too; either half of s.
bool secp256k1_verify_sec1(ByteView sec1, const Hash256& digest,
                           const Secp256k1Signature& signature);
/// Is s above half the order? False for a signature out of range.
bool secp256k1_high_s(const Secp256k1Signature& signature);
/// Is it a point of the curve in SEC 1 form, the hybrid ones included?
bool secp256k1_valid_sec1(ByteView sec1);

/// The last 20 bytes of Keccak-256 of the public key (Yellow Paper, appendix F).
Address address_of(const Secp256k1PublicKey& key);

}  // namespace ledgerlab
