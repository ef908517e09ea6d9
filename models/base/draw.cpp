// The distributions of draw.hpp: inverse transforms on the fixed-point functions of fixed.hpp.
#include "models/base/draw.hpp"

#include <limits>

#include "models/base/fixed.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint64_t max_count = std::numeric_limits<std::int64_t>::max();

Duration saturated(Uint128 nanoseconds) {
  const auto count = nanoseconds > max_count ? max_count : static_cast<std::uint64_t>(nanoseconds);
  return Duration{static_cast<std::int64_t>(count)};
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
  // U^(-1/shape) = 2^(-log2(U) * 1000 / thousandths); the product stays below 2^81.
  const Uint128 minus_log = (Uint128{64} << 64) - fixed::log2_q64(v);
  const Uint128 exponent = minus_log * 1000 / shape_thousandths;
  const auto whole = static_cast<std::uint64_t>(exponent >> 64);
  if (whole >= 63) return scale.count() == 0 ? scale : Duration::max();
  const Uint128 value = Uint128{static_cast<std::uint64_t>(scale.count())} *
                        fixed::exp2_q63(static_cast<std::uint64_t>(exponent));
  // value < 2^127 is scale * 2^fraction in Q63, still to be multiplied by 2^whole.
  return saturated(value >> (63 - whole));
}

}  // namespace ledgerlab
