#include "models/consensus/pow/rules.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "models/parts/chain/settlement.hpp"

namespace ledgerlab::pow {
namespace {

constexpr std::uint64_t ln2_ppb = 693'147'181;

// Bitcoin's windows are measured in milliseconds: a million blocks of a thousand hours fit.
constexpr std::uint64_t window_unit = 1'000'000;

std::uint64_t at_least_one(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1));
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
      max_future(at_least_one(context.params->integer("max_future"))),
      time_unit(context.params->count("timestamp_unit")),
      median_window(context.params->count("median_window")),
      block_max_transactions(
          static_cast<std::uint32_t>(context.params->count("block_max_transactions"))),
      block_max_bytes(context.params->count("block_max_bytes")),
      depth(settlement_depth(*context.params)),
      interval(context.params->duration("block_interval")),
      empty_blocks(context.params->flag("empty_blocks")),
      drawn_ties(context.params->text("tie_rule") == "drawn"),
      refresh(context.params->duration("template_refresh")) {
  if (refresh == Duration::zero()) refresh = interval / 10;
  bitcoin.timespan = at_least_one(interval.count()) / window_unit * window;
  // Equilibrium of EIP-2: a block within one step has probability 1/2, so the mean interval is
  // step / ln 2 (10 s give 14.4 s).
  const Duration step = context.params->duration("homestead_step");
  const auto derived =
      static_cast<std::int64_t>(static_cast<Uint128>(interval.count()) * ln2_ppb / 1'000'000'000);
  homestead.step = at_least_one(step > Duration::zero() ? step.count() : derived);
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

std::shared_ptr<const Rules> shared_rules(const ModuleContext& context) {
  // A pure function of what is compared, so that it does not matter who asked last. Held weakly:
  // the last node of a world takes them with it.
  struct Last {
    std::map<std::string, std::int64_t, std::less<>> numbers;
    std::map<std::string, std::string, std::less<>> texts;
    std::uint64_t hash_power = 0;
    std::weak_ptr<const Rules> rules;
  };
  static thread_local Last last;
  const Params& params = *context.params;
  std::shared_ptr<const Rules> rules = last.rules.lock();
  if (!rules || last.hash_power != context.hash_power || last.numbers != params.numbers() ||
      last.texts != params.texts()) {
    rules = std::make_shared<const Rules>(context);
    last = {params.numbers(), params.texts(), context.hash_power, rules};
  }
  return rules;
}

void Rules::set_difficulty(Header& header, const Lineage& parent) const {
  header.version = genesis.version;
  const Header& p = parent.header;
  if (retarget == Retarget::homestead) {
    header.difficulty =
        work::homestead_difficulty(homestead, p.difficulty, p.time, header.time, header.height);
  } else if (retarget == Retarget::bitcoin && header.height % window == 0) {
    header.bits = work::bitcoin_retarget(bitcoin, p.bits, parent.window_start / window_unit,
                                         p.time / window_unit);
  } else {
    header.bits = p.bits;
  }
}

std::optional<std::uint64_t> Rules::difficulty_until(const Lineage& parent,
                                                     std::uint64_t time) const {
  if (retarget != Retarget::homestead) return std::nullopt;
  const std::uint64_t since = parent.header.time;
  const std::uint64_t steps = time > since ? (time - since) / homestead.step : 0;
  if (steps > homestead.steps_down_max) return std::nullopt;
  const std::uint64_t until = since + (steps + 1) * homestead.step;
  return (until + time_unit - 1) / time_unit * time_unit;
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
  if (payload.count() > block_max_transactions) return "too many transactions";
  if (payload.bytes > block_max_bytes + 16) return "too many bytes";  // 16: the list's own length
  if (!mined.target) return "target";
  return {};
}

std::string Rules::misplaced(const Header& header, const Lineage& parent, std::uint64_t median,
                             Time wall) const {
  if (header.time <= median) return "time is not past the median";
  const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(count_ns(wall), 0));
  if (header.time > now + max_future) return "time is too far ahead";
  Header expected = header;
  set_difficulty(expected, parent);
  if (expected.bits != header.bits || expected.difficulty != header.difficulty) {
    return "difficulty";
  }
  return {};
}

std::uint32_t nakamoto_linked_after(std::uint64_t share_ppb, std::uint64_t risk_ppb) {
  std::uint32_t z = 0;
  while (z < 999 && work::nakamoto_risk_ppb(share_ppb, z) >= risk_ppb) ++z;
  return z;
}

std::uint32_t settlement_depth(const Params& params) {
  const std::uint64_t share = params.count("adversary_share");
  const std::uint32_t exact = chain::settlement_depth(params, share);
  if (params.text("settlement_rule") == "rosenfeld" || params.count("settlement_depth") != 0) {
    return exact;
  }
  return nakamoto_linked_after(share, params.count("settlement_risk")) + 1;
}

std::uint64_t settlement_risk_ppb(const Params& params) {
  const std::uint64_t share = params.count("adversary_share");
  const std::uint32_t depth = settlement_depth(params);
  return params.text("settlement_rule") == "nakamoto" ? work::nakamoto_risk_ppb(share, depth - 1)
                                                      : work::reversal_risk_ppb(share, depth);
}

Duration poll_interval(const Params& params) {
  const Duration given = params.duration("poll_interval");
  return given > Duration::zero() ? given : 4 * params.duration("block_interval");
}

Duration liveness_bound(const Params& params, Duration delay, std::uint32_t n) {
  // With half of the hash power gone a block takes twice its interval.
  return chain::settled_within(params, settlement_depth(params),
                               2 * params.duration("block_interval"), poll_interval(params), delay,
                               n);
}

}  // namespace ledgerlab::pow
