#include "sim/run/huge_heap.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace ledgerlab {
namespace {

constexpr std::uintptr_t page = std::uintptr_t{1} << 21;
constexpr std::size_t small_world = std::size_t{8} << 20;
constexpr std::size_t step = std::size_t{32} << 20;
constexpr std::size_t mmap_threshold = std::size_t{4} << 20;

char* page_from(char* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  return address + ((page - number % page) % page);
}

}  // namespace

HugeHeap::HugeHeap(std::size_t bytes) {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  if (bytes < small_world || gettid() != getpid()) return;
  end_ = static_cast<char*>(sbrk(0));
  // Vectors grow inside the heap as well: to name the padding ends malloc's own choice of what is
  // so large that it is mapped by itself.
  mallopt(M_MMAP_THRESHOLD, mmap_threshold);
  mallopt(M_TOP_PAD, step);
#else
  static_cast<void>(bytes);
#endif
}

void HugeHeap::follow() {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  if (end_ == nullptr) return;
  char* const now = static_cast<char*>(sbrk(0));
  if (now <= end_) {
    end_ = now;  // given back: what grows here again is on small pages
    return;
  }
  char* const from = page_from(end_);
  const auto bytes = static_cast<std::size_t>(std::max<std::ptrdiff_t>(now - from, 0));
  if (bytes >= page) madvise(from, bytes - bytes % page, MADV_HUGEPAGE);
  end_ = from + (bytes - bytes % page);
#endif
}

}  // namespace ledgerlab
