// Bilinearity, the groups' orders, and every way a point can be wrong.
#include "models/crypto/bn254.hpp"

#include <gtest/gtest.h>

#include <string>

#include "models/base/u256.hpp"

namespace ledgerlab::bn254 {
namespace {

const std::string order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
const std::string modulus = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

std::string word(std::uint64_t value) { return to_hex(to_big_endian(U256(value))); }

const std::string g1 = word(1) + word(2);
const std::string infinity = word(0) + word(0);
// EIP-197's generator, its double, and the point with x = 1, which is outside the group of order r.
const std::string g2 =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
const std::string g2_twice =
    "203e205db4f19b37b60121b83a7333706db86431c6d835849957ed8c3928ad79"
    "27dc7234fd11d3e8c36c59277c3e6f149d5cd3cfa9a62aee49f8130962b4b3b9"
    "195e8aa5b7827463722b8c153931579d3505566b4edf48d498e185f0509de152"
    "04bb53b8977e5f92a0bc372742c4830944a59b4fe6b1c0466e2a6dad122b5d2e";
const std::string outside = word(0) + word(1) +
                            "0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4" +
                            "2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb";

std::string times(const std::string& point, const std::string& scalar) {
  const auto product = multiply(*from_hex(point + scalar));
  return product ? to_hex(*product) : "refused";
}
std::string plus(const std::string& a, const std::string& b) {
  const auto sum = add(*from_hex(a + b));
  return sum ? to_hex(*sum) : "refused";
}
std::optional<bool> check(const std::string& pairs) { return pairing_check(*from_hex(pairs)); }
/// -k modulo the order.
std::string negative(std::uint64_t k) {
  return to_hex(to_big_endian(*u256_from_big_endian(*from_hex(order)) - U256(k)));
}

TEST(Bn254, GroupLaw) {
  EXPECT_EQ(times(g1, order), infinity);
  EXPECT_EQ(times(g1, negative(1)),
            word(1) + to_hex(to_big_endian(*u256_from_big_endian(*from_hex(modulus)) - U256(2))));
  EXPECT_EQ(plus(g1, g1), times(g1, word(2)));
  EXPECT_EQ(plus(times(g1, word(1234567)), times(g1, word(7654321))), times(g1, word(8888888)));
  EXPECT_EQ(plus(g1, times(g1, negative(1))), infinity);
  EXPECT_EQ(plus(infinity, g1), g1);
  EXPECT_EQ(plus(infinity, infinity), infinity);
  // Scalars above the order are allowed (EIP-196).
  EXPECT_EQ(times(g1, std::string(64, 'f')),
            plus(times(g1, "f" + std::string(63, '0')), times(g1, "0" + std::string(63, 'f'))));
}

TEST(Bn254, PairingIsBilinear) {
  EXPECT_EQ(check(""), true);
  EXPECT_EQ(check(g1 + g2), false);
  EXPECT_EQ(check(g1 + g2 + times(g1, negative(1)) + g2), true);
  EXPECT_EQ(check(g1 + g2_twice + times(g1, negative(2)) + g2), true);
  EXPECT_EQ(check(g1 + g2_twice + times(g1, negative(3)) + g2), false);
  EXPECT_EQ(check(times(g1, word(91)) + g2 + times(g1, word(9)) + g2_twice +
                  times(g1, negative(109)) + g2),
            true);
  EXPECT_EQ(check(infinity + g2), true);
  EXPECT_EQ(check(g1 + infinity + infinity), true);
}

TEST(Bn254, RefusesWhatIsNoPoint) {
  EXPECT_EQ(plus(word(1) + word(3), g1), "refused");
  EXPECT_EQ(plus(modulus + word(0), g1), "refused");  // a second name for infinity
  const std::string one_again =
      to_hex(to_big_endian(*u256_from_big_endian(*from_hex(modulus)) + U256(1)));
  EXPECT_EQ(plus(one_again + word(2), g1), "refused");
  EXPECT_EQ(times(word(1) + one_again, word(1)), "refused");
  EXPECT_EQ(check(g1 + g2.substr(0, 254) + "ff"), std::nullopt);
  EXPECT_EQ(check(word(1) + word(1) + g2), std::nullopt);
  EXPECT_EQ(check(g1 + g2 + "00"), std::nullopt);
  EXPECT_EQ(check(g1 + modulus + word(0) + word(0) + word(0)), std::nullopt);
}

TEST(Bn254, RefusesPointsOutsideTheSubgroup) {
  EXPECT_EQ(check(g1 + outside), std::nullopt);
  EXPECT_EQ(check(infinity + outside), std::nullopt);
}

}  // namespace
}  // namespace ledgerlab::bn254
