// Transactions by reconciliation: who hears of what at once, what a comparison of sets does, and
// what it saves.
#include <gtest/gtest.h>

#include "models/parts/relay/relay.hpp"
#include "tests/support/relay_world.hpp"

namespace ledgerlab {
void register_gossip_inventory(Registry& registry);

namespace relay {
namespace {

using testing::Graph;
using testing::RelayText;
using testing::RelayWorld;
using testing::ring_with_chords;

RelayWorld world(Graph links, RelayWorld::Changes changes = {}) {
  RelayWorld::Options options;
  options.params = std::move(changes);
  options.params.try_emplace("transactions", "reconcile");
  return RelayWorld("inventory", register_gossip_inventory, std::move(links), std::move(options));
}

std::size_t announced_ids(const RelayWorld& w) {
  std::size_t out = 0;
  for (const auto& f : w.sent) {
    if (const auto* inv = f.message->as<Inv>()) out += inv->ids.size();
  }
  return out;
}

void publish(RelayWorld& w, NodeId from, int number) {
  w.publish(from, w.content(RelayText{std::to_string(number)}));
}

std::uint64_t total(const RelayWorld& w, const std::string& name) {
  std::uint64_t out = 0;
  for (NodeId i = 0; i < w.n(); ++i) out += std::stoull("0" + w.field(i, name));
  return out;
}

TEST(Reconcile, EverybodyGetsEverythingForFewerAnnouncements) {
  std::size_t flooded = 0;
  std::size_t reconciled = 0;
  std::uint64_t rounds = 0;
  std::uint64_t undecoded = 0;
  for (const bool reconcile : {false, true}) {
    RelayWorld w = world(ring_with_chords(40), {{"transactions", reconcile ? "reconcile" : "flood"},
                                                {"reconcile_interval", "4 s"}});
    w.run(seconds(1));
    for (int k = 0; k < 200; ++k) {
      publish(w, static_cast<NodeId>(k * 7 % 40), k);
      w.run(ms(100));
    }
    w.run(seconds(60));
    for (NodeId i = 0; i < 40; ++i) {
      for (int k = 0; k < 200; ++k) {
        ASSERT_EQ(w.got_times(i, std::to_string(k)), i == static_cast<NodeId>(k * 7 % 40) ? 0u : 1u)
            << reconcile << " " << i << " " << k;
      }
    }
    (reconcile ? reconciled : flooded) = announced_ids(w);
    if (reconcile) {
      rounds = total(w, "relay.reconciliations");
      undecoded = total(w, "relay.sketches_undecoded");
      EXPECT_GT(rounds, 100u);
    }
  }
  EXPECT_LT(reconciled, flooded * 3 / 4) << undecoded << " sketches of " << rounds;
}

TEST(Reconcile, ADifferenceThatFitsIsAnnouncedAlone) {
  // 2 tells both of what it has; 0 and 1 learn only each other's own from their comparison.
  RelayWorld w = world(Graph{{1, 2}, {0, 2}, {0, 1}}, {{"flood_peers", "0"}});
  w.lost = [](const auto& f) { return f.message->template as<ReqTxRcncl>() != nullptr; };
  w.run(seconds(1));
  for (int k = 0; k < 60; ++k) {
    const MessageRef text = w.content(RelayText{std::to_string(k)});
    w.publish(0, text);
    w.publish(1, text);
  }
  for (int k = 100; k < 103; ++k) publish(w, 0, k);
  for (int k = 200; k < 202; ++k) publish(w, 1, k);
  w.sent.clear();
  // Only 0 and 1 compare.
  w.lost = [](const auto& f) { return f.from == 2 || f.to == 2; };
  w.run(seconds(20));
  EXPECT_EQ(w.got(0).size(), 2u);
  EXPECT_EQ(w.got(1).size(), 3u);
  std::size_t ids = 0;
  std::size_t sums = 0;
  for (const auto& f : w.sent) {
    if (f.from == 2 || f.to == 2) continue;
    if (const auto* inv = f.message->as<Inv>()) ids += inv->ids.size();
    if (const auto* sketch = f.message->as<SketchMessage>())
      sums = std::max(sums, sketch->sums.size());
  }
  EXPECT_EQ(ids, 5u) << "the 60 that both have are not announced";
  // |63 - 62| + 0.25 * 62 + 1
  EXPECT_EQ(sums, 17u);
  EXPECT_EQ(total(w, "relay.sketches_undecoded"), 0u);
}

TEST(Reconcile, ADifferenceThatDoesNotFitIsAnnouncedInFull) {
  RelayWorld w = world(Graph{{1}, {0}}, {{"flood_peers", "0"}});
  w.run(seconds(1));
  for (int k = 0; k < 50; ++k) publish(w, 0, k);
  for (int k = 100; k < 150; ++k) publish(w, 1, k);
  w.run(seconds(20));
  EXPECT_EQ(w.got(0).size(), 50u);
  EXPECT_EQ(w.got(1).size(), 50u);
  EXPECT_EQ(total(w, "relay.sketches_undecoded"), 1u) << "100 differences in a sketch of 13";
  EXPECT_EQ(announced_ids(w), 100u);
}

TEST(Reconcile, OnlySomeOfTheCalledPeersHearAtOnce) {
  RelayWorld w = world(ring_with_chords(40), {{"flood_peers", "1"}});
  w.run(seconds(1));
  w.sent.clear();
  publish(w, 3, 1);
  EXPECT_EQ(announced_ids(w), 1u);
  EXPECT_TRUE(called(3, w.sent.front().to));
}

TEST(Reconcile, WhoDoesNotReconcileIsFlooded) {
  RelayWorld w = world(Graph{{}, {}}, {{"flood_peers", "0"}});
  w.lost = [](const auto& f) { return f.message->template as<SendTxRcncl>() != nullptr; };
  w.call(0, Peers{{1}});
  w.call(1, Peers{{0}});
  w.run(seconds(1));
  publish(w, 0, 1);
  w.run(ms(100));
  EXPECT_EQ(w.got(1).size(), 1u);
}

TEST(Reconcile, ALostSketchCostsARound) {
  RelayWorld w = world(Graph{{1}, {0}}, {{"flood_peers", "0"}, {"reconcile_interval", "1 s"}});
  w.run(seconds(1));
  for (int k = 0; k < 5; ++k) publish(w, 0, k);
  w.lost = [](const auto& f) { return f.message->template as<SketchMessage>() != nullptr; };
  w.run(seconds(5));
  EXPECT_TRUE(w.got(1).empty());
  w.lost = {};
  w.run(seconds(5));
  EXPECT_EQ(w.got(1).size(), 5u);
}

}  // namespace
}  // namespace relay
}  // namespace ledgerlab
