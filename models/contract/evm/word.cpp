#include "models/contract/evm/word.hpp"

namespace ledgerlab::evm {
namespace {

U256 negate(const U256& a) { return U256() - a; }
U256 magnitude(const U256& a) { return is_negative(a) ? negate(a) : a; }

/// The remainder of a dividend of `size` words by `modulus`: Knuth, vol. 2, 4.3.1, algorithm D
/// without the quotient.
U256 remainder(std::array<std::uint64_t, 9>& u, unsigned size, const U256& modulus) {
  const unsigned n = static_cast<unsigned>(modulus.bit_length() + 63) / 64;
  const auto shift = static_cast<unsigned>(std::countl_zero(modulus.words[n - 1]));
  const U256 v = modulus << shift;
  if (shift != 0) {
    for (unsigned i = size; i > 0; --i) u[i] = u[i] << shift | u[i - 1] >> (64 - shift);
    u[0] <<= shift;
  }
  for (unsigned j = size - n + 1; j-- > 0;) {
    const Uint128 top = Uint128{u[j + n]} << 64 | u[j + n - 1];
    Uint128 q = u[j + n] >= v.words[n - 1] ? Uint128{~0ull} : top / v.words[n - 1];  // D3
    if (n > 1) {
      Uint128 r = top - q * v.words[n - 1];
      while ((r >> 64) == 0 && q * v.words[n - 2] > (r << 64 | u[j + n - 2])) {
        --q;
        r += v.words[n - 1];
      }
    }
    std::uint64_t carry = 0;
    unsigned char borrow = 0;
    for (unsigned i = 0; i < n; ++i) {  // D4
      const std::uint64_t part =
          u256::multiply_add(static_cast<std::uint64_t>(q), v.words[i], carry, 0, carry);
      u[i + j] = u256::subtract_word(u[i + j], part, borrow);
    }
    u[j + n] = u256::subtract_word(u[j + n], carry, borrow);
    if (borrow != 0) {  // D6
      unsigned char back = 0;
      for (unsigned i = 0; i < n; ++i) u[i + j] = u256::add_word(u[i + j], v.words[i], back);
      u[j + n] += back;
    }
  }
  U256 out;
  for (unsigned i = 0; i < n; ++i) out.words[i] = u[i];
  return out >> shift;
}

}  // namespace

U256 signed_divide(const U256& a, const U256& b) {
  const U256 quotient = magnitude(a) / magnitude(b);
  return is_negative(a) != is_negative(b) ? negate(quotient) : quotient;
}

U256 signed_modulo(const U256& a, const U256& b) {
  const U256 rest = magnitude(a) % magnitude(b);
  return is_negative(a) ? negate(rest) : rest;
}

U256 add_modulo(const U256& a, const U256& b, const U256& modulus) {
  if (modulus.is_zero()) return {};
  bool overflow = false;
  const U256 sum = add(a, b, overflow);
  if (!overflow) return sum % modulus;
  std::array<std::uint64_t, 9> u = {sum.words[0], sum.words[1], sum.words[2], sum.words[3], 1};
  return remainder(u, 5, modulus);
}

U256 multiply_modulo(const U256& a, const U256& b, const U256& modulus) {
  if (modulus.is_zero()) return {};
  std::array<std::uint64_t, 9> u{};
  for (unsigned i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (unsigned j = 0; j < 4; ++j) {
      u[i + j] = u256::multiply_add(a.words[i], b.words[j], u[i + j], carry, carry);
    }
    u[i + 4] = carry;
  }
  unsigned size = 8;
  while (size > 4 && u[size - 1] == 0) --size;
  return remainder(u, size, modulus);
}

U256 power(const U256& base, const U256& exponent) {
  U256 result(1);
  U256 square = base;
  const int bits = exponent.bit_length();
  for (int i = 0; i < bits; ++i) {
    if (exponent.bit(static_cast<unsigned>(i))) result *= square;
    square *= square;
  }
  return result;
}

U256 sign_extend(const U256& index, const U256& value) {
  if (!index.fits64() || index.low64() >= 31) return value;
  const auto bits = static_cast<unsigned>(8 * index.low64() + 8);
  const U256 mask = U256::max() << bits;
  return value.bit(bits - 1) ? value | mask : value & ~mask;
}

U256 byte_at(const U256& index, const U256& value) {
  if (!index.fits64() || index.low64() >= 32) return {};
  const auto place = static_cast<unsigned>(31 - index.low64());
  return U256(value.words[place / 8] >> (place % 8 * 8) & 0xff);
}

U256 shift_right_arithmetic(const U256& shift, const U256& value) {
  const unsigned by =
      shift.fits64() && shift.low64() < 256 ? static_cast<unsigned>(shift.low64()) : 256u;
  if (!is_negative(value)) return value >> by;
  return ~(~value >> by);
}

}  // namespace ledgerlab::evm
