// What the host keeps of one node: its lane, timers, disk, clock and gate.
#pragma once

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "models/api/module.hpp"
#include "models/base/fifo.hpp"
#include "models/base/int128.hpp"
#include "sim/record/trace_hash.hpp"

namespace ledgerlab {

/// An input that waits for the node's lane.
struct LaneInput {
  Time ready{};    // when it arrived
  Time checked{};  // when its authenticator had been checked on another core
  InputKind kind = InputKind::start;
  Slot slot = Slot::consensus;
  NodeId from = no_node;
  MessageRef message;
  TimerId timer{};
  bool dropped = false;  // lost on arrival, reason in value
  // generation (timer), record (persisted), nonce (found), operation (call)
  std::uint64_t value = 0;
};

struct TimerSlot {
  TimerId id;
  Slot slot = Slot::consensus;
  bool fired = false;  // waits in the lane
  std::uint64_t generation = 0;
  Time due{};
};

/// Something visible outside that waits for earlier records to be durable.
struct GateItem {
  std::uint64_t need = 0;  // disk operation number
  Effect effect{};
  MessageRef message;
  std::vector<NodeId> targets;
  BlockRef block;
};

/// A record without its index, one object for all nodes that wrote the same. Counted as messages
/// are, not atomically: it belongs to one world.
class RecordRef {
 public:
  RecordRef() = default;
  explicit RecordRef(Record record) : shared_(new Shared{std::move(record)}) {}
  RecordRef(const RecordRef& other) : shared_(other.shared_) {
    if (shared_) ++shared_->references;
  }
  RecordRef(RecordRef&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  RecordRef& operator=(RecordRef other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~RecordRef() {
    if (shared_ && --shared_->references == 0) delete shared_;
  }
  explicit operator bool() const { return shared_ != nullptr; }
  const Record& operator*() const { return shared_->record; }

 private:
  struct Shared {
    Record record;
    std::uint32_t references = 1;
  };
  Shared* shared_ = nullptr;
};

/// One operation on the module logs of a node, in the order it was listed.
struct DiskOperation {
  EffectKind kind = EffectKind::persist;  // persist, truncate, forget
  Slot slot = Slot::consensus;
  std::uint64_t index = 0;
  std::uint64_t bytes = 0;
  RecordRef record;
};

/// The durable records of one module: their indexes have no gaps.
class ModuleLog {
 public:
  explicit ModuleLog(Slot slot) : slot_(slot) {}
  Slot slot() const { return slot_; }

  void persist(std::uint64_t index, RecordRef record);
  void truncate(std::uint64_t from);
  void forget(std::uint64_t below);
  /// Index of the newest, 0: there is none.
  std::uint64_t last() const { return records_.empty() ? 0 : first_ + records_.size() - 1; }
  void append_to(std::vector<Record>& out) const;

  std::uint64_t next_index = 1;  // of the next persist

 private:
  Slot slot_;
  std::uint64_t first_ = 1;  // index of the oldest
  std::vector<RecordRef> records_;
};

/// What a disk holds while something waits for it. Most disks are idle most of the time: idle ones
/// have none.
struct DiskQueue {
  Fifo<DiskOperation> waiting;  // not yet durable, in order; the first `syncing` are on their way
  std::size_t syncing = 0;
  Fifo<GateItem> gate;
};

/// The simulated disk of one node: group commit of all operations that wait when a sync starts.
struct Disk {
  std::vector<ModuleLog> logs;  // of the modules that have written, by slot
  std::unique_ptr<DiskQueue> queue;
  /// By module: operations that its next output waits for. Its own and what its latest output
  /// waited for: outputs keep their order.
  std::array<std::uint64_t, slot_count> needed{};
  Time due = time_never;        // end of the running sync
  std::uint64_t submitted = 0;  // operations so far
  std::uint64_t durable = 0;    // of these, durable
  Duration sync{};              // latency in force
  Duration busy{};

  ModuleLog& log(Slot slot);
  bool idle() const { return !queue || queue->waiting.empty(); }
};

/// Piecewise linear clocks: a fault changes rate or offset at an instant.
struct NodeClock {
  Time base{};  // true time of the last change
  Time local_base{};
  std::int64_t drift_ppb = 0;
  Duration wall_offset{};

  Time local(Time now) const {
    if (drift_ppb == 0) return local_base + (now - base);
    const auto elapsed = (now - base).count();
    const auto error =
        static_cast<std::int64_t>(static_cast<Int128>(elapsed) * drift_ppb / 1'000'000'000);
    return local_base + Duration{elapsed + error};
  }
  Time wall(Time now) const { return local(now) + wall_offset; }
  /// True time that a local delay takes, rounded up.
  Duration true_delay(Duration delay) const {
    if (drift_ppb == 0) return delay;
    const auto rate = static_cast<Int128>(1'000'000'000) + drift_ppb;
    const auto scaled = static_cast<Int128>(delay.count()) * 1'000'000'000;
    return Duration{static_cast<std::int64_t>((scaled + rate - 1) / rate)};
  }
  void change(Time now, std::int64_t drift, Duration offset) {
    local_base = local(now);
    base = now;
    drift_ppb = drift;
    wall_offset = offset;
  }
};

/// When each of the cores that check authenticators is free: up to three are kept in place.
class Cores {
 public:
  void resize(std::uint32_t count) {
    count_ = count;
    if (count > few) more_ = std::make_unique<Time[]>(count);
  }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  Time* begin() { return more_ ? more_.get() : few_.data(); }
  Time* end() { return begin() + count_; }
  const Time* begin() const { return more_ ? more_.get() : few_.data(); }
  const Time* end() const { return begin() + count_; }

 private:
  static constexpr std::uint32_t few = 3;
  std::array<Time, few> few_{};
  std::unique_ptr<Time[]> more_;
  std::uint32_t count_ = 0;
};

struct alignas(64) Node {
  // All that a delivery touches stands in the first cache lines; World::fetch asks for them. Two of
  // them for one that leads to nothing.
  static constexpr std::size_t hot_bytes = 256;

  NodeId id = 0;
  bool alive = false;
  bool is_replica = false;
  bool clock_true = true;        // so far: the clock need not be looked at
  Time lane_free{};              // end of the last step's charged time
  Time next_local = time_never;  // no event of the node itself is due before this
  std::unique_ptr<Module> program;
  StreamChain stream;  // of its part of the trace
  Time instant{};      // of the last step, and how many it took in that instant
  // --- 64 ---
  std::uint32_t instant_inputs = 0;
  std::uint32_t incarnation = 0;
  std::uint64_t cost_scale = 0;  // ns per ps, as a fraction of 2^54, rounded up
  Duration cpu_busy{};
  Fifo<LaneInput> inbox;
  std::unique_ptr<Effects> deferred;  // listed by a step whose charged time has not ended
  // --- 128: one with effects ---
  Time wake_at = time_never;  // earliest wake-up asked of the engine
  Time deferred_due = time_never;
  Time timer_min = time_never;  // no timer is due before this
  Time found_due = time_never;
  std::unique_ptr<Disk> disk;  // made with the first record
  struct Delayed {
    Time due;
    MessageRef message;
    NodeId to;
  };
  std::vector<Delayed> delayed;  // held back by a delay or reorder fault, in order of due time
  // --- 192: one with an authenticator ---
  Cores cores_free;  // cores that check authenticators, beside the lane
  Duration check_busy{};
  Draws draws;
  // --- 256: hot until here ---
  NodeClock clock;
  std::vector<TimerSlot> timers;
  std::uint64_t timer_generation = 0;
  Duration disk_sync{};

  std::uint64_t found_nonce = 0;
  std::uint64_t found_stamp = 0;
  std::uint64_t search_generation = 0;
  Slot search_slot = Slot::consensus;
  std::uint64_t found = 0;
  std::uint64_t disk_bytes = 0;
  Time up_since{};
  Duration up_total{};
};

}  // namespace ledgerlab
