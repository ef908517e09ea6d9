// Ed25519 (sign.input of ed25519.cr.yp.to, Botan, Wycheproof) and secp256k1 (noble, Wycheproof,
// ethereum/tests).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "models/crypto/ed25519.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/secp256k1.hpp"
#include "tests/support/vectors.hpp"

namespace ledgerlab {
namespace {

using Json = nlohmann::json;

Json read_json(const std::filesystem::path& file) { return Json::parse(test::read_text(file)); }

template <std::size_t N>
std::optional<FixedBytes<N>> fixed(const Json& hex) {
  return fixed_from_hex<N>(hex.get<std::string>());
}

TEST(SignatureVectors, Ed25519SignInput) {
  const std::string name = "noble/test/vectors/ed25519/vectors.txt";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  std::istringstream lines(test::read_text(root / name));
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string secret, key, message, signed_message;
    if (!std::getline(cells, secret, ':') || !std::getline(cells, key, ':')) continue;
    std::getline(cells, message, ':');
    std::getline(cells, signed_message, ':');
    const auto pair = ed25519_keypair(*fixed_from_hex<32>(secret.substr(0, 64)));
    ASSERT_EQ(to_hex(pair.public_key), key);
    const Bytes text = test::unhex(message);
    const auto signature = ed25519_sign(pair, text);
    ASSERT_EQ(to_hex(signature) + message, signed_message);
    ASSERT_TRUE(ed25519_verify(pair.public_key, text, signature));
    ++count;
  }
  EXPECT_GT(count, 0);
  std::cout << "sign.input: " << count << " cases\n";
}

TEST(SignatureVectors, Ed25519Verify) {
  const std::string name = "botan/src/tests/data/pubkey/ed25519_verify.vec";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  std::map<std::string, std::string> values;  // a value holds until the next of its name
  int count = 0;
  std::istringstream lines(test::read_text(root / name));
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" =");
    if (line.starts_with('#') || equals == std::string::npos) continue;
    const std::string key = line.substr(0, equals);
    values[key] = equals + 3 > line.size() ? "" : line.substr(equals + 3);
    if (key != "Signature") continue;
    const auto public_key = fixed_from_hex<32>(values["Pubkey"]);
    const auto signature = fixed_from_hex<64>(values["Signature"]);
    const bool valid = public_key && signature &&
                       ed25519_verify(*public_key, test::unhex(values["Msg"]), *signature);
    EXPECT_EQ(valid, values["Valid"] == "1") << line;
    ++count;
  }
  EXPECT_GT(count, 0);
  std::cout << "ed25519_verify.vec: " << count << " cases\n";
}

/// Counts and checks the tests of a Wycheproof file; `verify` sees the group and the test.
template <class Verify>
void wycheproof(const std::filesystem::path& file, Verify verify) {
  int count = 0;
  const Json content = read_json(file);
  for (const Json& group : content.at("testGroups")) {
    for (const Json& test : group.at("tests")) {
      const std::string result = test.at("result");
      ++count;
      if (result == "acceptable") continue;
      EXPECT_EQ(verify(group, test), result == "valid") << test.dump();
    }
  }
  EXPECT_GT(count, 0);
  std::cout << file.filename().string() << ": " << count << " cases\n";
}

TEST(SignatureVectors, WycheproofEd25519) {
  const std::string name = "wycheproof/testvectors_v1/ed25519_test.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  wycheproof(root / name, [](const Json& group, const Json& test) {
    const auto key = fixed<32>(group.at("publicKey").at("pk"));
    const auto signature = fixed<64>(test.at("sig"));
    return key && signature && ed25519_verify(*key, test::unhex(test.at("msg")), *signature);
  });
}

TEST(SignatureVectors, WycheproofSecp256k1) {
  const std::string name = "wycheproof/testvectors_v1/ecdsa_secp256k1_sha256_p1363_test.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  wycheproof(root / name, [](const Json& group, const Json& test) {
    const auto key = secp256k1_parse(test::unhex(group.at("publicKey").at("uncompressed")));
    const auto signature = fixed<64>(test.at("sig"));
    return key && signature &&
           secp256k1_verify(*key, sha256(test::unhex(test.at("msg"))), *signature, HighS::accept);
  });
}

TEST(SignatureVectors, Secp256k1Deterministic) {
  const std::string name = "noble/test/vectors/secp256k1/ecdsa.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  const Json file = read_json(root / name);
  int count = 0;
  for (const Json& test : file.at("valid")) {
    const auto secret = *fixed<32>(test.at("d"));
    const auto digest = *fixed<32>(test.at("m"));
    const auto signature = secp256k1_sign(secret, digest);
    ASSERT_TRUE(signature);
    ASSERT_EQ(to_hex(*signature), test.at("signature").get<std::string>());
    const auto key = secp256k1_public_key(secret).value();
    ASSERT_TRUE(secp256k1_verify(key, digest, *signature));
    const auto recoverable = secp256k1_sign_recoverable(secret, digest).value();
    ASSERT_EQ(secp256k1_recover(recoverable, digest), key);
    ++count;
  }
  for (const Json& test : file.at("invalid").at("sign")) {
    const auto secret = fixed<32>(test.at("d"));
    EXPECT_FALSE(secret && secp256k1_sign(*secret, *fixed<32>(test.at("m")))) << test.dump();
    ++count;
  }
  for (const Json& test : file.at("invalid").at("verify")) {
    const auto key = secp256k1_parse(test::unhex(test.at("Q")));
    const auto signature = fixed<64>(test.at("signature"));
    EXPECT_FALSE(key && signature && secp256k1_verify(*key, *fixed<32>(test.at("m")), *signature))
        << test.dump();
    ++count;
  }
  EXPECT_GT(count, 0);
  std::cout << "ecdsa.json: " << count << " cases\n";
}

TEST(SignatureVectors, Rfc6979Nonces) {
  const std::string name = "noble/test/vectors/secp256k1/rfc6979.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  int count = 0;
  for (const Json& test : read_json(root / name)) {
    const std::string message = test.at("message");
    const auto signature = secp256k1_sign(*fixed<32>(test.at("d")), sha256(as_bytes(message)));
    ASSERT_TRUE(signature);
    // The nonce shows as r, the x coordinate of k times the generator.
    const auto point = secp256k1_public_key(*fixed<32>(test.at("k0"))).value();
    EXPECT_EQ(to_hex(*signature).substr(0, 64), to_hex(point).substr(0, 64)) << message;
    ++count;
  }
  EXPECT_GT(count, 0);
}

// The file's sig_of_emptystring is left out: it does not belong to its key for the digest
// keccak256, SHA-256, SHA3-256 or the signed-message form of the empty string, nor for a digest of
// zeros.
TEST(SignatureVectors, EthereumKeyAddress) {
  const std::string name = "eth-tests/BasicTests/keyaddrtest.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", name);
  for (const Json& test : read_json(root / name)) {
    const auto secret = *fixed<32>(test.at("key"));
    EXPECT_EQ(keccak256(as_bytes(test.at("seed").get<std::string>())), secret);
    const auto key = secp256k1_public_key(secret).value();
    EXPECT_EQ(to_hex(address_of(key)), test.at("addr").get<std::string>());
  }
}

}  // namespace
}  // namespace ledgerlab
