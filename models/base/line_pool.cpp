#include "models/base/line_pool.hpp"

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

#ifdef LEDGERLAB_PLAIN_ROOM
constexpr bool pooled(std::size_t) { return false; }
#else
constexpr bool pooled(std::size_t lines) { return lines <= lines_max; }
#endif
constexpr std::size_t lines_of(std::size_t bytes) { return (bytes + line_bytes - 1) / line_bytes; }

struct Room {
  Room* next;
  Room* next_list;  // of a list's first, among the lists of threads that ended
};
using Lists = std::array<Room*, lines_max + 1>;  // by lines

struct Own {
  Lists free{};
  char* rest = nullptr;  // of the newest chunk
  std::size_t left = 0;  // its bytes
};
constinit thread_local Own own;

constinit std::mutex depot_mutex;
constinit Lists depot{};

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
  }
};
thread_local Leave leave;

void* more(std::size_t lines) {
  const std::size_t bytes = lines * line_bytes;
  if (own.left < bytes) {
    leave.there = true;  // constructs it
    const std::lock_guard lock(depot_mutex);
    if (Room* const first = depot[lines]) {
      depot[lines] = first->next_list;
      own.free[lines] = first->next;
      return first;
    }
    if (own.left != 0) {
      auto* const room = reinterpret_cast<Room*>(own.rest);
      room->next = own.free[own.left / line_bytes];
      own.free[own.left / line_bytes] = room;
    }
    own.rest = static_cast<char*>(::operator new(chunk_bytes, alignment));
    own.left = chunk_bytes;
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
  return room;
}

void give(void* room, std::size_t bytes) noexcept {
  const std::size_t lines = lines_of(bytes);
  if (!pooled(lines)) return ::operator delete(room, alignment);
  auto* const freed = static_cast<Room*>(room);
  freed->next = own.free[lines];
  own.free[lines] = freed;
}

}  // namespace ledgerlab::line_pool
