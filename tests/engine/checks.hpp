// The engine contract (DESIGN 13.7) as checks that any engine must pass. Each makes its engine once,
// so that simulators which live once a process can be judged too, one process a check.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/engine/engine.hpp"

namespace ledgerlab::engine_contract {

using MakeEngine = std::function<std::unique_ptr<Engine>(const NetworkSpec&)>;

/// Empty text: it holds. A line "digest ..." is for the caller to compare with another run's.
struct Verdict {
  std::string fault;
  std::string digest;
};

struct Check {
  const char* name;
  const char* promise;
  Verdict (*run)(const MakeEngine& make);
};

/// delivered_once, link_order, lower_bounds, timers, clock, and digests: storm, storm_sliced,
/// storm_stopped (all three equal), timers_only (equal on all engines), unlimited (equal on native
/// and simgrid).
const std::vector<Check>& checks();
/// What the simgrid engine alone can show.
const std::vector<Check>& simgrid_checks();
const Check* find_check(const std::string& name);

/// Makes, uses and destroys `count` engines; the fault tells of memory that did not come back.
Verdict cycles(const MakeEngine& make, std::uint32_t count);

/// The engine of this name: native, or a module. Throws EngineMissing.
MakeEngine engine_by_name(const std::string& name);

}  // namespace ledgerlab::engine_contract
