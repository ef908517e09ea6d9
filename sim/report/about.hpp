// What a report says of the plan besides the figures. It is kept in results.sqlite, so that
// `ledgerlab report` writes the same page from a run directory alone.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/plan.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

struct AboutSystem {
  std::string name;
  std::string crypto;  // "real", "costed"
  std::string mining;  // "lottery", "nonces tried", or empty
  std::vector<std::string> expect;
};

struct About {
  std::string scenario;
  std::vector<std::string> headline;
  std::string reproduce;
  bool compare = false;  // the first system is the baseline
  std::vector<AboutSystem> systems;
  /// "digest seed" of every run shown, in their order; empty while none has finished.
  std::vector<std::string> runs;

  static std::string run_key(const RunResult& run);
  const AboutSystem* system(const std::string& name) const;
};

About make_about(const Plan& plan, std::size_t seeds, bool compare, const std::string& reproduce);

/// As rows of key and value, and back; an unknown key is left out.
using AboutRows = std::vector<std::pair<std::string, std::string>>;
AboutRows about_rows(const About& about);
About about_from_rows(const AboutRows& rows);

}  // namespace ledgerlab
