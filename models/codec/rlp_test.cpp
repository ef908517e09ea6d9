// RLP: the examples of the Ethereum documentation, strictness, and a fuzz: what decodes encodes to
// the same bytes. The long lists are in tests/vectors.
#include "models/codec/rlp.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ledgerlab::rlp {
namespace {

std::string hex_of(std::string_view text) {
  Bytes out;
  append(out, as_bytes(text));
  return to_hex(out);
}

std::string number_of(const U256& number) {
  Bytes out;
  append(out, number);
  return to_hex(out);
}

TEST(Rlp, Strings) {
  EXPECT_EQ(hex_of(""), "80");
  EXPECT_EQ(hex_of("dog"), "83646f67");
  EXPECT_EQ(hex_of("\x7f"), "7f");
  EXPECT_EQ(hex_of("\x80"), "8180");
  EXPECT_EQ(hex_of(std::string(55, 'a')).substr(0, 4), "b761");
  EXPECT_EQ(hex_of(std::string(56, 'a')).substr(0, 6), "b83861");
  EXPECT_EQ(hex_of(std::string(1024, 'a')).substr(0, 8), "b9040061");
}

TEST(Rlp, Numbers) {
  EXPECT_EQ(number_of(0), "80");
  EXPECT_EQ(number_of(15), "0f");
  EXPECT_EQ(number_of(127), "7f");
  EXPECT_EQ(number_of(128), "8180");
  EXPECT_EQ(number_of(1024), "820400");
  EXPECT_EQ(number_of(U256::max()), "a0" + std::string(64, 'f'));
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127},
                                std::uint64_t{128}, std::uint64_t{256}, ~std::uint64_t{0}}) {
    Bytes out;
    append(out, n);
    EXPECT_EQ(to_hex(out), number_of(n));
    Cursor cursor(out);
    EXPECT_EQ(cursor.number(), n);
    EXPECT_TRUE(cursor.finished());
  }
}

TEST(Rlp, Lists) {
  // The set-theoretical representation of three: [ [], [[]], [ [], [[]] ] ].
  const Bytes three = *from_hex("c7c0c1c0c3c0c1c0");
  const auto item = decode(three);
  ASSERT_TRUE(item);
  ASSERT_EQ(item->items.size(), 3u);
  EXPECT_EQ(item->items[2].items.size(), 2u);
  EXPECT_EQ(encode(*item), three);
}

TEST(Rlp, CursorChecksEveryStep) {
  const Bytes bytes = *from_hex("c88363617483646f67");  // ["cat", "dog"]
  auto cursor = Cursor::list(bytes);
  ASSERT_TRUE(cursor);
  EXPECT_EQ(to_hex(cursor->bytes()), "636174");
  EXPECT_FALSE(cursor->finished());
  EXPECT_EQ(to_hex(cursor->fixed<3>()), "646f67");
  EXPECT_TRUE(cursor->finished());
  cursor->bytes();
  EXPECT_FALSE(cursor->ok());

  const auto refuses = [](std::string_view hex, auto read) {
    const Bytes input = *from_hex(hex);
    Cursor at(input);
    read(at);
    return !at.ok();
  };
  EXPECT_TRUE(refuses("820001", [](Cursor& c) { c.number(); })) << "leading zero";
  EXPECT_TRUE(refuses("00", [](Cursor& c) { c.number(); })) << "zero is the empty string";
  EXPECT_TRUE(refuses("89010000000000000000", [](Cursor& c) { c.number(); })) << "2^64";
  EXPECT_FALSE(refuses("89010000000000000000", [](Cursor& c) { c.number256(); }));
  EXPECT_TRUE(refuses("c0", [](Cursor& c) { c.bytes(); }));
  EXPECT_TRUE(refuses("80", [](Cursor& c) { c.list(); }));
  EXPECT_TRUE(refuses("820102", [](Cursor& c) { c.fixed<3>(); }));
}

TEST(Rlp, RefusesOtherForms) {
  for (const char* hex : {"", "8100", "817f", "b800", "b837", "b90038", "f800", "f80100", "83646f",
                          "c101c0", "c2", "bfffffffffffffffff", "ffffffffffffffffff", "8080"}) {
    EXPECT_FALSE(decode(*from_hex(hex))) << hex;
  }
}

TEST(Rlp, DeepListsAreRefused) {
  Bytes bytes = {0xc0};
  for (int i = 0; i < max_depth + 10; ++i) {
    Bytes outer;
    append_list(outer, bytes);
    bytes = outer;
  }
  EXPECT_FALSE(decode(bytes));
}

Item any_item(int depth) {
  Item item;
  item.is_list = depth > 0 && *rc::gen::arbitrary<bool>();
  if (!item.is_list) {
    item.bytes = *rc::gen::arbitrary<Bytes>();
    return item;
  }
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) item.items.push_back(any_item(depth - 1));
  return item;
}

RC_GTEST_PROP(Rlp, RoundTrip, ()) {
  const Item item = any_item(4);
  RC_ASSERT(decode(encode(item)) == item);
}

RC_GTEST_PROP(Rlp, ChangedBytesAreRefusedOrCanonical, ()) {
  Bytes bytes = encode(any_item(4));
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = *rc::gen::arbitrary<Byte>();
  if (const auto item = decode(bytes)) RC_ASSERT(encode(*item) == bytes);
  const auto cut = ByteView(bytes).first(at);
  if (const auto item = decode(cut)) RC_ASSERT(encode(*item) == Bytes(cut.begin(), cut.end()));
}

}  // namespace
}  // namespace ledgerlab::rlp
