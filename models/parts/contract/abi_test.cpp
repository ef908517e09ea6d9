// The examples of the ABI specification ("Examples", "Use of Dynamic Types") and what decoding must
// refuse.
#include "models/parts/contract/abi.hpp"

#include <gtest/gtest.h>

namespace ledgerlab::contract {
namespace {

AbiValue uint(std::uint16_t bits, std::uint64_t number) {
  return {{AbiKind::number, bits}, number};
}
AbiValue bytes_n(std::string_view text) {
  const Bytes bytes(text.begin(), text.end());
  const auto bits = static_cast<std::uint16_t>(8 * bytes.size());
  return {{AbiKind::word, bits}, *u256_from_big_endian(bytes) << (256u - bits)};
}
AbiValue array(AbiType type, std::vector<AbiValue> items) {
  AbiValue out;
  out.type = type;
  out.items = std::move(items);
  return out;
}
AbiValue bytes(std::string_view text) { return abi_bytes(Bytes(text.begin(), text.end())); }

std::string word(std::string_view hex) {
  return std::string(64 - hex.size(), '0') + std::string(hex);
}
std::string padded(std::string hex) {
  hex.resize((hex.size() + 63) / 64 * 64, '0');
  return hex;
}

TEST(Abi, Selectors) {
  const auto hex = [](std::string_view text) { return to_hex(selector_of(text)); };
  EXPECT_EQ(hex("baz(uint32,bool)"), "cdcd77c0");
  EXPECT_EQ(hex("sam(bytes,bool,uint256[])"), "a5643bf2");
  EXPECT_EQ(hex("f(uint256,uint32[],bytes10,bytes)"), "8be65246");
}

TEST(Abi, FixedArrayStandsInTheHead) {  // bar(bytes3[2])
  const std::vector<AbiValue> values = {
      array({AbiKind::array, 24, AbiKind::word, 2}, {bytes_n("abc"), bytes_n("def")})};
  EXPECT_EQ(to_hex(abi_encode(values)), padded("616263") + padded("646566"));
}

TEST(Abi, DynamicTypes) {  // f(uint256,uint32[],bytes10,bytes)
  const std::vector<AbiValue> values = {
      uint(256, 0x123), array({AbiKind::array, 32}, {uint(32, 0x456), uint(32, 0x789)}),
      bytes_n("1234567890"), bytes("Hello, world!")};
  const std::string want = word("123") + word("80") + padded("31323334353637383930") + word("e0") +
                           word("2") + word("456") + word("789") + word("d") +
                           padded("48656c6c6f2c20776f726c6421");
  EXPECT_EQ(to_hex(abi_encode(values)), want);
  const auto types = parse_types("uint256,uint32[],bytes10,bytes").value();
  const auto decoded = abi_decode(types, abi_encode(values));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(to_hex(abi_encode(*decoded)), want);
}

TEST(Abi, ArrayOfTexts) {  // the last argument of g(uint256[][],string[])
  const AbiType texts{AbiKind::array, 0, AbiKind::text, 0};
  AbiValue one = bytes("one"), two = bytes("two");
  const std::vector<AbiValue> values = {array(texts, {one, two})};
  EXPECT_EQ(to_hex(abi_encode(values)), word("20") + word("2") + word("40") + word("80") +
                                            word("3") + padded("6f6e65") + word("3") +
                                            padded("74776f"));
  const auto decoded = abi_decode(parse_types("string[]").value(), abi_encode(values));
  ASSERT_TRUE(decoded);
  ASSERT_EQ((*decoded)[0].items.size(), 2u);
  EXPECT_EQ((*decoded)[0].items[1].bytes, two.bytes);
}

TEST(Abi, RefusesWhatSolidityRevertsOn) {
  const auto types = parse_types("uint8,uint32[]").value();
  const auto decodes = [&](const std::string& hex) {
    return abi_decode(types, from_hex(hex).value()).has_value();
  };
  EXPECT_TRUE(decodes(word("ff") + word("40") + word("1") + word("7")));
  EXPECT_FALSE(decodes(word("100") + word("40") + word("1") + word("7"))) << "beyond uint8";
  EXPECT_FALSE(decodes(word("ff") + word("40") + word("2") + word("7"))) << "an item is missing";
  EXPECT_FALSE(decodes(word("ff") + word("40") + std::string(64, 'f') + word("7"))) << "length";
  EXPECT_FALSE(decodes(word("ff") + word("a0") + word("1") + word("7"))) << "offset";
  EXPECT_FALSE(decodes(word("ff") + word("40") + word("1") + word("100000000"))) << "uint32";
}

TEST(Abi, TypesThatAreNotOffered) {
  for (const char* list : {"uint", "uint7", "uint264", "bytes33", "uint8[][]", "(uint8)", "uint8,",
                           "uint8]", "uint8[x]"}) {
    EXPECT_FALSE(parse_types(list)) << list;
  }
  EXPECT_TRUE(parse_signature("f(uint8)"));
  EXPECT_FALSE(parse_signature("f(uint8[])")) << "no engine hands an array to a script";
}

}  // namespace
}  // namespace ledgerlab::contract
