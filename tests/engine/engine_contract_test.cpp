// One contract for all engines (DESIGN 13.7). Native is judged in this process, the others in a
// fresh process a check; an engine that is not here is skipped aloud. Each check has twins that it
// must catch.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>

#include "sim/engine/native/native.hpp"
#include "tests/engine/checks.hpp"
#include "tests/engine/twins.hpp"

namespace ledgerlab::engine_contract {
namespace {

struct Probed {
  int code = -1;
  std::string said;
};

Probed probe(const std::string& engine, const std::string& arguments) {
  const std::string command =
      "'" LEDGERLAB_BINARY_DIR "/bin/engine_probe' " + engine + " " + arguments + " 2>&1";
  FILE* stream = popen(command.c_str(), "r");
  if (stream == nullptr) return {};
  Probed out;
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), buffer.size(), stream) != nullptr) out.said += buffer.data();
  const int status = pclose(stream);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

bool native(const std::string& engine) { return engine == "native"; }

Probed judge(const std::string& engine, const std::string& name) {
  if (!native(engine)) return probe(engine, name);
  const Verdict v = find_check(name)->run(make_native_engine);
  return {v.fault.empty() ? 0 : 1, (v.fault.empty() ? v.digest : v.fault) + "\n"};
}

class EngineContract : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (native(GetParam())) return;
    const Probed here = probe(GetParam(), "timers");
    if (here.code != 69) return;
    std::fprintf(stderr, "**** SKIPPED: %s is not built here, its contract was NOT checked ****\n%s",
                 GetParam(), here.said.c_str());
    GTEST_SKIP() << here.said;
  }
  std::string digest(const std::string& name) const {
    const Probed probed = judge(GetParam(), name);
    EXPECT_EQ(probed.code, 0) << name << ": " << probed.said;
    return probed.said;
  }
};

TEST_P(EngineContract, KeepsEveryPromise) {
  for (const Check& check : checks()) {
    // TCP takes time where no access link does.
    if (std::string(GetParam()) == "ns3" && std::string(check.name).starts_with("unlimited")) {
      continue;
    }
    const Probed probed = judge(GetParam(), check.name);
    EXPECT_EQ(probed.code, 0) << check.name << " (" << check.promise << "): " << probed.said;
  }
}

TEST_P(EngineContract, TwoRunsAreOne) { EXPECT_EQ(digest("storm"), digest("storm")); }

TEST_P(EngineContract, SlicesOfAnyLengthChangeNothing) {
  EXPECT_EQ(digest("storm"), digest("storm_sliced"));
}

TEST_P(EngineContract, StopsChangeNothing) { EXPECT_EQ(digest("storm"), digest("storm_stopped")); }

TEST_P(EngineContract, WakeUpsAreThoseOfEveryEngine) {
  EXPECT_EQ(digest("timers_only"), judge("native", "timers_only").said);
}

/// 13.7: simgrid agrees with native where no link takes time; ns3 does so within a tolerance only.
TEST_P(EngineContract, WithoutAccessLinksSimgridIsNative) {
  if (std::string(GetParam()) == "ns3") GTEST_SKIP() << "TCP takes time on every link";
  EXPECT_EQ(digest("unlimited"), judge("native", "unlimited").said);
  EXPECT_EQ(digest("unlimited_flows"), judge("native", "unlimited").said);
}

TEST_P(EngineContract, StartsAndStopsWithoutLeak) {
  const std::string engine = GetParam();
  if (native(engine)) {
    const Verdict v = cycles(make_native_engine, 10'000);
    EXPECT_EQ(v.fault, "");
  } else if (engine == "ns3") {
    const Probed probed = probe(engine, "cycles 1000");
    EXPECT_EQ(probed.code, 0) << probed.said;
  } else {
    for (int i = 0; i < 200; ++i) {
      const Probed probed = probe(engine, "cycles 1");
      ASSERT_EQ(probed.code, 0) << "process " << i << ": " << probed.said;
    }
  }
}

TEST_P(EngineContract, OneLiveRunAProcess) {
  if (std::string(GetParam()) != "simgrid") GTEST_SKIP() << "it may run again in one process";
  const Probed probed = probe(GetParam(), "second");
  EXPECT_EQ(probed.code, 0) << probed.said;
}

TEST_P(EngineContract, SimgridSharesLinksByItsModels) {
  if (std::string(GetParam()) != "simgrid") GTEST_SKIP() << "simgrid's own";
  for (const Check& check : simgrid_checks()) {
    const Probed probed = judge(GetParam(), check.name);
    EXPECT_EQ(probed.code, 0) << check.name << " (" << check.promise << "): " << probed.said;
  }
}

/// The native engine has no backbone, so the checks of it must fail there: they can.
TEST(EngineTwins, NativeCannotShowABackbone) {
  for (const char* name : {"backbone_global", "backbone_pair", "lv08", "constant"}) {
    EXPECT_NE(find_check(name)->run(make_native_engine).fault, "") << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineContract, ::testing::Values("native", "simgrid", "ns3"),
                         [](const auto& info) { return std::string(info.param); });

MakeEngine wrong(Wrong kind) {
  return [kind](const NetworkSpec& spec) { return make_wrong(kind, spec); };
}

/// Which check must catch which twin.
TEST(EngineTwins, EveryCheckCatchesItsTwin) {
  constexpr std::pair<Wrong, const char*> twins[] = {
      {Wrong::loses, "delivered_once"}, {Wrong::duplicates, "delivered_once"},
      {Wrong::swaps, "link_order"},     {Wrong::hurries, "lower_bounds"},
      {Wrong::oversleeps, "timers"},    {Wrong::overruns, "clock"},
      {Wrong::forgets_stop, "storm_stopped"},
  };
  for (const auto& [kind, check] : twins) {
    EXPECT_NE(find_check(check)->run(wrong(kind)).fault, "") << check;
  }
}

TEST(EngineTwins, DigestsCatchTheirTwins) {
  const auto digest = [](Wrong kind, const char* check) {
    const Verdict v = find_check(check)->run(wrong(kind));
    return v.fault + v.digest;
  };
  const auto right = [](const char* check) {
    return find_check(check)->run(make_native_engine).digest;
  };
  EXPECT_NE(digest(Wrong::differs, "storm"), digest(Wrong::differs, "storm"));
  EXPECT_EQ(digest(Wrong::rounds_slices, "storm"), digest(Wrong::rounds_slices, "storm"));
  EXPECT_NE(digest(Wrong::rounds_slices, "storm_sliced"), digest(Wrong::rounds_slices, "storm"));
  EXPECT_NE(digest(Wrong::favours_low, "unlimited"), right("unlimited"));
  EXPECT_NE(digest(Wrong::favours_low, "timers_only"), right("timers_only"));
}

TEST(EngineTwins, ALeakIsSeen) {
  static std::vector<std::unique_ptr<Engine>> kept;
  const auto leaking = [](const NetworkSpec& spec) {
    kept.push_back(make_native_engine(spec));
    return make_native_engine(spec);
  };
  EXPECT_NE(cycles(leaking, 10'000).fault, "");
  kept.clear();
}

}  // namespace
}  // namespace ledgerlab::engine_contract
