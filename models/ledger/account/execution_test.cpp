// Execution as a pure function: continued from a beginning or done at once, the result is the same,
// and the audit's second set of books has the same root.
#include <gtest/gtest.h>

#include "models/api/effects.hpp"
#include "models/api/registry.hpp"
#include "models/base/draw.hpp"
#include "models/ledger/account/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ledger/store.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {

void register_ledger_account(Registry&);

namespace account {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class Execution : public ::testing::Test {
 protected:
  std::unique_ptr<WorldSuite> suite_ = make_suite(SuiteMode::costed, 11, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  GenesisSpec genesis_{20, 1000};
  Registry registry_;
  std::unique_ptr<LedgerAudit> audit_;

  void SetUp() override {
    register_ledger_account(registry_);
    audit_ = registry_.find(ModelKind::ledger, "account")->make_audit(genesis_, *suite_);
  }
  TxRef transfer(AccountIndex from, std::uint64_t nonce, AccountIndex to, const U256& value,
                 std::uint64_t fee = 1) {
    effects_.begin(0);
    Transfer t;
    t.nonce = nonce;
    t.to = suite_->account(to);
    t.value = value;
    t.fee = fee;
    return sign_transfer(effects_.crypto(), from, t);
  }
  /// The audit's root after a history of this one payload.
  Hash256 audited(const PayloadRef& payload) {
    audit_->apply(*make_log_block(1, BlockId{}, payload));
    EXPECT_EQ(audit_->supply(), U256(20 * 1000));
    return audit_->state_root();
  }
};

// Valid ones, used and future nonces, senders and payees without an account, sums nobody owns.
TEST_F(Execution, a_continued_one_gives_what_one_at_once_gives) {
  std::vector<TxRef> all;
  std::vector<std::uint64_t> next(24, 0);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto draw = [&](std::uint64_t n) {
      return draw_below(draw64(1, 0, Purpose("test.execution"), i * 16 + n), 24);
    };
    const auto from = static_cast<AccountIndex>(draw(0));
    const std::uint64_t nonce = draw(1) < 20 ? next[from]++ : draw(2);
    const U256 value = draw(3) == 0 ? U256::max() : U256(draw(4) * 10);
    all.push_back(transfer(from, nonce, static_cast<AccountIndex>(draw(5)), value, draw(6) % 3));
  }
  const StateRef pre = genesis_state(genesis_, *suite_);
  const PayloadRef whole = make_payload(all);
  const BlockResult once = execute_payload(*pre, *whole, *suite_);
  ASSERT_TRUE(once.ok);
  const auto done = std::count(once.outcomes.begin(), once.outcomes.end(), TxOutcome::succeeded);
  EXPECT_GT(done, 50);
  EXPECT_LT(done, 290);
  EXPECT_EQ(once.state_root, audited(whole));
  for (const std::size_t cut : {0, 1, 7, 150, 299, 300}) {
    const auto first = make_payload({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut)});
    const BlockResult begun = execute_payload(*pre, *first, *suite_);
    const BlockResult rest = execute_payload(*pre, *whole, *suite_, &begun);
    EXPECT_EQ(rest.state_root, once.state_root) << cut;
    EXPECT_EQ(rest.receipts_root, once.receipts_root) << cut;
    EXPECT_EQ(rest.outcomes, once.outcomes) << cut;
    EXPECT_EQ(rest.written, once.written) << cut;
  }
}

TEST_F(Execution, the_store_continues_only_what_has_the_same_beginning) {
  ledger::Store shared(std::make_unique<Rules>(genesis_, *suite_), 0, true);
  ledger::Store alone(std::make_unique<Rules>(genesis_, *suite_), 0, false);
  const TxRef a = transfer(1, 0, 2, U256(5));
  const TxRef b = transfer(2, 0, 3, U256(6));
  const TxRef c = transfer(3, 0, 4, U256(7));
  for (const auto& list : std::vector<std::vector<TxRef>>{{a}, {a, b}, {b, a}, {b, a, c}, {a, c}}) {
    const BlockRef block = make_log_block(1, BlockId{}, make_payload(list));
    const auto one = shared.execute(*shared.genesis(), *block, true);
    const auto other = alone.execute(*alone.genesis(), *block, false);
    EXPECT_EQ(one->state_root, other->state_root);
    EXPECT_EQ(one->receipts_root, other->receipts_root);
    EXPECT_EQ(one->work, other->work);
  }
}

TEST_F(Execution, a_bad_signature_behind_a_good_beginning_refuses_the_block) {
  const StateRef pre = genesis_state(genesis_, *suite_);
  const TxRef good = transfer(1, 0, 2, U256(5));
  Bytes bytes = transfer(2, 0, 3, U256(6))->bytes;
  bytes.back() ^= 1;
  const BlockResult begun = execute_payload(*pre, *make_payload({good}), *suite_);
  const BlockResult all =
      execute_payload(*pre, *make_payload({good, make_transaction(bytes)}), *suite_, &begun);
  EXPECT_FALSE(all.ok);
  EXPECT_EQ(all.post, nullptr);
}

TEST_F(Execution, nobody_comes_into_being_by_failing) {
  const StateRef pre = genesis_state(genesis_, *suite_);
  // Account 22 has nothing; and nobody owns value + fee when their sum does not fit 256 bits.
  const PayloadRef payload =
      make_payload({transfer(22, 0, 1, U256(1)), transfer(1, 0, 2, U256::max(), 1),
                    transfer(1, 0, 23, U256(0), 0)});
  const BlockResult result = execute_payload(*pre, *payload, *suite_);
  EXPECT_EQ(result.outcomes, (std::vector<TxOutcome>{TxOutcome::no_effect, TxOutcome::no_effect,
                                                     TxOutcome::succeeded}));
  EXPECT_EQ(result.written, std::vector<Address>{suite_->account(1)});  // its nonce
  EXPECT_EQ(result.state_root, audited(payload));
}

}  // namespace
}  // namespace account
}  // namespace ledgerlab
