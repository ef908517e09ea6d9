#include "models/consensus/praos/rules.hpp"

#include <algorithm>

#include "models/base/fixed.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/chain/settlement.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::praos {
namespace {

constexpr std::uint64_t whole_ppb = 1'000'000'000;

Hash256 hash_of(auto&&... parts) {
  Bytes text;
  codec::Writer writer(text);
  writer(parts...);
  return sha256(text);
}

}  // namespace

bool same_epoch(const Epoch& a, const Epoch& b) {
  return a.number == b.number && a.nonce == b.nonce && a.before == b.before &&
         a.stakes_after == b.stakes_after;
}

Distribution distribution(std::shared_ptr<const std::vector<std::uint64_t>> of) {
  Distribution out{std::move(of), 0};
  for (const std::uint64_t stake : *out.of) out.total += stake;
  return out;
}

Bytes vrf_input(const Hash256& eta, SlotNumber slot, VrfUse use) {
  Bytes text;
  codec::Writer writer(text);
  writer(eta, slot, static_cast<std::uint8_t>(use));
  return text;
}

std::uint64_t q64_of_ppb(std::uint64_t ppb) {
  return static_cast<std::uint64_t>((Uint128{ppb} << 64) / whole_ppb);
}

std::uint64_t phi_q64(std::uint64_t f_q64, std::uint64_t stake, Uint128 total) {
  if (stake == 0 || total == 0) return 0;
  if (stake >= total) return f_q64;
  const auto sigma = static_cast<std::uint64_t>((Uint128{stake} << 64) / total);
  return 0 - fixed::pow_q64(0 - f_q64, sigma);
}

bool below_threshold(const FixedBytes<64>& y, std::uint64_t phi) {
  // The lower 448 bits of T are zero, so the upper 64 of y decide.
  std::uint64_t top = 0;
  for (std::size_t i = 0; i < 8; ++i) top = top << 8 | y.data[i];
  return top < phi;
}

Rules::Rules(const Params& params)
    : slot_length(params.duration("slot_length")),
      f_q64(q64_of_ppb(params.count("active_slots"))),
      epoch_slots(params.count("epoch_length")),
      block_max_transactions(static_cast<std::uint32_t>(params.count("block_max_transactions"))),
      block_max_bytes(params.count("block_max_bytes")),
      depth(settlement_depth(params)),
      interval(mean_interval(params)) {
  // Cardano's length, 10 k / f.
  if (epoch_slots == 0) {
    epoch_slots = 10 * std::uint64_t{depth} * whole_ppb / params.count("active_slots");
  }
  // Dynamic stake: the nonce comes from the blocks of the first 16 k / (1 + eps) of 24 k / (1 +
  // eps) slots, so that their majority's values are fixed before anybody could choose among nonces.
  nonce_slots = std::max<std::uint64_t>(epoch_slots * 2 / 3, 1);
  ahead_max = static_cast<std::uint64_t>(params.duration("max_future") / slot_length);
}

SlotNumber Rules::slot_at(Time wall) const {
  return static_cast<SlotNumber>(std::max<std::int64_t>((wall - time_start) / slot_length, 0));
}

Point Rules::genesis(const BlockId& id) const {
  return {0, std::make_shared<const Epoch>(Epoch{0, hash_of(id), id, id}), {}};
}

EpochRef Rules::epoch(const Point& parent, const BlockId& parent_id, std::uint64_t number) const {
  const Epoch& last = *parent.epoch;
  if (number <= last.number) return parent.epoch;
  Epoch next;
  next.number = number;
  // eta_j = H(eta_{j-1} || j || v), v the nonce values of the first part of e_{j-1}. Epochs
  // without a block are stepped over at once.
  next.nonce = hash_of(last.nonce, number, parent.gathered);
  next.before = parent_id;
  // The distribution of e_j is the one after the last block of e_{j-2}; genesis' for the first two.
  next.stakes_after = number == last.number + 1 ? last.before : parent_id;
  return std::make_shared<const Epoch>(std::move(next));
}

Point Rules::child(const Point& parent, const BlockId& parent_id, const Header& header) const {
  Point out{header.slot, epoch(parent, parent_id, epoch_of(header.slot)), {}};
  if (out.epoch->number == parent.epoch->number) out.gathered = parent.gathered;
  if (header.slot % epoch_slots < nonce_slots) {
    out.gathered = hash_of(out.gathered, header.nonce.output);
  }
  return out;
}

std::string Rules::malformed(const ForgedBlock& forged) const {
  const Header& h = forged.header;
  const Payload& payload = *forged.block->payload;
  if (h.height == 0) return "height";
  if (h.slot == 0) return "slot";
  if (h.tx_root != payload.root) return "transaction root";
  if (h.signatures != forged.signatures) return "signatures";
  if (payload.count() > block_max_transactions) return "too many transactions";
  if (payload.bytes > block_max_bytes + 16) return "too many bytes";  // 16: the list's own length
  return {};
}

std::uint64_t race_share_ppb(const Params& params) {
  const std::uint64_t f = q64_of_ppb(params.count("active_slots"));
  const std::uint64_t q = params.count("adversary_share");
  const std::uint64_t adversary = phi_q64(f, q, whole_ppb);
  Uint128 honest = phi_q64(f, whole_ppb - q, whole_ppb);
  // Of honest slots those count that no other active slot follows within the delay bound: each of
  // the Delta slots is empty with 1 - f (the paper's condition on alpha (1 - f)^Delta).
  for (std::uint64_t i = params.count("delay_slots"); i > 0; --i) {
    honest = honest * (0 - f) >> 64;
  }
  if (adversary == 0) return 0;
  return static_cast<std::uint64_t>((Uint128{adversary} * whole_ppb + adversary + honest - 1) /
                                    (adversary + honest));
}

std::uint32_t settlement_depth(const Params& params) {
  return chain::settlement_depth(params, race_share_ppb(params));
}

std::uint64_t settlement_risk_ppb(const Params& params) {
  return work::reversal_risk_ppb(race_share_ppb(params), settlement_depth(params));
}

namespace {

/// Slots until an active one, of this share of all stake, as a time.
Duration interval_of(const Params& params, std::uint64_t part, std::uint64_t of) {
  const std::uint64_t active = phi_q64(q64_of_ppb(params.count("active_slots")), part, of);
  const Uint128 slot = static_cast<Uint128>(params.duration("slot_length").count());
  return Duration{static_cast<std::int64_t>((slot << 64) / active)};
}

}  // namespace

Duration mean_interval(const Params& params) { return interval_of(params, 1, 1); }

Duration liveness_bound(const Params& params, Duration delay, std::uint32_t n) {
  // With half of the stake gone. A geometric wait is one slot longer than an exponential one of its
  // mean at most.
  const Duration given = params.duration("poll_interval");
  const Duration idle = given > Duration::zero() ? given : 4 * mean_interval(params);
  return chain::settled_within(params, settlement_depth(params),
                               interval_of(params, 1, 2) + params.duration("slot_length"), idle,
                               delay, n);
}

}  // namespace ledgerlab::praos
