// Room by lines: aligned, distinct while taken, taken again when given back, on any thread.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "models/base/line_allocator.hpp"

namespace ledgerlab {
namespace {

struct Piece {
  unsigned char* room;
  std::size_t bytes;
  unsigned char mark;
};

std::vector<Piece> take_many(std::size_t count, std::size_t seed) {
  std::vector<Piece> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bytes = 1 + (i * 131 + seed) % 700;  // some beyond what is pooled
    auto* const room = static_cast<unsigned char*>(line_pool::take(bytes));
    out.push_back({room, bytes, static_cast<unsigned char>(i + seed)});
    std::memset(room, out.back().mark, bytes);
  }
  return out;
}

void check_and_give(const std::vector<Piece>& pieces) {
  for (const Piece& p : pieces) {
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(p.room) % line_pool::line_bytes, 0u);
    for (std::size_t i = 0; i < p.bytes; ++i) ASSERT_EQ(p.room[i], p.mark);
    line_pool::give(p.room, p.bytes);
  }
}

TEST(LinePool, PiecesAreAlignedAndNeverShared) {
  const auto first = take_many(3000, 1);
  const auto second = take_many(3000, 2);
  check_and_give(first);
  const auto third = take_many(3000, 3);
  check_and_give(second);
  check_and_give(third);
}

TEST(LinePool, RoomOfAThreadThatEndedServesOthers) {
  std::vector<Piece> taken;
  std::thread([&] { taken = take_many(2000, 5); }).join();
  check_and_give(taken);  // here, not where it was taken
  for (std::size_t round = 0; round < 4; ++round) {
    std::thread([&] { check_and_give(take_many(2000, round)); }).join();
  }
}

TEST(LinePool, ListsGrowByLines) {
  LineVector<std::uint64_t> list;
  std::size_t moves = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t* const before = list.data();
    reserve_lines(list, list.size() + 1);
    if (list.data() != before) ++moves;
    ASSERT_EQ(list.capacity() % 8, 0u);
    ASSERT_LE(list.capacity(), (i + 1) * 9 / 8 + 48);
    list.push_back(i * i);
  }
  EXPECT_LT(moves, 50u);
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(list[i], i * i);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(LinePool, WhatWasGivenBackIsTakenAgain) {
  std::set<void*> rooms;
  for (std::size_t i = 0; i < 1000; ++i) {
    void* const room = line_pool::take(100);
    rooms.insert(room);
    line_pool::give(room, 128);  // as many lines
  }
  EXPECT_EQ(rooms.size(), 1u);
}
#endif

}  // namespace
}  // namespace ledgerlab
