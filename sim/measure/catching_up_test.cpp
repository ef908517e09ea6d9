// Catching up by hand: when it is over, what counts until then, and who is looked at.
#include "sim/measure/catching_up.hpp"

#include <gtest/gtest.h>

namespace ledgerlab {
namespace {

FaultPlan absent(NodeId node, Time until, Time from = time_start) {
  FaultPlan fault;
  fault.at = from;
  fault.until = until;
  fault.target.nodes = {node};
  return fault;
}

struct Fold {
  CatchingUp fold{{absent(2, time_start + seconds(10))}, 3};
  void event(std::int64_t at_s, NodeId node, EventType type, std::uint64_t a, std::uint64_t b) {
    fold.on_event({time_start + seconds(at_s), node, type, Slot::consensus, 0, 0, a, b});
  }
  void head(std::int64_t at_s, NodeId node, Height h) { event(at_s, node, EventType::head, 7, h); }
  void bytes(std::int64_t at_s, NodeId node, std::uint64_t count) {
    event(at_s, node, EventType::deliver, 7, count);
  }
};

TEST(CatchingUp, EndsOneBlockBelowTheHighestHead) {
  Fold f;
  f.event(0, 2, EventType::start, 0, 0);
  f.bytes(0, 2, 1000);
  for (Height h = 1; h <= 30; ++h) f.head(static_cast<std::int64_t>(h), 0, h);
  f.event(10, 2, EventType::start, 1, 0);
  f.bytes(11, 2, 500);
  f.bytes(11, 1, 70);
  f.head(12, 2, 8);  // 12 is the highest
  f.bytes(14, 2, 50);
  f.head(15, 2, 13);
  f.bytes(16, 2, 5);
  f.head(16, 2, 15);  // one below
  f.bytes(17, 2, 9);
  const auto figures = f.fold.figures();
  ASSERT_EQ(figures.size(), 1u);
  ASSERT_TRUE(figures[0]);
  EXPECT_EQ(figures[0]->time, seconds(6));
  EXPECT_EQ(figures[0]->bytes, 555u);
}

TEST(CatchingUp, WhoeverNeverComesUpHasNoFigure) {
  Fold f;
  for (Height h = 1; h <= 30; ++h) f.head(static_cast<std::int64_t>(h), 1, h);
  f.event(10, 2, EventType::start, 1, 0);
  f.head(12, 2, 9);
  f.head(29, 2, 27);
  EXPECT_FALSE(f.fold.figures()[0]);
  f.head(29, 2, 28);
  EXPECT_TRUE(f.fold.figures()[0]);
}

TEST(CatchingUp, OnlyAbsenceFromTheBeginningCounts) {
  EXPECT_EQ(CatchingUp({}, 3).interest(), 0u);
  EXPECT_EQ(CatchingUp({absent(2, time_start + seconds(9), time_start + ns(1))}, 3).interest(), 0u);
  EXPECT_EQ(CatchingUp({absent(2, time_never)}, 3).interest(), 0u) << "it never comes";
  EXPECT_EQ(CatchingUp({absent(3, time_start + seconds(9))}, 3).interest(), 0u) << "a client";
  EXPECT_NE(CatchingUp({absent(2, time_start + seconds(9))}, 3).interest(), 0u);
}

}  // namespace
}  // namespace ledgerlab
