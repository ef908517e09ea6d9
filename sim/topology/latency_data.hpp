// Latencies between the regions of the world, from a file in our own format (docs in
// scenarios/data/README.md): strict to read, integers out, its source and licence always named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/time.hpp"

namespace ledgerlab {

/// What is wrong with a latency file: "file:line:column: what; the likely fix". Columns count
/// bytes.
class LatencyDataError : public std::invalid_argument {
 public:
  LatencyDataError(std::string_view file, std::uint32_t line, std::uint32_t column,
                   const std::string& what)
      : std::invalid_argument(std::string(file) + ":" + std::to_string(line) + ":" +
                              std::to_string(column) + ": " + what),
        line_(line),
        column_(column) {}
  std::uint32_t line() const { return line_; }
  std::uint32_t column() const { return column_; }

 private:
  std::uint32_t line_;
  std::uint32_t column_;
};

enum class LatencyKind : std::uint8_t { round_trip, one_way };

struct LatencyRegion {
  std::string id;               // "eu-central-1"
  std::string name;             // "EU (Frankfurt)"
  std::uint64_t share_ppb = 0;  // of the nodes; 0 without the column
  std::uint64_t up_bps = 0;     // 0 without the column
  std::uint64_t down_bps = 0;
  /// Quantiles at LatencyData::quantile_percent; empty: all nodes have the figure above.
  std::vector<std::uint64_t> up_quantiles, down_quantiles;
};

/// The bandwidth at `part` of 10^9 of a distribution: straight between its quantiles.
std::uint64_t bandwidth_at(const std::vector<unsigned>& percent,
                           const std::vector<std::uint64_t>& quantiles, std::uint64_t part_ppb);

struct LatencyData {
  std::string source;
  std::string licence;
  std::string note;
  LatencyKind kind = LatencyKind::round_trip;
  bool has_shares = false;
  bool has_bandwidth = false;
  std::vector<LatencyRegion> regions;
  std::vector<unsigned> quantile_percent;  // ascending from 0 to 100; empty without [bandwidth]
  /// One-way, regions x regions, row = sender's region; the diagonal is the latency inside a
  /// region. From round trips: (ij + ji) / 4, diagonal ii / 2, rounded down to a nanosecond.
  std::vector<Duration> one_way;
  /// Pairs whose figure is marked as filled in, not measured ("~246.5"): row and column.
  std::vector<std::pair<std::uint16_t, std::uint16_t>> filled;
  std::string text;  // the file as read, for its digest

  Duration between(std::size_t from, std::size_t to) const {
    return one_way[from * regions.size() + to];
  }
  std::optional<std::uint16_t> find(std::string_view id) const;
  /// As find(); throws TopologyError on an unknown id, with the nearest known one. `key` is blamed.
  std::uint16_t region(std::string_view id, const std::string& key) const;
  std::vector<std::uint64_t> shares() const;
};

/// Reads the text of a latency file; `file` is its name in errors.
LatencyData parse_latency_data(std::string_view text, std::string_view file);

/// Reads a latency file; throws DataNotFoundError (data_path.hpp) if it cannot be read.
LatencyData load_latency_data(const std::filesystem::path& file);

}  // namespace ledgerlab
