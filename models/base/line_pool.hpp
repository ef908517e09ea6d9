// Room in whole cache lines for small objects that come and go in great numbers (messages). What is
// given back is taken again first, by size, so that lives of different length leave no holes that
// an allocator would have to look for and join. Room is never returned to the system: it stays with
// its thread, and goes to the others when that ends. Under sanitizers it is the ordinary
// allocator's.
#pragma once

#include <cstddef>

namespace ledgerlab::line_pool {

inline constexpr std::size_t line_bytes = 64;

/// At least so many bytes, from the beginning of a line on.
void* take(std::size_t bytes);
/// The same number of bytes as was asked for, on any thread.
void give(void* room, std::size_t bytes) noexcept;

}  // namespace ledgerlab::line_pool
