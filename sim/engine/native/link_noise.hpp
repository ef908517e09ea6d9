// Jitter and packet loss of the native engine: what a message meets on its link beyond latency.
// Every draw is keyed by the link and the number of the message on it (DESIGN 13.5), and no message
// overtakes an earlier one of its link.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

class LinkNoise {
 public:
  explicit LinkNoise(const NetworkSpec& spec);

  bool on() const { return jitter_ != JitterKind::none || loss_ppb_ != 0; }

  /// When the next message of the link arrives, whose last byte left the up-link at `sent` and
  /// would arrive `latency` later on an ideal path.
  std::int64_t arrival(NodeId from, NodeId to, std::int64_t sent, std::int64_t latency,
                       std::uint64_t bytes, NoiseLane lane = NoiseLane::usual);

  /// This many receivers are about to be named: a sender's first row has room for them at once, so
  /// that it does not leave smaller ones behind, which nobody takes once all have grown.
  void make_room(NodeId from, std::size_t receivers);

  /// Asks for the cache line that says where the links of a sender are.
  [[gnu::always_inline]] void fetch_row(NodeId from) const {
    if (!rows_[0].empty()) __builtin_prefetch(&rows_[0][from], 1);
  }
  /// Asks for the cache line of a link that is needed soon.
  void fetch(NodeId from, NodeId to, NoiseLane lane = NoiseLane::usual) const;

 private:
  /// To whom, and how many messages so far: node numbers have 20 bits.
  struct Link {
    std::uint64_t to : 21 = free_slot;
    std::uint64_t count : 43 = 0;
    std::int64_t last_arrival = 0;
  };
  /// The links of one sender in one lane, side by side: a broadcast uses all of them. Open
  /// addressing by the receiver's number, a power of two of slots, at most three quarters used.
  struct Row {
    std::uint32_t begin = 0;
    std::uint32_t slots = 0;
    std::uint32_t used = 0;
  };
  static constexpr std::uint64_t free_slot = (1u << 21) - 1;

  Link& link(NodeId from, NodeId to, NoiseLane lane);
  std::vector<Row>& rows_of(NoiseLane lane);
  void grow(Row& row);
  std::uint32_t take_slots(std::uint32_t slots);
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
  std::uint32_t nodes_;
  std::array<std::vector<Row>, 2> rows_;  // by lane and sender, the second when first used
  HugeVector<Link> links_;                // of all rows
  std::array<std::vector<std::uint32_t>, 32>
      left_;  // by binary logarithm: blocks of rows that grew
};

}  // namespace ledgerlab::native
