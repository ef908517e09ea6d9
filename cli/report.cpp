// `report`: the HTML page of a run directory, written again from its results.
#include <fstream>

#include "cli/commands.hpp"
#include "sim/report/page.hpp"
#include "sim/report/results.hpp"

namespace ledgerlab::cli {
namespace {

/// The runs that the directory's report is about, in its order; all of them while none has been
/// noted (the comparison was killed before its end).
std::vector<RunResult> reported_runs(const About& about, std::vector<RunResult> stored) {
  std::vector<RunResult> out;
  for (const std::string& key : about.runs) {
    for (RunResult& run : stored) {
      if (About::run_key(run) == key && about.system(run.system) != nullptr) out.push_back(run);
    }
  }
  if (!about.runs.empty()) return out;
  for (RunResult& run : stored) {
    if (about.system(run.system) != nullptr) out.push_back(std::move(run));
  }
  return out;
}

}  // namespace

int report(const ReportArguments& arguments) {
  std::filesystem::path place = arguments.results;
  if (place.filename() == "results.sqlite") place = place.parent_path();
  if (place.empty()) place = ".";
  if (!std::filesystem::is_regular_file(place / "results.sqlite")) {
    complain("there is no results.sqlite in " + place.string() +
             "; give a run directory, such as out/NAME-1");
    return exit_missing_input;
  }
  const RunDirectory directory(place);
  const std::optional<About> about = directory.about();
  if (!about) {
    complain(place.string() +
             " was written before reports were kept: run the scenario again "
             "with --out " +
             shell_word(place.string()));
    return exit_missing_input;
  }
  const std::string page = render_html(*about, reported_runs(*about, directory.all()));
  const auto file = arguments.out.empty() ? place / "report.html" : arguments.out;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << page;
  stream.close();
  if (!stream)
    throw ResultsError("cannot write " + file.string() + ": is there space, and may you?");
  return print(file.string() + "\n") ? exit_pass : exit_results;
}

}  // namespace ledgerlab::cli
