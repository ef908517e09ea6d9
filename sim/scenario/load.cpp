// A plan with this build's models and versions.
#include "sim/engine/module.hpp"
#include "sim/engine/native/native.hpp"
#include "sim/record/event.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {

PlanVersions current_versions(const std::string& engine) {
  if (engine != "native") {
    try {
      return {load_engine_module(engine).version(), trace_schema_version};
    } catch (const EngineMissing& missing) {
      throw EngineUnavailable(missing.what());
    }
  }
  NetworkSpec smallest;
  smallest.nodes = 2;
  smallest.latency = {ms(1)};
  return {make_native_engine(smallest)->capabilities().version, trace_schema_version};
}

Plan load_plan(const Document& document, std::optional<std::uint64_t> seed) {
  return load_plan(document, builtin_models(), seed);
}

Plan load_plan(const Document& document, const Registry& registry,
               std::optional<std::uint64_t> seed) {
  Plan plan = resolve(document, registry, seed);
  const PlanVersions versions = current_versions(plan.network.engine);
  for (SystemPlan& system : plan.systems) system.digest = plan_digest(plan, system, versions);
  return plan;
}

}  // namespace ledgerlab
