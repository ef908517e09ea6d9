// `conform`: executes the conformance suite and writes its report.
#include <unistd.h>

#include <fstream>

#include "cli/commands.hpp"
#include "conformance/report/report.hpp"
#include "sim/report/results.hpp"

namespace ledgerlab::cli {
namespace {

using namespace conformance;

std::string reproduce_line(const ConformArguments& arguments) {
  std::string out = "ledgerlab conform --catalogue " + arguments.catalogue;
  for (const std::string& p : arguments.purposes) out += " --purpose " + shell_word(p);
  for (const std::string& s : arguments.systems) out += " --system " + shell_word(s);
  return out + (arguments.twins ? " --twins" : "");
}

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw ResultsError("cannot write " + file.string() + ": is the disk full?");
}

/// Page, JSON, and the scenario of every run that `ledgerlab run` can repeat by itself.
void write_report(const std::filesystem::path& folder, const Report& report,
                  const std::string& reproduce) {
  std::error_code failed;
  std::filesystem::create_directories(folder / "scenarios", failed);
  if (failed) throw ResultsError("cannot create " + folder.string() + ": " + failed.message());
  write_file(folder / "report.json", render_json(report, LEDGERLAB_VERSION, reproduce));
  write_file(folder / "report.html", render_html(report, LEDGERLAB_VERSION, reproduce));
  for (const Item& item : report.items) {
    for (std::size_t i = 0; i < item.runs.size(); ++i) {
      const RunEvidence& run = item.runs[i];
      std::string name = item.purpose->id + "-" + item.system->name + "-" + std::to_string(i + 1);
      std::string head = "# " + item.purpose->id + " on " + item.system->name + ": " + run.name +
                         "\n# seed " + std::to_string(run.seed) + ", plan digest " +
                         run.plan_digest + "\n";
      if (!run.stimulus.empty()) {
        head += "# `conform` also wraps a node (" + run.stimulus + "): no other verb repeats it\n";
      }
      write_file(folder / "scenarios" / (name + ".toml"), head + run.scenario);
    }
  }
}

int exit_of(const Report& report) {
  if (report.interrupted) return exit_interrupted;
  switch (report.verdict()) {
    case conformance::Verdict::pass:
      return exit_pass;
    case conformance::Verdict::inconc:
      return exit_inconclusive;
    default:
      return exit_fail;
  }
}

}  // namespace

int conform(const ConformArguments& arguments) {
  if (arguments.catalogue != catalogue().name) {
    complain("there is no catalogue \"" + arguments.catalogue + "\"; there is " +
             catalogue().name);
    return exit_usage;
  }
  catch_interrupts();
  Report report;
  try {
    report = select({arguments.purposes, arguments.systems, arguments.twins}, builtin_models(),
                    purposes());
  } catch (const SelectionError& error) {
    complain(error.what());
    return exit_usage;
  }
  if (arguments.list) return print(render_list(report)) ? exit_pass : exit_results;
  Listener listener;
  listener.stop = &stop_requested;
  const bool tell = isatty(STDERR_FILENO) == 1;
  listener.begin = [tell](const std::string& what, std::size_t done, std::size_t of) {
    if (tell) std::fprintf(stderr, "\r\033[K%zu of %zu: %s", done + 1, of, what.c_str());
  };
  execute(report, listener);
  if (tell) std::fputs("\r\033[K", stderr);
  const std::filesystem::path folder =
      arguments.out.empty() ? next_run_directory("out", "conform") : arguments.out;
  const std::string reproduce = reproduce_line(arguments);
  bool kept = true;
  try {
    write_report(folder, report, reproduce);
  } catch (const ResultsError& error) {
    complain(error.what());
    kept = false;
  }
  const std::string text = arguments.json       ? render_json(report, LEDGERLAB_VERSION, reproduce)
                           : arguments.markdown ? render_markdown(report)
                                                : render_text(report, arguments.details);
  kept = print(text) && kept;
  const bool plain = !arguments.json && !arguments.markdown;
  if (kept && plain) print("report: " + (folder / "report.html").string() + "\n");
  const int status = exit_of(report);
  return status == exit_pass && !kept ? exit_results : status;
}

}  // namespace ledgerlab::cli
