// Both suites: what is made is accepted, one flipped bit is refused, forgeries fail.
#include "models/parts/suite/suite.hpp"

#include <gtest/gtest.h>

#include "models/base/draw.hpp"

namespace ledgerlab {
namespace {

struct Note {
  static constexpr MessageInfo info{7, "Note", Role::vote, Auth::signature};
  std::uint64_t number = 0;
  Bytes text;
  template <class A>
  void fields(A& a) {
    a(number, text);
  }
};
struct Tagged : Note {
  static constexpr MessageInfo info{8, "Tagged", Role::vote, Auth::mac};
};

class Suites : public ::testing::TestWithParam<SuiteMode> {
 protected:
  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 42, WorkMode::lottery);
  MessageCatalog catalog_;
  void SetUp() override {
    catalog_.slots[static_cast<std::size_t>(Slot::consensus)] = message_list<Note, Tagged>();
  }
  template <class T>
  MessageRef sealed(T body) {
    auto* message = new MessageOf<T>(std::move(body));
    MessageAccess::seal(*message, Slot::consensus, 3, *suite_);
    return MessageRef(message);
  }
};

TEST_P(Suites, OneFlippedBitAnywhereInAFrameIsRefused) {
  for (const MessageRef& message : {sealed(Note{5, {1, 2, 3}}), sealed(Tagged{{6, {9, 9}}})}) {
    ASSERT_TRUE(suite_->authentic(*message));
    const Bytes frame = encode_frame(*message);
    EXPECT_EQ(frame.size(), message->wire_size());
    const MessageRef copy = decode_frame(frame, catalog_);
    ASSERT_TRUE(copy);
    EXPECT_TRUE(suite_->authentic(*copy));
    EXPECT_EQ(copy->identity(), message->identity());
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
      Bytes bad = frame;
      bad[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
      const MessageRef got = decode_frame(bad, catalog_);
      EXPECT_FALSE(got && suite_->authentic(*got)) << "bit " << bit;
    }
  }
}

TEST_P(Suites, ForgeriesFail) {
  const MessageRef honest = sealed(Note{5, {1, 2, 3}});
  const Bytes frame = encode_frame(*honest);
  const int tries = GetParam() == SuiteMode::costed ? 1'000'000 : 2'000;
  int accepted = 0;
  auto* message = new MessageOf<Note>(Note{6, {}});
  const MessageRef forged(message);
  for (int i = 0; i < tries; ++i) {
    Bytes authenticator(64);
    for (std::size_t j = 0; j < 8; ++j) {
      const std::uint64_t u = draw64(1, 1, Purpose("forge"), static_cast<std::uint64_t>(i) * 8 + j);
      std::memcpy(authenticator.data() + 8 * j, &u, 8);
    }
    MessageAccess::set_frame(*message, Slot::consensus, 3, authenticator);
    accepted += suite_->authentic(*forged);
  }
  EXPECT_EQ(accepted, 0);
}

TEST_P(Suites, SignaturesVrfAndTransactions) {
  const Bytes text{1, 2, 3};
  Signature signature = suite_->sign(4, text);
  EXPECT_TRUE(suite_->verify(4, text, signature));
  EXPECT_FALSE(suite_->verify(5, text, signature));
  for (std::size_t i = 0; i < 64; ++i) {
    Signature bad = signature;
    bad.data[i] ^= 1;
    EXPECT_FALSE(suite_->verify(4, text, bad)) << i;
  }
  VrfEvaluation proof = suite_->vrf_prove(4, text);
  EXPECT_TRUE(suite_->vrf_verify(4, text, proof));
  EXPECT_FALSE(suite_->vrf_verify(4, Bytes{1}, proof));
  proof.output.data[63] ^= 1;
  EXPECT_FALSE(suite_->vrf_verify(4, text, proof));

  Hash256 digest;
  digest.data[0] = 9;
  const TxSignature tx = suite_->sign_transaction(17, digest);
  EXPECT_EQ(suite_->recover(digest, tx), suite_->account(17));
  for (std::size_t i = 0; i < 65; ++i) {
    TxSignature bad = tx;
    bad.data[i] ^= 1;
    EXPECT_NE(suite_->recover(digest, bad), suite_->account(17)) << i;
  }
}

TEST_P(Suites, AddressesAreTheSameInBothModes) {
  const auto other = make_suite(SuiteMode::costed, 42, WorkMode::nonce);
  for (AccountIndex i = 0; i < 5; ++i) EXPECT_EQ(suite_->account(i), other->account(i));
}

TEST_P(Suites, LotteryWorkIsTheTicketAndNonceWorkTheHash) {
  Hash256 header;
  header.data[5] = 77;
  const U256 target = U256::max() >> 8;
  const std::uint64_t ticket = suite_->mint_ticket(header, target);
  EXPECT_TRUE(suite_->work_valid(header, target, ticket));
  EXPECT_FALSE(suite_->work_valid(header, target, ticket + 1));
  EXPECT_FALSE(suite_->work_valid(header, target - U256(1), ticket));
  // The answer for what was asked last is remembered, and only for that.
  Hash256 other = header;
  other.data[31] = 1;
  EXPECT_FALSE(suite_->work_valid(other, target, ticket));
  EXPECT_TRUE(suite_->work_valid(other, target, suite_->mint_ticket(other, target)));
  EXPECT_TRUE(suite_->work_valid(header, target, ticket));
  EXPECT_TRUE(suite_->work_valid({}, {}, suite_->mint_ticket({}, {})));
  const auto nonce = make_suite(GetParam(), 42, WorkMode::nonce);
  int valid = 0;
  for (std::uint64_t n = 0; n < 25'600; ++n) valid += nonce->work_valid(header, target, n);
  EXPECT_NEAR(valid, 100, 40);  // one in 256
}

INSTANTIATE_TEST_SUITE_P(Both, Suites, ::testing::Values(SuiteMode::costed, SuiteMode::real),
                         [](const auto& info) {
                           return info.param == SuiteMode::real ? "real" : "costed";
                         });

}  // namespace
}  // namespace ledgerlab
