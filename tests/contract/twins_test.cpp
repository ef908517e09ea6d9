// Every twin is caught, and what it is a twin of is not.
#include "tests/contract/twins.hpp"

#include <algorithm>
#include <cstdio>

namespace ledgerlab::contract {
namespace {

struct Tally {
  int caught = 0;
  int tried = 0;
  ~Tally() { std::printf("caught %d of %d twins of protocols and clients\n", caught, tried); }
};
Tally& tally() {
  static Tally one;
  return one;
}

std::vector<Twin> all_twins() {
  std::vector<Twin> all = raft_twins();
  for (auto more : {history_twins(), lottery_twins()}) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return all;
}

class Twins : public ::testing::TestWithParam<Twin> {};

std::vector<std::string> violations(const Plan& plan, const RunOptions& options) {
  std::vector<std::string> names;
  const RunResult result = run_system(plan, plan.systems.front(), options);
  for (const Finding& f : result.violations) names.push_back(f.checker);
  for (const Finding& f : result.violations) {
    names.push_back(f.checker + ": " + f.text);
  }
  return names;
}

TEST_P(Twins, IsCaughtAndItsOriginalIsNot) {
  const Twin& twin = GetParam();
  ++tally().tried;
  std::string seen;
  for (std::uint64_t seed = 1; seed <= twin.seeds; ++seed) {
    const Plan good = twin.setup.plan(seed);
    for (const std::string& v : violations(good, {})) {
      ADD_FAILURE() << "the original, seed " << seed << ": " << v;
    }
    Plan bad = twin.setup.plan(seed);
    if (twin.twist) twin.twist(bad);
    RunOptions options;
    if (twin.wrap) options.wrap = twin.wrap();
    for (const std::string& v : violations(bad, options)) {
      if (std::find(twin.caught_by.begin(), twin.caught_by.end(), v) != twin.caught_by.end()) {
        ++tally().caught;
        std::printf("%s: caught by %s at seed %llu\n", twin.name.c_str(), v.c_str(),
                    static_cast<unsigned long long>(seed));
        return;
      }
      seen += "\n  seed " + std::to_string(seed) + ": " + v;
    }
  }
  ADD_FAILURE() << "not caught in " << twin.seeds << " seeds; other findings:" << seen;
}

INSTANTIATE_TEST_SUITE_P(All, Twins, ::testing::ValuesIn(all_twins()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace ledgerlab::contract
