// The simulated disk: one numbered log per module, group commit, the persist gate across steps, and
// what a crash leaves (DESIGN 13.2).
#include <algorithm>
#include <stdexcept>

#include "models/base/int128.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab {
namespace {

void apply_operation(Disk& disk, DiskOperation&& op) {
  ModuleLog& log = disk.log(op.slot);
  switch (op.kind) {
    case EffectKind::persist:
      log.persist(op.index, std::move(op.record));
      break;
    case EffectKind::truncate:
      log.truncate(op.index);
      break;
    default:
      log.forget(op.index);
  }
}

bool same_record(const Record& a, const Record& b) {
  return a.slot == b.slot && a.block == b.block && a.messages == b.messages &&
         a.snapshot == b.snapshot && a.bytes == b.bytes;
}

}  // namespace

void ModuleLog::persist(std::uint64_t index, RecordRef record) {
  if (records_.empty()) first_ = index;
  if (index != first_ + records_.size()) throw std::logic_error("a gap in a module's log");
  // Thousands of nodes hold a log: growing by an eighth wastes less than doubling.
  if (records_.size() == records_.capacity()) records_.reserve(records_.size() * 9 / 8 + 2);
  records_.push_back(std::move(record));
}

void ModuleLog::truncate(std::uint64_t from) {
  if (from <= first_) {
    records_.clear();
  } else if (from <= last()) {
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(from - first_), records_.end());
  }
}

void ModuleLog::forget(std::uint64_t below) {
  if (below <= first_) return;
  const std::uint64_t count = std::min<std::uint64_t>(below - first_, records_.size());
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
  first_ += count;
}

void ModuleLog::append_to(std::vector<Record>& out) const {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    out.push_back(*records_[i]);
    out.back().index = first_ + i;
  }
}

ModuleLog& Disk::log(Slot slot) {
  const auto at = std::find_if(logs.begin(), logs.end(),
                               [&](const ModuleLog& log) { return log.slot() >= slot; });
  if (at != logs.end() && at->slot() == slot) return *at;
  const auto place = at - logs.begin();
  logs.reserve(logs.size() + 1);  // two or three in all
  return *logs.insert(logs.begin() + place, ModuleLog(slot));
}

/// All nodes write the same of a block, most of them soon after one another.
RecordRef World::shared_record(Record&& record) {
  if (record.messages || record.snapshot) return RecordRef(std::move(record));
  // Only a place to look: the first bytes of a record without a block tell records apart well
  // enough.
  std::uint64_t place = 0;
  if (record.block) {
    place = record.block->id.tag();
  } else {
    const std::size_t first = std::min(record.bytes.size(), sizeof place);
    std::copy_n(record.bytes.begin(), first, reinterpret_cast<Byte*>(&place));
    place ^= place >> 32;
  }
  place = (place ^ static_cast<std::uint64_t>(record.slot)) * 0x9e37'79b9'7f4a'7c15 >> 32;
  RecordRef& kept = recent_records_[place % recent_records_.size()];
  if (!kept || !same_record(*kept, record)) kept = RecordRef(std::move(record));
  return kept;
}

DiskQueue& World::queue_of(Disk& disk) {
  if (disk.queue) return *disk.queue;
  if (spare_queues_.empty()) {
    disk.queue = std::make_unique<DiskQueue>();
  } else {
    disk.queue = std::move(spare_queues_.back());
    spare_queues_.pop_back();
  }
  return *disk.queue;
}

void World::disk_submit(Node& n, Effects& effects, const Effect& e) {
  if (!n.disk) {
    n.disk = std::make_unique<Disk>();
    n.disk->sync = n.disk_sync;
  }
  Disk& disk = *n.disk;
  ModuleLog& log = disk.log(e.slot);
  DiskOperation op;
  op.kind = e.kind;
  op.slot = e.slot;
  if (e.kind == EffectKind::persist) {
    op.index = log.next_index++;
    Record& record = effects.record_of(e);
    record.index = 0;
    record.slot = e.slot;
    op.record = shared_record(std::move(record));
    op.bytes = spec_.hardware.storage.record_bytes(e.b);
    stats_.disk_bytes += op.bytes;
    n.disk_bytes += op.bytes;
  } else {
    op.index = e.a;
    if (e.kind == EffectKind::truncate) log.next_index = std::min(log.next_index, e.a);
  }
  queue_of(disk).waiting.push(std::move(op));
  disk.needed[static_cast<std::size_t>(e.slot)] = ++disk.submitted;
}

void World::disk_start(Node& n, Time now) {
  Disk& disk = *n.disk;
  DiskQueue& queue = *disk.queue;
  queue.syncing = queue.waiting.size();
  const StorageCharge& storage = spec_.hardware.storage;
  std::uint64_t bytes = storage.bytes_per_sync;
  stats_.disk_bytes += bytes;
  n.disk_bytes += bytes;
  for (std::size_t i = 0; i < queue.syncing; ++i) bytes += queue.waiting[i].bytes;
  Duration time = disk.sync * static_cast<std::int64_t>(storage.group_syncs_permille(bytes)) / 1000;
  if (spec_.hardware.disk_write_bps != 0) {
    time += Duration{static_cast<std::int64_t>(static_cast<Uint128>(bytes) * 8 * 1'000'000'000 /
                                               spec_.hardware.disk_write_bps)};
  }
  disk.busy += time;
  disk.due = now + time;
  if (time == Duration::zero() && now <= engine_->now()) disk_complete(n, now);
}

void World::disk_complete(Node& n, Time now) {
  Disk& disk = *n.disk;
  std::array<std::uint64_t, slot_count> persisted{};
  std::array<bool, slot_count> touched{};
  DiskQueue& queue = *disk.queue;
  disk.due = time_never;
  for (; queue.syncing > 0; --queue.syncing) {
    DiskOperation op = queue.waiting.pop();
    const auto slot = static_cast<std::size_t>(op.slot);
    if (op.kind == EffectKind::persist) {
      ++persisted[slot];
      touched[slot] = true;
    }
    ++disk.durable;
    apply_operation(disk, std::move(op));
  }
  while (!queue.gate.empty() && queue.gate.front().need <= disk.durable) {
    release(n, queue.gate.pop(), now);
  }
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    if (!touched[slot]) continue;
    LaneInput input;
    input.ready = now;
    input.kind = InputKind::persisted;
    input.slot = static_cast<Slot>(slot);
    input.value = disk.log(input.slot).last();
    input.timer.key = persisted[slot];
    n.inbox.push(std::move(input));
  }
  if (!queue.waiting.empty()) {
    if (disk.due == time_never) disk_start(n, now);
  } else if (queue.gate.empty()) {
    spare_queues_.push_back(std::move(disk.queue));
  }
}

std::vector<Record> World::disk_crash(Node& n, std::uint64_t* lost) {
  std::vector<Record> kept;
  *lost = 0;
  if (!n.disk) return kept;
  Disk& disk = *n.disk;
  DiskQueue& queue = queue_of(disk);
  // A drawn prefix of what was not synced survives, never a record behind a gap.
  const std::uint64_t survivors =
      draw_below(n.draws(Purpose("host.disk.crash"), n.incarnation), queue.waiting.size() + 1);
  for (std::uint64_t i = 0; i < survivors; ++i) {
    apply_operation(disk, queue.waiting.pop());
  }
  *lost = queue.waiting.size();
  disk.queue.reset();
  disk.due = time_never;
  disk.durable = disk.submitted = 0;
  disk.needed = {};
  for (ModuleLog& log : disk.logs) {
    log.next_index = log.last() + 1;
    log.append_to(kept);
  }
  return kept;
}

}  // namespace ledgerlab
