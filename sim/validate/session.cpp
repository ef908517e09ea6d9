// Rows, their verdicts, and when a session has had enough.
#include <chrono>
#include <cmath>

#include "models/crypto/hash.hpp"
#include "sim/validate/target.hpp"

namespace ledgerlab::validate {
namespace {

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Zero error, and no more than rounding between the two.
class Known final : public Estimator {
 public:
  Known(double value, std::uint64_t n) : value_(value), n_(n) {}
  Estimate estimate() const override { return {value_, 0, n_}; }

 private:
  double value_;
  std::uint64_t n_;
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::inconc:
      return "inconc";
    case Verdict::fail:
      return "fail";
  }
  return "";
}

Row judge(std::string name, const Estimate& estimate, double expected, const Tolerance& tolerance,
          double goal) {
  Row row;
  row.name = std::move(name);
  row.value = estimate.value;
  row.se = estimate.se;
  row.n = estimate.n;
  row.expected = expected;
  const double room = (estimate.se > 0 ? tolerance.errors * estimate.se : 0) +
                      tolerance.relative * std::abs(expected) + tolerance.absolute;
  row.low = expected - room;
  row.high = expected + room;
  if (estimate.n == 0 || !(estimate.se <= goal)) {
    row.verdict = Verdict::inconc;  // never a pass, whatever the figure
  } else {
    row.verdict = row.low <= row.value && row.value <= row.high ? Verdict::pass : Verdict::fail;
  }
  return row;
}

Verdict worst(const std::vector<Row>& rows) {
  if (rows.empty()) return Verdict::inconc;
  Verdict verdict = Verdict::pass;
  for (const Row& row : rows) verdict = std::max(verdict, row.verdict);
  return verdict;
}

Session::Session(const Target& target, Params params, Effort effort)
    : target_(target), params_(std::move(params)), effort_(effort), begun_ns_(wall_ns()) {}

template <class E>
E& Session::add(std::string name, double expected, Tolerance tolerance) {
  auto estimator = std::make_unique<E>();
  E& reference = *estimator;
  entries_.push_back({std::move(name), std::move(estimator), expected, tolerance});
  return reference;
}

Proportion& Session::proportion(std::string name, double expected, Tolerance tolerance) {
  return add<Proportion>(std::move(name), expected, tolerance);
}
Mean& Session::mean(std::string name, double expected, Tolerance tolerance) {
  return add<Mean>(std::move(name), expected, tolerance);
}
Ratio& Session::ratio(std::string name, double expected, Tolerance tolerance) {
  return add<Ratio>(std::move(name), expected, tolerance);
}
Deviation& Session::deviation(std::string name, double expected, Tolerance tolerance) {
  return add<Deviation>(std::move(name), expected, tolerance);
}

void Session::exact(std::string name, double value, double expected, std::uint64_t n) {
  entries_.push_back(
      {std::move(name), std::make_unique<Known>(value, n), expected, Tolerance{0, 0, 0}});
}

void Session::within(std::string name, double value, double expected, double tolerance) {
  entries_.push_back(
      {std::move(name), std::make_unique<Known>(value, 1), expected, Tolerance{0, 0, tolerance}});
}

double Session::goal(const Entry& entry) const {
  if (entry.tolerance.se_goal > 0) return entry.tolerance.se_goal;
  return effort_.precision * std::abs(entry.expected);
}

bool Session::more() const {
  if (effort_.worlds > 0) return worlds_ < effort_.worlds;
  if (worlds_ == 0) return true;
  if (elapsed_s() >= effort_.budget_s) return false;
  for (const Entry& entry : entries_) {
    const Estimate e = entry.estimator->estimate();
    if (e.n == 0 || !(e.se <= goal(entry))) return true;
  }
  return false;
}

void Session::ran(const std::string& plan_digest, const std::string& trace_hash) {
  ++worlds_;
  plan_digests_.push_back(plan_digest);
  trace_hashes_.push_back(trace_hash);
}

std::vector<Row> Session::rows() const {
  std::vector<Row> rows;
  for (const Entry& entry : entries_) {
    rows.push_back(judge(entry.name, entry.estimator->estimate(), entry.expected, entry.tolerance,
                         goal(entry)));
  }
  return rows;
}

std::string Session::combined(const std::vector<std::string>& parts) {
  if (parts.empty()) return "";
  if (parts.size() == 1) return parts.front();
  std::string all;
  for (const std::string& part : parts) all += part;
  return to_hex(sha256(as_bytes(all)).view());
}

double Session::elapsed_s() const { return static_cast<double>(wall_ns() - begun_ns_) * 1e-9; }

}  // namespace ledgerlab::validate
