#include "models/crypto/secp256k1_group.hpp"

#include <algorithm>

namespace ledgerlab {
namespace {

// SEC 2, 2.4.1.
constexpr U256 order(0xffffffffffffffff, 0xfffffffffffffffe, 0xbaaedce6af48a03b,
                     0xbfd25e8cd0364141);

U256 add_modulo(const U256& a, const U256& b) {
  bool overflow = false;
  const U256 sum = add(a, b, overflow);
  return overflow || sum >= order ? sum - order : sum;
}

}  // namespace

Secp256k1Scalar Secp256k1Scalar::reduce(const FixedBytes<32>& bytes) {
  Secp256k1Scalar out;
  out.value_ = u256_from(bytes) % order;
  return out;
}

std::optional<Secp256k1Scalar> Secp256k1Scalar::parse(const FixedBytes<32>& bytes) {
  Secp256k1Scalar out;
  out.value_ = u256_from(bytes);
  if (out.value_ >= order) return std::nullopt;
  return out;
}

Secp256k1Scalar operator+(const Secp256k1Scalar& a, const Secp256k1Scalar& b) {
  Secp256k1Scalar out;
  out.value_ = add_modulo(a.value_, b.value_);
  return out;
}

Secp256k1Scalar operator*(const Secp256k1Scalar& a, const Secp256k1Scalar& b) {
  Secp256k1Scalar out;
  for (int i = b.value_.bit_length() - 1; i >= 0; --i) {
    out.value_ = add_modulo(out.value_, out.value_);
    if (b.value_.bit(static_cast<unsigned>(i))) out.value_ = add_modulo(out.value_, a.value_);
  }
  return out;
}

Secp256k1Scalar Secp256k1Scalar::operator-() const {
  Secp256k1Scalar out;
  if (!is_zero()) out.value_ = order - value_;
  return out;
}

Secp256k1Point Secp256k1Point::generator() {
  Secp256k1Point out;
  out.key_ = secp256k1_public_key(Secp256k1Scalar(1).bytes());
  return out;
}

std::optional<Secp256k1Point> Secp256k1Point::parse(ByteView compressed) {
  Secp256k1Point out;
  if (compressed.size() == 33) out.key_ = secp256k1_parse(compressed);
  if (!out.key_) return std::nullopt;
  return out;
}

std::optional<Secp256k1Point> Secp256k1Point::parse_extended(ByteView compressed) {
  const bool zeros =
      std::all_of(compressed.begin(), compressed.end(), [](Byte b) { return b == 0; });
  if (compressed.size() == 33 && zeros) return Secp256k1Point();
  return parse(compressed);
}

FixedBytes<33> Secp256k1Point::compressed() const {
  return key_ ? secp256k1_compress(*key_).value() : FixedBytes<33>();
}

FixedBytes<32> Secp256k1Point::x() const {
  FixedBytes<32> out;
  if (key_) std::copy_n(key_->data.begin(), 32, out.data.begin());
  return out;
}

bool Secp256k1Point::even_y() const { return !key_ || (key_->data[63] & 1) == 0; }

Secp256k1Point operator+(const Secp256k1Point& a, const Secp256k1Point& b) {
  if (a.infinite()) return b;
  if (b.infinite()) return a;
  Secp256k1Point out;
  out.key_ = secp256k1_add(*a.key_, *b.key_);
  return out;
}

Secp256k1Point operator*(const Secp256k1Scalar& k, const Secp256k1Point& p) {
  Secp256k1Point out;
  if (p.key_ && !k.is_zero()) out.key_ = secp256k1_multiply(*p.key_, k.bytes());
  return out;
}

Secp256k1Point Secp256k1Point::operator-() const { return -Secp256k1Scalar(1) * *this; }

}  // namespace ledgerlab
