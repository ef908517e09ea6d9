// The frame of the state machine: inputs, durability, commit and application, batching.
#include <algorithm>

#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {

Options::Options(const Params& params)
    : election_timeout_min(params.duration("election_timeout_min")),
      election_timeout_max(params.duration("election_timeout_max")),
      heartbeat_interval(params.duration("heartbeat_interval")),
      pre_vote(params.flag("pre_vote")),
      check_quorum(params.flag("check_quorum")),
      append_max_entries(params.count("append_max_entries")),
      append_max_bytes(params.count("append_max_bytes")),
      max_inflight_appends(params.count("max_inflight_appends")),
      max_inflight_blocks(params.count("max_inflight_blocks")),
      batch_delay(params.duration("batch_delay")),
      snapshot_interval(params.count("snapshot_interval")),
      snapshot_keep(params.count("snapshot_keep")),
      snapshot_chunk(params.count("snapshot_chunk")),
      commit_notice_immediate(params.text("commit_notice") == "immediate"),
      initial_leader(params.integer("initial_leader")),
      initial_members(static_cast<std::uint32_t>(params.count("initial_members"))) {}

Raft::Raft(const ModuleContext& context)
    : LogProtocol(context),
      options_(*context.params),
      log_(make_genesis(context.genesis_root),
           initial_configuration(options_.initial_members, context.replicas)),
      votes_(context.replicas, quorum::Answer::missing),
      peers_(context.replicas),
      reached_(context.replicas, 0),
      read_answers_(context.replicas, quorum::Answer::missing) {}

// Figure 2: term, vote and log come back; everything else is learnt again. Nothing is committed
// but what the snapshot holds (section 7).
void Raft::restore(std::span<const Record> records) {
  // The configuration in use comes back with the log (dissertation 4.1).
  Restored found = restore_log(records, log_.tip_at(0), configuration());
  hard_ = found.hard_state;
  hard_record_ = found.hard_state_record;
  snapshot_ = std::move(found.snapshot);
  snapshot_record_ = found.snapshot_record;
  log_ = std::move(found.log);
  durable_record_ = found.last_record;
  next_record_ = found.last_record + 1;
  if (!records.empty()) forgotten_below_ = records.front().index;
  durable_index_ = log_.last_index();
  commit_index_ = last_applied_ = snapshot_.index;
  if (snapshot_.data) reset_history(snapshot_block(*snapshot_.data));
}

void Raft::on_start(const Input& input, Effects& effects) {
  announce(effects, NodeRole::follower);
  // An answer to an earlier life must not be taken for one to this.
  read_batch_ = input.incarnation << 32;
  draw_timeout(input);
  // For experiments with a known leader: it alone stands at once, in its first life.
  const bool first = input.incarnation == 0 && options_.initial_leader >= 0 &&
                     static_cast<NodeId>(options_.initial_leader) == self();
  if (first) timeout_ = Duration::zero();
  restart_election_timer(effects);
}

void Raft::on_application_state(const Input&, Effects& effects) {
  // The application's disk may be behind our snapshot: entries before it are gone, so hand it over.
  if (!snapshot_.data || applied() >= snapshot_.data->height) return;
  installing_ = true;
  effects.call(Slot::application, Install{snapshot_.data});
}

void Raft::on_message(const Input& input, Effects& effects) {
  if (input.from >= n()) return;  // only replicas speak Raft
  const Message& message = *input.message;
  if (const auto* m = message.as<AppendEntries>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<AppendEntriesReply>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<RequestVote>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<VoteReply>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<RequestPreVote>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<PreVoteReply>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<InstallSnapshot>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<InstallSnapshotReply>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<ConfirmLeader>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<ConfirmLeaderReply>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<ReadIndex>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<ReadIndexReply>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<TimeoutNow>()) {
    handle(input, effects, *m);
  } else if (const auto* m = message.as<TransferVote>()) {
    handle(input, effects, *m);
  }
}

void Raft::on_timer(const Input& input, Effects& effects) {
  switch (input.timer.kind) {
    case timer_election:
      if (!leads()) election_timed_out(input, effects);
      break;
    case timer_heartbeat:
      if (!leads()) break;
      send_heartbeats(input, effects);
      repeat_read_round(effects);
      watch_newcomers(input, effects);
      break;
    case timer_check_quorum:
      if (leads()) check_quorum(input, effects);
      break;
    case timer_batch:
      batch_armed_ = false;
      batch_due_ = true;
      break;
    case timer_transfer:
      effects.note("leadership transfer given up: no election within an election timeout");
      end_transfer(effects);
      break;
    default:
      break;
  }
}

// --- durability --------------------------------------------------------------------------------

std::uint64_t Raft::persist(Effects& effects, Bytes record, BlockRef block) {
  effects.persist(std::move(record), std::move(block));
  return next_record_++;
}

void Raft::persist_hard_state(Effects& effects) {
  hard_record_ = persist(effects, encode_hard_state(hard_));
}

void Raft::append(Effects& effects, const Entry& entry) {
  const std::uint64_t index = log_.last_index() + 1;
  log_.append(entry, persist(effects, encode_entry(index, entry), entry.block));
}

void Raft::note_durable() {
  while (durable_index_ < log_.last_index() &&
         log_.at(durable_index_ + 1).record <= durable_record_) {
    ++durable_index_;
  }
}

void Raft::on_persisted(const Input& input, Effects& effects) {
  durable_record_ = std::max(durable_record_, input.persisted_up_to);
  note_durable();
  store_fresh_snapshot(effects);
  forget_compacted(effects);
  // A leader counts itself only now: it may write its disk while the followers write theirs
  // (dissertation 10.2.1), but an entry is on a majority only where it is durable.
  if (leads()) advance_commit(input, effects);
}

/// Gives up the records below the durable snapshot; see log.hpp for what must stay.
void Raft::forget_compacted(Effects& effects) {
  if (snapshot_record_ == 0 || snapshot_record_ > durable_record_) return;
  std::uint64_t below = std::min(snapshot_record_, hard_record_);
  if (log_.has(snapshot_.index + 1)) below = std::min(below, log_.at(snapshot_.index + 1).record);
  if (below <= forgotten_below_) return;
  forgotten_below_ = below;
  effects.forget(below);
}

// --- commit --------------------------------------------------------------------------------------

void Raft::commit_to(Effects& effects, std::uint64_t index) {
  if (index <= commit_index_) return;
  commit_index_ = index;
  apply_committed(effects);
}

// Figure 2, rules for all servers: if commitIndex > lastApplied, apply.
void Raft::apply_committed(Effects& effects) {
  if (installing_) return;
  while (last_applied_ < commit_index_) {
    const Log::Slot& slot = log_.at(++last_applied_);
    if (!slot.noop) decide(effects, slot.tip);
  }
  answer_reads(effects);
  take_snapshot_if_due(effects);
}

// --- payloads ------------------------------------------------------------------------------------

// A new leader proposes only behind its committed no-op (section 8: before, it does not know which
// entries of its log are committed). So the pool has heard of every transaction that an earlier
// reign left in the log, and cannot offer it again.
bool Raft::want_payload() const {
  if (!leads() || installing_ || commit_index_ < term_start_) return false;
  if (transfer_to_ != no_node) return false;  // dissertation 3.10, step 1
  if (log_.tip()->height >= last_decided()->height + options_.max_inflight_blocks) return false;
  return options_.batch_delay == Duration::zero() || batch_due_ ||
         pending().count >= block_max_transactions() || pending().bytes >= block_max_bytes();
}

void Raft::on_pending(const Input&, Effects& effects) { arm_batch(effects); }

void Raft::arm_batch(Effects& effects) {
  if (options_.batch_delay == Duration::zero() || !leads() || batch_armed_ || batch_due_) return;
  if (pending().count == 0) return;
  batch_armed_ = true;
  effects.set_timer({timer_batch, 0}, options_.batch_delay);
}

void Raft::on_payload(const Input& input, Effects& effects, PayloadRef payload) {
  const bool stale = std::exchange(stale_payload_, false);
  batch_due_ = false;
  // Asked for in a reign that has ended: the pool was told by RoleChange and offers it again.
  if (stale || !leads() || asked_parent() != log_.tip()->id) return;
  if (!payload->empty()) {
    const BlockRef parent = log_.tip();
    append(effects, {hard_.term,
                     make_log_block(parent->height + 1, parent->id, std::move(payload)),
                     {}});
    replicate(input, effects);
  }
  arm_batch(effects);
}

// --- what others see -------------------------------------------------------------------------

void Raft::announce(Effects& effects, NodeRole role) {
  if (role == announced_role_ && leader_ == announced_leader_ && hard_.term == announced_term_) {
    return;
  }
  announced_role_ = role;
  announced_leader_ = leader_;
  announced_term_ = hard_.term;
  effects.announce_role(role, hard_.term, leader_);
}

void Raft::inspect(Inspector& inspector) const {
  static constexpr std::string_view names[] = {"follower", "pre-candidate", "candidate", "leader"};
  inspector.field("state", std::string(names[static_cast<std::size_t>(state_)]));
  inspector.field("term", hard_.term);
  inspector.field("vote", hard_.voted_for == no_node ? "-" : std::to_string(hard_.voted_for));
  inspector.field("leader", leader_ == no_node ? "-" : std::to_string(leader_));
  std::string terms;
  for (std::uint64_t i = log_.base_index() + 1; i <= log_.last_index(); ++i) {
    // A long log shows its ends: people read this.
    if (i > log_.base_index() + 8 && i + 8 <= log_.last_index()) {
      if (i == log_.base_index() + 9) terms += " ..";
      continue;
    }
    terms += (terms.empty() ? "" : " ") + std::to_string(log_.at(i).term);
  }
  inspector.field("log", "(" + std::to_string(log_.base_index()) + "," +
                             std::to_string(log_.last_index()) + "] terms [" + terms + "]");
  inspector.field("commit", commit_index_);
  inspector.field("durable", durable_index_);
  // Only where membership has a history, or not everybody belongs.
  if (log_.configuration().index > 0 || configuration().members.size() < n()) {
    inspector.field("members", configuration().describe() + "@" +
                                   std::to_string(log_.configuration().index));
  }
  if (leads()) {
    std::string progress;
    for (NodeId peer = 0; peer < n(); ++peer) {
      if (!std::binary_search(followers_.begin(), followers_.end(), peer)) continue;
      static constexpr std::string_view modes[] = {"probe", "replicate", "snapshot"};
      progress += (progress.empty() ? "" : ", ") + std::to_string(peer) + ":" +
                  std::string(modes[static_cast<std::size_t>(peers_[peer].mode)]) +
                  " match=" + std::to_string(peers_[peer].match_index) +
                  " next=" + std::to_string(peers_[peer].next_index);
    }
    inspector.field("peers", progress);
  }
  LogProtocol::inspect(inspector);
}

}  // namespace ledgerlab::raft
