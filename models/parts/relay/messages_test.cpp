// A list of identities is on the wire what a vector of them is, of whatever length.
#include "models/parts/relay/messages.hpp"

#include <gtest/gtest.h>

namespace ledgerlab::relay {
namespace {

struct Plain {
  std::vector<Hash128> ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, ids_max);
    a(limited);
  }
};

Hash128 id_of(std::size_t n) {
  Hash128 id;
  id.data[0] = static_cast<Byte>(n);
  id.data[15] = 7;
  return id;
}

TEST(IdList, IsEncodedAsAVector) {
  Inv inv;
  Plain plain;
  for (std::size_t count = 0; count < 6; ++count) {
    ASSERT_EQ(inv.ids.size(), count);
    const Bytes text = codec::encode(inv);
    ASSERT_EQ(text, codec::encode(plain)) << count;
    const auto read = codec::decode<Inv>(text);
    ASSERT_TRUE(read);
    ASSERT_TRUE(std::equal(read->ids.begin(), read->ids.end(), plain.ids.begin(), plain.ids.end()));
    inv.ids.push_back(id_of(count));
    plain.ids.push_back(id_of(count));
  }
}

TEST(IdList, IsCopiedMovedAndCleared) {
  for (const std::size_t count : {1u, 3u}) {
    IdList ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(id_of(i));
    IdList copy = ids;
    ids.clear();
    EXPECT_TRUE(ids.empty());
    EXPECT_EQ(ids.begin(), ids.end());
    ids.push_back(id_of(9));
    EXPECT_EQ(ids[0], id_of(9));
    const IdList moved = std::move(copy);
    ASSERT_EQ(moved.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(moved[i], id_of(i));
  }
}

}  // namespace
}  // namespace ledgerlab::relay
