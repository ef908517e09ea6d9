// Quorum arithmetic for n = 1..40 by exhaustive counting of overlaps, and etcd-io/raft's own
// data-driven answers for majority and joint configurations.

#include "models/parts/quorum/quorum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace ledgerlab::quorum {
namespace {

TEST(Quorum, MajoritiesOfAllSizesMeetAndSurviveTheDeclaredCrashes) {
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const std::uint32_t q = majority(n);
    EXPECT_GE(least_overlap(n, q), 1u) << n;
    EXPECT_EQ(least_overlap(n, q - 1), 0u) << "a smaller majority would do, n=" << n;
    EXPECT_GE(n - max_crashed(n), q) << n;
    EXPECT_LT(n - max_crashed(n) - 1, q) << "one more crash would do, n=" << n;
  }
}

TEST(Quorum, ByzantineQuorumsMeetInACorrectReplicaAndAreReachable) {
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const std::uint32_t f = max_byzantine(n);
    EXPECT_GE(n, 3 * f + 1);
    EXPECT_LT(n, 3 * (f + 1) + 1);
    const std::uint32_t q = byzantine(n);
    EXPECT_GT(least_overlap(n, q), f) << "two quorums may meet in liars only, n=" << n;
    EXPECT_LE(least_overlap(n, q - 1), f) << "q is not the smallest, n=" << n;
    EXPECT_LE(q, n - f) << "the correct replicas alone are no quorum, n=" << n;
  }
}

// TARGETS, section 4: the mandatory negative test.
TEST(Quorum, TwoFPlusOneIsUnsafeUnlessNIsThreeFPlusOne) {
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const std::uint32_t f = max_byzantine(n);
    const bool safe = least_overlap(n, 2 * f + 1) > f;
    EXPECT_EQ(safe, n == 3 * f + 1) << n;
    EXPECT_EQ(byzantine(n) == 2 * f + 1, n == 3 * f + 1) << n;
  }
  EXPECT_EQ(byzantine(5), 4u);
  EXPECT_EQ(byzantine(6), 4u);
  EXPECT_EQ(byzantine(4), 3u);
}

TEST(Quorum, CommittedIsTheLargestIndexAMajorityHasReached) {
  for (std::uint32_t n = 1; n <= 40; ++n) {
    std::vector<std::uint64_t> reached;
    for (std::uint32_t i = 0; i < n; ++i) reached.push_back((i * 7919u) % 53u);
    const std::uint64_t answer = committed(reached);
    const auto at_least = [&](std::uint64_t index) {
      return static_cast<std::uint32_t>(
          std::count_if(reached.begin(), reached.end(), [&](auto r) { return r >= index; }));
    };
    EXPECT_GE(at_least(answer), majority(n)) << n;
    EXPECT_LT(at_least(answer + 1), majority(n)) << n;
  }
}

std::filesystem::path vectors() {
  if (const char* dir = std::getenv("LEDGERLAB_VECTORS")) return dir;
  return std::filesystem::path(LEDGERLAB_SOURCE_DIR) / "../shared/vectors";
}

struct Case {
  std::string command;
  std::string answer;  // the last word of the expected output
};

std::vector<Case> cases_of(const std::string& text) {
  std::vector<Case> cases;
  std::istringstream in(text);
  std::string line;
  std::string command;
  bool answering = false;
  while (std::getline(in, line)) {
    if (line == "----") {
      answering = true;
    } else if (line.empty() || line[0] == '#') {
      answering = false;
      if (line.empty()) command.clear();
    } else if (!answering) {
      command = line;
    } else if (!command.empty()) {
      if (cases.empty() || cases.back().command != command) cases.push_back({command, ""});
      cases.back().answer = line;
    }
  }
  return cases;
}

std::vector<std::string> list_of(const std::string& command, const std::string& key) {
  std::smatch match;
  std::vector<std::string> out;
  if (!std::regex_search(command, match, std::regex("\\b" + key + "=\\(([^)]*)\\)"))) return out;
  std::string inside = match[1];
  std::replace(inside.begin(), inside.end(), ',', ' ');
  std::istringstream in(inside);
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// The word given for each replica: first those of cfg, then the new ones of cfgj.
std::map<std::string, std::string> words_of(const Case& c, const std::string& key) {
  const auto words = list_of(c.command, key);
  std::map<std::string, std::string> out;
  std::size_t next = 0;
  for (const char* cfg : {"cfg", "cfgj"}) {
    for (const auto& id : list_of(c.command, cfg)) {
      if (!out.contains(id) && next < words.size()) out[id] = words[next++];
    }
  }
  return out;
}

/// A case's servers, numbered as they are named, and the voters among them.
struct Servers {
  std::vector<std::string> names;
  std::vector<std::uint32_t> members, old_members;

  explicit Servers(const Case& c) {
    for (const auto& [list, key] :
         {std::pair(&members, "cfg"), std::pair(&old_members, "cfgj")}) {
      for (const std::string& name : list_of(c.command, key)) {
        auto place = std::find(names.begin(), names.end(), name);
        if (place == names.end()) place = names.insert(place, name);
        list->push_back(static_cast<std::uint32_t>(place - names.begin()));
      }
    }
  }
  Voters voters() const { return {members, old_members}; }
};

std::uint64_t committed_of(const Case& c) {
  const Servers servers(c);
  auto words = words_of(c, "idx");
  std::vector<std::uint64_t> reached;
  for (const auto& id : servers.names) {
    reached.push_back(words[id] == "_" ? 0 : std::stoull(words[id]));
  }
  std::vector<std::uint64_t> buffer;
  return committed(servers.voters(), reached, buffer);
}

Outcome vote_of(const Case& c) {
  const Servers servers(c);
  auto words = words_of(c, "votes");
  std::vector<Answer> answers;
  for (const auto& id : servers.names) {
    answers.push_back(words[id] == "y"   ? Answer::yes
                      : words[id] == "n" ? Answer::no
                                         : Answer::missing);
  }
  return vote(servers.voters(), answers);
}

std::string name_of(Outcome outcome) {
  if (outcome == Outcome::lost) return "VoteLost";
  return outcome == Outcome::won ? "VoteWon" : "VotePending";
}

TEST(Quorum, AJointVoteNeedsBothMajorities) {
  // {0 1 2} and {2 3 4}: all ways to answer.
  const std::vector<std::uint32_t> now{2, 3, 4};
  const std::vector<std::uint32_t> old{0, 1, 2};
  for (std::uint32_t ways = 0; ways < 243; ++ways) {
    std::vector<Answer> answers;
    for (std::uint32_t rest = ways, i = 0; i < 5; ++i, rest /= 3) {
      answers.push_back(static_cast<Answer>(rest % 3));
    }
    const auto half = [&](const std::vector<std::uint32_t>& list) {
      std::vector<Answer> own;
      for (const std::uint32_t server : list) own.push_back(answers[server]);
      return vote(own);
    };
    const Outcome a = half(now);
    const Outcome b = half(old);
    const Outcome both = vote(Voters{now, old}, answers);
    EXPECT_EQ(both == Outcome::won, a == Outcome::won && b == Outcome::won) << ways;
    EXPECT_EQ(both == Outcome::lost, a == Outcome::lost || b == Outcome::lost) << ways;
  }
}

TEST(Quorum, AgreesWithEtcdRaftDataDrivenVectors) {
  const auto archive = vectors() / "consensus.tar.xz";
  if (!std::filesystem::exists(archive)) GTEST_SKIP() << "no vectors at " << archive;
  int run = 0;
  for (const char* file : {"majority_commit", "joint_commit", "joint_vote"}) {
    const std::string command =
        "tar -xJOf '" + archive.string() + "' raft/quorum/testdata/" + file + ".txt 2>/dev/null";
    FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string text;
    char buffer[4096];
    for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
      text.append(buffer, got);
    ASSERT_EQ(pclose(pipe), 0) << command;
    for (const Case& c : cases_of(text)) {
      ++run;
      if (c.command.starts_with("vote")) {
        EXPECT_EQ(name_of(vote_of(c)), c.answer) << c.command;
        continue;
      }
      const std::uint64_t index = committed_of(c);
      const std::string mine =
          index == std::numeric_limits<std::uint64_t>::max() ? "∞" : std::to_string(index);
      EXPECT_TRUE(mine == "∞" ? c.answer.ends_with(mine) : c.answer == mine)
          << c.command << ": " << c.answer << ", not " << mine;
    }
  }
  EXPECT_EQ(run, 105) << "INDEX.tsv counts 105 cases in these files";
}

}  // namespace
}  // namespace ledgerlab::quorum
