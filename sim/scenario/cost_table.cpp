// Reading cost tables.
#include "sim/scenario/cost_table.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "models/api/params.hpp"
#include "sim/topology/data_path.hpp"

namespace ledgerlab {
namespace {

std::optional<Operation> operation_called(std::string_view name) {
  for (std::size_t i = 0; i < operation_count; ++i) {
    const auto op = static_cast<Operation>(i);
    if (op != Operation::user && operation_name(op) == name) return op;
  }
  return std::nullopt;
}

/// Picoseconds. parse_value reads nanoseconds exactly, so each unit is read as the one a thousand
/// times larger.
ParsedValue read_picoseconds(const std::string& number, const std::string& unit) {
  if (unit == "ps") return parse_value(ParamType::duration, number + " ns");
  if (unit == "ns") return parse_value(ParamType::duration, number + " us");
  if (unit == "us") return parse_value(ParamType::duration, number + " ms");
  if (unit == "ms") return parse_value(ParamType::duration, number + " s");
  return {std::nullopt, "expected a time such as \"2.1 ns\" (units: ps, ns, us, ms)"};
}

}  // namespace

CostTable parse_cost_table(std::string_view text, const std::string& file) {
  CostTable table;
  std::vector<bool> seen(operation_count, false);
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto fail = [&](const std::string& what) {
      throw std::invalid_argument(file + ":" + std::to_string(number) + ": " + what);
    };
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, value, unit, more;
    if (!(words >> name)) continue;
    if (!(words >> value >> unit) || words >> more) {
      fail("expected a row such as \"verify  47 us  # origin\"");
    }
    const auto op = operation_called(name);
    if (!op) fail("there is no operation \"" + name + "\"");
    const auto index = static_cast<std::size_t>(*op);
    if (seen[index]) fail("a second row for \"" + name + "\"");
    const ParsedValue parsed = read_picoseconds(value, unit);
    if (!parsed.value || *parsed.value < 0) {
      fail("\"" + value + " " + unit + "\" is no time an operation takes, such as \"2.1 ns\" " +
           "(units: ps, ns, us, ms)");
    }
    seen[index] = true;
    table.picoseconds[index] = static_cast<std::uint64_t>(*parsed.value);
  }
  for (std::size_t i = 0; i < operation_count; ++i) {
    const auto op = static_cast<Operation>(i);
    if (op == Operation::user || seen[i]) continue;
    if (i >= first_session_operation) {
      table.missing.set(i);  // only runs that need it read it
      continue;
    }
    throw std::invalid_argument(file + ": no row for the operation \"" +
                                std::string(operation_name(op)) + "\"");
  }
  table.picoseconds[static_cast<std::size_t>(Operation::user)] = 1'000;  // it counts nanoseconds
  return table;
}

CostTable load_cost_table(const std::string& name, const std::filesystem::path& scenario) {
  if (name == "zero") {
    CostTable zero;
    zero.picoseconds[static_cast<std::size_t>(Operation::user)] = 1'000;
    return zero;
  }
  const bool bare = std::filesystem::path(name).extension().empty();
  const auto file = find_data(bare ? name + ".costs" : name, scenario);
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw DataNotFoundError("the cost table " + file.string() + " cannot be read");
  CostTable table = parse_cost_table(std::move(text).str(), file.string());
  table.name = name;
  return table;
}

}  // namespace ledgerlab
