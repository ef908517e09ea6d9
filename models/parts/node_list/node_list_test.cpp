#include "models/parts/node_list/node_list.hpp"

#include <gtest/gtest.h>

namespace ledgerlab {
namespace {

TEST(NodeList, ReadsListsAndNothingElse) {
  using List = std::vector<NodeId>;
  EXPECT_EQ(nodes_in(""), List{});
  EXPECT_EQ(nodes_in(" 7 "), List{7});
  EXPECT_EQ(nodes_in("7, 3,11,3"), (List{3, 7, 11}));
  for (const char* bad : {",", "1,", "1 2", "-1", "a", "1,,2", "99999999999", "1.5"}) {
    EXPECT_FALSE(nodes_in(bad)) << bad;
  }
}

}  // namespace
}  // namespace ledgerlab
