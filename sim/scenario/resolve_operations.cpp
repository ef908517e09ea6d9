// What is asked of the protocols besides ordering: [[operations]] of an operator (what, when, of
// which replica) and the clients' reads. Not every protocol can do either.
#include <algorithm>

#include "sim/scenario/resolve_parts.hpp"

namespace ledgerlab {
namespace {

/// Every compared system must know the action; the error names the protocols that do.
bool known_to_all(Resolving& r, OperateAction action, Place place, const std::string& path) {
  bool all = true;
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.consensus) continue;
    const auto knows = [action](const ModelInfo& info) {
      return std::find(info.operations.begin(), info.operations.end(), action) !=
             info.operations.end();
    };
    if (knows(*system.consensus.info)) continue;
    std::vector<std::string> others;
    for (const ModelInfo* info : r.registry.all(ModelKind::consensus)) {
      if (knows(*info)) others.push_back(info->name);
    }
    r.problems.add(place, path,
                   system.consensus.info->name + " knows no " +
                       operation_names()[static_cast<std::size_t>(action)] +
                       (others.empty() ? "; no protocol here does"
                                       : "; " + alternatives(others) +
                                             (others.size() == 1 ? " does" : " do")));
    all = false;
  }
  return all;
}

void read_nodes(Resolving& r, Section& section, OperationPlan& operation) {
  const bool several = operation.operate.action == OperateAction::change_members;
  const char* wanted = several ? "nodes" : "node";
  const char* other = several ? "node" : "nodes";
  if (section.given(other)) {
    section.problem(other, std::string("this action takes ") + wanted, wanted);
    return;
  }
  const Value* value = section.raw(wanted);
  if (value == nullptr) {
    // A leader that is not told to whom chooses itself.
    if (operation.operate.action == OperateAction::transfer_leadership) return;
    section.problem(wanted, several ? "is required: the members from then on, such as [0, 1, 2]"
                                    : "is required: the replica it is about");
    return;
  }
  std::vector<NodeId>& nodes = operation.operate.nodes;
  if (!several) {
    read_node(r, *value, section.path(wanted), nodes);
  } else if (value->type != Value::Type::array || value->items.empty()) {
    section.problem(wanted, "expected a list such as [0, 1, 2]");
  } else {
    for (const Value& item : value->items) read_node(r, item, section.path(wanted), nodes);
  }
  sort_unique(nodes);
  if (!nodes.empty() && nodes.back() >= r.plan.network.replicas) {
    section.problem(wanted, "node " + std::to_string(nodes.back()) + " is a client, not a replica");
  }
}

void read_target(Resolving& r, Section& section, FaultTarget& target) {
  target.kind = FaultTarget::Kind::leader;
  const Value* value = section.raw("target");
  if (value == nullptr || (value->type == Value::Type::text && value->text == "leader")) return;
  target.kind = FaultTarget::Kind::nodes;
  if (value->type != Value::Type::integer) {
    section.problem("target", "expected \"leader\" or the number of a replica");
    return;
  }
  if (read_node(r, *value, section.path("target"), target.nodes) &&
      target.nodes.front() >= r.plan.network.replicas) {
    section.problem("target", "is a client, not a replica");
  }
}

void read_operation(Resolving& r, const Value& value, std::size_t index) {
  const std::string path = "operations." + std::to_string(index);
  Section section(r.problems, &value, path, value.place);
  section.read(operation_keys());
  section.refuse_unknown();
  if (!section.good("action") || !section.good("at")) return;
  OperationPlan operation;
  operation.at = Time{section.duration("at")};
  if (operation.at >= r.plan.end()) {
    section.problem("at", "is after the end of the run (" +
                              format_value(ParamType::duration, count_ns(r.plan.end())) + ")");
  }
  const auto names = operation_names();
  const auto place = std::find(names.begin(), names.end(), section.text("action"));
  operation.operate.action = static_cast<OperateAction>(place - names.begin());
  read_nodes(r, section, operation);
  read_target(r, section, operation.target);
  if (known_to_all(r, operation.operate.action, section.place("action"), section.path("action"))) {
    r.plan.operations.push_back(std::move(operation));
  }
}

void check_reads(Resolving& r) {
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.consensus || !system.client || system.consensus.info->linearisable_reads) continue;
    const auto share = system.client.params.numbers().find("read_share");
    if (share == system.client.params.numbers().end() || share->second == 0) continue;
    std::vector<std::string> others;
    for (const ModelInfo* info : r.registry.all(ModelKind::consensus)) {
      if (info->linearisable_reads) others.push_back(info->name);
    }
    r.problems.add(r.place("clients", "read_share"), "clients.read_share",
                   system.consensus.info->name + " offers no linearisable read" +
                       (others.empty() ? "" : "; these do: " + alternatives(others)));
    return;
  }
}

/// Of a transfer without memo, about.
constexpr std::int64_t transfer_bytes = 200;

/// Only plain transfers have room for a memo.
void check_memo(Resolving& r) {
  for (const SystemPlan& system : r.plan.systems) {
    if (!system.client || !system.ledger) continue;
    const auto memo = system.client.params.numbers().find("memo");
    if (memo == system.client.params.numbers().end() || memo->second == 0) continue;
    const ModelInfo& ledger = *system.ledger.info;
    const bool plain = ledger.make_wallet == nullptr || ledger.family == "account";
    if (plain && !system.contract) {
      const auto room = system.consensus.params.numbers().find("block_max_bytes");
      if (room == system.consensus.params.numbers().end() ||
          memo->second + transfer_bytes < room->second) {
        continue;
      }
      r.problems.add(r.place("clients", "memo"), "clients.memo",
                     "a transfer with it finds no room in the blocks of " + system.name +
                         ": raise its params.block_max_bytes (" +
                         format_value(ParamType::size, room->second) + ")");
      return;
    }
    r.problems.add(r.place("clients", "memo"), "clients.memo",
                   plain ? "calls of a contract carry no memo, only plain transfers do; leave it out"
                         : "transactions of the ledger " + ledger.name +
                               " carry no memo, only plain transfers do (ledger = \"account\" or "
                               "\"none\", without contract)");
    return;
  }
}

}  // namespace

void resolve_operations(Resolving& r) {
  check_reads(r);
  check_memo(r);
  const Value* list = r.section("operations");
  if (list == nullptr) return;
  const bool is_list = list->type == Value::Type::array;
  if (!is_list) {
    r.problems.add(list->place, "operations", "expected [[operations]], a list of tables");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    if (list->items[i].type != Value::Type::table) {
      r.problems.add(list->items[i].place, "operations",
                     "expected [[operations]], a list of tables");
      continue;
    }
    read_operation(r, list->items[i], i);
  }
  std::stable_sort(r.plan.operations.begin(), r.plan.operations.end(),
                   [](const OperationPlan& a, const OperationPlan& b) { return a.at < b.at; });
}

std::uint32_t bearable_crashes(const Plan& plan, const SystemPlan& system) {
  if (!system.consensus) return 0;
  const ModelInfo& info = *system.consensus.info;
  const std::uint32_t replicas = plan.network.replicas;
  std::uint32_t least = replicas;
  if (info.initial_members) least = info.initial_members(system.consensus.params, replicas);
  for (const OperationPlan& one : plan.operations) {
    if (one.operate.action == OperateAction::remove_server && least > 0) --least;
    if (one.operate.action == OperateAction::change_members) {
      least = std::min(least, static_cast<std::uint32_t>(one.operate.nodes.size()));
    }
  }
  return info.fault_model.max_crashed(least);
}

}  // namespace ledgerlab
