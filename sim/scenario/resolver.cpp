// The resolver: sections in the order in which they need each other, all errors at once.
#include "sim/scenario/resolver.hpp"

#include <algorithm>

#include "sim/scenario/resolve_parts.hpp"

namespace ledgerlab {
namespace {

const std::vector<std::string> section_names{"network", "hardware", "clients", "workload",
                                             "genesis", "systems",  "faults",  "behaviours",
                                             "swarm",   "expect",   "operations"};

void resolve_top(Resolving& r, std::optional<std::uint64_t> seed) {
  // The sections themselves are keys of the top table.
  KeyTable keys = top_keys();
  for (const std::string& name : section_names) {
    KeyInfo section;
    section.param.key = name;
    section.shape = "section";
    keys.push_back(std::move(section));
  }
  Value root = r.document.root;
  root.place = {1, 1};
  Section top(r.problems, &root, "", {1, 1});
  top.read(keys);
  top.refuse_unknown();
  r.plan.name = top.text("name");
  if (r.plan.name.empty()) r.plan.name = r.document.file.stem().string();
  r.plan.seed = seed.value_or(top.count("seed"));
  r.plan.duration = top.duration("duration");
  r.plan.warm_up = top.duration("warm_up");
  r.plan.drain = top.duration("drain");
  if (r.plan.warm_up >= r.plan.duration) {
    top.problem("warm_up", "is not before the end of the load: nothing would be measured");
  }
}

/// Storage that keeps nothing, and nodes that would lose it.
void refuse_lost_storage(Resolving& r) {
  const auto restarts = [](FaultKind kind) {
    return kind == FaultKind::crash || kind == FaultKind::churn;
  };
  bool crashes = false;
  for (const FaultPlan& fault : r.plan.faults) crashes = crashes || restarts(fault.kind);
  for (const FaultKind kind : r.plan.swarm.kinds) crashes = crashes || restarts(kind);
  for (const SystemPlan& system : r.plan.systems) {
    if (!crashes || !system.storage || !system.storage.info->storage_charge.keeps_nothing) continue;
    const Value* systems = r.section("systems");
    r.problems.add(systems == nullptr ? Place{1, 1} : systems->place,
                   "systems." + system.name + ".storage",
                   system.storage.info->name +
                       " keeps nothing over a crash, and nodes crash in this scenario: take files, "
                       "sqlite or leveldb, or leave out the crashes");
  }
}

}  // namespace

Plan resolve(const Document& document, const Registry& registry,
             std::optional<std::uint64_t> seed) {
  Problems problems(document.file.string());
  Resolving r{document, registry, problems, {}, {}, {}};
  resolve_top(r, seed);
  resolve_network(r);
  resolve_hardware(r);
  resolve_clients(r);
  resolve_workload(r);
  resolve_systems(r);
  // Faults name nodes and regions: without a network every one of them would be blamed.
  if (r.plan.nodes() != 0) {
    resolve_faults(r);
    resolve_swarm(r);
    resolve_behaviours(r);
    resolve_operations(r);
    refuse_lost_storage(r);
  }
  problems.raise_if_any();
  return std::move(r.plan);
}

Document load_document(const std::filesystem::path& file,
                       const std::vector<std::string>& settings) {
  Document document = read_scenario(file);
  for (const std::string& setting : settings) apply_setting(document, setting);
  return document;
}

}  // namespace ledgerlab
