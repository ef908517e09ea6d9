// Groups, encodings, pairings, hashing to the curve, and the signatures and proofs on top.
#include "models/crypto/bls12_381.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "models/base/u256.hpp"
#include "models/crypto/bls_signature.hpp"
#include "models/crypto/kzg.hpp"

namespace ledgerlab::bls12_381 {
namespace {

FixedBytes<32> number(std::uint64_t value) { return to_big_endian(U256(value)); }

bool product_is_one(std::vector<std::pair<G1, G2>> pairs) { return pairing_product_is_one(pairs); }

// The first points of the curves, which lie outside the subgroups.
G1 outside1() {
  for (std::uint64_t x = 0; x < 100; ++x) {
    const Fp fx = Fp::from(x);
    const auto y = (fx * fx * fx + Fp::from(4)).square_root();
    if (y && !in_subgroup(G1{fx, *y, Fp::one()})) return {fx, *y, Fp::one()};
  }
  throw std::runtime_error("every point passes for one of the subgroup");
}
G2 outside2() {
  for (std::uint64_t x = 1; x < 100; ++x) {
    const Fp2 fx{Fp::from(x), Fp()};
    const auto y = (fx * fx * fx + Curve2::b()).square_root();
    if (y && !in_subgroup(G2{fx, *y, Fp2::one()})) return {fx, *y, Fp2::one()};
  }
  throw std::runtime_error("every point passes for one of the subgroup");
}

TEST(Bls12381, GroupOrders) {
  EXPECT_TRUE(generator1().times(order().view()).is_infinity());
  EXPECT_TRUE(generator2().times(order().view()).is_infinity());
  EXPECT_FALSE(generator1().times(number(123456789).view()).is_infinity());
  EXPECT_EQ(generator1().times(77) + generator1().times(23),
            generator1().times(number(100).view()));
  EXPECT_EQ(generator2().times(77) - generator2().times(23), generator2().times(54));
  EXPECT_EQ(generator1() - generator1(), G1::infinity());
  EXPECT_EQ(twice(generator2()), generator2() + generator2());
}

// The quick tests against the definition: [r] point = 0.
TEST(Bls12381, SubgroupChecksAgreeWithTheOrder) {
  EXPECT_TRUE(in_subgroup(generator1().times(12345)));
  EXPECT_TRUE(in_subgroup(generator2().times(12345)));
  EXPECT_TRUE(in_subgroup(G1::infinity()));
  EXPECT_TRUE(in_subgroup(G2::infinity()));
  EXPECT_FALSE(outside1().times(order().view()).is_infinity());
  EXPECT_FALSE(in_subgroup(outside1()));
  EXPECT_FALSE(outside2().times(order().view()).is_infinity());
  EXPECT_FALSE(in_subgroup(outside2()));
  EXPECT_FALSE(in_subgroup(outside1() + generator1()));
  EXPECT_FALSE(in_subgroup(outside2() + generator2()));
  EXPECT_TRUE(in_subgroup(clear_cofactor(outside1())));
  EXPECT_TRUE(in_subgroup(clear_cofactor(outside2())));
}

TEST(Bls12381, PairingIsBilinear) {
  const G1& p = generator1();
  const G2& q = generator2();
  EXPECT_TRUE(product_is_one({}));
  EXPECT_TRUE(product_is_one({{p, G2::infinity()}, {G1::infinity(), q}}));
  EXPECT_FALSE(product_is_one({{p, q}}));
  EXPECT_TRUE(product_is_one({{p, q}, {-p, q}}));
  for (const std::uint64_t a : {2u, 3u, 65537u}) {
    for (const std::uint64_t b : {5u, 1000003u}) {
      EXPECT_TRUE(product_is_one({{p.times(a), q.times(b)}, {-p.times(a * b), q}}));
      EXPECT_FALSE(product_is_one({{p.times(a), q.times(b)}, {-p.times(a * b + 1), q}}));
    }
  }
  EXPECT_TRUE(product_is_one({{p.times(3), q}, {p.times(4), q}, {p, -q.times(7)}}));
}

TEST(Bls12381, EncodingsRoundTrip) {
  for (const std::uint64_t k : {1u, 2u, 3u, 4u, 99u}) {
    const G1 p = generator1().times(k);
    const G2 q = generator2().times(k);
    EXPECT_EQ(decode_g1(compress(p).view()), p);
    EXPECT_EQ(decode_g1(compress(-p).view()), -p);
    EXPECT_EQ(decode_g1(serialise(p).view()), p);
    EXPECT_EQ(decode_g2(compress(q).view()), q);
    EXPECT_EQ(decode_g2(compress(-q).view()), -q);
    EXPECT_EQ(decode_g2(serialise(q).view()), q);
  }
  EXPECT_EQ(to_hex(compress(G1::infinity())), "c0" + std::string(94, '0'));
  EXPECT_EQ(decode_g1(compress(G1::infinity()).view()), G1::infinity());
  EXPECT_EQ(decode_g2(serialise(G2::infinity()).view()), G2::infinity());
  EXPECT_EQ(to_hex(compress(generator1())).substr(0, 8), "97f1d3a7");
}

TEST(Bls12381, EncodingsThatAreNotCanonicalAreRefused) {
  const std::string good = to_hex(compress(generator1()));
  const std::string plain = to_hex(serialise(generator1()));
  const std::string zeros(94, '0');
  for (const std::string& bad :
       {"17" + good.substr(2),                                      // not flagged as compressed
        "d7" + good.substr(2),                                      // infinity with coordinates
        "e0" + zeros, "40" + zeros, "c0" + zeros.substr(2) + "01",  // infinities
        "80" + zeros.substr(2) + "01",                              // x = 1 has no y
        good + "00", good.substr(2), "97" + plain.substr(2),
        "37" + plain.substr(2),       // flags of the other form
        plain.substr(0, 190) + "00",  // off the curve
        std::string("9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf"
                    "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"),  // x = p
        std::string()}) {
    EXPECT_FALSE(decode_g1(*from_hex(bad))) << bad;
  }
}

// RFC 9380, appendices J.9.1 and J.10.1.
TEST(Bls12381, HashToCurve) {
  const auto tag1 = as_bytes("QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_");
  EXPECT_EQ(
      to_hex(serialise(hash_to_g1({}, tag1))),
      "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b75"
      "9e79a1"
      "08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9"
      "c6a265");
  const auto tag2 = as_bytes("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_");
  EXPECT_EQ(
      to_hex(compress(hash_to_g2({}, tag2))),
      "a5cb8437535e20ecffaef7752baddf98034139c38452458baeefab379ba13dff5bf5dd71b72418717047f5b0f3"
      "7da03d"
      "0141ebfbdca40eb85b87142e130ab689c673cf60f1a3e98d69335266f30d9b8d4ac44c1038e9dcdd5393faf5c4"
      "1fb78a");
  EXPECT_TRUE(in_subgroup(hash_to_g1(as_bytes("abc"), tag1)));
  EXPECT_TRUE(in_subgroup(hash_to_g2(as_bytes("abc"), tag2)));
}

// RFC 9380, appendix K.1: the tag "QUUX-V01-CS02-with-expander-SHA256-128", and a long one (K.2).
TEST(Bls12381, ExpandMessage) {
  EXPECT_EQ(to_hex(expand_message_xmd({}, as_bytes("QUUX-V01-CS02-with-expander-SHA256-128"), 32)),
            "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235");
  EXPECT_EQ(expand_message_xmd({}, as_bytes(std::string(256, 'x')), 100).size(), 100u);
}

TEST(Bls12381, MapOfEveryKindOfZeroIsOnTheCurve) {
  const auto on_curve = [](const auto& point) {
    const auto p = point.affine();
    return decltype(point.affine())::on_curve(p.x, p.y).has_value();
  };
  EXPECT_TRUE(on_curve(map_to_curve(Fp())));
  EXPECT_TRUE(on_curve(map_to_curve(Fp2())));
  EXPECT_TRUE(on_curve(map_to_curve(Fp2{Fp(), Fp::one()})));
}

}  // namespace
}  // namespace ledgerlab::bls12_381

namespace ledgerlab::bls {
namespace {

SecretKey secret(std::uint64_t value) { return to_big_endian(U256(value)); }

struct BlsSignature : testing::TestWithParam<Scheme> {};

TEST_P(BlsSignature, SignsVerifiesAggregates) {
  const Scheme scheme = GetParam();
  std::vector<Bytes> keys, messages, signatures, same;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    keys.push_back(*public_key(scheme, secret(1000 * i)));
    messages.push_back(Bytes(i, static_cast<Byte>(i)));
    signatures.push_back(*sign(scheme, secret(1000 * i), messages.back()));
    same.push_back(*sign(scheme, secret(1000 * i), messages[0]));
    EXPECT_TRUE(verify(scheme, keys.back(), messages.back(), signatures.back()));
    EXPECT_FALSE(verify(scheme, keys[0], messages.back(), signatures.back()) && i > 1);
  }
  const Bytes all = *aggregate(scheme, signatures);
  EXPECT_TRUE(aggregate_verify(scheme, keys, messages, all));
  std::swap(messages[0], messages[1]);
  EXPECT_FALSE(aggregate_verify(scheme, keys, messages, all));
  std::swap(messages[0], messages[1]);
  EXPECT_FALSE(aggregate_verify(scheme, keys, std::span(messages).first(2), all));
  EXPECT_TRUE(fast_aggregate_verify(scheme, keys, messages[0], *aggregate(scheme, same)));
  EXPECT_FALSE(fast_aggregate_verify(scheme, keys, messages[0], all));
  EXPECT_FALSE(fast_aggregate_verify(scheme, {}, messages[0], all));
  EXPECT_FALSE(aggregate(scheme, {}));
  Scheme other = scheme;
  other.tag = "ANOTHER-TAG";
  EXPECT_FALSE(verify(other, keys[0], messages[0], signatures[0]));
}

TEST_P(BlsSignature, RefusesWrongKeysAndSecrets) {
  const Scheme scheme = GetParam();
  EXPECT_FALSE(sign(scheme, SecretKey{}, {}));
  EXPECT_FALSE(public_key(scheme, bls12_381::order()));
  Bytes infinity(scheme.variant == Variant::min_pk ? 48 : 96, 0);
  infinity[0] = 0xc0;
  EXPECT_FALSE(is_public_key(scheme, infinity));
  Bytes signature(scheme.variant == Variant::min_pk ? 96 : 48, 0);
  signature[0] = 0xc0;
  // With an infinite key every message would verify against the infinite signature.
  EXPECT_FALSE(verify(scheme, infinity, as_bytes("x"), signature));
  EXPECT_TRUE(is_public_key(scheme, *public_key(scheme, secret(1))));
}

INSTANTIATE_TEST_SUITE_P(Schemes, BlsSignature,
                         testing::Values(Scheme{Variant::min_pk, pop_min_pk},
                                         Scheme{Variant::min_sig, basic_min_sig}));

TEST(BlsSignature, RefusesSignaturesOutsideTheSubgroup) {
  // A point of a small subgroup added to a good signature does not change its pairings.
  using namespace bls12_381;
  const Scheme scheme{Variant::min_sig, basic_min_sig};
  const Fp two = Fp::from(4).square_root().value();
  const G1 small{Fp(), two, Fp::one()};  // (0, 2) has order three
  ASSERT_TRUE(small.times(3).is_infinity());
  const Bytes key = *public_key(scheme, secret(5));
  const Bytes good = *sign(scheme, secret(5), as_bytes("m"));
  const auto moved = compress(*decode_g1(good) + small);
  EXPECT_TRUE(verify(scheme, key, as_bytes("m"), good));
  EXPECT_FALSE(verify(scheme, key, as_bytes("m"), moved.view()));
}

TEST(Kzg, ConstantsAndLines) {
  using namespace bls12_381;
  // The polynomial 7: commitment [7], proof at infinity.
  const auto constant = compress(generator1().times(7));
  const auto infinity = compress(G1::infinity());
  const auto n = [](std::uint64_t value) { return to_big_endian(U256(value)); };
  EXPECT_EQ(kzg::verify_proof(constant.view(), n(3).view(), n(7).view(), infinity.view()), true);
  EXPECT_EQ(kzg::verify_proof(constant.view(), n(3).view(), n(8).view(), infinity.view()), false);
  EXPECT_EQ(kzg::verify_proof(constant.view(), order().view(), n(7).view(), infinity.view()),
            std::nullopt);
  EXPECT_EQ(kzg::verify_proof(constant.view(), n(3).view(), order().view(), infinity.view()),
            std::nullopt);
  const auto outside = compress(G1{Fp(), Fp::from(2), Fp::one()});
  EXPECT_EQ(kzg::verify_proof(outside.view(), n(3).view(), n(7).view(), infinity.view()),
            std::nullopt);
}

}  // namespace
}  // namespace ledgerlab::bls
