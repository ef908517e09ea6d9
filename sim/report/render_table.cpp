// The terminal table.
#include <fmt/format.h>

#include <algorithm>

#include "sim/report/render.hpp"

namespace ledgerlab {
namespace {

std::string duration_text(Duration d) { return format_value(ParamType::duration, d.count()); }

class Grid {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void rule() { rows_.emplace_back(); }

  std::string text() const {
    std::vector<std::size_t> width;
    for (const auto& cells : rows_) {
      width.resize(std::max(width.size(), cells.size()), 0);
      for (std::size_t i = 0; i < cells.size(); ++i) width[i] = std::max(width[i], cells[i].size());
    }
    std::size_t whole = 0;
    for (std::size_t i = 0; i < width.size(); ++i) whole += width[i] + (i == 0 ? 0 : 2);
    std::string out;
    for (const auto& cells : rows_) {
      if (cells.empty()) {
        out += std::string(whole, '-') + "\n";
        continue;
      }
      std::string line = fmt::format("{:<{}}", cells[0], width[0]);
      for (std::size_t i = 1; i < cells.size(); ++i) {
        line += fmt::format("  {:>{}}", cells[i], width[i]);
      }
      while (!line.empty() && line.back() == ' ') line.pop_back();
      out += line + "\n";
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// `baseline` is null for the baseline itself and where no ratios are wanted.
std::string cell(const SystemSummary& system, const SystemSummary* baseline, std::string_view name,
                 int decimals) {
  const MetricSummary* metric = find_metric(system, name);
  if (metric == nullptr) return "-";
  std::string text = figure_text(metric->median, decimals);
  if (system.runs.size() > 1) {
    text += " [" + figure_text(metric->low, decimals) + ", " + figure_text(metric->high, decimals) +
            "]";
  }
  const bool latency = is_latency(name);
  if (latency && is_saturated(system)) return text + " *";
  if (name == "throughput_tps" && is_partly_vain(system)) text += " **";
  const MetricSummary* base = baseline == nullptr ? nullptr : find_metric(*baseline, name);
  if (base == nullptr || base->median == 0 || (latency && is_saturated(*baseline))) return text;
  return text + fmt::format(" ({:.3g}x)", metric->median / base->median);
}

void add_metrics(Grid& grid, const std::vector<SystemSummary>& systems, bool ratios) {
  for (const MetricRow& row : metric_rows(systems)) {
    std::vector<std::string> cells{row.label};
    for (const SystemSummary& system : systems) {
      const SystemSummary* baseline = ratios && &system != &systems[0] ? &systems[0] : nullptr;
      cells.push_back(cell(system, baseline, row.name, row.decimals));
    }
    grid.row(std::move(cells));
  }
}

const SystemPlan* plan_of(const Plan& plan, const std::string& name) {
  for (const SystemPlan& system : plan.systems) {
    if (system.name == name) return &system;
  }
  return nullptr;
}

void system_rows(Grid& grid, const Plan& plan, const std::vector<SystemSummary>& systems) {
  std::vector<std::string> protocol{"protocol"}, crypto{"crypto"}, mining{"mining"},
      verdict{"verdict"}, hash{"trace hash"};
  bool mines = false;
  for (const SystemSummary& system : systems) {
    const SystemPlan* p = plan_of(plan, system.system);
    if (p == nullptr) continue;
    protocol.push_back(system.runs.front()->protocol);
    crypto.push_back(p->real_crypto ? "real" : "costed");
    mining.push_back(p->hash_power == 0 ? "-" : mining_text(*p));
    mines = mines || p->hash_power != 0;
    verdict.push_back(verdict_text(p->expect, system));
    hash.push_back(system.runs.size() == 1 ? system.runs.front()->trace_hash.substr(0, 16)
                                           : "see --json");
  }
  grid.row(protocol);
  grid.row(crypto);
  if (mines) grid.row(mining);
  grid.row(verdict);
  grid.row(hash);
}

void add_findings(std::string& out, const Plan& plan, const std::vector<RunResult>& runs) {
  for (const RunResult& run : runs) {
    const std::string who = run.system + ", seed " + std::to_string(run.seed);
    for (const Finding& f : run.violations) {
      out += fmt::format("VIOLATION of {} ({}, {}): {}\n", f.checker, who,
                         duration_text(f.at - time_start), f.text);
    }
    for (const Finding& f : run.outcomes) {
      out += fmt::format("outcome {} ({}, {}): {}\n", f.checker, who,
                         duration_text(f.at - time_start), f.text);
    }
    const SystemPlan* p = plan_of(plan, run.system);
    if (p == nullptr || run.interrupted) continue;
    for (const std::string& checker : missing_outcomes(*p, run)) {
      out += fmt::format("EXPECTED outcome {} stayed away ({})\n", checker, who);
    }
  }
}

/// Lines that every system repeats are told once.
void add_lists(std::string& out, const std::vector<SystemSummary>& systems) {
  const auto add = [&](const char* title, const auto& lines_of) {
    std::vector<std::pair<std::string, std::string>> told;  // line, systems
    for (const SystemSummary& system : systems) {
      for (const std::string& line : lines_of(*system.runs.front())) {
        auto at =
            std::find_if(told.begin(), told.end(), [&](const auto& t) { return t.first == line; });
        if (at == told.end()) {
          told.emplace_back(line, system.system);
        } else if (at->second.find(system.system) == std::string::npos) {
          at->second += ", " + system.system;
        }
      }
    }
    if (told.empty()) return;
    out += std::string(title) + "\n";
    for (const auto& line : told) {
      out += systems.size() == 1 ? fmt::format("  {}\n", line.first)
                                 : fmt::format("  [{}] {}\n", line.second, line.first);
    }
  };
  add("faults (first seed)", [](const RunResult& run) {
    std::vector<std::string> lines;
    for (const FaultRow& f : run.faults) {
      std::string line = duration_text(f.at - time_start);
      if (f.until != time_never) line += " to " + duration_text(f.until - time_start);
      lines.push_back(line + ": " + f.text);
    }
    return lines;
  });
  add("what is real, costed or modelled", [](const RunResult& run) { return run.card; });
}

}  // namespace

std::string mining_text(const SystemPlan& system) {
  if (system.hash_power == 0) return "";
  return system.real_mining ? "nonces tried" : "lottery";
}

std::vector<std::string> plan_headline(const Plan& plan, std::size_t seeds) {
  const NetworkPlan& network = plan.network;
  std::string net = fmt::format("{} replicas and {} clients, latency {}", network.replicas,
                                plan.clients.count, network.latency_source);
  if (network.regions.size() > 1) net += fmt::format(" ({} regions)", network.regions.size());
  net += ", engine " + network.engine;
  const bool loaded = plan.workload && plan.clients.count > 0;
  std::string load = loaded ? "load " + plan.workload.info->name : "no load";
  if (loaded) {
    for (const ParamInfo& info : plan.workload.info->params) {
      const auto number = plan.workload.params.numbers().find(info.key);
      if (info.type != ParamType::rate || number == plan.workload.params.numbers().end()) continue;
      load += fmt::format(" {} {}", info.key, format_value(info.type, number->second));
    }
  }
  std::string time =
      fmt::format("; measured from {} to {}, then {} to finish", duration_text(plan.warm_up),
                  duration_text(plan.duration), duration_text(plan.drain));
  std::string draws = seeds == 1
                          ? fmt::format("; seed {}", plan.seed)
                          : fmt::format("; {} seeds from {}: median [interval]", seeds, plan.seed);
  return {plan.name + ": " + net, load + time + draws};
}

std::string render_table(const Plan& plan, const std::vector<RunResult>& runs, bool ratios) {
  if (runs.empty()) return "no run has finished\n";
  const std::vector<SystemSummary> systems = summarise(runs);
  std::size_t seeds = 0;
  for (const SystemSummary& system : systems) seeds = std::max(seeds, system.runs.size());
  std::string out;
  for (const std::string& line : plan_headline(plan, seeds)) out += line + "\n";
  for (const std::string& note : plan.notes) out += note + "\n";
  out += "\n";
  Grid grid;
  std::vector<std::string> head{"metric"};
  for (const SystemSummary& system : systems) head.push_back(system.system);
  grid.row(head);
  grid.rule();
  add_metrics(grid, systems, ratios);
  grid.rule();
  system_rows(grid, plan, systems);
  out += grid.text();
  if (ratios && systems.size() > 1) {
    out += "(x) as a multiple of the baseline, " + systems[0].system + "\n";
  }
  if (std::any_of(runs.begin(), runs.end(), [](const RunResult& r) { return r.saturated; })) {
    out +=
        "* saturated: less than 95 % of the offered load was committed; do not compare latency\n";
  }
  if (std::any_of(systems.begin(), systems.end(), is_partly_vain)) {
    out += "** some of it had no effect: compare the effective rate\n";
  }
  if (std::any_of(systems.begin(), systems.end(), [](const SystemSummary& s) {
        return s.runs.front()->metric("settlement_risk") != nullptr;
      })) {
    out += "finality of a lottery is settlement at the risk shown; other protocols' is certain\n";
  }
  add_findings(out, plan, runs);
  std::string lists;
  add_lists(lists, systems);
  if (!lists.empty()) out += "\n" + lists;
  return out;
}

}  // namespace ledgerlab
