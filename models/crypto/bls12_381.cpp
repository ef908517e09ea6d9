// Barreto-Lynn-Scott curve with x = -0xd201000000010000: r = x^4 - x^2 + 1,
// p = (x - 1)^2 r / 3 + x, trace of Frobenius t = x + 1.
#include "models/crypto/bls12_381.hpp"

#include <algorithm>

#include "models/crypto/pairing/miller.hpp"

namespace ledgerlab::bls12_381 {
namespace {

using namespace ledgerlab::pairing;

constexpr std::uint64_t minus_x = 0xd201000000010000;

struct Tower {
  using Fp = bls12_381::Fp;
  static Fp2 times_xi(const Fp2& a) { return {a.c0 - a.c1, a.c0 + a.c1}; }  // 1 + i
};
using F12 = Fp12<Tower>;

struct Pairing {
  using Tower = bls12_381::Tower;
  using G1 = Curve1;
  using Twist = Curve2;
  static F12 times_line(const F12& f, const Line<Fp2>& line, const bls12_381::G1& p) {
    return f.times_line_m(line.constant, line.on_x * p.x, line.on_y * p.y);
  }
};

/// f^x in the cyclotomic subgroup, where the conjugate is the inverse.
F12 power_x(const F12& f) { return f.cyclotomic_power(minus_x).conjugate(); }

/// The hard part to three times its exponent (r is prime to 3):
/// (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3 (Hayashida, Hayasaka, Teruya 2020).
F12 final_exponentiation(const F12& miller) {
  const F12 f = miller.easy_part();
  F12 g = power_x(f) * f.conjugate();
  g = power_x(g) * g.conjugate();
  g = power_x(g) * g.frobenius();
  g = power_x(power_x(g)) * g.frobenius().frobenius() * g.conjugate();
  return g * f.cyclotomic_square() * f;
}

/// [x] point
template <class P>
P times_x(const P& point) {
  return -point.times(minus_x);
}

/// Untwist, p-th power, twist: (x, y) -> (conj(x) / gamma^2, conj(y) / gamma^3).
G2 frobenius(const G2& q) {
  static const std::array<Fp2, 2> inverse = {F12::gamma_powers()[2].inverse(),
                                             F12::gamma_powers()[3].inverse()};
  return {q.x.conjugate() * inverse[0], q.y.conjugate() * inverse[1], q.z.conjugate()};
}

/// A cube root of one other than one, so chosen that (beta x, y) = [-x^2] (x, y) in the subgroup.
const Fp& beta() {
  static const Fp value = [] {
    const Fp root = Fp::from(2).power(adjusted(Modulus::modulus, 0, 1, 3));
    const G1& g = generator1();
    const G1 wanted = -times_x(times_x(g));
    return G1{root * g.x, g.y, g.z} == wanted ? root : root * root;
  }();
  return value;
}

// Flags in the first byte of an encoding.
constexpr Byte flag_compressed = 0x80;
constexpr Byte flag_infinity = 0x40;
constexpr Byte flag_larger = 0x20;  // y is the lexicographically larger one

void put(const Fp& value, Byte* out) { value.encode(out); }
void put(const Fp2& value, Byte* out) {
  value.c1.encode(out);
  value.c0.encode(out + 48);
}
void get(ByteView bytes, std::optional<Fp>& out) { out = Fp::decode(bytes); }
void get(ByteView bytes, std::optional<Fp2>& out) {
  const auto c1 = Fp::decode(bytes);
  const auto c0 = Fp::decode(bytes.subspan(48));
  if (c0 && c1) out = Fp2{*c0, *c1};
}
bool is_larger(const Fp& y) { return y.is_larger_half(); }
bool is_larger(const Fp2& y) {
  return y.c1.is_zero() ? y.c0.is_larger_half() : y.c1.is_larger_half();
}

template <class P>
constexpr std::size_t coordinate_size = sizeof(typename P::F);

template <class P>
FixedBytes<coordinate_size<P>> compress_point(const P& point) {
  FixedBytes<coordinate_size<P>> out;
  if (point.is_infinity()) {
    out.data[0] = flag_compressed | flag_infinity;
    return out;
  }
  const P affine = point.affine();
  put(affine.x, out.data.data());
  out.data[0] |= flag_compressed | (is_larger(affine.y) ? flag_larger : 0);
  return out;
}

template <class P>
FixedBytes<2 * coordinate_size<P>> serialise_point(const P& point) {
  FixedBytes<2 * coordinate_size<P>> out;
  if (point.is_infinity()) {
    out.data[0] = flag_infinity;
    return out;
  }
  const P affine = point.affine();
  put(affine.x, out.data.data());
  put(affine.y, out.data.data() + coordinate_size<P>);
  return out;
}

template <class P>
std::optional<P> decode_point(ByteView encoded) {
  using F = typename P::F;
  constexpr std::size_t size = coordinate_size<P>;
  const bool compressed = encoded.size() == size;
  if (!compressed && encoded.size() != 2 * size) return std::nullopt;
  Bytes bytes(encoded.begin(), encoded.end());
  const Byte flags = bytes[0] & 0xe0;
  bytes[0] &= 0x1f;
  if (((flags & flag_compressed) != 0) != compressed) return std::nullopt;
  if ((flags & flag_infinity) != 0) {
    const bool clean = std::all_of(bytes.begin(), bytes.end(), [](Byte b) { return b == 0; });
    if (!clean || (flags & flag_larger) != 0) return std::nullopt;
    return P::infinity();
  }
  std::optional<F> x, y;
  get(bytes, x);
  if (!x) return std::nullopt;
  if (!compressed) {
    if ((flags & flag_larger) != 0) return std::nullopt;
    get(ByteView(bytes).subspan(size), y);
    return y ? P::on_curve(*x, *y) : std::nullopt;
  }
  y = (square(*x) * *x + P::CurveType::b()).square_root();
  if (!y) return std::nullopt;
  if (is_larger(*y) != ((flags & flag_larger) != 0)) y = -*y;
  return P{*x, *y, F::one()};
}

}  // namespace

const FixedBytes<32>& order() {
  static const auto value =
      *fixed_from_hex<32>("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  return value;
}

// The generators of draft-irtf-cfrg-pairing-friendly-curves, section 4.2.1.
const G1& generator1() {
  static const G1 value = *decode_g1(*from_hex(
      "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22"
      "c6bb"));
  return value;
}
const G2& generator2() {
  static const G2 value = *decode_g2(*from_hex(
      "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d04"
      "2b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8"
      "c121bdb8"));
  return value;
}

// phi(x, y) = (beta x, y) satisfies phi^2 + phi + 1 = 0, so phi = [-x^2] gives
// [x^4 - x^2 + 1] point = [r] point = 0. (Scott, "A note on group membership tests", 2021.)
bool in_subgroup(const G1& point) {
  return G1{beta() * point.x, point.y, point.z} == -times_x(times_x(point));
}

// frobenius = [x] = [t - 1] gives, as frobenius^2 - [t] frobenius + [p] = 0,
// [p + 1 - t] point = [h1 r] point = 0; the group has h2 r points and h1 is prime to h2.
bool in_subgroup(const G2& point) { return frobenius(point) == times_x(point); }

FixedBytes<48> compress(const G1& point) { return compress_point(point); }
FixedBytes<96> compress(const G2& point) { return compress_point(point); }
FixedBytes<96> serialise(const G1& point) { return serialise_point(point); }
FixedBytes<192> serialise(const G2& point) { return serialise_point(point); }
std::optional<G1> decode_g1(ByteView bytes) { return decode_point<G1>(bytes); }
std::optional<G2> decode_g2(ByteView bytes) { return decode_point<G2>(bytes); }

bool pairing_product_is_one(std::span<const std::pair<G1, G2>> pairs) {
  std::vector<Pair<Curve1, Curve2>> finite;
  for (const auto& [p, q] : pairs) {
    if (p.is_infinity() || q.is_infinity()) continue;
    const G2 affine = q.affine();
    finite.push_back({p.affine(), affine, affine});
  }
  if (finite.empty()) return true;
  // The loop count is negative: f^-1, which the conjugate replaces (up to the final power).
  const F12 f = miller_loop<Pairing>(finite, minus_x).conjugate();
  return final_exponentiation(f) == F12::one();
}

G1 clear_cofactor(const G1& point) { return point - times_x(point); }  // h_eff = 1 - x

// RFC 9380 appendix G.3: [x^2 - x - 1] point + [x - 1] psi(point) + psi^2([2] point).
G2 clear_cofactor(const G2& point) {
  const G2 psi = frobenius(point);
  const G2 inner = times_x(point) + psi;  // [x] ([x] point + psi(point)) = [x^2] point + [x] psi
  return times_x(inner) - inner - point + frobenius(frobenius(twice(point)));
}

}  // namespace ledgerlab::bls12_381
