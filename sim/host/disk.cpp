// The simulated disk: one numbered log per module, group commit, the persist gate across steps, and
// what a crash leaves (DESIGN 13.2).
#include <algorithm>
#include <functional>
#include <string_view>

#include "models/base/int128.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab {
namespace {

void apply_operation(ModuleLog& log, DiskOperation&& op) {
  auto& records = log.durable;
  const auto below = [](const StoredRecord& r, std::uint64_t index) { return r.index < index; };
  switch (op.kind) {
    case EffectKind::persist:
      // Thousands of nodes hold a log: growing by a quarter wastes less than doubling.
      if (records.size() == records.capacity()) records.reserve(records.size() * 5 / 4 + 2);
      records.push_back({op.index, std::move(op.record)});
      break;
    case EffectKind::truncate:
      records.erase(std::lower_bound(records.begin(), records.end(), op.index, below),
                    records.end());
      break;
    default:
      records.erase(records.begin(),
                    std::lower_bound(records.begin(), records.end(), op.index, below));
  }
}

bool same_record(const Record& a, const Record& b) {
  return a.slot == b.slot && a.block == b.block && a.messages == b.messages &&
         a.snapshot == b.snapshot && a.bytes == b.bytes;
}

}  // namespace

/// All nodes write the same of a block, most of them soon after one another.
RecordRef World::shared_record(Record&& record) {
  if (record.messages || record.snapshot) return std::make_shared<const Record>(std::move(record));
  const std::string_view text(reinterpret_cast<const char*>(record.bytes.data()),
                              record.bytes.size());
  std::size_t place = std::hash<std::string_view>()(text);
  if (record.block) place ^= static_cast<std::size_t>(record.block->id.tag());
  RecordRef& kept = recent_records_[place % recent_records_.size()];
  if (!kept || !same_record(*kept, record)) kept = std::make_shared<const Record>(std::move(record));
  return kept;
}

void World::disk_submit(Node& n, Effects& effects, const Effect& e) {
  if (!n.disk) {
    n.disk = std::make_unique<Disk>();
    n.disk->sync = n.disk_sync;
  }
  Disk& disk = *n.disk;
  ModuleLog& log = disk.logs[static_cast<std::size_t>(e.slot)];
  DiskOperation op;
  op.kind = e.kind;
  op.slot = e.slot;
  if (e.kind == EffectKind::persist) {
    op.index = log.next_index++;
    Record& record = effects.record_of(e);
    record.index = 0;
    record.slot = e.slot;
    op.record = shared_record(std::move(record));
    const StorageCharge& storage = spec_.hardware.storage;
    op.bytes = e.b * storage.bytes_permille / 1000 + storage.bytes_per_record;
    stats_.disk_bytes += op.bytes;
    n.disk_bytes += op.bytes;
  } else {
    op.index = e.a;
    if (e.kind == EffectKind::truncate) log.next_index = std::min(log.next_index, e.a);
  }
  disk.waiting.push(std::move(op));
  log.last_operation = ++disk.submitted;
}

void World::disk_start(Node& n, Time now) {
  Disk& disk = *n.disk;
  disk.syncing = disk.waiting.size();
  const StorageCharge& storage = spec_.hardware.storage;
  std::uint64_t bytes = storage.bytes_per_sync;
  stats_.disk_bytes += bytes;
  n.disk_bytes += bytes;
  for (std::size_t i = 0; i < disk.syncing; ++i) bytes += disk.waiting[i].bytes;
  Duration time = disk.sync * storage.syncs_permille / 1000;
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
  disk.due = time_never;
  for (; disk.syncing > 0; --disk.syncing) {
    DiskOperation op = disk.waiting.pop();
    const auto slot = static_cast<std::size_t>(op.slot);
    if (op.kind == EffectKind::persist) {
      ++persisted[slot];
      touched[slot] = true;
    }
    ++disk.durable;
    apply_operation(disk.logs[slot], std::move(op));
  }
  while (!disk.gate.empty() && disk.gate.front().need <= disk.durable) {
    release(n, disk.gate.pop(), now);
  }
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    if (!touched[slot]) continue;
    const auto& records = disk.logs[slot].durable;
    LaneInput input;
    input.ready = now;
    input.kind = InputKind::persisted;
    input.slot = static_cast<Slot>(slot);
    input.value = records.empty() ? 0 : records.back().index;
    input.timer.key = persisted[slot];
    n.inbox.push(std::move(input));
  }
  if (!disk.waiting.empty() && disk.due == time_never) disk_start(n, now);
}

std::vector<Record> World::disk_crash(Node& n, std::uint64_t* lost) {
  std::vector<Record> kept;
  *lost = 0;
  if (!n.disk) return kept;
  Disk& disk = *n.disk;
  // A drawn prefix of what was not synced survives, never a record behind a gap.
  const std::uint64_t survivors =
      draw_below(n.draws(Purpose("host.disk.crash"), n.incarnation), disk.waiting.size() + 1);
  for (std::uint64_t i = 0; i < survivors; ++i) {
    DiskOperation op = disk.waiting.pop();
    apply_operation(disk.logs[static_cast<std::size_t>(op.slot)], std::move(op));
  }
  *lost = disk.waiting.size();
  disk.waiting.clear();
  disk.gate.clear();
  disk.syncing = 0;
  disk.due = time_never;
  disk.durable = disk.submitted = 0;
  for (ModuleLog& log : disk.logs) {
    log.last_operation = log.gated_until = 0;
    log.next_index = log.durable.empty() ? 1 : log.durable.back().index + 1;
    for (const StoredRecord& record : log.durable) kept.push_back(record.copy());
  }
  return kept;
}

}  // namespace ledgerlab
