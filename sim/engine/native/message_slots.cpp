// Growing the table of messages in flight.
#include "sim/engine/native/message_slots.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/kernel/event.hpp"

namespace ledgerlab::native {

void MessageSlots::grow() {
  constexpr std::size_t limit = event_index_count / 2;
  const std::size_t before = slots_.size();
  if (before == limit)
    throw std::length_error("native engine: more than 2^23 = 8388608 multicasts in flight");
  slots_.resize(std::min(limit, std::max<std::size_t>(256, before * 2)));
  for (std::size_t slot = slots_.size(); slot-- > before;) {
    slots_[slot].token = free_;
    free_ = static_cast<std::uint32_t>(slot);
  }
}

}  // namespace ledgerlab::native
