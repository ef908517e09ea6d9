// The Miller loop of the optimal ate pairing (Vercauteren 2010), shared by both curves: the point
// on the twist runs in homogeneous coordinates (Costello, Lange, Naehrig 2010, section 5) and every
// step gives a line, up to factors that the final exponentiation maps to one.
#pragma once

#include <vector>

#include "models/crypto/pairing/curve.hpp"
#include "models/crypto/pairing/tower.hpp"

namespace ledgerlab::pairing {

/// The line's value at (x, y) of the twist is on_y * y + on_x * x + constant.
template <class E>
struct Line {
  E on_y, on_x, constant;
};

/// Tangent at t, which doubles.
template <class Twist, class E = typename Twist::F>
Line<E> double_step(Point<Twist>& t) {
  const E xx = square(t.x);
  const E yy = square(t.y);
  const E bzz = Twist::times_3b(square(t.z));
  const Line<E> line{twice(t.y * t.z), -(twice(xx) + xx), yy - bzz};
  t = twice(t);
  return line;
}

/// Line through t and q (z = 1, neither at infinity nor with t = +-q), which is added to t.
template <class Twist, class E = typename Twist::F>
Line<E> add_step(Point<Twist>& t, const Point<Twist>& q) {
  const E theta = t.y - q.y * t.z;
  const E lambda = t.x - q.x * t.z;
  const Line<E> line{lambda, -theta, theta * q.x - lambda * q.y};
  const E ll = square(lambda);
  const E lll = ll * lambda;
  const E xll = t.x * ll;
  const E h = lll + t.z * square(theta) - twice(xll);
  t = {lambda * h, theta * (xll - h) - lll * t.y, t.z * lll};
  return line;
}

/// One pair: p of G1 and q of G2, both with z = 1, and the running point.
template <class G1, class Twist>
struct Pair {
  Point<G1> p;
  Point<Twist> q;
  Point<Twist> t;
};

/// Curves give: G1, Twist, Tower, `times_line(f, line, p)` by the type of twist.
template <class Curve>
void multiply_doubled(Fp12<typename Curve::Tower>& f,
                      std::vector<Pair<typename Curve::G1, typename Curve::Twist>>& pairs) {
  f = square(f);
  for (auto& pair : pairs) f = Curve::times_line(f, double_step(pair.t), pair.p);
}

/// f over all pairs for the loop count of `bits` bits, most significant first and one: the running
/// points end at [count] q.
template <class Curve>
Fp12<typename Curve::Tower> miller_loop(
    std::vector<Pair<typename Curve::G1, typename Curve::Twist>>& pairs, Uint128 count) {
  auto f = Fp12<typename Curve::Tower>::one();
  int bit = 127;
  while ((count >> bit & 1) == 0) --bit;
  while (bit-- > 0) {
    multiply_doubled<Curve>(f, pairs);
    if ((count >> bit & 1) == 0) continue;
    for (auto& pair : pairs) f = Curve::times_line(f, add_step(pair.t, pair.q), pair.p);
  }
  return f;
}

}  // namespace ledgerlab::pairing
