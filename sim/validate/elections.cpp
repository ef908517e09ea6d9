// Raft elections against the formula of Ongaro's dissertation (its leaderelection notes; TARGETS.md,
// section 4), with the real Raft on the real host: one world in which the leader crashes again and
// again.
//
// What is measured. The leader (found by the host) crashes at an instant drawn uniformly over a
// heartbeat interval, so that the phase of its heartbeats is uniform, and restarts when another
// leads. From the trace: when the survivors last heard it (their timers were reset), when a survivor
// announces that it leads, and when a follower first hears that one. The first election is split if
// its term gets no leader.
//
// What the formula assumes. All timers are reset at one instant: equal latencies and no CPU or disk
// time give that. The timers' mean age at the crash is a quarter of the least timeout. A heartbeat
// that is under way when its sender crashes still arrives, so real timers are younger by the latency
// than half a heartbeat interval; the interval here is therefore half the least timeout plus two
// latencies. After a split vote the formula starts all timers afresh at the end of the first
// election; really each candidate's ran from when it stood, so the next election begins earlier, by
// less than two latencies a split.
#include <algorithm>
#include <cmath>
#include <set>

#include "models/base/draw.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

constexpr std::uint64_t crashes_per_world = 250;

/// A parameter in milliseconds, decimals allowed; kept in parts per 10^9.
Duration milliseconds(const Params& p, const char* key) { return Duration{p.integer(key) / 1'000}; }

/// n servers, `alive` of them survive the leader; times in seconds.
struct Formula {
  double split = 0;
  double from_reset = 0;  // to the election of a leader
};

Formula formula(std::uint64_t n, std::uint64_t alive, double latency, double low, double high) {
  const double range = high - low;
  const double l = latency / range;
  Formula out;
  // So many candidates leave too few votes for any of them; they stand within l of the first.
  const std::uint64_t candidates = alive - n / 2 + 1;
  const auto s = static_cast<double>(alive);
  for (std::uint64_t k = candidates - 1; k <= alive; ++k) {
    const auto x = static_cast<double>(k);
    const double choose = std::exp(std::lgamma(s + 1) - std::lgamma(x + 1) - std::lgamma(s - x + 1));
    out.split += choose * std::pow(l, x) * std::pow(1 - l, s - x);
  }
  const double one = low + range / (s + 1) + latency;
  out.from_reset = one / (1 - out.split) + latency;
  return out;
}

/// One crash of a leader and what came of it.
struct Election {
  Time reset{};  // the survivors last heard the old leader
  Time crash{};
  Time elected = time_never;
  Time heard = time_never;  // a follower heard the new leader
  std::uint64_t term_before = 0;
  std::uint64_t term = 0;
};

/// Folds a world into elections. A crash counts if it hit the leader and all others had heard it.
class ElectionFold final : public Sink {
 public:
  ElectionFold(std::uint32_t servers, NodeId survivors)
      : heard_(servers), heard_from_(servers, no_node), survivors_(survivors) {}

  std::uint32_t interest() const override {
    return event_bit(EventType::role) | event_bit(EventType::crash) |
           event_bit(EventType::deliver);
  }

  void on_event(const Event& e) override { events_.push_back(e); }

  /// Events of different nodes come in no order: taken by time when the world has ended.
  std::vector<Election> finish() {
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.time < b.time; });
    for (const Event& e : events_) take(e);
    return std::move(done_);
  }

 private:
  void take(const Event& e) {
    switch (e.type) {
      case EventType::role:
        if (static_cast<NodeRole>(e.kind) != NodeRole::leader) break;
        leader_ = e.node;
        term_ = e.a;
        if (!open_ || now_.elected != time_never) break;
        now_.elected = e.time;
        now_.term = e.a;
        break;
      case EventType::crash:
        if (e.node != leader_ || open_) break;
        begin(e);
        break;
      case EventType::deliver: {
        // Heartbeats and appends: the messages that a follower of the leader gets from it.
        if (e.slot != Slot::consensus || e.kind != append_kind) break;
        heard_[e.node] = e.time;
        heard_from_[e.node] = e.peer;
        if (!open_) break;
        if (e.peer == crashed_) now_.reset = std::max(now_.reset, e.time);
        if (now_.elected != time_never && e.peer == leader_) {
          now_.heard = e.time;
          done_.push_back(now_);
          open_ = false;
        }
        break;
      }
      default:
        break;
    }
  }

  void begin(const Event& e) {
    now_ = Election{};
    now_.crash = e.time;
    now_.term_before = term_;
    std::uint32_t listeners = 0;
    for (NodeId node = 0; node < heard_.size(); ++node) {
      if (node == e.node || heard_from_[node] != e.node) continue;
      ++listeners;
      now_.reset = std::max(now_.reset, heard_[node]);
    }
    open_ = listeners == survivors_;
    crashed_ = e.node;
    leader_ = no_node;
  }

  static constexpr std::uint16_t append_kind = 5;  // AppendEntries

  std::vector<Event> events_;
  std::vector<Time> heard_;
  std::vector<NodeId> heard_from_;
  std::uint32_t survivors_;
  NodeId leader_ = no_node;
  NodeId crashed_ = no_node;
  std::uint64_t term_ = 0;
  bool open_ = false;
  Election now_;
  std::vector<Election> done_;
};

Setup world_of(const Params& p, std::uint64_t seed) {
  const std::uint64_t servers = p.count("servers");
  const Duration latency = milliseconds(p, "latency_ms");
  const Duration low = milliseconds(p, "timeout_ms_min");
  const Duration high = milliseconds(p, "timeout_ms_max");
  const Duration heartbeat = low / 2 + 2 * latency;
  // Twenty elections, and as long for the restarted server to follow.
  const Duration cycle = 20 * (high + 2 * latency);
  Setup setup;
  setup.consensus = "raft";
  setup.nodes = static_cast<std::uint32_t>(servers);
  setup.latency = toml(latency);
  setup.duration = static_cast<std::int64_t>(crashes_per_world + 1) * cycle;
  setup.params = "pre_vote = false, check_quorum = false, initial_leader = 0, snapshot_interval = 0, "
                 "election_timeout_min = " + toml(low) + ", election_timeout_max = " + toml(high) +
                 ", heartbeat_interval = " + toml(heartbeat);
  // Who is dead from the start, beside the leaders that crash.
  for (std::uint64_t dead = p.count("alive") + 1; dead < servers; ++dead) {
    setup.tables += "[[faults]]\nkind = \"crash\"\nat = \"1 ns\"\nnode = " + std::to_string(dead) +
                    "\n";
  }
  for (std::uint64_t k = 1; k <= crashes_per_world; ++k) {
    const Duration phase =
        draw_uniform(draw64(seed, 0, Purpose("validate.crash"), k), ns(0), heartbeat - ns(1));
    setup.tables += "[[faults]]\nkind = \"crash\"\ntarget = \"leader\"\nat = " +
                    toml(static_cast<std::int64_t>(k) * cycle + phase) +
                    "\nfor = " + toml(cycle / 2) + "\n";
  }
  return setup;
}

double in_ms(Duration d) { return static_cast<double>(d.count()) * 1e-6; }

void run_elections(Session& s) {
  const Params& p = s.params();
  const double latency = in_ms(milliseconds(p, "latency_ms"));
  const double low = in_ms(milliseconds(p, "timeout_ms_min"));
  const Formula f = formula(p.count("servers"), p.count("alive"), latency, low,
                            in_ms(milliseconds(p, "timeout_ms_max")));
  Tolerance share;
  share.errors = 0;
  share.relative = 0;
  share.absolute = 0.004;
  share.se_goal = 0.0015;
  Tolerance time;
  time.errors = 0;
  // Two latencies a split, see above.
  time.relative = 0.03 + 2 * latency * f.split / (1 - f.split) / f.from_reset;
  Proportion& split = s.proportion("first elections that are split", f.split, share);
  Mean& reset = s.mean("ms from the timers' reset to a leader", f.from_reset, time);
  Mean& crash = s.mean("ms from the crash to a leader", f.from_reset - low / 4, time);
  Mean& heard =
      s.mean("ms from the crash to the followers' first heartbeat", f.from_reset - low / 4 + latency,
             time);
  while (s.more()) {
    ElectionFold fold(static_cast<std::uint32_t>(p.count("servers")),
                      static_cast<std::uint32_t>(p.count("alive")));
    RanWorld ran(s, world_of(p, s.seed()), {&fold});
    for (const Election& e : fold.finish()) {
      split.add(e.term > e.term_before + 1);
      reset.add(in_ms(e.elected - e.reset));
      crash.add(in_ms(e.elected - e.crash));
      heard.add(in_ms(e.heard - e.crash));
    }
  }
}

std::string check_elections(const Params& p) {
  const std::uint64_t servers = p.count("servers");
  const std::uint64_t alive = p.count("alive");
  if (alive >= servers) return "alive: the leader has crashed, so at most servers - 1 are alive";
  if (alive <= servers / 2) return "alive: no majority is left; raise it above servers / 2";
  const Duration latency = milliseconds(p, "latency_ms");
  const Duration low = milliseconds(p, "timeout_ms_min");
  const Duration range = milliseconds(p, "timeout_ms_max") - low;
  if (range <= Duration::zero()) return "timeout_ms_max is not above timeout_ms_min";
  if (latency >= low / 4) {
    return "latency_ms is not below a quarter of timeout_ms_min: heartbeats would come too late";
  }
  if (2 * latency > range) {
    return "latency_ms is above half the range of timeouts: hardly an election succeeds; raise "
           "timeout_ms_max";
  }
  return "";
}

}  // namespace

Target elections() {
  Target t;
  t.id = "elections";
  t.title = "Raft: split votes and the time to elect a leader";
  t.source =
      "D. Ongaro: Consensus: Bridging Theory and Practice, Stanford 2014, chapter 9 and its "
      "leaderelection notes";
  t.params = {
      {"servers", ParamType::integer, "5", "members", "3", "99", {}},
      {"alive", ParamType::integer, "4", "of these, those that survive the leader's crash", "2",
       "98", {}},
      {"latency_ms", ParamType::ratio, "15", "one-way, between all; milliseconds", "0.001", "10000",
       {}},
      {"timeout_ms_min", ParamType::ratio, "150", "least election timeout", "1", "3600000", {}},
      {"timeout_ms_max", ParamType::ratio, "300", "greatest election timeout", "1", "3600000", {}},
  };
  t.check = check_elections;
  t.run = run_elections;
  return t;
}

}  // namespace ledgerlab::validate
