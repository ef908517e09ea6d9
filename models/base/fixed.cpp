// Table and short series: the argument is brought within 2^-7 of a table point, where eight terms
// reach the last bit.
#include "models/base/fixed.hpp"

#include <array>
#include <bit>
#include <stdexcept>

#include "models/base/fixed_tables.hpp"

namespace ledgerlab::fixed {
namespace {

constexpr Uint128 ln2_q120 = Uint128{ln2_q120_high} << 64 | ln2_q120_low;

/// ln(1 + r) as a fraction of 2^70 for r as a fraction of 2^70, |r| < 2^-7: the alternating series
/// to r^9. The rest is below 2^-73.
constexpr std::int64_t log_near_one(std::int64_t r) {
  constexpr std::int64_t one = std::int64_t{1} << 62;
  constexpr std::array<std::int64_t, 9> coefficients = {one,     one / 2, one / 3, one / 4, one / 5,
                                                        one / 6, one / 7, one / 8, one / 9};
  std::int64_t sum = coefficients[8];
  for (int n = 7; n >= 0; --n) {
    sum = coefficients[static_cast<std::size_t>(n)] -
          static_cast<std::int64_t>((Int128{sum} * r) >> 70);
  }
  return static_cast<std::int64_t>((Int128{sum} * r) >> 62);
}

/// ln(m) in Q0.64 for m in [1, 2) given in Q1.63. Error below 2^-62.
std::uint64_t log_mantissa(std::uint64_t m) {
  const std::size_t index = (m >> 56) & 127;
  // m * c / 512 - 1 in Q.72, exact, then Q.70.
  const Uint128 product = Uint128{m} * reciprocal_table[index];
  const auto r = static_cast<std::int64_t>((static_cast<Int128>(product) - (Int128{1} << 72)) >> 2);
  return log_table[index] + static_cast<std::uint64_t>(log_near_one(r) >> 6);
}

/// 2^f for f < 2^-7 in Q0.64, as Q1.63.
std::uint64_t exp2_small(std::uint64_t f) {
  const auto t = static_cast<std::uint64_t>((Uint128{f} * ln2_q64) >> 64);  // f ln 2
  constexpr std::uint64_t one = std::uint64_t{1} << 63;
  constexpr std::array<std::uint64_t, 9> coefficients = {
      // 1 / n!
      one, one, one / 2, one / 6, one / 24, one / 120, one / 720, one / 5040, one / 40320};
  std::uint64_t sum = coefficients[8];
  for (int n = 7; n >= 0; --n) {
    sum = coefficients[static_cast<std::size_t>(n)] +
          static_cast<std::uint64_t>((Uint128{sum} * t) >> 64);
  }
  return sum;
}

/// value * 2^-whole, rounded to the nearest.
constexpr std::uint64_t shift_down(std::uint64_t value, std::uint64_t whole) {
  if (whole == 0) return value;
  if (whole > 64) return 0;
  const std::uint64_t half = (value >> (whole - 1)) & 1;
  return (whole == 64 ? 0 : value >> whole) + half;
}

std::int64_t polynomial(const std::array<std::int64_t, 8>& coefficients, std::int64_t r_q48) {
  Int128 sum = coefficients[7];
  for (int i = 6; i >= 0; --i) {
    sum = ((sum * r_q48) >> 48) + coefficients[static_cast<std::size_t>(i)];
  }
  return static_cast<std::int64_t>(sum);
}

std::int64_t ratio_q48(const std::array<std::int64_t, 8>& above,
                       const std::array<std::int64_t, 8>& below, std::int64_t r_q48) {
  const Int128 numerator = Int128{polynomial(above, r_q48)} << 48;
  return static_cast<std::int64_t>(numerator / polynomial(below, r_q48));
}

}  // namespace

std::uint64_t neg_ln_q58(std::uint64_t u) {
  if (u == 0) return 0;
  const int shift = std::countl_zero(u);
  const std::uint64_t log = log_mantissa(u << shift);
  // u / 2^64 = m * 2^-(shift + 1)
  const Uint128 whole = (ln2_q120 * static_cast<unsigned>(shift + 1)) >> 56;
  return static_cast<std::uint64_t>((whole - log) >> 6);
}

Uint128 log2_q64(std::uint64_t x) {
  if (x == 0) throw std::logic_error("log2_q64 of zero");
  const int shift = std::countl_zero(x);
  const Uint128 fraction = (Uint128{log_mantissa(x << shift)} * inverse_ln2_q63) >> 63;
  return (Uint128{static_cast<unsigned>(63 - shift)} << 64) + fraction;
}

std::uint64_t exp2_q63(std::uint64_t fraction) {
  const std::uint64_t low = fraction << 7 >> 7;
  return static_cast<std::uint64_t>((Uint128{power_table[fraction >> 57]} * exp2_small(low)) >> 63);
}

std::uint64_t pow_q64(std::uint64_t x, std::uint64_t y) {
  if (y == 0) return ~std::uint64_t{0};
  if (x == 0) return 0;
  // -log2(x / 2^64) lies in (0, 64]: Q64.64, times y / 2^64.
  const Uint128 exponent = (Uint128{64} << 64) - log2_q64(x);
  const auto high = static_cast<std::uint64_t>(exponent >> 64);
  const auto low = static_cast<std::uint64_t>(exponent);
  const Uint128 scaled = Uint128{high} * y + ((Uint128{low} * y) >> 64);
  const auto whole = static_cast<std::uint64_t>(scaled >> 64);
  const auto fraction = static_cast<std::uint64_t>(scaled);
  if (fraction == 0) return whole == 0 ? ~std::uint64_t{0} : shift_down(1ull << 63, whole - 1);
  // 2^-(whole + fraction) = 2^(1 - fraction) * 2^-(whole + 1), the Q1.63 of it read as Q0.64.
  return shift_down(exp2_q63(0 - fraction), whole);
}

std::uint64_t square_root(Uint128 x) {
  std::uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t next = root | std::uint64_t{1} << bit;
    if (Uint128{next} * next <= x) root = next;
  }
  return root;
}

std::int64_t normal_quantile_q48(std::uint64_t u) {
  // q = p - 1/2 as a fraction of 2^65, exact.
  const Int128 q_q65 = (Int128{u} << 1) + 1 - (Int128{1} << 64);
  const bool negative = q_q65 < 0;
  const auto q_q64 = static_cast<std::uint64_t>((negative ? -q_q65 : q_q65) >> 1);
  constexpr std::uint64_t split = 0x6ccccccccccccccd;  // 0.425
  if (q_q64 <= split) {
    constexpr std::int64_t r0 = 50841417668362;  // 0.180625
    const auto square = static_cast<std::uint64_t>((Uint128{q_q64} * q_q64) >> 64);
    const std::int64_t r = r0 - static_cast<std::int64_t>(square >> 16);
    const Int128 z = Int128{ratio_q48(as241_a, as241_b, r)} * q_q64 >> 64;
    return static_cast<std::int64_t>(negative ? -z : z);
  }
  const std::uint64_t tail = negative ? u : ~u;  // p or 1 - p, less the half: no zero below
  // (tail + 1/2) / 2^64 = (2 tail + 1) / 2^65; tail < 2^62 here.
  constexpr std::uint64_t ln2_q58 = ln2_q64 >> 6;
  const Uint128 minus_log = Uint128{neg_ln_q58(2 * tail + 1)} + ln2_q58;
  const auto root = static_cast<std::int64_t>(square_root(minus_log << 38));  // Q48
  constexpr std::int64_t five = std::int64_t{5} << 48;
  constexpr std::int64_t offset = 450359962737050;  // 1.6
  const std::int64_t z = root <= five ? ratio_q48(as241_c, as241_d, root - offset)
                                      : ratio_q48(as241_e, as241_f, root - five);
  return negative ? -z : z;
}

}  // namespace ledgerlab::fixed
