// Looking ahead: who is handed something has been named in every round before, in time; and nothing
// that the engine does for it can be seen from outside.
#include "sim/engine/native/lookahead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "models/base/draw.hpp"
#include "sim/engine/native/native.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint32_t nodes = native::Lookahead::nodes_min;
constexpr Purpose purpose("lookahead_test");

/// Passes the message on to a few nodes at each of its first deliveries; writes down what comes.
class Spreader final : public EngineSink {
 public:
  explicit Spreader(Engine& engine) : engine_(engine) {}
  void on_message(Time ready, NodeId to, NodeId from, Token token) override {
    ++all;
    in_time += std::exchange(named_[{to, token}], 0) == soon_rounds;
    hash =
        draw64(hash, to, purpose, static_cast<std::uint64_t>(count_ns(ready)) ^ from << 8 ^ token);
    if (sent_ == 8'000) return;
    std::vector<NodeId> others;
    for (NodeId i = 1; i <= 8; ++i) others.push_back((to * 8 + i * 31) % nodes);
    std::erase(others, to);
    engine_.multicast(ready, to, others, 100, ++sent_);
  }
  void on_wake(NodeId) override {}
  bool may_deliver_early(NodeId, Time) override { return false; }
  void soon(std::span<const Coming> next, unsigned round) override {
    for (const Coming& coming : next) {
      if (round == 0) continue;  // the token is not known yet
      unsigned& rounds = named_[{coming.node, coming.token}];
      rounds = round == 1 ? 2 : rounds == round ? round + 1 : 0;
    }
  }

  std::uint64_t all = 0;
  std::uint64_t in_time = 0;  // after all rounds, each after the one before
  std::uint64_t hash = 0;

 private:
  Engine& engine_;
  Token sent_ = 0;
  std::map<std::pair<NodeId, Token>, unsigned> named_;
};

NetworkSpec noisy(JitterKind kind, std::uint64_t down_bps) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.seed = 5;
  spec.latency = {ms(6)};
  spec.jitter = kind;
  spec.jitter_ppm = 500'000;
  if (down_bps != 0) spec.down_bps.assign(nodes, down_bps);
  return spec;
}

TEST(Lookahead, NamesNearlyAllInEveryRoundBeforeTheyCome) {
  for (const std::uint64_t down : {0, 1'000'000'000}) {
    const auto engine = make_native_engine(noisy(JitterKind::uniform, down));
    Spreader sink(*engine);
    engine->transmit(time_start, 0, 1, 100, 0);
    engine->run_until(time_start + seconds(100), sink);
    EXPECT_GT(sink.all, 60'000u);
    EXPECT_GT(sink.in_time * 100, sink.all * 90) << down;
  }
}

TEST(Lookahead, MulticastsThatWaitAreNeverLate) {
  // Whatever stops the engine makes it push what waits: a run in many steps is the reference.
  // Pareto delays may lie below the latency.
  for (const JitterKind kind : {JitterKind::uniform, JitterKind::exponential, JitterKind::pareto}) {
    const auto whole = make_native_engine(noisy(kind, 0));
    Spreader one(*whole);
    whole->transmit(time_start, 0, 1, 100, 0);
    whole->run_until(time_start + seconds(2), one);
    const auto parts = make_native_engine(noisy(kind, 0));
    Spreader many(*parts);
    parts->transmit(time_start, 0, 1, 100, 0);
    for (std::int64_t i = 1; i <= 40'000; ++i)
      parts->run_until(time_start + Duration{i * 50'000}, many);
    EXPECT_EQ(one.all, many.all);
    EXPECT_EQ(one.hash, many.hash);
    EXPECT_EQ(whole->pending(), parts->pending());
    EXPECT_EQ(whole->uplink_busy(1), parts->uplink_busy(1));
  }
}

}  // namespace
}  // namespace ledgerlab
