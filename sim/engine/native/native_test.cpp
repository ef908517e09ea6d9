// The native engine: its arithmetic to the nanosecond, and what it promises to every host.
#include "sim/engine/native/native.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <vector>

#include "models/base/draw.hpp"
#include "tests/support/engine_recorder.hpp"

namespace ledgerlab {
namespace {

using testing::Delivery;
using testing::Recorder;

NetworkSpec plain(std::uint32_t nodes, Duration latency) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.seed = 11;
  spec.latency = {latency};
  return spec;
}

NetworkSpec limited(std::uint32_t nodes, Duration latency, std::uint64_t up, std::uint64_t down) {
  NetworkSpec spec = plain(nodes, latency);
  spec.up_bps.assign(nodes, up);
  spec.down_bps.assign(nodes, down);
  return spec;
}

std::vector<Delivery> run(Engine& engine, bool early = false) {
  Recorder sink(engine, early);
  engine.run_until(engine.now() + seconds(10'000), sink);
  EXPECT_EQ(engine.pending(), 0u);
  return sink.all;
}

TEST(Native, LatencyIsOfTheSendersRowAndTheReceiversColumn) {
  NetworkSpec spec = plain(3, ms(0));
  spec.region = {0, 1, 1};
  spec.regions = 2;
  spec.latency = {ms(1), ms(20), ms(30), ms(4)};
  const auto engine = make_native_engine(spec);
  engine->transmit(time_start, 0, 1, 100, 1);
  engine->transmit(time_start, 1, 0, 100, 2);
  engine->transmit(time_start, 1, 2, 100, 3);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{time_start + ms(4), 2, 1, 3},
                                                 {time_start + ms(20), 1, 0, 1},
                                                 {time_start + ms(30), 0, 1, 2}}));
}

TEST(Native, BothLinksSerialiseRoundedUpAndStoreAndForward) {
  // (100 + 28) bytes: at 3 bit/s 1024/3 s = 341.33.. s, at 1 Gbit/s 1024 ns.
  NetworkSpec spec = limited(2, ms(5), 3, 1'000'000'000);
  spec.overhead_bytes = 28;
  const auto engine = make_native_engine(spec);
  engine->transmit(time_start, 0, 1, 100, 7);
  const std::int64_t up = 341'333'333'334;
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{time_at(up) + ms(5) + ns(1024), 1, 0, 7}}));
  EXPECT_EQ(engine->uplink_busy(0), ns(up));
  EXPECT_EQ(engine->downlink_busy(1), ns(1024));
  EXPECT_EQ(engine->uplink_busy(1), ns(0));
}

TEST(Native, TheUplinkIsAQueue) {
  // 1 Mbit/s: 125 bytes take 1 ms. A departure while the link is busy waits, a later one idles it.
  const auto engine = make_native_engine(limited(4, ms(10), 1'000'000, 0));
  const std::vector<NodeId> all{1, 2, 3};
  engine->multicast(time_start, 0, all, 125, 1);
  engine->transmit(time_start + ms(2), 0, 1, 250, 2);
  engine->transmit(time_start + ms(9), 0, 2, 125, 3);
  engine->transmit(time_start + ms(1), 0, 2, 125, 4);  // asked for later: queued later
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{time_start + ms(11), 1, 0, 1},
                                                 {time_start + ms(12), 2, 0, 1},
                                                 {time_start + ms(13), 3, 0, 1},
                                                 {time_start + ms(15), 1, 0, 2},
                                                 {time_start + ms(20), 2, 0, 3},
                                                 {time_start + ms(21), 2, 0, 4}}));
  EXPECT_EQ(engine->uplink_busy(0), ms(7));
}

TEST(Native, TheDownlinkIsAQueueInOrderOfArrival) {
  for (const bool early : {false, true}) {
    NetworkSpec spec = plain(4, ms(0));
    spec.region = {0, 1, 2, 3};
    spec.regions = 4;
    spec.latency.assign(16, ms(10));
    spec.latency[2 * 4 + 0] = ms(11);
    spec.latency[3 * 4 + 0] = ms(19);
    spec.down_bps = {1'000'000, 0, 0, 0};
    const auto engine = make_native_engine(spec);
    engine->transmit(time_start, 1, 0, 500, 1);  // arrives at 10 ms, through at 14 ms
    engine->transmit(time_start, 2, 0, 125, 2);  // arrives at 11 ms, waits, through at 15 ms
    engine->transmit(time_start, 3, 0, 125, 3);  // arrives at 19 ms at an idle link
    EXPECT_EQ(run(*engine, early), (std::vector<Delivery>{{time_start + ms(14), 0, 1, 1},
                                                          {time_start + ms(15), 0, 2, 2},
                                                          {time_start + ms(20), 0, 3, 3}}));
    EXPECT_EQ(engine->downlink_busy(0), ms(6));
    EXPECT_EQ(engine->events(), early ? 3u : 6u);
  }
}

TEST(Native, OneTokenWithTwoSizesAtOnce) {
  const auto engine = make_native_engine(limited(3, ms(1), 0, 8'000'000));
  engine->transmit(time_start, 0, 1, 1'000, 5);
  engine->transmit(time_start, 0, 2, 2'000, 5);
  EXPECT_EQ(run(*engine),
            (std::vector<Delivery>{{time_start + ms(2), 1, 0, 5}, {time_start + ms(3), 2, 0, 5}}));
}

TEST(Native, BusyTimeNeverExceedsElapsedTime) {
  const auto engine = make_native_engine(limited(3, ms(1), 1'000'000, 500'000));
  engine->multicast(time_start, 0, std::vector<NodeId>{1, 2}, 1'250, 1);  // 10 ms each up, 20 down
  engine->transmit(time_start, 0, 1, 1'250, 2);
  Recorder sink(*engine);
  const auto busy_at = [&](Duration at) {
    engine->run_until(time_start + at, sink);
    return std::pair{engine->uplink_busy(0), engine->downlink_busy(1)};
  };
  EXPECT_EQ(busy_at(ms(5)), std::pair(ms(5), ms(0)));
  EXPECT_EQ(busy_at(ms(15)), std::pair(ms(15), ms(4)));
  EXPECT_EQ(busy_at(ms(30)), std::pair(ms(30), ms(19)));
  EXPECT_EQ(busy_at(ms(40)), std::pair(ms(30), ms(29)));
  EXPECT_EQ(busy_at(ms(90)), std::pair(ms(30), ms(40)));
}

TEST(Native, MessagesWithoutAByteKeepTheirOrder) {
  // The second needs no time on the down-link, but the first is still passing it.
  const auto engine = make_native_engine(limited(2, ms(1), 0, 8'000'000));
  engine->transmit(time_start, 0, 1, 1'000, 1);
  engine->transmit(time_start + ms(1), 0, 1, 0, 2);
  engine->transmit(time_start + ms(1), 0, 1, 0, 3);
  const std::vector<Delivery> got = run(*engine);
  ASSERT_EQ(got.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(got[i], (Delivery{time_start + ms(2), 1, 0, Token(i + 1)}));
}

TEST(Native, ExtremesSaturateInsteadOfOverflowing) {
  const auto engine = make_native_engine(limited(2, ms(1), 1, 1));
  const std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  engine->transmit(time_start, 0, 1, most, 1);  // 3.4e19 ns at 1 bit/s: beyond the end of time
  engine->transmit(time_start, 0, 1, most, 2);
  Recorder sink(*engine);
  engine->run_until(time_never - ns(1), sink);
  EXPECT_TRUE(sink.all.empty());
  engine->run_until(time_never, sink);
  EXPECT_EQ(engine->now(), time_never);
  ASSERT_EQ(sink.all.size(), 2u);
  EXPECT_EQ(sink.all[0], (Delivery{time_never, 1, 0, 1}));
  EXPECT_EQ(sink.all[1], (Delivery{time_never, 1, 0, 2}));
  EXPECT_LE(engine->uplink_busy(0), time_never - time_start);
}

TEST(Native, RunUntilIsExact) {
  const auto engine = make_native_engine(plain(2, ms(1)));
  Recorder sink(*engine);
  engine->transmit(time_start, 0, 1, 1, 1);
  engine->run_until(time_start + ms(1) - ns(1), sink);
  EXPECT_TRUE(sink.all.empty());
  EXPECT_EQ(engine->now(), time_start + ms(1) - ns(1));
  EXPECT_EQ(engine->pending(), 1u);
  engine->wake_at(0, engine->now());  // earlier than the date just looked at
  engine->run_until(time_start + ms(1), sink);
  EXPECT_EQ(sink.all, (std::vector<Delivery>{{time_start + ms(1) - ns(1), 0, 0, 0},
                                             {time_start + ms(1), 1, 0, 1}}));
  engine->run_until(time_start + ms(1), sink);  // nothing left, nothing wrong
  EXPECT_EQ(engine->now(), time_start + ms(1));
  EXPECT_EQ(engine->events(), 2u);
  EXPECT_THROW(engine->run_until(time_start, sink), std::logic_error);
}

TEST(Native, AStopEndsAfterThePresentInstant) {
  const auto engine = make_native_engine(plain(8, ms(1)));
  Recorder sink(*engine);
  for (NodeId node = 0; node < 8; ++node) engine->wake_at(node, time_start + ms(1));
  engine->wake_at(3, time_start + ms(2));
  bool again = true;
  sink.react = [&](Delivery) {
    engine->request_stop();
    if (again) engine->wake_at(0, engine->now());  // one more round of this instant
    again = false;
  };
  engine->run_until(time_start + ms(5), sink);
  EXPECT_EQ(engine->now(), time_start + ms(1));
  EXPECT_EQ(sink.all.size(), 9u);
  EXPECT_EQ(engine->pending(), 1u);
  sink.react = nullptr;
  engine->run_until(time_start + ms(5), sink);
  EXPECT_EQ(engine->now(), time_start + ms(5));
  EXPECT_EQ(sink.all.size(), 10u);
}

TEST(Native, WhatFallsDueMeanwhileIsTheNextRound) {
  const auto engine = make_native_engine(plain(50, ns(0)));
  Recorder sink(*engine);
  for (NodeId node = 0; node < 25; ++node) engine->wake_at(node, time_start + ms(1));
  sink.react = [&](Delivery d) {
    if (d.to == d.from) engine->transmit(engine->now(), d.to, d.to + 25, 10, 1);
  };
  engine->run_until(time_start + ms(1), sink);
  ASSERT_EQ(sink.all.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(sink.all[i].to < 25, i < 25);
}

TEST(Native, LowNumbersWinNoRaces) {
  // 20 senders reach node 20 at the same instants: who is first is even, and unlike the numbers.
  constexpr NodeId senders = 20;
  constexpr int instants = 10'000;
  const auto engine = make_native_engine(plain(senders + 1, ms(1)));
  Recorder sink(*engine);
  for (int i = 0; i < instants; ++i)
    for (NodeId from = 0; from < senders; ++from)
      engine->transmit(time_start + us(i), from, senders, 1, 0);
  engine->run_until(time_start + seconds(1), sink);
  std::vector<int> wins(senders);
  ASSERT_EQ(sink.all.size(), std::size_t{senders} * instants);
  for (std::size_t i = 0; i < sink.all.size(); i += senders) ++wins[sink.all[i].from];
  for (const int won : wins) EXPECT_NEAR(won, instants / senders, 5 * 22);  // five deviations
}

/// Traffic in answer to traffic: a delivery causes one message (or none, or two), by draws.
std::vector<Delivery> chatter(const NetworkSpec& spec, bool early, int slices = 1) {
  const auto engine = make_native_engine(spec);
  Recorder sink(*engine, early);
  std::map<NodeId, std::uint64_t> heard;
  Token sent = 0;
  sink.react = [&](Delivery d) {
    // Keyed by the receiver and how many it has heard: equal whenever its own order is equal.
    const std::uint64_t u = draw64(77, d.to, Purpose{"test.chatter"}, heard[d.to]++);
    if (d.ready > time_start + ms(400)) return;
    const auto peer = static_cast<NodeId>(u % spec.nodes);
    if (peer != d.to) engine->transmit(d.ready, d.to, peer, u >> 20 & 4095, ++sent & 0xffff);
    if (u >> 59 == 0 && (peer + 1) % spec.nodes != d.to)
      engine->transmit(d.ready + us(u >> 40 & 255), d.to, (peer + 1) % spec.nodes, 90, sent & 0xff);
  };
  for (NodeId node = 0; node < spec.nodes; ++node)
    for (NodeId peer = 0; peer < spec.nodes; ++peer)
      if (node != peer) engine->transmit(time_start, node, peer, 300, peer);
  for (int slice = 1; slice <= slices; ++slice)
    engine->run_until(time_start + seconds(100) * slice / slices, sink);
  EXPECT_EQ(engine->pending(), 0u);
  EXPECT_GT(sink.all.size(), 5'000u);
  return sink.all;
}

NetworkSpec busy_network(JitterKind jitter, std::uint32_t loss_ppb) {
  NetworkSpec spec = limited(24, ms(0), 20'000'000, 20'000'000);
  spec.regions = 3;
  for (NodeId node = 0; node < spec.nodes; ++node) spec.region.push_back(node % 3);
  spec.latency = {us(100), ms(3), ms(4), ms(3), us(100), ms(5), ms(4), ms(5), us(100)};
  spec.jitter = jitter;
  spec.jitter_ppm = 300'000;
  spec.packet_loss_ppb = loss_ppb;
  spec.overhead_bytes = 40;
  spec.down_bps[3] = 0;
  spec.up_bps[5] = 0;
  return spec;
}

TEST(Native, SameSpecSameSequence) {
  const NetworkSpec spec = busy_network(JitterKind::exponential, 10'000'000);
  const std::vector<Delivery> once = chatter(spec, false);
  EXPECT_EQ(chatter(spec, false), once);
  EXPECT_EQ(chatter(spec, false, 1'000), once) << "slicing a run changes nothing";
  NetworkSpec other = spec;
  other.seed = 12;
  EXPECT_NE(chatter(other, false), once);
}

TEST(Native, TheEarlyPathAndTheEventPathAgreeForEveryNode) {
  for (const JitterKind jitter : {JitterKind::none, JitterKind::uniform}) {
    // Contents differ by one global counter, the token; times and senders must not.
    const auto by_node = [](const std::vector<Delivery>& all) {
      std::map<NodeId, std::vector<std::pair<Time, NodeId>>> nodes;
      for (const Delivery& d : all) nodes[d.to].emplace_back(d.ready, d.from);
      return nodes;
    };
    const NetworkSpec spec = busy_network(jitter, 0);
    const auto events = by_node(chatter(spec, false));
    EXPECT_EQ(by_node(chatter(spec, true)), events);
    EXPECT_EQ(by_node(chatter(spec, true, 500)), events);
  }
}

TEST(Native, LinksKeepOrderExactlyOnceAboveThePhysicalBound) {
  for (const JitterKind jitter : {JitterKind::none, JitterKind::uniform, JitterKind::exponential}) {
    for (const std::uint32_t loss : {0u, 200'000'000u}) {
      const NetworkSpec spec = busy_network(jitter, loss);
      const auto engine = make_native_engine(spec);
      Recorder sink(*engine);
      std::map<std::pair<NodeId, NodeId>, std::vector<Token>> sent, got;
      std::map<Token, std::pair<Time, std::uint32_t>> facts;
      for (Token token = 0; token < 20'000; ++token) {
        const std::uint64_t u = draw64(5, 0, Purpose{"test.order"}, token);
        const auto from = static_cast<NodeId>(u % spec.nodes);
        const auto to = static_cast<NodeId>((from + 1 + (u >> 32) % (spec.nodes - 1)) % spec.nodes);
        const Time depart = time_start + us(token * 10);
        const auto bytes = static_cast<std::uint32_t>(u >> 50);
        engine->transmit(depart, from, to, bytes, token);
        sent[{from, to}].push_back(token);
        facts[token] = {depart, bytes};
      }
      engine->run_until(time_start + seconds(100'000), sink);
      for (const Delivery& d : sink.all) {
        got[{d.from, d.to}].push_back(d.token);
        const auto [depart, bytes] = facts[d.token];
        const auto bits = std::int64_t{bytes + 40} * 8;
        const Duration up = spec.up_bps[d.from] == 0 ? ns(0) : ns(bits * 50);
        const Duration down = spec.down_bps[d.to] == 0 ? ns(0) : ns(bits * 50);
        ASSERT_GE(d.ready, depart + up + spec.latency_between(d.from, d.to) + down);
      }
      EXPECT_EQ(got, sent);
    }
  }
}

TEST(Native, TenThousandStartsAndEnds) {
  const NetworkSpec spec = limited(4, ms(1), 1'000'000, 1'000'000);
  testing::start_and_end(10'000, [&] { return make_native_engine(spec); });
}

TEST(Native, RefusesWhatContradictsItself) {
  const auto refused = [](auto change) {
    NetworkSpec spec = plain(4, ms(1));
    change(spec);
    EXPECT_THROW(make_native_engine(spec), std::invalid_argument);
  };
  refused([](NetworkSpec& s) { s.nodes = 0; });
  refused([](NetworkSpec& s) { s.regions = 0; });
  refused([](NetworkSpec& s) { s.regions = 2; });
  refused([](NetworkSpec& s) { s.latency.clear(); });
  refused([](NetworkSpec& s) { s.latency[0] = ns(-1); });
  refused([](NetworkSpec& s) { s.region = {0, 0, 0}; });
  refused([](NetworkSpec& s) { s.region = {0, 0, 0, 1}; });
  refused([](NetworkSpec& s) { s.up_bps = {1, 2, 3}; });
  refused([](NetworkSpec& s) { s.down_bps = {1, 2, 3, 4, 5}; });
  refused([](NetworkSpec& s) { s.packet_loss_ppb = 1'000'000'000; });
  refused([](NetworkSpec& s) { s.packet_loss_ppb = 1, s.mtu = 0; });
  refused([](NetworkSpec& s) { s.retransmission_timeout = ns(-1); });
}

TEST(Native, LimitsAreSaidClearly) {
  EXPECT_THROW(make_native_engine(plain((1u << 20) + 1, ms(1))), std::length_error);
  const auto engine = make_native_engine(plain(1u << 20, ms(1)));
  engine->transmit(time_start, (1u << 20) - 1, 0, 1, (1u << 24) - 1);
  EXPECT_THROW(engine->transmit(time_start, 0, 1, 1, 1u << 24), std::length_error);
  EXPECT_EQ(run(*engine),
            (std::vector<Delivery>{{time_start + ms(1), 0, (1u << 20) - 1, (1u << 24) - 1}}));
}

TEST(Native, MisuseIsRefusedAndLeavesNothingBehind) {
  const auto engine = make_native_engine(limited(3, ms(1), 0, 1'000));
  Recorder sink(*engine);
  engine->run_until(time_start + ms(5), sink);
  EXPECT_THROW(engine->transmit(time_start + ms(4), 0, 1, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(time_start + ms(5), 0, 0, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(time_start + ms(5), 0, 3, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(time_start + ms(5), 3, 0, 1, 1), std::logic_error);
  EXPECT_THROW(engine->multicast(time_start + ms(5), 0, std::vector<NodeId>{1, 9}, 1, 1),
               std::logic_error);
  EXPECT_THROW(engine->wake_at(0, time_start + ms(4)), std::logic_error);
  EXPECT_THROW(engine->wake_at(3, time_start + ms(6)), std::logic_error);
  EXPECT_EQ(engine->pending(), 0u);
  engine->multicast(time_start + ms(5), 0, {}, 1, 1);
  EXPECT_EQ(engine->pending(), 0u);
  EXPECT_EQ(engine->uplink_busy(0), ns(0));
}

TEST(Native, SaysWhatItIs) {
  const EngineCapabilities can = make_native_engine(plain(2, ms(1)))->capabilities();
  EXPECT_EQ(can.name, "native");
  EXPECT_EQ(can.version, "native@1");
  EXPECT_TRUE(can.future_departure);
  EXPECT_TRUE(can.packet_loss);
  EXPECT_NE(can.physics.find("store-and-forward"), std::string::npos);
}

NetworkSpec by_model(LinkModel model, std::uint32_t small_bytes) {
  NetworkSpec spec = plain(4, ms(100));
  spec.up_bps = {8'000, 4'000, 8'000, 0};
  spec.down_bps = {0, 2'000, 16'000, 0};
  spec.link_model = model;
  spec.small_bytes = small_bytes;
  return spec;
}

TEST(Native, BottleneckTransfersOneMessageAtATimeAndWaitsForItsArrival) {
  NetworkSpec spec = by_model(LinkModel::bottleneck, 99);
  spec.transfer_delay = ms(2);
  const auto engine = make_native_engine(spec);
  // 1,000 bytes: 4 s at 2 kbit/s (the receiver's end), then 1 s at 8 kbit/s (the sender's).
  engine->multicast(time_start, 0, std::vector<NodeId>{1, 2}, 1'000, 5);
  engine->transmit(time_start, 1, 3, 1'000, 6);  // 2 s at 4 kbit/s; another sender does not wait
  const Time first = time_start + ms(4'000 + 2 + 100);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{time_start + ms(2'102), 3, 1, 6},
                                                 {first, 1, 0, 5},
                                                 {first + ms(1'000 + 2 + 100), 2, 0, 5}}));
  EXPECT_EQ(engine->uplink_busy(0), ms(5'004));
  EXPECT_EQ(engine->downlink_busy(1), ns(0));
  EXPECT_EQ(engine->longest_queue(), ms(4'102 + 1'002));
}

TEST(Native, SmallMessagesPassBesideTheTransfers) {
  for (const LinkModel model : {LinkModel::bottleneck, LinkModel::cut_through}) {
    NetworkSpec spec = by_model(model, 140);
    spec.overhead_bytes = 40;
    spec.small_delay = ms(10);
    const auto engine = make_native_engine(spec);
    engine->transmit(time_start, 0, 1, 1'000, 1);
    engine->transmit(time_start, 0, 1, 100, 2);  // 140 bytes with the overhead: small
    engine->transmit(time_start, 0, 1, 101, 3);  // waits its turn
    const auto all = run(*engine);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0], (Delivery{time_start + ms(110), 1, 0, 2}));
    EXPECT_EQ(all[1].token, 1u);
    EXPECT_EQ(all[2].token, 3u);
    EXPECT_GT(all[2].ready, time_start + ms(4'000));
  }
}

TEST(Native, CutThroughPassesBothLinksAtOnceAndOccupiesEachForItsOwnTime) {
  const auto engine = make_native_engine(by_model(LinkModel::cut_through, 0));
  // 0 -> 2: 1 s at 8 kbit/s, the up-link busy for 1 s, the down-link (16 kbit/s) for half of one.
  engine->transmit(time_start, 0, 2, 1'000, 1);
  engine->transmit(time_start, 0, 2, 1'000, 2);  // begins to leave after 1 s
  // 3 -> 2 begins to arrive with the first and waits until the down-link is free of that: 0.5 s.
  engine->transmit(time_start + ns(1), 3, 2, 1'000, 3);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{time_start + ms(100 + 1'000), 2, 0, 1},
                                                 {time_start + ms(100 + 500 + 500), 2, 3, 3},
                                                 {time_start + ms(1'100 + 1'000), 2, 0, 2}}));
  EXPECT_EQ(engine->uplink_busy(0), ms(2'000));
  EXPECT_EQ(engine->downlink_busy(2), ms(1'500));
}

TEST(Native, ParetoDelaysNeedALatencyAboveFiveMilliseconds) {
  NetworkSpec spec = plain(2, ms(5));
  spec.jitter = JitterKind::pareto;
  EXPECT_THROW(make_native_engine(spec), std::invalid_argument);
  spec.latency = {ms(5) + ns(1'000'000)};
  EXPECT_NO_THROW(make_native_engine(spec));
}

}  // namespace
}  // namespace ledgerlab
