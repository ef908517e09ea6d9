// Known answers of PBKDF2 and scrypt (RFC 7914, sections 11 and 12) and of AES (NIST SP 800-38A).
#include "models/crypto/kdf.hpp"

#include <gtest/gtest.h>

#include "models/crypto/cipher.hpp"

namespace ledgerlab {
namespace {

TEST(Kdf, Pbkdf2) {
  EXPECT_EQ(to_hex(pbkdf2_sha256(as_bytes("passwd"), as_bytes("salt"), 1, 64)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
  EXPECT_THROW(pbkdf2_sha256(as_bytes("passwd"), as_bytes("salt"), 0, 64), std::invalid_argument);
}

TEST(Kdf, Scrypt) {
  EXPECT_EQ(to_hex(scrypt({}, {}, {16, 1, 1}, 64).value()),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_FALSE(scrypt({}, {}, {15, 1, 1}, 64)) << "n is no power of two";
  EXPECT_FALSE(scrypt({}, {}, {1 << 20, 8, 1}, 64, 1 << 20)) << "needs 1 GiB, may have 1 MiB";
}

TEST(Cipher, CounterMode) {  // SP 800-38A, F.5.1
  const Bytes key = from_hex("2b7e151628aed2a6abf7158809cf4f3c").value();
  const auto counter = fixed_from_hex<16>("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").value();
  const Bytes plain =
      from_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51").value();
  const Bytes sealed = aes_ctr(key, counter, plain);
  EXPECT_EQ(to_hex(sealed), "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
  EXPECT_EQ(aes_ctr(key, counter, sealed), plain);
}

TEST(Cipher, BlockChaining) {  // SP 800-38A, F.2.1, with a block of padding behind it
  const Bytes key = from_hex("2b7e151628aed2a6abf7158809cf4f3c").value();
  const auto iv = fixed_from_hex<16>("000102030405060708090a0b0c0d0e0f").value();
  const Bytes plain = from_hex("6bc1bee22e409f96e93d7e117393172a").value();
  Bytes sealed = aes_cbc_encrypt(key, iv, plain);
  ASSERT_EQ(sealed.size(), 32u);
  EXPECT_EQ(to_hex(ByteView(sealed).first(16)), "7649abac8119b246cee98e9b12e9197d");
  EXPECT_EQ(aes_cbc_decrypt(key, iv, sealed), plain);
  sealed.pop_back();
  EXPECT_FALSE(aes_cbc_decrypt(key, iv, sealed));
  EXPECT_THROW(aes_cbc_encrypt(Bytes(15), iv, plain), std::invalid_argument);
}

}  // namespace
}  // namespace ledgerlab
