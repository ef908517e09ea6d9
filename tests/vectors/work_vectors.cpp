// Ethereum's own answers for the Homestead difficulty rule, bomb included.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/parts/work/work.hpp"
#include "tests/support/vectors.hpp"

namespace ledgerlab::work {
namespace {

TEST(Homestead, EthereumDifficultyVectors) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", "eth-tests/BasicTests");
  std::ifstream in(root / "eth-tests/BasicTests/difficultyCustomHomestead.json");
  ASSERT_TRUE(in);
  const auto read = [](const nlohmann::json& entry, const char* key) {
    return *u256_from_text(entry.at(key).get<std::string>());
  };
  HomesteadRule rule;
  rule.bomb_period = 100'000;
  std::size_t checked = 0;
  const nlohmann::json set = nlohmann::json::parse(in);
  for (const auto& [name, entry] : set.items()) {
    const U256 answer = homestead_difficulty(
        rule, read(entry, "parentDifficulty"), read(entry, "parentTimestamp").low64(),
        read(entry, "currentTimestamp").low64(), read(entry, "currentBlockNumber").low64());
    ASSERT_EQ(answer, read(entry, "currentDifficulty")) << name;
    ++checked;
  }
  EXPECT_EQ(checked, 73u);
  RecordProperty("vectors", static_cast<int>(checked));
}

}  // namespace
}  // namespace ledgerlab::work
