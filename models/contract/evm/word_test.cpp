// Words against Boost.Multiprecision, on numbers that sit near the edges of words and signs.
#include "models/contract/evm/word.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>

namespace ledgerlab::evm {
namespace {

using Big = boost::multiprecision::cpp_int;

const Big two_256 = Big(1) << 256;

Big big(const U256& word) {
  Big out = 0;
  for (std::size_t i = 4; i-- > 0;) out = (out << 64) + word.words[i];
  return out;
}
/// Modulo 2^256, negative numbers in two's complement.
U256 word(Big number) {
  number %= two_256;
  if (number < 0) number += two_256;
  U256 out;
  for (std::uint64_t& part : out.words) {
    part = static_cast<std::uint64_t>(number & 0xffff'ffff'ffff'ffffu);
    number >>= 64;
  }
  return out;
}
Big signed_big(const U256& word) { return is_negative(word) ? big(word) - two_256 : big(word); }

/// SplitMix64 gives words; many of them are all zeros or ones, or next to it.
class Words {
 public:
  U256 next() {
    U256 out;
    for (std::uint64_t& part : out.words) {
      const std::uint64_t kind = draw() % 6;
      const std::uint64_t value = draw();
      part = kind == 0 ? 0 : kind == 1 ? ~0ull : kind == 2 ? value % 4 : value;
    }
    return out;
  }

 private:
  std::uint64_t draw() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  std::uint64_t state_ = 5;
};

TEST(EvmWord, AgreesWithBoost) {
  Words words;
  for (int i = 0; i < 20'000; ++i) {
    const U256 a = words.next(), b = words.next(), m = words.next();
    ASSERT_EQ(less(a, b), big(a) < big(b));
    ASSERT_EQ(signed_less(a, b), signed_big(a) < signed_big(b));
    if (!b.is_zero()) {
      ASSERT_EQ(signed_divide(a, b), word(signed_big(a) / signed_big(b)));
      ASSERT_EQ(signed_modulo(a, b), word(signed_big(a) % signed_big(b)));
    }
    if (!m.is_zero()) {
      ASSERT_EQ(add_modulo(a, b, m), word((big(a) + big(b)) % big(m)));
      ASSERT_EQ(multiply_modulo(a, b, m), word((big(a) * big(b)) % big(m)))
          << to_hex_number(a) << ' ' << to_hex_number(b) << ' ' << to_hex_number(m);
    }
  }
}

TEST(EvmWord, SmallModuliAgreeWithBoost) {
  Words words;
  for (int i = 0; i < 20'000; ++i) {
    const U256 a = words.next(), b = words.next();
    const U256 m = words.next() >> static_cast<unsigned>(64 * (1 + i % 3) + i % 61);
    if (m.is_zero()) continue;
    ASSERT_EQ(add_modulo(a, b, m), word((big(a) + big(b)) % big(m)));
    ASSERT_EQ(multiply_modulo(a, b, m), word((big(a) * big(b)) % big(m)));
  }
}

TEST(EvmWord, DivisionByZeroIsZero) {
  EXPECT_EQ(signed_divide(U256::max(), U256()), U256());
  EXPECT_EQ(signed_modulo(U256::max(), U256()), U256());
  EXPECT_EQ(add_modulo(U256::max(), U256(1), U256()), U256());
  EXPECT_EQ(multiply_modulo(U256::max(), U256(2), U256()), U256());
}

TEST(EvmWord, PowersAgreeWithBoost) {
  Words words;
  for (int i = 0; i < 200; ++i) {
    const U256 base = words.next(), exponent = words.next();
    ASSERT_EQ(power(base, exponent),
              word(boost::multiprecision::powm(big(base), big(exponent), two_256)));
  }
}

TEST(EvmWord, ShiftsBytesAndSigns) {
  Words words;
  for (unsigned i = 0; i < 300; ++i) {
    const U256 value = words.next();
    const Big shifted = i >= 256 ? Big(signed_big(value) < 0 ? -1 : 0) : [&] {
      // Towards minus infinity.
      const Big number = signed_big(value), unit = Big(1) << i;
      Big quotient = number / unit;
      if (number < 0 && quotient * unit != number) --quotient;
      return quotient;
    }();
    ASSERT_EQ(shift_right_arithmetic(U256(i), value), word(shifted)) << i;
    ASSERT_EQ(byte_at(U256(i), value), i < 32 ? U256(to_big_endian(value).data[i]) : U256());
    if (i < 31) {
      Big low = big(value) % (Big(1) << (8 * i + 8));
      if ((low >> (8 * i + 7)) != 0) low -= Big(1) << (8 * i + 8);
      ASSERT_EQ(sign_extend(U256(i), value), word(low)) << i;
    } else {
      ASSERT_EQ(sign_extend(U256(i), value), value);
    }
  }
}

TEST(EvmWord, BytesAndAddressesGoRound) {
  Words words;
  for (int i = 0; i < 100; ++i) {
    const U256 value = words.next();
    U256 back;
    const Hash256 bytes = hash_from(value);
    EXPECT_EQ(bytes, to_big_endian(value));
    load_word(back, bytes.data.data());
    EXPECT_EQ(back, value);
    EXPECT_EQ(word_from(address_from(value)), word(big(value) % (Big(1) << 160)));
  }
}

}  // namespace
}  // namespace ledgerlab::evm
