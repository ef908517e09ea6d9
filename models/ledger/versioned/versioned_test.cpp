// Execute-order-validate from proposal to receipt: endorsement policies with their violators, MVCC
// conflicts, duplicates, recording, replay by the audit; each check beside a twin that passes.
#include <gtest/gtest.h>

#include "models/api/effects.hpp"
#include "models/api/registry.hpp"
#include "models/ledger/versioned/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ledger/store.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {

void register_ledger_versioned(Registry&);

namespace versioned {
namespace {

using pipeline::Endorsement;
using pipeline::Envelope;
using pipeline::Proposal;

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class Versioned : public ::testing::Test {
 protected:
  static constexpr NodeId endorsers = 4;

  std::unique_ptr<WorldSuite> suite_ = make_suite(SuiteMode::costed, 5, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Params params_;
  GenesisSpec genesis_{8, 1000};
  std::unique_ptr<Rules> rules_;
  ledger::StateRef state_;
  Height height_ = 0;
  std::uint64_t number_ = 0;

  void SetUp() override { begin("2 of 4"); }
  void begin(const std::string& policy) {
    params_.set("endorsement", policy);
    params_.set("endorsers", std::int64_t{endorsers});
    genesis_.params = &params_;
    rules_ = std::make_unique<Rules>(genesis_, *suite_);
    state_ = rules_->genesis();
    height_ = 0;
    effects_.begin(0);
  }
  TxRef propose(AccountIndex from, AccountIndex to, std::uint64_t value) {
    Proposal p;
    p.chain_id = ledgerlab_chain_id;
    p.number = number_++;
    p.to = suite_->account(to);
    p.value = U256(value);
    return pipeline::sign_proposal(effects_.crypto(), from, p);
  }
  Bytes simulate(const TxRef& proposal) {
    ledger::Work work;
    const Simulated s = rules_->simulate(*state_, *proposal, work);
    return s.ok ? pipeline::encode({s.reads, s.writes}) : Bytes{};
  }
  Endorsement endorse(NodeId node, const TxRef& proposal, const Bytes& result) {
    return {node, suite_->sign(node, pipeline::endorsed_text(proposal->id, result))};
  }
  TxRef wrap(AccountIndex from, const TxRef& proposal, const Bytes& result,
             std::vector<Endorsement> by) {
    return pipeline::sign_envelope(effects_.crypto(), from, {proposal, result, std::move(by)});
  }
  /// Simulated now, endorsed by replicas 0 and 1.
  TxRef transfer(AccountIndex from, AccountIndex to, std::uint64_t value) {
    const TxRef proposal = propose(from, to, value);
    const Bytes result = simulate(proposal);
    return wrap(from, proposal, result,
                {endorse(0, proposal, result), endorse(1, proposal, result)});
  }
  std::shared_ptr<const BlockResult> execute(std::vector<TxRef> transactions) {
    const auto block = make_log_block(++height_, {}, make_payload(std::move(transactions)));
    auto result =
        std::static_pointer_cast<const BlockResult>(rules_->execute(*state_, *block, nullptr));
    if (result->ok) state_ = result->post;
    return result;
  }
  Validity one(const TxRef& transaction) { return execute({transaction})->validity.at(0); }
  U256 balance(AccountIndex i) { return rules_->query(*state_, suite_->account(i)).balance; }
};

TEST_F(Versioned, a_simulation_changes_nothing_and_its_result_applied_does) {
  const TxRef tx = transfer(0, 1, 100);
  EXPECT_EQ(balance(0), U256(1000));
  const auto result = execute({tx});
  EXPECT_EQ(result->validity.at(0), Validity::valid);
  EXPECT_EQ(result->outcomes.at(0), TxOutcome::succeeded);
  EXPECT_EQ(balance(0), U256(900));
  EXPECT_EQ(balance(1), U256(1100));
}

TEST_F(Versioned, of_two_that_read_one_version_the_first_in_the_block_is_valid) {
  const TxRef first = transfer(0, 1, 100);
  const TxRef second = transfer(1, 2, 50);  // simulated on the same state, reads account 1 too
  const TxRef apart = transfer(3, 4, 7);
  const Hash256 before = state_->root();
  const auto result = execute({first, second, apart});
  EXPECT_EQ(result->validity,
            (std::vector{Validity::valid, Validity::mvcc_read_conflict, Validity::valid}));
  EXPECT_EQ(result->outcomes[1], TxOutcome::no_effect);
  EXPECT_EQ(balance(1), U256(1100));
  EXPECT_EQ(balance(2), U256(1000));
  EXPECT_NE(state_->root(), before);
  // Simulated again on what is there now, the same proposal passes.
  const TxRef& proposal = pipeline::decode_envelope(*second)->content.proposal;
  const Bytes result2 = simulate(proposal);
  EXPECT_EQ(one(wrap(1, proposal, result2,
                     {endorse(2, proposal, result2), endorse(3, proposal, result2)})),
            Validity::valid);
  EXPECT_EQ(balance(2), U256(1050));
}

TEST_F(Versioned, a_version_that_is_stale_across_blocks_conflicts) {
  const TxRef late = transfer(0, 1, 100);
  EXPECT_EQ(one(transfer(2, 0, 1)), Validity::valid);
  const Hash256 before = state_->root();
  EXPECT_EQ(one(late), Validity::mvcc_read_conflict);
  EXPECT_EQ(state_->root(), before);
}

/// The same value written again is another version: the check is on versions, not on values.
TEST_F(Versioned, a_value_that_came_back_is_stale_all_the_same) {
  const TxRef late = transfer(0, 1, 100);
  EXPECT_EQ(one(transfer(0, 2, 10)), Validity::valid);
  EXPECT_EQ(one(transfer(2, 0, 10)), Validity::valid);
  EXPECT_EQ(balance(0), U256(1000));
  EXPECT_EQ(one(late), Validity::mvcc_read_conflict);
}

TEST_F(Versioned, a_proposal_is_applied_once_whoever_wraps_it_again) {
  const TxRef proposal = propose(0, 0, 5);  // to itself: writes no balance, so reads stay current
  const Bytes result = simulate(proposal);
  const TxRef tx =
      wrap(0, proposal, result, {endorse(0, proposal, result), endorse(1, proposal, result)});
  const TxRef again =
      wrap(0, proposal, result, {endorse(2, proposal, result), endorse(3, proposal, result)});
  EXPECT_NE(tx->id, again->id);
  const auto both = execute({tx, again});
  EXPECT_EQ(both->validity, (std::vector{Validity::valid, Validity::duplicate_proposal}));
  EXPECT_EQ(one(again), Validity::duplicate_proposal);
  EXPECT_TRUE(simulate(proposal).empty());
  Checked answer;
  answer.transaction = again;
  rules_->check(*state_, answer);
  EXPECT_FALSE(answer.ok);
}

TEST_F(Versioned, too_few_endorsers_do_not_count_however_they_stand_there) {
  const TxRef proposal = propose(0, 1, 100);
  const Bytes result = simulate(proposal);
  const Endorsement good = endorse(0, proposal, result);
  Endorsement forged = endorse(1, proposal, result);
  forged.signature.data[0] ^= 1;
  // A client has a key too, but is no endorser.
  const Endorsement outsider = endorse(endorsers, proposal, result);
  // Of replica 1, under the name of replica 2.
  Endorsement borrowed = endorse(1, proposal, result);
  borrowed.endorser = 2;
  const Hash256 before = state_->root();
  for (const auto& by : std::vector<std::vector<Endorsement>>{
           {}, {good}, {good, good}, {good, forged}, {good, outsider}, {good, borrowed}}) {
    EXPECT_EQ(one(wrap(0, proposal, result, by)), Validity::endorsement_policy_failure);
    EXPECT_EQ(state_->root(), before);
  }
  EXPECT_EQ(one(wrap(0, proposal, result, {forged, good, endorse(3, proposal, result)})),
            Validity::valid);
}

TEST_F(Versioned, a_wrong_write_set_needs_as_many_liars_as_the_policy_names) {
  const TxRef proposal = propose(0, 1, 100);
  pipeline::ReadWriteSet set = *pipeline::decode_set(simulate(proposal));
  for (WriteItem& write : set.writes) {
    if (write.key == pipeline::balance_key(suite_->account(1))) {
      write.value = pipeline::balance_value(U256(999'999));
    }
  }
  const Bytes lie = pipeline::encode(set);
  const Bytes truth = simulate(proposal);
  // One liar beside an honest endorser: his signature is for another result.
  EXPECT_EQ(one(wrap(0, proposal, lie, {endorse(0, proposal, truth), endorse(1, proposal, lie)})),
            Validity::endorsement_policy_failure);
  EXPECT_EQ(balance(1), U256(1000));
  // Two are what "2 of 4" trusts: the policy is the trust model (section 3.1). "all" is not theirs.
  const TxRef colluding =
      wrap(0, proposal, lie, {endorse(0, proposal, lie), endorse(1, proposal, lie)});
  const auto found = one(colluding);
  EXPECT_EQ(found, Validity::valid);
  EXPECT_EQ(balance(1), U256(999'999));
  begin("all");
  EXPECT_EQ(one(colluding), Validity::endorsement_policy_failure);
}

TEST_F(Versioned, an_envelope_needs_the_proposers_own_signature) {
  const TxRef proposal = propose(0, 1, 100);
  const Bytes result = simulate(proposal);
  const std::vector<Endorsement> by{endorse(0, proposal, result), endorse(1, proposal, result)};
  EXPECT_EQ(rules_->fault(*wrap(1, proposal, result, by)), "signature not valid");
  EXPECT_EQ(rules_->fault(*wrap(0, proposal, result, by)), "");
  EXPECT_EQ(rules_->fault(*proposal), "malformed");
  EXPECT_FALSE(execute({wrap(1, proposal, result, by)})->ok);
}

TEST_F(Versioned, what_cannot_be_paid_is_not_endorsed) {
  EXPECT_TRUE(simulate(propose(0, 1, 1001)).empty());
  EXPECT_FALSE(simulate(propose(0, 1, 1000)).empty());
}

TEST_F(Versioned, a_block_continued_from_its_beginning_gives_the_same) {
  const std::vector<TxRef> all{transfer(0, 1, 1), transfer(2, 3, 1), transfer(1, 2, 1),
                               transfer(4, 5, 1)};
  const auto whole = make_log_block(1, {}, make_payload(all));
  const auto part = make_log_block(1, {}, make_payload({all[0], all[1]}));
  const auto begun = rules_->execute(*state_, *part, nullptr);
  const auto at_once = rules_->execute(*state_, *whole, nullptr);
  const auto continued = rules_->execute(*state_, *whole, begun.get());
  EXPECT_EQ(at_once->state_root, continued->state_root);
  EXPECT_EQ(at_once->receipts_root, continued->receipts_root);
  EXPECT_EQ(at_once->outcomes, continued->outcomes);
  EXPECT_EQ(at_once->work, continued->work);
}

TEST_F(Versioned, snapshots_carry_versions) {
  execute({transfer(0, 1, 100)});
  const Bytes bytes = rules_->serialise(*state_);
  const auto copy = rules_->deserialise(bytes);
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->root(), state_->root());
  // Judged on the copy, an envelope from before is as stale as on the original.
  const TxRef tx = transfer(0, 2, 1);
  state_ = copy;
  EXPECT_EQ(one(tx), Validity::valid);
  EXPECT_EQ(one(transfer(2, 0, 1)), Validity::valid);
  Bytes cut(bytes.begin(), bytes.end() - 1);
  EXPECT_FALSE(rules_->deserialise(cut));
}

TEST_F(Versioned, the_audit_keeps_the_same_books) {
  Registry registry;
  register_ledger_versioned(registry);
  const auto audit = registry.find(ModelKind::ledger, "versioned")->make_audit(genesis_, *suite_);
  EXPECT_EQ(audit->state_root(), state_->root());
  Draws draws{3, 0, 0};
  std::uint64_t valid = 0, invalid = 0;
  for (Height h = 1; h <= 30; ++h) {
    std::vector<TxRef> transactions;
    for (std::uint64_t i = 0; i < 6; ++i) {
      const auto draw = draws(Purpose("test"), h * 100 + i);
      transactions.push_back(transfer(draw % 8, draw / 8 % 8, draw / 64 % 50));
    }
    const auto block = make_log_block(h, {}, make_payload(transactions));
    const auto entries = audit->apply(*block);
    const auto result =
        std::static_pointer_cast<const BlockResult>(rules_->execute(*state_, *block, nullptr));
    state_ = result->post;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool good = result->validity[i] == Validity::valid;
      EXPECT_EQ(entries[i].effective, good);
      ++(good ? valid : invalid);
    }
    ASSERT_EQ(audit->state_root(), state_->root());
    EXPECT_EQ(audit->supply(), U256(8000));
  }
  EXPECT_GT(valid, 30u);
  EXPECT_GT(invalid, 30u);
}

TEST(VersionedPolicy, is_refused_with_what_to_write) {
  const auto problem = [](const std::string& text, std::int64_t endorsers) {
    Params params;
    params.set("endorsement", text);
    params.set("endorsers", endorsers);
    return policy_problem(params, 4);
  };
  EXPECT_EQ(problem("any", 0), "");
  EXPECT_EQ(problem("3 of 4", 0), "");
  EXPECT_EQ(problem("2 of 3", 3), "");
  EXPECT_NE(problem("2 of 3", 0).find("2 of 4"), std::string::npos);
  EXPECT_NE(problem("5 of 4", 0), "");
  EXPECT_NE(problem("0 of 4", 0), "");
  EXPECT_NE(problem("most", 0), "");
  EXPECT_NE(problem("any", 5).find("more than"), std::string::npos);
}

}  // namespace
}  // namespace versioned
}  // namespace ledgerlab
