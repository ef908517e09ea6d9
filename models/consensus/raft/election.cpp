// Leader election: randomized timeouts, RequestVote (paper 5.2, 5.4.1), PreVote (dissertation 9.6),
// leader stickiness (4.2.3) and CheckQuorum (6.2).
#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {

// 5.2: election timeouts are chosen at random from a fixed interval, anew for each election.
void Raft::draw_timeout(const Input& input) {
  const std::uint64_t key = hard_.term << 16 | (attempt_ & 0xffff);
  timeout_ = draw_uniform(input.draw(Purpose("raft.election_timeout"), key),
                          options_.election_timeout_min, options_.election_timeout_max);
}

void Raft::restart_election_timer(Effects& effects) {
  effects.set_timer({timer_election, 0}, timeout_);
}

/// To follower: of `leader` (no_node: of whoever wins) in `term`, which is not below ours.
void Raft::become_follower(const Input& input, Effects& effects, std::uint64_t term,
                           NodeId leader) {
  const bool was_leader = leads();
  const bool new_term = term > hard_.term;
  if (new_term) {
    hard_ = {term, no_node};
    attempt_ = 0;
    persist_hard_state(effects);
  }
  state_ = ServerState::follower;
  if (new_term || leader != leader_) fail_forwarded_reads(effects);
  leader_ = leader;
  if (was_leader) {
    effects.cancel_timer({timer_heartbeat, 0});
    effects.cancel_timer({timer_check_quorum, 0});
    if (batch_armed_) effects.cancel_timer({timer_batch, 0});
    batch_armed_ = batch_due_ = false;
    stale_payload_ = payload_asked();
    for (Peer& peer : peers_) peer = Peer{};  // a deposed leader holds no snapshot for anyone
    followers_.clear();
    leavers_.clear();
    change_.reset();  // what is not in the log was never promised
    end_transfer(effects);
    fail_led_reads(effects);
  }
  if (was_leader || new_term) draw_timeout(input);
  if (was_leader) restart_election_timer(effects);
  announce(effects, NodeRole::follower);
}

/// Figure 2, rules for all servers: a higher term makes a follower. True if `term` is now ours.
bool Raft::observe_term(const Input& input, Effects& effects, std::uint64_t term) {
  if (term > hard_.term) become_follower(input, effects, term, no_node);
  return term == hard_.term;
}

// 5.2: a follower or candidate that hears nothing for its election timeout begins an election.
void Raft::election_timed_out(const Input& input, Effects& effects) {
  ++attempt_;
  draw_timeout(input);
  restart_election_timer(effects);
  leader_ = no_node;
  fail_forwarded_reads(effects);
  if (!may_stand()) {
    become_follower(input, effects, hard_.term, no_node);
    return;
  }
  begin_vote();
  if (options_.pre_vote && quorum::vote(voters(), votes_) != quorum::Outcome::won) {
    ask_pre_votes(effects);
  } else {
    stand_for_election(input, effects);
  }
}

// Dissertation 4.2.2: a server outside its latest configuration still stands, for it may be needed
// until that configuration is committed. Once it is, nobody counts on this server: it waits.
bool Raft::may_stand() const {
  return configuration().has(self()) || log_.configuration().index > commit_index_;
}

/// Its own vote counts only where it is a member.
void Raft::begin_vote() {
  votes_.assign(n(), quorum::Answer::missing);
  votes_[self()] = quorum::Answer::yes;
}

// Dissertation 9.6: ask first whether an election could be won; term and vote stay as they are.
void Raft::ask_pre_votes(Effects& effects) {
  state_ = ServerState::pre_candidate;
  announce(effects, NodeRole::candidate);
  tell_members(effects, effects.make(RequestPreVote{hard_.term + 1, log_.last_index(),
                                                    log_.last_term()}));
}

// 5.2: increment the term, vote for oneself, ask all others. The requests wait in the gate until
// term and vote are durable. In a transfer of leadership (3.10) they say so.
void Raft::stand_for_election(const Input& input, Effects& effects, bool transfer) {
  state_ = ServerState::candidate;
  hard_ = {hard_.term + 1, self()};
  attempt_ = 0;
  persist_hard_state(effects);
  draw_timeout(input);
  restart_election_timer(effects);
  begin_vote();
  announce(effects, NodeRole::candidate);
  if (quorum::vote(voters(), votes_) == quorum::Outcome::won) {  // the only member there is
    become_leader(input, effects);
    return;
  }
  const RequestVote request{hard_.term, log_.last_index(), log_.last_term()};
  tell_members(effects, transfer ? effects.make(TransferVote{request}) : effects.make(request));
}

// Figure 2, rules for leaders; section 8: a no-op opens the term, for the leader learns by its
// commitment which entries of earlier terms are committed (5.4.2).
void Raft::become_leader(const Input& input, Effects& effects) {
  state_ = ServerState::leader;
  leader_ = self();
  effects.cancel_timer({timer_election, 0});
  find_followers();
  announce(effects, NodeRole::leader);
  append(effects, {hard_.term, nullptr, {}});
  term_start_ = log_.last_index();
  replicate(input, effects);
  effects.set_timer({timer_heartbeat, 0}, options_.heartbeat_interval);
  if (options_.check_quorum) {
    effects.set_timer({timer_check_quorum, 0}, options_.election_timeout_min);
  }
  arm_batch(effects);
}

// Dissertation 6.2: a leader steps down if an election timeout passes without an answer from a
// majority; its clients then look for another one.
void Raft::check_quorum(const Input& input, Effects& effects) {
  begin_vote();
  for (NodeId peer = 0; peer < n(); ++peer) {
    if (peer == self()) continue;
    if (std::exchange(peers_[peer].active, false)) {
      votes_[peer] = quorum::Answer::yes;
    } else {
      let_go(peer);
    }
  }
  if (quorum::vote(voters(), votes_) != quorum::Outcome::won) {
    effects.note("steps down: no quorum of answers within the election timeout");
    become_follower(input, effects, hard_.term, no_node);
    return;
  }
  effects.set_timer({timer_check_quorum, 0}, options_.election_timeout_min);
}

// Dissertation 4.2.3: within the minimum election timeout of hearing from a leader, others cannot
// disturb it. A leader hears itself; without CheckQuorum it cannot know that it still leads.
bool Raft::heard_from_leader(const Input& input) const {
  if (leads()) return options_.check_quorum;
  return heard_ && input.local - heard_at_ < options_.election_timeout_min;
}

// 5.4.1: the log whose last entry has the higher term, or else the longer one, is more up to date.
bool Raft::up_to_date(std::uint64_t last_log_term, std::uint64_t last_log_index) const {
  if (last_log_term != log_.last_term()) return last_log_term > log_.last_term();
  return last_log_index >= log_.last_index();
}

// Dissertation 9.6: granted if the candidate's log would do and no leader was heard of lately.
// A leader refuses in any case: it is alive.
void Raft::handle(const Input& input, Effects& effects, const RequestPreVote& request) {
  const bool granted = request.term > hard_.term && !leads() && !heard_from_leader(input) &&
                       up_to_date(request.last_log_term, request.last_log_index);
  effects.send(input.from, PreVoteReply{granted ? request.term : hard_.term, granted});
}

// A pre-vote granted in an earlier attempt at the same term may count: it binds nobody, and the
// election that follows is decided by real votes.
void Raft::handle(const Input& input, Effects& effects, const PreVoteReply& reply) {
  if (!reply.granted && reply.term > hard_.term) {
    become_follower(input, effects, reply.term, no_node);
    return;
  }
  if (state_ != ServerState::pre_candidate) return;
  if (reply.granted && reply.term != hard_.term + 1) return;
  votes_[input.from] = reply.granted ? quorum::Answer::yes : quorum::Answer::no;
  const auto outcome = quorum::vote(voters(), votes_);
  if (outcome == quorum::Outcome::won) stand_for_election(input, effects);
  if (outcome == quorum::Outcome::lost) become_follower(input, effects, hard_.term, no_node);
}

void Raft::handle(const Input& input, Effects& effects, const RequestVote& request) {
  vote_on(input, effects, request, false);
}

// Figure 2, RequestVote, receiver's rules 1 and 2. Whether the candidate is a member is not asked
// (4.1): a voter may not have the configuration yet that makes it one.
void Raft::vote_on(const Input& input, Effects& effects, const RequestVote& request,
                   bool transfer) {
  const bool sticky = (options_.pre_vote || options_.check_quorum) && !transfer;
  // 4.2.3: neither its term nor its vote; the request is not answered at all.
  if (sticky && request.term > hard_.term && heard_from_leader(input)) return;
  bool granted = false;
  if (observe_term(input, effects, request.term)) {
    granted = (hard_.voted_for == no_node || hard_.voted_for == input.from) &&
              up_to_date(request.last_log_term, request.last_log_index);
  }
  if (granted) {
    if (hard_.voted_for == no_node) {
      hard_.voted_for = input.from;
      persist_hard_state(effects);
    }
    restart_election_timer(effects);  // figure 2: granting a vote counts as hearing
  }
  effects.send(input.from, VoteReply{hard_.term, granted});
}

// 5.2: a majority of the votes of this very term makes a leader; older answers are stale.
void Raft::handle(const Input& input, Effects& effects, const VoteReply& reply) {
  if (!observe_term(input, effects, reply.term) || state_ != ServerState::candidate) return;
  votes_[input.from] = reply.granted ? quorum::Answer::yes : quorum::Answer::no;
  const auto outcome = quorum::vote(voters(), votes_);
  if (outcome == quorum::Outcome::won) become_leader(input, effects);
  if (outcome == quorum::Outcome::lost) become_follower(input, effects, hard_.term, no_node);
}

}  // namespace ledgerlab::raft
