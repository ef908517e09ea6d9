// The simgrid engine: large messages are flows of SimGrid's fluid network model, so that transfers
// share access links and backbones while they last (H. Casanova et al., "Versatile, Scalable, and
// Accurate Simulation of Distributed Applications and Platforms", JPDC 2014). SimGrid's cost grows
// with the square of the flows under way, so messages below a threshold are no flows: they queue at
// the sender's up-link and the receiver's down-link and take the route's latency between.
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>
#include <xbt/config.hpp>
#include <xbt/log.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "models/base/fifo.hpp"
#include "models/base/int128.hpp"
#include "sim/engine/module.hpp"
#include "sim/engine/simgrid/platform.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/instant_order.hpp"

namespace ledgerlab::simgrid_engine {
namespace {

std::string version_text() {
  int major = 0, minor = 0, patch = 0;
  sg_version_get(&major, &minor, &patch);
  return "simgrid@2 (SimGrid " + std::to_string(major) + "." + std::to_string(minor) + ")";
}

/// Dates this close, in seconds, are one; ours are nanoseconds apart.
constexpr const char* precision = "surf/precision:1e-10";
/// Long enough for what no link slows, and to be seen on a clock of days; well below the precision.
double least_step(double clock) { return std::max(1e-12, clock * 5e-16); }

/// Nanoseconds that `bytes` take on a link, rounded up; 0 bps is unlimited.
std::int64_t serialisation(std::uint64_t bytes, std::uint64_t bps) {
  if (bps == 0) return 0;
  return static_cast<std::int64_t>((Uint128{bytes} * 8'000'000'000u + bps - 1) / bps);
}

class SimgridEngine final : public Engine {
 public:
  explicit SimgridEngine(const NetworkSpec& spec);
  ~SimgridEngine() override;

  Time now() const override { return time_at(now_); }
  void wake_at(NodeId node, Time time) override;
  void transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) override;
  void multicast(Time depart, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                 Token token) override {
    for (const NodeId receiver : to) transmit(depart, from, receiver, bytes, token);
  }
  void run_until(Time limit, EngineSink& sink) override;
  void request_stop() override { stop_ = true; }
  std::uint64_t events() const override { return events_; }
  std::uint64_t pending() const override { return queue_.size() + flows_; }
  Duration uplink_busy(NodeId node) const override {
    return Duration{std::min(nodes_.at(node).up_busy, now_)};
  }
  Duration downlink_busy(NodeId node) const override {
    return Duration{std::min(nodes_.at(node).down_busy, now_)};
  }
  Duration longest_queue() const override { return Duration{longest_queue_}; }
  EngineCapabilities capabilities() const override;

 private:
  /// How far a message is on its way.
  enum class Stage : std::uint8_t { flowing, ended, arriving, received };

  struct Transfer {
    sg::CommPtr comm;             // of a flow
    std::int64_t begun = 0;       // when it was handed to us
    std::int64_t last_byte = 0;   // small: at the receiver's link; flow: not handed over before
    std::uint64_t bytes = 0;
    Path path;
    NodeId from = 0;
    NodeId to = 0;
    Token token = 0;
    Stage stage = Stage::flowing;
    bool ordered = false;  // waits in its link's line
    bool done = false;     // and could be handed over
  };
  struct Node {
    std::int64_t up_free = 0;  // of the queues of small messages
    std::int64_t down_free = 0;
    std::int64_t up_busy = 0;
    std::int64_t down_busy = 0;
  };
  using Line = Fifo<std::uint32_t>;  // of a link with a flow on it: messages in their order

  void configure();
  std::uint32_t take_slot();
  void start_flow(std::uint32_t slot);
  void start_small(std::uint32_t slot);
  void come_to(std::int64_t at);
  bool flows_ended_before(std::int64_t at);
  void on_completion(std::uint32_t slot);
  void push(std::int64_t at, std::uint32_t slot) {
    const Transfer& t = transfers_[slot];
    queue_.push({std::max(at, now_), Event::pack(t.to, t.from, slot)});
  }
  void handle(const Event& event, EngineSink& sink);
  void proceed(std::uint32_t slot, EngineSink& sink);
  void hand_over(std::uint32_t slot, EngineSink& sink);
  void give(std::uint32_t slot, EngineSink& sink);

  NetworkSpec spec_;
  Platform platform_;
  EventQueue queue_;
  InstantSorter sorter_;
  std::int64_t now_ = 0;
  std::uint64_t events_ = 0;
  bool stop_ = false;
  sg::Engine* engine_ = nullptr;
  std::vector<Transfer> transfers_;
  std::vector<std::uint32_t> free_;
  std::vector<Node> nodes_;
  std::map<std::uint64_t, Line> lines_;  // by (from, to)
  std::uint64_t flows_ = 0;
  bool settled_ = true;  // nothing more ends at SimGrid's present date
  std::vector<sg::CommPtr> ended_;  // SimGrid still touches a comm after its callback
  std::set<sg::Activity*> pause_;   // not empty: SimGrid returns after its present step
  std::int64_t longest_queue_ = 0;
};

/// The completion callback is SimGrid's own and cannot be taken off again.
SimgridEngine* the_engine = nullptr;
bool used = false;

void check(const NetworkSpec& spec) {
  const auto refuse = [](const std::string& why) {
    throw std::invalid_argument("simgrid engine: " + why);
  };
  if (spec.nodes == 0 || spec.regions == 0) refuse("no nodes or no regions");
  if (spec.nodes > event_node_count) refuse("more than 2^20 nodes");
  if (spec.latency.size() != std::size_t{spec.regions} * spec.regions) {
    refuse("the latency matrix is not regions x regions");
  }
  if (spec.jitter != JitterKind::none || spec.packet_loss_ppb != 0) {
    refuse(
        "it has neither jitter nor packet loss: leave network.jitter and network.packet_loss out "
        "(message loss is a fault: [[faults]] kind = \"loss\")");
  }
  if (spec.flow_model != "CM02" && spec.flow_model != "LV08" && spec.flow_model != "constant") {
    refuse("there is no flow model \"" + spec.flow_model + "\": CM02, LV08 or constant");
  }
  if (spec.flow_model == "constant" && (spec.backbone_bps != 0 || !spec.platform_file.empty())) {
    refuse("the constant model has no links: neither a backbone nor a platform file");
  }
  if (spec.backbone_bps != 0 && !spec.platform_file.empty()) {
    refuse("a backbone beside a platform file: describe it there");
  }
  const auto differs = [&](Duration d) { return d != spec.latency.front(); };
  if (spec.flow_model == "constant" &&
      (std::any_of(spec.latency.begin(), spec.latency.end(), differs) ||
       spec.latency.front() <= Duration{0})) {
    refuse("the constant model takes one latency, above zero, for all messages");
  }
}

SimgridEngine::SimgridEngine(const NetworkSpec& spec)
    : spec_(spec), platform_(spec_), nodes_(spec.nodes) {
  check(spec);
  if (used) {
    throw EngineBusy(
        "simgrid engine: one run a process; SimGrid's clock and models are global and never start "
        "anew. Start another process for another run (the ledgerlab program does so by itself)");
  }
  used = true;
  configure();
  platform_.build(*engine_);
  engine_->track_vetoed_activities(&pause_);
  sg::Comm::on_completion_cb([](const sg::Activity& activity) {
    const auto& comm = static_cast<const sg::Comm&>(activity);
    const auto slot = reinterpret_cast<std::uintptr_t>(comm.get_data<void>());
    if (the_engine != nullptr && slot != 0) {
      the_engine->on_completion(static_cast<std::uint32_t>(slot - 1));
    }
  });
  the_engine = this;
}

SimgridEngine::~SimgridEngine() {
  the_engine = nullptr;
  // SimGrid crashes when a comm goes before its end; those under way stay with it.
  for (Transfer& t : transfers_) (void)t.comm.detach();
  xbt_log_control_set("root.thresh:critical");  // it would complain of them at the end
  engine_->track_vetoed_activities(nullptr);
}

void SimgridEngine::configure() {
  static char name[] = "ledgerlab";
  static char quiet[] = "--log=root.thresh:warning";
  static char* arguments[] = {name, quiet, nullptr};
  int count = 2;
  engine_ = new sg::Engine(&count, arguments);
  sg::Engine::set_config(precision);
  // The lazy update gives flows that maestro starts a wrong rate for a while: a message was 12 %
  // faster than its link.
  sg::Engine::set_config("network/optim:Full");
  if (spec_.flow_model == "constant") {
    sg::Engine::set_config("network/model:Constant");
    sg::Engine::set_config("network/latency-factor:" +
                           std::to_string(to_seconds(count_ns(spec_.latency.front()))));
    return;
  }
  sg::Engine::set_config("network/model:" + spec_.flow_model);
  if (spec_.flow_model == "CM02") {
    // Without these two CM02 is the plain fluid model: rates are shared fairly, nothing else.
    sg::Engine::set_config("network/crosstraffic:0");
    sg::Engine::set_config("network/TCP-gamma:0");
  }
}

void SimgridEngine::wake_at(NodeId node, Time time) {
  if (node >= nodes_.size() || count_ns(time) < now_) {
    throw std::logic_error("simgrid engine: a wake-up in the past, or of no node");
  }
  queue_.push({count_ns(time), Event::pack(node, node, 0)});
}

std::uint32_t SimgridEngine::take_slot() {
  if (free_.empty()) {
    if (transfers_.size() == event_index_count) {
      throw EngineLimit("simgrid engine: more than 2^24 = 16777216 messages under way: "
                        "fewer nodes, or a relay with fewer neighbours");
    }
    free_.push_back(static_cast<std::uint32_t>(transfers_.size()));
    transfers_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void SimgridEngine::transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes,
                             Token token) {
  if (count_ns(depart) != now_) throw std::logic_error("simgrid engine: a departure is now");
  if (from >= nodes_.size() || to >= nodes_.size() || from == to) {
    throw std::logic_error("simgrid engine: no such pair of nodes");
  }
  const std::uint32_t slot = take_slot();
  Transfer& t = transfers_[slot];
  t.begun = now_;
  t.bytes = std::uint64_t{bytes} + spec_.overhead_bytes;
  t.path = platform_.path(from, to);
  t.from = from;
  t.to = to;
  t.token = token;
  t.done = false;
  const bool flow = bytes >= spec_.flow_threshold;
  const std::uint64_t link = std::uint64_t{from} << 32 | to;
  const auto line = flow ? lines_.try_emplace(link).first : lines_.find(link);
  t.ordered = line != lines_.end();
  if (t.ordered) line->second.push(slot);
  if (flow) {
    start_flow(slot);
  } else {
    start_small(slot);
  }
}

void SimgridEngine::start_flow(std::uint32_t slot) {
  Transfer& t = transfers_[slot];
  // Small messages that left before it on its link stay before it.
  t.last_byte = std::max(now_, nodes_[t.from].up_free) + t.path.latency_ns;
  t.stage = Stage::flowing;
  come_to(now_);
  t.comm = sg::Comm::sendto_init(platform_.host(t.from), platform_.host(t.to));
  t.comm->set_payload_size(std::max<std::uint64_t>(1, t.bytes));
  t.comm->set_data(reinterpret_cast<void*>(std::uintptr_t{slot} + 1));
  ++flows_;
  settled_ = false;
  t.comm->start();
}

void SimgridEngine::start_small(std::uint32_t slot) {
  Transfer& t = transfers_[slot];
  Node& sender = nodes_[t.from];
  const std::int64_t time = serialisation(t.bytes, t.path.up_bps);
  const std::int64_t start = std::max(now_, sender.up_free);
  sender.up_free = start + time;
  sender.up_busy += time;
  longest_queue_ = std::max(longest_queue_, sender.up_free - now_);
  t.last_byte = sender.up_free + t.path.latency_ns;
  // Its first byte enters the receiver's link while the last is still on the way.
  const bool limited = t.path.down_bps != 0;
  t.stage = limited ? Stage::arriving : Stage::received;
  push(limited ? start + t.path.latency_ns : t.last_byte, slot);
}

/// SimGrid's clock moves on to `at` while no flow can end before.
void SimgridEngine::come_to(std::int64_t at) {
  // One step ends as soon as it is within ten microseconds of its date.
  for (const double date = to_seconds(at); sg::Engine::get_clock() < date;) {
    engine_->run_until(date);
  }
}

/// Moves SimGrid on towards `at`; true if it moved, so that the queue is to be looked at again.
bool SimgridEngine::flows_ended_before(std::int64_t at) {
  // Where no link takes time the end of a latency and of its transfer are steps of their own, and
  // rounding can make one more: a whole least step must pass without any before the instant `at`
  // is handled.
  const double date = to_seconds(at);
  const double clock = sg::Engine::get_clock();
  if (clock >= date && settled_) return false;
  const double target = clock >= date ? clock + least_step(clock) : date;
  engine_->run_until(target);
  settled_ = clock >= date && pause_.empty() && sg::Engine::get_clock() >= target;
  pause_.clear();
  ended_.clear();
  return true;
}

void SimgridEngine::on_completion(std::uint32_t slot) {
  Transfer& t = transfers_[slot];
  pause_.insert(t.comm.get());
  ended_.push_back(std::move(t.comm));
  t.comm = nullptr;
  --flows_;
  const std::int64_t up = serialisation(t.bytes, t.path.up_bps);
  const std::int64_t down = serialisation(t.bytes, t.path.down_bps);
  nodes_[t.from].up_busy += up;
  nodes_[t.to].down_busy += down;
  t.stage = Stage::ended;
  push(std::max(to_ns(sg::Engine::get_clock()), t.last_byte), slot);
}

void SimgridEngine::run_until(Time limit, EngineSink& sink) {
  if (count_ns(limit) < now_) throw std::logic_error("simgrid engine: run_until() a past date");
  while (true) {
    // Once a stop is asked for, only further rounds of the present instant are taken.
    const std::int64_t last = stop_ ? now_ : count_ns(limit);
    const auto next = queue_.peek_min();
    const bool due = next && *next <= last;
    if (flows_ > 0 && !stop_ && flows_ended_before(due ? *next : last)) continue;
    EventQueue::Instant instant;
    if (!due || !queue_.take_instant(last, instant)) break;
    now_ = instant.time();
    const auto events = sorter_.sort(instant, InstantKey(spec_.seed, now_));
    queue_.release(instant);
    for (const auto& keyed : events) handle({now_, keyed.packed}, sink);
  }
  if (!stop_) now_ = count_ns(limit);
  stop_ = false;
}

void SimgridEngine::handle(const Event& event, EngineSink& sink) {
  ++events_;
  if (event.to() == event.from()) {
    sink.on_wake(event.to());
  } else {
    proceed(event.index(), sink);
  }
}

void SimgridEngine::proceed(std::uint32_t slot, EngineSink& sink) {
  Transfer& t = transfers_[slot];
  Node& receiver = nodes_[t.to];
  std::int64_t ready = now_;
  if (t.stage == Stage::arriving) {
    const std::int64_t time = serialisation(t.bytes, t.path.down_bps);
    ready = std::max(t.last_byte, std::max(now_, receiver.down_free) + time);
    receiver.down_free = ready;
    receiver.down_busy += time;
    longest_queue_ = std::max(longest_queue_, ready - now_);
  } else if (t.stage == Stage::ended) {
    ready = std::max(now_, receiver.down_free);
    longest_queue_ = std::max(longest_queue_, ready - t.begun - t.path.latency_ns);
  }
  t.stage = Stage::received;
  if (ready > now_) {
    push(ready, slot);
  } else {
    hand_over(slot, sink);
  }
}

/// A link keeps order: what overtook a message sent before it waits here, as in one TCP connection.
void SimgridEngine::hand_over(std::uint32_t slot, EngineSink& sink) {
  if (!transfers_[slot].ordered) {
    give(slot, sink);
    return;
  }
  transfers_[slot].done = true;
  const auto line =
      lines_.find(std::uint64_t{transfers_[slot].from} << 32 | transfers_[slot].to);
  std::vector<std::uint32_t> in_order;
  while (!line->second.empty() && transfers_[line->second.front()].done) {
    in_order.push_back(line->second.pop());
  }
  if (line->second.empty()) lines_.erase(line);
  for (const std::uint32_t ready : in_order) give(ready, sink);
}

void SimgridEngine::give(std::uint32_t slot, EngineSink& sink) {
  const Transfer& t = transfers_[slot];
  const NodeId to = t.to, from = t.from;
  const Token token = t.token;
  free_.push_back(slot);
  sink.on_message(now(), to, from, token);
}

EngineCapabilities SimgridEngine::capabilities() const {
  const bool constant = spec_.flow_model == "constant";
  std::string physics =
      constant ? "SimGrid's network model Constant: every message takes the one latency, whatever "
                 "its size"
               : "SimGrid's network model " + spec_.flow_model + ": messages from " +
                     std::to_string(spec_.flow_threshold) +
                     " B are flows that share " +
                     (spec_.platform_file.empty() ? "access links" : "the links of the platform file");
  if (spec_.backbone_bps != 0) {
    physics += spec_.backbone_per_pair ? " and one backbone each pair of regions"
                                       : " and one backbone for all";
  }
  if (!constant) {
    physics +=
        " max-min fairly while they last; smaller ones queue at the sender's up-link and the "
        "receiver's down-link and take the latency between, beside the flows";
  }
  if (spec_.flow_model == "LV08") {
    physics += "; latencies are multiplied by 13.01 and rates by 0.97, for the ramps of TCP";
  }
  physics += "; a link between two nodes hands over in order; no packets, no loss, no jitter.";
  return {.name = "simgrid",
          .version = version_text(),
          .physics = physics,
          .future_departure = false,
          .packet_loss = false};
}

const EngineModule module{engine_interface, LEDGERLAB_ENGINE_BUILD, "simgrid", version_text,
                          [](const NetworkSpec& spec) -> std::unique_ptr<Engine> {
                            return std::make_unique<SimgridEngine>(spec);
                          }};

}  // namespace
}  // namespace ledgerlab::simgrid_engine

extern "C" const ledgerlab::EngineModule* ledgerlab_engine() {
  return &ledgerlab::simgrid_engine::module;
}
