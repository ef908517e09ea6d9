// How deep a block of a lottery has to lie to be settled at a stated risk, how long that takes, and
// the parameters that every chained lottery has for it and for asking after missing blocks.
#pragma once

#include <cstdint>
#include <string>

#include "models/api/params.hpp"

namespace ledgerlab::chain {

/// settlement_risk, adversary_share, settlement_depth; `resource` is what the adversary has a share
/// of.
std::vector<ParamInfo> settlement_params(const std::string& resource);
/// orphans_max, request_timeout, sync_batch, poll_interval, sync and what it reads.
std::vector<ParamInfo> sync_params();

/// Confirmations: settlement_depth if given, else the smallest number whose reversal risk
/// (Rosenfeld 2012) is below settlement_risk for an adversary that wins this share of the blocks
/// in a race.
std::uint32_t settlement_depth(const Params& params, std::uint64_t race_share_ppb);
/// An error text if no depth has so little risk and none is given.
std::string check_settlement(const Params& params, std::uint64_t race_share_ppb);

/// Smallest whole x such that the sum of `count` exponential waits of mean 1 exceeds x with a
/// probability of at most 10^-9 (Chernoff's bound for the gamma distribution).
std::uint64_t waits_bound(std::uint64_t count);
/// In which a block is settled but for one case in 10^9: a transaction's block, `depth` more and
/// one that ends a fork come at the mean `interval` and spread in hops of three delays (announce,
/// ask, send) during which blocks are wasted; first a node may have to find out that it lags.
Duration settled_within(const Params& params, std::uint32_t depth, Duration interval, Duration idle,
                        Duration delay, std::uint32_t n);

}  // namespace ledgerlab::chain
