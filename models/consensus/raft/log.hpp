// The replicated log in memory, with its prefix cut off behind a snapshot (paper section 7), and
// the records it leaves on the disk.
//
// Layout on the module's one numbered log of records: hard states, entries and snapshots lie in the
// order they were written, and a later record overrides earlier ones. An entry record of index i
// overrides every entry record of an index >= i before it: that is how a conflicting suffix is
// deleted (figure 2, AppendEntries rule 3). Truncate{from} is never used, for it would take hard
// states with it that happen to lie behind the entry. Forget{below} is given the lowest record that
// still means something: the newest hard state, the newest snapshot, the first entry behind it.
#pragma once

#include <deque>
#include <optional>

#include "models/api/module.hpp"
#include "models/consensus/raft/messages.hpp"

namespace ledgerlab::raft {

/// Figure 2, "persistent state on all servers", without the log.
struct HardState {
  std::uint64_t term = 0;
  NodeId voted_for = no_node;
};

/// A snapshot with its place in the log.
struct LogSnapshot {
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  SnapshotRef data;                   // null: none was taken yet
  PlacedConfiguration configuration;  // the latest at or below `index`
};

class Log {
 public:
  struct Slot {
    std::uint64_t term = 0;
    bool noop = false;         // no block: the no-op of a term, or a configuration
    BlockRef tip;              // the entry's block; without one the newest block before it
    std::uint64_t record = 0;  // where it lies on the disk
  };

  Log(BlockRef genesis, Configuration initial)
      : base_tip_(std::move(genesis)), configurations_{{0, std::move(initial)}} {}

  std::uint64_t base_index() const { return base_index_; }
  std::uint64_t last_index() const { return base_index_ + slots_.size(); }
  std::uint64_t last_term() const { return slots_.empty() ? base_term_ : slots_.back().term; }
  bool has(std::uint64_t index) const { return index > base_index_ && index <= last_index(); }
  const Slot& at(std::uint64_t index) const { return slots_[index - base_index_ - 1]; }
  /// Nothing for an index behind the log or before its base. The term of index 0 is 0.
  std::optional<std::uint64_t> term_at(std::uint64_t index) const;
  bool matches(std::uint64_t index, std::uint64_t term) const { return term_at(index) == term; }
  /// The newest block at or below `index`, which is not before the base.
  const BlockRef& tip_at(std::uint64_t index) const;
  const BlockRef& tip() const { return tip_at(last_index()); }
  /// Index of the entry that holds the block of this height; 0 if none does.
  std::uint64_t index_of_height(Height height) const;
  /// First index of a run of entries with the same term as `index`.
  std::uint64_t first_of_term_at(std::uint64_t index) const;

  /// The latest configuration in the log, which is the one in use (dissertation 4.1).
  const PlacedConfiguration& configuration() const { return configurations_.back(); }
  /// The latest at or below an index that is not before the base.
  const PlacedConfiguration& configuration_at(std::uint64_t index) const;
  /// What is stored at an index, as it travels.
  Entry entry(std::uint64_t index) const;

  void append(const Entry& entry, std::uint64_t record);
  /// Drops `from` and everything behind it.
  void truncate(std::uint64_t from);
  /// Drops everything up to and including `index`.
  void compact(std::uint64_t index);
  /// Nothing but this base.
  void reset(std::uint64_t index, std::uint64_t term, BlockRef tip,
             PlacedConfiguration configuration);

 private:
  std::uint64_t base_index_ = 0;
  std::uint64_t base_term_ = 0;
  BlockRef base_tip_;
  std::deque<Slot> slots_;
  /// Of entries in the log, behind the latest one at or below the base. Never empty.
  std::deque<PlacedConfiguration> configurations_;
};

/// A block known by its name only: what a snapshot says of its last block.
BlockRef snapshot_block(const SnapshotData& data);

Bytes encode_hard_state(const HardState& state);
Bytes encode_entry(std::uint64_t index, const Entry& entry);
/// `discards_log`: entry records before this one are void, whatever their index.
Bytes encode_snapshot(const LogSnapshot& snapshot, bool discards_log);

/// What the records of a disk amount to.
struct Restored {
  HardState hard_state;
  std::uint64_t hard_state_record = 0;
  LogSnapshot snapshot;
  std::uint64_t snapshot_record = 0;
  std::uint64_t last_record = 0;
  Log log;
};
Restored restore_log(std::span<const Record> records, BlockRef genesis, Configuration initial);

}  // namespace ledgerlab::raft
