// The tables of scenario keys.
#include "sim/scenario/keys.hpp"

#include <array>
#include <stdexcept>

#include "sim/scenario/result.hpp"

namespace ledgerlab {
namespace {

using Type = ParamType;

KeyInfo key(std::string name, Type type, std::string fallback, std::string text,
            std::optional<std::string> low = {}, std::optional<std::string> high = {}) {
  return {{std::move(name),
           type,
           std::move(fallback),
           std::move(text),
           std::move(low),
           std::move(high),
           {}},
          false,
          {}};
}

KeyInfo choice(std::string name, std::vector<std::string> choices, std::string text) {
  std::string fallback = choices.front();
  return {{std::move(name),
           Type::choice,
           std::move(fallback),
           std::move(text),
           {},
           {},
           std::move(choices)},
          false,
          {}};
}

template <std::size_t Count>
std::vector<std::string> names(const std::array<std::string_view, Count>& all) {
  return {all.begin(), all.end()};
}

KeyInfo shaped(std::string name, std::string text, std::string shape) {
  return {{std::move(name), Type::text, "", std::move(text), {}, {}, {}}, false, std::move(shape)};
}

KeyInfo required(KeyInfo info) {
  info.required = true;
  return info;
}

constexpr const char* number_list =
    R"({"type":"array","items":{"type":"number","minimum":0},"minItems":1})";
const std::string weight_tables =
    "{ first = weights of the first replicas, the others have none } or { mean, deviation } of a "
    "normal distribution that each draws from";
const std::string weight_table_shapes =
    R"(,{"type":"object","additionalProperties":false,"required":["first"],"properties":{"first":)" +
    std::string(number_list) +
    R"(}},{"type":"object","additionalProperties":false,"required":["mean","deviation"],)"
    R"("properties":{"mean":{"type":"number","minimum":0},"deviation":{"type":"number",)"
    R"("minimum":0}}}]})";
constexpr const char* node_shape = R"({"type":"integer","minimum":0})";
constexpr const char* node_list =
    R"({"type":"array","items":{"type":"integer","minimum":0},"minItems":1})";

/// Kinds of placement, as a schema; `names` are the words that stand alone.
std::string placement_shape(const std::string& names) {
  return R"({"oneOf":[{"enum":[)" + names +
         R"(]},{"type":"array","items":{"type":"string"},"minItems":1},)"
         R"({"type":"object","minProperties":1,"additionalProperties":{"type":"number","minimum":0}}]})";
}

constexpr const char* latency_shape =
    R"({"oneOf":[{"type":"string","minLength":1},{"type":"object","additionalProperties":false,)"
    R"("required":["kind","regions","matrix"],"properties":{"kind":{"enum":["round-trip","one-way"]},)"
    R"("regions":{"type":"array","minItems":1,"items":{"type":"string"}},)"
    R"("matrix":{"type":"array","minItems":1,"items":{"type":"array","items":{"$ref":"#/definitions/duration"}}}}},)"
    R"({"type":"object","additionalProperties":false,"required":["between_pairs"],"properties":)"
    R"({"between_pairs":{"type":"array","minItems":2,"maxItems":2,"items":{"$ref":"#/definitions/duration"}}}}]})";

/// What the published platforms need (docs/validation.md, W20 to W22).
KeyTable platform_keys() {
  return {
      shaped("degree_cdf",
             "out-degree: shares of the nodes that open at most 1, 2, ... links, the last one 1; "
             "not given: degree links each",
             number_list),
      shaped(
          "connections",
          "connections: so many nodes, by weight, want from `from` to `to` links and take "
          "`spare` more",
          R"({"type":"array","minItems":1,"items":{"type":"object",)"
          R"("additionalProperties":false,"required":["from","to","weight"],"properties":{)"
          R"("from":{"type":"integer","minimum":1},"to":{"type":"integer","minimum":1},)"
          R"("spare":{"type":"integer","minimum":0},"weight":{"type":"integer","minimum":0}}}})"),
      key("core", Type::integer, "0",
          "the first so many replicas (miners) have a place and links of their own", "0",
          "1000000"),
      shaped("core_placement", "regions of the core, in turn; not given: as all",
             R"({"type":"array","minItems":1,"items":{"type":"string"}})"),
      key("core_up", Type::bandwidth, "1 Gbit/s", "up-link of the core; not given: as all"),
      key("core_down", Type::bandwidth, "1 Gbit/s", "down-link of the core; not given: as all"),
      key("core_links_min", Type::integer, "0", "connections: links that a node of the core wants",
          "0", "1000000"),
      key("core_links_max", Type::integer, "1000000", "connections: and bears", "0", "1000000"),
      choice("link_model", {"queues", "bottleneck", "cut-through"},
             "what messages cost the links: queues both ways, store-and-forward; one transfer at a "
             "time at the narrower end (SimBlock); both queues passed at once (Bitcoin-Simulator)"),
      key("small_message", Type::size, "0 B",
          "bottleneck, cut-through: messages up to this size, overhead included, pass beside the "
          "queues",
          "0 B", "1 GiB"),
      key("small_delay", Type::duration, "0 s",
          "bottleneck, cut-through: what these take besides the latency", "0 s", "1 h"),
      key("transfer_delay", Type::duration, "0 s",
          "bottleneck: what every other transfer takes besides", "0 s", "1 h"),
      choice("jitter_of", {"message", "link"}, "what has a delay of its own"),
  };
}

KeyTable with_target(KeyTable keys) {
  keys.push_back(shaped("node", "the node hit", node_shape));
  keys.push_back(shaped("nodes", "the nodes hit", node_list));
  keys.push_back(shaped("region", "every node of this region is hit", R"({"type":"string"})"));
  keys.push_back(shaped("target",
                        "found when the fault begins: the leader (where there is none: "
                        "the producer), or the replica that has produced most final blocks",
                        R"({"enum":["leader","producer"]})"));
  return keys;
}

KeyTable fault_table(KeyTable own) {
  KeyTable keys{
      required(shaped(
          "kind", "crash, partition, loss, delay, slow, clock, disk, duplicate, reorder or churn",
          R"({"type":"string"})")),
      required(key("at", Type::duration, "", "when it begins", "0 s")),
      key("until", Type::duration, "", "when it ends; without until and for it stays", "0 s"),
      key("for", Type::duration, "", "how long it lasts, in place of until", "1 ns"),
  };
  for (KeyInfo& info : own) keys.push_back(std::move(info));
  return keys;
}

std::array<KeyTable, fault_kind_count> make_fault_tables() {
  std::array<KeyTable, fault_kind_count> tables;
  const auto at = [&](FaultKind kind) -> KeyTable& {
    return tables[static_cast<std::size_t>(kind)];
  };
  at(FaultKind::crash) = fault_table(with_target({}));
  at(FaultKind::partition) = fault_table(
      {required(
           shaped("groups",
                  "lists of nodes or regions that lose each other; replicas in no list are "
                  "one more group; clients in no list go with it where regions are named, and are "
                  "cut from nobody where only nodes are",
                  R"({"type":"array","minItems":1,"items":{"type":"array","minItems":1,)"
                  R"("items":{"oneOf":[{"type":"integer","minimum":0},{"type":"string"}]}}})")),
       key("one_way", Type::flag, "false", "only messages sent by the first group are lost")});
  at(FaultKind::loss) = fault_table(with_target(
      {required(key("probability", Type::ratio, "",
                    "of a message to be lost; without a target on every link", "0", "1"))}));
  at(FaultKind::delay) = fault_table(with_target(
      {required(key("by", Type::duration, "",
                    "added to the latency; without a target on every link", "0 s", "1 h"))}));
  at(FaultKind::slow) = fault_table(with_target({required(
      key("factor", Type::ratio, "", "CPU work takes so many times as long", "0.001", "100000"))}));
  at(FaultKind::clock) = fault_table(with_target(
      {key("offset", Type::duration, "0 s", "jump of the wall clock", "-30 d", "30 d"),
       key("drift", Type::ratio, "0 ppm", "rate error of the local clock", "-0.5", "0.5")}));
  at(FaultKind::disk) = fault_table(with_target(
      {required(key("sync", Type::duration, "", "latency of one disk sync", "0 s", "1 h"))}));
  at(FaultKind::duplicate) = fault_table(with_target(
      {required(key("probability", Type::ratio, "",
                    "of a message to arrive twice; without a target on every link", "0", "1"))}));
  at(FaultKind::reorder) = fault_table(with_target(
      {required(key("probability", Type::ratio, "",
                    "of a message to be held so that later ones overtake it; without a target on "
                    "every link",
                    "0", "1")),
       required(key("by", Type::duration, "", "longest time it is held; drawn evenly", "1 ns",
                    "1 h"))}));
  at(FaultKind::churn) = fault_table(
      {required(key("session", Type::duration, "",
                    "mean of the times that a node stays (exponential)", "1 ms", "3650 d")),
       required(key("absence", Type::duration, "",
                    "mean of the times until it comes back, with its disk (exponential)", "1 ms",
                    "3650 d")),
       shaped("node", "the node that comes and goes", node_shape),
       shaped("nodes", "the nodes that come and go", node_list),
       shaped("region", "every node of this region comes and goes", R"({"type":"string"})"),
       key("share", Type::ratio, "", "in place of nodes: so many of all replicas, drawn", "0",
           "1")});
  return tables;
}

}  // namespace

const KeyTable& top_keys() {
  static const KeyTable keys{
      key("name", Type::text, "", "shown in reports"),
      key("seed", Type::integer, "1", "every draw of the run follows from it", "0"),
      key("duration", Type::duration, "60 s", "load is offered until here", "1 ms", "3650 d"),
      key("warm_up", Type::duration, "0 s", "measured from here on", "0 s"),
      key("drain", Type::duration, "10 s", "time to finish after the load has ended", "0 s",
          "365 d"),
  };
  return keys;
}

const KeyTable& network_keys() {
  static const KeyTable keys = [] {
    std::vector<std::string> kinds;
    for (const std::string_view name : topology_kind_names()) kinds.emplace_back(name);
    KeyTable table{
        choice("engine", {"native", "simgrid", "ns3"},
               "what moves messages through simulated time"),
        key("nodes", Type::integer, "5", "replicas; the clients come on top", "1", "1000000"),
        choice("topology", kinds, "overlay of the replicas, for content that is relayed"),
        key("degree", Type::integer, "8",
            "random-regular: links of every node; out-degree: links that each opens", "1"),
        key("probability", Type::ratio, "10 %", "erdos-renyi: of each possible link", "0", "1"),
        key("m", Type::integer, "4", "barabasi-albert: links of every new node", "1"),
        key("k", Type::integer, "8", "watts-strogatz: neighbours on the ring, even", "2"),
        key("rewire", Type::ratio, "10 %", "watts-strogatz: share of links thrown elsewhere", "0",
            "1"),
        key("hub", Type::integer, "0", "star: the node in the middle", "0"),
        key("organisations", Type::integer, "1", "hierarchy: each with its own sites", "1"),
        choice("within", {"mesh", "star"}, "hierarchy: links between the sites of an organisation"),
        shaped("latency",
               "a data file (\"aws-21\"), one delay between all (\"20 ms\"), or a table with kind, "
               "regions and matrix; { between_pairs = [\"10 ms\", \"150 ms\"] }: every pair of "
               "replicas its own, drawn uniformly, the same both ways",
               latency_shape),
        shaped("placement",
               "of the replicas: round_robin over the regions, shares of the data file, a list of "
               "one region a replica, or a table of weights",
               placement_shape(R"("round_robin","shares")")),
        key("up", Type::bandwidth, "1 Gbit/s",
            "up-link of a node; not given: of its region, if the data file says"),
        key("down", Type::bandwidth, "1 Gbit/s",
            "down-link of a node; not given: of its region, if the data file says"),
        key("jitter", Type::ratio, "0 %", "of the latency: mean (exponential) or width (uniform)",
            "0", "10"),
        choice("jitter_kind", {"exponential", "uniform", "pareto"},
               "how jitter is distributed; pareto: the latency is the mean of all delays, their "
               "scale 5 ms less, their shape the latency in units of 5 ms; reads no jitter"),
        key("packet_loss", Type::ratio, "0 %", "of each packet; a lost one is sent again", "0",
            "0.9"),
        key("retransmission_timeout", Type::duration, "200 ms", "what a lost packet costs", "1 us",
            "1 h"),
        key("mtu", Type::size, "1448 B", "payload of a packet", "64 B", "64 KiB"),
        key("overhead", Type::size, "40 B", "headers added to every message", "0 B", "64 KiB"),
        choice(
            "transport", names(transport_names),
            "native: ideal sends a message at the rate of its links; tcp as part of a stream with "
            "handshake, slow start and window, as ns-3's TCP does"),
        choice("tcp", names(tcp_names), "ns3: congestion control of its TCP"),
        choice("queue", names(queue_names), "ns3: queue of an access link, in either direction"),
        key("queue_size", Type::size, "0 B", "ns3: what that queue holds; 0 B: whatever comes",
            "0 B", "1 GiB"),
        key("pcap", Type::text, "",
            "ns3: a folder for one file of packets a node; changes no result"),
        choice(
            "flow_model", {"CM02", "LV08", "constant"},
            "simgrid: its network model; CM02 shares bandwidth and adds nothing, LV08 multiplies "
            "latency by 13.01 and bandwidth by 0.97 for the ramps of TCP, constant knows one "
            "latency and no bandwidth"),
        key("flow_threshold", Type::size, "16 KiB",
            "simgrid: messages from this size are flows that share links; smaller ones queue at "
            "the "
            "access links, which costs no more with many under way",
            "0 B", "1 GiB"),
        key("backbone", Type::bandwidth, "unlimited",
            "simgrid: a link that messages share beside their access links"),
        choice("backbone_scope", {"global", "pair"},
               "simgrid: one backbone for all messages, or one for each ordered pair of regions"),
        key("platform", Type::text, "",
            "simgrid: a SimGrid platform file (XML) in place of latency, up and down; its hosts, "
            "in "
            "the order of their names, are the replicas and then the clients"),
        choice(
            "sessions", {"assumed", "handshake"},
            "assumed: one key of the world; handshake: every two nodes agree on keys before their "
            "first message, and frames are charged for"),
        choice("identities", {"directory", "first_contact"},
               "handshake: every node knows every node's key, or takes the one it first sees"),
    };
    for (const KeyInfo& info : platform_keys()) table.push_back(info);
    return table;
  }();
  return keys;
}

const KeyTable& hardware_keys() {
  static const KeyTable keys{
      key("cores", Type::integer, "4", "CPU cores of a node", "1", "4096"),
      key("speed", Type::ratio, "1", "of a core, as a multiple of the cost table's CPU", "0.001",
          "1000"),
      key("disk_sync", Type::duration, "1 ms", "latency of one sync", "0 s", "1 h"),
      key("disk_write", Type::bandwidth, "1 Gbit/s", "disk throughput"),
      key("cost_table", Type::text, "reference",
          "time of each operation: reference, zero, or a file of your own"),
      key("power_idle", Type::power, "30 W", "of a node that does nothing", "0 W", "100 kW"),
      key("power_busy", Type::power, "90 W", "of a node with every core busy", "0 W", "100 kW"),
  };
  return keys;
}

const KeyTable& clients_keys() {
  static const KeyTable keys{
      key("model", Type::text, "open_loop", "client model; its parameters stand beside this key"),
      key("count", Type::integer, "4", "client nodes", "0", "1000000"),
      shaped("placement",
             "of the clients: with_replicas, round_robin, shares, a list of one region a client, "
             "or a table of weights",
             placement_shape(R"("with_replicas","round_robin","shares")")),
  };
  return keys;
}

const KeyTable& workload_keys() {
  static const KeyTable keys{
      key("model", Type::text, "poisson", "load model; its parameters stand beside this key"),
  };
  return keys;
}

const KeyTable& genesis_keys() {
  static const KeyTable keys{
      key("accounts", Type::integer, "1000", "accounts that exist from the start", "2", "10000000"),
      key("balance", Type::integer, "1000000000", "of each, in smallest units", "1"),
  };
  return keys;
}

const KeyTable& system_keys() {
  static const KeyTable keys = [] {
    KeyTable table{
        key("name", Type::text, "", "in tables and results; without it the consensus' name"),
        required(key("consensus", Type::text, "", "the protocol")),
        choice("pipeline", {"order-execute", state_mode},
               "transactions are ordered and then executed by all (event mode), or simulated by "
               "endorsers, ordered with their results, and validated (state mode)"),
        shaped("pipeline_params", "execute-order-validate: endorsement, endorsers",
               R"({"type":"object"})"),
        choice("crypto", {"costed", "real"},
               "authenticators: an ideal functionality of true size and time, or the libraries"),
        choice("mining", {"lottery", "nonces"},
               "proof of work: drawn with the same statistics, or really tried (low difficulty)"),
        key("hash_power", Type::hash_rate, "1 TH/s", "of all replicas together", "1 H/s"),
        shaped("hash_shares", "equal, one weight a replica, or a table: " + weight_tables,
               R"({"oneOf":[{"enum":["equal"]},)" + std::string(number_list) + weight_table_shapes),
        shaped("stakes",
               "proof of stake: equal, one weight a replica, or a table: " + weight_tables,
               R"({"oneOf":[{"enum":["equal"]},)" + std::string(number_list) + weight_table_shapes),
        key("total_stake", Type::integer, "1000000000000",
            "smallest units of all replicas together, in their stake accounts at genesis", "1",
            "9000000000000000000"),
        key("joules_per_terahash", Type::integer, "30", "energy of mining", "0", "1000000"),
        shaped(
            "expect",
            "checkers whose outcome must appear, or the run fails; \"not NAME\": must not appear",
            R"({"$ref":"#/definitions/checkers"})"),
    };
    for (const SlotKey& slot : slot_keys()) {
      if (slot.key != "consensus") {
        table.push_back(key(
            slot.key, Type::text, slot.fallback,
            slot.may_be_empty ? "model in this slot; none: it stays empty" : "model in this slot"));
      }
      table.push_back(shaped(slot.params_key, "parameters of the " + slot.key + " model",
                             R"({"type":"object"})"));
    }
    table.push_back(shaped("contract_files",
                           "code files in place of the built-in ones, by the contract's name",
                           R"({"type":"object","additionalProperties":{"type":"string"}})"));
    return table;
  }();
  return keys;
}

const std::vector<SlotKey>& slot_keys() {
  static const std::vector<SlotKey> slots{
      {"consensus", ModelKind::consensus, "", "params"},
      {"ledger", ModelKind::ledger, "account", "ledger_params"},
      {"contract", ModelKind::contract, empty_slot, "contract_params", false, true},
      {"storage", ModelKind::storage, empty_slot, "storage_params", false, true},
      {"mempool", ModelKind::mempool, "pool", "mempool_params"},
      {"relay", ModelKind::gossip, "inventory", "relay_params", true},
      {"discovery", ModelKind::discovery, empty_slot, "discovery_params", true, true},
  };
  return slots;
}

const KeyTable& fault_keys(FaultKind kind) {
  static const std::array<KeyTable, fault_kind_count> tables = make_fault_tables();
  return tables[static_cast<std::size_t>(kind)];
}

const KeyTable& behaviour_keys() {
  static const KeyTable keys{
      required(shaped("model", "the behaviour", R"({"$ref":"#/definitions/behaviour"})")),
      shaped("nodes", "the Byzantine replicas", node_list),
      key("share", Type::ratio, "",
          "in place of nodes: so many of all replicas, drawn; rounded, at least one", "0", "1"),
      key("count", Type::integer, "", "in place of nodes: so many replicas, drawn", "1", "1000000"),
      shaped("systems", "in these systems; not given: in all that the behaviour fits",
             R"({"type":"array","minItems":1,"items":{"type":"string"}})"),
      key("from", Type::duration, "0 s", "it deviates from here, by the replica's clock", "0 s"),
      key("until", Type::duration, "", "until here; not given: for ever", "1 ns"),
      key("address_groups", Type::integer, "0",
          "their network addresses lie in so many groups (/16 of IPv4); 0: drawn as anybody's; "
          "read "
          "by discovery models",
          "0", "65536"),
      shaped("params", "parameters of the behaviour", R"({"type":"object"})"),
  };
  return keys;
}

const KeyTable& swarm_keys() {
  static const KeyTable keys{
      shaped("kinds", "which faults are drawn; not given: all",
             R"({"type":"array","minItems":1,"items":{"$ref":"#/definitions/fault_kind"}})"),
      key("from", Type::duration, "0 s", "the first fault begins after this", "0 s"),
      key("until", Type::duration, "", "all have healed by then; not given: the end of the load",
          "0 s"),
      key("every", Type::duration, "10 s", "mean time between two beginnings", "1 ms", "365 d"),
      key("lasting", Type::duration, "5 s", "mean length", "1 ms", "365 d"),
      key("at_once", Type::integer, "0",
          "crashed or cut-off nodes at a time; 0: what every compared fault model bears", "0"),
      key("loss", Type::ratio, "10 %", "largest drawn loss", "0", "1"),
      key("delay", Type::duration, "500 ms", "largest drawn delay", "0 s", "1 h"),
      key("slow", Type::ratio, "10", "largest drawn factor", "1", "100000"),
      key("clock_offset", Type::duration, "1 s", "largest drawn jump", "0 s", "30 d"),
      key("drift", Type::ratio, "200 ppm", "largest drawn drift", "0", "0.5"),
      key("disk_sync", Type::duration, "50 ms", "largest drawn sync latency", "0 s", "1 h"),
      key("duplicate", Type::ratio, "20 %", "largest drawn probability of arriving twice", "0",
          "1"),
      key("reorder", Type::ratio, "20 %", "largest drawn probability of being overtaken", "0", "1"),
      key("reorder_by", Type::duration, "200 ms", "longest time a reordered message is held",
          "1 ns", "1 h"),
      shaped("behaviours",
             "Byzantine behaviours to draw from, with their defaults, on as many drawn replicas as "
             "every compared fault model bears at most; not given: none",
             R"({"type":"array","minItems":1,"items":{"$ref":"#/definitions/behaviour"}})"),
  };
  return keys;
}

const KeyTable& operation_keys() {
  static const KeyTable keys{
      required(key("at", Type::duration, "", "when the operator asks", "0 s")),
      required(choice("action", operation_names(), "what is asked of the protocol")),
      shaped("node", "the replica to lead, to add or to remove", node_shape),
      shaped("nodes", "change_members: the members from then on", node_list),
      shaped(
          "target",
          "the replica that is asked; not given: the leader of that moment, found as faults find "
          "it",
          R"({"oneOf":[{"enum":["leader"]},{"type":"integer","minimum":0}]})"),
  };
  return keys;
}

std::vector<std::string> operation_names() {  // as in OperateAction
  return {"transfer_leadership", "add_server", "remove_server", "change_members"};
}

const KeyTable& expect_keys() {
  static const KeyTable keys{
      shaped("outcomes",
             "checkers whose outcome must appear in every system, or the run fails; \"not NAME\": "
             "must not appear",
             R"({"$ref":"#/definitions/checkers"})"),
  };
  return keys;
}

std::vector<std::string> fault_kind_names() {
  return {"crash", "partition", "loss",      "delay",   "slow",
          "clock", "disk",      "duplicate", "reorder", "churn"};  // as in FaultKind
}

std::vector<std::string> topologies_reading(std::string_view network_key) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> readers{{
      {"degree", "random-regular"},
      {"degree", "out-degree"},
      {"degree_cdf", "out-degree"},
      {"connections", "connections"},
      {"core_links_min", "connections"},
      {"core_links_max", "connections"},
      {"probability", "erdos-renyi"},
      {"m", "barabasi-albert"},
      {"k", "watts-strogatz"},
      {"rewire", "watts-strogatz"},
      {"hub", "star"},
      {"organisations", "hierarchy"},
      {"within", "hierarchy"},
  }};
  std::vector<std::string> out;
  for (const auto& reader : readers) {
    if (reader.first == network_key) out.emplace_back(reader.second);
  }
  return out;
}

const std::vector<std::string>& checker_names() {
  static const std::vector<std::string> names{
      "agreement",  "prefix_consistency", "validity",   "no_double_spend",
      "durability", "linearisable_reads", "one_leader", "supply",
      "books",      "liveness",           "settlement", "vain"};
  return names;
}

const std::vector<std::string>& expectations() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> out = checker_names();
    for (const std::string& name : checker_names()) out.push_back(std::string(forbidding) + name);
    return out;
  }();
  return words;
}

}  // namespace ledgerlab
