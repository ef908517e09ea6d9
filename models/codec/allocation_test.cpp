// Replaces the allocator of the codec's test program so that it can see how much a decoder asks
// for.
#include <cstdlib>
#include <new>

std::size_t largest_allocation = 0;

void* operator new(std::size_t size) {
  if (size > largest_allocation) largest_allocation = size;
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
