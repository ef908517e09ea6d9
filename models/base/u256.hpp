// An unsigned 256-bit integer of four 64-bit words: proof-of-work targets, account balances and
// later the words of contract engines. Arithmetic is modulo 2^256 unless the name says otherwise.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/bytes.hpp"
#include "models/base/int128.hpp"

namespace ledgerlab {

struct U256 {
  /// Least significant word first.
  std::array<std::uint64_t, 4> words{};

  constexpr U256() = default;
  constexpr U256(std::uint64_t value) : words{value, 0, 0, 0} {}  // NOLINT: a number is a number
  constexpr U256(std::uint64_t w3, std::uint64_t w2, std::uint64_t w1, std::uint64_t w0)
      : words{w0, w1, w2, w3} {}

  static constexpr U256 max() { return {~0ull, ~0ull, ~0ull, ~0ull}; }

  constexpr bool is_zero() const { return (words[0] | words[1] | words[2] | words[3]) == 0; }
  constexpr bool fits64() const { return (words[1] | words[2] | words[3]) == 0; }
  constexpr std::uint64_t low64() const { return words[0]; }
  /// The number of bits up to the highest set one; 0 for zero.
  constexpr int bit_length() const {
    for (int i = 3; i >= 0; --i) {
      const std::uint64_t word = words[static_cast<std::size_t>(i)];
      if (word != 0) return 64 * i + std::bit_width(word);
    }
    return 0;
  }
  constexpr bool bit(unsigned index) const {
    return index < 256 && (words[index / 64] >> (index % 64) & 1) != 0;
  }

  template <class A>
  void fields(A& a) {
    a(words);
  }

  friend constexpr bool operator==(const U256&, const U256&) = default;
  friend constexpr std::strong_ordering operator<=>(const U256& a, const U256& b) {
    for (std::size_t i = 4; i-- > 0;) {
      if (a.words[i] != b.words[i]) return a.words[i] <=> b.words[i];
    }
    return std::strong_ordering::equal;
  }
};

namespace u256 {

/// a + b + carry; carry (0 or 1) becomes the carry out.
constexpr std::uint64_t add_word(std::uint64_t a, std::uint64_t b, unsigned char& carry) {
#if defined(__x86_64__)
  // The compilers make good carry chains of this intrinsic only (DESIGN 15).
  if (!std::is_constant_evaluated()) {
    unsigned long long sum = 0;
    carry = __builtin_ia32_addcarryx_u64(carry, a, b, &sum);
    return sum;
  }
#endif
  const Uint128 sum = Uint128{a} + b + carry;
  carry = static_cast<unsigned char>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

/// a - b - borrow; borrow (0 or 1) becomes the borrow out.
constexpr std::uint64_t subtract_word(std::uint64_t a, std::uint64_t b, unsigned char& borrow) {
#if defined(__x86_64__)
  if (!std::is_constant_evaluated()) {
    unsigned long long difference = 0;
#if defined(__clang__)
    borrow = __builtin_ia32_subborrow_u64(borrow, a, b, &difference);
#else
    borrow = __builtin_ia32_sbb_u64(borrow, a, b, &difference);
#endif
    return difference;
  }
#endif
  const Uint128 difference = Uint128{a} - b - borrow;
  borrow = static_cast<unsigned char>(difference >> 64 & 1);
  return static_cast<std::uint64_t>(difference);
}

/// a * b + c + d, which never exceeds 128 bits: the low word, the high one into `high`.
constexpr std::uint64_t multiply_add(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                     std::uint64_t d, std::uint64_t& high) {
  const Uint128 product = Uint128{a} * b + c + d;
  high = static_cast<std::uint64_t>(product >> 64);
  return static_cast<std::uint64_t>(product);
}

}  // namespace u256

constexpr U256 add(const U256& a, const U256& b, bool& overflow) {
  unsigned char carry = 0;
  const std::uint64_t w0 = u256::add_word(a.words[0], b.words[0], carry);
  const std::uint64_t w1 = u256::add_word(a.words[1], b.words[1], carry);
  const std::uint64_t w2 = u256::add_word(a.words[2], b.words[2], carry);
  const std::uint64_t w3 = u256::add_word(a.words[3], b.words[3], carry);
  overflow = carry != 0;
  return {w3, w2, w1, w0};
}

constexpr U256 subtract(const U256& a, const U256& b, bool& underflow) {
  unsigned char borrow = 0;
  const std::uint64_t w0 = u256::subtract_word(a.words[0], b.words[0], borrow);
  const std::uint64_t w1 = u256::subtract_word(a.words[1], b.words[1], borrow);
  const std::uint64_t w2 = u256::subtract_word(a.words[2], b.words[2], borrow);
  const std::uint64_t w3 = u256::subtract_word(a.words[3], b.words[3], borrow);
  underflow = borrow != 0;
  return {w3, w2, w1, w0};
}

constexpr U256 operator+(const U256& a, const U256& b) {
  bool ignored = false;
  return add(a, b, ignored);
}
constexpr U256 operator-(const U256& a, const U256& b) {
  bool ignored = false;
  return subtract(a, b, ignored);
}

/// a + b, or nothing if it does not fit.
constexpr std::optional<U256> checked_add(const U256& a, const U256& b) {
  bool overflow = false;
  const U256 sum = add(a, b, overflow);
  if (overflow) return std::nullopt;
  return sum;
}

/// a - b, or nothing if b is larger.
constexpr std::optional<U256> checked_subtract(const U256& a, const U256& b) {
  bool underflow = false;
  const U256 difference = subtract(a, b, underflow);
  if (underflow) return std::nullopt;
  return difference;
}

/// The low 256 bits of the product: ten partial products, unrolled.
constexpr U256 operator*(const U256& a, const U256& b) {
  using u256::multiply_add;
  const auto& x = a.words;
  const auto& y = b.words;
  std::uint64_t c = 0;
  const std::uint64_t w0 = multiply_add(x[0], y[0], 0, 0, c);
  std::uint64_t w1 = multiply_add(x[0], y[1], c, 0, c);
  std::uint64_t w2 = multiply_add(x[0], y[2], c, 0, c);
  std::uint64_t w3 = x[0] * y[3] + c;
  w1 = multiply_add(x[1], y[0], w1, 0, c);
  w2 = multiply_add(x[1], y[1], w2, c, c);
  w3 += x[1] * y[2] + c;
  w2 = multiply_add(x[2], y[0], w2, 0, c);
  w3 += x[2] * y[1] + c;
  w3 += x[3] * y[0];
  return {w3, w2, w1, w0};
}

constexpr U256 operator&(const U256& a, const U256& b) {
  return {a.words[3] & b.words[3], a.words[2] & b.words[2], a.words[1] & b.words[1],
          a.words[0] & b.words[0]};
}
constexpr U256 operator|(const U256& a, const U256& b) {
  return {a.words[3] | b.words[3], a.words[2] | b.words[2], a.words[1] | b.words[1],
          a.words[0] | b.words[0]};
}
constexpr U256 operator^(const U256& a, const U256& b) {
  return {a.words[3] ^ b.words[3], a.words[2] ^ b.words[2], a.words[1] ^ b.words[1],
          a.words[0] ^ b.words[0]};
}
constexpr U256 operator~(const U256& a) {
  return {~a.words[3], ~a.words[2], ~a.words[1], ~a.words[0]};
}

/// Shifts by 256 and more give zero.
constexpr U256 operator<<(const U256& a, unsigned shift) {
  U256 out;
  if (shift >= 256) return out;
  const unsigned whole = shift / 64;
  const unsigned part = shift % 64;
  for (unsigned i = whole; i < 4; ++i) {
    out.words[i] = a.words[i - whole] << part;
    if (part != 0 && i > whole) out.words[i] |= a.words[i - whole - 1] >> (64 - part);
  }
  return out;
}
constexpr U256 operator>>(const U256& a, unsigned shift) {
  U256 out;
  if (shift >= 256) return out;
  const unsigned whole = shift / 64;
  const unsigned part = shift % 64;
  for (unsigned i = 0; i + whole < 4; ++i) {
    out.words[i] = a.words[i + whole] >> part;
    if (part != 0 && i + whole + 1 < 4) out.words[i] |= a.words[i + whole + 1] << (64 - part);
  }
  return out;
}

struct U256Division {
  U256 quotient;
  U256 remainder;
};

namespace u256 {

/// Knuth, The Art of Computer Programming, vol. 2, 4.3.1, algorithm D: `n` words of a divisor of at
/// least two words, `m + n` words of a dividend.
constexpr U256Division long_division(const U256& a, const U256& b) {
  const unsigned n = static_cast<unsigned>(b.bit_length() + 63) / 64;
  const unsigned shift = static_cast<unsigned>(std::countl_zero(b.words[n - 1]));
  const U256 v = b << shift;
  const U256 low = a << shift;
  std::array<std::uint64_t, 5> u = {low.words[0], low.words[1], low.words[2], low.words[3],
                                    shift == 0 ? 0 : a.words[3] >> (64 - shift)};
  U256Division out;
  for (unsigned j = 5 - n; j-- > 0;) {
    const Uint128 top = Uint128{u[j + n]} << 64 | u[j + n - 1];
    // D3: estimate, then correct by the second word; the estimate is at most two too large.
    Uint128 q = u[j + n] >= v.words[n - 1] ? Uint128{~0ull} : top / v.words[n - 1];
    Uint128 r = top - q * v.words[n - 1];
    while ((r >> 64) == 0 && q * v.words[n - 2] > (r << 64 | u[j + n - 2])) {
      --q;
      r += v.words[n - 1];
    }
    auto digit = static_cast<std::uint64_t>(q);
    // D4: multiply and subtract.
    std::uint64_t carry = 0;
    unsigned char borrow = 0;
    for (unsigned i = 0; i < n; ++i) {
      const std::uint64_t part = multiply_add(digit, v.words[i], carry, 0, carry);
      u[i + j] = subtract_word(u[i + j], part, borrow);
    }
    u[j + n] = subtract_word(u[j + n], carry, borrow);
    if (borrow != 0) {  // D6: add back
      --digit;
      unsigned char back = 0;
      for (unsigned i = 0; i < n; ++i) u[i + j] = add_word(u[i + j], v.words[i], back);
      u[j + n] += back;
    }
    out.quotient.words[j] = digit;
  }
  out.remainder = U256(u[3], u[2], u[1], u[0]) >> shift;
  return out;
}

}  // namespace u256

/// Quotient and remainder; both are zero when the divisor is (the EVM's rule).
constexpr U256Division divide(const U256& a, const U256& b) {
  if (b.is_zero()) return {};
  if (a < b) return {U256(), a};
  if (!b.fits64()) return u256::long_division(a, b);
  U256Division out;
  std::uint64_t rest = 0;
  for (std::size_t i = 4; i-- > 0;) {
    const Uint128 part = Uint128{rest} << 64 | a.words[i];
    if (rest == 0) {
      out.quotient.words[i] = a.words[i] / b.words[0];
      rest = a.words[i] % b.words[0];
    } else {
      out.quotient.words[i] = static_cast<std::uint64_t>(part / b.words[0]);
      rest = static_cast<std::uint64_t>(part % b.words[0]);
    }
  }
  out.remainder = U256(rest);
  return out;
}
constexpr U256 operator/(const U256& a, const U256& b) { return divide(a, b).quotient; }
constexpr U256 operator%(const U256& a, const U256& b) { return divide(a, b).remainder; }

/// The product, or nothing if it does not fit.
constexpr std::optional<U256> checked_multiply(const U256& a, const U256& b) {
  if (a.is_zero() || b.is_zero()) return U256();
  const U256 product = a * b;
  // The bit lengths decide all but the cases next to 2^256.
  if (a.bit_length() + b.bit_length() > 257 || product / b != a) return std::nullopt;
  return product;
}

constexpr U256& operator+=(U256& a, const U256& b) { return a = a + b; }
constexpr U256& operator-=(U256& a, const U256& b) { return a = a - b; }
constexpr U256& operator*=(U256& a, const U256& b) { return a = a * b; }

/// 32 bytes, most significant first.
FixedBytes<32> to_big_endian(const U256& value);
/// Up to 32 bytes, most significant first; nothing if there are more.
std::optional<U256> u256_from_big_endian(ByteView bytes);
/// A 32-byte hash read as a number, most significant byte first.
U256 u256_from(const FixedBytes<32>& bytes);
/// The bytes without leading zeros, as RLP wants them; empty for zero.
Bytes to_minimal_big_endian(const U256& value);

std::string to_decimal(const U256& value);
/// Lower-case, without leading zeros and without prefix; "0" for zero.
std::string to_hex_number(const U256& value);
/// Decimal digits, or hexadecimal ones after "0x"; nothing on anything else or an overflow.
std::optional<U256> u256_from_text(std::string_view text);

}  // namespace ledgerlab
