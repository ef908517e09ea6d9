// What a message costs an engine: every node sends 1 KB to every other at once (an all-to-all
// broadcast), through the engine interface alone, without host or protocol.
//   engine_bench [ENGINE [NODES [BYTES [FLOW_THRESHOLD]]]]
// One engine and one size a process; without arguments native from 64 to 1,000 nodes.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/engine/module.hpp"
#include "sim/engine/native/native.hpp"

namespace ledgerlab {
namespace {

class Counter final : public EngineSink {
 public:
  Counter(Engine& engine, std::uint32_t nodes, std::uint32_t bytes)
      : engine_(engine), nodes_(nodes), bytes_(bytes) {}
  void on_message(Time ready, NodeId, NodeId, Token) override {
    ++received;
    last = ready;
  }
  void on_wake(NodeId node) override {
    std::vector<NodeId> others;
    for (NodeId to = 0; to < nodes_; ++to) {
      if (to != node) others.push_back(to);
    }
    engine_.multicast(engine_.now(), node, others, bytes_, node);
  }
  bool may_deliver_early(NodeId, Time) override { return false; }
  std::uint64_t received = 0;
  Time last{};

 private:
  Engine& engine_;
  std::uint32_t nodes_;
  std::uint32_t bytes_;
};

double seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

int measure(const std::string& name, std::uint32_t nodes, std::uint32_t bytes,
            std::uint32_t threshold) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.latency = {ms(10)};
  spec.up_bps.assign(nodes, 1'000'000'000);
  spec.down_bps = spec.up_bps;
  spec.flow_threshold = threshold;
  const double begun = seconds();
  const auto engine =
      name == "native" ? make_native_engine(spec) : load_engine_module(name).make(spec);
  const double built = seconds();
  Counter counter(*engine, nodes, bytes);
  for (NodeId node = 0; node < nodes; ++node) engine->wake_at(node, time_start);
  engine->run_until(time_at(3'600'000'000'000), counter);
  const double ended = seconds();
  const std::uint64_t expected = std::uint64_t{nodes} * (nodes - 1);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-8s n=%-6u %u B: %llu messages, built %.2f s, run %.2f s, %.2f us a message, "
      "%.0f messages/s, %ld MiB, last at %.6f s simulated\n",
      name.c_str(), nodes, bytes, static_cast<unsigned long long>(counter.received), built - begun,
      ended - built, (ended - built) * 1e6 / static_cast<double>(expected),
      static_cast<double>(expected) / (ended - built), usage.ru_maxrss / 1024,
      static_cast<double>(count_ns(counter.last)) * 1e-9);
  std::fflush(stdout);
  return counter.received == expected ? 0 : 1;
}

}  // namespace
}  // namespace ledgerlab

int main(int argc, char** argv) {
  // Options are for the other benchmarks that `lab bench` runs.
  const bool none = argc < 2 || argv[1][0] == '-';
  const auto number = [&](int i, std::uint32_t standard) {
    return argc > i ? static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)) : standard;
  };
  try {
    if (!none) {
      return ledgerlab::measure(argv[1], number(2, 256), number(3, 1'024), number(4, 16'384));
    }
    for (const std::uint32_t nodes : {64u, 256u, 1'000u}) {
      if (const int wrong = ledgerlab::measure("native", nodes, 1'024, 16'384)) return wrong;
    }
  } catch (const ledgerlab::EngineMissing& missing) {
    std::fprintf(stderr, "%s\n", missing.what());
    return 69;
  }
  return 0;
}
