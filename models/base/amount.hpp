// Money in smallest units: a number that cannot be mixed up with another and does not wrap.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace ledgerlab {

struct Amount {
  std::uint64_t units = 0;

  friend constexpr bool operator==(Amount, Amount) = default;
  friend constexpr auto operator<=>(Amount, Amount) = default;
  template <class A>
  void fields(A& a) {
    a(units);
  }
};

/// a + b, or nothing if it does not fit.
constexpr std::optional<Amount> checked_add(Amount a, Amount b) {
  Amount sum;
  if (__builtin_add_overflow(a.units, b.units, &sum.units)) return std::nullopt;
  return sum;
}

/// a - b, or nothing if b is larger.
constexpr std::optional<Amount> checked_subtract(Amount a, Amount b) {
  if (b.units > a.units) return std::nullopt;
  return Amount{a.units - b.units};
}

/// a * factor (a price times a quantity), or nothing if it does not fit.
constexpr std::optional<Amount> checked_multiply(Amount a, std::uint64_t factor) {
  Amount product;
  if (__builtin_mul_overflow(a.units, factor, &product.units)) return std::nullopt;
  return product;
}

}  // namespace ledgerlab
