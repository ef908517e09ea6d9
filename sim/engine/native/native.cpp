// The native engine. A message passes its sender's up-link, the latency between the two regions and
// its receiver's down-link; both links are first-in-first-out and store-and-forward: the down-link
// begins when the last byte has arrived.
#include "sim/engine/native/native.hpp"

#include <array>
#include <stdexcept>
#include <string>

#include "sim/engine/native/access_link.hpp"
#include "sim/engine/native/link_noise.hpp"
#include "sim/engine/native/lookahead.hpp"
#include "sim/engine/native/message_slots.hpp"
#include "sim/engine/native/tcp_native.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/huge_pages.hpp"
#include "sim/kernel/instant_order.hpp"

namespace ledgerlab {
namespace native {
namespace {

[[noreturn]] void refuse(const char* why) {
  throw std::invalid_argument(std::string("native engine: ") + why);
}

[[noreturn]] void misuse(const char* why) {
  throw std::logic_error(std::string("native engine: ") + why);
}

void check(const NetworkSpec& spec) {
  if (spec.nodes > event_node_count)
    throw std::length_error("native engine: more than 2^20 = 1048576 nodes");
  if (spec.nodes == 0) refuse("no nodes");
  if (spec.regions == 0) refuse("no regions");
  if (!spec.region.empty() && spec.region.size() != spec.nodes)
    refuse("the list of regions has not one entry a node");
  for (const std::uint16_t region : spec.region)
    if (region >= spec.regions) refuse("a node lies in a region that does not exist");
  if (spec.latency.size() != std::size_t{spec.regions} * spec.regions)
    refuse("the latency matrix is not regions x regions");
  for (const Duration latency : spec.latency) {
    if (latency < Duration{0}) refuse("a latency is negative");
    if (spec.jitter == JitterKind::pareto && count_ns(latency) <= pareto_ns)
      refuse("Pareto delays need latencies above 5 ms");
  }
  if (spec.small_delay < Duration{0} || spec.transfer_delay < Duration{0})
    refuse("a delay of small messages or of transfers is negative");
  if (!spec.up_bps.empty() && spec.up_bps.size() != spec.nodes)
    refuse("the list of up-link rates has not one entry a node");
  if (!spec.down_bps.empty() && spec.down_bps.size() != spec.nodes)
    refuse("the list of down-link rates has not one entry a node");
  if (spec.packet_loss_ppb >= 1'000'000'000) refuse("packet loss is not below 1");
  if (spec.packet_loss_ppb != 0 && spec.mtu == 0) refuse("packet loss needs an mtu");
  if (spec.retransmission_timeout < Duration{0}) refuse("the retransmission timeout is negative");
}

/// A multicast whose copies are still to be put into the queue: the cache lines of its links have
/// been asked for.
struct FanOut {
  static constexpr std::size_t receivers_max = 32;
  std::int64_t sent = 0;           // the copy before the first left the up-link
  std::int64_t serialisation = 0;  // from copy to copy
  std::uint64_t size = 0;
  NodeId from = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 0;
  std::array<NodeId, receivers_max> to;
};

/// What the engine keeps of a node: one cache line.
struct alignas(64) Node {
  AccessLink up;
  AccessLink down;
  std::uint32_t deliveries_pending = 0;  // events on their way out of the down-link
  LinkTable::Rows links;                 // where there is jitter or loss
};
static_assert(sizeof(Node) == 64);

class NativeEngine final : public Engine {
 public:
  explicit NativeEngine(const NetworkSpec& spec);

  Time now() const override { return time_at(now_); }
  void wake_at(NodeId node, Time time) override;
  void transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) override;
  void multicast(Time depart, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                 Token token) override;
  void run_until(Time limit, EngineSink& sink) override;
  void request_stop() override { stop_ = true; }
  std::uint64_t events() const override { return events_; }
  std::uint64_t pending() const override { return queue_.size() + fan_out_copies_; }
  Duration uplink_busy(NodeId node) const override {
    return Duration{nodes_.at(node).up.busy_until(now_)};
  }
  Duration downlink_busy(NodeId node) const override {
    return Duration{nodes_.at(node).down.busy_until(now_)};
  }
  Duration longest_queue() const override { return Duration{longest_queue_}; }
  EngineCapabilities capabilities() const override;

 private:
  void check_call(std::int64_t depart, NodeId from, Token token) const;
  void transfer(std::int64_t depart, NodeId from, std::span<const NodeId> to, std::uint64_t size,
                std::uint32_t index);
  void fan_out(std::int64_t sent, std::int64_t serialisation, NodeId from,
               std::span<const NodeId> to, std::uint64_t size, std::uint32_t index);
  void push_copies(std::int64_t sent, std::int64_t serialisation, NodeId from,
                   std::span<const NodeId> to, std::uint64_t size, std::uint32_t index);
  void push_oldest();
  void push_all() {
    while (fan_outs_end_ != fan_outs_begin_) push_oldest();
  }
  std::int64_t travelled(NodeId from, NodeId to, std::int64_t sent, std::uint64_t size,
                         NoiseLane lane);
  std::int64_t passed(AccessLink& down, const AccessLink& up, std::uint64_t size);
  void handle(std::uint64_t packed, EngineSink& sink);
  void arrive(NodeId to, NodeId from, std::uint32_t index, EngineSink& sink);
  void handle_together(const EventQueue::Instant& instant, EngineSink& sink);
  void ask(std::span<Lookahead::Coming> next, std::size_t round, EngineSink& sink) const;
  const std::int64_t* latencies_from(NodeId from) const {
    return latency_.data() + std::size_t{region_[from]} * regions_;
  }

  EventQueue queue_;
  Lookahead lookahead_;
  // Multicasts that wait, a ring, and the time up to which none of their copies can arrive.
  static constexpr std::uint32_t fan_outs_max = 4;
  std::array<FanOut, fan_outs_max> fan_outs_;
  std::uint32_t fan_outs_begin_ = 0;
  std::uint32_t fan_outs_end_ = 0;
  std::uint64_t fan_out_copies_ = 0;
  std::int64_t fan_outs_safe_ = never;
  std::int64_t latency_min_ = never;
  bool running_ = false;
  InstantSorter sorter_;
  MessageSlots slots_;
  LinkNoise noise_;
  Serialisation serialisation_;  // of down-links
  HugeVector<Node> nodes_;
  std::vector<std::uint16_t> region_;  // apart from nodes_: a sender reads it for each receiver
  std::vector<std::int64_t> latency_;
  std::size_t regions_;
  std::uint64_t overhead_bytes_;
  std::uint64_t seed_;
  std::uint64_t small_bytes_;
  std::int64_t small_delay_;
  std::int64_t transfer_delay_;
  LinkModel model_;
  bool down_limited_ = false;  // any down-link at all; else an event's index is the token itself
  bool stop_ = false;
  std::int64_t now_ = 0;
  std::int64_t limit_ = 0;
  std::int64_t longest_queue_ = 0;
  std::uint64_t events_ = 0;
};

NativeEngine::NativeEngine(const NetworkSpec& spec)
    : lookahead_(spec.nodes),
      noise_(spec),
      nodes_(spec.nodes),
      region_(spec.region),
      regions_(spec.regions),
      overhead_bytes_(spec.overhead_bytes),
      seed_(spec.seed),
      small_bytes_(spec.small_bytes),
      small_delay_(count_ns(spec.small_delay)),
      transfer_delay_(count_ns(spec.transfer_delay)),
      model_(spec.link_model) {
  region_.resize(spec.nodes);
  latency_.reserve(spec.latency.size());
  for (const Duration latency : spec.latency) {
    latency_.push_back(count_ns(latency));
    latency_min_ = std::min(latency_min_, count_ns(latency));
  }
  if (spec.jitter == JitterKind::pareto) latency_min_ -= pareto_ns;
  for (std::size_t node = 0; node < spec.up_bps.size(); ++node)
    nodes_[node].up.bps = spec.up_bps[node];
  for (std::size_t node = 0; node < spec.down_bps.size(); ++node) {
    nodes_[node].down.bps = spec.down_bps[node];
    down_limited_ |= spec.down_bps[node] != 0;
  }
  if (model_ == LinkModel::bottleneck) down_limited_ = false;
  if (model_ == LinkModel::cut_through) down_limited_ = true;
}

inline void NativeEngine::check_call(std::int64_t depart, NodeId from, Token token) const {
  if (depart < now_) misuse("a message may not depart in the past");
  if (from >= nodes_.size()) misuse("the sender does not exist");
  if (token >= event_index_count)
    throw std::length_error("native engine: a token is not below 2^24 = 16777216");
}

void NativeEngine::wake_at(NodeId node, Time time) {
  if (node >= nodes_.size()) misuse("a wake-up for a node that does not exist");
  if (count_ns(time) < now_) misuse("a wake-up in the past");
  queue_.push({count_ns(time), Event::pack(node, node, 0)});
}

void NativeEngine::transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) {
  multicast(depart, from, {&to, 1}, bytes, token);
}

void NativeEngine::multicast(Time depart, NodeId from, std::span<const NodeId> to,
                             std::uint32_t bytes, Token token) {
  check_call(count_ns(depart), from, token);
  bool wrong = false;
  for (const NodeId receiver : to) wrong |= receiver >= nodes_.size() || receiver == from;
  if (wrong) misuse("a receiver does not exist or is the sender itself");
  if (to.empty()) return;

  Node& sender = nodes_[from];
  const std::uint64_t size = overhead_bytes_ + bytes;
  const std::uint32_t index =
      down_limited_ ? slots_.take(token, bytes, static_cast<std::uint32_t>(to.size())) : token;
  if (model_ != LinkModel::queues) {
    transfer(count_ns(depart), from, to, size, index);
    return;
  }
  const std::int64_t serialisation = serialisation_ns(size, sender.up.bps);
  const std::int64_t busy = times(serialisation, to.size());
  const std::int64_t begin = std::max(count_ns(depart), sender.up.free_at);
  sender.up.free_at = later(begin, busy);
  sender.up.serialised = later(sender.up.serialised, busy);
  longest_queue_ = std::max(longest_queue_, sender.up.free_at - count_ns(depart));
  fan_out(begin, serialisation, from, to, size, index);
}

/// Puts the copies of one multicast into the queue, or lets them wait a little while the lines of
/// their links come from memory: never so long that one of them could be due.
void NativeEngine::fan_out(std::int64_t sent, std::int64_t serialisation, NodeId from,
                           std::span<const NodeId> to, std::uint64_t size, std::uint32_t index) {
  if (!running_ || !noise_.on() || !lookahead_.on() || to.size() > FanOut::receivers_max) {
    push_all();  // a link keeps its order
    push_copies(sent, serialisation, from, to, size, index);
    return;
  }
  if (fan_outs_end_ - fan_outs_begin_ == fan_outs_max) push_oldest();
  FanOut& waiting = fan_outs_[fan_outs_end_++ % fan_outs_max];
  waiting.sent = sent;
  waiting.serialisation = serialisation;
  waiting.size = size;
  waiting.from = from;
  waiting.index = index;
  waiting.count = static_cast<std::uint32_t>(to.size());
  std::copy(to.begin(), to.end(), waiting.to.begin());
  fan_out_copies_ += to.size();
  fan_outs_safe_ = std::min(fan_outs_safe_, later(sent, latency_min_) - 1);
  noise_.links().fetch(nodes_[from].links, to, NoiseLane::usual);
}

void NativeEngine::push_oldest() {
  const FanOut& oldest = fan_outs_[fan_outs_begin_++ % fan_outs_max];
  fan_out_copies_ -= oldest.count;
  if (fan_outs_begin_ == fan_outs_end_) fan_outs_safe_ = never;
  push_copies(oldest.sent, oldest.serialisation, oldest.from,
              std::span(oldest.to).first(oldest.count), oldest.size, oldest.index);
}

void NativeEngine::push_copies(std::int64_t sent, std::int64_t serialisation, NodeId from,
                               std::span<const NodeId> to, std::uint64_t size,
                               std::uint32_t index) {
  const std::int64_t* const latency = latencies_from(from);
  if (noise_.on()) {
    LinkTable::Rows& links = nodes_[from].links;
    noise_.links().make_room(links, to.size(), NoiseLane::usual);
    for (const NodeId receiver : to) {
      sent = later(sent, serialisation);
      queue_.push({noise_.arrival(links, from, receiver, sent, latency[region_[receiver]], size),
                   Event::pack(receiver, from, index)});
    }
  } else {
    for (const NodeId receiver : to) {
      sent = later(sent, serialisation);
      queue_.push({later(sent, latency[region_[receiver]]), Event::pack(receiver, from, index)});
    }
  }
}

std::int64_t NativeEngine::travelled(NodeId from, NodeId to, std::int64_t sent, std::uint64_t size,
                                     NoiseLane lane) {
  const std::int64_t latency = latencies_from(from)[region_[to]];
  if (!noise_.on()) return later(sent, latency);
  return noise_.arrival(nodes_[from].links, from, to, sent, latency, size, lane);
}

/// The bandwidth of the narrower of two links, of which either may be unlimited.
constexpr std::uint64_t narrower(std::uint64_t a, std::uint64_t b) {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

/// Sending by the models bottleneck and cut_through.
void NativeEngine::transfer(std::int64_t depart, NodeId from, std::span<const NodeId> to,
                            std::uint64_t size, std::uint32_t index) {
  if (size <= small_bytes_) {
    fan_out(later(depart, small_delay_), 0, from, to, size, index);
    return;
  }
  push_all();  // a link keeps its order
  AccessLink& up = nodes_[from].up;
  for (const NodeId receiver : to) {
    const std::int64_t start = std::max(depart, up.free_at);
    std::int64_t arrival = 0;
    if (model_ == LinkModel::bottleneck) {
      const std::int64_t passage =
          later(transfer_delay_, serialisation_(size, narrower(up.bps, nodes_[receiver].down.bps)));
      arrival = travelled(from, receiver, later(start, passage), size, NoiseLane::large);
      up.free_at = arrival;  // BlockMessageTask.run begins the next one
      up.serialised = later(up.serialised, passage);
      longest_queue_ = std::max(longest_queue_, later(start, passage) - depart);
    } else {
      up.queue(depart, serialisation_(size, up.bps));
      arrival = travelled(from, receiver, start, size, NoiseLane::large);
      longest_queue_ = std::max(longest_queue_, up.free_at - depart);
    }
    queue_.push({arrival, Event::pack(receiver, from, index)});
  }
}

/// cut_through: when a message whose first byte comes now has passed, behind those before it.
std::int64_t NativeEngine::passed(AccessLink& down, const AccessLink& up, std::uint64_t size) {
  const std::int64_t start = std::max(now_, down.free_at);
  down.queue(now_, serialisation_(size, down.bps));
  return later(start, serialisation_(size, narrower(up.bps, down.bps)));
}

inline void NativeEngine::arrive(NodeId to, NodeId from, std::uint32_t index, EngineSink& sink) {
  if (!down_limited_) {
    sink.on_message(time_at(now_), to, from, index);
    return;
  }
  Node& node = nodes_[to];
  if (MessageSlots::out_of_downlink(index)) {
    --node.deliveries_pending;
    sink.on_message(time_at(now_), to, from, slots_.give_back(index));
    return;
  }
  std::int64_t ready = now_;
  bool behind = false;  // a message without a byte still waits behind those before it
  if (model_ == LinkModel::cut_through) {
    const std::uint64_t size = overhead_bytes_ + slots_.bytes(index);
    if (size > small_bytes_) {
      behind = node.down.free_at >= now_;
      ready = passed(node.down, nodes_[from].up, size);
      longest_queue_ = std::max(longest_queue_, ready - now_);
    }
  } else if (node.down.bps != 0) {
    behind = node.down.free_at >= now_;
    ready =
        node.down.queue(now_, serialisation_(overhead_bytes_ + slots_.bytes(index), node.down.bps));
    longest_queue_ = std::max(longest_queue_, ready - now_);
  }
  // What the host cannot know, whether an earlier message is still to be handed over, is checked
  // here; whether anything else can reach the node before is the host's to say.
  const bool early = ready > now_ && ready <= limit_ && node.deliveries_pending == 0 &&
                     sink.may_deliver_early(to, time_at(ready));
  if (early || (ready == now_ && !behind)) {
    sink.on_message(time_at(ready), to, from, slots_.give_back(index));
    return;
  }
  ++node.deliveries_pending;
  queue_.push({ready, Event::pack(to, from, MessageSlots::delivery_of(index))});
}

inline void NativeEngine::handle(std::uint64_t packed, EngineSink& sink) {
  const Event event{now_, packed};
  ++events_;
  if (event.to() == event.from())
    sink.on_wake(event.to());
  else
    arrive(event.to(), event.from(), event.index(), sink);
}

void NativeEngine::handle_together(const EventQueue::Instant& instant, EngineSink& sink) {
  const auto asking = [&](std::span<Lookahead::Coming> next, std::size_t round) {
    ask(next, round, sink);
  };
  const std::span<const InstantSorter::Keyed> events =
      sorter_.sort(instant, InstantKey(seed_, now_));
  queue_.release(instant);
  if (events.size() <= EventQueue::shown_at_once || !lookahead_.on()) {
    for (const InstantSorter::Keyed& event : events) {
      lookahead_.advance(queue_, now_, asking);
      handle(event.packed, sink);
    }
    return;
  }
  // Too many for the queue to show them, and their order is known here: group by group, the rounds
  // of the first ones at once.
  constexpr std::size_t group = Lookahead::group;
  std::array<Lookahead::Coming, group * Lookahead::rounds> ring;
  const auto turn = [&](std::size_t begun) {  // the group in round 0 begins here
    for (std::size_t i = begun; i < std::min(begun + group, events.size()); ++i)
      ring[i % ring.size()] = Lookahead::coming({now_, events[i].packed});
    for (std::size_t round = Lookahead::rounds; round-- > 0;) {
      const std::size_t first = begun - round * group;  // wraps below the first
      if (first < events.size()) {
        ask(std::span(ring).subspan(first % ring.size(), std::min(group, events.size() - first)),
            round, sink);
      }
    }
  };
  for (std::size_t round = 0; round < Lookahead::rounds; ++round) turn(round * group);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i % group == 0) turn(i + Lookahead::rounds * group);
    handle(events[i].packed, sink);
  }
}

/// Asks for what the engine itself reads for these, then lets the host ask.
void NativeEngine::ask(std::span<Lookahead::Coming> next, std::size_t round,
                       EngineSink& sink) const {
  if (round == 0) {
    for (const Lookahead::Coming& coming : next) {
      __builtin_prefetch(&nodes_[coming.node], 1);
      if (down_limited_ && coming.token != EngineSink::no_token) slots_.fetch(coming.token);
    }
  } else if (round == 1 && down_limited_) {
    for (Lookahead::Coming& coming : next) {
      if (coming.token != EngineSink::no_token) coming.token = slots_.token(coming.token);
    }
  }
  sink.soon(next, static_cast<unsigned>(round));
}

void NativeEngine::run_until(Time limit, EngineSink& sink) {
  if (count_ns(limit) < now_) misuse("run_until() a date in the past");
  limit_ = count_ns(limit);
  const auto asking = [&](std::span<Lookahead::Coming> next, std::size_t round) {
    ask(next, round, sink);
  };
  EventQueue::Instant instant;
  running_ = true;
  for (;;) {
    // Once a stop is asked for, only further rounds of the present instant are taken.
    const std::int64_t until = stop_ ? now_ : limit_;
    if (!queue_.take_instant(std::min(until, fan_outs_safe_), instant)) {
      if (fan_outs_begin_ == fan_outs_end_) break;
      push_all();
      continue;
    }
    now_ = instant.time();
    if (instant.single()) {
      const std::uint64_t packed = instant.front().packed;
      queue_.release(instant);
      lookahead_.advance(queue_, now_, asking);
      handle(packed, sink);
    } else {
      handle_together(instant, sink);
    }
  }
  running_ = false;
  if (!stop_) now_ = limit_;
  stop_ = false;
}

std::string physics_of(LinkModel model) {
  switch (model) {
    case LinkModel::bottleneck:
      return "A node transfers one message at a time, at the bandwidth of the narrower of its "
             "up-link and the receiver's down-link; it travels for the latency between the regions "
             "(plus jitter and one doubling timeout for each lost packet), and when it has arrived "
             "the next transfer begins. Messages up to a stated size pass beside: latency only. No "
             "window, no slow start.";
    case LinkModel::cut_through:
      return "Access links are first-in-first-out queues in both directions that a message passes "
             "at once, at the bandwidth of the narrower one, the latency between the regions apart "
             "(plus jitter and one doubling timeout for each lost packet); it occupies each link "
             "for as long as that one alone would take. Messages up to a stated size pass beside: "
             "latency only. No window, no slow start.";
    case LinkModel::queues:
      break;
  }
  return "Access links are first-in-first-out queues at constant rate in both directions, "
         "store-and-forward: a message leaves when its last byte has passed the up-link, "
         "travels for the latency between the regions (plus jitter and one doubling "
         "timeout for each lost packet, never overtaking on its link), and only then "
         "enters the down-link; no congestion inside the network, no window, no slow start.";
}

EngineCapabilities NativeEngine::capabilities() const {
  return {
      .name = "native",
      .version = "native@1",
      .physics = physics_of(model_),
      .future_departure = true,
      .packet_loss = true,
  };
}

}  // namespace
}  // namespace native

std::unique_ptr<Engine> make_native_engine(const NetworkSpec& spec) {
  native::check(spec);
  if (spec.transport == TransportKind::tcp) return native::make_tcp_engine(spec);
  return std::make_unique<native::NativeEngine>(spec);
}

}  // namespace ledgerlab
