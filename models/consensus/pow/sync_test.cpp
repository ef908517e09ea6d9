// Catching up by headers and by snapshots: what is asked of whom, what is verified before what, and
// what liars, silence, crashes and partitions do to it.
#include <gtest/gtest.h>

#include <set>

#include "models/consensus/pow/pow_test.hpp"

namespace ledgerlab::pow::test {
namespace {

using chain::GetData;
using chain::GetHeaders;
using chain::GetState;
using chain::Headers;
using chain::StateChunk;
using Flight = PowWorld::Flight;

constexpr NodeId late = 4;

PowWorld::Changes mode(const std::string& sync, PowWorld::Changes more = {}) {
  more.insert({{"sync", sync},
               {"settlement_depth", "3"},
               {"block_interval", "10 s"},
               {"retarget_window", "8"},
               {"sync_in_flight", "4"},
               {"sync_window", "20"},
               {"state_chunk", "64 B"}});
  return more;
}

/// Five nodes, of which the last is absent while the others make blocks.
struct World : PowWorld {
  explicit World(const Changes& changes, int blocks = 60) : PowWorld(5, changes) {
    crash(late);
    for (int i = 0; i < blocks; ++i) mine(static_cast<NodeId>(i % 3));
    sent.clear();
  }
  void come_back() {
    restart(late);
    deliver_all();
  }
  template <class T>
  std::vector<std::pair<NodeId, const T*>> asked() const {
    std::vector<std::pair<NodeId, const T*>> out;
    for (const Flight& f : sent) {
      const T* body = f.from == late ? f.message->as<T>() : nullptr;
      if (body) out.emplace_back(f.to, body);
    }
    return out;
  }
  template <class T>
  std::set<NodeId> asked_of() const {
    std::set<NodeId> out;
    for (const auto& [to, body] : asked<T>()) out.insert(to);
    return out;
  }
  void tick(int times = 1) {
    for (int i = 0; i < times && timer_set_16(); ++i) {
      PowWorld::ChainWorld::fire(late, chain::timer_catch_up);
      deliver_all();
    }
  }
  bool timer_set_16() const { return ChainWorld::timer_set(late, chain::timer_catch_up); }
  bool caught_up() const { return nodes[late].head->id == nodes[0].head->id; }
  bool noted(const std::string& text) const {
    for (const std::string& note : nodes[late].notes) {
      if (note.find(text) != std::string::npos) return true;
    }
    return false;
  }
  /// It takes part again: its block is taken by all.
  void expect_takes_part() {
    mine(late);
    for (const auto& node : nodes) EXPECT_EQ(node.head->id, nodes[late].head->id);
    EXPECT_EQ(header_of(*nodes[0].head)->miner, late);
  }
};

TEST(HeadersFirst, BodiesComeOfSeveralNeighboursAfterAllHeaders) {
  World w(mode("headers"));
  w.come_back();
  ASSERT_TRUE(w.caught_up());
  EXPECT_EQ(w.height(late), 60u);
  EXPECT_EQ(w.asked<chain::GetBlocks>().size(), 0u);
  EXPECT_EQ(w.asked<GetHeaders>().size(), 1u);
  EXPECT_EQ(w.asked_of<GetData>(), (std::set<NodeId>{0, 1, 2, 3}));
  bool headers_came = false;
  std::set<Height> bodies;
  for (const Flight& f : w.sent) {
    headers_came = headers_came || f.message->as<Headers>();
    const auto* get = f.message->as<GetData>();
    if (!get) continue;
    EXPECT_TRUE(headers_came) << "no body is asked for before its header is verified";
    for (const auto& place : get->blocks) {
      EXPECT_TRUE(bodies.insert(place.height).second) << "asked for once";
    }
  }
  EXPECT_EQ(bodies.size(), 60u);
  EXPECT_EQ(w.nodes[late].finals.back()->height, 58u);
  w.expect_takes_part();
}

TEST(HeadersFirst, NeitherWindowNorShareIsPassed) {
  World w(mode("headers"));
  std::size_t most = 0;
  std::map<NodeId, std::set<Height>> open;
  w.intercept = [&](Flight& f) {
    if (const auto* get = f.message->as<GetData>()) {
      for (const auto& place : get->blocks) {
        open[f.to].insert(place.height);
        EXPECT_LE(place.height, w.height(late) + 1 + 20);
      }
      most = std::max(most, open[f.to].size());
    } else if (const auto* block = f.message->as<BlockContent>(); block && !f.relayed) {
      open[f.from].erase(block->carried.block->height);
    }
  };
  w.come_back();
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(most, 4u);
}

TEST(HeadersFirst, FullAsksBlockAfterBlockAndForNoHeaders) {
  World w(mode("full"));
  w.come_back();
  ASSERT_TRUE(w.caught_up());
  EXPECT_GE(w.asked<chain::GetBlocks>().size(), 4u);
  EXPECT_TRUE(w.asked<GetHeaders>().empty());
  EXPECT_TRUE(w.asked<GetData>().empty());
}

TEST(HeadersFirst, NoBlockIsMadeBeforeItIsDone) {
  World w(mode("headers"));
  w.restart(late);
  EXPECT_FALSE(w.nodes[late].search);
  while (!w.caught_up() && !w.flights.empty()) {
    EXPECT_FALSE(w.nodes[late].search) << "at height " << w.height(late);
    w.deliver(0);
  }
  w.deliver_all();
  EXPECT_TRUE(w.nodes[late].search);
}

/// Changes what comes from the node that is asked first.
template <class T, class Change>
void lie(World& w, NodeId* liar, Change change) {
  *liar = no_node;
  w.intercept = [&w, liar, change](Flight& f) {
    const T* body = f.relayed || f.to != late ? nullptr : f.message->as<T>();
    if (!body) return;
    if (*liar == no_node) *liar = f.from;
    if (*liar == f.from) change(f, T(*body));
  };
}

TEST(HeadersFirst, WhoGivesAHeaderWithoutWorkIsNotAskedAgain) {
  World w(mode("headers"));
  NodeId liar;
  lie<Headers>(w, &liar, [&](Flight& f, Headers headers) {
    Header h = *codec::decode<Header>(headers.list[10]);
    h.state_root.data[0] ^= 1;  // it would need work of its own
    headers.list[10] = codec::encode(h);
    f.message = w.sealed(f.from, headers);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("header: work"));
  EXPECT_TRUE(w.caught_up());
  EXPECT_FALSE(w.asked_of<GetData>().contains(liar));
  EXPECT_EQ(w.asked_of<GetHeaders>().size(), 2u);
}

TEST(HeadersFirst, AHeaderMayHaveNoEasierTarget) {
  World w(mode("headers"));
  NodeId liar;
  lie<Headers>(w, &liar, [&](Flight& f, Headers headers) {
    headers.list.resize(1);
    const BlockRef first = w.nodes[0].finals.front();
    // Real work, for a target of its own.
    headers.list.push_back(codec::encode(w.forge(
        *first, [](Header& h) { h.bits = work::encode_compact(work::target_for_tries(1)); })));
    f.message = w.sealed(f.from, headers);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("header: difficulty"));
  EXPECT_TRUE(w.caught_up());
}

TEST(HeadersFirst, ABodyThatDoesNotFitItsHeaderIsAskedOfAnother) {
  World w(mode("headers"));
  NodeId liar;
  lie<BlockContent>(w, &liar, [&](Flight& f, BlockContent content) {
    Bytes bytes(100, 5);
    content.carried =
        make_mined(content.carried.header, make_payload({make_transaction(std::move(bytes))}));
    f.message = w.sealed(f.from, content);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("body: transaction root"));
  w.tick(4);
  EXPECT_TRUE(w.caught_up());
  // What was on its way when it lied was the last.
  std::size_t of_liar = 0;
  for (const auto& [to, get] : w.asked<GetData>()) of_liar += to == liar;
  EXPECT_EQ(of_liar, 1u);
}

TEST(HeadersFirst, WhoStallsIsReplaced) {
  World w(mode("headers"));
  w.intercept = [](Flight& f) {
    if (f.from == 1 && f.to == late && !f.message->as<chain::Tip>()) f.message = MessageRef();
  };
  w.come_back();
  EXPECT_FALSE(w.caught_up());
  w.tick(6);
  EXPECT_TRUE(w.caught_up());
  w.expect_takes_part();
}

TEST(HeadersFirst, AClaimWithoutHeadersHoldsNobodyUp) {
  World w(mode("headers"));
  w.intercept = [&](Flight& f) {
    const auto* tip = f.message->as<chain::Tip>();
    if (!tip || f.from != 2) return;
    chain::Tip more = *tip;
    more.height += 1000;
    more.head.data[0] ^= 1;
    more.weight = more.weight + more.weight;
    f.message = w.sealed(f.from, more);
  };
  w.come_back();
  EXPECT_TRUE(w.caught_up());
  EXPECT_TRUE(w.asked_of<GetHeaders>().contains(2));
}

TEST(HeadersFirst, WhoClaimsAndShowsNothingStopsNobodyTwice) {
  World w(mode("headers"));
  w.come_back();
  ASSERT_TRUE(w.caught_up());
  w.intercept = [](Flight& f) {
    if (f.from == 3 && f.message->as<Headers>()) f.message = MessageRef();
  };
  const auto claim = [&] {
    chain::Tip tip{w.nodes[0].head->id, 1000, U256::max()};
    tip.head.data[0] ^= 1;
    w.sent.clear();
    w.flights.push_back({3, late, w.sealed(3, tip), false});
    w.deliver_all();
  };
  claim();
  EXPECT_EQ(w.asked<GetHeaders>().size(), 1u);
  w.tick(2);
  claim();
  EXPECT_TRUE(w.asked<GetHeaders>().empty());
  EXPECT_FALSE(w.timer_set_16()) << "from now on it is asked as in full mode";
  w.expect_takes_part();
}

TEST(HeadersFirst, AHeavierChainWithoutBodiesIsLeftForTheNext) {
  World w(mode("headers"), 0);
  w.cut({3});
  for (int i = 0; i < 40; ++i) w.mine(static_cast<NodeId>(i % 3));
  w.mine(3, 80);
  w.cuts.clear();
  w.intercept = [](Flight& f) {
    if (f.from == 3 && f.to == late && f.message->as<BlockContent>()) f.message = MessageRef();
  };
  w.come_back();
  EXPECT_FALSE(w.caught_up());
  w.tick(100);
  EXPECT_TRUE(w.noted("given up"));
  for (int i = 0; i < 10 && !w.caught_up(); ++i) {
    w.ChainWorld::fire(late, chain::timer_poll);
    w.deliver_all();
    w.tick(20);
  }
  EXPECT_TRUE(w.caught_up());
}

TEST(HeadersFirst, AShortChainDoesNotHideTheHeaviest) {
  World w(mode("headers"));
  NodeId liar;
  lie<Headers>(w, &liar, [&](Flight& f, Headers headers) {
    headers.list.resize(20);
    f.message = w.sealed(f.from, headers);
  });
  w.come_back();
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.asked_of<GetHeaders>().size(), 2u);
}

TEST(HeadersFirst, AChainThatLostMeanwhileIsLeft) {
  World w(mode("headers"), 40);
  // A block that two know, and its header is the highest when the late one asks.
  w.cut({0, 1});
  w.mine(0);
  w.cuts.clear();
  const BlockId lost = w.nodes[0].head->id;
  w.restart(late);
  while (w.count_sent("GetData") == 0) w.deliver(0);
  w.intercept = [&](Flight& f) {  // its body does not come before the others are ahead
    const auto* block = f.message->as<BlockContent>();
    if (block && block->carried.block->id == lost && f.to == late) f.message = MessageRef();
  };
  w.deliver_all();
  w.mine(2, 4);
  ASSERT_NE(w.nodes[0].finals.back()->id, lost);
  ASSERT_EQ(w.nodes[0].head->id, w.nodes[2].head->id);
  w.tick(12);
  for (int polls = 0; polls < 2; ++polls) {
    w.fire(late, TimerKind::poll);
    w.deliver_all();
    w.tick(6);
  }
  EXPECT_TRUE(w.caught_up());
}

TEST(HeadersFirst, WhoseArchiveBeginsAboveIsSilentAndAnotherIsAsked) {
  World w(mode("headers"));
  w.crash(0);
  w.restart(0);
  w.deliver_all();
  w.come_back();
  w.tick(6);
  EXPECT_TRUE(w.caught_up());
}

TEST(HeadersFirst, ACrashInTheMiddleLosesNoMoreThanIsNotOnDisk) {
  for (int steps = 1; steps < 100; steps += 7) {
    World w(mode("headers"));
    w.restart(late);
    for (int i = 0; i < steps && !w.flights.empty(); ++i) w.deliver(0);
    w.crash(late);
    w.flights.clear();
    w.come_back();
    EXPECT_TRUE(w.caught_up()) << steps;
  }
}

TEST(HeadersFirst, GoesOnWhenAPartitionIsOver) {
  World w(mode("headers"));
  w.restart(late);
  for (int i = 0; i < 30; ++i) w.deliver(0);
  w.cut({late});
  w.deliver_all();
  w.tick(3);
  EXPECT_FALSE(w.caught_up());
  w.mine(0, 20);
  w.cuts.clear();
  w.tick(6);
  EXPECT_EQ(w.height(late), 60u) << "what it had headers of";
  // What was made meanwhile shows at the second poll: the first sees that the head has moved.
  for (int polls = 0; polls < 2; ++polls) {
    w.fire(late, TimerKind::poll);
    w.deliver_all();
    w.tick(6);
  }
  EXPECT_TRUE(w.caught_up());
}

TEST(HeadersFirst, ManyHeadersComeInSeveralAnswers) {
  World w(mode("headers", {{"retarget", "none"}}), 2100);
  w.come_back();
  w.tick(2);
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.asked<GetHeaders>().size(), 2u);
}

// --- snapshots

TEST(SnapshotSync, TakesTheStateOfASettledBlockAndWhatFollowsIt) {
  World w(mode("snapshot"));
  w.come_back();
  ASSERT_TRUE(w.caught_up());
  ASSERT_FALSE(w.nodes[late].finals.empty());
  EXPECT_EQ(w.nodes[late].finals.front()->height, 58u) << "settled at depth 3 of 60";
  EXPECT_EQ(w.asked<GetState>().size(), 5u) << "320 bytes in parts of 64";
  for (const auto& [to, get] : w.asked<GetData>()) {
    for (const auto& place : get->blocks) EXPECT_GT(place.height, 58u);
  }
  w.expect_takes_part();
  w.mine(0, 20);
  EXPECT_EQ(w.nodes[late].finals.size(), 1u + 21u);
  EXPECT_TRUE(w.caught_up());
}

TEST(SnapshotSync, TheNodeServesWhatItHas) {
  World w(mode("snapshot"));
  w.come_back();
  w.mine(0, 30);
  w.crash(3);
  w.mine(0, 30);
  for (const NodeId other : {0u, 1u, 2u}) {
    w.cuts.insert({other, 3});
    w.cuts.insert({3, other});
  }
  w.restart(3);
  w.deliver_all();
  for (int i = 0; i < 6 && w.ChainWorld::timer_set(3, chain::timer_catch_up); ++i) {
    w.ChainWorld::fire(3, chain::timer_catch_up);
    w.deliver_all();
  }
  EXPECT_EQ(w.nodes[3].head->id, w.nodes[late].head->id);
}

TEST(SnapshotSync, AWrongStateIsAskedOfAnother) {
  World w(mode("snapshot"));
  NodeId liar;
  lie<StateChunk>(w, &liar, [&](Flight& f, StateChunk chunk) {
    chunk.bytes.back() ^= 1;
    f.message = w.sealed(f.from, chunk);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("its state: root"));
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.nodes[late].finals.front()->height, 58u);
  EXPECT_EQ(w.asked_of<GetState>().size(), 2u);
  EXPECT_FALSE(w.asked_of<GetData>().contains(liar));
}

TEST(SnapshotSync, AStateOfAnotherChainIsNotEvenFetched) {
  World w(mode("snapshot"));
  NodeId liar;
  lie<StateChunk>(w, &liar, [&](Flight& f, StateChunk chunk) {
    chunk.block.id.data[0] ^= 1;
    f.message = w.sealed(f.from, chunk);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("not of the heaviest chain"));
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.asked<GetState>().size(), 6u);
}

TEST(SnapshotSync, AStateThatIsNotSettledIsNotTaken) {
  World w(mode("snapshot"));
  NodeId liar;
  lie<StateChunk>(w, &liar, [&](Flight& f, StateChunk chunk) {
    chunk.block = {59, w.nodes[0].head->parent};  // on the chain, two deep
    f.message = w.sealed(f.from, chunk);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("not settled"));
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.nodes[late].finals.front()->height, 58u);
}

TEST(SnapshotSync, AStateOfALaterBlockWaitsForItsHeaders) {
  World w(mode("snapshot"));
  bool grown = false;
  w.intercept = [&](Flight& f) {
    if (grown || !f.message->as<GetState>()) return;
    grown = true;  // between headers and state the chain goes on
    const auto flights = std::exchange(w.flights, {});
    w.cuts.insert({0, late});
    w.mine(0, 2);
    w.cuts.clear();
    w.flights = flights;
  };
  w.come_back();
  w.tick(3);
  EXPECT_EQ(w.nodes[late].finals.front()->height, 60u);
  EXPECT_EQ(w.asked<GetHeaders>().size(), 2u);
  EXPECT_TRUE(w.caught_up());
}

TEST(SnapshotSync, WhoWithholdsItsStateIsReplaced) {
  World w(mode("snapshot"));
  NodeId liar;
  lie<StateChunk>(w, &liar, [&](Flight& f, StateChunk chunk) {
    if (chunk.index == 2) f.message = MessageRef();
  });
  w.come_back();
  EXPECT_FALSE(w.caught_up());
  w.tick(1);
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.asked_of<GetState>().size(), 2u);
}

TEST(SnapshotSync, AStateInCrumbsIsNotTaken) {
  World w(mode("snapshot"));
  NodeId liar;
  lie<StateChunk>(w, &liar, [&](Flight& f, StateChunk chunk) {
    chunk.bytes.resize(1);
    chunk.count = 0xffffffff;
    f.message = w.sealed(f.from, chunk);
  });
  w.come_back();
  EXPECT_TRUE(w.noted("a part that was not asked for"));
  EXPECT_TRUE(w.caught_up());
}

TEST(SnapshotSync, AStateAmongOwnBlocksIsLeft) {
  World w(mode("snapshot", {{"sync_batch", "2"}}), 50);
  w.come_back();
  ASSERT_TRUE(w.caught_up());
  w.crash(late);
  for (int i = 0; i < 12; ++i) w.mine(static_cast<NodeId>(i % 3));
  w.come_back();
  w.tick(2);
  EXPECT_TRUE(w.noted("no neighbour gives a state"));
  EXPECT_TRUE(w.caught_up());
}

TEST(SnapshotSync, WithoutAnyStateAllBlocksCome) {
  World w(mode("snapshot"));
  w.intercept = [&](Flight& f) {
    if (f.message->as<StateChunk>()) f.message = w.sealed(f.from, StateChunk{});
  };
  w.come_back();
  w.tick(2);
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.nodes[late].finals.front()->height, 1u);
}

TEST(SnapshotSync, ACrashAtAnyMomentLeavesADiskThatLeadsOn) {
  for (std::size_t steps = 1; steps < 60; ++steps) {
    World w(mode("snapshot"));
    w.restart(late);
    for (std::size_t i = 0; i < steps && !w.flights.empty(); ++i) w.deliver(0);
    const auto disk = w.disk(late);
    w.flights.clear();
    w.restart_from(late, disk);
    w.deliver_all();
    w.tick(2);
    EXPECT_TRUE(w.caught_up()) << steps;
    w.mine(late);
    EXPECT_EQ(w.nodes[0].head->id, w.nodes[late].head->id) << steps;
  }
}

TEST(SnapshotSync, OfTwoLogsTheHeadersAreFirst) {
  // A crash between the two: the headers' records are there, the application's state is not.
  World w(mode("snapshot"));
  PowWorld::Disk before = w.disk(late);
  w.come_back();
  PowWorld::Disk between = w.disk(late);
  between.final_block = before.final_block;
  w.restart_from(late, between);
  w.nodes[late].roots = {{w.genesis->id, {}}};
  w.deliver_all();
  w.tick(2);
  EXPECT_TRUE(w.caught_up());
}

}  // namespace
}  // namespace ledgerlab::pow::test
