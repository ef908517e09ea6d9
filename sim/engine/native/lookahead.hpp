// Who is handed something next. A hundred thousand nodes do not fit into a cache, and each delivery
// goes through a few pointers in turn: so what the coming deliveries touch is asked for in rounds,
// each for a group of them, a few groups ahead of the one that runs.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "sim/engine/engine.hpp"
#include "sim/kernel/event_queue.hpp"

namespace ledgerlab::native {

/// The order in which the queue shows events is only about theirs, and what is pushed into a near
/// bucket is not shown at all: the distance is kept by the events' own times.
class Lookahead {
 public:
  using Coming = EngineSink::Coming;
  static constexpr std::size_t rounds = EngineSink::soon_rounds;
  static constexpr std::size_t group = 8;
  /// Fewer are in the caches anyway, and to ask takes its time as well.
  static constexpr std::uint32_t nodes_min = 2048;

  explicit Lookahead(std::uint32_t nodes) : due_(nodes < nodes_min ? off : 0) {}
  bool on() const { return due_ != off; }

  static Coming coming(const Event& event) {
    return {event.to(), event.to() == event.from() ? EngineSink::no_token : event.index()};
  }

  /// Before an event is handled at `now`: `ask(span of Coming, round)` for groups of those to come.
  /// Of a message, the token is the event's index, or what ask() has put in its place.
  template <class Ask>
  void advance(EventQueue& queue, std::int64_t now, Ask&& ask) {
    if (++taken_ >= due_) [[unlikely]]
      turn(queue, now, ask);
  }

 private:
  static constexpr std::uint64_t off = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t ring_size = 256;
  static constexpr std::size_t pulled_at_once = EventQueue::shown_at_once;
  static_assert(group * (rounds + 2) + pulled_at_once < ring_size);

  template <class Ask>
  void turn(EventQueue& queue, std::int64_t now, Ask& ask) {
    // Events that were not shown have been counted as well; those still to come tell.
    taken_ = std::min(taken_, pulled_);
    while (taken_ > asked_[rounds] && time(taken_ - 1) > now) --taken_;
    while (taken_ < pulled_ && time(taken_) < now) ++taken_;
    if (taken_ == pulled_) queue.show_again();
    if (asked_[0] < taken_ + group * rounds) {
      while (pulled_ - asked_[0] < group && pull(queue)) {
      }
      std::copy_backward(asked_.begin(), asked_.end() - 1, asked_.end());
      asked_[0] = std::min(pulled_, asked_[1] + group);
      for (std::size_t round = rounds; round-- > 0;) {
        const std::size_t first = asked_[round + 1] % ring_size;
        const std::size_t count = asked_[round] - asked_[round + 1];
        const std::size_t before_end = std::min(count, ring_size - first);
        if (count != 0) ask(std::span(coming_).subspan(first, before_end), round);
        if (count != before_end) ask(std::span(coming_).first(count - before_end), round);
      }
    }
    due_ = std::max(taken_ + 1, asked_[0] - std::min(asked_[0], group * rounds));
  }

  /// What the queue shows next, in eighths of the time that it covers.
  bool pull(EventQueue& queue) {
    std::array<Event, pulled_at_once> shown;
    std::size_t count = 0;
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    std::int64_t last = 0;
    const bool more = queue.show_next([&](const Event& event) {
      shown[count++] = event;
      first = std::min(first, event.time);
      last = std::max(last, event.time);
    });
    if (count <= group) {
      for (std::size_t i = 0; i < count; ++i) put(pulled_ + i, shown[i]);
      pulled_ += count;
      return more;
    }
    const auto width =
        static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(last - first)));
    const unsigned shift = width - std::min(width, 3u);
    std::array<std::uint64_t, 9> place{};
    const auto eighth = [&](std::size_t i) {
      return static_cast<std::size_t>((shown[i].time - first) >> shift);
    };
    for (std::size_t i = 0; i < count; ++i) ++place[eighth(i) + 1];
    for (std::size_t i = 1; i < place.size(); ++i) place[i] += place[i - 1];
    for (std::size_t i = 0; i < count; ++i) put(pulled_ + place[eighth(i)]++, shown[i]);
    pulled_ += count;
    return more;
  }

  void put(std::uint64_t position, const Event& event) {
    times_[position % ring_size] = event.time;
    coming_[position % ring_size] = coming(event);
  }
  std::int64_t time(std::uint64_t position) const { return times_[position % ring_size]; }

  // Positions in the sequence of events shown.
  std::uint64_t taken_ = 0;
  std::uint64_t due_;  // taken_ at the next turn
  std::uint64_t pulled_ = 0;
  std::array<std::uint64_t, rounds + 1> asked_{};  // by round: those before this have had it
  std::array<std::int64_t, ring_size> times_{};
  std::array<Coming, ring_size> coming_{};
};

}  // namespace ledgerlab::native
