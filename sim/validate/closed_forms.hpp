// The expected figures, as functions of the parameters (TARGETS.md).
#pragma once

#include <cstdint>

namespace ledgerlab::validate {

/// Stale share of all blocks: N equal miners, delay D from each to all others, x = D/T. Exact for
/// N = 2 and N to infinity; between them an interpolation, off by less than the error below
/// (2 * 10^7 blocks of a direct Monte Carlo at N = 3, 5, 10 and x = 0.05 to 1).
double stale_equal_miners(std::uint64_t miners, double x);
double stale_equal_miners_error(double x);
/// Two miners of shares p and 1-p.
double stale_two_miners(double p, double delay, double interval);

/// P of Nakamoto's section 11, and the smallest z for which it is below `risk`.
double nakamoto_risk(double q, std::uint64_t z);
std::uint64_t nakamoto_linked_after(double q, double risk);
/// Bitcoin's retarget rule at constant power, continuous time: a window's aim is its length times T
/// over a Gamma(window - 1) variable. Mean and relative deviation of the aim.
double bitcoin_mean_interval(std::uint64_t window, double interval);
double bitcoin_spread(std::uint64_t window);
/// Homestead's rule at constant power: the interval whose mean number of whole steps is one.
double homestead_mean_interval(double step);
/// E min of two independent Poisson variables.
double mean_of_lesser_poisson(double a, double b);
/// W2: n confirmations, one block mined ahead, attacker's share q < 1/2.
double double_spend(double q, std::uint64_t n);
/// W3: share of the chain; W4: orphans of all blocks (both Eyal, Sirer 2014).
double selfish_revenue(double alpha, double gamma);
double selfish_orphans(double alpha, double gamma);
/// W14: beta = (1-beta) / (1 + (1-beta) x).
double private_attack_threshold(double x);
/// G1: mean rounds of synchronous push, one uniform target among the n - 1 others: the exact mean
/// of the Markov chain of informed nodes, in n^3 / 6 steps.
double push_mean_rounds(std::uint64_t n);
/// G2: the larger root of r = 1 - e^(-c r). G3: P(a directed random graph of mean fanout ln n + c
/// is reached from anywhere), in the limit and by isolated nodes alone at this n.
double infect_and_die_reach(double c);
double all_reached(double c);
double nobody_missed(std::uint64_t n, double c);

}  // namespace ledgerlab::validate
