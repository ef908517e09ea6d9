// A vector's memory in whole cache lines of the pool: for lists that thousands of nodes each hold.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "models/base/line_pool.hpp"

namespace ledgerlab {

template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / (2 * sizeof(T))) throw std::bad_array_new_length();
    return static_cast<T*>(line_pool::take(count * sizeof(T)));
  }
  void deallocate(T* items, std::size_t count) { line_pool::give(items, count * sizeof(T)); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

template <class T>
using LineVector = std::vector<T, LineAllocator<T>>;

/// Room for `count` at least: two lines, then six, then an eighth more. Few sizes, because all
/// nodes grow at about the same time and what they leave behind is only taken by what has its size.
template <class T>
void reserve_lines(LineVector<T>& list, std::size_t count) {
  static_assert(line_pool::line_bytes % sizeof(T) == 0);
  constexpr std::size_t a_line = line_pool::line_bytes / sizeof(T);
  if (count <= list.capacity()) return;
  const std::size_t lines = (count + a_line - 1) / a_line;
  list.reserve(a_line * (lines <= 2 ? 2 : lines <= 6 ? 6 : lines + lines / 8));
}

}  // namespace ledgerlab
