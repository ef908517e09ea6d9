// The two files of the Web3 Secret Storage definition, encryption there and back, and every fault.
#include "models/crypto/keystore.hpp"

#include <gtest/gtest.h>

namespace ledgerlab {
namespace {

const char* const wiki_pbkdf2 = R"({"crypto": {"cipher": "aes-128-ctr",
  "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
  "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
  "kdf": "pbkdf2", "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256",
    "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
  "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
  "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3})";

TEST(Keystore, DefinitionsOwnFile) {
  const auto opened = keystore_decrypt(wiki_pbkdf2, "testpassword");
  EXPECT_EQ(opened.verdict, KeystoreVerdict::ok) << opened.what;
  EXPECT_EQ(to_hex(opened.secret),
            "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
  EXPECT_EQ(keystore_decrypt(wiki_pbkdf2, "testpasswore").verdict, KeystoreVerdict::wrong_password);
}

// go-ethereum, accounts/keystore/testdata/v1: a file of 2014.
TEST(Keystore, VersionOne) {
  const std::string file = R"({"address": "cb61d5a9c4896fb9658090b597ef0e7be6f7b67e",
    "Crypto": {"cipher": "aes-128-cbc",
      "ciphertext": "6143d3192db8b66eabd693d9c4e414dcfaee52abda451af7)"
                           R"(9ccf474dafb35f1bfc7ea013aa9d2ee35969a1a2e8d752d0",
      "cipherparams": {"iv": "35337770fc2117994ecdcad026bccff4"}, "kdf": "scrypt",
      "kdfparams": {"n": 262144, "r": 8, "p": 1, "dklen": 32,
        "salt": "9afcddebca541253a2f4053391c673ff9fe23097cd8555d149d929e4ccf1257f"},
      "mac": "3f3d5af884b17a100b0b3232c0636c230a54dc2ac8d986227219b0dd89197644", "version": "1"},
    "id": "e25f7c1f-d318-4f29-b62c-687190d4d299", "version": "1"})";
  const auto opened = keystore_decrypt(file, "g");
  EXPECT_EQ(opened.verdict, KeystoreVerdict::ok) << opened.what;
  EXPECT_EQ(to_hex(opened.secret),
            "d1b1178d3529626a1a93e073f65028370d14c7eb0936eb42abef05db6f37ad7d");
  EXPECT_EQ(keystore_decrypt(file, "h").verdict, KeystoreVerdict::wrong_password);
}

/// Cheap enough for a test.
KeystoreMaking cheap(KeystoreMaking::Kdf kdf) {
  KeystoreMaking making;
  making.kdf = kdf;
  making.scrypt = {16, 1, 1};
  making.iterations = 2;
  making.salt = FixedBytes<32>{{1, 2, 3}};
  making.iv = AesBlock{{4, 5, 6}};
  making.id = Hash128{{7, 8, 9}};
  return making;
}

TEST(Keystore, ThereAndBack) {
  const Bytes secret = from_hex(std::string(62, 'a') + "01").value();
  for (const auto kdf : {KeystoreMaking::Kdf::scrypt, KeystoreMaking::Kdf::pbkdf2}) {
    const std::string file = keystore_encrypt(secret, "correct horse", cheap(kdf));
    EXPECT_EQ(file.find(to_hex(secret)), std::string::npos);
    const auto opened = keystore_decrypt(file, "correct horse");
    ASSERT_EQ(opened.verdict, KeystoreVerdict::ok) << opened.what;
    EXPECT_EQ(opened.secret, secret);
    const auto refused = keystore_decrypt(file, "Correct horse");
    EXPECT_EQ(refused.verdict, KeystoreVerdict::wrong_password);
    EXPECT_TRUE(refused.secret.empty());
  }
}

TEST(Keystore, ChangedCiphertextIsNoticed) {
  std::string file = keystore_encrypt(Bytes(32, 7), "p", cheap(KeystoreMaking::Kdf::pbkdf2));
  const std::string name = "\"ciphertext\": \"";
  char& digit = file[file.find(name) + name.size()];
  digit = digit == '0' ? '1' : '0';
  EXPECT_EQ(keystore_decrypt(file, "p").verdict, KeystoreVerdict::wrong_password);
}

struct Broken {
  const char* what;
  const char* from;
  const char* to;
  KeystoreVerdict verdict;
};
class KeystoreFaults : public ::testing::TestWithParam<Broken> {};

TEST_P(KeystoreFaults, AreNamed) {
  std::string file = wiki_pbkdf2;
  const auto at = file.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  file.replace(at, std::string_view(GetParam().from).size(), GetParam().to);
  const auto opened = keystore_decrypt(file, "testpassword");
  EXPECT_EQ(opened.verdict, GetParam().verdict) << opened.what;
  EXPECT_NE(opened.what.find(GetParam().what), std::string::npos) << opened.what;
}

INSTANTIATE_TEST_SUITE_P(
    All, KeystoreFaults,
    ::testing::Values(
        Broken{"no JSON", "{\"crypto\"", "\"crypto\"", KeystoreVerdict::malformed},
        Broken{"crypto is missing", "{\"crypto\"", "{\"cripto\"", KeystoreVerdict::malformed},
        Broken{"version 4", "\"version\": 3", "\"version\": 4", KeystoreVerdict::unsupported},
        Broken{"kdf argon2", "\"kdf\": \"pbkdf2\"", "\"kdf\": \"argon2\"",
               KeystoreVerdict::unsupported},
        Broken{"prf", "hmac-sha256", "hmac-sha512", KeystoreVerdict::unsupported},
        Broken{"cipher", "aes-128-ctr", "aes-512-ctr", KeystoreVerdict::unsupported},
        Broken{"c is zero", "\"c\": 262144", "\"c\": 0", KeystoreVerdict::malformed},
        Broken{"bound on work", "\"c\": 262144", "\"c\": 2000000000", KeystoreVerdict::unsupported},
        Broken{"dklen", "\"dklen\": 32", "\"dklen\": 16", KeystoreVerdict::malformed},
        Broken{"iv has not 16 bytes", "6087dab2f9fdbbfaddc31a909735c1e6", "6087",
               KeystoreVerdict::malformed},
        Broken{"mac is not hexadecimal", "517e", "51z", KeystoreVerdict::malformed},
        Broken{"salt is no text", "\"salt\": \"ae3c", "\"salt\": 1, \"x\": \"",
               KeystoreVerdict::malformed}));

TEST(Keystore, ScryptsCostIsBounded) {
  std::string file = keystore_encrypt(Bytes(32, 7), "p", cheap(KeystoreMaking::Kdf::scrypt));
  const std::string name = "\"n\": 16";
  file.replace(file.find(name), name.size(), "\"n\": 1073741824");
  EXPECT_EQ(keystore_decrypt(file, "p").verdict, KeystoreVerdict::unsupported);
  auto making = cheap(KeystoreMaking::Kdf::scrypt);
  making.scrypt.n = 15;
  EXPECT_THROW(keystore_encrypt(Bytes(32, 7), "p", making), std::invalid_argument);
}

}  // namespace
}  // namespace ledgerlab
