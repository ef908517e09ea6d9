// A few Praos nodes driven by hand, slot by slot: the test says when slots begin, whose clock is
// wrong, and what the ledger says of stakes.
#pragma once

#include "models/consensus/praos/praos.hpp"
#include "tests/support/chain_world.hpp"

namespace ledgerlab {
void register_consensus_praos(Registry& registry);

namespace praos::test {

using testing::params_of;
using StakeList = std::vector<std::uint64_t>;

class PraosWorld : public testing::ChainWorld {
 public:
  explicit PraosWorld(const StakeList& genesis_stakes, const Changes& changes = {},
                      SuiteMode crypto = SuiteMode::costed)
      : ChainWorld(
            "praos", register_consensus_praos, static_cast<std::uint32_t>(genesis_stakes.size()),
            changes, [genesis_stakes](ModuleContext& c) { c.genesis.stakes = genesis_stakes; },
            crypto),
        rules(params) {
    stakes = [of = std::make_shared<const StakeList>(genesis_stakes)](const BlockId&) {
      return of;
    };
  }

  /// Lets slots begin and everything spread, one after another.
  void run_slots(std::uint64_t count, bool spread = true) {
    for (; count > 0; --count) {
      set_now(rules.start_of(rules.slot_at(now()) + 1));
      for (NodeId id = 0; id < nodes.size(); ++id) fire_due(id);
      if (spread) deliver_all();
    }
  }
  void run_to_epoch(std::uint64_t number) {
    while (rules.epoch_of(slot()) < number) run_slots(1);
  }
  void fire_due(NodeId id) {
    for (const TimerKind kind : {TimerKind::held, TimerKind::slot}) {
      const auto at = nodes[id].timers.find(static_cast<std::uint32_t>(kind));
      if (nodes[id].module && at != nodes[id].timers.end() && at->second <= now()) {
        fire(id, static_cast<std::uint32_t>(kind));
      }
    }
  }
  SlotNumber slot() const { return rules.slot_at(now()); }

  /// Every block that was ever published, genesis' place taken by nothing.
  std::map<BlockId, BlockRef> blocks() const {
    std::map<BlockId, BlockRef> out;
    for (const Flight& f : sent) {
      if (const auto* c = f.message->as<BlockContent>()) {
        out[c->carried.block->id] = c->carried.block;
      }
    }
    return out;
  }
  std::vector<Header> headers() const {
    std::vector<Header> out;
    for (const auto& [id, block] : blocks()) out.push_back(*header_of(*block));
    return out;
  }
  /// By the rules alone, from genesis.
  Point point_of(const Block& block) const {
    if (block.height == 0) return rules.genesis(block.id);
    const auto all = blocks();
    const auto parent = all.find(block.parent);
    const Point above =
        parent == all.end() ? rules.genesis(genesis->id) : point_of(*parent->second);
    return rules.child(above, block.parent, *header_of(block));
  }
  Epoch epoch_after(const Block& parent, SlotNumber slot) const {
    return *rules.epoch(point_of(parent), parent.id, rules.epoch_of(slot));
  }
  VrfEvaluation evaluate(NodeId issuer, const Hash256& eta, SlotNumber slot, VrfUse use) {
    return suite().vrf_prove(issuer, vrf_input(eta, slot, use));
  }
  bool leads(NodeId issuer, const Block& parent, SlotNumber slot, const StakeList& by) {
    const Distribution d = distribution(std::make_shared<const StakeList>(by));
    const Hash256 eta = epoch_after(parent, slot).nonce;
    return below_threshold(evaluate(issuer, eta, slot, VrfUse::test).output,
                           phi_q64(rules.f_q64, d.stake(issuer), d.total));
  }
  /// A header with real proofs on `parent`, as an honest leader would make it but for `change`,
  /// which comes before the signature.
  template <class Change>
  Header forge(const Block& parent, NodeId issuer, SlotNumber slot, Change change) {
    Header h;
    const Hash256 eta = epoch_after(parent, slot).nonce;
    h.parent = parent.id;
    h.height = parent.height + 1;
    h.slot = slot;
    h.issuer = issuer;
    h.tx_root = empty_payload()->root;
    h.state_root = root_after(nodes[0].roots[parent.id], *empty_payload());
    h.leader = evaluate(issuer, eta, slot, VrfUse::test);
    h.nonce = evaluate(issuer, eta, slot, VrfUse::nonce);
    change(h);
    h.signature = suite().sign(h.issuer, signed_text(h));
    return h;
  }
  Header forge(const Block& parent, NodeId issuer, SlotNumber slot) {
    return forge(parent, issuer, slot, [](Header&) {});
  }
  void relay(NodeId from, NodeId to, const Header& header) {
    ChainWorld::relay(from, to, BlockContent{make_forged(header, empty_payload())});
  }

  Rules rules;
};

}  // namespace praos::test
}  // namespace ledgerlab
