// Memory for tables that grow with the number of nodes and are read all over the place: on pages of
// 2 MiB, where the system has them, else most accesses would first miss the translation of their
// address. A hint only: without such pages it is memory like any other.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

namespace ledgerlab {

inline constexpr std::size_t huge_page_bytes = std::size_t{1} << 21;

template <class T>
struct HugePages {
  using value_type = T;
  HugePages() = default;
  template <class U>
  HugePages(const HugePages<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    void* const memory = ::operator new(bytes, alignment(bytes));
#ifdef MADV_HUGEPAGE
    // The last page only in part: it stays as it is.
    if (bytes >= huge_page_bytes) madvise(memory, bytes - bytes % huge_page_bytes, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    ::operator delete(memory, alignment(count * sizeof(T)));
  }
  friend bool operator==(const HugePages&, const HugePages&) { return true; }

 private:
  static std::align_val_t alignment(std::size_t bytes) {
    return std::align_val_t{bytes >= huge_page_bytes ? huge_page_bytes
                                                     : std::max<std::size_t>(alignof(T), 64)};
  }
};

/// A vector on such pages once it is large.
template <class T>
using HugeVector = std::vector<T, HugePages<T>>;

}  // namespace ledgerlab
