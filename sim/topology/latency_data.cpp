// The reader of latency files: lines to fields, decimals to integers, a complaint for everything
// else.
#include "sim/topology/latency_data.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>
#include <set>
#include <sstream>

#include "models/base/int128.hpp"
#include "sim/topology/data_path.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {

namespace {

constexpr std::string_view first_line = "ledgerlab-latency 1";
constexpr std::uint64_t billion = 1'000'000'000;
constexpr std::size_t max_regions = 4'096;

struct Field {
  std::string_view text;
  std::uint32_t column = 1;
};

struct Line {
  std::string_view text;
  std::uint32_t number = 0;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<Field> split_tabs(std::string_view line) {
  std::vector<Field> out;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = std::min(line.find('\t', start), line.size());
    out.push_back({line.substr(start, end - start), static_cast<std::uint32_t>(start + 1)});
    if (end == line.size()) return out;
    start = end + 1;
  }
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j - 1] + 1, above + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

enum class Decimal { good, not_a_number, negative, too_many_places, too_large };

/// Reads "12.5" as 12.5 * 10^places, exactly, up to `most` (in the result's unit).
Decimal read_decimal(std::string_view text, int places, std::uint64_t most, std::uint64_t& out) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  std::uint64_t value = 0;
  int after = -1;  // digits after the point; -1 before it
  int digits = 0;
  bool large = false;
  bool fine = false;
  for (const char c : text) {
    if (c == '.' && after < 0) {
      after = 0;
      continue;
    }
    if (c < '0' || c > '9') return Decimal::not_a_number;
    ++digits;
    if (after >= 0 && after == places) {
      fine |= c != '0';
      continue;
    }
    if (after >= 0) ++after;
    if (!large) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    large |= value > most;
  }
  if (digits == 0) return Decimal::not_a_number;
  if (negative) return Decimal::negative;
  if (fine) return Decimal::too_many_places;
  for (int i = std::max(after, 0); i < places && !large; ++i) {
    value *= 10;
    large = value > most;
  }
  if (large) return Decimal::too_large;
  out = value;
  return Decimal::good;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view file) : file_(file) {
    out_.text = text;
    std::uint32_t number = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (trim(line).empty() || line.front() == '#') continue;
      lines_.push_back({line, number});
    }
    last_ = number;
  }

  LatencyData read() {
    if (at_end() || lines_[next_].text != first_line) {
      fail(at_end() ? last_ + 1 : lines_[next_].number, 1,
           "is no latency file of ours: its first line must be " + in_quotes(first_line));
    }
    ++next_;
    read_header();
    read_regions();
    read_matrix();
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(std::uint32_t line, std::uint32_t column, const std::string& what) const {
    throw LatencyDataError(file_, line, column, what);
  }
  [[noreturn]] void fail(const Line& line, const Field& field, const std::string& what) const {
    fail(line.number, field.column, what);
  }

  bool at_end() const { return next_ == lines_.size(); }

  Line expect_line(const std::string& what) {
    if (at_end()) fail(last_ + 1, 1, "the file ends where " + what + " should stand; add it");
    return lines_[next_++];
  }

  void read_header() {
    std::set<std::string_view> seen;
    while (!at_end() && lines_[next_].text.front() != '[') {
      const Line line = lines_[next_++];
      const std::size_t equals = line.text.find('=');
      if (equals == std::string_view::npos) {
        fail(line.number, 1,
             in_quotes(line.text) +
                 " is no header line: write key = value, or start with [regions]");
      }
      const std::string_view key = trim(line.text.substr(0, equals));
      const std::string_view value = trim(line.text.substr(equals + 1));
      const auto column = static_cast<std::uint32_t>(equals + 2);
      if (!seen.insert(key).second)
        fail(line.number, 1, in_quotes(key) + " stands twice; remove one");
      if (value.empty()) fail(line.number, column, in_quotes(key) + " has no value; write one");
      take_header(line, column, key, value);
    }
    const std::uint32_t line = at_end() ? last_ + 1 : lines_[next_].number;
    for (const std::string_view key : {"source", "licence", "kind", "unit"}) {
      if (seen.count(key) == 0) {
        fail(line, 1,
             "the header lacks " + in_quotes(key) + ": add a line " + std::string(key) +
                 " = ... before [regions]");
      }
    }
  }

  void take_header(const Line& line, std::uint32_t column, std::string_view key,
                   std::string_view value) {
    if (key == "source") {
      out_.source = value;
    } else if (key == "licence") {
      out_.licence = value;
    } else if (key == "note") {
      out_.note = value;
    } else if (key == "kind") {
      if (value != "round-trip" && value != "one-way") {
        fail(line.number, column,
             "kind = " + in_quotes(value) +
                 " is unknown: say round-trip if the figures were measured "
                 "there and back, one-way if they are applied as they are");
      }
      out_.kind = value == "one-way" ? LatencyKind::one_way : LatencyKind::round_trip;
    } else if (key == "unit") {
      if (value != "ms") {
        fail(line.number, column,
             "unit = " + in_quotes(value) + " is not understood: give the figures in ms");
      }
    } else {
      fail(line.number, 1,
           in_quotes(key) + " is unknown: the header has source, licence, kind, unit and note");
    }
  }

  void expect_section(const std::string& name) {
    const Line line = expect_line(name);
    if (line.text != name) {
      fail(line.number, 1, "found " + in_quotes(line.text) + " where " + name + " should stand");
    }
  }

  void read_regions() {
    static constexpr std::array<std::string_view, 5> known{"id", "name", "share", "up_mbps",
                                                           "down_mbps"};
    expect_section("[regions]");
    const Line head = expect_line("the column names of the regions (id, name, ...)");
    const std::vector<Field> columns = split_tabs(head.text);
    std::set<std::string_view> names;
    for (const Field& column : columns) {
      if (std::find(known.begin(), known.end(), column.text) == known.end()) {
        fail(head, column,
             "column " + in_quotes(column.text) +
                 " is unknown: choose of id, name, share, up_mbps, down_mbps, "
                 "separated by tabs");
      }
      if (!names.insert(column.text).second) {
        fail(head, column, "column " + in_quotes(column.text) + " stands twice; remove one");
      }
    }
    if (names.count("id") == 0) fail(head.number, 1, "the regions need a column \"id\"; add it");
    if (names.count("up_mbps") != names.count("down_mbps")) {
      fail(head.number, 1, "up_mbps and down_mbps belong together: give both or none");
    }
    out_.has_shares = names.count("share") == 1;
    out_.has_bandwidth = names.count("up_mbps") == 1;
    std::set<std::string> ids;
    while (!at_end() && lines_[next_].text.front() != '[') {
      const Line line = lines_[next_++];
      const std::vector<Field> fields = split_tabs(line.text);
      expect_width(line, fields, columns.size(), "as the heading of [regions]");
      LatencyRegion region;
      for (std::size_t i = 0; i < fields.size(); ++i) {
        take_region(line, fields[i], columns[i].text, region);
      }
      if (region.name.empty()) region.name = region.id;
      if (!ids.insert(region.id).second) {
        fail(line.number, 1,
             "region " + in_quotes(region.id) + " stands twice; rename or remove one");
      }
      out_.regions.push_back(std::move(region));
    }
    check_regions(head);
  }

  void take_region(const Line& line, const Field& field, std::string_view column,
                   LatencyRegion& region) {
    if (field.text.empty()) fail(line, field, "the region's " + in_quotes(column) + " is empty");
    if (column == "id") {
      region.id = field.text;
    } else if (column == "name") {
      region.name = field.text;
    } else if (column == "share") {
      region.share_ppb = number(line, field, "share", 9, billion, "write a part of 1 such as 0.25");
    } else {
      auto& bps = column == "up_mbps" ? region.up_bps : region.down_bps;
      bps = number(line, field, std::string(column), 6, 1'000'000'000'000,
                   "write megabits a second such as 17.5");
      if (bps == 0) {
        fail(line, field,
             std::string(column) +
                 " 0 sends nothing; for unlimited links leave both "
                 "bandwidth columns out");
      }
    }
  }

  void check_regions(const Line& head) {
    if (out_.regions.empty()) fail(head.number, 1, "[regions] lists none; add at least one");
    if (out_.regions.size() > max_regions) {
      fail(head.number, 1, "more than " + std::to_string(max_regions) + " regions; merge some");
    }
    std::uint64_t sum = 0;
    for (const LatencyRegion& region : out_.regions) sum += region.share_ppb;
    if (out_.has_shares && (sum < billion - billion / 1'000 || sum > billion + billion / 1'000)) {
      fail(head.number, 1,
           "the shares add up to " + std::to_string(sum) +
               " parts per billion, not to 1 (within 0.001); correct them");
    }
  }

  void expect_width(const Line& line, const std::vector<Field>& fields, std::size_t wanted,
                    const std::string& reason) const {
    if (fields.size() == wanted) return;
    const Field& last = fields.back();
    fail(line, last,
         "this line has " + std::to_string(fields.size()) + " fields, not " +
             std::to_string(wanted) + " " + reason + "; separate them by single tabs");
  }

  std::uint64_t number(const Line& line, const Field& field, const std::string& what, int places,
                       std::uint64_t most, const std::string& advice) const {
    std::uint64_t value = 0;
    const auto complain = [&](const std::string& why) {
      fail(line, field, what + ": " + in_quotes(field.text) + " " + why + "; " + advice);
    };
    switch (read_decimal(field.text, places, most, value)) {
      case Decimal::good:
        break;
      case Decimal::not_a_number:
        complain("is not a number");
        break;
      case Decimal::negative:
        complain("is negative");
        break;
      case Decimal::too_many_places:
        complain("has more than " + std::to_string(places) + " decimals");
        break;
      case Decimal::too_large:
        complain("is too large");
        break;
    }
    return value;
  }

  void read_matrix() {
    const std::size_t n = out_.regions.size();
    expect_section("[latency]");
    const Line head = expect_line("the heading of the matrix (from, then every region)");
    const std::vector<Field> columns = split_tabs(head.text);
    expect_width(head, columns, n + 1, "(\"from\" and the " + std::to_string(n) + " regions)");
    if (columns[0].text != "from") {
      fail(head, columns[0],
           "the heading of [latency] must begin with \"from\", not " + in_quotes(columns[0].text));
    }
    for (std::size_t i = 0; i < n; ++i) expect_region(head, columns[i + 1], i, "column");
    std::vector<std::uint64_t> figures;
    figures.reserve(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      const Line line = expect_line("the row of region " + in_quotes(out_.regions[i].id) +
                                    " (the matrix is not square)");
      const std::vector<Field> fields = split_tabs(line.text);
      expect_region(line, fields[0], i, "row");
      expect_width(line, fields, n + 1, "(the region and a figure for each; the matrix is square)");
      for (std::size_t j = 0; j < n; ++j) figures.push_back(figure(line, fields[j + 1], i, j));
    }
    if (!at_end() && lines_[next_].text == "[bandwidth]") {
      ++next_;
      read_quantiles();
    } else if (!at_end()) {
      fail(lines_[next_].number, 1,
           "the matrix has all its " + std::to_string(n) +
               " rows, but more follows; remove it or list its region");
    }
    to_one_way(figures);
  }

  /// Rows of quantiles, by region and direction; who has none keeps its one figure.
  void read_quantiles() {
    const Line head = expect_line("the heading of the quantiles (region, direction, 0, ..., 100)");
    const std::vector<Field> columns = split_tabs(head.text);
    const std::string form = "write region, direction and ascending percents from 0 to 100";
    if (columns.size() < 4 || columns[0].text != "region" || columns[1].text != "direction") {
      fail(head.number, 1, "the heading of [bandwidth] is not understood: " + form);
    }
    for (std::size_t i = 2; i < columns.size(); ++i) {
      const auto percent =
          static_cast<unsigned>(number(head, columns[i], "percent", 0, 100, form));
      auto& all = out_.quantile_percent;
      if (all.empty() ? percent != 0 : percent <= all.back()) fail(head, columns[i], form);
      all.push_back(percent);
    }
    if (out_.quantile_percent.back() != 100) fail(head, columns.back(), form);
    if (!out_.has_bandwidth) {
      fail(head.number, 1, "[bandwidth] needs the columns up_mbps and down_mbps in [regions]");
    }
    while (!at_end()) read_quantile_row(lines_[next_++], columns.size());
  }

  void read_quantile_row(const Line& line, std::size_t width) {
    const std::vector<Field> fields = split_tabs(line.text);
    expect_width(line, fields, width, "as the heading of [bandwidth]");
    const auto region = out_.find(fields[0].text);
    if (!region) {
      fail(line, fields[0], "region " + in_quotes(fields[0].text) + " is not in [regions]");
    }
    const bool up = fields[1].text == "up";
    if (!up && fields[1].text != "down") {
      fail(line, fields[1], "direction " + in_quotes(fields[1].text) + ": write up or down");
    }
    LatencyRegion& of = out_.regions[*region];
    std::vector<std::uint64_t>& quantiles = up ? of.up_quantiles : of.down_quantiles;
    if (!quantiles.empty()) fail(line.number, 1, "this row stands twice; remove one");
    for (std::size_t i = 2; i < fields.size(); ++i) {
      const std::uint64_t bps = number(line, fields[i], "bandwidth", 6, 1'000'000'000'000,
                                       "write megabits a second such as 17.5");
      if (bps == 0 || (!quantiles.empty() && bps < quantiles.back())) {
        fail(line, fields[i], "quantiles are above 0 and do not fall");
      }
      quantiles.push_back(bps);
    }
  }

  void expect_region(const Line& line, const Field& field, std::size_t index,
                     const std::string& what) const {
    if (field.text == out_.regions[index].id) return;
    fail(line, field,
         what + " " + std::to_string(index + 1) + " of [latency] is " + in_quotes(field.text) +
             ", not " + in_quotes(out_.regions[index].id) + ": keep the order of [regions]");
  }

  std::uint64_t figure(const Line& line, Field field, std::size_t i, std::size_t j) {
    const std::string what = "latency from " + out_.regions[i].id + " to " + out_.regions[j].id;
    if (field.text.empty()) {
      fail(line, field, what + " is missing; measure it, or leave the region out");
    }
    if (field.text.front() == '~') {
      out_.filled.emplace_back(static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(j));
      field.text.remove_prefix(1);
      ++field.column;
    }
    const std::uint64_t value =
        number(line, field, what, 6, 3'600'000'000'000, "write milliseconds such as 12.5");
    if (value == 0 && i != j) {
      fail(line, field,
           what +
               " is 0, which marks a missing value: give the figure, or leave the "
               "region out");
    }
    return value;
  }

  void to_one_way(const std::vector<std::uint64_t>& figures) {
    const std::size_t n = out_.regions.size();
    const bool round_trip = out_.kind == LatencyKind::round_trip;
    out_.one_way.resize(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const std::uint64_t there = figures[i * n + j];
        const std::uint64_t value = round_trip ? (there + figures[j * n + i]) / 4 : there;
        out_.one_way[i * n + j] = ns(static_cast<std::int64_t>(value));
      }
    }
  }

  std::string_view file_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
  std::uint32_t last_ = 0;
  LatencyData out_;
};

}  // namespace

std::optional<std::uint16_t> LatencyData::find(std::string_view id) const {
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (regions[i].id == id) return static_cast<std::uint16_t>(i);
  }
  return std::nullopt;
}

std::uint16_t LatencyData::region(std::string_view id, const std::string& key) const {
  if (const auto found = find(id)) return *found;
  std::string_view nearest = regions.front().id;
  for (const LatencyRegion& region : regions) {
    if (edit_distance(id, region.id) < edit_distance(id, nearest)) nearest = region.id;
  }
  throw TopologyError(key, " = " + in_quotes(id) + " is not a region of the data: did you mean " +
                               in_quotes(nearest) + "?");
}

std::uint64_t bandwidth_at(const std::vector<unsigned>& percent,
                           const std::vector<std::uint64_t>& quantiles, std::uint64_t part_ppb) {
  constexpr std::uint64_t ppb_a_percent = billion / 100;
  std::size_t above = 1;
  while (above + 1 < percent.size() && part_ppb > percent[above] * ppb_a_percent) ++above;
  const std::uint64_t from = percent[above - 1] * ppb_a_percent;
  const std::uint64_t width = percent[above] * ppb_a_percent - from;
  const std::uint64_t rise = quantiles[above] - quantiles[above - 1];
  return quantiles[above - 1] +
         static_cast<std::uint64_t>(Uint128{rise} * (part_ppb - from) / width);
}

std::vector<std::uint64_t> LatencyData::shares() const {
  std::vector<std::uint64_t> out;
  for (const LatencyRegion& region : regions) out.push_back(region.share_ppb);
  return out;
}

LatencyData parse_latency_data(std::string_view text, std::string_view file) {
  return Reader(text, file).read();
}

LatencyData load_latency_data(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    throw DataNotFoundError(file.string() + ": cannot be read; is it a file, and may you read it?");
  }
  return parse_latency_data(text.str(), file.string());
}

}  // namespace ledgerlab
