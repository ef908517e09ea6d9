// What every discovery model promises: from any connected bootstrap all live nodes end in one
// connected overlay within its bound (ContractHints::run), after churn too; connections are mutual;
// nobody is its own peer, and no dead node stays a peer longer than its parameters say; two runs are
// one. Short parameters stand in ContractHints::params.
#include <algorithm>
#include <numeric>
#include <set>
#include <sstream>

#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

constexpr std::uint32_t n = 40;

using Graph = std::map<NodeId, std::set<NodeId>>;  // live nodes and their peers

class Discovery : public ::testing::TestWithParam<const ModelInfo*> {
 protected:
  /// `network`: more lines of [network]; `params`: after the model's own for contracts.
  Plan plan(const std::string& network, const std::string& tables, const std::string& params = "") {
    const ModelInfo& model = *GetParam();
    std::string all = model.contract.params;
    if (!params.empty()) all += (all.empty() ? "" : ", ") + params;
    const std::string text =
        "seed = 7\nduration = \"100 s\"\n[network]\nnodes = " + std::to_string(n) +
        "\nlatency = \"20 ms\"\n" + network + "\n[clients]\ncount = 1\n[workload]\nrate = \"0.1 tx/s\"\n" +
        tables + "\n[[systems]]\nconsensus = \"pow\"\nparams = { block_interval = \"4 s\" }\n" +
        "discovery = \"" + model.name + "\"\ndiscovery_params = { " + all + " }\n";
    return resolve(parse_scenario(text, "contract.toml"), builtin_models());
  }
  static Duration bound() { return GetParam()->contract.run; }
  static bool has(std::string_view param) {
    const auto& params = GetParam()->params;
    return std::any_of(params.begin(), params.end(),
                       [&](const ParamInfo& info) { return info.key == param; });
  }
  /// Does it find out who is alive? Its parameters say so; a list names its members, dead or not.
  static bool listens() { return has("peer_timeout") || has("ping_interval"); }
  /// How long a dead node may stay a peer: until the first beat after peer_timeout, or the fourth
  /// ping (the third unanswered one ends it).
  static Duration stale_bound(const Plan& plan) {
    const Params& params = plan.systems[0].discovery.params;
    if (!listens()) return seconds(100'000);
    return seconds(1) + (has("peer_timeout")
                             ? params.duration("keep_alive") + params.duration("peer_timeout")
                             : 4 * params.duration("ping_interval"));
  }
};

struct Fields final : Inspector {
  std::map<std::string, std::string, std::less<>> of;
  void field(std::string_view name, std::string value) override {
    of.try_emplace(std::string(name), std::move(value));
  }
};

struct Running {
  explicit Running(const Plan& plan, bool eager = true) : built(plan, plan.systems[0], options(eager)) {}
  static BuildOptions options(bool eager) {
    BuildOptions out;
    out.eager = eager;
    return out;
  }
  World& world() { return built.world(); }
  void run_to(Duration time) { world().run_until(Time{time}); }
  Fields fields(NodeId node) {
    Fields out;
    world().program(node)->inspect(out);
    return out;
  }
  Graph graph() {
    Graph out;
    for (NodeId i = 0; i < n; ++i) {
      if (!world().alive(i)) continue;
      auto& peers = out[i];
      std::istringstream text(fields(i).of["overlay.peers"]);
      for (NodeId peer = 0; text >> peer;) peers.insert(peer);
    }
    return out;
  }
  BuiltWorld built;
};

/// Empty, or why the live nodes are not one overlay. A connection counts if both ends have it.
std::string falls_apart(const Graph& graph) {
  if (graph.empty()) return "nobody is up";
  std::set<NodeId> reached{graph.begin()->first};
  std::vector<NodeId> next(reached.begin(), reached.end());
  while (!next.empty()) {
    const NodeId node = next.back();
    next.pop_back();
    for (const NodeId peer : graph.at(node)) {
      const auto other = graph.find(peer);
      if (other == graph.end() || !other->second.contains(node)) continue;
      if (reached.insert(peer).second) next.push_back(peer);
    }
  }
  if (reached.size() == graph.size()) return "";
  return std::to_string(reached.size()) + " of " + std::to_string(graph.size()) +
         " hang together";
}

/// Remembers since when nodes are down, and finds peers that should be forgotten.
struct Deaths {
  std::map<NodeId, Duration> since;
  std::string look(Running& running, Duration now, Duration limit) {
    for (NodeId i = 0; i < n; ++i) {
      if (running.world().alive(i)) {
        since.erase(i);
      } else {
        since.try_emplace(i, now);
      }
    }
    for (const auto& [node, peers] : running.graph()) {
      if (peers.contains(node)) return "node " + std::to_string(node) + " is its own peer";
      for (const NodeId peer : peers) {
        const auto dead = since.find(peer);
        if (dead == since.end() || dead->second + limit >= now) continue;
        return "node " + std::to_string(node) + " has the dead peer " + std::to_string(peer);
      }
    }
    return "";
  }
};

constexpr const char* churn =
    "[[faults]]\nkind = \"churn\"\nat = \"5 s\"\nuntil = \"60 s\"\nshare = \"40 %\"\n"
    "session = \"15 s\"\nabsence = \"10 s\"\n";
constexpr const char* deaths =
    "[[faults]]\nkind = \"crash\"\nnodes = [1, 2, 3, 5, 8, 13, 21, 34]\nat = \"32 s\"\n";

TEST_P(Discovery, AnyConnectedBootstrapBecomesOneOverlay) {
  for (const char* network :
       {"topology = \"full-mesh\"", "topology = \"star\"", "topology = \"watts-strogatz\"\nk = 2\nrewire = 0",
        "topology = \"random-regular\"\ndegree = 3"}) {
    SCOPED_TRACE(network);
    const Plan p = plan(network, "");
    Running running(p);
    running.run_to(bound());
    EXPECT_EQ(falls_apart(running.graph()), "");
    running.run_to(seconds(100));
    EXPECT_EQ(falls_apart(running.graph()), "");
    // And content reaches everybody.
    std::uint64_t lowest = ~0ull, highest = 0;
    for (NodeId i = 0; i < n; ++i) {
      const std::uint64_t height = std::stoull(running.fields(i).of["height"]);
      lowest = std::min(lowest, height);
      highest = std::max(highest, height);
    }
    EXPECT_GT(lowest, 5u);
    EXPECT_LE(highest, lowest + 1);
  }
}

TEST_P(Discovery, ChurnLeavesOneOverlayWithoutTheDead) {
  const Plan p = plan("topology = \"random-regular\"\ndegree = 3", churn);
  Running running(p);
  Deaths dead;
  std::size_t most_dead = 0;
  for (Duration now = seconds(1); now <= seconds(100); now += seconds(1)) {
    running.run_to(now);
    ASSERT_EQ(dead.look(running, now, stale_bound(p)), "") << now.count();
    most_dead = std::max(most_dead, dead.since.size());
    if (now == seconds(60) + bound()) {
      EXPECT_EQ(falls_apart(running.graph()), "");
      EXPECT_EQ(running.graph().size(), n) << "all are back";
    }
  }
  EXPECT_GT(most_dead, 2u) << "nobody was away";
}

TEST_P(Discovery, TheDeadAreForgottenAndTheOthersStayTogether) {
  const Plan p = plan("topology = \"star\"", deaths);
  Running running(p);
  Deaths dead;
  for (Duration now = seconds(30); now <= seconds(100); now += seconds(1)) {
    running.run_to(now);
    ASSERT_EQ(dead.look(running, now, stale_bound(p)), "") << now.count();
  }
  EXPECT_EQ(dead.since.size(), 8u);
  EXPECT_EQ(falls_apart(running.graph()), "");
}

TEST_P(Discovery, TwoRunsAreOne) {
  const Plan p = plan("topology = \"random-regular\"\ndegree = 3", churn);
  std::set<std::string> hashes;
  for (const bool eager : {true, true, false}) {
    Running running(p, eager);
    running.run_to(seconds(100));
    hashes.insert(to_hex(running.world().trace_hash()));
    EXPECT_EQ(running.world().check_books(), "");
  }
  EXPECT_EQ(hashes.size(), 1u);
}

// The checks above can fail: with links that lose everything nobody finds anybody, and for a while
// the dead are peers still.
TEST_P(Discovery, TwinsAreCaught) {
  const Plan deaf = plan("topology = \"random-regular\"\ndegree = 3",
                         "[[faults]]\nkind = \"loss\"\nat = \"0 s\"\nprobability = \"100 %\"\n");
  Running alone(deaf);
  alone.run_to(bound());
  EXPECT_EQ(falls_apart(alone.graph()) != "", listens());

  const Plan p = plan("topology = \"star\"", deaths);
  Running running(p);
  Deaths dead;
  std::string found;
  for (Duration now = seconds(30); now <= seconds(60) && found.empty(); now += ms(200)) {
    running.run_to(now);
    found = dead.look(running, now, Duration::zero());
  }
  EXPECT_NE(found.find("dead peer"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Models, Discovery,
                         ::testing::ValuesIn(builtin_models().all(ModelKind::discovery)),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace ledgerlab::contract
