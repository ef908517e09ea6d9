// Retransmission and state transfer. The network may lose messages: a replica that does not get on
// says where it stands, and others send again what they said, or the proof of a later checkpoint
// and the state there (Castro's thesis 2001, sections 5.2 and 5.3; OSDI 1999, section 4.3).
#include <algorithm>

#include "models/consensus/pbft/pbft.hpp"

namespace ledgerlab::pbft {
namespace {

/// Sequence numbers for which one Status is answered at most.
constexpr Sequence resend_most = 32;

}  // namespace

void Pbft::status_tick(const Input& input, Effects& effects) {
  effects.set_timer({timer_status, 0}, options_.status_interval);
  const Time overdue = input.local - options_.status_interval;
  const bool behind = (seen_ > executed_ || ahead_) && progress_at_ <= overdue;
  const bool changing = !active_ && view_entered_at_ <= overdue;
  const Status status{view_, active_, stable_, executed_, behind || changing, false};
  if (n() == 1) return;
  if (!behind && !changing) {
    // Nothing is known to be missing: one other replica, in turn, may know better.
    next_peer_ = (next_peer_ + 1) % n();
    if (next_peer_ == self()) next_peer_ = (next_peer_ + 1) % n();
    effects.send(next_peer_, status);
    return;
  }
  effects.broadcast(status);
  if (changing && own_view_change_) effects.broadcast(own_view_change_);
  learn_from_commits(input, effects);
  resend_own(effects, no_node, executed_);
  if (const Entry* entry = log_.find(executed_ + 1)) {
    const BatchDigest wanted = entry->committed ? entry->decided : entry->digest;
    if ((entry->committed || entry->accepted) && !wanted.is_null() && !entry->find_batch(wanted)) {
      ask_batch(input, effects, log_.at(executed_ + 1), wanted);
    }
  }
  if (ahead_ && ahead_->seq > executed_) ask_state(input, effects);
}

/// A quorum of COMMITs suffices where PREPAREs were lost: each of its replicas had prepared.
void Pbft::learn_from_commits(const Input& input, Effects& effects) {
  for (Sequence seq = executed_ + 1; seq <= executed_ + resend_most && inside(seq); ++seq) {
    Entry* entry = log_.find(seq);
    if (entry && entry->open && !entry->committed && entry->commits >= rules_.quorum) {
      const BatchDigest digest = entry->digest;
      decide_entry(input, effects, *entry, digest);
    }
  }
}

/// Our own votes behind a number, once more; to everybody if `to` is nobody.
void Pbft::resend_own(Effects& effects, NodeId to, Sequence after) {
  const Sequence first = std::max(after, stable_) + 1;
  for (Sequence seq = first; seq < first + resend_most && inside(seq); ++seq) {
    Entry* entry = log_.find(seq);
    if (!entry) continue;
    const bool now = current(*entry);
    if (now && leads() && !entry->digest.is_null()) {
      if (const BatchRef batch = entry->find_batch(entry->digest)) {
        Proposal again{entry->pre_prepare, batch->block->payload, batch->askers, batch};
        send(effects, to, effects.make(std::move(again)));
      }
    }
    if (now && entry->own_prepare) send(effects, to, entry->own_prepare);
    if (entry->own_commit) send(effects, to, entry->own_commit);
  }
}

void Pbft::handle(const Input& input, Effects& effects, const Status& status) {
  const NodeId from = input.from;
  if (status.view < view_ || (status.view == view_ && !status.active)) {
    if (active_ && new_view_) {
      effects.send(from, new_view_);
    } else if (!active_ && own_view_change_) {
      effects.send(from, own_view_change_);
    }
  }
  if (status.executed > seen_)
    note_seen(input, std::min(status.executed, stable_ + options_.window));
  if (!status.asks) {
    // What it lacks may still be on its way.
    if (status.executed < executed_ && !status.answer) {
      effects.send(from, Status{view_, active_, stable_, executed_, false, true});
    }
    return;
  }
  if (status.stable < stable_ && stable_proof_) {
    effects.send(from, StableCheckpoint{*stable_proof_});
  }
  for (OwnCheckpoint& own : own_) {
    if (own.body.seq > std::max(stable_, status.stable)) {
      effects.send(from, checkpoint_frame(effects, own));
    }
  }
  if (status.executed < accepted_) resend_own(effects, from, status.executed);
}

// --- batches -----------------------------------------------------------------------------------

/// From one replica after the other, until somebody has it.
void Pbft::ask_batch(const Input&, Effects& effects, const Entry& entry,
                     const BatchDigest& digest) {
  if (n() == 1) return;
  next_peer_ = (next_peer_ + 1) % n();
  if (next_peer_ == self()) next_peer_ = (next_peer_ + 1) % n();
  effects.send(next_peer_, FetchBatch{entry.seq, digest});
}

void Pbft::handle(const Input& input, Effects& effects, const FetchBatch& request) {
  const Entry* entry = inside(request.seq) ? log_.find(request.seq) : nullptr;
  const BatchRef batch = entry ? entry->find_batch(request.digest) : nullptr;
  if (!batch) return;
  effects.send(input.from, BatchContent{request.seq, batch->block->payload, batch->askers});
}

void Pbft::handle(const Input& input, Effects& effects, const BatchContent& content) {
  Entry* entry = inside(content.seq) ? log_.find(content.seq) : nullptr;
  if (!entry || !sound_askers(content.askers, *content.payload)) return;
  const BatchRef batch = make_batch(content.payload, content.askers);
  effects.work(Operation::hash_byte, content.payload->bytes);
  // Only what a certificate or the log asks for.
  const bool wanted = (entry->committed && entry->decided == batch->digest) ||
                      (entry->accepted && entry->digest == batch->digest);
  if (!wanted) return;
  entry->keep_batch(batch);
  consider(input, effects, *entry);
  execute_committed(input, effects);
}

// --- state ---------------------------------------------------------------------------------------

void Pbft::handle(const Input& input, Effects& effects, const StableCheckpoint& message) {
  if (message.proof.empty()) return;
  const auto* claim = message.proof.front()->as<Checkpoint>();
  if (!claim || claim->seq <= stable_ || (ahead_ && ahead_->seq >= claim->seq)) return;
  const auto body = proven_checkpoint(rules_, effects, message.proof);
  if (!body) return;
  learn_stable(input, effects, *body,
               std::make_shared<const std::vector<MessageRef>>(message.proof));
  // Beyond what the log can reach there is nothing to wait for.
  const bool unreachable = body->seq > executed_ && !log_.find(executed_ + 1);
  if (ahead_ && unreachable && !transfer_) ask_state(input, effects);
}

/// The state at the newest proven checkpoint, from one of those who signed for it; another one when
/// nothing has come for a while.
void Pbft::ask_state(const Input& input, Effects& effects) {
  if (transfer_ && transfer_->installing) return;
  const bool fresh = !transfer_ || transfer_->body.seq < ahead_->seq;
  if (!fresh && input.local - transfer_->asked < options_.status_interval) return;
  Transfer next;
  next.body = *ahead_;
  next.proof = ahead_proof_;
  next.data = std::make_shared<SnapshotData>();
  *next.data = {next.body.height, next.body.block, next.body.state_root, {}};
  next.asked = input.local;
  std::vector<NodeId> sources;
  for (const MessageRef& frame : *next.proof) {
    if (frame->author() != self()) sources.push_back(frame->author());
  }
  if (sources.empty()) return;
  next.source = sources[next_peer_++ % sources.size()];
  next_peer_ %= n();
  transfer_ = std::move(next);
  effects.send(transfer_->source, FetchState{transfer_->body.seq, 0});
}

void Pbft::handle(const Input& input, Effects& effects, const FetchState& request) {
  const auto own = std::find_if(own_.begin(), own_.end(), [&](const OwnCheckpoint& c) {
    return c.body.seq == request.seq && c.snapshot;
  });
  if (own == own_.end()) {
    if (stable_ > request.seq) effects.send(input.from, StableCheckpoint{*stable_proof_});
    return;
  }
  const Bytes& bytes = own->snapshot->bytes;
  const std::uint64_t begin = std::min<std::uint64_t>(request.offset, bytes.size());
  const std::uint64_t end = std::min<std::uint64_t>(begin + options_.state_chunk, bytes.size());
  StateChunk chunk{request.seq, begin, end == bytes.size(), {}};
  chunk.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                    bytes.begin() + static_cast<std::ptrdiff_t>(end));
  effects.send(input.from, std::move(chunk));
}

void Pbft::handle(const Input& input, Effects& effects, const StateChunk& chunk) {
  if (!transfer_ || transfer_->installing || input.from != transfer_->source) return;
  Bytes& bytes = transfer_->data->bytes;
  if (chunk.seq != transfer_->body.seq || chunk.offset != bytes.size()) return;
  bytes.insert(bytes.end(), chunk.data.begin(), chunk.data.end());
  transfer_->asked = input.local;
  if (!chunk.last) {
    if (!chunk.data.empty()) {
      effects.send(input.from, FetchState{chunk.seq, bytes.size()});
    }
    return;
  }
  if (transfer_->body.seq <= executed_) {  // overtaken by the log
    transfer_.reset();
    return;
  }
  transfer_->installing = true;
  if (transfer_->body.height <= applied()) {
    // After a restart the application may be ahead of the log.
    finish_transfer(input, effects);
    return;
  }
  undo_tentative(effects);
  effects.call(Slot::application, Install{transfer_->data});
}

void Pbft::on_installed(const Input& input, Effects& effects, const Installed& installed) {
  if (installing_own_) {
    installing_own_ = false;
    if (!installed.ok) effects.note("own checkpoint refused: " + installed.reason);
    const SnapshotData& data = *own_.front().snapshot;
    reset_history(known_block(data.height, data.block, data.state_root));
    execute_committed(input, effects);
    return;
  }
  if (!transfer_ || !transfer_->installing) return;
  if (!installed.ok) {
    // Bytes that do not give the proven root: somebody lied; another one is asked.
    effects.note("state of checkpoint " + std::to_string(transfer_->body.seq) +
                 " refused: " + installed.reason);
    transfer_.reset();
    if (ahead_) ask_state(input, effects);
    return;
  }
  finish_transfer(input, effects);
}

void Pbft::finish_transfer(const Input& input, Effects& effects) {
  const Transfer done = std::move(*transfer_);
  transfer_.reset();
  OwnCheckpoint own;
  own.body = done.body;
  own.snapshot = done.data;
  own.record = persist(effects, record_checkpoint(own));
  own_.clear();
  own_.push_back(std::move(own));
  const BlockRef block = known_block(done.body.height, done.body.block, done.body.state_root);
  reset_history(block);
  snapshot_asked_ = false;
  executed_ = done.body.seq;
  accepted_ = std::max(accepted_, executed_);
  next_ = std::max(next_, executed_ + 1);
  progress_at_ = waiting_since_ = input.local;
  effects.announce_head(block);
  effects.announce_final(block);
  make_stable(effects, done.body.seq, done.proof);
  execute_committed(input, effects);
  effects.broadcast(Status{view_, active_, stable_, executed_, true, false});
}

}  // namespace ledgerlab::pbft
