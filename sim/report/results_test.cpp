// Results: what is stored is read back, what is wrong is said, intervals, tables, JSON.
#include "sim/report/results.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/report/render.hpp"

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "ledgerlab_results_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
};

RunResult example(std::uint64_t seed, double latency) {
  RunResult run;
  run.system = "raft";
  run.protocol = "raft@1";
  run.engine = "native";
  run.seed = seed;
  run.plan_digest = "d" + std::to_string(seed);
  run.trace_hash = "0123456789abcdef0123456789abcdef";
  run.metrics = {{"throughput_tps", 99.5, "tx/s"}, {"finality_latency_ms_p50", latency, "ms"}};
  run.measured_from = time_at(1);
  run.measured_until = time_at(8);
  run.ended = time_at(10);
  run.latency = {{"", 9, 2, 1.5, 2.5, {{0.5, 1.5}, {1, 2.5}}}, {"here", 9, 0, 0, 0, {}}};
  run.series = {{"committed_tps", time_at(1'000'000'000), 100}};
  run.blocks = {{1, "aa", "bb", 2, time_at(5), time_at(9), 3, 100, false},
                {2, "cc", "aa", no_node, time_at(7), time_never, 0, 90, true}};
  run.faults = {{"crash", time_at(4), time_never, "crash of node 3 (leader)"}};
  run.outcomes = {{"liveness", "late", time_at(7), 3}};
  run.card = {"raft@1: real"};
  run.cost = {1.5, 1.25, 1000, 900, 4096};
  return run;
}

SystemPlan system_plan(const ModelInfo& info, const std::string& digest = "") {
  SystemPlan system;
  system.digest = digest;
  system.name = "raft";
  system.consensus.info = &info;
  system.consensus.params.set("timeout", 150'000'000);
  return system;
}

const ModelInfo& raft_info() {
  static const ModelInfo info = [] {
    ModelInfo i;
    i.name = "raft";
    i.params = {{"timeout", ParamType::duration, "150 ms", "", {}, {}, {}}};
    return i;
  }();
  return info;
}

TEST(Results, what_is_stored_is_read_back) {
  const Folder folder;
  const RunResult run = example(18446744073709551615ull, 212.125);
  {
    RunDirectory directory(folder.path / "deep" / "out");
    EXPECT_FALSE(directory.find(system_plan(raft_info(), run.plan_digest), run.seed));
    directory.store(run, system_plan(raft_info()));
  }
  const RunDirectory directory(folder.path / "deep" / "out");
  const auto back = directory.find(system_plan(raft_info(), run.plan_digest), run.seed);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->seed, run.seed);
  EXPECT_EQ(back->trace_hash, run.trace_hash);
  EXPECT_EQ(back->metric("finality_latency_ms_p50")->value, 212.125);
  ASSERT_EQ(back->blocks.size(), 2u);
  EXPECT_EQ(back->blocks[0].final, time_at(9));
  EXPECT_EQ(back->blocks[1].final, time_never);
  EXPECT_EQ(back->blocks[1].producer, no_node);
  EXPECT_TRUE(back->blocks[1].stale);
  EXPECT_EQ(back->faults[0].until, time_never);
  EXPECT_EQ(back->outcomes[0].node, 3u);
  EXPECT_TRUE(back->violations.empty());
  EXPECT_EQ(back->card, run.card);
  EXPECT_EQ(back->series[0].value, 100);
  EXPECT_EQ(back->cost.deliveries, 900u);
  EXPECT_EQ(back->measured_until, time_at(8));
  EXPECT_EQ(back->ended, time_at(10));
  ASSERT_EQ(back->latency.size(), 2u);
  ASSERT_EQ(back->latency[0].points.size(), 2u);
  EXPECT_EQ(back->latency[0].points[1].ms, 2.5);
  EXPECT_EQ(back->latency[0].p95_ms, 2.5);
  EXPECT_EQ(back->latency[1].region, "here");
  EXPECT_EQ(back->latency[1].offered, 9u);
  EXPECT_FALSE(directory.find(system_plan(raft_info(), run.plan_digest), 1));
  SystemPlan other = system_plan(raft_info(), run.plan_digest);
  other.expect = {"liveness"};  // the same run, to be judged otherwise
  EXPECT_FALSE(directory.find(other, run.seed));
  other.expect.clear();
  other.name = "other";
  EXPECT_FALSE(directory.find(other, run.seed));
}

TEST(Results, a_second_run_replaces_the_first_and_interrupted_ones_are_not_reused) {
  const Folder folder;
  RunDirectory directory(folder.path);
  RunResult run = example(1, 1);
  run.interrupted = true;
  directory.store(run, system_plan(raft_info()));
  EXPECT_FALSE(directory.find(system_plan(raft_info(), "d1"), 1));
  directory.store(example(1, 2), system_plan(raft_info()));
  EXPECT_TRUE(directory.find(system_plan(raft_info(), "d1"), 1));
  ASSERT_EQ(directory.all().size(), 1u);
  EXPECT_EQ(directory.all()[0].metric("finality_latency_ms_p50")->value, 2);
  EXPECT_EQ(directory.all()[0].metrics.size(), 2u);  // the old rows went with the old run
}

TEST(Results, another_schema_version_is_refused) {
  const Folder folder;
  { RunDirectory directory(folder.path); }
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((folder.path / "results.sqlite").c_str(), &db), SQLITE_OK);
  sqlite3_exec(db, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  try {
    RunDirectory directory(folder.path);
    FAIL();
  } catch (const ResultsError& error) {
    EXPECT_NE(std::string(error.what()).find("schema version 99"), std::string::npos);
  }
}

TEST(Results, a_file_of_version_1_is_brought_up_and_its_runs_are_run_again) {
  const Folder folder;
  {
    RunDirectory directory(folder.path);
    directory.store(example(1, 5), system_plan(raft_info()));
  }
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((folder.path / "results.sqlite").c_str(), &db), SQLITE_OK);
  // What version 1 had: no latency tables, no measured time.
  ASSERT_EQ(sqlite3_exec(db,
                         "DROP TABLE latency; DROP TABLE latency_points;"
                         "ALTER TABLE runs DROP COLUMN measured_from_ns;"
                         "ALTER TABLE runs DROP COLUMN measured_until_ns;"
                         "ALTER TABLE runs DROP COLUMN ended_ns; PRAGMA user_version = 1",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
  RunDirectory directory(folder.path);
  ASSERT_EQ(directory.all().size(), 1u);
  EXPECT_EQ(directory.all()[0].metric("finality_latency_ms_p50")->value, 5);
  EXPECT_TRUE(directory.all()[0].latency.empty());
  EXPECT_FALSE(directory.find(system_plan(raft_info(), "d1"), 1));
  directory.store(example(1, 6), system_plan(raft_info()));
  ASSERT_TRUE(directory.find(system_plan(raft_info(), "d1"), 1));
  EXPECT_EQ(directory.all().size(), 1u);
}

TEST(Results, what_a_report_says_of_the_plan_is_kept) {
  const Folder folder;
  RunDirectory directory(folder.path);
  EXPECT_FALSE(directory.about());
  About about{"name",
              {"line 1", "line 2"},
              "again",
              true,
              {{"raft", "real", "", {"liveness", "books"}}, {"pow", "costed", "lottery", {}}},
              {"d1 1", "d2 2"}};
  directory.describe(about_from_rows({{"scenario", "old"}}));
  directory.describe(about);
  ASSERT_TRUE(directory.about());
  EXPECT_EQ(about_rows(*directory.about()), about_rows(about));
  EXPECT_EQ(directory.about()->systems[0].expect.size(), 2u);
}

TEST(Results, unwritable_places_are_said) {
  const Folder folder;
  std::ofstream(folder.path / "file") << "x";
  EXPECT_THROW(RunDirectory(folder.path / "file" / "out"), ResultsError);
  std::ofstream(folder.path / "results.sqlite") << std::string(5000, 'x');
  EXPECT_THROW(RunDirectory{folder.path}, ResultsError);
}

TEST(Results, directories_are_numbered) {
  const Folder folder;
  EXPECT_EQ(next_run_directory(folder.path, "Raft: 5 nodes!"), folder.path / "Raft-5-nodes-1");
  fs::create_directory(folder.path / "Raft-5-nodes-1");
  EXPECT_EQ(next_run_directory(folder.path, "Raft: 5 nodes!"), folder.path / "Raft-5-nodes-2");
  EXPECT_EQ(next_run_directory(folder.path, "../.."), folder.path / "run-1");
}

TEST(Summary, median_and_its_interval) {
  const MetricSummary three = summarise_metric("m", "s", {3, 1, 2});
  EXPECT_EQ(three.median, 2);
  EXPECT_EQ(three.low, 1);
  EXPECT_EQ(three.high, 3);
  // The classic table of order statistics: n = 10 gives ranks 2 and 9, n = 20 ranks 6 and 15.
  std::vector<double> ten, twenty;
  for (int i = 1; i <= 10; ++i) ten.push_back(i);
  for (int i = 1; i <= 20; ++i) twenty.push_back(i);
  EXPECT_EQ(summarise_metric("m", "s", ten).low, 2);
  EXPECT_EQ(summarise_metric("m", "s", ten).high, 9);
  EXPECT_EQ(summarise_metric("m", "s", ten).median, 5.5);
  EXPECT_EQ(summarise_metric("m", "s", twenty).low, 6);
  EXPECT_EQ(summarise_metric("m", "s", twenty).high, 15);
}

TEST(Summary, verdicts) {
  SystemPlan system = system_plan(raft_info());
  RunResult run = example(1, 1);
  EXPECT_EQ(judge(system, run), Verdict::pass);  // an outcome is no failure
  system.expect = {"agreement"};
  EXPECT_EQ(judge(system, run), Verdict::fail);
  system.expect = {"liveness"};
  EXPECT_EQ(judge(system, run), Verdict::pass);
  run.inconclusive = true;
  EXPECT_EQ(judge(system, run), Verdict::inconclusive);
  run.violations = {{"agreement", "two blocks", time_at(1), 0}};
  EXPECT_EQ(judge(system, run), Verdict::fail);
}

TEST(Render, json_has_intervals_only_with_several_seeds) {
  Plan plan;
  plan.name = "t";
  plan.systems.push_back(system_plan(raft_info()));
  const auto one = nlohmann::json::parse(render_json(plan, {example(1, 5)}, "again"));
  const auto& metric = one["runs"][0]["metrics"]["finality_latency_ms_p50"];
  EXPECT_EQ(metric["value"], 5);
  EXPECT_EQ(metric["unit"], "ms");
  EXPECT_FALSE(metric.contains("lo"));
  EXPECT_FALSE(one.contains("summary"));
  EXPECT_EQ(one["reproduce"], "again");
  const auto two =
      nlohmann::json::parse(render_json(plan, {example(1, 5), example(2, 7)}, "again"));
  EXPECT_EQ(two["runs"].size(), 2u);
  EXPECT_EQ(two["runs"][1]["metrics"]["finality_latency_ms_p50"]["lo"], 5);
  EXPECT_EQ(two["summary"][0]["metrics"]["finality_latency_ms_p50"]["value"], 6);
}

TEST(Render, table_marks_saturation_and_leaves_out_what_has_no_meaning) {
  Plan plan;
  plan.name = "t";
  plan.systems.push_back(system_plan(raft_info()));
  plan.systems.push_back(system_plan(raft_info()));
  plan.systems[1].name = "other";
  RunResult other = example(1, 424.5);
  other.system = "other";
  other.metrics.push_back({"stale_rate", 0.00003, "share"});
  std::string text = render_table(plan, {example(1, 212.25), other}, true);
  EXPECT_NE(text.find("finality latency p50, ms"), std::string::npos) << text;
  EXPECT_NE(text.find("424.5 (2x)"), std::string::npos) << text;
  EXPECT_NE(text.find("3e-05"), std::string::npos) << text;  // small is not zero
  EXPECT_EQ(text.find("reorganisation"), std::string::npos) << text;
  EXPECT_EQ(text.find("saturated"), std::string::npos) << text;
  EXPECT_NE(text.find("outcome liveness"), std::string::npos) << text;
  other.saturated = true;
  text = render_table(plan, {example(1, 212.25), other}, true);
  EXPECT_NE(text.find("424.5 *"), std::string::npos) << text;
  EXPECT_NE(text.find("do not compare latency"), std::string::npos) << text;
  EXPECT_EQ(text.find("no effect"), std::string::npos) << text;
  other.metrics.push_back({"effective_tps", 0, "tx/s"});
  text = render_table(plan, {example(1, 212.25), other}, true);
  EXPECT_NE(text.find(" **"), std::string::npos) << text;
  EXPECT_NE(text.find("some of it had no effect"), std::string::npos) << text;
}

}  // namespace
}  // namespace ledgerlab
