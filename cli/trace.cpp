// `trace`: a full trace as text.
#include <iostream>
#include <stdexcept>

#include "cli/commands.hpp"
#include "models/api/params.hpp"
#include "sim/measure/print_trace.hpp"

namespace ledgerlab::cli {

int trace(const TraceArguments& arguments) {
  TraceFilter filter;
  filter.node = arguments.node;
  filter.types = arguments.types;
  filter.limit = arguments.limit;
  const auto read_time = [](const char* option, const std::string& text, Time& into) {
    if (text.empty()) return true;
    const ParsedValue parsed = parse_value(ParamType::duration, text);
    if (parsed.value) {
      into = time_at(*parsed.value);
      return true;
    }
    complain(std::string("trace: ") + option + ": " + parsed.error);
    return false;
  };
  if (!read_time("--from", arguments.from, filter.from)) return exit_usage;
  if (!read_time("--until", arguments.until, filter.until)) return exit_usage;
  try {
    print_trace(arguments.file.string(), filter, std::cout);
  } catch (const std::invalid_argument& error) {
    complain(std::string("trace: ") + error.what());
    return exit_usage;
  }
  std::cout.flush();
  if (std::cout.good()) return exit_pass;
  complain("standard output cannot be written");
  return exit_results;
}

}  // namespace ledgerlab::cli
