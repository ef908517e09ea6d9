// The whole suite: every purpose passes on every system that claims an algorithm, every known-bad
// twin is caught, the same runs give the same hashes, and the page asks nothing of the network.
#include <gtest/gtest.h>

#include <cstdio>
#include <regex>

#include "conformance/report/report.hpp"

namespace ledgerlab::conformance {
namespace {

const Report& whole() {
  static const Report report = [] {
    Report r = select({{}, {}, true}, builtin_models(), purposes());
    execute(r, {});
    return r;
  }();
  return report;
}

TEST(WholeSuite, EveryPurposePassesWhereItApplies) {
  std::size_t executed = 0;
  for (const Item& item : whole().items) {
    if (!item.not_applicable.empty()) continue;
    ++executed;
    std::string why;
    for (const Judgement& j : item.judgements) {
      if (j.verdict != Verdict::pass) why += "\n  " + j.text;
    }
    EXPECT_EQ(verdict_name(item.verdict), "pass")
        << item.purpose->id << " on " << item.system->name << why << "\n  " << item.reproduce();
  }
  EXPECT_GT(executed, 20u);
}

TEST(WholeSuite, EveryTwinIsCaught) {
  for (const TwinItem& t : whole().twins) {
    if (!t.not_applicable.empty()) continue;
    EXPECT_TRUE(t.caught()) << t.purpose->id << " on " << t.system->name << ", " << t.twin->id
                            << ": " << verdict_name(t.verdict) << ", " << t.by;
  }
  std::printf("caught %zu of %zu twins of test purposes\n", whole().twins_caught(),
              whole().twins_tried());
  EXPECT_GT(whole().twins_tried(), 30u);
}

TEST(WholeSuite, EachPurposeHasATwinThatWasCaught) {
  for (const Item& item : whole().items) {
    if (!item.not_applicable.empty()) continue;
    bool caught = false;
    for (const TwinItem& t : whole().twins) {
      caught = caught || (t.purpose == item.purpose && t.system == item.system && t.caught());
    }
    EXPECT_TRUE(caught) << item.purpose->id << " on " << item.system->name;
  }
}

TEST(WholeSuite, RunsAreBoundAndComeOutAgain) {
  for (const Item& item : whole().items) {
    for (const RunEvidence& run : item.runs) {
      EXPECT_EQ(run.plan_digest.size(), 64u);
      EXPECT_EQ(run.trace_hash.size(), 32u);
      EXPECT_EQ(run.trace_sha256.size(), 64u);
    }
  }
  Report again = select({{"7.1.5.3-c"}, {"raft"}, false}, builtin_models(), purposes());
  execute(again, {});
  for (const Item& item : whole().items) {
    if (item.purpose->id != "TP-7.1.5.3-c" || item.system->name != "raft") continue;
    ASSERT_EQ(item.runs.size(), again.items.front().runs.size());
    for (std::size_t i = 0; i < item.runs.size(); ++i) {
      EXPECT_EQ(item.runs[i].plan_digest, again.items.front().runs[i].plan_digest);
      EXPECT_EQ(item.runs[i].trace_hash, again.items.front().runs[i].trace_hash);
      EXPECT_EQ(item.runs[i].trace_sha256, again.items.front().runs[i].trace_sha256);
    }
  }
}

TEST(WholeSuite, PageAsksNothingOfTheNetwork) {
  const std::string page = render_html(whole(), "0", "again");
  const std::regex outside(R"re((src|href)\s*=\s*"(?!#)|url\(|@import|<script|https?://)re");
  std::smatch found;
  EXPECT_FALSE(std::regex_search(page, found, outside)) << found.str();
  EXPECT_TRUE(std::regex_search(std::string("<a href=\"x\">"), outside)) << "the search finds them";
  EXPECT_NE(page.find(catalogue().digest), std::string::npos);
  for (const Item& item : whole().items) {
    for (const RunEvidence& run : item.runs) {
      EXPECT_NE(page.find(run.trace_sha256), std::string::npos);
      EXPECT_NE(page.find(run.plan_digest), std::string::npos);
    }
  }
}

TEST(WholeSuite, LevelsAreReportedApart) {
  std::size_t judged = 0;
  for (const LevelCount& c : count_levels(whole())) {
    if (c.level == Level::required) {
      EXPECT_EQ(c.rows, 0u);
    }
    judged += c.judged;
  }
  EXPECT_GE(judged, 12u);
}

}  // namespace
}  // namespace ledgerlab::conformance
