// The books of a run (DESIGN 13.10) and its progress (DESIGN 13.8).
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "models/base/int128.hpp"
#include "sim/measure/checks.hpp"

namespace ledgerlab::checks {
namespace {

std::string seconds_text(Duration d) {
  return fmt::format("{:.3f} s", static_cast<double>(count_ns(d)) / 1e9);
}

/// Sum of the ages of all requests, from the rows.
Int128 ages(const Evidence& e) {
  Int128 sum = 0;
  for (const auto& tx : e.chronicle.transactions()) {
    if (!tx.counts()) continue;
    sum += count_ns(std::min(tx.closed, e.end)) - count_ns(std::min(tx.due, e.end));
  }
  return sum;
}

/// Time integral of the number of open transactions, from the turns. Negative counts spoil it.
struct Integral {
  Int128 area = 0;
  Time negative = time_never;
};
Integral integrate(const Evidence& e) {
  auto turns = e.chronicle.turns();
  std::sort(turns.begin(), turns.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.at, -a.change) < std::make_tuple(b.at, -b.change);
  });
  Integral out;
  std::int64_t open = 0;
  Time last{};
  for (const auto& turn : turns) {
    const Time at = std::min(turn.at, e.end);
    out.area += Int128{open} * count_ns(at - last);
    last = at;
    open += turn.change;
    if (open < 0) out.negative = std::min(out.negative, turn.at);
  }
  out.area += Int128{open} * count_ns(e.end - last);
  return out;
}

/// From when on a decision is owed to it. An envelope waits from its submission on, its request not
/// at all; a request that nobody endorses once everybody was asked waits like any transaction.
Time waits_from(const Evidence& e, const Chronicle::TxRow& tx) {
  if (!tx.counts()) return tx.submitted;
  if (!e.chronicle.envelopes()) return tx.due;
  if (tx.enveloped) return time_never;
  return e.system.client ? tx.due + 2 * e.system.client.params.duration("retry_timeout") : tx.due;
}

/// When something waits for a decision: transactions offered, not yet final, their client alive.
struct Change {
  Time at;
  int waiting = 0;
  bool progress = false;
};
std::vector<Change> changes(const Evidence& e, Time from) {
  std::vector<Change> out;
  const auto& rows = e.chronicle.transactions();
  for (std::size_t t = 0; t < rows.size(); ++t) {
    Time until = std::min(rows[t].closed, e.history.committed[t]);
    until = std::min(until, e.faults.client_down[rows[t].client]);
    const Time since = std::max(from, waits_from(e, rows[t]));
    if (until <= since || since == time_never) continue;
    out.push_back({since, 1});
    if (until != time_never) out.push_back({until, -1});
  }
  for (const RowIndex row : e.history.main()) {
    const auto& b = e.block(row);
    if (b.block->height != 0 && b.final.at >= from) out.push_back({b.final.at, 0, true});
  }
  // At one instant a decision counts before what begins or ends to wait.
  std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) {
    return std::make_tuple(a.at, !a.progress, -a.waiting) <
           std::make_tuple(b.at, !b.progress, -b.waiting);
  });
  return out;
}
}  // namespace

Duration largest_delay(const NetworkSpec& links) {
  Duration most{};
  for (const Duration d : links.latency) most = std::max(most, d);
  // Uniform jitter adds its width at most; ten times the mean covers an exponential one.
  const std::int64_t factor = links.jitter == JitterKind::none          ? 0
                              : links.jitter == JitterKind::exponential ? 10
                                                                        : 1;
  return most + Duration{most.count() / 1'000'000 * factor * links.jitter_ppm};
}

void books(const Evidence& e, Worst& worst) {
  const Moment at_end{e.end, no_node};
  if (const std::string fault = e.world.check_books(); !fault.empty()) {
    worst.add(at_end, [&] { return fault; });
  }
  for (const auto& stray : e.chronicle.strays()) {
    worst.add(stray.moment, [&] {
      return fmt::format("transaction {:016x}: {} of one that {}", stray.tag,
                         event_table[static_cast<std::size_t>(stray.type)].name,
                         stray.type == EventType::submit ? "was submitted before"
                         : stray.known                   ? "is closed already"
                                                         : "was never submitted");
    });
  }
  const Integral integral = integrate(e);
  if (integral.negative != time_never) {
    worst.add({integral.negative, no_node},
              [] { return std::string("fewer than no transactions are open"); });
  }
  if (const Int128 sum = ages(e); sum != integral.area) {
    worst.add(at_end, [&] {
      return fmt::format(
          "the ages of transactions sum to {} ns, the integral of open ones is {} "
          "ns",
          sum, integral.area);
    });
  }
  const Duration elapsed = e.world.now() - time_start;
  for (NodeId node = 0; node < e.world.nodes(); ++node) {
    const Engine& engine = e.world.engine();
    if (engine.uplink_busy(node) > elapsed || engine.downlink_busy(node) > elapsed) {
      worst.add(at_end, [&] {
        return fmt::format("a link of node {} was busy longer than time passed", node);
      });
    }
  }
}

void vain(const Evidence& e, Worst& worst) {
  const auto& rows = e.chronicle.transactions();
  std::uint64_t committed = 0;
  std::size_t first = rows.size();
  for (std::size_t t = 0; t < rows.size(); ++t) {
    if (!rows[t].counts() || e.history.committed[t] == time_never) continue;
    if (!without_effect(rows[t], e.history.committed[t])) return;
    ++committed;
    if (first == rows.size() || rows[t].closed < rows[first].closed) first = t;
  }
  if (committed == 0) return;
  worst.add({rows[first].closed, rows[first].client}, [&] {
    return fmt::format(
        "none of the {} committed transactions had an effect: all failed; the first that a client "
        "learned of is "
        "{:016x}",
        committed, rows[first].tag);
  });
}

bool liveness(const Evidence& e, Worst& worst) {
  if (!e.system.consensus || !e.system.consensus.info->fault_model.liveness_bound) return true;
  // The bound is a promise for messages that are not held up. What load adds to the delay, in
  // access links and lanes, belongs to the delay: an overloaded system is slow, which its figures
  // say.
  const Duration delay = largest_delay(e.plan.network.links) + e.world.engine().longest_queue() +
                         e.world.stats().longest_wait;
  const Duration bound = e.system.consensus.info->fault_model.liveness_bound(
      e.system.consensus.params, delay, e.plan.network.replicas);
  const Time calm = e.faults.calm_since;
  std::int64_t waiting = 0;
  Time since = time_never;  // something waits, and no decision came, since then
  bool decided = false;
  const auto overdue = [&](Time until) {
    if (since == time_never || until - since <= bound) return;
    worst.add({since + bound, no_node}, [&] {
      return fmt::format("transactions wait from {} on; no decision within {} of it ({})",
                         seconds_text(since - time_start), seconds_text(bound),
                         until >= e.end ? std::string("none until the end")
                                        : "but at " + seconds_text(until - time_start));
    });
  };
  for (const Change& change : changes(e, calm)) {
    if (change.at > e.end) break;
    waiting += change.waiting;
    if (change.progress) {
      decided = true;
      overdue(change.at);
      since = waiting > 0 ? change.at : time_never;
    } else if (waiting == 0) {
      overdue(change.at);
      since = time_never;
    } else if (since == time_never) {
      since = change.at;
    }
  }
  overdue(e.end);
  const bool offered = !e.chronicle.transactions().empty();
  return decided || !offered || e.end - calm > bound;
}

}  // namespace ledgerlab::checks
