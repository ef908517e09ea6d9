// The event queue against a reference that sorts by (time, number of the push).
#include "sim/kernel/event_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <vector>

namespace ledgerlab {
namespace {

constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();

/// SplitMix64: the tests need variety, not keyed draws.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = (state_ ^ state_ >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  std::uint64_t below(std::uint64_t n) { return roll() % n; }

 private:
  std::uint64_t state_;
};

std::vector<Event> taken(EventQueue& queue, std::int64_t limit) {
  EventQueue::Instant instant;
  std::vector<Event> events;
  if (!queue.take_instant(limit, instant)) return events;
  instant.for_each([&](const Event& event) {
    EXPECT_EQ(event.time, instant.time());
    events.push_back(event);
  });
  EXPECT_EQ(events.size(), instant.size());
  EXPECT_EQ(events.size() == 1, instant.single());
  EXPECT_EQ(events.front(), instant.front());
  queue.release(instant);
  return events;
}

TEST(Event, PacksItsThreeFields) {
  const Event event{5, Event::pack(event_node_count - 1, 0x12345, event_index_count - 2)};
  EXPECT_EQ(event.to(), event_node_count - 1);
  EXPECT_EQ(event.from(), 0x12345u);
  EXPECT_EQ(event.index(), event_index_count - 2);
}

TEST(EventQueue, EmptyHasNothing) {
  EventQueue queue;
  EventQueue::Instant instant;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.peek_min(), std::nullopt);
  EXPECT_FALSE(queue.take_instant(end_of_time, instant));
}

TEST(EventQueue, EqualTimesComeOutAsPushed) {
  // One instant in several chunks, pushed while it lay on three different levels.
  EventQueue queue;
  std::uint64_t number = 0;
  const std::int64_t instant = 0x1234567;
  for (int i = 0; i < 500; ++i) queue.push({instant, number++});
  for (const std::int64_t step : {std::int64_t{0x1200000}, std::int64_t{0x1234500}}) {
    queue.push({step, 0});
    ASSERT_EQ(taken(queue, step).size(), 1u);
    for (int i = 0; i < 500; ++i) queue.push({instant, number++});
  }
  const std::vector<Event> events = taken(queue, instant);
  ASSERT_EQ(events.size(), 1500u);
  for (std::uint64_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].packed, i);
  EXPECT_TRUE(queue.empty());
}

/// Takes all events one instant after the other, keeping at least `ahead` in view; how many came
/// without having been shown.
std::size_t taken_unseen(EventQueue& queue, std::size_t ahead, std::vector<Event>& order) {
  std::vector<bool> seen(1 << 16, false);
  std::size_t shown = 0, unseen = 0;
  EventQueue::Instant instant;
  while (queue.take_instant(end_of_time, instant)) {
    instant.for_each([&](const Event& event) {
      order.push_back(event);
      unseen += !seen[event.packed];
    });
    queue.release(instant);
    while (shown < order.size() + ahead && queue.show_next([&](const Event& event) {
      seen[event.packed] = true;
      ++shown;
    })) {
    }
  }
  return unseen;
}

TEST(EventQueue, ShowsWhatComesNextAndChangesNothing) {
  // One event a nanosecond, a hundred, and a hundred microseconds.
  for (const std::int64_t step : {1, 100, 100'000}) {
    EventQueue queue, plain;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      const Event event{1'000'000 + static_cast<std::int64_t>(i * 7919 % 10'000) * step, i};
      queue.push(event);
      plain.push(event);
    }
    std::vector<Event> order;
    // All but the first of all, and of every bucket of many long dates.
    EXPECT_LT(taken_unseen(queue, 32, order), 200u) << step;
    std::vector<Event> expected;
    while (!plain.empty()) {
      for (const Event& event : taken(plain, end_of_time)) expected.push_back(event);
    }
    EXPECT_EQ(order, expected);
  }
}

TEST(EventQueue, ShowsNothingTwiceUntilAskedTo) {
  EventQueue queue;
  std::size_t shown = 0;
  const auto count = [&](const Event&) { ++shown; };
  EXPECT_FALSE(queue.show_next(count));
  for (std::int64_t i = 0; i < 10; ++i)
    queue.push({1'000 + i * 300, static_cast<std::uint64_t>(i)});
  while (queue.show_next(count)) {
  }
  EXPECT_EQ(shown, 10u);
  EXPECT_FALSE(queue.show_next(count));
  queue.push({1'001, 10});  // in front of what has been shown
  EXPECT_FALSE(queue.show_next(count));
  queue.show_again();
  while (queue.show_next(count)) {
  }
  EXPECT_EQ(shown, 21u);
}

TEST(EventQueue, LookingPastTheLimitLeavesEarlierDatesLegal) {
  EventQueue queue;
  for (std::int64_t i = 0; i < 40; ++i) queue.push({1'000'000 + i * 7, 1});
  EXPECT_TRUE(taken(queue, 999'999).empty());
  EXPECT_EQ(queue.peek_min(), 1'000'000);
  EXPECT_EQ(queue.size(), 40u);
  queue.push({3, 2});  // earlier than all that was looked at
  EXPECT_EQ(queue.peek_min(), 3);
  EXPECT_EQ(taken(queue, 2).size(), 0u);
  EXPECT_EQ(taken(queue, 3).size(), 1u);
  queue.push({3, 3});  // the present instant again
  queue.push({999'999, 4});
  EXPECT_EQ(taken(queue, 1'000'000).front().packed, 3u);
  EXPECT_EQ(taken(queue, 1'000'000).front().packed, 4u);
  EXPECT_EQ(taken(queue, 1'000'000).front().time, 1'000'000);
  EXPECT_TRUE(taken(queue, 1'000'006).empty());
  EXPECT_EQ(taken(queue, 1'000'007).size(), 1u);
}

TEST(EventQueue, LookingAgainSeesWhatCameSince) {
  EventQueue queue;
  queue.push({90'000, 0});
  queue.push({80'000, 1});
  EXPECT_EQ(queue.peek_min(), 80'000);
  queue.push({85'000, 2});
  EXPECT_EQ(queue.peek_min(), 80'000);
  for (std::uint64_t i = 0; i < 200; ++i) queue.push({88'000, i});
  queue.push({79'000, 3});
  EXPECT_EQ(queue.peek_min(), 79'000);
  queue.push({300, 4});
  EXPECT_EQ(queue.peek_min(), 300);
  EXPECT_EQ(taken(queue, 300).size(), 1u);
  EXPECT_EQ(queue.peek_min(), 79'000);
}

TEST(EventQueue, ThePastIsRefused) {
  EventQueue queue;
  EXPECT_THROW(queue.push({-1, 0}), std::logic_error);
  queue.push({50, 0});
  ASSERT_EQ(taken(queue, 100).size(), 1u);
  EXPECT_THROW(queue.push({49, 0}), std::logic_error);
  EXPECT_NO_THROW(queue.push({50, 0}));
}

TEST(EventQueue, WorksUpToTheEndOfTime) {
  EventQueue queue;
  queue.push({end_of_time, 0});
  queue.push({end_of_time - 1, 1});
  queue.push({0, 2});
  queue.push({end_of_time, 3});
  EXPECT_EQ(taken(queue, end_of_time).front().packed, 2u);
  EXPECT_TRUE(taken(queue, end_of_time - 2).empty());
  EXPECT_EQ(taken(queue, end_of_time - 1).front().packed, 1u);
  EXPECT_EQ(queue.peek_min(), end_of_time);
  EXPECT_EQ(taken(queue, end_of_time).size(), 2u);
  queue.push({end_of_time, 4});
  EXPECT_EQ(taken(queue, end_of_time).size(), 1u);
}

TEST(EventQueue, MemoryFollowsTheHighestNumberPending) {
  EventQueue queue;
  Dice dice(1);
  std::size_t after_first = 0;
  std::int64_t now = 0;
  for (int round = 0; round < 20; ++round) {
    // Another spread each time, so that other buckets and levels fill.
    const std::uint64_t spread = std::uint64_t{1} << (20 + round);
    for (std::uint64_t i = 0; i < 100'000; ++i)
      queue.push({now + static_cast<std::int64_t>(dice.below(spread)), i});
    while (!queue.empty()) now = taken(queue, end_of_time).front().time;
    if (round == 0) after_first = queue.memory();
  }
  EXPECT_GE(after_first, 100'000 * sizeof(Event));
  // The events themselves, one chunk begun in each of 8 * 256 buckets, a page begun.
  EXPECT_LE(queue.memory(), 100'000 * sizeof(Event) * 17 / 16 + 2048 * 1024 + huge_page_bytes);
}

TEST(EventQueue, MemoryOfABusyStartIsGivenBack) {
  EventQueue queue;
  Dice dice(2);
  constexpr std::uint64_t many = 2'000'000;
  for (std::uint64_t i = 0; i < many; ++i)
    queue.push({static_cast<std::int64_t>(dice.below(1'000'000)), i});
  const std::int64_t late = std::int64_t{1} << 50;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    queue.push({late + static_cast<std::int64_t>(i % 100), i});
  const std::size_t highest = queue.memory();
  EXPECT_GE(highest, many * sizeof(Event));
  // Each event makes another one, until few are left; then they go on for long.
  std::int64_t last = 0;
  std::uint64_t events = 0;
  for (; events < 40 * many; ++events) {
    const std::vector<Event> now = taken(queue, end_of_time);
    ASSERT_GE(now.front().time, last);
    last = now.front().time;
    for (const Event& event : now)
      if (queue.size() < 2'000)
        queue.push({last + 1 + static_cast<std::int64_t>(dice.below(100'000'000)), event.packed});
    if (queue.memory() < highest / 8) break;
  }
  EXPECT_LT(events, 40 * many);
  EXPECT_LT(last, late);
  // The late ones are still there, in their order.
  for (std::uint64_t first = 0; last < late;) {
    const std::vector<Event> now = taken(queue, late + 99);
    last = now.front().time;
    if (last < late) continue;
    for (std::uint64_t i = first++; const Event& event : now) {
      ASSERT_EQ(event.packed, i);
      i += 100;
    }
  }
}

/// What the queue promises, in the plainest form.
class Reference {
 public:
  void push(const Event& event) { events_[event.time].push_back(event); }
  std::vector<Event> take(std::int64_t limit) {
    if (events_.empty() || events_.begin()->first > limit) return {};
    return std::move(events_.extract(events_.begin()).mapped());
  }
  std::optional<std::int64_t> peek_min() const {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first;
  }

 private:
  std::map<std::int64_t, std::vector<Event>> events_;
};

/// Random pushes, looks and limited takes; `start` near the end of time tries the top bytes.
void compare_with_reference(std::uint64_t seed, std::int64_t start) {
  Dice dice(seed);
  EventQueue queue;
  Reference reference;
  std::int64_t now = 0;
  std::uint64_t number = 0;
  std::uint64_t pending = 0;
  const unsigned bits = 1 + static_cast<unsigned>(dice.below(62));
  const auto some_time_after = [&](std::int64_t from) {
    const std::uint64_t room = static_cast<std::uint64_t>(end_of_time - from);
    const std::uint64_t ahead = dice.roll() >> (64 - 1 - dice.below(bits));
    return from + static_cast<std::int64_t>(std::min(room, ahead));
  };
  if (start > 0) now = start;
  for (int step = 0; step < 3'000; ++step) {
    switch (dice.below(4)) {
      case 0:
      case 1:
        for (std::uint64_t i = dice.below(6); i-- > 0;) {
          const Event event{dice.below(8) == 0 ? now : some_time_after(now), number++};
          queue.push(event);
          reference.push(event);
          ++pending;
        }
        break;
      case 2:
        ASSERT_EQ(queue.peek_min(), reference.peek_min());
        break;
      default: {
        // run_until(): everything up to a limit; then the present is the limit itself.
        const std::int64_t limit = some_time_after(now);
        for (std::uint64_t most = 1 + dice.below(20); most > 0; --most) {
          const std::vector<Event> expected = reference.take(limit);
          ASSERT_EQ(taken(queue, limit), expected) << "seed " << seed << " step " << step;
          if (expected.empty()) {
            if (limit < end_of_time - (end_of_time >> 8)) now = limit;
            break;
          }
          now = expected.front().time;
          pending -= expected.size();
          ASSERT_EQ(queue.size(), pending);
        }
      }
    }
  }
  for (;;) {
    const std::vector<Event> expected = reference.take(end_of_time);
    ASSERT_EQ(taken(queue, end_of_time), expected) << "seed " << seed;
    if (expected.empty()) break;
  }
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, AgreesWithTheReference) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) compare_with_reference(seed, 0);
}

TEST(EventQueue, AgreesWithTheReferenceNearTheEndOfTime) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    compare_with_reference(seed, end_of_time - 100'000);
}

TEST(EventQueue, OneMillionEventsComeOutStablySorted) {
  Dice dice(7);
  std::vector<Event> events;
  EventQueue queue;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    events.push_back({static_cast<std::int64_t>(dice.below(3'000'000)), i});
    queue.push(events.back());
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
  std::size_t at = 0;
  EventQueue::Instant instant;
  while (queue.take_instant(end_of_time, instant)) {
    instant.for_each([&](const Event& event) { ASSERT_EQ(event, events[at++]); });
    queue.release(instant);
  }
  EXPECT_EQ(at, events.size());
}

}  // namespace
}  // namespace ledgerlab
