// The tree, its repair and its optimisation among a few nodes, rule by rule of the paper.
#include "models/gossip/plumtree/plumtree.hpp"

#include <gtest/gtest.h>

#include "tests/support/relay_world.hpp"

namespace ledgerlab {
void register_gossip_plumtree(Registry& registry);

namespace plumtree {
namespace {

using testing::full_mesh;
using testing::Graph;
using testing::RelayWorld;
using testing::ring_with_chords;

RelayWorld make_world(Graph links, RelayWorld::Changes changes = {},
                      std::function<Duration(NodeId, NodeId)> latency = {},
                      bool backwards = false) {
  RelayWorld::Options options;
  options.params = std::move(changes);
  options.backwards = backwards;
  if (latency) options.latency = std::move(latency);
  return RelayWorld("plumtree", register_gossip_plumtree, std::move(links), std::move(options));
}

/// Different on every link, the same both ways: no two copies arrive together.
Duration uneven(NodeId a, NodeId b) { return us(10'000 + 997 * ((a + 1) * (b + 1) % 101) + a + b); }

std::uint64_t eager_links(const RelayWorld& world) {
  std::uint64_t ends = 0;
  for (NodeId i = 0; i < world.n(); ++i) ends += std::stoull(world.field(i, "relay.eager"));
  return ends;
}

TEST(Plumtree, DuplicatesPruneTheOverlayToATree) {
  // The optimisation would bend the tree towards whoever publishes.
  auto world = make_world(ring_with_chords(40), {{"threshold", "0"}}, uneven);
  world.publish(0, "a");
  world.run(seconds(10));
  for (NodeId i = 0; i < 40; ++i) EXPECT_EQ(world.got_times(i, "a"), i == 0 ? 0u : 1u);
  EXPECT_EQ(eager_links(world), 2u * 39u) << "both ends of n - 1 links";
  EXPECT_EQ(world.count("GRAFT"), 0u);
  world.sent.clear();
  world.publish(17, "b");
  world.run(seconds(10));
  EXPECT_EQ(world.count("GOSSIP"), 39u) << "a tree from wherever it is published";
  EXPECT_EQ(world.count("PRUNE"), 0u);
  EXPECT_GT(world.count("IHAVE"), 0u);
  for (NodeId i = 0; i < 40; ++i) EXPECT_EQ(world.got_times(i, "b"), i == 17 ? 0u : 1u);
}

TEST(Plumtree, ABranchThatBreaksIsGraftedAndStays) {
  auto world = make_world(ring_with_chords(40), {{"timeout1", "1 s"}}, uneven);
  for (int i = 0; i < 3; ++i) {
    world.publish(0, "warm" + std::to_string(i));
    world.run(seconds(5));
  }
  for (const NodeId node : {1u, 3u, 9u}) world.crash(node);
  world.sent.clear();
  world.publish(0, "a");
  world.run(ms(900));
  EXPECT_EQ(world.count("GRAFT"), 0u) << "not before timeout1";
  world.run(seconds(20));
  EXPECT_GT(world.count("GRAFT"), 0u);
  const auto all_have = [&](const std::string& text) {
    for (NodeId i = 1; i < 40; ++i) {
      if (i == 1 || i == 3 || i == 9) continue;
      EXPECT_EQ(world.got_times(i, text), 1u) << i << " " << text;
    }
  };
  all_have("a");
  world.publish(0, "b");
  world.run(seconds(20));
  all_have("b");
  world.sent.clear();
  world.publish(0, "c");
  world.run(seconds(20));
  all_have("c");
  EXPECT_EQ(world.count("GRAFT"), 0u) << "the tree is whole again";
}

TEST(Plumtree, WhatComesInTimeIsNotAskedFor) {
  // 2 hears the announcement of 0 before the content comes through 1.
  Duration by_1 = ms(1);
  auto world = make_world(Graph{{1, 2}, {0, 2}, {0, 1}}, {{"threshold", "0"}},
                          [&](NodeId a, NodeId b) { return a + b == 2 ? ms(20) : by_1; });
  world.publish(0, "a");
  world.run(seconds(5));
  by_1 = ms(300);
  world.sent.clear();
  world.publish(0, "b");
  world.run(ms(100));
  EXPECT_EQ(world.field(2, "relay.missing"), "1");
  world.run(seconds(10));
  EXPECT_EQ(world.field(2, "relay.missing"), "0");
  EXPECT_EQ(world.count("GRAFT"), 0u);
  EXPECT_EQ(world.got_times(2, "b"), 1u);
}

TEST(Plumtree, TheNextAnnouncerIsAskedAfterTimeout2) {
  auto world = make_world(Graph{{2}, {2}, {0, 1}}, {{"timeout1", "1 s"}, {"timeout2", "400 ms"}});
  const Hash128 id = world.note("a")->identity();
  world.inject(0, 2, IHave{{{id, 0}}});
  world.inject(1, 2, IHave{{{id, 3}}});
  const auto grafts = [&] {
    std::vector<std::pair<NodeId, Duration>> out;
    for (const auto& f : world.sent) {
      if (f.message->as<Graft>()) out.emplace_back(f.to, f.due - ms(10) - time_start - seconds(1));
    }
    return out;
  };
  world.run(seconds(30));
  ASSERT_EQ(grafts().size(), 6u) << "two announcers, three times each, then given up";
  EXPECT_EQ(grafts()[0], (std::pair<NodeId, Duration>{0, seconds(1)}));
  EXPECT_EQ(grafts()[1], (std::pair<NodeId, Duration>{1, ms(1400)}));
  EXPECT_EQ(grafts()[2], (std::pair<NodeId, Duration>{0, ms(1800)}));
  EXPECT_EQ(world.field(2, "relay.missing"), "0");
  world.publish(1, "a");
  world.run(seconds(1));
  EXPECT_EQ(world.got_times(2, "a"), 1u) << "still wanted";
}

TEST(Plumtree, AShorterWayTakesThePlaceOfALongerOne) {
  // A line 0 1 2 3 4 and a link 0-4, at first slower than the whole line.
  Duration line = ms(1);
  const Graph links{{1, 4}, {0, 2}, {1, 3}, {2, 4}, {0, 3}};
  const auto latency = [&](NodeId a, NodeId b) { return a + b == 4 && a * b == 0 ? ms(10) : line; };
  for (const bool optimise : {true, false}) {
    line = ms(1);
    auto world = make_world(links, {{"threshold", optimise ? "3" : "0"}}, latency);
    world.publish(0, "a");
    world.run(seconds(5));
    line = ms(20);
    world.publish(0, "b");  // by the line, round 3, while 0 announces it for round 0
    world.run(seconds(5));
    world.sent.clear();
    world.publish(0, "c");
    world.run(seconds(5));
    NodeId sender = no_node;
    for (const auto& f : world.sent) {
      if (f.to == 4 && f.message->as<Gossip>() && sender == no_node) sender = f.from;
    }
    EXPECT_EQ(sender, optimise ? 0u : 3u);
    EXPECT_EQ(world.got_times(4, "c"), 1u);
  }
}

TEST(Plumtree, LossIsMadeGoodByAnnouncements) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto world = make_world(ring_with_chords(40), {}, uneven);
    std::uint64_t n = 0;
    world.lost = [&](const RelayWorld::Flight&) {
      return draw_ppb(draw64(seed, 0, Purpose("test.loss"), n++), 100'000'000);
    };
    for (int i = 0; i < 10; ++i) {
      world.publish(static_cast<NodeId>(3 * i), std::to_string(i));
      world.run(seconds(2));
    }
    world.run(seconds(20));
    std::size_t missed = 0;
    for (int c = 0; c < 10; ++c) {
      for (NodeId i = 0; i < 40; ++i) {
        const auto times = world.got_times(i, std::to_string(c));
        EXPECT_LE(times, 1u);
        missed += i != static_cast<NodeId>(3 * c) && times == 0;
      }
    }
    EXPECT_EQ(missed, 0u) << "seed " << seed;
  }
}

TEST(Plumtree, WhatItsOwnerRefusesGoesNoFurther) {
  auto world = make_world(Graph{{1}, {0, 2}, {1}});
  world.refused.insert("bad");
  world.publish(0, "bad");
  world.run(seconds(10));
  EXPECT_EQ(world.got(1), std::vector<std::string>{"bad"});
  EXPECT_TRUE(world.got(2).empty());
}

TEST(Plumtree, AnnouncementsAreGathered) {
  auto world = make_world(full_mesh(6), {{"ihave_interval", "100 ms"}}, uneven);
  world.publish(0, "warm");
  world.run(seconds(5));
  world.sent.clear();
  for (const char* text : {"a", "b", "c"}) world.publish(0, text);
  world.run(seconds(5));
  std::size_t ids = 0;
  for (const auto& f : world.sent) {
    if (const auto* ihave = f.message->as<IHave>()) ids += ihave->announcements.size();
  }
  EXPECT_GT(world.count("IHAVE"), 0u);
  EXPECT_EQ(ids, 3 * world.count("IHAVE"));
}

TEST(Plumtree, PeersComeAsEagerAndWhoLeftIsAskedNoMore) {
  auto world = make_world(Graph{{2}, {2}, {0, 1}, {}});
  const Hash128 id = world.note("a")->identity();
  world.lost = [](const RelayWorld::Flight& f) { return f.to == 0; };
  world.inject(0, 2, IHave{{{id, 0}}});
  world.inject(1, 2, IHave{{{id, 0}}});
  world.run(ms(1100));
  ASSERT_EQ(world.count("GRAFT"), 1u);
  EXPECT_EQ(world.sent.back().to, 0u);
  world.call(2, Peers{{1, 3}});
  ASSERT_EQ(world.count("GRAFT"), 2u) << "at once";
  EXPECT_EQ(world.sent.back().to, 1u);
  world.call(3, Peers{{2}});
  world.publish(2, "b");
  world.run(seconds(1));
  EXPECT_EQ(world.got(3), std::vector<std::string>{"b"});
  EXPECT_TRUE(world.got(0).empty());
  world.inject(0, 2, IHave{{{world.note("c")->identity(), 0}}});
  EXPECT_EQ(world.field(2, "relay.missing"), "1") << "only a: 0 is no neighbour any more";
}

TEST(Plumtree, ARestartBeginsEagerAndTheTreeTakesItIn) {
  auto world = make_world(ring_with_chords(20), {}, uneven);
  world.publish(0, "a");
  world.run(seconds(5));
  world.crash(4);
  world.publish(0, "b");
  world.run(seconds(5));
  world.restart(4);
  world.publish(0, "c");
  world.run(seconds(5));
  world.publish(4, "d");
  world.run(seconds(5));
  for (NodeId i = 1; i < 20; ++i) EXPECT_EQ(world.got_times(i, "c"), 1u) << i;
  for (NodeId i = 0; i < 20; ++i) EXPECT_EQ(world.got_times(i, "d"), i == 4 ? 0u : 1u) << i;
}

TEST(Plumtree, NothingDependsOnTheNumbersOfTheInterner) {
  std::vector<std::vector<std::string>> lines;
  for (const bool backwards : {false, true}) {
    auto world = make_world(ring_with_chords(12), {{"keep_contents", "2 s"}}, uneven, backwards);
    int n = 0;
    world.lost = [&n](const RelayWorld::Flight&) { return ++n % 7 == 0; };
    for (int i = 0; i < 30; ++i) {
      world.publish(static_cast<NodeId>(i % 12), std::to_string(i % 10));
      world.run(ms(300));
    }
    world.run(seconds(10));
    auto& out = lines.emplace_back();
    for (const auto& f : world.sent) {
      out.push_back(std::to_string(f.from) + ">" + std::to_string(f.to) +
                    to_hex(f.message->identity()));
    }
  }
  EXPECT_EQ(lines[0], lines[1]);
}

TEST(Plumtree, FramesComeBackFromTheirBytes) {
  auto world = make_world(ring_with_chords(10), {}, uneven);
  world.inject(1, 0, IHave{{{world.note("x")->identity(), 5}}});
  for (const char* text : {"text", "more"}) {
    world.publish(0, text);
    world.run(seconds(5));
  }
  MessageCatalog catalog;
  catalog.slots[static_cast<std::size_t>(Slot::relay)] = world.info().messages;
  catalog.slots[static_cast<std::size_t>(Slot::consensus)] = message_list<testing::RelayNote>();
  std::set<std::string_view> names;
  for (const auto& f : world.sent) {
    names.insert(f.message->type().info.name);
    const Bytes frame = encode_frame(*f.message);
    EXPECT_EQ(frame.size(), f.message->wire_size());
    const MessageRef back = decode_frame(frame, catalog);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode_frame(*back), frame);
    EXPECT_EQ(back->identity(), f.message->identity());
  }
  EXPECT_EQ(names.size(), 4u);
}

}  // namespace
}  // namespace plumtree
}  // namespace ledgerlab
