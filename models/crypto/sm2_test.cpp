// SM2 over the standard's curve: one known signature, there and back, and what must be refused.
#include "models/crypto/sm2.hpp"

#include <gtest/gtest.h>

namespace ledgerlab::sm2 {
namespace {

Number number(std::string_view hex) { return *fixed_from_hex<32>(hex); }

const Number secret = number("110e7973206f68c19ee5f7328c036f26911c8c73b4e4f36ae3291097f8984ffc");
const Number nonce = number("3174c6ffc3c279d2422f3fc0a9f3e574674a4490fe45a5325caf7d3ec4c8f96c");

TEST(Sm2, KnownSignature) {  // made with GmSSL, in Botan's sm2_sig.vec
  const Curve curve(standard_parameters());
  const auto key = curve.public_key(secret).value();
  const Bytes message = {'h', 'i', ' ', 'c', 'h', 'a', 'p', 'p', 'y'};
  const Hash256 digest = curve.message_digest(Digest::sm3, "sm2test@example.com", key, message);
  auto signature = curve.sign(secret, digest, nonce).value();
  EXPECT_EQ(to_hex(signature.r),
            "05890b9077b92e47b17a1ff42a814280e556afd92b4a98b9670bf8b1a274c2fa");
  EXPECT_EQ(to_hex(signature.s),
            "e3abbb8db2b6ecd9b24eccea7f679fb9a4b1db52f4aa985e443ad73237fa1993");
  EXPECT_TRUE(curve.verify(key, digest, signature));
  for (std::size_t bit = 0; bit < 256; bit += 11) {
    auto bad = signature;
    bad.s.data[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    EXPECT_FALSE(curve.verify(key, digest, bad)) << bit;
  }
  EXPECT_FALSE(curve.verify(
      key, curve.message_digest(Digest::sm3, "another@example.com", key, message), signature));
  EXPECT_FALSE(curve.verify({key.y, key.x}, digest, signature)) << "no point of the curve";
}

TEST(Sm2, EncryptsThereAndBack) {
  const Curve curve(standard_parameters());
  const auto key = curve.public_key(secret).value();
  const Bytes plain(200, 0x5a);
  for (const Digest digest : {Digest::sm3, Digest::sha256}) {
    const Bytes sealed = curve.encrypt(digest, key, plain, nonce).value();
    EXPECT_EQ(curve.decrypt(digest, secret, sealed), plain);
    for (std::size_t at = 0; at < sealed.size(); at += 3) {
      Bytes bad = sealed;
      bad[at] ^= 1;
      EXPECT_FALSE(curve.decrypt(digest, secret, bad)) << at;
    }
    EXPECT_FALSE(curve.decrypt(digest, nonce, sealed)) << "another key";
  }
}

TEST(Sm2, RefusesNumbersOutOfRange) {
  const Curve curve(standard_parameters());
  const Number order = standard_parameters().order;
  Number last = order;  // order - 1: its successor has no inverse
  last.data[31] -= 1;
  EXPECT_FALSE(curve.public_key(Number{}));
  EXPECT_FALSE(curve.public_key(last));
  EXPECT_FALSE(curve.public_key(order));
  EXPECT_FALSE(curve.sign(secret, Hash256{{1}}, Number{}));
  EXPECT_FALSE(curve.sign(secret, Hash256{{1}}, order));
  Parameters broken = standard_parameters();
  broken.gx.data[31] ^= 1;
  EXPECT_THROW(Curve{broken}, std::invalid_argument);
}

}  // namespace
}  // namespace ledgerlab::sm2
