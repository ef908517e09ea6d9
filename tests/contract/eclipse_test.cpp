// The defences of discovery make the difference. The scenario of an eclipse cuts its victim off, and
// does not where ids are bound to keys or address groups have limits. Sybils gain more peers than
// their share by naming one another, and fewer under limits per group.
#include <fstream>
#include <sstream>

#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

const std::vector<std::string> group_limits{
    "systems.pow.discovery_params.bucket_group_limit=2",
    "systems.pow.discovery_params.table_group_limit=10",
    "systems.pow.discovery_params.peer_group_limit=1"};
const std::vector<std::string> bound_ids{"systems.pow.discovery_params.ids=\"key\"",
                                         "behaviours.0.params.ids=\"own\""};

/// Byzantine peers and all peers of each correct replica at the end of a scenario.
std::map<NodeId, std::pair<std::size_t, std::size_t>> peers_after(
    const std::string& file, const std::vector<std::string>& settings) {
  std::ifstream stream(std::string(LEDGERLAB_SOURCE_DIR) + "/scenarios/faults/" + file);
  std::stringstream text;
  text << stream.rdbuf();
  Document document = parse_scenario(text.str(), file);
  for (const std::string& setting : settings) apply_setting(document, setting);
  const Plan plan = resolve(document, builtin_models());
  const std::vector<NodeId> bad = plan.systems[0].byzantine();
  BuiltWorld built(plan, plan.systems[0], {});
  built.world().run_until(plan.end());
  std::map<NodeId, std::pair<std::size_t, std::size_t>> out;
  for (NodeId i = 0; i < plan.network.replicas; ++i) {
    if (std::binary_search(bad.begin(), bad.end(), i)) continue;
    struct Fields final : Inspector {
      std::map<std::string, std::string, std::less<>> of;
      void field(std::string_view name, std::string value) override {
        of.try_emplace(std::string(name), std::move(value));
      }
    } fields;
    built.world().program(i)->inspect(fields);
    std::istringstream peers(fields.of.at("overlay.peers"));
    for (NodeId peer = 0; peers >> peer;) {
      ++out[i].second;
      out[i].first += std::binary_search(bad.begin(), bad.end(), peer) ? 1 : 0;
    }
  }
  return out;
}

TEST(Eclipse, SucceedsWithoutDefenceAndFailsAgainstEither) {
  const auto open = peers_after("eclipse-free-ids.toml", {}).at(0);
  EXPECT_GT(open.second, 0u);
  EXPECT_EQ(open.first, open.second) << "every peer of the victim is an accomplice";
  for (const auto& defence : {bound_ids, group_limits}) {
    const auto held = peers_after("eclipse-free-ids.toml", defence).at(0);
    EXPECT_LT(held.first, held.second) << defence.front();
  }
}

double share_of(const std::vector<std::string>& settings) {
  double all = 0, theirs = 0;
  for (const auto& [node, peers] : peers_after("sybil.toml", settings)) {
    theirs += static_cast<double>(peers.first);
    all += static_cast<double>(peers.second);
  }
  return theirs / all;
}

TEST(Sybil, GainsByNamingAccomplicesAndIsBoundByGroups) {
  const double lying = share_of({});
  EXPECT_GT(lying, 0.5) << "two fifths of the nodes";
  EXPECT_LT(share_of(group_limits), 0.9 * lying);
}

}  // namespace
}  // namespace ledgerlab::contract
