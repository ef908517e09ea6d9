// Evidence under real keys of a costed world: what proves a checkpoint, a prepared request, a
// VIEW-CHANGE and a NEW-VIEW (section 4.4), and every way of falling short of it.
#include <gtest/gtest.h>

#include "models/consensus/pbft/pbft_test.hpp"
#include "models/parts/quorum/quorum.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::pbft {
namespace {

Hash256 some_hash() {
  Hash256 hash;
  hash.data[0] = 1;
  return hash;
}

class Names final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class Court {
 public:
  explicit Court(std::uint32_t n)
      : suite_(make_suite(SuiteMode::costed, 7, WorkMode::lottery)),
        effects_(*suite_, names_, costs_),
        rules{n, quorum::byzantine(n), 40, 20} {}

  template <class T>
  MessageRef seal(NodeId author, T body) {
    effects_.begin(author);
    return effects_.make(std::move(body));
  }
  /// The same frame as if another had signed it.
  template <class T>
  MessageRef forge(NodeId author, T body) {
    const MessageRef own = seal((author + 1) % rules.n, body);
    auto* message = new MessageOf<T>(std::move(body));
    MessageAccess::set_frame(*message, Slot::consensus, author, own->authenticator());
    return MessageRef(message);
  }
  std::vector<MessageRef> checkpoint(Sequence seq, std::uint32_t count) {
    std::vector<MessageRef> proof;
    for (NodeId i = 0; i < count; ++i) proof.push_back(seal(i, Checkpoint{seq, seq, {}, {}}));
    return proof;
  }
  /// A certificate with so many frames, the PRE-PREPARE among them.
  PreparedProof prepared(const Order& order, std::uint32_t frames) {
    auto list = std::make_shared<std::vector<MessageRef>>();
    const NodeId primary = rules.primary(order.view);
    list->push_back(seal(primary, PrePrepare{order}));
    for (NodeId i = 0; list->size() < frames; ++i) {
      if (i != primary) list->push_back(seal(i, Prepare{order}));
    }
    return {list};
  }
  MessageRef change(NodeId author, View view, std::vector<PreparedProof> p = {}) {
    return seal(author, ViewChange{view, 0, {}, std::move(p)});
  }
  NewView new_view(View view, std::vector<MessageRef> changes) {
    NewView out{view, std::move(changes), {}};
    for (const PrePrepare& order : new_orders(view, out.view_changes).orders) {
      out.pre_prepares.push_back(seal(rules.primary(view), order));
    }
    return out;
  }
  Effects& effects() { return effects_; }

 private:
  std::unique_ptr<CryptoSuite> suite_;
  Names names_;
  CostTable costs_;
  Effects effects_;

 public:
  const Rules rules;
};

Order order(View view, Sequence seq, const std::string& text) {
  return {view, seq, batch_of(text)->digest};
}

TEST(PbftProofs, ACheckpointTakesAQuorumOfDifferentReplicasThatSayTheSame) {
  Court court(4);
  auto proof = court.checkpoint(20, 3);
  const auto proven = [&] {
    return proven_checkpoint(court.rules, court.effects(), proof).has_value();
  };
  EXPECT_TRUE(proven());
  proof.pop_back();
  EXPECT_FALSE(proven()) << "two signatures of four";
  proof.push_back(proof.front());
  EXPECT_FALSE(proven()) << "one replica twice";
  proof.back() = court.seal(2, Checkpoint{20, 20, some_hash(), {}});
  EXPECT_FALSE(proven()) << "another state";
  proof.back() = court.forge(2, Checkpoint{20, 20, {}, {}});
  EXPECT_FALSE(proven()) << "forged";
  proof.back() = court.seal(9, Checkpoint{20, 20, {}, {}});
  EXPECT_FALSE(proven()) << "a stranger";
}

// TARGETS section 4: 2f + 1 is unsafe for n != 3f + 1. With n = 5 or 6 and f = 1, two sets of 3 may
// meet in the one liar alone.
TEST(PbftProofs, WithFiveOrSixReplicasThreeAreNoQuorum) {
  for (const std::uint32_t n : {5u, 6u}) {
    Court court(n);
    const std::uint32_t f = quorum::max_byzantine(n);
    ASSERT_EQ(f, 1u);
    EXPECT_LE(quorum::least_overlap(n, 2 * f + 1), f) << "the premise";
    const Order said = order(0, 1, "a");
    EXPECT_EQ(proven_prepared(court.rules, court.effects(), court.prepared(said, 2 * f + 1)),
              nullptr);
    EXPECT_NE(proven_prepared(court.rules, court.effects(), court.prepared(said, 4)), nullptr);
    EXPECT_FALSE(proven_checkpoint(court.rules, court.effects(), court.checkpoint(20, 3)));
    EXPECT_TRUE(proven_checkpoint(court.rules, court.effects(), court.checkpoint(20, 4)));
  }
}

TEST(PbftProofs, APreparedCertificateIsThePrimarysOrderAndBackupsThatAgree) {
  Court court(4);
  const Order said = order(1, 5, "a");
  const auto judge = [&](const std::vector<MessageRef>& frames) {
    return proven_prepared(court.rules, court.effects(),
                           {std::make_shared<const std::vector<MessageRef>>(frames)}) != nullptr;
  };
  const std::vector<MessageRef> good = *court.prepared(said, 3).frames;
  EXPECT_TRUE(judge(good));
  auto bad = good;
  bad.pop_back();
  EXPECT_FALSE(judge(bad)) << "too few";
  bad = good;
  bad[0] = court.seal(0, PrePrepare{said});
  EXPECT_FALSE(judge(bad)) << "node 0 is not the primary of view 1";
  bad = good;
  bad[1] = bad[2];
  EXPECT_FALSE(judge(bad)) << "one backup twice";
  bad = good;
  bad[1] = court.seal(1, Prepare{said});
  EXPECT_FALSE(judge(bad)) << "the primary has no PREPARE";
  bad = good;
  bad[1] = court.seal(0, Prepare{order(1, 5, "b")});
  EXPECT_FALSE(judge(bad)) << "another digest";
  bad = good;
  bad[1] = court.seal(0, Prepare{order(0, 5, "a")});
  EXPECT_FALSE(judge(bad)) << "another view";
  bad = good;
  bad[1] = court.forge(0, Prepare{said});
  EXPECT_FALSE(judge(bad)) << "forged";
  // The digest commits to signatures: the same transactions under other ones are another batch.
  Order spoiled = said;
  spoiled.digest.signatures = some_hash();
  bad = good;
  bad[1] = court.seal(0, Prepare{spoiled});
  EXPECT_FALSE(judge(bad)) << "other signatures";
}

TEST(PbftProofs, AViewChangeIsJudgedByItsCertificates) {
  Court court(4);
  const auto fault = [&](const ViewChange& change) {
    return view_change_fault(court.rules, court.effects(), change);
  };
  const PreparedProof one = court.prepared(order(0, 1, "a"), 3);
  const PreparedProof two = court.prepared(order(0, 2, "b"), 3);
  EXPECT_EQ(fault({1, 0, {}, {one, two}}), "");
  EXPECT_EQ(fault({1, 20, court.checkpoint(20, 3), {}}), "");
  EXPECT_NE(fault({1, 20, court.checkpoint(20, 2), {}}), "") << "checkpoint with two signatures";
  EXPECT_NE(fault({1, 40, court.checkpoint(20, 3), {}}), "") << "another checkpoint's proof";
  EXPECT_NE(fault({1, 0, {}, {two, one}}), "") << "out of order";
  EXPECT_NE(fault({1, 0, {}, {one, one}}), "") << "twice";
  EXPECT_NE(fault({1, 20, court.checkpoint(20, 3), {one}}), "") << "below the low water mark";
  EXPECT_NE(fault({1, 0, {}, {court.prepared(order(0, 41, "c"), 3)}}), "") << "above the high one";
  EXPECT_NE(fault({1, 0, {}, {court.prepared(order(1, 1, "a"), 3)}}), "") << "of the new view";
  EXPECT_NE(fault({1, 0, {}, {court.prepared(order(0, 1, "a"), 2)}}), "")
      << "certificate too small";
}

// Section 4.4, items 1 and 2: from the highest stable checkpoint to the highest certificate, the
// digest of the newest view, the null request for what nobody had prepared.
TEST(PbftProofs, TheNewOrdersFollowFromV) {
  Court court(4);
  const Order old = order(0, 2, "old");
  const Order newer = order(1, 2, "newer");
  const std::vector<MessageRef> v{
      court.change(0, 2, {court.prepared(old, 3)}), court.change(1, 2, {court.prepared(newer, 3)}),
      court.change(3, 2, {court.prepared(old, 3), court.prepared(order(0, 4, "four"), 3)})};
  const NewOrders orders = new_orders(2, v);
  EXPECT_EQ(orders.min_s, 0u);
  ASSERT_EQ(orders.orders.size(), 4u);
  EXPECT_TRUE(orders.orders[0].digest.is_null());
  EXPECT_EQ(orders.orders[1].digest, newer.digest);
  EXPECT_TRUE(orders.orders[2].digest.is_null());
  EXPECT_EQ(orders.orders[3].digest, order(0, 4, "four").digest);
  for (const PrePrepare& said : orders.orders) EXPECT_EQ(said.view, 2u);
}

TEST(PbftProofs, AWrongNewViewIsRefused) {
  Court court(4);
  const Order said = order(0, 2, "a");
  const auto changes = [&] {
    return std::vector<MessageRef>{
        court.change(0, 1), court.change(1, 1, {court.prepared(said, 3)}), court.change(2, 1)};
  };
  const auto fault = [&](const NewView& message) {
    return new_view_fault(court.rules, court.effects(), message);
  };
  const NewView good = court.new_view(1, changes());
  ASSERT_EQ(good.pre_prepares.size(), 2u);
  EXPECT_EQ(fault(good), "");
  NewView bad = good;
  bad.view_changes.pop_back();
  EXPECT_NE(fault(bad), "") << "V too small";
  bad = good;
  bad.view_changes[2] = bad.view_changes[0];
  EXPECT_NE(fault(bad), "") << "one replica twice in V";
  bad = good;
  bad.view_changes[2] = court.change(2, 2);
  EXPECT_NE(fault(bad), "") << "of another view";
  bad = good;
  bad.view_changes[2] = court.forge(2, ViewChange{1, 0, {}, {}});
  EXPECT_NE(fault(bad), "") << "forged";
  bad = good;
  bad.pre_prepares.pop_back();
  EXPECT_NE(fault(bad), "") << "what was prepared is left out";
  bad = good;
  bad.pre_prepares[1] = court.seal(1, PrePrepare{order(1, 2, "b")});
  EXPECT_NE(fault(bad), "") << "another batch in place of the prepared one";
  bad = good;
  bad.pre_prepares[0] = court.seal(1, PrePrepare{order(1, 1, "b")});
  EXPECT_NE(fault(bad), "") << "a batch where only the null request may stand";
  bad = good;
  bad.pre_prepares.push_back(court.seal(1, PrePrepare{order(1, 3, "b")}));
  EXPECT_NE(fault(bad), "") << "one too many";
  bad = good;
  bad.pre_prepares[1] = court.seal(2, PrePrepare{Order{1, 2, said.digest}});
  EXPECT_NE(fault(bad), "") << "not signed by the new primary";
}

}  // namespace
}  // namespace ledgerlab::pbft
