// A few proof-of-work nodes driven by hand: the test says who finds a block.
#pragma once

#include "models/consensus/pow/pow.hpp"
#include "tests/support/chain_world.hpp"

namespace ledgerlab {
void register_consensus_pow(Registry& registry);

namespace pow::test {

using testing::params_of;

class PowWorld : public testing::ChainWorld {
 public:
  explicit PowWorld(std::uint32_t n, const Changes& changes = {})
      : ChainWorld("pow", register_consensus_pow, n, changes, [](ModuleContext& c) {
          c.hash_share_ppb = 1'000'000'000 / c.replicas;
          c.hash_power = 1'000'000;
        }) {}

  /// The node's search ends with a find.
  void find(NodeId id) {
    Node& n = nodes[id];
    if (!n.search) throw std::logic_error("node " + std::to_string(id) + " does not search");
    Input input = make_input(id, InputKind::found);
    const auto at = static_cast<std::uint64_t>(count_ns(now()));
    input.stamp = std::max(at - at % n.search->unit, n.search->earliest);
    input.nonce = suite().mint_ticket(stamped(n.search->header, input.stamp), n.search->target);
    n.search.reset();
    step(id, input);
  }
  void mine(NodeId id, int count = 1) {
    for (int i = 0; i < count; ++i) {
      advance(seconds(1));
      find(id);
      deliver_all();
    }
  }
  void fire(NodeId id, TimerKind kind) { ChainWorld::fire(id, static_cast<std::uint32_t>(kind)); }
  bool timer_set(NodeId id, TimerKind kind) const {
    return ChainWorld::timer_set(id, static_cast<std::uint32_t>(kind));
  }
  void relay(NodeId from, NodeId to, const Header& header, PayloadRef payload) {
    ChainWorld::relay(from, to, BlockContent{make_mined(header, std::move(payload))});
  }
  /// A header with real work after `parent`, as an honest miner would make it but for `change`.
  template <class Change>
  Header forge(const Block& parent, Change change) {
    Header h;
    const auto p = header_of(parent);
    const Rules rules(context(0));
    h.parent = parent.id;
    h.height = parent.height + 1;
    h.tx_root = empty_payload()->root;
    h.time = (p ? p->time : 0) + 1'000'000'000;
    rules.set_difficulty(h, {p ? *p : rules.genesis, 0});
    h.miner = 99;
    h.state_root = root_after(nodes[0].roots[parent.id], *empty_payload());
    change(h);
    h.nonce = suite().mint_ticket(work_digest(h), claimed_target(h).value_or(U256()));
    return h;
  }
};

}  // namespace pow::test
}  // namespace ledgerlab
