// A calibration as a .costs file, as a table and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/calibrate/calibrate.hpp"

namespace ledgerlab {
namespace {

constexpr const char* carried_over =
    "user: not measured; a protocol's own work is told in nanoseconds by the protocol itself";

/// Four digits in the unit that suits, and never parts of a picosecond: tables hold whole ones.
std::string cost_text(double picoseconds) {
  if (picoseconds < 1e3) return fmt::format("{:.0f} ps", std::max(1.0, picoseconds));
  if (picoseconds < 1e6) return fmt::format("{:.4g} ns", picoseconds / 1e3);
  if (picoseconds < 1e9) return fmt::format("{:.4g} us", picoseconds / 1e6);
  return fmt::format("{:.4g} ms", picoseconds / 1e9);
}

double ratio(const MeasuredCost& row, const CostTable& reference) {
  const auto base = static_cast<double>(reference.of(row.operation));
  return base > 0 ? row.median_ps / base : 0;
}

}  // namespace

std::string cost_file(const Calibration& calibration) {
  std::string out =
      "# A cost table measured by `ledgerlab calibrate`: medians of thread CPU time on one core.\n"
      "# It holds for runs whose scenario names it (hardware.cost_table).\n#\n";
  for (const auto& [key, value] : calibration.origin) out += fmt::format("# {}: {}\n", key, value);
  out += fmt::format("# {}\n#\n# operation      value     unit # origin\n", carried_over);
  for (const MeasuredCost& row : calibration.rows) {
    const std::string value = cost_text(row.median_ps);
    const auto space = value.find(' ');
    out +=
        fmt::format("{:<16} {:<9} {:<4} # {}; median of {} repetitions, quartiles {} to {}\n",
                    operation_name(row.operation), value.substr(0, space), value.substr(space + 1),
                    row.method, row.repetitions, cost_text(row.low_ps), cost_text(row.high_ps));
  }
  return out;
}

std::string calibration_table(const Calibration& calibration, const CostTable& reference) {
  std::string out = fmt::format("{:<16} {:>10} {:>22} {:>10} {:>8}  {}\n", "operation", "median",
                                "quartiles", reference.name, "ratio", "how");
  for (const MeasuredCost& row : calibration.rows) {
    out += fmt::format("{:<16} {:>10} {:>22} {:>10} {:>7.2f}x  {}\n", operation_name(row.operation),
                       cost_text(row.median_ps),
                       cost_text(row.low_ps) + " to " + cost_text(row.high_ps),
                       cost_text(static_cast<double>(reference.of(row.operation))),
                       ratio(row, reference), row.method);
  }
  out += std::string(carried_over) + "\n";
  for (const auto& [key, value] : calibration.origin) out += fmt::format("{}: {}\n", key, value);
  return out;
}

std::string calibration_json(const Calibration& calibration, const CostTable& reference) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const MeasuredCost& row : calibration.rows) {
    rows.push_back({{"operation", operation_name(row.operation)},
                    {"median_ps", row.median_ps},
                    {"lower_quartile_ps", row.low_ps},
                    {"upper_quartile_ps", row.high_ps},
                    {"repetitions", row.repetitions},
                    {"method", row.method},
                    {"reference_ps", reference.of(row.operation)},
                    {"ratio", ratio(row, reference)}});
  }
  Json origin = Json::object();
  for (const auto& [key, value] : calibration.origin) origin[key] = value;
  const Json out{{"origin", origin}, {"rows", rows}, {"not_measured", {"user"}}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ledgerlab
