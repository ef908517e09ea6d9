// What a message costs an engine: every node sends 1 KB to every other at once (an all-to-all
// broadcast), through the engine interface alone, without host or protocol.
//   engine_bench [ENGINE [NODES [BYTES [FLOW_THRESHOLD]]]]    one engine and one size a process
//   engine_bench reach ENGINE [SECONDS [BYTES [FLOW_THRESHOLD]]]
// Times are CPU time. `reach` looks for the most nodes whose broadcast ends within so many seconds
// of CPU (60), each size in a process of its own. ENGINE: native, native-tcp, simgrid, ns3. Without
// arguments native, 64 to 1,000 nodes.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
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

/// Of this process: what other programs do meanwhile does not count.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int measure(const std::string& name, std::uint32_t nodes, std::uint32_t bytes,
            std::uint32_t threshold) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.latency = {ms(10)};
  spec.up_bps.assign(nodes, 1'000'000'000);
  spec.down_bps = spec.up_bps;
  spec.flow_threshold = threshold;
  if (name == "native-tcp") spec.transport = TransportKind::tcp;
  const double begun = cpu_seconds();
  const auto engine =
      name.starts_with("native") ? make_native_engine(spec) : load_engine_module(name).make(spec);
  const double built = cpu_seconds();
  Counter counter(*engine, nodes, bytes);
  for (NodeId node = 0; node < nodes; ++node) engine->wake_at(node, time_start);
  engine->run_until(time_at(3'600'000'000'000), counter);
  const double ended = cpu_seconds();
  const std::uint64_t expected = std::uint64_t{nodes} * (nodes - 1);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-8s n=%-6u %u B: %llu messages, built %.2f s, run %.2f s of CPU, %.2f us a message, "
      "%.0f messages/s, %ld MiB, last at %.6f s simulated\n",
      name.c_str(), nodes, bytes, static_cast<unsigned long long>(counter.received), built - begun,
      ended - built, (ended - built) * 1e6 / static_cast<double>(expected),
      static_cast<double>(expected) / (ended - built), usage.ru_maxrss / 1024,
      static_cast<double>(count_ns(counter.last)) * 1e-9);
  std::fflush(stdout);
  return counter.received == expected ? 0 : 1;
}

/// A size that wants more memory does not fit either.
constexpr rlim_t reach_memory = rlim_t{6} << 30;

/// Whether one size ends in time, in a process of its own.
bool within(const std::string& name, std::uint32_t nodes, std::uint32_t bytes,
            std::uint32_t threshold, std::uint32_t limit_s) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process for another size");
  if (child == 0) {
    const rlimit most{limit_s, limit_s + 1};
    setrlimit(RLIMIT_CPU, &most);
    const rlimit memory{reach_memory, reach_memory};
    setrlimit(RLIMIT_AS, &memory);
    try {
      _exit(measure(name, nodes, bytes, threshold));
    } catch (const EngineMissing& missing) {
      std::fprintf(stderr, "%s\n", missing.what());
      _exit(69);
    } catch (const std::exception& error) {
      std::printf("%-8s n=%-6u %s\n", name.c_str(), nodes, error.what());
      std::fflush(stdout);
      _exit(1);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 69) std::exit(69);
  if (WIFSIGNALED(status)) {
    const bool late = WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL;
    std::printf("%-8s n=%-6u %s\n", name.c_str(), nodes, late ? "takes longer" : "failed");
    std::fflush(stdout);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Sizes grow by a quarter until one takes too long, then the gap is halved three times.
int reach(const std::string& name, std::uint32_t limit_s, std::uint32_t bytes,
          std::uint32_t threshold) {
  std::uint32_t most = 0, over = 64;
  const auto fits = [&](std::uint32_t nodes) {
    return within(name, nodes, bytes, threshold, limit_s);
  };
  for (; fits(over); over += over / 4) most = over;
  for (int i = 0; i < 3 && most != 0 && over - most > most / 50; ++i) {
    const std::uint32_t middle = most + (over - most) / 2;
    (fits(middle) ? most : over) = middle;
  }
  std::printf("%s: %u nodes end within %u s of CPU, %u do not\n", name.c_str(), most, limit_s,
              over);
  return most == 0 ? 1 : 0;
}

}  // namespace
}  // namespace ledgerlab

int main(int argc, char** argv) {
  // Options are for the other benchmarks that `lab bench` runs.
  const bool none = argc < 2 || argv[1][0] == '-';
  const auto number = [&](int i, std::uint32_t standard) {
    if (argc <= i) return standard;
    std::uint32_t value = 0;
    const char* const end = argv[i] + std::strlen(argv[i]);
    const auto read = std::from_chars(argv[i], end, value);
    if (read.ec != std::errc{} || read.ptr != end) {
      throw std::invalid_argument(std::string("not a whole number: ") + argv[i]);
    }
    return value;
  };
  try {
    if (!none && std::string(argv[1]) == "reach") {
      if (argc < 3) throw std::invalid_argument("reach: of which engine?");
      return ledgerlab::reach(argv[2], number(3, 60), number(4, 1'024), number(5, 16'384));
    }
    if (!none) {
      const std::uint32_t nodes = number(2, 256);
      if (nodes < 2) throw std::invalid_argument("fewer than two nodes send nothing");
      return ledgerlab::measure(argv[1], nodes, number(3, 1'024), number(4, 16'384));
    }
    for (const std::uint32_t nodes : {64u, 256u, 1'000u}) {
      if (const int wrong = ledgerlab::measure("native", nodes, 1'024, 16'384)) return wrong;
    }
  } catch (const ledgerlab::EngineMissing& missing) {
    std::fprintf(stderr, "%s\n", missing.what());
    return 69;
  } catch (const std::invalid_argument& wrong) {
    std::fprintf(stderr, "engine_bench: %s\n", wrong.what());
    return 64;
  }
  return 0;
}
