// W1: proof of work's own settlement rule against the tables of Nakamoto's paper. It tests the
// calculator that turns a risk into a depth, not the simulator (that is W2's matter).
#include "models/api/registry.hpp"
#include "models/consensus/pow/rules.hpp"
#include "sim/validate/closed_forms.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

/// The stated risk of a proof-of-work system whose blocks settle with z more linked after them.
double stated_risk(Session& session, std::uint64_t q_ppb, std::uint64_t z, bool bind) {
  Setup setup;
  setup.consensus = "pow";
  setup.params = "settlement_rule = \"nakamoto\", adversary_share = " + toml_share(q_ppb) +
                 ", settlement_depth = " + std::to_string(z + 1);
  const Plan plan = make_plan(setup, session.seed());
  const ModelChoice& pow = plan.systems.front().consensus;
  const double risk =
      static_cast<double>(pow.info->fault_model.settlement_risk_ppb(pow.params)) * 1e-9;
  if (bind) session.ran(plan.systems.front().digest, "");
  return risk;
}

std::string point(double q, std::uint64_t z) {
  char text[80];
  std::snprintf(text, sizeof text, "P(q = %g, z = %llu)", q, static_cast<unsigned long long>(z));
  return text;
}

struct Published {
  double q;
  std::uint64_t z;
  double risk;
};
constexpr Published risks[] = {{.1, 1, .2045873},  {.1, 2, .0509779},  {.1, 5, .0009137},
                               {.1, 6, .0002428},  {.1, 10, .0000012}, {.3, 5, .1773523},
                               {.3, 10, .0416605}, {.3, 20, .0024804}};
/// z for P < 0.1 %.
constexpr Published depths[] = {{.10, 5, 0},  {.15, 8, 0},  {.20, 11, 0}, {.25, 15, 0},
                                {.30, 24, 0}, {.35, 41, 0}, {.40, 89, 0}, {.45, 340, 0}};

std::uint64_t ppb(double q) { return static_cast<std::uint64_t>(q * 1e9 + 0.5); }

void run_w1(Session& s) {
  constexpr double tolerance = 1e-7;
  const std::uint64_t q_ppb = s.params().count("q");
  const auto z = s.params().count("z");
  const double q = static_cast<double>(q_ppb) * 1e-9;
  s.within("the calculator's " + point(q, z), stated_risk(s, q_ppb, z, true), nakamoto_risk(q, z),
           tolerance);
  s.exact("the calculator's z for P < 0.1 % at this q",
          pow::nakamoto_linked_after(q_ppb, 1'000'000),
          static_cast<double>(nakamoto_linked_after(q, 0.001)));
  for (const Published& p : risks) {
    s.within("paper's " + point(p.q, p.z), stated_risk(s, ppb(p.q), p.z, false), p.risk, tolerance);
  }
  for (const Published& p : depths) {
    char text[60];
    std::snprintf(text, sizeof text, "paper's z for P < 0.1 %% at q = %g", p.q);
    s.exact(text, pow::nakamoto_linked_after(ppb(p.q), 1'000'000), static_cast<double>(p.z));
  }
}

}  // namespace

Target w1() {
  return {"W1",
          "Nakamoto's catch-up probability: pow's settlement calculator (no simulation)",
          "S. Nakamoto 2008, section 11; z for P < 0.1 % [C]",
          {{"q", ParamType::ratio, "10 %", "the attacker's share of hash power", "0.1 %", "49 %",
            {}},
           {"z", ParamType::integer, "6", "blocks linked after the transaction's", "1", "340", {}}},
          nullptr,
          run_w1};
}

}  // namespace ledgerlab::validate
