// The rules as pure functions: threshold, slots, epochs, nonce, settlement, header.
#include "models/consensus/praos/rules.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/consensus/praos/praos_test.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::praos::test {
namespace {

const std::uint64_t twentieth = q64_of_ppb(50'000'000);

double real(std::uint64_t q64) { return std::ldexp(static_cast<double>(q64), -64); }

TEST(Threshold, IsPhiOfTheStake) {
  EXPECT_EQ(phi_q64(twentieth, 0, 100), 0u);
  EXPECT_EQ(phi_q64(twentieth, 100, 100), twentieth);
  for (const std::uint64_t part : {1, 7, 50, 99}) {
    const double sigma = static_cast<double>(part) / 100;
    EXPECT_NEAR(real(phi_q64(twentieth, part, 100)), 1 - std::pow(0.95, sigma), 1e-15) << part;
  }
  // Golden, to the last bit: the same on every compiler and machine. With sixty digits they are
  // 312'717'091'676'334'001.6 and 116'813'737'008'689.4.
  EXPECT_EQ(phi_q64(twentieth, 1, 3), 312'717'091'676'334'003u);
  EXPECT_EQ(phi_q64(twentieth, 123'456'789, 1'000'000'000'000), 116'813'737'008'690u);
}

TEST(Threshold, SplittingStakeChangesNoChance) {
  // Independent aggregation: 1 - phi(a + b) = (1 - phi(a)) (1 - phi(b)).
  for (const std::uint64_t a : {1, 10, 30, 49}) {
    const double both =
        (1 - real(phi_q64(twentieth, a, 100))) * (1 - real(phi_q64(twentieth, 80 - a, 100)));
    EXPECT_NEAR(1 - real(phi_q64(twentieth, 80, 100)), both, 1e-15);
  }
}

TEST(Threshold, IsComparedExactly) {
  const std::uint64_t phi = 0x0123'4567'89ab'cdef;
  FixedBytes<64> y;
  const auto set_top = [&](std::uint64_t top) {
    for (std::size_t i = 0; i < 8; ++i) y.data[i] = static_cast<Byte>(top >> (56 - 8 * i));
  };
  set_top(phi - 1);
  std::fill(y.data.begin() + 8, y.data.end(), Byte{0xff});
  EXPECT_TRUE(below_threshold(y, phi)) << "the largest number below";
  set_top(phi);
  std::fill(y.data.begin() + 8, y.data.end(), Byte{0});
  EXPECT_FALSE(below_threshold(y, phi)) << "T itself is not below T";
  set_top(0);
  EXPECT_FALSE(below_threshold(y, 0)) << "who has nothing never leads";
}

/// Slots in which somebody leads, and leaders in all, by the suite's own VRF.
std::pair<std::uint64_t, std::uint64_t> active(const StakeList& stakes, std::uint64_t slots) {
  const auto suite = make_suite(SuiteMode::costed, 3, WorkMode::lottery);
  const Distribution d = distribution(std::make_shared<const StakeList>(stakes));
  std::pair<std::uint64_t, std::uint64_t> out{};
  for (SlotNumber slot = 1; slot <= slots; ++slot) {
    const Bytes alpha = vrf_input(Hash256{}, slot, VrfUse::test);
    std::uint64_t leaders = 0;
    for (NodeId id = 0; id < stakes.size(); ++id) {
      const std::uint64_t phi = phi_q64(twentieth, d.stake(id), d.total);
      leaders += below_threshold(suite->vrf_prove(id, alpha).output, phi);
    }
    out.first += leaders > 0;
    out.second += leaders;
  }
  return out;
}

TEST(Lottery, ASlotIsActiveWithFWhateverTheSplit) {
  constexpr std::uint64_t slots = 40'000;
  const double se = std::sqrt(0.05 * 0.95 * slots);
  for (const StakeList& stakes : {StakeList{9}, StakeList{5, 3, 1}, StakeList(20, 1)}) {
    EXPECT_NEAR(static_cast<double>(active(stakes, slots).first), 0.05 * slots, 4 * se)
        << stakes.size();
  }
  // Leaders a slot: the sum of phi over the split, ln(1 / 0.95) = 0.05129 in the limit.
  const double expected = 20 * (1 - std::pow(0.95, 0.05)) * slots;
  EXPECT_NEAR(static_cast<double>(active(StakeList(20, 1), slots).second), expected,
              4 * std::sqrt(expected));
}

TEST(Slots, FollowTheWallClock) {
  const PraosWorld w({1}, {{"slot_length", "2 s"}});
  EXPECT_EQ(w.rules.slot_at(Time{seconds(-5)}), 0u);
  EXPECT_EQ(w.rules.slot_at(Time{ns(1'999'999'999)}), 0u);
  EXPECT_EQ(w.rules.slot_at(Time{seconds(2)}), 1u);
  EXPECT_EQ(w.rules.start_of(7), Time{seconds(14)});
}

/// A chain of blocks in these slots; nonce values are the slots' numbers.
std::vector<Point> chain_of(const Rules& rules, const std::vector<SlotNumber>& slots,
                            std::vector<BlockId>& ids) {
  ids = {BlockId{}};
  std::vector<Point> points = {rules.genesis(ids[0])};
  for (const SlotNumber slot : slots) {
    Header h;
    h.slot = slot;
    h.nonce.output.data[0] = static_cast<Byte>(slot);
    points.push_back(rules.child(points.back(), ids.back(), h));
    BlockId id;
    id.data[0] = static_cast<Byte>(slot);
    ids.push_back(id);
  }
  return points;
}

TEST(Epochs, StakeComesFromTheStateTwoBoundariesBack) {
  const Rules rules(PraosWorld({1}, {{"epoch_length", "10"}}).params);
  std::vector<BlockId> ids;
  const auto p = chain_of(rules, {3, 8, 12, 19, 24, 33}, ids);
  EXPECT_EQ(p[2].epoch->number, 0u);
  EXPECT_EQ(p[2].epoch->stakes_after, ids[0]);
  EXPECT_EQ(p[3].epoch->stakes_after, ids[0]) << "epoch 1: genesis";
  EXPECT_EQ(p[5].epoch->stakes_after, ids[2]) << "epoch 2: after the last block of epoch 0";
  EXPECT_EQ(p[6].epoch->stakes_after, ids[4]) << "epoch 3: after the last block of epoch 1";
  // Over an epoch without blocks.
  const auto q = chain_of(rules, {3, 8, 25, 47}, ids);
  EXPECT_EQ(q[3].epoch->stakes_after, ids[2]) << "epoch 2: the last block of epoch 0";
  EXPECT_EQ(q[4].epoch->stakes_after, ids[3]) << "epoch 4: the last block of epoch 2";
}

TEST(Epochs, TheNonceComesFromTheFirstPartOfTheEpochBefore) {
  const Rules rules(PraosWorld({1}, {{"epoch_length", "9"}}).params);
  ASSERT_EQ(rules.nonce_slots, 6u);
  std::vector<BlockId> ids;
  const auto nonce = [&](const std::vector<SlotNumber>& slots) {
    return chain_of(rules, slots, ids).back().epoch->nonce;
  };
  EXPECT_EQ(nonce({2, 4}), nonce({5})) << "one nonce for the whole epoch";
  EXPECT_EQ(nonce({2, 12}), nonce({2, 7, 10})) << "slot 7 is in the last part";
  EXPECT_NE(nonce({2, 12}), nonce({2, 5, 12})) << "slot 5 is in the first";
  EXPECT_NE(nonce({2, 12}), nonce({12}));
  EXPECT_NE(nonce({2, 12, 13, 20}), nonce({2, 12, 20})) << "of the epoch before";
  EXPECT_NE(nonce({2, 12, 20}), nonce({3, 12, 20})) << "and by it of all before";
}

TEST(Settlement, DepthFollowsFromTheRaceWithWhatDelayTakes) {
  const PraosWorld w({1});
  // 0.00512 against 0.04511 * 0.95^2 of the slots: 11.16 %.
  const double adversary = 1 - std::pow(0.95, 0.1);
  const double honest = (1 - std::pow(0.95, 0.9)) * 0.95 * 0.95;
  EXPECT_NEAR(static_cast<double>(race_share_ppb(w.params)), 1e9 * adversary / (adversary + honest),
              2);
  const std::uint32_t k = settlement_depth(w.params);
  EXPECT_LT(work::reversal_risk_ppb(race_share_ppb(w.params), k), 1'000'000u);
  EXPECT_GE(work::reversal_risk_ppb(race_share_ppb(w.params), k - 1), 1'000'000u);
  EXPECT_EQ(settlement_risk_ppb(w.params), work::reversal_risk_ppb(race_share_ppb(w.params), k));
  const Params slow = params_of(*w.info, {{"delay_slots", "20"}});
  EXPECT_GT(settlement_depth(slow), k);
  EXPECT_EQ(w.rules.epoch_slots, 10 * k * 20u) << "10 k / f";
  EXPECT_EQ(settlement_depth(params_of(*w.info, {{"settlement_depth", "2"}})), 2u);
  const Params lost = params_of(*w.info, {{"adversary_share", "45 %"}, {"delay_slots", "20"}});
  EXPECT_FALSE(w.info->check(lost, 1).empty());
  EXPECT_TRUE(w.info->check(w.params, 1).empty());
}

TEST(Liveness, TheBoundIsAboveTheMeanAndNotAbsurd) {
  const PraosWorld w({1});
  EXPECT_EQ(mean_interval(w.params).count() / 1'000'000, 20'000);
  EXPECT_GT(liveness_bound(w.params, ms(100), 20), w.rules.depth * seconds(40));
  EXPECT_LT(liveness_bound(w.params, ms(100), 20), w.rules.depth * seconds(1000));
}

TEST(Header, ComesBackAndNothingElseIsTaken) {
  Header h;
  h.height = 77;
  h.slot = 123;
  h.issuer = 5;
  h.leader.output.data[3] = 9;
  const ForgedBlock forged = make_forged(h, make_payload({make_transaction(Bytes(80, 3))}));
  EXPECT_EQ(forged.block->header.size(), 504u);
  const Bytes bytes = codec::encode(forged);
  const auto back = codec::decode<ForgedBlock>(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->block->id, forged.block->id);
  EXPECT_EQ(codec::encode(*back), bytes);
  EXPECT_EQ(ForgedBlock::from(forged.block)->header.slot, 123u);
  EXPECT_EQ(header_of(*forged.block)->issuer, 5u);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(codec::decode<ForgedBlock>(ByteView(bytes).first(cut)));
  }
  Bytes other = bytes;
  other[0] ^= 1;
  EXPECT_FALSE(codec::decode<ForgedBlock>(other)) << "another version";
  EXPECT_FALSE(header_of(*make_genesis({})));
  // All but the signature itself is signed.
  for (std::size_t i = 0; i < 440; ++i) {
    Bytes text = codec::encode(h);
    text[i] ^= 1;
    const auto changed = codec::decode<Header>(text);
    ASSERT_TRUE(changed);
    EXPECT_NE(signed_text(*changed), signed_text(h)) << i;
  }
}

}  // namespace
}  // namespace ledgerlab::praos::test
