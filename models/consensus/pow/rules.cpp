#include "models/consensus/pow/rules.hpp"

#include <algorithm>
#include <bit>

#include "models/base/fixed.hpp"

namespace ledgerlab::pow {
namespace {

constexpr std::uint64_t ln2_ppb = 693'147'181;

std::uint64_t milliseconds(Duration d) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(d.count() / 1'000'000, 1));
}

Retarget retarget_of(const Params& params) {
  const std::string& name = params.text("retarget");
  return name == "bitcoin"     ? Retarget::bitcoin
         : name == "homestead" ? Retarget::homestead
                               : Retarget::none;
}

/// Hashes for one block: what all miners together compute in one interval.
U256 first_difficulty(const ModuleContext& context) {
  const std::uint64_t given = context.params->count("initial_difficulty");
  if (given != 0) return given;
  const auto interval =
      static_cast<std::uint64_t>(context.params->duration("block_interval").count());
  const U256 hashes = U256(context.hash_power) * U256(interval) / U256(1'000'000'000);
  return std::max(hashes, U256(1));
}

}  // namespace

Rules::Rules(const ModuleContext& context)
    : retarget(retarget_of(*context.params)),
      window(context.params->count("retarget_window")),
      max_future_ms(milliseconds(context.params->duration("max_future"))),
      median_window(context.params->count("median_window")),
      block_max_transactions(
          static_cast<std::uint32_t>(context.params->count("block_max_transactions"))),
      block_max_bytes(context.params->count("block_max_bytes")),
      depth(settlement_depth(*context.params)) {
  const Duration interval = context.params->duration("block_interval");
  bitcoin.timespan = milliseconds(interval) * window;
  // Equilibrium of EIP-2: a block within one step has probability 1/2, so the mean interval is
  // step / ln 2 (10 s give 14.4 s).
  const Duration step = context.params->duration("homestead_step");
  const auto derived =
      static_cast<std::int64_t>(static_cast<Uint128>(interval.count()) * ln2_ppb / 1'000'000'000);
  homestead.step = milliseconds(step > Duration::zero() ? step : Duration{derived});
  homestead.bomb_period = context.params->count("homestead_bomb_period");
  const U256 first = first_difficulty(context);
  homestead.minimum = std::min(first, U256(context.params->count("homestead_minimum")));
  genesis.version = retarget == Retarget::homestead ? version_difficulty : version_compact;
  if (retarget == Retarget::homestead) {
    genesis.difficulty = first;
  } else {
    genesis.bits = work::encode_compact(work::target_for_tries(first));
  }
}

void Rules::set_difficulty(Header& header, const Lineage& parent) const {
  header.version = genesis.version;
  const Header& p = parent.header;
  if (retarget == Retarget::homestead) {
    header.difficulty =
        work::homestead_difficulty(homestead, p.difficulty, p.time, header.time, header.height);
  } else if (retarget == Retarget::bitcoin && header.height % window == 0) {
    header.bits = work::bitcoin_retarget(bitcoin, p.bits, parent.window_start, p.time);
  } else {
    header.bits = p.bits;
  }
}

std::uint64_t Rules::next_window_start(const Lineage& parent, const Header& child) const {
  return child.height % window == 0 ? child.time : parent.window_start;
}

std::string Rules::malformed(const MinedBlock& mined) const {
  const Header& h = mined.header;
  const Payload& payload = *mined.block->payload;
  if (h.version != genesis.version) return "version";
  if (h.height == 0) return "height";
  if (h.tx_root != payload.root) return "transaction root";
  if (h.signatures != mined.signatures) return "signatures";
  if (payload.transactions.size() > block_max_transactions) return "too many transactions";
  if (payload.bytes > block_max_bytes + 16) return "too many bytes";  // 16: the list's own length
  if (!claimed_target(h)) return "target";
  return {};
}

std::uint32_t settlement_depth(const Params& params) {
  const std::uint64_t given = params.count("settlement_depth");
  const auto derived =
      work::settlement_depth(params.count("adversary_share"), params.count("settlement_risk"));
  if (given != 0) return static_cast<std::uint32_t>(given);
  return derived.value_or(1000);
}

std::uint64_t settlement_risk_ppb(const Params& params) {
  return work::reversal_risk_ppb(params.count("adversary_share"), settlement_depth(params));
}

std::uint64_t waits_bound(std::uint64_t count) {
  // P(sum > x) <= exp(-(x - m - m ln(x / m))) for x > m: the exponent has to reach ln 10^9.
  constexpr std::uint64_t one = std::uint64_t{1} << 58;
  constexpr Uint128 enough = Uint128{one} * 20'723'265'837 / 1'000'000'000;
  for (std::uint64_t x = count + 1;; ++x) {
    const auto ratio = static_cast<std::uint64_t>((Uint128{count} << 64) / x);
    const Uint128 logs = Uint128{fixed::neg_ln_q58(ratio)} * count;
    const Uint128 linear = Uint128{x - count} * one;
    if (linear > logs && linear - logs >= enough) return x;
  }
}

Duration liveness_bound(const Params& params, Duration delay, std::uint32_t n) {
  // A transaction's block and `depth` more; one for the block that ends a fork. With half of the
  // hash power gone a block takes twice its interval, and a block spreads in hops of three delays
  // (announce, ask, send) during which work is wasted.
  const std::uint64_t blocks = settlement_depth(params) + 2;
  const std::int64_t hops = 2 + std::bit_width(n);
  const Duration each = 2 * params.duration("block_interval") + hops * 3 * delay;
  const Duration poll = params.duration("poll_interval");
  const Duration idle = poll > Duration::zero() ? poll : 4 * params.duration("block_interval");
  return static_cast<std::int64_t>(waits_bound(blocks)) * each + 2 * idle +
         4 * params.duration("request_timeout") + 16 * delay;
}

}  // namespace ledgerlab::pow
