// The canonical text of a plan and its digest (DESIGN 13.6). What is left out is stated in
// plan.hpp.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab {
namespace {

class Lines {
 public:
  void add(const std::string& key, const std::string& value) {
    lines_.push_back(key + " = " + value + "\n");
  }
  void add(const std::string& key, std::int64_t value) { add(key, std::to_string(value)); }
  void add(const std::string& key, Duration value) { add(key, value.count()); }
  void add(const std::string& key, Time value) { add(key, count_ns(value)); }

  /// A long list stands as the SHA-256 of its decimal numbers.
  template <typename List, typename Number>
  void digest(const std::string& key, const List& list, Number number) {
    std::string text;
    for (const auto& item : list) text += std::to_string(number(item)) + "\n";
    add(key, std::to_string(list.size()) + " " + to_hex(sha256(as_bytes(text))));
  }
  template <typename List>
  void digest(const std::string& key, const List& list) {
    digest(key, list, [](auto item) { return item; });
  }

  std::string sorted() {
    std::sort(lines_.begin(), lines_.end());
    std::string out;
    for (const std::string& line : lines_) out += line;
    return out;
  }

 private:
  std::vector<std::string> lines_;
};

void add_model(Lines& lines, const std::string& slot, const ModelChoice& choice) {
  if (!choice) return;
  lines.add(slot, choice.info->label());
  if (!choice.info->source_digest.empty()) {
    lines.add(slot + ".source", choice.info->source_digest);
  }
  const auto left_out = [&](const auto& entry, const auto& of_fallback) {
    const auto& params = choice.info->params;
    const auto it = std::find_if(params.begin(), params.end(),
                                 [&](const ParamInfo& p) { return p.key == entry.first; });
    return it != params.end() && it->late && entry.second == of_fallback(*it);
  };
  for (const auto& entry : choice.params.numbers()) {
    if (left_out(entry, [](const ParamInfo& p) { return parse_value(p.type, p.fallback).value; })) {
      continue;
    }
    lines.add(slot + "." + entry.first, entry.second);
  }
  for (const auto& entry : choice.params.texts()) {
    if (left_out(entry, [](const ParamInfo& p) { return p.fallback; })) continue;
    lines.add(slot + "." + entry.first, entry.second);
  }
}

void add_network(Lines& lines, const NetworkPlan& network) {
  const NetworkSpec& links = network.links;
  lines.add("network.replicas", network.replicas);
  lines.add("network.nodes", links.nodes);
  lines.add("network.regions", links.regions);
  lines.digest("network.latency", links.latency, [](Duration d) { return d.count(); });
  lines.digest("network.region", links.region);
  lines.digest("network.up", links.up_bps);
  lines.digest("network.down", links.down_bps);
  lines.add("network.jitter_kind", static_cast<std::int64_t>(links.jitter));
  lines.add("network.jitter_ppm", links.jitter_ppm);
  lines.add("network.packet_loss_ppb", links.packet_loss_ppb);
  lines.add("network.retransmission_timeout", links.retransmission_timeout);
  lines.add("network.mtu", links.mtu);
  lines.add("network.overhead_bytes", links.overhead_bytes);
  if (links.transport != TransportKind::ideal) {
    lines.add("network.transport", std::string(name_of(links.transport, transport_names)) + "@1");
  }
  if (network.engine == "ns3") {
    lines.add("network.tcp", static_cast<std::int64_t>(links.tcp));
    lines.add("network.queue", static_cast<std::int64_t>(links.queue));
    lines.add("network.queue_bytes", static_cast<std::int64_t>(links.queue_bytes));
  }
  if (network.engine == "simgrid") {
    lines.add("network.flow_model", links.flow_model);
    lines.add("network.flow_threshold", links.flow_threshold);
    lines.add("network.backbone_bps", links.backbone_bps);
    lines.add("network.backbone_per_pair", links.backbone_per_pair ? 1 : 0);
    lines.add("network.platform", network.platform_digest);
  }
  if (links.jitter_of_link) lines.add("network.jitter_of_link", 1);
  if (links.link_model != LinkModel::queues) {
    lines.add("network.link_model", static_cast<std::int64_t>(links.link_model));
    lines.add("network.small_bytes", links.small_bytes);
    lines.add("network.small_delay", links.small_delay);
    lines.add("network.transfer_delay", links.transfer_delay);
  }
  if (!network.overlay) return;
  lines.add("overlay.complete", network.overlay->complete ? 1 : 0);
  lines.digest("overlay.offsets", network.overlay->offsets);
  lines.digest("overlay.neighbours", network.overlay->neighbours);
}

void add_fault(Lines& lines, const std::string& key, const FaultPlan& fault) {
  lines.add(key + ".kind", static_cast<std::int64_t>(fault.kind));
  lines.add(key + ".at", fault.at);
  lines.add(key + ".until", fault.until);
  lines.add(key + ".target", static_cast<std::int64_t>(fault.target.kind));
  lines.digest(key + ".nodes", fault.target.nodes);
  lines.add(key + ".all_links", fault.all_links ? 1 : 0);
  lines.digest(key + ".groups", fault.groups);
  lines.add(key + ".one_way", fault.one_way ? 1 : 0);
  lines.add(key + ".probability_ppb", static_cast<std::int64_t>(fault.probability_ppb));
  lines.add(key + ".by", fault.by);
  lines.add(key + ".factor", static_cast<std::int64_t>(fault.factor_thousandths));
  lines.add(key + ".offset", fault.offset);
  lines.add(key + ".drift_ppb", fault.drift_ppb);
  lines.add(key + ".sync", fault.sync);
  if (fault.kind == FaultKind::churn) {
    lines.add(key + ".session", fault.session);
    lines.add(key + ".absence", fault.absence);
  }
}

void add_operation(Lines& lines, const std::string& key, const OperationPlan& operation) {
  lines.add(key + ".at", operation.at);
  lines.add(key + ".action", static_cast<std::int64_t>(operation.operate.action));
  lines.digest(key + ".nodes", operation.operate.nodes);
  lines.add(key + ".target", static_cast<std::int64_t>(operation.target.kind));
  lines.digest(key + ".target_nodes", operation.target.nodes);
}

void add_swarm(Lines& lines, const SwarmPlan& swarm) {
  if (!swarm.on) return;
  lines.digest("swarm.kinds", swarm.kinds, [](FaultKind k) { return static_cast<int>(k); });
  lines.add("swarm.from", swarm.from);
  lines.add("swarm.until", swarm.until);
  lines.add("swarm.every", swarm.every);
  lines.add("swarm.lasting", swarm.lasting);
  lines.add("swarm.at_once", swarm.at_once);
  lines.add("swarm.loss_ppb", static_cast<std::int64_t>(swarm.loss_ppb));
  lines.add("swarm.delay", swarm.delay);
  lines.add("swarm.slow", static_cast<std::int64_t>(swarm.slow_thousandths));
  lines.add("swarm.clock_offset", swarm.clock_offset);
  lines.add("swarm.drift_ppb", swarm.drift_ppb);
  lines.add("swarm.disk_sync", swarm.disk_sync);
  lines.add("swarm.duplicate_ppb", static_cast<std::int64_t>(swarm.duplicate_ppb));
  lines.add("swarm.reorder_ppb", static_cast<std::int64_t>(swarm.reorder_ppb));
  lines.add("swarm.reorder_by", swarm.reorder_by);
}

/// All that decides what genesis makes of them: code, arguments, calls.
void add_contracts(Lines& lines, const SystemPlan& system) {
  if (!system.contracts) return;
  for (const GenesisContract& contract : *system.contracts) {
    Bytes text;
    codec::Writer writer(text);
    const auto arguments = [&](const std::vector<CallArgument>& all) {
      writer.varint(all.size());
      for (const CallArgument& a : all) {
        writer(static_cast<std::uint8_t>(a.type), a.account, a.number, a.bytes);
      }
    };
    writer(contract.name, contract.code);
    arguments(contract.arguments);
    for (const ContractCall& call : contract.setup) {
      writer(call.deploy, call.contract, call.function, call.gas);
      arguments(call.arguments);
    }
    lines.add("contracts/" + contract.name, to_hex(sha256(text)));
  }
}

}  // namespace

std::string canonical_plan(const Plan& plan, const SystemPlan& system,
                           const PlanVersions& versions) {
  Lines lines;
  lines.add("trace_schema", versions.trace_schema);
  lines.add("engine", plan.network.engine + " " + versions.engine);
  lines.add("seed", std::to_string(plan.seed));
  lines.add("warm_up", plan.warm_up);
  lines.add("duration", plan.duration);
  lines.add("drain", plan.drain);
  add_network(lines, plan.network);
  const HardwarePlan& hardware = plan.hardware;
  lines.add("hardware.cores", hardware.cores);
  lines.add("hardware.speed_ppb", static_cast<std::int64_t>(hardware.speed_ppb));
  lines.add("hardware.disk_sync", hardware.disk_sync);
  lines.add("hardware.disk_write_bps", static_cast<std::int64_t>(hardware.disk_write_bps));
  const std::span costs(hardware.costs.picoseconds);
  lines.digest("hardware.costs", costs.first(first_session_operation));
  if (plan.network.handshakes) {
    lines.digest(
        "hardware.session_costs",
        costs.subspan(first_session_operation, first_contract_operation - first_session_operation));
    lines.add("network.sessions",
              plan.network.first_contact ? "handshake, first contact" : "handshake, directory");
  }
  lines.add("hardware.power_idle_mw", static_cast<std::int64_t>(hardware.power_idle_mw));
  lines.add("hardware.power_busy_mw", static_cast<std::int64_t>(hardware.power_busy_mw));
  lines.digest("clients.home", plan.clients.home);
  add_model(lines, "workload", plan.workload);
  lines.add("genesis.accounts", plan.genesis.accounts);
  lines.add("genesis.balance", std::to_string(plan.genesis.balance));
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    add_fault(lines, "faults." + std::to_string(i), plan.faults[i]);
  }
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    add_operation(lines, "operations." + std::to_string(i), plan.operations[i]);
  }
  add_swarm(lines, plan.swarm);
  // What the swarm may do depends on the fault models of all compared systems.
  if (plan.swarm.on && plan.swarm.at_once == 0) {
    for (std::size_t i = 0; i < plan.systems.size(); ++i) {
      if (!plan.systems[i].consensus) continue;
      lines.add("swarm.borne_by." + std::to_string(i), plan.systems[i].consensus.info->label());
    }
  }
  for (const auto& [slot, choice] : system.slots()) add_model(lines, slot, *choice);
  if (system.contract) {
    lines.digest("hardware.contract_costs", costs.subspan(first_contract_operation));
  }
  add_contracts(lines, system);
  for (std::size_t i = 0; i < system.behaviours.size(); ++i) {
    const BehaviourPlan& behaviour = system.behaviours[i];
    const std::string key = "behaviours." + std::to_string(i);
    add_model(lines, key, behaviour.model);
    lines.digest(key + "/nodes", behaviour.nodes);
    lines.add(key + "/from", behaviour.from);
    lines.add(key + "/until", behaviour.until);
    if (behaviour.address_groups != 0) {
      lines.add(key + "/address_groups", behaviour.address_groups);
    }
  }
  lines.add("crypto", std::string(system.real_crypto ? "real" : "costed"));
  if (system.consensus && system.consensus.info->uses_hash_power) {
    lines.add("mining", std::string(system.real_mining ? "nonces" : "lottery"));
    lines.add("hash_power", std::to_string(system.hash_power));
    lines.digest("hash_share_ppb", system.hash_share_ppb);
    lines.add("hash_energy_pj", std::to_string(system.hash_energy_pj));
  }
  if (!system.stakes.empty()) lines.digest("stakes", system.stakes);
  return lines.sorted();
}

std::string plan_digest(const Plan& plan, const SystemPlan& system, const PlanVersions& versions) {
  return to_hex(sha256(as_bytes(canonical_plan(plan, system, versions))));
}

}  // namespace ledgerlab
