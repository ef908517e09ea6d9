// The codec's promises: round trip, one encoding per value, and bytes of an enemy are refused
// without a throw and without a large allocation.
#include "models/codec/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

/// The largest single allocation since it was last cleared (allocation_test.cpp).
extern std::size_t largest_allocation;

namespace ledgerlab {
namespace {

enum class Colour : std::uint8_t { red, green, blue };
constexpr Colour max_value(Colour) { return Colour::blue; }

/// A reference-counted body with an encoding of its own, as blocks will be.
struct Body {
  std::uint64_t number = 0;
};
using BodyRef = std::shared_ptr<const Body>;
void codec_write(codec::Writer& writer, const BodyRef& body) { writer(body->number); }
bool codec_read(codec::Reader& reader, BodyRef& body) {
  Body read;
  reader(read.number);
  body = std::make_shared<Body>(read);
  return reader.ok() && read.number != 0;
}

struct Entry {
  std::uint64_t term = 0;
  Bytes command;
  template <class A>
  void fields(A& a) {
    a(term, command);
  }
  friend bool operator==(const Entry&, const Entry&) = default;
};

struct Everything {
  bool flag = false;
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  std::int64_t i64 = 0;
  Colour colour = Colour::red;
  Time time{};
  Duration duration{};
  Hash256 hash;
  Bytes bytes;
  std::string text;
  std::optional<std::uint32_t> maybe;
  std::optional<Entry> maybe_entry;
  std::vector<std::uint64_t> numbers;
  std::vector<Entry> entries;
  std::array<std::uint16_t, 3> three{};
  template <class A>
  void fields(A& a) {
    a(flag, u8, u16, u32, u64, i64, colour, time, duration, hash, bytes, text, maybe, maybe_entry);
    a(codec::at_most(numbers, 200), entries, three);
  }
  friend bool operator==(const Everything&, const Everything&) = default;
};

struct Tree {
  std::vector<Tree> children;
  template <class A>
  void fields(A& a) {
    a(children);
  }
};

Entry any_entry() { return {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<Bytes>()}; }

Everything any_everything() {
  Everything e;
  e.flag = *rc::gen::arbitrary<bool>();
  e.u8 = *rc::gen::arbitrary<std::uint8_t>();
  e.u16 = *rc::gen::arbitrary<std::uint16_t>();
  e.u32 = *rc::gen::arbitrary<std::uint32_t>();
  e.u64 = *rc::gen::arbitrary<std::uint64_t>();
  e.i64 = *rc::gen::arbitrary<std::int64_t>();
  e.colour = *rc::gen::element(Colour::red, Colour::green, Colour::blue);
  e.time = time_at(*rc::gen::arbitrary<std::int64_t>());
  e.duration = ns(*rc::gen::arbitrary<std::int64_t>());
  for (Byte& byte : e.hash.data) byte = *rc::gen::arbitrary<Byte>();
  e.bytes = *rc::gen::arbitrary<Bytes>();
  e.text = *rc::gen::arbitrary<std::string>();
  if (*rc::gen::arbitrary<bool>()) e.maybe = *rc::gen::arbitrary<std::uint32_t>();
  if (*rc::gen::arbitrary<bool>()) e.maybe_entry = any_entry();
  e.numbers = *rc::gen::arbitrary<std::vector<std::uint64_t>>();
  const auto count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) e.entries.push_back(any_entry());
  for (auto& value : e.three) value = *rc::gen::arbitrary<std::uint16_t>();
  return e;
}

template <class T>
void refused_or_canonical(const Bytes& bytes) {
  const auto value = codec::decode<T>(bytes);
  if (value) RC_ASSERT(codec::encode(*value) == bytes);
}

RC_GTEST_PROP(Codec, RoundTrip, ()) {
  const Everything value = any_everything();
  const Bytes bytes = codec::encode(value);
  RC_ASSERT(bytes.size() == codec::encoded_size(value));
  RC_ASSERT(bytes.capacity() == bytes.size());
  const auto back = codec::decode<Everything>(bytes);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == value);
}

RC_GTEST_PROP(Codec, EveryTruncationAndExtensionIsRefused, ()) {
  Bytes bytes = codec::encode(any_everything());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    RC_ASSERT(!codec::decode<Everything>(ByteView(bytes).first(length)));
  }
  bytes.push_back(0);
  RC_ASSERT(!codec::decode<Everything>(bytes));
}

RC_GTEST_PROP(Codec, FlippedBitsAreRefusedOrCanonical, ()) {
  Bytes bytes = codec::encode(any_everything());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= static_cast<Byte>(1 << bit);
      refused_or_canonical<Everything>(bytes);
      bytes[i] ^= static_cast<Byte>(1 << bit);
    }
  }
}

RC_GTEST_PROP(Codec, ArbitraryBytesAreRefusedOrCanonical, (const Bytes& bytes)) {
  refused_or_canonical<Everything>(bytes);
  refused_or_canonical<Entry>(bytes);
  refused_or_canonical<Tree>(bytes);
  refused_or_canonical<std::vector<Entry>>(bytes);
  refused_or_canonical<std::optional<bool>>(bytes);
}

template <class T>
std::optional<T> decode_hex(std::string_view hex) {
  return codec::decode<T>(*from_hex(hex));
}

TEST(Codec, Layout) {
  Entry entry{0x0102030405060708, {0xaa, 0xbb}};
  EXPECT_EQ(to_hex(codec::encode(entry)), "080706050403020102aabb");
  EXPECT_EQ(to_hex(codec::encode(std::int64_t{-2})), "feffffffffffffff");
  EXPECT_EQ(to_hex(codec::encode(std::optional<bool>(true))), "0101");
  EXPECT_EQ(codec::encode(Bytes(300)).size(), 302u);
}

TEST(Codec, RoomThatIsTooSmallIsNeverLeft) {
  const std::string text = "twelve bytes";
  const Bytes whole = codec::encode(text);
  std::array<Byte, 32> room{};
  codec::Writer fits{std::span(room).first(whole.size())};
  fits(text);
  EXPECT_EQ(fits.size(), whole.size());
  EXPECT_TRUE(std::equal(whole.begin(), whole.end(), room.begin()));
  room.fill(0xee);
  codec::Writer less{std::span(room).first(5)};
  less(text, std::uint8_t{1});
  EXPECT_EQ(less.size(), whole.size() + 1);  // what it would take
  EXPECT_EQ(room[5], 0xee);
  EXPECT_EQ(room[31], 0xee);
}

TEST(Codec, OneEncodingPerValue) {
  EXPECT_FALSE(decode_hex<bool>("02"));
  EXPECT_FALSE(decode_hex<std::optional<bool>>("0201"));
  EXPECT_FALSE(decode_hex<Colour>("03"));
  EXPECT_TRUE(decode_hex<Colour>("02"));
  EXPECT_TRUE(decode_hex<Bytes>("0161"));
  EXPECT_FALSE(decode_hex<Bytes>("810061")) << "length 1 in two bytes";
  EXPECT_FALSE(decode_hex<Bytes>("8080808080808080808001")) << "varint beyond 64 bits";
  EXPECT_FALSE(decode_hex<Bytes>("ffffffffffffffffff02")) << "varint beyond 64 bits";
}

TEST(Codec, LimitsHoldBothWays) {
  Everything value;
  value.numbers.resize(200);
  EXPECT_TRUE(codec::decode<Everything>(codec::encode(value)));
  value.numbers.resize(201);
  EXPECT_THROW(codec::encode(value), std::length_error);
}

TEST(Codec, LyingLengthsAllocateLittle) {
  const Bytes lie = *from_hex("ffffffff0f0000000000000000000000");
  largest_allocation = 0;
  EXPECT_FALSE(codec::decode<Bytes>(lie));
  EXPECT_FALSE(codec::decode<std::vector<Entry>>(lie));
  EXPECT_FALSE(codec::decode<std::vector<Everything>>(lie));
  EXPECT_LT(largest_allocation, 1024u);
  Bytes many(1000, 0);  // claims 900 elements of 400 bytes each in 998 bytes
  many[0] = 0x84;
  many[1] = 0x07;
  largest_allocation = 0;
  EXPECT_FALSE(codec::decode<std::vector<Everything>>(many));
  EXPECT_LT(largest_allocation, 10u * many.size());
}

TEST(Codec, DeepNestingIsRefused) {
  const Bytes deep(100'000, 1);
  EXPECT_FALSE(codec::decode<Tree>(deep));
  Bytes shallow(codec::max_depth, 1);
  shallow.back() = 0;
  EXPECT_TRUE(codec::decode<Tree>(shallow));
}

TEST(Codec, TypesMayBringTheirOwnEncoding) {
  const BodyRef body = std::make_shared<Body>(Body{7});
  const Bytes bytes = codec::encode(std::vector<BodyRef>{body, body});
  EXPECT_EQ(bytes.size(), 17u);
  const auto back = codec::decode<std::vector<BodyRef>>(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->at(1)->number, 7u);
  EXPECT_FALSE(codec::decode<BodyRef>(Bytes(8))) << "codec_read refuses zero";
}

}  // namespace
}  // namespace ledgerlab
