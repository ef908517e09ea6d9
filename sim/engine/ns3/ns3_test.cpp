// The ns3 engine: what its TCP, its links and its clock do, to the nanosecond where that is plain.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>

#include "models/base/draw.hpp"
#include "sim/engine/module.hpp"
#include "sim/engine/ns3/limits.hpp"
#include "tests/support/engine_recorder.hpp"

extern "C" const ledgerlab::EngineModule* ledgerlab_engine();

namespace ledgerlab {
namespace {

using testing::Delivery;
using testing::Recorder;
using testing::run;

std::unique_ptr<Engine> make(const NetworkSpec& spec) { return ledgerlab_engine()->make(spec); }

NetworkSpec limited(std::uint32_t nodes, Duration latency, std::uint64_t up, std::uint64_t down) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.seed = 11;
  spec.latency = {latency};
  spec.up_bps.assign(nodes, up);
  spec.down_bps.assign(nodes, down);
  return spec;
}

constexpr std::int64_t headers = 54;      // PPP, IPv4, TCP with time stamps
constexpr std::int64_t opening = 58;      // a SYN has 4 bytes of options more
constexpr std::int64_t bit_ns = 1'000;    // at 1 Mbit/s
constexpr Duration tick = ns(1);          // an open socket of ns-3 sends one later than asked

TEST(Ns3, TheFirstMessagePaysForTheHandshakeTheNextDoesNot) {
  const auto engine = make(limited(2, ms(10), 1'000'000, 1'000'000));
  engine->transmit(time_start, 0, 1, 100, 7);
  // SYN and SYN-ACK there and back; the last acknowledgement is on the up-link before the message.
  const Duration handshake = ms(20) + ns(4 * opening * 8 * bit_ns);
  const Duration message = ms(10) + ns(2 * (100 + headers) * 8 * bit_ns);
  const Duration behind = ns(headers * 8 * bit_ns);
  const std::vector<Delivery> first = run(*engine, seconds(1));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0], (Delivery{time_start + handshake + behind + message, 1, 0, 7}));
  engine->transmit(engine->now(), 0, 1, 100, 8);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{time_start + seconds(1) + tick + message, 1, 0, 8}}));
  // The connection is used both ways.
  const Time again = engine->now();
  engine->transmit(again, 1, 0, 100, 9);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{again + tick + message, 0, 1, 9}}));
}

TEST(Ns3, UpAndDownHaveRatesOfTheirOwnAndUnlimitedIsUnlimited) {
  NetworkSpec spec = limited(3, ms(5), 0, 0);
  spec.up_bps = {1'000'000, 0, 0};
  spec.down_bps = {0, 2'000'000, 0};
  const auto engine = make(spec);
  for (const NodeId to : {1u, 2u}) engine->transmit(time_start, 0, to, 1, to);
  run(*engine, seconds(1));
  for (const NodeId to : {1u, 2u}) {
    const Time sent = engine->now();
    engine->transmit(sent, 0, to, 1'000, 3);
    const Duration up = ns((1'000 + headers) * 8 * bit_ns);
    const Duration down = to == 1 ? up / 2 : ns(0);
    EXPECT_EQ(run(*engine, seconds(1)),
              (std::vector<Delivery>{{sent + tick + up + ms(5) + down, to, 0, 3}}));
  }
  const Time sent = engine->now();
  engine->transmit(sent, 2, 0, 10'000, 4);
  EXPECT_EQ(run(*engine), (std::vector<Delivery>{{sent + tick + ms(5), 0, 2, 4}}));
}

TEST(Ns3, LatencyIsOfTheSendersRowAndTheReceiversColumn) {
  NetworkSpec spec = limited(5, ms(0), 0, 0);
  spec.region = {0, 0, 1, 1, 2};
  spec.regions = 3;
  spec.latency = {ms(1), ms(20), ms(3), ms(30), ms(0), ms(5), ms(7), ms(11), ms(2)};
  const auto engine = make(spec);
  const auto each_pair = [&](auto act) {
    for (NodeId from = 0; from < spec.nodes; ++from) {
      for (NodeId to = 0; to < spec.nodes; ++to) {
        if (from != to) act(from, to);
      }
    }
  };
  each_pair([&](NodeId from, NodeId to) { engine->transmit(time_start, from, to, 1, 0); });
  run(*engine, seconds(10));
  const Time sent = engine->now();
  each_pair([&](NodeId from, NodeId to) { engine->transmit(sent, from, to, 1, from * 8 + to); });
  std::vector<Delivery> got = run(*engine);
  EXPECT_EQ(got.size(), 20u);
  for (const Delivery& d : got) {
    EXPECT_EQ(d.ready, sent + tick + spec.latency_between(d.from, d.to)) << d.from << " to " << d.to;
    EXPECT_EQ(d.token, d.from * 8 + d.to);
  }
}

TEST(Ns3, SlowStartDoublesTheWindowEachRoundTrip) {
  const auto engine = make(limited(2, ms(50), 1'000'000'000, 1'000'000'000));
  engine->transmit(time_start, 0, 1, 1, 0);
  run(*engine, seconds(1));
  // Windows of 10, 20, 40 segments: the 11th segment is one round trip behind the 10th.
  const Time sent = engine->now();
  for (Token i = 0; i < 70; ++i) engine->transmit(sent, 0, 1, 1'448, i);
  const std::vector<Delivery> got = run(*engine);
  ASSERT_EQ(got.size(), 70u);
  const auto round_of = [&](std::size_t i) { return (got[i].ready - sent - ms(50)) / ms(100); };
  EXPECT_EQ(round_of(9), 0);
  EXPECT_EQ(round_of(10), 1);
  EXPECT_EQ(round_of(28), 1);
  EXPECT_EQ(round_of(31), 2);
  EXPECT_EQ(round_of(65), 2);
}

/// Messages between six nodes at random, each answered once; what arrived, and how long it took.
std::vector<Delivery> chatter(const NetworkSpec& spec, int slices = 1) {
  const auto engine = make(spec);
  Recorder sink(*engine);
  sink.react = [&](Delivery d) {
    if (d.to != d.from && d.token < 1'000) {
      engine->transmit(engine->now(), d.to, d.from, 40 + d.token % 7, d.token + 1'000);
    } else if (d.to == d.from) {
      const std::uint64_t u = draw64(3, d.to, Purpose{"test.chatter"}, sink.all.size());
      const auto to = static_cast<NodeId>((d.to + 1 + u % (spec.nodes - 1)) % spec.nodes);
      engine->transmit(engine->now(), d.to, to, static_cast<std::uint32_t>(u >> 48),
                       static_cast<Token>(sink.all.size()));
    }
  };
  for (NodeId node = 0; node < spec.nodes; ++node) {
    for (int i = 0; i < 20; ++i) engine->wake_at(node, time_start + ms(7 * i) + us(node % 3));
  }
  for (int slice = 1; slice <= slices; ++slice) {
    engine->run_until(time_start + seconds(60) * slice / slices, sink);
    EXPECT_EQ(engine->now(), time_start + seconds(60) * slice / slices);
  }
  for (NodeId node = 0; node < spec.nodes; ++node) {
    EXPECT_LE(engine->uplink_busy(node), engine->now() - time_start);
    EXPECT_LE(engine->downlink_busy(node), engine->now() - time_start);
  }
  EXPECT_EQ(engine->pending(), 0u);
  return sink.all;
}

NetworkSpec busy_network() {
  NetworkSpec spec = limited(6, ms(0), 20'000'000, 50'000'000);
  spec.region = {0, 1, 0, 1, 0, 1};
  spec.regions = 2;
  spec.latency = {ms(2), ms(30), ms(31), ms(3)};
  return spec;
}

TEST(Ns3, SameSpecSameSequenceHoweverItIsSliced) {
  for (const std::uint32_t loss : {0u, 20'000'000u}) {
    NetworkSpec spec = busy_network();
    spec.packet_loss_ppb = loss;
    const std::vector<Delivery> once = chatter(spec);
    EXPECT_GT(once.size(), 300u);
    EXPECT_EQ(chatter(spec), once);
    EXPECT_EQ(chatter(spec, 1'000), once);
    spec.seed = 12;
    EXPECT_NE(chatter(spec), once);
  }
}

TEST(Ns3, EveryQueueAndCongestionControlDeliversAllInOrder) {
  for (const QueueKind queue : {QueueKind::droptail, QueueKind::fq_codel, QueueKind::red}) {
    for (const TcpKind tcp :
         {TcpKind::linux_reno, TcpKind::new_reno, TcpKind::cubic, TcpKind::bbr}) {
      NetworkSpec spec = busy_network();
      spec.queue = queue;
      spec.tcp = tcp;
      spec.queue_bytes = 60'000;
      spec.packet_loss_ppb = 1'000'000;
      const auto engine = make(spec);
      std::map<std::pair<NodeId, NodeId>, std::vector<Token>> sent, got;
      for (Token token = 0; token < 120; ++token) {
        const NodeId from = token % 5 + 1;
        engine->transmit(time_start, from, 0, 20'000, token);
        sent[{from, 0}].push_back(token);
      }
      for (const Delivery& d : run(*engine, seconds(1'000))) got[{d.from, d.to}].push_back(d.token);
      EXPECT_EQ(got, sent) << name_of(queue, queue_names) << " " << name_of(tcp, tcp_names);
    }
  }
}

TEST(Ns3, LossAndShortQueuesCostTime) {
  const auto last = [](const NetworkSpec& spec) {
    const auto engine = make(spec);
    for (NodeId from = 1; from < 6; ++from) engine->transmit(time_start, from, 0, 300'000, from);
    return run(*engine, seconds(1'000)).back().ready;
  };
  NetworkSpec spec = busy_network();
  const Time plain = last(spec);
  spec.queue_bytes = 30'000;
  EXPECT_GT(last(spec), plain);
  spec.queue_bytes = 0;
  spec.packet_loss_ppb = 50'000'000;
  EXPECT_GT(last(spec), plain);
}

TEST(Ns3, AThousandStartsAndEndsLeaveNothingBehind) {
  const NetworkSpec spec = limited(4, ms(1), 1'000'000, 1'000'000);
  const auto resident_kb = [] {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    long pages = 0, resident = 0;
    EXPECT_EQ(std::fscanf(file, "%ld %ld", &pages, &resident), 2);
    std::fclose(file);
    return resident * 4;
  };
  std::vector<Delivery> first;
  long after_warm_up = 0;
  for (int cycle = 0; cycle < 1'000; ++cycle) {
    const auto engine = make(spec);
    engine->multicast(time_start, 0, std::vector<NodeId>{1, 2, 3}, 100, 1);
    engine->wake_at(2, time_start + ms(3));
    if (cycle == 100) after_warm_up = resident_kb();
    if (cycle % 2 == 1) {  // ended in the middle
      Recorder sink(*engine);
      engine->run_until(time_start + ms(2), sink);
      continue;
    }
    const std::vector<Delivery> got = run(*engine, seconds(1));
    if (cycle == 0) first = got;
    ASSERT_EQ(got, first);
    ASSERT_EQ(got.size(), 4u);
  }
  // Four nodes with their stacks are over 100 kB: 900 leaks of them would be 90 MB.
  EXPECT_LT(resident_kb() - after_warm_up, 4'000);
}

TEST(Ns3, StopsAfterTheInstantAndGoesOnFromThere) {
  const auto engine = make(limited(2, ms(1), 0, 0));
  Recorder sink(*engine);
  for (const NodeId node : {0u, 1u}) engine->wake_at(node, time_start + ms(5));
  engine->wake_at(0, time_start + ms(6));
  sink.react = [&](Delivery) { engine->request_stop(); };
  engine->run_until(time_start + ms(10), sink);
  EXPECT_EQ(engine->now(), time_start + ms(5));
  EXPECT_EQ(sink.all.size(), 2u);
  sink.react = nullptr;
  engine->run_until(time_start + ms(10), sink);
  EXPECT_EQ(engine->now(), time_start + ms(10));
  EXPECT_EQ(sink.all.size(), 3u);
}

TEST(Ns3, AnExceptionOfTheHostComesThrough) {
  const auto engine = make(limited(2, ms(1), 0, 0));
  Recorder sink(*engine);
  sink.react = [](Delivery) { throw std::domain_error("the host"); };
  engine->wake_at(0, time_start + ms(5));
  EXPECT_THROW(engine->run_until(time_start + ms(10), sink), std::domain_error);
}

TEST(Ns3, PacketsCanBeWrittenDown) {
  NetworkSpec spec = limited(2, ms(1), 1'000'000, 1'000'000);
  const auto folder = std::filesystem::temp_directory_path() / "ledgerlab-ns3-pcap";
  std::filesystem::remove_all(folder);
  spec.pcap_folder = folder.string();
  const auto with = [&] {
    const auto engine = make(spec);
    engine->transmit(time_start, 0, 1, 100, 7);
    return run(*engine);
  }();
  // File header; then each packet with a header of 16: SYN, SYN-ACK, ACK, data, its ACK.
  for (const char* file : {"node-0.pcap", "node-1.pcap"}) {
    EXPECT_EQ(std::filesystem::file_size(folder / file),
              24u + 5 * 16 + 2 * opening + 3 * headers + 100);
  }
  std::filesystem::remove_all(folder);
  spec.pcap_folder = "/proc/no/such/place";
  EXPECT_THROW(make(spec), std::invalid_argument);
  spec.pcap_folder.clear();
  const auto engine = make(spec);
  engine->transmit(time_start, 0, 1, 100, 7);
  EXPECT_EQ(run(*engine), with);
}

TEST(Ns3, LimitsAndMisuseAreSaidClearly) {
  const auto refused = [](auto change) {
    NetworkSpec spec = limited(4, ms(1), 0, 0);
    change(spec);
    EXPECT_THROW(make(spec), std::invalid_argument);
  };
  refused([](NetworkSpec& s) { s.latency.clear(); });
  refused([](NetworkSpec& s) { s.region = {0}; });
  refused([](NetworkSpec& s) { s.up_bps = {1, 2, 3}; });
  refused([](NetworkSpec& s) { s.jitter = JitterKind::uniform; });
  refused([](NetworkSpec& s) { s.mtu = ns3_engine::mtu_max + 1; });
  EXPECT_THROW(make(limited(ns3_engine::nodes_max + 1, ms(1), 0, 0)), EngineLimit);
  const auto engine = make(limited(3, ms(1), 0, 0));
  EXPECT_THROW(make(limited(3, ms(1), 0, 0)), EngineBusy);
  EXPECT_THROW(engine->transmit(time_start + ms(4), 0, 1, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(time_start, 0, 0, 1, 1), std::logic_error);
  EXPECT_THROW(engine->transmit(time_start, 0, 3, 1, 1), std::logic_error);
  EXPECT_THROW(engine->wake_at(3, time_start), std::logic_error);
  Recorder sink(*engine);
  engine->run_until(time_start + ms(5), sink);
  EXPECT_THROW(engine->wake_at(0, time_start), std::logic_error);
  EXPECT_THROW(engine->run_until(time_start, sink), std::logic_error);
}

}  // namespace
}  // namespace ledgerlab
