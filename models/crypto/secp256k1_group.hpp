// The group of secp256k1 for schemes that combine keys: scalars modulo its order and points with
// the one at infinity, in the notation of BIP 327. Points by libsecp256k1. Scalars are not computed
// in constant time: this is for simulated signers.
#pragma once

#include "models/base/u256.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab {

class Secp256k1Scalar {
 public:
  Secp256k1Scalar() = default;
  explicit Secp256k1Scalar(std::uint64_t value) : value_(value) {}
  /// int(bytes) mod n.
  static Secp256k1Scalar reduce(const FixedBytes<32>& bytes);
  /// Nothing if not below n.
  static std::optional<Secp256k1Scalar> parse(const FixedBytes<32>& bytes);

  FixedBytes<32> bytes() const { return to_big_endian(value_); }
  bool is_zero() const { return value_.is_zero(); }
  friend bool operator==(const Secp256k1Scalar&, const Secp256k1Scalar&) = default;
  friend Secp256k1Scalar operator+(const Secp256k1Scalar& a, const Secp256k1Scalar& b);
  friend Secp256k1Scalar operator*(const Secp256k1Scalar& a, const Secp256k1Scalar& b);
  Secp256k1Scalar operator-() const;

 private:
  U256 value_;
};

class Secp256k1Point {
 public:
  Secp256k1Point() = default;  // at infinity
  static Secp256k1Point generator();
  /// The 33-byte form beginning with 2 or 3 (cpoint).
  static std::optional<Secp256k1Point> parse(ByteView compressed);
  /// The same; 33 zeros are infinity (cpoint_ext).
  static std::optional<Secp256k1Point> parse_extended(ByteView compressed);

  bool infinite() const { return !key_; }
  /// Zeros for infinity (cbytes_ext).
  FixedBytes<33> compressed() const;
  FixedBytes<32> x() const;  // zeros for infinity
  bool even_y() const;       // has_even_y; true for infinity
  friend bool operator==(const Secp256k1Point&, const Secp256k1Point&) = default;
  friend Secp256k1Point operator+(const Secp256k1Point& a, const Secp256k1Point& b);
  friend Secp256k1Point operator*(const Secp256k1Scalar& k, const Secp256k1Point& p);
  Secp256k1Point operator-() const;

 private:
  std::optional<Secp256k1PublicKey> key_;  // on the curve
};

}  // namespace ledgerlab
