#include "models/parts/relay/relay.hpp"

#include <algorithm>
#include <bit>

namespace ledgerlab::relay {

namespace {

/// So many items are found by looking at them.
constexpr std::uint32_t few_items = 16;

}  // namespace

Settings::Settings(const Params& params, Mode mode)
    : mode(mode),
      forward(params.flag("forward")),
      attempts_max(static_cast<std::uint32_t>(params.count("attempts_max"))),
      request_timeout(params.duration("request_timeout")),
      announce_interval(params.duration("announce_interval")),
      keep(params.duration("keep_contents")),
      remember(params.count("remember_contents")) {}

Relay::Relay(const ModuleContext& context, Mode mode)
    : Relay(context, shared_settings(Settings(*context.params, mode))) {}

Relay::Relay(const ModuleContext& context, std::shared_ptr<const Settings> settings)
    : neighbours_(context.neighbours),
      settings_(std::move(settings)),
      words_(static_cast<std::uint32_t>((context.neighbours.size() + 63) / 64)) {
  if (!std::is_sorted(neighbours_.begin(), neighbours_.end())) {
    std::vector<NodeId> sorted(neighbours_.begin(), neighbours_.end());
    std::sort(sorted.begin(), sorted.end());
    neighbours_ = sorted;
  }
  if (words_ > 1) rare();
  const Duration mean = context.params->duration("trickle");
  const Duration to_called = context.params->duration("trickle_outbound");
  if (mean != Duration::zero()) {
    rare().trickle = std::make_unique<Trickle>(context.self, mean,
                                               to_called == Duration::zero() ? mean : to_called);
    rare_->trickle->set_peers({}, neighbours_);
    keeps_who_ = true;
  }
  make_reconciler(context);
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
  rare().reconciler = std::make_unique<Reconciler>(settings, std::move(items));
  keeps_who_ = true;
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
      } else if (!reconciler() || !on_reconciliation(input, effects)) {
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
        if (reconciler()) reconciler()->on_timer(input, effects);
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
      if (reconciler()) reconciler()->start(input, effects, neighbours_);
      on_start(input, effects);
      break;
    default:
      break;
  }
}

bool Relay::on_reconciliation(const Input& input, Effects& effects) {
  const std::uint32_t from = position(input.from);
  return from != neighbours_.size() && reconciler()->on_message(input, effects, from);
}

// --- what arrives -------------------------------------------------------------------------------

void Relay::on_inv(const Input& input, const Inv& inv, Effects& effects) {
  GetData get;
  std::uint32_t at_from = nothing;
  for (const Hash128& id : inv.ids) {
    if (announced(input, effects, id, input.from, at_from)) get.ids.push_back(id);
  }
  if (get.ids.empty()) return;
  effects.send(input.from, std::move(get));
  arm_requests(input.local, effects);
}

bool Relay::announced(const Input& input, Effects& effects, const Hash128& id, NodeId from,
                      std::uint32_t& at_from) {
  const std::uint32_t dense = effects.intern(id);
  const bool seen = seen_.has(dense, seen_before_);
  // Who has what is forgotten once it is spread, unless it may still wait to be announced.
  if (seen && unspread_ == 0 && !keeps_who_) return false;
  if (seen && dense == newest_dense_) {
    tell(from);
    return false;
  }
  const Sequence at = seen ? find_old(dense) : nothing;
  if (seen && at == nothing) return false;
  if (at_from == nothing) at_from = position(from);
  if (at_from == neighbours_.size()) return false;  // not of our overlay
  if (seen) {
    bits(at)[at_from / 64] |= std::uint64_t{1} << (at_from % 64);
    return false;
  }
  ask(input, dense, id, at_from);
  return true;
}

Relay::Heard Relay::heard(const Input& input, Effects& effects, const Hash128& id, NodeId from) {
  const std::uint32_t dense = effects.intern(id);
  const bool seen = seen_.has(dense, seen_before_);
  if (seen && unspread_ == 0 && !keeps_who_) return {};
  const bool fresh = announced(input, effects, id, from);
  return {seen || fresh ? at_hand(dense) : nothing, fresh};
}

/// A request to this neighbour is in the books.
void Relay::ask(const Input& input, std::uint32_t dense, const Hash128& id, std::uint32_t at_from) {
  const Sequence sequence = add_item(dense, State::wanted, input.local);
  bits(sequence)[at_from / 64] |= std::uint64_t{1} << (at_from % 64);
  requests_.push_back({sequence, id, input.local + settings_->request_timeout, at_from, 1});
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
  if (!seen_.has(dense, seen_before_)) {
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
  write_down();
  const std::vector<NodeId> before(neighbours_.begin(), neighbours_.end());
  const std::uint32_t first = items_.begin(), end = items_.end();
  const std::size_t width = std::max<std::size_t>((peers.size() + 63) / 64, 1);
  neighbours_ = peers;
  std::vector<std::uint32_t> now_at;
  for (const NodeId node : before) now_at.push_back(position(node));
  ItemRing<std::vector<std::uint64_t>> wide;
  wide.start_at(first);
  for (Sequence s = first; s != end; ++s) {
    std::vector<std::uint64_t>& moved = wide.push();
    moved.assign(width, 0);
    const std::uint64_t* has = bits(s);
    for (std::size_t old = 0; old < before.size(); ++old) {
      const std::uint32_t at = now_at[old];
      if (at == neighbours_.size() || (has[old / 64] >> (old % 64) & 1) == 0) continue;
      moved[at / 64] |= std::uint64_t{1} << (at % 64);
    }
  }
  words_ = static_cast<std::uint32_t>((peers.size() + 63) / 64);
  for (Sequence s = first; s != end; ++s) items_[s].known = wide[s][0];
  if (words_ > 1) {
    rare().wide = std::move(wide);
  } else if (rare_) {
    rare_->wide = {};
  }
  bool left = false;
  for (Request& r : requests_) {
    r.asked = position(before[r.asked]);
    if (r.asked != neighbours_.size()) continue;
    r.asked = 0;
    r.deadline = input.local;  // it left: another is asked at once
    left = true;
  }
  if (trickle()) trickle()->set_peers(before, neighbours_);
  if (reconciler()) reconciler()->set_peers(input, effects, before, neighbours_);
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
  if (!settings_->forward && foreign) return;
  if (settings_->mode == Mode::unsolicited && !foreign && content->role() == Role::proposal) {
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
  if (settings_->mode == Mode::push) {
    effects.multicast(unaware(sequence), item(sequence).frame);
  } else if (settings_->announce_interval == Duration::zero()) {
    const auto targets = unaware(sequence);
    if (targets.empty()) return;
    const auto* content = item(sequence).frame->as<Content>();
    effects.multicast(targets, Inv{{content->content->identity()}});
  } else {
    gathered_.push_back(sequence);
    if (announce_timer_) return;
    announce_timer_ = true;
    effects.set_timer({static_cast<std::uint32_t>(TimerKind::announce), 0},
                      settings_->announce_interval);
  }
}

void Relay::announce_transaction(const Input& input, Effects& effects, Sequence sequence) {
  if (!keeps_who_) return announce(effects, sequence);
  std::vector<std::uint64_t> passed_over(known(sequence), known(sequence) + words_);
  if (reconciler()) {
    const Hash128& id = content_of(sequence)->identity();
    passed_over = reconciler()->add(input, sequence, id);
    for (std::uint64_t& word : passed_over) word = ~word;
  }
  if (trickle()) {
    trickle()->add(input, sequence, passed_over.data());
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
  if (!trickle()) return;
  rare_->trickle_timer = time_never;
  while (const auto due = trickle()->take(input.local)) send_inv(effects, due->peer, due->items);
  arm_trickle(input.local, effects);
}

void Relay::arm_trickle(Time now, Effects& effects) {
  const Time next = trickle()->next();
  if (next >= rare_->trickle_timer) return;
  rare_->trickle_timer = next;
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
  thread_local std::vector<std::uint64_t> lacks;  // scratch, as the targets
  thread_local std::vector<NodeId> targets;
  lacks.assign(neighbours_.size(), 0);
  for (std::size_t b = 0; b < batch.size(); ++b) {
    each_unaware(batch[b], [&](std::size_t n) { lacks[n] |= std::uint64_t{1} << b; });
  }
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
    inv.ids.reserve(static_cast<std::size_t>(std::popcount(bits)));
    for (std::uint64_t left = bits; left != 0; left &= left - 1) {
      inv.ids.push_back(
          content_of(batch[static_cast<std::size_t>(std::countr_zero(left))])->identity());
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
  requests_.erase_if([&](Request& r) {
    if (r.deadline > input.local) return false;
    if (r.attempts < settings_->attempts_max && ask_another(r, input.local, effects)) return false;
    on_settled(effects, r.item, no_node);
    Item& it = item(r.item);
    it.state = State::gone;
    it.since = input.local;
    --unspread_;
    seen_.remove(it.dense, seen_before_);  // whoever announces it again is asked again
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
    request.deadline = now + settings_->request_timeout;
    effects.send(neighbours_[next], GetData{{request.id}});
    return true;
  }
  return false;
}

void Relay::forget_request(Sequence sequence) {
  requests_.erase_if([&](const Request& r) { return r.item == sequence; });
}

std::size_t Relay::in_flight(std::uint32_t position) const {
  return static_cast<std::size_t>(std::count_if(
      requests_.begin(), requests_.end(), [&](const Request& r) { return r.asked == position; }));
}

void Relay::prolong(Sequence sequence, Time now) {
  for (Request& r : requests_) {
    if (r.item == sequence) r.deadline = now + settings_->request_timeout;
  }
}

// --- books --------------------------------------------------------------------------------------

void Relay::set_seen(std::uint32_t dense) {
  if (!seen_.add(dense, seen_before_) || settings_->remember == 0) return;
  Rare& ring = rare();
  if (ring.remembered.size() < settings_->remember) {
    ring.remembered.push_back(dense);
    return;
  }
  // Forgotten in the order of arrival here, never by the dense number, which is a mere name.
  const std::uint32_t old = std::exchange(ring.remembered[ring.oldest], dense);
  ring.oldest = (ring.oldest + 1) % settings_->remember;
  if (at_hand(old) == nothing) seen_.remove(old, seen_before_);
}

Relay::Sequence Relay::find_old(std::uint32_t dense) const {
  if (index_) return index_->find(dense);
  for (Sequence s = items_.end(); s != items_.begin();) {
    const Item& it = items_[--s];
    if (it.dense == dense && it.state != State::gone) return s;
  }
  return nothing;
}

/// It is dropped, or it is State::gone.
void Relay::forget(std::uint32_t dense) {
  if (index_) index_->erase(dense);
  if (dense != newest_dense_) return;
  newest_dense_ = DenseIndex::none;
  told_count_ = 0;
}

Relay::Sequence Relay::add_item(std::uint32_t dense, State state, Time now) {
  write_down();
  drop_old(now);
  const Sequence sequence = items_.end();
  if (!index_ && items_.size() == few_items) {
    index_ = std::make_unique<DenseIndex>();
    for (Sequence s = items_.begin(); s != sequence; ++s) {
      if (items_[s].state != State::gone) index_->insert(items_[s].dense, s);
    }
  }
  Item& it = items_.push();
  it.dense = dense;
  it.state = state;
  it.since = now;
  if (words_ > 1) rare_->wide.push().assign(words_, 0);
  if (index_) index_->insert(dense, sequence);
  newest_dense_ = dense;
  ++unspread_;
  set_seen(dense);
  return sequence;
}

void Relay::drop_old(Time now) {
  // The oldest item's date only ever moves on: until then there is no need to look at it.
  if (now <= kept_until_) return;
  while (!items_.empty()) {
    const Item& it = items_[items_.begin()];
    if (it.state == State::wanted) break;
    if (it.since + settings_->keep >= now) {
      kept_until_ = it.since + settings_->keep;
      break;
    }
    if (it.state == State::held) --unspread_;  // its owner did not take it
    if (it.state != State::gone) forget(it.dense);
    items_.pop();
    if (words_ > 1) rare_->wide.pop();
  }
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
  if (sequence + 1 == items_.end() && newest_dense_ != DenseIndex::none) return tell(from);
  const std::uint32_t at = position(from);
  if (at != neighbours_.size()) bits(sequence)[at / 64] |= std::uint64_t{1} << (at % 64);
}

void Relay::write_down() {
  if (told_count_ == 0) return;
  std::uint64_t* has = bits(items_.end() - 1);
  for (std::uint8_t i = 0; i < told_count_; ++i) {
    const std::uint32_t at = position(told_[i]);
    if (at != neighbours_.size()) has[at / 64] |= std::uint64_t{1} << (at % 64);
  }
  told_count_ = 0;
}

std::span<const NodeId> Relay::unaware(Sequence sequence) {
  thread_local std::vector<NodeId> targets;  // scratch: one list at a time, filled anew
  targets.clear();
  each_unaware(sequence, [&](std::size_t n) { targets.push_back(neighbours_[n]); });
  return targets;
}

void Relay::inspect(Inspector& inspector) const {
  inspector.field("relay.neighbours", neighbours_.size());
  std::uint64_t contents = 0;
  for (Sequence s = items_.begin(); s != items_.end(); ++s) {
    contents += items_[s].state != State::gone ? 1 : 0;
  }
  inspector.field("relay.contents", contents);
  inspector.field("relay.requests", requests_.size());
  if (!reconciler()) return;
  inspector.field("relay.reconciliations", reconciler()->rounds());
  inspector.field("relay.sketches_undecoded", reconciler()->failures());
}

}  // namespace ledgerlab::relay
