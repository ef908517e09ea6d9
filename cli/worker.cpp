// Runs on simulators that are process-global (DESIGN 13.7): each in a fresh process of this program,
// started with posix_spawn. The worker takes scenario, seed and system, leaves its result in a
// results file of its own and tells its progress on its standard output; the parent alone writes
// the run directory.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/worker.hpp"
#include "sim/report/results.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab::cli {
namespace {

namespace fs = std::filesystem;

/// A directory for one worker, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::error_code ignored;
    fs::path base = fs::temp_directory_path(ignored);
    if (base.empty()) base = "/tmp";
    std::string name = (base / "ledgerlab-worker-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw ResultsError("cannot make a directory in " + base.string() + ": " +
                         std::strerror(errno));
    }
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> command_line(const WorkerArguments& arguments, const fs::path& out) {
  std::vector<std::string> words{"ledgerlab", "worker", arguments.scenario.file.string(),
                                 "--engine", arguments.engine,
                                 "--system", arguments.system, "--digest", arguments.digest,
                                 "--out", out.string()};
  if (arguments.scenario.seed) {
    words.insert(words.end(), {"--seed", std::to_string(*arguments.scenario.seed)});
  }
  for (const std::string& setting : arguments.scenario.settings) {
    words.insert(words.end(), {"--set", setting});
  }
  if (arguments.no_sharing) words.push_back("--no-sharing");
  if (!arguments.trace.empty()) words.insert(words.end(), {"--trace", arguments.trace.string()});
  return words;
}

struct Child {
  pid_t process = -1;
  int output = -1;
};

/// Standard output into a pipe, standard error into a file; everything else is inherited.
Child spawn(std::vector<std::string> words, const fs::path& errors) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw std::runtime_error(std::string("no pipe for a worker: ") + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Child child;
  const int failure =
      posix_spawn(&child.process, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  child.output = ends[0];
  if (failure != 0) {
    close(ends[0]);
    throw std::runtime_error(std::string("no worker process: ") + std::strerror(failure));
  }
  return child;
}

/// Lines "now end events" until the worker closes its output.
void follow(int output, const std::function<void(const Progress&)>& progress) {
  FILE* stream = fdopen(output, "r");
  if (stream == nullptr) {
    close(output);
    return;
  }
  char line[128];
  while (std::fgets(line, sizeof line, stream) != nullptr) {
    long long now = 0, end = 0;
    unsigned long long events = 0;
    if (std::sscanf(line, "%lld %lld %llu", &now, &end, &events) == 3 && progress) {
      progress({time_at(now), time_at(end), events});
    }
  }
  std::fclose(stream);
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

[[noreturn]] void fail(const WorkerArguments& arguments, int status, std::string said) {
  while (said.ends_with('\n')) said.pop_back();
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && !said.empty()) {
    throw WorkerFailed(WEXITSTATUS(status), said);
  }
  const std::string how =
      WIFSIGNALED(status) ? std::string("was ended by signal ") + strsignal(WTERMSIG(status))
                          : "ended with status " + std::to_string(WEXITSTATUS(status));
  throw WorkerFailed(exit_internal, "ledgerlab: the worker process of " + arguments.system +
                                        " on engine " + arguments.engine + " " + how +
                                        (said.empty() ? "" : ":\n" + said));
}

}  // namespace

RunResult run_in_worker(const WorkerArguments& arguments,
                        const std::function<void(const Progress&)>& progress) {
  const Scratch scratch;
  const fs::path errors = scratch.path() / "stderr.txt";
  const Child child = spawn(command_line(arguments, scratch.path()), errors);
  follow(child.output, progress);
  int status = 0;
  while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
      fs::is_regular_file(scratch.path() / "results.sqlite")) {
    std::vector<RunResult> runs = RunDirectory(scratch.path()).all();
    if (runs.size() == 1) {
      std::fputs(content(errors).c_str(), stderr);  // what it warned of
      return std::move(runs.front());
    }
  }
  fail(arguments, status, content(errors));
}

int worker(const WorkerArguments& arguments) {
  catch_interrupts();
  signal(SIGPIPE, SIG_IGN);  // a parent that is gone: its results are not wanted, but no crash
  const Document document =
      for_engine(load_document(arguments.scenario.file, arguments.scenario.settings),
                 arguments.engine);
  Plan plan = load_plan(document, arguments.scenario.seed);
  const auto system =
      std::find_if(plan.systems.begin(), plan.systems.end(),
                   [&](const SystemPlan& s) { return s.name == arguments.system; });
  if (system == plan.systems.end() || system->digest != arguments.digest) {
    throw ScenarioErrors({{arguments.scenario.file.string(), {}, "",
                           "the scenario has changed since the comparison began", "", false}});
  }
  if (std::string& folder = plan.network.links.pcap_folder; !folder.empty()) {
    // The other systems and seeds of the comparison have nodes of the same numbers.
    std::string own = system->name + "-" + std::to_string(plan.seed);
    std::replace(own.begin(), own.end(), '/', '_');
    folder += "/" + own;
  }
  RunOptions options;
  options.stop = &stop_requested;
  options.share_results = !arguments.no_sharing;
  options.trace_file = arguments.trace.string();
  bool alone = false;  // the parent is gone
  options.progress = [&](const Progress& p) {
    std::printf("%lld %lld %llu\n", static_cast<long long>(count_ns(p.now)),
                static_cast<long long>(count_ns(p.end)),
                static_cast<unsigned long long>(p.events));
    if (std::fflush(stdout) != 0 && errno == EPIPE) stop_requested = alone = true;
  };
  const RunResult result = run_system(plan, *system, options);
  if (alone) {
    std::error_code ignored;
    fs::remove_all(arguments.out, ignored);
    return exit_interrupted;
  }
  RunDirectory(arguments.out).store(result, *system);
  return exit_pass;
}

}  // namespace ledgerlab::cli
