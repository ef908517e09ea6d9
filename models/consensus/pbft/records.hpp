// What a replica leaves on its disk (one numbered log; a later record overrides an earlier one of
// the same kind) and what it makes of it after a crash. Votes are written before they are sent, so
// that a replica never votes twice differently; certificates lie there for later view changes.
#pragma once

#include <map>
#include <optional>

#include "models/consensus/pbft/messages.hpp"

namespace ledgerlab::pbft {

/// A checkpoint of our own, with the state it is a checkpoint of.
struct OwnCheckpoint {
  Checkpoint body;
  MessageRef frame;  // null after a state transfer or a restart, until it is sent again
  SnapshotRef snapshot;
  std::uint64_t record = 0;
};

Record record_view(View view, bool active, const MessageRef& new_view);
/// Our vote for this order: as backup our PREPARE follows, as primary the PRE-PREPARE.
Record record_vote(const Order& order, const MessageRef& pre_prepare, const BatchRef& batch);
Record record_prepared(const Order& order, const MessageListRef& certificate);
Record record_executed(Sequence seq, const BatchDigest& digest);
Record record_checkpoint(const OwnCheckpoint& checkpoint);
Record record_stable(Sequence seq, const MessageListRef& proof);

/// What the records of one sequence number amount to.
struct RestoredEntry {
  std::optional<Order> voted;  // in the newest view
  MessageRef pre_prepare;
  MessageListRef certificate;
  std::vector<BatchRef> batches;
  std::optional<BatchDigest> executed;
  std::uint64_t first_record = 0;
};
struct Restored {
  View view = 0;
  bool active = true;
  MessageRef new_view;
  std::uint64_t view_record = 0;
  Sequence stable = 0;
  MessageListRef stable_proof;
  std::uint64_t stable_record = 0;
  std::vector<OwnCheckpoint> checkpoints;     // by number, from the stable one on
  std::map<Sequence, RestoredEntry> entries;  // above it
  std::uint64_t first_record = 1;
  std::uint64_t last_record = 0;
};
Restored restore_records(std::span<const Record> records);

}  // namespace ledgerlab::pbft
