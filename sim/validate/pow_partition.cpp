// W15: a partition of proof of work, and how many blocks the longest chain discards when it heals.
#include "models/base/int128.hpp"
#include "sim/validate/closed_forms.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/pow_worlds.hpp"
#include "sim/validate/spelling.hpp"

namespace ledgerlab::validate {
namespace {

/// Share of the first side in ppm: "50/50", "0.3,0.7", "0.3" or "30 %"; 0 if it is none.
std::uint64_t first_share_ppm(const std::string& split) {
  constexpr std::uint64_t all = 1'000'000'000;
  const auto sides = read_weights(split);
  if (sides.size() == 1) return sides[0] < all ? sides[0] / 1'000 : 0;
  if (sides.size() != 2 || sides[0] == 0 || sides[1] == 0) return 0;
  return static_cast<std::uint64_t>(Uint128{sides[0]} * 1'000'000 / (sides[0] + sides[1]));
}

std::string check_w15(const Params& params) {
  const std::uint64_t ppm = first_share_ppm(params.text("split"));
  if (ppm >= 1'000 && ppm <= 999'000) return "";
  return "split: \"" + params.text("split") +
         "\" divides nothing; write the shares of the two sides, such as 50/50 or 0.3/0.7, or that of the first, such as 0.3";
}

void run_w15(Session& s) {
  const auto expected_blocks = s.params().count("lambda_tau");
  const std::uint64_t ppm = first_share_ppm(s.params().text("split"));
  const double a = static_cast<double>(expected_blocks) * static_cast<double>(ppm) * 1e-6;
  const double b = static_cast<double>(expected_blocks) - a;
  PowWorld spec;
  spec.miners = 2;
  spec.shares = {ppm, 1'000'000 - ppm};
  spec.interval = seconds(1);
  spec.latency = us(1);
  spec.depth = 1000;  // neither side settles what the other may undo
  // Who lost asks for what it lacks at the next block, or when its head has not moved for a
  // fiftieth of an interval.
  spec.params = ", sync_batch = 1000, orphans_max = 2000";
  spec.poll = ms(20);
  const Duration cut = seconds(static_cast<std::int64_t>(expected_blocks));
  spec.blocks = expected_blocks + 30;
  spec.tables = "[[faults]]\nkind = \"partition\"\ngroups = [[0], [1]]\nat = \"0 s\"\nfor = " +
                toml(cut) + "\n";
  Mean& discarded =
      s.mean("blocks of the partition discarded after it", mean_of_lesser_poisson(a, b));
  while (s.more()) {
    BlockFold blocks;
    RanWorld ran(s, spec.setup(), {&blocks});
    blocks.mark_main();
    double lost = 0;
    for (const BlockFold::Entry& entry : blocks.blocks()) {
      lost += !entry.main && entry.height > 0 && entry.made <= time_start + cut;
    }
    discarded.add(lost);
  }
}

}  // namespace

Target w15() {
  return {"W15",
          "Blocks discarded after a partition of proof of work, longest chain on heal",
          "[C] E min of two Poisson variables; 100 blocks split 50/50: 46.016",
          {{"lambda_tau", ParamType::integer, "100", "blocks expected while it lasts", "2", "700",
            {}},
           {"split", ParamType::text, "50/50", "shares of hash power of the two sides", {}, {}, {}}},
          check_w15,
          run_w15};
}

}  // namespace ledgerlab::validate
