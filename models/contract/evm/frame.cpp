#include "models/contract/evm/frame.hpp"

#include <algorithm>
#include <cstring>

namespace ledgerlab::evm {

std::int64_t grow_memory(Frame& frame, std::uint64_t end, std::int64_t gas) {
  if (end > gas::memory_size_max) return halted;
  const std::int64_t words = gas::words(end);
  gas -= gas::memory(words) - gas::memory(static_cast<std::int64_t>(frame.memory_size / 32));
  if (gas < 0) return halted;
  const auto size = static_cast<std::size_t>(words) * 32;
  Level& level = frame.level;
  if (size > level.memory_capacity) {
    const std::size_t capacity = std::max({size, 2 * level.memory_capacity, std::size_t{4'096}});
    void* grown = std::realloc(level.memory.get(), capacity);
    if (grown == nullptr) return halted;  // no such memory: more than anybody pays for in practice
    level.memory.release();
    level.memory.reset(static_cast<Byte*>(grown));
    level.memory_capacity = capacity;
    frame.memory = level.memory.get();
  }
  std::memset(frame.memory + frame.memory_size, 0, size - frame.memory_size);
  frame.memory_size = size;
  return gas;
}

}  // namespace ledgerlab::evm
