// Ed25519 (RFC 8032, 7.1) and secp256k1 known answers, and what must be refused.
#include <gtest/gtest.h>

#include "models/crypto/ed25519.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/schnorr.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab {
namespace {

template <std::size_t N>
FixedBytes<N> fixed(std::string_view hex) {
  return fixed_from_hex<N>(hex).value();
}

TEST(Ed25519, Rfc8032Test2) {
  const auto pair = ed25519_keypair(
      fixed<32>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  EXPECT_EQ(to_hex(pair.public_key),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Bytes message = {0x72};
  const auto signature = ed25519_sign(pair, message);
  EXPECT_EQ(to_hex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(ed25519_verify(pair.public_key, message, signature));
}

TEST(Ed25519, EveryFlippedBitIsRefused) {
  const auto pair = ed25519_keypair(Ed25519Seed{{1, 2, 3}});
  const Bytes message(20, 7);
  const auto signature = ed25519_sign(pair, message);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto bad = signature;
    bad.data[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    EXPECT_FALSE(ed25519_verify(pair.public_key, message, bad)) << bit;
  }
  EXPECT_FALSE(ed25519_verify(pair.public_key, Bytes(20, 8), signature));
}

const char* const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

/// order - s: the other signature of the same message.
Secp256k1Signature other_half(Secp256k1Signature signature) {
  const auto n = fixed<32>(order);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = n.data[i] - signature.data[32 + i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    signature.data[32 + i] = static_cast<Byte>(difference & 255);
  }
  return signature;
}

TEST(Secp256k1, KnownAddressAndSignature) {
  // The address of private key 1 and the RFC 6979 signature of a known message under it.
  Secp256k1SecretKey one;
  one.data[31] = 1;
  const auto key = secp256k1_public_key(one).value();
  EXPECT_EQ(to_hex(address_of(key)), "7e5f4552091a69125d5dfcb7b8c2659029395bdf");
  const auto signature = secp256k1_sign(one, sha256(as_bytes("Satoshi Nakamoto"))).value();
  EXPECT_EQ(to_hex(signature),
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
            "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
  EXPECT_TRUE(secp256k1_verify(key, sha256(as_bytes("Satoshi Nakamoto")), signature));
}

TEST(Secp256k1, Recovery) {
  for (int i = 1; i <= 50; ++i) {
    Secp256k1SecretKey secret;
    secret.data[31] = static_cast<Byte>(i);
    const Hash256 digest = keccak256(secret.view());
    const auto key = secp256k1_public_key(secret).value();
    const auto signature = secp256k1_sign_recoverable(secret, digest).value();
    EXPECT_EQ(signature.signature, secp256k1_sign(secret, digest));
    EXPECT_EQ(secp256k1_recover(signature, digest), key);
    // The other half of s belongs to the mirrored point.
    const RecoverableSignature high{other_half(signature.signature),
                                    static_cast<Byte>(signature.recovery_id ^ 1)};
    EXPECT_EQ(secp256k1_recover(high, digest), key);
    EXPECT_FALSE(secp256k1_verify(key, digest, high.signature));
    EXPECT_TRUE(secp256k1_verify(key, digest, high.signature, HighS::accept));
  }
}

TEST(Secp256k1, RefusesWhatIsNoKeyAndNoSignature) {
  const Hash256 digest = sha256({});
  EXPECT_FALSE(secp256k1_public_key(Secp256k1SecretKey{}));
  EXPECT_FALSE(secp256k1_public_key(fixed<32>(order)));
  EXPECT_FALSE(secp256k1_sign(Secp256k1SecretKey{}, digest));
  EXPECT_FALSE(secp256k1_sign_recoverable(fixed<32>(order), digest));
  EXPECT_FALSE(secp256k1_recover({Secp256k1Signature{}, 0}, digest));
  EXPECT_FALSE(secp256k1_recover({Secp256k1Signature{{1}}, 4}, digest));
  EXPECT_FALSE(secp256k1_verify(Secp256k1PublicKey{{1}}, digest, Secp256k1Signature{{1}}));
  EXPECT_FALSE(secp256k1_compress(Secp256k1PublicKey{}));
  EXPECT_FALSE(secp256k1_parse({}));
  const auto key = secp256k1_public_key(Secp256k1SecretKey{{1}}).value();
  const auto compressed = secp256k1_compress(key).value();
  EXPECT_EQ(secp256k1_parse(compressed.view()), key);
  Bytes hybrid = {static_cast<Byte>(6 + (key.data[63] & 1))};
  hybrid.insert(hybrid.end(), key.data.begin(), key.data.end());
  EXPECT_FALSE(secp256k1_parse(hybrid));
  hybrid[0] = 4;
  EXPECT_EQ(secp256k1_parse(hybrid), key);
}

TEST(Ed25519, Zip215TakesSmallOrderPointsThatTheStrictRuleRefuses) {
  // Key and R are the identity, s is zero: [8]0 = [8]0 + [8][k]0 whatever the message.
  Ed25519PublicKey key{{1}};
  Ed25519Signature signature{{1}};
  EXPECT_TRUE(ed25519_verify_zip215(key, Bytes{1, 2, 3}, signature));
  EXPECT_FALSE(ed25519_verify(key, Bytes{1, 2, 3}, signature));
  signature.data[32] = 1;
  EXPECT_FALSE(ed25519_verify_zip215(key, Bytes{1, 2, 3}, signature));
}

TEST(Ed25519, Zip215AgreesOnOrdinarySignatures) {
  const auto pair = ed25519_keypair(Ed25519Seed{{1, 2, 3}});
  const Bytes message(20, 7);
  const auto signature = ed25519_sign(pair, message);
  EXPECT_TRUE(ed25519_verify_zip215(pair.public_key, message, signature));
  for (std::size_t bit = 0; bit < 512; bit += 5) {
    auto bad = signature;
    bad.data[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    EXPECT_FALSE(ed25519_verify_zip215(pair.public_key, message, bad)) << bit;
  }
}

TEST(Schnorr, Bip340Vector1) {
  const auto secret = fixed<32>("b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef");
  const auto message =
      fixed<32>("243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89");
  const auto key = xonly_public_key(secret).value();
  EXPECT_EQ(to_hex(key), "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659");
  const auto signature = schnorr_sign(secret, message.view(), FixedBytes<32>{{}}).value();
  EXPECT_TRUE(schnorr_verify(key, message.view(), signature));
  FixedBytes<32> auxiliary;
  auxiliary.data[31] = 1;
  EXPECT_EQ(to_hex(schnorr_sign(secret, message.view(), auxiliary).value()),
            "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de3341"
            "8906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a");
  auto bad = signature;
  bad.data[40] ^= 1;
  EXPECT_FALSE(schnorr_verify(key, message.view(), bad));
  EXPECT_FALSE(schnorr_sign(Secp256k1SecretKey{}, message.view(), auxiliary));
}

TEST(Schnorr, TweakedSecretFitsTweakedKey) {
  const Secp256k1SecretKey secret{{7, 7}};
  const Hash256 tweak = tagged_hash("TapTweak", xonly_public_key(secret).value().view());
  const auto key = xonly_tweak_add(xonly_public_key(secret).value(), tweak).value();
  const auto tweaked = xonly_tweak_secret(secret, tweak).value();
  EXPECT_EQ(xonly_public_key(tweaked).value(), key.key);
  EXPECT_FALSE(xonly_tweak_add(key.key, fixed<32>(order)));
  EXPECT_TRUE(xonly_is_valid(key.key));
  // No point has an x beyond the field's prime (BIP 340, lift_x).
  EXPECT_FALSE(xonly_is_valid(
      fixed<32>("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")));
}

TEST(Secp256k1, PointArithmeticAgrees) {
  Secp256k1SecretKey two{}, three{}, five{}, six{};
  two.data[31] = 2, three.data[31] = 3, five.data[31] = 5, six.data[31] = 6;
  const auto point = [](const Secp256k1SecretKey& k) { return secp256k1_public_key(k).value(); };
  EXPECT_EQ(secp256k1_add(point(two), point(three)), point(five));
  EXPECT_EQ(secp256k1_add_scalar(point(two), three), point(five));
  EXPECT_EQ(secp256k1_multiply(point(two), three), point(six));
  EXPECT_FALSE(secp256k1_multiply(point(two), fixed<32>(order)));
  auto minus = point(two);  // -(x, y) = (x, p - y): found by its sum, which is infinity
  const auto compressed = secp256k1_compress(minus).value();
  FixedBytes<33> other = compressed;
  other.data[0] ^= 1;
  minus = secp256k1_parse(other.view()).value();
  EXPECT_FALSE(secp256k1_add(point(two), minus));
}

TEST(Secp256k1, DerThereAndBack) {
  const Secp256k1SecretKey secret{{9}};
  const Hash256 digest = sha256(as_bytes("der"));
  const auto signature = secp256k1_sign(secret, digest).value();
  const Bytes der = secp256k1_to_der(signature);
  EXPECT_EQ(secp256k1_from_der(der), signature);
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(secp256k1_from_der(longer));
}

}  // namespace
}  // namespace ledgerlab
