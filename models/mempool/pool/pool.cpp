#include "models/mempool/pool/pool.hpp"

#include <algorithm>

#include "models/base/int128.hpp"
#include "models/parts/relay/short_id.hpp"

namespace ledgerlab::pool {
namespace {

/// Clients remembered for one transaction: its own, and a few that pass it on.
constexpr std::size_t askers_most = 16;
/// Payloads ordered but not final, whose clients are remembered.
constexpr std::size_t asked_most = 4096;
/// Transactions whose check has not been answered.
constexpr std::size_t checking_most = 4096;
/// Transactions that one replacement may throw out (BIP 125, rule 5).
constexpr std::size_t replaced_most = 100;

Refusal refusal_of(const Checked& checked) {
  if (!checked.sender.is_zero() && checked.nonce < checked.next_nonce) return Refusal::nonce_used;
  if (checked.reason == "unaffordable") return Refusal::unaffordable;
  // Its parent may be on its way: it is not kept, and may be asked for again.
  if (checked.reason == "missing inputs") return Refusal::pool_full;
  if (checked.reason.find("signature") != std::string::npos) return Refusal::bad_signature;
  return Refusal::malformed;
}

std::shared_ptr<const Options> shared_options(const Options& wanted) {
  static thread_local std::weak_ptr<const Options> last;
  std::shared_ptr<const Options> known = last.lock();
  if (!known || *known != wanted) last = known = std::make_shared<const Options>(wanted);
  return known;
}

}  // namespace

Options::Options(const Params& params, const ClientPolicy& policy)
    : max_transactions(params.count("max_transactions")),
      max_bytes(params.count("max_bytes")),
      per_sender(params.count("per_sender")),
      max_gap(params.count("max_gap")),
      replace_bump_ppb(params.count("replace_bump")),
      min_fee(params.count("min_fee")),
      floor_half_life(params.duration("floor_half_life")),
      incremental_fee(params.count("incremental_fee")),
      max_ancestors(params.count("max_ancestors")),
      max_descendants(params.count("max_descendants")),
      always_replaceable(params.text("replaceable") == "always"),
      expiry(params.duration("expiry")),
      remember(params.count("remember")),
      relay(params.text("relay") == "on" ||
            (params.text("relay") == "auto" && policy.ask == ClientPolicy::Ask::home)) {}

Pool::Pool(const ModuleContext& context)
    : options_(shared_options(Options(*context.params, context.client_policy))),
      asks_leader_(context.client_policy.ask == ClientPolicy::Ask::leader),
      all_answer_(context.client_policy.ask == ClientPolicy::Ask::primary),
      tentative_(context.client_policy.tentative_replies != nullptr &&
                 context.client_policy.tentative_replies(*context.consensus_params,
                                                         context.replicas) != 0),
      items_(Catalogue::of(context.suite)),
      queues_(items_),
      self_(context.self),
      block_weight_(context.block_weight == 0 ? ~std::uint64_t{0} : context.block_weight),
      finals_(options_->remember) {}

void Pool::step(const Input& input, Effects& effects) {
  now_ = input.local;
  if (endorser_.step(input, effects)) return;
  switch (input.kind) {
    case InputKind::deliver:
      if (const auto* request = input.message->as<Request>(); request && request->transaction) {
        on_request(input, effects, request->transaction);
      } else if (const auto* passed = input.message->as<TransactionContent>();
                 passed && passed->transaction && all_answer_) {
        on_passed_on(effects, passed->transaction);
      } else if (const auto* read = input.message->as<ReadRequest>()) {
        on_read(effects, input.from, *read);
      }
      break;
    case InputKind::call:
      on_call(input, effects);
      break;
    case InputKind::timer:
      expire(input, effects);
      break;
    default:
      break;
  }
  if (!passive() && rechecks_ == 0) tell_pending(effects);
}

void Pool::on_call(const Input& input, Effects& effects) {
  if (const auto* checked = input.call->as<Checked>()) {
    on_checked(input, effects, *checked);
  } else if (const auto* build = input.call->as<Build>()) {
    // A reorganisation is still being worked into the queues: the payload waits for it.
    if (rechecks_ > 0) {
      builds_.push_back(*input.call);
    } else {
      on_build(*input.call, effects, *build);
    }
  } else if (const auto* relayed = input.call->as<Relayed>()) {
    on_relayed(effects, *relayed);
  } else if (const auto* changed = input.call->as<HeadChanged>()) {
    on_head(effects, *changed);
  } else if (const auto* final = input.call->as<Finalised>()) {
    on_final(effects, *final);
  } else if (const auto* change = input.call->as<RoleChange>()) {
    on_role(effects, *change);
  } else if (const auto* asked = input.call->as<AskedFor>()) {
    if (asked_.size() == asked_most) asked_.pop();
    asked_.push(*asked);
  } else if (const auto* confirmed = input.call->as<ReadConfirmed>()) {
    on_read_confirmed(effects, input.call->id, confirmed->ok);
  } else if (const auto* queried = input.call->as<Queried>()) {
    on_queried(effects, input.call->id, *queried);
  } else if (const auto* match = input.call->as<MatchShortIds>()) {
    on_match(*input.call, effects, *match);
  }
}

// --- transactions come in ----------------------------------------------------------------------

void Pool::on_request(const Input& input, Effects& effects, const TxRef& tx) {
  const NodeId client = input.from;
  if (passive()) {
    if (const auto* place = finals_.find(tx->id)) {
      reply(effects, client, tx->id, *place);
    } else {
      redirect(effects, client, tx->id);
    }
    return;
  }
  if (all_answer_ && !leads_) {
    if (const auto* place = finals_.find(tx->id)) {
      // Castro, Liskov section 4.1: who has processed a request sends the reply again.
      reply(effects, client, tx->id, *place);
      return;
    }
    // Stands for the view number in the paper's replies; the request is passed on all the same.
    if (leader_ != no_node) redirect(effects, client, tx->id);
  }
  if (overwhelmed(tx->id)) return refuse(effects, client, tx->id, Refusal::pool_full);
  const auto [item, made] = items_.try_emplace(tx);
  add_asker(*item, client);
  if (made) {
    item->spread = options_->relay;
    check(effects, *item);
  } else if (item->state == Item::State::used) {
    retire(effects, *item);
  } else if (item->state == Item::State::queued) {
    pass_on(effects, item->tx());
  }
}

bool Pool::overwhelmed(const TxId& id) {
  // Those queued and those kept for their askers have bounds of their own; the rest is checked.
  const std::size_t most = options_->max_transactions + options_->remember + checking_most;
  return items_.size() >= most && !items_.find(id);
}

/// From a replica that is not the primary.
void Pool::on_passed_on(Effects& effects, const TxRef& tx) {
  if (overwhelmed(tx->id)) return;
  const auto [item, made] = items_.try_emplace(tx);
  if (!made) return;
  check(effects, *item);
}

/// Section 4.1: a replica that is not the primary relays the request to it.
void Pool::pass_on(Effects& effects, const TxRef& tx) {
  if (!all_answer_ || leads_ || leader_ == no_node || leader_ == self_) return;
  effects.send(leader_, TransactionContent{tx});
}

void Pool::on_relayed(Effects& effects, const Relayed& relayed) {
  const auto* content = relayed.content->as<TransactionContent>();
  if (!content || !content->transaction || overwhelmed(content->transaction->id)) return;
  const auto [item, made] = items_.try_emplace(content->transaction);
  if (!made) return;
  item->spread = true;
  keep_content(*item, relayed.content);
  check(effects, *item);
}

void Pool::check(Effects& effects, Item& item) {
  item.state = Item::State::checking;
  effects.call(Slot::application, Check{item.tx()});
}

void Pool::recheck(Effects& effects, const TxRef& tx) {
  ++rechecks_;
  effects.call(Slot::application, call_recheck, Check{tx});
}

void Pool::on_checked(const Input& input, Effects& effects, const Checked& checked) {
  if (!checked.sender.is_zero()) {
    for (Item* below : queues_.set_next(checked.sender, checked.next_nonce)) {
      retire(effects, *below);
    }
  }
  Item* item = items_.find(checked.transaction->id);
  if (item && item->state == Item::State::checking) {
    if (checked.ok) {
      items_.learn(*item, checked.sender, checked.nonce, checked.fee, checked.weight);
    }
    settle(effects, *item,
           checked.ok ? admit(input, effects, *item, checked) : std::optional(refusal_of(checked)));
  } else if (item && item->state == Item::State::queued && !checked.ok) {
    if (checked.spends) throw_out_below(effects, *item);
    queues_.remove(*item);
    settle(effects, *item, refusal_of(checked));
  } else if (item && item->state == Item::State::queued && checked.spends) {
    queues_.tie_again(*item, checked.spends);
    if (!parents_here(*checked.spends)) evict(effects, *item, Refusal::unaffordable);
  } else if (!item && checked.spends && input.call->id == call_recheck) {
    spent_elsewhere(effects, *checked.spends);  // by a transaction of an adopted block
  }
  if (input.call->id != call_recheck || --rechecks_ > 0) return;
  for (const LocalCall& call : std::exchange(builds_, {})) {
    on_build(call, effects, *call.as<Build>());
  }
}

/// An item that is in no queue was refused; or it was admitted.
void Pool::settle(Effects& effects, Item& item, std::optional<Refusal> refusal) {
  if (!refusal) {
    if (item.spread) publish(effects, item);
    pass_on(effects, item.tx());
  } else if (*refusal == Refusal::nonce_used) {
    retire(effects, item);
  } else {
    const bool invalid = *refusal == Refusal::malformed || *refusal == Refusal::bad_signature;
    const MessageRef content = take_content(item);
    if (invalid && content) effects.call(Slot::relay, Rejected{content->identity()});
    drop(effects, item, *refusal);
  }
}

std::optional<Refusal> Pool::admit(const Input& input, Effects& effects, Item& item,
                                   const Checked& checked) {
  if (item.nonce() < checked.next_nonce) return Refusal::nonce_used;
  if (item.fee() < lowest_fee()) return Refusal::fee_too_low;
  item.entered = input.local;
  if (const auto refusal = checked.spends ? admit_by_spends(effects, item, checked)
                                          : admit_by_nonce(effects, item, checked)) {
    return refusal;
  }
  if (options_->expiry > Duration::zero()) {
    push_expiring({item.entered + options_->expiry, item.arrival, item.place});
    arm_expiry(input, effects);
  }
  return std::nullopt;
}

std::optional<Refusal> Pool::admit_by_nonce(Effects& effects, Item& item, const Checked& checked) {
  Sender* sender = queues_.find(checked.sender);
  if (Item* old = sender ? queues_.at(*sender, item.nonce()) : nullptr) {
    if (!pays_for(*old, item)) return Refusal::fee_too_low;
    item.admit(next_arrival_++);
    queues_.replace(*old, item);
    drop(effects, *old, Refusal::fee_too_low);
    return std::nullopt;
  }
  const std::uint64_t expected = sender ? sender->end() : checked.next_nonce;
  if (item.nonce() > expected && item.nonce() - expected > options_->max_gap)
    return Refusal::pool_full;
  if (sender && sender->queue.size() >= options_->per_sender) {
    // A missing nonce is worth more than the last of those it holds up.
    Item* tail = queues_.tail(*sender);
    if (!tail || tail->nonce() < item.nonce()) return Refusal::pool_full;
    evict(effects, *tail);
  }
  if (const auto refusal = make_room(effects, item, checked.sender)) return refusal;
  item.admit(next_arrival_++);
  queues_.insert(item, checked.next_nonce);
  return std::nullopt;
}

/// Those that are in no block are in the pool.
bool Pool::parents_here(const TxSpends& spends) const {
  return queues_.spends().parents(spends).size() == spends.parents.size();
}

std::optional<Refusal> Pool::admit_by_spends(Effects& effects, Item& item, const Checked& checked) {
  const TxSpends& spends = *checked.spends;
  if (!parents_here(spends)) return Refusal::pool_full;
  const std::vector<Place32> ancestors =
      queues_.spends().ancestors(queues_.spends().parents(spends));
  if (ancestors.size() >= options_->max_ancestors) return Refusal::pool_full;
  for (const Place32 ancestor : ancestors) {
    if (queues_.spends().descendants({ancestor}).size() >= options_->max_descendants) {
      return Refusal::pool_full;
    }
  }
  const std::vector<Place32> conflicts = queues_.spends().conflicts(spends);
  const std::vector<Place32> gone = queues_.spends().descendants(conflicts);
  for (const Place32 ancestor : ancestors) {
    // It cannot spend from what it replaces.
    if (std::find(gone.begin(), gone.end(), ancestor) != gone.end()) return Refusal::malformed;
  }
  if (!gone.empty()) {
    if (const auto refusal = replaces(item, spends, conflicts, gone)) return refusal;
    throw_out(effects, gone, Refusal::fee_too_low);
  }
  if (const auto refusal = make_room(effects, item, checked.sender, ancestors)) return refusal;
  item.admit(next_arrival_++);
  queues_.insert(item, checked.next_nonce, checked.spends);
  return std::nullopt;
}

std::optional<Refusal> Pool::replaces(const Item& item, const TxSpends& spends,
                                      const std::vector<Place32>& conflicts,
                                      const std::vector<Place32>& gone) const {
  const Spends& known = queues_.spends();
  std::vector<TxId> parents;
  for (const Place32 place : conflicts) {
    // Rule 1: they said so. What said nothing holds its coins: a double spend.
    if (!options_->always_replaceable && !known.replaceable(place)) return Refusal::nonce_used;
    // Bitcoin Core: no lower rate than any of them, or a block would rather have kept that one.
    if (item.fee() <= items_[place].fee()) return Refusal::fee_too_low;
    const auto& theirs = known.spends(place).parents;
    parents.insert(parents.end(), theirs.begin(), theirs.end());
  }
  // Rule 2: it waits for nothing that they did not wait for.
  for (const TxId& parent : spends.parents) {
    if (std::find(parents.begin(), parents.end(), parent) == parents.end()) {
      return Refusal::fee_too_low;
    }
  }
  if (gone.size() > replaced_most) return Refusal::fee_too_low;  // rule 5
  // Rules 3 and 4: it pays what all of them paid, and for its own way through the network.
  Package old, own;
  for (const Place32 place : gone) old.add(items_[place]);
  own.add(item);
  if (own.fee < old.fee + Uint128{options_->incremental_fee} * own.weight) {
    return Refusal::fee_too_low;
  }
  return std::nullopt;
}

/// A transaction of an adopted block that was not here has used what these would use.
void Pool::spent_elsewhere(Effects& effects, const TxSpends& spends) {
  throw_out(effects, queues_.spends().descendants(queues_.spends().conflicts(spends)),
            Refusal::nonce_used);
}

void Pool::throw_out_below(Effects& effects, const Item& item) {
  std::vector<Place32> below = queues_.spends().descendants({item.place});
  std::erase(below, item.place);
  throw_out(effects, below, Refusal::unaffordable);
}

/// Last those from which the others spend.
void Pool::throw_out(Effects& effects, const std::vector<Place32>& places, Refusal reason) {
  for (auto it = places.rbegin(); it != places.rend(); ++it) {
    Item& item = items_[*it];
    queues_.remove(item);
    if (reason == Refusal::nonce_used) {
      retire(effects, item);
    } else {
      drop(effects, item, reason);
    }
  }
}

/// A replacement pays `replace_bump` more than what it replaces, and at least one unit.
bool Pool::pays_for(const Item& old, const Item& item) const {
  const Uint128 bump = Uint128{old.fee()} * options_->replace_bump_ppb / 1'000'000'000;
  return Uint128{item.fee()} >= Uint128{old.fee()} + std::max<Uint128>(bump, 1);
}

std::optional<Refusal> Pool::make_room(Effects& effects, const Item& item, const Address& sender,
                                       const std::vector<Place32>& ancestors) {
  while (queues_.count() + 1 > options_->max_transactions ||
         queues_.bytes() + item.bytes() > options_->max_bytes) {
    Item* worst = queues_.worst();
    const std::uint64_t worth = worst ? queues_.worth(*worst) : 0;
    if (!worst || worth >= item.fee()) return Refusal::pool_full;
    // Not in place of its own predecessor, without which it could not be executed.
    if (worst->nonce() < item.nonce() && worst->facts->sender->address == sender) {
      return Refusal::pool_full;
    }
    if (std::find(ancestors.begin(), ancestors.end(), worst->place) != ancestors.end()) {
      return Refusal::pool_full;
    }
    raise_floor(worth);
    evict(effects, *worst);
  }
  return std::nullopt;
}

/// As Bitcoin Core's: what was evicted for room, and a step more, is not taken back; this halves
/// with time until it is below half a step.
void Pool::raise_floor(std::uint64_t evicted) {
  if (options_->floor_half_life <= Duration::zero()) return;
  floor_ = std::max(lowest_fee(), evicted + std::max<std::uint64_t>(options_->incremental_fee, 1));
  floor_at_ = now_;
}

std::uint64_t Pool::lowest_fee() {
  while (floor_ != 0 && now_ - floor_at_ >= options_->floor_half_life) {
    floor_ /= 2;
    floor_at_ += options_->floor_half_life;
    if (floor_ < options_->incremental_fee / 2 + 1) floor_ = 0;
  }
  return std::max(floor_, options_->min_fee);
}

void Pool::publish(Effects& effects, Item& item) {
  item.spread = false;
  MessageRef content = take_content(item);
  if (!content) content = effects.make(TransactionContent{item.tx()});
  effects.publish(std::move(content));
}

// --- and out -------------------------------------------------------------------------------------

void Pool::evict(Effects& effects, Item& item, Refusal reason) {
  const std::vector<Place32> places = queues_.spends().empty()
                                          ? std::vector<Place32>{item.place}
                                          : queues_.spends().descendants({item.place});
  evicted_ += places.size();
  throw_out(effects, places, reason);
}

void Pool::drop(Effects& effects, Item& item, Refusal reason) {
  for (const NodeId client : askers(item)) refuse(effects, client, item.tx()->id, reason);
  forget(item);
}

/// Its nonce is taken: by another transaction, or by itself in a block this pool has not seen or
/// that is not final yet; then the reply follows.
void Pool::retire(Effects& effects, Item& item) {
  const Finals::Place* place = !item.asked ? nullptr : finals_.find(item.tx()->id);
  if (place) {
    for (const NodeId client : askers(item)) reply(effects, client, item.tx()->id, *place);
    forget(item);
    return;
  }
  for (const NodeId client : askers(item)) {
    refuse(effects, client, item.tx()->id, Refusal::nonce_used);
  }
  keep(item, Item::State::used);
}

void Pool::forget(Item& item) {
  forget_askers(item);
  take_content(item);
  items_.erase(item);
}

void Pool::add_asker(Item& item, NodeId client) {
  item.asked = true;
  std::vector<NodeId>& known = askers_[item.place];
  if (known.size() >= askers_most || std::find(known.begin(), known.end(), client) != known.end()) {
    return;
  }
  known.push_back(client);
}

std::vector<NodeId> Pool::askers(const Item& item) const {
  return item.asked ? *askers_.find(item.place) : std::vector<NodeId>();
}

NodeId Pool::first_asker(const Item& item) const {
  return item.asked ? askers_.find(item.place)->front() : no_node;
}

void Pool::forget_askers(Item& item) {
  if (!item.asked) return;
  item.asked = false;
  askers_.erase(item.place);
}

void Pool::keep_content(Item& item, MessageRef content) {
  if (relayed_ != nowhere)
    *relayed_before_.try_emplace(relayed_).first = std::move(relayed_content_);
  item.relayed = true;
  relayed_ = item.place;
  relayed_content_ = std::move(content);
}

MessageRef Pool::take_content(Item& item) {
  if (!item.relayed) return {};
  item.relayed = false;
  if (relayed_ == item.place) {
    relayed_ = nowhere;
    return std::move(relayed_content_);
  }
  MessageRef content = std::move(*relayed_before_.find(item.place));
  relayed_before_.erase(item.place);
  return content;
}

void Pool::keep(Item& item, Item::State state) {
  if (!item.asked) return forget(item);
  const bool kept = item.state == Item::State::included || item.state == Item::State::used;
  take_content(item);
  item.state = state;
  if (kept) return;
  kept_.push(item.tx()->id);
  while (kept_.size() > options_->remember) {
    Item* oldest = items_.find(kept_.front());
    if (oldest && (oldest->state == Item::State::included || oldest->state == Item::State::used)) {
      forget(*oldest);
    }
    kept_.pop();
  }
}

void Pool::push_expiring(Expiring entry) {
  expiring_.push(entry);
  if (expiring_.size() <= 2 * queues_.count() + 1024) return;
  // Most have left: under a flood the list would grow with everything that ever was admitted.
  for (std::size_t left = expiring_.size(); left > 0; --left) {
    const Expiring next = expiring_.pop();
    if (expires(next)) expiring_.push(next);
  }
}

void Pool::arm_expiry(const Input& input, Effects& effects) {
  if (expiry_armed_ || expiring_.empty()) return;
  expiry_armed_ = true;
  effects.set_timer({timer_expiry, 0},
                    std::max(Duration::zero(), expiring_.front().due - input.local));
}

/// Null: it has left since, though it may have come back with another arrival.
Item* Pool::expires(const Expiring& entry) {
  if (!items_.holds(entry.place)) return nullptr;
  Item& item = items_[entry.place];
  return item.state == Item::State::queued && item.arrival == entry.arrival ? &item : nullptr;
}

void Pool::expire(const Input& input, Effects& effects) {
  expiry_armed_ = false;
  while (!expiring_.empty() && expiring_.front().due <= input.local) {
    const Expiring next = expiring_.pop();
    Item* item = expires(next);
    if (!item) continue;
    if (item->reserved) {
      push_expiring({input.local + options_->expiry, next.arrival, next.place});
    } else {
      evict(effects, *item);
    }
  }
  arm_expiry(input, effects);
}

// --- consensus and ledger ------------------------------------------------------------------------

/// A second payload for the same height replaces the first, and ends what was built above it.
void Pool::on_build(const LocalCall& call, Effects& effects, const Build& build) {
  queues_.release_from(build.height);
  std::vector<TxRef> taken =
      queues_.take(build.height, build.max_count, build.max_bytes, block_weight_);
  // Before the payload: so the asker knows what is left when it wonders whether to ask again.
  if (!passive()) tell_pending(effects);
  std::vector<NodeId> askers;
  for (std::size_t i = 0; all_answer_ && i < taken.size(); ++i) {
    const Item* item = items_.find(taken[i]->id);
    askers.push_back(item ? first_asker(*item) : no_node);
  }
  effects.answer(call, Built{taken.empty() ? empty_payload() : make_payload(std::move(taken)),
                             std::move(askers)});
}

void Pool::on_head(Effects& effects, const HeadChanged& changed) {
  Lookup<TxId, bool, TagHash> included;
  if (!changed.reverted.empty()) {
    for (const BlockRef& block : changed.included) {
      for (const TxRef& tx : block->payload->transactions) included.try_emplace(tx->id, true);
    }
  }
  // Oldest first, so that they come back in the order of their nonces.
  for (auto it = changed.reverted.rbegin(); it != changed.reverted.rend(); ++it) {
    for (const TxRef& tx : (*it)->payload->transactions) {
      if (!included.contains(tx->id)) put_back(effects, tx);
    }
  }
  if (!changed.reverted.empty() && !queues_.spends().empty()) {
    // What spends from those comes after them again.
    for (const Item* item : queues_.all()) recheck(effects, item->tx());
  }
  for (std::size_t i = 0; tentative_ && i < changed.outcomes.size(); ++i) {
    reply_tentatively(effects, changed.included[i], changed.outcomes[i]);
  }
  for (const BlockRef& block : changed.included) {
    if (items_.empty()) break;
    for (const TxRef& tx : block->payload->transactions) include(effects, tx);
  }
  // What was handed out for these heights and is not in the blocks is free again.
  if (!changed.included.empty()) queues_.release_up_to(changed.included.back()->height);
}

void Pool::include(Effects& effects, const TxRef& tx) {
  Item* item = items_.find(tx->id);
  if (!item) {
    // A transaction from elsewhere: the ledger knows whose it is and what that sender's next nonce
    // has become. Who hands out no payloads need not know.
    if (!passive() && queues_.count() > 0) recheck(effects, tx);
    return;
  }
  if (item->state != Item::State::queued) return keep(*item, Item::State::included);
  const Address sender = item->facts->sender->address;
  if (const std::uint64_t nonce = item->nonce(); nonce == queues_.next_of(*item)) {
    queues_.set_next(sender, nonce + 1);  // takes out this one alone
  } else {
    // Its predecessors are not known here, or it was in vain: let the ledger say.
    queues_.remove(*item);
    if (queues_.has(sender)) recheck(effects, tx);
  }
  keep(*item, Item::State::included);
}

void Pool::put_back(Effects& effects, const TxRef& tx) {
  const auto [item, made] = items_.try_emplace(tx);
  if (!made && item->state == Item::State::queued) return;
  items_.replace(*item, tx);
  item->state = Item::State::checking;
  recheck(effects, tx);
}

void Pool::on_final(Effects& effects, const Finalised& final) {
  const auto& transactions = final.block->payload->transactions;
  if (transactions.empty()) return;
  const std::vector<NodeId> asked = take_asked(*final.block->payload);
  for (std::size_t i = 0; i < transactions.size() && (!items_.empty() || !asked.empty()); ++i) {
    const Finals::Place place{final.block->height, final.block->id, outcome_at(final.outcomes, i)};
    const NodeId first = i < asked.size() ? asked[i] : no_node;
    if (first != no_node) reply(effects, first, transactions[i]->id, place);
    Item* item = items_.find(transactions[i]->id);
    if (!item) continue;
    if (item->state == Item::State::queued) queues_.remove(*item);
    for (const NodeId client : askers(*item)) {
      if (client != first) reply(effects, client, item->tx()->id, place);
    }
    forget(*item);
  }
  finals_.add(final.block, final.outcomes);
}

/// BIP 152: the relay puts a block together from what waits here.
void Pool::on_match(const LocalCall& call, Effects& effects, const MatchShortIds& match) {
  std::vector<std::pair<std::uint64_t, std::size_t>> wanted;
  wanted.reserve(match.ids->size());
  for (std::size_t i = 0; i < match.ids->size(); ++i) wanted.emplace_back((*match.ids)[i], i);
  std::sort(wanted.begin(), wanted.end());
  ShortIdsMatched answer;
  answer.transactions.resize(wanted.size());
  std::vector<bool> twice(wanted.size());
  for (const Item* item : queues_.all()) {
    const std::uint64_t id = relay::short_id(match.key, *item->tx());
    const auto it = std::lower_bound(wanted.begin(), wanted.end(), std::pair{id, std::size_t{0}});
    if (it == wanted.end() || it->first != id) continue;
    TxRef& place = answer.transactions[it->second];
    if (place) twice[it->second] = true;
    place = item->tx();
  }
  // Two with one short id: neither is taken, the relay asks.
  for (std::size_t i = 0; i < twice.size(); ++i) {
    if (twice[i]) answer.transactions[i] = {};
  }
  effects.work(Operation::hash_byte, queues_.count() * relay::salted_bytes);
  effects.answer(call, std::move(answer));
}

std::vector<NodeId> Pool::take_asked(const Payload& payload) {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i].payload->root != payload.root) continue;
    std::vector<NodeId> askers = std::move(asked_[i].askers);
    // What lies before it was ordered before: its decision has been heard of, or never will be.
    for (std::size_t drop = 0; drop <= i; ++drop) asked_.pop();
    return askers;
  }
  return {};
}

/// Section 5.1: one reply, sent when the request was executed tentatively. Who asks again gets the
/// final one.
void Pool::reply_tentatively(Effects& effects, const BlockRef& block,
                             const std::vector<TxOutcome>& outcomes) {
  const std::vector<NodeId> asked = take_asked(*block->payload);
  const auto& transactions = block->payload->transactions;
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const TxId& id = transactions[i]->id;
    const TentativeReply body{id, block->height, block->id, outcome_at(outcomes, i)};
    const NodeId first = i < asked.size() ? asked[i] : no_node;
    if (first != no_node) effects.send(first, body);
    Item* item = items_.find(id);
    if (!item) continue;
    for (const NodeId client : askers(*item)) {
      if (client != first) effects.send(client, body);
    }
    forget_askers(*item);
  }
}

void Pool::on_role(Effects& effects, const RoleChange& change) {
  const bool leads = change.role == NodeRole::leader;
  const bool began = leads && (!leads_ || change.term != term_);
  if (!leads || began) queues_.release_all();
  const bool other = change.leader != leader_ || change.term != term_;
  leads_ = leads;
  leader_ = change.leader;
  term_ = change.term;
  if (all_answer_ && other && !leads) {
    // The new primary may not have heard of what is held here.
    for (const Item* item : queues_.all()) pass_on(effects, item->tx());
  }
  if (!began) return;
  told_count_ = untold;
  // What was left from an earlier reign may have been decided under another leader.
  if (asks_leader_) {
    for (const Item* item : queues_.all()) recheck(effects, item->tx());
  }
}

// --- what others hear ------------------------------------------------------------------------

void Pool::tell_pending(Effects& effects) {
  const std::size_t count = queues_.waiting_count();
  if (count == told_count_ || (count == 0 && told_count_ == untold)) return;
  told_count_ = count;
  const Item* oldest = queues_.oldest_waiting();
  effects.call(Slot::consensus, Pending{static_cast<std::uint32_t>(count), queues_.waiting_bytes(),
                                        oldest ? oldest->entered : Time{}});
}

void Pool::reply(Effects& effects, NodeId client, const TxId& id, const Finals::Place& place) {
  effects.send(client, Reply{id, place.height, place.block, place.outcome});
}

void Pool::redirect(Effects& effects, NodeId client, const TxId& id) {
  const NodeId leader = leader_ == self_ ? no_node : leader_;
  effects.send(client, Redirect{id, leader});
}

void Pool::refuse(Effects& effects, NodeId client, const TxId& id, Refusal reason) {
  ++refused_;
  effects.send(client, Refused{id, reason});
}

// --- reads -------------------------------------------------------------------------------------

/// Consensus says when the ledger's state is recent enough; then the ledger is asked.
void Pool::on_read(Effects& effects, NodeId client, const ReadRequest& request) {
  const CallId id = next_read_++;
  reads_.try_emplace(id, Read{client, request});
  effects.call(Slot::consensus, id, ConfirmRead{});
}

void Pool::on_read_confirmed(Effects& effects, CallId id, bool ok) {
  const Read* read = reads_.find(id);
  if (!read) return;
  if (ok) {
    effects.call(Slot::application, id, Query{read->request.account});
  } else {
    effects.send(read->client, ReadRefused{read->request.number});
    reads_.erase(id);
  }
}

void Pool::on_queried(Effects& effects, CallId id, const Queried& queried) {
  const Read* read = reads_.find(id);
  if (!read) return;
  effects.send(read->client,
               ReadReply{read->request.number, queried.height, queried.balance, queried.nonce});
  reads_.erase(id);
}

void Pool::inspect(Inspector& inspector) const {
  inspector.field("pool.transactions", queues_.count());
  inspector.field("pool.bytes", queues_.bytes());
  inspector.field("pool.senders", queues_.senders());
  inspector.field("pool.waiting", queues_.waiting_count());
  inspector.field("pool.known", items_.size());
  if (!expiring_.empty()) inspector.field("pool.expiring", expiring_.size());
  if (floor_ != 0) inspector.field("pool.floor", floor_);
  inspector.field("pool.refused", refused_);
  inspector.field("pool.evicted", evicted_);
}

}  // namespace ledgerlab::pool
