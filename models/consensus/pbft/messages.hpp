// PBFT's messages, under the names of the paper (Castro, Liskov: "Practical Byzantine Fault
// Tolerance", OSDI 1999, sections 4.2 to 4.4). What may become evidence is signed and small; a
// batch travels beside its PRE-PREPARE, whose digest commits to it: <<PRE-PREPARE,v,n,d>,m>.
#pragma once

#include "models/api/effects.hpp"
#include "models/parts/batch/batch.hpp"

namespace ledgerlab::pbft {

using View = std::uint64_t;
using Sequence = std::uint64_t;

/// A batch as replicas hold it: its digest, and itself as a block that has no place yet (height 0,
/// named by its root), as Validate and the disk take it.
struct Batch {
  BatchDigest digest;
  BlockRef block;
  std::vector<NodeId> askers;  // clients, by transaction; not covered by the digest
  mutable BlockRef executed;   // in its place in the history, made by the first that needed it
};
using BatchRef = std::shared_ptr<const Batch>;
BatchRef make_batch(PayloadRef payload, std::vector<NodeId> askers);

/// What three kinds of messages say: in this view, this number belongs to this batch.
struct Order {
  View view = 0;
  Sequence seq = 0;
  BatchDigest digest;
  template <class A>
  void fields(A& a) {
    a(view, seq, digest);
  }
  bool same(const Order& other) const {
    return seq == other.seq && view == other.view && digest == other.digest;
  }
  std::string text() const {
    return " v=" + std::to_string(view) + " n=" + std::to_string(seq) +
           (digest.is_null() ? " null" : " d=" + to_hex(digest.root).substr(0, 4));
  }
};

/// <PRE-PREPARE,v,n,d>: section 4.2. Travels inside a Proposal, a ViewChange or a NewView.
struct PrePrepare : Order {
  static constexpr MessageInfo info{1, "PrePrepare", Role::proposal, Auth::signature};
  std::string describe() const { return "PrePrepare" + text(); }
};

/// <PREPARE,v,n,d,i>
struct Prepare : Order {
  static constexpr MessageInfo info{2, "Prepare", Role::vote, Auth::signature};
  std::string describe() const { return "Prepare" + text(); }
};

/// <COMMIT,v,n,D(m),i>
struct Commit : Order {
  static constexpr MessageInfo info{3, "Commit", Role::vote, Auth::signature};
  std::string describe() const { return "Commit" + text(); }
};

/// <<PRE-PREPARE,v,n,d>,m>
struct Proposal {
  static constexpr MessageInfo info{4, "Proposal", Role::proposal, Auth::mac};
  MessageRef pre_prepare;
  PayloadRef payload;
  std::vector<NodeId> askers;
  mutable BatchRef batch;  // made once for all that share this object
  template <class A>
  void fields(A& a) {
    a(pre_prepare, payload, askers);
  }
  std::string describe() const {
    return "Proposal " + (pre_prepare ? pre_prepare->describe() : std::string("of nothing"));
  }
};

/// <CHECKPOINT,n,d,i>, section 4.3; d is spelt out: last block and state after it.
struct Checkpoint {
  static constexpr MessageInfo info{5, "Checkpoint", Role::sync, Auth::signature};
  Sequence seq = 0;
  Height height = 0;
  BlockId block;
  Hash256 state_root;
  template <class A>
  void fields(A& a) {
    a(seq, height, block, state_root);
  }
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
  std::string describe() const {
    return "Checkpoint n=" + std::to_string(seq) + " height=" + std::to_string(height);
  }
};

/// A PRE-PREPARE and the PREPAREs of quorum - 1 backups for it: the set P_m of section 4.4.
struct PreparedProof {
  MessageListRef frames;  // the PRE-PREPARE first
};
void codec_write(codec::Writer& writer, const PreparedProof& value);
bool codec_read(codec::Reader& reader, PreparedProof& value);

/// <VIEW-CHANGE,v+1,n,C,P,i>, section 4.4
struct ViewChange {
  static constexpr MessageInfo info{6, "ViewChange", Role::view_change, Auth::signature};
  View view = 0;
  Sequence stable = 0;
  std::vector<MessageRef> checkpoint_proof;  // C
  std::vector<PreparedProof> prepared;       // P, in the order of n
  template <class A>
  void fields(A& a) {
    a(view, stable, checkpoint_proof, prepared);
  }
  std::string describe() const;
};

/// <NEW-VIEW,v+1,V,O>
struct NewView {
  static constexpr MessageInfo info{7, "NewView", Role::view_change, Auth::signature};
  View view = 0;
  std::vector<MessageRef> view_changes;  // V, in the order of their authors
  std::vector<MessageRef> pre_prepares;  // O, in the order of n
  template <class A>
  void fields(A& a) {
    a(view, view_changes, pre_prepares);
  }
  std::string describe() const;
};

/// Where a replica stands, for those that can help it (Castro's thesis 2001, section 5.2).
struct Status {
  static constexpr MessageInfo info{8, "Status", Role::sync, Auth::mac};
  View view = 0;
  bool active = false;
  Sequence stable = 0;
  Sequence executed = 0;
  bool asks = false;    // it does not get on; else it only says so that others may tell
  bool answer = false;  // to another Status: the word is not returned once more
  template <class A>
  void fields(A& a) {
    a(view, active, stable, executed, asks, answer);
  }
  std::string describe() const {
    return "Status v=" + std::to_string(view) + (active ? "" : " changing") +
           " stable=" + std::to_string(stable) + " executed=" + std::to_string(executed) +
           (asks ? " asks" : "");
  }
};

/// The batch of a digest, please, if you have it.
struct FetchBatch {
  static constexpr MessageInfo info{9, "FetchBatch", Role::sync, Auth::mac};
  Sequence seq = 0;
  BatchDigest digest;
  template <class A>
  void fields(A& a) {
    a(seq, digest);
  }
};
struct BatchContent {
  static constexpr MessageInfo info{10, "BatchContent", Role::sync, Auth::mac};
  Sequence seq = 0;
  PayloadRef payload;
  std::vector<NodeId> askers;
  template <class A>
  void fields(A& a) {
    a(seq, payload, askers);
  }
};

/// The proof that a checkpoint is stable: what FetchState can be asked for.
struct StableCheckpoint {
  static constexpr MessageInfo info{11, "StableCheckpoint", Role::sync, Auth::mac};
  std::vector<MessageRef> proof;
  template <class A>
  void fields(A& a) {
    a(proof);
  }
};
struct FetchState {
  static constexpr MessageInfo info{12, "FetchState", Role::sync, Auth::mac};
  Sequence seq = 0;
  std::uint64_t offset = 0;
  template <class A>
  void fields(A& a) {
    a(seq, offset);
  }
};
struct StateChunk {
  static constexpr MessageInfo info{13, "StateChunk", Role::sync, Auth::mac};
  Sequence seq = 0;
  std::uint64_t offset = 0;
  bool last = false;
  Bytes data;
  template <class A>
  void fields(A& a) {
    a(seq, offset, last, data);
  }
  std::string describe() const {
    return "StateChunk n=" + std::to_string(seq) + " offset=" + std::to_string(offset) +
           (last ? " last" : "");
  }
};

}  // namespace ledgerlab::pbft
