// What changes in the course of a run, in windows of equal length, and how its latencies spread.
#include <algorithm>
#include <set>

#include "sim/measure/metrics.hpp"

namespace ledgerlab {
namespace {

/// At most so many windows in a run and points in a distribution: enough for any screen.
constexpr std::int64_t windows_max = 200;
constexpr std::size_t points_max = 400;
constexpr std::size_t region_points_max = 100;

double in_ms(Duration d) { return static_cast<double>(count_ns(d)) / 1e6; }

/// Nearest rank, as the latency metrics take it.
Duration percentile(const std::vector<Duration>& ascending, std::size_t percent) {
  const std::size_t rank = (ascending.size() * percent + 99) / 100;
  return ascending[std::max<std::size_t>(rank, 1) - 1];
}

/// The whole run, drain included, cut into windows of a second, or of 1/200 of it if that is more.
class Windows {
 public:
  explicit Windows(Time end)
      : end_(end),
        width_(std::max(seconds(1), Duration{(end - time_start).count() / windows_max})),
        count_(static_cast<std::size_t>((end - time_start) / width_) + 1) {}

  /// The last one holds the end alone if the windows divide the run.
  std::size_t count() const { return count_; }
  std::size_t of(Time at) const { return static_cast<std::size_t>((at - time_start) / width_); }
  Time begin(std::size_t i) const { return time_start + static_cast<std::int64_t>(i) * width_; }
  bool empty(std::size_t i) const { return begin(i) >= end_; }
  double seconds_of(std::size_t i) const {
    const Duration length = empty(i) ? width_ : std::min(width_, end_ - begin(i));
    return static_cast<double>(count_ns(length)) / 1e9;
  }

 private:
  Time end_;
  Duration width_;
  std::size_t count_;
};

void add_committed(const Evidence& e, const Windows& windows, std::vector<SeriesPoint>& out) {
  std::vector<std::uint64_t> bins(windows.count());
  const auto& rows = e.chronicle.transactions();
  for (std::size_t t = 0; t < rows.size(); ++t) {
    const Time done = e.history.committed[t];
    if (rows[t].counts() && done <= e.end) ++bins[windows.of(done)];
  }
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (windows.empty(i) && bins[i] == 0) break;
    out.push_back(
        {"committed_tps", windows.begin(i), static_cast<double>(bins[i]) / windows.seconds_of(i)});
  }
}

/// By when the transactions were due: a stall shows in those that had to wait for its end.
void add_latency(const Evidence& e, const Windows& windows, std::vector<SeriesPoint>& out) {
  std::vector<std::vector<Duration>> bins(windows.count());
  for (const auto& tx : e.chronicle.transactions()) {
    if (!tx.counts() || tx.due > e.end) continue;
    if (tx.state != Chronicle::TxState::acknowledged) continue;
    bins[windows.of(tx.due)].push_back(tx.closed - tx.due);
  }
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i].empty()) continue;
    std::sort(bins[i].begin(), bins[i].end());
    out.push_back({"latency_ms_p50", windows.begin(i), in_ms(percentile(bins[i], 50))});
  }
}

/// Transactions that wait at the beginning of each window: due, neither final nor given up.
void add_pending(const Evidence& e, const Windows& windows, std::vector<SeriesPoint>& out) {
  std::vector<std::int64_t> change(windows.count() + 1);
  const auto& rows = e.chronicle.transactions();
  for (std::size_t t = 0; t < rows.size(); ++t) {
    const Time done = std::min(rows[t].closed, e.history.committed[t]);
    if (!rows[t].counts() || rows[t].due >= e.end || done <= rows[t].due) continue;
    ++change[windows.of(rows[t].due) + 1];
    if (done < e.end) --change[windows.of(done) + 1];
  }
  std::int64_t waiting = 0;
  for (std::size_t i = 0; i < windows.count(); ++i) {
    waiting += change[i];
    out.push_back({"pending_tx", windows.begin(i), static_cast<double>(waiting)});
  }
}

/// New terms with a leader in each window; absent where nobody ever leads.
void add_leaders(const Evidence& e, const Windows& windows, std::vector<SeriesPoint>& out) {
  if (e.chronicle.leaderships().empty()) return;
  std::vector<std::set<std::uint64_t>> terms(windows.count());
  for (const auto& one : e.chronicle.leaderships()) {
    if (one.moment.at <= e.end) terms[windows.of(one.moment.at)].insert(one.term);
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (windows.empty(i) && terms[i].empty()) break;
    out.push_back({"new_leaders", windows.begin(i), static_cast<double>(terms[i].size())});
  }
}

LatencyCurve curve_of(std::string region, std::uint64_t offered, std::vector<Duration> latencies) {
  const std::size_t most = region.empty() ? points_max : region_points_max;
  LatencyCurve out;
  out.region = std::move(region);
  out.offered = offered;
  out.count = latencies.size();
  if (latencies.empty()) return out;
  std::sort(latencies.begin(), latencies.end());
  out.p50_ms = in_ms(percentile(latencies, 50));
  out.p95_ms = in_ms(percentile(latencies, 95));
  const std::size_t n = latencies.size(), points = std::min(n, most);
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t at = points == 1 ? 0 : i * (n - 1) / (points - 1);
    out.points.push_back(
        {static_cast<double>(at + 1) / static_cast<double>(n), in_ms(latencies[at])});
  }
  return out;
}

}  // namespace

std::vector<SeriesPoint> time_series(const Figures& f) {
  const Evidence& e = f.evidence;
  std::vector<SeriesPoint> out;
  const Windows windows(e.end);
  if (!e.chronicle.transactions().empty()) {
    add_committed(e, windows, out);
    add_latency(e, windows, out);
    add_pending(e, windows, out);
  }
  add_leaders(e, windows, out);
  return out;
}

std::vector<LatencyCurve> latency_curves(const Figures& f) {
  const NetworkPlan& network = f.evidence.plan.network;
  struct Group {
    std::uint64_t offered = 0;
    std::vector<Duration> latencies;
  };
  std::vector<Group> groups(std::max<std::size_t>(network.regions.size(), 1));
  for (const auto& tx : f.evidence.chronicle.transactions()) {
    if (!tx.counts() || tx.due < f.from || tx.due >= f.until) continue;
    const std::size_t region = network.links.region_of(tx.client);
    Group& group = groups[std::min(region, groups.size() - 1)];
    ++group.offered;
    if (tx.state == Chronicle::TxState::acknowledged) group.latencies.push_back(tx.closed - tx.due);
  }
  std::vector<LatencyCurve> out{curve_of("", f.offered, f.latencies)};
  if (network.regions.size() < 2) return out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].offered == 0) continue;  // no client there
    out.push_back(curve_of(network.regions[i], groups[i].offered, std::move(groups[i].latencies)));
  }
  return out;
}

}  // namespace ledgerlab
