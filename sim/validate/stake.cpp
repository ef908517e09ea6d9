// S1 and S2: the slot lottery of Ouroboros Praos.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "sim/validate/groups.hpp"
#include "sim/validate/spelling.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

/// In lowest terms: 0.5, 0.3, 0.2 are 5, 3, 2; whole numbers stay what they are.
std::vector<std::uint64_t> read_stakes(const std::string& text) {
  constexpr std::uint64_t unit = 1'000'000'000;
  std::vector<std::uint64_t> out = read_weights(text);
  std::uint64_t common = unit;
  for (const std::uint64_t weight : out) common = std::gcd(common, weight);
  for (std::uint64_t& weight : out) weight /= common;
  const bool small = std::ranges::all_of(out, [](std::uint64_t w) { return w <= unit; });
  return small ? out : std::vector<std::uint64_t>{};
}

std::string check_stakes(const Params& params) {
  const auto stakes = read_stakes(params.text("stakes"));
  std::uint64_t total = 0;
  for (const std::uint64_t s : stakes) total += s;
  if (!stakes.empty() && stakes.size() <= 100 && total > 0) return "";
  return "stakes: \"" + params.text("stakes") +
         "\" is no list of 1 to 100 weights up to 1000000, such as 50,30,20 or 0.5,0.3,0.2";
}

double phi(double f, double share) { return 1 - std::pow(1 - f, share); }

struct Lottery {
  double f = 0;
  std::vector<std::uint64_t> stakes;
  std::uint64_t slots = 0;

  std::vector<double> chances() const {
    double total = 0;
    for (const std::uint64_t s : stakes) total += static_cast<double>(s);
    std::vector<double> out;
    for (const std::uint64_t s : stakes) out.push_back(phi(f, static_cast<double>(s) / total));
    return out;
  }
  /// Probability that exactly one leads a slot.
  double one_leader() const {
    double sum = 0;
    for (const double p : chances()) sum += p / (1 - p);
    return sum * (1 - f);  // all others' (1 - phi) multiply up to (1 - f) / (1 - phi_i)
  }
  Setup setup(std::uint64_t f_ppb) const {
    Setup setup;
    setup.consensus = "praos";
    setup.nodes = static_cast<std::uint32_t>(stakes.size());
    setup.params = "slot_length = \"1 s\", active_slots = " + toml_share(f_ppb) +
                   ", settlement_depth = 50, poll_interval = \"10000 h\"";
    std::string list;
    for (const std::uint64_t s : stakes) list += (list.empty() ? "" : ", ") + std::to_string(s);
    setup.system = "stakes = [" + list + "]";
    setup.duration = seconds(static_cast<std::int64_t>(slots));
    return setup;
  }
};

/// Leaders of every active slot, from the blocks made: who leads a slot makes a block in it.
std::map<std::uint64_t, std::uint64_t> leaders_by_slot(const BlockFold& blocks,
                                                       std::uint64_t slots) {
  std::map<std::uint64_t, std::uint64_t> out;
  for (const BlockFold::Entry& entry : blocks.blocks()) {
    const auto slot = static_cast<std::uint64_t>(count_ns(entry.made)) / 1'000'000'000;
    if (entry.height > 0 && slot > 0 && slot < slots) ++out[slot];
  }
  return out;
}

Lottery lottery_of(const Session& s) {
  Lottery out;
  out.f = static_cast<double>(s.params().integer("f")) * 1e-9;
  out.stakes = read_stakes(s.params().text("stakes"));
  // Some thousand active slots a world.
  out.slots = static_cast<std::uint64_t>(std::min(2e5, std::max(5e3, 1000 / out.f)));
  return out;
}

void run_s1(Session& s) {
  const Lottery lottery = lottery_of(s);
  const double f = lottery.f;
  Mean& gap = s.mean("mean gap between active slots", 1 / f);
  Deviation& spread = s.deviation("standard deviation of the gap", std::sqrt(1 - f) / f);
  // Five mean gaps: 100 slots at f = 0.05. A rare event takes long to count: a tenth of it is told
  // apart.
  const auto wide = static_cast<std::uint64_t>(5 / f + 1e-9);
  const double longer = std::pow(1 - f, static_cast<double>(wide));
  Proportion* wait = longer > 5e-4 ? &s.proportion("P(gap > " + std::to_string(wide) + " slots)",
                                                   longer, {3, 0.003, 0, 0.05 * longer})
                                   : nullptr;
  // A gap that begins late may outlast the world, the more likely the longer it is.
  const std::uint64_t late = lottery.slots - static_cast<std::uint64_t>(40 / f);
  Proportion& active = s.proportion("P(slot is active)", f);
  double mean_leaders = 0;
  for (const double p : lottery.chances()) mean_leaders += p;
  Mean& leaders = s.mean("leaders of a slot", mean_leaders);
  Proportion& one = s.proportion("P(exactly one leader)", lottery.one_leader());
  const double several = 1 - lottery.one_leader() / f;
  Proportion* multi = lottery.stakes.size() > 1 && several > 2e-3
                          ? &s.proportion("active slots with several leaders", several,
                                          {3, 0.003, 0, 0.05 * several})
                          : nullptr;
  while (s.more()) {
    BlockFold blocks;
    RanWorld ran(s, lottery.setup(s.params().count("f")), {&blocks});
    const auto by_slot = leaders_by_slot(blocks, lottery.slots);
    std::uint64_t before = 0, count = 0, crowded = 0, all = 0;
    for (const auto& [slot, made] : by_slot) {
      if (before != 0 && before < late) {
        gap.add(static_cast<double>(slot - before));
        spread.add(static_cast<double>(slot - before));
        if (wait) wait->add(slot - before > wide);
      }
      before = slot;
      ++count;
      crowded += made > 1;
      all += made;
    }
    const std::uint64_t slots = lottery.slots - 1;
    active.add(count, slots);
    one.add(count - crowded, slots);
    if (multi) multi->add(crowded, count);
    for (const auto& [slot, made] : by_slot) leaders.add(static_cast<double>(made));
    for (std::uint64_t i = count; i < slots; ++i) leaders.add(0);
  }
}

void run_s2(Session& s) {
  Lottery given = lottery_of(s);
  Lottery alone = given;
  alone.stakes = {1};
  Proportion& split = s.proportion("P(slot is active), stakes as given", given.f);
  Proportion& whole = s.proportion("P(slot is active), all stake in one hand", given.f);
  while (s.more()) {
    const bool even = s.worlds() % 2 == 0;
    const Lottery& lottery = even ? given : alone;
    BlockFold blocks;
    RanWorld ran(s, lottery.setup(s.params().count("f")), {&blocks});
    (even ? split : whole)
        .add(leaders_by_slot(blocks, lottery.slots).size(), lottery.slots - 1);
  }
}

std::vector<ParamInfo> stake_params(const char* stakes) {
  return {{"f", ParamType::ratio, "5 %", "probability that a slot has a leader", "0.1 %", "95 %",
           {}},
          {"stakes", ParamType::text, stakes, "weights of the stakeholders", {}, {}, {}}};
}

}  // namespace

Target s1() {
  return {"S1",
          "Slots of Praos: gaps, leaders of a slot",
          "B. David et al. 2018, phi(sigma) = 1 - (1-f)^sigma; f = 0.05: mean gap 20, deviation "
          "19.494, P(gap > 100) = 0.00592",
          stake_params("1,1,1,1,1,1,1,1,1,1"),
          check_stakes,
          run_s1};
}

Target s2() {
  return {"S2",
          "Slots of Praos: a slot is as likely active for every partition of the stake",
          "B. David et al. 2018, independent aggregation",
          stake_params("50,20,10,10,5,5"),
          check_stakes,
          run_s2};
}

}  // namespace ledgerlab::validate
