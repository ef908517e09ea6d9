// Attacks on proof of work against closed forms: W2, W3, W4 and W14 of TARGETS.md. The attackers
// are the behaviours of models/behaviour around the real module; nothing costs time but what the
// text of a target says.
#include <unordered_map>

#include "sim/validate/closed_forms.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/pow_worlds.hpp"

namespace ledgerlab::validate {
namespace {

constexpr NodeId attacker = 0;

double share(const Session& s, const char* key) {
  return static_cast<double>(s.params().integer(key)) * 1e-9;
}

/// Weights of the attacker and of `honest` equal miners, in parts per million of the whole.
std::vector<std::uint64_t> weights(std::uint64_t attacker_ppb, std::uint32_t honest) {
  const std::uint64_t own = attacker_ppb / 1'000;
  std::vector<std::uint64_t> out(honest + 1, (1'000'000 - own) / honest);
  out[attacker] = 1'000'000 - out.back() * honest;
  return out;
}

/// The attacker and one region for all others: one-way latencies between them and among these.
void two_regions(Setup& setup, Duration to_attacker, Duration among_honest) {
  setup.latency = "{ kind = \"one-way\", regions = [\"adversary\", \"honest\"], matrix = [[" +
                  toml(to_attacker) + ", " + toml(to_attacker) + "], [" + toml(to_attacker) + ", " +
                  toml(among_honest) + "]] }";
  setup.placement = "[\"adversary\"";
  for (std::uint32_t i = 1; i < setup.nodes; ++i) setup.placement += ", \"honest\"";
  setup.placement += "]";
}

// --- W2 ------------------------------------------------------------------------------------------

/// Attempts of a private attack as their ends show: the honest miner leaves its chain (won), or the
/// attacker leaves its own (given up).
class AttemptFold final : public Sink {
 public:
  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& event) override {
    const BlockRef& block = *static_cast<const BlockRef*>(event.object);
    blocks_.try_emplace(event.a, Place{block->parent.tag(), event.b});
    std::uint64_t& head = event.node == attacker ? attackers_ : honest_;
    if (head != 0 && !follows(event.a, head)) ++(event.node == attacker ? given_up : won);
    head = event.a;
  }
  std::uint64_t won = 0;
  std::uint64_t given_up = 0;

 private:
  struct Place {
    std::uint64_t parent;
    Height height;
  };
  /// A head may move by several blocks at once; each of them was a head where it was made.
  bool follows(std::uint64_t block, std::uint64_t head) const {
    const Height floor = blocks_.at(head).height;
    while (blocks_.at(block).height > floor) block = blocks_.at(block).parent;
    return block == head;
  }

  std::unordered_map<std::uint64_t, Place> blocks_;
  std::uint64_t attackers_ = 0, honest_ = 0;  // heads
};

void run_w2(Session& s) {
  PowWorld spec;
  spec.miners = 2;
  spec.shares = weights(s.params().count("q"), 1);
  spec.latency = us(1);
  spec.depth = 400;  // the longest branch that wins is far shorter
  spec.blocks = 50'000;
  spec.tables =
      "[[behaviours]]\nmodel = \"private_attack\"\nnodes = [0]\n"
      "params = { pre_mined = 1, give_up = 60, attempts = 0, confirmations = " +
      std::to_string(s.params().count("n")) + " }\n";
  Proportion& won = s.proportion("double spends that succeed",
                                 double_spend(share(s, "q"), s.params().count("n")));
  while (s.more()) {
    AttemptFold attempts;
    RanWorld ran(s, spec.setup(), {&attempts});
    won.add(attempts.won, attempts.won + attempts.given_up);
  }
}

// --- W3, W4 --------------------------------------------------------------------------------------

/// Branches of the selfish miner are hardly ever longer than this up to a share of 45 %.
constexpr Height open_end = 200;

/// An honest miner holds its own block first, so that of n equal ones (n-1)/n can be won over.
constexpr std::uint32_t few_miners = 10;
constexpr std::uint32_t many_miners = 100;

Setup selfish_world(const Session& s) {
  const std::uint64_t gamma = s.params().count("gamma");
  const bool few = gamma <= 900'000'000;
  PowWorld spec;
  const std::uint32_t honest = few ? few_miners : many_miners;
  spec.miners = honest + 1;
  spec.shares = weights(s.params().count("alpha"), honest);
  spec.depth = open_end;
  spec.blocks = few ? 20'000 : 5'000;
  // Each match reaches a receiver ahead of the block it matches with this probability.
  const std::uint64_t early = std::min<std::uint64_t>(gamma * honest / (honest - 1), 1'000'000'000);
  spec.tables =
      "[[behaviours]]\nmodel = \"selfish\"\nnodes = [0]\n"
      "[[behaviours]]\nmodel = \"delay\"\nnodes = [0]\n"
      "params = { roles = \"relay\", by = \"100 us\", draw = \"per_message\", share = " +
      toml_share(1'000'000'000 - early) + " }\n";
  Setup setup = spec.setup();
  two_regions(setup, us(1), us(10));
  return setup;
}

void run_w3(Session& s) {
  Ratio& revenue = s.ratio("share of the selfish miner in the chain",
                           selfish_revenue(share(s, "alpha"), share(s, "gamma")));
  while (s.more()) {
    BlockFold fold;
    RanWorld ran(s, selfish_world(s), {&fold});
    const Height top = fold.mark_main();
    if (top <= open_end) continue;
    std::vector<std::uint64_t> own((top - open_end) / 100, 0);
    for (const BlockFold::Entry& entry : fold.blocks()) {
      const auto at = static_cast<std::size_t>((entry.height - 1) / 100);
      if (entry.height > 0 && entry.main && at < own.size()) own[at] += entry.maker == attacker;
    }
    for (const std::uint64_t blocks : own) revenue.add(static_cast<double>(blocks), 100);
  }
}

void run_w4(Session& s) {
  Ratio& orphans =
      s.ratio("orphans of all blocks", selfish_orphans(share(s, "alpha"), share(s, "gamma")));
  while (s.more()) {
    BlockFold fold;
    RanWorld ran(s, selfish_world(s), {&fold});
    add_stale_batches(fold, orphans);
  }
}

// --- W14 -----------------------------------------------------------------------------------------

/// Lengths of the two chains that never meet.
class RaceFold final : public Sink {
 public:
  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& event) override {
    Height& height = event.node == attacker ? secret : open;
    height = std::max(height, event.b);
  }
  Height secret = 0;
  Height open = 0;
};

/// By how many blocks a secret chain of this share outgrows the open one.
double lead(Session& s, double beta, double lambda_delta) {
  const auto honest = static_cast<std::uint32_t>(s.params().count("miners"));
  PowWorld spec;
  spec.miners = honest + 1;
  spec.shares = weights(static_cast<std::uint64_t>(beta * 1e9), honest);
  spec.depth = 200;
  spec.blocks = 2'000;
  spec.latency = Duration{
      static_cast<std::int64_t>(static_cast<double>(spec.interval.count()) * lambda_delta)};
  spec.tables =
      "[[behaviours]]\nmodel = \"private_attack\"\nnodes = [0]\n"
      "params = { fork_height = 0, confirmations = 1000000000, give_up = 1000000000 }\n";
  RaceFold race;
  RanWorld ran(s, spec.setup(), {&race});
  return static_cast<double>(race.secret) - static_cast<double>(race.open);
}

void run_w14(Session& s) {
  const double x = share(s, "lambda_delta");
  const double expected = private_attack_threshold(x);
  // Where the lead changes its sign, between two shares around: growth is as good as straight
  // there.
  constexpr double half = 0.03;
  const double low = std::max(expected - half, 0.01);
  const double width = 2 * half;
  // N honest miners in the place of infinitely many: who made a block builds on it before
  // the others hear of it. To the first order this saves the cycle 1/h + x of honest growth, in
  // mean intervals, (x^2/2 + h x^3/6) h/N.
  const double h = 1 - expected;
  const double saved = (x * x / 2 + h * x * x * x / 6) * h /
                       static_cast<double>(s.params().count("miners"));
  Tolerance finite;
  finite.absolute = 0.001 + saved * expected * expected;
  Ratio& crossing = s.ratio("share at which both chains grow alike", expected, finite);
  while (s.more()) {
    const double below = lead(s, low, x);
    const double above = lead(s, low + width, x);
    crossing.add(low * (above - below) - width * below, above - below);
  }
}

ParamInfo ratio_param(std::string key, std::string fallback, std::string text, std::string low,
                      std::string high) {
  return {std::move(key),
          ParamType::ratio,
          std::move(fallback),
          std::move(text),
          std::move(low),
          std::move(high),
          {}};
}

std::vector<ParamInfo> selfish_params(std::string alpha, std::string gamma) {
  return {ratio_param("alpha", std::move(alpha), "hash power of the selfish miner", "1 %", "45 %"),
          ratio_param("gamma", std::move(gamma),
                      "drawn share of honest power to which its block is delivered first in the "
                      "same instant; above 90 % a hundred honest miners bear it, of which the "
                      "finder stays with its own: 1 % less",
                      "0", "1")};
}

}  // namespace

Target w2() {
  return {"W2",
          "Double spend with one block mined ahead, no delay, given up 60 blocks behind",
          "[C] I_4pq(n, 1/2); Rosenfeld 2012. Not Nakamoto's Poisson formula (W1)",
          {ratio_param("q", "30 %", "hash power of the attacker", "1 %", "45 %"),
           {"n", ParamType::integer, "3", "confirmations", "1", "50", {}}},
          nullptr,
          run_w2};
}

Target w3() {
  return {"W3",
          "Selfish mining SM1: relative revenue",
          "Eyal, Sirer 2014, equation 8",
          selfish_params("30 %", "0"),
          nullptr,
          run_w3};
}

Target w4() {
  return {"W4",
          "Selfish mining SM1: orphans",
          "[C] from the Markov chain of Eyal, Sirer 2014",
          selfish_params("30 %", "0"),
          nullptr,
          run_w4};
}

Target w14() {
  return {"W14",
          "Largest share a private attack cannot win with, by delay",
          "[C] beta = (1-beta) / (1 + (1-beta) lambda Delta); crossing of measured growth of many "
          "honest miners and of one in secret",
          {ratio_param("lambda_delta", "1", "blocks of all miners in one delay", "0.01", "5"),
           {"miners", ParamType::integer, "100",
            "honest ones, with equal shares; the closed form has infinitely many", "10", "500",
            {}}},
          nullptr,
          run_w14};
}

}  // namespace ledgerlab::validate
