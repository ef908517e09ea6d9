// Announcements by Poisson timers: what waits for whom, and for how long.
#include "models/parts/relay/trickle.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ledgerlab::relay {
namespace {

struct Clock {
  Draws draws{7, 3, 0};
  Input input;
  Clock() {
    input.local = time_start + seconds(1);
    input.draws = &draws;
  }
  void pass(Duration time) { input.local += time; }
};

TEST(Trickle, EveryPeerGetsEachItemOnceAndInOrder) {
  const std::vector<NodeId> peers = {1, 4, 9};
  Trickle trickle(0, seconds(5), seconds(2));
  trickle.set_peers({}, peers);
  Clock clock;
  std::map<std::size_t, std::vector<std::uint32_t>> got;
  const std::uint64_t nobody = 0;
  for (std::uint32_t item = 0; item < 2000; ++item) {
    trickle.add(clock.input, item, &nobody);
    clock.pass(ms(100));
    while (const auto due = trickle.take(clock.input.local)) {
      got[due->peer].insert(got[due->peer].end(), due->items.begin(), due->items.end());
    }
  }
  clock.pass(seconds(1000));
  while (const auto due = trickle.take(clock.input.local)) {
    got[due->peer].insert(got[due->peer].end(), due->items.begin(), due->items.end());
  }
  EXPECT_EQ(trickle.next(), time_never);
  for (std::size_t p = 0; p < 3; ++p) {
    ASSERT_EQ(got[p].size(), 2000u) << p;
    for (std::uint32_t i = 0; i < 2000; ++i) ASSERT_EQ(got[p][i], i);
  }
}

TEST(Trickle, TheMeanIsTheOneAskedFor) {
  // One item at a time: the wait for it is the timer's, exponential with its mean.
  Clock clock;
  for (const bool outbound : {false, true}) {
    NodeId peer = 1;
    while (called(0, peer) != outbound) ++peer;
    const std::vector<NodeId> peers = {peer};
    Trickle trickle(0, seconds(5), seconds(2));
    trickle.set_peers({}, peers);
    const std::uint64_t nobody = 0;
    Duration sum{};
    Duration longest{};
    constexpr int rounds = 20'000;
    for (int i = 0; i < rounds; ++i) {
      trickle.add(clock.input, 1, &nobody);
      const Duration wait = trickle.next() - clock.input.local;
      sum += wait;
      longest = std::max(longest, wait);
      clock.pass(wait);
      ASSERT_TRUE(trickle.take(clock.input.local));
    }
    const Duration mean = outbound ? seconds(2) : seconds(5);
    // Standard error 0.7 %; the largest of 20,000 lies near 9.9 means.
    EXPECT_NEAR(static_cast<double>(count_ns(sum) / rounds), static_cast<double>(count_ns(mean)),
                0.03 * static_cast<double>(count_ns(mean)));
    EXPECT_GT(longest, 7 * mean);
  }
}

TEST(Trickle, WhoKnowsAnItemDoesNotWaitForIt) {
  const std::vector<NodeId> peers = {1, 2};
  Trickle trickle(0, seconds(5), seconds(5));
  trickle.set_peers({}, peers);
  Clock clock;
  const std::uint64_t first = 1;
  trickle.add(clock.input, 8, &first);
  clock.pass(seconds(1000));
  const auto due = trickle.take(clock.input.local);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->peer, 1u);
  EXPECT_FALSE(trickle.take(clock.input.local));
}

TEST(Trickle, PeersThatLeaveAreForgottenAndOthersKeepWhatWaits) {
  const std::vector<NodeId> before = {1, 4, 9};
  const std::vector<NodeId> after = {0, 9};
  Trickle trickle(5, seconds(5), seconds(5));
  trickle.set_peers({}, before);
  Clock clock;
  const std::uint64_t nobody = 0;
  trickle.add(clock.input, 3, &nobody);
  trickle.set_peers(before, after);
  clock.pass(seconds(1000));
  const auto due = trickle.take(clock.input.local);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->peer, 1u);
  ASSERT_EQ(due->items.size(), 1u);
  EXPECT_EQ(due->items[0], 3u);
  EXPECT_FALSE(trickle.take(clock.input.local));
}

TEST(Trickle, OneOfTwoCalled) {
  int low = 0;
  for (NodeId a = 0; a < 100; ++a) {
    for (NodeId b = a + 1; b < 100; ++b) {
      EXPECT_NE(called(a, b), called(b, a));
      low += called(a, b);
    }
  }
  EXPECT_NEAR(low, 2475, 150);
}

}  // namespace
}  // namespace ledgerlab::relay
