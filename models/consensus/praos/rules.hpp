// The rules of the chain, the same at every node: slots and epochs, the lottery's threshold, the
// evolution of the nonce, which stake governs which epoch, settlement depth. Pure functions.
#pragma once

#include <memory>

#include "models/api/model_info.hpp"
#include "models/consensus/praos/header.hpp"

namespace ledgerlab::praos {

/// What the blocks of one epoch of one chain are judged by.
struct Epoch {
  std::uint64_t number = 0;
  Hash256 nonce;         // eta
  BlockId before;        // last block of the epochs before it
  BlockId stakes_after;  // the state after this block gives the stake: two boundaries back
};
using EpochRef = std::shared_ptr<const Epoch>;
bool same_epoch(const Epoch& a, const Epoch& b);

/// A block as a point of its chain: all that its children's validity depends on.
struct Point {
  SlotNumber slot = 0;
  EpochRef epoch;
  Hash256 gathered;  // nonce values of the epoch's first part so far
  friend bool operator==(const Point& a, const Point& b) {
    return a.slot == b.slot && a.gathered == b.gathered &&
           (a.epoch == b.epoch || (a.epoch && b.epoch && same_epoch(*a.epoch, *b.epoch)));
  }
};

/// Stake distribution of an epoch, by replica.
struct Distribution {
  std::shared_ptr<const std::vector<std::uint64_t>> of;
  Uint128 total = 0;
  std::uint64_t stake(NodeId replica) const { return replica < of->size() ? (*of)[replica] : 0; }
};
Distribution distribution(std::shared_ptr<const std::vector<std::uint64_t>> of);

/// The two inputs of the VRF in a slot: eta || sl || TEST and eta || sl || NONCE.
enum class VrfUse : std::uint8_t { test, nonce };
Bytes vrf_input(const Hash256& eta, SlotNumber slot, VrfUse use);

/// phi_f(sigma) = 1 - (1 - f)^sigma for sigma = stake / total, in units of 2^-64.
std::uint64_t phi_q64(std::uint64_t f_q64, std::uint64_t stake, Uint128 total);
/// y < T for the 512-bit number y and T = 2^512 phi: exact, since phi has 64 bits.
bool below_threshold(const FixedBytes<64>& y, std::uint64_t phi_q64);
std::uint64_t q64_of_ppb(std::uint64_t ppb);

struct Rules {
  explicit Rules(const Params& params);

  Duration slot_length;
  std::uint64_t f_q64;
  std::uint64_t epoch_slots;
  std::uint64_t nonce_slots;  // the first so many slots of an epoch make the next nonce
  std::uint64_t ahead_max;    // slots
  std::uint32_t block_max_transactions;
  std::uint64_t block_max_bytes;
  std::uint32_t depth;  // k: confirmations of a settled block
  Duration interval;    // mean, between blocks

  SlotNumber slot_at(Time wall) const;
  Time start_of(SlotNumber slot) const { return Time{slot_length * static_cast<int64_t>(slot)}; }
  std::uint64_t epoch_of(SlotNumber slot) const { return slot / epoch_slots; }

  Point genesis(const BlockId& id) const;
  /// The epoch of this number on a chain that has `parent` as its last block before it or in it.
  EpochRef epoch(const Point& parent, const BlockId& parent_id, std::uint64_t number) const;
  Point child(const Point& parent, const BlockId& parent_id, const Header& header) const;

  /// Why this block is none, whatever stands before it; empty if it may be one. Not its signature.
  std::string malformed(const ForgedBlock& forged) const;
};

/// Share of the adversary in the race of blocks: its slots against those of the honest that no
/// other honest block within the delay bound makes vain.
std::uint64_t race_share_ppb(const Params& params);
std::uint32_t settlement_depth(const Params& params);
std::uint64_t settlement_risk_ppb(const Params& params);
Duration mean_interval(const Params& params);
Duration liveness_bound(const Params& params, Duration delay, std::uint32_t n);

}  // namespace ledgerlab::praos
