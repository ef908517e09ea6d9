// RFC 9380 for BLS12-381: expand_message_xmd, hash_to_field, the simplified SWU map onto isogenous
// curves (section 6.6.3) and the isogenies back.
#include <algorithm>

#include "models/crypto/bls12_381.hpp"
#include "models/crypto/bls12_381_isogeny.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::bls12_381 {
namespace {

Fp signed_number(std::int64_t value) {
  return value < 0 ? -Fp::from(static_cast<std::uint64_t>(-value))
                   : Fp::from(static_cast<std::uint64_t>(value));
}

// Section 4.1.
bool sgn0(const Fp& a) { return a.is_odd(); }
bool sgn0(const Fp2& a) { return a.c0.is_odd() || (a.c0.is_zero() && a.c1.is_odd()); }

template <class F>
struct AffinePoint {
  F x, y;
};

/// y^2 = x^3 + a x + b, and the map's Z.
template <class F>
struct SswuCurve {
  F a, b, z;
  F right_side(const F& x) const { return (square(x) + a) * x + b; }
};

/// Section 6.6.2.
template <class F>
AffinePoint<F> simplified_swu(const SswuCurve<F>& curve, const F& u) {
  const F zu2 = curve.z * square(u);
  const F tv = square(zu2) + zu2;
  F x = tv == F() ? curve.b * (curve.z * curve.a).inverse()
                  : -curve.b * curve.a.inverse() * (F::one() + tv.inverse());
  std::optional<F> y = curve.right_side(x).square_root();
  if (!y) {
    x = zu2 * x;
    y = curve.right_side(x).square_root();
  }
  return {x, sgn0(u) == sgn0(*y) ? *y : -*y};
}

/// Coefficients from the constant on.
template <class F, std::size_t N>
F evaluate(const std::array<F, N>& polynomial, const F& x) {
  F out;
  for (std::size_t i = N; i-- > 0;) out = out * x + polynomial[i];
  return out;
}

/// (x, y) -> (x_num / x_den, y y_num / y_den); where the denominators vanish, infinity.
template <class P, class Isogeny, class F = typename P::F>
P map_back(const Isogeny& isogeny, const AffinePoint<F>& point) {
  const F x_den = evaluate(isogeny.x_den, point.x);
  const F y_den = evaluate(isogeny.y_den, point.x);
  const F z = x_den * y_den;
  if (z.is_zero()) return P::infinity();
  return {evaluate(isogeny.x_num, point.x) * y_den,
          point.y * evaluate(isogeny.y_num, point.x) * x_den, z};
}

/// Section 8.8.2, appendix E.3: the 3-isogeny with the kernel point x = -6 + 6i, all coefficients
/// of the RFC cleared of their common denominators 9 and 27.
struct Isogeny3 {
  std::array<Fp2, 4> x_num, y_num;
  std::array<Fp2, 3> x_den;
  std::array<Fp2, 4> y_den;
};

const Isogeny3& isogeny3() {
  static const Isogeny3 value = [] {
    const auto c = [](std::int64_t re, std::int64_t im) {
      return Fp2{signed_number(re), signed_number(im)};
    };
    return Isogeny3{
        .x_num = {c(304, 304), c(0, -24), c(12, -12), c(1, 0)},
        .y_num = {c(752, 752), c(0, 264), c(-18, 18), c(-1, 0)},
        .x_den = {c(0, 9 * -72), c(9 * 12, 9 * -12), c(9, 0)},
        .y_den = {c(27 * -432, 27 * -432), c(0, 27 * -216), c(27 * 18, 27 * -18), c(27, 0)}};
  }();
  return value;
}

}  // namespace

// Section 5.3.1 with SHA-256; longer tags are hashed (section 5.3.3).
Bytes expand_message_xmd(ByteView message, ByteView tag, std::size_t size) {
  const auto append = [](Bytes& to, ByteView what) {
    to.insert(to.end(), what.begin(), what.end());
  };
  Bytes tag_prime(tag.begin(), tag.end());
  if (tag.size() > 255) {
    const auto prefix = as_bytes("H2C-OVERSIZE-DST-");
    tag_prime.insert(tag_prime.begin(), prefix.begin(), prefix.end());
    const Hash256 hash = sha256(tag_prime);
    tag_prime.assign(hash.data.begin(), hash.data.end());
  }
  tag_prime.push_back(static_cast<Byte>(tag_prime.size()));
  Bytes first(64, 0);
  append(first, message);
  first.push_back(static_cast<Byte>(size >> 8));
  first.push_back(static_cast<Byte>(size));
  first.push_back(0);
  append(first, tag_prime);
  const Hash256 b0 = sha256(first);
  Bytes out;
  Hash256 block;  // b_0 xor zero for the first
  for (Byte i = 1; out.size() < size; ++i) {
    Bytes input(32);
    for (std::size_t k = 0; k < 32; ++k) input[k] = b0.data[k] ^ block.data[k];
    input.push_back(i);
    append(input, tag_prime);
    block = sha256(input);
    append(out, block.view());
  }
  out.resize(size);
  return out;
}

std::array<Fp, 2> hash_to_field1(ByteView message, ByteView tag) {
  const Bytes bytes = expand_message_xmd(message, tag, 128);
  const ByteView view(bytes);
  return {Fp::reduce(view.first(64)), Fp::reduce(view.last(64))};
}

std::array<Fp2, 2> hash_to_field2(ByteView message, ByteView tag) {
  const Bytes bytes = expand_message_xmd(message, tag, 256);
  const auto part = [&](std::size_t i) { return Fp::reduce(ByteView(bytes).subspan(64 * i, 64)); };
  return {Fp2{part(0), part(1)}, Fp2{part(2), part(3)}};
}

G1 map_to_curve(const Fp& u) {
  static const SswuCurve<Fp> curve = {Fp::from_hex(isogeny11_a), Fp::from_hex(isogeny11_b),
                                      Fp::from(11)};
  return map_back<G1>(isogeny11(), simplified_swu(curve, u));
}

// Section 8.8.2: A' = 240 i, B' = 1012 (1 + i), Z = -(2 + i).
G2 map_to_curve(const Fp2& u) {
  static const SswuCurve<Fp2> curve = {{Fp(), Fp::from(240)},
                                       {Fp::from(1012), Fp::from(1012)},
                                       {signed_number(-2), signed_number(-1)}};
  return map_back<G2>(isogeny3(), simplified_swu(curve, u));
}

G1 hash_to_g1(ByteView message, ByteView tag) {
  const auto [u0, u1] = hash_to_field1(message, tag);
  return clear_cofactor(map_to_curve(u0) + map_to_curve(u1));
}

G2 hash_to_g2(ByteView message, ByteView tag) {
  const auto [u0, u1] = hash_to_field2(message, tag);
  return clear_cofactor(map_to_curve(u0) + map_to_curve(u1));
}

}  // namespace ledgerlab::bls12_381
