#include "models/parts/chain/settlement.hpp"

#include <bit>

#include "models/base/fixed.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::chain {

std::vector<ParamInfo> settlement_params(const std::string& resource) {
  return {{"settlement_risk",
           ParamType::ratio,
           "0.1 %",
           "a block is settled when its reversal is less likely than this (Rosenfeld 2012)",
           "0.000000001",
           "50 %",
           {}},
          {"adversary_share",
           ParamType::ratio,
           "10 %",
           "share of " + resource + " the risk is stated for",
           "0",
           "49.9 %",
           {}},
          {"settlement_depth",
           ParamType::integer,
           "0",
           "confirmations of a settled block, its own among them; 0: derived from risk and share",
           "0",
           "1000",
           {}}};
}

std::vector<ParamInfo> sync_params() {
  return {{"orphans_max",
           ParamType::integer,
           "64",
           "blocks kept while their parent is unknown",
           "1",
           "100000",
           {}},
          {"request_timeout",
           ParamType::duration,
           "5 s",
           "time after which the next neighbour is asked for missing blocks",
           "1 ms",
           "1 h",
           {}},
          {"sync_batch",
           ParamType::integer,
           "16",
           "most blocks in answer to one question",
           "1",
           "1000",
           {}},
          {"poll_interval",
           ParamType::duration,
           "0 ns",
           "a node whose head has not moved for so long asks a neighbour for its tip; 0: four "
           "block intervals",
           "0 ns",
           "10000 h",
           {}},
          {"sync",
           ParamType::choice,
           "full",
           "how a node that is more than sync_batch blocks behind catches up: block after block; "
           "by headers that are verified first, and bodies of several neighbours at once; or by "
           "headers, the state after a settled block, and what follows it",
           {},
           {},
           {"full", "headers", "snapshot"},
           true},
          {"sync_window",
           ParamType::integer,
           "1024",
           "bodies asked for ahead of the lowest one missing (sync = headers or snapshot)",
           "1",
           "1000000",
           {},
           true},
          {"sync_in_flight",
           ParamType::integer,
           "16",
           "bodies asked for at once of one neighbour (sync = headers or snapshot)",
           "1",
           "1024",
           {},
           true},
          {"state_chunk",
           ParamType::size,
           "256 KiB",
           "bytes of one part of a state (sync = snapshot)",
           "64 B",
           "64 MiB",
           {},
           true}};
}

std::uint32_t settlement_depth(const Params& params, std::uint64_t race_share_ppb) {
  const std::uint64_t given = params.count("settlement_depth");
  const auto derived = work::settlement_depth(race_share_ppb, params.count("settlement_risk"));
  if (given != 0) return static_cast<std::uint32_t>(given);
  return derived.value_or(1000);
}

std::string check_settlement(const Params& params, std::uint64_t race_share_ppb) {
  if (params.count("settlement_depth") != 0 ||
      work::settlement_depth(race_share_ppb, params.count("settlement_risk"))) {
    return "";
  }
  return "no settlement depth up to 1000 brings the risk below settlement_risk at this "
         "adversary_share: lower the share or accept more risk";
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

Duration settled_within(const Params& params, std::uint32_t depth, Duration interval, Duration idle,
                        Duration delay, std::uint32_t n) {
  const std::int64_t hops = 2 + std::bit_width(n);
  const Duration each = interval + hops * 3 * delay;
  return static_cast<std::int64_t>(waits_bound(std::uint64_t{depth} + 2)) * each + 2 * idle +
         4 * params.duration("request_timeout") + 16 * delay;
}

}  // namespace ledgerlab::chain
