// 256-bit arithmetic against Boost.Multiprecision on random and on awkward numbers.
#include "models/base/u256.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>

#include "models/base/amount.hpp"
#include "models/base/draw.hpp"

namespace ledgerlab {
namespace {

using Oracle = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    256, 256, boost::multiprecision::unsigned_magnitude, boost::multiprecision::unchecked, void>>;
using Wide = boost::multiprecision::cpp_int;

std::string prefixed(const U256& value) {
  std::string text("0x");
  return text.append(to_hex_number(value));
}
Oracle oracle(const U256& value) { return Oracle(prefixed(value)); }

/// Numbers of every length, with long runs of ones and zeros: where carries and quotient estimates
/// go wrong.
U256 awkward(std::uint64_t index) {
  const auto word = [&](std::uint64_t i) {
    const std::uint64_t u = draw64(3, 0, Purpose("u256"), index * 8 + i);
    switch (draw64(3, 1, Purpose("u256"), index * 8 + i) % 6) {
      case 0:
        return std::uint64_t{0};
      case 1:
        return ~std::uint64_t{0};
      case 2:
        return u >> (u & 63);
      case 3:
        return std::uint64_t{1} << (u & 63);
      default:
        return u;
    }
  };
  const U256 value(word(0), word(1), word(2), word(3));
  return value >> static_cast<unsigned>(draw64(3, 2, Purpose("u256"), index) % 257);
}

TEST(U256, AgreesWithBoost) {
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const U256 a = awkward(2 * i);
    const U256 b = awkward(2 * i + 1);
    const Oracle x = oracle(a);
    const Oracle y = oracle(b);
    ASSERT_EQ(oracle(a + b), Oracle(x + y));
    ASSERT_EQ(oracle(a - b), Oracle(x - y));
    ASSERT_EQ(oracle(a * b), Oracle(x * y));
    ASSERT_EQ(oracle(a & b), Oracle(x & y));
    ASSERT_EQ(oracle(a | b), Oracle(x | y));
    ASSERT_EQ(oracle(a ^ b), Oracle(x ^ y));
    ASSERT_EQ(a < b, x < y);
    ASSERT_EQ(checked_add(a, b).has_value(), Wide(x) + Wide(y) <= Wide(~Oracle(0)));
    ASSERT_EQ(checked_subtract(a, b).has_value(), x >= y);
    ASSERT_EQ(checked_multiply(a, b).has_value(), Wide(x) * Wide(y) <= Wide(~Oracle(0)));
    if (!b.is_zero()) {
      ASSERT_EQ(oracle(a / b), Oracle(x / y)) << to_hex_number(a) << " / " << to_hex_number(b);
      ASSERT_EQ(oracle(a % b), Oracle(x % y)) << to_hex_number(a) << " % " << to_hex_number(b);
    }
    const auto shift = static_cast<unsigned>(i % 260);
    ASSERT_EQ(oracle(a << shift), shift < 256 ? Oracle(x << shift) : Oracle(0)) << shift;
    ASSERT_EQ(oracle(a >> shift), shift < 256 ? Oracle(x >> shift) : Oracle(0)) << shift;
    ASSERT_EQ(a.bit_length(), x == 0 ? 0 : static_cast<int>(msb(x)) + 1);
    ASSERT_EQ(to_decimal(a), x.str());
    ASSERT_EQ(u256_from_text(x.str()), a);
    ASSERT_EQ(u256_from_text(prefixed(a)), a);
    ASSERT_EQ(u256_from_big_endian(to_minimal_big_endian(a)), a);
    ASSERT_EQ(u256_from(to_big_endian(a)), a);
  }
}

// The same code in the compiler: nothing in it depends on the intrinsics of the running machine.
constexpr U256 big(0x8000000000000000, 1, ~0ull, 5);
static_assert(big / U256(0, 0, 1, 7) * U256(0, 0, 1, 7) + big % U256(0, 0, 1, 7) == big);
static_assert(U256::max() + U256(1) == U256());
static_assert(U256() - U256(1) == U256::max());
static_assert(((U256(1) << 255) >> 255) == U256(1));
static_assert(divide(big, U256()).quotient.is_zero() && divide(big, U256()).remainder.is_zero());

TEST(U256, AddBackStepOfTheDivision) {
  // Dividends just below a multiple of a divisor with a low second word need Knuth's step D6.
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const U256 b = U256(0, 0x8000000000000000, 0, i + 1);
    for (const std::uint64_t q : {std::uint64_t{3}, ~std::uint64_t{0}, ~std::uint64_t{0} - i}) {
      const U256 a = b * U256(q) - U256(1);
      ASSERT_EQ(a / b, U256(q - 1));
      ASSERT_EQ(a % b, b - U256(1));
    }
  }
}

TEST(U256, TextThatIsNoNumber) {
  for (const char* text :
       {"", "0x", "-1", "1 ", "0xg", "1a",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936"}) {
    EXPECT_FALSE(u256_from_text(text)) << text;
  }
  EXPECT_EQ(u256_from_text(
                "115792089237316195423570985008687907853269984665640564039457584007913129639935"),
            U256::max());
  EXPECT_FALSE(u256_from_big_endian(Bytes(33)));
}

TEST(Amount, DoesNotWrap) {
  const Amount most{~0ull};
  EXPECT_EQ(checked_add(Amount{1}, Amount{2}), Amount{3});
  EXPECT_FALSE(checked_add(most, Amount{1}));
  EXPECT_FALSE(checked_subtract(Amount{1}, Amount{2}));
  EXPECT_EQ(checked_subtract(Amount{2}, Amount{2}), Amount{0});
  EXPECT_FALSE(checked_multiply(most, 2));
  EXPECT_EQ(checked_multiply(Amount{21'000}, 5), Amount{105'000});
}

}  // namespace
}  // namespace ledgerlab
