// Prints a full trace for people: all nodes merged in the order of time, filtered.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "models/base/ids.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

struct TraceFilter {
  std::optional<NodeId> node;
  std::vector<std::string> types;  // names of the event table; empty: all
  Time from{};
  Time until = time_never;  // included
  std::uint64_t limit = 0;  // 0: all
};

/// Sorted by time, then node, then as it happened. Returns how many events were printed. Throws
/// TraceFileError (65, 66); an unknown type or a node that the trace has not is a
/// std::invalid_argument.
std::uint64_t print_trace(const std::string& path, const TraceFilter& filter, std::ostream& out);

}  // namespace ledgerlab
