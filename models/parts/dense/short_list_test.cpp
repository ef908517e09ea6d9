// The list against a vector, through none, one and several elements.
#include "models/parts/dense/short_list.hpp"

#include <gtest/gtest.h>

namespace ledgerlab {
namespace {

TEST(ShortList, AgreesWithAVector) {
  ShortList<int> list;
  std::vector<int> model;
  std::uint32_t x = 5;
  for (int i = 0; i < 20'000; ++i) {
    x = x * 1664525 + 1013904223;
    if ((x >> 20) % 2 == 0) {
      EXPECT_EQ(list.push_back(i), i);
      model.push_back(i);
    } else {
      const int modulus = 1 + static_cast<int>((x >> 8) % 4);
      const auto gone = [&](int& value) { return value % modulus == 0; };
      list.erase_if(gone);
      std::erase_if(model, gone);
    }
    ASSERT_EQ(std::vector<int>(list.begin(), list.end()), model);
    ASSERT_EQ(list.size(), model.size());
    ASSERT_EQ(list.empty(), model.empty());
    if (model.empty()) continue;
    ASSERT_EQ(list.back(), model.back());
  }
}

}  // namespace
}  // namespace ledgerlab
