// `calibrate`: a cost table of this machine.
#include "sim/calibrate/calibrate.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "cli/commands.hpp"
#include "sim/report/results.hpp"
#include "sim/scenario/cost_table.hpp"

namespace ledgerlab::cli {

int calibrate(const CalibrateArguments& arguments) {
  if (std::filesystem::exists(arguments.out) && !arguments.force) {
    complain(arguments.out.string() + " is there already; --force replaces it");
    return exit_usage;
  }
  const CostTable reference = load_cost_table("reference", {});
  const bool tell = isatty(STDERR_FILENO) == 1;
  const Calibration calibration = ledgerlab::calibrate(arguments.seconds, [&](Operation operation) {
    if (!tell) return;
    std::fprintf(stderr, "\r\033[K%s", std::string(operation_name(operation)).c_str());
  });
  if (tell) std::fputs("\r\033[K", stderr);
  const std::string text = cost_file(calibration);
  parse_cost_table(text, arguments.out.string());  // it must be readable before it replaces another
  std::ofstream stream(arguments.out, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) throw ResultsError("cannot write " + arguments.out.string());
  if (arguments.json)
    return print(calibration_json(calibration, reference)) ? exit_pass : exit_results;
  const std::string name = arguments.out.extension() == ".costs" ? arguments.out.stem().string()
                                                                 : arguments.out.string();
  return print(calibration_table(calibration, reference) + "written: " + arguments.out.string() +
               "\nno run uses it until a scenario beside it says: [hardware] cost_table = \"" +
               name + "\"\n")
             ? exit_pass
             : exit_results;
}

}  // namespace ledgerlab::cli
