// View changes (section 4.4).
#include <algorithm>

#include "models/consensus/pbft/pbft.hpp"

namespace ledgerlab::pbft {

ViewChange Pbft::make_view_change() const {
  ViewChange change;
  change.view = view_;
  change.stable = stable_;
  if (stable_proof_) change.checkpoint_proof = *stable_proof_;
  for (Sequence seq = stable_ + 1; seq <= stable_ + options_.window; ++seq) {
    const Entry* entry = log_.find(seq);
    if (entry && entry->certificate) change.prepared.push_back({entry->certificate});
  }
  return change;
}

// A replica that moves to view v + 1 stops accepting messages of the old view and multicasts its
// VIEW-CHANGE: its stable checkpoint with proof, and a certificate for every number prepared here.
void Pbft::start_view_change(const Input& input, Effects& effects, View view) {
  undo_tentative(effects);
  view_ = view;
  active_ = false;
  ++attempts_;
  quorum_since_.reset();
  new_view_ = {};
  view_entered_at_ = input.local;
  view_record_ = persist(effects, record_view(view_, false, {}));
  own_view_change_ = effects.make(make_view_change());
  view_changes_[self()] = own_view_change_;
  announce(effects);
  effects.broadcast(own_view_change_);
  look_at_view_changes(input, effects);
}

void Pbft::handle(const Input& input, Effects& effects, const ViewChange& change) {
  const NodeId author = input.message->author();
  if (author >= n() || author == self()) return;
  if (change.view < view_ || (change.view == view_ && active_)) return;
  MessageRef& known = view_changes_[author];
  if (known && known->as<ViewChange>()->view >= change.view) return;
  if (const std::string fault = view_change_fault(rules_, effects, change); !fault.empty()) {
    effects.note("VIEW-CHANGE of " + std::to_string(author) + " refused: " + fault);
    return;
  }
  known = input.message_ref();
  look_at_view_changes(input, effects);
}

void Pbft::look_at_view_changes(const Input& input, Effects& effects) {
  // Section 4.5.2: f + 1 others are beyond our view, so a correct one is: join the smallest.
  std::uint32_t beyond = 0;
  View smallest = 0;
  std::uint32_t here = 0;
  for (NodeId author = 0; author < n(); ++author) {
    if (!view_changes_[author]) continue;
    const View view = view_changes_[author]->as<ViewChange>()->view;
    here += view == view_;
    if (author == self() || view <= view_) continue;
    smallest = beyond == 0 ? view : std::min(smallest, view);
    ++beyond;
  }
  if (beyond > faulty_) {
    start_view_change(input, effects, smallest);
    return;
  }
  if (active_ || here < rules_.quorum) return;
  // The timer starts when a quorum is seen, so that slow replicas are not left behind.
  if (!quorum_since_) {
    quorum_since_ = input.local;
    arm_view_timer(input, effects);
  }
  if (primary() == self()) make_new_view(input, effects);
}

// The new primary: V, and O as it follows from V.
void Pbft::make_new_view(const Input& input, Effects& effects) {
  NewView message;
  message.view = view_;
  message.view_changes.push_back(own_view_change_);
  for (NodeId author = 0; author < n(); ++author) {
    if (message.view_changes.size() == rules_.quorum) break;
    const MessageRef& frame = view_changes_[author];
    if (author == self() || !frame || frame->as<ViewChange>()->view != view_) continue;
    message.view_changes.push_back(frame);
  }
  std::sort(message.view_changes.begin(), message.view_changes.end(),
            [](const MessageRef& a, const MessageRef& b) { return a->author() < b->author(); });
  for (const PrePrepare& order : new_orders(view_, message.view_changes).orders) {
    message.pre_prepares.push_back(effects.make(order));
  }
  const MessageRef sealed = effects.make(std::move(message));
  enter_view(input, effects, sealed);
  effects.broadcast(sealed);
  execute_committed(input, effects);
}

void Pbft::handle(const Input& input, Effects& effects, const NewView& message) {
  if (message.view < view_ || (message.view == view_ && active_) || message.view == 0) return;
  const NodeId author = input.message->author();
  if (author != rules_.primary(message.view) || author == self()) return;
  if (const std::string fault = new_view_fault(rules_, effects, message); !fault.empty()) {
    effects.note("NEW-VIEW of view " + std::to_string(message.view) + " refused: " + fault);
    return;
  }
  undo_tentative(effects);
  view_ = message.view;
  enter_view(input, effects, input.message_ref());
  execute_committed(input, effects);
}

/// Both the primary and the backups: O enters the log, backups prepare what is in it.
void Pbft::enter_view(const Input& input, Effects& effects, const MessageRef& frame) {
  const auto& message = *frame->as<NewView>();
  active_ = true;
  new_view_ = frame;
  quorum_since_.reset();
  view_entered_at_ = held_since_ = waiting_since_ = input.local;
  view_record_ = persist(effects, record_view(view_, true, frame));
  const NewOrders orders = new_orders(view_, message.view_changes);
  if (orders.min_s > stable_) {
    const auto body = *orders.checkpoint_proof.front()->as<Checkpoint>();
    learn_stable(input, effects, body,
                 std::make_shared<const std::vector<MessageRef>>(orders.checkpoint_proof.begin(),
                                                                 orders.checkpoint_proof.end()));
  }
  // What older views ordered and nobody in V had prepared is void.
  accepted_ = executed_;
  const Sequence max_s = orders.min_s + orders.orders.size();
  propose_after_ = max_s;
  next_ = std::max(max_s, stable_) + 1;
  announce(effects);
  for (const MessageRef& pre_prepare : message.pre_prepares) {
    const Sequence seq = pre_prepare->as<PrePrepare>()->seq;
    if (!inside(seq)) continue;
    if (primary() == self()) {
      Entry& entry = log_.at(seq);
      const BatchDigest digest = pre_prepare->as<PrePrepare>()->digest;
      persist_for(
          effects, entry,
          record_vote(*pre_prepare->as<PrePrepare>(), pre_prepare, entry.find_batch(digest)));
    }
    note_seen(input, seq);
    accept(input, effects, pre_prepare, nullptr);
  }
  for (Sequence seq = std::max(executed_, stable_) + 1; seq <= stable_ + options_.window; ++seq) {
    const Entry* entry = log_.find(seq);
    if (entry && entry->committed) accepted_ = std::max(accepted_, seq);
  }
  arm_view_timer(input, effects);
}

}  // namespace ledgerlab::pbft
