// EIP-2537: operations on BLS12-381, with its encodings (a field element takes 64 bytes, the first
// 16 of them zero; infinity is all zeros) and prices. Prague; no revision here activates it.
#include <algorithm>
#include <array>
#include <vector>

#include "models/crypto/bls12_381.hpp"
#include "models/parts/precompile/rules.hpp"

namespace ledgerlab::precompile {
namespace {

using namespace ledgerlab::bls12_381;

constexpr std::size_t scalar_size = 32;
constexpr std::size_t g1_size = 128;
constexpr std::size_t g2_size = 256;

// The EIP's tables of discounts, in thousandths, from one pair on; the last holds for all more.
constexpr std::array<std::uint16_t, 128> g1_discounts = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
constexpr std::array<std::uint16_t, 128> g2_discounts = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};

std::int64_t msm_price(std::size_t pairs, std::int64_t one,
                       const std::array<std::uint16_t, 128>& discounts) {
  if (pairs == 0) return 0;
  const std::int64_t discount = discounts[std::min<std::size_t>(pairs, 128) - 1];
  return static_cast<std::int64_t>(pairs) * one * discount / 1000;
}

void decode(ByteView bytes, std::optional<Fp>& out) {
  const bool padded = std::all_of(bytes.begin(), bytes.begin() + 16, [](Byte b) { return b == 0; });
  if (padded) out = Fp::decode(bytes.subspan(16));
}
void decode(ByteView bytes, std::optional<Fp2>& out) {
  std::optional<Fp> c0, c1;
  decode(bytes, c0);
  decode(bytes.subspan(64), c1);
  if (c0 && c1) out = Fp2{*c0, *c1};
}

template <class P>
std::optional<P> decode_point(ByteView bytes) {
  using F = typename P::F;
  constexpr std::size_t size = sizeof(F) / 48 * 64;
  std::optional<F> x, y;
  decode(bytes, x);
  decode(bytes.subspan(size), y);
  if (!x || !y) return std::nullopt;
  if (x->is_zero() && y->is_zero()) return P::infinity();
  return P::on_curve(*x, *y);
}

template <class P>
std::optional<P> decode_subgroup(ByteView bytes) {
  const auto point = decode_point<P>(bytes);
  return point && in_subgroup(*point) ? point : std::nullopt;
}

void encode(const Fp& value, Byte* out) { value.encode(out + 16); }
void encode(const Fp2& value, Byte* out) {
  encode(value.c0, out);
  encode(value.c1, out + 64);
}

template <class P>
Bytes encode_point(const P& point) {
  constexpr std::size_t size = sizeof(typename P::F) / 48 * 64;
  Bytes out(2 * size, 0);
  if (point.is_infinity()) return out;
  const P affine = point.affine();
  encode(affine.x, out.data());
  encode(affine.y, out.data() + size);
  return out;
}

/// No subgroup check: the EIP wants none here.
template <class P>
Answer sum(ByteView input, std::size_t size) {
  if (input.size() != 2 * size) return std::nullopt;
  const auto p = decode_point<P>(input);
  const auto q = decode_point<P>(input.subspan(size));
  if (!p || !q) return std::nullopt;
  return encode_point(*p + *q);
}

template <class P>
Answer multi_scalar_sum(ByteView input, std::size_t size) {
  const std::size_t stride = size + scalar_size;
  if (input.empty() || input.size() % stride != 0) return std::nullopt;
  std::vector<P> points;
  std::vector<FixedBytes<32>> scalars;
  for (std::size_t i = 0; i < input.size(); i += stride) {
    const auto point = decode_subgroup<P>(input.subspan(i));
    if (!point) return std::nullopt;
    points.push_back(*point);
    std::memcpy(scalars.emplace_back().data.data(), input.data() + i + size, scalar_size);
  }
  return encode_point(pairing::multi_scalar<typename P::CurveType>(points, scalars));
}

template <class P>
Answer map_field(ByteView input) {
  using F = typename P::F;
  if (input.size() != sizeof(F) / 48 * 64) return std::nullopt;
  std::optional<F> u;
  decode(input, u);
  if (!u) return std::nullopt;
  return encode_point(clear_cofactor(map_to_curve(*u)));
}

}  // namespace

std::int64_t bls_g1_msm_price(ByteView input, Revision) {
  return msm_price(input.size() / (g1_size + scalar_size), 12'000, g1_discounts);
}
std::int64_t bls_g2_msm_price(ByteView input, Revision) {
  return msm_price(input.size() / (g2_size + scalar_size), 22'500, g2_discounts);
}
std::int64_t bls_pairing_price(ByteView input, Revision) {
  return 37'700 + 32'600 * static_cast<std::int64_t>(input.size() / (g1_size + g2_size));
}

Answer bls_g1_add(ByteView input) { return sum<G1>(input, g1_size); }
Answer bls_g2_add(ByteView input) { return sum<G2>(input, g2_size); }
Answer bls_g1_msm(ByteView input) { return multi_scalar_sum<G1>(input, g1_size); }
Answer bls_g2_msm(ByteView input) { return multi_scalar_sum<G2>(input, g2_size); }

Answer bls_pairing(ByteView input) {
  constexpr std::size_t stride = g1_size + g2_size;
  if (input.empty() || input.size() % stride != 0) return std::nullopt;
  std::vector<std::pair<G1, G2>> pairs;
  for (std::size_t i = 0; i < input.size(); i += stride) {
    const auto p = decode_subgroup<G1>(input.subspan(i));
    const auto q = decode_subgroup<G2>(input.subspan(i + g1_size));
    if (!p || !q) return std::nullopt;
    pairs.emplace_back(*p, *q);
  }
  Bytes out(32, 0);
  out.back() = pairing_product_is_one(pairs) ? 1 : 0;
  return out;
}

Answer bls_map_to_g1(ByteView input) { return map_field<G1>(input); }
Answer bls_map_to_g2(ByteView input) { return map_field<G2>(input); }

}  // namespace ledgerlab::precompile
