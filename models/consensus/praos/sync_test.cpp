// Catching up by headers under proof of stake: over several epochs, and what a header shows of its
// issuer's right to it.
#include <gtest/gtest.h>

#include "models/consensus/praos/praos_test.hpp"

namespace ledgerlab::praos::test {
namespace {

using chain::GetData;
using chain::GetHeaders;
using chain::Headers;

constexpr NodeId late = 3;

struct World : PraosWorld {
  World()
      : PraosWorld({5, 5, 5, 5}, {{"sync", "headers"},
                                  {"slot_length", "1 s"},
                                  {"active_slots", "50 %"},
                                  {"epoch_length", "20"},
                                  {"settlement_depth", "3"},
                                  {"sync_in_flight", "5"}}) {
    crash(late);
    run_slots(110);
  }
  void come_back() {
    restart(late);
    deliver_all();
  }
  /// As high as the others, and what it settled is what they settled: tips of one height may
  /// differ.
  bool caught_up() const {
    const auto& own = nodes[late].finals;
    std::set<BlockId> settled;
    for (const BlockRef& block : nodes[0].finals) settled.insert(block->id);
    return height(late) == height(0) && !own.empty() &&
           std::all_of(own.begin(), own.end(),
                       [&](const BlockRef& block) { return settled.contains(block->id); });
  }
  bool noted(const std::string& text) const {
    for (const std::string& note : nodes[late].notes) {
      if (note.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

TEST(HeadersFirst, LeadsThroughEpochs) {
  World w;
  ASSERT_GT(w.rules.epoch_of(header_of(*w.nodes[0].head)->slot), 3u);
  w.come_back();
  EXPECT_TRUE(w.caught_up());
  EXPECT_EQ(w.count_sent("GetBlocks"), 0u);
  EXPECT_GT(w.count_sent("GetData"), 2u);
  w.run_slots(20);
  EXPECT_TRUE(w.caught_up());
  bool own = false;
  for (const auto& node : w.nodes[0].heads) own = own || header_of(*node)->issuer == late;
  EXPECT_TRUE(own) << "it leads again";
}

TEST(HeadersFirst, AHeaderShowsThatItsIssuerLed) {
  World w;
  SlotNumber idle = 1;
  while (w.leads(0, *w.genesis, idle, {5, 5, 5, 5})) ++idle;
  const Bytes false_leader = codec::encode(w.forge(*w.genesis, 0, idle));
  bool lied = false;
  w.intercept = [&](World::Flight& f) {
    if (f.to != late || !f.message->as<Headers>() || lied) return;
    lied = true;
    f.message = w.sealed(f.from, Headers{{false_leader}, false});
  };
  w.come_back();
  EXPECT_TRUE(w.noted("no leader by its stake"));
  EXPECT_TRUE(w.caught_up());
}

TEST(HeadersFirst, AHeaderIsItsIssuersOwn) {
  World w;
  bool lied = false;
  w.intercept = [&](World::Flight& f) {
    const auto* headers = f.message->as<Headers>();
    if (f.to != late || !headers || lied) return;
    lied = true;
    Headers changed(*headers);
    Header h = *codec::decode<Header>(changed.list[7]);
    h.state_root.data[0] ^= 1;
    changed.list[7] = codec::encode(h);
    f.message = w.sealed(f.from, changed);
  };
  w.come_back();
  EXPECT_TRUE(w.noted("header: signature"));
  EXPECT_TRUE(w.caught_up());
}

}  // namespace
}  // namespace ledgerlab::praos::test
