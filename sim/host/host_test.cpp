// The host's promises: lane order, timers, the persist gate across steps, crash and restart,
// faults, and one trace hash whether nodes run ahead of the event queue or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/support/bench_world.hpp"

namespace ledgerlab {
namespace {

using testing::flat_network;
using testing::PlainSuite;

struct Ping {
  static constexpr MessageInfo info{1, "Ping", Role::vote, Auth::mac};
  std::uint64_t number = 0;
  std::uint32_t hops = 0;
  template <class A>
  void fields(A& a) {
    a(number, hops);
  }
};

/// A module made of a lambda: each test writes the behaviour it needs.
class Scripted final : public Module {
 public:
  using Body = std::function<void(const Input&, Effects&)>;
  explicit Scripted(Body body, std::vector<Record>* restored = nullptr)
      : body_(std::move(body)), restored_(restored) {}
  void step(const Input& input, Effects& effects) override { body_(input, effects); }
  void restore(std::span<const Record> records) override {
    if (restored_) restored_->assign(records.begin(), records.end());
  }
  void inspect(Inspector&) const override {}

 private:
  Body body_;
  std::vector<Record>* restored_;
};

struct Seen final : Sink {
  std::vector<Event> events;
  std::uint32_t interest() const override { return ~0u; }
  void on_event(const Event& e) override { events.push_back(e); }
  std::vector<Event> of(EventType type, NodeId node) const {
    std::vector<Event> out;
    for (const Event& e : events) {
      if (e.type == type && e.node == node) out.push_back(e);
    }
    return out;
  }
};

struct Fixture {
  PlainSuite suite;
  Seen seen;
  WorldSpec spec;
  NetworkSpec net = flat_network(2, ms(10));

  explicit Fixture(std::uint32_t nodes = 2) {
    net = flat_network(nodes, ms(10));
    spec.nodes = spec.replicas = nodes;
    spec.suite = &suite;
    spec.end = time_at(1'000'000'000);
    spec.sinks = {&seen};
  }
  std::unique_ptr<World> run(Scripted::Body body) {
    spec.make_node = [body](NodeId, std::uint64_t) { return std::make_unique<Scripted>(body); };
    auto world = std::make_unique<World>(spec, make_native_engine(net));
    world->run_until(spec.end);
    EXPECT_EQ(world->check_books(), "");
    return world;
  }
};

TEST(Host, MessageTakesLatencyAndItsCostDelaysWhatTheStepLists) {
  Fixture f;
  f.spec.costs.picoseconds[static_cast<std::size_t>(Operation::user)] = 1000;  // 1 ns each
  f.run([](const Input& in, Effects& fx) {
    if (in.kind == InputKind::start && in.self == 0) fx.send(1, Ping{1, 0});
    if (in.kind == InputKind::deliver && in.self == 1) {
      fx.work(Operation::user, 5'000'000);  // 5 ms
      fx.send(0, Ping{2, 0});
    }
  });
  ASSERT_EQ(f.seen.of(EventType::deliver, 1).size(), 1u);
  EXPECT_EQ(f.seen.of(EventType::deliver, 1)[0].time, time_at(10'000'000));
  EXPECT_EQ(f.seen.of(EventType::deliver, 0)[0].time, time_at(25'000'000));
}

TEST(Host, LaneIsFirstInFirstOutAndBusyTimeAddsUp) {
  Fixture f(3);
  f.spec.costs.picoseconds[static_cast<std::size_t>(Operation::message_handle)] = 2'000'000'000;
  auto world = f.run([](const Input& in, Effects& fx) {
    if (in.kind == InputKind::start && in.self != 2) {
      for (std::uint64_t i = 0; i < 3; ++i) fx.send(2, Ping{i, in.self});
    }
  });
  const auto delivered = f.seen.of(EventType::deliver, 2);
  ASSERT_EQ(delivered.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(delivered[i].time, time_at(10'000'000) + ms(2 * static_cast<int>(i)));
  }
  EXPECT_EQ(world->cpu_busy(2), ms(12));
}

TEST(Host, ReplacedAndCancelledTimersNeverFire) {
  Fixture f;
  f.run([](const Input& in, Effects& fx) {
    if (in.kind == InputKind::start && in.self == 0) {
      fx.set_timer({1, 0}, ms(5));
      fx.set_timer({1, 0}, ms(7));
      fx.set_timer({2, 0}, ms(6));
      fx.cancel_timer({2, 0});
      fx.set_timer({3, 0}, ms(0));
    }
  });
  const auto fired = f.seen.of(EventType::timer, 0);
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_EQ(fired[0].kind, 3);
  EXPECT_EQ(fired[0].time, time_start);
  EXPECT_EQ(fired[1].kind, 1);
  EXPECT_EQ(fired[1].time, time_at(7'000'000));
}

TEST(Host, GateHoldsAcrossSteps) {
  // Step one persists and says nothing; step two, 1 ms later, sends: the message must wait for the
  // record of step one (50 ms sync), or a repeated vote request would be answered from a state
  // that is not on disk.
  Fixture f;
  f.spec.hardware.disk_sync = ms(50);
  f.run([](const Input& in, Effects& fx) {
    if (in.self != 0) return;
    if (in.kind == InputKind::start) {
      fx.persist(Bytes{1});
      fx.set_timer({1, 0}, ms(1));
    }
    if (in.kind == InputKind::timer) {
      fx.send(1, Ping{1, 0});
      fx.send(1, Ping{2, 0}, Gate::ungated);
    }
  });
  const auto delivered = f.seen.of(EventType::deliver, 1);
  ASSERT_EQ(delivered.size(), 2u);
  EXPECT_EQ(delivered[0].time, time_at(11'000'000));  // ungated
  EXPECT_EQ(delivered[1].time, time_at(60'000'000));  // 50 ms sync + 10 ms
}

TEST(Host, WhatALocalCallCausesWaitsForItsCallersRecord) {
  // Consensus persists and, in the same step, the mempool replies: the reply waits. A later one of
  // the mempool does not overtake it.
  Fixture f;
  f.spec.hardware.disk_sync = ms(50);
  f.run([](const Input& in, Effects& fx) {
    if (in.self != 0) return;
    if (in.kind == InputKind::start) {
      fx.set_slot(Slot::consensus);
      fx.persist(Bytes{1});
      fx.set_slot(Slot::mempool);
      fx.send(1, Ping{1, 0});
      fx.set_timer({1, 0}, ms(1));
    }
    if (in.kind == InputKind::timer) {
      fx.set_slot(Slot::mempool);
      fx.send(1, Ping{2, 0});
      fx.set_slot(Slot::client);
      fx.send(1, Ping{3, 0});
    }
  });
  const auto delivered = f.seen.of(EventType::deliver, 1);
  ASSERT_EQ(delivered.size(), 3u);
  EXPECT_EQ(delivered[0].time, time_at(11'000'000));
  EXPECT_EQ(delivered[1].time, time_at(60'000'000));
  EXPECT_EQ(delivered[2].time, time_at(60'000'000));
}

TEST(Host, CrashKeepsSyncedRecordsAndAPrefixOfTheRest) {
  int partial = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Fixture f;
    std::vector<Record> restored;
    f.spec.seed = seed;
    f.spec.hardware.disk_sync = ms(10);
    FaultPlan crash;
    crash.at = time_at(15'000'000);
    crash.until = time_at(30'000'000);
    crash.target.nodes = {0};
    f.spec.faults = {crash};
    f.spec.make_node = [&](NodeId, std::uint64_t) {
      return std::make_unique<Scripted>(
          [](const Input& in, Effects& fx) {
            if (in.self != 0 || in.incarnation != 0) return;
            if (in.kind == InputKind::start) {
              fx.persist(Bytes{1});
              fx.persist(Bytes{2});
              fx.set_timer({1, 0}, ms(12));
            }
            if (in.kind == InputKind::timer) {
              for (Byte b = 3; b < 8; ++b) fx.persist(Bytes{b});
            }
          },
          &restored);
    };
    World world(f.spec, make_native_engine(f.net));
    world.run_until(f.spec.end);
    ASSERT_GE(restored.size(), 2u);
    for (std::size_t i = 0; i < restored.size(); ++i) {
      EXPECT_EQ(restored[i].index, i + 1);
      EXPECT_EQ(restored[i].bytes[0], i + 1);
    }
    partial += restored.size() > 2 && restored.size() < 7;
    const auto started = f.seen.of(EventType::start, 0);
    ASSERT_EQ(started.size(), 2u);
    EXPECT_EQ(started[1].a, 1u);
  }
  EXPECT_GT(partial, 10);
}

TEST(Host, PartitionCutsOneWayAndHeals) {
  Fixture f;
  FaultPlan cut;
  cut.kind = FaultKind::partition;
  cut.at = time_at(100'000'000);
  cut.until = time_at(200'000'000);
  cut.groups = {0, 1};
  cut.one_way = true;
  f.spec.faults = {cut};
  f.run([](const Input& in, Effects& fx) {
    if (in.kind == InputKind::start || in.kind == InputKind::timer) {
      fx.send(1 - in.self, Ping{in.timer.key, 0});
      if (in.timer.key < 29) fx.set_timer({1, in.timer.key + 1}, ms(10));
    }
  });
  EXPECT_EQ(f.seen.of(EventType::deliver, 0).size(), 30u);
  // Node 0's messages of [100, 200) ms are lost, and the one in flight at 100 ms.
  EXPECT_EQ(f.seen.of(EventType::deliver, 1).size(), 19u);
}

TEST(Host, LinkDeliversTwiceAndTheBooksBalance) {
  Fixture f;
  FaultPlan twice;
  twice.kind = FaultKind::duplicate;
  twice.at = time_at(100'000'000);
  twice.until = time_at(200'000'000);
  twice.all_links = true;
  twice.probability_ppb = 500'000'000;
  f.spec.faults = {twice};
  const auto world = f.run([](const Input& in, Effects& fx) {
    if (in.self != 0 || (in.kind != InputKind::start && in.kind != InputKind::timer)) return;
    fx.send(1, Ping{in.timer.key, 0});
    if (in.timer.key < 299) fx.set_timer({1, in.timer.key + 1}, ms(1));
  });
  // One hundred of the three hundred pass while it lasts.
  const std::uint64_t copies = world->stats().duplicated;
  EXPECT_GT(copies, 30u);
  EXPECT_LT(copies, 70u);
  EXPECT_EQ(f.seen.of(EventType::deliver, 1).size(), 300 + copies);
  EXPECT_EQ(world->stats().sent, 300u);
}

TEST(Host, LaterMessagesOvertakeAndAllArrive) {
  Fixture f;
  FaultPlan hold;
  hold.kind = FaultKind::reorder;
  hold.at = time_start;
  hold.until = time_at(150'000'000);
  hold.target.nodes = {0};
  hold.probability_ppb = 300'000'000;
  hold.by = ms(20);
  f.spec.faults = {hold};
  std::vector<std::uint64_t> order;
  const auto world = f.run([&](const Input& in, Effects& fx) {
    if (in.kind == InputKind::deliver) order.push_back(in.message->as<Ping>()->number);
    if (in.self != 0 || (in.kind != InputKind::start && in.kind != InputKind::timer)) return;
    fx.send(1, Ping{in.timer.key, 0});
    if (in.timer.key < 299) fx.set_timer({1, in.timer.key + 1}, ms(1));
  });
  ASSERT_EQ(order.size(), 300u);
  std::size_t overtaken = 0;
  for (std::size_t i = 1; i < order.size(); ++i) overtaken += order[i] < order[i - 1];
  EXPECT_GT(overtaken, 20u);
  EXPECT_TRUE(std::is_sorted(order.begin() + 180, order.end()));  // healed: in order again
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
}

TEST(Host, DriftingClockDelaysTimers) {
  Fixture f;
  FaultPlan clock;
  clock.kind = FaultKind::clock;
  clock.target.nodes = {0};
  clock.drift_ppb = -100'000'000;  // loses a tenth of a second a second
  clock.offset = ms(70);
  f.spec.faults = {clock};
  Time wall{};
  f.run([&](const Input& in, Effects& fx) {
    if (in.self != 0) return;
    if (in.kind == InputKind::start) fx.set_timer({1, 0}, ms(90));
    if (in.kind == InputKind::timer) {
      fx.set_timer({2, 0}, ms(90));
      if (in.timer.kind == 1) wall = in.wall;
      if (in.timer.kind == 2) fx.cancel_timer({2, 0});
    }
  });
  const auto fired = f.seen.of(EventType::timer, 0);
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_EQ(fired[1].time - fired[0].time, ms(100));
  EXPECT_GT(wall, time_at(140'000'000));
}

TEST(Host, ASearchBeyondTheEndOfTimeFindsNothing) {
  Fixture f;
  f.spec.hash_rate = {1, 1};
  const auto world = f.run([](const Input& input, Effects& effects) {
    if (input.kind == InputKind::start) effects.set_timer({1, 0}, ms(10));
    // Its mean of 2^255 s is cut to the longest duration; the sum with the present must be, too.
    if (input.kind == InputKind::timer) effects.search({{}, U256{1, 0, 0, 0}, 0, 1});
  });
  EXPECT_EQ(f.seen.of(EventType::timer, 0).size(), 1u);
  EXPECT_TRUE(f.seen.of(EventType::found, 0).empty());
}

TEST(Host, EndlessInstantEndsTheRunByName) {
  Fixture f;
  f.spec.make_node = [](NodeId, std::uint64_t) {
    return std::make_unique<Scripted>([](const Input& in, Effects& fx) {
      if (in.self == 1) fx.set_timer({1, 0}, ms(0));
    });
  };
  World world(f.spec, make_native_engine(f.net));
  EXPECT_FALSE(world.run_until(f.spec.end));
  EXPECT_NE(world.halted().find("node 1"), std::string::npos);
}

/// Random chatter with work, persists, timers and all that a network and a crash can do.
Hash128 chatter(std::uint64_t seed, bool eager, std::uint32_t cores) {
  PlainSuite suite;
  WorldSpec spec;
  spec.seed = seed;
  spec.nodes = spec.replicas = 5;
  spec.suite = &suite;
  spec.eager = eager;
  spec.hardware.cores = cores;
  spec.hardware.disk_sync = us(700);
  spec.costs.picoseconds[static_cast<std::size_t>(Operation::message_handle)] = 150'000'000;
  spec.costs.picoseconds[static_cast<std::size_t>(Operation::mac)] = 90'000'000;
  spec.costs.picoseconds[static_cast<std::size_t>(Operation::user)] = 1'000'000;
  spec.end = time_at(2'000'000'000);
  const auto at = [&](std::uint64_t key) {
    return time_at(
        static_cast<std::int64_t>(draw_below(draw64(seed, 99, Purpose("at"), key), 1'800'000'000)));
  };
  constexpr std::array kinds{FaultKind::partition, FaultKind::loss,      FaultKind::delay,
                             FaultKind::crash,     FaultKind::duplicate, FaultKind::reorder};
  for (std::uint64_t i = 0; i < kinds.size(); ++i) {
    FaultPlan f;
    f.kind = kinds[i];
    f.at = at(i);
    f.until = f.at + ms(150);
    f.groups = {0, 0, 1, 1, 1};
    f.all_links = on_links(f.kind);
    f.probability_ppb = 200'000'000;
    f.by = ms(3);
    f.target.nodes = {static_cast<NodeId>(i % 5)};
    spec.faults.push_back(f);
  }
  spec.make_node = [](NodeId, std::uint64_t) {
    return std::make_unique<Scripted>([](const Input& in, Effects& fx) {
      const std::uint64_t key = static_cast<std::uint64_t>(count_ns(in.local));
      const std::uint64_t u = in.draw(Purpose("chatter"), key);
      if (in.kind == InputKind::start || in.kind == InputKind::timer) {
        fx.work(Operation::user, u % 300);
        fx.broadcast(Ping{u, 4});
        fx.set_timer({1, u % 2}, us(500 + static_cast<std::int64_t>(u % 2000)));
      } else if (in.kind == InputKind::deliver) {
        const Ping& ping = *in.message->as<Ping>();
        if (u % 5 == 0) fx.persist(Bytes{1, 2, 3});
        if (u % 7 == 0) fx.cancel_timer({1, 1});
        if (ping.hops > 0 && u % 3 == 0)
          fx.send((in.self + 1 + u % 4) % 5, Ping{ping.number + 1, ping.hops - 1});
        if (u % 11 == 0) fx.set_timer({1, 0}, us(100));
      } else if (in.kind == InputKind::persisted) {
        fx.work(Operation::user, 20);
        fx.send((in.self + 1) % 5, Ping{in.persisted_up_to, 1});
      }
    });
  };
  NetworkSpec net = flat_network(5, ms(2), 20'000'000);
  net.jitter = JitterKind::exponential;
  net.jitter_ppm = 100'000;
  World world(spec, make_native_engine(net));
  world.run_until(spec.end);
  EXPECT_EQ(world.check_books(), "");
  EXPECT_GT(world.stats().delivered, 3000u);
  return world.trace_hash();
}

TEST(Host, RunningAheadChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    for (const std::uint32_t cores : {1u, 4u}) {
      EXPECT_EQ(to_hex(chatter(seed, true, cores)), to_hex(chatter(seed, false, cores)))
          << seed << " " << cores;
    }
  }
  EXPECT_NE(to_hex(chatter(1, true, 4)), to_hex(chatter(2, true, 4)));
}

}  // namespace
}  // namespace ledgerlab
