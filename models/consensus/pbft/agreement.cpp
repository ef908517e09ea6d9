// The three phases of section 4.2, execution in the order of sequence numbers, and tentative
// execution (section 5.1).
#include <algorithm>

#include "models/consensus/pbft/pbft.hpp"

namespace ledgerlab::pbft {

// The hot path: DESIGN 14, point 1. A replica counts the votes of others; its own it counts when it
// sends them.
template <class Vote, VoteKind kind>
void Pbft::on_vote(const Input& input, Effects& effects, const Vote& vote) {
  const NodeId author = input.message->author();
  if (author >= n() || author == self() || !inside(vote.seq)) return;
  // The primary's PREPARE is its PRE-PREPARE.
  if (kind == VoteKind::prepare && author == rules_.primary(vote.view)) return;
  note_seen(input, vote.seq);
  Entry& entry = log_.at(vote.seq);
  if (active_ && vote.view == view_ && (!entry.open || entry.view < view_)) {
    log_.open(entry, vote.view, vote.digest);
  }
  if (!entry.open || vote.view != entry.view || vote.digest != entry.digest) {
    stray(input, effects, entry, kind, input.message_ref(), vote);
    return;
  }
  if (!log_.mark(entry, kind, author)) return;
  if constexpr (kind == VoteKind::prepare) {
    ++entry.prepares;
    if (entry.prepared) return;
    entry.prepare_frames.push_back(input.message_ref());
    check_prepared(input, effects, entry);
  } else {
    ++entry.commits;
    if (!entry.committed) check_committed(input, effects, entry);
  }
}

void Pbft::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::deliver) {
    if (const auto* commit = input.message->as<Commit>()) {
      const Sequence before = executed_;
      on_vote<Commit, VoteKind::commit>(input, effects, *commit);
      if (executed_ != before) ask_for_payload(effects);
      return;
    }
    if (const auto* prepare = input.message->as<Prepare>()) {
      const Sequence before = executed_;
      on_vote<Prepare, VoteKind::prepare>(input, effects, *prepare);
      if (executed_ != before) ask_for_payload(effects);
      return;
    }
  }
  LogProtocol::step(input, effects);
}

/// A vote that is not for the entry's tally: of another view, or for another digest. It is kept,
/// one of each replica and kind, the newest view's.
bool Pbft::stray(const Input& input, Effects& effects, Entry& entry, VoteKind kind,
                 const MessageRef& frame, const Order& order) {
  for (StrayVote& known : entry.strays) {
    if (known.kind != kind || known.frame->author() != frame->author()) continue;
    if (known.order->view >= order.view) return false;
    known.frame = frame;
    known.order = &order;
    if (kind == VoteKind::commit) check_strays(input, effects, entry, order);
    return true;
  }
  entry.strays.push_back({kind, frame, &order});
  if (kind == VoteKind::commit) check_strays(input, effects, entry, order);
  return true;
}

/// A quorum of COMMITs for one view and batch proves it committed, whatever view we are in.
void Pbft::check_strays(const Input& input, Effects& effects, Entry& entry, const Order& order) {
  if (entry.committed) return;
  std::uint32_t count = 0;
  for (const StrayVote& vote : entry.strays) {
    count += vote.kind == VoteKind::commit && vote.order->same(order);
  }
  const BatchDigest digest = order.digest;
  if (count >= rules_.quorum) decide_entry(input, effects, entry, digest);
}

/// Votes that came before their PRE-PREPARE, or before we entered their view.
void Pbft::adopt_strays(Entry& entry) {
  std::erase_if(entry.strays, [&](const StrayVote& vote) {
    if (vote.order->view != entry.view || vote.order->digest != entry.digest) return false;
    if (log_.mark(entry, vote.kind, vote.frame->author())) {
      if (vote.kind == VoteKind::prepare) {
        ++entry.prepares;
        entry.prepare_frames.push_back(vote.frame);
      } else {
        ++entry.commits;
      }
    }
    return true;
  });
}

/// One client for each transaction, or none is named. A liar could name nodes that do not exist.
bool Pbft::sound_askers(std::span<const NodeId> askers, const Payload& payload) const {
  if (!askers.empty() && askers.size() != payload.transactions.size()) return false;
  return std::all_of(askers.begin(), askers.end(), [&](NodeId node) {
    return node == no_node || (node >= n() && node < context().nodes);
  });
}

// --- PRE-PREPARE ---------------------------------------------------------------------------------

// Section 4.2: accepted if signed by the primary of this view, if no other digest was accepted for
// this view and number, and if the number is between the water marks.
void Pbft::handle(const Input& input, Effects& effects, const Proposal& proposal) {
  const auto* order = proposal.pre_prepare ? proposal.pre_prepare->as<PrePrepare>() : nullptr;
  if (!order || !active_ || order->view != view_ || primary() == self()) return;
  if (proposal.pre_prepare->author() != primary() || !inside(order->seq)) return;
  if (!sound_askers(proposal.askers, *proposal.payload)) return;
  if (!effects.crypto().authentic(*proposal.pre_prepare)) return;
  if (!proposal.batch) proposal.batch = make_batch(proposal.payload, proposal.askers);
  effects.work(Operation::hash_byte, proposal.payload->bytes);
  if (proposal.batch->digest != order->digest || order->digest.is_null()) return;
  note_seen(input, order->seq);
  accept(input, effects, proposal.pre_prepare, proposal.batch);
}

void Pbft::accept(const Input& input, Effects& effects, const MessageRef& pre_prepare,
                  const BatchRef& batch) {
  const auto& order = *pre_prepare->as<PrePrepare>();
  Entry& entry = log_.at(order.seq);
  const bool ours = entry.open && entry.view == order.view;
  if (ours && entry.accepted) {
    if (entry.digest != order.digest) {
      effects.note("the primary of view " + std::to_string(order.view) +
                   " has ordered two batches at " + std::to_string(order.seq));
    } else if (!entry.find_batch(entry.digest)) {
      entry.keep_batch(batch);
      consider(input, effects, entry);
      execute_committed(input, effects);
    }
    return;
  }
  if (!ours || entry.digest != order.digest) {
    // Votes of this view that came first, but for another digest, go to the strays with the frames
    // we have; COMMITs without a frame are asked for again by status.
    if (ours) {
      for (const MessageRef& frame : std::exchange(entry.prepare_frames, {})) {
        entry.strays.push_back({VoteKind::prepare, frame, frame->as<Prepare>()});
      }
    }
    log_.open(entry, order.view, order.digest);
  }
  entry.accepted = true;
  entry.pre_prepare = pre_prepare;
  entry.keep_batch(batch);
  adopt_strays(entry);
  if (accepted_ <= executed_ && order.seq > executed_) waiting_since_ = input.local;
  accepted_ = std::max(accepted_, order.seq);
  arm_view_timer(input, effects);
  consider(input, effects, entry);
}

/// May we vote for what the tally holds? A batch that was executed or is null was judged before.
void Pbft::consider(const Input& input, Effects& effects, Entry& entry) {
  if (!current(entry) || entry.voted || entry.validating || entry.refused) return;
  if (primary() == self()) {
    entry.voted = true;
    check_prepared(input, effects, entry);
    return;
  }
  if (entry.digest.is_null() || (entry.committed && entry.decided == entry.digest)) {
    vote_prepare(input, effects, entry);
    return;
  }
  const BatchRef batch = entry.find_batch(entry.digest);
  if (!batch) {
    ask_batch(input, effects, entry, entry.digest);
    return;
  }
  // The digest commits to the signatures, but says not that they are good.
  entry.validating = true;
  effects.call(Slot::application, entry.seq, Validate{batch->block});
}

void Pbft::on_validated(const Input& input, Effects& effects, const Validated& validated) {
  const Sequence seq = input.call->id;
  Entry* entry = inside(seq) ? log_.find(seq) : nullptr;
  if (!entry || !current(*entry) || !entry->validating || entry->digest.root != validated.block)
    return;
  entry->validating = false;
  if (!validated.ok) {
    entry->refused = true;
    effects.note("batch " + std::to_string(seq) + " refused: " + validated.reason);
    return;
  }
  vote_prepare(input, effects, *entry);
}

// --- PREPARE, COMMIT ----------------------------------------------------------------------------

void Pbft::vote_prepare(const Input& input, Effects& effects, Entry& entry) {
  entry.voted = true;
  const Order order{entry.view, entry.seq, entry.digest};
  persist_for(effects, entry,
              record_vote(order, entry.pre_prepare, entry.find_batch(entry.digest)));
  entry.own_prepare = effects.make(Prepare{order});
  effects.broadcast(entry.own_prepare);
  if (log_.mark(entry, VoteKind::prepare, self())) {
    ++entry.prepares;
    entry.prepare_frames.push_back(entry.own_prepare);
  }
  check_prepared(input, effects, entry);
}

// prepared(m,v,n,i): the request, its PRE-PREPARE and quorum - 1 PREPAREs of different backups are
// in the log.
void Pbft::check_prepared(const Input& input, Effects& effects, Entry& entry) {
  if (entry.prepared || !entry.voted || entry.prepares + 1 < rules_.quorum) return;
  // Who has sent its VIEW-CHANGE must not prepare anything more in the view it left (section 4.4).
  if (!current(entry)) return;
  entry.prepared = true;
  auto certificate = std::make_shared<std::vector<MessageRef>>();
  certificate->reserve(rules_.quorum);
  certificate->push_back(entry.pre_prepare);
  for (std::uint32_t i = 0; i + 1 < rules_.quorum; ++i) {
    certificate->push_back(std::move(entry.prepare_frames[i]));
  }
  entry.prepare_frames.clear();
  entry.certificate = std::move(certificate);
  const Order order{entry.view, entry.seq, entry.digest};
  persist_for(effects, entry, record_prepared(order, entry.certificate));
  entry.own_commit = effects.make(Commit{order});
  effects.broadcast(entry.own_commit);
  if (log_.mark(entry, VoteKind::commit, self())) ++entry.commits;
  check_committed(input, effects, entry);
  if (options_.tentative_execution && ready_ && !transfer_) execute_tentatively(effects);
}

// committed-local(m,v,n,i): prepared, and a quorum of COMMITs.
void Pbft::check_committed(const Input& input, Effects& effects, Entry& entry) {
  if (entry.committed || !entry.prepared || entry.commits < rules_.quorum) return;
  decide_entry(input, effects, entry, entry.digest);
}

void Pbft::decide_entry(const Input& input, Effects& effects, Entry& entry,
                        const BatchDigest& digest) {
  entry.committed = true;
  entry.decided = digest;
  if (accepted_ <= executed_ && entry.seq > executed_) waiting_since_ = input.local;
  accepted_ = std::max(accepted_, entry.seq);
  execute_committed(input, effects);
}

// --- execution ----------------------------------------------------------------------------------

/// The block that a batch becomes behind this parent; made once for all that share the batch.
BlockRef Pbft::place(const Batch& batch, const BlockRef& parent) const {
  if (!batch.executed || batch.executed->parent != parent->id) {
    batch.executed = make_log_block(parent->height + 1, parent->id, batch.block->payload);
  }
  return batch.executed;
}

// Section 4.2: after all requests with lower numbers. At a checkpoint it waits until the state
// there has been taken (section 4.3).
void Pbft::execute_committed(const Input& input, Effects& effects) {
  if (!ready_ || installing_own_ || (transfer_ && transfer_->installing)) return;
  while (!snapshot_asked_ && executed_ < stable_ + options_.window) {
    Entry* entry = log_.find(executed_ + 1);
    if (!entry || !entry->committed) break;
    if (!entry->decided.is_null()) {
      const BatchRef batch = entry->find_batch(entry->decided);
      if (!batch) {
        ask_batch(input, effects, *entry, entry->decided);
        return;
      }
      const BlockRef block = place(*batch, last_decided());
      if (adopted() != last_decided() && adopted()->id != block->id) undo_tentative(effects);
      if (adopted() != last_decided()) {
        finalise(effects, block);
      } else {
        tell_askers(effects, *batch, block);
        decide(effects, block);
      }
    } else {
      undo_tentative(effects);
    }
    entry->executed = true;
    entry->height = last_decided()->height;
    executed_ = entry->seq;
    progress_at_ = waiting_since_ = input.local;
    // Section 4.4: executing in the new view ends the doubling.
    if (active_) attempts_ = 0;
    if (!entry->recorded) {
      // Behind the announcement, which waits for what was written before, not for this.
      entry->recorded = true;
      persist_for(effects, *entry, record_executed(entry->seq, entry->decided));
    }
    if (executed_ % options_.checkpoint_interval != 0) continue;
    if (applied() > last_decided()->height) continue;  // its state is gone by already
    if (!own_.empty() && own_.back().body.seq >= executed_) continue;
    snapshot_asked_ = true;
    effects.call(Slot::application, TakeSnapshot{});
  }
  if (options_.tentative_execution) execute_tentatively(effects);
}

/// The pool is told whom to answer before the ledger has anything to answer.
void Pbft::tell_askers(Effects& effects, const Batch& batch, const BlockRef& block) {
  if (batch.askers.empty() || block->height <= applied()) return;
  effects.call(Slot::mempool, AskedFor{block->payload, batch.askers});
}

// Section 5.1: a prepared request is executed when all before it are known to have committed; it is
// undone if a view change comes first.
void Pbft::execute_tentatively(Effects& effects) {
  if (!active_ || snapshot_asked_ || adopted() != last_decided()) return;
  const Entry* entry = log_.find(executed_ + 1);
  if (!entry || !entry->prepared || entry->committed || entry->view != view_) return;
  const BatchRef batch = entry->find_batch(entry->digest);
  if (!batch) return;
  const BlockRef block = place(*batch, last_decided());
  tell_askers(effects, *batch, block);
  adopt(effects, block);
}

void Pbft::undo_tentative(Effects& effects) {
  if (adopted() != last_decided()) roll_back(effects);
}

}  // namespace ledgerlab::pbft
