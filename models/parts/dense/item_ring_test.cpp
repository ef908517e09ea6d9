// The ring against a deque: numbers last while their items do, whatever is dropped and grows.
#include "models/parts/dense/item_ring.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace ledgerlab {
namespace {

TEST(ItemRing, AgreesWithADeque) {
  ItemRing<int> ring;
  std::deque<int> model;
  std::uint32_t first = 0, x = 99;
  for (int i = 0; i < 30'000; ++i) {
    x = x * 1664525 + 1013904223;
    // Grows for a while, shrinks for a while.
    const bool push = (x >> 16) % 100 < (i / 500 % 2 == 0 ? 60u : 40u);
    if (push || model.empty()) {
      EXPECT_EQ(ring.end(), first + model.size());
      ring.push() = i;
      model.push_back(i);
    } else {
      ring.pop();
      model.pop_front();
      ++first;
    }
    ASSERT_EQ(ring.size(), model.size());
    ASSERT_EQ(ring.begin(), first);
    EXPECT_FALSE(ring.holds(first - 1));
    EXPECT_FALSE(ring.holds(ring.end()));
    if (model.empty()) continue;
    const std::uint32_t probe = first + x % static_cast<std::uint32_t>(model.size());
    ASSERT_TRUE(ring.holds(probe));
    ASSERT_EQ(ring[probe], model[probe - first]);
    ring[probe] = model[probe - first] = -i;
  }
}

TEST(ItemRing, AnItemIsAsNewWhereOneWasDropped) {
  ItemRing<int> ring;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ring.push(), 0);
    ring[ring.begin()] = 7;
    ring.pop();
  }
}

TEST(ItemRing, BeginsWhereItIsTold) {
  ItemRing<int> ring;
  ring.start_at(5);
  ring.push() = 50;
  ring.push() = 60;
  EXPECT_EQ(ring[6], 60);
  EXPECT_FALSE(ring.holds(4));
  EXPECT_TRUE(ring.holds(5));
}

}  // namespace
}  // namespace ledgerlab
