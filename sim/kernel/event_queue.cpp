// The less frequent half of the kernel's queue: redistribution, looking ahead, memory.
#include "sim/kernel/event_queue.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace ledgerlab {

void EventQueue::refuse_past() {
  throw std::logic_error("event queue: an event may not be earlier than the present instant");
}

EventQueue::Chunk* EventQueue::grow() {
  const std::size_t bytes = memory_ < large ? slab_bytes : huge_page_bytes;
  const std::size_t count = bytes / chunk_bytes;
  Chunk* const chunks = slabs_.emplace_back(count).data();
  memory_ += bytes;
  for (std::size_t i = 0; i + 1 < count; ++i) chunks[i].next = &chunks[i + 1];
  chunks[count - 1].next = nullptr;
  return chunks;
}

std::int64_t EventQueue::earliest_in(unsigned bucket) {
  Event* end = ends_[bucket];
  if (seen_end_ != nullptr && seen_bucket_ == bucket) {
    if (seen_end_ == end) return seen_min_;
  } else {
    seen_end_ = nullptr;
  }
  // From where the last look ended (its chunk is still part of the chain), or from the start.
  Chunk* chunk = seen_end_ == nullptr ? chunk_before(end)->first : chunk_before(seen_end_);
  std::int64_t min = seen_end_ == nullptr ? chunk->events[0].time : seen_min_;
  for_each(chunk, end, [&min](const Event& event) { min = std::min(min, event.time); });
  seen_end_ = end;
  seen_bucket_ = bucket;
  seen_min_ = min;
  return min;
}

std::optional<std::int64_t> EventQueue::peek_min() {
  if (words_ == 0) return std::nullopt;
  const unsigned bucket = lowest();
  if (bucket < ways) return (last_ & ~std::int64_t{ways - 1}) | bucket;
  return earliest_in(bucket);
}

void EventQueue::redistribute(Chunk* chunk, Event* end) {
  // Every event lands on a lower level, all of which are empty: order within a time is kept. A
  // chunk is free as soon as it is read.
  Chunk* const last = chunk_before(end);
  while (chunk != last) {
    Chunk* const next = chunk->next;
    for (std::size_t byte = 0; byte < chunk_bytes; byte += 64)
      __builtin_prefetch(reinterpret_cast<const std::byte*>(next) + byte);
    for (const Event& event : chunk->events) put(event);
    moved_ += chunk_events;
    chunk->next = free_;
    free_ = chunk;
    chunk = next;
  }
  for (const Event* event = chunk->events; event != end; ++event) put(*event);
  moved_ += static_cast<std::uint64_t>(end - chunk->events);
  chunk->next = free_;
  free_ = chunk;
}

/// Puts the events of the lowest bucket into lower ones, unless they are all past the limit.
bool EventQueue::open(unsigned bucket, std::int64_t limit) {
  // Only their order matters now, unless the limit lies among their dates.
  const std::int64_t time = end_of(bucket) <= limit ? begin_of(bucket) : earliest_in(bucket);
  if (time > limit) return false;
  Event* const end = ends_[bucket];
  Chunk* const first = chunk_before(end)->first;
  empty_bucket(bucket, time);
  const bool part = bucket == part_bucket_;
  if (part) part_bucket_ = no_bucket;
  if (bucket >= shown_ || chunk_before(end) != first)
    shown_ = part ? (parted_level - 1) * ways + part_ways_ : 0;
  redistribute(first, end);
  highest_ = std::max(highest_, size_);
  if (moved_ * sizeof(Event) > kept_for * memory_) [[unlikely]]
    give_back();
  return true;
}

/// After a time of few events, all of them move into less memory.
void EventQueue::give_back() {
  if (memory_ >= kept_always && highest_ * sizeof(Event) * 4 < memory_) {
    const std::vector<HugeVector<Chunk>> left = std::exchange(slabs_, {});
    const std::array<Event*, levels* ways> ends = std::exchange(ends_, {});
    free_ = nullptr;
    seen_end_ = nullptr;
    memory_ = 0;
    for (unsigned bucket = 0; bucket < ends.size(); ++bucket) {
      if (ends[bucket] == nullptr) continue;
      for_each(chunk_before(ends[bucket])->first, ends[bucket], [&](const Event& event) {
        if ((reinterpret_cast<std::uintptr_t>(ends_[bucket]) & (chunk_bytes - 1)) == 0)
          ends_[bucket] = extend(bucket);
        *ends_[bucket]++ = event;
      });
    }
  }
  moved_ = 0;
  highest_ = size_;
}

}  // namespace ledgerlab
