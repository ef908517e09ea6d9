// Headers first among a few peers: announcements, gaps, parallel fetching.
#include "models/gossip/headers/headers.hpp"

#include <gtest/gtest.h>

#include "tests/support/relay_world.hpp"

namespace ledgerlab {
void register_gossip_headers(Registry& registry);

namespace headers {
namespace {

using testing::Graph;
using testing::RelayBlock;
using testing::RelayWorld;
using testing::ring_with_chords;

/// A chain whose blocks the test hands out one by one.
struct World {
  explicit World(Graph links, RelayWorld::Options options = {})
      : relays("headers", register_gossip_headers, std::move(links), std::move(options)) {
    relays.run(seconds(1));
  }
  MessageRef block(Height number) {
    BlockId parent;
    if (number > 1) parent.data[0] = static_cast<Byte>(number - 1);
    return relays.content(RelayBlock{number, parent, modelled_payload(10, 50'000)});
  }
  std::size_t got(NodeId node) const { return relays.got(node).size(); }
  RelayWorld relays;
};

TEST(HeadersFirst, ABlockIsAnnouncedByItsHeader) {
  World w(Graph{{1}, {0}});
  w.relays.publish(0, w.block(1));
  w.relays.run(seconds(1));
  EXPECT_EQ(w.relays.got(1), std::vector<std::string>{"block 1"});
  EXPECT_EQ(w.relays.count("Headers"), 1u);
  EXPECT_EQ(w.relays.count("GetData"), 1u);
  EXPECT_EQ(w.relays.count("Inv"), 0u);
  for (const auto& f : w.relays.sent) {
    if (!f.message->as<Headers>()) continue;
    EXPECT_LT(f.message->wire_size(), 200u) << "no payload in it";
  }
}

TEST(HeadersFirst, WhoHasNotAskedForHeadersGetsAnInv) {
  World w(Graph{{}, {}});
  w.relays.lost = [](const auto& f) { return f.message->template as<SendHeaders>() != nullptr; };
  w.relays.call(0, Peers{{1}});
  w.relays.call(1, Peers{{0}});
  w.relays.publish(0, w.block(1));
  w.relays.run(seconds(1));
  EXPECT_EQ(w.relays.count("Inv"), 1u);
  EXPECT_EQ(w.relays.count("Headers"), 0u);
  EXPECT_EQ(w.got(1), 1u);
}

/// 3 has block 1 and misses 2 to 40; then 41 comes.
void catch_up(World& w, const std::function<bool(const RelayWorld::Flight&)>& lost = {}) {
  const auto all = [&](Height number) {
    const MessageRef block = w.block(number);
    for (NodeId i = 0; i < 3; ++i) w.relays.publish(i, block);
    w.relays.run(ms(100));
  };
  all(1);
  w.relays.lost = [](const auto& f) { return f.to == 3; };
  for (Height h = 2; h <= 40; ++h) all(h);
  w.relays.lost = lost;
  w.relays.sent.clear();
  all(41);
}

TEST(HeadersFirst, AGapIsAskedForByLocatorAndFilledFromSeveralPeers) {
  World w(Graph{{3}, {3}, {3}, {0, 1, 2}});
  catch_up(w);
  w.relays.run(seconds(5));
  EXPECT_EQ(w.got(3), 41u);
  EXPECT_GE(w.relays.count("GetHeaders"), 1u);
  std::map<NodeId, int> sent_by;
  for (const auto& f : w.relays.sent) sent_by[f.from] += f.message->as<relay::Content>() != nullptr;
  for (const NodeId peer : {0u, 1u, 2u}) EXPECT_GT(sent_by[peer], 5) << peer;
}

TEST(HeadersFirst, NoPeerIsAskedForMoreThanItsShareAtOnce) {
  World w(Graph{{3}, {3}, {3}, {0, 1, 2}}, {.params = {{"in_flight_per_peer", "4"}}});
  std::map<NodeId, int> open;
  int most = 0;
  catch_up(w, [&](const RelayWorld::Flight& f) {
    if (f.from == 3 && f.message->as<relay::GetData>()) most = std::max(most, ++open[f.to]);
    if (f.to == 3 && f.message->as<relay::Content>()) --open[f.from];
    return false;
  });
  w.relays.run(seconds(10));
  EXPECT_EQ(w.got(3), 41u);
  EXPECT_EQ(most, 4);
}

TEST(HeadersFirst, TheWindowBoundsHowFarAheadIsAsked) {
  World w(Graph{{3}, {3}, {3}, {0, 1, 2}}, {.params = {{"window", "5"}}});
  int open = 0;
  int most = 0;
  catch_up(w, [&](const RelayWorld::Flight& f) {
    if (f.from == 3 && f.message->as<relay::GetData>()) most = std::max(most, ++open);
    if (f.to == 3 && f.message->as<relay::Content>()) --open;
    return false;
  });
  w.relays.run(seconds(20));
  EXPECT_EQ(w.got(3), 41u);
  EXPECT_LE(most, 5);
}

TEST(HeadersFirst, APeerThatStallsIsReplaced) {
  World w(Graph{{3}, {3}, {3}, {0, 1, 2}}, {.params = {{"request_timeout", "2 s"}}});
  catch_up(w, [](const RelayWorld::Flight& f) {
    return f.from == 1 && f.message->as<relay::Content>() != nullptr;
  });
  w.relays.run(seconds(20));
  EXPECT_EQ(w.got(3), 41u);
}

TEST(HeadersFirst, AHeaderThatNobodyConnectsStillReachesTheOwner) {
  World w(Graph{{1}, {0}});
  w.relays.publish(0, w.block(1));
  w.relays.run(seconds(1));
  w.relays.publish(0, w.block(9));  // 0 has nothing between
  w.relays.run(seconds(5));
  EXPECT_EQ(w.relays.got(1), (std::vector<std::string>{"block 1", "block 9"}));
  EXPECT_EQ(w.relays.count("GetHeaders"), 1u) << "asked once, not for ever";
}

TEST(HeadersFirst, NewPeersTellEachOtherWhatTheyLack) {
  World w(Graph{{}, {}});
  w.relays.publish(1, w.block(1));
  w.relays.publish(0, w.block(1));
  for (Height h = 2; h <= 20; ++h) w.relays.publish(0, w.block(h));
  w.relays.call(0, Peers{{1}});
  w.relays.call(1, Peers{{0}});
  w.relays.run(seconds(5));
  EXPECT_EQ(w.got(1), 19u);
}

TEST(HeadersFirst, FramesComeBackFromTheirBytes) {
  for (const bool as_bytes : {false, true}) {
    RelayWorld::Options options;
    options.as_bytes = as_bytes;
    World w(ring_with_chords(15), options);
    for (Height h = 1; h <= 4; ++h) {
      w.relays.publish(static_cast<NodeId>(3 * h), w.block(h));
      w.relays.run(seconds(1));
    }
    for (NodeId i = 0; i < 15; ++i) EXPECT_EQ(w.got(i), i % 3 == 0 && i > 0 && i < 13 ? 3u : 4u);
  }
}

}  // namespace
}  // namespace headers
}  // namespace ledgerlab
