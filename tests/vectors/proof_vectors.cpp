// RFC 6962 Merkle proofs (transparency-dev) and the ECVRF examples of RFC 9381.
#include <gtest/gtest.h>
#include <sodium.h>

#include <nlohmann/json.hpp>

#include "models/crypto/ecvrf.hpp"
#include "models/crypto/merkle.hpp"
#include "tests/support/vectors.hpp"

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json read_json(const fs::path& file) { return Json::parse(test::read_text(file)); }

/// A base64 hash; nothing if it is not 32 bytes.
std::optional<Hash256> hash_of(const Json& base64) {
  const std::string text = base64;
  Bytes bytes(text.size() + 1);
  std::size_t size = 0;
  EXPECT_EQ(sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                              nullptr, sodium_base64_VARIANT_ORIGINAL),
            0)
      << text;
  if (size != 32) return std::nullopt;
  Hash256 out;
  std::memcpy(out.data.data(), bytes.data(), 32);
  return out;
}

std::optional<MerkleProof> proof_of(const Json& list) {
  MerkleProof out;
  if (list.is_null()) return out;
  for (const Json& node : list) {
    const auto hash = hash_of(node);
    if (!hash) return std::nullopt;
    out.push_back(*hash);
  }
  return out;
}

/// Sizes are 64-bit numbers; a test may also give a negative one.
std::optional<std::uint64_t> number_of(const Json& number) {
  if (!number.is_number_unsigned()) return std::nullopt;
  return number.get<std::uint64_t>();
}

bool inclusion_holds(const Json& test) {
  const auto index = number_of(test.at("leafIdx"));
  const auto size = number_of(test.at("treeSize"));
  const auto root = hash_of(test.at("root"));
  const auto leaf = hash_of(test.at("leafHash"));
  const auto proof = proof_of(test.at("proof"));
  return index && size && root && leaf && proof &&
         merkle_verify_inclusion(*index, *size, *leaf, *proof, *root);
}

bool consistency_holds(const Json& test) {
  const auto first = number_of(test.at("size1"));
  const auto second = number_of(test.at("size2"));
  const auto first_root = hash_of(test.at("root1"));
  const auto second_root = hash_of(test.at("root2"));
  const auto proof = proof_of(test.at("proof"));
  return first && second && first_root && second_root && proof &&
         merkle_verify_consistency(*first, *second, *proof, *first_root, *second_root);
}

template <class Holds>
void check_folder(const fs::path& folder, Holds holds) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const Json test = read_json(entry.path());
    EXPECT_EQ(holds(test), !test.at("wantErr").get<bool>()) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 0);
  std::cout << folder.filename().string() << ": " << count << " cases\n";
}

TEST(MerkleVectors, Inclusion) {
  const std::string name = "merkle/testdata/inclusion";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  check_folder(root / name, inclusion_holds);
}

TEST(MerkleVectors, Consistency) {
  const std::string name = "merkle/testdata/consistency";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  check_folder(root / name, consistency_holds);
}

TEST(EcvrfVectors, Rfc9381) {
  const std::string name = "vrf-rfc/ecvrf_examples.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  int count = 0;
  for (const Json& test : read_json(root / name)) {
    if (test.at("suite") != "ECVRF-EDWARDS25519-SHA512-TAI") continue;
    const auto pair = ed25519_keypair(*fixed_from_hex<32>(test.at("SK").get<std::string>()));
    EXPECT_EQ(to_hex(pair.public_key), test.at("PK").get<std::string>());
    const Bytes alpha = test::unhex(test.at("alpha"));
    const VrfProof proof = vrf_prove(pair, alpha);
    EXPECT_EQ(to_hex(proof), test.at("pi").get<std::string>());
    const auto output = vrf_verify(pair.public_key, alpha, proof);
    ASSERT_TRUE(output);
    EXPECT_EQ(to_hex(*output), test.at("beta").get<std::string>());
    ++count;
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace ledgerlab
