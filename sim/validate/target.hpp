// What `ledgerlab validate` can check: a table of targets, each a closed form or a published
// figure together with a simulation of the real modules that has to meet it. A target's run
// function declares rows in its session and feeds them, world after world, while the session wants
// more; the session judges.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/params.hpp"
#include "sim/validate/estimate.hpp"

namespace ledgerlab::validate {

enum class Verdict : std::uint8_t { pass, inconc, fail };  // ascending: the worst row decides
std::string_view verdict_name(Verdict verdict);

/// How far the figure may be from what is expected: errors * SE + relative * |x| + absolute. The
/// default is the rule at the head of TARGETS.md.
struct Tolerance {
  double errors = 3;
  double relative = 0.003;
  double absolute = 0;
  /// Largest SE at which the row is judged, in units of the figure; 0: the session's share of x.
  double se_goal = 0;
};

struct Row {
  std::string name;
  double value = 0;
  double se = 0;  // 0: deterministic, exact
  std::uint64_t n = 0;
  double expected = 0;
  double low = 0, high = 0;
  Verdict verdict = Verdict::inconc;
};

/// The verdict of one figure. `goal` is the largest SE that counts.
Row judge(std::string name, const Estimate& estimate, double expected, const Tolerance& tolerance,
          double goal);

struct Effort {
  double precision = 0.02;   // SE / x
  double budget_s = 60;      // wall clock
  std::uint64_t seed = 1;    // of the first world, the next takes the next
  std::uint64_t worlds = 0;  // exactly so many, whatever budget and errors say; 0: as needed
};

struct Target;

/// One run of one target.
class Session {
 public:
  Session(const Target& target, Params params, Effort effort);

  const Params& params() const { return params_; }

  /// Rows with a standard error; the references live as long as the session.
  Proportion& proportion(std::string name, double expected, Tolerance tolerance = {});
  Mean& mean(std::string name, double expected, Tolerance tolerance = {});
  Ratio& ratio(std::string name, double expected, Tolerance tolerance = {});
  Deviation& deviation(std::string name, double expected, Tolerance tolerance = {});
  /// A deterministic row: any difference is a failure.
  void exact(std::string name, double value, double expected, std::uint64_t n = 1);
  /// A deterministic row of a computation that is exact up to `tolerance`.
  void within(std::string name, double value, double expected, double tolerance);

  /// Is another world wanted? True at first; then while a row misses its SE and the budget lasts.
  bool more() const;
  /// Is more precision asked for than by default (--effort full)?
  bool full() const { return effort_.precision < Effort{}.precision; }
  /// Seed of the next world.
  std::uint64_t seed() const { return effort_.seed + worlds_; }
  /// A world has run: what binds the result to it.
  void ran(const std::string& plan_digest, const std::string& trace_hash);
  std::uint64_t worlds() const { return worlds_; }

  std::vector<Row> rows() const;
  /// Of the one world; of several, the SHA-256 over theirs in order.
  std::string plan_digest() const { return combined(plan_digests_); }
  std::string trace_hash() const { return combined(trace_hashes_); }
  double elapsed_s() const;

 private:
  struct Entry {
    std::string name;
    std::unique_ptr<Estimator> estimator;
    double expected;
    Tolerance tolerance;
  };
  template <class E>
  E& add(std::string name, double expected, Tolerance tolerance);
  double goal(const Entry& entry) const;
  static std::string combined(const std::vector<std::string>& parts);

  const Target& target_;
  Params params_;
  Effort effort_;
  std::int64_t begun_ns_ = 0;
  std::uint64_t worlds_ = 0;
  std::vector<Entry> entries_;
  std::vector<std::string> plan_digests_, trace_hashes_;
};

struct Target {
  std::string id;     // "W6"
  std::string title;  // one line
  std::string source;
  std::vector<ParamInfo> params;
  /// Why these values together mean nothing; empty if they do.
  std::string (*check)(const Params&) = nullptr;
  void (*run)(Session&) = nullptr;
};

/// All targets, in the order of the documentation.
const std::vector<Target>& targets();
/// Null if there is none of this id; ids do not mind their case.
const Target* find_target(std::string_view id);

/// A parameter that is unknown or has a value outside its meaningful range; the text names the fix.
class BadParameter : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Defaults with `key=value` settings applied. Durations without unit are seconds.
Params resolve_params(const Target& target, const std::vector<std::string>& settings);

struct Outcome {
  const Target* target = nullptr;
  Params params;
  std::vector<Row> rows;
  Verdict verdict = Verdict::inconc;
  std::string plan_digest, trace_hash;
  double wall_s = 0;
  std::string reproduce;
};
Outcome run_target(const Target& target, const Params& params, const Effort& effort);
Verdict worst(const std::vector<Row>& rows);

}  // namespace ledgerlab::validate
