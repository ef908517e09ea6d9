// SipHash-2-4 against the authors' vectors: key 00 01 .. 0f, input 00 01 .. of each length.
#include "models/crypto/siphash.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ledgerlab {
namespace {

constexpr SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(SipHash, ThePapersExample) {
  // Appendix A: the fifteen bytes 00 .. 0e.
  Bytes input;
  for (Byte b = 0; b < 15; ++b) input.push_back(b);
  EXPECT_EQ(siphash24(key, input), 0xa129ca6149be45e5u);
}

TEST(SipHash, TheReferenceVectors) {
  // Of the reference implementation's vectors_sip64, little endian: lengths 0 to 15 and 63.
  const std::vector<std::uint64_t> expected = {
      0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
      0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
      0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
      0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5};
  Bytes input;
  for (const std::uint64_t hash : expected) {
    EXPECT_EQ(siphash24(key, input), hash) << input.size() << " bytes";
    input.push_back(static_cast<Byte>(input.size()));
  }
  while (input.size() < 63) input.push_back(static_cast<Byte>(input.size()));
  EXPECT_EQ(siphash24(key, input), 0x958a324ceb064572u);
}

TEST(SipHash, EveryBitOfKeyAndInputCounts) {
  Bytes input(97, 5);
  const std::uint64_t base = siphash24(key, input);
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_NE(siphash24({key.k0 ^ std::uint64_t{1} << bit, key.k1}, input), base);
    EXPECT_NE(siphash24({key.k0, key.k1 ^ std::uint64_t{1} << bit}, input), base);
  }
  for (Byte& b : input) {
    b ^= 1;
    EXPECT_NE(siphash24(key, input), base);
    b ^= 1;
  }
}

}  // namespace
}  // namespace ledgerlab
