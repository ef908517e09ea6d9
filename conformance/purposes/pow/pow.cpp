// Purposes of clause 7.1.5.4 a to d: proof of work.
#include <algorithm>
#include <cmath>
#include <set>

#include "conformance/purposes/pow/claims_work.hpp"
#include "conformance/suite/purpose.hpp"
#include "conformance/suite/statistics.hpp"

namespace ledgerlab::conformance {
namespace {

std::string mines(const ModelInfo& protocol) {
  return claims(protocol, "F7512-7.1.5.4-a") ? "" : "does not claim proof of work";
}

/// Blocks and nothing else: no clients, equal short delays.
Scenario mining(const std::string& name, NodeId miners) {
  Scenario s;
  s.name = name;
  s.replicas = miners;
  s.clients = 0;
  s.rate = "0 tx/s";
  s.latency = "\"1 ms\"";
  s.drain = seconds(1);
  return s;
}

// --- 7.1.5.4-a -------------------------------------------------------------------------------------

void shares(Trial& trial) {
  constexpr NodeId miners = 5;
  constexpr std::uint64_t weight[miners] = {1, 2, 3, 4, 5};
  Scenario s = mining("ten thousand blocks", miners);
  s.params = "block_interval = \"1 s\", retarget = \"none\", settlement_depth = 6";
  s.system = "hash_shares = [1, 2, 3, 4, 5]\n";
  s.duration = seconds(10'500);
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  std::vector<std::uint64_t> made(miners, 0);
  std::uint64_t total = 0;
  for (const BlockRow& row : ran.result.blocks) {
    if (row.height == 0 || row.producer >= miners || row.final == time_never) continue;
    if (total == 10'000) break;
    ++made[row.producer];
    ++total;
  }
  if (total < 10'000) {
    trial.inconclusive("only " + std::to_string(total) + " final blocks");
    return;
  }
  double chi = 0;
  std::string shown;
  for (NodeId node = 0; node < miners; ++node) {
    const double expected = static_cast<double>(total) * static_cast<double>(weight[node]) / 15;
    const double off = static_cast<double>(made[node]) - expected;
    chi += off * off / expected;
    shown += (node ? ", " : "") + std::to_string(made[node]);
  }
  const double p = chi_square_tail(chi, miners - 1);
  trial.note("blocks of miners with 1 to 5 fifteenths of the hash power: " + shown +
             "; chi-square " + decimal(chi, 2) + ", p " + decimal(p, 3));
  trial.check(p > 0.01, "block shares follow hash shares (p > 0.01)");
}

void workless(Trial& trial) {
  Scenario s = mining("blocks without work", 4);
  s.duration = 3 * trial.protocol.contract.run;
  const auto claimed = std::make_shared<std::uint64_t>(0);
  RunHooks hooks;
  hooks.stimulus = "claims_work@1";
  hooks.wrap = [claimed](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node != 0) return inner;
    return std::make_unique<ClaimsWork>(std::move(inner), claimed);
  };
  const Ran ran = trial.run(s, hooks);
  std::uint64_t found = 0;
  std::set<std::uint64_t> known;
  for (const auto& node : ran.history->nodes) {
    found += node.found;
    for (const History::Announcement& a : node.heads) {
      if (a.height > 0) known.insert(a.tag);
    }
  }
  trial.note("blocks claimed without work " + std::to_string(*claimed) + ", work found " +
             std::to_string(found) + ", blocks that were a head somewhere " +
             std::to_string(known.size()));
  if (*claimed < 50) trial.inconclusive("too few claims");
  trial.check(known.size() <= found, "no node's head is a block without work");
}

void right_by_work(Trial& trial) {
  shares(trial);
  workless(trial);
}

/// Every other block it announces as head is one it made up.
class TakesWorkless final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    std::vector<BlockRef> more;
    for (const Effect& e : effects.list()) {
      if (e.kind == EffectKind::announce_head) more.push_back(effects.block_of(e));
    }
    effects.set_slot(Slot::consensus);
    for (const BlockRef& head : more) {
      auto forged = std::make_shared<Block>(*head);
      forged->height += 1;
      forged->parent = head->id;
      forged->id.data[0] ^= 0x55;
      effects.announce_head(forged);
    }
  }
};

// --- 7.1.5.4-b, d ----------------------------------------------------------------------------------

struct Work {
  double hashes_per_block = 0;
  double interval_s = 0;
  double joules_per_block = 0;
  std::uint64_t blocks = 0;
};

Work work_of(Trial& trial, const std::string& name, std::uint64_t hash_power, bool retarget) {
  Scenario s = mining(name, 4);
  s.params = "block_interval = \"1 s\", settlement_depth = 2, retarget_window = 50, "
             "initial_difficulty = 1000, retarget = \"" +
             std::string(retarget ? "bitcoin" : "none") + "\"";
  s.system = "hash_power = \"" + std::to_string(hash_power) +
             " H/s\"\njoules_per_terahash = 1000000\n";
  s.warm_up = retarget ? seconds(600) : Duration{};
  s.duration = seconds(4000);
  const Ran ran = trial.run(s);
  Work w;
  for (const BlockRow& row : ran.result.blocks) {
    w.blocks += row.final != time_never && row.height > 0 && row.made >= Time{s.warm_up};
  }
  w.interval_s = ran.metric("block_interval_s");
  w.hashes_per_block = w.interval_s * static_cast<double>(hash_power);
  // 10^6 J/TH is a microjoule a hash.
  w.joules_per_block = w.hashes_per_block * 1e-6;
  return w;
}

void asymmetry(Trial& trial) {
  const Work w = work_of(trial, "trials for one block", 1000, false);
  const double error = 1 / std::sqrt(static_cast<double>(std::max<std::uint64_t>(1, w.blocks)));
  trial.note("difficulty 1000; hashes a block " + decimal(w.hashes_per_block, 1) + " over " +
             std::to_string(w.blocks) + " blocks (standard error " +
             decimal(1000 * error, 1) + "); one check: two hashes of the header");
  if (w.blocks < 1000) trial.inconclusive("too few blocks");
  trial.check(std::abs(w.hashes_per_block / 1000 - 1) <= 3 * error + 0.003,
              "trials for one block are the difficulty");
}

void energy(Trial& trial) {
  const Work one = work_of(trial, "hash power 1", 1000, true);
  const Work two = work_of(trial, "hash power 2", 2000, true);
  trial.note("interval " + decimal(one.interval_s, 3) + " s and " + decimal(two.interval_s, 3) +
             " s; energy a block " + decimal(one.joules_per_block * 1e3, 3) + " mJ and " +
             decimal(two.joules_per_block * 1e3, 3) + " mJ");
  const double blocks = static_cast<double>(std::min(one.blocks, two.blocks));
  if (blocks < 1000) trial.inconclusive("too few blocks");
  const double error = 3 * std::sqrt(2 / std::max(1.0, blocks)) + 0.003;
  trial.check(std::abs(two.interval_s / one.interval_s - 1) <= error,
              "twice the hash power leaves the interval as it is once difficulty has followed");
  trial.check(std::abs(two.joules_per_block / one.joules_per_block / 2 - 1) <= error,
              "and doubles the energy of a block");
}

}  // namespace

std::vector<Purpose> pow_purposes() {
  std::vector<Purpose> list(3);
  for (Purpose& p : list) {
    p.component = "pow";
    p.selector = "systems that claim proof of work (7.1.5.4-a)";
    p.not_applicable = mines;
  }
  Purpose& a = list[0];
  a.id = "TP-7.1.5.4-a";
  a.clauses = {"F7512-7.1.5.4-a"};
  a.title = "The right to append follows work, and nothing else";
  a.initial = "five miners with 1 to 5 fifteenths of the hash power; four with equal shares";
  a.stimulus = "10,000 blocks; a miner that claims work five times a second which it has not found";
  a.predicate = "chi-square of block shares against hash shares p > 0.01; no claimed block is ever "
                "anybody's head";
  a.execute = right_by_work;
  a.twins = {{"stronger-than-declared", "one miner hashes at three times its declared share",
              nullptr, {"systems.0.hash_shares=[3, 2, 3, 4, 5]"}, "ten thousand blocks"},
             {"takes-workless-blocks", "a node takes blocks without work for its head",
              [](const Plan&) -> Wrap { return wrap_every<TakesWorkless>(1); }, {},
              "blocks without work"}};
  Purpose& b = list[1];
  b.id = "TP-7.1.5.4-b";
  b.clauses = {"F7512-7.1.5.4-b"};
  b.title = "A proof takes as many trials as the difficulty says";
  b.initial = "difficulty 1000, not adjusted";
  b.stimulus = "4000 s of mining at 1000 hashes a second";
  b.predicate = "hashes a block equal the difficulty within three standard errors";
  b.left_out = "that one check costs a constant number of hashes is by construction (rules.hpp)";
  b.execute = asymmetry;
  b.twins = {{"cheaper-proofs", "blocks come at nine tenths of the declared difficulty", nullptr,
              {"systems.0.params.initial_difficulty=900"}, ""}};
  Purpose& d = list[2];
  d.id = "TP-7.1.5.4-d";
  d.clauses = {"F7512-7.1.5.4-d"};
  d.title = "Work is energy: more hash power, same interval, more energy a block";
  d.initial = "difficulty adjusted every 50 blocks, a declared energy per hash";
  d.stimulus = "1000 and 2000 hashes a second";
  d.predicate = "equal intervals, twice the energy a block, within three standard errors";
  d.execute = energy;
  d.twins = {{"does-not-retarget", "difficulty stays as it is", nullptr,
              {"systems.0.params.retarget=none"}, "hash power 2"}};
  return list;
}

}  // namespace ledgerlab::conformance
