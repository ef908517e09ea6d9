// What the host keeps of one node: its lane, timers, disk, gate and its part of the trace.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <stdexcept>
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

/// What waits for the node's lane, and what a step has listed whose charged time has not ended. A
/// node for which nothing waits has none.
struct Waiting {
  Fifo<LaneInput> inbox;
  std::unique_ptr<Effects> deferred;
  Time deferred_due = time_never;
  bool empty() const { return inbox.empty() && !deferred; }
};

struct TimerSlot {
  std::uint64_t key = 0;
  Time due{};
  std::uint64_t generation = 0;
  std::uint32_t kind = 0;
  Slot slot = Slot::consensus;
  bool fired = false;  // waits in the lane
  bool is(Slot of, const TimerId& id) const {
    return slot == of && kind == id.kind && key == id.key;
  }
};

/// The timers of a node, in no order: most nodes have one or two at a time.
class Timers {
 public:
  std::span<TimerSlot> all() { return more_ ? std::span(*more_) : std::span(few_).first(count_); }
  TimerSlot& add() {
    if (!more_) {
      if (count_ < few_.size()) return few_[count_++] = {};
      more_ = std::make_unique<std::vector<TimerSlot>>(few_.begin(), few_.end());
    }
    return more_->emplace_back();
  }
  void remove(std::size_t index) {
    const std::span<TimerSlot> timers = all();
    timers[index] = timers.back();
    if (more_) {
      more_->pop_back();
    } else {
      --count_;
    }
  }
  void clear() {
    more_.reset();
    count_ = 0;
  }

 private:
  std::array<TimerSlot, 2> few_;
  std::unique_ptr<std::vector<TimerSlot>> more_;  // all of them, once they are more
  std::uint32_t count_ = 0;                       // of few_
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
  Slot slot = Slot::consensus;

  void persist(std::uint64_t index, RecordRef record);
  void truncate(std::uint64_t from);
  void forget(std::uint64_t below);
  /// Index of the newest, 0: there is none.
  std::uint64_t last() const { return count_ == 0 ? 0 : next() - 1; }
  /// Of the record that is persisted next.
  std::uint64_t next() const { return first_ + count_; }
  /// The module begins anew, with what is here.
  void start_again() {
    if (count_ == 0) first_ = 1;
  }
  void append_to(std::vector<Record>& out) const;

  /// Asks for the line that the next record is written to.
  [[gnu::always_inline]] void fetch() const {
    if (room_ != 0) __builtin_prefetch(&records_[place(count_)], 1);
  }

 private:
  std::uint32_t place(std::uint32_t i) const {
    const std::uint32_t at = head_ + i;
    return at < room_ ? at : at - room_;
  }
  void make_room();

  std::uint32_t head_ = 0;  // place of the oldest; the others follow, round the end
  std::uint32_t count_ = 0;
  std::uint32_t room_ = 0;
  std::uint64_t first_ = 1;  // index of the oldest, or of the next
  std::unique_ptr<RecordRef[]> records_;
};
static_assert(sizeof(ModuleLog) == 32);

/// The logs of the modules of a node that have written, by slot: mostly two.
class ModuleLogs {
 public:
  ModuleLog& of(Slot slot);
  std::span<ModuleLog> all() { return more_ ? std::span(*more_) : std::span(few_).first(count_); }
  const std::array<ModuleLog, 2>& few() const { return few_; }
  /// Asks for the lines of the next records.
  [[gnu::always_inline]] void fetch() const {
    for (const ModuleLog& log : few_) log.fetch();
  }

 private:
  std::unique_ptr<std::vector<ModuleLog>> more_;  // all of them, once they are more
  std::uint32_t count_ = 0;                       // of few_
  std::array<ModuleLog, 2> few_;
};

/// What a disk holds while something waits for it: group commit of all operations that wait when a
/// sync starts. Most disks are idle most of the time: idle ones have none.
struct DiskQueue {
  Fifo<DiskOperation> waiting;  // not yet durable, in order; the first `syncing` are on their way
  std::size_t syncing = 0;
  Fifo<GateItem> gate;
  /// By module: operations that its next output waits for. Its own and what its latest output
  /// waited for: outputs keep their order.
  std::array<std::uint64_t, slot_count> needed{};
  std::array<std::uint64_t, slot_count>
      next{};                   // by module: index of its next record, 0: its log's
  Time due = time_never;        // end of the running sync
  std::uint64_t submitted = 0;  // operations since the disk was idle
  std::uint64_t durable = 0;    // of these, durable

  bool idle() const { return waiting.empty() && gate.empty(); }
  /// Idle as it is, for the next disk.
  void reset() {
    needed = next = {};
    due = time_never;
    submitted = durable = 0;
    syncing = 0;
  }
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

/// What a delivery that leads to nothing touches stands in the first line; and one line of the
/// block, where its event is written. World::soon asks for them.
struct alignas(64) Node {
  NodeId id = 0;
  bool alive = false;
  bool is_replica : 1 = false;
  bool clock_true : 1 = true;   // so far: the clock need not be looked at
  bool holds_back : 1 = false;  // messages that left it, by a delay or reorder fault
  std::uint8_t filled = 0;      // records in the block
  Slot search_slot = Slot::consensus;
  Time lane_free{};              // end of the last step's charged time
  Time next_local = time_never;  // no event of the node itself is due before this
  std::unique_ptr<Module> program;
  std::unique_ptr<Waiting> waiting;
  Time instant{};  // of the last step, and how many it took in that instant
  std::uint32_t instant_inputs = 0;
  std::uint32_t incarnation = 0;
  std::uint64_t cost_scale = 0;  // ns per ps, as a fraction of 2^54, rounded up
  // --- 64 ---
  StreamBlock block;  // its part of the trace
  // --- 192: a step with effects ---
  StreamChain chain;
  Time wake_at = time_never;    // earliest wake-up asked of the engine
  Time timer_min = time_never;  // no timer is due before this
  Time found_due = time_never;
  std::unique_ptr<DiskQueue> queue;
  Duration cpu_busy{};
  // --- 256: with timers ---
  Timers timers;
  // --- 336: with records ---
  std::uint64_t disk_bytes = 0;
  std::uint64_t timer_generation = 0;
  ModuleLogs logs;
};
static_assert(sizeof(Node) == 448);

/// The search for work of a node that can.
struct Search {
  std::uint64_t rate = 0;   // hashes a second
  std::uint64_t nonce = 0;  // that will be found, and its stamp
  std::uint64_t stamp = 0;
  std::uint32_t generation = 0;  // of the latest; what an earlier one finds is nothing
  std::uint32_t found = 0;       // so far, by all
};
static_assert(sizeof(Search) == 32);

}  // namespace ledgerlab
