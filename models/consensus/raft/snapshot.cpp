// Log compaction (paper section 7): snapshots of the application's state, and InstallSnapshot in
// chunks to followers that are too far behind (figure 13).
#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {

// --- taking one ----------------------------------------------------------------------------------

void Raft::take_snapshot_if_due(Effects& effects) {
  if (options_.snapshot_interval == 0 || snapshot_asked_ || fresh_snapshot_.data) return;
  if (last_applied_ < snapshot_.index + options_.snapshot_interval) return;
  if (last_decided()->height == log_.tip_at(snapshot_.index)->height) return;  // no-ops only
  snapshot_asked_ = true;
  effects.call(Slot::application, TakeSnapshot{});
}

void Raft::on_snapshot(const Input&, Effects& effects, const SnapshotRef& data) {
  snapshot_asked_ = false;
  const std::uint64_t index = data ? log_.index_of_height(data->height) : 0;
  // The application may be ahead of us after a restart, or the log may have gone on to a snapshot
  // of the leader's.
  if (index <= snapshot_.index || index > last_applied_) return;
  fresh_snapshot_ = {index, log_.at(index).term, data, log_.configuration_at(index)};
  fresh_after_ = next_record_ - 1;
  store_fresh_snapshot(effects);
}

/// What a snapshot covers is announced behind the records before it. Until these are durable a
/// crash could keep the snapshot and lose the announcements: nobody would ever have told of these
/// blocks.
void Raft::store_fresh_snapshot(Effects& effects) {
  if (!fresh_snapshot_.data || fresh_after_ > durable_record_) return;
  const LogSnapshot fresh = std::exchange(fresh_snapshot_, {});
  const std::uint64_t index = fresh.index;
  if (index <= snapshot_.index) return;  // meanwhile one came from the leader
  snapshot_ = fresh;
  snapshot_record_ = persist(effects, encode_snapshot(snapshot_, false));
  persist_hard_state(effects);  // the one before may lie below what is going to be forgotten
  // Followers a little behind are still served from memory; the disk keeps nothing twice.
  const std::uint64_t keep = std::min(options_.snapshot_keep, index);
  log_.compact(index - keep);
}

// --- receiving one -------------------------------------------------------------------------------

// Figure 13, InstallSnapshot, receiver's rules 1 to 8.
void Raft::handle(const Input& input, Effects& effects, const InstallSnapshot& request) {
  InstallSnapshotReply reply{hard_.term, request.last_included_index, 0, false};
  if (request.term < hard_.term) {  // rule 1
    effects.send(input.from, reply);
    return;
  }
  observe_term(input, effects, request.term);
  if (leads()) return;
  const PlacedConfiguration& configured = request.configuration;
  if (configured.index > 0 && !configured.value.sensible(n())) return;  // of no correct leader
  follow(input, effects, request.term);
  reply.term = hard_.term;
  if (request.last_included_index <= commit_index_) {
    reply.installed = true;  // nothing new in it
    effects.send(input.from, reply);
    return;
  }
  if (installing_) return;  // the answer comes when the application has answered
  const bool same = incoming_.data && incoming_.snapshot.index == request.last_included_index &&
                    incoming_.snapshot.term == request.last_included_term;
  if (!same && request.offset == 0) {  // rule 2: a new snapshot file
    incoming_.data = std::make_shared<SnapshotData>();
    *incoming_.data = {request.height, request.block, request.state_root, {}};
    incoming_.snapshot = {request.last_included_index, request.last_included_term, nullptr, {}};
  }
  incoming_.leader = input.from;
  if (incoming_.data && (same || request.offset == 0)) {
    Bytes& bytes = incoming_.data->bytes;
    if (request.offset == bytes.size()) {  // rule 3
      bytes.insert(bytes.end(), request.data.begin(), request.data.end());
      if (request.done) {
        incoming_.snapshot.data = incoming_.data;
        incoming_.snapshot.configuration = request.configuration;
        if (request.configuration.index == 0) {
          incoming_.snapshot.configuration.value =
              initial_configuration(options_.initial_members, n());
        }
        if (request.height > applied()) {
          installing_ = true;
          effects.call(Slot::application, Install{incoming_.snapshot.data});  // rule 8
        } else {
          // After a restart the application may know of later commits than the log does.
          finish_install(effects);
        }
        return;
      }
    }
    reply.offset = bytes.size();  // rule 4: wait for more
  }
  effects.send(input.from, reply);
}

/// The application's state is that of the incoming snapshot, or a later one.
void Raft::finish_install(Effects& effects) {
  const Incoming incoming = std::exchange(incoming_, {});
  adopt_snapshot(effects, incoming.snapshot);
  // Held by the gate until the snapshot is durable.
  effects.send(incoming.leader, InstallSnapshotReply{hard_.term, snapshot_.index, 0, true});
  apply_committed(effects);
}

void Raft::on_installed(const Input&, Effects& effects, const Installed& installed) {
  if (!installing_) return;
  installing_ = false;
  if (!installed.ok) {
    effects.note("snapshot refused by the application: " + installed.reason);
    incoming_ = {};
    apply_committed(effects);
  } else if (incoming_.snapshot.data) {
    finish_install(effects);
  } else {  // our own, handed to an application that was behind it
    reset_history(snapshot_block(*snapshot_.data));
    apply_committed(effects);
  }
}

// Figure 13, rules 5 to 7: keep what follows the snapshot if the log agrees with it, else nothing.
void Raft::adopt_snapshot(Effects& effects, LogSnapshot snapshot) {
  snapshot_ = std::move(snapshot);
  const BlockRef block = snapshot_block(*snapshot_.data);
  const bool keeps = log_.matches(snapshot_.index, snapshot_.term);
  if (keeps) {
    log_.compact(snapshot_.index);
  } else {
    log_.reset(snapshot_.index, snapshot_.term, block, snapshot_.configuration);
  }
  durable_index_ = std::max(keeps ? durable_index_ : 0, snapshot_.index);
  snapshot_record_ = persist(effects, encode_snapshot(snapshot_, !keeps));
  persist_hard_state(effects);
  commit_index_ = std::max(commit_index_, snapshot_.index);
  last_applied_ = snapshot_.index;
  reset_history(block);
  effects.announce_head(block);
  effects.announce_final(block);
}

// --- sending one ---------------------------------------------------------------------------------

// Section 7: when the leader has already discarded the next entry a follower needs.
void Raft::begin_snapshot(const Input& input, Effects& effects, NodeId to) {
  Peer& peer = peers_[to];
  peer.mode = Peer::Mode::snapshot;
  peer.snapshot = snapshot_;
  peer.snapshot_offset = 0;
  peer.inflight.clear();
  send_chunk(input, effects, to);
}

void Raft::send_chunk(const Input& input, Effects& effects, NodeId to) {
  Peer& peer = peers_[to];
  const SnapshotData& data = *peer.snapshot.data;
  const std::uint64_t size = data.bytes.size();
  const std::uint64_t begin = std::min(peer.snapshot_offset, size);
  const std::uint64_t end = std::min(begin + options_.snapshot_chunk, size);
  InstallSnapshot message{hard_.term,
                          peer.snapshot.index,
                          peer.snapshot.term,
                          data.height,
                          data.block,
                          data.state_root,
                          begin,
                          {},
                          end == size,
                          {}};
  if (message.done && peer.snapshot.configuration.index > 0) {
    message.configuration = peer.snapshot.configuration;
  }
  message.data.assign(data.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                      data.bytes.begin() + static_cast<std::ptrdiff_t>(end));
  peer.snapshot_sent = input.local;
  effects.send(to, std::move(message));
}

/// A chunk without an answer for an election timeout is taken for lost.
void Raft::resend_chunk_if_stale(const Input& input, Effects& effects, NodeId to) {
  const Peer& peer = peers_[to];
  if (peer.mode != Peer::Mode::snapshot) return;
  if (input.local - peer.snapshot_sent >= options_.election_timeout_min) {
    send_chunk(input, effects, to);
  }
}

void Raft::handle(const Input& input, Effects& effects, const InstallSnapshotReply& reply) {
  if (!observe_term(input, effects, reply.term) || !leads()) return;
  Peer& peer = peers_[input.from];
  peer.active = true;
  peer.answered = input.local;
  if (peer.mode != Peer::Mode::snapshot || reply.last_included_index != peer.snapshot.index) return;
  if (!reply.installed) {
    // A repeated chunk is answered twice; only an answer that asks for other bytes moves us on.
    if (reply.offset == peer.snapshot_offset) return;
    peer.snapshot_offset = reply.offset;
    send_chunk(input, effects, input.from);
    return;
  }
  peer.match_index = std::max(peer.match_index, peer.snapshot.index);
  peer.next_index = peer.match_index + 1;
  peer.mode = Peer::Mode::probe;
  peer.probe_sent = false;
  peer.snapshot = {};
  advance_commit(input, effects);
  if (leads()) replicate(input, effects);
}

}  // namespace ledgerlab::raft
