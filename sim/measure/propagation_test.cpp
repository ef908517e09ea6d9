// Propagation by hand: percentiles by nearest rank, changes of branch, blocks that never arrive.
#include "sim/measure/propagation.hpp"

#include <gtest/gtest.h>

#include "models/api/log_protocol.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

constexpr std::size_t p10 = 0, p50 = 1, p90 = 3, p99 = 4;

class Chain {
 public:
  explicit Chain(std::uint32_t nodes, std::span<const NodeId> byzantine = {})
      : fold(nodes, byzantine) {}
  BlockRef block(const BlockRef& parent, int salt = 0) {
    Hash256 id = sha256(as_bytes(std::to_string(++made_) + "/" + std::to_string(salt)));
    return parent ? make_log_block(parent->height + 1, parent->id, payload(id))
                  : make_log_block(1, id, payload(id));
  }
  void head(std::int64_t at_ms, NodeId node, const BlockRef& b) {
    fold.on_event({time_start + ms(at_ms), node, EventType::head, Slot::consensus, 0, 0,
                   b->id.tag(), b->height, &b});
  }
  std::optional<Duration> reached(const BlockRef& b, std::size_t percent) const {
    return fold.reached(fold.find(b->id.tag()), percent);
  }
  Propagation fold;

 private:
  static PayloadRef payload(const Hash256& salt) {
    const auto text = salt.view();
    Bytes bytes(text.begin(), text.end());
    bytes.resize(bytes.size() + tx_signature_bytes);
    return make_payload({make_transaction(std::move(bytes))});
  }
  int made_ = 0;
};

TEST(Propagation, NearestRankFromTheMakersHead) {
  Chain c(10);
  const BlockRef b = c.block(nullptr);
  c.head(1'000, 3, b);  // its maker
  for (NodeId node = 0; node < 10; ++node) {
    if (node != 3) c.head(1'100 + 10 * node, node, b);
  }
  EXPECT_EQ(c.reached(b, p10), ms(0));
  EXPECT_EQ(c.reached(b, p50), ms(140));  // 0 100 110 120 140
  EXPECT_EQ(c.reached(b, p90), ms(180));
  EXPECT_EQ(c.reached(b, p99), ms(190));
}

TEST(Propagation, WhoJumpsToALaterBlockHasTheOnesBefore) {
  Chain c(2);
  const BlockRef one = c.block(nullptr), two = c.block(one), rival = c.block(nullptr, 1);
  c.head(0, 0, one);
  c.head(5, 1, rival);
  c.head(10, 0, two);
  EXPECT_EQ(c.reached(one, p99), std::nullopt);
  c.head(40, 1, two);  // leaves the rival: the first block is there too
  EXPECT_EQ(c.reached(one, p99), ms(40));
  EXPECT_EQ(c.reached(two, p99), ms(30));
  EXPECT_EQ(c.reached(rival, p50), ms(0));
  EXPECT_EQ(c.reached(rival, p90), std::nullopt);  // node 0 never had it
}

TEST(Propagation, ABlockHadTwiceCountsOnce) {
  Chain c(2);
  const BlockRef a = c.block(nullptr), b = c.block(nullptr, 1), after = c.block(a);
  c.head(0, 0, a);
  c.head(1, 0, b);
  c.head(2, 0, after);  // back to the branch of a
  EXPECT_EQ(c.reached(a, p99), std::nullopt);
  EXPECT_EQ(c.reached(a, p50), ms(0));
}

TEST(Propagation, ByzantineNodesAreNoNodesToReach) {
  const std::vector<NodeId> liars{1};
  Chain c(3, liars);
  const BlockRef b = c.block(nullptr);
  c.head(0, 1, b);  // made by the liar
  c.head(7, 0, b);
  c.head(9, 2, b);
  EXPECT_EQ(c.reached(b, p10), ms(7));
  EXPECT_EQ(c.reached(b, p99), ms(9));
}

TEST(Propagation, ANodeCutOffForGoodKeepsNoBlockOpen) {
  Chain c(100);
  const BlockRef b = c.block(nullptr), soon = c.block(b), later = c.block(soon);
  for (NodeId node = 0; node < 99; ++node) c.head(10 * node, node, b);
  c.head(5'000, 0, soon);
  EXPECT_EQ(c.fold.open_blocks(), 2u) << "slower nodes may still be heard of";
  c.head(700'000, 0, later);
  EXPECT_EQ(c.fold.open_blocks(), 2u) << "the first is closed, the second has reached one node";
  EXPECT_LT(c.fold.times_held(), 10u) << "and gives back what its times took";
  EXPECT_EQ(c.reached(b, p50), ms(490));
  EXPECT_EQ(c.reached(b, p99), ms(980));
  c.head(800'000, 99, b);
  EXPECT_EQ(c.reached(b, p99), ms(980));
  EXPECT_EQ(c.reached(soon, p10), std::nullopt);
}

}  // namespace
}  // namespace ledgerlab
