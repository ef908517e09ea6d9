// Purposes of clause 7.1.5.4 k: proof of stake.
#include <cmath>
#include <set>

#include "conformance/suite/purpose.hpp"
#include "conformance/suite/statistics.hpp"
#include "models/consensus/praos/header.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr NodeId owners = 5;

std::string stakes_decide(const ModelInfo& protocol) {
  return claims(protocol, "F7512-7.1.5.4-k") ? "" : "does not claim proof of stake";
}

NodeId issuer_of(const Block& block) {
  const auto header = praos::header_of(block);
  return header ? header->issuer : no_node;
}

/// Blocks by issuer among all that ever were somebody's head.
std::vector<std::uint64_t> issued(const Ran& ran) {
  std::vector<std::uint64_t> made(owners, 0);
  std::set<std::uint64_t> seen;
  for (const auto& node : ran.history->nodes) {
    for (const History::Announcement& a : node.heads) {
      if (a.height == 0 || !seen.insert(a.tag).second) continue;
      const NodeId issuer = issuer_of(*ran.history->blocks.at(a.tag));
      if (issuer < owners) ++made[issuer];
    }
  }
  return made;
}

void shares(Trial& trial) {
  constexpr std::uint64_t slots = 10'000;
  constexpr double active = 0.2;
  constexpr double weight[owners] = {1, 2, 3, 4, 0};
  Scenario s;
  s.name = "ten thousand slots";
  s.replicas = owners;
  s.clients = 0;
  s.rate = "0 tx/s";
  s.latency = "\"5 ms\"";
  s.params = "slot_length = \"100 ms\", active_slots = \"20 %\", epoch_length = 200";
  s.system = "stakes = [1, 2, 3, 4, 0]\n";
  s.duration = ms(100) * static_cast<int>(slots);
  s.drain = Duration{1};
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  const auto made = issued(ran);
  // Every owner draws for itself: each count is binomial with phi(sigma) = 1 - (1-f)^sigma.
  double chi = 0;
  std::string shown;
  for (NodeId node = 0; node < owners; ++node) {
    const double phi = 1 - std::pow(1 - active, weight[node] / 10);
    const double expected = static_cast<double>(slots) * phi;
    const double off = static_cast<double>(made[node]) - expected;
    if (phi > 0) chi += off * off / (expected * (1 - phi));
    shown += (node ? ", " : "") + std::to_string(made[node]) + " of " + decimal(expected, 0);
  }
  const double p = chi_square_tail(chi, 4);
  trial.note("slots led by owners of 1, 2, 3, 4 and 0 tenths of the stake, and expected: " + shown +
             "; chi-square " + decimal(chi, 2) + ", p " + decimal(p, 3));
  trial.check(p > 0.01, "slots are led in proportion to phi(stake) (p > 0.01)");
  trial.check(made[4] == 0, "who has no stake leads no slot");
}

void stakeless(Trial& trial) {
  constexpr NodeId heir = 4;
  Scenario s;
  s.name = "a leader without stake";
  s.replicas = owners;
  s.latency = "\"5 ms\"";
  s.rate = "2 tx/s";
  s.system = "stakes = [1, 2, 3, 4, 0]\n";
  s.duration = 8 * trial.protocol.contract.run;
  s.extra = "[[behaviours]]\nmodel = \"usurper\"\nnodes = [4]\nparams = { heir = 4 }\n";
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  std::set<std::uint64_t> claimed, taken;
  for (NodeId node = 0; node < owners; ++node) {
    for (const History::Announcement& a : ran.history->nodes[node].heads) {
      if (a.height == 0 || issuer_of(*ran.history->blocks.at(a.tag)) != heir) continue;
      (node == heir ? claimed : taken).insert(a.tag);
    }
  }
  trial.note("blocks the replica without stake made for itself: " +
             std::to_string(claimed.size()) + "; taken by others: " +
             std::to_string(taken.size()));
  if (claimed.size() < 10) trial.inconclusive("it made too few blocks");
  trial.check(taken.empty(), "no replica takes a block of a proposer without stake for its head");
}

void right_by_stake(Trial& trial) {
  shares(trial);
  stakeless(trial);
}

}  // namespace

std::vector<Purpose> pos_purposes() {
  std::vector<Purpose> list(1);
  Purpose& k = list[0];
  k.id = "TP-7.1.5.4-k";
  k.clauses = {"F7512-7.1.5.4-k"};
  k.component = "pos";
  k.title = "The right to append follows stake";
  k.selector = "systems that claim proof of stake (7.1.5.4-k)";
  k.initial = "five replicas with 1, 2, 3, 4 and 0 tenths of the stake";
  k.stimulus =
      "10,000 slots; then the one without stake makes signed blocks with true proofs of its own VRF "
      "for slots it would lead with a fifth of the stake";
  k.predicate = "chi-square of slots led against phi(stake) p > 0.01; none of its blocks is another "
                "replica's head";
  k.not_applicable = stakes_decide;
  k.execute = right_by_stake;
  k.twins = {{"richer-than-declared", "one owner draws with three times its declared stake", nullptr,
              {"systems.0.stakes=[3, 2, 3, 4, 0]"}, "ten thousand slots"},
             {"believes-in-the-heir", "all replicas take the wrong stake for true", nullptr,
              {"behaviours.0.nodes=[0, 1, 2, 3, 4]"}, "a leader without stake"}};
  return list;
}

}  // namespace ledgerlab::conformance
