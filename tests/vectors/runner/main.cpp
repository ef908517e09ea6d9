// ledgerlab_vectors: judges ledgerlab by vectors nobody here wrote. `./lab vectors` builds and
// runs it; README of the vectors: FORMATS.md beside INDEX.tsv.
#include <fmt/core.h>
#include <fnmatch.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "sim/scenario/document.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/execute.hpp"

namespace ledgerlab::vectors {
namespace {

// As cli/commands.hpp; 77 is what ctest takes for "skipped".
enum Exit : int { pass = 0, fail = 1, usage = 64, missing_input = 66, internal = 70, skipped = 77 };

struct Arguments {
  std::vector<std::string> families;
  Options options;
  bool json = false;
  bool list_failures = false;
  bool if_present = false;
};

const Family* family_of(const std::string& path) {
  for (const auto area : areas) {
    for (const Family& family : area()) {
      if (::fnmatch(std::string(family.glob).c_str(), path.c_str(), 0) == 0) return &family;
    }
  }
  return nullptr;
}

/// An INDEX path, its beginning, or a pattern of the shell ('*' also matches '/').
bool selects(std::string_view word, const std::string& path) {
  return path.starts_with(word) || ::fnmatch(std::string(word).c_str(), path.c_str(), 0) == 0;
}

/// Those whose last part resembles the word most, or that contain it.
std::vector<std::string> near(const std::string& word, const std::vector<Row>& rows) {
  std::vector<std::string> out, paths, last_parts;
  for (const Row& row : rows) {
    paths.push_back(row.path);
    last_parts.push_back(row.path.substr(row.path.rfind('/') + 1));
    if (row.path.find(word) != std::string::npos) out.push_back(row.path);
  }
  std::string best = ledgerlab::nearest(word, paths);
  if (best.empty()) {
    const std::string part = ledgerlab::nearest(word.substr(word.rfind('/') + 1), last_parts);
    const auto at = std::find(last_parts.begin(), last_parts.end(), part);
    if (at != last_parts.end()) best = paths[static_cast<std::size_t>(at - last_parts.begin())];
  }
  if (!best.empty()) out.insert(out.begin(), best);
  if (out.size() > 5) out.resize(5);
  return out;
}

/// The rows asked for, in the order of INDEX.tsv; says what word selects none.
std::vector<Task> tasks_of(const Sets& sets, const std::vector<std::string>& words, bool& known) {
  known = true;
  for (const auto& word : words) {
    if (std::any_of(sets.rows.begin(), sets.rows.end(),
                    [&](const Row& row) { return selects(word, row.path); })) {
      continue;
    }
    known = false;
    std::cerr << "vectors: no family of INDEX.tsv is or begins with '" << word << "'\n";
    for (const auto& path : near(word, sets.rows)) std::cerr << "  near: " << path << '\n';
  }
  std::vector<Task> tasks;
  for (const Row& row : sets.rows) {
    const bool wanted =
        words.empty() || std::any_of(words.begin(), words.end(), [&](const std::string& word) {
          return selects(word, row.path);
        });
    if (wanted) tasks.push_back({row, family_of(row.path)});
  }
  return tasks;
}

void print_json(const std::vector<Result>& results) {
  nlohmann::ordered_json families = nlohmann::ordered_json::array();
  for (const Result& result : results) {
    nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
    for (const auto& [reason, count] : result.reasons) reasons[reason] = count;
    families.push_back({{"family", result.family},
                        {"passed", result.passed},
                        {"failed", result.failed},
                        {"skipped", result.skipped},
                        {"reasons", reasons}});
  }
  std::cout << nlohmann::ordered_json{{"families", families}}.dump(2) << '\n';
}

void print_table(const std::vector<Result>& results, std::span<const Task> tasks) {
  std::size_t width = 6;
  for (const Result& result : results) width = std::max(width, result.family.size());
  fmt::print("{:<{}} {:>7} {:>7} {:>7} {:>7}\n", "family", width, "passed", "failed", "skipped",
             "INDEX");
  Result sum;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& result = results[i];
    if (result.empty()) continue;  // nothing of it passed the filter
    fmt::print("{:<{}} {:>7} {:>7} {:>7} {:>7}\n", result.family, width, result.passed,
               result.failed, result.skipped, tasks[i].row.cases);
    for (const auto& [reason, count] : result.reasons) {
      fmt::print("    {} skipped: {}\n", count, reason);
    }
    const Family* how = tasks[i].how;
    if (how != nullptr && how->run != nullptr && !how->note.empty()) {
      fmt::print("    ({})\n", how->note);
    }
    sum.passed += result.passed;
    sum.failed += result.failed;
    sum.skipped += result.skipped;
  }
  fmt::print("{:<{}} {:>7} {:>7} {:>7}\n", "all", width, sum.passed, sum.failed, sum.skipped);
}

void print_failures(const std::vector<Result>& results, std::ostream& out) {
  for (const Result& result : results) {
    for (const auto& failure : result.failures) {
      out << "FAILED " << result.family << ": " << failure.name << ": " << failure.why << '\n';
    }
  }
}

int judge_all(const Arguments& arguments) {
  const auto home = sets_home();
  const auto sets = open_sets(home, std::filesystem::path(LEDGERLAB_BINARY_DIR) / "vectors");
  if (!sets) {
    std::cerr << "VECTORS ABSENT: there is no " << (home / "INDEX.tsv").string()
              << "; set LEDGERLAB_VECTORS to the folder of the archives. Nothing was checked.\n";
    return arguments.if_present ? Exit::skipped : Exit::missing_input;
  }
  bool known = true;
  const auto tasks = tasks_of(*sets, arguments.families, known);
  if (!known) return arguments.if_present && tasks.empty() ? Exit::skipped : Exit::usage;
  auto results = execute(*sets, tasks, arguments.options);
  const auto judged = [](const Result& result) { return !result.empty(); };
  if (std::none_of(results.begin(), results.end(), judged)) {
    std::cerr << "vectors: no case has '" << arguments.options.filter << "' in its name\n";
    return Exit::fail;
  }
  if (arguments.json) {
    std::vector<Result> shown;
    std::copy_if(results.begin(), results.end(), std::back_inserter(shown), judged);
    print_json(shown);
  } else {
    print_table(results, tasks);
  }
  if (arguments.list_failures) print_failures(results, arguments.json ? std::cerr : std::cout);
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [](const Result& result) { return result.failed > 0; });
  return failed ? Exit::fail : Exit::pass;
}

bool soak_asked() {
  const char* soak = std::getenv("LEDGERLAB_SOAK");
  return soak != nullptr && std::string_view(soak) == "1";
}

}  // namespace
}  // namespace ledgerlab::vectors

int main(int argc, char** argv) {
  using namespace ledgerlab::vectors;
  Arguments arguments;
  arguments.options.soak = soak_asked();
  arguments.options.processes = std::max(1u, std::thread::hardware_concurrency());
  CLI::App app(
      "Runs the families (rows of INDEX.tsv) in LEDGERLAB_VECTORS, else in ../shared/vectors.\n"
      "Exit code 0: nothing failed, 1: a case failed, 64: no such family, 66: no vectors.",
      "ledgerlab_vectors");
  app.add_option("FAMILY", arguments.families,
                 "paths of INDEX.tsv, how they begin, or patterns (btc/*); none: all");
  app.add_flag("--json", arguments.json, "the counts as JSON on standard output");
  app.add_option("--filter", arguments.options.filter, "only cases with TEXT in their name")
      ->type_name("TEXT");
  app.add_flag("-v,--list-failures", arguments.list_failures, "name every failed case and why");
  app.add_flag("--soak", arguments.options.soak, "slow cases too (LEDGERLAB_SOAK=1 says the same)");
  app.add_option("-j", arguments.options.processes, "families at a time (default: cores)")
      ->check(CLI::Range(1u, 64u));
  app.add_option("--case-limit", arguments.options.case_limit,
                 "seconds until a case counts as failed; 0: none (default: 900, or none in a soak)")
      ->type_name("SECONDS");
  app.add_flag("--if-present", arguments.if_present,
               "exit code 77 where these vectors are absent, for ctest");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& fault) {
    app.exit(fault);
    return Exit::usage;
  }
  if (app.count("--case-limit") == 0)
    arguments.options.case_limit = arguments.options.soak ? 0 : 900;
  try {
    return judge_all(arguments);
  } catch (const SetsError& fault) {
    std::cerr << "vectors: " << fault.what() << '\n';
    return Exit::missing_input;
  } catch (const std::exception& fault) {
    std::cerr << "vectors: " << fault.what() << '\n';
    return Exit::internal;
  }
}
