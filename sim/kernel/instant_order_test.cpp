// The order within an instant: pinned keys, stability, no advantage for anybody.
#include "sim/kernel/instant_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace ledgerlab {
namespace {

struct Batch {
  std::vector<Event> events;
  std::size_t size() const { return events.size(); }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Event& event : events) visit(event);
  }
};

/// The same by std::stable_sort.
std::vector<std::uint64_t> expected_order(const Batch& batch, InstantKey key) {
  std::vector<Event> events = batch.events;
  std::stable_sort(events.begin(), events.end(),
                   [key](const Event& a, const Event& b) { return key(a) < key(b); });
  std::vector<std::uint64_t> order;
  for (const Event& event : events) order.push_back(event.packed);
  return order;
}

std::vector<std::uint64_t> sorted_order(InstantSorter& sorter, const Batch& batch, InstantKey key) {
  std::vector<std::uint64_t> order;
  for (const auto& keyed : sorter.sort(batch, key)) order.push_back(keyed.packed);
  return order;
}

TEST(InstantKey, GoldenValues) {
  // Computed apart, by a few lines of Python. A change of these changes every trace hash: raise the
  // versions of all engines with it.
  struct Golden {
    std::uint64_t seed;
    std::int64_t instant;
    NodeId receiver, sender;
    std::uint64_t key;
  };
  constexpr std::array<Golden, 6> golden{{
      {0, 0, 0, 0, 0xadd682d2500f799bu},
      {1, 0, 0, 1, 0xeceb805a85c0988u},
      {1, 0, 1, 0, 0x525ba4a1b8aff4a6u},
      {1, 1'000'000'000, 1, 0, 0x99c376698dbd02aeu},
      {0xffffffffffffffffu, 123'456'789, 63, 64, 0x77561ed8e8f640aau},
      {42, 9'223'372'036'854'775'807, 1'048'575, 1'048'574, 0x19207b3d43abb163u},
  }};
  for (const Golden& g : golden)
    EXPECT_EQ(InstantKey(g.seed, g.instant)(g.receiver, g.sender), g.key)
        << std::hex << InstantKey(g.seed, g.instant)(g.receiver, g.sender);
}

TEST(InstantKey, DistinctLinksHaveDistinctKeys) {
  const InstantKey key(3, 77);
  std::set<std::uint64_t> keys;
  for (NodeId to = 0; to < 300; ++to)
    for (NodeId from = 0; from < 300; ++from) keys.insert(key(to, from));
  EXPECT_EQ(keys.size(), 90'000u);
}

TEST(InstantKey, EventAndPairAgree) {
  const InstantKey key(3, 77);
  EXPECT_EQ(key(Event{77, Event::pack(12, 13, 999)}), key(12, 13));
}

TEST(InstantSorter, EqualsAStableSortAtEverySize) {
  InstantSorter sorter;
  std::int64_t instant = 0;
  for (const std::size_t size : {1u, 2u, 3u, 24u, 25u, 100u, 1'000u, 70'000u, 300u, 200'000u, 7u}) {
    for (const NodeId nodes : {2u, 10u, 1'000u}) {
      Batch batch;
      for (std::uint32_t i = 0; i < size; ++i) {
        const NodeId to = i * 7 % nodes;
        batch.events.push_back({++instant, Event::pack(to, (to + i) % nodes, i)});
      }
      const InstantKey key(size, instant);
      ASSERT_EQ(sorted_order(sorter, batch, key), expected_order(batch, key))
          << size << " events, " << nodes << " nodes";
    }
  }
}

TEST(InstantSorter, NobodyComesFirstMoreOften) {
  // Over many instants, each of 16 senders to one receiver should take each rank equally often;
  // chi-squared with 15 * 15 degrees of freedom stays below its 99.99% point, 310.
  constexpr int senders = 16;
  constexpr int instants = 16'000;
  std::array<std::array<int, senders>, senders> rank_of{};
  InstantSorter sorter;
  for (int instant = 0; instant < instants; ++instant) {
    Batch batch;
    for (NodeId from = 1; from <= senders; ++from)
      batch.events.push_back({instant, Event::pack(0, from, 0)});
    int rank = 0;
    for (const auto& keyed : sorter.sort(batch, InstantKey(9, std::int64_t{instant} * 1'000'000)))
      ++rank_of[Event{0, keyed.packed}.from() - 1][rank++];
  }
  const double expected = double{instants} / senders;
  double chi_squared = 0;
  for (const auto& ranks : rank_of)
    for (const int count : ranks) chi_squared += std::pow(count - expected, 2) / expected;
  EXPECT_LT(chi_squared, 310);
  EXPECT_GT(chi_squared, 150);  // and not suspiciously even either
}

TEST(InstantSorter, ReceiversAreServedInNoFixedOrder) {
  // Node 0 against node 1, one message each from node 2: half of the instants each.
  int first = 0;
  for (std::int64_t instant = 0; instant < 10'000; ++instant)
    first += InstantKey(5, instant)(0, 2) < InstantKey(5, instant)(1, 2);
  EXPECT_NEAR(first, 5'000, 250);  // five standard deviations
}

}  // namespace
}  // namespace ledgerlab
