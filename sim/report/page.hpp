// One self-contained HTML page for a run or a comparison: no script, nothing from the network,
// light and dark, phone and paper. The same results give the same bytes.
#pragma once

#include <string>
#include <vector>

#include "sim/report/about.hpp"
#include "sim/report/summary.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

std::string render_html(const About& about, const std::vector<RunResult>& runs);

/// A fault of any of the systems' first seeds. What all systems met at one time is one mark, though
/// a target such as the leader is another node in each.
struct FaultMark {
  std::size_t number = 0;  // from 1, as charts and list show it
  std::string kind;
  Time at{};
  Time until{time_never};
  std::vector<std::pair<std::string, std::string>> texts;  // system, what happened there
};
std::vector<FaultMark> fault_marks(const std::vector<SystemSummary>& systems);

// The page's parts with charts (page_charts.cpp).
std::string latency_section(const std::vector<SystemSummary>& systems);
std::string time_section(const std::vector<SystemSummary>& systems,
                         const std::vector<FaultMark>& marks);
std::string block_section(const std::vector<SystemSummary>& systems);
std::string system_legend(const std::vector<SystemSummary>& systems);

/// The page's only style sheet (page_style.cpp).
extern const char* const page_style;

}  // namespace ledgerlab
