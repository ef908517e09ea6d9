// Judging evidence: certificates of other replicas are believed for their signatures alone
// (section 4.4). Pure functions of the messages; the only effect is the charge for verifying.
#pragma once

#include <optional>

#include "models/consensus/pbft/messages.hpp"

namespace ledgerlab::pbft {

/// What a judge has to know of the system.
struct Rules {
  std::uint32_t n = 0;
  std::uint32_t quorum = 0;  // ceil((n+f+1)/2)
  std::uint64_t window = 0;  // L: high water mark H = h + L
  std::uint64_t checkpoint_interval = 0;
  NodeId primary(View view) const { return static_cast<NodeId>(view % n); }  // section 4
};

/// Quorum CHECKPOINTs of different replicas that say the same; nothing if it is no proof.
std::optional<Checkpoint> proven_checkpoint(const Rules& rules, Effects& effects,
                                            std::span<const MessageRef> proof);
/// A PRE-PREPARE of its view's primary and quorum - 1 PREPAREs of different backups for it.
const PrePrepare* proven_prepared(const Rules& rules, Effects& effects, const PreparedProof& proof);
/// Are C and P of this VIEW-CHANGE what they must be? Empty, or what is wrong.
std::string view_change_fault(const Rules& rules, Effects& effects, const ViewChange& change);

/// min-s, max-s and the digests between them, as section 4.4 (items 1 and 2) computes them from V.
struct NewOrders {
  Sequence min_s = 0;
  std::span<const MessageRef> checkpoint_proof;  // of min-s
  std::vector<PrePrepare> orders;                // min-s+1 .. max-s
};
NewOrders new_orders(View view, std::span<const MessageRef> view_changes);
/// Is V a quorum of sound VIEW-CHANGEs for this view, and O what follows from it?
std::string new_view_fault(const Rules& rules, Effects& effects, const NewView& message);

}  // namespace ledgerlab::pbft
