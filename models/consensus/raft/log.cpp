#include "models/consensus/raft/log.hpp"

#include <algorithm>
#include <map>

#include "models/codec/codec.hpp"

namespace ledgerlab::raft {
namespace {

enum class Tag : std::uint8_t { hard_state, entry, snapshot };
constexpr Tag max_value(Tag) { return Tag::snapshot; }

struct HardStateRecord {
  Tag tag = Tag::hard_state;
  std::uint64_t term = 0;
  NodeId voted_for = no_node;
  template <class A>
  void fields(A& a) {
    a(tag, term, voted_for);
  }
};

struct EntryRecord {
  Tag tag = Tag::entry;
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  bool noop = false;
  template <class A>
  void fields(A& a) {
    a(tag, index, term, noop);
  }
};

struct SnapshotRecord {
  Tag tag = Tag::snapshot;
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  bool discards_log = false;
  Height height = 0;
  BlockId block;
  Hash256 state_root;
  Bytes bytes;
  template <class A>
  void fields(A& a) {
    a(tag, index, term, discards_log, height, block, state_root, bytes);
  }
};

}  // namespace

std::optional<std::uint64_t> Log::term_at(std::uint64_t index) const {
  if (index == 0) return 0;
  if (index == base_index_) return base_term_;
  if (!has(index)) return std::nullopt;
  return at(index).term;
}

const BlockRef& Log::tip_at(std::uint64_t index) const {
  return has(index) ? at(index).tip : base_tip_;
}

std::uint64_t Log::index_of_height(Height height) const {
  // Heights never fall along the log, and a block comes before the no-ops that share its height.
  const auto place =
      std::lower_bound(slots_.begin(), slots_.end(), height,
                       [](const Slot& slot, Height wanted) { return slot.tip->height < wanted; });
  if (place == slots_.end() || place->noop || place->tip->height != height) return 0;
  return base_index_ + 1 + static_cast<std::uint64_t>(place - slots_.begin());
}

std::uint64_t Log::first_of_term_at(std::uint64_t index) const {
  if (!has(index)) return index;
  // Terms never fall along a log.
  const auto place =
      std::lower_bound(slots_.begin(), slots_.end(), at(index).term,
                       [](const Slot& slot, std::uint64_t term) { return slot.term < term; });
  return base_index_ + 1 + static_cast<std::uint64_t>(place - slots_.begin());
}

void Log::append(std::uint64_t term, const BlockRef& block, std::uint64_t record) {
  slots_.push_back({term, block == nullptr, block ? block : tip(), record});
}

void Log::truncate(std::uint64_t from) {
  while (last_index() >= from && !slots_.empty()) slots_.pop_back();
}

void Log::compact(std::uint64_t index) {
  while (base_index_ < index && !slots_.empty()) {
    base_term_ = slots_.front().term;
    base_tip_ = slots_.front().tip;
    slots_.pop_front();
    ++base_index_;
  }
}

void Log::reset(std::uint64_t index, std::uint64_t term, BlockRef tip) {
  base_index_ = index;
  base_term_ = term;
  base_tip_ = std::move(tip);
  slots_.clear();
}

BlockRef snapshot_block(const SnapshotData& data) {
  auto block = std::make_shared<Block>();
  block->height = data.height;
  block->id = data.block;
  block->payload = empty_payload();
  block->state_root = data.state_root;
  return block;
}

Bytes encode_hard_state(const HardState& state) {
  return codec::encode(HardStateRecord{Tag::hard_state, state.term, state.voted_for});
}

Bytes encode_entry(std::uint64_t index, std::uint64_t term, bool noop) {
  return codec::encode(EntryRecord{Tag::entry, index, term, noop});
}

Bytes encode_snapshot(const LogSnapshot& snapshot, bool discards_log) {
  const SnapshotData& data = *snapshot.data;
  return codec::encode(SnapshotRecord{Tag::snapshot, snapshot.index, snapshot.term, discards_log,
                                      data.height, data.block, data.state_root, data.bytes});
}

Restored restore_log(std::span<const Record> records, BlockRef genesis) {
  struct Found {
    std::uint64_t term;
    BlockRef block;
    std::uint64_t record;
  };
  Restored out{{}, 0, {}, 0, 0, Log(std::move(genesis))};
  std::map<std::uint64_t, Found> entries;
  for (const Record& record : records) {
    out.last_record = record.index;
    if (const auto hard = codec::decode<HardStateRecord>(record.bytes);
        hard && hard->tag == Tag::hard_state) {
      out.hard_state = {hard->term, hard->voted_for};
      out.hard_state_record = record.index;
    } else if (const auto entry = codec::decode<EntryRecord>(record.bytes);
               entry && entry->tag == Tag::entry) {
      entries.erase(entries.lower_bound(entry->index), entries.end());
      entries.emplace(entry->index,
                      Found{entry->term, entry->noop ? nullptr : record.block, record.index});
    } else if (const auto taken = codec::decode<SnapshotRecord>(record.bytes);
               taken && taken->tag == Tag::snapshot) {
      if (taken->discards_log) entries.clear();
      auto data = std::make_shared<SnapshotData>();
      *data = {taken->height, taken->block, taken->state_root, taken->bytes};
      out.snapshot = {taken->index, taken->term, std::move(data)};
      out.snapshot_record = record.index;
    }
  }
  if (out.snapshot.data) {
    out.log.reset(out.snapshot.index, out.snapshot.term, snapshot_block(*out.snapshot.data));
  }
  for (const auto& [index, found] : entries) {
    if (index <= out.log.last_index()) continue;   // inside the snapshot
    if (index != out.log.last_index() + 1) break;  // a gap cannot be crossed
    out.log.append(found.term, found.block, found.record);
  }
  return out;
}

}  // namespace ledgerlab::raft
