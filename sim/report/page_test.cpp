// The report page and its charts: what they show, that nothing of a name becomes markup, that the
// same results give the same bytes. tests/cli/report_test.py looks at whole pages of real runs.
#include "sim/report/page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/report/chart.hpp"

namespace ledgerlab {
namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

RunResult example(const std::string& system, std::uint64_t seed, double latency) {
  RunResult run;
  run.system = system;
  run.protocol = "raft@1";
  run.engine = "native";
  run.seed = seed;
  run.plan_digest = "digest" + std::to_string(seed);
  run.trace_hash = "hash" + std::to_string(seed);
  run.measured_from = time_at(1'000'000'000);
  run.measured_until = time_at(9'000'000'000);
  run.ended = time_at(10'000'000'000);
  run.metrics = {{"throughput_tps", 99.5, "tx/s"}, {"finality_latency_ms_p50", latency, "ms"}};
  run.latency = {{"", 3, 2, latency, latency * 2, {{0.5, latency}, {1, latency * 2}}},
                 {"here", 1, 1, latency, latency, {{1, latency}}},
                 {"there", 2, 1, latency * 2, latency * 2, {{1, latency * 2}}}};
  for (int i = 0; i < 10; ++i) {
    run.series.push_back({"committed_tps", time_at(i * 1'000'000'000LL), 100.0 + i});
    run.series.push_back({"latency_ms_p50", time_at(i * 1'000'000'000LL), latency + i});
  }
  run.blocks = {{1, "a", "0", 2, time_at(1'500'000'000), time_at(1'600'000'000), 3, 100, false},
                {2, "b", "a", 1, time_at(2'500'000'000), time_at(2'600'000'000), 3, 100, false}};
  run.faults = {{"crash", time_at(4'000'000'000), time_at(5'000'000'000), "crash of node 3"}};
  run.card = {"consensus raft@1: real", system + " has a line of its own"};
  return run;
}

About example_about() {
  return {"a name",
          {"a name: five replicas"},
          "ledgerlab compare x.toml",
          true,
          {{"one", "costed", "", {}}, {"two", "real", "lottery", {"agreement"}}},
          {}};
}

TEST(Page, TellsVerdictsFiguresAndMarks) {
  RunResult two = example("two", 1, 2000);
  two.saturated = true;
  two.metrics.push_back({"settlement_risk", 0.001, "probability"});
  two.violations = {{"validity", "a made-up transaction", time_at(5), 2}};
  const std::string page = render_html(example_about(), {example("one", 1, 200), two});
  for (const char* text : {"FAIL", "violation", "a made-up transaction", "saturated", "risk 0.1 %",
                           "baseline", "crash of node 3", "ledgerlab compare x.toml", "digest1",
                           "hash1", "one has a line", "transactions that became final anywhere",
                           "<p>five replicas</p>", "this outcome was expected and stayed away"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
  // Latency of a saturated system is not told as a multiple, its throughput is the same.
  EXPECT_EQ(page.find("10 \xc3\x97 baseline"), std::string::npos);
  two.saturated = false;
  const std::string fair = render_html(example_about(), {example("one", 1, 200), two});
  EXPECT_NE(fair.find("10 \xc3\x97 baseline"), std::string::npos);
  EXPECT_EQ(fair.find("saturated"), std::string::npos);
}

TEST(Page, SameResultsSameBytes) {
  const std::vector<RunResult> runs{example("one", 1, 200), example("two", 1, 300)};
  EXPECT_EQ(render_html(example_about(), runs), render_html(example_about(), runs));
}

TEST(Page, NamesNeverBecomeMarkup) {
  const std::string evil = "<script>alert('1')</script>\" onload=\"x\xff&";
  About about = example_about();
  about.scenario = about.reproduce = evil;
  about.headline = {evil};
  about.systems[0].name = evil;
  RunResult run = example(evil, 1, 200);
  run.protocol = run.engine = run.trace_hash = evil;
  run.latency[1].region = evil;
  run.faults[0].text = evil;
  run.card = {evil};
  run.outcomes = {{evil, evil, time_at(1), 0}};
  run.metrics.push_back({evil, 1, evil});
  const std::string page = render_html(about, {run});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("\" onload"), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  EXPECT_GE(count(page, "&lt;script&gt;alert(&#39;1&#39;)"), 10u);
}

TEST(Page, WithoutRunsItSaysSo) {
  EXPECT_NE(render_html(example_about(), {}).find("no run has finished"), std::string::npos);
}

TEST(Page, WhatAllSystemsMeetIsOneMark) {
  RunResult one = example("one", 1, 1), two = example("two", 1, 1);
  two.faults[0].text = "crash of node 7";
  two.faults.push_back({"crash", time_at(4'000'000'000), time_at(5'000'000'000), "another"});
  two.faults.push_back({"loss", time_at(1), time_never, "loss"});
  const std::vector<RunResult> runs{one, two};
  const auto marks = fault_marks(summarise(runs));
  ASSERT_EQ(marks.size(), 3u);
  EXPECT_EQ(marks[0].kind, "loss");
  EXPECT_EQ(marks[1].number, 2u);
  ASSERT_EQ(marks[1].texts.size(), 2u);
  EXPECT_EQ(marks[1].texts[1].second, "crash of node 7");
  ASSERT_EQ(marks[2].texts.size(), 1u);
}

TEST(Chart, TicksAreRound) {
  using Ticks = std::vector<double>;
  EXPECT_EQ(linear_ticks(0, 100, 5, ChartUnit::plain), (Ticks{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(linear_ticks(0, 11, 5, ChartUnit::plain), (Ticks{0, 5, 10}));
  EXPECT_EQ(linear_ticks(0, 2600, 6, ChartUnit::seconds), (Ticks{0, 600, 1200, 1800, 2400}));
  EXPECT_EQ(log_ticks(100, 100000), (Ticks{100, 1000, 10000, 100000}));
  EXPECT_EQ(log_ticks(200, 2000), (Ticks{200, 500, 1000, 2000}));
  EXPECT_FALSE(std::signbit(linear_ticks(0, 1, 5, ChartUnit::plain)[0]));
}

TEST(Chart, NumbersReadWell) {
  EXPECT_EQ(chart_number(ChartUnit::milliseconds, 200), "200 ms");
  EXPECT_EQ(chart_number(ChartUnit::milliseconds, 2000), "2 s");
  EXPECT_EQ(chart_number(ChartUnit::seconds, 600), "10 min");
  EXPECT_EQ(chart_number(ChartUnit::bytes, 1'500'000), "1.5 MB");
  EXPECT_EQ(chart_number(ChartUnit::percent, 0.2), "20 %");
  EXPECT_EQ(chart_number(ChartUnit::plain, 40), "40");
}

TEST(Chart, LinesDifferByColourAndDash) {
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < 24; ++i) seen.push_back(legend_swatch(i));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST(Chart, GapsAreNotJoinedAndLonePointsAreDots) {
  Chart chart;
  ChartLine line;
  line.gap = 1.5;
  line.points = {{0, 1}, {1, 2}, {5, 3}, {9, 1}, {10, 2}};
  chart.lines = {line};
  const std::string svg = chart_svg(chart);
  EXPECT_EQ(count(svg, "M"), 3u) << svg;
  EXPECT_EQ(count(svg, "<circle"), 1u) << svg;
  chart.lines[0].gap = 0;
  EXPECT_EQ(count(chart_svg(chart), "M"), 1u);
  chart.lines.clear();
  EXPECT_NE(chart_svg(chart).find("nothing to show"), std::string::npos);
}

TEST(Chart, BrokenTextIsReplaced) {
  EXPECT_EQ(escape_html("a\x01<\xc3\xa9>\xc3"), "a &lt;\xc3\xa9&gt;\xef\xbf\xbd");
  EXPECT_EQ(escape_html("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
}

}  // namespace
}  // namespace ledgerlab
