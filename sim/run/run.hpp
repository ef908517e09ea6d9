// Runs one system of a plan and returns what it gave.
#pragma once

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>

#include "sim/scenario/build.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

/// The books do not balance, or the same computation gave two answers: exit status 70.
struct InternalFault : std::logic_error {
  using std::logic_error::logic_error;
};

struct Progress {
  Time now{};
  Time end{};
  std::uint64_t events = 0;
};

struct RunOptions {
  bool eager = true;
  bool share_results = true;
  std::string trace_file;                         // full trace; empty: none
  const std::atomic<bool>* stop = nullptr;        // set: end cleanly, keep what there is
  std::function<void(const Progress&)> progress;  // called about 2,000 times
  std::vector<Sink*> sinks;                       // more folds
  std::function<std::unique_ptr<Module>(NodeId, std::unique_ptr<Module>)> wrap;  // twins
  std::function<void(BuiltWorld&)> at_end;  // a look at the world before it goes
};

/// Throws InternalFault; std::runtime_error when the engine or the trace file is not to be had.
RunResult run_system(const Plan& plan, const SystemPlan& system, const RunOptions& options = {});

}  // namespace ledgerlab
