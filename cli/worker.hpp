// A run in a process of its own, for engines that live once a process (DESIGN 13.7).
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "cli/commands.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab::cli {

/// The worker's own messages, each line with the program's name, and its exit code.
class WorkerFailed : public std::runtime_error {
 public:
  WorkerFailed(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

/// Starts this program with the verb `worker` and waits for it. Throws WorkerFailed.
RunResult run_in_worker(const WorkerArguments& arguments,
                        const std::function<void(const Progress&)>& progress);

}  // namespace ledgerlab::cli
