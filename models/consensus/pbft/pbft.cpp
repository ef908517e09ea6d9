// The frame of the state machine: inputs, timers, the disk, the primary's batches.
#include "models/consensus/pbft/pbft.hpp"

#include <algorithm>

#include "models/parts/quorum/quorum.hpp"

namespace ledgerlab::pbft {

Options::Options(const Params& params)
    : checkpoint_interval(params.count("checkpoint_interval")),
      window(params.count("water_mark_window")),
      max_inflight_batches(params.count("max_inflight_batches")),
      batch_delay(params.duration("batch_delay")),
      view_timeout(params.duration("view_timeout")),
      view_timeout_max(params.duration("view_timeout_max")),
      status_interval(params.duration("status_interval")),
      state_chunk(params.count("state_chunk")),
      tentative_execution(params.flag("tentative_execution")) {}

Pbft::Pbft(const ModuleContext& context)
    : LogProtocol(context),
      options_(*context.params),
      rules_{context.replicas, quorum::byzantine(context.replicas), options_.window,
             options_.checkpoint_interval},
      faulty_(quorum::max_byzantine(context.replicas)),
      log_(options_.window, context.replicas),
      tip_(last_decided()),
      checkpoints_(context.replicas),
      view_changes_(context.replicas),
      next_peer_(context.self) {}

BlockRef known_block(Height height, const BlockId& id, const Hash256& state_root) {
  auto block = std::make_shared<Block>();
  block->height = height;
  block->id = id;
  block->payload = empty_payload();
  block->state_root = state_root;
  return block;
}

// --- life ----------------------------------------------------------------------------------------

void Pbft::restore(std::span<const Record> records) {
  Restored found = restore_records(records);
  view_ = found.view;
  active_ = found.active;
  new_view_ = found.active ? found.new_view : MessageRef();
  view_record_ = found.view_record;
  stable_ = executed_ = found.stable;
  stable_proof_ = found.stable_proof;
  stable_record_ = found.stable_record;
  own_.assign(std::make_move_iterator(found.checkpoints.begin()),
              std::make_move_iterator(found.checkpoints.end()));
  next_record_ = found.last_record + 1;
  durable_ = found.last_record;
  forgotten_ = found.first_record;
  if (stable_ != 0) {
    const Checkpoint& at = own_.front().body;
    reset_history(known_block(at.height, at.block, at.state_root));
  }
  if (new_view_) {
    const NewOrders orders = new_orders(view_, new_view_->as<NewView>()->view_changes);
    propose_after_ = orders.min_s + orders.orders.size();
  }
  next_ = std::max(propose_after_, stable_) + 1;
  for (const auto& [seq, entry] : found.entries) {
    if (inside(seq)) restore_entry(seq, entry);
  }
  accepted_ = std::max(accepted_, stable_);
  seen_ = accepted_;
}

/// What we voted for in the newest view, what we had prepared, what we had executed.
void Pbft::restore_entry(Sequence seq, const RestoredEntry& found) {
  Entry& entry = log_.at(seq);
  entry.first_record = found.first_record;
  for (const BatchRef& batch : found.batches) entry.keep_batch(batch);
  if (found.voted) {
    log_.open(entry, found.voted->view, found.voted->digest);
    entry.accepted = entry.voted = true;
    entry.pre_prepare = found.pre_prepare;
    if (found.voted->view == view_) {
      accepted_ = std::max(accepted_, seq);
      next_ = std::max(next_, seq + 1);
    }
  }
  entry.certificate = found.certificate;
  if (found.certificate && found.voted) {
    const auto& order = *found.certificate->front()->as<PrePrepare>();
    entry.prepared = order.same(*found.voted);
  }
  if (found.executed) {
    entry.committed = entry.recorded = true;
    entry.decided = *found.executed;
    accepted_ = std::max(accepted_, seq);
  }
}

void Pbft::on_start(const Input& input, Effects& effects) {
  progress_at_ = view_entered_at_ = held_since_ = waiting_since_ = input.local;
  announce(effects);
  effects.set_timer({timer_status, 0}, options_.status_interval);
  // Our votes, signed again: others may have missed them.
  for (Sequence seq = stable_ + 1; seq <= accepted_; ++seq) {
    Entry* entry = log_.find(seq);
    if (!entry || !entry->accepted) continue;
    const Order order{entry->view, seq, entry->digest};
    const bool ours = rules_.primary(entry->view) == self();
    if (!ours) {
      entry->own_prepare = effects.make(Prepare{order});
      if (log_.mark(*entry, VoteKind::prepare, self())) {
        ++entry->prepares;
        if (!entry->prepared) entry->prepare_frames.push_back(entry->own_prepare);
      }
    }
    if (entry->prepared) {
      entry->own_commit = effects.make(Commit{order});
      if (log_.mark(*entry, VoteKind::commit, self())) ++entry->commits;
    }
  }
  if (input.incarnation == 0) return;
  if (!active_) {
    // The VIEW-CHANGE we had sent follows from what we hold; it has to be the same one again.
    own_view_change_ = effects.make(make_view_change());
    view_changes_[self()] = own_view_change_;
    effects.broadcast(own_view_change_);
  }
  if (n() > 1) effects.broadcast(Status{view_, active_, stable_, executed_, true, false});
}

void Pbft::on_application_state(const Input& input, Effects& effects) {
  ready_ = true;
  if (stable_ != 0 && applied() < own_.front().body.height) {
    installing_own_ = true;
    effects.call(Slot::application, Install{own_.front().snapshot});
    return;
  }
  execute_committed(input, effects);
  tip_ = last_decided();
}

void Pbft::on_message(const Input& input, Effects& effects) {
  if (input.from >= n() || input.from == self()) return;
  const Message& message = *input.message;
  if (const auto* m = message.as<Proposal>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<Checkpoint>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<ViewChange>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<NewView>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<Status>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<FetchBatch>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<BatchContent>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<StableCheckpoint>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<FetchState>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<StateChunk>()) {
    handle(input, effects, *m);
  }
}

void Pbft::on_timer(const Input& input, Effects& effects) {
  switch (input.timer.kind) {
    case timer_view:
      view_timer_fired(input, effects);
      break;
    case timer_status:
      status_tick(input, effects);
      break;
    case timer_batch:
      batch_armed_ = false;
      batch_due_ = true;
      break;
    default:
      break;
  }
}

// --- disk ----------------------------------------------------------------------------------------

std::uint64_t Pbft::persist(Effects& effects, Record record) {
  effects.persist(std::move(record));
  return next_record_++;
}

void Pbft::persist_for(Effects& effects, Entry& entry, Record record) {
  const std::uint64_t index = persist(effects, std::move(record));
  if (entry.first_record == 0) entry.first_record = index;
}

void Pbft::on_persisted(const Input& input, Effects& effects) {
  durable_ = std::max(durable_, input.persisted_up_to);
  if (forget_due_) forget_old(effects);
}

// --- what a backup waits for (section 4.4) -------------------------------------------------------

/// When we stop waiting: for a request that our pool holds, for a number whose PRE-PREPARE is in
/// the log, or for the NEW-VIEW once a quorum has asked for it. The wait doubles with every view
/// change that brought nothing.
std::optional<Time> Pbft::view_deadline() const {
  Duration wait = options_.view_timeout;
  for (std::uint32_t i = 1; i < attempts_ && wait < options_.view_timeout_max; ++i) wait *= 2;
  wait = std::min(wait, options_.view_timeout_max);
  if (!active_) return quorum_since_ ? std::optional(*quorum_since_ + wait) : std::nullopt;
  std::optional<Time> since;
  if (held_oldest_) since = held_since_;
  if (accepted_ > executed_) since = since ? std::min(*since, waiting_since_) : waiting_since_;
  return since ? std::optional(*since + wait) : std::nullopt;
}

/// One timer, set again only when its date was too early: replicas wait and stop waiting all the
/// time.
void Pbft::arm_view_timer(const Input& input, Effects& effects) {
  const std::optional<Time> deadline = view_deadline();
  if (!deadline || *deadline >= armed_) return;
  armed_ = *deadline;
  effects.set_timer({timer_view, 0}, std::max(Duration::zero(), *deadline - input.local));
}

void Pbft::view_timer_fired(const Input& input, Effects& effects) {
  armed_ = time_never;
  const std::optional<Time> deadline = view_deadline();
  if (deadline && *deadline <= input.local) start_view_change(input, effects, view_ + 1);
  arm_view_timer(input, effects);
}

// --- the primary's batches -----------------------------------------------------------------------

void Pbft::on_pending(const Input& input, Effects& effects) {
  if (pending().count == 0) {
    held_oldest_.reset();
  } else if (!held_oldest_ || *held_oldest_ != pending().oldest) {
    held_oldest_ = pending().oldest;
    held_since_ = input.local;
    arm_view_timer(input, effects);
  }
  arm_batch(effects);
}

// A new primary proposes nothing of its own before the numbers of O are executed: until then it
// does not know which of its pool's transactions they hold.
bool Pbft::want_payload() const {
  if (!active_ || primary() != self() || !ready_ || executed_ < propose_after_) return false;
  if (installing_own_ || transfer_) return false;
  if (next_ > stable_ + options_.window) return false;  // section 4.2: the high water mark
  if (next_ > executed_ + options_.max_inflight_batches) return false;
  return options_.batch_delay == Duration::zero() || batch_due_ ||
         pending().count >= block_max_transactions() || pending().bytes >= block_max_bytes();
}

const BlockRef& Pbft::history_tip() const { return next_ == executed_ + 1 ? last_decided() : tip_; }

void Pbft::arm_batch(Effects& effects) {
  if (options_.batch_delay == Duration::zero() || !leads() || batch_armed_ || batch_due_) return;
  if (pending().count == 0) return;
  batch_armed_ = true;
  effects.set_timer({timer_batch, 0}, options_.batch_delay);
}

void Pbft::on_built(const Input& input, Effects& effects, const Built& built) {
  batch_due_ = false;
  // Asked for in a view that has ended: the pool was told by RoleChange and offers it again.
  if (built.payload->empty() || !leads() || asked_parent() != history_tip()->id ||
      executed_ < propose_after_ || next_ > stable_ + options_.window) {
    return;
  }
  const BatchRef batch = make_batch(built.payload, built.askers);
  effects.work(Operation::hash_byte, built.payload->bytes);
  tip_ = place(*batch, history_tip());
  const Order order{view_, next_++, batch->digest};
  const MessageRef pre_prepare = effects.make(PrePrepare{order});
  persist_for(effects, log_.at(order.seq), record_vote(order, pre_prepare, batch));
  effects.broadcast(Proposal{pre_prepare, built.payload, built.askers, batch});
  note_seen(input, order.seq);
  accept(input, effects, pre_prepare, batch);
  arm_batch(effects);
}

// --- what others see -----------------------------------------------------------------------------

void Pbft::announce(Effects& effects) {
  const NodeId leader = active_ ? primary() : no_node;
  const NodeRole role = !active_           ? NodeRole::candidate
                        : leader == self() ? NodeRole::leader
                                           : NodeRole::follower;
  effects.announce_role(role, view_, leader);
}

void Pbft::inspect(Inspector& inspector) const {
  inspector.field("view", view_);
  inspector.field("state", std::string(!active_ ? "changing" : leads() ? "primary" : "backup"));
  inspector.field("h", stable_);
  inspector.field("executed", executed_);
  std::string log;
  for (Sequence seq = stable_ + 1; seq <= stable_ + options_.window; ++seq) {
    const Entry* entry = log_.find(seq);
    if (!entry) continue;
    if (seq > stable_ + 12) {
      log += " ..";
      break;
    }
    log += (log.empty() ? "" : " ") + std::to_string(seq) + ":";
    log += entry->executed    ? "executed"
           : entry->committed ? "committed"
           : entry->prepared  ? "prepared"
           : entry->accepted  ? "pre-prepared"
                              : "heard-of";
  }
  inspector.field("log", "[" + log + "]");
  inspector.field("waits", std::string(view_deadline() ? "yes" : "no"));
  LogProtocol::inspect(inspector);
}

}  // namespace ledgerlab::pbft
