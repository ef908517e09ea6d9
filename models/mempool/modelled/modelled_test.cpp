// The modelled mempool, and what a payload that stands for transactions is worth in a frame.
#include "models/mempool/modelled/modelled.hpp"

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {
void register_mempool_modelled(Registry& registry);

namespace modelled_pool {
namespace {

class NoInterner final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

struct Carrier {
  static constexpr MessageInfo info{1, "Carrier", Role::proposal, Auth::none};
  PayloadRef payload;
  template <class A>
  void fields(A& a) {
    a(payload);
  }
};

struct Bench {
  std::unique_ptr<WorldSuite> suite = make_suite(SuiteMode::costed, 7, WorkMode::lottery);
  NoInterner interner;
  CostTable costs;
  Params params;
  Effects effects{*suite, interner, costs};
  std::unique_ptr<Module> pool;

  Bench() {
    Registry registry;
    register_mempool_modelled(registry);
    params.set("block_transactions", std::int64_t{2000});
    params.set("block_bytes", std::int64_t{535'000});
    ModuleContext context;
    context.self = 3;
    context.params = &params;
    pool = registry.find(ModelKind::mempool, "modelled")->make(context);
    effects.begin(3);
  }
  std::vector<LocalCall> call(CallBody body) {
    const LocalCall c{Slot::consensus, Slot::mempool, 5, std::move(body)};
    Input input;
    input.kind = InputKind::call;
    input.call = &c;
    effects.begin(3);
    effects.set_slot(Slot::mempool);
    pool->step(input, effects);
    std::vector<LocalCall> out;
    while (effects.has_calls()) out.push_back(effects.take_call());
    return out;
  }
  MessageRef sealed(PayloadRef payload) { return effects.make(Carrier{std::move(payload)}); }
};

TEST(ModelledPool, GivesFullBlocksAndLessWhereLessIsAskedFor) {
  Bench b;
  auto out = b.call(Build{1, {}, 5000, 1'000'000});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].id, 5u);
  const PayloadRef full = out[0].as<Built>()->payload;
  EXPECT_EQ(full->count(), 2000u);
  EXPECT_EQ(full->modelled_bytes, 535'000u);
  const PayloadRef less = b.call(Build{1, {}, 10, 1'000})[0].as<Built>()->payload;
  EXPECT_EQ(less->count(), 10u);
  EXPECT_EQ(less->modelled_bytes, 1'000u);
  EXPECT_NE(less->root, full->root);
}

TEST(ModelledPool, OnlyALeaderIsToldThatSomethingWaits) {
  Bench b;
  EXPECT_TRUE(b.call(HeadChanged{}).empty());
  EXPECT_TRUE(b.call(RoleChange{NodeRole::follower, 1, 4}).empty());
  EXPECT_EQ(b.call(RoleChange{NodeRole::leader, 3, 5}).size(), 1u);
  EXPECT_EQ(b.call(HeadChanged{})[0].as<Pending>()->count, 2000u);
}

TEST(ModelledPayload, IsChargedForWhatItStandsFor) {
  Bench b;
  const MessageRef small = b.sealed(modelled_payload(2000, 1));
  const MessageRef large = b.sealed(modelled_payload(2000, 535'001));
  EXPECT_EQ(large->wire_size() - small->wire_size(), 535'000u);
  EXPECT_NE(large->identity(), small->identity());
  EXPECT_LT(encode_frame(*large).size(), 100u);  // it does not have them
  EXPECT_EQ(modelled_payload(7, 9), modelled_payload(7, 9));
}

TEST(ModelledPayload, HasOneEncodingAndARealOneKeepsIts) {
  const PayloadRef modelled = modelled_payload(2000, 535'000);
  const Bytes bytes = codec::encode(modelled);
  const auto back = codec::decode<PayloadRef>(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ((*back)->root, modelled->root);
  EXPECT_EQ((*back)->bytes, modelled->bytes);
  EXPECT_EQ(codec::encode(*back), bytes);
  EXPECT_EQ(codec::encode(empty_payload()), Bytes{0});
  // Standing for nothing, or for more than a frame may: refused.
  EXPECT_FALSE(codec::decode<PayloadRef>(Bytes{0xff, 0xff, 0xff, 0xff, 0xf, 0, 0, 0, 0, 0, 0, 0, 0,
                                               0}));
  EXPECT_TRUE(codec::decode<PayloadRef>(Bytes{0xff, 0xff, 0xff, 0xff, 0xf, 0, 0, 0, 0, 1, 0, 0, 0,
                                              0}));
  EXPECT_FALSE(codec::decode<PayloadRef>(Bytes{0xff, 0xff, 0xff, 0xff, 0xf, 0, 0, 0, 0, 1, 0, 0,
                                               0x40, 0}));
}

}  // namespace
}  // namespace modelled_pool
}  // namespace ledgerlab
