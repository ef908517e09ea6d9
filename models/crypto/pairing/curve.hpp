// Points of y^2 = x^3 + b in homogeneous coordinates (x = X/Z, y = Y/Z; Z = 0 at infinity) with the
// complete formulas of Renes, Costello and Batina (2015), which have no special cases on curves
// without points of order two. A Curve names its field `F` and gives `b()`, `times_3b(F)`.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "models/crypto/pairing/field.hpp"

namespace ledgerlab::pairing {

template <class Curve>
struct Point {
  using CurveType = Curve;
  using F = typename Curve::F;
  F x, y = F::one(), z;

  static Point infinity() { return {}; }
  /// Nothing if (x, y) is not on the curve.
  static std::optional<Point> on_curve(const F& x, const F& y) {
    if (square(y) != square(x) * x + Curve::b()) return std::nullopt;
    return Point{x, y, F::one()};
  }
  bool is_infinity() const { return z.is_zero(); }
  friend bool operator==(const Point& a, const Point& b) {
    if (a.is_infinity() || b.is_infinity()) return a.is_infinity() == b.is_infinity();
    return a.x * b.z == b.x * a.z && a.y * b.z == b.y * a.z;
  }
  /// With z = 1; infinity stays as it is.
  Point affine() const {
    if (is_infinity() || z == F::one()) return *this;
    const F scale = z.inverse();
    return {x * scale, y * scale, F::one()};
  }
  Point operator-() const { return {x, -y, z}; }

  friend Point operator+(const Point& p, const Point& q) {  // algorithm 7
    const F xx = p.x * q.x;
    const F yy = p.y * q.y;
    const F zz = p.z * q.z;
    const F xy = (p.x + p.y) * (q.x + q.y) - xx - yy;
    const F yz = (p.y + p.z) * (q.y + q.z) - yy - zz;
    const F xz = Curve::times_3b((p.x + p.z) * (q.x + q.z) - xx - zz);
    const F xx3 = twice(xx) + xx;
    const F bzz = Curve::times_3b(zz);
    const F sum = yy + bzz;
    const F difference = yy - bzz;
    return {xy * difference - yz * xz, difference * sum + xz * xx3, sum * yz + xx3 * xy};
  }
  friend Point twice(const Point& p) {  // algorithm 9
    const F yy = square(p.y);
    const F yy8 = twice(twice(twice(yy)));
    const F bzz = Curve::times_3b(square(p.z));
    const F rest = yy - twice(bzz) - bzz;
    return {twice(rest * (p.x * p.y)), bzz * yy8 + rest * (yy + bzz), p.y * p.z * yy8};
  }
  friend Point operator-(const Point& p, const Point& q) { return p + -q; }

  /// By a number of any length, most significant byte first; four bits at a time.
  Point times(ByteView scalar) const {
    std::array<Point, 16> multiples{infinity(), *this};
    for (std::size_t i = 2; i < 16; ++i) multiples[i] = multiples[i - 1] + *this;
    Point out;
    bool started = false;
    for (std::size_t i = 0; i < 2 * scalar.size(); ++i) {
      const unsigned digit = scalar[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
      if (started) out = twice(twice(twice(twice(out))));
      if (digit == 0) continue;
      out = started ? out + multiples[digit] : multiples[digit];
      started = true;
    }
    return out;
  }
  /// By a public number, bit by bit: for sparse constants.
  Point times(std::uint64_t scalar) const {
    Point out;
    for (int i = 63 - std::countl_zero(scalar | 1); i >= 0; --i) {
      out = twice(out);
      if ((scalar >> i & 1) != 0) out = out + *this;
    }
    return out;
  }
};

/// The sum of points[i] * scalars[i], scalars of 32 bytes each, most significant first, by the
/// bucket method (Bernstein, Doumen, Lange, Oosterwijk 2012, "Pippenger"): for every digit of eight
/// bits, the points of equal digits are added first.
template <class Curve>
Point<Curve> multi_scalar(std::span<const Point<Curve>> points,
                          std::span<const FixedBytes<32>> scalars) {
  using P = Point<Curve>;
  constexpr std::size_t few = 8;  // below, the buckets cost more than they save
  P out;
  if (points.size() < few) {
    for (std::size_t i = 0; i < points.size(); ++i) out = out + points[i].times(scalars[i].view());
    return out;
  }
  for (std::size_t digit = 0; digit < 32; ++digit) {
    for (int i = 0; i < 8; ++i) out = twice(out);
    std::vector<P> buckets(256);
    for (std::size_t i = 0; i < points.size(); ++i) {
      P& bucket = buckets[scalars[i].data[digit]];
      bucket = bucket + points[i];
    }
    // sum of d * bucket[d] = sum over d of (bucket[d] + ... + bucket[255])
    P above, sum;
    for (std::size_t d = 255; d > 0; --d) {
      above = above + buckets[d];
      sum = sum + above;
    }
    out = out + sum;
  }
  return out;
}

}  // namespace ledgerlab::pairing
