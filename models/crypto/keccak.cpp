// Keccak-256 with Ethereum's padding (The Keccak reference, version 3.0: sections 1.2 and 2.2).
// Two compilations of one text, with and without the processor's BMI instructions; both give the
// same bytes.
#include <bit>
#include <cstring>
#include <utility>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

constexpr std::size_t rate = 136;             // bytes; the capacity is 512 bits
using Lanes = std::array<std::uint64_t, 25>;  // lane (x, y) at 5 y + x

constexpr std::array<std::uint64_t, 24> round_constants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/// By 5 y + x.
constexpr std::array<int, 25> offsets = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                         25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

template <std::size_t y>
[[gnu::always_inline]] inline void row(const Lanes& a, const std::array<std::uint64_t, 5>& d,
                                       Lanes& out) {
  // rho and pi: (x, y) goes to (y, 2 x + 3 y); its row y' takes x = 3 y' + x' from row x'.
  const auto moved = [&]<std::size_t x>(std::integral_constant<std::size_t, x>) {
    constexpr std::size_t from = (3 * y + x) % 5;
    return std::rotl(a[5 * x + from] ^ d[from], offsets[5 * x + from]);
  };
  const std::uint64_t b0 = moved(std::integral_constant<std::size_t, 0>());
  const std::uint64_t b1 = moved(std::integral_constant<std::size_t, 1>());
  const std::uint64_t b2 = moved(std::integral_constant<std::size_t, 2>());
  const std::uint64_t b3 = moved(std::integral_constant<std::size_t, 3>());
  const std::uint64_t b4 = moved(std::integral_constant<std::size_t, 4>());
  out[5 * y] = b0 ^ (~b1 & b2);  // chi
  out[5 * y + 1] = b1 ^ (~b2 & b3);
  out[5 * y + 2] = b2 ^ (~b3 & b4);
  out[5 * y + 3] = b3 ^ (~b4 & b0);
  out[5 * y + 4] = b4 ^ (~b0 & b1);
}

[[gnu::always_inline]] inline void round(const Lanes& a, Lanes& out, std::uint64_t constant) {
  const std::uint64_t c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];  // theta
  const std::uint64_t c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
  const std::uint64_t c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
  const std::uint64_t c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
  const std::uint64_t c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
  const std::array<std::uint64_t, 5> d = {c4 ^ std::rotl(c1, 1), c0 ^ std::rotl(c2, 1),
                                          c1 ^ std::rotl(c3, 1), c2 ^ std::rotl(c4, 1),
                                          c3 ^ std::rotl(c0, 1)};
  row<0>(a, d, out);
  out[0] ^= constant;  // iota
  row<1>(a, d, out);
  row<2>(a, d, out);
  row<3>(a, d, out);
  row<4>(a, d, out);
}

[[gnu::always_inline]] inline void permute(Lanes& state) {
  Lanes even = state;
  Lanes odd;
  for (std::size_t i = 0; i < round_constants.size(); i += 2) {
    round(even, odd, round_constants[i]);
    round(odd, even, round_constants[i + 1]);
  }
  state = even;
}

using Permutation = void (*)(Lanes&);

void permute_plain(Lanes& state) { permute(state); }

#if defined(__x86_64__)
[[gnu::target("bmi,bmi2")]] void permute_bmi(Lanes& state) { permute(state); }

Permutation fastest() {
  const bool bmi = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  return bmi ? permute_bmi : permute_plain;
}
#else
Permutation fastest() { return permute_plain; }
#endif

std::uint64_t load_lane(const Byte* from) {
  std::uint64_t lane = 0;
  std::memcpy(&lane, from, 8);
  if constexpr (std::endian::native == std::endian::big) lane = __builtin_bswap64(lane);
  return lane;
}

void absorb(Lanes& state, const Byte* block) {
  for (std::size_t i = 0; i < rate / 8; ++i) state[i] ^= load_lane(block + 8 * i);
}

}  // namespace

Hash256 keccak256(ByteView bytes) {
  static const Permutation permutation = fastest();
  Lanes state{};
  const Byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= rate; left -= rate, at += rate) {
    absorb(state, at);
    permutation(state);
  }
  Byte last[rate] = {};
  if (left != 0) std::memcpy(last, at, left);
  last[left] = 0x01;  // pad10*1; SHA-3 would append 01 first
  last[rate - 1] |= 0x80;
  absorb(state, last);
  permutation(state);
  Hash256 out;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t lane = load_lane(reinterpret_cast<const Byte*>(&state[i]));
    std::memcpy(out.data.data() + 8 * i, &lane, 8);
  }
  return out;
}

}  // namespace ledgerlab
