// The serial lane of a node: inputs wait in order of arrival, a step runs when its service starts
// (DESIGN 13.2). A step may run ahead of the event queue when nothing can come between: its input
// is first in line, and no rule of the world changes before it ends.
#include <stdexcept>

#include "models/base/int128.hpp"
#include "sim/host/links.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint32_t instant_limit = 1'000'000;

/// Not std::max of a list: GCC writes the list to the stack and reads it back in pairs, which the
/// processor cannot forward; that was a tenth of the time of a delivery.
Time latest(Time a, Time b, Time c) { return std::max(std::max(a, b), c); }

}  // namespace

Duration World::charged(const Node& n, std::uint64_t picoseconds) const {
  return Duration{
      static_cast<std::int64_t>((static_cast<Uint128>(picoseconds) * n.cost_scale) >> 54)};
}

std::uint64_t World::check_cost(const Message& message) const {
  const auto cost = [&](Auth auth) {
    return auth == Auth::none
               ? 0
               : spec_.costs.of(auth == Auth::mac ? Operation::mac : Operation::verify);
  };
  const Message* carried = message.carried();
  if (carried == nullptr) return cost(message.auth());
  // A session's frame is opened; its tag stands for the carried message's own.
  return spec_.costs.of(Operation::aead) +
         spec_.costs.of(Operation::aead_byte) * message.wire_size() +
         (carried->auth() == Auth::signature ? cost(Auth::signature) : 0);
}

/// The host judges signatures of what a frame carries, too; the session judges the frame's tag.
bool World::authentic(const Message& message) const {
  if (message.book.verdict == 0) {
    const Message* carried = message.carried();
    const bool good = carried != nullptr && carried->auth() == Auth::signature
                          ? authentic(*carried)
                          : spec_.suite->authentic(message);
    message.book.verdict = good ? 1 : 2;
  }
  return message.book.verdict == 1;
}

Time World::check_done(const Node& n, std::uint64_t picoseconds, Time ready) {
  // With one core the step itself pays (deliver).
  if (picoseconds == 0 || spec_.hardware.cores == 1) return ready;
  const Duration cost = charged(n, picoseconds);
  if (cost == Duration::zero()) return ready;
  if (cores_.empty()) {
    cores_.resize(nodes_.size() * (spec_.hardware.cores - 1));
    check_busy_.resize(nodes_.size());
  }
  check_busy_[n.id] += cost;
  const std::span<Time> cores = cores_of(n.id);
  Time* first = cores.data();
  for (Time& core : cores) {
    if (core < *first) first = &core;
  }
  *first = std::max(*first, ready) + cost;
  return *first;
}

/// `node` is where the message was lost: at its sender by a link fault, else at its receiver.
void World::drop_message(Time at, NodeId node, NodeId peer, const Message& message,
                         DropReason reason) {
  ++stats_.dropped[static_cast<std::size_t>(reason)];
  count(node, {at, node, EventType::drop, message.slot(), message.kind(), peer,
               message.identity().tag(), static_cast<std::uint64_t>(reason)});
}

bool World::may_deliver_early(NodeId to, Time ready) {
  const Node& n = nodes_[to];
  return eager_ && ready < n.next_local && ready < horizon_ && !n.waiting;
}

/// Ten thousand nodes do not fit into a cache: what the next inputs touch is asked for in rounds,
/// each reading only what the one before has asked for.
void World::soon(std::span<const Coming> next, unsigned round) {
  const auto ask = [](const auto& what) { __builtin_prefetch(&what, 1); };
  // An engine names a token as far as it knows it: it may be anything.
  const auto under_way = [&](const Coming& c) { return c.token < in_flight_.size(); };
  switch (round) {
    case 0:
      for (const Coming& coming : next) {
        const Node& n = nodes_[coming.node];
        ask(n);
        if (coming.token != no_token) {
          if (under_way(coming)) ask(in_flight_[coming.token]);
          if (charges_) ask(n.cpu_busy);
        } else {  // a wake-up
          ask(n.chain);
          ask(n.timers);
        }
      }
      return;
    case 1:
      for (const Coming& coming : next) {
        Node& n = nodes_[coming.node];
        const char* program = reinterpret_cast<const char*>(n.program.get());
        __builtin_prefetch(program, 1);
        __builtin_prefetch(program + 64, 1);
        ask(*n.block.record(n.filled));
        if (n.filled + 1u == StreamBlock::record_count) {
          ask(n.block);
          ask(n.chain);
        }
        if (!under_way(coming)) continue;
        const InFlight& coming_by = in_flight_[coming.token];
        const char* message = reinterpret_cast<const char*>(coming_by.message);
        __builtin_prefetch(message + 64, 1);  // what its receiver looks at
        if (coming_by.wire_size < contents_bytes) continue;
        ask(n.chain);
        ask(n.timers);
        ask(n.disk_bytes);
        ask(n.logs.few());
        if (coming.node < searches_.size()) ask(searches_[coming.node]);
      }
      return;
    default:
      for (const Coming& coming : next) {
        const Node& n = nodes_[coming.node];
        if (n.program) n.program->warm(round - 2);
        if (round == 2 && under_way(coming) &&
            in_flight_[coming.token].wire_size >= contents_bytes) {
          n.logs.fetch();
        }
      }
  }
}

Waiting& World::waiting_of(Node& n) {
  if (n.waiting) return *n.waiting;
  if (spare_waiting_.empty()) {
    n.waiting = std::make_unique<Waiting>();
  } else {
    n.waiting = std::move(spare_waiting_.back());
    spare_waiting_.pop_back();
  }
  return *n.waiting;
}

void World::let_go_if_empty(Node& n) {
  if (n.waiting && n.waiting->empty()) spare_waiting_.push_back(std::move(n.waiting));
}

void World::on_wake(NodeId node) {
  Node& n = nodes_[node];
  const Time now = engine_->now();
  if (n.wake_at <= now) n.wake_at = time_never;
  if (n.holds_back) pass_on_held(n, now);
  if (!n.alive || now < n.next_local) {
    arm(n);
    return;
  }
  if (n.waiting && n.waiting->deferred_due <= now) {
    std::unique_ptr<Effects> effects = std::move(n.waiting->deferred);
    n.waiting->deferred_due = time_never;
    let_go_if_empty(n);
    apply(n, *effects, now);
    spare_effects_.push_back(std::move(effects));
  }
  if (n.queue && n.queue->due <= now) disk_complete(n, now);
  if (n.found_due <= now) {
    n.found_due = time_never;
    const Search& search = searches_[n.id];
    LaneInput input;
    input.ready = now;
    input.kind = InputKind::found;
    input.slot = n.search_slot;
    input.value = search.nonce;
    input.timer.key = search.generation;
    arrive(n, std::move(input));
  }
  if (n.timer_min <= now) enqueue_due_timers(n, now);
  run_lane(n);
  arm(n);
}

void World::enqueue_due_timers(Node& n, Time now) {
  // Due timers enter the lane in the order of their dates, then of their setting.
  for (;;) {
    TimerSlot* first = nullptr;
    Time min = time_never;
    for (TimerSlot& t : n.timers.all()) {
      if (t.fired) continue;
      if (t.due > now) {
        min = std::min(min, t.due);
      } else if (!first || t.due < first->due ||
                 (t.due == first->due && t.generation < first->generation)) {
        first = &t;
      }
    }
    if (!first) {
      n.timer_min = min;
      return;
    }
    first->fired = true;
    LaneInput input;
    input.ready = now;
    input.kind = InputKind::timer;
    input.slot = first->slot;
    input.timer = {first->kind, first->key};
    input.value = first->generation;
    arrive(n, std::move(input));
  }
}

void World::arm(Node& n) {
  Time next = time_never;
  if (n.alive) {
    next = std::min(n.timer_min, n.found_due);
    if (n.queue) next = std::min(next, n.queue->due);
    if (n.waiting) {
      next = std::min(next, n.waiting->deferred_due);
      if (!n.waiting->deferred && !n.waiting->inbox.empty()) {
        const LaneInput& first = n.waiting->inbox.front();
        next = std::min(next,
                        std::max(latest(n.lane_free, first.ready, first.checked), engine_->now()));
      }
    }
  }
  if (n.holds_back) next = std::min(next, delayed_.find(n.id)->second.front().due);
  n.next_local = next;
  if (next < n.wake_at) {
    n.wake_at = next;
    engine_->wake_at(n.id, next);
  }
}

/// A step may start now, or ahead of the queue when no rule of the world changes and nothing of
/// the node's own (timer, disk, search) is due before.
bool World::may_start(const Node& n, Time start) const {
  return (eager_ && start < horizon_ && start < n.next_local) || start <= engine_->now();
}

/// Nothing but the inbox can reach the node in this instant.
bool World::nothing_due(const Node& n) const {
  const Time now = engine_->now();
  return n.timer_min > now && n.found_due > now && (!n.waiting || n.waiting->deferred_due > now) &&
         (!n.queue || n.queue->due > now) &&
         (!n.holds_back || delayed_.find(n.id)->second.front().due > now);
}

void World::arrive(Node& n, LaneInput&& input) {
  if (!n.waiting) {
    const Time start = latest(input.ready, n.lane_free, input.checked);
    if (may_start(n, start) || input.dropped) {
      step(n, input, start);
      return;
    }
  }
  if (input.message) ++stats_.waiting;
  waiting_of(n).inbox.push(std::move(input));
}

void World::run_lane(Node& n) {
  const Time now = engine_->now();
  while (n.waiting && !n.waiting->deferred && n.alive) {
    const LaneInput& first = n.waiting->inbox.front();
    const Time start = latest(first.ready, n.lane_free, first.checked);
    if (!first.dropped && start > now) return;
    const LaneInput input = n.waiting->inbox.pop();
    let_go_if_empty(n);
    if (input.message) --stats_.waiting;
    step(n, input, start);
  }
}

World::InFlight World::summary(const Message& message) const {
  InFlight out;
  out.message = &message;
  out.tag = message.identity().tag();
  out.wire_size = message.wire_size();
  out.kind = message.kind();
  out.slot = message.slot();
  return out;
}

void World::on_message(Time ready, NodeId to, NodeId from, Token token) {
  Node& n = nodes_[to];
  InFlight& under_way = in_flight_[token];
  if (!n.alive) {
    drop_message(ready, to, from, *under_way.message, DropReason::receiver_down);
    release_token(token);
    return;
  }
  if (under_way.verdict == 0) {
    under_way.verdict = authentic(*under_way.message) ? 1 : 2;
    under_way.check = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(check_cost(*under_way.message), check_unknown));
  }
  const bool cut = link_faults_ && links_->cut(from, to);
  const bool refused = under_way.verdict == 2;
  const Time checked =
      cut || under_way.check == 0 ? ready : check_done(n, check_cost(under_way), ready);
  const Time start = latest(ready, n.lane_free, checked);
  if (!n.waiting && !cut && !refused && may_start(n, start)) {
    stats_.longest_wait = std::max(stats_.longest_wait, start - ready);
    deliver(n, InFlight(under_way), from, start);
    release_token(token);
    // A step that listed nothing changed nothing the node waits for.
    if (effects_->list().empty()) return;
    // What the step has itself put into the lane (records durable at once) is next in any case:
    // it needs no wake-up, unless something else of the node is due in this instant.
    if (waits_in_lane(n) && nothing_due(n)) run_lane(n);
  } else {
    const Message& message = *under_way.message;
    LaneInput input;
    input.ready = ready;
    input.checked = checked;
    input.kind = InputKind::deliver;
    input.slot = message.slot();
    input.from = from;
    ++message.book.references;
    input.message = MessageRef(&message);
    // A message lost on arrival takes its place in the line too, so that the node's stream of
    // events has one order whether the node runs ahead or not.
    input.dropped = cut || refused;
    input.value = static_cast<std::uint64_t>(cut ? DropReason::partition : DropReason::refused);
    release_token(token);
    arrive(n, std::move(input));
  }
  arm(n);
}

/// The hot path: one authentic message, stepped at `start`.
void World::deliver(Node& n, const InFlight& message, NodeId from, Time start) {
  count(n, {start, n.id, EventType::deliver, message.slot, message.kind, from, message.tag,
            message.wire_size});
  ++stats_.delivered;
  delivery_.slot = message.slot;
  delivery_.from = from;
  delivery_.message = message.message;
  effects_->begin(n.id);
  effects_->work(Operation::message_handle);
  effects_->work(Operation::message_byte, message.wire_size);
  if (spec_.hardware.cores == 1) effects_->work_picoseconds(check_cost(message));
  run_step(n, delivery_, start, {});
}

void World::step(Node& n, const LaneInput& in, Time start) {
  if (in.dropped) {
    drop_message(in.ready, n.id, in.from, *in.message, static_cast<DropReason>(in.value));
    return;
  }
  if (in.kind == InputKind::deliver) {
    stats_.longest_wait = std::max(stats_.longest_wait, start - in.ready);
    deliver(n, summary(*in.message), in.from, start);
    return;
  }
  Input input;
  input.kind = in.kind;
  input.slot = in.slot;
  Event event{start, n.id, EventType::start, in.slot};
  switch (in.kind) {
    case InputKind::timer: {
      // A timer that was set again, cancelled or belongs to an earlier life never fires.
      const std::span<TimerSlot> timers = n.timers.all();
      std::size_t i = 0;
      while (i < timers.size() && timers[i].generation != in.value) ++i;
      if (i == timers.size()) return;
      n.timers.remove(i);
      input.timer = in.timer;
      event.type = EventType::timer;
      event.kind = static_cast<std::uint16_t>(in.timer.kind);
      event.a = in.timer.key;
      break;
    }
    case InputKind::persisted:
      input.persisted_up_to = in.value;
      event.type = EventType::durable;
      event.a = in.value;
      event.b = in.timer.key;
      break;
    case InputKind::found: {
      Search& search = searches_[n.id];
      if (in.timer.key != search.generation) return;
      ++search.generation;
      ++search.found;
      input.nonce = in.value;
      input.stamp = search.stamp;
      event.type = EventType::found;
      event.a = in.value;
      break;
    }
    case InputKind::call: {
      const LocalCall& call = operation_calls_[in.value];
      input.call = &call;
      event.type = EventType::operate;
      event.kind = static_cast<std::uint16_t>(call.as<Operate>()->action);
      event.a = in.value;
      break;
    }
    case InputKind::start:
      input.incarnation = n.incarnation;
      event.a = n.incarnation;
      break;
    default:
      throw std::logic_error("an input of a kind that the lane does not know");
  }
  count(n, event);
  effects_->begin(n.id);
  run_step(n, input, start, {});
}

void World::run_step(Node& n, Input& input, Time start, std::span<const Record> restored) {
  input.self = n.id;
  input.local = input.wall = start;
  if (!n.clock_true) {
    const NodeClock& clock = clock_of(n);
    input.local = clock.local(start);
    input.wall = input.local + clock.wall_offset;
  }
  const Draws draws(spec_.seed, n.id, n.incarnation);
  input.draws = &draws;
  ++stats_.steps;
  if (start != n.instant) {
    n.instant = start;
    n.instant_inputs = 0;
  } else if (++n.instant_inputs == instant_limit) {
    halted_ = "node " + std::to_string(n.id) + " took " + std::to_string(instant_limit) +
              " inputs at " + std::to_string(count_ns(start)) + " ns without time moving";
    request_stop();
    return;
  }
  n.program->step(input, *effects_);
  if (n.id == spec_.record_inputs_of) record_step(n, input, restored);
  finish_step(n, start);
}

void World::finish_step(Node& n, Time start) {
  const std::uint64_t ps = effects_->cost_picoseconds();
  Time hold = start;
  if (ps != 0) {
    const Duration cost = charged(n, ps);
    n.cpu_busy += cost;
    charges_ = true;
    hold += cost;
  }
  n.lane_free = std::max(n.lane_free, hold);
  if (effects_->list().empty()) return;
  bool wait = hold > engine_->now() && (!eager_ || hold >= horizon_);
  if (hold > engine_->now() && !wait) {
    // Ahead of the queue only what no disk operation and no closed gate can reorder. An idle disk
    // may be given its next operations: they start at `hold`, and nothing reaches it before.
    wait = n.queue || n.holds_back;
  }
  if (!wait) {
    apply(n, *effects_, hold);
    return;
  }
  Waiting& waiting = waiting_of(n);
  waiting.deferred = std::move(effects_);
  waiting.deferred_due = hold;
  if (spare_effects_.empty()) {
    effects_ = std::make_unique<Effects>(*spec_.suite, *interner_, spec_.costs);
  } else {
    effects_ = std::move(spare_effects_.back());
    spare_effects_.pop_back();
  }
  effects_->begin(no_node);
  arm(n);
}

void World::record_step(Node& /*n*/, const Input& input, std::span<const Record> restored) {
  RecordedStep r;
  r.input = input;
  r.input.draws = nullptr;  // they are this step's
  if (input.message) r.message = input.message_ref();
  r.draws = *input.draws;
  r.restored.assign(restored.begin(), restored.end());
  r.effects = effects_->canonical();
  recorded_.push_back(std::move(r));
}

}  // namespace ledgerlab
