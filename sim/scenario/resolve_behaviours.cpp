// [[behaviours]] and [swarm] behaviours: which replicas are Byzantine, how, in which systems.
#include <algorithm>

#include "sim/scenario/resolve_parts.hpp"

namespace ledgerlab {
namespace {

// Who is drawn does not depend on the system. Node streams of draws are below 2^20.
constexpr std::uint32_t behaviour_stream = 0xffffd;

bool fits(const ModelInfo& behaviour, const SystemPlan& system) {
  // Families of consensus; of an attack on discovery, discovery models; on mempools, ledgers'.
  const auto& families = behaviour.fits;
  const bool overlay = behaviour.slot == Slot::overlay;
  if (!system.consensus || (overlay && !system.discovery)) return false;
  if (behaviour.slot == Slot::mempool && !system.ledger) return false;
  const std::string& of = overlay                           ? system.discovery.info->name
                          : behaviour.slot == Slot::mempool ? system.ledger.info->family
                                                            : system.consensus.info->family;
  return families.empty() || std::count(families.begin(), families.end(), of) != 0;
}

std::string families_of(const ModelInfo& behaviour) {
  if (behaviour.slot == Slot::overlay) {
    return behaviour.name + " attacks discovery by " + alternatives(behaviour.fits) +
           ": give the system discovery = \"" + behaviour.fits.front() + "\"";
  }
  if (behaviour.slot == Slot::mempool) {
    return behaviour.name + " attacks endorsement: give the system pipeline = \"" +
           behaviour.fits.front() + "\"";
  }
  return behaviour.name + " fits consensus of the " +
         (behaviour.fits.size() == 1 ? "family " : "families ") + alternatives(behaviour.fits);
}

/// `count` different replicas, ascending; the same for the same seed and key.
std::vector<NodeId> draw_replicas(const Resolving& r, std::uint64_t key, std::uint64_t count) {
  const std::uint32_t n = r.plan.network.replicas;
  std::vector<NodeId> nodes(n);
  for (NodeId i = 0; i < n; ++i) nodes[i] = i;
  const std::size_t drawn = std::min<std::uint64_t>(count, n);
  for (std::size_t i = 0; i < drawn; ++i) {  // Fisher-Yates, as far as needed
    const std::uint64_t u =
        draw64(r.plan.seed, behaviour_stream, Purpose("behaviour.node"), key << 20 | i);
    std::swap(nodes[i], nodes[i + draw_below(u, n - i)]);
  }
  nodes.resize(drawn);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

std::vector<NodeId> read_nodes(Resolving& r, Section& section, std::size_t index) {
  const std::uint32_t n = r.plan.network.replicas;
  const int given = section.given("nodes") + section.given("share") + section.given("count");
  if (given != 1) {
    r.problems.add(section.place(), section.path("nodes"),
                   std::string(given == 0 ? "who is Byzantine? give" : "give only") +
                       " one of nodes, share or count");
    return {};
  }
  if (section.given("count")) {
    if (section.count("count") > n) {
      section.problem("count", "there are only " + std::to_string(n) + " replicas");
    }
    return draw_replicas(r, index, section.count("count"));
  }
  if (section.given("share")) {
    const std::uint64_t count = (section.count("share") * n + 500'000'000) / 1'000'000'000;
    return draw_replicas(r, index, std::max<std::uint64_t>(count, 1));
  }
  std::vector<NodeId> nodes;
  const Value& list = *section.raw("nodes");
  if (list.type != Value::Type::array || list.items.empty()) {
    section.problem("nodes", "expected a list of replicas such as [0, 1]");
    return {};
  }
  for (const Value& item : list.items) {
    if (item.type != Value::Type::integer || item.integer < 0 || item.integer >= n) {
      r.problems.add(item.place, section.path("nodes"),
                     "expected a replica from 0 to " + std::to_string(n - 1) +
                         "; only replicas can be Byzantine");
      return {};
    }
    nodes.push_back(static_cast<NodeId>(item.integer));
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

/// The systems of the entry; empty after telling why.
std::vector<SystemPlan*> read_systems(Resolving& r, Section& section, const ModelInfo& behaviour) {
  std::vector<SystemPlan*> out;
  const Value* list = section.raw("systems");
  if (list == nullptr) {
    for (SystemPlan& system : r.plan.systems) {
      if (fits(behaviour, system)) out.push_back(&system);
    }
    if (out.empty() && !r.plan.systems.empty() && r.plan.systems.front().consensus) {
      section.problem("model", "fits no system here: " + families_of(behaviour));
    }
    return out;
  }
  if (list->type != Value::Type::array || list->items.empty()) {
    section.problem("systems", "expected a list of systems by name such as [\"raft\"]");
    return {};
  }
  std::vector<std::string> names;
  for (const SystemPlan& system : r.plan.systems) names.push_back(system.name);
  for (const Value& item : list->items) {
    const auto found = std::find(names.begin(), names.end(), item.text);
    if (item.type != Value::Type::text || found == names.end()) {
      r.problems.add(item.place, section.path("systems"),
                     "\"" + item.text + "\" is no system here; there are " + alternatives(names),
                     nearest(item.text, names));
      continue;
    }
    SystemPlan& system = r.plan.systems[static_cast<std::size_t>(found - names.begin())];
    if (!system.consensus) continue;
    if (!fits(behaviour, system)) {
      r.problems.add(item.place, section.path("systems"),
                     "\"" + item.text + "\" runs " + system.consensus.info->name +
                         " of the family " + system.consensus.info->family + "; " +
                         families_of(behaviour));
    } else if (std::find(out.begin(), out.end(), &system) == out.end()) {
      out.push_back(&system);
    }
  }
  return out;
}

/// `name_path` and `path`: the keys of the name and of the parameters, for messages.
ModelChoice read_model(Resolving& r, const Value& name, const std::string& name_path,
                       Section& params, Place place, const std::string& path) {
  const ModelInfo* info =
      choose_model(r.problems, r.registry, ModelKind::behaviour, name.text, name.place, name_path);
  if (info == nullptr) return {};
  const std::size_t before = r.problems.count();
  ModelChoice choice{info, params.read_params(info->params)};
  params.refuse_unknown();
  if (info->check != nullptr && r.problems.count() == before) {
    const std::string text = info->check(choice.params, r.plan.network.replicas);
    if (!text.empty()) r.problems.add(place, path, text);
  }
  return choice;
}

void read_behaviour(Resolving& r, const Value& value, std::size_t index) {
  const std::string path = "behaviours." + std::to_string(index);
  Section section(r.problems, &value, path, value.place);
  section.read(behaviour_keys());
  section.refuse_unknown();
  const Value* name = section.raw("model");
  if (name == nullptr) {
    r.problems.add(value.place, path + ".model", "is required: the name of a behaviour");
    return;
  }
  BehaviourPlan plan;
  Section params(r.problems, section.raw("params"), section.path("params"), section.place());
  plan.model =
      read_model(r, *name, path + ".model", params, params.place(), section.path("params"));
  if (!plan.model) return;
  plan.nodes = read_nodes(r, section, index);
  plan.from = Time{section.duration("from")};
  if (section.given("until") && section.good("until")) {
    plan.until = Time{section.duration("until")};
    if (plan.until <= plan.from) section.problem("until", "is not after from");
  }
  plan.address_groups = static_cast<std::uint32_t>(section.count("address_groups"));
  const auto systems = read_systems(r, section, *plan.model.info);
  if (plan.address_groups != 0 && std::none_of(systems.begin(), systems.end(), [](auto* system) {
        return bool{system->discovery};
      })) {
    section.problem("address_groups", "is not read: no system of this entry has a discovery model");
  }
  for (SystemPlan* system : systems) {
    for (const BehaviourPlan& other : system->behaviours) {
      if (other.model.info != plan.model.info) continue;
      for (const NodeId node : plan.nodes) {
        if (!std::binary_search(other.nodes.begin(), other.nodes.end(), node)) continue;
        section.problem("nodes", "replica " + std::to_string(node) + " has the behaviour " +
                                     plan.model.info->name + " already; make it one entry");
        return;
      }
    }
    system->behaviours.push_back(plan);
  }
}

/// So many Byzantine replicas every compared system's fault model bears, whoever they are.
std::uint32_t borne(const Plan& plan) {
  const std::uint32_t n = plan.network.replicas;
  std::uint32_t most = n;
  for (const SystemPlan& system : plan.systems) {
    if (!system.consensus) return 0;
    const FaultModel& model = system.consensus.info->fault_model;
    std::uint32_t count = model.max_byzantine(n);
    if (model.max_adversary_ppb != 0) {
      // The strongest replicas together stay below the share.
      std::vector<std::uint64_t> shares = system.shares_ppb(n);
      std::sort(shares.rbegin(), shares.rend());
      std::uint64_t sum = 0;
      for (count = 0; count < n; ++count) {
        sum += shares[count];
        if (sum > model.max_adversary_ppb) break;
      }
    }
    most = std::min(most, count);
  }
  return most;
}

void draw_behaviours(Resolving& r) {
  const Value* table = r.section("swarm");
  const Entry* entry = table == nullptr ? nullptr : table->find("behaviours");
  if (entry == nullptr) return;
  const Value& list = entry->value;
  const std::string path = "swarm.behaviours";
  if (list.type != Value::Type::array || list.items.empty()) {
    r.problems.add(list.place, path, "expected a list of behaviours such as [\"silent\"]");
    return;
  }
  std::vector<ModelChoice> models;
  for (const Value& item : list.items) {
    Section defaults(r.problems, nullptr, path, item.place);
    models.push_back(read_model(r, item, path, defaults, item.place, path));
    if (!models.back()) return;
  }
  const auto draw = [&](std::string_view aspect, std::uint64_t key) {
    return draw64(r.plan.seed, behaviour_stream, Purpose(aspect), key);
  };
  const std::uint64_t count = draw_below(draw("swarm.byzantine", 0), borne(r.plan) + 1);
  for (const NodeId node : draw_replicas(r, 0xfffff, count)) {
    BehaviourPlan plan;
    plan.model = models[draw_below(draw("swarm.behaviour", node), models.size())];
    plan.nodes = {node};
    plan.from = r.plan.swarm.from;
    plan.until = r.plan.swarm.until;
    for (SystemPlan& system : r.plan.systems) {
      if (fits(*plan.model.info, system)) system.behaviours.push_back(plan);
    }
  }
}

/// What the table says under the figures.
void note_adversaries(Resolving& r) {
  for (const SystemPlan& system : r.plan.systems) {
    const std::vector<NodeId> nodes = system.byzantine();
    if (nodes.empty()) continue;
    std::string text = system.name + ": Byzantine";
    for (const BehaviourPlan& b : system.behaviours) {
      text += (&b == system.behaviours.data() ? " " : ", ") + b.model.info->name + " (";
      for (const NodeId node : b.nodes) {
        text += (node == b.nodes.front() ? "replica " : " ") + std::to_string(node);
      }
      text += ")";
    }
    const bool within = system.bears(nodes, r.plan.network.replicas);
    r.plan.notes.push_back(text + (within ? "; within" : "; beyond") + " its fault model");
  }
}

}  // namespace

void resolve_behaviours(Resolving& r) {
  if (const Value* list = r.section("behaviours")) {
    if (list->type != Value::Type::array) {
      r.problems.add(list->place, "behaviours", "expected [[behaviours]], a list of tables");
      return;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      if (list->items[i].type != Value::Type::table) {
        r.problems.add(list->items[i].place, "behaviours",
                       "expected [[behaviours]], a list of tables");
        continue;
      }
      read_behaviour(r, list->items[i], i);
    }
  }
  draw_behaviours(r);
  if (!r.problems.any()) note_adversaries(r);
}

}  // namespace ledgerlab
