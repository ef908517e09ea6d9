// [[faults]] and [swarm]: what goes wrong, when, and whom it hits.
#include <algorithm>

#include "sim/scenario/resolve_parts.hpp"

namespace ledgerlab {
namespace {

std::optional<FaultKind> kind_called(std::string_view name) {
  const auto names = fault_kind_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

/// The nodes of a region; empty after telling that there is none of the name.
std::vector<NodeId> nodes_in(Resolving& r, const std::string& name, Place place,
                             const std::string& path) {
  const auto region = r.latency.find(name);
  std::vector<NodeId> out;
  if (region) {
    for (NodeId node = 0; node < r.plan.nodes(); ++node) {
      if (r.plan.network.links.region_of(node) == *region) out.push_back(node);
    }
    if (out.empty()) r.problems.add(place, path, "no node is in the region \"" + name + "\"");
    return out;
  }
  r.problems.add(place, path, "there is no region \"" + name + "\"",
                 nearest(name, r.plan.network.regions));
  return out;
}

/// So many of all replicas, the same for the same seed and place in the list; at least one.
void draw_share(Resolving& r, Section& section, std::uint64_t index, FaultPlan& fault) {
  const std::uint32_t n = r.plan.network.replicas;
  const std::uint64_t count =
      std::max<std::uint64_t>((section.count("share") * n + 500'000'000) / 1'000'000'000, 1);
  std::vector<std::pair<std::uint64_t, NodeId>> drawn;
  for (NodeId i = 0; i < n; ++i) {
    drawn.emplace_back(draw64(r.plan.seed, i, Purpose("churn.share"), index), i);
  }
  std::sort(drawn.begin(), drawn.end());
  for (std::uint64_t i = 0; i < count; ++i) fault.target.nodes.push_back(drawn[i].second);
}

void read_target(Resolving& r, Section& section, std::uint64_t index, FaultPlan& fault) {
  const bool churn = fault.kind == FaultKind::churn;
  int given = 0;
  for (const char* key : {"node", "nodes", "region", churn ? "share" : "target"}) {
    given += section.given(key) ? 1 : 0;
  }
  if (given == 0 && on_links(fault.kind)) {
    fault.all_links = true;
    return;
  }
  if (given != 1) {
    r.problems.add(section.place(), section.path("node"),
                   std::string(given == 0 ? "whom does it hit? give" : "give only") +
                       " one of node, nodes, region or " + (churn ? "share" : "target"));
    return;
  }
  if (const Value* node = section.raw("node")) {
    read_node(r, *node, section.path("node"), fault.target.nodes);
  } else if (const Value* nodes = section.raw("nodes")) {
    if (nodes->type != Value::Type::array || nodes->items.empty()) {
      section.problem("nodes", "expected a list such as [0, 1]");
    }
    for (const Value& item : nodes->items) {
      read_node(r, item, section.path("nodes"), fault.target.nodes);
    }
  } else if (const Value* region = section.raw("region")) {
    fault.target.nodes = nodes_in(r, region->text, region->place, section.path("region"));
  } else if (churn) {
    draw_share(r, section, index, fault);
  } else {
    const Value* target = section.raw("target");
    if (target->text == "leader") {
      fault.target.kind = FaultTarget::Kind::leader;
    } else if (target->text == "producer") {
      fault.target.kind = FaultTarget::Kind::producer;
    } else {
      section.problem("target", "expected \"leader\" or \"producer\"; a replica is named by node = 3, several by nodes = "
                      "[3, 4]",
                      nearest(target->text, {"leader", "producer"}));
    }
  }
  sort_unique(fault.target.nodes);
}

void read_groups(Resolving& r, Section& section, FaultPlan& fault) {
  const Value* groups = section.raw("groups");
  if (groups == nullptr) return;
  if (groups->type != Value::Type::array || groups->items.empty()) {
    section.problem("groups", "expected lists of nodes or regions such as [[0, 1]]");
    return;
  }
  fault.groups.assign(r.plan.nodes(), -1);
  const std::string path = section.path("groups");
  std::int32_t index = 0;
  bool by_region = false;
  for (const Value& group : groups->items) {
    if (group.type != Value::Type::array || group.items.empty()) {
      r.problems.add(group.place, path, "expected a list of nodes or regions such as [0, 1]");
      return;
    }
    for (const Value& item : group.items) {
      std::vector<NodeId> nodes;
      if (item.type == Value::Type::text) {
        by_region = true;
        nodes = nodes_in(r, item.text, item.place, path);
      } else {
        read_node(r, item, path, nodes);
      }
      for (const NodeId node : nodes) {
        if (fault.groups[node] != -1 && fault.groups[node] != index) {
          r.problems.add(item.place, path, "node " + std::to_string(node) + " is in two groups");
        }
        fault.groups[node] = index;
      }
    }
    ++index;
  }
  bool rest = false;
  for (NodeId node = 0; node < r.plan.network.replicas; ++node) {
    if (fault.groups[node] == -1) {
      fault.groups[node] = index;
      rest = true;
    }
  }
  // A region is cut off with all that stands in it, so clients of the others are on their side.
  for (NodeId node = r.plan.network.replicas; by_region && rest && node < r.plan.nodes(); ++node) {
    if (fault.groups[node] == -1) fault.groups[node] = index;
  }
  if (index == 1 && !rest) section.problem("groups", "one group with every replica parts nobody");
}

void read_times(Resolving& r, Section& section, FaultPlan& fault) {
  fault.at = Time{section.duration("at")};
  if (section.given("until") && section.given("for")) {
    section.problem("for", "give until or for, not both");
  } else if (section.given("until") && section.good("until")) {
    fault.until = Time{section.duration("until")};
    if (fault.until <= fault.at) section.problem("until", "is not after at");
  } else if (section.given("for") && section.good("for")) {
    const std::int64_t limit = time_never.time_since_epoch().count() - count_ns(fault.at);
    if (section.duration("for").count() < limit) fault.until = fault.at + section.duration("for");
  }
  if (section.good("at") && fault.at >= r.plan.end()) {
    section.problem("at", "is after the end of the run (" +
                              format_value(ParamType::duration, count_ns(r.plan.end())) + ")");
  }
}

void read_fault(Resolving& r, const Value& value, std::size_t index) {
  const std::string path = "faults." + std::to_string(index);
  const Entry* entry = value.find("kind");
  if (entry == nullptr) {
    r.problems.add(value.place, path + ".kind",
                   "is required: one of " + alternatives(fault_kind_names()));
    return;
  }
  const auto kind = kind_called(entry->value.text);
  if (!kind) {
    r.problems.add(entry->value.place, path + ".kind",
                   "\"" + entry->value.text + "\" is none of " + alternatives(fault_kind_names()),
                   nearest(entry->value.text, fault_kind_names()));
    return;
  }
  Section section(r.problems, &value, path, value.place);
  section.read(fault_keys(*kind));
  section.refuse_unknown();
  FaultPlan fault;
  fault.kind = *kind;
  read_times(r, section, fault);
  if (*kind == FaultKind::partition) {
    read_groups(r, section, fault);
    fault.one_way = section.count("one_way") != 0;
  } else {
    read_target(r, section, index, fault);
  }
  switch (*kind) {
    case FaultKind::reorder:
      fault.by = section.duration("by");
      [[fallthrough]];
    case FaultKind::loss:
    case FaultKind::duplicate:
      fault.probability_ppb = section.count("probability");
      break;
    case FaultKind::delay:
      fault.by = section.duration("by");
      break;
    case FaultKind::churn:
      fault.session = section.duration("session");
      fault.absence = section.duration("absence");
      break;
    case FaultKind::slow:
      fault.factor_thousandths = section.count("factor") / 1'000'000;
      break;
    case FaultKind::disk:
      fault.sync = section.duration("sync");
      break;
    case FaultKind::clock:
      fault.offset = section.duration("offset");
      fault.drift_ppb = section.number("drift");
      if (!section.given("offset") && !section.given("drift")) {
        r.problems.add(section.place(), path, "a clock fault needs an offset or a drift");
      }
      break;
    default:
      break;
  }
  r.plan.faults.push_back(std::move(fault));
}

}  // namespace

bool read_node(Resolving& r, const Value& value, const std::string& path,
               std::vector<NodeId>& out) {
  const std::uint32_t nodes = r.plan.nodes();
  if (value.type != Value::Type::integer || value.integer < 0 || value.integer >= nodes) {
    const std::uint32_t replicas = r.plan.network.replicas;
    std::string text = "expected a node from 0 to " + std::to_string(nodes - 1) +
                       " (replicas 0 to " + std::to_string(replicas - 1);
    text += nodes == replicas ? ")" : ", then the clients)";
    r.problems.add(value.place, path, text);
    return false;
  }
  out.push_back(static_cast<NodeId>(value.integer));
  return true;
}

void sort_unique(std::vector<NodeId>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

void resolve_faults(Resolving& r) {
  const Value* list = r.section("faults");
  if (list == nullptr) return;
  if (list->type != Value::Type::array) {
    r.problems.add(list->place, "faults", "expected [[faults]], a list of tables");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    if (list->items[i].type != Value::Type::table) {
      r.problems.add(list->items[i].place, "faults", "expected [[faults]], a list of tables");
      continue;
    }
    read_fault(r, list->items[i], i);
  }
  std::stable_sort(r.plan.faults.begin(), r.plan.faults.end(),
                   [](const FaultPlan& a, const FaultPlan& b) { return a.at < b.at; });
}

void resolve_swarm(Resolving& r) {
  const Value* table = r.section("swarm");
  if (table == nullptr) return;
  Section section(r.problems, table, "swarm", table->place);
  section.read(swarm_keys());
  section.refuse_unknown();
  SwarmPlan& swarm = r.plan.swarm;
  swarm.on = true;
  if (const Value* kinds = section.raw("kinds")) {
    if (kinds->type != Value::Type::array || kinds->items.empty()) {
      section.problem("kinds", "expected a list such as [\"crash\", \"partition\"]");
    }
    for (const Value& item : kinds->items) {
      auto drawn = fault_kind_names();
      drawn.resize(swarm_kind_count);
      const auto kind = kind_called(item.text);
      if (!kind || static_cast<std::size_t>(*kind) >= swarm_kind_count) {
        r.problems.add(item.place, "swarm.kinds",
                       "\"" + item.text + "\" is none of " + alternatives(drawn),
                       nearest(item.text, drawn));
      } else if (std::find(swarm.kinds.begin(), swarm.kinds.end(), *kind) == swarm.kinds.end()) {
        swarm.kinds.push_back(*kind);
      }
    }
    std::sort(swarm.kinds.begin(), swarm.kinds.end());
  } else {
    for (std::size_t i = 0; i < swarm_kind_count; ++i) {
      swarm.kinds.push_back(static_cast<FaultKind>(i));
    }
  }
  swarm.from = Time{section.duration("from")};
  swarm.until = Time{section.given("until") ? section.duration("until") : r.plan.duration};
  if (swarm.until <= swarm.from) section.problem("until", "is not after from");
  swarm.every = section.duration("every");
  swarm.lasting = section.duration("lasting");
  swarm.at_once = static_cast<std::uint32_t>(section.count("at_once"));
  if (swarm.at_once > r.plan.network.replicas) {
    section.problem("at_once",
                    "there are only " + std::to_string(r.plan.network.replicas) + " replicas");
  }
  swarm.loss_ppb = section.count("loss");
  swarm.delay = section.duration("delay");
  swarm.slow_thousandths = section.count("slow") / 1'000'000;
  swarm.clock_offset = section.duration("clock_offset");
  swarm.drift_ppb = section.number("drift");
  swarm.disk_sync = section.duration("disk_sync");
  swarm.duplicate_ppb = section.count("duplicate");
  swarm.reorder_ppb = section.count("reorder");
  swarm.reorder_by = section.duration("reorder_by");
}

}  // namespace ledgerlab
