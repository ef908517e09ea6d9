#include "sim/report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ledgerlab {
namespace {

constexpr double width = 520;  // of the drawing; the page scales it to its column
constexpr double height = 296;
constexpr double letter = 6.6;  // mean width of a digit at the charts' 12 units
constexpr std::size_t colours = 8;
constexpr std::size_t dashes = 6;

std::string style_class(std::size_t style) {
  return fmt::format("c{} d{}", style % colours, (style % colours + style / colours) % dashes);
}

/// 1.5 k, 2 M: at most three digits that matter.
std::string with_prefix(double value, std::string_view unit) {
  constexpr std::array<std::string_view, 5> prefixes{"", "k", "M", "G", "T"};
  std::size_t power = 0;
  while (std::fabs(value) >= 999.5 && power + 1 < prefixes.size()) {
    value /= 1000;
    ++power;
  }
  const std::string tail = std::string(prefixes[power]) + std::string(unit);
  return fmt::format("{:.3g}{}{}", value, tail.empty() ? "" : " ", tail);
}

double text_width(std::string_view text) { return letter * static_cast<double>(text.size()); }

std::string coordinate(double value) {
  std::string out = fmt::format("{:.1f}", value);
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

/// From values to positions on the drawing.
class ScaledAxis {
 public:
  ScaledAxis(const ChartAxis& axis, double low, double high, double from, double to, int wanted)
      : log_(axis.logarithmic && low > 0), from_(from), to_(to) {
    if (!(high > low)) high = low + (log_ ? low : 1);
    if (log_) {
      low_ = round_log(low, false);
      high_ = round_log(high, true);
      ticks_ = log_ticks(low_, high_);
    } else {
      low_ = low;
      high_ = high;
      ticks_ = linear_ticks(low_, high_, wanted, axis.unit);
    }
  }
  double at(double value) const {
    const double share = log_ ? std::log(std::max(value, low_) / low_) / std::log(high_ / low_)
                              : (value - low_) / (high_ - low_);
    return from_ + std::clamp(share, 0.0, 1.0) * (to_ - from_);
  }
  const std::vector<double>& ticks() const { return ticks_; }

 private:
  /// The next 1, 2 or 5 times a power of ten outwards.
  static double round_log(double value, bool up) {
    const double power = std::pow(10, std::floor(std::log10(value) + 1e-9));
    constexpr std::array<double, 4> steps{1, 2, 5, 10};
    if (up) {
      for (const double step : steps) {
        if (value <= power * step * (1 + 1e-9)) return power * step;
      }
    }
    for (std::size_t i = steps.size(); i-- > 0;) {
      if (power * steps[i] <= value * (1 + 1e-9)) return power * steps[i];
    }
    return value;
  }

  bool log_;
  double low_ = 0, high_ = 1, from_, to_;
  std::vector<double> ticks_;
};

struct Box {
  double left, right, top, bottom;
};

std::string open_svg(const std::string& name, double h) {
  return fmt::format("<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                     width, coordinate(h), escape_html(name));
}

void add_text(std::string& out, double x, double y, std::string_view anchor, std::string_view style,
              std::string_view text) {
  out += fmt::format("<text x=\"{}\" y=\"{}\"{}{}>{}</text>", coordinate(x), coordinate(y),
                     anchor.empty() ? "" : fmt::format(" text-anchor=\"{}\"", anchor),
                     style.empty() ? "" : fmt::format(" class=\"{}\"", style), escape_html(text));
}

void add_line(std::string& out, double x1, double y1, double x2, double y2,
              std::string_view style) {
  out += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", style,
                     coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2));
}

/// Numbers below, leaving out what would touch the one before; the label under them.
void add_x_axis(std::string& out, const ScaledAxis& scale, const ChartAxis& axis, const Box& box) {
  double taken = -1e9;
  for (const double tick : scale.ticks()) {
    const double x = scale.at(tick);
    const std::string text = chart_number(axis.unit, tick);
    const double half = text_width(text) / 2;
    add_line(out, x, box.top, x, box.bottom, "grid");
    if (x - half < taken + 6 || x + half > width + 2) continue;
    taken = x + half;
    add_text(out, x, box.bottom + 15, "middle", "", text);
  }
  add_text(out, (box.left + box.right) / 2, box.bottom + 31, "middle", "name", axis.label);
}

void add_y_axis(std::string& out, const ScaledAxis& scale, const ChartAxis& axis, const Box& box) {
  double taken = 1e9;
  for (const double tick : scale.ticks()) {
    const double y = scale.at(tick);
    add_line(out, box.left, y, box.right, y, "grid");
    if (y > taken - 13) continue;
    taken = y;
    add_text(out, box.left - 6, y + 4, "end", "", chart_number(axis.unit, tick));
  }
  add_text(out, 4, 13, "", "name", axis.label);
}

void add_spans(std::string& out, const Chart& chart, const ScaledAxis& x, const Box& box) {
  for (const ChartSpan& span : chart.spans) {
    const double from = x.at(span.from), to = std::max(x.at(span.to), from + 1);
    out += fmt::format(
        "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
        span.outside ? "outside" : "fault", coordinate(from), coordinate(box.top),
        coordinate(to - from), coordinate(box.bottom - box.top), escape_html(span.label));
  }
}

/// Labels over the spans, in two rows where they would touch; a third is left to the tooltip.
void add_span_labels(std::string& out, const Chart& chart, const ScaledAxis& x, const Box& box) {
  std::array<double, 2> taken{-1e9, -1e9};
  for (const ChartSpan& span : chart.spans) {
    if (span.outside) continue;
    const double half = text_width(span.label) / 2;
    const double middle =
        std::clamp((x.at(span.from) + x.at(span.to)) / 2, box.left + half, box.right - half);
    for (std::size_t row = 0; row < taken.size(); ++row) {
      if (middle - half < taken[row] + 4) continue;
      taken[row] = middle + half;
      add_text(out, middle, box.top + 12 + 13 * static_cast<double>(row), "middle", "mark",
               span.label);
      break;
    }
  }
}

/// Points closer than half a unit to the one before are left out: nobody sees them. Faint lines are
/// many and only a background, so they are coarser.
void add_curve(std::string& out, const ChartLine& line, const ScaledAxis& x, const ScaledAxis& y) {
  std::string path;
  double last_x = 0, last_y = 0;
  bool lone = false;
  const double near = line.faint ? 2.5 : 0.5;
  const std::string style = style_class(line.style) + (line.faint ? " faint" : "");
  const auto dot = [&] {
    if (lone) {
      out += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"2\"/>", style,
                         coordinate(last_x), coordinate(last_y));
    }
  };
  for (std::size_t i = 0; i < line.points.size(); ++i) {
    const double px = x.at(line.points[i].first), py = y.at(line.points[i].second);
    const bool begins =
        i == 0 || (line.gap > 0 && line.points[i].first - line.points[i - 1].first > line.gap);
    if (begins) {
      dot();
      path += fmt::format("M{} {}", coordinate(px), coordinate(py));
      lone = true;
    } else {
      const bool last = i + 1 == line.points.size();
      if (!last && std::fabs(px - last_x) < near && std::fabs(py - last_y) < near) continue;
      lone = false;
      if (line.stepped) {
        path += fmt::format("H{}V{}", coordinate(px), coordinate(py));
      } else {
        path += fmt::format("L{} {}", coordinate(px), coordinate(py));
      }
    }
    last_x = px;
    last_y = py;
  }
  dot();
  if (path.empty()) return;
  out += fmt::format("<path class=\"{}\" d=\"{}\"/>", style, path);
}

std::string empty_chart(const std::string& name) {
  std::string out = open_svg(name, 60);
  add_text(out, width / 2, 34, "middle", "name", "nothing to show");
  return out + "</svg>";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      if (c == '&') {
        out += "&amp;";
      } else if (c == '<') {
        out += "&lt;";
      } else if (c == '>') {
        out += "&gt;";
      } else if (c == '"') {
        out += "&quot;";
      } else if (c == '\'') {
        out += "&#39;";
      } else {
        out += c < 0x20 && c != '\n' ? ' ' : static_cast<char>(c);
      }
      ++i;
      continue;
    }
    // Well-formed UTF-8 (RFC 3629) passes; anything else becomes the replacement character.
    const std::size_t length = c >= 0xc2 && c <= 0xdf   ? 2
                               : c >= 0xe0 && c <= 0xef ? 3
                               : c >= 0xf0 && c <= 0xf4 ? 4
                                                        : 0;
    bool good = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; good && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = (next & 0xc0) == 0x80;
      if (k > 1 || !good) continue;
      good = !(c == 0xe0 && next < 0xa0) && !(c == 0xed && next > 0x9f) &&
             !(c == 0xf0 && next < 0x90) && !(c == 0xf4 && next > 0x8f);
    }
    out += good ? text.substr(i, length) : std::string_view("\xef\xbf\xbd");
    i += good ? length : 1;
  }
  return out;
}

std::string chart_number(ChartUnit unit, double value) {
  switch (unit) {
    case ChartUnit::milliseconds:
      if (value == 0) return "0";
      if (std::fabs(value) >= 999.5) return fmt::format("{:g} s", value / 1000);
      return fmt::format("{:g} ms", value);
    case ChartUnit::seconds:
      if (value == 0) return "0";
      if (value < 180) return fmt::format("{:g} s", value);
      if (value < 3 * 3600) return fmt::format("{:g} min", value / 60);
      return fmt::format("{:g} h", value / 3600);
    case ChartUnit::bytes:
      return with_prefix(value, "B");
    case ChartUnit::percent:
      return fmt::format("{:g} %", value * 100);
    case ChartUnit::plain:
      break;
  }
  return with_prefix(value, "");
}

std::vector<double> linear_ticks(double low, double high, int wanted, ChartUnit unit) {
  const double raw = (high - low) / std::max(wanted, 1);
  double step = 0;
  if (unit == ChartUnit::seconds && raw > 5) {
    constexpr std::array<double, 15> round{10,   15,   30,   60,    120,   300,   600,  900,
                                           1800, 3600, 7200, 14400, 21600, 43200, 86400};
    const auto at = std::lower_bound(round.begin(), round.end(), raw);
    step = at == round.end() ? std::ceil(raw / 86400) * 86400 : *at;
  } else {
    const double power = std::pow(10, std::floor(std::log10(raw)));
    step = 10 * power;
    for (const double factor : {5.0, 2.0, 1.0}) {
      if (factor * power >= raw * (1 - 1e-9)) step = factor * power;
    }
  }
  std::vector<double> out;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) {
    out.push_back(i * step + 0.0);  // never minus zero
  }
  return out;
}

std::vector<double> log_ticks(double low, double high) {
  const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(high) - 1e-9));
  const double decades = std::floor(std::log10(high) + 1e-9) - std::ceil(std::log10(low) - 1e-9);
  const bool fine = decades < 2;
  std::vector<double> out;
  for (int power = first; power <= last; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor != 1 && !fine) continue;
      const double value = factor * std::pow(10, power);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) out.push_back(value);
    }
  }
  return out;
}

std::string chart_svg(const Chart& chart) {
  double x_low = 1e300, x_high = -1e300, y_low = 1e300, y_high = -1e300;
  for (const ChartLine& line : chart.lines) {
    for (const auto& [x, y] : line.points) {
      // A logarithmic axis begins with the least positive value; zero stands at its edge.
      if (!chart.x.logarithmic || x > 0) x_low = std::min(x_low, x);
      x_high = std::max(x_high, x);
      y_low = std::min(y_low, y);
      y_high = std::max(y_high, y);
    }
  }
  if (x_low > x_high) return empty_chart(chart.name);
  const bool percent = chart.y.unit == ChartUnit::percent;
  if (!chart.y.logarithmic || y_low <= 0) y_low = 0;
  if (percent) y_high = 1;
  const Box box{56, width - 14, 30, height - 40};
  const ScaledAxis x(chart.x, chart.x_low.value_or(x_low), chart.x_high.value_or(x_high), box.left,
                     box.right, 6);
  // Some air above the highest value of a linear axis, where the labels of faults stand.
  const double air = chart.y.logarithmic || percent ? 1 : chart.spans.empty() ? 1.05 : 1.15;
  const ScaledAxis y(chart.y, y_low, y_high * air, box.bottom, box.top, 5);
  std::string out = open_svg(chart.name, height);
  add_spans(out, chart, x, box);
  add_x_axis(out, x, chart.x, box);
  add_y_axis(out, y, chart.y, box);
  for (const bool faint : {true, false}) {
    for (const ChartLine& line : chart.lines) {
      if (line.faint == faint) add_curve(out, line, x, y);
    }
  }
  add_span_labels(out, chart, x, box);
  return out + "</svg>";
}

std::string range_chart_svg(const RangeChart& chart) {
  double low = 1e300, high = -1e300;
  std::size_t longest = 0;
  for (const RangeGroup& group : chart.groups) {
    for (const RangeBar& bar : group.bars) {
      low = std::min(low, bar.low);
      high = std::max(high, bar.high);
    }
    longest = std::max(longest, group.name.size());
  }
  if (low > high) return empty_chart(chart.name);
  const double pitch = chart.slots <= 4 ? 9 : 6;
  const double own = std::max(15.0, pitch * static_cast<double>(chart.slots) + 6);
  const double tall = own * static_cast<double>(chart.groups.size());
  const double names = std::min(190.0, 16 + 7.2 * static_cast<double>(longest));
  const Box box{std::max(40.0, names), width - 22, 10, 10 + tall};
  const ScaledAxis x(chart.x, chart.x.logarithmic ? low : 0, high, box.left, box.right, 6);
  std::string out = open_svg(chart.name, box.bottom + 40);
  add_x_axis(out, x, chart.x, box);
  double top = box.top;
  for (const RangeGroup& group : chart.groups) {
    add_text(out, box.left - 6, top + own / 2 + 4, "end", "", group.name);
    const double first = top + own / 2 - pitch / 2 * (static_cast<double>(chart.slots) - 1);
    for (const RangeBar& bar : group.bars) {
      const double from = x.at(bar.low), to = x.at(bar.high);
      const double y = first + pitch * static_cast<double>(bar.style);
      const std::string style = style_class(bar.style);
      out += fmt::format("<path class=\"{}\" d=\"M{} {}H{}\"/>", style, coordinate(from),
                         coordinate(y), coordinate(to));
      out += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", style,
                         coordinate(from), coordinate(y));
      out += fmt::format("<path class=\"{} end\" d=\"M{} {}v6\"/>", style, coordinate(to),
                         coordinate(y - 3));
    }
    top += own;
  }
  return out + "</svg>";
}

std::string legend_swatch(std::size_t style) {
  return fmt::format(
      "<svg class=\"swatch\" viewBox=\"0 0 34 10\" aria-hidden=\"true\">"
      "<path class=\"{}\" d=\"M1 5H33\"/></svg>",
      style_class(style));
}

}  // namespace ledgerlab
