#include "conformance/suite/trial.hpp"

#include <chrono>
#include <cstdio>

#include "conformance/suite/trace_digest.hpp"
#include "sim/measure/checks.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab::conformance {
namespace {

/// The plan of a stimulus with the suite's models, digest filled in.
std::shared_ptr<Plan> resolved(const std::string& text, const std::string& name,
                               const std::vector<std::string>& settings, std::uint64_t seed) {
  Document document = parse_scenario(text, name + ".toml");
  for (const std::string& setting : settings) apply_setting(document, setting);
  auto plan = std::make_shared<Plan>(resolve(document, suite_models(), seed));
  const PlanVersions versions = current_versions(plan->network.engine);
  for (SystemPlan& system : plan->systems) {
    system.digest = plan_digest(*plan, system, versions);
  }
  return plan;
}

/// First what is inside: the twin, then the stimulus or observer around it.
Wrap composed(Wrap inside, Wrap outside) {
  if (!inside) return outside;
  if (!outside) return inside;
  return [inside, outside](NodeId node, std::unique_ptr<Module> module) {
    return outside(node, inside(node, std::move(module)));
  };
}

}  // namespace

std::uint32_t History::interest() const {
  return event_bit(EventType::head) | event_bit(EventType::final_block) |
         event_bit(EventType::found) | event_bit(EventType::start);
}

void History::on_event(const Event& e) {
  if (e.node >= nodes.size()) nodes.resize(e.node + 1);
  OfNode& node = nodes[e.node];
  if (e.type == EventType::found) ++node.found;
  if (e.type == EventType::start) node.starts.push_back(e.time);
  if (e.type != EventType::head && e.type != EventType::final_block) return;
  auto& list = e.type == EventType::head ? node.heads : node.finals;
  list.push_back({e.time, e.b, e.a});
  if (e.object) blocks.try_emplace(e.a, *static_cast<const BlockRef*>(e.object));
}

Height History::final_height(NodeId node, Time at) const {
  Height height = 0;
  if (node >= nodes.size()) return 0;
  for (const Announcement& a : nodes[node].finals) {
    if (a.at <= at) height = std::max(height, a.height);
  }
  return height;
}

Height History::highest_final(NodeId replicas, Time at) const {
  Height height = 0;
  for (NodeId node = 0; node < replicas; ++node) {
    height = std::max(height, final_height(node, at));
  }
  return height;
}

std::string History::disagreement(NodeId replicas, Time at) const {
  std::map<Height, std::pair<std::uint64_t, NodeId>> seen;
  for (NodeId node = 0; node < std::min<std::size_t>(replicas, nodes.size()); ++node) {
    for (const Announcement& a : nodes[node].finals) {
      if (a.at > at) continue;
      const auto [entry, fresh] = seen.try_emplace(a.height, a.tag, node);
      if (!fresh && entry->second.first != a.tag) {
        return "nodes " + std::to_string(entry->second.second) + " and " + std::to_string(node) +
               " have different final blocks of height " + std::to_string(a.height);
      }
    }
  }
  return {};
}

Time History::reached(NodeId node, NodeId replicas, Time from) const {
  Height own = final_height(node, from);
  if (own > 0 && own >= highest_final(replicas, from)) return from;
  if (node >= nodes.size()) return time_never;
  for (const Announcement& a : nodes[node].finals) {
    if (a.at < from) continue;
    own = std::max(own, a.height);
    if (own >= highest_final(replicas, a.at)) return a.at;
  }
  return time_never;
}

Duration liveness_bound(const Plan& plan) {
  const ModelChoice& consensus = plan.systems.front().consensus;
  const auto bound = consensus.info->fault_model.liveness_bound;
  if (!bound) throw std::runtime_error(consensus.info->name + " declares no bound for progress");
  return bound(consensus.params, checks::largest_delay(plan.network.links),
               plan.network.replicas);
}

std::shared_ptr<const Plan> Trial::plan(const Scenario& scenario) const {
  return resolved(scenario.text(protocol), scenario.name, {}, 1);
}

Ran Trial::run(const Scenario& scenario, RunHooks hooks) {
  RunEvidence evidence;
  evidence.name = scenario.name;
  evidence.scenario = scenario.text(protocol);
  evidence.seed = hooks.seed;
  evidence.stimulus = hooks.stimulus;
  Wrap twin;
  const bool bad = twin_ && (twin_->only_run.empty() || twin_->only_run == scenario.name);
  if (bad) evidence.settings = twin_->settings;
  const auto plan =
      resolved(evidence.scenario, scenario.name, evidence.settings, evidence.seed);
  if (bad && twin_->wrap) {
    twin = twin_->wrap(*plan);
    evidence.stimulus += (evidence.stimulus.empty() ? "twin " : ", twin ") + twin_->id;
  }
  const auto history = std::make_shared<History>();
  TraceDigest digest(plan->nodes());
  RunOptions options;
  options.sinks = hooks.sinks;
  options.sinks.push_back(history.get());
  options.sinks.push_back(&digest);
  options.wrap = composed(std::move(twin), std::move(hooks.wrap));
  options.stop = stop_;
  options.at_end = std::move(hooks.at_end);
  Ran ran{plan, run_system(*plan, plan->systems.front(), options), history};
  if (ran.result.interrupted) throw Interrupted();
  evidence.plan_digest = ran.result.plan_digest;
  evidence.trace_hash = ran.result.trace_hash;
  evidence.trace_sha256 = digest.sha256();
  evidence.wall_s = ran.result.cost.wall_s;
  if (digest.xxh3() != evidence.trace_hash) {
    throw InternalFault("the trace that was told is not the trace that was hashed");
  }
  runs_.push_back(std::move(evidence));
  return ran;
}

void Trial::add(Verdict verdict, const std::string& text) {
  sum_ = worse(sum_, verdict);
  judgements_.push_back({verdict, text});
}

bool Trial::check(bool holds, const std::string& text) {
  add(holds ? Verdict::pass : Verdict::fail, text);
  return holds;
}

bool Trial::check_promises(const Ran& ran) {
  for (const Finding& f : ran.result.violations) {
    add(Verdict::fail, f.checker + ": " + f.text + " (at " + in_seconds(f.at - time_start) + ")");
  }
  if (ran.result.violations.empty()) {
    add(Verdict::pass, "no checker of the run found a broken promise");
  }
  return ran.result.violations.empty();
}

std::string decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string in_seconds(Duration duration) {
  return decimal(static_cast<double>(count_ns(duration)) / 1e9, 3) + " s";
}

}  // namespace ledgerlab::conformance
