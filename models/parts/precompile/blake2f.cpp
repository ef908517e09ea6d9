// The compression function F of BLAKE2b (RFC 7693 section 3.2) with the number of rounds given by
// the caller (EIP-152).
#include <array>
#include <bit>

#include "models/parts/precompile/rules.hpp"

namespace ledgerlab::precompile {
namespace {

constexpr std::size_t input_size = 213;  // rounds(4) h(64) m(128) t(16) f(1)

// RFC 7693 section 2.6: the first 64 bits of the fractions of the square roots of the primes.
constexpr std::array<std::uint64_t, 8> iv = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

// RFC 7693 section 2.7; round i uses row i modulo 10.
constexpr std::array<std::array<std::uint8_t, 16>, 10> sigma = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}};

template <std::size_t N>
std::array<std::uint64_t, N> little_endian_words(ByteView bytes) {
  std::array<std::uint64_t, N> out{};
  for (std::size_t i = 0; i < 8 * N; ++i) out[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
  return out;
}

std::uint32_t rounds_of(ByteView input) {
  return std::uint32_t{input[0]} << 24 | std::uint32_t{input[1]} << 16 |
         std::uint32_t{input[2]} << 8 | input[3];
}

/// RFC 7693 section 3.1: G mixes two words of the message into four of the state.
inline void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d,
                std::uint64_t x, std::uint64_t y) {
  a += b + x;
  d = std::rotr(d ^ a, 32);
  c += d;
  b = std::rotr(b ^ c, 24);
  a += b + y;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 63);
}

}  // namespace

// EIP-152: one gas a round; an input of another length fails whatever it is paid.
std::int64_t blake2f_price(ByteView input, Revision) {
  return input.size() == input_size ? rounds_of(input) : 0;
}

Answer blake2f(ByteView input) {
  if (input.size() != input_size || input[212] > 1) return std::nullopt;
  const std::uint32_t rounds = rounds_of(input);
  auto h = little_endian_words<8>(input.subspan(4));
  const auto m = little_endian_words<16>(input.subspan(68));
  const auto t = little_endian_words<2>(input.subspan(196));
  std::array<std::uint64_t, 16> v;
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = h[i];
    v[i + 8] = iv[i];
  }
  v[12] ^= t[0];
  v[13] ^= t[1];
  if (input[212] == 1) v[14] = ~v[14];
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const auto& s = sigma[round % 10];
    for (std::size_t i = 0; i < 4; ++i) {
      mix(v[i], v[4 + i], v[8 + i], v[12 + i], m[s[2 * i]], m[s[2 * i + 1]]);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      mix(v[i], v[4 + (i + 1) % 4], v[8 + (i + 2) % 4], v[12 + (i + 3) % 4], m[s[8 + 2 * i]],
          m[s[9 + 2 * i]]);
    }
  }
  Bytes out(64);
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t word = i / 8;
    out[i] = static_cast<Byte>((h[word] ^ v[word] ^ v[word + 8]) >> (8 * (i % 8)));
  }
  return out;
}

}  // namespace ledgerlab::precompile
