#include "models/consensus/pbft/proofs.hpp"

#include <algorithm>

namespace ledgerlab::pbft {
namespace {

/// Which replicas have spoken in a certificate.
class Authors {
 public:
  explicit Authors(std::uint32_t n) : seen_(n, 0) {}
  /// False for a stranger and for a second word of the same replica.
  bool add(NodeId author) {
    if (author >= seen_.size() || seen_[author] != 0) return false;
    seen_[author] = 1;
    ++count_;
    return true;
  }
  std::uint32_t count() const { return count_; }

 private:
  std::vector<std::uint8_t> seen_;
  std::uint32_t count_ = 0;
};

}  // namespace

std::optional<Checkpoint> proven_checkpoint(const Rules& rules, Effects& effects,
                                            std::span<const MessageRef> proof) {
  Authors authors(rules.n);
  const Checkpoint* said = nullptr;
  for (const MessageRef& frame : proof) {
    const auto* checkpoint = frame ? frame->as<Checkpoint>() : nullptr;
    if (!checkpoint || !authors.add(frame->author())) return std::nullopt;
    if (said && !(*checkpoint == *said)) return std::nullopt;
    if (!effects.crypto().authentic(*frame)) return std::nullopt;
    said = checkpoint;
  }
  if (authors.count() < rules.quorum) return std::nullopt;
  return *said;
}

const PrePrepare* proven_prepared(const Rules& rules, Effects& effects,
                                  const PreparedProof& proof) {
  if (!proof.frames || proof.frames->size() < rules.quorum) return nullptr;
  const MessageRef& first = proof.frames->front();
  const auto* order = first ? first->as<PrePrepare>() : nullptr;
  const NodeId primary = order ? rules.primary(order->view) : no_node;
  Authors authors(rules.n);
  if (!order || first->author() != primary || !authors.add(primary)) return nullptr;
  if (!effects.crypto().authentic(*first)) return nullptr;
  for (std::size_t i = 1; i < proof.frames->size(); ++i) {
    const MessageRef& frame = (*proof.frames)[i];
    const auto* prepare = frame ? frame->as<Prepare>() : nullptr;
    if (!prepare || !prepare->same(*order) || !authors.add(frame->author())) return nullptr;
    if (!effects.crypto().authentic(*frame)) return nullptr;
  }
  return order;
}

std::string view_change_fault(const Rules& rules, Effects& effects, const ViewChange& change) {
  if (change.stable == 0) {
    if (!change.checkpoint_proof.empty()) return "a proof of the genesis checkpoint";
  } else {
    const auto proven = proven_checkpoint(rules, effects, change.checkpoint_proof);
    if (!proven || proven->seq != change.stable) return "its checkpoint is not proven";
  }
  Sequence last = change.stable;
  for (const PreparedProof& proof : change.prepared) {
    const PrePrepare* order = proven_prepared(rules, effects, proof);
    if (!order) return "a certificate in P is none";
    if (order->seq <= last || order->seq > change.stable + rules.window) {
      return "P is out of order or outside the water marks";
    }
    if (order->view >= change.view) return "P holds a certificate of a later view";
    last = order->seq;
  }
  return {};
}

NewOrders new_orders(View view, std::span<const MessageRef> view_changes) {
  NewOrders out;
  Sequence max_s = 0;
  for (const MessageRef& frame : view_changes) {
    const ViewChange& change = *frame->as<ViewChange>();
    if (change.stable > out.min_s) {
      out.min_s = change.stable;
      out.checkpoint_proof = change.checkpoint_proof;
    }
    if (!change.prepared.empty()) {
      max_s = std::max(max_s, change.prepared.back().frames->front()->as<PrePrepare>()->seq);
    }
  }
  if (max_s <= out.min_s) return out;
  out.orders.resize(max_s - out.min_s);
  std::vector<const PrePrepare*> best(out.orders.size(), nullptr);
  for (const MessageRef& frame : view_changes) {
    for (const PreparedProof& proof : frame->as<ViewChange>()->prepared) {
      const auto* order = proof.frames->front()->as<PrePrepare>();
      if (order->seq <= out.min_s) continue;
      const PrePrepare*& known = best[order->seq - out.min_s - 1];
      if (!known || order->view > known->view) known = order;
    }
  }
  for (std::size_t i = 0; i < best.size(); ++i) {
    out.orders[i].view = view;
    out.orders[i].seq = out.min_s + 1 + i;
    if (best[i]) out.orders[i].digest = best[i]->digest;  // else the null request
  }
  return out;
}

std::string new_view_fault(const Rules& rules, Effects& effects, const NewView& message) {
  Authors authors(rules.n);
  for (const MessageRef& frame : message.view_changes) {
    const auto* change = frame ? frame->as<ViewChange>() : nullptr;
    if (!change || change->view != message.view || !authors.add(frame->author())) {
      return "V is no set of VIEW-CHANGEs for this view";
    }
    if (!effects.crypto().authentic(*frame)) return "a VIEW-CHANGE in V is forged";
    if (std::string fault = view_change_fault(rules, effects, *change); !fault.empty()) {
      return "a VIEW-CHANGE in V is unsound: " + fault;
    }
  }
  if (authors.count() < rules.quorum) return "V is too small";
  const NewOrders expected = new_orders(message.view, message.view_changes);
  if (message.pre_prepares.size() != expected.orders.size()) return "O is not what follows from V";
  for (std::size_t i = 0; i < expected.orders.size(); ++i) {
    const MessageRef& frame = message.pre_prepares[i];
    const auto* order = frame ? frame->as<PrePrepare>() : nullptr;
    if (!order || !order->same(expected.orders[i])) return "O is not what follows from V";
    if (frame->author() != rules.primary(message.view)) return "O is not the primary's";
    if (!effects.crypto().authentic(*frame)) return "a PRE-PREPARE in O is forged";
  }
  return {};
}

}  // namespace ledgerlab::pbft
