// Jitter and packet loss of the native engine: what a message meets on its link beyond latency.
// Every draw is keyed by the link and the number of the message on it (DESIGN 13.5), and no message
// overtakes an earlier one of its link.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/kernel/huge_pages.hpp"

namespace ledgerlab::native {

/// A packet is lost at most this many times in a row, and a timeout doubles at most this often
/// (RFC 6298, 5.5 and 2.5, lets an implementation cap the timer as well).
inline constexpr unsigned losses_in_a_row_max = 16;
inline constexpr unsigned doublings_max = 6;
/// Pareto delays: this below the latency lies their scale, and so often goes it into their shape.
inline constexpr std::int64_t pareto_ns = 5'000'000;

/// Messages of one link overtake one another only between lanes: small ones may pass large ones
/// where the link model says so.
enum class NoiseLane : std::uint32_t { usual = 0, large = 1u << 31 };

/// Sizes of blocks of links, in cache lines: 1, 2, 3, and 4 to 7 times a power of two; 0: none.
inline constexpr std::size_t block_sizes = 80;
constexpr std::size_t block_lines(std::size_t size) {
  return size < 4 ? size : (4 + (size & 3)) << ((size >> 2) - 1);
}

/// What is kept of every link: how many messages so far, and when the last one arrives. The links
/// of a sender in one lane stand side by side in a block of whole cache lines, twelve bytes each:
/// open addressing by the receiver's number modulo the room, an eighth of it free.
class LinkTable {
 public:
  /// Where the links of a sender are; the engine keeps it with what else it has of the node.
  struct Rows {
    std::array<std::uint32_t, 2> begin{};  // line, by lane
    std::array<std::uint16_t, 2> size{};   // of the block
  };
  struct State {
    std::uint64_t count = 0;
    std::int64_t last_arrival = 0;
  };
  /// Of a link, until another one is put in.
  using Place = std::uint32_t*;

  /// `nodes` of them may send.
  explicit LinkTable(std::uint32_t nodes) : nodes_(nodes) {}

  /// The place of a link, which is put in if it is new.
  Place find(Rows& rows, NodeId to, NoiseLane lane) {
    if (rows.size[index(lane)] != 0) [[likely]] {
      const Place place = look(rows, to, lane);
      if ((*place & to_mask) == to) [[likely]]
        return place;
    }
    return insert(rows, to, lane);
  }
  State read(const std::uint32_t* place, NodeId from, NoiseLane lane) const {
    const std::uint64_t high = load_high(place);
    if (high >> count_high_bits == wide_mark) [[unlikely]]
      return wide_.at(key(place, from, lane));
    return {(high & count_high_max) << count_low_bits | *place >> to_bits,
            static_cast<std::int64_t>(high >> count_high_bits)};
  }
  void write(Place place, NodeId from, NoiseLane lane, State state) {
    const auto last = static_cast<std::uint64_t>(state.last_arrival);
    if (last >= wide_mark || state.count > count_max) [[unlikely]] {
      wide_[key(place, from, lane)] = state;
      store_high(place, wide_mark << count_high_bits);
      return;
    }
    *place = (*place & to_mask) | static_cast<std::uint32_t>(state.count) << to_bits;
    store_high(place, last << count_high_bits | state.count >> count_low_bits);
  }

  /// This many receivers are about to be named: there is room for them at once, so that a row does
  /// not leave smaller ones behind, which nobody takes once all have grown.
  void make_room(Rows& rows, std::size_t receivers, NoiseLane lane) {
    if (receivers > capacity(room_of(rows, lane))) [[unlikely]]
      move(rows, lane, lines_for(receivers));
  }
  /// Asks for the cache lines of links that are needed soon.
  void fetch(const Rows& rows, std::span<const NodeId> to, NoiseLane lane) const {
    const std::uint32_t* const block = block_of(rows, lane);
    const std::size_t words = block_lines(rows.size[index(lane)]) * line_words;
    if (words <= to.size() * line_words) {
      for (std::size_t word = 0; word < words; word += line_words)
        __builtin_prefetch(block + word, 1);
    } else {
      const std::uint32_t room = room_of(rows, lane);
      for (const NodeId receiver : to)
        __builtin_prefetch(block + slot_words * std::size_t{receiver % room}, 1);
    }
  }
  /// Links of a sender in a lane.
  std::uint32_t used(const Rows& rows, NoiseLane lane) const {
    return rows.size[index(lane)] == 0 ? 0 : block_of(rows, lane)[used_word(rows, lane)];
  }
  /// Cache lines that all blocks take, those left by rows that grew included.
  std::size_t lines() const { return words_.size() / line_words; }

 private:
  static constexpr std::size_t line_words = 16;
  /// Of a link, from the lowest bit on: receiver, count, arrival (52 days). What does not fit is
  /// kept apart, and its arrival is wide_mark.
  static constexpr std::size_t slot_words = 3;
  static constexpr unsigned to_bits = 21;
  static constexpr std::uint32_t to_mask = (1u << to_bits) - 1;
  static constexpr std::uint32_t free_slot = to_mask;  // node numbers have 20 bits
  static constexpr unsigned count_low_bits = 32 - to_bits;
  static constexpr unsigned count_high_bits = 12;
  static constexpr std::uint64_t count_high_max = (1u << count_high_bits) - 1;
  static constexpr std::uint64_t count_max = (1u << (count_low_bits + count_high_bits)) - 1;
  static constexpr std::uint64_t wide_mark = (std::uint64_t{1} << (64 - count_high_bits)) - 1;

  /// Receivers of a block by its size; its last word says how many of them are used.
  static constexpr std::array<std::uint32_t, block_sizes> rooms = [] {
    std::array<std::uint32_t, block_sizes> found{};
    for (std::size_t size = 1; size < block_sizes; ++size)
      found[size] = static_cast<std::uint32_t>((block_lines(size) * line_words - 1) / slot_words);
    return found;
  }();
  static constexpr std::uint32_t capacity(std::uint32_t room) {
    return room - std::max(room / 8, std::min(room, 1u));
  }

  static std::size_t index(NoiseLane lane) { return lane == NoiseLane::usual ? 0 : 1; }
  static std::uint64_t load_high(const std::uint32_t* place) {
    std::uint64_t high = 0;
    __builtin_memcpy(&high, place + 1, sizeof(high));
    return high;
  }
  static void store_high(Place place, std::uint64_t high) {
    __builtin_memcpy(place + 1, &high, sizeof(high));
  }
  using Key = std::pair<std::uint32_t, NodeId>;
  static Key key(const std::uint32_t* place, NodeId from, NoiseLane lane) {
    return {from | static_cast<std::uint32_t>(lane), *place & to_mask};
  }
  static std::uint32_t room_of(const Rows& rows, NoiseLane lane) {
    return rooms[rows.size[index(lane)]];
  }
  const std::uint32_t* block_of(const Rows& rows, NoiseLane lane) const {
    return words_.data() + rows.begin[index(lane)] * line_words;
  }
  Place block_of(const Rows& rows, NoiseLane lane) {
    return words_.data() + rows.begin[index(lane)] * line_words;
  }
  static std::size_t used_word(const Rows& rows, NoiseLane lane) {
    return block_lines(rows.size[index(lane)]) * line_words - 1;
  }
  /// The place of a link in a row, or the free one where it belongs.
  Place look(const Rows& rows, NodeId to, NoiseLane lane) {
    const std::uint32_t room = room_of(rows, lane);
    const Place block = block_of(rows, lane);
    const Place end = block + slot_words * std::size_t{room};
    Place place = block + slot_words * std::size_t{to % room};
    while ((*place & to_mask) != to && (*place & to_mask) != free_slot) {
      place += slot_words;
      if (place == end) place = block;
    }
    return place;
  }

  static std::size_t lines_for(std::size_t receivers);
  Place insert(Rows& rows, NodeId to, NoiseLane lane);
  void move(Rows& rows, NoiseLane lane, std::size_t lines);
  std::uint32_t take_block(std::size_t size);

  std::uint32_t nodes_;
  HugeVector<std::uint32_t> words_;                           // of all blocks
  std::array<std::vector<std::uint32_t>, block_sizes> left_;  // by size: blocks of rows that grew
  std::map<Key, State> wide_;                                 // by sender and lane, receiver
};

class LinkNoise {
 public:
  explicit LinkNoise(const NetworkSpec& spec);

  bool on() const { return jitter_ != JitterKind::none || loss_ppb_ != 0; }
  LinkTable& links() { return links_; }
  const LinkTable& links() const { return links_; }

  /// When the next message of the link arrives, whose last byte left the up-link at `sent` and
  /// would arrive `latency` later on an ideal path.
  std::int64_t arrival(LinkTable::Rows& rows, NodeId from, NodeId to, std::int64_t sent,
                       std::int64_t latency, std::uint64_t bytes,
                       NoiseLane lane = NoiseLane::usual);

 private:
  std::int64_t jitter_ns(std::uint64_t u, std::int64_t latency) const;
  std::uint64_t jitter_draw(std::uint32_t from, NodeId to, std::uint64_t counter) const;
  std::int64_t retransmission_ns(std::uint64_t u, std::uint64_t packets) const;

  std::uint64_t seed_;
  JitterKind jitter_;
  std::uint32_t jitter_ppm_;
  bool of_link_;
  std::uint32_t loss_ppb_;
  std::int64_t timeout_ns_;
  std::uint32_t mtu_;
  std::uint64_t loss_rate_q58_ = 0;  // -ln(1 - p)
  LinkTable links_;
};

}  // namespace ledgerlab::native
