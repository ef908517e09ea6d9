// A run directory: the resolved scenario, versions, and results.sqlite, committed after every
// finished run, so that killing a comparison loses only the runs in flight (DESIGN 7).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/report/about.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

/// Results cannot be written or read: exit code 74.
class ResultsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// user_version of results.sqlite. A file of version 1 is brought to 2 where it stands: its runs
/// stay, but as they lack curves and the measured time, `find` has them run again.
inline constexpr int results_schema_version = 2;

class RunDirectory {
 public:
  /// Creates the directory and the database, or opens those that are there.
  explicit RunDirectory(std::filesystem::path path);
  ~RunDirectory();
  RunDirectory(RunDirectory&&) noexcept;

  /// Keeps a text beside the database ("scenario.toml", "plan.txt"); replaced if it is there.
  void write_file(const std::string& name, const std::string& text);
  /// A finished run of this system (name, plan digest, expectations) and seed, if there is one.
  std::optional<RunResult> find(const SystemPlan& system, std::uint64_t seed) const;
  /// One transaction; replaces an earlier run of the same name, digest and seed.
  void store(const RunResult& run, const SystemPlan& system);
  /// Every stored run, oldest first.
  std::vector<RunResult> all() const;

  /// What the directory's report says of the plan; replaces what stood there.
  void describe(const About& about);
  /// Nothing if a version before reports wrote the directory.
  std::optional<About> about() const;

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Database;
  [[noreturn]] void abandon(const ResultsError& error);  // the open transaction
  std::filesystem::path path_;
  std::unique_ptr<Database> database_;
};

/// "out/<name>-1", or the first number that is not taken.
std::filesystem::path next_run_directory(const std::filesystem::path& parent,
                                         const std::string& name);

}  // namespace ledgerlab
