// A small chart writer: inline SVG without scripts, colours or fonts of its own. Colours and dashes
// come from the page's style sheet by class, so one chart serves light, dark and paper; lines
// differ by dash as well as by colour.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ledgerlab {

/// Text for HTML: markup escaped, control characters and broken UTF-8 replaced.
std::string escape_html(std::string_view text);

/// How the numbers of an axis are written.
enum class ChartUnit : std::uint8_t { plain, milliseconds, seconds, bytes, percent };
std::string chart_number(ChartUnit unit, double value);

struct ChartAxis {
  std::string label;
  ChartUnit unit = ChartUnit::plain;
  bool logarithmic = false;  // ignored where a value is not positive
};

struct ChartLine {
  std::size_t style = 0;  // which system: colour and dash
  bool faint = false;     // one of several seeds, behind the others
  bool stepped = false;   // holds its value until the next point
  double gap = 0;         // points farther apart than this are not joined; 0: all are
  std::vector<std::pair<double, double>> points;  // ascending in x
};

/// A time in which something was otherwise: a fault, or the time that is not measured.
struct ChartSpan {
  double from = 0, to = 0;
  std::string label;
  bool outside = false;  // warm-up or drain
};

struct Chart {
  std::string name;  // for who cannot see it
  ChartAxis x, y;
  std::optional<double> x_low, x_high;  // else from the points
  std::vector<ChartLine> lines;
  std::vector<ChartSpan> spans;
};
std::string chart_svg(const Chart& chart);

/// Rows of bars from a low to a high value, in groups with a name each: p50 to p95 by region.
struct RangeBar {
  std::size_t style = 0;  // also its place in the group, below chart.slots
  double low = 0, high = 0;
};
struct RangeGroup {
  std::string name;
  std::vector<RangeBar> bars;
};
struct RangeChart {
  std::string name;
  ChartAxis x;
  std::size_t slots = 1;
  std::vector<RangeGroup> groups;
};
std::string range_chart_svg(const RangeChart& chart);

/// A short line in a system's style, for legends.
std::string legend_swatch(std::size_t style);

/// About `wanted` round numbers (1, 2 or 5 times a power of ten) from `low` to `high`, both inside.
/// Times in seconds step by round parts of minutes and hours.
std::vector<double> linear_ticks(double low, double high, int wanted, ChartUnit unit);
/// Powers of ten, with 2 and 5 times them where there are few.
std::vector<double> log_ticks(double low, double high);

}  // namespace ledgerlab
