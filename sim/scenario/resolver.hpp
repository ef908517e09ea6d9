// From a scenario document to a checked plan.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/api/registry.hpp"
#include "sim/scenario/document.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab {

/// Checks everything that can be checked without running and fills every default. Throws
/// ScenarioErrors with all that is wrong. `seed` takes the place of the scenario's. Digests are
/// not filled in.
Plan resolve(const Document& document, const Registry& registry,
             std::optional<std::uint64_t> seed = {});

/// An engine that is known but not part of this build, or a protocol that only another face can run
/// (`python:...`): exit code 69.
class EngineUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The document for this engine: network.engine says so, and what only other engines read is left
/// out of [network]. One scenario can so be compared on several.
Document for_engine(Document document, const std::string& engine);

/// The versions this build has of what a plan digest binds; throws EngineUnavailable.
PlanVersions current_versions(const std::string& engine);

/// A scenario file with settings applied, resolved with the built-in models for one seed, digests
/// filled in.
Plan load_plan(const Document& document, std::optional<std::uint64_t> seed = {});
/// The same with other models; the registry must outlive the plan.
Plan load_plan(const Document& document, const Registry& registry,
               std::optional<std::uint64_t> seed);
/// The document of a file with `--set` settings applied.
Document load_document(const std::filesystem::path& file, const std::vector<std::string>& settings);

/// The draft-07 JSON schema of scenario files, from the same tables.
std::string scenario_schema(const Registry& registry);

}  // namespace ledgerlab
