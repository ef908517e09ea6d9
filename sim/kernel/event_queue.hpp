// The kernel's queue: monotone buckets of 256 ways. An event lies on the level of the highest byte
// in which its time differs from the last instant taken, in the bucket of that byte; a radix heap
// (Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest path problem", JACM 1990)
// with bytes for digits. All events of one time are always in one bucket, and buckets keep the
// order of their pushes, so equal times come out first in, first out.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kernel/event.hpp"
#include "sim/kernel/huge_pages.hpp"

namespace ledgerlab {

/// Monotone queue of events. A push may not be earlier than the last instant that was taken;
/// looking at the next date, or finding it past the limit, moves nothing, so that what is pushed
/// afterwards may still be earlier than it.
class EventQueue {
  struct Chunk;

 public:
  static constexpr std::size_t shown_at_once = 63;
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
  /// The instant taken before has been given back.
  [[gnu::always_inline]] inline bool take_instant(std::int64_t limit, Instant& instant) {
    while (words_ != 0) {
      const unsigned bucket = lowest();
      Event* const end = ends_[bucket];
      Chunk* const first = chunk_before(end)->first;
      const bool single = end == first->events + 1;
      if (bucket >= ways && !single) {
        if (!open(bucket, limit)) return false;
        continue;
      }
      const std::int64_t time = first->events[0].time;
      if (time > limit) return false;
      empty_bucket(bucket, time);
      instant.time_ = time;
      instant.first_ = first;
      instant.end_ = end;
      size_ -= single ? 1 : instant.size();
      return true;
    }
    return false;
  }
  /// Visits what comes behind the events shown before, about in the order in which it will be
  /// taken, at most shown_at_once. False: nothing is pending there, or its order is not known yet.
  /// What is pushed in front of events already shown is not shown before show_again().
  template <typename Visit>
  bool show_next(Visit&& visit) {
    const unsigned bucket = marked_from(shown_);
    if (bucket == no_bucket) return false;
    const Event* const end = ends_[bucket];
    const Chunk* const chunk = chunk_before(end);
    if (chunk->first != chunk) return bucket >> 8 == parted_level && show_part(bucket, visit);
    // A bucket of long dates still fills when its turn is far.
    if (bucket >> 8 > parted_level && bucket != lowest()) return false;
    for (const Event* event = chunk->events; event != end; ++event) visit(*event);
    shown_ = bucket + 1;
    return true;
  }
  /// Begins again with what will be taken next.
  void show_again() { shown_ = 0; }
  void release(const Instant& instant) { free_chain(instant.first_, instant.end_); }

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Bytes held for events: never more than the highest number pending needed, and what has been
  /// too much for long is given back.
  std::size_t memory() const { return memory_; }

 private:
  // A bucket is a chain of chunks from a common pool: memory follows the number of events, nothing
  // is copied to grow, and a chunk just emptied (still in cache) is the next to be filled.
  static constexpr std::size_t chunk_bytes = 1024;
  static constexpr std::size_t chunk_events = chunk_bytes / sizeof(Event) - 1;
  static_assert(chunk_events == shown_at_once);
  static constexpr std::size_t slab_bytes = std::size_t{1} << 16;
  /// From here on memory comes in huge pages.
  static constexpr std::size_t large = std::size_t{1} << 20;
  /// Memory is compared with what is needed after this many times as many events as fit into it,
  /// and this much is always kept.
  static constexpr std::uint64_t kept_for = 8;
  static constexpr std::size_t kept_always = std::size_t{1} << 24;
  static constexpr unsigned levels = 8;
  static constexpr unsigned ways = 256;
  static constexpr unsigned no_bucket = levels * ways;
  /// Where buckets (65 us) may be too full to be shown before their events are in order, and yet a
  /// part of them is needed to have enough in view.
  static constexpr unsigned parted_level = 2;

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
  void empty_bucket(unsigned bucket, std::int64_t last) {
    unmark(bucket);
    ends_[bucket] = nullptr;
    seen_end_ = nullptr;
    last_ = last;
  }
  /// The lowest bucket of the lowest level that has any: it holds the earliest event.
  unsigned lowest() const {
    const unsigned word = static_cast<unsigned>(std::countr_zero(words_));
    return word << 6 | static_cast<unsigned>(std::countr_zero(bits_[word]));
  }
  /// The dates of a bucket of events to come.
  std::int64_t begin_of(unsigned bucket) const {
    const unsigned shift = bucket >> 8 << 3;
    return (last_ & ~((std::int64_t{ways} << shift) - 1)) | std::int64_t{bucket & 255u} << shift;
  }
  std::int64_t end_of(unsigned bucket) const {
    return begin_of(bucket) | ((std::int64_t{1} << (bucket >> 8 << 3)) - 1);
  }
  /// Visits the earliest of many events that are not in order yet, once.
  template <typename Visit>
  bool show_part(unsigned bucket, Visit&& visit) {
    if (part_bucket_ == bucket) return false;
    Event* const end = ends_[bucket];
    const Chunk* const first = chunk_before(end)->first;
    unsigned chunks = 1;
    for (const Chunk* chunk = first; chunk != chunk_before(end); chunk = chunk->next) {
      __builtin_prefetch(chunk->next->events);
      __builtin_prefetch(chunk->next->events + 7);
      ++chunks;
    }
    part_bucket_ = bucket;
    part_ways_ = std::max(1u, ways / chunks);  // about a chunk of them
    std::size_t room = shown_at_once;
    seen_end_ = end;
    seen_bucket_ = bucket;
    seen_min_ = first->events[0].time;
    for_each(first, end, [&](const Event& event) {
      seen_min_ = std::min(seen_min_, event.time);
      const auto way =
          static_cast<std::uint64_t>(event.time) >> 8 * (parted_level - 1) & (ways - 1);
      if (way < part_ways_ && room > 0) {
        --room;
        visit(event);
      }
    });
    return true;
  }
  /// The first bucket with events from this one on.
  unsigned marked_from(unsigned bucket) const {
    if (bucket == no_bucket) return no_bucket;
    unsigned word = bucket >> 6;
    std::uint64_t bits = bits_[word] & (~std::uint64_t{0} << (bucket & 63));
    if (bits == 0) {
      const std::uint64_t words = std::uint64_t{words_} & (~std::uint64_t{1} << word);
      if (words == 0) return no_bucket;
      word = static_cast<unsigned>(std::countr_zero(words));
      bits = bits_[word];
    }
    return word << 6 | static_cast<unsigned>(std::countr_zero(bits));
  }
  void free_chain(Chunk* first, Event* end) {
    chunk_before(end)->next = free_;
    free_ = first;
  }
  bool open(unsigned bucket, std::int64_t limit);
  void redistribute(Chunk* chunk, Event* end);
  void give_back();
  std::int64_t earliest_in(unsigned bucket);
  Chunk* grow();
  [[noreturn]] static void refuse_past();

  std::int64_t last_ = 0;  // the last instant taken; no pending event is earlier
  std::uint64_t size_ = 0;
  Chunk* free_ = nullptr;
  std::uint32_t words_ = 0;                               // which words of bits_ are not zero
  std::array<std::uint64_t, levels * ways / 64> bits_{};  // which buckets are not empty
  std::array<Event*, levels * ways> ends_{};              // past the last event of each bucket
  std::vector<HugeVector<Chunk>> slabs_;
  std::size_t memory_ = 0;
  std::uint64_t moved_ = 0;    // events since memory was last compared with what it is needed for,
  std::uint64_t highest_ = 0;  // the highest number pending since
  // What the last look at a bucket found, so that looking again only reads what came since.
  Event* seen_end_ = nullptr;
  unsigned seen_bucket_ = 0;
  unsigned shown_ = 0;                // the first bucket that show_next() has not visited
  unsigned part_bucket_ = no_bucket;  // of which a part was shown: so many ways of the level below
  unsigned part_ways_ = 0;
  std::int64_t seen_min_ = 0;
};

}  // namespace ledgerlab
