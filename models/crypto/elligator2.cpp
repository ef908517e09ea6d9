// Sections are those of RFC 9380. OpenSSL does the field arithmetic, libsodium that of the group.
#include "models/crypto/elligator2.hpp"

#include <openssl/bn.h>
#include <sodium/crypto_core_ed25519.h>

#include <memory>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

/// 5.3.1, expand_message_xmd with SHA-512, for at most 64 bytes: one block.
Bytes expand(ByteView message, std::string_view tag, std::size_t size) {
  if (size > 64 || tag.size() > 255) throw std::invalid_argument("expand_message_xmd: sizes");
  const auto append_tag = [&](Bytes& out) {
    out.insert(out.end(), tag.begin(), tag.end());
    out.push_back(static_cast<Byte>(tag.size()));
  };
  Bytes first(128, 0);  // Z_pad: the hash's block size
  first.insert(first.end(), message.begin(), message.end());
  first.push_back(static_cast<Byte>(size >> 8));
  first.push_back(static_cast<Byte>(size));
  first.push_back(0);
  append_tag(first);
  const Hash512 b0 = sha512(first);
  Bytes second(b0.data.begin(), b0.data.end());
  second.push_back(1);
  append_tag(second);
  const Hash512 b1 = sha512(second);
  return Bytes(b1.data.begin(), b1.data.begin() + static_cast<std::ptrdiff_t>(size));
}

void check(bool done) {
  if (!done) throw std::runtime_error("OpenSSL: arithmetic modulo 2^255 - 19 failed");
}

/// A number modulo p = 2^255 - 19.
class Field {
 public:
  static Field of(long number) {
    Field out;
    check(BN_set_word(out.value(), static_cast<BN_ULONG>(number < 0 ? -number : number)) == 1);
    return number < 0 ? of(0) - out : out;
  }
  static Field of(ByteView big_endian) {
    Field out;
    check(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), out.value()) !=
              nullptr &&
          BN_nnmod(out.value(), out.value(), p(), context()) == 1);
    return out;
  }

  friend Field operator+(const Field& a, const Field& b) { return by(BN_mod_add, a, b); }
  friend Field operator-(const Field& a, const Field& b) { return by(BN_mod_sub, a, b); }
  friend Field operator*(const Field& a, const Field& b) { return by(BN_mod_mul, a, b); }
  friend bool operator==(const Field& a, const Field& b) {
    return BN_cmp(a.value(), b.value()) == 0;
  }
  /// 1 / 0 is 0 (RFC 9380, inv0).
  Field inverse() const {
    Field out;
    if (BN_is_zero(value())) return out;
    check(BN_mod_inverse(out.value(), value(), p(), context()) != nullptr);
    return out;
  }
  bool is_square() const { return BN_kronecker(value(), p(), context()) != -1; }
  /// Of a square: the root with this sgn0, its lowest bit.
  Field root(bool sign) const {
    Field out;
    check(BN_mod_sqrt(out.value(), value(), p(), context()) != nullptr);
    return out.sign() == sign ? out : of(0) - out;
  }
  bool sign() const { return BN_is_odd(value()) == 1; }
  FixedBytes<32> little_endian() const {
    FixedBytes<32> out;
    check(BN_bn2lebinpad(value(), out.data.data(), 32) == 32);
    return out;
  }

 private:
  struct Free {
    void operator()(BIGNUM* number) const { BN_free(number); }
  };

  template <class Operation>
  static Field by(Operation operation, const Field& a, const Field& b) {
    Field out;
    check(operation(out.value(), a.value(), b.value(), p(), context()) == 1);
    return out;
  }
  static BN_CTX* context() {
    thread_local const std::unique_ptr<BN_CTX, void (*)(BN_CTX*)> own(BN_CTX_new(), BN_CTX_free);
    return own.get();
  }
  static const BIGNUM* p() {
    static const BIGNUM* const prime = [] {
      BIGNUM* out = BN_new();
      check(BN_set_bit(out, 255) == 1 && BN_sub_word(out, 19) == 1);
      return out;
    }();
    return prime;
  }
  BIGNUM* value() const { return number_.get(); }

  std::shared_ptr<BIGNUM> number_{BN_new(), Free{}};
};

/// 6.7.1 for curve25519 (J = 486662, K = 1, Z = 2), then the rational map of 6.8.2 to edwards25519.
FixedBytes<32> map_to_curve(const Field& u) {
  const Field one = Field::of(1), j = Field::of(486662);
  const auto curve = [&](const Field& x) { return ((x + j) * x + one) * x; };
  // Never zero for Z = 2, so no exceptional case of x1 arises.
  const Field x1 = (Field::of(0) - j) * (one + Field::of(2) * u * u).inverse();
  const bool first = curve(x1).is_square();
  const Field s = first ? x1 : Field::of(0) - x1 - j;
  const Field t = curve(s).root(first);
  // (v, w) = (sqrt(-486664) * s / t, (s - 1) / (s + 1)); the exceptional cases give (0, 1).
  const Field scale = Field::of(-486664).root(false);
  const Field zero = Field::of(0);
  const bool exceptional = t == zero || s + one == zero;
  const Field v = exceptional ? zero : scale * s * t.inverse();
  const Field w = exceptional ? one : (s - one) * (s + one).inverse();
  FixedBytes<32> out = w.little_endian();
  if (v.sign()) out.data[31] |= 0x80;
  return out;
}

}  // namespace

FixedBytes<32> edwards25519_encode_to_curve(ByteView message, std::string_view tag) {
  FixedBytes<32> point = map_to_curve(Field::of(expand(message, tag, 48)));
  for (int i = 0; i < 3; ++i) {  // h_eff = 8
    if (crypto_core_ed25519_add(point.data.data(), point.data.data(), point.data.data()) != 0) {
      throw std::logic_error("Elligator 2 gave no point of the curve");
    }
  }
  return point;
}

}  // namespace ledgerlab
