#include "tests/engine/checks.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>

#include "models/base/draw.hpp"
#include "models/base/int128.hpp"
#include "sim/engine/module.hpp"
#include "sim/engine/native/native.hpp"

namespace ledgerlab::engine_contract {
namespace {

constexpr std::uint32_t nodes = 12;
constexpr std::int64_t horizon = 20'000'000'000;

std::uint64_t drawn(std::uint64_t what, std::uint64_t n) {
  return draw64(what, 0, Purpose("engine contract"), n);
}

/// Three regions, and access links of four speeds; `limited` without: no access links at all.
NetworkSpec network(bool limited) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.seed = 7;
  spec.regions = 3;
  spec.latency = {ms(1),
                  ms(20),
                  ms(71),
                  ms(20),
                  ms(2),
                  Duration{33'333'333},
                  ms(71),
                  Duration{33'333'333},
                  Duration{500'000}};
  for (NodeId i = 0; i < nodes; ++i) {
    spec.region.push_back(static_cast<std::uint16_t>(i % 3));
    if (!limited) continue;
    constexpr std::uint64_t speeds[] = {10'000'000, 100'000'000, 1'000'000'000, 33'000'000};
    spec.up_bps.push_back(speeds[i % 4]);
    spec.down_bps.push_back(speeds[(i / 2) % 4]);
  }
  return spec;
}

struct Sent {
  std::int64_t at;
  NodeId from, to;
  std::uint32_t bytes;
  std::int64_t arrived = -1;
  std::uint32_t times = 0;
};

/// A drawn load: nodes wake, send single messages and broadcasts of 1 B to 120 kB, and answer some
/// of what they hear. Everything that happens is noted.
class Storm final : public EngineSink {
 public:
  Storm(const MakeEngine& make, const NetworkSpec& spec, bool messages)
      : spec_(spec), messages_(messages), engine_(make(spec_)) {
    for (NodeId i = 0; i < nodes; ++i)
      wake(i, time_at(static_cast<std::int64_t>(i / 3) * 1'000'000));
  }

  void run(const std::function<std::int64_t(std::int64_t)>& next_limit) {
    for (std::int64_t limit = 0; limit < horizon;) {
      limit = std::min(horizon, next_limit(limit));
      do {
        stopped_ = false;
        limit_ = limit;
        engine_->run_until(time_at(limit), *this);
      } while (stopped_);
      if (engine_->now() != time_at(limit)) note("now() is not the limit after run_until()");
    }
    if (!wakes_.empty()) note("a wake-up never came");
  }

  void on_message(Time ready, NodeId to, NodeId from, Token token) override {
    const std::int64_t now = see(ready);
    add(now, to, from, token);
    if (token >= sent_.size()) {
      note("a token that was never sent");
      return;
    }
    Sent& s = sent_[token];
    ++s.times;
    if (s.to != to || s.from != from) note("a message came to or from another node");
    s.arrived = now;
    auto& last = last_token_[{from, to}];
    if (token + 1 <= last) order_fault_ = "a later message came first on a link";
    last = token + 1;
    if (drawn(1, token) % 3 == 0) {
      send(to, from, static_cast<std::uint32_t>(1 + drawn(2, token) % 3'000));
    }
    stop_at_times();
  }
  void on_wake(NodeId node) override {
    const std::int64_t now = see(engine_->now());
    add(now, node, node, 0);
    const auto place = wakes_.find({now, node});
    if (place == wakes_.end()) {
      timer_fault_ = "a wake-up at " + std::to_string(now) + " ns that nobody asked for";
    } else if (--place->second == 0) {
      wakes_.erase(place);
    }
    if (!wakes_.empty() && wakes_.begin()->first.first < now) {
      timer_fault_ = "a wake-up is late";
    }
    const std::uint64_t n = ++rounds_;
    if (n > 900) return;
    // A third on round milliseconds, so that nodes fall together; some at once.
    const auto after =
        drawn(3, n) % 3 == 0 ? drawn(4, n) % 8 * 1'000'000 : drawn(4, n) % 40'000'000;
    wake(node, time_at(now + static_cast<std::int64_t>(after)));
    if (messages_) load(node, n);
    stop_at_times();
  }
  bool may_deliver_early(NodeId, Time) override { return false; }

  void stop_every(std::uint64_t events) { stop_every_ = events; }
  const std::vector<Sent>& sent() const { return sent_; }
  const NetworkSpec& spec() const { return spec_; }
  std::string order_fault() const { return order_fault_; }
  std::string timer_fault() const { return timer_fault_; }
  std::string clock_fault() const { return clock_fault_; }
  std::uint64_t happened() const { return happened_; }
  std::string digest() const {
    return std::to_string(happened_) + " events, " + std::to_string(digest_);
  }

 private:
  void note(const std::string& fault) {
    if (clock_fault_.empty()) clock_fault_ = fault;
  }
  std::int64_t see(Time time) {
    const std::int64_t now = count_ns(time);
    if (engine_->now() != time) note("now() is not the instant of what happens");
    if (now < last_) note("time ran backwards");
    if (now > limit_) note("something past the limit of run_until()");
    if (stopped_ && now != last_) note("it went on after request_stop()");
    last_ = now;
    return now;
  }
  void add(std::int64_t now, NodeId to, NodeId from, Token token) {
    ++happened_;
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(now), std::uint64_t{to} << 32 | from, std::uint64_t{token}}) {
      digest_ = draw64(digest_ ^ part, 1, Purpose("engine contract"), part);
    }
  }
  void stop_at_times() {
    if (stop_every_ == 0 || happened_ % stop_every_ != 0) return;
    stopped_ = true;
    engine_->request_stop();
  }
  void wake(NodeId node, Time time) {
    ++wakes_[{count_ns(time), node}];
    engine_->wake_at(node, time);
  }
  void load(NodeId node, std::uint64_t n) {
    const auto bytes = static_cast<std::uint32_t>(drawn(5, n) % 6 == 0 ? 1 + drawn(6, n) % 120'000
                                                                       : 1 + drawn(6, n) % 2'000);
    if (drawn(7, n) % 4 == 0) {
      std::vector<NodeId> all;
      for (NodeId to = 0; to < nodes; ++to) {
        if (to != node) all.push_back(to);
      }
      // One token a receiver, so that each is told apart.
      for (const NodeId to : all) send(node, to, bytes);
      return;
    }
    send(node, static_cast<NodeId>((node + 1 + drawn(8, n) % (nodes - 1)) % nodes), bytes);
  }
  void send(NodeId from, NodeId to, std::uint32_t bytes) {
    sent_.push_back({count_ns(engine_->now()), from, to, bytes});
    engine_->transmit(engine_->now(), from, to, bytes, static_cast<Token>(sent_.size() - 1));
  }

  NetworkSpec spec_;
  bool messages_;
  std::unique_ptr<Engine> engine_;
  std::vector<Sent> sent_;
  std::map<std::pair<NodeId, NodeId>, Token> last_token_;
  std::map<std::pair<std::int64_t, NodeId>, std::uint32_t> wakes_;
  std::string order_fault_, timer_fault_, clock_fault_;
  std::int64_t last_ = 0, limit_ = 0;
  std::uint64_t rounds_ = 0, happened_ = 0, digest_ = 0, stop_every_ = 0;
  bool stopped_ = false;
};

std::int64_t at_once(std::int64_t) { return horizon; }

Storm stormed(const MakeEngine& make, bool limited = true, bool messages = true) {
  Storm storm(make, network(limited), messages);
  storm.run(at_once);
  return storm;
}

Verdict delivered_once(const MakeEngine& make) {
  const Storm storm = stormed(make);
  if (storm.sent().size() < 2'000) return {"the storm was too small to tell anything", {}};
  for (std::size_t i = 0; i < storm.sent().size(); ++i) {
    if (storm.sent()[i].times == 1) continue;
    return {"message " + std::to_string(i) + " came " + std::to_string(storm.sent()[i].times) +
                " times",
            {}};
  }
  return {};
}

Verdict link_order(const MakeEngine& make) { return {stormed(make).order_fault(), {}}; }

/// No message is sooner there than its latency and the time its bytes take on the narrower of the
/// two access links.
Verdict lower_bounds(const MakeEngine& make) {
  const Storm storm = stormed(make);
  const NetworkSpec& spec = storm.spec();
  for (const Sent& s : storm.sent()) {
    const std::uint64_t rate = std::min(spec.up_bps[s.from], spec.down_bps[s.to]);
    const auto wire = static_cast<std::int64_t>(Uint128{s.bytes} * 8'000'000'000u / rate);
    const std::int64_t least = s.at + count_ns(spec.latency_between(s.from, s.to)) + wire;
    if (s.arrived >= least) continue;
    return {std::to_string(s.bytes) + " B from node " + std::to_string(s.from) + " to " +
                std::to_string(s.to) + " at " + std::to_string(s.at) + " came " +
                std::to_string(least - s.arrived) + " ns before physics allows",
            {}};
  }
  return {};
}

Verdict timers(const MakeEngine& make) { return {stormed(make).timer_fault(), {}}; }

/// Slices of drawn lengths from 1 ns to 10 ms keep the clock exact.
std::int64_t drawn_slice(std::int64_t from) {
  const auto n = static_cast<std::uint64_t>(from);
  return from + 1 + static_cast<std::int64_t>(drawn(9, n) % (drawn(10, n) % 2 ? 1'000 : 9'999'999));
}

Verdict clock(const MakeEngine& make) {
  Storm storm(make, network(true), true);
  storm.run(drawn_slice);
  return {storm.clock_fault(), {}};
}

Verdict storm(const MakeEngine& make) { return {"", stormed(make).digest()}; }
Verdict storm_sliced(const MakeEngine& make) {
  Storm storm(make, network(true), true);
  storm.run(drawn_slice);
  return {storm.clock_fault(), storm.digest()};
}
Verdict storm_stopped(const MakeEngine& make) {
  Storm storm(make, network(true), true);
  storm.stop_every(17);
  storm.run(at_once);
  return {storm.clock_fault(), storm.digest()};
}
Verdict timers_only(const MakeEngine& make) { return {"", stormed(make, true, false).digest()}; }
/// Without access links a message takes its latency and not a nanosecond more, unless one before
/// it on its link does.
std::string latency_fault(const Storm& storm) {
  for (const Sent& s : storm.sent()) {
    const std::int64_t due = s.at + count_ns(storm.spec().latency_between(s.from, s.to));
    if (s.arrived == due) continue;
    return std::to_string(s.bytes) + " B from node " + std::to_string(s.from) + " to " +
           std::to_string(s.to) + " at " + std::to_string(s.at) + " ns came " +
           std::to_string(s.arrived - due) + " ns after its latency";
  }
  return {};
}
Verdict unlimited(const MakeEngine& make) {
  const Storm storm = stormed(make, false);
  return {latency_fault(storm), storm.digest()};
}
/// The same with every message a flow, for the engine that has them.
Verdict unlimited_flows(const MakeEngine& make) {
  NetworkSpec spec = network(false);
  spec.flow_threshold = 0;
  Storm storm(make, spec, true);
  storm.run(drawn_slice);
  return {latency_fault(storm), storm.digest()};
}

// --- what only some engines have -----------------------------------------------------------------

struct Transfer {
  NodeId from, to;
  std::uint32_t bytes;
};

/// When each of these arrives that are sent together at the start, in nanoseconds.
std::vector<std::int64_t> arrivals(const MakeEngine& make, const NetworkSpec& spec,
                                   const std::vector<Transfer>& transfers) {
  struct Noter final : EngineSink {
    std::vector<std::int64_t> at;
    void on_message(Time ready, NodeId, NodeId, Token token) override {
      at[token] = count_ns(ready);
    }
    void on_wake(NodeId) override {}
    bool may_deliver_early(NodeId, Time) override { return false; }
  } noter;
  noter.at.assign(transfers.size(), -1);
  const std::unique_ptr<Engine> engine = make(spec);
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    const Transfer& t = transfers[i];
    engine->transmit(engine->now(), t.from, t.to, t.bytes, static_cast<Token>(i));
  }
  engine->run_until(time_at(3'600'000'000'000), noter);
  return noter.at;
}

/// Empty if each lies within a thousandth of what is expected.
Verdict near(const std::vector<std::int64_t>& at, const std::vector<std::int64_t>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::abs(at[i] - expected[i]) <= expected[i] / 1'000) continue;
    return {"transfer " + std::to_string(i) + " came at " + std::to_string(at[i]) + " ns, not at " +
                std::to_string(expected[i]) + " ns",
            {}};
  }
  return {};
}

/// Eight nodes in four regions on gigabit links, and four transfers of 1 MB: 0 to 2 and 1 to 3 from
/// region 0 to region 1, 4 to 6 and 5 to 7 from region 2 to region 3.
NetworkSpec four_regions() {
  NetworkSpec spec;
  spec.nodes = 8;
  spec.regions = 4;
  spec.region = {0, 0, 1, 1, 2, 2, 3, 3};
  spec.latency.assign(16, ms(10));
  spec.up_bps.assign(8, 1'000'000'000);
  spec.down_bps = spec.up_bps;
  return spec;
}
const std::vector<Transfer> four_transfers{
    {0, 2, 1'000'000}, {1, 3, 1'000'000}, {4, 6, 1'000'000}, {5, 7, 1'000'000}};

/// 1 MB alone takes 8 ms on a gigabit link; four share 100 Mbit/s for 320 ms.
Verdict backbone_global(const MakeEngine& make) {
  NetworkSpec spec = four_regions();
  spec.backbone_bps = 100'000'000;
  return near(arrivals(make, spec, four_transfers), std::vector<std::int64_t>(4, 330'000'000));
}
/// Two share the backbone of their pair of regions for 160 ms.
Verdict backbone_pair(const MakeEngine& make) {
  NetworkSpec spec = four_regions();
  spec.backbone_bps = 100'000'000;
  spec.backbone_per_pair = true;
  return near(arrivals(make, spec, four_transfers), std::vector<std::int64_t>(4, 170'000'000));
}
Verdict no_backbone(const MakeEngine& make) {
  return near(arrivals(make, four_regions(), four_transfers),
              std::vector<std::int64_t>(4, 18'000'000));
}
/// LV08 multiplies latency by 13.01 and rates by 0.97, for small messages and for flows.
Verdict lv08(const MakeEngine& make) {
  NetworkSpec spec = four_regions();
  spec.flow_model = "LV08";
  return near(arrivals(make, spec, {{0, 2, 1'000}, {4, 6, 1'000'000}}),
              {130'100'000 + 8'247, 130'100'000 + 8'247'423});
}
Verdict constant(const MakeEngine& make) {
  NetworkSpec spec = four_regions();
  spec.flow_model = "constant";
  return near(arrivals(make, spec, {{0, 2, 1}, {4, 6, 10'000'000}}), {10'000'000, 10'000'000});
}
/// A platform file: h2 and h10 (the second and third node by name) send to h1 over one link of
/// 100 Mbit/s; 1 MB each takes 160 ms together.
Verdict platform(const MakeEngine& make) {
  char name[] = "/tmp/ledgerlab-platform-XXXXXX";
  const int file = mkstemp(name);
  if (file < 0) return {"no temporary file", {}};
  close(file);
  std::ofstream(name) << R"(<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="world" routing="Full">
<host id="h10" speed="1Gf"/><host id="h1" speed="1Gf"/><host id="h2" speed="1Gf"/>
<link id="shared" bandwidth="12500kBps" latency="10ms"/>
<link id="wide" bandwidth="1250MBps" latency="10ms"/>
<route src="h1" dst="h2"><link_ctn id="shared"/></route>
<route src="h1" dst="h10"><link_ctn id="shared"/></route>
<route src="h2" dst="h10"><link_ctn id="wide"/></route>
</zone></platform>
)";
  NetworkSpec spec;
  spec.nodes = 3;
  spec.latency = {ms(1)};
  spec.platform_file = name;
  const Verdict v = near(arrivals(make, spec, {{1, 0, 1'000'000}, {2, 0, 1'000'000}}),
                         {170'000'000, 170'000'000});
  std::remove(name);
  return v;
}

/// Of its own: pages of libraries come in as their code runs.
std::uint64_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  std::uint64_t total = 0, resident = 0, of_files = 0;
  status >> total >> resident >> of_files;
  return (resident - of_files) * 4096;
}

}  // namespace

const std::vector<Check>& checks() {
  static const std::vector<Check> all{
      {"delivered_once", "every accepted message arrives exactly once", delivered_once},
      {"link_order", "a link keeps order", link_order},
      {"lower_bounds", "latency and serialisation bound every arrival from below", lower_bounds},
      {"timers", "wake-ups come exactly when and as often as asked for", timers},
      {"clock", "run_until() ends at its limit, nothing happens past it, time never runs back",
       clock},
      {"storm", "a digest of everything that happened", storm},
      {"storm_sliced", "the same in slices of drawn lengths", storm_sliced},
      {"storm_stopped", "the same with a stop at every 17th event", storm_stopped},
      {"timers_only", "a digest of wake-ups alone", timers_only},
      {"unlimited", "a digest of a storm without access links", unlimited},
      {"unlimited_flows", "the same with every message a flow, in slices", unlimited_flows},
  };
  return all;
}

const std::vector<Check>& simgrid_checks() {
  static const std::vector<Check> all{
      {"no_backbone", "flows that share no link do not disturb one another", no_backbone},
      {"backbone_global", "all flows share one backbone", backbone_global},
      {"backbone_pair", "flows between the same regions share a backbone", backbone_pair},
      {"lv08", "LV08 multiplies latencies and rates", lv08},
      {"constant", "every message takes the one latency", constant},
      {"platform", "hosts of a platform file are the nodes by name", platform},
  };
  return all;
}

const Check* find_check(const std::string& name) {
  for (const auto* list : {&checks(), &simgrid_checks()}) {
    for (const Check& check : *list) {
      if (check.name == name) return &check;
    }
  }
  return nullptr;
}

Verdict cycles(const MakeEngine& make, std::uint32_t count) {
  struct Quiet final : EngineSink {
    std::uint32_t heard = 0;
    void on_message(Time, NodeId, NodeId, Token) override { ++heard; }
    void on_wake(NodeId) override {}
    bool may_deliver_early(NodeId, Time) override { return false; }
  };
  std::uint64_t warm = 0, middle = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Quiet sink;
    const std::unique_ptr<Engine> engine = make(network(true));
    for (NodeId n = 1; n < nodes; ++n) engine->transmit(engine->now(), 0, n, 3'000, n);
    // Half of them end with messages under way.
    engine->run_until(time_at(i % 2 == 0 ? 5'000'000'000 : 5'000'000), sink);
    if (i % 2 == 0 && sink.heard != nodes - 1) {
      return {"cycle " + std::to_string(i) + " delivered " + std::to_string(sink.heard), {}};
    }
    if (i == count / 5) warm = resident_bytes();
    if (i == 3 * (count / 5)) middle = resident_bytes();
  }
  // A leak goes on and on; a heap that grows once, by some pages, is none.
  const auto kept = [&](std::uint64_t from, std::uint64_t to) {
    return to > from ? (to - from) / std::max(1u, 2 * (count / 5)) : 0;
  };
  const std::uint64_t least = std::min(kept(warm, middle), kept(middle, resident_bytes()));
  if (least > 100) return {"each cycle keeps " + std::to_string(least) + " B", {}};
  return {};
}

MakeEngine engine_by_name(const std::string& name) {
  if (name == "native") return make_native_engine;
  return load_engine_module(name).make;
}

}  // namespace ledgerlab::engine_contract
