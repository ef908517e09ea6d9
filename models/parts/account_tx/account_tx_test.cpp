// Transfers: what is signed decodes, ids tell senders apart, nobody signs for another.
#include "models/parts/account_tx/account_tx.hpp"

#include <gtest/gtest.h>

#include "models/api/effects.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class Transfers : public ::testing::TestWithParam<SuiteMode> {
 protected:
  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 7, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};

  TxRef sign(AccountIndex signer, std::uint64_t nonce = 3) {
    effects_.begin(0);
    Transfer t;
    t.nonce = nonce;
    t.to = suite_->account(9);
    t.value = U256(1000);
    t.fee = 5;
    t.data = {1, 2, 3};
    return sign_transfer(effects_.crypto(), signer, t);
  }
};

TEST_P(Transfers, what_is_signed_decodes_to_itself) {
  const TxRef copy = make_transaction(sign(4)->bytes);
  const SignedTransfer* s = decode_transfer(*copy);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->transfer.nonce, 3u);
  EXPECT_EQ(s->transfer.from, suite_->account(4));
  EXPECT_EQ(s->transfer.to, suite_->account(9));
  EXPECT_EQ(s->transfer.value, U256(1000));
  EXPECT_EQ(s->transfer.fee, 5u);
  EXPECT_EQ(s->transfer.data, (Bytes{1, 2, 3}));
  EXPECT_EQ(sender_of(*s, *suite_), suite_->account(4));
  EXPECT_EQ(s->digest, copy->id);
}

TEST_P(Transfers, two_senders_with_one_wish_have_two_ids) { EXPECT_NE(sign(4)->id, sign(5)->id); }

TEST_P(Transfers, nobody_signs_for_another) {
  // The signature of account 5 under the body of account 4.
  Bytes bytes = sign(4)->bytes;
  const Hash256 digest = make_transaction(bytes)->id;
  const TxSignature other = suite_->sign_transaction(5, digest);
  std::copy(other.data.begin(), other.data.end(), bytes.end() - 65);
  const TxRef forged = make_transaction(bytes);
  EXPECT_EQ(forged->id, digest);
  EXPECT_FALSE(sender_of(*decode_transfer(*forged), *suite_));
}

TEST_P(Transfers, one_flipped_bit_anywhere_is_refused) {
  const Bytes good = sign(4)->bytes;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    const TxRef tx = make_transaction(bad);
    const SignedTransfer* s = decode_transfer(*tx);
    EXPECT_FALSE(s && sender_of(*s, *suite_)) << "bit " << bit;
  }
}

TEST_P(Transfers, ids_do_not_depend_on_the_signature) {
  Bytes bytes = sign(4)->bytes;
  const TxId id = make_transaction(bytes)->id;
  bytes.back() ^= 1;
  EXPECT_EQ(make_transaction(bytes)->id, id);
}

TEST(TransferIds, are_the_same_in_both_crypto_modes) {
  NoNames names;
  CostTable costs;
  std::vector<TxId> ids;
  for (const SuiteMode mode : {SuiteMode::costed, SuiteMode::real}) {
    const auto suite = make_suite(mode, 7, WorkMode::lottery);
    Effects effects(*suite, names, costs);
    effects.begin(0);
    Transfer t;
    t.to = suite->account(2);
    ids.push_back(sign_transfer(effects.crypto(), 1, t)->id);
  }
  EXPECT_EQ(ids[0], ids[1]);
}

INSTANTIATE_TEST_SUITE_P(Modes, Transfers, ::testing::Values(SuiteMode::costed, SuiteMode::real),
                         [](const auto& p) {
                           return p.param == SuiteMode::costed ? "costed" : "real";
                         });

}  // namespace
}  // namespace ledgerlab
