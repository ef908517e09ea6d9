// P1 to P7 against the specification's pseudo-code, done here in floating point.
#include "models/gossip/gossipsub/score.hpp"

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "tests/support/module_world.hpp"

namespace ledgerlab {
void register_gossip_gossipsub(Registry& registry);

namespace gossipsub {
namespace {

Score make_score(const std::map<std::string, std::string>& changes) {
  Registry registry;
  register_gossip_gossipsub(registry);
  return Score(test::params_of(*registry.find(ModelKind::gossip, "gossipsub"), changes));
}

double value(const Score& score, const PeerStats& peer) {
  return static_cast<double>(score.of(peer)) / static_cast<double>(point);
}

TEST(Score, P1GrowsWithTheTimeInTheMeshUpToItsCap) {
  const Score score = make_score({{"topic_weight", "0.5"},
                                  {"time_in_mesh_weight", "0.1"},
                                  {"time_in_mesh_quantum", "2 s"},
                                  {"time_in_mesh_cap", "30"}});
  PeerStats peer;
  score.graft(peer, 0, time_start);
  score.refresh(peer, time_start + seconds(41));
  EXPECT_DOUBLE_EQ(value(score, peer), 0.5 * 0.1 * 20);
  score.refresh(peer, time_start + seconds(1000));
  EXPECT_DOUBLE_EQ(value(score, peer), 0.5 * 0.1 * 30);
  score.prune(peer, 0);
  EXPECT_DOUBLE_EQ(value(score, peer), 0);
}

TEST(Score, P2CountsFirstDeliveriesAndDecays) {
  const Score score = make_score({{"topic_weight", "1"},
                                  {"first_message_deliveries_weight", "2"},
                                  {"first_message_deliveries_cap", "10"},
                                  {"first_message_deliveries_decay", "97 %"},
                                  {"decay_to_zero", "0.5"}});
  PeerStats peer;
  for (int i = 0; i < 15; ++i) score.first_delivery(peer, 0);
  EXPECT_DOUBLE_EQ(value(score, peer), 20);
  double expected = 10;
  for (int i = 0; i < 20; ++i) {
    score.refresh(peer, time_start + seconds(i));
    expected *= 0.97;
    EXPECT_NEAR(value(score, peer), 2 * expected, 1e-4);
  }
  for (int i = 0; i < 120; ++i) score.refresh(peer, time_start + seconds(i));
  EXPECT_EQ(score.of(peer), 0) << "below decay_to_zero";
}

TEST(Score, P3IsTheSquaredDeficitOnceActiveAndP3bRemembersIt) {
  const Score score = make_score({{"topic_weight", "1"},
                                  {"time_in_mesh_weight", "0"},
                                  {"first_message_deliveries_weight", "0"},
                                  {"mesh_message_deliveries_weight", "0.5"},
                                  {"mesh_message_deliveries_threshold", "8"},
                                  {"mesh_message_deliveries_decay", "100 %"},
                                  {"mesh_message_deliveries_activation", "10 s"},
                                  {"mesh_failure_penalty_weight", "0.25"},
                                  {"mesh_failure_penalty_decay", "50 %"}});
  PeerStats peer;
  score.mesh_delivery(peer, 0);
  EXPECT_EQ(peer.topics[0].mesh_message_deliveries, 0) << "not in the mesh";
  score.graft(peer, 0, time_start);
  for (int i = 0; i < 3; ++i) score.mesh_delivery(peer, 0);
  score.refresh(peer, time_start + seconds(10));
  EXPECT_EQ(score.of(peer), 0) << "not active yet";
  score.refresh(peer, time_start + seconds(11));
  EXPECT_DOUBLE_EQ(value(score, peer), -0.5 * 25);
  score.prune(peer, 0);
  EXPECT_DOUBLE_EQ(value(score, peer), -0.25 * 25);
  score.refresh(peer, time_start + seconds(12));
  EXPECT_DOUBLE_EQ(value(score, peer), -0.25 * 12.5);
  score.graft(peer, 0, time_start + seconds(12));
  for (int i = 0; i < 9; ++i) score.mesh_delivery(peer, 0);
  score.refresh(peer, time_start + seconds(50));
  EXPECT_DOUBLE_EQ(value(score, peer), -0.25 * 6.25) << "no deficit above the threshold";
}

TEST(Score, P4ToP7AndTheCapOfTheTopics) {
  const Score score = make_score({{"topic_weight", "0.1"},
                                  {"topic_score_cap", "12"},
                                  {"first_message_deliveries_weight", "5"},
                                  {"first_message_deliveries_cap", "1000"},
                                  {"invalid_message_deliveries_weight", "100"},
                                  {"app_specific_weight", "2"},
                                  {"app_specific_score", "7"},
                                  {"ip_colocation_factor_weight", "3"},
                                  {"ip_colocation_factor_threshold", "4"},
                                  {"behaviour_penalty_weight", "10"},
                                  {"behaviour_penalty_threshold", "2"}});
  PeerStats peer;
  for (int i = 0; i < 100; ++i) score.first_delivery(peer, 1);
  EXPECT_DOUBLE_EQ(value(score, peer), 12) << "50, capped";
  peer.trusted = true;
  EXPECT_DOUBLE_EQ(value(score, peer), 12 + 14);
  peer.colocated = 4;
  EXPECT_DOUBLE_EQ(value(score, peer), 12 + 14);
  peer.colocated = 9;
  EXPECT_DOUBLE_EQ(value(score, peer), 12 + 14 - 3 * 25);
  score.penalise(peer, 2);
  EXPECT_DOUBLE_EQ(value(score, peer), 12 + 14 - 75);
  score.penalise(peer, 3);
  EXPECT_DOUBLE_EQ(value(score, peer), 12 + 14 - 75 - 10 * 9);
  for (int i = 0; i < 4; ++i) score.invalid_delivery(peer, 1);
  EXPECT_DOUBLE_EQ(value(score, peer), 50 - 0.1 * 100 * 16 + 14 - 75 - 90);
}

TEST(Score, NothingOverflows) {
  const Score score = make_score(
      {{"invalid_message_deliveries_weight", "1000000"}, {"behaviour_penalty_weight", "1000000"}});
  PeerStats peer;
  score.penalise(peer, 4'000'000'000u);
  for (int i = 0; i < 1000; ++i) score.invalid_delivery(peer, 0);
  EXPECT_LT(score.of(peer), -1'000'000 * point);
}

}  // namespace
}  // namespace gossipsub
}  // namespace ledgerlab
