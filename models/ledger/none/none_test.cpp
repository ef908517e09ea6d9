// The ledger that is none: answers, the way of adopted and final blocks to the pool, restart.
#include "models/ledger/none/none.hpp"

#include <gtest/gtest.h>

#include "models/parts/suite/suite.hpp"

namespace ledgerlab::no_ledger {
namespace {

class NoInterner final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

struct Bench {
  std::unique_ptr<WorldSuite> suite = make_suite(SuiteMode::costed, 7, WorkMode::lottery);
  NoInterner interner;
  CostTable costs;
  Store store{{5, 7}};
  ModuleContext context;
  std::unique_ptr<NoLedger> ledger;
  Effects effects{*suite, interner, costs};

  Bench() { restart({}); }
  void restart(std::vector<Record> records) {
    context.shared = &store;
    ledger = std::make_unique<NoLedger>(context);
    ledger->restore(records);
  }
  static TxRef tx(const std::string& text) {
    Bytes bytes(text.begin(), text.end());
    bytes.resize(bytes.size() + tx_signature_bytes);
    return make_transaction(std::move(bytes));
  }
  static BlockRef block(const BlockRef& parent, std::vector<TxRef> transactions = {}) {
    return make_log_block(parent->height + 1, parent->id, make_payload(std::move(transactions)));
  }
  std::vector<LocalCall> step(InputKind kind, const LocalCall* call, std::uint64_t up_to = 0) {
    Input input;
    input.kind = kind;
    input.call = call;
    input.persisted_up_to = up_to;
    effects.begin(0);
    effects.set_slot(Slot::application);
    ledger->step(input, effects);
    std::vector<LocalCall> out;
    while (effects.has_calls()) out.push_back(effects.take_call());
    return out;
  }
  std::vector<LocalCall> call(CallBody body) {
    const LocalCall c{Slot::consensus, Slot::application, 9, std::move(body)};
    return step(InputKind::call, &c);
  }
  /// The one answer of this type.
  template <class T>
  T answer(CallBody body) {
    for (const LocalCall& c : call(std::move(body))) {
      if (const T* found = c.as<T>(); found && c.id == 9) return *found;
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
};

TEST(NoLedger, EveryCallIsAnsweredAtOnceWithRootZero) {
  Bench b;
  const BlockRef genesis = make_genesis({});
  const BlockRef one = Bench::block(genesis, {Bench::tx("a")});
  EXPECT_TRUE(b.answer<Validated>(Validate{one}).ok);
  EXPECT_TRUE(b.answer<Executed>(Execute{one}).ok);
  EXPECT_TRUE(b.answer<Executed>(Execute{one}).state_root.is_zero());
  const Adopted adopted = b.answer<Adopted>(Adopt{genesis->id, {one}});
  EXPECT_TRUE(adopted.ok && adopted.state_root.is_zero());
  EXPECT_EQ(adopted.head, one->id);
  const Stakes stakes = b.answer<Stakes>(TakeStakes{one->id});
  EXPECT_TRUE(stakes.known);
  EXPECT_EQ(*stakes.of, (std::vector<std::uint64_t>{5, 7}));
  EXPECT_EQ(b.answer<Queried>(Query{}).height, 1u);
}

TEST(NoLedger, TransactionsAreSendersOfTheirOwn) {
  Bench b;
  const Checked a = b.answer<Checked>(Check{Bench::tx("a")});
  const Checked c = b.answer<Checked>(Check{Bench::tx("c")});
  EXPECT_TRUE(a.ok && c.ok);
  EXPECT_NE(a.sender, c.sender);
  EXPECT_FALSE(a.sender.is_zero());
  EXPECT_EQ(a.nonce, a.next_nonce);
}

TEST(NoLedger, ThePoolHearsWhatIsRevertedIncludedAndFinal) {
  Bench b;
  const BlockRef genesis = make_genesis({});
  const BlockRef one = Bench::block(genesis, {Bench::tx("a")});
  const BlockRef two = Bench::block(one);
  const BlockRef other = Bench::block(one, {Bench::tx("b"), Bench::tx("c")});
  b.call(Adopt{genesis->id, {one, two}});
  const auto told = b.call(Adopt{one->id, {other}});
  ASSERT_EQ(told.size(), 2u);
  const auto* changed = told[0].as<HeadChanged>();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->reverted, std::vector<BlockRef>{two});
  EXPECT_EQ(changed->included, std::vector<BlockRef>{other});
  // Clients are told when the record is durable, not before.
  EXPECT_TRUE(b.call(Finalise{other}).empty());
  EXPECT_TRUE(b.step(InputKind::persisted, nullptr, 0).empty());
  const auto final = b.step(InputKind::persisted, nullptr, 1);
  ASSERT_EQ(final.size(), 2u);
  EXPECT_EQ(final[0].as<Finalised>()->block, one);
  EXPECT_EQ(final[1].as<Finalised>()->outcomes,
            (std::vector<TxOutcome>{TxOutcome::succeeded, TxOutcome::succeeded}));
}

TEST(NoLedger, ComesBackWithItsLastFinalBlock) {
  Bench b;
  const BlockRef genesis = make_genesis({});
  const BlockRef one = Bench::block(genesis);
  b.call(Adopt{genesis->id, {one}});
  b.call(Finalise{one});
  std::vector<Record> records;
  for (const Effect& e : b.effects.list()) {
    if (e.kind != EffectKind::persist) continue;
    records.push_back(b.effects.record_of(e));
    records.back().index = 1;
  }
  ASSERT_EQ(records.size(), 1u);
  b.restart(records);
  const auto told = b.step(InputKind::start, nullptr);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].as<ApplicationState>()->final_block->id, one->id);
}

TEST(NoLedger, ASnapshotIsThePlaceOfTheFinalBlock) {
  Bench from, to;
  const BlockRef genesis = make_genesis({});
  const BlockRef one = Bench::block(genesis);
  from.call(Adopt{genesis->id, {one}});
  from.call(Finalise{one});
  const Snapshot taken = from.answer<Snapshot>(TakeSnapshot{});
  EXPECT_TRUE(to.answer<Installed>(Install{taken.data}).ok);
  EXPECT_EQ(to.answer<Queried>(Query{}).height, 1u);
  EXPECT_FALSE(to.answer<Installed>(Install{taken.data}).ok);  // not newer
}

}  // namespace
}  // namespace ledgerlab::no_ledger
