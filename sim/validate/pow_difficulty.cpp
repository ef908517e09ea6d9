// Difficulty rules of proof of work in their balance: W12 (Bitcoin's window) and W13 (Ethereum's
// Homestead rule). One miner of constant power: no forks, no delays, only the rule.
#include <cmath>

#include "models/consensus/pow/header.hpp"
#include "sim/validate/closed_forms.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/pow_worlds.hpp"

namespace ledgerlab::validate {
namespace {

constexpr Height window = 2016;

double seconds_between(Time from, Time to) {
  return static_cast<double>(count_ns(to) - count_ns(from)) * 1e-9;
}

PowWorld one_miner(Duration interval, const std::string& rule, std::uint64_t blocks) {
  PowWorld spec;
  spec.miners = 1;
  spec.interval = interval;
  spec.rule = rule;
  spec.blocks = blocks;
  spec.depth = 1;
  return spec;
}

/// Interval that a block's difficulty gives this power on average, in seconds.
double implied_interval(const BlockRef& block, std::uint64_t hash_power) {
  const auto header = pow::header_of(*block);
  const U256 work = header ? pow::claimed_work(*header) : U256();
  return static_cast<double>(work.low64()) / static_cast<double>(hash_power);
}

void run_w12(Session& s) {
  const auto periods = s.params().count("periods");
  Mean& interval = s.mean("mean interval over windows, s", bitcoin_mean_interval(window, 600));
  Deviation& spread = s.deviation("relative deviation of a window's aim", bitcoin_spread(window));
  // The first window has the difficulty that the world begins with; one more for chance.
  PowWorld spec = one_miner(seconds(600), "bitcoin", (periods + 1) * window * 21 / 20 + window);
  const std::uint64_t power = 1'000'000'000'000;
  while (s.more()) {
    BlockFold blocks(true);
    RanWorld ran(s, spec.setup(), {&blocks});
    const auto& all = blocks.blocks();  // of one miner: in the order of their heights from 1
    for (std::uint64_t p = 1; p <= periods && (p + 1) * window <= all.size(); ++p) {
      const std::size_t first = p * window - 1;  // of height p * window
      if (first + window >= all.size()) break;
      interval.add(seconds_between(all[first].made, all[first + window].made) / window);
      spread.add(implied_interval(all[first].block, power) / bitcoin_mean_interval(window, 600));
    }
  }
}

/// Mean interval of a chain between the heights `from` and its top, in batches of 100.
void add_intervals(const BlockFold& blocks, Height from, Ratio& mean) {
  const auto& all = blocks.blocks();
  constexpr std::size_t batch = 100;
  for (std::size_t i = from; i + batch < all.size(); i += batch) {
    mean.add(seconds_between(all[i].made, all[i + batch].made), batch);
  }
}

void run_w13(Session& s) {
  // Worlds begin in the balance: from elsewhere it takes some 1,500 blocks. EIP-2's step is 10 s.
  constexpr double step = 10;
  PowWorld fine = one_miner(Duration{14'426'950'409}, "homestead", 5'000);
  fine.params = ", homestead_step = \"10 s\"";
  PowWorld whole = fine;
  whole.interval = ms(14'080);
  // In whole seconds, and always past the parent's (Yellow Paper, section 4.3.4).
  whole.params += ", timestamp_unit = \"1 s\", median_window = 1";
  // Sharper than asked, or the two figures could not be told apart.
  const double exact_mean = homestead_mean_interval(step);
  Ratio& exact = s.ratio("mean interval, timestamps in ns, s", exact_mean,
                         {3, 0.003, 0, 0.002 * exact_mean});
  Ratio& coarse = s.ratio("mean interval, timestamps in whole seconds, s", 14.08,
                          {3, 0.003, 0, 0.002 * 14.08});
  while (s.more()) {
    const bool even = s.worlds() % 2 == 0;
    BlockFold blocks;
    RanWorld ran(s, (even ? fine : whole).setup(), {&blocks});
    add_intervals(blocks, 500, even ? exact : coarse);
  }
}

}  // namespace

Target w12() {
  return {"W12",
          "Mean block interval under Bitcoin's 2016-block window, constant hash power",
          "[C] 2016 * 600 / 2014 s: the window measures 2015 gaps; the clamp of four never acts",
          {{"periods", ParamType::integer, "20", "windows of one world", "1", "500", {}}},
          nullptr,
          run_w12};
}

Target w13() {
  return {"W13",
          "Mean block interval under Ethereum's Homestead rule without bomb, constant hash power",
          "EIP-2 (go-ethereum consensus/ethash); [C] 10 s / ln 2, in whole seconds 14.08 s",
          {{"rule", ParamType::choice, "homestead", "the difficulty rule", {}, {}, {"homestead"}}},
          nullptr,
          run_w13};
}

}  // namespace ledgerlab::validate
