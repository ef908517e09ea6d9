// The mesh, gossip, and what v1.1 does about peers that behave badly, among a few nodes.
#include "models/gossip/gossipsub/gossipsub.hpp"

#include <gtest/gtest.h>

#include "tests/support/relay_world.hpp"

namespace ledgerlab {
void register_gossip_gossipsub(Registry& registry);

namespace gossipsub {
namespace {

using testing::full_mesh;
using testing::Graph;
using testing::RelayWorld;
using testing::ring_with_chords;

RelayWorld make_world(Graph links, RelayWorld::Changes changes = {}, bool backwards = false) {
  RelayWorld::Options options;
  options.params = std::move(changes);
  options.backwards = backwards;
  options.latency = [](NodeId a, NodeId b) { return us(10'000 + 997 * ((a + 1) * (b + 1) % 31)); };
  return RelayWorld("gossipsub", register_gossip_gossipsub, std::move(links), std::move(options));
}

std::uint64_t number(const RelayWorld& world, NodeId node, const std::string& field) {
  return std::stoull(world.field(node, field));
}

std::int64_t lowest_score(const RelayWorld& world, NodeId node) {
  return std::stoll(world.field(node, "relay.lowest_score"));
}

std::size_t count_to(const RelayWorld& world, std::string_view name, NodeId from, NodeId to) {
  std::size_t out = 0;
  for (const auto& f : world.sent) {
    out += f.message->type().info.name == name && (from == no_node || f.from == from) && f.to == to;
  }
  return out;
}

TEST(Gossipsub, TheMeshHasItsDegreeAndEveryoneGetsAContentOnce) {
  for (const char* version : {"1.0", "1.1"}) {
    auto world = make_world(full_mesh(40), {{"version", version}});
    world.run(seconds(10));
    for (NodeId i = 0; i < 40; ++i) {
      EXPECT_GE(number(world, i, "relay.mesh"), 4u) << version;
      EXPECT_LE(number(world, i, "relay.mesh"), 12u) << version;
    }
    world.publish(3, "a");
    world.run(seconds(5));
    for (NodeId i = 0; i < 40; ++i) EXPECT_EQ(world.got_times(i, "a"), i == 3 ? 0u : 1u);
  }
}

TEST(Gossipsub, OwnContentsGoToTheMeshInV10AndToAllInV11) {
  auto old = make_world(full_mesh(40), {{"version", "1.0"}});
  auto flood = make_world(full_mesh(40));
  auto calm = make_world(full_mesh(40), {{"flood_publish", "false"}});
  for (RelayWorld* world : {&old, &flood, &calm}) {
    world->run(seconds(5));
    world->sent.clear();
    world->publish(3, "a");
  }
  EXPECT_EQ(old.count("Message"), number(old, 3, "relay.mesh"));
  EXPECT_EQ(flood.count("Message"), 39u);
  EXPECT_EQ(calm.count("Message"), number(calm, 3, "relay.mesh"));
}

TEST(Gossipsub, WhoIsLeftOutByTheMeshHearsByGossip) {
  for (const char* version : {"1.0", "1.1"}) {
    auto world = make_world(full_mesh(30), {{"version", version}});
    world.run(seconds(5));
    bool asked = false;
    world.lost = [&](const RelayWorld::Flight& f) {
      asked |= f.from == 7 && f.message->as<IWant>();
      return f.to == 7 && f.message->as<FullMessage>() && !asked;
    };
    world.publish(3, "a");
    world.run(seconds(5));
    EXPECT_TRUE(asked);
    EXPECT_EQ(world.got(7), std::vector<std::string>{"a"}) << version;
    EXPECT_GT(count_to(world, "IHAVE", no_node, 7), 0u);
  }
}

TEST(Gossipsub, ASurplusIsPrunedButForOutboundPeersAndTheBest) {
  auto world = make_world(full_mesh(30));
  world.run(seconds(3));
  for (NodeId i = 1; i < 30; ++i) world.inject(i, 0, Graft{0});
  EXPECT_GT(number(world, 0, "relay.mesh"), 11u) << "whom it dialled it takes in";
  const std::uint64_t grafted = number(world, 0, "relay.mesh");
  EXPECT_LT(grafted, 29u) << "others are refused when the mesh is full";
  world.run(seconds(1));
  EXPECT_LE(number(world, 0, "relay.mesh"), 12u);
  for (NodeId i = 0; i < 30; ++i) EXPECT_GE(number(world, i, "relay.mesh_outbound"), 2u) << i;
  auto old = make_world(full_mesh(30), {{"version", "1.0"}});
  for (NodeId i = 1; i < 30; ++i) old.inject(i, 0, Graft{0});
  EXPECT_EQ(old.field(0, "relay.mesh"), "29") << "v1.0 takes everybody until the heartbeat";
  old.run(seconds(2));
  EXPECT_LE(number(old, 0, "relay.mesh"), 12u);
}

TEST(Gossipsub, AGraftWithinTheBackoffIsPenalisedAndGraylists) {
  auto world = make_world(Graph{{1}, {0}}, {{"behaviour_penalty_threshold", "2"}});
  world.inject(1, 0, Graft{0});
  EXPECT_EQ(world.field(0, "relay.mesh"), "1");
  world.inject(1, 0, Prune{0, {}, 60});
  EXPECT_EQ(world.field(0, "relay.mesh"), "0");
  world.sent.clear();
  world.inject(1, 0, Graft{0});
  EXPECT_EQ(world.count("PRUNE"), 1u);
  EXPECT_EQ(lowest_score(world, 0), 0) << "two penalties are free";
  for (int i = 0; i < 8; ++i) world.inject(1, 0, Graft{0});
  EXPECT_EQ(lowest_score(world, 0), -10 * 16 * 16);
  EXPECT_EQ(world.count("PRUNE"), 9u);
  world.inject(1, 0, Graft{0});
  EXPECT_EQ(world.count("PRUNE"), 9u) << "graylisted below -2500: not even answered";
  auto old = make_world(Graph{{1}, {0}}, {{"version", "1.0"}});
  old.inject(1, 0, Prune{0, {}, 60});
  old.inject(1, 0, Graft{0});
  EXPECT_EQ(old.field(0, "relay.mesh"), "1") << "v1.0 knows no backoff";
}

TEST(Gossipsub, NobodyGraftsWithinTheBackoff) {
  auto world = make_world(Graph{{1}, {0}}, {{"prune_backoff", "10 s"}});
  world.run(seconds(3));
  ASSERT_EQ(world.field(0, "relay.mesh"), "1");
  world.inject(1, 0, Prune{0, {}, 10});
  world.inject(0, 1, Prune{0, {}, 10});
  world.sent.clear();
  world.run(ms(9'900));
  EXPECT_EQ(world.count("GRAFT"), 0u);
  world.run(seconds(3));
  EXPECT_GT(world.count("GRAFT"), 0u);
  EXPECT_EQ(world.field(0, "relay.mesh"), "1");
}

TEST(Gossipsub, BrokenPromisesArePenalised) {
  auto world = make_world(Graph{{1}, {0}}, {{"iwant_followup_time", "3 s"}});
  world.lost = [](const RelayWorld::Flight& f) { return f.to == 1; };  // 1 is mute
  const auto promise = [&](int i) {
    world.inject(1, 0, IHave{0, {world.note(std::to_string(i))->identity()}});
  };
  for (int i = 0; i < 10; ++i) promise(i);
  EXPECT_EQ(world.count("IWANT"), 10u);
  promise(10);
  EXPECT_EQ(world.count("IWANT"), 10u) << "so many announcements in a heartbeat";
  EXPECT_EQ(world.field(0, "relay.promises"), "10");
  world.run(seconds(2));
  EXPECT_EQ(lowest_score(world, 0), 0);
  world.run(seconds(3));
  EXPECT_LE(lowest_score(world, 0), -10 * 3 * 3) << "ten broken, six free, some decay";
  EXPECT_EQ(world.field(0, "relay.promises"), "0");
  // A promise that is kept costs nothing, whoever keeps it.
  auto kept = make_world(Graph{{1, 2}, {0}, {0}}, {{"behaviour_penalty_threshold", "0"}});
  kept.lost = [](const RelayWorld::Flight& f) { return f.to == 1; };
  kept.inject(1, 0, IHave{0, {kept.note("a")->identity()}});
  kept.publish(2, "a");
  kept.run(seconds(10));
  EXPECT_EQ(lowest_score(kept, 0), 0);
}

TEST(Gossipsub, AnswersToIWantAreCounted) {
  for (const char* version : {"1.0", "1.1"}) {
    auto world = make_world(Graph{{1}, {0}}, {{"version", version}, {"flood_publish", "false"}});
    const MessageRef a = world.note("a");
    world.publish(0, a);
    world.sent.clear();
    for (int i = 0; i < 8; ++i) world.inject(1, 0, IWant{{a->identity()}});
    EXPECT_EQ(world.count("Message"), std::string(version) == "1.0" ? 8u : 3u);
  }
}

TEST(Gossipsub, WhoSendsInvalidContentsIsPrunedAndThenNotHeard) {
  auto world = make_world(full_mesh(8), {{"d_out", "0"}});
  world.run(seconds(5));
  for (int i = 0; i < 8; ++i) world.invalid.insert("bad" + std::to_string(i));
  world.publish(3, "bad0");
  world.run(ms(500));
  EXPECT_EQ(world.got_times(0, "bad0"), 1u);
  EXPECT_EQ(lowest_score(world, 0), -99) << "P4: 100, but for some time in the mesh";
  world.run(seconds(2));
  EXPECT_EQ(world.field(3, "relay.mesh"), "0") << "pruned everywhere";
  for (int i = 1; i < 8; ++i) world.publish(3, "bad" + std::to_string(i));
  world.run(seconds(1));
  world.publish(3, "good?");
  world.run(seconds(5));
  EXPECT_EQ(world.got_times(0, "good?"), 0u) << "graylisted";
  auto old = make_world(full_mesh(8), {{"version", "1.0"}});
  old.run(seconds(5));
  old.invalid.insert("bad0");
  old.publish(3, "bad0");
  old.run(seconds(5));
  EXPECT_GT(number(old, 3, "relay.mesh"), 0u) << "v1.0 forgives everything";
}

TEST(Gossipsub, AMutePeerLosesItsPlaceByP3) {
  const RelayWorld::Changes demanding{
      {"mesh_message_deliveries_weight", "1"},       {"mesh_message_deliveries_threshold", "3"},
      {"mesh_message_deliveries_activation", "5 s"}, {"mesh_message_deliveries_window", "1 s"},
      {"mesh_failure_penalty_weight", "1"},          {"flood_publish", "false"}};
  for (const bool mute : {true, false}) {
    auto world = make_world(full_mesh(20), demanding);
    world.lost = [&](const RelayWorld::Flight& f) {
      return mute && f.from == 5 && f.message->as<FullMessage>();
    };
    for (int i = 0; i < 40; ++i) {
      world.publish(static_cast<NodeId>(i % 5), std::to_string(i));
      world.run(ms(500));
    }
    if (mute) {
      EXPECT_LT(number(world, 5, "relay.mesh"), 4u) << "hardly anybody takes it";
    } else {
      EXPECT_GE(number(world, 5, "relay.mesh"), 4u);
    }
  }
}

TEST(Gossipsub, AMeshOfPoorPeersIsRefreshedByBetterOnes) {
  for (const char* ticks : {"0", "5"}) {
    auto world = make_world(full_mesh(30), {{"opportunistic_graft_ticks", ticks},
                                            {"opportunistic_graft_threshold", "1"}});
    world.run(seconds(3));
    // 0 hears from one peer only, which is not in its mesh: all others are poor.
    NodeId good = no_node;
    for (NodeId i = 1; i < 30 && good == no_node; ++i) {
      if (count_to(world, "GRAFT", i, 0) + count_to(world, "GRAFT", 0, i) == 0) good = i;
    }
    ASSERT_NE(good, no_node);
    world.lost = [&](const RelayWorld::Flight& f) {
      return f.to == 0 && f.from != good && f.message->as<FullMessage>();
    };
    world.sent.clear();
    for (int i = 0; i < 10; ++i) {
      world.publish(good, std::to_string(i));
      world.run(ms(900));
    }
    EXPECT_EQ(count_to(world, "GRAFT", 0, good), std::string(ticks) == "0" ? 0u : 1u);
  }
}

TEST(Gossipsub, WhoIsNotSubscribedPublishesThroughItsFanout) {
  auto world = make_world(full_mesh(40), {{"version", "1.0"}, {"subscribers", "60 %"}});
  world.run(seconds(5));
  std::vector<NodeId> in, out;
  for (NodeId i = 0; i < 40; ++i) (number(world, i, "relay.mesh") > 0 ? in : out).push_back(i);
  ASSERT_GT(in.size(), 10u);
  ASSERT_GT(out.size(), 5u);
  world.sent.clear();
  world.publish(out[0], "a");
  EXPECT_EQ(world.count("Message"), 6u) << "D of them";
  EXPECT_EQ(world.field(out[0], "relay.fanout"), "6");
  world.run(seconds(5));
  for (const NodeId i : in) EXPECT_EQ(world.got_times(i, "a"), 1u);
  for (const NodeId i : out) EXPECT_EQ(world.got_times(i, "a"), 0u);
  world.run(seconds(60));
  EXPECT_EQ(world.field(out[0], "relay.fanout"), "0") << "after fanout_ttl";
}

TEST(Gossipsub, PeerExchangeConnectsWhoWasPruned) {
  for (const char* px : {"false", "true"}) {
    Graph hub(20);
    for (NodeId i = 1; i < 20; ++i) {
      hub[0].push_back(i);
      hub[i].push_back(0);
    }
    auto world = make_world(
        hub,
        {{"px", px}, {"accept_px_threshold", "0"}, {"d_high", "8"}, {"gossip_factor", "100 %"}});
    world.run(seconds(5));
    std::uint64_t most = 0;
    for (NodeId i = 1; i < 20; ++i) most = std::max(most, number(world, i, "relay.neighbours"));
    if (std::string(px) == "true") {
      EXPECT_GT(most, 4u);
    } else {
      EXPECT_EQ(most, 1u);
    }
    world.publish(7, "a");
    world.run(seconds(5));
    for (NodeId i = 0; i < 20; ++i) EXPECT_EQ(world.got_times(i, "a"), i == 7 ? 0u : 1u) << i;
  }
}

TEST(Gossipsub, ABadScoreOutlivesTheConnection) {
  auto world = make_world(Graph{{1, 2}, {0}, {0}});
  world.inject(1, 0, Prune{0, {}, 60});
  for (int i = 0; i < 6; ++i) world.inject(1, 0, Graft{0});
  const std::int64_t bad = lowest_score(world, 0);
  EXPECT_LT(bad, -100);
  world.call(0, Peers{{2}});
  EXPECT_EQ(lowest_score(world, 0), 0);
  world.call(0, Peers{{1, 2}});
  EXPECT_EQ(lowest_score(world, 0), bad);
  world.run(ms(1));
  EXPECT_EQ(count_to(world, "SubOpts", 0, 1), 1u);
}

TEST(Gossipsub, PeersOfOneAddressGroupArePenalised) {
  RelayWorld::Options options;
  options.params = {{"ip_colocation_factor_threshold", "2"}};
  options.address_groups = {0, 7, 7, 7, 7, 1};
  RelayWorld world("gossipsub", register_gossip_gossipsub, full_mesh(6), options);
  EXPECT_EQ(lowest_score(world, 0), -10 * 4);
  world.run(seconds(5));
  for (const auto& f : world.sent) {
    if (f.from == 0 && f.message->as<Graft>()) EXPECT_EQ(f.to, 5u);
  }
}

TEST(Gossipsub, ARestartedNodeComesBackIntoTheMesh) {
  for (const char* version : {"1.0", "1.1"}) {
    auto world = make_world(full_mesh(20), {{"version", version}});
    world.run(seconds(5));
    world.crash(4);
    world.publish(0, "a");
    world.run(seconds(5));
    world.restart(4);
    world.run(seconds(5));
    EXPECT_GE(number(world, 4, "relay.mesh"), 4u);
    world.publish(0, "b");
    world.publish(4, "c");
    world.run(seconds(5));
    EXPECT_EQ(world.got_times(4, "b"), 1u);
    for (NodeId i = 1; i < 20; ++i) EXPECT_EQ(world.got_times(i, "c"), i == 4 ? 0u : 1u) << i;
  }
}

TEST(Gossipsub, LossIsMadeGoodByGossip) {
  for (const char* version : {"1.0", "1.1"}) {
    auto world = make_world(full_mesh(30), {{"version", version}});
    std::uint64_t n = 0;
    world.lost = [&](const RelayWorld::Flight&) {
      return draw_ppb(draw64(9, 0, Purpose("test.loss"), n++), 200'000'000);
    };
    for (int i = 0; i < 10; ++i) {
      world.run(seconds(1));
      world.publish(static_cast<NodeId>(3 * i), std::to_string(i));
    }
    world.run(seconds(10));
    for (int c = 0; c < 10; ++c) {
      for (NodeId i = 0; i < 30; ++i) {
        EXPECT_EQ(world.got_times(i, std::to_string(c)), i == 3u * static_cast<NodeId>(c) ? 0u : 1u)
            << version << " " << c << " at " << i;
      }
    }
  }
}

TEST(Gossipsub, NothingDependsOnTheNumbersOfTheInterner) {
  std::vector<std::vector<std::string>> lines;
  for (const bool backwards : {false, true}) {
    auto world = make_world(ring_with_chords(20), {{"mcache_len", "3"}}, backwards);
    int n = 0;
    world.lost = [&n](const RelayWorld::Flight&) { return ++n % 7 == 0; };
    for (int i = 0; i < 30; ++i) {
      world.publish(static_cast<NodeId>(i % 12), std::to_string(i % 10));
      world.run(ms(300));
    }
    auto& out = lines.emplace_back();
    for (const auto& f : world.sent) {
      out.push_back(std::to_string(f.from) + ">" + std::to_string(f.to) +
                    to_hex(f.message->identity()));
    }
  }
  EXPECT_EQ(lines[0], lines[1]);
}

TEST(Gossipsub, FramesComeBackFromTheirBytes) {
  auto world =
      make_world(full_mesh(30), {{"subscribers", "80 %"}, {"px", "true"}, {"d_high", "7"}});
  for (int i = 0; i < 8; ++i) {
    world.publish(static_cast<NodeId>(i), std::to_string(i));
    world.run(ms(700));
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
  EXPECT_EQ(names.size(), 6u);
}

}  // namespace
}  // namespace gossipsub
}  // namespace ledgerlab
