// Raft's messages, under the names of the paper (Ongaro, Ousterhout: "In search of an
// understandable consensus algorithm", USENIX ATC 2014, figure 2 and figure 13). PreVote is of
// Ongaro's dissertation, section 9.6. A frame's sender is the paper's candidateId or leaderId.
#pragma once

#include "models/api/block.hpp"
#include "models/api/message.hpp"

namespace ledgerlab::raft {

/// An entry as it travels: a block, or the no-op that opens a term (paper section 8).
struct Entry {
  std::uint64_t term = 0;
  BlockRef block;  // null: the no-op
  template <class A>
  void fields(A& a) {
    bool has_block = block != nullptr;
    a(term, has_block);
    if (has_block) a(block);
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
      text += (entry.block ? " block" + std::to_string(entry.block->height) : " no-op") + "/" +
              std::to_string(entry.term);
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
  template <class A>
  void fields(A& a) {
    a(term, last_included_index, last_included_term, height, block, state_root, offset, data, done);
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

}  // namespace ledgerlab::raft
