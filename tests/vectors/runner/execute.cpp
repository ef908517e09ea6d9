// A child writes a line before each case and one with its verdict into a pipe; the parent counts.
// What a child judged before it died still counts, the case that it died in is a failure, and
// another child does the rest.
#include "tests/vectors/runner/execute.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <numeric>
#include <set>

namespace ledgerlab::vectors {
namespace {

constexpr std::string_view absent_reason = "absent: INDEX.tsv names it, the archives lack it";
constexpr std::string_view no_runner_reason = "no runner knows this family";
/// A split family with more files than this is shared by all processes.
constexpr std::uint64_t split_cases_min = 1000;

std::string in_one_line(std::string_view text) {
  std::string out(text.substr(0, 2000));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return out;
}

using Clock = std::chrono::steady_clock;

/// What earlier processes of a job have done: how often each name had a verdict, and the files that
/// they died in.
struct Progress {
  std::map<std::string, std::uint64_t> judged;
  std::set<std::string> lost_files;
};

class PipeReport final : public Report {
 public:
  PipeReport(int to, const Progress& before) : to_(to), before_(before) {}
  bool open(std::string_view file) override {
    if (before_.lost_files.contains(in_one_line(file))) return false;
    send('O', file, {});
    return true;
  }
  bool begin(std::string_view name) override {
    if (was_judged(name)) return false;
    begun_ = true;
    send('B', name, {});
    return true;
  }
  void pass(std::string_view name) override { verdict('P', name, {}); }
  void fail(std::string_view name, std::string_view why) override { verdict('F', name, why); }
  void skip(std::string_view name, std::string_view reason) override { verdict('S', name, reason); }

 private:
  bool was_judged(std::string_view name) {
    const auto before = before_.judged.find(in_one_line(name));
    if (before == before_.judged.end() || before->second == 0) return false;
    --before->second;
    return true;
  }

  void verdict(char which, std::string_view name, std::string_view text) {
    if (!begun_ && was_judged(name)) return;
    begun_ = false;
    const auto now = Clock::now();
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(now - last_).count();
    if (took >= 5) {
      std::fprintf(stderr, "vectors: %lld s until %s\n", static_cast<long long>(took),
                   in_one_line(name).c_str());
    }
    last_ = now;
    send(which, name, text);
  }

  void send(char which, std::string_view name, std::string_view text) const {
    const std::string line =
        std::string(1, which) + in_one_line(name) + '\t' + in_one_line(text) + '\n';
    std::size_t done = 0;
    while (done < line.size()) {
      const ssize_t n = ::write(to_, line.data() + done, line.size() - done);
      if (n < 0) ::_exit(1);
      done += static_cast<std::size_t>(n);
    }
  }

  int to_;
  Progress before_;
  bool begun_ = false;
  Clock::time_point last_ = Clock::now();
};

/// A family, or a share of it: one child process, and another one after each that dies.
struct Job {
  std::size_t task = 0;
  unsigned share = 0, shares = 1;
  pid_t child = 0;
  int from = -1;
  Clock::time_point heard;  // from the child
  bool late = false;        // ended for its silence
  std::string text;         // not yet a whole line
  std::string file, begun;  // what the child is at; empty: nothing
  Progress progress;
  Result result;
};

void record_failure(Job& job, const std::string& name, const std::string& why) {
  ++job.progress.judged[name];
  ++job.result.failed;
  job.result.failures.push_back({name, why});
}

void take_line(Job& job, std::string_view line) {
  const auto tab = line.find('\t');
  const std::string name(line.substr(1, tab - 1)), text(line.substr(tab + 1));
  switch (line[0]) {
    case 'O':
      job.file = name;
      job.begun.clear();
      return;
    case 'B':
      job.begun = name;
      return;
    case 'F':
      record_failure(job, name, text);
      break;
    case 'P':
      ++job.progress.judged[name];
      ++job.result.passed;
      break;
    default:
      ++job.progress.judged[name];
      ++job.result.skipped;
      ++job.result.reasons[text];
  }
  job.begun.clear();
}

void take(Job& job, std::string_view bytes) {
  job.text += bytes;
  std::size_t begin = 0;
  for (auto end = job.text.find('\n'); end != std::string::npos; end = job.text.find('\n', begin)) {
    take_line(job, std::string_view(job.text).substr(begin, end - begin));
    begin = end + 1;
  }
  job.text.erase(0, begin);
}

Run run_of(const Sets& sets, const Row& row, const Options& options) {
  Run run;
  run.family = row.path;
  run.path = sets.root / row.path;
  run.root = sets.root;
  run.cases = row.cases;
  run.soak = options.soak;
  run.filter = options.filter;
  run.oracle_slow = &sets.oracle_slow;
  return run;
}

[[noreturn]] void be_child(const Task& task, const Run& run, int to, const Progress& before) {
  PipeReport report(to, before);
  try {
    task.how->run(run, report);
  } catch (const std::exception& fault) {
    report.fail("(the family)", std::string("exception: ") + fault.what());
  }
  std::fflush(nullptr);
  ::_exit(0);
}

void start(Job& job, const Sets& sets, const Task& task, const Options& options) {
  int ends[2];
  if (::pipe(ends) != 0) throw SetsError(std::string("pipe: ") + std::strerror(errno));
  std::fflush(nullptr);
  job.child = ::fork();
  if (job.child < 0) throw SetsError(std::string("fork: ") + std::strerror(errno));
  if (job.child == 0) {
    ::close(ends[0]);
    // Whatever a library prints must not get into the answer.
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    Run run = run_of(sets, task.row, options);
    run.share = job.share;
    run.shares = job.shares;
    be_child(task, run, ends[1], job.progress);
  }
  ::close(ends[1]);
  job.from = ends[0];
  job.heard = Clock::now();
  job.late = false;
  job.text.clear();
  job.file.clear();
  job.begun.clear();
}

/// Whether another process is to do the rest.
bool finish(Job& job, const Options& options) {
  ::close(job.from);
  int status = 0;
  ::waitpid(job.child, &status, 0);
  if (status == 0) return false;
  const std::string how =
      job.late              ? "was ended: nothing for " + std::to_string(options.case_limit) + " s"
      : WIFSIGNALED(status) ? "ended with signal " + std::to_string(WTERMSIG(status))
                            : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  if (!job.begun.empty()) {
    record_failure(job, job.begun, "its process " + how);
    return true;
  }
  if (!job.file.empty()) {
    job.progress.lost_files.insert(job.file);
    record_failure(job, job.file, "its process " + how + " between cases");
    return true;
  }
  record_failure(job, "(the family)", "its process " + how + " outside of any case");
  return false;
}

/// Reads from whichever children have something. Ends those that are through or silent for too
/// long; those that are to be started again come back.
std::vector<Job*> attend(std::vector<Job*>& running, const Options& options) {
  std::vector<pollfd> files;
  std::vector<Job*> again;
  for (const Job* job : running) files.push_back({job->from, POLLIN, 0});
  ::poll(files.data(), files.size(), 1000);
  for (std::size_t i = files.size(); i-- > 0;) {
    Job& job = *running[i];
    if (files[i].revents == 0) {
      if (options.case_limit != 0 &&
          Clock::now() - job.heard > std::chrono::seconds(options.case_limit)) {
        job.late = true;
        ::kill(job.child, SIGKILL);
      }
      continue;
    }
    char bytes[65536];
    const ssize_t n = ::read(files[i].fd, bytes, sizeof bytes);
    if (n > 0) {
      job.heard = Clock::now();
      take(job, {bytes, static_cast<std::size_t>(n)});
    } else if (n == 0 || errno != EINTR) {
      if (finish(job, options)) again.push_back(&job);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return again;
}

/// The reason why a task is not started; empty if it is.
std::string reason_not_to(const Sets& sets, const Task& task) {
  if (!std::filesystem::exists(sets.root / task.row.path)) return std::string(absent_reason);
  if (task.how == nullptr) return std::string(no_runner_reason);
  return task.how->run == nullptr ? std::string(task.how->note) : std::string();
}

void add(Result& to, Result&& part) {
  to.passed += part.passed;
  to.failed += part.failed;
  to.skipped += part.skipped;
  for (const auto& [reason, count] : part.reasons) to.reasons[reason] += count;
  std::move(part.failures.begin(), part.failures.end(), std::back_inserter(to.failures));
}

std::vector<Job> jobs_of(const Sets& sets, std::span<const Task> tasks, const Options& options) {
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!reason_not_to(sets, tasks[i]).empty()) continue;
    const bool split = tasks[i].how->splits && tasks[i].row.cases >= split_cases_min;
    const unsigned shares = split ? options.processes : 1;
    for (unsigned share = 0; share < shares; ++share) {
      Job& job = jobs.emplace_back();
      job.task = i;
      job.share = share;
      job.shares = shares;
    }
  }
  return jobs;
}

}  // namespace

std::vector<Result> execute(const Sets& sets, std::span<const Task> tasks, const Options& options) {
  std::vector<Job> jobs = jobs_of(sets, tasks, options);
  std::vector<Job*> waiting, running;
  for (Job& job : jobs) waiting.push_back(&job);
  // Long ones first, so that the last process does not work alone for long.
  std::stable_sort(waiting.begin(), waiting.end(), [&](const Job* a, const Job* b) {
    return tasks[a->task].row.cases > tasks[b->task].row.cases;
  });
  std::reverse(waiting.begin(), waiting.end());
  while (!waiting.empty() || !running.empty()) {
    while (!waiting.empty() && running.size() < options.processes) {
      start(*waiting.back(), sets, tasks[waiting.back()->task], options);
      running.push_back(waiting.back());
      waiting.pop_back();
    }
    const auto again = attend(running, options);
    waiting.insert(waiting.end(), again.begin(), again.end());
  }
  std::vector<Result> results(tasks.size());
  for (Job& job : jobs) add(results[job.task], std::move(job.result));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    results[i].family = tasks[i].row.path;
    // Names of cases nobody read cannot be compared with a filter.
    if (!options.filter.empty()) continue;
    const std::string reason = reason_not_to(sets, tasks[i]);
    if (!reason.empty()) {
      results[i].skipped = tasks[i].row.cases;
      results[i].reasons[reason] = tasks[i].row.cases;
    } else if (results[i].empty()) {
      results[i].failed = 1;
      results[i].failures.push_back({"(the family)", "no case was found in it"});
    }
  }
  return results;
}

}  // namespace ledgerlab::vectors
