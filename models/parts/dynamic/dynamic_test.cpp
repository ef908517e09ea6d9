// Messages made at run time have the very encoding of a struct with the same fields, and their
// decoder bears any bytes.
#include "models/parts/dynamic/dynamic.hpp"

#include <gtest/gtest.h>

#include "models/base/draw.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::dynamic {
namespace {

struct Written {
  static constexpr MessageInfo info{3, "Everything", Role::vote, Auth::mac};
  std::uint64_t number = 0;
  std::uint32_t small = 0;
  bool flag = false;
  Bytes bytes;
  Hash256 hash;
  std::vector<std::uint64_t> list;
  std::vector<BlockRef> blocks;
  PayloadRef payload = empty_payload();
  template <class A>
  void fields(A& a) {
    a(number, small, flag, bytes, hash, list, blocks, payload);
  }
};

const Type& everything() {
  const auto list_of = [](FieldKind kind) { return FieldType{FieldKind::list, {{kind, {}}}}; };
  static const Type type(3, "Everything", Role::vote, Auth::mac,
                         {{FieldKind::u64, {}},
                          {FieldKind::u32, {}},
                          {FieldKind::flag, {}},
                          {FieldKind::bytes, {}},
                          {FieldKind::hash, {}},
                          list_of(FieldKind::u64),
                          list_of(FieldKind::block),
                          {FieldKind::payload, {}}});
  return type;
}

Written written() {
  Written w;
  w.number = 0x0123456789abcdef;
  w.small = 77;
  w.flag = true;
  w.bytes = {1, 2, 3};
  w.hash.data.fill(9);
  w.list = {5, 0, 1ull << 63};
  w.blocks = {make_log_block(1, make_genesis({})->id, empty_payload())};
  return w;
}

std::vector<Value> values(const Written& w) {
  std::vector<Value> list, blocks;
  for (const std::uint64_t n : w.list) list.push_back({n});
  for (const BlockRef& b : w.blocks) blocks.push_back({b});
  std::vector<Value> out(8);
  out[0].is = w.number;
  out[1].is = std::uint64_t{w.small};
  out[2].is = w.flag;
  out[3].is = w.bytes;
  out[4].is = w.hash;
  out[5].is = list;
  out[6].is = blocks;
  out[7].is = w.payload;
  return out;
}

Bytes frame_of(MessageRef message) {
  static const auto suite = make_suite(SuiteMode::costed, 1, WorkMode::lottery);
  MessageAccess::seal(const_cast<Message&>(*message), Slot::consensus, 2, *suite);
  return encode_frame(*message);
}

MessageCatalog catalog() {
  MessageCatalog c;
  c.slots[static_cast<std::size_t>(Slot::consensus)] = {&everything()};
  return c;
}

TEST(Dynamic, EncodesAsAStructWithTheSameFields) {
  const Bytes as_struct = frame_of(MessageRef(new MessageOf<Written>(written())));
  const Bytes as_values = frame_of(make_message(everything(), values(written())));
  EXPECT_EQ(to_hex(as_struct), to_hex(as_values));
}

TEST(Dynamic, ComesBackFromItsFrame) {
  const Bytes frame = frame_of(make_message(everything(), values(written())));
  const MessageRef back = decode_frame(frame, catalog());
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_frame(*back), frame);
  const auto* list = values_of(everything(), *back);
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(std::get<std::uint64_t>((*list)[0].is), 0x0123456789abcdefu);
  EXPECT_EQ(std::get<BlockRef>(std::get<std::vector<Value>>((*list)[6].is)[0].is)->id,
            written().blocks[0]->id);
}

TEST(Dynamic, WhatDecodesEncodesToItselfWhateverTheBytes) {
  const Bytes good = frame_of(make_message(everything(), values(written())));
  std::uint64_t taken = 0;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    Bytes frame = good;
    const auto pick = [&](std::uint64_t key, std::uint64_t n) {
      return draw_below(draw64(7, 0, Purpose("dynamic.fuzz"), round * 8 + key), n);
    };
    if (pick(0, 4) == 0) frame.resize(pick(1, frame.size() + 1));
    for (std::uint64_t i = 0; i < 1 + pick(2, 3) && !frame.empty(); ++i) {
      frame[pick(3 + i, frame.size())] = static_cast<Byte>(pick(6, 256));
    }
    const MessageRef message = decode_frame(frame, catalog());
    if (!message) continue;
    ++taken;
    ASSERT_EQ(encode_frame(*message), frame) << round;
  }
  EXPECT_GT(taken, 1000u);
}

TEST(Dynamic, AnEmptyListMayGiveAnotherRole) {
  Type type(1, "Append", Role::proposal, Auth::mac, {{FieldKind::list, {{FieldKind::u64, {}}}}});
  type.role_if_empty = Role::heartbeat;
  EXPECT_EQ(make_message(type, {{std::vector<Value>{}}})->role(), Role::heartbeat);
  EXPECT_EQ(make_message(type, {{std::vector<Value>{{std::uint64_t{1}}}}})->role(), Role::proposal);
}

TEST(Dynamic, ValuesOfAnotherTypeAreRefused) {
  std::vector<Value> wrong = values(written());
  wrong[1].is = std::uint64_t{1} << 32;
  EXPECT_THROW(make_message(everything(), wrong), std::invalid_argument);
  wrong = values(written());
  wrong[5].is = std::vector<Value>{{true}};
  EXPECT_THROW(make_message(everything(), wrong), std::invalid_argument);
  wrong.pop_back();
  EXPECT_THROW(make_message(everything(), wrong), std::invalid_argument);
}

}  // namespace
}  // namespace ledgerlab::dynamic
