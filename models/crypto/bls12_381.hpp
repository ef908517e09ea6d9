// The pairing-friendly curve BLS12-381: groups, encodings, subgroup checks, hashing to the curve
// (RFC 9380) and the product of pairings. Brings the field templates along: for .cpp files of
// schemes on this curve. No pairing library is packaged in Debian 12.
#pragma once

#include <span>
#include <utility>

#include "models/crypto/pairing/curve.hpp"
#include "models/crypto/pairing/tower.hpp"

namespace ledgerlab::bls12_381 {

struct Modulus {
  static constexpr auto modulus = pairing::words_from_hex<6>(
      "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf"
      "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab");
};
using Fp = pairing::PrimeField<Modulus>;
using Fp2 = pairing::Fp2<Fp>;

/// y^2 = x^3 + 4
struct Curve1 {
  using F = Fp;
  static Fp b() { return Fp::from(4); }
  static Fp times_3b(const Fp& a) { return twice(twice(twice(a) + a)); }
};
/// The M-type twist y^2 = x^3 + 4 (1 + i)
struct Curve2 {
  using F = Fp2;
  static Fp2 b() { return {Fp::from(4), Fp::from(4)}; }
  static Fp2 times_3b(const Fp2& a) {
    const Fp2 a12 = twice(twice(twice(a) + a));
    return {a12.c0 - a12.c1, a12.c0 + a12.c1};
  }
};
/// Any point of the curves; of the groups of order r if in_subgroup says so.
using G1 = pairing::Point<Curve1>;
using G2 = pairing::Point<Curve2>;

/// The order r of the groups, big endian.
const FixedBytes<32>& order();
const G1& generator1();
const G2& generator2();
bool in_subgroup(const G1& point);
bool in_subgroup(const G2& point);

// The encodings of ZCash (draft-irtf-cfrg-pairing-friendly-curves, appendix C). Decoding takes
// exactly the canonical bytes of a point on the curve, compressed or not by their length; whether
// it is in the subgroup is another question.
FixedBytes<48> compress(const G1& point);
FixedBytes<96> compress(const G2& point);
FixedBytes<96> serialise(const G1& point);
FixedBytes<192> serialise(const G2& point);
std::optional<G1> decode_g1(ByteView bytes);
std::optional<G2> decode_g2(ByteView bytes);

/// Whether the product of the pairings of all pairs is one. The points must be in the subgroups.
bool pairing_product_is_one(std::span<const std::pair<G1, G2>> pairs);

// RFC 9380: suites BLS12381G1_XMD:SHA-256_SSWU_RO_ and BLS12381G2_XMD:SHA-256_SSWU_RO_ with their
// steps. `tag` is the domain separation tag.
Bytes expand_message_xmd(ByteView message, ByteView tag, std::size_t size);
std::array<Fp, 2> hash_to_field1(ByteView message, ByteView tag);
std::array<Fp2, 2> hash_to_field2(ByteView message, ByteView tag);
/// Onto the curve; not yet into the subgroup.
G1 map_to_curve(const Fp& u);
G2 map_to_curve(const Fp2& u);
G1 clear_cofactor(const G1& point);
G2 clear_cofactor(const G2& point);
G1 hash_to_g1(ByteView message, ByteView tag);
G2 hash_to_g2(ByteView message, ByteView tag);

}  // namespace ledgerlab::bls12_381
