// Compact blocks among a few peers: the message flow of BIP 152, rule by rule.
#include "models/gossip/compact/compact.hpp"

#include <gtest/gtest.h>

#include "models/parts/relay/short_id.hpp"
#include "tests/support/relay_world.hpp"

namespace ledgerlab {
void register_gossip_compact(Registry& registry);

namespace compact {
namespace {

using testing::full_mesh;
using testing::Graph;
using testing::RelayBlock;
using testing::RelayWorld;
using testing::ring_with_chords;

TxRef transaction(std::uint32_t number, std::size_t size = 200) {
  Bytes bytes(size, 3);
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<Byte>(number >> (8 * i));
  return make_transaction(std::move(bytes));
}

PayloadRef payload_of(std::uint32_t first, std::uint32_t count) {
  std::vector<TxRef> list;
  for (std::uint32_t i = 0; i < count; ++i) list.push_back(transaction(first + i));
  return make_payload(std::move(list));
}

/// Nodes with pools: what each has is the test's to say.
struct World {
  explicit World(Graph links, RelayWorld::Options options = {})
      : relays("compact", register_gossip_compact, std::move(links), std::move(options)),
        pools(relays.n()) {
    relays.answer = [this](NodeId node, const LocalCall& call) -> std::optional<CallBody> {
      const auto* match = call.as<MatchShortIds>();
      if (!match) return std::nullopt;
      ++matches;
      ShortIdsMatched out;
      for (const std::uint64_t id : *match->ids) {
        TxRef found;
        int times = 0;
        for (const TxRef& tx : pools[node]) {
          if (relay::short_id(match->key, *tx) != id) continue;
          found = tx;
          ++times;
        }
        out.transactions.push_back(times == 1 ? found : TxRef());
      }
      return out;
    };
    relays.run(seconds(1));  // sendcmpct all round
  }
  void everybody_has(const Payload& payload) {
    for (auto& pool : pools) {
      pool.insert(pool.end(), payload.transactions.begin(), payload.transactions.end());
    }
  }
  MessageRef block(Height number, PayloadRef payload) {
    return relays.content(RelayBlock{number, {}, std::move(payload)});
  }
  void spread(NodeId from, Height number, PayloadRef payload) {
    relays.publish(from, block(number, std::move(payload)));
    relays.run(seconds(3));
  }
  template <class T>
  std::vector<T> sent() const {
    std::vector<T> out;
    for (const auto& f : relays.sent) {
      if (const T* body = f.message->as<T>()) out.push_back(*body);
    }
    return out;
  }

  RelayWorld relays;
  std::vector<std::vector<TxRef>> pools;
  int matches = 0;
};

TEST(Compact, LowBandwidthAsksForTheCompactBlockAndPutsItTogether) {
  World w(Graph{{1}, {0}});
  const PayloadRef payload = payload_of(0, 50);
  w.everybody_has(*payload);
  w.spread(0, 1, payload);
  EXPECT_EQ(w.relays.got(1), std::vector<std::string>{"block 1"});
  EXPECT_EQ(w.relays.count("BlockInv"), 1u);
  EXPECT_EQ(w.relays.count("GetCompact"), 1u);
  EXPECT_EQ(w.relays.count("CmpctBlock"), 1u);
  EXPECT_EQ(w.relays.count("GetBlockTxn") + w.relays.count("Content"), 0u);
  EXPECT_EQ(w.matches, 1);
}

TEST(Compact, WhoDeliveredIsAskedToPush) {
  World w(Graph{{1}, {0}});
  w.spread(0, 1, payload_of(0, 1));
  const auto hellos = w.sent<SendCmpct>();
  EXPECT_TRUE(hellos.back().high_bandwidth) << "1 asks 0, who delivered";
  w.relays.sent.clear();
  const PayloadRef payload = payload_of(10, 20);
  w.everybody_has(*payload);
  w.spread(0, 2, payload);
  EXPECT_EQ(w.relays.count("CmpctBlock"), 1u);
  EXPECT_EQ(w.relays.sent.size(), 1u) << "one message, no announcement, no question";
  EXPECT_EQ(w.relays.got(1).back(), "block 2");
}

TEST(Compact, ThreePushAndTheLeastRecentMakesWay) {
  // 5 hears each block from one finder alone: all others are linked to it only.
  World w(Graph{{5}, {5}, {5}, {5}, {5}, {0, 1, 2, 3, 4}});
  for (NodeId finder = 0; finder < 5; ++finder) {
    w.spread(finder, finder + 1, payload_of(finder, 1));
  }
  std::vector<std::pair<NodeId, bool>> said;
  for (const auto& f : w.relays.sent) {
    const auto* m = f.message->as<SendCmpct>();
    if (f.from == 5 && m && !m->hello && m->high_bandwidth) said.emplace_back(f.to, true);
    if (f.from == 5 && m && !m->hello && !m->high_bandwidth && !said.empty()) {
      said.emplace_back(f.to, false);
    }
  }
  const std::vector<std::pair<NodeId, bool>> expected = {
      {0, true}, {1, true}, {2, true}, {0, false}, {3, true}, {1, false}, {4, true}};
  EXPECT_EQ(said, expected);
  EXPECT_EQ(w.relays.field(5, "compact.high_bandwidth_peers"), "3");
}

TEST(Compact, WhatThePoolLacksIsAskedForAndPrefilledForTheNext) {
  World w(Graph{{1}, {0, 2}, {1}});
  const PayloadRef payload = payload_of(0, 40);
  w.everybody_has(*payload);
  for (const NodeId poor : {1u, 2u})
    std::erase_if(w.pools[poor], [&](const TxRef& tx) {
      return tx == payload->transactions[7] || tx == payload->transactions[39];
    });
  w.spread(0, 1, payload);
  EXPECT_EQ(w.relays.got(2), std::vector<std::string>{"block 1"});
  const auto asked = w.sent<GetBlockTxn>();
  ASSERT_EQ(asked.size(), 1u) << "2 got them with the block";
  EXPECT_EQ(asked[0].indexes.list, (std::vector<std::uint32_t>{7, 39}));
  const auto compact = w.sent<CmpctBlock>();
  ASSERT_EQ(compact.size(), 2u);
  EXPECT_TRUE(compact[0].prefilled.empty());
  EXPECT_EQ(compact[1].prefilled_at.list, (std::vector<std::uint32_t>{7, 39}));
  EXPECT_NE(compact[0].nonce, compact[1].nonce) << "each node salts for itself";
  EXPECT_EQ(w.relays.count("Content"), 0u);
}

TEST(Compact, PrefillingStopsAtItsBytes) {
  World w(Graph{{1}, {0, 2}, {1}}, {.params = {{"prefill_bytes", "1 kB"}}});
  const PayloadRef payload = payload_of(0, 40);  // 200 bytes each, and nobody has one
  w.spread(0, 1, payload);
  const auto compact = w.sent<CmpctBlock>();
  ASSERT_EQ(compact.size(), 2u);
  EXPECT_EQ(compact[1].prefilled.size(), 5u);
  EXPECT_EQ(w.relays.got(2), std::vector<std::string>{"block 1"});
}

TEST(Compact, TheSizeIsWhatBip152Gives) {
  World w(Graph{{1}, {0}});
  const PayloadRef payload = payload_of(0, 1000);
  w.everybody_has(*payload);
  w.spread(0, 1, payload);
  std::uint32_t bytes = 0;
  for (const auto& f : w.relays.sent) {
    if (f.message->as<CmpctBlock>()) bytes = f.message->wire_size();
  }
  const auto body = w.sent<CmpctBlock>().at(0);
  // Frame and authenticator 24, id 16, slot and kind of the header 3, lengths, no prefilled.
  const std::size_t ours = 24 + 16 + 3 + 1 + 2 + 1 + 1;
  EXPECT_EQ(bytes, compact_block_bytes(1000, 0) - 80 + body.header.body.size() + ours);
}

TEST(Compact, APoolThatLiesLeadsToTheWholeBlock) {
  World w(Graph{{1}, {0}});
  const PayloadRef payload = payload_of(0, 10);
  w.everybody_has(*payload);
  // A transaction in the place of another: the collision of two short ids.
  auto honest = w.relays.answer;
  w.relays.answer = [&](NodeId node, const LocalCall& call) {
    auto body = honest(node, call);
    if (body) std::get<ShortIdsMatched>(*body).transactions[3] = transaction(999);
    return body;
  };
  w.spread(0, 1, payload);
  EXPECT_EQ(w.relays.got(1), std::vector<std::string>{"block 1"});
  EXPECT_EQ(w.relays.count("Content"), 1u) << "the root did not match";
  EXPECT_EQ(w.relays.field(1, "compact.fell_back"), "1");
}

TEST(Compact, EqualShortIdsInOneBlockLeadToTheWholeBlock) {
  World w(Graph{{1}, {0}});
  const PayloadRef payload = payload_of(0, 10);
  w.everybody_has(*payload);
  const MessageRef block = w.block(1, payload);
  w.relays.lost = [](const auto& f) { return f.message->template as<CmpctBlock>() != nullptr; };
  w.relays.publish(0, block);
  w.relays.run(ms(500));
  w.relays.lost = {};
  CmpctBlock twin = w.sent<CmpctBlock>().at(0);
  auto ids = *twin.short_ids.list;
  ids[4] = ids[2];
  twin.short_ids.list = std::make_shared<std::vector<std::uint64_t>>(ids);
  w.relays.inject(0, 1, twin);
  w.relays.run(ms(500));
  EXPECT_EQ(w.matches, 0);
  EXPECT_EQ(w.relays.got(1), std::vector<std::string>{"block 1"});
  EXPECT_EQ(w.relays.count("Content"), 1u);
}

TEST(Compact, APoolThatDoesNotAnswerCostsATimeout) {
  World w(Graph{{1}, {0}}, {.params = {{"request_timeout", "2 s"}}});
  w.relays.answer = {};
  w.relays.publish(0, w.block(1, payload_of(0, 10)));
  w.relays.run(ms(1900));
  EXPECT_TRUE(w.relays.got(1).empty());
  w.relays.run(seconds(1));
  EXPECT_EQ(w.relays.got(1), std::vector<std::string>{"block 1"});
}

TEST(Compact, LostAnswersLeadToTheWholeBlockFromWhoeverHasIt) {
  World w(Graph{{2}, {2}, {0, 1}}, {.params = {{"request_timeout", "1 s"}}});
  const PayloadRef payload = payload_of(0, 10);
  w.relays.lost = [](const auto& f) {
    return f.message->template as<BlockTxn>() != nullptr ||
           (f.from == 0 && f.to == 2 && f.message->template as<relay::Content>() != nullptr);
  };
  const MessageRef block = w.block(1, payload);
  w.relays.publish(0, block);
  w.relays.publish(1, block);
  w.relays.run(seconds(20));
  EXPECT_EQ(w.relays.got(2), std::vector<std::string>{"block 1"});
}

TEST(Compact, NodesThatDoNotSpeakItGetBlocksAsBefore) {
  World w(ring_with_chords(20), {.params = {{"support", "0"}}});
  w.spread(3, 1, payload_of(0, 30));
  for (NodeId i = 0; i < 20; ++i) EXPECT_EQ(w.relays.got(i).size(), i == 3 ? 0u : 1u);
  EXPECT_EQ(w.relays.count("Content"), 19u);
  EXPECT_EQ(w.relays.count("SendCmpct") + w.relays.count("CmpctBlock"), 0u);
}

TEST(Compact, AMixedNetworkReachesEverybodyOnce) {
  World w(ring_with_chords(40), {.params = {{"support", "50 %"}}});
  for (Height h = 1; h <= 5; ++h) w.spread(static_cast<NodeId>(h * 7), h, payload_of(0, 30));
  for (NodeId i = 0; i < 40; ++i) {
    for (Height h = 1; h <= 5; ++h) {
      EXPECT_EQ(w.relays.got_times(i, "block " + std::to_string(h)), i == h * 7 ? 0u : 1u);
    }
  }
  EXPECT_GT(w.relays.count("CmpctBlock"), 0u);
  EXPECT_GT(w.relays.count("Content"), 0u);
}

TEST(Compact, WhoComesBackIsToldAgain) {
  World w(Graph{{1}, {0}});
  w.spread(0, 1, payload_of(0, 1));
  w.relays.crash(1);
  w.relays.restart(1);
  w.relays.run(seconds(1));
  w.relays.sent.clear();
  w.spread(0, 2, payload_of(5, 1));
  EXPECT_EQ(w.relays.count("BlockInv"), 1u) << "0 no longer pushes to 1";
  EXPECT_EQ(w.relays.count("GetCompact"), 1u) << "and 1 knows that 0 speaks it";
}

TEST(Compact, NewPeersAreGreetedAndOldOnesForgotten) {
  World w(Graph{{1}, {0}, {}});
  w.spread(0, 1, payload_of(0, 1));
  w.relays.call(1, Peers{{2}});
  w.relays.call(2, Peers{{1}});
  w.relays.run(seconds(1));
  EXPECT_EQ(w.relays.field(1, "compact.high_bandwidth_peers"), "0");
  w.relays.sent.clear();
  w.spread(2, 2, payload_of(5, 1));
  EXPECT_EQ(w.relays.got(1).back(), "block 2");
  EXPECT_EQ(w.relays.count("GetCompact"), 1u);
}

TEST(Compact, AModelledBlockIsChargedAsItsCompactForm) {
  for (const bool fixed : {false, true}) {
    RelayWorld::Options options;
    if (fixed) options.params["modelled_compact_bytes"] = "18 kB";
    World w(ring_with_chords(20), options);
    const PayloadRef payload = modelled_payload(2000, 500'000);
    w.spread(3, 1, payload);
    w.spread(3, 2, payload);
    std::set<const Message*> frames;
    for (const auto& f : w.relays.sent) {
      if (!f.message->as<ModelledCmpctBlock>()) continue;
      EXPECT_EQ(f.message->wire_size(), fixed ? 18'000u : 80u + 8u + 6u * 2000u);
      frames.insert(f.message.get());
    }
    EXPECT_LE(frames.size(), 40u);
    for (NodeId i = 0; i < 20; ++i) EXPECT_EQ(w.relays.got(i).size(), i == 3 ? 0u : 2u);
    EXPECT_EQ(w.relays.count("Content") + w.relays.count("GetBlockTxn"), 0u);
    EXPECT_EQ(w.matches, 0);
  }
}

TEST(Compact, AModelledFailureCostsItsShareOfTheBytes) {
  World w(ring_with_chords(200),
          {.params = {{"modelled_failure", "13 %"}, {"modelled_missing", "20 %"}}});
  for (Height h = 1; h <= 10; ++h) w.spread(3, h, modelled_payload(2000, 500'000));
  const std::size_t asked = w.relays.count("GetBlockTxn");
  // 10 blocks to 199 nodes: mean 258.7, standard deviation 15.
  EXPECT_NEAR(static_cast<double>(asked), 258.7, 60);
  EXPECT_EQ(w.relays.count("BlockTxn"), asked);
  for (const auto& f : w.relays.sent) {
    if (!f.message->as<BlockTxn>()) continue;
    EXPECT_NEAR(f.message->wire_size(), 100'000, 100);
  }
  for (NodeId i = 0; i < 200; ++i) EXPECT_EQ(w.relays.got(i).size(), i == 3 ? 0u : 10u);
}

/// What was sent, byte for byte.
std::vector<std::string> transcript(const World& w) {
  std::vector<std::string> out;
  for (const auto& f : w.relays.sent) {
    out.push_back(std::to_string(count_ns(f.due)) + " " + std::to_string(f.from) + ">" +
                  std::to_string(f.to) + " " + std::string(f.message->type().info.name) + " " +
                  to_hex(f.message->identity()) + " " + std::to_string(f.message->wire_size()));
  }
  return out;
}

TEST(Compact, SharingChangesNothingNorDoesTheWire) {
  std::vector<std::vector<std::string>> all;
  for (const int way : {0, 1, 2, 3}) {
    RelayWorld::Options options;
    options.share = way != 1;
    options.as_bytes = way == 2;
    options.backwards = way == 3;
    World w(ring_with_chords(12), options);
    const PayloadRef payload = payload_of(0, 25);
    w.everybody_has(*payload);
    for (NodeId i = 0; i < 12; ++i) {
      w.pools[i].erase(w.pools[i].begin() + i, w.pools[i].begin() + i + i % 3);
    }
    w.spread(4, 1, payload);
    w.spread(9, 2, payload);
    all.push_back(transcript(w));
  }
  EXPECT_EQ(all[0], all[1]) << "put together from its transactions, or taken from the sender";
  EXPECT_EQ(all[0], all[2]) << "as bytes";
  EXPECT_EQ(all[0], all[3]) << "whatever the interner's numbers";
}

TEST(Compact, TheCodecTakesWhatItWrote) {
  Indexes indexes{{0, 2, 6, 10, 11}};
  const Bytes bytes = codec::encode(indexes);
  // BIP 152's differences: each less the one before, less one.
  EXPECT_EQ(bytes, (Bytes{5, 0, 1, 3, 3, 0}));
  EXPECT_EQ(codec::decode<Indexes>(bytes)->list, indexes.list);
  EXPECT_FALSE(codec::decode<Indexes>(Bytes{2, 1}));
  ShortIds ids{std::make_shared<std::vector<std::uint64_t>>(
      std::vector<std::uint64_t>{0x0000'0605'0403'0201, 0xffff'ffff'ffff})};
  const Bytes six = codec::encode(ids);
  EXPECT_EQ(six, (Bytes{2, 1, 2, 3, 4, 5, 6, 255, 255, 255, 255, 255, 255}));
  EXPECT_EQ(*codec::decode<ShortIds>(six)->list, *ids.list);
}

TEST(Compact, ShortIdsCoverTheSignature) {
  const TxRef a = transaction(1);
  Bytes bytes = a->bytes;
  bytes.back() ^= 1;
  const TxRef spoilt = make_transaction(std::move(bytes));
  ASSERT_EQ(a->id, spoilt->id);
  EXPECT_NE(relay::short_id({1, 2}, *a), relay::short_id({1, 2}, *spoilt));
  EXPECT_EQ(relay::short_id({1, 2}, *a) >> 48, 0u);
}

}  // namespace
}  // namespace compact
}  // namespace ledgerlab
