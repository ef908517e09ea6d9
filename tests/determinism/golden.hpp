// The pinned runs (DESIGN 13.6): plan digest, trace hash and name of each, and what it means when
// they differ from tests/determinism/golden.tsv.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/plan.hpp"

namespace ledgerlab::determinism {

struct Row {
  std::string digest;
  std::string hash;
  std::string name;

  friend bool operator==(const Row&, const Row&) = default;
};

/// "digest<TAB>hash<TAB>name"; lines that are empty or begin with # are passed over. Throws
/// std::invalid_argument on any other line.
std::vector<Row> parse_rows(const std::string& text);
std::string format_rows(const std::vector<Row>& rows);

/// What is wrong with `actual`; empty if nothing. A hash that changed under an unchanged digest is
/// a broken promise; a digest that changed asks for a rewrite that says why.
std::vector<std::string> differences(const std::vector<Row>& golden,
                                     const std::vector<Row>& actual);

/// One built-in scenario: small, and over all that can reach a hash.
struct PinnedScenario {
  std::string name;
  std::string text;  // TOML
  std::uint64_t seed = 1;
};
std::vector<PinnedScenario> pinned_scenarios();

/// The knobs that must not matter.
struct HowToRun {
  bool eager = true;
  bool share_results = true;
};
/// One row for every system of the scenario.
std::vector<Row> run_pinned(const PinnedScenario& scenario, const HowToRun& how);

}  // namespace ledgerlab::determinism
