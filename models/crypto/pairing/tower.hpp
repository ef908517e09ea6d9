// The tower Fp2 = Fp[i]/(i^2 + 1), Fp6 = Fp2[v]/(v^3 - xi), Fp12 = Fp6[w]/(w^2 - v) that both
// pairing curves use. A Tower names the prime field `Fp` and multiplies by its xi:
// `static Fp2<Fp> times_xi(const Fp2<Fp>&)`.
#pragma once

#include <array>

#include "models/crypto/pairing/field.hpp"

namespace ledgerlab::pairing {

template <class F>
struct Fp2 {
  F c0, c1;

  static constexpr Fp2 one() { return {F::one(), F()}; }
  bool is_zero() const { return c0.is_zero() && c1.is_zero(); }
  friend bool operator==(const Fp2&, const Fp2&) = default;
  friend constexpr Fp2 operator+(const Fp2& a, const Fp2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
  friend constexpr Fp2 operator-(const Fp2& a, const Fp2& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  constexpr Fp2 operator-() const { return {-c0, -c1}; }
  friend constexpr Fp2 operator*(const Fp2& a, const Fp2& b) {  // Karatsuba
    const F low = a.c0 * b.c0;
    const F high = a.c1 * b.c1;
    return {low - high, (a.c0 + a.c1) * (b.c0 + b.c1) - low - high};
  }
  friend Fp2 operator*(const Fp2& a, const F& b) { return {a.c0 * b, a.c1 * b}; }
  friend Fp2 square(const Fp2& a) { return {(a.c0 + a.c1) * (a.c0 - a.c1), twice(a.c0 * a.c1)}; }
  friend Fp2 twice(const Fp2& a) { return a + a; }
  Fp2 conjugate() const { return {c0, -c1}; }
  F norm() const { return c0 * c0 + c1 * c1; }
  Fp2 inverse() const {
    const F scale = norm().inverse();
    return {c0 * scale, -(c1 * scale)};
  }
  template <std::size_t M>
  Fp2 power(const Words<M>& exponent) const {
    Fp2 out = one();
    for (std::size_t i = 64 * M; i-- > 0;) {
      out = square(out);
      if ((exponent[i / 64] >> (i % 64) & 1) != 0) out = out * *this;
    }
    return out;
  }
  bool is_square() const { return norm().is_square(); }
  /// The complex method: (x + y i)^2 = a needs x^2 = (c0 +- sqrt(norm)) / 2 and y = c1 / 2x.
  std::optional<Fp2> square_root() const {
    if (c1.is_zero()) {
      if (const auto root = c0.square_root()) return Fp2{*root, F()};
      return Fp2{F(), *(-c0).square_root()};  // -1 is no square
    }
    const auto length = norm().square_root();
    if (!length) return std::nullopt;
    static const F half = F::from(2).inverse();
    auto x = ((c0 + *length) * half).square_root();
    if (!x) x = ((c0 - *length) * half).square_root();
    if (!x) return std::nullopt;
    return Fp2{*x, c1 * half * x->inverse()};
  }
};

template <class Tower>
struct Fp6 {
  using E = Fp2<typename Tower::Fp>;
  E c0, c1, c2;

  static constexpr Fp6 one() { return {E::one(), E(), E()}; }
  friend bool operator==(const Fp6&, const Fp6&) = default;
  friend Fp6 operator+(const Fp6& a, const Fp6& b) {
    return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2};
  }
  friend Fp6 operator-(const Fp6& a, const Fp6& b) {
    return {a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2};
  }
  Fp6 operator-() const { return {-c0, -c1, -c2}; }
  friend Fp6 operator*(const Fp6& a, const Fp6& b) {  // Karatsuba
    const E t0 = a.c0 * b.c0;
    const E t1 = a.c1 * b.c1;
    const E t2 = a.c2 * b.c2;
    return {t0 + Tower::times_xi((a.c1 + a.c2) * (b.c1 + b.c2) - t1 - t2),
            (a.c0 + a.c1) * (b.c0 + b.c1) - t0 - t1 + Tower::times_xi(t2),
            (a.c0 + a.c2) * (b.c0 + b.c2) - t0 - t2 + t1};
  }
  Fp6 times_v() const { return {Tower::times_xi(c2), c0, c1}; }
  Fp6 times(const E& b0) const { return {c0 * b0, c1 * b0, c2 * b0}; }
  /// Times b0 + b1 v.
  Fp6 times(const E& b0, const E& b1) const {
    const E t0 = c0 * b0;
    const E t1 = c1 * b1;
    return {t0 + Tower::times_xi(c2 * b1), (c0 + c1) * (b0 + b1) - t0 - t1, t1 + c2 * b0};
  }
  Fp6 inverse() const {
    const E a = square(c0) - Tower::times_xi(c1 * c2);
    const E b = Tower::times_xi(square(c2)) - c0 * c1;
    const E c = square(c1) - c0 * c2;
    const E scale = (c0 * a + Tower::times_xi(c2 * b + c1 * c)).inverse();
    return {a * scale, b * scale, c * scale};
  }
};

template <class Tower>
struct Fp12 {
  using E = Fp2<typename Tower::Fp>;
  using Half = Fp6<Tower>;
  Half c0, c1;

  static constexpr Fp12 one() { return {Half::one(), Half()}; }
  friend bool operator==(const Fp12&, const Fp12&) = default;
  friend Fp12 operator*(const Fp12& a, const Fp12& b) {
    return combine(a.c0 * b.c0, a.c1 * b.c1, (a.c0 + a.c1) * (b.c0 + b.c1));
  }
  friend Fp12 square(const Fp12& a) {
    const Half t = a.c0 * a.c1;
    return {(a.c0 + a.c1) * (a.c0 + a.c1.times_v()) - t - t.times_v(), t + t};
  }
  /// Times l0 + l1 w + l3 w^3: lines on a curve with a twist of type D.
  Fp12 times_line_d(const E& l0, const E& l1, const E& l3) const {
    return combine(c0.times(l0), c1.times(l1, l3), (c0 + c1).times(l0 + l1, l3));
  }
  /// Times l0 + l2 w^2 + l3 w^3: lines on a curve with a twist of type M.
  Fp12 times_line_m(const E& l0, const E& l2, const E& l3) const {
    const Half high = Half{Tower::times_xi(c1.c2), c1.c0, c1.c1}.times(l3);
    return combine(c0.times(l0, l2), high, (c0 + c1).times(l0, l2 + l3));
  }
  /// The p^6-th power; the inverse of elements that the easy part of the final exponentiation gave.
  Fp12 conjugate() const { return {c0, -c1}; }
  Fp12 inverse() const {
    const Half scale = (c0 * c0 - (c1 * c1).times_v()).inverse();
    return {c0 * scale, -(c1 * scale)};
  }
  /// The p-th power: coefficients of w^k are conjugated and multiplied by gamma^k.
  Fp12 frobenius() const {
    const auto& g = gamma_powers();
    return {{c0.c0.conjugate(), c0.c1.conjugate() * g[2], c0.c2.conjugate() * g[4]},
            {c1.c0.conjugate() * g[1], c1.c1.conjugate() * g[3], c1.c2.conjugate() * g[5]}};
  }
  /// Squares an element of the cyclotomic subgroup (Granger, Scott: Faster squaring in the
  /// cyclotomic subgroup of sixth degree extensions, section 3.2).
  Fp12 cyclotomic_square() const {
    const auto [a0, a1] = square_fp4(c0.c0, c1.c1);
    const auto [b0, b1] = square_fp4(c1.c0, c0.c2);
    const auto [d0, d1] = square_fp4(c0.c1, c1.c2);
    const auto minus = [](const E& t, const E& z) { return twice(t - z) + t; };  // 3t - 2z
    const auto plus = [](const E& t, const E& z) { return twice(t + z) + t; };   // 3t + 2z
    return {{minus(a0, c0.c0), minus(b0, c0.c1), minus(d0, c0.c2)},
            {plus(Tower::times_xi(d1), c1.c0), plus(a1, c1.c1), plus(b1, c1.c2)}};
  }
  /// Of an element of the cyclotomic subgroup.
  Fp12 cyclotomic_power(std::uint64_t exponent) const {
    Fp12 out = one();
    for (int i = 63; i >= 0; --i) {
      out = out.cyclotomic_square();
      if ((exponent >> i & 1) != 0) out = out * *this;
    }
    return out;
  }
  /// The first part of every final exponentiation: to (p^6 - 1)(p^2 + 1).
  Fp12 easy_part() const {
    const Fp12 f = conjugate() * inverse();
    return f.frobenius().frobenius() * f;
  }

  /// gamma^k with gamma = xi^((p - 1) / 6) = w^(p - 1).
  static const std::array<E, 6>& gamma_powers() {
    static const std::array<E, 6> powers = [] {
      const E gamma = Tower::times_xi(E::one()).power(adjusted(Tower::Fp::modulus, 0, 1, 6));
      std::array<E, 6> out{E::one()};
      for (std::size_t k = 1; k < 6; ++k) out[k] = out[k - 1] * gamma;
      return out;
    }();
    return powers;
  }

 private:
  /// Karatsuba's last step, from a.c0 b.c0, a.c1 b.c1 and (a.c0 + a.c1)(b.c0 + b.c1).
  static Fp12 combine(const Half& low, const Half& high, const Half& cross) {
    return {low + high.times_v(), cross - low - high};
  }
  /// (a + b s)^2 with s^2 = xi.
  static std::pair<E, E> square_fp4(const E& a, const E& b) {
    const E a2 = square(a);
    const E b2 = square(b);
    return {Tower::times_xi(b2) + a2, square(a + b) - a2 - b2};
  }
};

}  // namespace ledgerlab::pairing
