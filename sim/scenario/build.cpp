#include "sim/scenario/build.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>

#include "models/base/int128.hpp"
#include "models/parts/session/secure_node.hpp"
#include "models/stack/stack.hpp"
#include "sim/engine/module.hpp"
#include "sim/engine/native/native.hpp"

namespace ledgerlab {
namespace {

// Streams of draws that belong to the plan, not to a node. Node streams are below 2^20.
constexpr std::uint32_t plan_stream = 0xfffff;

std::uint64_t plan_seed(const Plan& plan, std::string_view purpose) {
  return draw64(plan.seed, plan_stream, Purpose(purpose), 0);
}

std::unique_ptr<Engine> make_engine(const Plan& plan) {
  const NetworkSpec& links = plan.network.links;
  if (plan.network.engine == "native") return make_native_engine(links);
  try {
    return load_engine_module(plan.network.engine).make(links);
  } catch (const std::invalid_argument& error) {
    throw EngineRefuses(error.what());
  }
}

/// Address groups of the replicas: drawn out of all /16 of IPv4, but a behaviour's nodes share as
/// few as its rule says.
std::vector<std::uint16_t> draw_address_groups(const Plan& plan, const SystemPlan& system) {
  const auto group = [&](NodeId node) {
    return static_cast<std::uint16_t>(draw64(plan.seed, node, Purpose("plan.address"), 0) >> 48);
  };
  std::vector<std::uint16_t> groups(plan.network.replicas);
  for (NodeId i = 0; i < groups.size(); ++i) groups[i] = group(i);
  for (const BehaviourPlan& behaviour : system.behaviours) {
    const std::uint32_t few = behaviour.address_groups;
    for (std::size_t k = 0; few > 0 && k < behaviour.nodes.size(); ++k) {
      groups[behaviour.nodes[k]] = group(behaviour.nodes[k % few]);
    }
  }
  return groups;
}

}  // namespace

BuiltWorld::BuiltWorld(const Plan& plan, const SystemPlan& system, const BuildOptions& options)
    : plan_(plan),
      system_(system),
      options_(options),
      suite_(make_suite(system.real_crypto ? SuiteMode::real : SuiteMode::costed,
                        plan_seed(plan, "plan.keys"),
                        system.real_mining ? WorkMode::nonce : WorkMode::lottery)),
      overlay_(*plan.network.overlay) {
  const ModelInfo& ledger = *system.ledger.info;
  const GenesisSpec genesis = genesis_of(plan, system);
  genesis_root_ = ledger.genesis_root(genesis, *suite_);
  if (ledger.make_shared_store) {
    ledger_store_ = ledger.make_shared_store(genesis, *suite_, options.share_results);
  }
  if (overlay_.complete && system.relay && !system.discovery) {
    mesh_rows_.resize(overlay_.nodes);
    for (NodeId i = 0; i < overlay_.nodes; ++i) {
      overlay_.for_each_neighbour(i, [&](NodeId other) { mesh_rows_[i].push_back(other); });
    }
  }
  if (system.discovery) address_groups_ = draw_address_groups(plan, system);
  WorldSpec spec;
  spec.seed = plan.seed;
  spec.replicas = plan.network.replicas;
  spec.nodes = plan.nodes();
  spec.hardware = {plan.hardware.cores, plan.hardware.speed_ppb, plan.hardware.disk_sync,
                   plan.hardware.disk_write_bps,
                   system.storage ? system.storage.info->storage_charge : StorageCharge{}};
  spec.costs = plan.hardware.costs;
  spec.faults = plan.faults;
  draw_churn(plan, spec.faults);
  spec.operations = plan.operations;
  const auto drawn = draw_swarm(plan);
  spec.faults.insert(spec.faults.end(), drawn.begin(), drawn.end());
  for (const std::uint32_t share : system.hash_share_ppb) {
    spec.hash_rate.push_back(static_cast<std::uint64_t>(static_cast<Uint128>(system.hash_power) *
                                                        share / 1'000'000'000));
  }
  spec.real_mining = system.real_mining;
  spec.mint_ticket = [this](const Hash256& header, const U256& target) {
    return suite_->mint_ticket(header, target);
  };
  spec.make_node = [this](NodeId node, std::uint64_t) { return make_node(node); };
  spec.suite = suite_.get();
  spec.end = plan.end();
  spec.eager = options.eager;
  spec.sinks = options.sinks;
  spec.record_inputs_of = options.record_inputs_of;
  world_ = std::make_unique<World>(std::move(spec), make_engine(plan));
}

BuiltWorld::~BuiltWorld() = default;

std::span<const NodeId> BuiltWorld::neighbours_of(NodeId node) const {
  if (!mesh_rows_.empty()) return mesh_rows_[node];
  if (overlay_.complete) return {};
  return overlay_.row(node);
}

ModuleContext BuiltWorld::context_of(NodeId node, const ModelChoice& model) const {
  ModuleContext c;
  c.self = node;
  c.replicas = plan_.network.replicas;
  c.nodes = plan_.nodes();
  c.params = &model.params;
  c.consensus_params = &system_.consensus.params;
  c.consensus_model = system_.consensus.info;
  c.client_policy = system_.consensus.info->client_policy;
  c.genesis = genesis_of(plan_, system_);
  c.hash_power = system_.hash_power;
  c.genesis_root = genesis_root_;
  c.ledger_model = system_.ledger.info;
  if (c.ledger_model->block_weight) c.block_weight = c.ledger_model->block_weight(c.genesis);
  c.seed = plan_seed(plan_, "plan.system");
  c.suite = suite_.get();
  c.shared = ledger_store_.get();
  c.share_results = options_.share_results;
  c.clients = plan_.clients.count;
  c.workload_model = plan_.workload.info;
  c.workload = &plan_.workload.params;
  c.workload_end = Time{plan_.duration};
  c.workload_seed = plan_seed(plan_, "plan.workload");
  if (node < plan_.network.replicas) {
    if (!system_.discovery || &model == &system_.discovery) c.neighbours = neighbours_of(node);
    c.address_groups = address_groups_;
    if (node < system_.hash_share_ppb.size()) c.hash_share_ppb = system_.hash_share_ppb[node];
  } else {
    c.client_index = node - plan_.network.replicas;
    // A client's one neighbour is the replica it counts as its own.
    c.neighbours = {&plan_.clients.home[c.client_index], 1};
  }
  return c;
}

/// The node behind its sessions, if the scenario has them set up.
std::unique_ptr<Module> BuiltWorld::in_sessions(NodeId node, std::unique_ptr<Module> inner) const {
  if (!plan_.network.handshakes) return inner;
  session::NodeSpec spec;
  spec.terms.network = genesis_root_;
  spec.directory = !plan_.network.first_contact;
  spec.replicas = plan_.network.replicas;
  for (const BehaviourPlan& plan : system_.behaviours) {
    const bool concerned = std::binary_search(plan.nodes.begin(), plan.nodes.end(), node);
    if (plan.model.info->false_identity && concerned) spec.key_of = plan_.nodes() + node;
  }
  return std::make_unique<session::SecureNode>(spec, std::move(inner));
}

std::unique_ptr<Module> BuiltWorld::make_node(NodeId node) const {
  if (node < plan_.network.replicas) {
    std::unique_ptr<Module> replica = make_replica(node, system_.behaviours.size());
    if (options_.wrap) replica = options_.wrap(node, std::move(replica));
    return in_sessions(node, std::move(replica));
  }
  auto stack = std::make_unique<Stack>();
  if (system_.client) {
    stack->fill(Slot::client, system_.client.info->make(context_of(node, system_.client)));
  }
  return in_sessions(node, std::move(stack));
}

std::unique_ptr<Module> BuiltWorld::make_replica(NodeId node, std::size_t behaviours) const {
  const auto plans = std::span(system_.behaviours).first(behaviours);
  const auto concerns = [&](const BehaviourPlan& plan) {
    return std::binary_search(plan.nodes.begin(), plan.nodes.end(), node);
  };
  const auto context = [&](const BehaviourPlan& plan) {
    BehaviourContext c;
    c.node = context_of(node, system_.consensus);
    c.node.params = &plan.model.params;
    c.from = plan.from;
    c.until = plan.until;
    c.accomplices = plan.nodes;
    const auto before = static_cast<std::size_t>(&plan - system_.behaviours.data());
    c.another = [this, node, before] { return make_replica(node, before); };
    return c;
  };
  auto stack = std::make_unique<Stack>();
  for (const auto& [slot, model] : system_.slots()) {
    if (!*model || !model->info->make || model == &system_.client) continue;
    ModuleContext own = context_of(node, *model);
    Params changed;
    if (model == &system_.consensus) {
      changed = model->params;
      for (const BehaviourPlan& plan : plans) {
        if (!concerns(plan)) continue;
        for (const auto& [key, value] : plan.model.info->own_settings) {
          if (changed.numbers().contains(key)) changed.set(key, value);
          own.params = own.consensus_params = &changed;
        }
      }
    }
    std::unique_ptr<Module> module = model->info->make(own);
    for (const BehaviourPlan& plan : plans) {
      const ModelInfo& behaviour = *plan.model.info;
      if (behaviour.wrap_module && behaviour.slot == model->info->slot && concerns(plan)) {
        module = behaviour.wrap_module(context(plan), std::move(module));
      }
    }
    stack->fill(model->info->slot, std::move(module));
  }
  std::unique_ptr<Module> replica = std::move(stack);
  for (const BehaviourPlan& plan : plans) {
    if (plan.model.info->wrap_node && concerns(plan)) {
      replica = plan.model.info->wrap_node(context(plan), std::move(replica));
    }
  }
  return replica;
}

std::vector<std::string> BuiltWorld::unread_parameters() const {
  std::vector<std::string> out;
  const auto look = [&](const ModelChoice& model, std::string_view kind) {
    if (!model) return;
    for (const std::string& key : model.params.unread()) {
      out.push_back(std::string(kind) + "." + model.info->name + "." + key);
    }
  };
  for (const auto& [slot, choice] : system_.slots()) {
    if (choice != &system_.client) look(*choice, slot);
  }
  for (const BehaviourPlan& behaviour : system_.behaviours) look(behaviour.model, "behaviour");
  if (plan_.clients.count > 0) {  // without clients nobody reads what they would do
    look(system_.client, "client");
    look(plan_.workload, "workload");
  }
  return out;
}

}  // namespace ledgerlab
