// Twins: known-bad variants of what is right, each of which a checker must catch (DESIGN 13.8). The
// same scenario without the twin must pass, so that it is the twin that is caught.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "sim/run/run.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {

struct Twin {
  std::string name;  // an identifier
  TestScenario setup;
  std::vector<std::string> caught_by;  // one of these checkers
  /// Makes the wrapper of one run; null: the plan is what is twisted.
  std::function<std::function<std::unique_ptr<Module>(NodeId, std::unique_ptr<Module>)>()> wrap;
  std::function<void(Plan&)> twist;
  std::uint64_t seeds = 1;  // tried until one catches it
};

inline void PrintTo(const Twin& twin, std::ostream* out) { *out << twin.name; }

/// A wrapper of one class for all replicas, or for the first `only` of them.
template <class T>
std::function<std::function<std::unique_ptr<Module>(NodeId, std::unique_ptr<Module>)>()> every(
    std::uint32_t only = ~0u) {
  return [only] {
    return [only](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
      if (node >= only) return inner;
      return std::make_unique<T>(std::move(inner));
    };
  };
}

std::vector<Twin> raft_twins();
std::vector<Twin> history_twins();  // of every protocol
std::vector<Twin> lottery_twins();  // of every protocol that uses hash power

}  // namespace ledgerlab::contract
