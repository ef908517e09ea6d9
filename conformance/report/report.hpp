// A report of the suite for people and programs: terminal, JSON, one self-contained HTML page.
#pragma once

#include <string>
#include <vector>

#include "conformance/suite/suite.hpp"

namespace ledgerlab::conformance {

/// Verdicts of one row on all systems, levels apart: how terminal and page count.
struct LevelCount {
  Level level = Level::informative;
  std::size_t rows = 0;    // of the catalogue
  std::size_t judged = 0;  // of these, with a purpose that was executed
  std::array<std::size_t, 5> verdicts{};  // of (purpose, system), by Verdict
  std::size_t not_applicable = 0;
};
std::vector<LevelCount> count_levels(const Report& report);
/// Level of the row that a purpose judges first.
Level level_of(const Purpose& purpose);

std::string render_list(const Report& report);
std::string render_text(const Report& report, bool details);
std::string render_json(const Report& report, const std::string& version,
                        const std::string& reproduce);
std::string render_html(const Report& report, const std::string& version,
                        const std::string& reproduce);
/// The published table of docs/conformance.md, as Markdown.
std::string render_markdown(const Report& report);

}  // namespace ledgerlab::conformance
