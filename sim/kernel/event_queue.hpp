// The kernel's queue: monotone buckets of 256 ways. An event lies on the level of the highest byte
// in which its time differs from the last instant taken, in the bucket of that byte; a radix heap
// (Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest path problem", JACM 1990)
// with bytes for digits. All events of one time are always in one bucket, and buckets keep the
// order of their pushes, so equal times come out first in, first out.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kernel/event.hpp"

namespace ledgerlab {

/// Monotone queue of events. A push may not be earlier than the last instant that was taken;
/// looking at the next date, or finding it past the limit, moves nothing, so that what is pushed
/// afterwards may still be earlier than it.
class EventQueue {
  struct Chunk;

 public:
  /// All events of one instant, taken out of the queue. Give it back with release().
  class Instant {
   public:
    std::int64_t time() const { return time_; }
    bool single() const { return end_ == first_->events + 1; }
    const Event& front() const { return first_->events[0]; }
    std::size_t size() const {
      std::size_t before = 0;
      const Chunk* const last = chunk_before(end_);
      for (const Chunk* chunk = first_; chunk != last; chunk = chunk->next) before += chunk_events;
      return before + static_cast<std::size_t>(end_ - last->events);
    }
    /// Calls visit(event) in the order of the pushes.
    template <typename Visit>
    void for_each(Visit&& visit) const {
      EventQueue::for_each(first_, end_, visit);
    }

   private:
    friend class EventQueue;
    std::int64_t time_ = 0;
    Chunk* first_ = nullptr;
    Event* end_ = nullptr;
  };

  EventQueue() = default;
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  /// Throws std::logic_error when the event is earlier than the last instant taken.
  [[gnu::always_inline]] inline void push(const Event& event) {
    if (event.time < last_) [[unlikely]]
      refuse_past();
    put(event);
    ++size_;
  }

  /// The earliest time, if any. Changes nothing that a caller could notice.
  std::optional<std::int64_t> peek_min();

  /// Takes every event of the earliest instant, if that is not past `limit`. What is pushed at the
  /// same instant afterwards is the next take.
  bool take_instant(std::int64_t limit, Instant& instant);
  /// `see(context, first, end)` is shown events that are about to be taken, once or a few times and
  /// in no order: who takes them may ask for their cache lines.
  using See = void (*)(void* context, const Event* first, const Event* end);
  void look_ahead(See see, void* context) {
    see_ = see;
    see_context_ = context;
  }
  void release(const Instant& instant) { free_chain(instant.first_, instant.end_); }

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Bytes held for events: never more than the highest number pending needed.
  std::size_t memory() const { return slabs_.size() * slab_bytes; }

 private:
  // A bucket is a chain of chunks from a common pool: memory follows the number of events, nothing
  // is copied to grow, and a chunk just emptied (still in cache) is the next to be filled.
  static constexpr std::size_t chunk_bytes = 1024;
  static constexpr std::size_t chunk_events = chunk_bytes / sizeof(Event) - 1;
  static constexpr std::size_t slab_bytes = std::size_t{1} << 16;
  /// Shown ahead when no more chunks than these are redistributed: their nodes fit into a cache.
  static constexpr unsigned chunks_seen = 4;
  static constexpr unsigned levels = 8;
  static constexpr unsigned ways = 256;

  struct alignas(chunk_bytes) Chunk {
    Chunk* next;
    Chunk* first;  // of the chain
    Event events[chunk_events];
  };
  static_assert(sizeof(Chunk) == chunk_bytes);

  static Chunk* chunk_before(const Event* end) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(end - 1) &
                                    ~std::uintptr_t{chunk_bytes - 1});
  }
  template <typename Visit>
  static void for_each(const Chunk* chunk, const Event* end, Visit&& visit) {
    const Chunk* const last = chunk_before(end);
    for (; chunk != last; chunk = chunk->next) {
      for (const Event& event : chunk->events) visit(event);
    }
    for (const Event* event = chunk->events; event != end; ++event) visit(*event);
  }

  [[gnu::always_inline]] inline void put(const Event& event) {
    const auto time = static_cast<std::uint64_t>(event.time);
    const std::uint64_t differs = (time ^ static_cast<std::uint64_t>(last_)) | 1;
    const unsigned shift = (63u - static_cast<unsigned>(std::countl_zero(differs))) & ~7u;
    const unsigned bucket = shift << 5 | (static_cast<unsigned>(time >> shift) & 255u);
    Event* end = ends_[bucket];
    // Null (an empty bucket) and the end of a full chunk are the two ends aligned to a chunk.
    if ((reinterpret_cast<std::uintptr_t>(end) & (chunk_bytes - 1)) == 0) [[unlikely]]
      end = extend(bucket);
    *end = event;
    ends_[bucket] = end + 1;
  }

  [[gnu::always_inline]] inline Event* extend(unsigned bucket) {
    Chunk* chunk = free_;
    if (chunk == nullptr) [[unlikely]]
      chunk = grow();
    free_ = chunk->next;
    Event* end = ends_[bucket];
    if (end == nullptr) {
      chunk->first = chunk;
      mark(bucket);
    } else {
      Chunk* before = chunk_before(end);
      before->next = chunk;
      chunk->first = before->first;
    }
    return chunk->events;
  }

  void mark(unsigned bucket) {
    bits_[bucket >> 6] |= std::uint64_t{1} << (bucket & 63);
    words_ |= 1u << (bucket >> 6);
  }
  void unmark(unsigned bucket) {
    if ((bits_[bucket >> 6] &= ~(std::uint64_t{1} << (bucket & 63))) == 0)
      words_ &= ~(1u << (bucket >> 6));
  }
  /// The lowest bucket of the lowest level that has any: it holds the earliest event.
  unsigned lowest() const {
    const unsigned word = static_cast<unsigned>(std::countr_zero(words_));
    return word << 6 | static_cast<unsigned>(std::countr_zero(bits_[word]));
  }
  void free_chain(Chunk* first, Event* end) {
    chunk_before(end)->next = free_;
    free_ = first;
  }
  void redistribute(Chunk* chunk, Event* end);
  std::int64_t earliest_in(unsigned bucket);
  Chunk* grow();
  [[noreturn]] static void refuse_past();

  std::int64_t last_ = 0;  // the last instant taken; no pending event is earlier
  std::uint64_t size_ = 0;
  Chunk* free_ = nullptr;
  std::uint32_t words_ = 0;                               // which words of bits_ are not zero
  std::array<std::uint64_t, levels * ways / 64> bits_{};  // which buckets are not empty
  std::array<Event*, levels * ways> ends_{};              // past the last event of each bucket
  std::vector<void*> slabs_;
  // What the last look at a bucket found, so that looking again only reads what came since.
  Event* seen_end_ = nullptr;
  unsigned seen_bucket_ = 0;
  See see_ = nullptr;
  void* see_context_ = nullptr;
  std::int64_t seen_min_ = 0;
};

}  // namespace ledgerlab
