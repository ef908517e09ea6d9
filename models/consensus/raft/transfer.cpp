// Leadership transfer (dissertation 3.10).
#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {

// Steps 1 and 2: no new requests (want_payload) until the target's log is the leader's.
void Raft::transfer_leadership(const Input& input, Effects& effects, NodeId target) {
  if (target == self() || !configuration().has(target)) {
    effects.note("leadership transfer refused: " + std::to_string(target) +
                 (target == self() ? " leads already" : " is no member"));
    return;
  }
  transfer_to_ = target;
  timeout_now_sent_ = false;
  // If it takes longer than about an election timeout, the leader goes on as before.
  effects.set_timer({timer_transfer, 0}, options_.election_timeout_min);
  replicate(input, effects);
  continue_transfer(effects);
}

// Step 3. A follower with all of the leader's entries cannot be refused for its log.
void Raft::continue_transfer(Effects& effects) {
  if (timeout_now_sent_ || peers_[transfer_to_].match_index < log_.last_index()) return;
  timeout_now_sent_ = true;
  effects.send(transfer_to_, TimeoutNow{hard_.term});
}

void Raft::end_transfer(Effects& effects) {
  if (transfer_to_ == no_node) return;
  transfer_to_ = no_node;
  effects.cancel_timer({timer_transfer, 0});
}

// The target stands at once and without a pre-vote, which others would refuse: they hear a leader.
void Raft::handle(const Input& input, Effects& effects, const TimeoutNow& request) {
  if (!observe_term(input, effects, request.term) || leads() || !may_stand()) return;
  leader_ = no_node;
  fail_forwarded_reads(effects);
  stand_for_election(input, effects, true);
}

// 4.2.3: with the leader's leave, a vote request disturbs even those that hear it.
void Raft::handle(const Input& input, Effects& effects, const TransferVote& request) {
  vote_on(input, effects, request.request, true);
}

}  // namespace ledgerlab::raft
