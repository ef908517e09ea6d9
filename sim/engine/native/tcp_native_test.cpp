// Transport "tcp" of the native engine: its rules one by one, and what every engine promises.
#include "sim/engine/native/tcp_native.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <stdexcept>

#include "models/base/draw.hpp"
#include "sim/engine/native/native.hpp"
#include "sim/engine/native/tcp_link.hpp"
#include "tests/support/engine_recorder.hpp"

namespace ledgerlab {
namespace {

using testing::Delivery;
using testing::Recorder;
using testing::run;

NetworkSpec limited(std::uint32_t nodes, Duration latency, std::uint64_t up, std::uint64_t down) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.seed = 11;
  spec.latency = {latency};
  spec.up_bps.assign(nodes, up);
  spec.down_bps.assign(nodes, down);
  spec.overhead_bytes = 54;
  spec.transport = TransportKind::tcp;
  return spec;
}

constexpr std::int64_t bit_ns = 1'000;  // at 1 Mbit/s

TEST(NativeTcp, TheFirstMessagePaysForTheHandshakeTheNextDoesNot) {
  const auto engine = make_native_engine(limited(2, ms(10), 1'000'000, 1'000'000));
  engine->transmit(time_start, 0, 1, 100, 7);
  // As ns-3 does it (sim/engine/ns3/ns3_test.cpp): SYN, SYN-ACK, ACK, then the message.
  const Duration handshake = ms(20) + ns((4 * 58 + 54) * 8 * bit_ns);
  const Duration message = ms(10) + ns(2 * (100 + 54) * 8 * bit_ns);
  EXPECT_EQ(run(*engine, seconds(1)),
            (std::vector<Delivery>{{time_start + handshake + message, 1, 0, 7}}));
  engine->transmit(engine->now(), 0, 1, 100, 8);
  EXPECT_EQ(run(*engine, seconds(1)),
            (std::vector<Delivery>{{time_start + seconds(1) + message, 1, 0, 8}}));
  const Time again = engine->now();
  engine->transmit(again, 1, 0, 100, 9);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{again + message, 0, 1, 9}}));
}

TEST(NativeTcp, SlowStartDoublesTheWindowEachRoundTrip) {
  const auto engine = make_native_engine(limited(2, ms(50), 1'000'000'000, 1'000'000'000));
  engine->transmit(time_start, 0, 1, 1, 0);
  run(*engine, seconds(1));
  const Time sent = engine->now();
  for (Token i = 0; i < 70; ++i) engine->transmit(sent, 0, 1, 1'448, i);
  const std::vector<Delivery> got = run(*engine);
  ASSERT_EQ(got.size(), 70u);
  const auto round_of = [&](std::size_t i) { return (got[i].ready - sent - ms(50)) / ms(100); };
  EXPECT_EQ(round_of(9), 0);
  EXPECT_EQ(round_of(11), 1);
  EXPECT_EQ(round_of(28), 1);
  EXPECT_EQ(round_of(33), 2);
  EXPECT_EQ(round_of(69), 2);
}

TEST(NativeTcp, TheBufferBoundsWhatIsInFlight) {
  // 4 MiB a round trip of 1 s, on links that would carry a hundred times as much.
  const auto engine = make_native_engine(limited(2, ms(500), 0, 0));
  engine->transmit(time_start, 0, 1, 40'000'000, 0);
  run(*engine, seconds(100));
  const Time sent = engine->now();
  engine->transmit(sent, 0, 1, 40'000'000, 1);
  const Duration took = run(*engine).at(0).ready - sent;
  EXPECT_GE(took, ms(500) + seconds(9));
  EXPECT_LE(took, ms(500) + seconds(10));
}

TEST(NativeTcp, FlowsShareAnUpLink) {
  // Ideal queues finish the first of two before the second begins; streams finish together.
  NetworkSpec spec = limited(3, ms(5), 10'000'000, 0);
  const auto ends = [&] {
    const auto engine = make_native_engine(spec);
    engine->transmit(time_start, 0, 1, 1'000'000, 1);
    engine->transmit(time_start, 0, 2, 1'000'000, 2);
    const std::vector<Delivery> got = run(*engine);
    return std::pair{got[0].ready - time_start, got[1].ready - time_start};
  };
  const auto shared = ends();
  EXPECT_GT(shared.first * 10, shared.second * 9);
  spec.transport = TransportKind::ideal;
  const auto queued = ends();
  EXPECT_LT(queued.first * 10, queued.second * 6);
}

TEST(NativeTcp, SmallMessagesGoWithoutWaitingAndShareSegmentsWhenTheWindowIsFull) {
  const auto engine = make_native_engine(limited(2, ms(10), 0, 0));
  engine->transmit(time_start, 0, 1, 1, 0);
  run(*engine, seconds(1));
  const Time sent = engine->now();
  for (Token i = 0; i < 2'000; ++i) engine->transmit(sent, 0, 1, 100, i);
  const std::vector<Delivery> got = run(*engine);
  ASSERT_EQ(got.size(), 2'000u);
  EXPECT_EQ(got.front().ready, sent + ms(10));
  for (Token i = 0; i < 2'000; ++i) ASSERT_EQ(got[i].token, i);
  // 200 kB in windows of 14, 29, 58, 116 kB.
  EXPECT_LE(got.back().ready, sent + ms(10) + 4 * ms(20));
}

TEST(NativeTcp, RulesOfWindowAndTimer) {
  native::Window window;
  window.open(1'000);
  EXPECT_EQ(window.size, 10'000u);
  window.acknowledged(2'000, 1'000);
  EXPECT_EQ(window.size, 12'000u);
  window.halve(12'000, 1'000);
  EXPECT_EQ(window.size, 6'000u);
  window.acknowledged(6'000, 1'000);
  EXPECT_EQ(window.size, 7'000u);  // one segment a round trip
  window.collapse(7'000, 1'000);
  EXPECT_EQ(window.size, 1'000u);
  EXPECT_EQ(window.threshold, 3'500u);
  window.acknowledged(1u << 30, 1'000);
  EXPECT_EQ(window.size, native::buffer_bytes);

  native::RoundTrip trip;
  EXPECT_EQ(trip.timeout(5), 1'000'000'000);  // RFC 6298, 2.1
  trip.sample(1'000);
  EXPECT_EQ(trip.timeout(5), 3'000);  // 2.2
  trip.sample(2'000);
  EXPECT_EQ(trip.smoothed, 1'125);
  EXPECT_EQ(trip.variation, 625);
  EXPECT_EQ(trip.timeout(10'000), 10'000);
  trip.doublings = 3;
  EXPECT_EQ(trip.timeout(10'000), 80'000);
}

NetworkSpec busy_network(JitterKind jitter, std::uint32_t loss_ppb) {
  NetworkSpec spec = limited(6, ms(0), 20'000'000, 50'000'000);
  spec.up_bps[4] = spec.down_bps[5] = 0;
  spec.region = {0, 1, 0, 1, 0, 1};
  spec.regions = 2;
  spec.latency = {ms(2), ms(30), ms(31), ms(3)};
  spec.jitter = jitter;
  spec.jitter_ppm = 200'000;
  spec.packet_loss_ppb = loss_ppb;
  return spec;
}

TEST(NativeTcp, LinksKeepOrderExactlyOnceAboveThePhysicalBound) {
  for (const JitterKind jitter : {JitterKind::none, JitterKind::exponential}) {
    for (const std::uint32_t loss : {0u, 20'000'000u}) {
      const NetworkSpec spec = busy_network(jitter, loss);
      const auto engine = make_native_engine(spec);
      Recorder sink(*engine);
      std::map<std::pair<NodeId, NodeId>, std::vector<Token>> sent, got;
      std::map<Token, std::pair<Time, std::int64_t>> facts;
      for (Token token = 0; token < 5'000; ++token) {
        const std::uint64_t u = draw64(5, 0, Purpose{"test.order"}, token);
        const auto from = static_cast<NodeId>(u % spec.nodes);
        const auto to = static_cast<NodeId>((from + 1 + (u >> 32) % (spec.nodes - 1)) % spec.nodes);
        const auto bytes = static_cast<std::uint32_t>(u >> 50);
        engine->run_until(time_start + us(token * 40), sink);
        engine->transmit(engine->now(), from, to, bytes, token);
        sent[{from, to}].push_back(token);
        facts[token] = {engine->now(), bytes};
      }
      engine->run_until(time_start + seconds(100'000), sink);
      for (const Delivery& d : sink.all) {
        got[{d.from, d.to}].push_back(d.token);
        const auto [depart, bytes] = facts[d.token];
        // Packets pass the second link while the first still sends.
        const std::int64_t bits = bytes * 8;
        const Duration up = spec.up_bps[d.from] == 0 ? ns(0) : ns(bits * 50);
        ASSERT_GE(d.ready, depart + up + spec.latency_between(d.from, d.to));
      }
      EXPECT_EQ(got, sent);
      EXPECT_EQ(engine->pending(), 0u);
      for (NodeId node = 0; node < spec.nodes; ++node) {
        EXPECT_LE(engine->uplink_busy(node), engine->now() - time_start);
        EXPECT_LE(engine->downlink_busy(node), engine->now() - time_start);
      }
    }
  }
}

/// Messages of all sizes, each answered once, while timers go off.
std::vector<Delivery> chatter(const NetworkSpec& spec, int slices = 1) {
  const auto engine = make_native_engine(spec);
  Recorder sink(*engine);
  sink.react = [&](Delivery d) {
    if (d.to != d.from && d.token < 1'000) {
      engine->transmit(engine->now(), d.to, d.from, 40 + d.token % 7, d.token + 1'000);
    } else if (d.to == d.from) {
      const std::uint64_t u = draw64(3, d.to, Purpose{"test.chatter"}, sink.all.size());
      const auto to = static_cast<NodeId>((d.to + 1 + u % (spec.nodes - 1)) % spec.nodes);
      engine->transmit(engine->now(), d.to, to, static_cast<std::uint32_t>(u >> 48),
                       static_cast<Token>(sink.all.size() % 1'000));
    }
  };
  for (NodeId node = 0; node < spec.nodes; ++node) {
    for (int i = 0; i < 50; ++i) engine->wake_at(node, time_start + ms(7 * i) + us(node % 3));
  }
  for (int slice = 1; slice <= slices; ++slice) {
    engine->run_until(time_start + seconds(600) * slice / slices, sink);
    EXPECT_EQ(engine->now(), time_start + seconds(600) * slice / slices);
  }
  EXPECT_EQ(engine->pending(), 0u);
  return sink.all;
}

TEST(NativeTcp, SameSpecSameSequenceHoweverItIsSliced) {
  for (const std::uint32_t loss : {0u, 20'000'000u}) {
    NetworkSpec spec = busy_network(JitterKind::uniform, loss);
    const std::vector<Delivery> once = chatter(spec);
    EXPECT_EQ(once.size(), 900u);
    EXPECT_EQ(chatter(spec), once);
    EXPECT_EQ(chatter(spec, 1'000), once);
    spec.seed = 12;
    EXPECT_NE(chatter(spec), once);
  }
}

TEST(NativeTcp, LossCostsTime) {
  const auto last = [](std::uint32_t loss) {
    const auto engine = make_native_engine(busy_network(JitterKind::none, loss));
    for (NodeId from = 1; from < 6; ++from) engine->transmit(time_start, from, 0, 300'000, from);
    return run(*engine).back().ready;
  };
  EXPECT_LT(last(0), last(10'000'000));
  EXPECT_LT(last(10'000'000), last(100'000'000));
}

TEST(NativeTcp, TenThousandStartsAndEnds) {
  const NetworkSpec spec = limited(4, ms(1), 1'000'000, 1'000'000);
  testing::start_and_end(10'000, [&] { return make_native_engine(spec); });
}

TEST(NativeTcp, StopsAfterTheInstantAndRefusesMisuse) {
  const auto engine = make_native_engine(limited(3, ms(1), 0, 0));
  Recorder sink(*engine);
  for (const NodeId node : {0u, 1u}) engine->wake_at(node, time_start + ms(5));
  engine->wake_at(0, time_start + ms(6));
  sink.react = [&](Delivery) { engine->request_stop(); };
  engine->run_until(time_start + ms(10), sink);
  EXPECT_EQ(engine->now(), time_start + ms(5));
  EXPECT_EQ(sink.all.size(), 2u);
  EXPECT_THROW(engine->transmit(time_start + ms(6), 0, 1, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(engine->now(), 0, 0, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(engine->now(), 3, 0, 1, 1), std::logic_error);
  EXPECT_THROW(engine->wake_at(3, time_start + ms(6)), std::logic_error);
  EXPECT_THROW(engine->wake_at(0, time_start), std::logic_error);
  EXPECT_THROW(engine->run_until(time_start, sink), std::logic_error);
  EXPECT_FALSE(engine->capabilities().future_departure);
  EXPECT_NE(engine->capabilities().physics.find("slow start"), std::string::npos);
}

}  // namespace
}  // namespace ledgerlab
