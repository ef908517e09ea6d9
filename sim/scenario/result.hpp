// What one run of one system gave: the value that the host fills, `results.sqlite` keeps and the
// table, --json and Python show. Metrics are for people, so they may be floating point.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/ids.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

/// A metric without meaning for a protocol is absent, not zero.
struct Metric {
  std::string name;  // "finality_latency_ms_p50"
  double value = 0;
  std::string unit;  // "ms"
};

/// A checker's verdict: a violation (inside the declared fault model) or an outcome (outside it).
struct Finding {
  std::string checker;  // "agreement"
  std::string text;     // what happened, naming the first offending event
  Time at{};
  NodeId node = no_node;
};

/// An entry of `expect` that begins so forbids the outcome.
inline constexpr std::string_view forbidding = "not ";
inline bool forbids(const std::vector<std::string>& expect, std::string_view checker) {
  for (const std::string& entry : expect) {
    if (entry.starts_with(forbidding) && entry.substr(forbidding.size()) == checker) return true;
  }
  return false;
}

struct SeriesPoint {
  std::string name;  // "committed_tps"
  Time at{};
  double value = 0;
};

/// So large a share of the latencies is at most so long: one step of their distribution.
struct LatencyPoint {
  double share = 0;
  double ms = 0;
};

/// Finality latencies of measured, acknowledged transactions as a distribution. Up to 400 points
/// (100 for a region), evenly spaced by rank, the least and the greatest latency always among them.
struct LatencyCurve {
  std::string region;         // of the clients; empty: all clients
  std::uint64_t offered = 0;  // measured transactions of these clients
  std::uint64_t count = 0;    // of these: acknowledged, so with a latency
  double p50_ms = 0;          // nearest rank over all of them, 0 without any
  double p95_ms = 0;
  std::vector<LatencyPoint> points;  // ascending
};

struct BlockRow {
  Height height = 0;
  std::string id;  // hex
  std::string parent;
  NodeId producer = no_node;
  Time made{};
  Time final{time_never};  // first final anywhere; never: not final in this run
  std::uint32_t transactions = 0;
  std::uint64_t bytes = 0;
  bool stale = false;  // lost against another block of its height
};

/// A fault as it happened, targets found.
struct FaultRow {
  std::string kind;
  Time at{};
  Time until{time_never};
  std::string text;  // "crash of node 3 (leader)"
};

struct RunCost {
  double wall_s = 0;
  double cpu_s = 0;
  std::uint64_t events = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t peak_rss_bytes = 0;
};

struct RunResult {
  std::string system;    // display name in the scenario
  std::string protocol;  // "raft@1"
  std::string engine;    // "native"
  std::uint64_t seed = 0;
  std::string plan_digest;          // hex
  std::string trace_hash;           // hex
  std::vector<Finding> violations;  // any: exit status 1
  std::vector<Finding> outcomes;
  std::vector<Metric> metrics;     // in the order to print
  Time measured_from{time_never};  // what the metrics cover; never: kept by an older version
  Time measured_until{};
  Time ended{};                       // how far the world came
  std::vector<LatencyCurve> latency;  // all clients first, then by region if there are several
  std::vector<SeriesPoint> series;
  std::vector<BlockRow> blocks;
  std::vector<FaultRow> faults;
  bool saturated = false;         // below 95 % committed: latency is not to be compared (13.10)
  bool inconclusive = false;      // ended before the liveness bound could be judged
  bool interrupted = false;       // stopped by the user; figures cover the part that ran
  std::vector<std::string> card;  // model card lines: what is real, costed or modelled
  RunCost cost;

  const Metric* metric(const std::string& name) const {
    for (const Metric& m : metrics) {
      if (m.name == name) return &m;
    }
    return nullptr;
  }
};

}  // namespace ledgerlab
