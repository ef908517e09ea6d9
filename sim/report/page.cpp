// The report's page: verdicts, figures, lists and definitions around the charts.
#include "sim/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "models/api/params.hpp"
#include "sim/measure/metrics.hpp"
#include "sim/report/chart.hpp"

namespace ledgerlab {
namespace {

constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"generator\" content=\"ledgerlab\">\n";

std::string duration_text(Duration d) { return format_value(ParamType::duration, d.count()); }
std::string at_text(Time at) { return duration_text(at - time_start); }

std::string code(const std::string& text) { return "<code>" + escape_html(text) + "</code>"; }

std::string cell(const std::string& text, const char* style = "") {
  return std::string("<td") + (*style == 0 ? "" : std::string(" class=\"") + style + "\"") + ">" +
         text + "</td>";
}

struct Section {
  const char* id;
  const char* title;
  std::string body;
};

const char* verdict_class(const std::string& text) {
  if (text.starts_with("pass")) return "pass";
  return text.starts_with("FAIL") ? "fail" : "open";
}

std::string badge(const std::string& text) {
  return std::string("<span class=\"verdict ") + verdict_class(text) + "\">" + escape_html(text) +
         "</span>";
}

const std::vector<std::string>& expected(const About& about, const std::string& name) {
  static const std::vector<std::string> none;
  const AboutSystem* system = about.system(name);
  return system == nullptr ? none : system->expect;
}

std::string seeds_text(const SystemSummary& system) {
  if (system.runs.size() == 1) return "seed " + std::to_string(system.runs.front()->seed);
  std::uint64_t low = system.runs.front()->seed, high = low;
  for (const RunResult* run : system.runs) {
    low = std::min(low, run->seed);
    high = std::max(high, run->seed);
  }
  return fmt::format("{} seeds, {} to {}", system.runs.size(), low, high);
}

/// Worst first: a failure anywhere is the page's verdict.
std::string whole_verdict(const About& about, const std::vector<SystemSummary>& systems) {
  std::string worst = "pass";
  for (const SystemSummary& system : systems) {
    const std::string one = verdict_text(expected(about, system.system), system);
    if (one.starts_with("FAIL")) return "FAIL";
    if (!one.starts_with("pass")) {
      worst = one.starts_with("interrupted") ? "interrupted" : "inconclusive";
    }
  }
  return worst;
}

std::string system_table(const About& about, const std::vector<SystemSummary>& systems) {
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th>system</th><th>protocol</th><th>verdict</th>"
      "<th>seeds</th><th>crypto</th><th>mining</th><th>marks</th></tr></thead><tbody>\n";
  for (const SystemSummary& system : systems) {
    const AboutSystem* told = about.system(system.system);
    std::string marks;
    if (is_saturated(system)) marks = "saturated *";
    if (about.compare && &system == &systems.front()) marks += marks.empty() ? "" : ", ";
    if (about.compare && &system == &systems.front()) marks += "baseline";
    const std::string mining = told == nullptr || told->mining.empty() ? "-" : told->mining;
    out += "<tr><th>" + escape_html(system.system) + "</th>" +
           cell(escape_html(system.runs.front()->protocol)) +
           cell(badge(verdict_text(expected(about, system.system), system))) +
           cell(escape_html(seeds_text(system)), "when") +
           cell(escape_html(told == nullptr ? "-" : told->crypto)) + cell(escape_html(mining)) +
           cell(escape_html(marks)) + "</tr>\n";
  }
  return out + "</tbody></table></div>";
}

/// Median, interval, multiple of the baseline, and beside a lottery's latency its risk.
std::string figure_cell(const SystemSummary& system, const SystemSummary* baseline,
                        const MetricRow& row) {
  const MetricSummary* metric = find_metric(system, row.name);
  if (metric == nullptr) return "<td>-</td>";
  std::string text = figure_text(metric->median, row.decimals);
  std::string small;
  if (metric->low < metric->high) {
    small = "<small>[" + figure_text(metric->low, row.decimals) + ", " +
            figure_text(metric->high, row.decimals) + "]</small>";
  }
  const bool latency = is_latency(row.name);
  const MetricSummary* base = baseline == nullptr ? nullptr : find_metric(*baseline, row.name);
  if (row.name == "throughput_tps" && is_partly_vain(system)) text += " **";
  if (latency && is_saturated(system)) {
    text += " *";
  } else if (base != nullptr && base->median != 0 && !(latency && is_saturated(*baseline))) {
    const std::string ratio = fmt::format("{:.3g}", metric->median / base->median);
    if (ratio != "1") small += "<small>" + ratio + " \xc3\x97 baseline</small>";
  }
  const MetricSummary* risk = find_metric(system, "settlement_risk");
  if (latency && risk != nullptr) {
    small += fmt::format("<small>risk {:.2g} %</small>", risk->median * 100);
  }
  return "<td>" + text + small + "</td>";
}

std::string figures(const About& about, const std::vector<SystemSummary>& systems) {
  std::string out = "<div class=\"wide\"><table class=\"figures\"><thead><tr><th>metric</th>";
  for (const SystemSummary& system : systems) {
    const bool baseline = about.compare && &system == &systems.front();
    out +=
        "<th>" + escape_html(system.system) + (baseline ? "<small>baseline</small>" : "") + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const MetricRow& row : metric_rows(systems)) {
    out += "<tr><th>" + escape_html(row.label) + "</th>";
    for (const SystemSummary& system : systems) {
      const bool other = about.compare && &system != &systems.front();
      out += figure_cell(system, other ? &systems.front() : nullptr, row);
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>";
  const auto many = [](const SystemSummary& s) { return s.runs.size() > 1; };
  if (std::any_of(systems.begin(), systems.end(), many)) {
    out +=
        "<p class=\"soft\">Medians over the seeds; in brackets the interval of the median by order "
        "statistics, at least 95 % from six seeds on, the range of the seeds below that.</p>";
  }
  if (std::any_of(systems.begin(), systems.end(), is_saturated)) {
    out +=
        "<p class=\"soft\">* saturated: less than 95 % of the offered load was committed; its "
        "latency is not to be compared.</p>";
  }
  if (std::any_of(systems.begin(), systems.end(), is_partly_vain)) {
    out += "<p class=\"soft\">** some of it had no effect: compare the effective rate.</p>";
  }
  const auto lottery = [](const SystemSummary& s) {
    return find_metric(s, "settlement_risk") != nullptr;
  };
  if (std::any_of(systems.begin(), systems.end(), lottery)) {
    out +=
        "<p class=\"soft\">Finality of a lottery is settlement at the risk shown; that of other "
        "protocols is certain.</p>";
  }
  return out;
}

std::string fault_list(const std::vector<FaultMark>& marks, std::size_t systems) {
  if (marks.empty()) return "<p>None.</p>";
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th class=\"n\">mark</th><th>from</th><th>to</th>"
      "<th>what happened</th></tr></thead><tbody>\n";
  for (const FaultMark& mark : marks) {
    std::vector<std::pair<std::string, std::string>> told;  // text, systems
    for (const auto& one : mark.texts) {
      const auto same = [&](const auto& t) { return t.first == one.second; };
      const auto at = std::find_if(told.begin(), told.end(), same);
      if (at == told.end()) {
        told.emplace_back(one.second, one.first);
      } else {
        at->second += ", " + one.first;
      }
    }
    std::string what;
    for (const auto& [text, names] : told) {
      what += (what.empty() ? "" : "<br>") + escape_html(text);
      const bool all = told.size() == 1 && mark.texts.size() == systems;
      if (!all) what += " <span class=\"soft\">(" + escape_html(names) + ")</span>";
    }
    out += "<tr>" + cell(std::to_string(mark.number), "n") +
           cell(escape_html(at_text(mark.at)), "when") +
           cell(mark.until == time_never ? "the end" : escape_html(at_text(mark.until)), "when") +
           cell(what) + "</tr>\n";
  }
  return out + "</tbody></table></div><p class=\"soft\">As they happened in the first seed.</p>";
}

std::string findings(const About& about, const std::vector<SystemSummary>& systems) {
  std::string rows;
  const auto row = [&](const char* kind, const char* style, const RunResult& run,
                       const std::string& checker, const std::string& when,
                       const std::string& text) {
    rows +=
        "<tr>" + cell(std::string("<span class=\"verdict ") + style + "\">" + kind + "</span>") +
        cell(escape_html(run.system) + ", seed " + std::to_string(run.seed)) + cell(code(checker)) +
        cell(escape_html(when), "when") + cell(escape_html(text)) + "</tr>\n";
  };
  for (const SystemSummary& system : systems) {
    for (const RunResult* run : system.runs) {
      for (const Finding& f : run->violations) {
        row("violation", "fail", *run, f.checker, at_text(f.at), f.text);
      }
      for (const Finding& f : run->outcomes) {
        row("outcome", "open", *run, f.checker, at_text(f.at), f.text);
      }
      if (run->interrupted) {
        row("interrupted", "open", *run, "-", at_text(run->ended), "the run was stopped here");
        continue;
      }
      for (const std::string& one : missing_outcomes(expected(about, system.system), *run)) {
        row("missing", "fail", *run, one, "-", "this outcome was expected and stayed away");
      }
      if (run->inconclusive) {
        row("inconclusive", "open", *run, "liveness", at_text(run->ended),
            "the run ended before the bound could be judged");
      }
    }
  }
  if (rows.empty()) {
    return "<p>None: every checker was on in every run, and nothing was found.</p>";
  }
  return "<div class=\"wide\"><table><thead><tr><th>kind</th><th>run</th><th>checker</th>"
         "<th>at</th><th>what</th></tr></thead><tbody>\n" +
         rows +
         "</tbody></table></div><p class=\"soft\">A violation lies inside the fault model that the "
         "protocol declares; an outcome lies outside it, or was expected.</p>";
}

/// Lines that several systems share are told once.
std::string model_cards(const std::vector<SystemSummary>& systems) {
  std::vector<std::pair<std::string, std::vector<std::string>>> told;
  for (const SystemSummary& system : systems) {
    for (const std::string& line : system.runs.front()->card) {
      const auto same = [&](const auto& t) { return t.first == line; };
      auto at = std::find_if(told.begin(), told.end(), same);
      if (at == told.end()) at = told.insert(told.end(), {line, {}});
      at->second.push_back(system.system);
    }
  }
  std::string out = "<ul>\n";
  for (const auto& [line, names] : told) {
    out += "<li>" + escape_html(line);
    if (systems.size() > 1) {
      std::string who;
      for (const std::string& name : names) who += (who.empty() ? "" : ", ") + name;
      if (names.size() == systems.size()) who = "all";
      out += " <span class=\"soft\">(" + escape_html(who) + ")</span>";
    }
    out += "</li>\n";
  }
  return out + "</ul>";
}

std::string run_list(const About& about, const std::vector<SystemSummary>& systems) {
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th>system</th><th class=\"n\">seed</th>"
      "<th>verdict</th><th>plan digest</th><th>trace hash</th><th>engine</th>"
      "<th class=\"n\">events</th><th class=\"n\">wall time</th></tr></thead><tbody>\n";
  for (const SystemSummary& system : systems) {
    for (const RunResult* run : system.runs) {
      SystemSummary alone{system.system, {run}, {}};
      out += "<tr><th>" + escape_html(run->system) + "</th>" +
             cell(std::to_string(run->seed), "n") +
             cell(badge(verdict_text(expected(about, run->system), alone))) +
             cell(code(run->plan_digest), "hash") + cell(code(run->trace_hash), "hash") +
             cell(escape_html(run->engine)) + cell(std::to_string(run->cost.events), "n") +
             cell(fmt::format("{:.2f} s", run->cost.wall_s), "n") + "</tr>\n";
    }
  }
  return out +
         "</tbody></table></div><p class=\"soft\">The same plan digest gives the same trace hash "
         "on every machine. Wall times belong to the machine that ran this.</p>";
}

std::string definitions(const std::vector<SystemSummary>& systems) {
  std::set<std::string> shown;
  for (const MetricRow& row : metric_rows(systems)) shown.insert(row.name);
  std::string out = "<dl>\n";
  for (const MetricInfo& info : metric_table()) {
    if (shown.count(std::string(info.name)) == 0) continue;
    out += "<dt>" + escape_html(info.name) + "</dt><dd>" + escape_html(info.unit) + ": " +
           escape_html(info.definition) + "</dd>\n";
  }
  return out + "</dl>";
}

std::string page_of(const About& about, const std::vector<SystemSummary>& systems,
                    const std::vector<Section>& sections) {
  std::string out = head;
  out += "<title>" + escape_html(about.scenario) + " - ledgerlab</title>\n<style>" +
         std::string(page_style) + "</style>\n</head>\n<body>\n<header id=\"top\">\n";
  out += std::string("<p class=\"soft\">ledgerlab ") + (about.compare ? "comparison" : "run") +
         "</p>\n<h1>" + escape_html(about.scenario) + " ";
  out += badge(systems.empty() ? "no run has finished" : whole_verdict(about, systems));
  out += "</h1>\n";
  for (const std::string& line : about.headline) {
    // The first line begins with the name, which stands above.
    const bool named = line.starts_with(about.scenario + ": ");
    out += "<p>" + escape_html(line.substr(named ? about.scenario.size() + 2 : 0)) + "</p>\n";
  }
  out += "<pre id=\"reproduce\">" + escape_html(about.reproduce) + "</pre>\n</header>\n";
  out += "<nav>";
  for (const Section& section : sections) {
    out += fmt::format("<a href=\"#{}\">{}</a>", section.id, section.title);
  }
  out += "</nav>\n<main>\n";
  for (const Section& section : sections) {
    out += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id, section.title) +
           section.body + "\n</section>\n";
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace

std::vector<FaultMark> fault_marks(const std::vector<SystemSummary>& systems) {
  std::vector<FaultMark> marks;
  for (const SystemSummary& system : systems) {
    std::vector<bool> used(marks.size(), false);  // two faults of one run are two marks
    for (const FaultRow& fault : system.runs.front()->faults) {
      std::size_t i = 0;
      while (i < marks.size() && (used[i] || marks[i].kind != fault.kind ||
                                  marks[i].at != fault.at || marks[i].until != fault.until)) {
        ++i;
      }
      if (i == marks.size()) {
        marks.push_back({0, fault.kind, fault.at, fault.until, {}});
        used.push_back(false);
      }
      used[i] = true;
      marks[i].texts.emplace_back(system.system, fault.text);
    }
  }
  std::stable_sort(marks.begin(), marks.end(),
                   [](const FaultMark& a, const FaultMark& b) { return a.at < b.at; });
  for (std::size_t i = 0; i < marks.size(); ++i) marks[i].number = i + 1;
  return marks;
}

std::string render_html(const About& about, const std::vector<RunResult>& runs) {
  const std::vector<SystemSummary> systems = summarise(runs);
  if (systems.empty()) return page_of(about, systems, {});
  const std::vector<FaultMark> marks = fault_marks(systems);
  return page_of(about, systems,
                 {{"systems", "Systems", system_table(about, systems)},
                  {"figures", "Figures", figures(about, systems)},
                  {"latency", "Finality latency", latency_section(systems)},
                  {"time", "Over time", time_section(systems, marks)},
                  {"blocks", "Blocks", block_section(systems)},
                  {"faults", "Faults", fault_list(marks, systems.size())},
                  {"findings", "Findings", findings(about, systems)},
                  {"card", "Real, costed, modelled", model_cards(systems)},
                  {"runs", "Runs", run_list(about, systems)},
                  {"definitions", "What the metrics mean", definitions(systems)}});
}

}  // namespace ledgerlab
