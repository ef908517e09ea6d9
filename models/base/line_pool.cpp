#include "models/base/line_pool.hpp"

#include <sys/mman.h>

#include <array>
#include <mutex>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define LEDGERLAB_PLAIN_ROOM
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LEDGERLAB_PLAIN_ROOM
#endif

namespace ledgerlab::line_pool {
namespace {

constexpr std::size_t lines_max = 8;  // more than that is the ordinary allocator's
constexpr std::size_t chunk_bytes = std::size_t{64} << 10;
constexpr std::align_val_t alignment{line_bytes};
// After so many chunks those that follow are pages of 2 MiB, where the system has them: thousands
// of nodes stand in them, and most looks would first miss the translation of their address.
constexpr std::size_t small_chunks = 32;
constexpr std::size_t page_bytes = std::size_t{2} << 20;

#ifdef LEDGERLAB_PLAIN_ROOM
constexpr bool pooled(std::size_t) { return false; }
#else
constexpr bool pooled(std::size_t lines) { return lines <= lines_max; }
#endif
constexpr std::size_t lines_of(std::size_t bytes) { return (bytes + line_bytes - 1) / line_bytes; }

/// A free room's last line: who gives it back has often looked at no other.
struct Room {
  Room* next;
  Room* next_list;  // of a list's first, among the lists of threads that ended
};
using Lists = std::array<Room*, lines_max + 1>;  // by lines

Room* last_line(void* room, std::size_t lines) {
  return reinterpret_cast<Room*>(static_cast<char*>(room) + (lines - 1) * line_bytes);
}
void* first_line(Room* room, std::size_t lines) {
  return reinterpret_cast<char*>(room) - (lines - 1) * line_bytes;
}

struct Own {
  Lists free{};
  char* rest = nullptr;  // of the newest chunk
  std::size_t left = 0;  // its bytes
  std::size_t chunks = 0;
};
constinit thread_local Own own;

constinit std::mutex depot_mutex;
constinit Lists depot{};
/// What was left of a chunk when its thread ended.
struct Rest {
  Rest* next;
  std::size_t bytes;
};
constinit Rest* depot_rests = nullptr;

struct Leave {
  bool there = false;
  ~Leave() {
    const std::lock_guard lock(depot_mutex);
    for (std::size_t lines = 1; lines <= lines_max; ++lines) {
      Room* const first = own.free[lines];
      if (!first) continue;
      first->next_list = depot[lines];
      depot[lines] = first;
      own.free[lines] = nullptr;
    }
    if (own.left == 0) return;
    depot_rests = new (own.rest) Rest{depot_rests, own.left};
    own.left = 0;
  }
};
thread_local Leave leave;

void new_chunk() {
  const bool page = own.chunks >= small_chunks;
  const std::size_t size = page ? page_bytes : chunk_bytes;
  own.rest =
      static_cast<char*>(::operator new(size, page ? std::align_val_t{page_bytes} : alignment));
  own.left = size;
  ++own.chunks;
#ifdef MADV_HUGEPAGE
  if (page) madvise(own.rest, page_bytes, MADV_HUGEPAGE);
#endif
}

void* more(std::size_t lines) {
  const std::size_t bytes = lines * line_bytes;
  if (own.left < bytes) {
    leave.there = true;  // constructs it
    const std::lock_guard lock(depot_mutex);
    if (Room* const first = depot[lines]) {
      depot[lines] = first->next_list;
      own.free[lines] = first->next;
      return first_line(first, lines);
    }
    if (own.left != 0) {
      Room*& list = own.free[own.left / line_bytes];
      Room* const room = last_line(own.rest, own.left / line_bytes);
      room->next = list;
      list = room;
    }
    own.left = 0;
    if (Rest* const rest = depot_rests; rest && rest->bytes >= bytes) {
      depot_rests = rest->next;
      own.rest = reinterpret_cast<char*>(rest);
      own.left = rest->bytes;
    } else {
      new_chunk();
    }
  }
  char* const room = own.rest;
  own.rest += bytes;
  own.left -= bytes;
  return room;
}

}  // namespace

void* take(std::size_t bytes) {
  const std::size_t lines = lines_of(bytes);
  if (!pooled(lines)) return ::operator new(bytes, alignment);
  Room* const room = own.free[lines];
  if (!room) return more(lines);
  own.free[lines] = room->next;
  return first_line(room, lines);
}

void give(void* room, std::size_t bytes) noexcept {
  const std::size_t lines = lines_of(bytes);
  if (!pooled(lines)) return ::operator delete(room, alignment);
  Room* const freed = last_line(room, lines);
  freed->next = own.free[lines];
  own.free[lines] = freed;
}

}  // namespace ledgerlab::line_pool
