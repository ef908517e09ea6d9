// One run: a world built from the plan of one system, run to its end, folded into a result.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "sim/scenario/plan.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

struct RunProgress {
  Time now{};
  Time end{};
  std::uint64_t events = 0;
};

/// What does not change the trace.
struct RunOptions {
  bool share_results = true;
  std::filesystem::path trace_file;         // full trace; empty: none
  const std::atomic<bool>* stop = nullptr;  // set by Ctrl-C: the run ends soon, interrupted
  std::function<void(const RunProgress&)>
      progress;  // a few times a second of wall time; may be empty
};

/// `system` is one of plan.systems, its digest filled in. Throws std::logic_error on an internal
/// fault (books that do not balance, a parameter never read): exit code 70.
RunResult run_system(const Plan& plan, const SystemPlan& system, const RunOptions& options);

}  // namespace ledgerlab
