#include "sim/engine/instant_pump.hpp"

#include <algorithm>

namespace ledgerlab {

bool InstantPump::add(const Event& event) {
  const bool first = event.time != announced_;
  announced_ = event.time;
  queue_.push(event);
  return first;
}

bool InstantPump::add_wake(NodeId node, std::int64_t at) {
  return add({std::max(at, now_), Event::pack(node, node, 0)});
}

bool InstantPump::add_arrival(std::int64_t at, NodeId to, NodeId from, Token token) {
  return add({std::max(at, now_), Event::pack(to, from, token)});
}

void InstantPump::flush(std::int64_t at, EngineSink& sink) {
  EventQueue::Instant instant;
  // Once a stop is asked for, only further rounds of the present instant are taken.
  while (queue_.take_instant(stop_ ? now_ : at, instant)) {
    now_ = instant.time();
    const auto events = sorter_.sort(instant, InstantKey(seed_, now_));
    queue_.release(instant);
    for (const auto& keyed : events) {
      const Event event{now_, keyed.packed};
      ++events_;
      if (event.to() == event.from()) {
        sink.on_wake(event.to());
      } else {
        sink.on_message(time_at(now_), event.to(), event.from(), event.index());
      }
    }
  }
  announced_ = -1;
  if (!stop_) now_ = std::max(now_, at);
}

}  // namespace ledgerlab
