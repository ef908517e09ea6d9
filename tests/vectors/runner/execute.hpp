// Runs families, each in a process of its own: a crash is a failure of the case that it happens in
// and of no other.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tests/vectors/runner/runner.hpp"
#include "tests/vectors/runner/sets.hpp"

namespace ledgerlab::vectors {

/// One family to run. Without a `how` all its cases are skipped.
struct Task {
  Row row;
  const Family* how = nullptr;
};

struct Options {
  bool soak = false;
  std::string filter;
  unsigned processes = 1;
  unsigned case_limit = 0;  // seconds that a case may take before its process is ended; 0: any
};

struct Failure {
  std::string name;
  std::string why;
};

struct Result {
  std::string family;
  std::uint64_t passed = 0, failed = 0, skipped = 0;
  std::map<std::string, std::uint64_t> reasons;  // of what was skipped
  std::vector<Failure> failures;
  bool empty() const { return passed + failed + skipped == 0; }
};

/// One result a task, in the same order, whatever the number of processes.
std::vector<Result> execute(const Sets& sets, std::span<const Task> tasks, const Options& options);

}  // namespace ledgerlab::vectors
