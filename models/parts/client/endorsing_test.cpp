// The execution phase at the client: whom it asks, what it wraps, what it does about disagreement,
// silence, refusals, forgeries and conflicts.
#include "models/parts/client/endorsing.hpp"

#include <gtest/gtest.h>

#include "models/parts/suite/suite.hpp"

namespace ledgerlab::client {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class EndorsingTest : public ::testing::Test {
 protected:
  static constexpr NodeId self = 10;
  std::unique_ptr<WorldSuite> suite_ = make_suite(SuiteMode::costed, 3, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Draws draws_{1, self, 0};
  Endorsing endorsing_{{seconds(2), ms(100), seconds(60)}, {2, 4}, 1};
  Endorsing::Outcome outcome_;
  Time now_ = time_start;
  Time timer_ = time_never;
  std::vector<NodeId> asked_;
  std::uint32_t attempt_ = 0;
  TxRef proposal_;

  void SetUp() override {
    effects_.begin(self);
    pipeline::Proposal p;
    p.chain_id = 1;
    proposal_ = pipeline::sign_proposal(effects_.crypto(), 0, p);
  }
  Input input(InputKind kind) {
    Input in;
    in.kind = kind;
    in.self = self;
    in.local = now_;
    in.draws = &draws_;
    return in;
  }
  template <class Step>
  void step(Step body) {
    effects_.begin(self);
    effects_.set_slot(Slot::client);
    body();
    for (const Effect& e : effects_.list()) {
      if (e.kind == EffectKind::set_timer) {
        timer_ = now_ + Duration{static_cast<std::int64_t>(e.b)};
      } else if (e.kind == EffectKind::multicast) {
        const auto whom = effects_.nodes_of(e);
        asked_.assign(whom.begin(), whom.end());
        const MessageRef m = effects_.take_message(e);
        attempt_ = m->as<pipeline::EndorseRequest>()->attempt;
      }
    }
  }
  void begin() {
    step([&] { endorsing_.begin(input(InputKind::start), effects_, {proposal_, {}, now_}); });
  }
  void fire() {
    asked_.clear();
    now_ = timer_;
    timer_ = time_never;
    step([&] { endorsing_.on_timer(input(InputKind::timer), effects_, outcome_); });
  }
  Bytes result(std::uint64_t version) const {
    return pipeline::encode({{{Bytes{1}, version}}, {{Bytes{1}, Bytes{2}, false}}});
  }
  /// `signer` signs what `from` says.
  void hear(NodeId from, const Bytes& result, bool ok = true, NodeId signer = no_node) {
    pipeline::Endorsed body{proposal_->id, attempt_, ok, result, {}};
    if (ok) {
      body.signature = suite_->sign(signer == no_node ? from : signer,
                                    pipeline::endorsed_text(proposal_->id, result));
    }
    Effects other(*suite_, names_, costs_);
    other.begin(from);
    const MessageRef message = other.make(std::move(body));
    Input in = input(InputKind::deliver);
    in.from = from;
    in.message = message.get();
    step([&] { EXPECT_TRUE(endorsing_.on_message(in, effects_, outcome_)); });
  }
};

TEST_F(EndorsingTest, asks_as_many_as_the_policy_needs_and_wraps_their_one_result) {
  begin();
  EXPECT_EQ(asked_, (std::vector<NodeId>{1, 2}));
  hear(1, result(7));
  EXPECT_TRUE(outcome_.ready.empty());
  hear(1, result(7));  // once more counts once
  EXPECT_TRUE(outcome_.ready.empty());
  hear(2, result(7));
  ASSERT_EQ(outcome_.ready.size(), 1u);
  const auto* envelope = pipeline::decode_envelope(*outcome_.ready[0].envelope);
  ASSERT_TRUE(envelope);
  EXPECT_TRUE(pipeline::signed_by_sender(*envelope, *suite_));
  EXPECT_TRUE((pipeline::Policy{2, 4}.satisfied(envelope->content, *suite_)));
  EXPECT_EQ(envelope->set.reads[0].version, 7u);
  EXPECT_EQ(endorsing_.open(), 0u);
}

TEST_F(EndorsingTest, asks_everybody_where_two_disagree) {
  begin();
  hear(1, result(7));
  hear(2, result(8));
  EXPECT_TRUE(outcome_.ready.empty());
  EXPECT_EQ(endorsing_.disagreements(), 1u);
  EXPECT_GE(timer_, now_ + ms(50));
  EXPECT_LT(timer_, now_ + ms(150));
  fire();
  EXPECT_EQ(asked_.size(), 4u);
  hear(3, result(7));
  hear(0, result(8));
  hear(1, result(8));
  ASSERT_EQ(outcome_.ready.size(), 1u);
  EXPECT_EQ(pipeline::decode_envelope(*outcome_.ready[0].envelope)->set.reads[0].version, 8u);
}

TEST_F(EndorsingTest, asks_everybody_after_silence) {
  begin();
  hear(1, result(7));
  EXPECT_EQ(timer_, now_ + seconds(2));
  fire();
  EXPECT_EQ(asked_.size(), 4u);
}

TEST_F(EndorsingTest, does_not_wrap_a_signature_that_validation_would_not_count) {
  begin();
  hear(1, result(7), true, 2);
  hear(2, result(7));
  EXPECT_TRUE(outcome_.ready.empty());
  EXPECT_EQ(endorsing_.disagreements(), 1u);
}

TEST_F(EndorsingTest, believes_a_refusal_from_as_many_as_could_have_endorsed) {
  begin();
  hear(1, {}, false);
  EXPECT_TRUE(outcome_.dropped.empty());
  hear(2, result(7));
  EXPECT_TRUE(outcome_.dropped.empty());  // one against one
  fire();
  hear(1, {}, false);
  hear(0, {}, false);
  EXPECT_EQ(outcome_.dropped.size(), 1u);
}

TEST_F(EndorsingTest, waits_longer_after_every_conflict) {
  Duration last{};
  for (std::uint32_t conflicts = 0; conflicts < 8; ++conflicts) {
    step([&] {
      endorsing_.again(input(InputKind::start), effects_, {proposal_, {}, now_, conflicts});
    });
    const Duration mean = ms(100) * (1 << std::min(conflicts, 5u));
    EXPECT_GE(timer_ - now_, mean / 2);
    EXPECT_LT(timer_ - now_, mean * 3 / 2);
    last = timer_ - now_;
    now_ = timer_;
    fire();
    EXPECT_EQ(asked_.size(), 2u);
    hear(asked_[0], result(conflicts));
    hear(asked_[1], result(conflicts));
    outcome_.ready.clear();
    timer_ = time_never;
    endorsing_.on_timer(input(InputKind::timer), effects_, outcome_);
  }
  EXPECT_GE(last, ms(1600));
  EXPECT_EQ(endorsing_.conflicts(), 8u);
}

/// Endorsers that are cut off give what was invalid already, and it is no transaction twice.
TEST_F(EndorsingTest, a_result_that_comes_again_is_another_transaction) {
  begin();
  hear(1, result(7));
  hear(2, result(7));
  ASSERT_EQ(outcome_.ready.size(), 1u);
  Endorsing::Ready first = std::move(outcome_.ready[0]);
  outcome_.ready.clear();
  step([&] { endorsing_.again(input(InputKind::start), effects_, std::move(first.proposed)); });
  fire();
  for (int i = 0; asked_.empty() && i < 3; ++i) fire();
  for (const NodeId from : {1u, 2u}) hear(from, result(7));
  ASSERT_EQ(outcome_.ready.size(), 1u);
  EXPECT_NE(outcome_.ready[0].envelope->id, first.envelope->id);
}

TEST_F(EndorsingTest, drops_what_is_too_old) {
  begin();
  now_ = now_ + seconds(61);
  timer_ = now_;
  fire();
  EXPECT_EQ(outcome_.dropped.size(), 1u);
  EXPECT_EQ(endorsing_.open(), 0u);
}

}  // namespace
}  // namespace ledgerlab::client
