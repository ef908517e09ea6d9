// [[systems]]: the models in the slots, their parameters, hash power, stake, expectations.
#include <algorithm>
#include <numeric>

#include "models/base/int128.hpp"
#include "sim/engine/ns3/limits.hpp"
#include "sim/scenario/resolve_parts.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {
namespace {

bool has_param(const ModelInfo& info, std::string_view key) {
  return std::any_of(info.params.begin(), info.params.end(),
                     [&](const ParamInfo& param) { return param.key == key; });
}

/// A snapshot is worth what its root in a header is worth.
void check_snapshot_sync(Section& section, const SystemPlan& system) {
  if (!system.consensus || !system.ledger || !has_param(*system.consensus.info, "sync")) return;
  if (system.consensus.params.text("sync") != "snapshot" || system.ledger.info->name != "none")
    return;
  section.problem("params",
                  "sync = \"snapshot\" takes over a state by the root that headers commit to, and "
                  "ledger = \"none\" has none: take ledger = \"account\", \"utxo\" or "
                  "\"combined\", or sync = \"headers\"");
}

/// The model with its parameters; empty after telling why.
ModelChoice read_params(Resolving& r, Section& system, const SlotKey& slot, const ModelInfo* info) {
  Section params(r.problems, system.raw(slot.params_key), system.path(slot.params_key),
                 system.place());
  const std::size_t before = r.problems.count();
  ModelChoice choice{info, params.read_params(info->params)};
  if (slot.kind == ModelKind::consensus && params.given("sync") && !has_param(*info, "sync")) {
    params.problem("sync", "is a choice of chained protocols (pow, praos), which " + info->name +
                               " is not: leave it out");
  } else {
    params.refuse_unknown();
  }
  if (info->check != nullptr && r.problems.count() == before) {
    const std::string text = info->check(choice.params, r.plan.network.replicas);
    if (!text.empty()) {
      r.problems.add(system.given(slot.params_key) ? params.place() : system.place(slot.key),
                     system.path(slot.params_key), text);
    }
  }
  return choice;
}

ModelChoice read_slot(Resolving& r, Section& system, const SlotKey& slot) {
  const ModelInfo* info = choose_model(r.problems, r.registry, slot.kind, system.text(slot.key),
                                       system.place(slot.key), system.path(slot.key));
  return info == nullptr ? ModelChoice{} : read_params(r, system, slot, info);
}

/// The ledger, which in state mode is another one with the pipeline's parameters.
ModelChoice read_ledger(Resolving& r, Section& system, SlotKey slot) {
  const bool by_pipeline = system.text("pipeline") == state_mode;
  if (!by_pipeline && system.given("pipeline_params")) {
    system.problem("pipeline_params", std::string("is not read: set pipeline = \"") + state_mode +
                                          "\", or leave it out");
  }
  ModelChoice choice;
  if (!by_pipeline && system.text("ledger") == state_mode_ledger) {
    system.problem("ledger", std::string("\"") + state_mode_ledger +
                                 "\" is the ledger of state mode: write pipeline = \"" +
                                 state_mode +
                                 "\" in its place (and pipeline_params for ledger_params)");
  } else if (!by_pipeline) {
    choice = read_slot(r, system, slot);
  } else if (system.text("ledger") == state_mode_ledger) {
    system.problem("ledger", std::string("\"") + state_mode_ledger + "\" is what pipeline = \"" +
                                 state_mode + "\" runs: leave this key out");
  } else if (system.text("ledger") != slot.fallback) {
    system.problem("ledger", "ledger \"" + system.text("ledger") +
                                 "\" has no state mode: with "
                                 "pipeline = \"" +
                                 state_mode + "\" take ledger = \"account\"");
  } else {
    if (system.given("ledger_params")) {
      system.problem("ledger_params", std::string("is not read: with pipeline = \"") + state_mode +
                                          "\" set pipeline_params");
    }
    slot.params_key = "pipeline_params";
    const ModelInfo* info = r.registry.find(ModelKind::ledger, state_mode_ledger);
    if (info == nullptr) {
      system.problem("pipeline", "there is no ledger for it among the models");
    } else {
      choice = read_params(r, system, slot, info);
    }
  }
  if (choice && choice.info->family == state_mode && choice.params.count("endorsers") == 0) {
    choice.params.set("endorsers", std::int64_t{r.plan.network.replicas});
  }
  return choice;
}

/// `whole` in parts as these weights, which add up exactly: largest remainders first, ties to the
/// lower node.
template <class Part>
std::vector<Part> parts_of(std::uint64_t whole, const std::vector<std::uint64_t>& weights) {
  Uint128 sum = 0;
  for (const std::uint64_t weight : weights) sum += weight;
  std::vector<Part> parts;
  std::vector<std::pair<Uint128, std::size_t>> remainders;
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Uint128 product = Uint128{weights[i]} * whole;
    parts.push_back(static_cast<Part>(product / sum));
    given += parts.back();
    remainders.emplace_back(product % sum, i);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < whole - given; ++i) ++parts[remainders[i].second];
  return parts;
}

/// One weight a replica, all 1 for "equal"; empty after telling why.
std::vector<std::uint64_t> read_weights(Resolving& r, Section& section, const char* key,
                                        const char* nobody) {
  std::vector<std::uint64_t> weights(r.plan.network.replicas, 1);
  const Value* value = section.raw(key);
  if (value != nullptr && value->type == Value::Type::array) {
    static const ParamInfo weight{"weight", ParamType::ratio, "", "", "0", "1000000", {}};
    weights.clear();
    for (const Value& item : value->items) {
      const ReadValue read = read_scalar(r.problems, weight, item, section.path(key));
      weights.push_back(static_cast<std::uint64_t>(read.number.value_or(1)));
    }
    if (weights.size() != r.plan.network.replicas) {
      section.problem(key, "has " + std::to_string(weights.size()) + " weights for " +
                               std::to_string(r.plan.network.replicas) + " replicas");
      return {};
    }
    if (std::all_of(weights.begin(), weights.end(), [](std::uint64_t w) { return w == 0; })) {
      section.problem(key, nobody);
      return {};
    }
  } else if (value != nullptr && value->type == Value::Type::table) {
    return read_weight_table(r, section, key, *value);
  } else if (value != nullptr && value->text != "equal") {
    section.problem(key,
                    "expected \"equal\", a list of one weight a replica, or a table such as "
                    "{ first = [3, 2, 1] } or { mean = 400000, deviation = 100000 }");
    return {};
  }
  return weights;
}

void refuse_unread(Section& section, bool used, std::initializer_list<const char*> keys,
                   const std::string& why) {
  if (used) return;
  for (const char* key : keys) {
    if (section.given(key)) section.problem(key, "is not read: " + why);
  }
}

void read_hash_power(Resolving& r, Section& section, SystemPlan& system) {
  const ModelInfo& consensus = *system.consensus.info;
  refuse_unread(section, consensus.uses_hash_power,
                {"hash_power", "hash_shares", "joules_per_terahash", "mining"},
                consensus.name + " does not mine");
  if (!consensus.uses_hash_power) return;
  system.hash_power = section.count("hash_power");
  system.hash_energy_pj = section.count("joules_per_terahash");
  system.real_mining = section.text("mining") == "nonces";
  const auto weights = read_weights(r, section, "hash_shares", "nobody has any hash power");
  if (!weights.empty()) system.hash_share_ppb = parts_of<std::uint32_t>(1'000'000'000, weights);
}

void read_stake(Resolving& r, Section& section, SystemPlan& system) {
  const ModelInfo& consensus = *system.consensus.info;
  refuse_unread(section, consensus.uses_stake, {"stakes", "total_stake"},
                consensus.name + " draws nobody by stake");
  if (!consensus.uses_stake) return;
  const auto weights = read_weights(r, section, "stakes", "nobody has any stake");
  if (!weights.empty()) {
    system.stakes = parts_of<std::uint64_t>(section.count("total_stake"), weights);
  }
}

void read_checkers(Resolving& r, const Value* value, const std::string& path,
                   std::vector<std::string>& into) {
  if (value == nullptr) return;
  if (value->type != Value::Type::array) {
    r.problems.add(value->place, path, "expected a list of checkers such as [\"agreement\"]");
    return;
  }
  for (const Value& item : value->items) {
    const auto& words = expectations();
    const bool no = item.text.starts_with(forbidding);
    const std::string opposite =
        no ? item.text.substr(forbidding.size()) : std::string(forbidding) + item.text;
    if (item.type != Value::Type::text ||
        std::find(words.begin(), words.end(), item.text) == words.end()) {
      r.problems.add(item.place, path,
                     "\"" + item.text + "\" is no checker; there are " +
                         alternatives(checker_names()) + ", and each after \"not \"",
                     nearest(item.text, words));
    } else if (std::find(into.begin(), into.end(), opposite) != into.end()) {
      r.problems.add(item.place, path,
                     "\"" + item.text + "\" and \"" + opposite + "\": leave one of them out");
    } else if (std::find(into.begin(), into.end(), item.text) == into.end()) {
      into.push_back(item.text);
    }
  }
}

/// A permissioned overlay also says with whom sessions are held, relay or not.
bool fits_any_protocol(const Resolving& r, const Section& system, const SlotKey& slot) {
  if (slot.kind != ModelKind::discovery) return false;
  const ModelInfo* info = r.registry.find(slot.kind, system.text(slot.key));
  return info != nullptr && info->family == "permissioned";
}

SystemPlan read_system(Resolving& r, const Value& value, std::size_t index,
                       const ModelChoice& client, const std::vector<std::string>& expected) {
  // Named in messages as --set would name it.
  std::string path = "systems." + std::to_string(index);
  for (const char* key : {"consensus", "name"}) {
    const Entry* entry = value.find(key);
    if (entry != nullptr && !entry->value.text.empty()) path = "systems." + entry->value.text;
  }
  Section section(r.problems, &value, path, value.place);
  section.read(system_keys());
  section.refuse_unknown();
  SystemPlan system;
  system.client = client;
  system.expect = expected;
  system.real_crypto = section.text("crypto") == "real";
  read_checkers(r, section.raw("expect"), section.path("expect"), system.expect);
  if (!section.good("consensus")) return system;
  for (const SlotKey& slot : slot_keys()) {
    const ModelInfo* consensus = system.consensus.info;
    const bool fits =
        consensus != nullptr && (consensus->uses_relay || fits_any_protocol(r, section, slot));
    if (slot.of_relays && !fits) {
      for (const std::string& key : {slot.key, slot.params_key}) {
        if (consensus != nullptr && section.given(key)) {
          section.problem(key, "is not read: " + consensus->name + " does not relay" +
                                   (slot.kind == ModelKind::discovery
                                        ? "; only discovery = \"static_list\" serves it"
                                        : ""));
        }
      }
      continue;
    }
    if (slot.may_be_empty && section.text(slot.key) == empty_slot) {
      if (section.given(slot.params_key)) {
        section.problem(slot.params_key, "is not read: the " + slot.key +
                                             " slot is empty; name its model by " + slot.key);
      }
      continue;
    }
    ModelChoice choice = slot.kind == ModelKind::ledger ? read_ledger(r, section, slot)
                                                        : read_slot(r, section, slot);
    switch (slot.kind) {
      case ModelKind::consensus:
        system.consensus = std::move(choice);
        break;
      case ModelKind::ledger:
        system.ledger = std::move(choice);
        break;
      case ModelKind::contract:
        system.contract = std::move(choice);
        break;
      case ModelKind::storage:
        system.storage = std::move(choice);
        break;
      case ModelKind::mempool:
        system.mempool = std::move(choice);
        break;
      case ModelKind::discovery:
        system.discovery = std::move(choice);
        break;
      default:
        system.relay = std::move(choice);
        break;
    }
  }
  if (system.mempool && r.plan.clients.count > 0 && system.mempool.info->family == "modelled") {
    section.problem("mempool", system.mempool.info->name +
                                   " takes no transactions from clients: set [clients] count = 0, "
                                   "or take another mempool");
  }
  resolve_contracts(r, section, system);
  system.name = section.text("name");
  if (system.consensus.info == nullptr) return system;
  if (system.name.empty()) system.name = system.consensus.info->name;
  check_snapshot_sync(section, system);
  read_hash_power(r, section, system);
  read_stake(r, section, system);
  return system;
}

void check_overlay(Resolving& r) {
  const auto& overlay = r.plan.network.overlay;
  if (!overlay) return;
  const bool relays = std::any_of(r.plan.systems.begin(), r.plan.systems.end(),
                                  [](const SystemPlan& s) { return bool{s.relay}; });
  if (!relays || is_connected(*overlay)) return;
  const Value* network = r.section("network");
  r.problems.add(network == nullptr ? Place{1, 1} : network->place, "network.topology",
                 "impossible topology: the drawn overlay falls apart and content cannot reach "
                 "every node; add links, or take another seed");
}

/// What relays spread crosses every link of the overlay, on ns3 a TCP connection each. Who else
/// talks with whom only the run shows.
void check_connections(Resolving& r) {
  const NetworkPlan& network = r.plan.network;
  if (network.engine != "ns3") return;
  const std::string most = std::to_string(ns3_engine::connections_max) +
                           " TCP connections, the most the ns3 engine takes (" +
                           std::to_string(ns3_engine::connection_bytes) + " bytes each)";
  const std::uint64_t n = network.replicas, pairs = n * (n - 1) / 2;
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.consensus) continue;
    if (system.relay && !system.discovery && network.overlay) {
      if (network.overlay->edges() <= ns3_engine::connections_max) continue;
      const Value* section = r.section("network");
      const Entry* nodes = section == nullptr ? nullptr : section->find("nodes");
      r.problems.add(nodes == nullptr ? Place{1, 1} : nodes->value.place, "network.nodes",
                     "an overlay of " + std::to_string(network.overlay->edges()) +
                         " links is more than " + most + ": fewer nodes, or fewer links each");
      return;
    }
    if (pairs > ns3_engine::connections_max) {
      r.plan.notes.push_back(system.name + ": if every two of " + std::to_string(n) +
                             " replicas talk with each other, the run will end at " + most);
    }
  }
}

/// A light client needs headers that prove themselves, and in a block what its wallet wrote.
void check_light_clients(Resolving& r) {
  const auto refuse = [&](const std::string& why) {
    r.problems.add(r.place("clients", "model"), "clients.model",
                   "\"light\" does not serve " + why + "; else take model = \"open_loop\"");
  };
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.consensus || !system.client || system.client.info->family != "light") continue;
    if (system.consensus.info->make_header_chain == nullptr) {
      std::vector<std::string> chained;
      for (const ModelInfo* info : r.registry.all(ModelKind::consensus)) {
        if (info->make_header_chain != nullptr) chained.push_back(info->name);
      }
      refuse(system.consensus.info->name +
             ", whose blocks have no headers that prove themselves: take consensus " +
             alternatives(chained));
    } else if (system.ledger && system.ledger.info->family == state_mode) {
      refuse(std::string("pipeline \"") + state_mode +
             "\", where a block does not show which of its transactions are valid: take pipeline "
             "\"order-execute\"");
    }
  }
}

/// A system too small for the fault model of its protocol runs, but bears nothing.
void note_bearing_nothing(Resolving& r) {
  const std::uint32_t n = r.plan.network.replicas;
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.consensus) continue;
    const FaultModel& model = system.consensus.info->fault_model;
    if (model.max_byzantine(1'000) > 0 && model.max_byzantine(n) == 0) {
      r.plan.notes.push_back(system.name + ": bears no Byzantine replica with " +
                             std::to_string(n) + " replicas: " + model.text);
    }
  }
}

/// Mean time between blocks where the parameters say it; zero elsewhere.
Duration block_interval(const ModelChoice& consensus) {
  if (!has_param(*consensus.info, "block_interval")) return Duration::zero();
  return consensus.params.duration("block_interval");
}

/// Numbers that the run cannot give effect to are legal, but not taken in silence.
void note_without_effect(Resolving& r) {
  const std::uint64_t n = r.plan.network.replicas;
  const auto note = [&](const std::string& text) {
    if (std::find(r.plan.notes.begin(), r.plan.notes.end(), text) == r.plan.notes.end()) {
      r.plan.notes.push_back(text);
    }
  };
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.consensus) continue;
    const Params& consensus = system.consensus.params;
    if (has_param(*system.consensus.info, "sync_in_flight") && consensus.text("sync") != "full" &&
        consensus.count("sync_window") < consensus.count("sync_in_flight")) {
      note(system.name + ": sync_in_flight " + std::to_string(consensus.count("sync_in_flight")) +
           " is never reached: no more than sync_window " +
           std::to_string(consensus.count("sync_window")) + " bodies are asked for at once");
    }
    if (!system.client || !has_param(*system.client.info, "confirmations")) continue;
    const Value* clients = r.section("clients");
    const std::uint64_t sources = system.client.params.count("sources");
    if (sources > n && clients != nullptr && clients->find("sources") != nullptr) {
      note("clients.sources: " + std::to_string(sources) + " of " + std::to_string(n) +
           " replicas: each client asks all of them");
    }
    const std::uint64_t deep = system.client.params.count("confirmations");
    const Duration all = r.plan.duration + r.plan.drain,
                   interval = block_interval(system.consensus);
    if (interval > Duration::zero() && deep > static_cast<std::uint64_t>(all / interval)) {
      note(system.name + ": clients.confirmations " + std::to_string(deep) + " are more than the " +
           std::to_string(all / interval) +
           " blocks that the run makes in the mean: no client will count a transaction as done");
    }
  }
}

}  // namespace

void resolve_systems(Resolving& r) {
  const ModelChoice client = r.plan.systems.empty() ? ModelChoice{} : r.plan.systems[0].client;
  r.plan.systems.clear();
  Section expect(r.problems, r.section("expect"), "expect", {1, 1});
  expect.read(expect_keys());
  expect.refuse_unknown();
  std::vector<std::string> expected;
  read_checkers(r, expect.raw("outcomes"), "expect.outcomes", expected);

  const Value* list = r.section("systems");
  if (list == nullptr || list->type != Value::Type::array || list->items.empty()) {
    r.problems.add(list == nullptr ? Place{1, 1} : list->place, "systems",
                   "is required: at least one [[systems]] with a consensus, such as "
                   "consensus = \"raft\"");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    SystemPlan system = read_system(r, list->items[i], i, client, expected);
    for (const SystemPlan& other : r.plan.systems) {
      if (system.name.empty() || other.name != system.name) continue;
      r.problems.add(list->items[i].place, "systems." + system.name,
                     "two systems have this name: give each a name of its own");
    }
    r.plan.systems.push_back(std::move(system));
  }
  check_light_clients(r);
  note_bearing_nothing(r);
  note_without_effect(r);
  check_overlay(r);
  check_connections(r);
}

}  // namespace ledgerlab
