// Section numbers are those of RFC 9381. Points and scalars are 32 bytes, little endian; libsodium
// does the group arithmetic.
#include "models/crypto/ecvrf.hpp"

#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_scalarmult_ed25519.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "models/crypto/elligator2.hpp"

namespace ledgerlab {
namespace {

using Point = FixedBytes<32>;
using Scalar = FixedBytes<32>;

/// The suite's octet (RFC 9381, 5.5).
constexpr Byte octet(VrfSuite suite) { return suite == VrfSuite::tai ? 0x03 : 0x04; }

/// What ends a hashed string. Draft 03 had no such octet.
ByteView back_of(VrfSuite suite) {
  static constexpr Byte zero = 0x00;
  return {&zero, suite == VrfSuite::draft03_ell2 ? 0u : 1u};
}

Point identity() {
  Point out;
  out.data[0] = 1;
  return out;
}

Point add(const Point& a, const Point& b) {
  Point out;
  if (crypto_core_ed25519_add(out.data.data(), a.data.data(), b.data.data()) != 0) {
    throw std::logic_error("ecvrf: point off the curve");  // string_to_point let it pass
  }
  return out;
}

Point subtract(const Point& a, const Point& b) {
  Point out;
  if (crypto_core_ed25519_sub(out.data.data(), a.data.data(), b.data.data()) != 0) {
    throw std::logic_error("ecvrf: point off the curve");
  }
  return out;
}

Point times_cofactor(Point point) {
  for (int i = 0; i < 3; ++i) point = add(point, point);
  return point;
}

/// RFC 8032, 5.1.3: y < p, on the curve, and no sign bit where x = 0. libsodium's decoder reduces y
/// and ignores the sign of zero, so both are checked here.
std::optional<Point> string_to_point(const Byte* bytes) {
  Point point;
  std::memcpy(point.data.data(), bytes, 32);
  const bool sign = (point.data[31] & 0x80) != 0;
  Point y = point;
  y.data[31] &= 0x7f;
  // p = 2^255 - 19: ed ff ... ff 7f.
  bool high = y.data[31] == 0x7f;
  for (std::size_t i = 1; i < 31; ++i) high = high && y.data[i] == 0xff;
  if (high && y.data[0] >= 0xed) return std::nullopt;
  const bool x_is_zero = y == identity() || (high && y.data[0] == 0xec);  // y = 1, y = -1
  if (sign && x_is_zero) return std::nullopt;
  Point doubled;
  if (crypto_core_ed25519_add(doubled.data.data(), point.data.data(), point.data.data()) != 0) {
    return std::nullopt;
  }
  return point;
}

/// scalar * point for any point of the curve. libsodium refuses points outside the prime subgroup
/// and results that are the identity, neither of which RFC 9381 does: those few go the slow way.
Point multiply(const Scalar& scalar, const Point& point) {
  Point out;
  if (crypto_scalarmult_ed25519_noclamp(out.data.data(), scalar.data.data(), point.data.data()) ==
      0) {
    return out;
  }
  out = identity();
  for (std::size_t bit = 256; bit-- > 0;) {
    out = add(out, out);
    if ((scalar.data[bit / 8] >> bit % 8 & 1) != 0) out = add(out, point);
  }
  return out;
}

Point multiply_base(const Scalar& scalar) {
  Point out;
  if (crypto_scalarmult_ed25519_base_noclamp(out.data.data(), scalar.data.data()) == 0) return out;
  return identity();  // refused only where the result is the identity
}

Scalar reduce(const Hash512& wide) {
  Scalar out;
  crypto_core_ed25519_scalar_reduce(out.data.data(), wide.data.data());
  return out;
}

Hash512 hash_of(std::initializer_list<ByteView> parts) {
  Bytes bytes;
  for (const ByteView part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return sha512(bytes);
}

/// 5.4.1.1, try and increment; the salt is the public key (5.5).
Point try_and_increment(const Ed25519PublicKey& salt, ByteView alpha) {
  for (int counter = 0; counter < 256; ++counter) {
    const Byte front[] = {octet(VrfSuite::tai), 0x01};
    const Byte back[] = {static_cast<Byte>(counter), 0x00};
    const Hash512 hash = hash_of({front, salt.view(), alpha, back});
    const auto point = string_to_point(hash.data.data());
    if (!point) continue;
    const Point cleared = times_cofactor(*point);
    if (cleared != identity()) return cleared;
  }
  throw std::runtime_error("ecvrf: no point in 256 tries");  // probability about 2^-256
}

/// 5.4.1.2 with edwards25519_XMD:SHA-512_ELL2_NU_; the salt is the public key.
Point elligator2(const Ed25519PublicKey& salt, ByteView alpha) {
  Bytes message(salt.data.begin(), salt.data.end());
  message.insert(message.end(), alpha.begin(), alpha.end());
  const std::string tag = std::string("ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_") +
                          static_cast<char>(octet(VrfSuite::ell2));
  return edwards25519_encode_to_curve(message, tag);
}

/// draft-irtf-cfrg-vrf-03, 5.4.1.2: one hash is the number, its sign bit cleared.
Point elligator2_of_draft(const Ed25519PublicKey& salt, ByteView alpha) {
  const Byte front[] = {octet(VrfSuite::draft03_ell2), 0x01};
  const Hash512 hash = hash_of({front, salt.view(), alpha});
  Point number, out;
  std::memcpy(number.data.data(), hash.data.data(), 32);
  number.data[31] &= 0x7f;
  if (crypto_core_ed25519_from_uniform(out.data.data(), number.data.data()) != 0) {
    throw std::logic_error("ecvrf: libsodium maps every number");
  }
  return out;
}

Point encode_to_curve(VrfSuite suite, const Ed25519PublicKey& salt, ByteView alpha) {
  switch (suite) {
    case VrfSuite::tai:
      return try_and_increment(salt, alpha);
    case VrfSuite::ell2:
      return elligator2(salt, alpha);
    default:
      return elligator2_of_draft(salt, alpha);
  }
}

/// 5.4.3. The first 16 bytes, as a scalar. Draft 03 left the key out.
Scalar challenge(VrfSuite suite, const Point& y, const Point& h, const Point& gamma, const Point& u,
                 const Point& v) {
  const Byte front[] = {octet(suite), 0x02};
  const ByteView key = suite == VrfSuite::draft03_ell2 ? ByteView() : y.view();
  const Hash512 hash =
      hash_of({front, key, h.view(), gamma.view(), u.view(), v.view(), back_of(suite)});
  Scalar out;
  std::memcpy(out.data.data(), hash.data.data(), 16);
  return out;
}

/// s of a proof: below the group's order.
std::optional<Scalar> string_to_scalar(const Byte* bytes) {
  Hash512 wide;
  Scalar out;
  std::memcpy(wide.data.data(), bytes, 32);
  std::memcpy(out.data.data(), bytes, 32);
  if (reduce(wide) != out) return std::nullopt;
  return out;
}

struct DecodedProof {
  Point gamma;
  Scalar c;
  Scalar s;
};

/// 5.4.4: Gamma a point, s below the group's order.
std::optional<DecodedProof> decode_proof(const VrfProof& proof) {
  const auto gamma = string_to_point(proof.data.data());
  const auto s = string_to_scalar(proof.data.data() + 48);
  if (!gamma || !s) return std::nullopt;
  DecodedProof out{*gamma, {}, *s};
  std::memcpy(out.c.data.data(), proof.data.data() + 32, 16);
  return out;
}

VrfOutput output_of(VrfSuite suite, const Point& gamma) {
  const Byte front[] = {octet(suite), 0x03};
  return hash_of({front, times_cofactor(gamma).view(), back_of(suite)});
}

struct MadeProof {
  Point gamma, u, v;
  Scalar c, s;
};

/// 5.1.
MadeProof make(const Ed25519Keypair& keypair, ByteView alpha, VrfSuite suite) {
  // RFC 8032, 5.1.5: the secret scalar and the nonce key.
  const Hash512 expanded = sha512(keypair.seed.view());
  Scalar x;
  std::memcpy(x.data.data(), expanded.data.data(), 32);
  x.data[0] &= 0xf8;
  x.data[31] = static_cast<Byte>((x.data[31] & 0x7f) | 0x40);

  const Point h = encode_to_curve(suite, keypair.public_key, alpha);
  MadeProof out;
  out.gamma = multiply(x, h);
  // 5.4.2.2: the nonce of RFC 8032 over the encoded point.
  const Scalar k = reduce(hash_of({ByteView(expanded.data).subspan(32), h.view()}));
  out.u = multiply_base(k);
  out.v = multiply(k, h);
  out.c = challenge(suite, keypair.public_key, h, out.gamma, out.u, out.v);
  Scalar product;
  crypto_core_ed25519_scalar_mul(product.data.data(), out.c.data.data(), x.data.data());
  crypto_core_ed25519_scalar_add(out.s.data.data(), k.data.data(), product.data.data());
  return out;
}

/// U and V that s and c stand for (5.3, steps 5 and 6).
struct Commitments {
  Point u, v;
};
Commitments commitments(const Point& y, const Point& h, const DecodedProof& proof) {
  return {subtract(multiply_base(proof.s), multiply(proof.c, y)),
          subtract(multiply(proof.s, h), multiply(proof.c, proof.gamma))};
}

/// 5.4.5: a point, and not of small order.
std::optional<Point> valid_key(const Ed25519PublicKey& key) {
  const auto y = string_to_point(key.data.data());
  if (!y || times_cofactor(*y) == identity()) return std::nullopt;
  return y;
}

}  // namespace

VrfProof vrf_prove(const Ed25519Keypair& keypair, ByteView alpha, VrfSuite suite) {
  const MadeProof made = make(keypair, alpha, suite);
  VrfProof proof;
  std::memcpy(proof.data.data(), made.gamma.data.data(), 32);
  std::memcpy(proof.data.data() + 32, made.c.data.data(), 16);
  std::memcpy(proof.data.data() + 48, made.s.data.data(), 32);
  return proof;
}

VrfBatchProof vrf_prove_batch(const Ed25519Keypair& keypair, ByteView alpha, VrfSuite suite) {
  const MadeProof made = make(keypair, alpha, suite);
  VrfBatchProof proof;
  Byte* at = proof.data.data();
  for (const FixedBytes<32>* part : {&made.gamma, &made.u, &made.v, &made.s}) {
    std::memcpy(at, part->data.data(), 32);
    at += 32;
  }
  return proof;
}

std::optional<VrfOutput> vrf_verify(const Ed25519PublicKey& key, ByteView alpha,
                                    const VrfProof& proof, VrfSuite suite) {
  const auto y = valid_key(key);
  const auto decoded = decode_proof(proof);
  if (!y || !decoded) return std::nullopt;
  const Point h = encode_to_curve(suite, key, alpha);
  const auto [u, v] = commitments(*y, h, *decoded);
  if (challenge(suite, *y, h, decoded->gamma, u, v) != decoded->c) return std::nullopt;
  return output_of(suite, decoded->gamma);
}

std::optional<VrfOutput> vrf_verify_batch(const Ed25519PublicKey& key, ByteView alpha,
                                          const VrfBatchProof& proof, VrfSuite suite) {
  const auto y = valid_key(key);
  const auto gamma = string_to_point(proof.data.data());
  const auto u = string_to_point(proof.data.data() + 32);
  const auto v = string_to_point(proof.data.data() + 64);
  const auto s = string_to_scalar(proof.data.data() + 96);
  if (!y || !gamma || !u || !v || !s) return std::nullopt;
  const Point h = encode_to_curve(suite, key, alpha);
  const Scalar c = challenge(suite, *y, h, *gamma, *u, *v);
  const auto expected = commitments(*y, h, {*gamma, c, *s});
  if (expected.u != *u || expected.v != *v) return std::nullopt;
  return output_of(suite, *gamma);
}

std::optional<VrfOutput> vrf_proof_to_hash(const VrfProof& proof, VrfSuite suite) {
  const auto decoded = decode_proof(proof);
  if (!decoded) return std::nullopt;
  return output_of(suite, decoded->gamma);
}

}  // namespace ledgerlab
