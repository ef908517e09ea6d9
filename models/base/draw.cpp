// The distributions of draw.hpp: inverse transforms on the fixed-point functions of fixed.hpp.
#include "models/base/draw.hpp"

#include <bit>
#include <cstddef>
#include <limits>

#include "models/base/fixed.hpp"
#include "models/base/fixed_tables.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint64_t max_count = std::numeric_limits<std::int64_t>::max();

Duration saturated(Uint128 nanoseconds) {
  const auto count = nanoseconds > max_count ? max_count : static_cast<std::uint64_t>(nanoseconds);
  return Duration{static_cast<std::int64_t>(count)};
}

/// Where pareto_in_few_steps() is precise enough: the logarithm's error is not multiplied.
constexpr std::uint32_t few_steps_shape_min = 1000;
constexpr std::uint32_t few_steps_shape_max = 65535;
constexpr std::uint64_t few_steps_scale_max = std::uint64_t{1} << 40;

/// draw_pareto() by shorter series, v = u + 1 not zero. Its relative error is below 2^-43: where
/// 2^-42 more or less leave the whole nanoseconds as they are, they are those of the long way;
/// else -1 (about once in 2^12 draws of a second).
std::int64_t pareto_in_few_steps(std::uint64_t v, std::uint64_t scale, std::uint32_t shape) {
  // ln(1 + r) to r^5, as log_mantissa() in fixed.cpp has it to r^9: below 2^-44.
  const int shift = std::countl_zero(v);
  const std::uint64_t m = v << shift;
  if (m >> 24 == std::uint64_t{1} << 39) return -1;  // the logarithm might come out below zero
  const std::size_t index = (m >> 56) & 127;
  const Uint128 product = Uint128{m} * fixed::reciprocal_table[index];
  const auto r = static_cast<std::int64_t>((static_cast<Int128>(product) - (Int128{1} << 72)) >> 2);
  constexpr std::int64_t one_q62 = std::int64_t{1} << 62;
  std::int64_t sum = one_q62 / 5;
  for (std::int64_t n = 4; n > 0; --n)
    sum = one_q62 / n - static_cast<std::int64_t>((Int128{sum} * r) >> 70);
  const auto near_one_q64 = static_cast<std::uint64_t>((Int128{sum} * r) >> 68);
  const auto log2_q63 = static_cast<std::uint64_t>(
      (Uint128{fixed::log_table[index] + near_one_q64} * fixed::inverse_ln2_q63) >> 64);
  const std::uint64_t minus_log_q57 =
      (static_cast<std::uint64_t>(shift + 1) << 57) - (log2_q63 >> 6);
  if (minus_log_q57 >> 63 != 0) return -1;  // it came out above zero for v near 2^64

  const Uint128 exponent_q110 = Uint128{minus_log_q57} * ((std::uint64_t{1000} << 53) / shape);
  const auto whole = static_cast<unsigned>(exponent_q110 >> 110);
  const auto fraction = static_cast<std::uint64_t>(exponent_q110 >> 46);
  if (whole >= 20) return -1;
  // 2^f for f < 2^-7 to the fourth power of f ln 2: below 2^-44.
  constexpr std::uint64_t one_q63 = std::uint64_t{1} << 63;
  const auto t = static_cast<std::uint64_t>((Uint128{fraction << 7 >> 7} * fixed::ln2_q64) >> 64);
  std::uint64_t power = one_q63 / 24;
  for (const std::uint64_t term : {one_q63 / 6, one_q63 / 2, one_q63, one_q63})
    power = term + static_cast<std::uint64_t>((Uint128{power} * t) >> 64);
  power = static_cast<std::uint64_t>((Uint128{fixed::power_table[fraction >> 57]} * power) >> 63);

  const Uint128 value = Uint128{scale} * power;  // Q63, to be multiplied by 2^whole
  const Uint128 error = value >> 42;
  const auto least = static_cast<std::int64_t>((value - error) >> (63 - whole));
  const auto most = static_cast<std::int64_t>((value + error) >> (63 - whole));
  return least == most ? least : -1;
}

}  // namespace

Duration draw_exponential(std::uint64_t u, Duration mean) {
  // U = (u + 1) / 2^64; u + 1 = 2^64 wraps to zero, which neg_ln_q58 reads as 2^64.
  const Uint128 product =
      Uint128{fixed::neg_ln_q58(u + 1)} * static_cast<std::uint64_t>(mean.count());
  return saturated(product >> 58);
}

Duration draw_exponential_ratio(std::uint64_t u, std::uint64_t numerator,
                                std::uint64_t denominator) {
  const Uint128 product = Uint128{fixed::neg_ln_q58(u + 1)} * numerator;
  return saturated((product / denominator) >> 58);
}

Duration draw_normal(std::uint64_t u, Duration mean, Duration deviation) {
  const Int128 shift = (Int128{deviation.count()} * fixed::normal_quantile_q48(u)) >> 48;
  const Int128 value = mean.count() + shift;
  return value <= 0 ? Duration{0} : saturated(static_cast<Uint128>(value));
}

Duration draw_pareto(std::uint64_t u, Duration scale, std::uint32_t shape_thousandths) {
  const std::uint64_t v = u + 1;
  if (v == 0) return scale;
  const auto whole_scale = static_cast<std::uint64_t>(scale.count());
  if (shape_thousandths >= few_steps_shape_min && shape_thousandths <= few_steps_shape_max &&
      whole_scale < few_steps_scale_max) {
    const std::int64_t value = pareto_in_few_steps(v, whole_scale, shape_thousandths);
    if (value >= 0) return Duration{value};
  }
  // U^(-1/shape) = 2^(-log2(U) * 1000 / thousandths); the product stays below 2^81.
  const Uint128 minus_log = (Uint128{64} << 64) - fixed::log2_q64(v);
  const Uint128 exponent = minus_log * 1000 / shape_thousandths;
  const auto whole = static_cast<std::uint64_t>(exponent >> 64);
  if (whole >= 63) return scale.count() == 0 ? scale : Duration::max();
  const Uint128 value =
      Uint128{whole_scale} * fixed::exp2_q63(static_cast<std::uint64_t>(exponent));
  // value < 2^127 is scale * 2^fraction in Q63, still to be multiplied by 2^whole.
  return saturated(value >> (63 - whole));
}

}  // namespace ledgerlab
