// What every engine on a foreign simulator shares: arrivals and wake-ups are gathered by their
// instant in integer nanoseconds and handed to the host in the drawn order of that instant (DESIGN
// 13.7), whatever order the foreign queue has for them.
#pragma once

#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/instant_order.hpp"

namespace ledgerlab {

class InstantPump {
 public:
  explicit InstantPump(std::uint64_t seed) : seed_(seed) {}

  std::int64_t now() const { return now_; }
  std::uint64_t events() const { return events_; }
  std::uint64_t waiting() const { return queue_.size(); }

  /// Is nothing due yet at this instant? Then the simulator has to be asked to come back then.
  /// `at` is not before now().
  bool add_wake(NodeId node, std::int64_t at);
  /// The message of this token has arrived: handed over with its instant. An arrival that rounds to
  /// before now() is one of now().
  bool add_arrival(std::int64_t at, NodeId to, NodeId from, Token token);

  /// The foreign clock stands at `at`, or this close behind it: hands over everything due by then,
  /// round by round, unless a stop was asked for.
  void flush(std::int64_t at, EngineSink& sink);
  /// The clock moves on with nothing due before.
  void advance(std::int64_t at) { now_ = std::max(now_, at); }

  void request_stop() { stop_ = true; }
  bool stopped() const { return stop_; }
  void clear_stop() { stop_ = false; }

 private:
  bool add(const Event& event);

  EventQueue queue_;
  InstantSorter sorter_;
  std::uint64_t seed_;
  std::int64_t now_ = 0;
  std::int64_t announced_ = -1;  // the instant last asked for, to ask once
  std::uint64_t events_ = 0;
  bool stop_ = false;
};

}  // namespace ledgerlab
