// Log replication (paper 5.3, 5.4.2): AppendEntries, batched and pipelined (dissertation 10.2),
// with the fast back-up of the end of section 5.3.
#include <algorithm>

#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {

/// The last index of an AppendEntries that begins with `first`: at least one entry, no more than
/// the parameters allow.
std::uint64_t Raft::range_end(std::uint64_t first) const {
  std::uint64_t bytes = 0;
  std::uint64_t end = first - 1;
  while (end < log_.last_index() && end + 1 - first < options_.append_max_entries) {
    const Log::Slot& slot = log_.at(end + 1);
    bytes += slot.noop ? 0 : slot.tip->bytes();
    if (end + 1 > first && bytes > options_.append_max_bytes) break;
    ++end;
  }
  return end;
}

bool Raft::may_send(const Peer& peer) const {
  if (peer.next_index > log_.last_index()) return false;
  if (peer.mode == Peer::Mode::probe) return !peer.probe_sent;
  return peer.mode == Peer::Mode::replicate && peer.inflight.size() < options_.max_inflight_appends;
}

MessageRef Raft::make_append(Effects& effects, std::uint64_t prev, std::uint64_t end) const {
  AppendEntries message{hard_.term, prev, log_.term_at(prev).value_or(0), commit_index_, {}};
  message.entries.reserve(static_cast<std::size_t>(end - prev));
  for (std::uint64_t i = prev + 1; i <= end; ++i) message.entries.push_back(log_.entry(i));
  return effects.make(std::move(message));
}

/// Sends every follower what it may be sent. Followers that stand at the same place share one
/// message.
void Raft::replicate(const Input& input, Effects& effects) {
  for (const NodeId peer : followers_) {
    const bool compacted = peers_[peer].next_index <= log_.base_index();
    if (compacted && peers_[peer].mode != Peer::Mode::snapshot) {
      begin_snapshot(input, effects, peer);
    }
  }
  std::vector<NodeId> group;
  for (std::size_t first = 0; first < followers_.size();) {
    if (!may_send(peers_[followers_[first]])) {
      ++first;
      continue;
    }
    const std::uint64_t next = peers_[followers_[first]].next_index;
    const std::uint64_t end = range_end(next);
    group.clear();
    for (std::size_t i = first; i < followers_.size(); ++i) {
      const NodeId peer = followers_[i];
      Peer& progress = peers_[peer];
      if (progress.next_index != next || !may_send(progress)) continue;
      group.push_back(peer);
      if (progress.mode == Peer::Mode::probe) {
        progress.probe_sent = true;
      } else {
        progress.next_index = end + 1;
        progress.inflight.push_back(end);
      }
    }
    // Dissertation 10.2.1: the leader writes to its disk in parallel with the followers; it has
    // promised nothing about these entries, and counts itself only when they are durable.
    effects.multicast(group, make_append(effects, next - 1, end), Gate::ungated);
  }
}

/// Figure 2: empty AppendEntries, with the same consistency check, so that a lost message is found
/// out by the refusal of the next heartbeat.
void Raft::send_heartbeats(const Input& input, Effects& effects) {
  effects.set_timer({timer_heartbeat, 0}, options_.heartbeat_interval);
  std::vector<bool> done(n(), false);
  std::vector<NodeId> group;
  const auto place = [&](NodeId peer) {
    // Index 0 agrees in all logs: a follower that is being sent a snapshot is asked nothing else.
    const Peer& progress = peers_[peer];
    const std::uint64_t prev = progress.next_index - 1;
    return progress.mode == Peer::Mode::snapshot || prev < log_.base_index() ? 0 : prev;
  };
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    const NodeId first = followers_[i];
    resend_chunk_if_stale(input, effects, first);
    if (done[first]) continue;
    const std::uint64_t prev = place(first);
    group.clear();
    for (std::size_t j = i; j < followers_.size(); ++j) {
      const NodeId peer = followers_[j];
      if (done[peer] || place(peer) != prev) continue;
      done[peer] = true;
      group.push_back(peer);
    }
    // The term was durable before this server could win it (the gate held its RequestVote).
    effects.multicast(group, make_append(effects, prev, prev), Gate::ungated);
  }
}

// 5.3 and 5.4.2: an entry is committed when it is stored on a majority, and only entries of the
// leader's own term are committed by counting; earlier ones follow (figure 8).
void Raft::advance_commit(const Input& input, Effects& effects) {
  for (const NodeId peer : followers_) reached_[peer] = peers_[peer].match_index;
  reached_[self()] = durable_index_;
  const std::uint64_t index = quorum::committed(voters(), reached_, scratch_);
  if (index <= commit_index_ || !log_.matches(index, hard_.term)) return;
  commit_to(effects, index);
  if (options_.commit_notice_immediate && !followers_.empty()) send_heartbeats(input, effects);
  begin_read_round(effects);  // those that waited for an entry of this term
  advance_membership(input, effects);
}

// End of section 5.3: skip all entries of the conflicting term at once. If we have entries of that
// term ourselves, the follower may agree with us up to the last of them.
void Raft::back_up(Peer& peer, const AppendEntriesReply& reply) const {
  const std::uint64_t prev = reply.prev_log_index;
  std::uint64_t next = reply.conflict_index;
  // Refusing what it had acknowledged: a refusal that was overtaken, or a server whose disk was
  // lost. To forget what it holds is safe in either case, and lets the latter catch up again.
  if (prev <= peer.match_index) peer.match_index = std::min(prev, next) - 1;
  if (reply.conflict_term != 0) {
    std::uint64_t index = std::min(prev, log_.last_index() + 1);
    while (index > log_.base_index() + 1 && log_.at(index - 1).term > reply.conflict_term) --index;
    if (log_.matches(index - 1, reply.conflict_term)) next = std::max(next, index);
  }
  peer.next_index = std::clamp(next, peer.match_index + 1, std::max(prev, peer.match_index + 1));
  peer.mode = Peer::Mode::probe;
  peer.probe_sent = false;
  peer.inflight.clear();
}

void Raft::handle(const Input& input, Effects& effects, const AppendEntriesReply& reply) {
  if (leads() && reply.term > hard_.term && !configuration().has(input.from) &&
      std::find(leavers_.begin(), leavers_.end(), input.from) != leavers_.end()) {
    let_go(input.from);  // 4.2.3: a removed server must not depose the leader
    return;
  }
  if (!observe_term(input, effects, reply.term) || !leads()) return;
  Peer& peer = peers_[input.from];
  peer.active = true;
  peer.answered = input.local;
  if (!reply.success) {
    // While probing, a refusal is news only of the message that was sent last.
    const bool stale =
        peer.mode == Peer::Mode::snapshot ||
        (peer.mode == Peer::Mode::probe && reply.prev_log_index + 1 != peer.next_index);
    const bool sensible = reply.prev_log_index > 0 && reply.prev_log_index <= log_.last_index() &&
                          reply.conflict_index > 0;
    if (stale || !sensible) return;
    back_up(peer, reply);
    replicate(input, effects);
    return;
  }
  if (reply.match_index > log_.last_index()) return;  // no honest follower says so
  peer.match_index = std::max(peer.match_index, reply.match_index);
  while (!peer.inflight.empty() && peer.inflight.front() <= peer.match_index) {
    peer.inflight.pop_front();
  }
  if (peer.mode == Peer::Mode::probe ||
      (peer.mode == Peer::Mode::snapshot && peer.match_index >= log_.base_index())) {
    peer.mode = Peer::Mode::replicate;
    peer.probe_sent = false;
    peer.snapshot = {};
    peer.inflight.clear();
    peer.next_index = peer.match_index + 1;
  }
  peer.next_index = std::max(peer.next_index, peer.match_index + 1);
  advance_commit(input, effects);
  if (!leads()) return;  // removed by what it committed
  replicate(input, effects);
  if (change_ || !leavers_.empty()) advance_membership(input, effects);
  if (transfer_to_ == input.from) continue_transfer(effects);
}

// --- follower ------------------------------------------------------------------------------------

/// The sender is the leader of `term`, which is ours: follow it (5.2).
void Raft::follow(const Input& input, Effects& effects, std::uint64_t term) {
  if (state_ != ServerState::follower || leader_ != input.from) {
    become_follower(input, effects, term, input.from);
  }
  heard_ = true;
  heard_at_ = input.local;
  restart_election_timer(effects);
}

/// Figure 2, AppendEntries rules 3 and 4, behind `skip` entries that are known to be there. False
/// if the entries do not make a history: such a message is of no correct leader.
bool Raft::accept_entries(Effects& effects, const AppendEntries& request, std::uint64_t skip) {
  std::uint64_t index = request.prev_log_index + skip;
  for (std::size_t k = static_cast<std::size_t>(skip); k < request.entries.size(); ++k) {
    const Entry& entry = request.entries[k];
    ++index;
    if (log_.matches(index, entry.term)) continue;
    if (entry.term > request.term) return false;
    if (log_.has(index)) {
      // 3: an existing entry conflicts: delete it and all that follow it.
      log_.truncate(index);
      durable_index_ = std::min(durable_index_, index - 1);
    }
    const BlockRef& tip = log_.tip();
    if (entry.term < log_.last_term()) return false;
    if (entry.block && (entry.block->height != tip->height + 1 || entry.block->parent != tip->id)) {
      return false;
    }
    if (entry.kind() == EntryKind::configuration && !entry.configuration.sensible(n())) return false;
    append(effects, entry);
  }
  return true;
}

void Raft::handle(const Input& input, Effects& effects, const AppendEntries& request) {
  AppendEntriesReply reply;
  reply.heartbeat = request.entries.empty();
  reply.prev_log_index = request.prev_log_index;
  if (request.term < hard_.term) {
    // 5.1: a stale leader learns of the new term from the refusal.
    reply.term = hard_.term;
    effects.send(input.from, std::move(reply));
    return;
  }
  observe_term(input, effects, request.term);
  if (leads()) return;  // two leaders in one term cannot be (5.2); not a message of Raft
  follow(input, effects, request.term);
  if (request.entries.empty()) repeat_forwarded_reads(effects);
  reply.term = hard_.term;

  const std::uint64_t last = request.prev_log_index + request.entries.size();
  if (last <= commit_index_) {
    // Committed entries agree with every leader of this term or later (5.4.3).
    reply.success = true;
    reply.match_index = commit_index_;
    effects.send(input.from, std::move(reply));
    return;
  }
  const std::uint64_t skip =
      commit_index_ > request.prev_log_index ? commit_index_ - request.prev_log_index : 0;
  if (skip == 0 && !log_.matches(request.prev_log_index, request.prev_log_term)) {
    // 5.3: the consistency check fails; say how far to go back.
    const auto term = log_.term_at(request.prev_log_index);
    reply.conflict_term = term.value_or(0);
    reply.conflict_index =
        std::max(term ? log_.first_of_term_at(request.prev_log_index) : log_.last_index() + 1,
                 commit_index_ + 1);
    effects.send(input.from, std::move(reply));
    return;
  }
  if (!accept_entries(effects, request, skip)) return;
  // 5: the leader's commit index, as far as our log is known to agree with its.
  commit_to(effects, std::min(request.leader_commit, last));
  // The gate holds the reply until the entries are durable: it is a promise.
  reply.success = true;
  reply.match_index = last;
  effects.send(input.from, std::move(reply));
}

}  // namespace ledgerlab::raft
