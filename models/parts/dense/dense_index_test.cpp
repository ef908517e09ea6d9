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
    if (model.contains(key)) {
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

}  // namespace
}  // namespace ledgerlab
