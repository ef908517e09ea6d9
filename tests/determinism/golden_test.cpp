// The promise of golden.tsv itself: no pinned value can change silently, and the program gives the
// same rows in fresh processes, whichever way nodes are stepped.
#include "tests/determinism/golden.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <set>

namespace ledgerlab::determinism {
namespace {

const std::vector<Row> golden{{"d1", "h1", "a"}, {"d2", "h2", "b"}};

TEST(Golden, EqualRowsPass) { EXPECT_TRUE(differences(golden, golden).empty()); }

TEST(Golden, AChangedHashUnderAnUnchangedDigestFails) {
  const auto wrong = differences(golden, {{"d1", "h1", "a"}, {"d2", "h9", "b"}});
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_NE(wrong[0].find("under the unchanged plan digest d2"), std::string::npos) << wrong[0];
}

TEST(Golden, AChangedPlanAsksForARewrite) {
  const auto wrong = differences(golden, {{"d9", "h9", "a"}, {"d2", "h2", "b"}});
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_NE(wrong[0].find("--rewrite"), std::string::npos);
  EXPECT_EQ(differences(golden, {{"d9", "h1", "a"}, {"d2", "h2", "b"}}).size(), 1u);
}

TEST(Golden, MissingNewAndReorderedRowsFail) {
  EXPECT_EQ(differences(golden, {golden[0]}).size(), 1u);
  EXPECT_EQ(differences(golden, {golden[0], golden[1], {"d3", "h3", "c"}}).size(), 1u);
  EXPECT_EQ(differences(golden, {golden[1], golden[0]}).size(), 1u);
  EXPECT_FALSE(differences({}, golden).empty());
}

TEST(Golden, RowsReadBack) {
  EXPECT_EQ(parse_rows("# head\n\n" + format_rows(golden)), golden);
  EXPECT_THROW(parse_rows("d1 h1 a\n"), std::invalid_argument);
  EXPECT_THROW(parse_rows("d1\th1\ta\tb\n"), std::invalid_argument);
}

std::string output_of(const std::string& arguments) {
  const std::string command = "'" + std::string(LEDGERLAB_HASH) + "' " + arguments;
  FILE* pipe = popen(command.c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer;
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    out.append(buffer.data(), got);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

TEST(Golden, TenFreshProcessesGiveOneHash) {
  for (const char* name : {"raft-swarm", "pow-lottery", "fixed-leader"}) {
    std::set<std::string> outputs;
    for (int i = 0; i < 10; ++i) outputs.insert(output_of(std::string("--only ") + name));
    EXPECT_EQ(outputs.size(), 1u) << name;
    EXPECT_EQ(parse_rows(*outputs.begin()).size(), 1u) << name;
  }
}

TEST(Golden, SteppingAheadAndSharingDoNotMatter) { EXPECT_EQ(output_of("--slow"), output_of("")); }

}  // namespace
}  // namespace ledgerlab::determinism
