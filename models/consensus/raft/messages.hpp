// Raft's messages, under the names of the paper (Ongaro, Ousterhout: "In search of an
// understandable consensus algorithm", USENIX ATC 2014, figure 2 and figure 13). PreVote, TimeoutNow
// and ReadIndex are of Ongaro's dissertation (9.6, 3.10, 6.4). A frame's sender is the paper's
// candidateId or leaderId.
#pragma once

#include "models/api/block.hpp"
#include "models/api/message.hpp"
#include "models/consensus/raft/configuration.hpp"

namespace ledgerlab::raft {

/// What an entry holds. The numbers are those of the encoding.
enum class EntryKind : std::uint8_t { noop, block, configuration };
constexpr EntryKind max_value(EntryKind) { return EntryKind::configuration; }

/// An entry as it travels: a block, the no-op that opens a term (paper section 8), or a
/// configuration (dissertation 4.1, 4.3).
struct Entry {
  std::uint64_t term = 0;
  BlockRef block;               // else null
  Configuration configuration;  // else without members

  EntryKind kind() const {
    if (block) return EntryKind::block;
    return configuration.members.empty() ? EntryKind::noop : EntryKind::configuration;
  }
  template <class A>
  void fields(A& a) {
    EntryKind what = kind();
    a(term, what);
    if (what == EntryKind::block) a(block);
    if (what != EntryKind::configuration) return;
    a(configuration);
    if constexpr (requires { a.fail(); }) {
      if (configuration.members.empty()) a.fail();
    }
  }
};

struct RequestPreVote {
  static constexpr MessageInfo info{1, "RequestPreVote", Role::vote, Auth::mac};
  std::uint64_t term = 0;  // the term the sender would stand in: its own plus one
  std::uint64_t last_log_index = 0;
  std::uint64_t last_log_term = 0;
  template <class A>
  void fields(A& a) {
    a(term, last_log_index, last_log_term);
  }
  std::string describe() const {
    return "RequestPreVote term=" + std::to_string(term) +
           " last=" + std::to_string(last_log_index) + "/" + std::to_string(last_log_term);
  }
};

struct PreVoteReply {
  static constexpr MessageInfo info{2, "PreVoteReply", Role::vote, Auth::mac};
  std::uint64_t term = 0;  // granted: the term asked for; refused: the voter's own
  bool granted = false;
  template <class A>
  void fields(A& a) {
    a(term, granted);
  }
  std::string describe() const {
    return "PreVoteReply term=" + std::to_string(term) + (granted ? " granted" : " refused");
  }
};

struct RequestVote {
  static constexpr MessageInfo info{3, "RequestVote", Role::vote, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t last_log_index = 0;
  std::uint64_t last_log_term = 0;
  template <class A>
  void fields(A& a) {
    a(term, last_log_index, last_log_term);
  }
  std::string describe() const {
    return "RequestVote term=" + std::to_string(term) + " last=" + std::to_string(last_log_index) +
           "/" + std::to_string(last_log_term);
  }
};

struct VoteReply {
  static constexpr MessageInfo info{4, "VoteReply", Role::vote, Auth::mac};
  std::uint64_t term = 0;
  bool granted = false;
  template <class A>
  void fields(A& a) {
    a(term, granted);
  }
  std::string describe() const {
    return "VoteReply term=" + std::to_string(term) + (granted ? " granted" : " refused");
  }
};

struct AppendEntries {
  static constexpr MessageInfo info{5, "AppendEntries", Role::proposal, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t prev_log_index = 0;
  std::uint64_t prev_log_term = 0;
  std::uint64_t leader_commit = 0;
  std::vector<Entry> entries;  // empty: a heartbeat
  Role role() const { return entries.empty() ? Role::heartbeat : Role::proposal; }
  template <class A>
  void fields(A& a) {
    a(term, prev_log_index, prev_log_term, leader_commit, entries);
  }
  std::string describe() const {
    std::string text = "AppendEntries term=" + std::to_string(term) +
                       " prev=" + std::to_string(prev_log_index) + "/" +
                       std::to_string(prev_log_term) + " commit=" + std::to_string(leader_commit);
    for (const Entry& entry : entries) {
      const std::string what = entry.block ? "block" + std::to_string(entry.block->height)
                               : entry.kind() == EntryKind::configuration
                                   ? "C" + entry.configuration.describe()
                                   : "no-op";
      text += " " + what + "/" + std::to_string(entry.term);
    }
    return text;
  }
};

struct AppendEntriesReply {
  static constexpr MessageInfo info{6, "AppendEntriesReply", Role::vote, Auth::mac};
  std::uint64_t term = 0;
  bool success = false;
  bool heartbeat = false;            // answers an AppendEntries without entries
  std::uint64_t prev_log_index = 0;  // of the message answered: tells stale refusals apart
  std::uint64_t match_index = 0;     // success: the log agrees with the leader's up to here
  // Refused for the log's sake (paper, end of section 5.3): the term of the conflicting entry (0:
  // the log is too short) and the first index stored for that term (or the log's end plus one).
  std::uint64_t conflict_term = 0;
  std::uint64_t conflict_index = 0;
  Role role() const { return heartbeat ? Role::heartbeat : Role::vote; }
  template <class A>
  void fields(A& a) {
    a(term, success, heartbeat, prev_log_index, match_index, conflict_term, conflict_index);
  }
  std::string describe() const {
    std::string text = "AppendEntriesReply term=" + std::to_string(term);
    if (success) return text + " match=" + std::to_string(match_index);
    return text + " refused prev=" + std::to_string(prev_log_index) +
           " conflict=" + std::to_string(conflict_index) + "/" + std::to_string(conflict_term);
  }
};

/// How a chunk ends; the last one brings the configuration.
enum class SnapshotEnd : std::uint8_t { more, done, done_and_configuration };
constexpr SnapshotEnd max_value(SnapshotEnd) { return SnapshotEnd::done_and_configuration; }

struct InstallSnapshot {
  static constexpr MessageInfo info{7, "InstallSnapshot", Role::sync, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t last_included_index = 0;
  std::uint64_t last_included_term = 0;
  Height height = 0;  // of the last included block
  BlockId block;
  Hash256 state_root;
  std::uint64_t offset = 0;
  Bytes data;
  bool done = false;
  /// The configuration as of the last included index (dissertation 5.1), unless it is still the one
  /// that all servers began with.
  PlacedConfiguration configuration;
  template <class A>
  void fields(A& a) {
    SnapshotEnd end = !done                      ? SnapshotEnd::more
                      : configuration.index == 0 ? SnapshotEnd::done
                                                 : SnapshotEnd::done_and_configuration;
    a(term, last_included_index, last_included_term, height, block, state_root, offset, data, end);
    done = end != SnapshotEnd::more;
    if (end != SnapshotEnd::done_and_configuration) return;
    a(configuration);
    if constexpr (requires { a.fail(); }) {
      if (configuration.index == 0) a.fail();
    }
  }
  std::string describe() const {
    return "InstallSnapshot term=" + std::to_string(term) +
           " last=" + std::to_string(last_included_index) + "/" +
           std::to_string(last_included_term) + " offset=" + std::to_string(offset) +
           " bytes=" + std::to_string(data.size()) + (done ? " done" : "");
  }
};

struct InstallSnapshotReply {
  static constexpr MessageInfo info{8, "InstallSnapshotReply", Role::sync, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t last_included_index = 0;
  std::uint64_t offset = 0;  // the next byte wanted
  bool installed = false;
  template <class A>
  void fields(A& a) {
    a(term, last_included_index, offset, installed);
  }
  std::string describe() const {
    return "InstallSnapshotReply term=" + std::to_string(term) +
           " last=" + std::to_string(last_included_index) +
           (installed ? " installed" : " offset=" + std::to_string(offset));
  }
};

/// Leadership transfer (dissertation 3.10): stand at once, as if the election timer had fired.
struct TimeoutNow {
  static constexpr MessageInfo info{9, "TimeoutNow", Role::view_change, Auth::mac};
  std::uint64_t term = 0;
  template <class A>
  void fields(A& a) {
    a(term);
  }
  std::string describe() const { return "TimeoutNow term=" + std::to_string(term); }
};

/// A RequestVote in a transfer: its flag gives leave to disturb a leader that wants to be replaced
/// (dissertation 4.2.3).
struct TransferVote {
  static constexpr MessageInfo info{10, "RequestVote(transfer)", Role::vote, Auth::mac};
  RequestVote request;
  template <class A>
  void fields(A& a) {
    a(request);
  }
  std::string describe() const { return request.describe() + " transfer"; }
};

/// One round of heartbeats by which a leader learns that it still leads (dissertation 6.4, step 3).
/// It repeats the round's number, by which an answer is known to be younger than the read.
struct ConfirmLeader {
  static constexpr MessageInfo info{11, "ConfirmLeader", Role::heartbeat, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t round = 0;
  template <class A>
  void fields(A& a) {
    a(term, round);
  }
  std::string describe() const {
    return "ConfirmLeader term=" + std::to_string(term) + " round=" + std::to_string(round);
  }
};

struct ConfirmLeaderReply {
  static constexpr MessageInfo info{12, "ConfirmLeaderReply", Role::heartbeat, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t round = 0;
  template <class A>
  void fields(A& a) {
    a(term, round);
  }
  std::string describe() const {
    return "ConfirmLeaderReply term=" + std::to_string(term) + " round=" + std::to_string(round);
  }
};

/// follower -> leader: a read index, please, for all reads that wait here (dissertation 6.4).
struct ReadIndex {
  static constexpr MessageInfo info{13, "ReadIndex", Role::sync, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t batch = 0;  // the follower's number, repeated in the answer
  template <class A>
  void fields(A& a) {
    a(term, batch);
  }
  std::string describe() const {
    return "ReadIndex term=" + std::to_string(term) + " batch=" + std::to_string(batch);
  }
};

struct ReadIndexReply {
  static constexpr MessageInfo info{14, "ReadIndexReply", Role::sync, Auth::mac};
  std::uint64_t term = 0;
  std::uint64_t batch = 0;
  std::uint64_t index = 0;
  template <class A>
  void fields(A& a) {
    a(term, batch, index);
  }
  std::string describe() const {
    return "ReadIndexReply term=" + std::to_string(term) + " batch=" + std::to_string(batch) +
           " index=" + std::to_string(index);
  }
};

}  // namespace ledgerlab::raft
