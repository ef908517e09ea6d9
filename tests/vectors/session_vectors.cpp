// X25519, HKDF-SHA-256 and ChaCha20-Poly1305 against Wycheproof: every valid case computes, every
// invalid one is refused.
#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "models/crypto/aead.hpp"
#include "models/crypto/hkdf.hpp"
#include "models/crypto/x25519.hpp"
#include "tests/support/vectors.hpp"

namespace ledgerlab {
namespace {

using Json = nlohmann::json;

template <class Check>
void each_case(const std::string& name, Check check) {
  const std::string file = "wycheproof/testvectors_v1/" + name;
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", file);
  int count = 0;
  const Json json = Json::parse(test::read_text(root / file));
  for (const Json& group : json.at("testGroups")) {
    for (const Json& one : group.at("tests")) {
      SCOPED_TRACE("tcId " + one.at("tcId").dump());
      count += check(group, one) ? 1 : 0;
    }
  }
  EXPECT_GT(count, 0);
  std::cout << name << ": " << count << " cases\n";
}

Bytes bytes(const Json& one, const char* key) {
  return test::unhex(one.at(key).get<std::string>());
}

TEST(SessionVectors, X25519) {
  each_case("x25519_test.json", [](const Json&, const Json& one) {
    const auto secret = fixed_from_hex<32>(one.at("private").get<std::string>());
    const auto peer = fixed_from_hex<32>(one.at("public").get<std::string>());
    const auto expected = fixed_from_hex<32>(one.at("shared").get<std::string>());
    if (!secret || !peer || !expected) return false;
    const auto shared = x25519(*secret, *peer);
    EXPECT_EQ(shared.has_value(), !expected->is_zero());
    if (shared) EXPECT_EQ(to_hex(*shared), to_hex(*expected));
    return true;
  });
}

TEST(SessionVectors, HkdfSha256) {
  each_case("hkdf_sha256_test.json", [](const Json&, const Json& one) {
    const std::size_t size = one.at("size").get<std::size_t>();
    const Hash256 key = hkdf_extract(bytes(one, "salt"), bytes(one, "ikm"));
    const Bytes info = bytes(one, "info");
    if (one.at("result") != "valid") {
      EXPECT_THROW(hkdf_expand(key, info, size), std::logic_error);
      return true;
    }
    EXPECT_EQ(to_hex(hkdf_expand(key, info, size)), one.at("okm").get<std::string>());
    if (size == 32) {
      const std::string text(info.begin(), info.end());
      EXPECT_EQ(to_hex(hkdf_expand(key, text)), one.at("okm").get<std::string>());
    }
    return true;
  });
}

TEST(SessionVectors, ChaCha20Poly1305) {
  each_case("chacha20_poly1305_test.json", [](const Json&, const Json& one) {
    const auto key = fixed_from_hex<32>(one.at("key").get<std::string>());
    const auto nonce = fixed_from_hex<12>(one.at("iv").get<std::string>());
    if (!key || !nonce) return false;
    const Bytes associated = bytes(one, "aad");
    const Bytes plain = bytes(one, "msg");
    Bytes sealed = bytes(one, "ct");
    const Bytes tag = bytes(one, "tag");
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    const auto opened = aead_open(*key, *nonce, associated, sealed);
    const bool valid = one.at("result") == "valid";
    EXPECT_EQ(opened.has_value(), valid);
    if (!valid) return true;
    EXPECT_EQ(to_hex(*opened), to_hex(plain));
    EXPECT_EQ(to_hex(aead_seal(*key, *nonce, associated, plain)), to_hex(sealed));
    return true;
  });
}

}  // namespace
}  // namespace ledgerlab
