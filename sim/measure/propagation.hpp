// How long blocks take to reach the nodes: one fold over the events "head". A node has a block once
// the block or one after it is its head.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "models/api/block.hpp"
#include "sim/record/event.hpp"

namespace ledgerlab {

class Propagation final : public Sink {
 public:
  static constexpr std::array<unsigned, 5> percents{10, 50, 75, 90, 99};
  using Row = std::uint32_t;
  static constexpr Row none = ~Row{0};
  /// No node runs so far ahead of another.
  static constexpr Duration settled_after = seconds(600);

  /// Of the nodes 0 to `replicas` - 1 without the Byzantine ones. Times are kept in microseconds,
  /// 35 minutes at most, until a block has reached all, or 99 in a hundred and settled_after has
  /// passed.
  explicit Propagation(std::uint32_t replicas, std::span<const NodeId> byzantine = {});

  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& event) override;

  /// Time from the block's first being a head anywhere until so many of a hundred nodes had it
  /// (nearest rank); nothing if it never reached them.
  std::optional<Duration> reached(Row block, std::size_t percent_index) const;
  Row find(std::uint64_t tag) const;
  Row blocks() const { return static_cast<Row>(blocks_.size()); }
  /// Room for times of single nodes that is held.
  std::size_t times_held() const {
    std::size_t held = 0;
    for (const Block& block : blocks_) held += block.after_us.capacity();
    return held;
  }
  /// Blocks for which times of single nodes are kept.
  std::size_t open_blocks() const {
    return static_cast<std::size_t>(
        std::count_if(open_.begin(), open_.end(), [&](Row row) { return !blocks_[row].closed; }));
  }

 private:
  struct Block {
    std::uint64_t tag = 0;
    Height height = 0;
    Row parent = none;
    Time first{};         // head event that we saw, in whatever order the nodes' events come
    Time made{};          // earliest head anywhere
    Time last{};          // latest that counts so far
    bool closed = false;  // nothing counts any more
    std::vector<std::int32_t> after_us;  // of each node that has it, from `first`; empty if closed
    std::vector<bool> has;               // by node, likewise
    std::array<Duration, percents.size()> reached{};
  };
  Row row_of(const Event& event);
  void note(Block& block, NodeId node, Time at);
  void close(Block& block);
  void close_old(Time now);
  std::size_t rank_of(unsigned percent) const {
    return std::max<std::size_t>(1, (std::size_t{counted_} * percent + 99) / 100);
  }
  std::optional<Duration> percentile(const Block& block, unsigned percent) const;

  std::uint32_t counted_;  // nodes
  std::vector<bool> left_out_;
  std::vector<Row> heads_;
  std::vector<Block> blocks_;
  std::vector<Row> open_;                         // blocks that nothing has closed yet, or just has
  std::unordered_map<std::uint64_t, Row> index_;  // lookup only
  Row last_ = none;                               // most events of an instant name the same block
};

}  // namespace ledgerlab
