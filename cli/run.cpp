// `run` and `compare`: every system of a scenario for one or several seeds, results kept as they
// come.
#include "sim/run/run.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>

#include "cli/commands.hpp"
#include "cli/worker.hpp"
#include "sim/record/trace_file.hpp"
#include "sim/report/page.hpp"
#include "sim/report/render.hpp"
#include "sim/report/results.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab::cli {

std::atomic<bool> stop_requested{false};

extern "C" {
static void on_interrupt(int signal_number) {
  stop_requested.store(true);
  // A second Ctrl-C ends the program at once.
  signal(signal_number, SIG_DFL);
}
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A file size limit is a write error like a full disk, not a reason to die.
  signal(SIGXFSZ, SIG_IGN);
}

namespace {

/// One line on standard error, rewritten in place. Silent when that is no terminal, unless asked
/// for: then a line of its own every second.
class ProgressLine {
 public:
  ProgressLine(bool quiet, bool forced)
      : terminal_(isatty(STDERR_FILENO) == 1), on_(forced || (!quiet && terminal_)) {}
  ~ProgressLine() { clear(); }

  void begin(const std::string& label) {
    label_ = label;
    begun_ = last_ = Clock::now();
  }
  void tell(const Progress& progress) {
    if (!on_) return;
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(terminal_ ? 100 : 1000)) return;
    last_ = now;
    const double elapsed = std::chrono::duration<double>(now - begun_).count();
    const double share = static_cast<double>(count_ns(progress.now)) /
                         static_cast<double>(std::max<std::int64_t>(1, count_ns(progress.end)));
    const double left = share > 0 ? elapsed * (1 - share) / share : 0;
    std::fprintf(stderr, "%s%s: %3.0f %%, %.1f s simulated, %.2f M events/s, %.0f s left%s",
                 terminal_ ? "\r\033[K" : "", label_.c_str(), share * 100,
                 static_cast<double>(count_ns(progress.now)) * 1e-9,
                 static_cast<double>(progress.events) / elapsed * 1e-6, left,
                 terminal_ ? "" : "\n");
    shown_ = terminal_;
  }
  void clear() {
    if (shown_) std::fputs("\r\033[K", stderr);
    shown_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  bool on_;
  bool shown_ = false;
  std::string label_;
  Clock::time_point begun_, last_;
};

/// The run directory while it can be written; afterwards the runs go on without it.
class Keeper {
 public:
  Keeper(const RunArguments& arguments, const Plan& plan) {
    const auto path = arguments.out.empty() ? next_run_directory("out", plan.name) : arguments.out;
    guard([&] { directory_.emplace(path); });
  }

  template <typename Action>
  void guard(Action&& action) {
    try {
      action();
    } catch (const ResultsError& error) {
      complain(error.what());
      failed_ = true;
      directory_.reset();
    }
  }
  RunDirectory* directory() { return directory_ ? &*directory_ : nullptr; }
  bool failed() const { return failed_; }

 private:
  std::optional<RunDirectory> directory_;
  bool failed_ = false;
};

std::string reproduce_line(const RunArguments& arguments, const Plan& plan) {
  std::string out = arguments.compare ? "ledgerlab compare " : "ledgerlab run ";
  out += shell_word(arguments.scenario.file.string());
  out += " --seed " + std::to_string(plan.seed);
  if (arguments.seeds > 1) out += " --seeds " + std::to_string(arguments.seeds);
  for (const std::string& system : arguments.systems) out += " --system " + shell_word(system);
  for (std::size_t i = 0; i < arguments.engines.size(); ++i) {
    out += (i == 0 ? " --engines " : ",") + arguments.engines[i];
  }
  for (const std::string& set : arguments.scenario.settings) out += " --set " + shell_word(set);
  return out;
}

/// Which of the plan's systems are asked for.
std::vector<std::size_t> chosen_systems(const RunArguments& arguments, const Plan& plan) {
  std::vector<std::size_t> chosen;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan.systems.size(); ++i) {
    names.push_back(plan.systems[i].name);
    const auto& wanted = arguments.systems;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), names[i]) != wanted.end()) {
      chosen.push_back(i);
    }
  }
  for (const std::string& wanted : arguments.systems) {
    if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
    throw ScenarioErrors({{"--system " + wanted,
                           {},
                           "",
                           "the scenario has no such system",
                           nearest(wanted, names),
                           false}});
  }
  return chosen;
}

/// The scenario for one engine.
struct Variant {
  Document document;
  Plan plan;  // for the first seed
  PlanVersions versions;
};

std::vector<Variant> make_variants(const RunArguments& arguments, const Document& document) {
  std::vector<Variant> out;
  const auto add = [&](Document own) {
    Plan plan = load_plan(own, arguments.scenario.seed);
    PlanVersions versions = current_versions(plan.network.engine);
    out.push_back({std::move(own), std::move(plan), std::move(versions)});
  };
  if (arguments.engines.empty()) add(document);
  for (const std::string& engine : arguments.engines) add(for_engine(document, engine));
  return out;
}

/// One column of the comparison: a system of the plan on one engine.
struct Column {
  std::size_t variant = 0;
  std::size_t system = 0;
};

/// Each system on every engine, side by side.
std::vector<Column> make_columns(const RunArguments& arguments,
                                 const std::vector<Variant>& variants) {
  std::vector<Column> out;
  for (const std::size_t system : chosen_systems(arguments, variants.front().plan)) {
    for (std::size_t variant = 0; variant < variants.size(); ++variant) {
      out.push_back({variant, system});
    }
  }
  return out;
}

/// What tables and pages tell of: with several engines, the plan with one system a column, named
/// after its engine.
Plan make_shown(const std::vector<Variant>& variants, const std::vector<Column>& columns) {
  Plan shown = variants.front().plan;
  if (variants.size() == 1) return shown;
  shown.network.engine.clear();
  for (const Variant& variant : variants) {
    shown.network.engine +=
        (shown.network.engine.empty() ? "" : ", ") + variant.plan.network.engine;
  }
  shown.systems.clear();
  for (const Column& column : columns) {
    const Plan& plan = variants[column.variant].plan;
    shown.systems.push_back(plan.systems[column.system]);
    shown.systems.back().name += " (" + plan.network.engine + ")";
  }
  return shown;
}

std::string versions_text(const Plan& shown, const std::vector<Variant>& variants) {
  std::string out = std::string("ledgerlab ") + LEDGERLAB_VERSION + "\n";
  for (const Variant& variant : variants) {
    out += "engine " + variant.plan.network.engine + " " + variant.versions.engine + "\n";
  }
  out += "trace schema " + std::to_string(variants.front().versions.trace_schema) +
         "\nresults schema " + std::to_string(results_schema_version) + "\ncost table " +
         shown.hardware.costs.name + "\n";
  for (const SystemPlan& system : shown.systems) {
    out += "system " + system.name + ":";
    for (const auto& [slot, choice] : system.slots()) {
      if (*choice) out += " " + choice->info->label();
    }
    out += "\n";
  }
  return out;
}

void keep_plan(RunDirectory& directory, const std::string& source, const Plan& shown,
               const std::vector<Variant>& variants, const std::string& reproduce) {
  directory.write_file("scenario.toml", source);
  directory.write_file("versions.txt", versions_text(shown, variants));
  directory.write_file("reproduce.txt", reproduce + "\n");
  std::size_t index = 0;
  for (const Variant& variant : variants) {
    for (const SystemPlan& system : variant.plan.systems) {
      directory.write_file("plan-" + std::to_string(++index) + ".txt",
                           "# " + system.name + " " + system.digest + "\n" +
                               canonical_plan(variant.plan, system, variant.versions));
    }
  }
}

/// Runs what is missing; stops early when interrupted.
class Session {
 public:
  Session(const RunArguments& arguments, const Document& document)
      : arguments_(arguments),
        variants_(make_variants(arguments, document)),
        columns_(make_columns(arguments, variants_)),
        first_(make_shown(variants_, columns_)),
        reproduce_(reproduce_line(arguments, first_)),
        keeper_(arguments, first_),
        progress_(arguments.quiet, arguments.progress) {
    if (RunDirectory* directory = keeper_.directory()) {
      keeper_.guard([&] {
        keep_plan(*directory, document.source, first_, variants_, reproduce_);
        directory->describe(about());
      });
    }
  }

  void run_all() {
    for (std::uint32_t i = 0; i < arguments_.seeds && !stop_requested && !trace_failed_; ++i) {
      const std::uint64_t seed = first_.seed + i;
      std::vector<Plan> plans;
      for (const Variant& variant : variants_) {
        plans.push_back(i == 0 ? variant.plan : load_plan(variant.document, seed));
      }
      for (const Column& column : columns_) {
        if (stop_requested || trace_failed_) break;
        run_one(plans[column.variant], plans[column.variant].systems[column.system]);
      }
    }
    progress_.clear();
  }

  int finish() {
    const std::string json = render_json(first_, runs_, reproduce_);
    const std::string table = render_table(first_, runs_, arguments_.compare);
    std::string page;
    if (RunDirectory* directory = keeper_.directory()) {
      keeper_.guard([&] {
        directory->write_file("results.json", json);
        directory->write_file("table.txt", table);
        directory->describe(about());
        directory->write_file("report.html", render_html(about(), runs_));
        page = (directory->path() / "report.html").string();
        if (arguments_.csv) {
          for (const CsvFile& csv : render_csv(runs_)) directory->write_file(csv.name, csv.text);
        }
      });
    }
    bool printed = true;
    if (arguments_.json) {
      printed = print(json);
    } else if (!arguments_.quiet) {
      std::string tail = "\nreproduce: " + reproduce_ + "\n";
      if (RunDirectory* directory = keeper_.directory()) {
        tail += "results: " + directory->path().string();
        tail +=
            reused_ == 0 ? "\n" : " (" + std::to_string(reused_) + " runs were there already)\n";
        if (!page.empty()) tail += "report: " + page + "\n";
      }
      printed = print(table + tail);
    }
    if (arguments_.quiet) complain_of_failures();
    warn();
    if (stop_requested) return exit_interrupted;
    const int verdict = worst_verdict();
    if (verdict == exit_fail) return verdict;
    if (keeper_.failed() || trace_failed_ || !printed) return exit_results;
    return verdict;
  }

 private:
  About about() const {
    About out = make_about(first_, arguments_.seeds, arguments_.compare, reproduce_);
    for (const RunResult& run : runs_) out.runs.push_back(About::run_key(run));
    return out;
  }

  void run_one(const Plan& plan, const SystemPlan& system) {
    SystemPlan shown = system;
    if (variants_.size() > 1) shown.name += " (" + plan.network.engine + ")";
    if (RunDirectory* directory = keeper_.directory(); directory != nullptr && !arguments_.force) {
      std::optional<RunResult> stored;
      keeper_.guard([&] { stored = directory->find(shown, plan.seed); });
      if (stored) {
        ++reused_;
        runs_.push_back(std::move(*stored));
        return;
      }
    }
    progress_.begin(shown.name + ", seed " + std::to_string(plan.seed));
    try {
      runs_.push_back(execute(plan, system));
    } catch (const TraceFileError& error) {
      // A full disk under the trace: what has finished is still told.
      progress_.clear();
      complain(error.what());
      trace_failed_ = true;
      return;
    }
    runs_.back().system = shown.name;
    progress_.clear();
    if (RunDirectory* directory = keeper_.directory()) {
      keeper_.guard([&] { directory->store(runs_.back(), shown); });
    }
  }

  /// Here, or in a process of its own where the engine lives once a process.
  RunResult execute(const Plan& plan, const SystemPlan& system) {
    std::filesystem::path trace;
    if (RunDirectory* directory = keeper_.directory(); directory != nullptr && arguments_.trace) {
      trace = directory->path() / ("trace-" + system.digest.substr(0, 16) + ".lltrace");
    }
    const auto progress = [this](const Progress& p) { progress_.tell(p); };
    if (plan.network.engine != "native") {
      ScenarioArguments scenario = arguments_.scenario;
      scenario.seed = plan.seed;
      return run_in_worker({std::move(scenario),
                            plan.network.engine,
                            system.name,
                            system.digest,
                            arguments_.no_sharing,
                            trace,
                            {}},
                           progress);
    }
    RunOptions options;
    options.stop = &stop_requested;
    options.share_results = !arguments_.no_sharing;
    options.progress = progress;
    options.trace_file = trace.string();
    return run_system(plan, system, options);
  }

  const SystemPlan& system_of(const RunResult& run) const {
    return *std::find_if(first_.systems.begin(), first_.systems.end(),
                         [&](const SystemPlan& s) { return s.name == run.system; });
  }

  int worst_verdict() const {
    int worst = exit_pass;
    for (const RunResult& run : runs_) {
      const Verdict verdict = judge(system_of(run), run);
      if (verdict == Verdict::fail) return exit_fail;
      if (verdict == Verdict::inconclusive) worst = exit_inconclusive;
    }
    return worst;
  }

  /// Outcomes that nobody asked for and that make the other figures worthless.
  void warn() const {
    for (const RunResult& run : runs_) {
      const auto& expect = system_of(run).expect;
      for (const Finding& f : run.outcomes) {
        if (f.checker != "vain" || std::count(expect.begin(), expect.end(), f.checker) > 0)
          continue;
        complain("warning: " + run.system + ", seed " + std::to_string(run.seed) + ": " + f.text +
                 "; expect = [\"not vain\"] makes this a failure, expect = [\"vain\"] demands it");
      }
    }
  }

  void complain_of_failures() const {
    for (const RunResult& run : runs_) {
      for (const Finding& f : run.violations) {
        complain("violation of " + f.checker + " in " + run.system + ", seed " +
                 std::to_string(run.seed) + ": " + f.text);
      }
      for (const std::string& checker : missing_outcomes(system_of(run), run)) {
        if (!run.interrupted)
          complain("the expected outcome " + checker + " stayed away in " + run.system);
      }
    }
  }

  const RunArguments& arguments_;
  std::vector<Variant> variants_;
  std::vector<Column> columns_;
  Plan first_;  // as shown
  std::string reproduce_;
  Keeper keeper_;
  ProgressLine progress_;
  std::vector<RunResult> runs_;
  std::size_t reused_ = 0;
  bool trace_failed_ = false;
};

}  // namespace

int run(const RunArguments& arguments) {
  catch_interrupts();
  const Document document = load_document(arguments.scenario.file, arguments.scenario.settings);
  Session session(arguments, document);
  session.run_all();
  return session.finish();
}

}  // namespace ledgerlab::cli
