// W9 and W10 of TARGETS.md: nine miners of stated shares whose blocks all others see after D
// seconds, as published by darosior/miningsimulation; honest, and with the first mining selfishly.
#include <array>

#include "sim/validate/groups.hpp"
#include "sim/validate/pow_worlds.hpp"

namespace ledgerlab::validate {
namespace {

constexpr std::size_t miners = 9;
constexpr std::array<std::uint64_t, miners> honest_percent{30, 29, 12, 11, 8, 5, 3, 1, 1};
constexpr std::array<std::uint64_t, miners> selfish_percent{40, 19, 12, 11, 8, 5, 3, 1, 1};
/// README of the repository, 32,768 simulated years: stale by main-chain blocks of each miner.
constexpr std::array<double, miners> published_stale{.010092, .010432, .016208, .016540, .017560,
                                                     .018597, .019293, .019929, .019989};

PowWorld nine_miners(const Session& s, const std::array<std::uint64_t, miners>& percent) {
  PowWorld spec;
  spec.miners = miners;
  spec.shares.assign(percent.begin(), percent.end());
  spec.interval = s.params().duration("T");
  spec.latency = s.params().duration("D");
  spec.blocks = 20'000;
  spec.depth = 200;
  return spec;
}

/// Blocks of each miner, and the stale ones of them, in batches of so many heights.
struct Batch {
  std::array<std::uint64_t, miners> main{}, stale{};
};

std::vector<Batch> batches_of(BlockFold& blocks, Height heights, Height undecided_heights) {
  const Height top = blocks.mark_main();
  if (top <= undecided_heights) return {};
  std::vector<Batch> out((top - undecided_heights) / heights);
  for (const BlockFold::Entry& entry : blocks.blocks()) {
    if (entry.height == 0) continue;
    const auto at = static_cast<std::size_t>((entry.height - 1) / heights);
    if (at >= out.size()) continue;
    ++(entry.main ? out[at].main : out[at].stale)[entry.maker];
  }
  return out;
}

ParamInfo delay_param() {
  return {"D", ParamType::duration, "10 s", "delay from a block's maker to every other miner",
          "1 ms", "10 min", {}};
}
ParamInfo interval_param() {
  return {"T", ParamType::duration, "10 min", "mean block interval of all miners together", "10 s",
          "24 h", {}};
}

std::string only_as_published(const Params& params) {
  if (params.duration("D") * 60 == params.duration("T")) return "";
  return "only D / T = 1/60 is published: 10 s in 10 min, or in proportion";
}

void run_w9(Session& s) {
  const PowWorld spec = nine_miners(s, honest_percent);
  // 1.293 % of all: a Monte Carlo of the same definition beside the published table.
  Ratio& total = s.ratio("stale share of all blocks", .01293, {3, .01, 0, .03 * .01293});
  const std::size_t shown = s.full() ? miners : 4;
  std::array<Ratio*, miners> stale{};
  for (std::size_t m = 0; m < shown; ++m) {
    const double x = published_stale[m];
    stale[m] = &s.ratio("stale by main-chain blocks, miner " + std::to_string(m + 1) + " of " +
                            std::to_string(honest_percent[m]) + " %",
                        x, {3, .01, 0, (s.full() ? .03 : .06) * x});
  }
  while (s.more()) {
    BlockFold blocks;
    RanWorld ran(s, spec.setup(), {&blocks});
    for (const Batch& batch : batches_of(blocks, 1'000, undecided)) {
      double all = 0, lost = 0;
      for (std::size_t m = 0; m < miners; ++m) {
        const auto main = static_cast<double>(batch.main[m]);
        const auto gone = static_cast<double>(batch.stale[m]);
        if (stale[m] != nullptr) stale[m]->add(gone, main);
        all += main + gone;
        lost += gone;
      }
      total.add(lost, all);
    }
  }
}

void run_w10(Session& s) {
  PowWorld spec = nine_miners(s, selfish_percent);
  // The repository's miner withholds the block that would decide a race; algorithm 1 of the paper
  // publishes it, and has 48.4 % and 18.0 % here.
  spec.tables =
      "[[behaviours]]\nmodel = \"selfish\"\nnodes = [0]\nparams = { race = \"" +
      s.params().text("race") + "\" }\n";
  const auto tolerance = [](double x) { return Tolerance{3, .02, 0, .02 * x}; };
  Ratio& share = s.ratio("share of the selfish miner in the main chain", .4668, tolerance(.4668));
  Ratio& own = s.ratio("stale by main-chain blocks, the selfish miner", .2747, tolerance(.2747));
  Ratio& others = s.ratio("stale by main-chain blocks, all others", .675, tolerance(.675));
  while (s.more()) {
    BlockFold blocks;
    RanWorld ran(s, spec.setup(), {&blocks});
    for (const Batch& batch : batches_of(blocks, 200, 400)) {
      double main = 0, lost = 0;
      for (std::size_t m = 1; m < miners; ++m) {
        main += static_cast<double>(batch.main[m]);
        lost += static_cast<double>(batch.stale[m]);
      }
      const auto first = static_cast<double>(batch.main[0]);
      share.add(first, first + main);
      own.add(static_cast<double>(batch.stale[0]), first);
      others.add(lost, main);
    }
  }
}

}  // namespace

Target w9() {
  return {"W9",
          "Stale blocks of nine miners, blocks seen by all others after D",
          "darosior/miningsimulation, README (32,768 simulated years); total: own Monte Carlo",
          {delay_param(), interval_param()},
          only_as_published,
          run_w9};
}

Target w10() {
  return {"W10",
          "The same nine miners, the first of 40 % mining selfishly (gamma 0)",
          "darosior/miningsimulation, README",
          {delay_param(),
           interval_param(),
           {"race", ParamType::choice, "withhold",
            "the block that would decide a race: withheld as by the published miner, or published "
            "as by the paper's",
            {}, {}, {"withhold", "publish"}}},
          only_as_published,
          run_w10};
}

}  // namespace ledgerlab::validate
