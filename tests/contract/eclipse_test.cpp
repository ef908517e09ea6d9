// The defences of discovery make the difference: the same adversary cuts its victim off where ids are
// free and nothing is limited, and does not where ids are bound to keys, address groups have limits
// and anchors outlive a restart. Sybils gain more peers than their share by naming one another.
#include <sstream>

#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

constexpr std::uint32_t n = 80;
constexpr std::uint32_t adversary = 24;  // the last ones
constexpr const char* defended =
    "ids = \"key\", bucket_group_limit = 2, table_group_limit = 10, peer_group_limit = 1, anchors = 2";

struct Cut {
  std::size_t peers = 0;
  std::size_t byzantine = 0;
  std::uint64_t behind = 0;  // blocks
  bool whole() const { return peers > 0 && byzantine == peers; }
};

struct Fields final : Inspector {
  std::map<std::string, std::string, std::less<>> of;
  void field(std::string_view name, std::string value) override {
    of.try_emplace(std::string(name), std::move(value));
  }
};

Fields fields_of(BuiltWorld& built, NodeId node) {
  Fields out;
  built.world().program(node)->inspect(out);
  return out;
}

/// Node 0 restarts under the attack; how it stands two minutes later.
Cut attack(std::uint64_t seed, const std::string& discovery, const std::string& ids) {
  std::string nodes;
  for (NodeId i = n - adversary; i < n; ++i) nodes += (nodes.empty() ? "" : ", ") + std::to_string(i);
  const std::string text =
      "seed = " + std::to_string(seed) + "\nduration = \"180 s\"\ndrain = \"1 s\"\n[network]\nnodes = " +
      std::to_string(n) + "\nlatency = \"20 ms\"\n[clients]\ncount = 0\n" +
      "[[faults]]\nkind = \"crash\"\nnode = 0\nat = \"45 s\"\nfor = \"10 s\"\n" +
      "[[behaviours]]\nmodel = \"eclipse\"\nnodes = [" + nodes + "]\nfrom = \"40 s\"\n" +
      "address_groups = 3\nparams = { victims = \"0\", ids = \"" + ids + "\", every = \"500 ms\" }\n" +
      "[[systems]]\nconsensus = \"pow\"\nparams = { block_interval = \"5 s\" }\n" +
      "discovery = \"kademlia\"\ndiscovery_params = { " + discovery + " }\n";
  const Plan plan = resolve(parse_scenario(text, "eclipse.toml"), builtin_models());
  BuiltWorld built(plan, plan.systems[0], {});
  built.world().run_until(Time{seconds(180)});
  Cut out;
  const Fields victim = fields_of(built, 0);
  std::istringstream peers(victim.of.at("overlay.peers"));
  for (NodeId peer = 0; peers >> peer;) {
    ++out.peers;
    out.byzantine += peer >= n - adversary;
  }
  const std::uint64_t other = std::stoull(fields_of(built, 1).of.at("height"));
  const std::uint64_t own = std::stoull(victim.of.at("height"));
  out.behind = other - std::min(other, own);
  return out;
}

TEST(Eclipse, SucceedsWithoutDefenceAndFailsAgainstIt) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Cut open = attack(seed, "ids = \"free\"", "chosen");
    EXPECT_TRUE(open.whole()) << open.byzantine << " of " << open.peers;
    EXPECT_GT(open.behind, 5u);
    for (const char* ids : {"chosen", "own"}) {
      const Cut held = attack(seed, defended, ids);
      EXPECT_FALSE(held.whole()) << ids << ": " << held.byzantine << " of " << held.peers;
      EXPECT_LE(held.behind, 1u) << ids;
    }
  }
}

/// Byzantine share of the correct replicas' connections.
double sybil_share(const std::string& discovery, bool lying) {
  const std::string text =
      "seed = 3\nduration = \"120 s\"\ndrain = \"1 s\"\n[network]\nnodes = " + std::to_string(n) +
      "\nlatency = \"20 ms\"\n[clients]\ncount = 0\n" +
      "[[behaviours]]\nmodel = \"" + (lying ? "sybil" : "delay") +
      "\"\ncount = 16\nfrom = \"" + (lying ? "0 s" : "119 s") + "\"\naddress_groups = 2\n" +
      "[[systems]]\nconsensus = \"pow\"\nparams = { block_interval = \"5 s\" }\n" +
      "discovery = \"kademlia\"\ndiscovery_params = { k = 4" + discovery + " }\n";
  const Plan plan = resolve(parse_scenario(text, "sybil.toml"), builtin_models());
  const std::vector<NodeId> bad = plan.systems[0].byzantine();
  BuiltWorld built(plan, plan.systems[0], {});
  built.world().run_until(Time{seconds(120)});
  double all = 0, theirs = 0;
  for (NodeId i = 0; i < n; ++i) {
    if (std::binary_search(bad.begin(), bad.end(), i)) continue;
    std::istringstream peers(fields_of(built, i).of.at("overlay.peers"));
    for (NodeId peer = 0; peers >> peer;) {
      ++all;
      theirs += std::binary_search(bad.begin(), bad.end(), peer) ? 1 : 0;
    }
  }
  return theirs / all;
}

TEST(Sybil, GainsByNamingAccomplicesAndIsBoundByGroups) {
  const double honest = sybil_share("", false);
  const double lying = sybil_share("", true);
  const double limited = sybil_share(
      ", bucket_group_limit = 2, table_group_limit = 10, peer_group_limit = 1", true);
  EXPECT_GT(lying, honest);
  EXPECT_LT(limited, lying / 1.3);
}

}  // namespace
}  // namespace ledgerlab::contract
