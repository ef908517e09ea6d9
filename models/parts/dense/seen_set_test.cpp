// The set behaves as a set of numbers, wherever its newest word stands.
#include "models/parts/dense/seen_set.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ledgerlab {
namespace {

TEST(SeenSet, IsASetWhileItsNumbersGrow) {
  SeenSet seen;
  std::set<std::uint32_t> model;
  std::uint64_t x = 7;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    x = x * 6364136223846793005ull + 1442695040888963407ull;
    // Around a window that moves on, sometimes far beyond it.
    const auto key = i / 8 + static_cast<std::uint32_t>(x >> 56) + (i % 1'000 == 999 ? 500 : 0);
    if ((x >> 40) % 4 == 0) {
      seen.remove(key);
      model.erase(key);
    } else {
      ASSERT_EQ(seen.add(key), model.insert(key).second);
    }
    const auto probe = i / 8 + static_cast<std::uint32_t>((x >> 20) % 700);
    ASSERT_EQ(seen.has(probe), model.contains(probe));
    ASSERT_EQ(seen.has(key), model.contains(key));
  }
}

TEST(SeenSet, KnowsNothingBeyondItsNewest) {
  SeenSet seen;
  EXPECT_FALSE(seen.has(0));
  EXPECT_FALSE(seen.has(1'000'000));
  seen.remove(1'000'000);
  EXPECT_TRUE(seen.add(1'000'000));
  EXPECT_FALSE(seen.has(999'999));
  EXPECT_TRUE(seen.add(0));
  EXPECT_FALSE(seen.add(1'000'000));
}

/// Pages that are full or empty hold what they held.
TEST(SeenSet, KeepsWhatIsFullAndWhatIsEmpty) {
  SeenSet seen;
  constexpr std::uint32_t count = 20'000;
  for (std::uint32_t i = 0; i < count; ++i) ASSERT_TRUE(seen.add(i));
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_TRUE(seen.has(i));
    ASSERT_FALSE(seen.add(i));
  }
  seen.remove(5'000);  // in a page that was full
  for (std::uint32_t i = 4'000; i < 6'000; ++i) ASSERT_EQ(seen.has(i), i != 5'000);
  EXPECT_TRUE(seen.add(5'000));
  for (std::uint32_t i = 4'000; i < 9'000; ++i) seen.remove(i);
  for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(seen.has(i), i < 4'000 || i >= 9'000);
}

}  // namespace
}  // namespace ledgerlab
