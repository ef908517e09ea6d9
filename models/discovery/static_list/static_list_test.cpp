// Which lists are taken and which are refused, and how a new one spreads.
#include "models/discovery/static_list/static_list.hpp"

#include <gtest/gtest.h>

#include "tests/support/overlay_world.hpp"

namespace ledgerlab::static_list {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class Lists : public ::testing::TestWithParam<SuiteMode> {
 protected:
  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 3, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Administration admin_;
  Lists() {
    admin_.administrators = 3;
    admin_.quorum = 2;
    effects_.begin(0);
  }
  ~Lists() override { effects_.discard(); }

  Membership document(std::uint64_t epoch, std::vector<NodeId> nodes) {
    Membership d;
    d.epoch = epoch;
    for (const NodeId node : nodes) {
      d.members.push_back({suite_->node_key(node), node, MemberRole::validator});
    }
    return d;
  }
  void sign(Membership& d, std::uint8_t administrator) {
    d.signatures.push_back({administrator, suite_->sign(administrator_key(administrator),
                                                        signed_text(admin_, d))});
  }
  std::string verdict(const Membership& d, std::uint64_t held = 1) {
    return std::string(refusal_name(judge(admin_, d, held, effects_.crypto())));
  }
};

TEST_P(Lists, AQuorumOfDifferentAdministratorsMakesAListValid) {
  Membership d = document(2, {0, 1, 4});
  EXPECT_EQ(verdict(d), "unsigned");
  sign(d, 0);
  EXPECT_EQ(verdict(d), "unsigned") << "a quorum too small";
  Membership twice = d;
  sign(twice, 0);
  EXPECT_EQ(verdict(twice), "disordered") << "one administrator twice";
  sign(d, 2);
  EXPECT_EQ(verdict(d), "none");
}

TEST_P(Lists, SignaturesOfOthersDoNotCount) {
  Membership d = document(2, {0, 1});
  sign(d, 1);
  Membership nobody = d;
  sign(nobody, 7);  // a key of its own, but no administrator
  EXPECT_EQ(verdict(nobody), "unsigned");
  Membership node = d;
  node.signatures.push_back({2, suite_->sign(0, signed_text(admin_, d))});
  EXPECT_EQ(verdict(node), "unsigned") << "a member's key";
  Membership zero = d;
  zero.signatures.push_back({2, {}});
  EXPECT_EQ(verdict(zero), "unsigned");
}

TEST_P(Lists, WhatIsSignedCannotBeChanged) {
  Membership d = document(2, {0, 1, 4});
  sign(d, 0);
  sign(d, 1);
  Membership later = d;
  later.epoch = 3;
  EXPECT_EQ(verdict(later), "unsigned");
  Membership more = d;
  more.members.push_back({suite_->node_key(5), 5, MemberRole::validator});
  EXPECT_EQ(verdict(more), "unsigned");
  Membership other = d;
  other.members[1].identity = suite_->node_key(9);
  EXPECT_EQ(verdict(other), "unsigned");
  Membership role = d;
  role.members[1].role = MemberRole::observer;
  EXPECT_EQ(verdict(role), "unsigned");
  admin_.network.data[3] = 1;
  EXPECT_EQ(verdict(d), "unsigned") << "of another network";
}

TEST_P(Lists, OldAndDisorderedListsAreRefused) {
  Membership d = document(2, {0, 1});
  sign(d, 0);
  sign(d, 1);
  EXPECT_EQ(verdict(d, 1), "none");
  EXPECT_EQ(verdict(d, 2), "stale");
  EXPECT_EQ(verdict(d, 3), "stale") << "no way back";
  Membership wrong = document(2, {1, 0});
  sign(wrong, 0);
  sign(wrong, 1);
  EXPECT_EQ(verdict(wrong), "disordered");
}

// --- nodes ---------------------------------------------------------------------------------------

/// Five nodes that know each other, driven by hand.
class Spreading : public ::testing::TestWithParam<SuiteMode> {
 protected:
  std::optional<test::OverlayWorld> world_;
  void begin(const std::map<std::string, std::string>& changes) {
    world_.emplace("static_list", 5, changes, GetParam());
    world_->start_all();
    world_->deliver_all();
  }
  void publish() {
    world_->fire(0, {static_cast<std::uint32_t>(TimerKind::publish), 0});
  }
  std::uint64_t epoch(NodeId node) {
    return static_cast<const StaticList&>(world_->module(node)).held().epoch;
  }
  using List = std::vector<NodeId>;
};

TEST_P(Spreading, MembersAreConnectedWithMembers) {
  begin({{"left_out", "4"}});
  EXPECT_EQ(world_->peers[0], (List{1, 2, 3}));
  EXPECT_EQ(world_->admitted[0], (List{0, 1, 2, 3}));
  EXPECT_EQ(world_->peers[4], List{}) << "who is not in the list";
}

TEST_P(Spreading, ARevokedMemberIsOutEverywhere) {
  begin({{"revoke", "3"}});
  EXPECT_EQ(world_->peers[1], (List{0, 2, 3, 4}));
  publish();
  world_->deliver_all();
  for (const NodeId node : {0u, 1u, 2u, 4u}) {
    EXPECT_EQ(epoch(node), 2u);
    EXPECT_EQ(std::count(world_->peers[node].begin(), world_->peers[node].end(), 3u), 0);
    EXPECT_EQ(world_->admitted[node], (List{0, 1, 2, 4}));
  }
  EXPECT_EQ(world_->peers[3], List{}) << "it was told";
  EXPECT_EQ(world_->admitted[3], List{});
}

TEST_P(Spreading, TooFewSignaturesChangeNothing) {
  begin({{"revoke", "3"}, {"revoke_signatures", "1"}});
  publish();
  world_->deliver_all();
  for (NodeId node = 0; node < 5; ++node) EXPECT_EQ(epoch(node), 1u);
  EXPECT_EQ(world_->peers[1], (List{0, 2, 3, 4}));
}

TEST_P(Spreading, AnEpochOutlivesACrashAndIsFetchedAfterOne) {
  begin({{"revoke", "3"}});
  publish();
  world_->deliver_all({4});  // node 4 hears nothing of it
  EXPECT_EQ(epoch(4), 1u);
  world_->start(1);
  EXPECT_EQ(epoch(1), 2u) << "from its disk";
  EXPECT_EQ(world_->peers[1], (List{0, 2, 4}));
  world_->start(4);
  world_->deliver_all();
  EXPECT_EQ(epoch(4), 2u) << "from its peers";
}

INSTANTIATE_TEST_SUITE_P(Modes, Lists, ::testing::Values(SuiteMode::costed, SuiteMode::real));
INSTANTIATE_TEST_SUITE_P(Modes, Spreading, ::testing::Values(SuiteMode::costed, SuiteMode::real));

}  // namespace
}  // namespace ledgerlab::static_list
