// The rules of the chain, the same at every node: difficulty of the next block, timestamps, sizes,
// settlement depth. Pure functions of headers and parameters.
#pragma once

#include "models/api/model_info.hpp"
#include "models/consensus/pow/header.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::pow {

enum class Retarget : std::uint8_t { none, bitcoin, homestead };

/// What the difficulty of a block's child depends on.
struct Lineage {
  Header header;                   // of the parent
  std::uint64_t window_start = 0;  // time of the first block of its window
};

struct Rules {
  explicit Rules(const ModuleContext& context);

  Retarget retarget;
  std::uint64_t window;  // blocks
  work::BitcoinRule bitcoin;
  work::HomesteadRule homestead;
  std::uint64_t max_future;  // ns
  std::uint64_t time_unit;   // of time stamps, in ns
  std::size_t median_window;
  std::uint32_t block_max_transactions;
  std::uint64_t block_max_bytes;
  std::uint32_t depth;  // confirmations of a settled block
  Duration interval;    // mean, between blocks
  bool empty_blocks;    // blocks without transactions are made
  bool drawn_ties;      // between chains of equal work a draw decides, not the first
  Duration refresh;     // after which a search goes on with what has come to the pool
  /// Of height 0: it carries the first difficulty and was mined by nobody.
  Header genesis;

  /// Sets bits or difficulty of a header whose parent, height and time are there.
  void set_difficulty(Header& header, const Lineage& parent) const;
  /// Why this block is none, whatever stands before it; empty if it may be one. Not the work
  /// itself.
  std::string malformed(const MinedBlock& mined) const;
  /// What is wrong with a header after this parent, whose height fits; empty if nothing is.
  /// `median` is that of the times of the parent and those before it. Not the work itself.
  std::string misplaced(const Header& header, const Lineage& parent, std::uint64_t median,
                        Time wall) const;
  /// The first time after `time` at which a block after this parent has another difficulty;
  /// nothing if it stays.
  std::optional<std::uint64_t> difficulty_until(const Lineage& parent, std::uint64_t time) const;
  std::uint64_t next_window_start(const Lineage& parent, const Header& child) const;
};

/// The rules of this context, one object for all nodes that have the same parameters.
std::shared_ptr<const Rules> shared_rules(const ModuleContext& context);

/// Smallest z, below 1000, whose risk by Nakamoto's rule is below the one stated.
std::uint32_t nakamoto_linked_after(std::uint64_t share_ppb, std::uint64_t risk_ppb);
/// Confirmations: given, or the smallest number whose reversal risk is below the one stated.
std::uint32_t settlement_depth(const Params& params);
std::uint64_t settlement_risk_ppb(const Params& params);
/// A node whose head has not moved for so long asks where the others are.
Duration poll_interval(const Params& params);
/// After the last fault, a block is settled within this time but for one case in 10^9.
Duration liveness_bound(const Params& params, Duration delay, std::uint32_t n);

}  // namespace ledgerlab::pow
