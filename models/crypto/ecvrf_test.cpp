// ECVRF: the examples of RFC 9381, B.3, refusals, and the proofs from outside the prime subgroup
// that RFC 9381 accepts and libsodium's multiplication does not.
#include "models/crypto/ecvrf.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

namespace ledgerlab {
namespace {

struct Example {
  const char* secret;
  const char* key;
  const char* alpha;
  const char* proof;
  const char* output;
};
const Example examples[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479"
     "d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
     "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff66b71dda49d2de59d03450451af02"
     "6798e8f81cd2e333de5cdf4f3e140fdd8ae"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3ed7f2fea45c92a"
     "465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
     "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb5e33821bc613efb94db5e5b54c70a"
     "848a0bef4553a41befc57663b56373a5031"}};

TEST(Ecvrf, Rfc9381Examples) {
  for (const Example& example : examples) {
    const auto pair = ed25519_keypair(*fixed_from_hex<32>(example.secret));
    EXPECT_EQ(to_hex(pair.public_key), example.key);
    const Bytes alpha = *from_hex(example.alpha);
    const VrfProof proof = vrf_prove(pair, alpha);
    EXPECT_EQ(to_hex(proof), example.proof);
    const auto output = vrf_verify(pair.public_key, alpha, proof);
    ASSERT_TRUE(output);
    EXPECT_EQ(to_hex(*output), example.output);
    EXPECT_EQ(vrf_proof_to_hash(proof), output);
  }
}

TEST(Ecvrf, Elligator2OfTheRfc) {  // RFC 9381, B.4, example 19
  const auto pair = ed25519_keypair(
      *fixed_from_hex<32>("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  const VrfProof proof = vrf_prove(pair, {}, VrfSuite::ell2);
  EXPECT_EQ(to_hex(proof),
            "7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f14adf9a3cd8b8412d903"
            "8531e865c341cafa73589b023d14311c331a9ad15ff2fb37831e00f0acaa6d73bc9997b06501");
  const auto output = vrf_verify(pair.public_key, {}, proof, VrfSuite::ell2);
  ASSERT_TRUE(output);
  EXPECT_EQ(to_hex(*output).substr(0, 32), "9d574bf9b8302ec0fc1e21c3ec536826");
  EXPECT_EQ(vrf_proof_to_hash(proof, VrfSuite::ell2), output);
  EXPECT_FALSE(vrf_verify(pair.public_key, {}, proof, VrfSuite::tai));
  EXPECT_FALSE(vrf_verify(pair.public_key, {}, proof, VrfSuite::draft03_ell2));
}

TEST(Ecvrf, Elligator2OfDraft03) {  // Cardano's vrf_ver03_generated_1
  const auto pair = ed25519_keypair(Ed25519Seed{});
  const Bytes alpha = {0};
  const VrfProof proof = vrf_prove(pair, alpha, VrfSuite::draft03_ell2);
  EXPECT_EQ(to_hex(proof),
            "000f006e64c91f84212919fe0899970cd341206fc081fe599339c8492e2cea3299ae9de4b6ce21cda0a9"
            "75f65f45b70f82b3952ba6d0dbe11a06716e67aca233c0d78f115a655aa1952ada9f3d692a0a");
  const auto output = vrf_verify(pair.public_key, alpha, proof, VrfSuite::draft03_ell2);
  ASSERT_TRUE(output);
  EXPECT_EQ(to_hex(*output).substr(0, 32), "9930b5dddc0938f01cf6f9746eded569");
}

TEST(Ecvrf, BatchFormHasTheSameOutput) {
  const auto pair = ed25519_keypair(Ed25519Seed{{9}});
  const Bytes alpha = {1, 2, 3};
  for (const VrfSuite suite : {VrfSuite::tai, VrfSuite::ell2, VrfSuite::draft03_ell2}) {
    const VrfBatchProof proof = vrf_prove_batch(pair, alpha, suite);
    const auto output = vrf_verify_batch(pair.public_key, alpha, proof, suite);
    ASSERT_TRUE(output);
    EXPECT_EQ(output, vrf_verify(pair.public_key, alpha, vrf_prove(pair, alpha, suite), suite));
    for (std::size_t at = 0; at < proof.size(); at += 7) {
      auto bad = proof;
      bad.data[at] ^= 4;
      EXPECT_FALSE(vrf_verify_batch(pair.public_key, alpha, bad, suite)) << at;
    }
  }
}

TEST(Ecvrf, EveryFlippedByteIsRefused) {
  const auto pair = ed25519_keypair(Ed25519Seed{{5}});
  const VrfProof proof = vrf_prove(pair, as_bytes("slot 17"));
  EXPECT_TRUE(vrf_verify(pair.public_key, as_bytes("slot 17"), proof));
  EXPECT_FALSE(vrf_verify(pair.public_key, as_bytes("slot 18"), proof));
  EXPECT_FALSE(
      vrf_verify(ed25519_keypair(Ed25519Seed{{6}}).public_key, as_bytes("slot 17"), proof));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    VrfProof bad = proof;
    bad.data[i] ^= static_cast<Byte>(1 << i % 8);
    EXPECT_FALSE(vrf_verify(pair.public_key, as_bytes("slot 17"), bad)) << i;
  }
}

TEST(Ecvrf, RefusesOtherFormsOfPointsAndScalars) {
  const auto pair = ed25519_keypair(Ed25519Seed{{5}});
  const VrfProof proof = vrf_prove(pair, {});
  VrfProof bad = proof;
  // s + q: the same residue, another encoding. q is below 2^253, so the sum fits.
  const auto q =
      *fixed_from_hex<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  int carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const int sum = bad.data[48 + i] + q.data[i] + carry;
    bad.data[48 + i] = static_cast<Byte>(sum);
    carry = sum >> 8;
  }
  EXPECT_FALSE(vrf_verify(pair.public_key, {}, bad));
  EXPECT_FALSE(vrf_proof_to_hash(bad));
  for (const char* point :
       {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",     // y = p
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",     // y = p + 1
        "0100000000000000000000000000000000000000000000000000000000000080",     // x = -0
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",     // x = -0
        "0200000000000000000000000000000000000000000000000000000000000000"}) {  // off the curve
    const auto bytes = *fixed_from_hex<32>(point);
    bad = proof;
    std::memcpy(bad.data.data(), bytes.data.data(), 32);
    EXPECT_FALSE(vrf_proof_to_hash(bad)) << point;
    EXPECT_FALSE(vrf_verify(bytes, {}, proof)) << point;
  }
}

const char* const order_eight = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

TEST(Ecvrf, RefusesKeysOfSmallOrder) {
  const auto pair = ed25519_keypair(Ed25519Seed{{5}});
  const VrfProof proof = vrf_prove(pair, {});
  for (const char* point :
       {"0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", order_eight}) {
    EXPECT_FALSE(vrf_verify(*fixed_from_hex<32>(point), {}, proof)) << point;
  }
}

using Bytes32 = FixedBytes<32>;

Bytes32 times(const Bytes32& scalar, const Bytes32& point) {
  Bytes32 out;
  EXPECT_EQ(
      crypto_scalarmult_ed25519_noclamp(out.data.data(), scalar.data.data(), point.data.data()), 0);
  return out;
}

/// A prover with its own rules: its public key has a part of order eight. Written straight on
/// libsodium, independent of ecvrf.cpp.
struct TorsionProver {
  Bytes32 x, key, h, gamma;

  TorsionProver() {
    x.data[0] = 77;
    const auto torsion = *fixed_from_hex<32>(order_eight);
    crypto_scalarmult_ed25519_base_noclamp(key.data.data(), x.data.data());
    crypto_core_ed25519_add(key.data.data(), key.data.data(), torsion.data.data());
    for (Byte counter = 0;; ++counter) {
      Bytes text = {3, 1};
      text.insert(text.end(), key.data.begin(), key.data.end());
      text.insert(text.end(), {counter, 0});
      const Hash512 hash = sha512(text);
      std::memcpy(h.data.data(), hash.data.data(), 32);
      if (crypto_core_ed25519_add(h.data.data(), h.data.data(), h.data.data()) != 0) continue;
      crypto_core_ed25519_add(h.data.data(), h.data.data(), h.data.data());
      crypto_core_ed25519_add(h.data.data(), h.data.data(), h.data.data());
      break;
    }
    gamma = times(x, h);
    crypto_core_ed25519_add(gamma.data.data(), gamma.data.data(), torsion.data.data());
  }

  VrfProof prove(Byte nonce) const {
    Bytes32 k, u, c, s;
    k.data[0] = nonce;
    crypto_scalarmult_ed25519_base_noclamp(u.data.data(), k.data.data());
    const Bytes32 v = times(k, h);
    Bytes text = {3, 2};
    for (const Bytes32& point : {key, h, gamma, u, v}) {
      text.insert(text.end(), point.data.begin(), point.data.end());
    }
    text.push_back(0);
    std::memcpy(c.data.data(), sha512(text).data.data(), 16);
    crypto_core_ed25519_scalar_mul(s.data.data(), c.data.data(), x.data.data());
    crypto_core_ed25519_scalar_add(s.data.data(), s.data.data(), k.data.data());
    VrfProof proof;
    std::memcpy(proof.data.data(), gamma.data.data(), 32);
    std::memcpy(proof.data.data() + 32, c.data.data(), 16);
    std::memcpy(proof.data.data() + 48, s.data.data(), 32);
    return proof;
  }
};

TEST(Ecvrf, TorsionFollowsTheRfc) {
  const TorsionProver prover;
  int accepted = 0;
  for (Byte nonce = 1; nonce <= 40; ++nonce) {
    const VrfProof proof = prover.prove(nonce);
    // c times a point of order eight vanishes when 8 divides c: then, and only then, it verifies.
    const bool vanishes = proof.data[32] % 8 == 0;
    const auto output = vrf_verify(prover.key, {}, proof);
    EXPECT_EQ(output.has_value(), vanishes) << int{nonce};
    accepted += vanishes ? 1 : 0;
    // The cofactor in the output makes it the one of x * H all the same (uniqueness).
    VrfProof plain = proof;
    const Bytes32 gamma = times(prover.x, prover.h);
    std::memcpy(plain.data.data(), gamma.data.data(), 32);
    if (output) {
      EXPECT_EQ(output, vrf_proof_to_hash(plain));
    }
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace ledgerlab
