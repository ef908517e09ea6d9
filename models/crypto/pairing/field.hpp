// A prime field of N 64-bit words in Montgomery form (x is kept as x * 2^(64N) mod p). The top bit
// of the modulus must be clear. Times depend on the values: secrets of simulated nodes only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::pairing {

template <std::size_t N>
using Words = std::array<std::uint64_t, N>;  // least significant first

/// Hexadecimal digits without prefix; for constants.
template <std::size_t N>
constexpr Words<N> words_from_hex(std::string_view hex) {
  Words<N> out{};
  std::size_t position = 0;
  for (std::size_t i = hex.size(); i-- > 0; ++position) {
    const char c = hex[i];
    const auto digit = static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    out.at(position / 16) |= digit << (4 * (position % 16));
  }
  return out;
}

/// (a + plus - minus) / divisor; the sum must fit, the divisor is small.
template <std::size_t N>
constexpr Words<N> adjusted(Words<N> a, std::uint64_t plus, std::uint64_t minus,
                            std::uint64_t divisor) {
  unsigned char carry = 0;
  unsigned char borrow = 0;
  for (std::size_t i = 0; i < N; ++i) {
    a[i] = u256::add_word(a[i], i == 0 ? plus : 0, carry);
    a[i] = u256::subtract_word(a[i], i == 0 ? minus : 0, borrow);
  }
  Uint128 rest = 0;
  for (std::size_t i = N; i-- > 0;) {
    rest = rest << 64 | a[i];
    a[i] = static_cast<std::uint64_t>(rest / divisor);
    rest %= divisor;
  }
  return a;
}

template <std::size_t N>
constexpr bool not_below(const Words<N>& a, const Words<N>& b) {
  for (std::size_t i = N; i-- > 0;) {
    if (a[i] != b[i]) return a[i] > b[i];
  }
  return true;
}

/// Modulus has a static constexpr Words<N> `modulus`.
template <class Modulus>
class PrimeField {
 public:
  static constexpr auto modulus = Modulus::modulus;
  static constexpr std::size_t word_count = modulus.size();
  static constexpr std::size_t byte_count = 8 * word_count;
  using W = Words<word_count>;
  static_assert(modulus[word_count - 1] >> 63 == 0 && (modulus[0] & 3) == 3);

  constexpr PrimeField() = default;
  constexpr explicit PrimeField(const W& plain) : words_(plain) { *this = *this * raw(r_squared); }
  static constexpr PrimeField from(std::uint64_t small) { return PrimeField(W{small}); }
  static constexpr PrimeField from_hex(std::string_view hex) {
    return PrimeField(words_from_hex<word_count>(hex));
  }
  static constexpr PrimeField one() { return raw(r); }

  /// byte_count bytes, most significant first; nothing if not below the modulus.
  static std::optional<PrimeField> decode(ByteView bytes) {
    W plain{};
    for (std::size_t i = 0; i < byte_count; ++i) {
      plain[(byte_count - 1 - i) / 8] |= std::uint64_t{bytes[i]}
                                         << (8 * ((byte_count - 1 - i) % 8));
    }
    if (not_below(plain, modulus)) return std::nullopt;
    return PrimeField(plain);
  }
  /// A number of any length, most significant byte first, modulo p.
  static PrimeField reduce(ByteView bytes) {
    PrimeField out;
    const PrimeField base = from(256);
    for (const Byte b : bytes) out = out * base + from(b);
    return out;
  }
  W plain() const { return (*this * raw(W{1})).words_; }
  void encode(Byte* out) const {
    const W value = plain();
    for (std::size_t i = 0; i < byte_count; ++i) {
      out[byte_count - 1 - i] = static_cast<Byte>(value[i / 8] >> (8 * (i % 8)));
    }
  }

  constexpr bool is_zero() const { return words_ == W{}; }
  friend constexpr bool operator==(const PrimeField&, const PrimeField&) = default;

  friend constexpr PrimeField operator+(const PrimeField& a, const PrimeField& b) {
    W sum{};
    unsigned char carry = 0;
#pragma GCC unroll 6
    for (std::size_t i = 0; i < word_count; ++i) {
      sum[i] = u256::add_word(a.words_[i], b.words_[i], carry);
    }
    return reduced(sum);
  }
  friend constexpr PrimeField operator-(const PrimeField& a, const PrimeField& b) {
    W difference{};
    unsigned char borrow = 0;
#pragma GCC unroll 6
    for (std::size_t i = 0; i < word_count; ++i) {
      difference[i] = u256::subtract_word(a.words_[i], b.words_[i], borrow);
    }
    const std::uint64_t mask = borrow != 0 ? ~0ull : 0;
    unsigned char carry = 0;
#pragma GCC unroll 6
    for (std::size_t i = 0; i < word_count; ++i) {
      difference[i] = u256::add_word(difference[i], modulus[i] & mask, carry);
    }
    return raw(difference);
  }
  constexpr PrimeField operator-() const { return PrimeField() - *this; }

  /// Montgomery multiplication, word by word (Acar's CIOS); the carry beyond the top word is always
  /// zero as the modulus leaves its top bit free.
  friend constexpr PrimeField operator*(const PrimeField& a, const PrimeField& b) {
    W t{};
#pragma GCC unroll 6
    for (std::size_t i = 0; i < word_count; ++i) {
      std::uint64_t product_high = 0;
      std::uint64_t reduce_high = 0;
      t[0] = u256::multiply_add(a.words_[0], b.words_[i], t[0], 0, product_high);
      const std::uint64_t m = t[0] * negative_inverse;
      u256::multiply_add(m, modulus[0], t[0], 0, reduce_high);
#pragma GCC unroll 6
      for (std::size_t j = 1; j < word_count; ++j) {
        t[j] = u256::multiply_add(a.words_[j], b.words_[i], t[j], product_high, product_high);
        t[j - 1] = u256::multiply_add(m, modulus[j], t[j], reduce_high, reduce_high);
      }
      t[word_count - 1] = product_high + reduce_high;
    }
    return reduced(t);
  }

  friend constexpr PrimeField square(const PrimeField& a) { return a * a; }
  friend constexpr PrimeField twice(const PrimeField& a) { return a + a; }

  template <std::size_t M>
  PrimeField power(const Words<M>& exponent) const {
    PrimeField out = one();
    for (std::size_t i = 64 * M; i-- > 0;) {
      out = out * out;
      if ((exponent[i / 64] >> (i % 64) & 1) != 0) out = out * *this;
    }
    return out;
  }
  /// Fermat; zero for zero.
  PrimeField inverse() const { return power(adjusted(modulus, 0, 2, 1)); }
  bool is_square() const { return is_zero() || power(adjusted(modulus, 0, 1, 2)) == one(); }
  /// For p = 3 mod 4; nothing if there is no root.
  std::optional<PrimeField> square_root() const {
    const PrimeField root = power(adjusted(modulus, 1, 0, 4));
    if (root * root == *this) return root;
    return std::nullopt;
  }
  /// True for numbers above (p - 1) / 2: which of y and -y is the "larger".
  bool is_larger_half() const { return not_below(plain(), adjusted(modulus, 1, 0, 2)); }
  bool is_odd() const { return (plain()[0] & 1) != 0; }

 private:
  static constexpr PrimeField raw(const W& words) {
    PrimeField out;
    out.words_ = words;
    return out;
  }
  /// Subtracts p once if that does not go below zero.
  static constexpr PrimeField reduced(const W& words) {
    W less{};
    unsigned char borrow = 0;
#pragma GCC unroll 6
    for (std::size_t i = 0; i < word_count; ++i) {
      less[i] = u256::subtract_word(words[i], modulus[i], borrow);
    }
    return raw(borrow != 0 ? words : less);
  }
  /// 2^exponent mod p.
  static constexpr W power_of_two(std::size_t exponent) {
    PrimeField out = raw(W{1});
    for (std::size_t i = 0; i < exponent; ++i) out = out + out;
    return out.words_;
  }
  /// -1 / p mod 2^64, by Newton's iteration.
  static constexpr std::uint64_t find_negative_inverse() {
    std::uint64_t inverse = 1;
    for (int i = 0; i < 6; ++i) inverse *= 2 - modulus[0] * inverse;
    return -inverse;
  }
  static constexpr std::uint64_t negative_inverse = find_negative_inverse();
  static constexpr W r = power_of_two(64 * word_count);
  static constexpr W r_squared = power_of_two(128 * word_count);

  W words_{};
};

}  // namespace ledgerlab::pairing
