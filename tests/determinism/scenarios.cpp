// The pinned scenarios: each protocol with faults and without, both kinds of crypto and of mining,
// snapshots, gossip over a drawn overlay, real latencies, jitter and packet loss.
#include "sim/scenario/build.hpp"
#include "sim/scenario/resolver.hpp"
#include "tests/determinism/golden.hpp"

namespace ledgerlab::determinism {
namespace {

constexpr const char* small_world = R"(
duration = "4 s"
drain = "2 s"
[network]
nodes = 5
latency = "25 ms"
jitter = "10 %"
[clients]
count = 2
[workload]
rate = "60 tx/s"
[genesis]
accounts = 50
)";

/// The engines execute the same calls, the crashed replica catches up.
constexpr const char* contract_world = R"(
duration = "3 s"
drain = "2 s"
[network]
nodes = 4
latency = "25 ms"
jitter = "10 %"
[clients]
count = 2
[workload]
model = "contract_calls"
rate = "40 tx/s"
[genesis]
accounts = 20
[[faults]]
kind = "crash"
node = 3
at = "1 s"
for = "500 ms"
)";

/// Three payers come to the end of some lives, and begin others.
constexpr const char* lifecycle_world = R"(
duration = "4 s"
drain = "2 s"
[network]
nodes = 4
latency = "25 ms"
jitter = "10 %"
[clients]
count = 1
[workload]
model = "contract_calls"
job = "lifecycle"
rate = "12 tx/s"
[genesis]
accounts = 3
)";

constexpr const char* wide_world = R"(
duration = "5 s"
drain = "3 s"
[network]
nodes = 7
latency = "aws-21"
jitter = "5 %"
jitter_kind = "uniform"
packet_loss = "0.5 %"
up = "50 Mbit/s"
down = "50 Mbit/s"
[clients]
count = 7
[workload]
rate = "100 tx/s"
[genesis]
accounts = 100
)";

constexpr const char* every_fault = R"(
[swarm]
until = "3500 ms"
every = "300 ms"
lasting = "500 ms"
delay = "100 ms"
)";

constexpr const char* raft_params =
    "params = { election_timeout_min = \"300 ms\", election_timeout_max = \"600 ms\", "
    "heartbeat_interval = \"60 ms\", snapshot_interval = 30, snapshot_keep = 5 }\n";

constexpr const char* pbft_params =
    "params = { view_timeout = \"500 ms\", view_timeout_max = \"2 s\", status_interval = \"150 "
    "ms\", "
    "checkpoint_interval = 10, water_mark_window = 20 }\n";

constexpr const char* pow_fast =
    "params = { block_interval = \"400 ms\", settlement_depth = 3, retarget = \"homestead\" }\n";

constexpr const char* pow_gossip = "params = { block_interval = \"2 s\", settlement_depth = 2 }\n";

constexpr const char* praos_fast =
    "params = { slot_length = \"100 ms\", active_slots = \"25 %\", epoch_length = 12, "
    "settlement_depth = 4 }\n";

constexpr const char* gossip_world = R"(
duration = "6 s"
drain = "1 s"
[network]
nodes = 200
topology = "random-regular"
degree = 6
latency = "simblock-2019"
placement = "shares"
[clients]
count = 2
[workload]
rate = "5 tx/s"
[genesis]
accounts = 20
)";

std::string system(const std::string& lines) { return "[[systems]]\n" + lines; }

}  // namespace

std::vector<PinnedScenario> pinned_scenarios() {
  const std::string small = small_world;
  const std::string wide = wide_world;
  std::string streams = wide;
  streams.insert(streams.find("up = "), "transport = \"tcp\"\n");
  const std::string faults = every_fault;
  const std::string raft = std::string("consensus = \"raft\"\n") + raft_params;
  const std::string pbft = std::string("consensus = \"pbft\"\n") + pbft_params;
  const std::string fixed = "consensus = \"fixed_leader\"\n";
  const std::string pow = "consensus = \"pow\"\n";
  const std::string praos = std::string("consensus = \"praos\"\n") + praos_fast;
  std::vector<PinnedScenario> list{
      {"raft", small + system(raft), 1},
      {"raft-real-crypto", small + system(raft + "crypto = \"real\"\n"), 1},
      {"raft-wide", wide + system(raft), 2},
      {"raft-swarm", small + faults + system(raft), 3},
      {"raft-swarm-2", small + faults + system(raft), 4},
      {"pbft", small + system(pbft), 1},
      {"pbft-real-crypto", small + system(pbft + "crypto = \"real\"\n"), 1},
      {"pbft-wide", wide + system(pbft), 2},
      {"pbft-tcp", streams + system(pbft), 2},
      {"pbft-swarm", small + faults + system(pbft), 3},
      {"pbft-swarm-2", small + faults + system(pbft), 4},
      {"fixed-leader", small + system(fixed), 5},
      {"fixed-leader-swarm", small + faults + system(fixed), 6},
      {"pow-lottery", small + system(pow + pow_fast), 7},
      {"pow-real-crypto", small + system(pow + pow_fast + "crypto = \"real\"\n"), 7},
      {"pow-nonces",
       small + system(pow + pow_fast + "mining = \"nonces\"\nhash_power = \"2 kH/s\"\n"), 8},
      {"pow-swarm", small + faults + system(pow + pow_fast), 9},
      {"pow-gossip", gossip_world + system(pow + pow_gossip), 10},
      {"raft-and-pow", wide + system(raft) + system(pow + pow_fast), 11},
      {"praos", small + system(praos), 12},
      {"praos-real-crypto", small + system(praos + "crypto = \"real\"\n"), 12},
      {"praos-wide", wide + system(praos + "stakes = [4, 3, 2, 1, 1, 1, 0]\n"), 13},
      {"praos-swarm", small + faults + system(praos), 14},
  };
  for (const char* engine : {"evm", "lua", "js", "wasm"}) {
    const std::string contract = "contract = \"" + std::string(engine) + "\"\n";
    list.push_back(
        {"contract-" + std::string(engine), contract_world + system(pbft + contract), 15});
  }
  list.push_back({"raft-sqlite", small + system(raft + "storage = \"sqlite\"\n"), 16});
  const std::string state_mode = "pipeline = \"execute-order-validate\"\n";
  list.push_back({"utxo-pow",
                  small + system(pow + pow_fast + "ledger = \"utxo\"\ncontract = \"script\"\n"),
                  17});
  list.push_back({"utxo-raft-swarm", small + faults + system(raft + "ledger = \"utxo\"\n"), 18});
  list.push_back({"combined-raft", small + system(raft + "ledger = \"combined\"\n"), 19});
  list.push_back({"state-mode-raft", small + system(raft + state_mode), 20});
  list.push_back({"state-mode-pbft-evm",
                  contract_world + system(pbft + state_mode + "contract = \"evm\"\n"), 21});
  list.push_back({"lifecycle-pbft",
                  lifecycle_world + system(pbft + "contract = \"lua\"\ncontract_params = "
                                                  "{ lifecycle = true }\n"),
                  22});
  return list;
}

std::vector<Row> run_pinned(const PinnedScenario& scenario, const HowToRun& how) {
  const Plan plan =
      load_plan(parse_scenario(scenario.text, scenario.name + ".toml"), scenario.seed);
  std::vector<Row> rows;
  for (const SystemPlan& system : plan.systems) {
    BuildOptions options;
    options.eager = how.eager;
    options.share_results = how.share_results;
    BuiltWorld built(plan, system, options);
    built.world().run_until(plan.end());
    if (const std::string books = built.world().check_books(); !books.empty()) {
      throw std::runtime_error(scenario.name + ": the books do not balance: " + books);
    }
    std::string name = scenario.name;
    if (plan.systems.size() > 1) name += "/" + system.name;
    rows.push_back({system.digest, to_hex(built.world().trace_hash()), name});
  }
  return rows;
}

}  // namespace ledgerlab::determinism
