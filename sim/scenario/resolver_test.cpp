// The resolver over a small registry of its own: what is filled in, and the text of every kind of
// error with its line and column.
#include "sim/scenario/resolver.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "models/parts/contract/unavailable.hpp"
#include "sim/scenario/cost_table.hpp"

namespace ledgerlab {
namespace {

ModelInfo model(ModelKind kind, const std::string& name) {
  ModelInfo info;
  info.kind = kind;
  info.name = name;
  return info;
}

const Registry& registry() {
  static const Registry* const models = [] {
    auto* r = new Registry;
    ModelInfo log = model(ModelKind::consensus, "raft");
    log.params = {
        {"election_timeout_min", ParamType::duration, "150 ms", "", "1 ms", "1 h", {}},
        {"election_timeout_max", ParamType::duration, "300 ms", "", "1 ms", "1 h", {}},
        {"prevote", ParamType::flag, "true", "", {}, {}, {}},
        {"faults", ParamType::integer, "0", "", "0", {}, {}},
    };
    log.family = "log";
    log.fault_model.max_byzantine = [](std::uint32_t n) { return (n - 1) / 3; };
    log.check = [](const Params& p, std::uint32_t n) -> std::string {
      if (p.count("faults") * 2 + 1 > n) {
        return "n = " + std::to_string(n) +
               " replicas cannot bear f = " + std::to_string(p.count("faults")) +
               " faults: n must be at least 2f + 1";
      }
      return p.duration("election_timeout_min") < p.duration("election_timeout_max")
                 ? ""
                 : "election_timeout_min must be less than election_timeout_max";
    };
    r->add(log);
    ModelInfo work = model(ModelKind::consensus, "pow");
    work.uses_relay = work.uses_hash_power = true;
    work.family = "lottery";
    work.fault_model.max_adversary_ppb = 300'000'000;
    work.params = {{"rule", ParamType::choice, "bitcoin", "", {}, {}, {"bitcoin", "homestead"}}};
    r->add(work);
    ModelInfo stake = model(ModelKind::consensus, "pos");
    stake.uses_stake = true;
    r->add(stake);
    ModelInfo mute = model(ModelKind::behaviour, "mute");
    mute.params = {{"volume", ParamType::integer, "3", "", "0", "10", {}}};
    r->add(mute);
    ModelInfo hoard = model(ModelKind::behaviour, "hoard");
    hoard.fits = {"lottery"};
    r->add(hoard);
    ModelInfo account = model(ModelKind::ledger, "account");
    account.engines = {"toy", "absent"};
    account.params = {{"depth", ParamType::integer, "3", "", "0", {}, {}}};
    account.genesis_root = [](const GenesisSpec& genesis, CryptoSuite&) {
      if (genesis.contracts && genesis.contracts->front().code.front() == 0xbb) {
        throw std::invalid_argument("creating contract coin of genesis fails");
      }
      return Hash256{};
    };
    r->add(account);
    r->add(model(ModelKind::ledger, "coins"));
    ModelInfo toy = model(ModelKind::contract, "toy");
    toy.make_contract_engine = [](const Params&) { return std::unique_ptr<ContractEngine>(); };
    toy.gas_row = Operation::lua_gas;
    toy.contract_suffix = "toy";
    toy.contract_hex = true;
    r->add(toy);
    ModelInfo absent = toy;
    absent.name = "absent";
    absent.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
      throw contract::Unavailable("install the package");
    };
    r->add(absent);
    ModelInfo calls = model(ModelKind::workload, "calls");
    calls.contracts = [](const Params&, const GenesisSpec&) {
      GenesisContract coin;
      coin.name = "coin";
      return std::vector<GenesisContract>{coin};
    };
    r->add(calls);
    r->add(model(ModelKind::mempool, "pool"));
    r->add(model(ModelKind::gossip, "inventory"));
    ModelInfo walk = model(ModelKind::discovery, "walk");
    walk.params = {{"contacts", ParamType::integer, "3", "", "1", "100", {}}};
    r->add(walk);
    ModelInfo client = model(ModelKind::client, "open_loop");
    client.params = {{"retry_timeout", ParamType::duration, "2 s", "", "1 ms", {}, {}}};
    r->add(client);
    ModelInfo poisson = model(ModelKind::workload, "poisson");
    poisson.params = {{"rate", ParamType::rate, "10 tx/s", "", "0.001 tx/s", {}, {}}};
    r->add(poisson);
    return r;
  }();
  return *models;
}

Document document(const std::string& text) { return parse_scenario(text, "t.toml"); }

std::string errors(const std::string& text, const std::vector<std::string>& settings = {}) {
  try {
    Document d = document(text);
    for (const std::string& setting : settings) apply_setting(d, setting);
    resolve(d, registry());
  } catch (const ScenarioErrors& e) {
    return e.what();
  }
  return "no error";
}

const std::string raft = "[[systems]]\nconsensus = \"raft\"\n";

TEST(Resolver, fills_every_default) {
  const Plan plan = resolve(document(raft), registry());
  EXPECT_EQ(plan.seed, 1u);
  EXPECT_EQ(plan.network.replicas, 5u);
  EXPECT_EQ(plan.nodes(), 9u);
  EXPECT_EQ(plan.duration, seconds(60));
  EXPECT_EQ(plan.network.links.latency, std::vector<Duration>{ms(20)});
  EXPECT_EQ(plan.network.links.up_bps, std::vector<std::uint64_t>(9, 1'000'000'000));
  EXPECT_TRUE(plan.network.overlay->complete);
  EXPECT_EQ(plan.clients.home, (std::vector<NodeId>{0, 1, 2, 3}));
  EXPECT_EQ(plan.hardware.costs.of(Operation::verify), 47'000'000u);
  ASSERT_EQ(plan.systems.size(), 1u);
  const SystemPlan& system = plan.systems[0];
  EXPECT_EQ(system.name, "raft");
  EXPECT_EQ(system.consensus.params.duration("election_timeout_min"), ms(150));
  EXPECT_FALSE(system.relay);
  EXPECT_TRUE(system.ledger && system.mempool && system.client);
  EXPECT_EQ(system.client.params.duration("retry_timeout"), seconds(2));
  EXPECT_EQ(plan.workload.params.count("rate"), 10'000u);
}

TEST(Resolver, ns3_reads_its_keys_and_says_what_it_cannot_do) {
  const std::string ns3 = "[network]\nengine = \"ns3\"\n";
  const NetworkSpec plain = resolve(document(ns3 + raft), registry()).network.links;
  EXPECT_EQ(plain.tcp, TcpKind::linux_reno);
  EXPECT_EQ(plain.queue, QueueKind::droptail);
  const Plan plan = resolve(
      document(ns3 + "tcp = \"Bbr\"\nqueue = \"fq_codel\"\nqueue_size = \"60 kB\"\npcap = \"p\"\n" +
               raft),
      registry());
  EXPECT_EQ(plan.network.links.tcp, TcpKind::bbr);
  EXPECT_EQ(plan.network.links.queue, QueueKind::fq_codel);
  EXPECT_EQ(plan.network.links.queue_bytes, 60'000u);
  EXPECT_EQ(plan.network.links.pcap_folder, "p");
  const PlanVersions versions{"ns3@1", 1};
  const auto canonical = [&](Plan p) { return canonical_plan(p, p.systems[0], versions); };
  EXPECT_NE(canonical(plan).find("network.tcp = 3\n"), std::string::npos);
  Plan quiet = plan;
  quiet.network.links.pcap_folder.clear();
  EXPECT_EQ(canonical(quiet), canonical(plan));
  EXPECT_EQ(errors(ns3 + "jitter = 0.1\n" + raft),
            "t.toml:3:10: network.jitter: the ns3 engine has none: leave it out");
  EXPECT_EQ(errors(ns3 + "mtu = \"1000 B\"\nqueue_size = \"1053 B\"\n" + raft),
            "t.toml:4:14: network.queue_size: holds no packet, which have up to 1054 B (mtu and "
            "headers): nothing large would ever pass");
  EXPECT_EQ(errors(ns3 + "mtu = \"1000 B\"\nqueue_size = \"1054 B\"\n" + raft), "no error");
  EXPECT_EQ(errors(ns3 + "nodes = 20001\n" + raft),
            "t.toml:3:9: network.nodes: more than 20000, the most the ns3 engine takes");
  EXPECT_EQ(errors("[network]\ntcp = \"Cubic\"\n" + raft),
            "t.toml:2:7: network.tcp: is not read: only engine = \"ns3\" does");
}

TEST(Resolver, settings_replace_values_and_name_systems) {
  Document d = document(raft + "name = \"a\"\n[[systems]]\nname = \"b\"\nconsensus = \"raft\"\n");
  for (const char* setting :
       {"network.nodes=7", "network.latency=35 ms", "systems.b.params.election_timeout_max=2 s",
        "systems.0.params.prevote=false", "seed=9", "workload.rate=\"50 tx/s\""}) {
    apply_setting(d, setting);
  }
  const Plan plan = resolve(d, registry());
  EXPECT_EQ(plan.network.replicas, 7u);
  EXPECT_EQ(plan.seed, 9u);
  EXPECT_EQ(plan.network.links.latency[0], ms(35));
  EXPECT_FALSE(plan.systems[0].consensus.params.flag("prevote"));
  EXPECT_EQ(plan.systems[1].consensus.params.duration("election_timeout_max"), seconds(2));
  EXPECT_EQ(plan.systems[0].consensus.params.duration("election_timeout_max"), ms(300));
  EXPECT_EQ(plan.workload.params.count("rate"), 50'000u);
  EXPECT_EQ(resolve(d, registry(), 12).seed, 12u);
}

TEST(Resolver, errors_name_line_column_key_and_suggestion) {
  EXPECT_EQ(errors("[network]\nnodess = 7\n" + raft),
            "t.toml:2:1: network.nodess: unknown key; did you mean \"nodes\"?");
  EXPECT_EQ(errors(raft + "params = { election_timout_min = \"1 s\" }\n"),
            "t.toml:3:12: systems.raft.params.election_timout_min: unknown key; did you mean "
            "\"election_timeout_min\"?");
  EXPECT_EQ(errors("duration = \"60 parsecs\"\n" + raft),
            "t.toml:1:12: duration: \"60 parsecs\" has the unknown unit \"parsecs\"; expected a "
            "duration such as \"250 ms\" (units: ns, us, ms, s, min, h, d)");
  EXPECT_EQ(errors("duration = 60\n" + raft),
            "t.toml:1:12: duration: \"60\" lacks a unit; expected a duration such as \"250 ms\" "
            "(units: ns, us, ms, s, min, h, d)");
  EXPECT_EQ(errors("[network]\njitter = \"2000 %\"\n" + raft),
            "t.toml:2:10: network.jitter: \"2000 %\" is out of range: from 0 to 10");
  EXPECT_EQ(errors("[network]\nnodes = \"7\"\n" + raft),
            "t.toml:2:9: network.nodes: expected an integer such as 42, found a text");
  EXPECT_EQ(errors("[[systems]]\nconsensus = \"rafd\"\n"),
            "t.toml:2:13: systems.rafd.consensus: there is no consensus model \"rafd\"; there are "
            "pos, pow or raft; did you mean \"raft\"?");
  EXPECT_EQ(errors("[[systems]]\nname = \"x\"\n"),
            "t.toml:1:1: systems.x.consensus: is required: the protocol");
  EXPECT_EQ(errors(raft + "crypto = \"reel\"\n"),
            "t.toml:3:10: systems.raft.crypto: \"reel\" is none of costed or real; did you mean "
            "\"real\"?");
  EXPECT_NE(errors("seed = 1\n").find("t.toml:1:1: systems: is required"), std::string::npos);
}

TEST(Resolver, tells_several_errors_at_once_in_file_order) {
  EXPECT_EQ(errors("seeed = 1\n[network]\nnodes = 0\nlatency = \"20 parsec\"\n" + raft),
            "t.toml:1:1: seeed: unknown key; did you mean \"seed\"?\n"
            "t.toml:3:9: network.nodes: \"0\" is out of range: from 1 to 1000000\n"
            "t.toml:4:11: network.latency: \"20 parsec\" has the unknown unit \"parsec\"; expected "
            "a duration such as \"250 ms\" (units: ns, us, ms, s, min, h, d)");
}

TEST(Resolver, models_judge_their_parameters_and_the_number_of_replicas) {
  EXPECT_EQ(errors("[network]\nnodes = 4\n" + raft + "params = { faults = 2 }\n"),
            "t.toml:5:10: systems.raft.params: n = 4 replicas cannot bear f = 2 faults: n must be "
            "at least 2f + 1");
  EXPECT_NE(errors(raft + "params = { election_timeout_min = \"1 s\" }\n").find("less than"),
            std::string::npos);
}

TEST(Resolver, not_toml) {
  EXPECT_NE(errors("[network\nnodes = 1\n").find("t.toml:1:"), std::string::npos);
  EXPECT_NE(errors("seed = 1\nseed = 2\n").find("not valid TOML"), std::string::npos);
}

TEST(Resolver, missing_files_have_their_own_exit_code) {
  try {
    resolve(document("[network]\nlatency = \"nowhere\"\n" + raft), registry());
    FAIL();
  } catch (const ScenarioErrors& e) {
    EXPECT_EQ(e.exit_code(), 66);
    EXPECT_NE(std::string(e.what()).find("t.toml:2:11: network.latency: data file \"nowhere\""),
              std::string::npos);
  }
  try {
    read_scenario("/does/not/exist.toml");
    FAIL();
  } catch (const ScenarioErrors& e) {
    EXPECT_EQ(e.exit_code(), 66);
  }
  EXPECT_NE(errors("[hardware]\ncost_table = \"none\"\n" + raft).find("none.costs"),
            std::string::npos);
}

TEST(Resolver, latency_matrices) {
  const std::string head = "[network]\nnodes = 2\n[network.latency]\nregions = [\"a\", \"b\"]\n";
  const Plan plan =
      resolve(document(head +
                       "kind = \"round-trip\"\nmatrix = [[\"2 ms\", \"30 ms\"], [\"50 ms\", "
                       "\"4 ms\"]]\n" +
                       raft),
              registry());
  // One way = (ij + ji) / 4, half the diagonal inside a region.
  EXPECT_EQ(plan.network.links.latency, (std::vector<Duration>{ms(1), ms(20), ms(20), ms(2)}));
  EXPECT_NE(errors(head + "kind = \"one-way\"\nmatrix = [[\"2 ms\", \"30 ms\"]]\n" + raft)
                .find("one row for each of the 2 regions"),
            std::string::npos);
  EXPECT_NE(errors(head +
                   "kind = \"one-way\"\nmatrix = [[\"0 ms\", \"0 ms\"], [\"1 ms\", "
                   "\"0 ms\"]]\n" +
                   raft)
                .find("zero off the diagonal"),
            std::string::npos);
  EXPECT_NE(errors(head + "matrix = []\n" + raft).find("network.latency.kind: is required"),
            std::string::npos);
}

TEST(Resolver, a_broken_latency_file_is_told_with_its_own_line) {
  const auto file = std::filesystem::temp_directory_path() / "ledgerlab_broken.latency";
  std::ofstream(file)
      << "ledgerlab-latency 1\nsource = x\nlicence = y\nkind = round-trip\n"
         "unit = ms\n[regions]\nid\na\nb\n[latency]\nfrom\ta\tb\na\t1\t0\nb\t5\t1\n";
  const std::string text = errors("[network]\nlatency = \"" + file.string() + "\"\n" + raft);
  std::filesystem::remove(file);
  EXPECT_NE(text.find("t.toml:2:11: network.latency: "), std::string::npos) << text;
  EXPECT_NE(text.find("ledgerlab_broken.latency:12:"), std::string::npos) << text;
}

TEST(Resolver, impossible_topologies) {
  EXPECT_NE(errors("[network]\nnodes = 4\ntopology = \"random-regular\"\ndegree = 9\n" + raft)
                .find("t.toml:4:10: network.degree: impossible topology"),
            std::string::npos);
  EXPECT_EQ(errors("[network]\ndegree = 3\n" + raft),
            "t.toml:2:10: network.degree: is not read by topology \"full-mesh\", only by "
            "random-regular or out-degree");
  EXPECT_NE(errors("[network]\nnodes = 50\ntopology = \"erdos-renyi\"\nprobability = \"0.1 %\"\n"
                   "[[systems]]\nconsensus = \"pow\"\n")
                .find("falls apart"),
            std::string::npos);
}

TEST(Resolver, published_overlays_and_their_core) {
  const std::string head = "[network]\nnodes = 40\nlatency = \"simblock-2019\"\n";
  const std::string ranges =
      "topology = \"connections\"\nconnections = [{ from = 3, to = 4, spare = 1, weight = 1 }]\n";
  const std::string core =
      "core = 4\ncore_links_min = 10\ncore_links_max = 12\ncore_placement = [\"jp\", \"au\"]\n"
      "core_up = \"100 Mbit/s\"\n";
  const Plan plan = resolve(document(head + ranges + core + raft), registry());
  EXPECT_EQ(plan.network.core, 4u);
  EXPECT_GE(plan.network.overlay->degree(0), 10u);
  EXPECT_LE(plan.network.overlay->degree(0), 12u);
  EXPECT_TRUE(plan.network.overlay->adjacent(1, 3));
  const NetworkSpec& links = plan.network.links;
  EXPECT_EQ(plan.network.regions[links.region_of(0)], "jp");
  EXPECT_EQ(plan.network.regions[links.region_of(1)], "au");
  EXPECT_EQ(plan.network.regions[links.region_of(2)], "jp");
  EXPECT_EQ(links.up_bps[3], 100'000'000u);
  EXPECT_EQ(links.down_bps[0], 22'800'000u);  // jp's own: core_down is not given
  EXPECT_NE(links.up_bps[4], 100'000'000u);
  EXPECT_NE(errors(head + "topology = \"connections\"\n" + raft).find("needs a list of ranges"),
            std::string::npos);
  EXPECT_NE(errors(head + "core_up = \"1 Mbit/s\"\n" + raft).find("not read without core"),
            std::string::npos);
  EXPECT_NE(errors(head + "core = 41\n" + raft).find("more than the 40 replicas"),
            std::string::npos);
  EXPECT_NE(errors(head + "core = 1\ncore_placement = [\"jq\"]\n" + raft).find("\"jq\""),
            std::string::npos);
  const std::string opened = head + "topology = \"out-degree\"\ndegree_cdf = ";
  EXPECT_EQ(resolve(document(opened + "[0, 0, 1]\n" + raft), registry()).network.overlay->edges(),
            120u);
  EXPECT_NE(errors(opened + "[0, 0.9]\n" + raft).find("is no distribution"), std::string::npos);
  EXPECT_NE(errors(opened + "[0, 1]\ndegree = 3\n" + raft).find("not read beside degree_cdf"),
            std::string::npos);
}

TEST(Resolver, link_models) {
  const auto links = [](const std::string& lines) {
    return resolve(document("[network]\nlatency = \"20 ms\"\n" + lines + raft), registry())
        .network.links;
  };
  const NetworkSpec narrow = links(
      "link_model = \"bottleneck\"\nsmall_message = \"1 kB\"\nsmall_delay = \"10 ms\"\n"
      "transfer_delay = \"2 ms\"\njitter_kind = \"pareto\"\njitter_of = \"link\"\n");
  EXPECT_EQ(narrow.link_model, LinkModel::bottleneck);
  EXPECT_EQ(narrow.small_bytes, 1'000u);
  EXPECT_EQ(narrow.small_delay, ms(10));
  EXPECT_EQ(narrow.transfer_delay, ms(2));
  EXPECT_EQ(narrow.jitter, JitterKind::pareto);
  EXPECT_TRUE(narrow.jitter_of_link);
  EXPECT_NE(errors("[network]\nsmall_message = \"1 kB\"\n" + raft)
                .find("not read by link_model \"queues\", only by bottleneck"),
            std::string::npos);
  EXPECT_NE(errors("[network]\njitter_kind = \"pareto\"\njitter = \"5 %\"\n" + raft)
                .find("not read by jitter_kind"),
            std::string::npos);
  EXPECT_NE(errors("[network]\nlatency = \"5 ms\"\njitter_kind = \"pareto\"\n" + raft)
                .find("needs latencies above 5 ms"),
            std::string::npos);
  EXPECT_NE(errors("[network]\nengine = \"ns3\"\nlink_model = \"bottleneck\"\n" + raft)
                .find("is not read by engine \"ns3\", only by native"),
            std::string::npos);
  const auto canonical = [](const std::string& lines) {
    const Plan plan = resolve(document("[network]\n" + lines + raft), registry());
    return canonical_plan(plan, plan.systems[0], {});
  };
  // Digests of older scenarios stay: nothing is added where nothing is asked for.
  EXPECT_EQ(canonical("").find("link_model"), std::string::npos);
  EXPECT_NE(canonical("link_model = \"cut-through\"\n"),
            canonical("link_model = \"bottleneck\"\n"));
}

TEST(Resolver, weights_from_tables) {
  const std::string five = "[network]\nnodes = 5\n[[systems]]\nconsensus = \"pow\"\nhash_shares = ";
  const auto shares = [&](const std::string& table) {
    return resolve(document(five + table), registry()).systems[0].hash_share_ppb;
  };
  using List = std::vector<std::uint32_t>;
  EXPECT_EQ(shares("{ first = [3, 1] }\n"), (List{750'000'000, 250'000'000, 0, 0, 0}));
  const std::string many =
      "[network]\nnodes = 2000\n[[systems]]\nconsensus = \"pow\"\nhash_shares = ";
  const Plan drawn =
      resolve(document(many + "{ mean = 400000, deviation = 100000 }\n"), registry());
  double squares = 0;
  for (const std::uint32_t share : drawn.systems[0].hash_share_ppb) {
    const double off = share / 500'000.0 - 1;
    squares += off * off;
  }
  EXPECT_NEAR(std::sqrt(squares / 2000), 0.25, 0.25 * 4 / std::sqrt(4000));
  for (const char* wrong :
       {"{ first = [] }", "{ first = [0, 0] }", "{ first = [1, 1, 1, 1, 1, 1] }", "{ mean = 3 }",
        "{ first = [1], mean = 1, deviation = 1 }", "{ last = [1] }"}) {
    EXPECT_NE(errors(five + wrong + "\n"), "no error") << wrong;
  }
}

TEST(Resolver, stakes) {
  const std::string three = "[network]\nnodes = 3\n[[systems]]\nconsensus = \"pos\"\n";
  const auto stakes = [&](const std::string& lines) {
    return resolve(document(three + lines), registry()).systems[0].stakes;
  };
  using List = std::vector<std::uint64_t>;
  EXPECT_EQ(stakes("total_stake = 10\n"), (List{4, 3, 3}));
  EXPECT_EQ(stakes("total_stake = 1000\nstakes = [0, 1, 0.5]\n"), (List{0, 667, 333}));
  EXPECT_NE(errors(three + "stakes = [1, 1]\n").find("2 weights for 3"), std::string::npos);
  EXPECT_NE(errors(three + "stakes = [0, 0, 0]\n").find("nobody has any stake"), std::string::npos);
  // They belong to the system: what else runs in the comparison begins without them.
  const Plan plan = resolve(document(three + raft), registry());
  EXPECT_EQ(genesis_of(plan, plan.systems[0]).stakes.size(), 3u);
  EXPECT_TRUE(genesis_of(plan, plan.systems[1]).stakes.empty());
  const auto canonical = [](const Plan& p) { return canonical_plan(p, p.systems[0], {}); };
  EXPECT_NE(canonical(resolve(document(three + "stakes = [2, 1, 1]\n"), registry())),
            canonical(resolve(document(three), registry())));
}

TEST(Resolver, hash_power) {
  const Plan plan = resolve(
      document("[network]\nnodes = 3\n[[systems]]\nconsensus = \"pow\"\nhash_shares = [2, 1, 4]\n"),
      registry());
  EXPECT_EQ(plan.systems[0].hash_share_ppb,
            (std::vector<std::uint32_t>{285714286, 142857143, 571428571}));
  EXPECT_EQ(plan.systems[0].relay.info->name, "inventory");
  EXPECT_NE(errors("[[systems]]\nconsensus = \"pow\"\nhash_shares = [1]\n").find("1 weights for 5"),
            std::string::npos);
  EXPECT_NE(errors(raft + "hash_power = \"1 TH/s\"\n").find("raft does not mine"),
            std::string::npos);
  EXPECT_NE(errors(raft + "stakes = [1, 2, 3, 4, 5]\n").find("raft draws nobody by stake"),
            std::string::npos);
  EXPECT_NE(errors(raft + "relay = \"inventory\"\n").find("raft does not relay"),
            std::string::npos);
}

TEST(Resolver, ns3_says_before_the_run_that_connections_are_too_many) {
  const auto of = [](const std::string& nodes) {
    return "[network]\nengine = \"ns3\"\nnodes = " + nodes + "\n";
  };
  const std::string pow = "[[systems]]\nconsensus = \"pow\"\n";
  EXPECT_EQ(errors(of("1000") + pow),
            "t.toml:3:9: network.nodes: an overlay of 499500 links is more than 400000 TCP "
            "connections, the most the ns3 engine takes (20700 bytes each): fewer nodes, or fewer "
            "links each");
  EXPECT_EQ(errors(of("1000") + "topology = \"random-regular\"\ndegree = 8\n" + pow), "no error");
  EXPECT_EQ(errors("[network]\nnodes = 1000\n" + pow), "no error");
  // A log's leader talks with each replica, they may never talk with one another.
  EXPECT_TRUE(resolve(document(of("800") + raft), registry()).notes.empty());
  const Plan log = resolve(document(of("1000") + raft), registry());
  ASSERT_EQ(log.notes.size(), 1u);
  EXPECT_NE(log.notes[0].find("if every two of 1000 replicas"), std::string::npos) << log.notes[0];
}

TEST(Resolver, a_bare_number_in_place_of_a_text_is_told_how_to_write_it) {
  EXPECT_EQ(errors("name = 3\n" + raft),
            "t.toml:1:8: name: expected a text in quotes, found an integer: write \"3\"");
  EXPECT_EQ(errors("name = 1.50\n" + raft),
            "t.toml:1:8: name: expected a text in quotes, found a decimal number: write \"1.5\"");
  EXPECT_NE(errors("[network]\nengine = true\n" + raft)
                .find("expected a text in quotes, found a flag: there are native, simgrid or ns3"),
            std::string::npos)
      << errors("[network]\nengine = true\n" + raft);
}

TEST(Resolver, only_chains_choose_how_to_catch_up) {
  EXPECT_NE(
      errors(raft + "params = { sync = \"headers\" }\n")
          .find("params.sync: is a choice of chained protocols (pow, praos), which raft is not"),
      std::string::npos);
}

TEST(Resolver, discovery) {
  const std::string pow = "[[systems]]\nconsensus = \"pow\"\n";
  const auto canonical = [](const std::string& text) {
    const Plan p = resolve(document(text), registry());
    return canonical_plan(p, p.systems[0], {});
  };
  EXPECT_EQ(canonical(pow), canonical(pow + "discovery = \"none\"\n"));
  EXPECT_EQ(canonical(pow).find("discovery"), std::string::npos);
  const std::string walk = pow + "discovery = \"walk\"\ndiscovery_params = { contacts = 5 }\n";
  EXPECT_NE(canonical(walk).find("discovery.contacts = 5\n"), std::string::npos);
  const std::string liar = "[[behaviours]]\nmodel = \"mute\"\ncount = 3\naddress_groups = 2\n";
  EXPECT_NE(canonical(walk + liar).find("/address_groups = 2\n"), std::string::npos);
  EXPECT_NE(errors(pow + liar).find("no system of this entry has a discovery model"),
            std::string::npos);
  EXPECT_NE(errors(raft + "discovery = \"walk\"\n").find("raft does not relay"), std::string::npos);
  EXPECT_NE(errors(pow + "discovery_params = { contacts = 5 }\n").find("name its model"),
            std::string::npos);
  EXPECT_NE(errors(pow + "discovery = \"wlak\"\n").find("\"walk\""), std::string::npos);
}

TEST(Resolver, contracts) {
  const auto folder = std::filesystem::temp_directory_path() / "ledgerlab_contracts_test";
  std::filesystem::create_directories(folder);
  const auto file = [&](const char* name, const char* text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  };
  const std::string good = file("good.toy", "0xaa01\n"), bad = file("bad.toy", "bb"),
                    text = file("text.toy", "no code");
  const std::string zero = "[hardware]\ncost_table = \"zero\"\n";
  const std::string calls = zero + "[workload]\nmodel = \"calls\"\n" + raft;
  const std::string toy = calls + "contract = \"toy\"\ncontract_files = { coin = \"";
  const auto digest = [](const std::string& scenario) {
    const Plan p = resolve(document(scenario), registry());
    return canonical_plan(p, p.systems[0], {});
  };
  const Plan plan = resolve(document(toy + good + "\" }\n"), registry());
  ASSERT_TRUE(plan.systems[0].contracts);
  EXPECT_EQ(plan.systems[0].contracts->front().code, (Bytes{0xaa, 0x01}));
  // The code decides, not the file's name; a system without contracts says nothing of them.
  const std::string same = file("same.toy", "aa01"), other = file("other.toy", "aa02");
  EXPECT_EQ(digest(toy + good + "\" }\n"), digest(toy + same + "\" }\n"));
  EXPECT_NE(digest(toy + good + "\" }\n"), digest(toy + other + "\" }\n"));
  EXPECT_EQ(digest(raft), digest(raft + "contract = \"none\"\n"));
  EXPECT_EQ(digest(raft).find("contract"), std::string::npos);

  const auto tells = [](const std::string& scenario, const char* what) {
    EXPECT_NE(errors(scenario).find(what), std::string::npos) << errors(scenario);
  };
  tells(calls, "calls contracts: name an engine");
  tells(calls + "contract = \"toi\"\n", "\"toy\"");
  tells(raft + "ledger = \"coins\"\ncontract = \"toy\"\n", "\"coins\" does not run");
  tells(raft + "ledger_params = { depth = 4 }\n", "is not read without contracts");
  tells(raft + "contract_files = { coin = \"a\" }\n", "the workload calls no contract");
  tells(toy + good + "\", coyn = \"a\" }\n", "did you mean \"coin\"");
  tells(toy + text + "\" }\n", "not hexadecimal");
  tells(toy + bad + "\" }\n", "creating contract coin of genesis fails");
  tells(toy + "nowhere.toy\" }\n", "nowhere.toy");
  // What this machine lacks is not the scenario's fault (exit code 69).
  EXPECT_THROW(resolve(document(zero + raft + "contract = \"absent\"\n"), registry()),
               EngineUnavailable);
  // The reference table has no row for an engine that nobody measured.
  const std::string unmeasured = file("few.costs",
                                      [] {
                                        std::string rows;
                                        for (std::size_t i = 0; i < first_session_operation; ++i) {
                                          const auto op = static_cast<Operation>(i);
                                          if (op != Operation::user)
                                            rows += std::string(operation_name(op)) + " 1 us\n";
                                        }
                                        return rows;
                                      }()
                                          .c_str());
  tells("[hardware]\ncost_table = \"" + unmeasured + "\"\n" + raft + "contract = \"toy\"\n",
        "has no row for lua_gas, contract_frame, storage_read, storage_write");
}

TEST(Resolver, faults) {
  const Plan plan = resolve(
      document("[network]\nlatency = \"aws-21\"\nnodes = 21\n" + raft +
               "[[faults]]\nkind = \"partition\"\nat = \"20 s\"\nfor = \"5 s\"\n"
               "groups = [[0, 1], [\"us-east-1\"]]\n"
               "[[faults]]\nkind = \"crash\"\nat = \"10 s\"\ntarget = \"leader\"\n"
               "[[faults]]\nkind = \"loss\"\nat = \"30 s\"\nuntil = \"31 s\"\nprobability = 0.5\n"
               "[[faults]]\nkind = \"slow\"\nat = \"31 s\"\nnodes = [3, 2]\nfactor = 10\n"),
      registry());
  ASSERT_EQ(plan.faults.size(), 4u);
  EXPECT_EQ(plan.faults[0].target.kind, FaultTarget::Kind::leader);
  EXPECT_EQ(plan.faults[0].until, time_never);
  const FaultPlan& partition = plan.faults[1];
  EXPECT_EQ(partition.until, time_start + seconds(25));
  EXPECT_EQ(partition.groups[0], 0);
  EXPECT_EQ(partition.groups[17], 1);  // us-east-1
  EXPECT_EQ(partition.groups[5], 2);
  EXPECT_EQ(partition.groups[21], 2);  // a client elsewhere: a region was named
  const Plan by_node = resolve(document("[network]\nnodes = 5\n" + raft +
                                        "[[faults]]\nkind = \"partition\"\nat = \"20 s\"\n"
                                        "groups = [[0, 1]]\n"),
                               registry());
  EXPECT_EQ(by_node.faults[0].groups[5], -1);
  EXPECT_TRUE(plan.faults[2].all_links);
  EXPECT_EQ(plan.faults[2].probability_ppb, 500'000'000u);
  EXPECT_EQ(plan.faults[3].factor_thousandths, 10'000u);
  EXPECT_EQ(plan.faults[3].target.nodes, (std::vector<NodeId>{2, 3}));
}

TEST(Resolver, behaviours) {
  const std::string head =
      "[network]\nnodes = 10\n[[systems]]\nconsensus = \"raft\"\n"
      "[[systems]]\nconsensus = \"pow\"\n[[behaviours]]\n";
  const auto plan = [&](const std::string& text, std::uint64_t seed = 1) {
    return resolve(document(head + text), registry(), seed);
  };
  const Plan both =
      plan("model = \"mute\"\nnodes = [7, 2]\nfrom = \"3 s\"\nparams = { volume = 0 }\n");
  for (const SystemPlan& system : both.systems) {
    ASSERT_EQ(system.behaviours.size(), 1u);
    EXPECT_EQ(system.byzantine(), (std::vector<NodeId>{2, 7}));
    EXPECT_EQ(system.behaviours[0].from, time_start + seconds(3));
    EXPECT_EQ(system.behaviours[0].until, time_never);
    EXPECT_EQ(system.behaviours[0].model.params.count("volume"), 0u);
  }
  EXPECT_TRUE(both.systems[0].bears(std::vector<NodeId>{0, 1, 2}, 10));
  EXPECT_FALSE(both.systems[0].bears(std::vector<NodeId>{0, 1, 2, 3}, 10));
  EXPECT_EQ(both.notes.size(), 2u);
  EXPECT_NE(both.notes[0].find("within its fault model"), std::string::npos);
  // Whom it fits, and in the digest of those only.
  const Plan lottery = plan("model = \"hoard\"\ncount = 4\n");
  EXPECT_TRUE(lottery.systems[0].behaviours.empty());
  EXPECT_EQ(lottery.systems[1].byzantine().size(), 4u);
  EXPECT_FALSE(lottery.systems[1].bears(lottery.systems[1].byzantine(), 10));
  const Plan none = resolve(document(head.substr(0, head.find("[[behav"))), registry(), 1);
  const auto canonical = [](const Plan& p, std::size_t i) {
    return canonical_plan(p, p.systems[i], {});
  };
  EXPECT_EQ(canonical(lottery, 0), canonical(none, 0));
  EXPECT_NE(canonical(lottery, 1), canonical(none, 1));
  // Drawn by the seed and nothing else.
  EXPECT_EQ(plan("model = \"mute\"\nshare = \"30 %\"\n", 5).systems[0].byzantine().size(), 3u);
  EXPECT_EQ(plan("model = \"mute\"\ncount = 4\n", 1).systems[0].byzantine(),
            lottery.systems[1].byzantine());
  EXPECT_NE(plan("model = \"mute\"\ncount = 4\n", 2).systems[0].byzantine(),
            lottery.systems[1].byzantine());
}

TEST(Resolver, impossible_behaviours) {
  const auto fault = [](const std::string& text) {
    return errors(raft + "[[behaviours]]\n" + text);
  };
  EXPECT_NE(
      fault("model = \"hoard\"\nnodes = [1]\n").find("hoard fits consensus of the family lottery"),
      std::string::npos);
  EXPECT_NE(fault("model = \"hoard\"\nnodes = [1]\nsystems = [\"raft\"]\n")
                .find("\"raft\" runs raft of the family log; hoard fits"),
            std::string::npos);
  EXPECT_NE(fault("model = \"mut\"\nnodes = [1]\n").find("did you mean \"mute\"?"),
            std::string::npos);
  EXPECT_NE(fault("model = \"mute\"\n").find("who is Byzantine? give one of"), std::string::npos);
  EXPECT_NE(fault("model = \"mute\"\nnodes = [1]\ncount = 2\n").find("give only one of"),
            std::string::npos);
  EXPECT_NE(fault("model = \"mute\"\nnodes = [5]\n").find("a replica from 0 to 4"),
            std::string::npos);
  EXPECT_NE(fault("model = \"mute\"\ncount = 6\n").find("there are only 5 replicas"),
            std::string::npos);
  EXPECT_NE(
      fault("model = \"mute\"\nnodes = [1]\nsystems = [\"rafd\"]\n").find("did you mean \"raft\"?"),
      std::string::npos);
  EXPECT_NE(fault("model = \"mute\"\nnodes = [1]\nfrom = \"2 s\"\nuntil = \"1 s\"\n")
                .find("is not after from"),
            std::string::npos);
  EXPECT_NE(
      fault("model = \"mute\"\nnodes = [1]\n[[behaviours]]\nmodel = \"mute\"\nnodes = [0, 1]\n")
          .find("replica 1 has the behaviour mute already"),
      std::string::npos);
  EXPECT_NE(fault("nodes = [1]\n").find("behaviours.0.model: is required"), std::string::npos);
}

TEST(Resolver, impossible_faults) {
  const auto fault = [](const std::string& text) { return errors(raft + "[[faults]]\n" + text); };
  EXPECT_EQ(fault("kind = \"crush\"\nat = \"1 s\"\n"),
            "t.toml:4:8: faults.0.kind: \"crush\" is none of crash, partition, loss, delay, slow, "
            "clock, disk, duplicate, reorder or churn; did you mean \"crash\"?");
  EXPECT_NE(fault("kind = \"crash\"\nat = \"1 s\"\n").find("whom does it hit?"), std::string::npos);
  EXPECT_NE(fault("kind = \"crash\"\nat = \"1 s\"\nnode = 9\n").find("a node from 0 to 8"),
            std::string::npos);
  EXPECT_NE(fault("kind = \"crash\"\nnode = 1\n").find("faults.0.at: is required"),
            std::string::npos);
  EXPECT_NE(fault("kind = \"crash\"\nat = \"2 s\"\nuntil = \"1 s\"\nnode = 1\n").find("not after"),
            std::string::npos);
  EXPECT_NE(fault("kind = \"crash\"\nat = \"2 h\"\nnode = 1\n").find("after the end of the run"),
            std::string::npos);
  EXPECT_NE(fault("kind = \"crash\"\nat = \"1 s\"\nnode = 1\nfactor = 2\n").find("unknown key"),
            std::string::npos);
  EXPECT_NE(fault("kind = \"partition\"\nat = \"1 s\"\ngroups = [[0], [0]]\n").find("two groups"),
            std::string::npos);
  EXPECT_NE(fault("kind = \"partition\"\nat = \"1 s\"\ngroups = [[\"mars\"]]\n").find("no region"),
            std::string::npos);
}

TEST(Resolver, placement) {
  const std::string head = "[network]\nnodes = 2\nlatency = \"aws-21\"\n";
  const Plan plan = resolve(document(head +
                                     "placement = [\"us-east-1\", \"eu-west-1\"]\n"
                                     "[clients]\ncount = 1\nplacement = [\"eu-west-2\"]\n" +
                                     raft),
                            registry());
  EXPECT_EQ(plan.clients.home, std::vector<NodeId>{1});
  EXPECT_NE(errors(head + "placement = { us-eest-1 = 1 }\n" + raft).find("us-east-1\"?"),
            std::string::npos);
  EXPECT_NE(errors(head + "placement = [\"us-east-1\"]\n" + raft).find("network.placement"),
            std::string::npos);
  EXPECT_NE(errors(head + "placement = \"shares\"\n" + raft).find("has no shares"),
            std::string::npos);
  const Plan drawn = resolve(
      document(head + "[clients]\ncount = 40\nplacement = { eu-west-1 = 3, sa-east-1 = 1 }\n" +
               raft),
      registry());
  const auto& region = drawn.network.links.region;
  EXPECT_EQ(std::count(region.begin() + 2, region.end(), region[2]) % 10, 0);
}

TEST(Resolver, settings_that_cannot_be) {
  EXPECT_NE(errors(raft, {"nodes"}).find("expected dotted.key=value"), std::string::npos);
  EXPECT_NE(errors(raft, {"systems.paxos.params.x=1"}).find("no member \"paxos\""),
            std::string::npos);
  EXPECT_EQ(errors(raft, {"network.nodess=1"}),
            "t.toml (with --set): network.nodess: unknown key; did you mean \"nodes\"?");
}

TEST(PlanDigest, binds_what_changes_the_trace_and_nothing_else) {
  const PlanVersions versions{"1", 1};
  const auto digest = [&](const std::string& text, std::optional<std::uint64_t> seed = {}) {
    const Plan plan = resolve(document(text), registry(), seed);
    return plan_digest(plan, plan.systems[0], versions);
  };
  const std::string base = digest(raft);
  EXPECT_EQ(base.size(), 64u);
  EXPECT_EQ(base, digest("name = \"other\"\n" + raft + "name = \"x\"\nexpect = [\"liveness\"]\n"));
  EXPECT_EQ(base, digest("duration = \"1 min\"\n[network]\nlatency = \"20000 us\"\n" + raft));
  EXPECT_EQ(base, digest(raft + "[[systems]]\nconsensus = \"pow\"\n"));
  EXPECT_NE(base, digest(raft, 2));
  EXPECT_NE(base, digest("[network]\nlatency = \"21 ms\"\n" + raft));
  EXPECT_NE(base, digest("[hardware]\ncost_table = \"zero\"\n" + raft));
  EXPECT_NE(base, digest(raft + "params = { prevote = false }\n"));
  EXPECT_NE(base, digest(raft + "crypto = \"real\"\n"));
  EXPECT_NE(base, digest(raft + "[[faults]]\nkind = \"crash\"\nat = \"1 s\"\nnode = 0\n"));
  const Plan plan = resolve(document(raft), registry());
  EXPECT_NE(base, plan_digest(plan, plan.systems[0], {"2", 1}));
  EXPECT_NE(base, plan_digest(plan, plan.systems[0], {"1", 2}));
}

TEST(CostTables, are_strict) {
  const auto refused = [](const std::string& text) {
    try {
      parse_cost_table(text, "c");
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(refused("verify 47 us\n").find("no row for the operation"), std::string::npos);
  EXPECT_NE(refused("verfy 47 us\n").find("c:1: there is no operation \"verfy\""),
            std::string::npos);
  EXPECT_NE(refused("verify 47\n").find("c:1: expected a row"), std::string::npos);
  EXPECT_NE(refused("verify 47 kg\n").find("c:1: \"47 kg\""), std::string::npos);
  EXPECT_NE(refused("\nverify 1 us\nverify 2 us\n").find("c:3: a second row"), std::string::npos);
  const CostTable table = load_cost_table("reference", "x.toml");
  EXPECT_EQ(table.of(Operation::message_byte), 500u);
  EXPECT_EQ(table.of(Operation::hash_byte), 2'100u);
  EXPECT_EQ(load_cost_table("zero", "x.toml").of(Operation::verify), 0u);
}

}  // namespace
}  // namespace ledgerlab
