#include "models/crypto/siphash.hpp"

#include <bit>

namespace ledgerlab {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  // Section 2.1, figure 2.1: one SipRound.
  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void compress(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

std::uint64_t little_endian(const Byte* from, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{from[i]} << (8 * i);
  return word;
}

}  // namespace

std::uint64_t siphash24(const SipKey& key, ByteView bytes) {
  // The constants are the bytes of "somepseudorandomlygeneratedbytes".
  State s{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d, key.k0 ^ 0x6c7967656e657261,
          key.k1 ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) s.compress(little_endian(bytes.data() + at, 8));
  // The last word has the bytes that are left and the length modulo 256.
  s.compress(little_endian(bytes.data() + at, bytes.size() - at) | std::uint64_t{bytes.size()}
                                                                       << 56);
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace ledgerlab
