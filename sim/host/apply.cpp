// What a step listed takes hold: messages leave, timers run, records go to the disk, searches
// begin, announcements enter the trace (DESIGN 13.2).
#include <algorithm>
#include <stdexcept>

#include "models/base/int128.hpp"
#include "sim/host/links.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab {
namespace {

constexpr bool is_message(EffectKind kind) { return kind <= EffectKind::broadcast; }

}  // namespace

void World::apply(Node& n, Effects& effects, Time hold) {
  const std::uint64_t first_operation = n.queue ? n.queue->submitted : 0;
  const bool at_once = disk_at_once(n, hold);
  bool written = false;
  for (const Effect& e : effects.list()) {
    switch (e.kind) {
      case EffectKind::set_timer: {
        const TimerId id{e.node, e.a};
        const Duration delay{static_cast<std::int64_t>(e.b)};
        const Time due = hold + (n.clock_true ? delay : clock_of(n).true_delay(delay));
        TimerSlot* slot = nullptr;
        for (TimerSlot& t : n.timers.all()) {
          if (t.is(e.slot, id)) slot = &t;
        }
        if (!slot) slot = &n.timers.add();
        *slot = {id.key, due, ++n.timer_generation, id.kind, e.slot, false};
        n.timer_min = std::min(n.timer_min, due);
        break;
      }
      case EffectKind::cancel_timer: {
        const std::span<TimerSlot> timers = n.timers.all();
        for (std::size_t i = 0; i < timers.size(); ++i) {
          if (!timers[i].is(e.slot, {e.node, e.a})) continue;
          n.timers.remove(i);
          break;
        }
        break;
      }
      case EffectKind::persist:
      case EffectKind::truncate:
      case EffectKind::forget:
        if (at_once) {
          disk_write(n, effects, e);
          written = true;
        } else {
          disk_submit(n, effects, e);
        }
        break;
      case EffectKind::search:
        n.search_slot = e.slot;
        start_search(n, effects.search_of(e), hold);
        break;
      case EffectKind::stop_search:
        if (n.id < searches_.size()) ++searches_[n.id].generation;
        n.found_due = time_never;
        break;
      case EffectKind::answer:
        count(n, {hold, n.id, EventType::answer, e.slot, e.small, 0, e.a, e.b});
        break;
      case EffectKind::submit:
        count(n.id,
              {hold, n.id, EventType::submit, e.slot, 0, 0, e.c, e.b, &effects.transaction_of(e)});
        break;
      case EffectKind::acknowledge:
        count(n, {hold, n.id, EventType::acknowledge, e.slot, 0, 0, e.a, e.b});
        break;
      case EffectKind::give_up:
        count(n, {hold, n.id, EventType::give_up, e.slot, 0, 0, e.a, 0});
        break;
      case EffectKind::read:
        count(n, {hold, n.id, EventType::read, e.slot, 0, 0, e.a, e.b});
        break;
      case EffectKind::read_done:
        count(n, {hold, n.id, EventType::read_done, e.slot, 0, 0, e.a, e.b});
        break;
      case EffectKind::note:
        if (interest_ & event_bit(EventType::note)) {
          tell({hold, n.id, EventType::note, e.slot, 0, 0, 0, 0, &effects.note_of(e)});
        }
        break;
      case EffectKind::admit:
        break;  // of no sessions here
      default:
        if (written && e.gate == Gate::gated) {
          held_.push_back(e);
        } else {
          apply_outside(n, effects, e, hold, first_operation);
        }
    }
  }
  if (written) disk_written(n, effects, hold);
  if (n.queue && n.queue->due == time_never && !n.queue->waiting.empty()) disk_start(n, hold);
}

void World::apply_outside(Node& n, Effects& effects, const Effect& e, Time hold,
                          std::uint64_t step_first_op) {
  if (e.gate == Gate::gated && n.queue) {
    // Its module's records, and those that other modules listed earlier in this step: what a local
    // call caused (publish, reply) must not get out before what its caller wrote.
    DiskQueue& queue = *n.queue;
    std::uint64_t& need = queue.needed[static_cast<std::size_t>(e.slot)];
    if (queue.submitted > step_first_op) need = queue.submitted;
    if (need > queue.durable) {
      GateItem item;
      item.need = need;
      item.effect = e;
      if (is_message(e.kind)) item.message = effects.take_message(e);
      if (e.kind == EffectKind::multicast) {
        const auto nodes = effects.nodes_of(e);
        item.targets.assign(nodes.begin(), nodes.end());
      }
      if (e.kind == EffectKind::announce_head || e.kind == EffectKind::announce_final) {
        item.block = effects.block_of(e);
      }
      queue.gate.push(std::move(item));
      return;
    }
  }
  let_out(n, effects, e, hold);
}

void World::let_out(Node& n, Effects& effects, const Effect& e, Time hold) {
  switch (e.kind) {
    case EffectKind::send: {
      const MessageRef message = effects.take_message(e);
      transmit(n, message, {&e.node, 1}, hold);
      break;
    }
    case EffectKind::multicast: {
      const MessageRef message = effects.take_message(e);
      transmit(n, message, effects.nodes_of(e), hold);
      break;
    }
    case EffectKind::broadcast: {
      const MessageRef message = effects.take_message(e);
      transmit_broadcast(n, message, hold);
      break;
    }
    case EffectKind::announce_role:
      announce(n, e, nullptr, hold);
      break;
    case EffectKind::announce_head:
    case EffectKind::announce_final:
      announce(n, e, &effects.block_of(e), hold);
      break;
    default:
      throw std::logic_error("an effect that the host does not know");
  }
}

void World::release(Node& n, GateItem&& item, Time at) {
  switch (item.effect.kind) {
    case EffectKind::send:
      transmit(n, item.message, {&item.effect.node, 1}, at);
      break;
    case EffectKind::multicast:
      transmit(n, item.message, item.targets, at);
      break;
    case EffectKind::broadcast:
      transmit_broadcast(n, item.message, at);
      break;
    default:
      announce(n, item.effect, &item.block, at);
  }
}

void World::announce(Node& n, const Effect& e, const BlockRef* block, Time at) {
  if (e.kind == EffectKind::announce_role) {
    if (static_cast<NodeRole>(e.small) == NodeRole::leader &&
        (leader_ == no_node || e.a >= leader_term_)) {
      leader_ = n.id;
      leader_term_ = e.a;
    }
    count(n, {at, n.id, EventType::role, e.slot, e.small, e.node, e.a, 0});
    return;
  }
  const auto type = e.kind == EffectKind::announce_head ? EventType::head : EventType::final_block;
  if (producers_matter_ && type == EventType::head) {
    // Nodes run ahead of one another: the earlier instant counts, not the earlier call.
    const auto height = static_cast<std::size_t>((*block)->height);
    if (first_heads_.size() <= height) first_heads_.resize(height + 1);
    FirstHead& first = first_heads_[height];
    if (at < first.at || (at == first.at && n.id < first.node)) first = {at, n.id};
  }
  count(n, {at, n.id, type, e.slot, 0, 0, (*block)->id.tag(), (*block)->height, block});
}

void World::count_send(Node& n, const Message& message, std::span<const NodeId> to, Time depart) {
  const std::uint64_t copies = to.size();
  const std::uint64_t bytes = message.wire_size();
  stats_.sent += copies;
  stats_.all_bytes += copies * bytes;
  if (n.is_replica && to.front() >= spec_.replicas) {
    stats_.client_bytes += copies * bytes;
  } else if (n.is_replica) {
    stats_.replica_messages[static_cast<std::size_t>(message.role())] += copies;
    stats_.replica_bytes[static_cast<std::size_t>(message.role())] += copies * bytes;
  }
  count(n, {depart, n.id, EventType::send, message.slot(), message.kind(),
            copies == 1 ? to.front() : static_cast<std::uint32_t>(copies), message.identity().tag(),
            bytes | (copies == 1 ? 0 : std::uint64_t{1} << 32)});
}

void World::transmit(Node& n, const MessageRef& message, std::span<const NodeId> to, Time depart) {
  count_send(n, *message, to, depart);
  if (link_faults_) {
    transmit_faulty(n, message, to, depart);
    return;
  }
  const Token token = token_for(message, static_cast<std::uint32_t>(to.size()));
  engine_->multicast(depart, n.id, to, message->wire_size(), token);
}

void World::transmit_broadcast(Node& n, const MessageRef& message, Time depart) {
  const std::span<const NodeId> all(replica_ids_);
  if (!n.is_replica) {
    transmit(n, message, all, depart);
    return;
  }
  // Everyone but the sender: below it and above it, as one send in the trace.
  if (all.size() < 2) return;
  const auto below = all.first(n.id);
  const auto above = all.subspan(n.id + 1);
  const std::uint32_t copies = static_cast<std::uint32_t>(all.size() - 1);
  const std::uint64_t bytes = message->wire_size();
  stats_.sent += copies;
  stats_.all_bytes += copies * bytes;
  stats_.replica_messages[static_cast<std::size_t>(message->role())] += copies;
  stats_.replica_bytes[static_cast<std::size_t>(message->role())] += copies * bytes;
  count(n, {depart, n.id, EventType::send, message->slot(), message->kind(),
            copies == 1 ? (below.empty() ? above : below).front() : copies,
            message->identity().tag(), bytes | (copies == 1 ? 0 : std::uint64_t{1} << 32)});
  if (link_faults_) {
    transmit_faulty(n, message, below, depart);
    transmit_faulty(n, message, above, depart);
    return;
  }
  const Token token = token_for(message, copies);
  if (!below.empty()) engine_->multicast(depart, n.id, below, message->wire_size(), token);
  if (!above.empty()) engine_->multicast(depart, n.id, above, message->wire_size(), token);
}

void World::transmit_faulty(Node& n, const MessageRef& message, std::span<const NodeId> to,
                            Time depart) {
  for (const NodeId target : to) {
    if (links_->cut(n.id, target)) {
      drop_message(depart, n.id, target, *message, DropReason::partition);
    } else if (links_->lost(n.id, target)) {
      drop_message(depart, n.id, target, *message, DropReason::loss);
    } else {
      pass_on(n, message, target, depart);
      if (links_->duplicated(n.id, target)) {
        ++stats_.duplicated;
        pass_on(n, message, target, depart);
      }
    }
  }
}

void World::pass_on(Node& n, const MessageRef& message, NodeId target, Time depart) {
  // Held by an overtaking fault a message stands in nobody's way: its link's order is not kept.
  const Time due = links_->held_until(n.id, target, depart) + links_->overtaken(n.id, target);
  if (due <= depart) {
    engine_->transmit(depart, n.id, target, message->wire_size(), token_for(message, 1));
    return;
  }
  std::vector<Delayed>& delayed = delayed_[n.id];
  const auto place = std::upper_bound(delayed.begin(), delayed.end(), due,
                                      [](Time t, const Delayed& d) { return t < d.due; });
  delayed.insert(place, {due, message, target});
  n.holds_back = true;
  ++delayed_count_;
  arm(n);
}

/// Held back in the network, not in the node: it goes on although its sender may be down.
void World::pass_on_held(Node& n, Time now) {
  const auto of_node = delayed_.find(n.id);
  std::vector<Delayed>& delayed = of_node->second;
  while (!delayed.empty() && delayed.front().due <= now) {
    const Delayed held = std::move(delayed.front());
    delayed.erase(delayed.begin());
    --delayed_count_;
    engine_->transmit(now, n.id, held.to, held.message->wire_size(), token_for(held.message, 1));
  }
  if (!delayed.empty()) return;
  delayed_.erase(of_node);
  n.holds_back = false;
}

Token World::token_for(const MessageRef& message, std::uint32_t copies) {
  auto& book = message->book;
  if (book.token == EngineSink::no_token) {
    if (free_tokens_.empty()) {
      book.token = static_cast<Token>(in_flight_.size());
      in_flight_.emplace_back();
    } else {
      book.token = free_tokens_.back();
      free_tokens_.pop_back();
    }
    ++book.references;
    in_flight_[book.token] = summary(*message);
  }
  in_flight_[book.token].copies += copies;
  return book.token;
}

void World::release_token(Token token) {
  InFlight& under_way = in_flight_[token];
  if (--under_way.copies != 0) return;
  auto& book = under_way.message->book;
  // Nobody asks for the token of one that goes: its line is left alone.
  if (book.references > 1) book.token = EngineSink::no_token;
  const MessageRef drop(std::exchange(under_way.message, nullptr));
  free_tokens_.push_back(token);
}

namespace {

/// The node's wall clock when the search will end; a jump of the clock until then comes too late.
std::uint64_t stamp_of(const NodeClock& clock, const WorkSearch& search, Time found) {
  const std::int64_t wall = std::max<std::int64_t>(count_ns(clock.wall(found)), 0);
  const auto now = static_cast<std::uint64_t>(wall);
  return std::max(now - now % search.unit, search.earliest);
}

}  // namespace

void World::start_search(Node& n, const WorkSearch& search, Time hold) {
  n.found_due = time_never;
  const std::uint64_t rate = hash_rate(n.id);
  if (rate == 0) return;
  Search& own = searches_[n.id];
  ++own.generation;
  const NodeClock& clock = clock_of(n);
  const Draws draws(spec_.seed, n.id, n.incarnation);
  const std::uint64_t key = search.header.tag();
  if (spec_.real_mining) {
    // Tries nonces upward from a drawn one; the count of tries gives the time they took.
    std::uint64_t nonce = draws(Purpose("host.search.nonce"), key);
    std::uint64_t tries = 1;
    const auto at = [&] {
      return hold + Duration{static_cast<std::int64_t>(static_cast<Uint128>(tries) * 1'000'000'000 /
                                                       rate)};
    };
    const auto is_work = [&] {
      n.found_due = at();
      own.stamp = stamp_of(clock, search, n.found_due);
      return spec_.suite->work_valid(stamped(search.header, own.stamp), search.target, nonce);
    };
    while (!is_work()) {
      ++nonce;
      if (++tries > (std::uint64_t{1} << 32)) {
        throw std::runtime_error(
            "mining = \"nonce\": no work found in 2^32 tries; lower the difficulty (hash power or "
            "block interval) or use mining = \"lottery\"");
      }
    }
    own.nonce = nonce;
    return;
  }
  const Duration takes = draw_exponential(draws(Purpose("host.search.time"), key),
                                          mean_search_time(search.target, rate));
  // The draw saturates, and so does the sum: a tiny miner's find lies beyond the end of time.
  n.found_due = takes < time_never - hold ? hold + takes : time_never;
  if (n.found_due > spec_.end) return;  // nobody will see it
  own.stamp = stamp_of(clock, search, n.found_due);
  own.nonce = spec_.mint_ticket(stamped(search.header, own.stamp), search.target);
}

}  // namespace ledgerlab
