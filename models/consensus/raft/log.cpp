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

/// The block itself rides along with the record.
enum class Form : std::uint8_t { block, noop, configuration };
constexpr Form max_value(Form) { return Form::configuration; }

struct EntryRecord {
  Tag tag = Tag::entry;
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  Form form = Form::block;
  Configuration configuration;
  template <class A>
  void fields(A& a) {
    a(tag, index, term, form);
    if (form == Form::configuration) a(configuration);
  }
};

/// What a snapshot record says besides its bytes: a set of bits.
enum class SnapshotNotes : std::uint8_t { none, discards_log, configuration, both };
constexpr SnapshotNotes max_value(SnapshotNotes) { return SnapshotNotes::both; }
constexpr bool notes_include(SnapshotNotes notes, SnapshotNotes one) {
  return (static_cast<unsigned>(notes) & static_cast<unsigned>(one)) != 0;
}

struct SnapshotRecord {
  Tag tag = Tag::snapshot;
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  SnapshotNotes notes = SnapshotNotes::none;
  Height height = 0;
  BlockId block;
  Hash256 state_root;
  Bytes bytes;
  PlacedConfiguration configuration;
  template <class A>
  void fields(A& a) {
    a(tag, index, term, notes, height, block, state_root, bytes);
    if (notes_include(notes, SnapshotNotes::configuration)) a(configuration);
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

const PlacedConfiguration& Log::configuration_at(std::uint64_t index) const {
  std::size_t place = configurations_.size() - 1;
  while (place > 0 && configurations_[place].index > index) --place;
  return configurations_[place];
}

Entry Log::entry(std::uint64_t index) const {
  const Slot& slot = at(index);
  if (!slot.noop) return {slot.term, slot.tip, {}};
  const PlacedConfiguration& placed = configuration_at(index);
  return {slot.term, nullptr, placed.index == index ? placed.value : Configuration{}};
}

void Log::append(const Entry& entry, std::uint64_t record) {
  slots_.push_back({entry.term, !entry.block, entry.block ? entry.block : tip(), record});
  if (entry.kind() == EntryKind::configuration) {
    configurations_.push_back({last_index(), entry.configuration});
  }
}

// Dissertation 4.1: a server whose entry is removed falls back to the configuration before.
void Log::truncate(std::uint64_t from) {
  while (last_index() >= from && !slots_.empty()) slots_.pop_back();
  while (configurations_.size() > 1 && configurations_.back().index >= from) {
    configurations_.pop_back();
  }
}

void Log::compact(std::uint64_t index) {
  while (base_index_ < index && !slots_.empty()) {
    base_term_ = slots_.front().term;
    base_tip_ = slots_.front().tip;
    slots_.pop_front();
    ++base_index_;
  }
  while (configurations_.size() > 1 && configurations_[1].index <= base_index_) {
    configurations_.pop_front();
  }
}

void Log::reset(std::uint64_t index, std::uint64_t term, BlockRef tip,
                PlacedConfiguration configuration) {
  base_index_ = index;
  base_term_ = term;
  base_tip_ = std::move(tip);
  slots_.clear();
  configurations_.assign(1, std::move(configuration));
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

Bytes encode_entry(std::uint64_t index, const Entry& entry) {
  static constexpr Form forms[] = {Form::noop, Form::block, Form::configuration};
  return codec::encode(EntryRecord{Tag::entry, index, entry.term,
                                   forms[static_cast<std::size_t>(entry.kind())],
                                   entry.configuration});
}

Bytes encode_snapshot(const LogSnapshot& snapshot, bool discards_log) {
  const SnapshotData& data = *snapshot.data;
  // The configuration that all servers begin with is a parameter and needs no place on the disk.
  const bool configured = snapshot.configuration.index > 0;
  const auto notes = static_cast<SnapshotNotes>((discards_log ? 1 : 0) | (configured ? 2 : 0));
  return codec::encode(SnapshotRecord{Tag::snapshot, snapshot.index, snapshot.term, notes,
                                      data.height, data.block, data.state_root, data.bytes,
                                      snapshot.configuration});
}

Restored restore_log(std::span<const Record> records, BlockRef genesis, Configuration initial) {
  struct Found {
    Entry entry;
    std::uint64_t record;
  };
  Restored out{{}, 0, {}, 0, 0, Log(std::move(genesis), initial)};
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
      const BlockRef block = entry->form == Form::block ? record.block : nullptr;
      entries.emplace(entry->index, Found{{entry->term, block, entry->configuration}, record.index});
    } else if (const auto taken = codec::decode<SnapshotRecord>(record.bytes);
               taken && taken->tag == Tag::snapshot) {
      if (notes_include(taken->notes, SnapshotNotes::discards_log)) entries.clear();
      auto data = std::make_shared<SnapshotData>();
      *data = {taken->height, taken->block, taken->state_root, taken->bytes};
      out.snapshot = {taken->index, taken->term, std::move(data), taken->configuration};
      if (taken->configuration.index == 0) out.snapshot.configuration.value = initial;
      out.snapshot_record = record.index;
    }
  }
  if (out.snapshot.data) {
    out.log.reset(out.snapshot.index, out.snapshot.term, snapshot_block(*out.snapshot.data),
                  out.snapshot.configuration);
  }
  for (const auto& [index, found] : entries) {
    if (index <= out.log.last_index()) continue;   // inside the snapshot
    if (index != out.log.last_index() + 1) break;  // a gap cannot be crossed
    out.log.append(found.entry, found.record);
  }
  return out;
}

}  // namespace ledgerlab::raft
