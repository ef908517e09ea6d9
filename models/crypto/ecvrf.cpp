// Section numbers are those of RFC 9381. Points and scalars are 32 bytes, little endian; libsodium
// does the group arithmetic.
#include "models/crypto/ecvrf.hpp"

#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_scalarmult_ed25519.h>

#include <initializer_list>
#include <stdexcept>

namespace ledgerlab {
namespace {

using Point = FixedBytes<32>;
using Scalar = FixedBytes<32>;

constexpr Byte suite = 0x03;

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
Point encode_to_curve(const Ed25519PublicKey& salt, ByteView alpha) {
  for (int counter = 0; counter < 256; ++counter) {
    const Byte front[] = {suite, 0x01};
    const Byte back[] = {static_cast<Byte>(counter), 0x00};
    const Hash512 hash = hash_of({front, salt.view(), alpha, back});
    const auto point = string_to_point(hash.data.data());
    if (!point) continue;
    const Point cleared = times_cofactor(*point);
    if (cleared != identity()) return cleared;
  }
  throw std::runtime_error("ecvrf: no point in 256 tries");  // probability about 2^-256
}

/// 5.4.3. The first 16 bytes, as a scalar.
Scalar challenge(const Point& y, const Point& h, const Point& gamma, const Point& u,
                 const Point& v) {
  const Byte front[] = {suite, 0x02};
  const Byte back[] = {0x00};
  const Hash512 hash = hash_of({front, y.view(), h.view(), gamma.view(), u.view(), v.view(), back});
  Scalar out;
  std::memcpy(out.data.data(), hash.data.data(), 16);
  return out;
}

struct DecodedProof {
  Point gamma;
  Scalar c;
  Scalar s;
};

/// 5.4.4: Gamma a point, s below the group's order.
std::optional<DecodedProof> decode_proof(const VrfProof& proof) {
  DecodedProof out;
  const auto gamma = string_to_point(proof.data.data());
  if (!gamma) return std::nullopt;
  out.gamma = *gamma;
  std::memcpy(out.c.data.data(), proof.data.data() + 32, 16);
  Hash512 wide;
  std::memcpy(wide.data.data(), proof.data.data() + 48, 32);
  std::memcpy(out.s.data.data(), wide.data.data(), 32);
  if (reduce(wide) != out.s) return std::nullopt;
  return out;
}

VrfOutput output_of(const Point& gamma) {
  const Byte front[] = {suite, 0x03};
  const Byte back[] = {0x00};
  return hash_of({front, times_cofactor(gamma).view(), back});
}

}  // namespace

VrfProof vrf_prove(const Ed25519Keypair& keypair, ByteView alpha) {
  // RFC 8032, 5.1.5: the secret scalar and the nonce key.
  const Hash512 expanded = sha512(keypair.seed.view());
  Scalar x;
  std::memcpy(x.data.data(), expanded.data.data(), 32);
  x.data[0] &= 0xf8;
  x.data[31] = static_cast<Byte>((x.data[31] & 0x7f) | 0x40);

  const Point h = encode_to_curve(keypair.public_key, alpha);
  const Point gamma = multiply(x, h);
  // 5.4.2.2: the nonce of RFC 8032 over the encoded point.
  const Scalar k = reduce(hash_of({ByteView(expanded.data).subspan(32), h.view()}));
  const Scalar c = challenge(keypair.public_key, h, gamma, multiply_base(k), multiply(k, h));
  Scalar product;
  crypto_core_ed25519_scalar_mul(product.data.data(), c.data.data(), x.data.data());
  Scalar s;
  crypto_core_ed25519_scalar_add(s.data.data(), k.data.data(), product.data.data());

  VrfProof proof;
  std::memcpy(proof.data.data(), gamma.data.data(), 32);
  std::memcpy(proof.data.data() + 32, c.data.data(), 16);
  std::memcpy(proof.data.data() + 48, s.data.data(), 32);
  return proof;
}

std::optional<VrfOutput> vrf_verify(const Ed25519PublicKey& key, ByteView alpha,
                                    const VrfProof& proof) {
  const auto y = string_to_point(key.data.data());
  if (!y || times_cofactor(*y) == identity()) return std::nullopt;  // 5.4.5
  const auto decoded = decode_proof(proof);
  if (!decoded) return std::nullopt;
  const Point h = encode_to_curve(key, alpha);
  const Point u = subtract(multiply_base(decoded->s), multiply(decoded->c, *y));
  const Point v = subtract(multiply(decoded->s, h), multiply(decoded->c, decoded->gamma));
  if (challenge(*y, h, decoded->gamma, u, v) != decoded->c) return std::nullopt;
  return output_of(decoded->gamma);
}

std::optional<VrfOutput> vrf_proof_to_hash(const VrfProof& proof) {
  const auto decoded = decode_proof(proof);
  if (!decoded) return std::nullopt;
  return output_of(decoded->gamma);
}

}  // namespace ledgerlab
