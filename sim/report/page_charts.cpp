// The report's charts: what each shows, of which runs.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/report/chart.hpp"
#include "sim/report/page.hpp"

namespace ledgerlab {
namespace {

using Points = std::vector<std::pair<double, double>>;

/// More seeds than this would hide the curves that they are to surround.
constexpr std::size_t seeds_max = 10;

double in_seconds(Time at) { return static_cast<double>(count_ns(at)) / 1e9; }

std::string figure(const std::string& title, const std::string& legend, const std::string& drawing,
                   const std::string& caption) {
  return "<figure><h3>" + escape_html(title) + "</h3>" + legend + drawing + "<figcaption>" +
         escape_html(caption) + "</figcaption></figure>\n";
}

/// The first seed of each system in front, the others faint behind it.
template <typename PointsOf>
std::vector<ChartLine> lines_of(const std::vector<SystemSummary>& systems,
                                const PointsOf& points_of) {
  std::vector<ChartLine> lines;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    const std::size_t seeds = std::min(systems[s].runs.size(), seeds_max);
    for (std::size_t i = 0; i < seeds; ++i) {
      ChartLine line;
      line.style = s;
      line.faint = i > 0;
      line.points = points_of(*systems[s].runs[i]);
      if (!line.points.empty()) lines.push_back(std::move(line));
    }
  }
  return lines;
}

bool spans_decades(const std::vector<ChartLine>& lines, bool along_x) {
  double low = 1e300, high = 0;
  for (const ChartLine& line : lines) {
    for (const auto& point : line.points) {
      const double value = along_x ? point.first : point.second;
      if (value <= 0) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  return high > 20 * low;
}

std::string seeds_caption(const std::vector<SystemSummary>& systems) {
  std::size_t seeds = 0;
  for (const SystemSummary& system : systems) seeds = std::max(seeds, system.runs.size());
  if (seeds < 2) return "";
  return fmt::format(" Strong lines: the first seed; faint ones: {} more.",
                     std::min(seeds, seeds_max) - 1);
}

std::string latency_distribution(const std::vector<SystemSummary>& systems) {
  Chart chart;
  chart.name = "Finality latency of acknowledged transactions, share not exceeding";
  chart.lines = lines_of(systems, [](const RunResult& run) {
    Points points;
    if (run.latency.empty()) return points;
    for (const LatencyPoint& p : run.latency.front().points) points.emplace_back(p.ms, p.share);
    return points;
  });
  chart.x = {"finality latency", ChartUnit::milliseconds, spans_decades(chart.lines, true)};
  chart.y = {"transactions, at most this late", ChartUnit::percent, false};
  std::string caption =
      std::string("From when a transaction was due until its client knew it final") +
      (chart.x.logarithmic ? "; logarithmic." : ".") + seeds_caption(systems);
  std::string saturated;
  for (const SystemSummary& system : systems) {
    if (is_saturated(system)) saturated += (saturated.empty() ? "" : "; ") + system.system;
  }
  if (!saturated.empty()) caption += " Saturated, not to be compared: " + saturated + ".";
  return figure("Finality latency", system_legend(systems), chart_svg(chart), caption);
}

/// Regions in the order of the plan, those of the first run that has any.
std::vector<std::string> region_names(const std::vector<SystemSummary>& systems) {
  std::vector<std::string> names;
  for (const SystemSummary& system : systems) {
    for (const LatencyCurve& curve : system.runs.front()->latency) {
      const bool known = std::find(names.begin(), names.end(), curve.region) != names.end();
      if (!curve.region.empty() && !known) names.push_back(curve.region);
    }
  }
  return names;
}

const LatencyCurve* curve_of(const RunResult& run, const std::string& region) {
  for (const LatencyCurve& curve : run.latency) {
    if (curve.region == region) return &curve;
  }
  return nullptr;
}

/// Median over the seeds of a percentile, and how many were offered and acknowledged in all.
struct RegionFigures {
  double p50 = 0, p95 = 0;
  std::uint64_t offered = 0, count = 0;
};
RegionFigures region_figures(const SystemSummary& system, const std::string& region) {
  RegionFigures out;
  std::vector<double> p50, p95;
  for (const RunResult* run : system.runs) {
    const LatencyCurve* curve = curve_of(*run, region);
    if (curve == nullptr) continue;
    out.offered += curve->offered;
    out.count += curve->count;
    if (curve->count == 0) continue;
    p50.push_back(curve->p50_ms);
    p95.push_back(curve->p95_ms);
  }
  out.p50 = summarise_metric("", "", p50).median;
  out.p95 = summarise_metric("", "", p95).median;
  return out;
}

std::string region_table(const std::vector<SystemSummary>& systems,
                         const std::vector<std::string>& regions) {
  std::string out =
      "<details><summary>The same as a table</summary><div class=\"wide\"><table><thead><tr>"
      "<th>clients in</th>";
  for (const SystemSummary& system : systems) {
    for (const char* column : {"p50", "p95", "acknowledged"}) {
      out += "<th class=\"n\">" + escape_html(system.system) + "<br>" + column + "</th>";
    }
  }
  out += "</tr></thead><tbody>\n";
  for (const std::string& region : regions) {
    out += "<tr><th>" + escape_html(region) + "</th>";
    for (const SystemSummary& system : systems) {
      const RegionFigures f = region_figures(system, region);
      const auto ms = [&](double value) {
        return f.count == 0 ? std::string("-") : fmt::format("{:.1f} ms", value);
      };
      out += fmt::format(
          "<td class=\"n\">{}</td><td class=\"n\">{}</td>"
          "<td class=\"n\">{} of {}</td>",
          ms(f.p50), ms(f.p95), f.count, f.offered);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div></details>";
}

std::string by_region(const std::vector<SystemSummary>& systems) {
  const std::vector<std::string> regions = region_names(systems);
  if (regions.size() < 2) return "";
  RangeChart chart;
  chart.name = "Finality latency by region of the clients, from p50 to p95";
  chart.slots = systems.size();
  double low = 1e300, high = 0;
  for (const std::string& region : regions) {
    RangeGroup group{region, {}};
    for (std::size_t s = 0; s < systems.size(); ++s) {
      const RegionFigures f = region_figures(systems[s], region);
      if (f.count == 0) continue;
      group.bars.push_back({s, f.p50, f.p95});
      low = std::min(low, f.p50);
      high = std::max(high, f.p95);
    }
    chart.groups.push_back(std::move(group));
  }
  chart.x = {"finality latency, p50 (dot) to p95 (bar)", ChartUnit::milliseconds,
             low > 0 && high > 20 * low};
  return figure("Latency by region of the clients", system_legend(systems), range_chart_svg(chart),
                "The clients of a region, wherever the replicas are. No line: nothing was "
                "acknowledged there.");
}

struct SeriesLook {
  const char* name;
  const char* title;
  const char* label;
  ChartUnit unit;
  bool stepped;
  const char* caption;
};
constexpr SeriesLook series_looks[] = {
    {"committed_tps", "Throughput over time", "committed, tx/s", ChartUnit::plain, true,
     "Transactions that became final, by time."},
    {"latency_ms_p50", "Latency over time", "median finality latency", ChartUnit::milliseconds,
     false, "Of the transactions due in each window; no line where none was acknowledged."},
    {"pending_tx", "Waiting transactions", "due and not final", ChartUnit::plain, false,
     "Due, neither final nor given up, at each instant."},
    {"storage_bytes_per_replica", "Storage growth", "written to disk, a replica", ChartUnit::bytes,
     false, "Everything written to the log, what was compacted away later included."},
};

Points series_of(const RunResult& run, const SeriesLook& look) {
  Points points;
  for (const SeriesPoint& p : run.series) {
    if (p.name == look.name) points.emplace_back(in_seconds(p.at), p.value);
  }
  if (look.stepped && !points.empty() && points.back().first < in_seconds(run.ended)) {
    points.emplace_back(in_seconds(run.ended), points.back().second);
  }
  return points;
}

std::vector<ChartSpan> spans_of(const RunResult& run, const std::vector<FaultMark>& marks) {
  const double end = in_seconds(run.ended);
  std::vector<ChartSpan> spans;
  if (run.measured_from != time_never && run.measured_from > time_start) {
    spans.push_back({0, in_seconds(run.measured_from), "warm-up, not measured", true});
  }
  if (run.measured_from != time_never && run.measured_until < run.ended) {
    spans.push_back({in_seconds(run.measured_until), end, "drain, without new load", true});
  }
  for (const FaultMark& mark : marks) {
    const double until = mark.until == time_never ? end : in_seconds(mark.until);
    spans.push_back({in_seconds(mark.at), until, std::to_string(mark.number), false});
  }
  return spans;
}

/// Times between final blocks that were made in the measured time, ascending.
std::vector<double> block_gaps(const RunResult& run) {
  std::vector<Time> made;
  for (const BlockRow& block : run.blocks) {
    if (block.stale || block.final == time_never) continue;
    if (block.made >= run.measured_from && block.made < run.measured_until) {
      made.push_back(block.made);
    }
  }
  std::sort(made.begin(), made.end());
  std::vector<double> gaps;
  for (std::size_t i = 1; i < made.size(); ++i) {
    gaps.push_back(static_cast<double>(count_ns(made[i] - made[i - 1])) / 1e6);
  }
  std::sort(gaps.begin(), gaps.end());
  return gaps;
}

std::string interval_chart(const std::vector<SystemSummary>& systems) {
  Chart chart;
  chart.name = "Times between final blocks, share not exceeding";
  chart.lines = lines_of(systems, [](const RunResult& run) {
    const std::vector<double> gaps = block_gaps(run);
    Points points;
    const std::size_t n = gaps.size(), count = std::min<std::size_t>(n, 200);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = count == 1 ? 0 : i * (n - 1) / (count - 1);
      points.emplace_back(gaps[at], static_cast<double>(at + 1) / static_cast<double>(n));
    }
    return points;
  });
  if (chart.lines.empty()) return "";
  chart.x = {"time between final blocks", ChartUnit::milliseconds,
             spans_decades(chart.lines, true)};
  chart.y = {"intervals, at most this long", ChartUnit::percent, false};
  return figure(
      "Block intervals", system_legend(systems), chart_svg(chart),
      "By when each block was first a node's head, in the measured time." + seeds_caption(systems));
}

std::string block_table(const std::vector<SystemSummary>& systems) {
  std::string out =
      "<figure><h3>Blocks</h3><div class=\"wide\"><table><thead><tr><th>system</th>"
      "<th class=\"n\">final</th><th class=\"n\">stale</th><th class=\"n\">tx a block</th>"
      "<th class=\"n\">bytes a block</th></tr></thead><tbody>\n";
  for (const SystemSummary& system : systems) {
    std::uint64_t final = 0, stale = 0, transactions = 0, bytes = 0;
    for (const BlockRow& block : system.runs.front()->blocks) {
      stale += block.stale ? 1 : 0;
      if (block.stale || block.final == time_never) continue;
      ++final;
      transactions += block.transactions;
      bytes += block.bytes;
    }
    const auto mean = [&](std::uint64_t sum) {
      return final == 0
                 ? std::string("-")
                 : fmt::format("{:.1f}", static_cast<double>(sum) / static_cast<double>(final));
    };
    const bool forks = system.runs.front()->metric("stale_rate") != nullptr;
    out += fmt::format(
        "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escape_html(system.system), final, forks ? std::to_string(stale) : "-", mean(transactions),
        mean(bytes));
  }
  return out + "</tbody></table></div><figcaption>First seed, whole run.</figcaption></figure>\n";
}

/// Who made the final blocks of a lottery; elsewhere the first to finish says nothing of that.
std::string producer_table(const SystemSummary& system) {
  const RunResult& run = *system.runs.front();
  if (run.metric("stale_rate") == nullptr) return "";
  struct Count {
    std::uint64_t final = 0, stale = 0;
  };
  std::map<NodeId, Count> counts;
  std::uint64_t all = 0;
  for (const BlockRow& block : run.blocks) {
    if (block.producer == no_node) continue;
    if (block.stale) ++counts[block.producer].stale;
    if (block.stale || block.final == time_never) continue;
    ++counts[block.producer].final;
    ++all;
  }
  std::vector<std::pair<NodeId, Count>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second.final > b.second.final; });
  constexpr std::size_t shown = 10;
  std::string out = "<figure><h3>Producers: " + escape_html(system.system) +
                    "</h3><div class=\"wide\"><table><thead><tr><th>node</th>"
                    "<th class=\"n\">final blocks</th><th class=\"n\">share</th>"
                    "<th class=\"n\">stale</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < ranked.size() && i < shown; ++i) {
    out += fmt::format(
        "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{:.1f} %</td>"
        "<td class=\"n\">{}</td></tr>\n",
        ranked[i].first, ranked[i].second.final,
        all == 0 ? 0 : 100 * static_cast<double>(ranked[i].second.final) / static_cast<double>(all),
        ranked[i].second.stale);
  }
  return out + "</tbody></table></div><figcaption>" +
         fmt::format("{} of {} nodes that made blocks; first seed.", std::min(ranked.size(), shown),
                     ranked.size()) +
         "</figcaption></figure>\n";
}

}  // namespace

std::string system_legend(const std::vector<SystemSummary>& systems) {
  std::string out = "<p class=\"legend\">";
  for (std::size_t s = 0; s < systems.size(); ++s) {
    out += "<span>" + legend_swatch(s) + escape_html(systems[s].system) + "</span>";
  }
  return out + "</p>";
}

std::string latency_section(const std::vector<SystemSummary>& systems) {
  const std::string regions = by_region(systems);
  std::string out = "<div class=\"charts\">" + latency_distribution(systems) + regions + "</div>";
  if (!regions.empty()) out += region_table(systems, region_names(systems));
  return out;
}

std::string time_section(const std::vector<SystemSummary>& systems,
                         const std::vector<FaultMark>& marks) {
  std::string out = "<div class=\"charts\">";
  const RunResult& first = *systems.front().runs.front();
  for (const SeriesLook& look : series_looks) {
    Chart chart;
    chart.name = look.title;
    chart.lines = lines_of(systems, [&](const RunResult& run) { return series_of(run, look); });
    if (chart.lines.empty()) continue;
    for (ChartLine& line : chart.lines) {
      line.stepped = look.stepped;
      // Windows are equally long: a missing one is a gap.
      const bool windows = std::string_view(look.name) == "latency_ms_p50";
      if (windows) line.gap = 1.5 * std::max(1.0, in_seconds(first.ended) / 200);
    }
    const bool decades = look.unit == ChartUnit::milliseconds && spans_decades(chart.lines, false);
    chart.x = {"simulated time", ChartUnit::seconds, false};
    chart.y = {look.label, look.unit, decades};
    chart.x_low = 0;
    chart.x_high = std::max(in_seconds(first.ended), 1e-3);
    chart.spans = spans_of(first, marks);
    out += figure(look.title, system_legend(systems), chart_svg(chart),
                  look.caption + std::string(decades ? " Logarithmic." : ""));
  }
  return out +
         "</div><p class=\"soft\">Grey: warm-up and drain, not measured. Yellow, with "
         "numbers: the faults listed below, of the first seed." +
         escape_html(seeds_caption(systems)) + "</p>";
}

std::string block_section(const std::vector<SystemSummary>& systems) {
  std::string out = "<div class=\"charts\">" + interval_chart(systems) + "<div class=\"stack\">" +
                    block_table(systems);
  for (const SystemSummary& system : systems) out += producer_table(system);
  return out + "</div></div>";
}

}  // namespace ledgerlab
