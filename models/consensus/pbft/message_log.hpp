// The message log of section 4.2 between the water marks: a ring of entries by sequence number.
// What a vote touches stands in front: one tally for the view and digest that the replica works on,
// counted in bitsets; votes for anything else lie in a short list beside it.
#pragma once

#include <bit>

#include "models/consensus/pbft/messages.hpp"

namespace ledgerlab::pbft {

enum class VoteKind : std::uint8_t { prepare, commit };

/// The newest vote of a replica that is not for the entry's tally; one for each author and kind.
struct StrayVote {
  VoteKind kind = VoteKind::prepare;
  MessageRef frame;
  const Order* order = nullptr;  // its body
};

struct Entry {
  Sequence seq = 0;  // 0: empty
  // The tally.
  View view = 0;
  BatchDigest digest;
  std::uint32_t prepares = 0;
  std::uint32_t commits = 0;
  bool open = false;        // the tally has a view and a digest
  bool accepted = false;    // its PRE-PREPARE is in the log
  bool validating = false;  // the application was asked
  bool refused = false;     // ... and found it unsound
  bool voted = false;       // our PREPARE is out, or we are its primary
  bool prepared = false;    // in the tally's view
  bool committed = false;   // in some view; `decided` says what
  bool executed = false;
  bool recorded = false;                   // the execution is on the disk
  std::vector<MessageRef> prepare_frames;  // until prepared

  MessageRef pre_prepare;
  BatchRef batch;
  std::vector<BatchRef> other_batches;  // of digests from other views
  MessageRef own_prepare;
  MessageRef own_commit;
  BatchDigest decided;
  Height height = 0;           // of the history once executed
  MessageListRef certificate;  // newest prepared certificate: PRE-PREPARE, PREPAREs
  std::vector<StrayVote> strays;
  std::uint64_t first_record = 0;  // lowest that still tells of this entry; 0: none

  BatchRef find_batch(const BatchDigest& wanted) const {
    if (batch && batch->digest == wanted) return batch;
    for (const BatchRef& other : other_batches) {
      if (other->digest == wanted) return other;
    }
    return nullptr;
  }
  void keep_batch(const BatchRef& more) {
    if (!more || find_batch(more->digest)) return;
    if (!batch) {
      batch = more;
    } else {
      other_batches.push_back(more);
    }
  }
};

class MessageLog {
 public:
  MessageLog(std::uint64_t window, std::uint32_t replicas)
      : entries_(window),
        mask_(std::has_single_bit(window) ? window - 1 : 0),
        words_((replicas + 63) / 64),
        bits_(window * 2 * words_) {}

  /// The entry of a number inside the window, emptied if it was another's.
  Entry& at(Sequence seq) {
    Entry& entry = entries_[place(seq)];
    if (entry.seq != seq) {
      clear(entry);
      entry.seq = seq;
    }
    return entry;
  }
  Entry* find(Sequence seq) {
    Entry& entry = entries_[place(seq)];
    return entry.seq == seq ? &entry : nullptr;
  }
  const Entry* find(Sequence seq) const { return const_cast<MessageLog*>(this)->find(seq); }
  void drop(Sequence seq) {
    if (Entry* entry = find(seq)) clear(*entry);
  }
  /// Marks a replica's vote in the tally; false if it was there.
  bool mark(const Entry& entry, VoteKind kind, NodeId author) {
    std::uint64_t& word = words_of(entry, kind)[author / 64];
    const std::uint64_t bit = std::uint64_t{1} << author % 64;
    if (word & bit) return false;
    word |= bit;
    return true;
  }
  bool marked(const Entry& entry, VoteKind kind, NodeId author) {
    return (words_of(entry, kind)[author / 64] >> author % 64 & 1) != 0;
  }
  /// An empty tally for this view and digest. What was prepared, executed or decided stays.
  void open(Entry& entry, View view, const BatchDigest& digest) {
    std::uint64_t* words = words_of(entry, VoteKind::prepare);
    std::fill(words, words + 2 * words_, 0);
    entry.view = view;
    entry.digest = digest;
    entry.prepares = entry.commits = 0;
    entry.open = true;
    entry.accepted = entry.validating = entry.refused = entry.voted = entry.prepared = false;
    entry.prepare_frames.clear();
    entry.pre_prepare = {};
    entry.own_prepare = {};
  }

 private:
  /// Every vote asks: a window that is a power of two is spared the division.
  std::size_t place(Sequence seq) const {
    return mask_ != 0 ? seq & mask_ : seq % entries_.size();
  }
  std::uint64_t* words_of(const Entry& entry, VoteKind kind) {
    const auto index = static_cast<std::size_t>(&entry - entries_.data());
    return bits_.data() + (index * 2 + static_cast<std::size_t>(kind)) * words_;
  }
  void clear(Entry& entry) {
    std::vector<MessageRef> frames = std::move(entry.prepare_frames);
    frames.clear();
    entry = Entry{};
    entry.prepare_frames = std::move(frames);  // its room is used again
  }

  std::vector<Entry> entries_;
  std::size_t mask_;  // 0: the window is no power of two
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace ledgerlab::pbft
