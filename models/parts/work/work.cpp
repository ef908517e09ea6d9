// Bitcoin's compact form is that of OpenSSL's big numbers, which its rules inherited: a sign bit in
// the mantissa, so that a value with a high top byte takes one more byte of size.
#include "models/parts/work/work.hpp"

#include <algorithm>
#include <vector>

namespace ledgerlab::work {

CompactValue decode_compact(std::uint32_t bits) {
  CompactValue out;
  const std::uint32_t size = bits >> 24;
  const std::uint32_t mantissa = bits & 0x007fffff;
  out.value = size <= 3 ? U256(mantissa >> (8 * (3 - size))) : U256(mantissa) << (8 * (size - 3));
  if (out.value.is_zero() && size <= 3) return out;
  out.negative = mantissa != 0 && (bits & 0x00800000) != 0;
  out.overflow = mantissa != 0 &&
                 (size > 34 || (mantissa > 0xff && size > 33) || (mantissa > 0xffff && size > 32));
  return out;
}

std::uint32_t encode_compact(const U256& value) {
  auto size = static_cast<std::uint32_t>(value.bit_length() + 7) / 8;
  auto mantissa = static_cast<std::uint32_t>(size <= 3 ? value.low64() << (8 * (3 - size))
                                                       : (value >> (8 * (size - 3))).low64());
  if (mantissa & 0x00800000) {  // would read as a sign
    mantissa >>= 8;
    ++size;
  }
  return mantissa | size << 24;
}

std::optional<U256> target_from_compact(std::uint32_t bits) {
  const CompactValue v = decode_compact(bits);
  if (v.negative || v.overflow || v.value.is_zero()) return std::nullopt;
  return v.value;
}

U256 block_work(const U256& target) {
  if (target.is_zero()) return U256::max();  // 2^256 is one too many
  if (target == U256::max()) return 1;
  // 2^256 / (t + 1) = (2^256 - t - 1) / (t + 1) + 1, which fits.
  return ~target / (target + U256(1)) + U256(1);
}

U256 target_for_tries(const U256& tries) {
  if (tries.is_zero()) return U256::max();
  // floor((2^256 - n) / n) = floor(2^256 / n) - 1: the chance of a hash is 1 / n, or just above.
  return (U256() - tries) / tries;
}

std::uint32_t bitcoin_retarget(const BitcoinRule& rule, std::uint32_t bits, std::uint64_t first,
                               std::uint64_t last) {
  const std::uint64_t low = std::max<std::uint64_t>(rule.timespan / 4, 1);
  const std::uint64_t high = rule.timespan * 4;
  // A window whose last block is older than its first one counts as the fastest.
  const std::uint64_t actual = std::clamp(last > first ? last - first : 0, low, high);
  const U256 old = decode_compact(bits).value;
  const auto product = checked_multiply(old, U256(actual));
  U256 next;
  if (product) {
    next = *product / U256(rule.timespan);
  } else {
    // Targets this easy exist in simulations only: divide first, and stop at the largest number.
    const auto coarse = checked_multiply(old / U256(rule.timespan), U256(actual));
    next = coarse ? *coarse : U256::max();
  }
  if (next > rule.limit) next = rule.limit;
  return encode_compact(next.is_zero() ? U256(1) : next);
}

U256 homestead_difficulty(const HomesteadRule& rule, const U256& parent_difficulty,
                          std::uint64_t parent_time, std::uint64_t time, std::uint64_t number) {
  // EIP-2: parent + parent / 2048 * max(1 - (time - parent_time) / 10, -99), with integer division.
  const U256 unit = parent_difficulty / U256(rule.divisor);
  const std::uint64_t steps = (time > parent_time ? time - parent_time : 0) / rule.step;
  U256 next = parent_difficulty;
  if (steps == 0) {
    next = checked_add(next, unit).value_or(U256::max());
  } else {
    const auto down = checked_multiply(unit, U256(std::min(steps - 1, rule.steps_down_max)));
    next = down ? checked_subtract(next, *down).value_or(U256()) : U256();
  }
  // The bomb: 2^(number / period - 2), whole numbers only. The floor holds for the sum (Yellow
  // Paper, Homestead revision, equation of D(H)).
  if (rule.bomb_period != 0 && number / rule.bomb_period >= 2) {
    const std::uint64_t power = number / rule.bomb_period - 2;
    const U256 bomb = power < 256 ? U256(1) << static_cast<unsigned>(power) : U256::max();
    next = checked_add(next, bomb).value_or(U256::max());
  }
  return std::max(next, rule.minimum);
}

namespace {

constexpr std::uint64_t billion = 1'000'000'000;
constexpr unsigned fraction_bits = 120;

/// value * numerator / denominator with 120 fractional bits: 120 + 30 + 11 bits at most.
U256 scale(const U256& value, std::uint64_t numerator, std::uint64_t denominator) {
  return value * U256(numerator) / U256(denominator);
}

U256 power(std::uint64_t ppb, std::uint32_t exponent) {
  U256 out = U256(1) << fraction_bits;
  for (std::uint32_t i = 0; i < exponent; ++i) out = scale(out, ppb, billion);
  return out;
}

}  // namespace

std::uint64_t reversal_risk_ppb(std::uint64_t share_ppb, std::uint32_t confirmations) {
  if (share_ppb == 0) return 0;
  if (share_ppb * 2 >= billion || confirmations == 0) return billion;
  const std::uint64_t q = share_ppb;
  const std::uint64_t p = billion - share_ppb;
  const std::uint32_t n = confirmations;
  // Equation 1: r = 1 - sum over m = 0..n of C(m+n-1, m) (p^n q^m - p^m q^n). Each product is a
  // probability, so 120 bits of fraction hold it; the next one follows by one factor.
  U256 honest_first = power(p, n);
  U256 attacker_first = power(q, n);
  U256 plus;
  U256 minus;
  for (std::uint32_t m = 0; m <= n; ++m) {
    plus += honest_first;
    minus += attacker_first;
    honest_first = scale(scale(honest_first, q, billion), m + n, m + 1);
    attacker_first = scale(scale(attacker_first, p, billion), m + n, m + 1);
  }
  const U256 one = U256(1) << fraction_bits;
  const U256 reached = one + minus > plus ? one + minus - plus : U256();
  const U256 scaled = reached * U256(billion);
  const U256 up = (U256(1) << fraction_bits) - U256(1);
  return std::min(((scaled + up) >> fraction_bits).low64(), billion);
}

std::uint64_t nakamoto_risk_ppb(std::uint64_t share_ppb, std::uint32_t linked_after) {
  if (share_ppb == 0) return 0;
  if (share_ppb * 2 >= billion || linked_after == 0) return billion;
  const std::uint64_t q = share_ppb;
  const std::uint64_t p = billion - share_ppb;
  const std::uint64_t z = linked_after;
  // Section 11: sum over k of w_k min(1, (q/p)^(z-k)) / sum of w_k with w_k = (z q/p)^k / k!. The
  // weights are taken relative to the largest, so that e^-(z q/p) is not needed.
  const U256 one = U256(1) << fraction_bits;
  const std::uint64_t mode = z * q / p;  // below z
  std::vector<U256> catching_up(z + 1, one);
  for (std::uint64_t j = 1; j <= z; ++j) catching_up[j] = scale(catching_up[j - 1], q, p);
  U256 all, reached;
  const auto add = [&](std::uint64_t k, const U256& weight) {
    all += weight;
    reached += k >= z ? weight : (weight * catching_up[z - k]) >> fraction_bits;
  };
  U256 weight = one;
  for (std::uint64_t k = mode; !weight.is_zero(); ++k) {
    add(k, weight);
    weight = scale(scale(weight, q, p), z, k + 1);
  }
  weight = one;
  for (std::uint64_t k = mode; k > 0 && !weight.is_zero(); --k) {
    weight = scale(scale(weight, p, q), k, z);
    add(k - 1, weight);
  }
  const U256 scaled = reached * U256(billion) + all - U256(1);
  return std::min((scaled / all).low64(), billion);
}

std::optional<std::uint32_t> settlement_depth(std::uint64_t share_ppb, std::uint64_t risk_ppb,
                                              std::uint32_t most) {
  for (std::uint32_t n = 1; n <= most; ++n) {
    if (reversal_risk_ppb(share_ppb, n) < risk_ppb) return n;
  }
  return std::nullopt;
}

}  // namespace ledgerlab::work
