#include "models/crypto/dleq.hpp"

#include <algorithm>
#include <initializer_list>

#include "models/crypto/schnorr.hpp"

namespace ledgerlab {
namespace {

using Point = Secp256k1Point;
using Scalar = Secp256k1Scalar;

Bytes join(std::initializer_list<Point> points, ByteView message) {
  Bytes out;
  for (const Point& point : points) {
    const FixedBytes<33> bytes = point.compressed();
    out.insert(out.end(), bytes.data.begin(), bytes.data.end());
  }
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

}  // namespace

std::optional<DleqProof> dleq_prove(const FixedBytes<32>& secret, const Point& B,
                                    const FixedBytes<32>& auxiliary, const Point& base,
                                    ByteView message) {
  const auto a = Scalar::parse(secret);
  if (!a || a->is_zero() || B.infinite() || base.infinite()) return std::nullopt;
  const Point A = *a * base, C = *a * B;
  const Hash256 mask = tagged_hash("BIP0374/aux", auxiliary.view());
  Bytes nonce(32);
  for (std::size_t i = 0; i < 32; ++i) nonce[i] = secret.data[i] ^ mask.data[i];
  const Bytes rest = join({A, C}, message);
  nonce.insert(nonce.end(), rest.begin(), rest.end());
  const Scalar k = Scalar::reduce(tagged_hash("BIP0374/nonce", nonce));
  if (k.is_zero()) return std::nullopt;
  const Hash256 e =
      tagged_hash("BIP0374/challenge", join({A, B, C, base, k * base, k * B}, message));
  const FixedBytes<32> s = (k + Scalar::reduce(e) * *a).bytes();
  DleqProof proof;
  std::copy(e.data.begin(), e.data.end(), proof.data.begin());
  std::copy(s.data.begin(), s.data.end(), proof.data.begin() + 32);
  if (!dleq_verify(A, B, C, proof, base, message)) return std::nullopt;
  return proof;
}

bool dleq_verify(const Point& A, const Point& B, const Point& C, const DleqProof& proof,
                 const Point& base, ByteView message) {
  if (A.infinite() || B.infinite() || C.infinite() || base.infinite()) return false;
  Hash256 e;
  FixedBytes<32> bytes;
  std::copy_n(proof.data.begin(), 32, e.data.begin());
  std::copy_n(proof.data.begin() + 32, 32, bytes.data.begin());
  const auto s = Scalar::parse(bytes);
  if (!s) return false;
  const Scalar minus_e = -Scalar::reduce(e);
  const Point first = *s * base + minus_e * A;
  const Point second = *s * B + minus_e * C;
  if (first.infinite() || second.infinite()) return false;
  return e == tagged_hash("BIP0374/challenge", join({A, B, C, base, first, second}, message));
}

}  // namespace ledgerlab
