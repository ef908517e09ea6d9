// Botan's and Tongsuo's lists for SHA-256, Keccak-256 and RIPEMD-160.
#include <gtest/gtest.h>

#include "models/crypto/hash.hpp"
#include "tests/support/vectors.hpp"

namespace ledgerlab {
namespace {

const std::string botan = "botan/src/tests/data/hash/";

template <class Hash>
void check_blocks(const std::filesystem::path& file, const std::string& section, Hash hash) {
  int count = 0;
  for (const auto& block : test::read_blocks(file)) {
    if (block.section != section) continue;
    const auto in = block.values.find("In");
    const auto out = block.values.find("Out");
    ASSERT_TRUE(in != block.values.end() && out != block.values.end());
    EXPECT_EQ(to_hex(hash(test::unhex(in->second))), to_hex(test::unhex(out->second)));
    ++count;
  }
  EXPECT_GT(count, 0);
  std::cout << file.filename().string() << " [" << section << "]: " << count << " cases\n";
}

TEST(HashVectors, Sha256) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", botan + "sha2_32.vec");
  check_blocks(root / (botan + "sha2_32.vec"), "SHA-256", sha256);
}

TEST(HashVectors, Sha512) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", botan + "sha2_64.vec");
  check_blocks(root / (botan + "sha2_64.vec"), "SHA-512", sha512);
}

TEST(HashVectors, Keccak256) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", botan + "keccak.vec");
  check_blocks(root / (botan + "keccak.vec"), "Keccak-1600(256)", keccak256);
}

TEST(HashVectors, Ripemd160) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", botan + "ripemd160.vec");
  check_blocks(root / (botan + "ripemd160.vec"), "RIPEMD-160", ripemd160);
}

TEST(HashVectors, TongsuoRipemd160) {
  const std::string name = "tongsuo/test/recipes/30-test_evp_data/evpmd_ripemd.txt";
  LEDGERLAB_VECTORS_OR_SKIP(root, "crypto", name);
  int count = 0;
  for (const auto& block : test::read_blocks(root / name)) {
    const auto in = block.values.find("Input");
    if (in == block.values.end()) continue;
    // A quoted text, repeated Count times, or hexadecimal digits.
    const std::string& text = in->second;
    const Bytes once =
        text.starts_with('"') ? Bytes(text.begin() + 1, text.end() - 1) : test::unhex(text);
    const auto repeat = block.values.find("Count");
    const int times = repeat == block.values.end() ? 1 : std::stoi(repeat->second);
    Bytes all;
    for (int i = 0; i < times; ++i) all.insert(all.end(), once.begin(), once.end());
    EXPECT_EQ(to_hex(ripemd160(all)), block.values.at("Output"));
    ++count;
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace ledgerlab
