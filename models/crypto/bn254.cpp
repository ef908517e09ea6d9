// Barreto-Naehrig curve with u = 4965661367192848881: p = 36u^4 + 36u^3 + 24u^2 + 6u + 1,
// r = p - 6u^2, y^2 = x^3 + 3 over Fp, and the D-type twist y^2 = x^3 + 3 / (9 + i) over Fp2.
#include "models/crypto/bn254.hpp"

#include "models/crypto/pairing/miller.hpp"

namespace ledgerlab::bn254 {
namespace {

using namespace ledgerlab::pairing;

constexpr std::uint64_t u = 4965661367192848881;
constexpr Uint128 loop_count = Uint128{u} * 6 + 2;
constexpr Uint128 trace_minus_one = Uint128{u} * u * 6;

struct Modulus {
  static constexpr auto modulus =
      words_from_hex<4>("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
};
using Fp = PrimeField<Modulus>;
using E = Fp2<Fp>;

struct Tower {
  using Fp = bn254::Fp;
  static E times_xi(const E& a) {  // 9 + i
    const E a8 = twice(twice(twice(a)));
    return {a8.c0 + a.c0 - a.c1, a8.c1 + a.c1 + a.c0};
  }
};
using F12 = Fp12<Tower>;

struct Curve1 {
  using F = Fp;
  static Fp b() { return Fp::from(3); }
  static Fp times_3b(const Fp& a) { return twice(twice(twice(a))) + a; }
};
struct Curve2 {
  using F = E;
  static const E& b() {
    static const E value = Tower::times_xi(E::one()).inverse() * Fp::from(3);
    return value;
  }
  static E times_3b(const E& a) {
    static const E value = b() * Fp::from(3);
    return a * value;
  }
};
using G1 = Point<Curve1>;
using G2 = Point<Curve2>;

struct Pairing {
  using Tower = bn254::Tower;
  using G1 = Curve1;
  using Twist = Curve2;
  static F12 times_line(const F12& f, const Line<E>& line, const bn254::G1& p) {
    return f.times_line_d(line.on_y * p.y, line.on_x * p.x, line.constant);
  }
};

/// Untwist, p-th power, twist: (x, y) -> (conj(x) gamma^2, conj(y) gamma^3).
G2 frobenius(const G2& q) {
  const auto& g = F12::gamma_powers();
  return {q.x.conjugate() * g[2], q.y.conjugate() * g[3], q.z.conjugate()};
}

/// With the trace of Frobenius t = 6u^2 + 1, frobenius(q) = [t - 1] q gives
/// 0 = frobenius^2(q) - [t] frobenius(q) + [p] q = [p + 1 - t] q = [r] q.
bool in_subgroup(const G2& q) {
  FixedBytes<16> scalar;
  for (std::size_t i = 0; i < 16; ++i) {
    scalar.data[15 - i] = static_cast<Byte>(trace_minus_one >> (8 * i));
  }
  return q.times(scalar.view()) == frobenius(q);
}

/// The hard part, raised to a factor prime to r: exponent l0 + l1 p + l2 p^2 + l3 p^3 with
/// l1 = 12u^3 + 6u^2 + 4u, l2 = l1 + 2u, l0 = l2 + 6u^2 + 1, l3 = l1 - 1
/// (Fuentes-Castaneda, Knapp, Rodriguez-Henriquez 2011).
F12 final_exponentiation(const F12& miller) {
  const F12 f = miller.easy_part();
  const F12 f2u = f.cyclotomic_power(u).cyclotomic_square();
  const F12 f4u = f2u.cyclotomic_square();
  const F12 f6u2 = (f4u * f2u).cyclotomic_power(u);
  const F12 f12u3 = f6u2.cyclotomic_square().cyclotomic_power(u);
  const F12 l1 = f12u3 * f6u2 * f4u;
  const F12 l2 = l1 * f2u;
  const F12 l0 = l2 * f6u2 * f;
  const F12 l3 = l1 * f.conjugate();
  return l0 * (l1 * (l2 * l3.frobenius()).frobenius()).frobenius();
}

std::optional<E> decode_fp2(ByteView bytes) {
  const auto c1 = Fp::decode(bytes);
  const auto c0 = Fp::decode(bytes.subspan(32));
  if (!c0 || !c1) return std::nullopt;
  return E{*c0, *c1};
}

std::optional<G1> decode_g1(ByteView bytes) {
  const auto x = Fp::decode(bytes);
  const auto y = Fp::decode(bytes.subspan(32));
  if (!x || !y) return std::nullopt;
  if (x->is_zero() && y->is_zero()) return G1::infinity();
  return G1::on_curve(*x, *y);
}

std::optional<G2> decode_g2(ByteView bytes) {
  const auto x = decode_fp2(bytes);
  const auto y = decode_fp2(bytes.subspan(64));
  if (!x || !y) return std::nullopt;
  if (x->is_zero() && y->is_zero()) return G2::infinity();
  const auto point = G2::on_curve(*x, *y);
  if (!point || !in_subgroup(*point)) return std::nullopt;
  return point;
}

G1Bytes encode(const G1& point) {
  G1Bytes out;
  if (point.is_infinity()) return out;
  const G1 affine = point.affine();
  affine.x.encode(out.data.data());
  affine.y.encode(out.data.data() + 32);
  return out;
}

}  // namespace

std::optional<G1Bytes> add(ByteView points) {
  if (points.size() != 128) return std::nullopt;
  const auto p = decode_g1(points);
  const auto q = decode_g1(points.subspan(64));
  if (!p || !q) return std::nullopt;
  return encode(*p + *q);
}

std::optional<G1Bytes> multiply(ByteView point_and_scalar) {
  if (point_and_scalar.size() != 96) return std::nullopt;
  const auto p = decode_g1(point_and_scalar);
  if (!p) return std::nullopt;
  return encode(p->times(point_and_scalar.subspan(64)));
}

std::optional<bool> pairing_check(ByteView pairs) {
  if (pairs.size() % 192 != 0) return std::nullopt;
  std::vector<Pair<Curve1, Curve2>> points;
  for (std::size_t i = 0; i < pairs.size(); i += 192) {
    const auto p = decode_g1(pairs.subspan(i));
    const auto q = decode_g2(pairs.subspan(i + 64));
    if (!p || !q) return std::nullopt;
    if (!p->is_infinity() && !q->is_infinity()) points.push_back({*p, *q, *q});
  }
  if (points.empty()) return true;
  F12 f = miller_loop<Pairing>(points, loop_count);
  for (auto& pair : points) {  // the optimal ate pairing's two last lines
    const G2 first = frobenius(pair.q);
    const G2 second = -frobenius(first);
    f = Pairing::times_line(f, add_step(pair.t, first), pair.p);
    f = Pairing::times_line(f, add_step(pair.t, second), pair.p);
  }
  return final_exponentiation(f) == F12::one();
}

}  // namespace ledgerlab::bn254
