// Medians, intervals, verdicts.
#include "sim/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ledgerlab {
namespace {

/// The largest r such that [x_(r), x_(n+1-r)] covers the median with at least 95 %:
/// 2 * P(Binomial(n, 1/2) < r) <= 0.05; at least 1.
std::size_t median_rank(std::size_t n) {
  double term = 1;  // C(n, k) / 2^n
  for (std::size_t i = 0; i < n; ++i) term /= 2;
  double below = 0;
  std::size_t rank = 0;
  for (std::size_t k = 0; k < n; ++k) {
    below += term;
    if (2 * below > 0.05) break;
    rank = k + 1;
    term = term * static_cast<double>(n - k) / static_cast<double>(k + 1);
  }
  return std::max<std::size_t>(rank, 1);
}

}  // namespace

MetricSummary summarise_metric(std::string name, std::string unit, std::vector<double> values) {
  MetricSummary out{std::move(name), std::move(unit), 0, 0, 0, values.size()};
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  out.median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  const std::size_t rank = median_rank(n);
  out.low = values[rank - 1];
  out.high = values[n - rank];
  return out;
}

std::vector<SystemSummary> summarise(const std::vector<RunResult>& runs) {
  std::vector<SystemSummary> out;
  for (const RunResult& run : runs) {
    auto at = std::find_if(out.begin(), out.end(),
                           [&](const SystemSummary& s) { return s.system == run.system; });
    if (at == out.end()) at = out.insert(out.end(), SystemSummary{run.system, {}, {}});
    at->runs.push_back(&run);
  }
  for (SystemSummary& system : out) {
    std::vector<std::pair<std::string, std::string>> names;
    for (const RunResult* run : system.runs) {
      for (const Metric& metric : run->metrics) {
        const bool known = std::any_of(names.begin(), names.end(),
                                       [&](const auto& n) { return n.first == metric.name; });
        if (!known) names.emplace_back(metric.name, metric.unit);
      }
    }
    for (const auto& name : names) {
      std::vector<double> values;
      for (const RunResult* run : system.runs) {
        if (const Metric* metric = run->metric(name.first)) values.push_back(metric->value);
      }
      system.metrics.push_back(summarise_metric(name.first, name.second, std::move(values)));
    }
  }
  return out;
}

const std::vector<MetricLook>& metric_looks() {
  static const std::vector<MetricLook> looks{
      {"throughput_tps", "committed, tx/s", 2},
      {"effective_tps", "  effective, tx/s", 2},
      {"finality_latency_ms_p50", "finality latency p50, ms", 1},
      {"finality_latency_ms_p95", "finality latency p95, ms", 1},
      {"finality_latency_ms_p99", "finality latency p99, ms", 1},
      {"reads_per_s", "reads, 1/s", 2},
      {"read_latency_ms_p50", "read latency p50, ms", 1},
      {"read_latency_ms_p95", "read latency p95, ms", 1},
      {"read_latency_ms_p99", "read latency p99, ms", 1},
      {"settlement_risk", "settlement risk, probability", 6},
      {"transactions_offered", "transactions offered", 0},
      {"transactions_accepted", "  accepted by a pool", 0},
      {"transactions_committed", "  committed", 0},
      {"transactions_without_effect", "    of these without effect", 0},
      {"transactions_acknowledged", "  acknowledged to clients", 0},
      {"transactions_dropped", "  given up by clients", 0},
      {"envelopes_invalidated", "envelopes invalidated, tried again", 0},
      {"block_interval_s", "block interval, s", 3},
      {"stale_rate", "stale blocks, share", 4},
      {"propagation_p50_s", "block reaches half, s", 3},
      {"propagation_p90_s", "block reaches 90 %, s", 3},
      {"adversary_power", "power of Byzantine replicas, share", 4},
      {"adversary_blocks", "blocks of Byzantine replicas, share", 4},
      {"reorg_depth_max", "deepest reorganisation, blocks", 0},
      {"messages_per_decision", "messages / decision", 1},
      {"bytes_per_decision", "bytes / decision", 0},
      {"client_bytes_received", "received by a light client, bytes", 0},
      {"replica_bytes_received", "received by a replica, bytes", 0},
      {"catch_up_s", "catching up, s", 3},
      {"catch_up_bytes", "received while catching up, bytes", 0},
      {"producer_gini", "Gini of blocks by producer", 3},
      {"nakamoto_coefficient", "Nakamoto coefficient, replicas", 0},
      {"fairness_deviation", "blocks off the shares, share", 4},
      {"availability", "availability, share", 4},
      {"recovery_s", "longest pause under a fault, s", 3},
      {"cpu_utilisation_max", "busiest CPU lane, share", 4},
      {"link_utilisation_max", "busiest link, share", 4},
      {"storage_bytes_per_tx", "storage, bytes / tx / replica", 0},
      {"energy_wh_per_tx", "energy, Wh / tx", 4},
  };
  return looks;
}

std::vector<std::string> missing_outcomes(const std::vector<std::string>& expect,
                                          const RunResult& run) {
  std::vector<std::string> missing;
  for (const std::string& checker : expect) {
    if (checker.starts_with(forbidding)) continue;  // found, it is a violation
    const auto names = [&](const Finding& f) { return f.checker == checker; };
    if (std::any_of(run.outcomes.begin(), run.outcomes.end(), names)) continue;
    if (std::any_of(run.violations.begin(), run.violations.end(), names)) continue;
    missing.push_back(checker);
  }
  return missing;
}

Verdict judge(const std::vector<std::string>& expect, const RunResult& run) {
  if (!run.violations.empty()) return Verdict::fail;
  if (run.interrupted) return Verdict::inconclusive;
  if (!missing_outcomes(expect, run).empty()) return Verdict::fail;
  return run.inconclusive ? Verdict::inconclusive : Verdict::pass;
}

std::string verdict_text(const std::vector<std::string>& expect, const SystemSummary& system) {
  std::size_t failed = 0, open = 0, interrupted = 0;
  for (const RunResult* run : system.runs) {
    const Verdict verdict = judge(expect, *run);
    failed += verdict == Verdict::fail ? 1 : 0;
    interrupted += run->interrupted ? 1 : 0;
    open += verdict == Verdict::inconclusive ? 1 : 0;
  }
  const auto counted = [&](const char* word, std::size_t n) {
    if (system.runs.size() == 1) return std::string(word);
    return fmt::format("{} in {} of {} seeds", word, n, system.runs.size());
  };
  if (failed > 0) return counted("FAIL", failed);
  if (interrupted > 0) return counted("interrupted", interrupted);
  if (open > 0) return counted("inconclusive", open);
  return "pass";
}

std::string figure_text(double value, int decimals) {
  if (value == 0 || std::fabs(value) >= std::pow(10, -decimals)) {
    return fmt::format("{:.{}f}", value, decimals);
  }
  return fmt::format("{:.2g}", value);
}

const MetricSummary* find_metric(const SystemSummary& system, std::string_view name) {
  for (const MetricSummary& metric : system.metrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

std::vector<MetricRow> metric_rows(const std::vector<SystemSummary>& systems) {
  std::vector<MetricRow> rows;
  for (const MetricLook& look : metric_looks()) {
    const auto has = [&](const SystemSummary& s) { return find_metric(s, look.name) != nullptr; };
    if (std::any_of(systems.begin(), systems.end(), has)) {
      rows.push_back({std::string(look.name), std::string(look.label), look.decimals});
    }
  }
  for (const SystemSummary& system : systems) {
    for (const MetricSummary& metric : system.metrics) {
      const auto same = [&](const MetricRow& row) { return row.name == metric.name; };
      if (std::any_of(rows.begin(), rows.end(), same)) continue;
      rows.push_back({metric.name, metric.name + ", " + metric.unit, 3});
    }
  }
  return rows;
}

bool is_saturated(const SystemSummary& system) {
  return std::any_of(system.runs.begin(), system.runs.end(),
                     [](const RunResult* run) { return run->saturated; });
}

bool is_partly_vain(const SystemSummary& system) {
  return find_metric(system, "effective_tps") != nullptr;
}

bool is_latency(std::string_view metric) { return metric.starts_with("finality_latency"); }

}  // namespace ledgerlab
