// What the tests of every engine hand to it: a sink that records, and starts and ends without number.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <vector>

#include "sim/engine/engine.hpp"

namespace ledgerlab::testing {

struct Delivery {
  Time ready;
  NodeId to, from;
  Token token;
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Delivery& d) {
  return out << d.from << "->" << d.to << " #" << d.token << " at " << count_ns(d.ready);
}

/// Records what it is handed; wakes stand as messages from the node to itself.
class Recorder : public EngineSink {
 public:
  explicit Recorder(Engine& engine, bool early = false) : engine_(engine), early_(early) {}
  void on_message(Time ready, NodeId to, NodeId from, Token token) override {
    EXPECT_GE(ready, engine_.now());
    EXPECT_TRUE(early_ || ready == engine_.now());
    all.push_back({ready, to, from, token});
    if (react) react(all.back());
  }
  void on_wake(NodeId node) override {
    all.push_back({engine_.now(), node, node, 0});
    if (react) react(all.back());
  }
  bool may_deliver_early(NodeId, Time ready) override {
    EXPECT_GT(ready, engine_.now());
    return early_;
  }

  std::vector<Delivery> all;
  std::function<void(Delivery)> react;

 private:
  Engine& engine_;
  const bool early_;
};

/// Until nothing is pending, which `time` must be enough for.
inline std::vector<Delivery> run(Engine& engine, Duration time = seconds(1'000)) {
  Recorder sink(engine);
  engine.run_until(engine.now() + time, sink);
  EXPECT_EQ(engine.pending(), 0u);
  return sink.all;
}

/// Every second engine is destroyed with events pending; the others all do the same.
inline void start_and_end(int cycles, const std::function<std::unique_ptr<Engine>()>& make) {
  std::vector<Delivery> first;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const auto engine = make();
    engine->multicast(time_start, 0, std::vector<NodeId>{1, 2, 3}, 100, 1);
    engine->wake_at(2, time_start + ms(3));
    if (cycle % 2 == 1) continue;
    const std::vector<Delivery> got = run(*engine);
    if (cycle == 0) first = got;
    ASSERT_EQ(got, first);
    ASSERT_EQ(got.size(), 4u);
  }
}

}  // namespace ledgerlab::testing
