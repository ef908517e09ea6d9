#include "models/parts/relay/relay.hpp"

#include <algorithm>
#include <bit>

namespace ledgerlab::relay {

Relay::Relay(const ModuleContext& context, Mode mode)
    : words_(static_cast<std::uint32_t>((context.neighbours.size() + 63) / 64)),
      mode_(mode),
      forward_(context.params->flag("forward")),
      attempts_max_(static_cast<std::uint32_t>(context.params->count("attempts_max"))),
      neighbours_(context.neighbours),
      request_timeout_(context.params->duration("request_timeout")),
      announce_interval_(context.params->duration("announce_interval")),
      keep_(context.params->duration("keep_contents")),
      remember_(context.params->count("remember_contents")) {
  if (!std::is_sorted(neighbours_.begin(), neighbours_.end())) {
    std::vector<NodeId> sorted(neighbours_.begin(), neighbours_.end());
    std::sort(sorted.begin(), sorted.end());
    neighbours_ = sorted;
  }
  const Duration mean = context.params->duration("trickle");
  const Duration to_called = context.params->duration("trickle_outbound");
  if (mean != Duration::zero()) {
    trickle_ = std::make_unique<Trickle>(context.self, mean,
                                         to_called == Duration::zero() ? mean : to_called);
    trickle_->set_peers({}, neighbours_);
  }
  make_reconciler(context);
  keeps_who_ = trickle_ || reconciler_;
}

void Relay::make_reconciler(const ModuleContext& context) {
  const Reconciler::Settings settings{
      context.self, context.params->duration("reconcile_interval"),
      static_cast<std::uint32_t>(context.params->count("flood_peers"))};
  if (context.params->text("transactions") != "reconcile") return;
  Reconciler::Items items;
  items.lacks = [this](Sequence s, std::size_t p) { return spreads(s) && !knows(s, p); };
  items.id = [this](Sequence s) -> const Hash128& { return content_of(s)->identity(); };
  items.announce = [this](Effects& effects, std::size_t p, std::span<const Sequence> list) {
    send_inv(effects, p, list);
  };
  reconciler_ = std::make_unique<Reconciler>(settings, std::move(items));
}

void Relay::warm(unsigned depth) const {
  if (depth != 0) return;
  // The newest contents are what is spoken of.
  if (unspread_ == 0) return;
  if (!items_.empty()) __builtin_prefetch(&items_.back(), 1);
  if (!known_.empty()) __builtin_prefetch(&known_.back(), 1);
  for (std::size_t i = 0; i < neighbours_.size(); i += 16)
    __builtin_prefetch(neighbours_.data() + i);
}

void Relay::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::deliver:
      if (const auto* inv = input.message->as<Inv>()) {
        on_inv(input, *inv, effects);
      } else if (input.message->as<Content>()) {
        take(input, effects, input.message_ref(), input.from);
      } else if (const auto* get = input.message->as<GetData>()) {
        on_get_data(input, *get, effects);
      } else if (!reconciler_ || !on_reconciliation(input, effects)) {
        on_message(input, effects);
      }
      break;
    case InputKind::timer:
      if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::request)) {
        retry(input, effects);
      } else if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::announce)) {
        announce_gathered(effects);
      } else if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::trickle)) {
        announce_trickled(input, effects);
      } else if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::reconcile)) {
        reconciler_->on_timer(input, effects);
      } else {
        on_timer(input, effects);
      }
      break;
    case InputKind::call:
      if (const auto* call = input.call->as<Publish>()) {
        publish(input, call->content, effects);
      } else if (const auto* now = input.call->as<Peers>()) {
        on_peers(input, now->peers, effects);
      } else {
        on_answer(input, effects);
      }
      break;
    case InputKind::start:
      if (reconciler_) reconciler_->start(input, effects, neighbours_);
      on_start(input, effects);
      break;
    default:
      break;
  }
}

bool Relay::on_reconciliation(const Input& input, Effects& effects) {
  const std::uint32_t from = position(input.from);
  return from != neighbours_.size() && reconciler_->on_message(input, effects, from);
}

// --- what arrives -------------------------------------------------------------------------------

void Relay::on_inv(const Input& input, const Inv& inv, Effects& effects) {
  GetData get;
  for (const Hash128& id : inv.ids) {
    if (announced(input, effects, id, input.from)) get.ids.push_back(id);
  }
  if (get.ids.empty()) return;
  effects.send(input.from, std::move(get));
  arm_requests(input.local, effects);
}

Relay::Heard Relay::heard(const Input& input, Effects& effects, const Hash128& id, NodeId from) {
  const std::uint32_t dense = effects.intern(id);
  if (seen_.has(dense)) {
    // Who has what is forgotten once it is spread, unless it may still wait to be announced.
    if (unspread_ == 0 && !keeps_who_) return {};
    const std::uint32_t at = at_hand(dense);
    if (at != DenseIndex::none) set_known(at, from);
    return {at, false};
  }
  const std::uint32_t at_from = position(from);
  if (at_from == neighbours_.size()) return {};  // not of our overlay
  const Sequence sequence = add_item(dense, State::wanted, input.local);
  known(sequence)[at_from / 64] |= std::uint64_t{1} << (at_from % 64);
  requests_.push_back({sequence, id, input.local + request_timeout_, at_from, 1});
  return {sequence, true};
}

void Relay::on_get_data(const Input& input, const GetData& get, Effects& effects) {
  for (const Hash128& id : get.ids) {
    const std::uint32_t at = at_hand(effects.intern(id));
    // What we dropped we cannot send; the asker turns to another after its timeout.
    if (at != DenseIndex::none && item(at).state == State::spread) {
      effects.send(input.from, item(at).frame);
    }
  }
}

void Relay::take(const Input& input, Effects& effects, const MessageRef& frame, NodeId from) {
  const MessageRef& content = frame->as<Content>()->content;
  const std::uint32_t dense = effects.intern(content->identity());
  if (!seen_.has(dense)) {
    return hold(input, effects, add_item(dense, State::held, input.local), frame, from);
  }
  const std::uint32_t at = at_hand(dense);
  if (at == DenseIndex::none) return;
  if (item(at).state == State::wanted) return take_wanted(input, effects, at, frame, from);
  set_known(at, from);
}

void Relay::take_wanted(const Input& input, Effects& effects, Sequence sequence,
                        const MessageRef& frame, NodeId from) {
  forget_request(sequence);
  hold(input, effects, sequence, frame, from);
}

void Relay::hold(const Input& input, Effects& effects, Sequence sequence, const MessageRef& frame,
                 NodeId from) {
  set_known(sequence, from);
  Item& it = item(sequence);
  it.state = State::held;
  it.since = input.local;
  it.frame = frame;
  on_settled(effects, sequence, from);
  const MessageRef& content = frame->as<Content>()->content;
  effects.call(content->slot(), Relayed{content, from});
  after_request(input, effects);
}

void Relay::on_peers(const Input& input, const std::vector<NodeId>& peers, Effects& effects) {
  // Who has what is kept by position: moved to the new ones.
  const std::vector<NodeId> before(neighbours_.begin(), neighbours_.end());
  neighbours_ = peers;
  const auto width = static_cast<std::uint32_t>((peers.size() + 63) / 64);
  std::vector<std::uint64_t> moved(items_.size() * width, 0);
  for (std::size_t old = 0; old < before.size(); ++old) {
    const std::uint32_t at = position(before[old]);
    if (at == neighbours_.size()) continue;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::uint64_t bit = known_[i * words_ + old / 64] >> (old % 64) & 1;
      moved[i * width + at / 64] |= bit << (at % 64);
    }
  }
  known_ = std::move(moved);
  words_ = width;
  bool left = false;
  for (Request& r : requests_) {
    r.asked = position(before[r.asked]);
    if (r.asked != neighbours_.size()) continue;
    r.asked = 0;
    r.deadline = input.local;  // it left: another is asked at once
    left = true;
  }
  if (trickle_) trickle_->set_peers(before, neighbours_);
  if (reconciler_) reconciler_->set_peers(input, effects, before, neighbours_);
  on_new_peers(input, effects, before);
  if (left) retry(input, effects);
}

// --- what we spread -----------------------------------------------------------------------------

void Relay::publish(const Input& input, const MessageRef& content, Effects& effects) {
  const std::uint32_t dense = effects.intern(content->identity());
  std::uint32_t at = at_hand(dense);
  if (at == DenseIndex::none) {
    at = add_item(dense, State::held, input.local);
  } else if (item(at).state == State::spread) {
    return;
  } else if (item(at).state == State::wanted) {
    // The owner has it from elsewhere; nobody needs to send it to us.
    forget_request(at);
    on_settled(effects, at, no_node);
  }
  Item& it = item(at);
  const bool foreign = static_cast<bool>(it.frame);
  if (!foreign) it.frame = effects.make(Content{content});
  it.state = State::spread;
  it.since = input.local;
  --unspread_;
  if (!forward_ && foreign) return;
  if (mode_ == Mode::unsolicited && !foreign && content->role() == Role::proposal) {
    effects.multicast(unaware(at), item(at).frame);
  } else if (content->role() == Role::proposal) {
    announce_block(input, effects, at);
  } else if (content->slot() == Slot::mempool) {
    announce_transaction(input, effects, at);
  } else {
    announce(effects, at);
  }
}

void Relay::announce(Effects& effects, Sequence sequence) {
  if (mode_ == Mode::push) {
    effects.multicast(unaware(sequence), item(sequence).frame);
  } else if (announce_interval_ == Duration::zero()) {
    const auto targets = unaware(sequence);
    if (targets.empty()) return;
    const auto* content = item(sequence).frame->as<Content>();
    effects.multicast(targets, Inv{{content->content->identity()}});
  } else {
    gathered_.push_back(sequence);
    if (announce_timer_) return;
    announce_timer_ = true;
    effects.set_timer({static_cast<std::uint32_t>(TimerKind::announce), 0}, announce_interval_);
  }
}

void Relay::announce_transaction(const Input& input, Effects& effects, Sequence sequence) {
  if (!trickle_ && !reconciler_) return announce(effects, sequence);
  std::vector<std::uint64_t> passed_over(known(sequence), known(sequence) + words_);
  if (reconciler_) {
    const Hash128& id = content_of(sequence)->identity();
    passed_over = reconciler_->add(input, sequence, id);
    for (std::uint64_t& word : passed_over) word = ~word;
  }
  if (trickle_) {
    trickle_->add(input, sequence, passed_over.data());
    return arm_trickle(input.local, effects);
  }
  for (std::size_t n = 0; n < neighbours_.size(); ++n) {
    if ((passed_over[n / 64] >> (n % 64) & 1) == 0) send_inv(effects, n, {&sequence, 1});
  }
}

void Relay::send_inv(Effects& effects, std::size_t position, std::span<const Sequence> items) {
  Inv inv;
  const auto send = [&] {
    if (!inv.ids.empty()) effects.send(neighbours_[position], std::exchange(inv, {}));
  };
  for (const Sequence s : items) {
    if (!spreads(s) || knows(s, position)) continue;
    if (inv.ids.size() == ids_max) send();
    inv.ids.push_back(content_of(s)->identity());
  }
  send();
}

void Relay::announce_trickled(const Input& input, Effects& effects) {
  trickle_timer_ = time_never;
  while (const auto due = trickle_->take(input.local)) send_inv(effects, due->peer, due->items);
  arm_trickle(input.local, effects);
}

void Relay::arm_trickle(Time now, Effects& effects) {
  const Time next = trickle_->next();
  if (next >= trickle_timer_) return;
  trickle_timer_ = next;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::trickle), 0},
                    std::max(next - now, Duration::zero()));
}

void Relay::announce_gathered(Effects& effects) {
  announce_timer_ = false;
  std::erase_if(gathered_, [&](Sequence s) { return !is_live(s); });
  const std::span<const Sequence> all(gathered_);
  for (std::size_t i = 0; i < all.size(); i += 64) {
    announce_batch(all.subspan(i, std::min<std::size_t>(64, all.size() - i)), effects);
  }
  gathered_.clear();
}

void Relay::announce_batch(std::span<const Sequence> batch, Effects& effects) {
  // Which of the batch each neighbour lacks, as bits; who lacks the same gets the same message.
  std::vector<std::uint64_t> lacks(neighbours_.size(), 0);
  for (std::size_t b = 0; b < batch.size(); ++b) {
    const std::uint64_t* has = known(batch[b]);
    for (std::size_t n = 0; n < neighbours_.size(); ++n) {
      if ((has[n / 64] >> (n % 64) & 1) == 0) lacks[n] |= std::uint64_t{1} << b;
    }
  }
  std::vector<NodeId> targets;
  for (std::size_t n = 0; n < neighbours_.size(); ++n) {
    const std::uint64_t bits = lacks[n];
    if (bits == 0) continue;
    targets.clear();
    for (std::size_t m = n; m < neighbours_.size(); ++m) {
      if (lacks[m] != bits) continue;
      targets.push_back(neighbours_[m]);
      lacks[m] = 0;
    }
    Inv inv;
    for (std::size_t b = 0; b < batch.size(); ++b) {
      if ((bits >> b & 1) == 0) continue;
      inv.ids.push_back(item(batch[b]).frame->as<Content>()->content->identity());
    }
    effects.multicast(targets, std::move(inv));
  }
}

// --- answers that stay out ----------------------------------------------------------------------

void Relay::arm_requests(Time now, Effects& effects) {
  if (request_timer_ || requests_.empty()) return;
  Time earliest = time_never;
  for (const Request& r : requests_) earliest = std::min(earliest, r.deadline);
  request_timer_ = true;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::request), 0},
                    std::max(earliest - now, Duration::zero()));
}

void Relay::retry(const Input& input, Effects& effects) {
  request_timer_ = false;
  std::erase_if(requests_, [&](Request& r) {
    if (r.deadline > input.local) return false;
    if (r.attempts < attempts_max_ && ask_another(r, input.local, effects)) return false;
    on_settled(effects, r.item, no_node);
    Item& it = item(r.item);
    it.state = State::gone;
    it.since = input.local;
    --unspread_;
    seen_.remove(it.dense);  // whoever announces it again is asked again
    forget(it.dense);
    return true;
  });
  after_request(input, effects);
  arm_requests(input.local, effects);
}

bool Relay::ask_another(Request& request, Time now, Effects& effects) {
  const std::uint64_t* has = known(request.item);
  const auto count = static_cast<std::uint32_t>(neighbours_.size());
  for (std::uint32_t i = 1; i <= count; ++i) {
    const std::uint32_t next = (request.asked + i) % count;
    if ((has[next / 64] >> (next % 64) & 1) == 0) continue;
    request.asked = next;
    ++request.attempts;
    request.deadline = now + request_timeout_;
    effects.send(neighbours_[next], GetData{{request.id}});
    return true;
  }
  return false;
}

void Relay::forget_request(Sequence sequence) {
  std::erase_if(requests_, [&](const Request& r) { return r.item == sequence; });
  if (requests_.empty()) std::vector<Request>().swap(requests_);  // no memory waits for the next
}

std::size_t Relay::in_flight(std::uint32_t position) const {
  return static_cast<std::size_t>(std::count_if(
      requests_.begin(), requests_.end(), [&](const Request& r) { return r.asked == position; }));
}

void Relay::prolong(Sequence sequence, Time now) {
  for (Request& r : requests_) {
    if (r.item == sequence) r.deadline = now + request_timeout_;
  }
}

// --- books --------------------------------------------------------------------------------------

void Relay::set_seen(std::uint32_t dense) {
  if (!seen_.add(dense) || remember_ == 0) return;
  if (!remembered_) remembered_ = std::make_unique<Ring>();
  Ring& ring = *remembered_;
  if (ring.list.size() < remember_) {
    ring.list.push_back(dense);
    return;
  }
  // Forgotten in the order of arrival here, never by the dense number, which is a mere name.
  const std::uint32_t old = std::exchange(ring.list[ring.oldest], dense);
  ring.oldest = (ring.oldest + 1) % remember_;
  if (at_hand(old) == DenseIndex::none) seen_.remove(old);
}

Relay::Sequence Relay::add_item(std::uint32_t dense, State state, Time now) {
  drop_old(now);
  const auto sequence = static_cast<Sequence>(base_ + items_.size());
  if (items_.size() == items_.capacity() && items_.size() < 64) {
    // Few in all, and thousands of nodes hold them: no doubling.
    items_.reserve(items_.size() + 4);
    known_.reserve(items_.capacity() * words_);
  }
  Item& it = items_.emplace_back();
  it.dense = dense;
  it.state = state;
  it.since = now;
  known_.resize(known_.size() + words_, 0);
  index_.insert(dense, sequence);
  newest_dense_ = dense;
  newest_ = sequence;
  ++unspread_;
  set_seen(dense);
  return sequence;
}

void Relay::drop_old(Time now) {
  // The oldest item's date only ever moves on: until then there is no need to look at it.
  if (now <= kept_until_) return;
  while (head_ < items_.size()) {
    Item& it = items_[head_];
    if (it.state == State::wanted) break;
    if (it.since + keep_ >= now) {
      kept_until_ = it.since + keep_;
      break;
    }
    if (it.state == State::held) --unspread_;  // its owner did not take it
    if (it.state != State::gone) forget(it.dense);
    it.frame = {};
    ++head_;
  }
  if (head_ < 4 || 4 * head_ < items_.size()) return;
  const auto cut = static_cast<std::ptrdiff_t>(head_);
  items_.erase(items_.begin(), items_.begin() + cut);
  known_.erase(known_.begin(), known_.begin() + cut * static_cast<std::ptrdiff_t>(words_));
  base_ += static_cast<Sequence>(head_);
  head_ = 0;
}

std::uint32_t Relay::position(NodeId node) const {
  // A binary search without branches: where a node stands among twenty nobody can predict.
  const NodeId* at = neighbours_.data();
  auto left = static_cast<std::uint32_t>(neighbours_.size());
  if (left == 0) return 0;
  while (left > 1) {
    const std::uint32_t half = left / 2;
    at += at[half] <= node ? half : 0;
    left -= half;
  }
  return static_cast<std::uint32_t>(*at == node ? at - neighbours_.data() : neighbours_.size());
}

void Relay::set_known(Sequence sequence, NodeId from) {
  const std::uint32_t at = position(from);
  if (at != neighbours_.size()) known(sequence)[at / 64] |= std::uint64_t{1} << (at % 64);
}

std::span<const NodeId> Relay::unaware(Sequence sequence) {
  thread_local std::vector<NodeId> targets;  // scratch: one list at a time, filled anew
  targets.clear();
  const std::uint64_t* has = known(sequence);
  for (std::size_t n = 0; n < neighbours_.size(); ++n) {
    if ((has[n / 64] >> (n % 64) & 1) == 0) targets.push_back(neighbours_[n]);
  }
  return targets;
}

void Relay::inspect(Inspector& inspector) const {
  inspector.field("relay.neighbours", neighbours_.size());
  inspector.field("relay.contents", index_.size());
  inspector.field("relay.requests", requests_.size());
  if (!reconciler_) return;
  inspector.field("relay.reconciliations", reconciler_->rounds());
  inspector.field("relay.sketches_undecoded", reconciler_->failures());
}

}  // namespace ledgerlab::relay
