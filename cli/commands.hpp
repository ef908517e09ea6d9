// The verbs of the command line: what was asked for, and one function each. Returns exit codes.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ledgerlab::cli {

/// Exit codes (DESIGN 9).
enum Exit : int {
  exit_pass = 0,
  exit_fail = 1,
  exit_inconclusive = 2,
  exit_usage = 64,
  exit_bad_scenario = 65,
  exit_missing_input = 66,
  exit_no_engine = 69,
  exit_internal = 70,
  exit_results = 74,
  exit_interrupted = 130
};

struct ScenarioArguments {
  std::filesystem::path file;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> settings;
};

struct RunArguments {
  ScenarioArguments scenario;
  bool compare = false;  // several systems side by side, the first is the baseline
  std::uint32_t seeds = 1;
  std::vector<std::string> systems;  // names; empty: all
  std::vector<std::string> engines;  // each system on each of these; empty: the scenario's
  bool json = false;
  bool csv = false;
  bool quiet = false;
  bool progress = false;
  bool force = false;  // run again what is stored already
  bool trace = false;
  bool no_sharing = false;
  std::filesystem::path out;  // empty: out/<name>-<n>
};
int run(const RunArguments& arguments);

/// One run in a process of its own; `run` and `compare` start it, people do not.
struct WorkerArguments {
  ScenarioArguments scenario;
  std::string engine;
  std::string system;
  std::string digest;         // of the plan that the parent has
  bool no_sharing = false;
  std::filesystem::path trace;  // empty: none
  std::filesystem::path out;    // directory for the result
};
int worker(const WorkerArguments& arguments);

struct ReportArguments {
  std::filesystem::path results;  // a run directory, or its results.sqlite
  std::filesystem::path out;      // empty: report.html in the run directory
};
int report(const ReportArguments& arguments);

struct CalibrateArguments {
  std::filesystem::path out = "measured.costs";
  double seconds = 5;
  bool json = false;
  bool force = false;  // replace the file
};
int calibrate(const CalibrateArguments& arguments);

struct PlanArguments {
  ScenarioArguments scenario;
  bool json = false;
  bool canonical = false;  // the text that the digest is taken of
};
int plan(const PlanArguments& arguments);

struct PlotArguments {
  std::filesystem::path results;  // run directory, or its results.json
  std::string kind = "latency";
  std::filesystem::path out;  // empty: KIND.png beside the results
};
int plot(const PlotArguments& arguments);

int models_list(bool json);
int models_show(const std::string& name);
int models_schema();

struct NewArguments {
  std::string kind;
  std::string name;
  std::filesystem::path tree;  // empty: found from here upwards
};
int new_model(const NewArguments& arguments);

struct TraceArguments {
  std::filesystem::path file;
  std::optional<std::uint32_t> node;
  std::vector<std::string> types;
  std::string from, until;  // durations; empty: the whole run
  std::uint64_t limit = 0;  // 0: all
};
int trace(const TraceArguments& arguments);

struct ValidateArguments {
  std::string id;  // empty: all targets
  std::vector<std::string> settings;
  bool full = false;  // SE/x of 0.5 % instead of 2 %
  double budget_s = 60;
  std::uint64_t seed = 1;
  std::uint64_t worlds = 0;  // exactly so many; 0: as the errors ask for
  bool json = false;
  bool markdown = false;
  bool list = false;
};
int validate_targets(const ValidateArguments& arguments);

struct ConformArguments {
  std::string catalogue = "7.1.5";
  std::vector<std::string> purposes;  // empty: all
  std::vector<std::string> systems;   // empty: all that claim an algorithm
  bool twins = false;
  bool json = false;
  bool list = false;
  bool details = false;
  bool markdown = false;
  std::filesystem::path out;  // empty: out/conform-<n>
};
int conform(const ConformArguments& arguments);

struct StoreArguments {
  std::string action;            // "import", "info", "verify", ...
  std::filesystem::path folder;  // of the store
  std::filesystem::path file;    // blocks, snapshot, other store, or the blob's bytes
  std::filesystem::path genesis;
  std::string mode = "files";
  std::uint64_t keep = 0;  // states; 0: all
  std::optional<std::uint64_t> height;
  std::string block_hash;  // that a snapshot must be of; empty: any
  std::string name;        // of a blob: its anchor, or the transaction that has it
};
int store(const StoreArguments& arguments);

/// argv to one of the above; CLI11 stays behind this.
int parse_and_dispatch(int argc, char** argv);

// --- shared by the verbs ------------------------------------------------------------------------

/// Text to standard output at once; false if it cannot be written (a closed pipe, a full disk).
bool print(const std::string& text);
void complain(const std::string& text);  // to standard error, with the program's name
/// Set by the first Ctrl-C once catch_interrupts() was called; the second ends the program.
extern std::atomic<bool> stop_requested;
void catch_interrupts();
/// A word as a shell reads it back.
std::string shell_word(const std::string& word);

}  // namespace ledgerlab::cli
