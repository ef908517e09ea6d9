// The look-up table against a map, through inserts and erasures.
#include "models/parts/dense/dense_index.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ledgerlab {
namespace {

TEST(DenseIndex, AgreesWithAMap) {
  DenseIndex index;
  std::map<std::uint32_t, std::uint32_t> model;
  std::uint32_t x = 12345;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    x = x * 1664525 + 1013904223;
    const std::uint32_t key = (x >> 16) % 300;
    if (model.contains(key) && (x >> 8) % 3 == 0) {
      index.replace(key, i);
      model[key] = i;
    } else if (model.contains(key)) {
      index.erase(key);
      model.erase(key);
    } else {
      index.insert(key, i);
      model[key] = i;
    }
    const std::uint32_t probe = (x >> 7) % 300;
    ASSERT_EQ(index.find(probe), model.contains(probe) ? model[probe] : DenseIndex::none);
    ASSERT_EQ(index.size(), model.size());
  }
}

/// As after a flood: nothing is found in what is empty, and it fills again.
TEST(DenseIndex, EmptiesAndFillsAgain) {
  DenseIndex index;
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < 1'000; ++i) index.insert(i, i + 1);
    for (std::uint32_t i = 0; i < 1'000; ++i) {
      ASSERT_EQ(index.find(i), i + 1);
      index.erase(i);
      ASSERT_EQ(index.find(i), DenseIndex::none);
    }
    EXPECT_EQ(index.size(), 0u);
  }
}

}  // namespace
}  // namespace ledgerlab
