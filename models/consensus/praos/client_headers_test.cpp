// What a client's chain of headers asks of leaders: it has no state, and holds every epoch's
// leaders to the stake of genesis. A replica's, which knows none beyond the second epoch, does not.
#include <gtest/gtest.h>

#include "models/consensus/praos/praos_test.hpp"
#include "models/parts/chain/header_chain.hpp"

namespace ledgerlab::praos::test {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class World final : public PraosWorld {
 public:
  static constexpr NodeId poor = 2;
  World() : PraosWorld({5, 4, 0}, {{"active_slots", "50 %"}, {"epoch_length", "20"}}) {
    // The world's clock begins in epoch 5, whose stake and the next one's is genesis'.
    run_to_epoch(8);
    run_slots(3);
  }
  /// All headers of the head's chain, taken by the chain of this node of the world.
  std::unique_ptr<chain::HeaderChain> chain_of(NodeId self) {
    ModuleContext c = context(0);
    c.self = self;
    c.consensus_params = &params;
    auto out = info->make_header_chain(c);
    std::vector<BlockRef> way;
    const auto all = blocks();
    for (BlockRef b = nodes[0].head; b->height > 0;) {
      way.push_back(b);
      const auto parent = all.find(b->parent);
      if (parent == all.end()) break;
      b = parent->second;
    }
    for (std::size_t i = way.size(); i-- > 0;) EXPECT_EQ(add(*out, way[i]->header), "");
    EXPECT_EQ(out->tip().place.id, nodes[0].head->id);
    return out;
  }
  std::string add(chain::HeaderChain& chain, const Bytes& header) {
    Effects effects(suite(), names_, costs_);
    effects.begin(9);
    return chain.add(header, now(), effects);
  }
  /// Good but for its stake: its value is below the threshold of all stake together.
  Bytes of_the_poor() {
    for (SlotNumber s = slot() + 1;; ++s) {
      const Header header = forge(*nodes[0].head, poor, s);
      if (!below_threshold(header.leader.output, rules.f_q64)) continue;
      set_now(rules.start_of(s));
      return codec::encode(header);
    }
  }

 private:
  NoNames names_;
  CostTable costs_;
};

TEST(ClientHeaders, WhoHasNoStakeLeadsInNoEpoch) {
  World w;
  const auto chain = w.chain_of(7);
  EXPECT_EQ(w.add(*chain, w.of_the_poor()), "no leader by its stake");
}

TEST(ClientHeaders, AReplicasHeadersAloneCannotTell) {
  // The twin: what refuses it above is the assumption, nothing else.
  World w;
  const auto chain = w.chain_of(0);
  EXPECT_EQ(w.add(*chain, w.of_the_poor()), "");
}

}  // namespace
}  // namespace ledgerlab::praos::test
