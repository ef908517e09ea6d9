// The simulated disk: one numbered log per module, group commit, the persist gate across steps, and
// what a crash leaves (DESIGN 13.2).
#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "models/base/int128.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab {
namespace {

void apply_operation(ModuleLog& log, DiskOperation&& op) {
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
  if (count_ == 0) first_ = index;
  if (index != next()) throw std::logic_error("a gap in a module's log");
  if (count_ == room_) make_room();
  records_[place(count_++)] = std::move(record);
}

/// Thousands of nodes hold a log: growing by an eighth wastes less than doubling.
void ModuleLog::make_room() {
  const std::uint32_t room = room_ + room_ / 8 + 4;
  auto more = std::make_unique<RecordRef[]>(room);
  for (std::uint32_t i = 0; i < count_; ++i) more[i] = std::move(records_[place(i)]);
  records_ = std::move(more);
  room_ = room;
  head_ = 0;
}

void ModuleLog::truncate(std::uint64_t from) {
  if (from >= next()) return;
  const std::uint64_t kept = from - std::min(from, first_);
  while (count_ > kept) records_[place(--count_)] = {};
  if (count_ == 0) first_ = from;
}

void ModuleLog::forget(std::uint64_t below) {
  for (; first_ < below && count_ > 0; ++first_, --count_) {
    records_[head_] = {};
    head_ = place(1);
  }
}

void ModuleLog::append_to(std::vector<Record>& out) const {
  for (std::uint32_t i = 0; i < count_; ++i) {
    out.push_back(*records_[place(i)]);
    out.back().index = first_ + i;
  }
}

ModuleLog& ModuleLogs::of(Slot slot) {
  const std::span<ModuleLog> logs = all();
  std::size_t at = 0;
  while (at < logs.size() && logs[at].slot < slot) ++at;
  if (at < logs.size() && logs[at].slot == slot) return logs[at];
  if (!more_ && count_ == few_.size()) {
    more_ = std::make_unique<std::vector<ModuleLog>>();
    std::move(few_.begin(), few_.end(), std::back_inserter(*more_));
    few_ = {};
  }
  if (more_) {
    more_->emplace(more_->begin() + static_cast<std::ptrdiff_t>(at));
  } else {
    std::move_backward(few_.begin() + at, few_.begin() + count_, few_.begin() + count_ + 1);
    few_[at] = {};
    ++count_;
  }
  ModuleLog& log = all()[at];
  log.slot = slot;
  return log;
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

DiskQueue& World::queue_of(Node& n) {
  if (n.queue) return *n.queue;
  if (spare_queues_.empty()) {
    n.queue = std::make_unique<DiskQueue>();
  } else {
    n.queue = std::move(spare_queues_.back());
    spare_queues_.pop_back();
  }
  return *n.queue;
}

void World::charge_disk(Node& n, std::uint64_t bytes) {
  stats_.disk_bytes += bytes;
  if (n.is_replica) stats_.replica_disk_bytes += bytes;
  n.disk_bytes += bytes;
}

/// What the effect asks for, at no index yet if it is a record.
DiskOperation World::disk_operation(Node& n, Effects& effects, const Effect& e) {
  DiskOperation op;
  op.kind = e.kind;
  op.slot = e.slot;
  op.index = e.a;
  if (e.kind != EffectKind::persist) return op;
  Record& record = effects.record_of(e);
  record.index = 0;
  record.slot = e.slot;
  op.record = shared_record(std::move(record));
  op.bytes = spec_.hardware.storage.record_bytes(e.b);
  charge_disk(n, op.bytes);
  return op;
}

void World::disk_submit(Node& n, Effects& effects, const Effect& e) {
  DiskQueue& queue = queue_of(n);
  DiskOperation op = disk_operation(n, effects, e);
  const auto slot = static_cast<std::size_t>(e.slot);
  std::uint64_t& next = queue.next[slot];
  if (next == 0) next = n.logs.of(e.slot).next();
  if (e.kind == EffectKind::persist) op.index = next++;
  if (e.kind == EffectKind::truncate) next = std::min(next, e.a);
  queue.waiting.push(std::move(op));
  queue.needed[slot] = ++queue.submitted;
}

/// Nothing waits for the disk and it takes no time: what a step lists is durable when it takes
/// hold. No operation and no gate need be kept for it.
bool World::disk_at_once(const Node& n, Time hold) const {
  return !n.queue && spec_.hardware.disk_write_bps == 0 && hold <= engine_->now() &&
         sync_of(n.id) == Duration::zero();
}

void World::disk_write(Node& n, Effects& effects, const Effect& e) {
  DiskOperation op = disk_operation(n, effects, e);
  ModuleLog& log = n.logs.of(e.slot);
  if (e.kind == EffectKind::persist) {
    op.index = log.next();
    ++written_[static_cast<std::size_t>(e.slot)];
  }
  apply_operation(log, std::move(op));
}

/// What waited for the records goes out, then their modules hear of them: as if a sync had ended.
void World::disk_written(Node& n, Effects& effects, Time now) {
  charge_disk(n, spec_.hardware.storage.bytes_per_sync);
  for (const Effect& e : held_) let_out(n, effects, e, now);
  held_.clear();
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    if (const std::uint32_t records = std::exchange(written_[slot], 0)) {
      tell_durable(n, static_cast<Slot>(slot), records, now);
    }
  }
}

void World::tell_durable(Node& n, Slot slot, std::uint64_t records, Time now) {
  LaneInput input;
  input.ready = now;
  input.kind = InputKind::persisted;
  input.slot = slot;
  input.value = n.logs.of(slot).last();
  input.timer.key = records;
  waiting_of(n).inbox.push(std::move(input));
}

void World::disk_start(Node& n, Time now) {
  DiskQueue& queue = *n.queue;
  queue.syncing = queue.waiting.size();
  const StorageCharge& storage = spec_.hardware.storage;
  std::uint64_t bytes = storage.bytes_per_sync;
  charge_disk(n, bytes);
  for (std::size_t i = 0; i < queue.syncing; ++i) bytes += queue.waiting[i].bytes;
  Duration time =
      sync_of(n.id) * static_cast<std::int64_t>(storage.group_syncs_permille(bytes)) / 1000;
  if (spec_.hardware.disk_write_bps != 0) {
    time += Duration{static_cast<std::int64_t>(static_cast<Uint128>(bytes) * 8 * 1'000'000'000 /
                                               spec_.hardware.disk_write_bps)};
  }
  if (time != Duration::zero()) {
    disk_busy_.resize(nodes_.size());
    disk_busy_[n.id] += time;
  }
  queue.due = now + time;
  if (time == Duration::zero() && now <= engine_->now()) disk_complete(n, now);
}

void World::disk_complete(Node& n, Time now) {
  std::array<std::uint64_t, slot_count> persisted{};
  DiskQueue& queue = *n.queue;
  queue.due = time_never;
  for (; queue.syncing > 0; --queue.syncing) {
    DiskOperation op = queue.waiting.pop();
    if (op.kind == EffectKind::persist) ++persisted[static_cast<std::size_t>(op.slot)];
    ++queue.durable;
    ModuleLog& log = n.logs.of(op.slot);
    apply_operation(log, std::move(op));
  }
  while (!queue.gate.empty() && queue.gate.front().need <= queue.durable) {
    release(n, queue.gate.pop(), now);
  }
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    if (persisted[slot] != 0) tell_durable(n, static_cast<Slot>(slot), persisted[slot], now);
  }
  if (!queue.waiting.empty()) {
    if (queue.due == time_never) disk_start(n, now);
  } else if (queue.gate.empty()) {
    queue.reset();
    spare_queues_.push_back(std::move(n.queue));
  }
}

std::vector<Record> World::disk_crash(Node& n, std::uint64_t* lost) {
  const Draws draws(spec_.seed, n.id, n.incarnation);
  *lost = 0;
  if (n.queue) {
    // A drawn prefix of what was not synced survives, never a record behind a gap.
    Fifo<DiskOperation>& waiting = n.queue->waiting;
    const std::uint64_t survivors =
        draw_below(draws(Purpose("host.disk.crash"), n.incarnation), waiting.size() + 1);
    for (std::uint64_t i = 0; i < survivors; ++i) {
      DiskOperation op = waiting.pop();
      ModuleLog& log = n.logs.of(op.slot);
      apply_operation(log, std::move(op));
    }
    *lost = waiting.size();
    n.queue.reset();
  }
  std::vector<Record> kept;
  for (ModuleLog& log : n.logs.all()) {
    log.start_again();
    log.append_to(kept);
  }
  return kept;
}

}  // namespace ledgerlab
