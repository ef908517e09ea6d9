// W15: a partition of proof of work, and how many blocks the longest chain discards when it heals.
#include <charconv>

#include "sim/validate/closed_forms.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/pow_worlds.hpp"

namespace ledgerlab::validate {
namespace {

/// Share of the first side in ppm: "50/50", "0.3" or "30 %"; 0 if it is none.
std::uint64_t first_share_ppm(const std::string& split) {
  const std::size_t slash = split.find('/');
  if (slash == std::string::npos) {
    const ParsedValue share = parse_value(ParamType::ratio, split);
    return share.value && *share.value > 0 && *share.value < 1'000'000'000
               ? static_cast<std::uint64_t>(*share.value) / 1'000
               : 0;
  }
  std::uint64_t a = 0, b = 0;
  const char* text = split.data();
  const auto first = std::from_chars(text, text + slash, a);
  const auto second = std::from_chars(text + slash + 1, text + split.size(), b);
  const bool whole = first.ec == std::errc() && first.ptr == text + slash &&
                     second.ec == std::errc() && second.ptr == text + split.size();
  if (!whole || a == 0 || b == 0 || a > 1'000'000 || b > 1'000'000) return 0;
  return a * 1'000'000 / (a + b);
}

std::string check_w15(const Params& params) {
  const std::uint64_t ppm = first_share_ppm(params.text("split"));
  if (ppm >= 1'000 && ppm <= 999'000) return "";
  return "split: \"" + params.text("split") +
         "\" divides nothing; write the shares of the two sides, such as 50/50 or 70/30";
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
