// Checkpoints and garbage collection (section 4.3).
#include <algorithm>

#include "models/consensus/pbft/pbft.hpp"

namespace ledgerlab::pbft {
namespace {

/// Stable checkpoints from one record of a NEW-VIEW to the next.
constexpr std::uint32_t view_record_interval = 16;

}  // namespace

void Pbft::on_snapshot(const Input& input, Effects& effects, const SnapshotRef& data) {
  if (!snapshot_asked_) return;
  snapshot_asked_ = false;
  // Another height: the application is ahead of us after a restart, the state is gone.
  if (data && data->height == last_decided()->height) take_checkpoint(input, effects, data);
  execute_committed(input, effects);
}

/// The state is written before it is spoken of: who is asked for it later must have it.
void Pbft::take_checkpoint(const Input& input, Effects& effects, const SnapshotRef& data) {
  OwnCheckpoint own;
  own.body = {executed_, data->height, data->block, data->state_root};
  own.snapshot = data;
  own.record = persist(effects, record_checkpoint(own));
  own_.push_back(std::move(own));
  effects.broadcast(checkpoint_frame(effects, own_.back()));
  const Checkpoint body = own_.back().body;
  look_for_stable(input, effects, body);
}

const MessageRef& Pbft::checkpoint_frame(Effects& effects, OwnCheckpoint& own) {
  if (!own.frame) own.frame = effects.make(own.body);
  return own.frame;
}

void Pbft::handle(const Input& input, Effects& effects, const Checkpoint& checkpoint) {
  const NodeId author = input.message->author();
  if (author >= n() || author == self()) return;
  if (checkpoint.seq <= stable_ || checkpoint.seq % options_.checkpoint_interval != 0) return;
  auto& known = checkpoints_[author];
  std::erase_if(known,
                [&](const MessageRef& frame) { return frame->as<Checkpoint>()->seq <= stable_; });
  for (const MessageRef& frame : known) {
    if (frame->as<Checkpoint>()->seq == checkpoint.seq) return;
  }
  // A correct replica has no more than these unstable at once; of a liar the newest are kept.
  const std::size_t most = options_.window / options_.checkpoint_interval + 2;
  if (known.size() >= most) {
    const auto lost = spoken_for_.find(known.front()->as<Checkpoint>()->seq);
    if (lost != spoken_for_.end() && --lost->second == 0) spoken_for_.erase(lost);
    known.erase(known.begin());
  }
  known.push_back(input.message_ref());
  if (++spoken_for_[checkpoint.seq] + 1 < rules_.quorum) return;
  if (ahead_ && ahead_->seq >= checkpoint.seq && executed_ < checkpoint.seq) return;
  const Checkpoint body = checkpoint;
  look_for_stable(input, effects, body);
}

void Pbft::look_for_stable(const Input& input, Effects& effects, const Checkpoint& body) {
  std::vector<MessageRef> proof;
  for (OwnCheckpoint& own : own_) {
    if (own.body == body && body.seq > stable_) proof.push_back(checkpoint_frame(effects, own));
  }
  for (const auto& known : checkpoints_) {
    for (const MessageRef& frame : known) {
      if (*frame->as<Checkpoint>() == body) proof.push_back(frame);
    }
  }
  if (proof.size() < rules_.quorum) return;
  // In the order of their authors, as few as it takes: all who make this proof make the same one.
  std::sort(proof.begin(), proof.end(),
            [](const MessageRef& a, const MessageRef& b) { return a->author() < b->author(); });
  proof.resize(rules_.quorum);
  learn_stable(input, effects, body,
               std::make_shared<const std::vector<MessageRef>>(std::move(proof)));
}

/// A checkpoint is proven stable: ours too, or one that we have not come to yet.
void Pbft::learn_stable(const Input& input, Effects& effects, const Checkpoint& body,
                        MessageListRef proof) {
  if (body.seq <= stable_) return;
  const auto own = std::find_if(own_.begin(), own_.end(),
                                [&](const OwnCheckpoint& c) { return c.body == body; });
  if (own != own_.end() && executed_ >= body.seq) {
    make_stable(effects, body.seq, std::move(proof));
    execute_committed(input, effects);
    return;
  }
  if (ahead_ && ahead_->seq >= body.seq) return;
  note_seen(input, body.seq);
  ahead_ = body;
  ahead_proof_ = std::move(proof);
}

// Section 4.3: everything up to and including n is discarded; the water marks move.
void Pbft::make_stable(Effects& effects, Sequence seq, MessageListRef proof) {
  const Sequence last = std::min(seq, stable_ + options_.window);
  for (Sequence old = stable_ + 1; old <= last; ++old) log_.drop(old);
  stable_ = seq;
  stable_proof_ = std::move(proof);
  while (!own_.empty() && own_.front().body.seq < seq) own_.pop_front();
  spoken_for_.erase(spoken_for_.begin(), spoken_for_.upper_bound(seq));
  if (ahead_ && ahead_->seq <= seq) {
    ahead_.reset();
    ahead_proof_.reset();
  }
  forget_due_ = true;
  stable_record_ = persist(effects, record_stable(seq, stable_proof_));
  // The newest of these may lie below what is going to be forgotten. A NEW-VIEW holds the proofs of a
  // whole quorum: it is not written again at every checkpoint, older records are kept longer instead.
  const bool proofs = active_ && new_view_;
  if (view_record_ == 0 || (proofs && ++checkpoints_since_view_ < view_record_interval)) return;
  checkpoints_since_view_ = 0;
  view_record_ = persist(effects, record_view(view_, active_, active_ ? new_view_ : MessageRef()));
}

/// Gives up the records below everything that still counts, once the stable checkpoint is durable:
/// its own state, the newest view, the entries above it.
void Pbft::forget_old(Effects& effects) {
  if (stable_record_ == 0 || stable_record_ > durable_) return;
  forget_due_ = false;
  std::uint64_t below = stable_record_;
  if (!own_.empty()) below = std::min(below, own_.front().record);
  if (view_record_ != 0) below = std::min(below, view_record_);
  for (Sequence seq = stable_ + 1; seq <= stable_ + options_.window; ++seq) {
    const Entry* entry = log_.find(seq);
    if (entry && entry->first_record != 0) below = std::min(below, entry->first_record);
  }
  if (below <= forgotten_) return;
  forgotten_ = below;
  effects.forget(below);
}

}  // namespace ledgerlab::pbft
