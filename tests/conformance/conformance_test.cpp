// The catalogue is well formed and is the one of the source documents, verdicts add up as they
// should, and a suite that does not execute what it selected is an error.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "conformance/report/report.hpp"
#include "conformance/suite/statistics.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::conformance {
namespace {

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string repository_catalogue() {
  return contents(std::string(LEDGERLAB_SOURCE_DIR) + "/conformance/catalogue/f751_2-7.1.5.tsv");
}

const ModelInfo& example() {
  return *builtin_models().find(ModelKind::consensus, "fixed_leader");
}

// --- catalogue -------------------------------------------------------------------------------------

TEST(Catalogue, IsTheFileOfTheRepository) {
  EXPECT_EQ(catalogue().digest, parse_catalogue(repository_catalogue()).digest);
  EXPECT_EQ(catalogue().name, "7.1.5");
  EXPECT_EQ(catalogue().source, "Recommendation ITU-T F.751.2 (08/2020)");
}

TEST(Catalogue, HasAllRowsOfTheClausesAndNoneIsRequired) {
  std::map<std::string, int> of_clause;
  std::map<Level, int> of_level;
  for (const CatalogueRow& row : catalogue().rows) {
    EXPECT_TRUE(row.id.starts_with("F7512-" + row.clause + "-")) << row.id;
    ++of_clause[row.clause];
    ++of_level[row.level];
  }
  EXPECT_EQ(of_clause, (std::map<std::string, int>{
                           {"7.1.5.1", 5}, {"7.1.5.2", 5}, {"7.1.5.3", 5}, {"7.1.5.4", 23}}));
  EXPECT_EQ(of_level[Level::required], 0);
  EXPECT_EQ(of_level[Level::recommended], 3);
  EXPECT_EQ(of_level[Level::optional], 4);
  EXPECT_EQ(of_level[Level::implicit], 30);
  EXPECT_EQ(of_level[Level::informative], 1);
}

TEST(Catalogue, RefusesRowsThatAreNone) {
  const std::string good = repository_catalogue();
  const auto refused = [](const std::string& text) {
    try {
      parse_catalogue(text);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused(good), "");
  std::string level = good;
  level.replace(level.find("\timplicit\t"), 10, "\tneeded\t");
  EXPECT_NE(refused(level).find("no level"), std::string::npos);
  const std::string row = good.substr(good.find("\nF7512-") + 1);
  EXPECT_NE(refused(good + row.substr(0, row.find('\n') + 1)).find("twice"), std::string::npos);
  EXPECT_NE(refused(good + "F7512-x\t7.1.5.9\n").find("fields"), std::string::npos);
  EXPECT_NE(parse_catalogue(good + "\n").digest, catalogue().digest) << "one byte more";
}

TEST(Catalogue, AgreesWithTheRequirementsInventory) {
  const std::string folder = std::string(LEDGERLAB_SOURCE_DIR) + "/../shared/requirements/";
  std::ifstream in(folder + "inventory.tsv");
  if (!in) {
    std::cout << "SKIPPED: no inventory beside this source tree; the catalogue was NOT compared\n";
    GTEST_SKIP();
  }
  std::map<std::string, std::string> levels_there, levels_here;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("F7512-7.1.5.")) continue;
    std::vector<std::string> f;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, '\t');) f.push_back(field);
    ASSERT_GE(f.size(), 5u);
    levels_there[f[0]] = f[4];
  }
  for (const CatalogueRow& row : catalogue().rows) levels_here[row.id] = level_name(row.level);
  EXPECT_EQ(levels_here, levels_there);
}

// --- purposes --------------------------------------------------------------------------------------

TEST(Purposes, NameRowsOfTheCatalogueAndAreComplete) {
  std::set<std::string> ids, clauses;
  for (const Purpose& p : purposes()) {
    EXPECT_TRUE(ids.insert(p.id).second) << p.id;
    ASSERT_FALSE(p.clauses.empty()) << p.id;
    for (const std::string& id : p.clauses) {
      EXPECT_NE(catalogue().find(id), nullptr) << p.id << " judges " << id;
      clauses.insert(id);
    }
    for (const std::string* text :
         {&p.title, &p.selector, &p.initial, &p.stimulus, &p.predicate, &p.component}) {
      EXPECT_FALSE(text->empty()) << p.id;
    }
    EXPECT_FALSE(p.twins.empty()) << p.id << " has no known-bad twin";
    for (const Twin& twin : p.twins) {
      EXPECT_TRUE(twin.wrap || !twin.settings.empty()) << p.id << ", " << twin.id;
    }
  }
  for (const char* wanted :
       {"1-a", "1-b", "2-b", "2-c", "2-e", "3-a", "3-b", "3-c", "4-a", "4-e", "4-k", "4-q"}) {
    EXPECT_TRUE(clauses.contains(std::string("F7512-7.1.5.") + wanted)) << wanted;
  }
}

TEST(Purposes, ModelsClaimRowsOfTheCatalogueOnly) {
  for (const ModelInfo* model : builtin_models().all()) {
    for (const std::string& id : model->f751) {
      if (!id.starts_with("F7512-7.1.5")) continue;
      EXPECT_NE(catalogue().find(id), nullptr) << model->label() << " claims " << id;
    }
  }
}

// --- verdicts --------------------------------------------------------------------------------------

TEST(Verdicts, AddUpToTheWorst) {
  const std::array<Verdict, 5> all{Verdict::none, Verdict::pass, Verdict::inconc, Verdict::fail,
                                   Verdict::error};
  for (const Verdict a : all) {
    EXPECT_EQ(worse(a, a), a);
    EXPECT_EQ(worse(a, Verdict::none), a);
    EXPECT_EQ(worse(a, Verdict::error), Verdict::error);
    for (const Verdict b : all) {
      EXPECT_EQ(worse(a, b), worse(b, a));
      for (const Verdict c : all) EXPECT_EQ(worse(worse(a, b), c), worse(a, worse(b, c)));
    }
  }
  EXPECT_EQ(worse(Verdict::pass, Verdict::inconc), Verdict::inconc);
  EXPECT_EQ(worse(Verdict::inconc, Verdict::fail), Verdict::fail);
  EXPECT_EQ(settled(Verdict::none), Verdict::error) << "nothing judged is no pass";
}

Purpose made(void (*execute)(Trial&), std::string (*not_applicable)(const ModelInfo&)) {
  Purpose p;
  p.id = "TP-x";
  p.clauses = {"F7512-7.1.5.1-a"};
  p.execute = execute;
  p.not_applicable = not_applicable;
  return p;
}

Report selected(const std::vector<Purpose>& all) {
  return select({{}, {example().name}, false}, builtin_models(), all);
}

TEST(Suite, AnUnexecutedPurposeIsAnError) {
  const std::vector<Purpose> all{made([](Trial& t) { t.check(true, "fine"); }, applies_to_all)};
  Report report = selected(all);
  EXPECT_EQ(report.verdict(), Verdict::error) << "nothing executed yet";
  execute(report, {});
  EXPECT_EQ(report.verdict(), Verdict::pass);
  report.items.front().executed = false;
  EXPECT_EQ(report.verdict(), Verdict::error);
}

TEST(Suite, ZeroSelectedIsAnError) {
  const std::vector<Purpose> all{made([](Trial& t) { t.check(true, "fine"); },
                                      [](const ModelInfo&) -> std::string { return "never"; })};
  Report report = selected(all);
  execute(report, {});
  EXPECT_EQ(report.verdict(), Verdict::error);
  EXPECT_EQ(report.items.front().not_applicable, "never");
}

TEST(Suite, APurposeThatJudgesNothingOrThrowsIsAnError) {
  const std::vector<Purpose> all{made([](Trial&) {}, applies_to_all),
                                 made([](Trial&) { throw std::runtime_error("lost"); },
                                      applies_to_all),
                                 made([](Trial& t) { t.check(true, "fine"); }, applies_to_all)};
  Report report = selected(all);
  execute(report, {});
  EXPECT_EQ(report.items[0].verdict, Verdict::error);
  EXPECT_EQ(report.items[1].verdict, Verdict::error);
  EXPECT_EQ(report.items[1].judgements.back().text, "lost");
  EXPECT_EQ(report.items[2].verdict, Verdict::pass);
  EXPECT_EQ(report.verdict(), Verdict::error);
}

TEST(Suite, AStopLeavesAnErrorBehind) {
  const std::vector<Purpose> all{made([](Trial& t) { t.check(true, "fine"); }, applies_to_all)};
  Report report = selected(all);
  const std::atomic<bool> stop{true};
  Listener listener;
  listener.stop = &stop;
  execute(report, listener);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.verdict(), Verdict::error);
}

TEST(Suite, ATwinThatPassesIsMissed) {
  Purpose p = made([](Trial& t) { t.check(true, "fine"); }, applies_to_all);
  p.twins = {{"good", "nothing is wrong with it", nullptr, {"seed=2"}, ""}};
  const std::vector<Purpose> all{p};
  Report report = select({{}, {example().name}, true}, builtin_models(), all);
  execute(report, {});
  EXPECT_EQ(report.twins_tried(), 1u);
  EXPECT_EQ(report.twins_caught(), 0u);
  EXPECT_EQ(report.verdict(), Verdict::fail);
}

TEST(Suite, UnknownNamesAreRefused) {
  EXPECT_THROW(select({{"9.9"}, {}, false}, builtin_models(), purposes()), SelectionError);
  EXPECT_THROW(select({{}, {"nobody"}, false}, builtin_models(), purposes()), SelectionError);
  const Report one = select({{"7.1.5.4-q"}, {"raft"}, false}, builtin_models(), purposes());
  ASSERT_EQ(one.items.size(), 1u);
  EXPECT_EQ(one.items.front().purpose->id, "TP-7.1.5.4-q");
}

TEST(Statistics, ChiSquareTail) {
  // Abramowitz, Stegun, table 26.8: upper percentage points.
  EXPECT_NEAR(chi_square_tail(3.84146, 1), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_tail(9.21034, 2), 0.01, 1e-5);
  EXPECT_NEAR(chi_square_tail(7.81473, 3), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_tail(13.2767, 4), 0.01, 1e-5);
  EXPECT_NEAR(chi_square_tail(11.0705, 5), 0.05, 1e-5);
}

TEST(Scenario, PairsAreMerged) {
  EXPECT_EQ(merged_pairs("a = 1, b = [1, 2]", "b = \"x, y\", c = { d = 1, e = 2 }"),
            "a = 1, b = \"x, y\", c = { d = 1, e = 2 }");
}

}  // namespace
}  // namespace ledgerlab::conformance
