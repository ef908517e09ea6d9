// Jitter and packet loss of the native engine: what a message meets on its link beyond latency.
// Every draw is keyed by the link and the number of the message on it (DESIGN 13.5), and no message
// overtakes an earlier one of its link.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
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

/// What is kept of every link: how many messages so far, and when the last one arrives. A sender's
/// links stand side by side in a block of whole cache lines: the receivers in ascending order, then
/// the state of each, lane by lane.
class LinkTable {
 public:
  /// Where the links of a sender are; the engine keeps it with what else it has of the node.
  struct Row {
    std::uint32_t begin = 0;  // line
    std::uint32_t used = 0;
    std::uint32_t room = 0;
  };
  struct State {
    std::uint64_t count = 0;
    std::int64_t last_arrival = 0;
  };

  /// `nodes` of them may send.
  LinkTable(unsigned lanes, std::uint32_t nodes) : lanes_(lanes), nodes_(nodes) {}

  /// The position of a receiver, which is put in if it is new; `expected` is where to look first.
  std::uint32_t find(Row& row, NodeId to, std::uint32_t expected) {
    for (std::uint32_t i = expected, end = std::min(row.used, expected + near); i < end; ++i)
      if (receivers_of(row)[i] == to) return i;
    return search(row, to);
  }
  /// Nothing that is due after `now` gets lost, what was due before may read as `now`.
  State read(const Row& row, std::uint32_t position, NodeId from, NoiseLane lane) const {
    const std::uint64_t packed = load(state_of(row, position, lane));
    if (packed >> count_bits == wide_mark) [[unlikely]]
      return wide_.at({from | static_cast<std::uint32_t>(lane), receivers_of(row)[position]});
    return {packed & count_max, origin(row) + static_cast<std::int64_t>(packed >> count_bits)};
  }
  void write(const Row& row, std::uint32_t position, NodeId from, NoiseLane lane, State state,
             std::int64_t now) {
    const auto offset = static_cast<std::uint64_t>(state.last_arrival - origin(row));
    std::uint32_t* const place = state_of(row, position, lane);
    if (offset < wide_mark && state.count <= count_max && load(place) >> count_bits != wide_mark)
        [[likely]] {
      store(place, offset << count_bits | state.count);
    } else {
      write_rarely(row, position, from, lane, state, now);
    }
  }

  /// This many receivers are about to be named: there is room for them at once, so that a row does
  /// not leave smaller ones behind, which nobody takes once all have grown.
  void make_room(Row& row, std::size_t receivers) {
    if (receivers > row.room) [[unlikely]]
      move(row, lines_for(receivers));
  }
  /// Asks for the cache lines of a sender's links in the usual lane, if those are not many.
  void fetch(const Row& row) const {
    if (row.room == 0 || row.room > fetched_max) return;
    const std::uint32_t* const block = block_of(row);
    const std::size_t words = header_words + row.room + 2 * std::size_t{row.used};
    for (std::size_t word = 0; word < words; word += line_words)
      __builtin_prefetch(block + word, 1);
  }
  /// Cache lines that all blocks take, those left by rows that grew included.
  std::size_t lines() const { return words_.size() / line_words; }

 private:
  static constexpr std::size_t line_words = 16;
  /// Of a block: how many of the receivers are in order (those behind them are so among
  /// themselves), and from when on times count.
  static constexpr std::size_t header_words = 2;
  static constexpr std::uint32_t near = 4;
  static constexpr std::uint32_t fetched_max = 64;
  /// A state is the arrival after the row's origin, ns, above the count. What does not fit is kept
  /// apart.
  static constexpr unsigned count_bits = 24;
  static constexpr std::uint64_t count_max = (std::uint64_t{1} << count_bits) - 1;
  static constexpr std::uint64_t wide_mark = (std::uint64_t{1} << (64 - count_bits)) - 1;
  static constexpr unsigned origin_shift = 38;  // 275 s

  static std::uint64_t load(const std::uint32_t* place) {
    std::uint64_t packed = 0;
    __builtin_memcpy(&packed, place, sizeof(packed));
    return packed;
  }
  static void store(std::uint32_t* place, std::uint64_t packed) {
    __builtin_memcpy(place, &packed, sizeof(packed));
  }
  std::uint32_t* block_of(const Row& row) { return words_.data() + row.begin * line_words; }
  const std::uint32_t* block_of(const Row& row) const {
    return words_.data() + row.begin * line_words;
  }
  std::uint32_t* receivers_of(const Row& row) { return block_of(row) + header_words; }
  const std::uint32_t* receivers_of(const Row& row) const { return block_of(row) + header_words; }
  static std::size_t state_word(const Row& row, std::uint32_t position, NoiseLane lane) {
    const std::size_t before = lane == NoiseLane::usual ? 0 : row.room;
    return header_words + row.room + 2 * (before + position);
  }
  std::uint32_t* state_of(const Row& row, std::uint32_t position, NoiseLane lane) {
    return block_of(row) + state_word(row, position, lane);
  }
  const std::uint32_t* state_of(const Row& row, std::uint32_t position, NoiseLane lane) const {
    return block_of(row) + state_word(row, position, lane);
  }
  std::int64_t origin(const Row& row) const {
    return static_cast<std::int64_t>(std::uint64_t{block_of(row)[1]} << origin_shift);
  }

  std::size_t lines_for(std::size_t receivers) const;
  std::uint32_t search(Row& row, NodeId to);
  std::uint32_t insert(Row& row, NodeId to, std::uint32_t position);
  void move(Row& row, std::size_t lines);
  void put_in_order(Row& row);
  void write_rarely(const Row& row, std::uint32_t position, NodeId from, NoiseLane lane,
                    State state, std::int64_t now);
  std::uint32_t take_lines(std::size_t lines);

  unsigned lanes_;
  std::uint32_t nodes_;
  HugeVector<std::uint32_t> words_;                         // of all blocks
  std::array<std::vector<std::uint32_t>, 96> left_;         // by size: blocks of rows that grew
  std::map<std::pair<std::uint32_t, NodeId>, State> wide_;  // by sender and lane, receiver
};

class LinkNoise {
 public:
  explicit LinkNoise(const NetworkSpec& spec);

  bool on() const { return jitter_ != JitterKind::none || loss_ppb_ != 0; }
  LinkTable& links() { return links_; }
  const LinkTable& links() const { return links_; }

  /// Messages of one sender, one after the other.
  class Sending {
   public:
    Sending(LinkNoise& noise, LinkTable::Row& row, NodeId from, std::int64_t now,
            NoiseLane lane = NoiseLane::usual)
        : noise_(noise), row_(row), now_(now), from_(from), lane_(lane) {}
    /// When the next message of the link arrives, whose last byte left the up-link at `sent`, not
    /// before now, and would arrive `latency` later on an ideal path.
    std::int64_t arrival(NodeId to, std::int64_t sent, std::int64_t latency, std::uint64_t bytes);

   private:
    LinkNoise& noise_;
    LinkTable::Row& row_;
    std::int64_t now_;
    NodeId from_;
    NoiseLane lane_;
    std::uint32_t expected_ = 0;
  };

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
