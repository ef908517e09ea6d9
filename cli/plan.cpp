// `plan`: what a scenario resolves to, the shape of its network, digests and expected cost, without
// running anything.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "cli/commands.hpp"
#include "models/base/int128.hpp"
#include "sim/engine/module.hpp"
#include "sim/report/render.hpp"
#include "sim/scenario/document.hpp"
#include "sim/scenario/keys.hpp"
#include "sim/scenario/resolver.hpp"
#include "sim/topology/analysis.hpp"

namespace ledgerlab::cli {
namespace {

std::string duration_text(Duration d) { return format_value(ParamType::duration, d.count()); }

std::string bandwidth_text(const std::vector<std::uint64_t>& bps) {
  if (bps.empty()) return "unlimited";
  const auto ends = std::minmax_element(bps.begin(), bps.end());
  std::string out = format_value(ParamType::bandwidth, static_cast<std::int64_t>(*ends.first));
  if (*ends.first == *ends.second) return out;
  return out + " to " + format_value(ParamType::bandwidth, static_cast<std::int64_t>(*ends.second));
}

class Listing {
 public:
  void head(const std::string& title) { text_ += "\n" + title + "\n"; }
  void line(const std::string& key, const std::string& value) {
    text_ += fmt::format("  {:<24} {}\n", key, value);
  }
  void plain(const std::string& value) { text_ += value + "\n"; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string jitter_text(const NetworkSpec& links) {
  const std::string drawn = links.jitter_of_link ? ", one draw a link" : "";
  if (links.jitter == JitterKind::none) return "none";
  if (links.jitter == JitterKind::pareto) return "pareto around the latency" + drawn;
  return format_value(ParamType::ratio, std::int64_t{links.jitter_ppm} * 1'000) +
         (links.jitter == JitterKind::uniform ? ", uniform" : ", exponential") + drawn;
}

/// What the simgrid engine is told beside the network of every engine.
void add_simgrid(Listing& out, const NetworkPlan& network) {
  const NetworkSpec& links = network.links;
  out.line("flow model", links.flow_model +
                             (links.flow_model == "constant"
                                  ? ""
                                  : ", flows from " + std::to_string(links.flow_threshold) + " B"));
  if (links.backbone_bps != 0) {
    out.line("backbone", bandwidth_text({links.backbone_bps}) +
                             (links.backbone_per_pair ? ", each pair of regions" : ", for all"));
  }
  if (!links.platform_file.empty()) {
    out.line("platform", links.platform_file + ", SHA-256 " + network.platform_digest);
  }
}

void add_network(Listing& out, const Plan& plan) {
  const NetworkPlan& network = plan.network;
  const NetworkSpec& links = network.links;
  out.head("network");
  out.line("engine", network.engine);
  if (network.engine == "simgrid") add_simgrid(out, network);
  out.line("nodes", fmt::format("{} replicas (0 to {}), {} clients", network.replicas,
                                network.replicas - 1, plan.clients.count));
  if (links.platform_file.empty()) {
    const auto ends = std::minmax_element(links.latency.begin(), links.latency.end());
    out.line("latency, one way", network.latency_source + ": " + duration_text(*ends.first) +
                                     " to " + duration_text(*ends.second));
    out.line("up-link, down-link",
             bandwidth_text(links.up_bps) + ", " + bandwidth_text(links.down_bps));
  } else {
    out.line("latency and links", network.latency_source);
  }
  out.line("jitter", jitter_text(links));
  if (links.link_model != LinkModel::queues) {
    out.line("link model",
             links.link_model == LinkModel::bottleneck ? "bottleneck" : "cut-through");
    out.line("  pass beside", "up to " + format_value(ParamType::size, links.small_bytes) +
                                  ", which take " + duration_text(links.small_delay) + " more");
  }
  out.line("packet loss", format_value(ParamType::ratio, links.packet_loss_ppb));
  if (links.transport != TransportKind::ideal) {
    out.line("transport", std::string(name_of(links.transport, transport_names)));
  }
  if (network.engine == "ns3") {
    out.line("TCP", std::string(name_of(links.tcp, tcp_names)));
    out.line("queue of an access link",
             std::string(name_of(links.queue, queue_names)) + ", " +
                 (links.queue_bytes == 0
                      ? "unlimited"
                      : format_value(ParamType::size, std::int64_t(links.queue_bytes))));
  }
  std::vector<std::uint32_t> replicas(links.regions), clients(links.regions);
  for (NodeId node = 0; node < links.nodes; ++node) {
    ++(node < network.replicas ? replicas : clients)[links.region_of(node)];
  }
  for (std::size_t region = 0; links.regions > 1 && region < replicas.size(); ++region) {
    if (replicas[region] + clients[region] == 0) continue;
    out.line("  " + network.regions[region],
             fmt::format("{} replicas, {} clients", replicas[region], clients[region]));
  }
}

void add_topology(Listing& out, const Plan& plan) {
  if (!plan.network.overlay) return;
  out.head("overlay of the replicas: " +
           std::string(topology_kind_name(plan.network.topology.kind)));
  for (const auto& figure : describe(analyse(*plan.network.overlay, plan.seed))) {
    out.line(figure.first, figure.second);
  }
}

void add_model(Listing& out, const std::string& slot, const ModelChoice& choice) {
  if (!choice) return;
  out.line(slot, choice.info->label());
  for (const ParamInfo& info : choice.info->params) {
    const auto number = choice.params.numbers().find(info.key);
    const std::string value = number != choice.params.numbers().end()
                                  ? format_value(info.type, number->second)
                                  : choice.params.texts().find(info.key)->second;
    out.line("  " + info.key, value);
  }
}

std::string target_text(const Plan& plan, const FaultPlan& fault) {
  if (fault.all_links) return "every link";
  if (fault.kind == FaultKind::partition) {
    std::int32_t groups = 0;
    for (const std::int32_t group : fault.groups) groups = std::max(groups, group + 1);
    std::string out = fmt::format("{} groups", groups);
    for (std::int32_t g = 0; g < groups; ++g) {
      std::string members;
      for (NodeId node = 0; node < plan.nodes(); ++node) {
        if (fault.groups[node] == g) members += fmt::format(" {}", node);
      }
      if (members.size() > 60) members = members.substr(0, members.rfind(' ', 60)) + " ...";
      out += fmt::format(" {{{} }}", members);
    }
    return out + (fault.one_way ? ", one way" : "");
  }
  if (fault.target.kind == FaultTarget::Kind::leader) return "the leader of that moment";
  if (fault.target.kind == FaultTarget::Kind::producer) return "the producer of most blocks";
  std::string out = "nodes";
  for (const NodeId node : fault.target.nodes) out += fmt::format(" {}", node);
  return out;
}

void add_operations(Listing& out, const Plan& plan) {
  if (plan.operations.empty()) return;
  out.head("operations");
  const auto names = operation_names();
  for (const OperationPlan& one : plan.operations) {
    std::string text;
    for (const NodeId node : one.operate.nodes) text += fmt::format(" {}", node);
    text = text.empty() ? "" : "nodes" + text + ", ";
    const bool leader = one.target.kind == FaultTarget::Kind::leader;
    out.line(names[static_cast<std::size_t>(one.operate.action)],
             fmt::format("{}at {}, asked of {}", text, duration_text(one.at - time_start),
                         leader ? std::string("the leader of that moment")
                                : fmt::format("node {}", one.target.nodes.front())));
  }
}

void add_faults(Listing& out, const Plan& plan) {
  if (plan.faults.empty() && plan.notes.empty() && !plan.swarm.on) return;
  out.head("faults");
  for (const FaultPlan& fault : plan.faults) {
    const std::string end =
        fault.until == time_never ? "the end" : duration_text(fault.until - time_start);
    out.line(
        std::string(fault_kind_name(fault.kind)),
        target_text(plan, fault) + ", from " + duration_text(fault.at - time_start) + " to " + end);
  }
  for (const std::string& note : plan.notes) out.line("note", note);
  if (plan.swarm.on) {
    out.line("swarm",
             fmt::format("one about every {}, lasting about {}, {} to {}",
                         duration_text(plan.swarm.every), duration_text(plan.swarm.lasting),
                         duration_text(plan.swarm.from - time_start),
                         duration_text(plan.swarm.until - time_start)));
  }
}

/// A rough forecast from counts that are known before running; no promise.
struct Forecast {
  double transactions = 0;
  double deliveries = 0;  // of requests and their spreading; blocks and votes come on top
  double seconds = 0;
};

Forecast forecast(const Plan& plan, const SystemPlan& system) {
  Forecast out;
  if (plan.workload) {
    for (const ParamInfo& info : plan.workload.info->params) {
      const auto rate = plan.workload.params.numbers().find(info.key);
      if (info.type != ParamType::rate || rate == plan.workload.params.numbers().end()) continue;
      out.transactions = static_cast<double>(rate->second) * 1e-3 *
                         static_cast<double>(plan.duration.count()) * 1e-9;
      break;
    }
  }
  const double n = plan.network.replicas;
  // Relayed content is offered over every link once, asked for and sent once a replica; a log
  // carries it once to each replica and hears once from each.
  const double spreading = system.relay && plan.network.overlay
                               ? static_cast<double>(plan.network.overlay->edges()) + 2 * n
                               : 2 * n;
  out.deliveries = out.transactions * (spreading + 2);
  // Measured (docs/engines.md): ns-3 moves packets, and takes hundreds of microseconds a message.
  out.seconds = out.deliveries * (plan.network.engine == "ns3" ? 3e-4 : 1e-6);
  return out;
}

void add_system(Listing& out, const Plan& plan, const SystemPlan& system) {
  out.head("system " + system.name);
  add_model(out, "consensus", system.consensus);
  const FaultModel& faults = system.consensus.info->fault_model;
  if (!faults.text.empty()) out.line("fault model", faults.text);
  add_model(out, "ledger", system.ledger);
  add_model(out, "mempool", system.mempool);
  add_model(out, "relay", system.relay);
  add_model(out, "discovery", system.discovery);
  add_model(out, "client", system.client);
  out.line("crypto", system.real_crypto ? "real" : "costed");
  if (system.hash_power != 0) {
    out.line("mining", system.real_mining ? "nonces tried" : "lottery");
    out.line("hash power",
             format_value(ParamType::hash_rate, static_cast<std::int64_t>(system.hash_power)));
  }
  if (!system.stakes.empty()) {
    const auto most = *std::max_element(system.stakes.begin(), system.stakes.end());
    const Uint128 all = std::accumulate(system.stakes.begin(), system.stakes.end(), Uint128{0});
    out.line("stake", fmt::format("the largest of {} holds {:.3g} %", system.stakes.size(),
                                  100.0 * static_cast<double>(most) / static_cast<double>(all)));
  }
  const Forecast cost = forecast(plan, system);
  out.line(
      "expected cost",
      plan.clients.count == 0
          ? std::string("no clients, so nothing but what the protocol sends of itself")
          : fmt::format("about {:.0f} transactions, up to {:.2g} deliveries of them, some {:.0f} "
                        "s (rough; blocks, votes and heartbeats come on top)",
                        cost.transactions, cost.deliveries, cost.seconds + 1));
  out.line("plan digest", system.digest);
}

/// What only SimGrid can judge: a platform file, and latencies as links. This process runs nothing
/// after it, so that its one SimGrid world may be this.
void open_platform(const Plan& plan) {
  const NetworkSpec& links = plan.network.links;
  if (plan.network.engine != "simgrid") return;
  if (links.platform_file.empty() && links.flow_model != "LV08") return;
  try {
    load_engine_module(plan.network.engine).make(links);
  } catch (const std::invalid_argument& error) {
    throw EngineRefuses(error.what());
  }
}

}  // namespace

int plan(const PlanArguments& arguments) {
  const Document document = load_document(arguments.scenario.file, arguments.scenario.settings);
  const Plan plan = load_plan(document, arguments.scenario.seed);
  open_platform(plan);
  if (arguments.canonical) {
    std::string text;
    const PlanVersions versions = current_versions(plan.network.engine);
    for (const SystemPlan& system : plan.systems) text += canonical_plan(plan, system, versions);
    return print(text) ? exit_pass : exit_results;
  }
  if (arguments.json) return print(plan_json(plan)) ? exit_pass : exit_results;
  Listing out;
  for (const std::string& line : plan_headline(plan, 1)) out.plain(line);
  add_network(out, plan);
  add_topology(out, plan);
  out.head("a replica's machine");
  const HardwarePlan& hardware = plan.hardware;
  out.line("CPU", fmt::format(
                      "{} cores at {} of the reference, cost table {}", hardware.cores,
                      format_value(ParamType::ratio, static_cast<std::int64_t>(hardware.speed_ppb)),
                      hardware.costs.name));
  out.line("disk", "sync " + duration_text(hardware.disk_sync) + ", write " +
                       format_value(ParamType::bandwidth,
                                    static_cast<std::int64_t>(hardware.disk_write_bps)));
  out.head("load");
  add_model(out, "workload", plan.workload);
  out.line("accounts", std::to_string(plan.genesis.accounts));
  add_faults(out, plan);
  add_operations(out, plan);
  for (const SystemPlan& system : plan.systems) add_system(out, plan, system);
  return print(out.text()) ? exit_pass : exit_results;
}

}  // namespace ledgerlab::cli
