// Transactions on the world state under an engine whose frames the test writes: fees, refusals,
// calls and creations rule by rule. The EVM itself is judged by GeneralStateTests.
#include "models/parts/ethereum/execute.hpp"

#include <gtest/gtest.h>

#include "models/crypto/hash.hpp"
#include "models/parts/ethereum/transaction.hpp"

namespace ledgerlab::ethereum {
namespace {

using Frame = std::function<ContractResult(ContractHost&, const ContractMessage&)>;

/// Runs the frame that the test gave.
class Scripted final : public ContractEngine {
 public:
  std::string_view name() const override { return "scripted"; }
  ContractResult execute(ContractHost& host, Revision, const ContractMessage& message,
                         const ContractCode&) override {
    return frame(host, message);
  }
  Frame frame = [](ContractHost&, const ContractMessage& message) { return done(message.gas); };

  static ContractResult done(std::int64_t gas_left, Bytes output = {}) {
    ContractResult out;
    out.gas_left = gas_left;
    out.output = std::move(output);
    return out;
  }
  static ContractResult failed(ContractStatus status, std::int64_t gas_left = 0) {
    ContractResult out = done(gas_left);
    out.status = status;
    out.gas_refund = 4800;
    return out;
  }
};

Address named(Byte i) {
  Address out;
  out.data[0] = 0xbb;
  out.data[19] = i;
  return out;
}

const U256 ether = *u256_from_text("1000000000000000000");

class Execution : public ::testing::Test {
 protected:
  static constexpr Byte key_byte = 0x45;

  void SetUp() override {
    state_.allot(sender_, 5, ether, {}, {});
    state_.allot(contract_, 1, 0, Bytes{0xfe}, {});
    block_.coinbase = coinbase_;
    block_.number = 1;
    block_.gas_limit = 30'000'000;
    block_.base_fee = 7;
    block_.blob_base_fee = 3;
    tx_.type = TransactionType::dynamic_fee;
    tx_.chain_id = 1;
    tx_.nonce = 5;
    tx_.max_fee = 10;
    tx_.max_priority_fee = 2;
    tx_.gas_limit = 100'000;
    tx_.to = contract_;
  }

  TransactionOutcome run(Revision revision = Revision::cancun) {
    FixedBytes<32> secret;
    secret.data.fill(key_byte);
    EXPECT_TRUE(sign(tx_, secret));
    overlay_.emplace(state_, revision);
    return execute_transaction(*overlay_, block_, tx_, sender_, engine_, use_);
  }
  /// Refused for this reason, and nothing changed.
  void refused(TransactionFault fault, Revision revision = Revision::cancun) {
    const TransactionOutcome out = run(revision);
    EXPECT_EQ(transaction_fault_name(out.fault), transaction_fault_name(fault));
    EXPECT_EQ(overlay_->commit().root(), state_.root());
    EXPECT_EQ(use_.gas, 0u);
  }

  const Address sender_ = named(1), contract_ = named(2), coinbase_ = named(3);
  WorldState state_;
  BlockContext block_;
  Transaction tx_;
  Scripted engine_;
  BlockUse use_;
  std::optional<Overlay> overlay_;
};

TEST_F(Execution, TheBaseFeeIsBurntAndTheTipGoesToTheCoinbase) {
  tx_.to = named(9);
  tx_.value = 1000;
  const TransactionOutcome out = run();
  ASSERT_EQ(out.fault, TransactionFault::none);
  EXPECT_TRUE(out.receipt.success);
  EXPECT_EQ(out.receipt.gas_used, 21'000u);
  EXPECT_EQ(out.receipt.effective_gas_price, U256(9));
  EXPECT_EQ(overlay_->balance(coinbase_), U256(2 * 21'000));
  EXPECT_EQ(overlay_->balance(named(9)), U256(1000));
  EXPECT_EQ(overlay_->balance(sender_), ether - U256(9 * 21'000 + 1000));
  EXPECT_EQ(overlay_->nonce(sender_), 6u);
  EXPECT_EQ(use_.gas, 21'000u);
}

TEST_F(Execution, BeforeLondonTheCoinbaseGetsAll) {
  tx_.type = TransactionType::legacy;
  tx_.max_priority_fee = tx_.max_fee;
  tx_.to = named(9);
  run(Revision::berlin);
  EXPECT_EQ(overlay_->balance(coinbase_), U256(10 * 21'000));
}

// EIP-3529 and before.
TEST_F(Execution, TheRefundIsCapped) {
  engine_.frame = [](ContractHost&, const ContractMessage&) {
    ContractResult out = Scripted::done(0);
    out.gas_refund = 1'000'000;
    return out;
  };
  EXPECT_EQ(run().receipt.gas_used, 80'000u);
  tx_.type = TransactionType::legacy;
  tx_.max_priority_fee = tx_.max_fee;
  use_ = {};
  EXPECT_EQ(run(Revision::berlin).receipt.gas_used, 50'000u);
}

TEST_F(Execution, AFailureKeepsOnlyFeesAndNonce) {
  for (const ContractStatus status : {ContractStatus::revert, ContractStatus::out_of_gas}) {
    engine_.frame = [&](ContractHost& host, const ContractMessage& message) {
      host.set_storage(message.recipient, 1, 1);
      host.log(message.recipient, {}, {});
      return Scripted::failed(status, 30'000);
    };
    tx_.value = 50;
    const TransactionOutcome out = run();
    EXPECT_FALSE(out.receipt.success);
    EXPECT_EQ(out.receipt.gas_used, status == ContractStatus::revert ? 70'000u : 100'000u);
    EXPECT_TRUE(out.receipt.logs.empty());
    EXPECT_EQ(out.receipt.bloom, Bloom());
    EXPECT_EQ(overlay_->storage(contract_, 1), U256());
    EXPECT_EQ(overlay_->balance(contract_), U256());
    EXPECT_EQ(overlay_->nonce(sender_), 6u);
  }
}

TEST_F(Execution, Refusals) {
  const Transaction good = tx_;
  const auto with = [&](auto change) {
    tx_ = good;
    change(tx_);
  };
  with([](auto& t) { t.nonce = 4; });
  refused(TransactionFault::nonce_too_low);
  with([](auto& t) { t.nonce = 6; });
  refused(TransactionFault::nonce_too_high);
  with([](auto& t) { t.gas_limit = 20'999; });
  refused(TransactionFault::intrinsic_gas);
  with([](auto& t) { t.gas_limit = 30'000'001; });
  refused(TransactionFault::block_gas_limit);
  with([](auto& t) { t.max_fee = 6; });
  refused(TransactionFault::max_fee_below_base);
  with([](auto& t) { t.max_priority_fee = 11; });
  refused(TransactionFault::priority_over_max_fee);
  with([](auto& t) { t.chain_id = 2; });
  refused(TransactionFault::chain_id);
  with([](auto& t) { t.value = ether; });
  refused(TransactionFault::insufficient_funds);
  with([](auto& t) { t.value = U256::max(); });
  refused(TransactionFault::insufficient_funds);
  with([](auto&) {});
  refused(TransactionFault::type_not_supported, Revision::berlin);
  state_.allot(sender_, 5, ether, Bytes{1}, {});
  with([](auto&) {});
  refused(TransactionFault::sender_not_eoa);  // EIP-3607
}

TEST_F(Execution, TheFundsMustCoverTheMaximumNotThePrice) {
  state_.allot(sender_, 5, U256(10 * 100'000), {}, {});
  EXPECT_EQ(run().fault, TransactionFault::none);
  use_ = {};
  state_.allot(sender_, 5, U256(10 * 100'000 - 1), {}, {});
  refused(TransactionFault::insufficient_funds);
}

TEST_F(Execution, ABlocksGasIsShared) {
  use_.gas = 29'950'000;
  EXPECT_EQ(run().fault, TransactionFault::block_gas_limit);
  tx_.gas_limit = 50'000;
  const TransactionOutcome out = run();
  EXPECT_EQ(out.fault, TransactionFault::none);
  EXPECT_EQ(out.receipt.cumulative_gas, 29'950'000 + out.receipt.gas_used);
}

// EIP-4844.
TEST_F(Execution, BlobGasIsPaidAndBurnt) {
  tx_.type = TransactionType::blob;
  tx_.max_blob_fee = 3;
  tx_.blob_hashes.resize(2);
  for (Hash256& hash : tx_.blob_hashes) hash.data[0] = 1;
  const TransactionOutcome out = run();
  ASSERT_EQ(out.fault, TransactionFault::none);
  EXPECT_EQ(out.receipt.blob_gas_used, 2 * 131'072u);
  EXPECT_EQ(overlay_->balance(sender_), ether - U256(9 * out.receipt.gas_used + 3 * 2 * 131'072));
  EXPECT_EQ(use_.blob_gas, 2 * 131'072u);
  EXPECT_EQ(run().fault, TransactionFault::none);
  EXPECT_EQ(run().fault, TransactionFault::none);
  EXPECT_EQ(run().fault, TransactionFault::blob_count) << "six are a block's most";
  use_ = {};
  tx_.max_blob_fee = 2;
  refused(TransactionFault::blob_fee_below_base);
}

// EIP-4844, "helpers"; values worked out from fake_exponential's definition.
TEST(BlobBaseFee, RisesExponentially) {
  EXPECT_EQ(blob_base_fee(0), U256(1));
  EXPECT_EQ(blob_base_fee(2'314'057), U256(1));
  EXPECT_EQ(blob_base_fee(2'314'058), U256(2));
  EXPECT_EQ(blob_base_fee(10 * 1024 * 1024), U256(23));
  EXPECT_EQ(blob_base_fee(~std::uint64_t{0}), U256::max());
}

TEST_F(Execution, WarmFromTheStart) {
  tx_.access_list = {{named(7), {Hash256{}}}};
  engine_.frame = [&](ContractHost& host, const ContractMessage& message) {
    EXPECT_EQ(host.access(sender_), AccessStatus::warm);
    EXPECT_EQ(host.access(contract_), AccessStatus::warm);
    EXPECT_EQ(host.access(coinbase_), AccessStatus::warm);  // EIP-3651
    EXPECT_EQ(host.access(named(7)), AccessStatus::warm);
    EXPECT_EQ(host.access(named(7), 0), AccessStatus::warm);
    EXPECT_EQ(host.access(named(7), 1), AccessStatus::cold);
    EXPECT_EQ(host.access(named(8)), AccessStatus::cold);
    Address precompile;
    precompile.data[19] = 0x0a;
    EXPECT_EQ(host.access(precompile), AccessStatus::warm);
    precompile.data[19] = 0x0b;
    EXPECT_EQ(host.access(precompile), AccessStatus::cold);
    return Scripted::done(message.gas);
  };
  EXPECT_TRUE(run().receipt.success);
}

TEST_F(Execution, OnlyTheLast256BlocksHaveHashes) {
  block_.number = 300;
  block_.block_hash = [](std::int64_t number) {
    return keccak256(as_bytes(std::to_string(number)));
  };
  engine_.frame = [](ContractHost& host, const ContractMessage& message) {
    EXPECT_EQ(host.block_hash(300), Hash256());
    EXPECT_EQ(host.block_hash(299), keccak256(as_bytes("299")));
    EXPECT_EQ(host.block_hash(44), keccak256(as_bytes("44")));
    EXPECT_EQ(host.block_hash(43), Hash256());
    EXPECT_EQ(host.block_hash(-1), Hash256());
    return Scripted::done(message.gas);
  };
  EXPECT_TRUE(run().receipt.success);
}

class Creation : public Execution {
 protected:
  void SetUp() override {
    Execution::SetUp();
    tx_.to.reset();
    tx_.gas_limit = 10'000'000;
    block_.gas_limit = 1'000'000'000;  // for several runs
    deploys(Bytes(10, 0x01));
  }
  void deploys(Bytes code, std::int64_t gas_left = 6'000'000) {
    engine_.frame = [code, gas_left](ContractHost&, const ContractMessage&) {
      return Scripted::done(gas_left, code);
    };
  }
  void legacy() {
    tx_.type = TransactionType::legacy;
    tx_.chain_id = 0;
    tx_.max_priority_fee = tx_.max_fee;
  }
  const Address made_ = create_address(sender_, 5);
};

TEST_F(Creation, DeploysForTwoHundredGasAByte) {
  const TransactionOutcome out = run();
  EXPECT_EQ(out.receipt.created, made_);
  EXPECT_EQ(out.result.gas_left, 6'000'000 - 2'000);
  EXPECT_EQ(overlay_->code(made_)->bytes, Bytes(10, 0x01));
  EXPECT_EQ(overlay_->nonce(made_), 1u);  // EIP-161
  EXPECT_EQ(overlay_->nonce(sender_), 6u);
}

TEST_F(Creation, DepositThatIsTooDear) {
  deploys(Bytes(10, 0x01), 1'999);
  EXPECT_FALSE(run().receipt.success);  // EIP-2
  EXPECT_EQ(overlay_->code(made_), nullptr);
  EXPECT_EQ(overlay_->nonce(sender_), 6u);
  legacy();
  const TransactionOutcome lenient = run(Revision::frontier);
  EXPECT_TRUE(lenient.receipt.success);
  EXPECT_EQ(lenient.result.gas_left, 1'999);
  EXPECT_TRUE(overlay_->exists(made_));
  EXPECT_EQ(overlay_->code(made_), nullptr);
}

TEST_F(Creation, CodeThatIsRefused) {
  deploys({0xef, 0x00});
  EXPECT_EQ(run().result.status, ContractStatus::code_refused);  // EIP-3541
  block_.limits.refuse_ef = false;
  EXPECT_TRUE(run().receipt.success);
  block_.limits = {};
  deploys(Bytes(0x6000, 0x01));
  EXPECT_TRUE(run().receipt.success);
  deploys(Bytes(0x6001, 0x01));
  EXPECT_FALSE(run().receipt.success);  // EIP-170
  legacy();
  EXPECT_TRUE(run(Revision::homestead).receipt.success);
}

// EIP-684, EIP-7610.
TEST_F(Creation, Collisions) {
  const std::array<WorldState::Slot, 1> storage = {WorldState::Slot{U256(1), U256(1)}};
  state_.allot(made_, 0, 7, {}, {});
  EXPECT_TRUE(run().receipt.success) << "a balance is no collision";
  EXPECT_EQ(overlay_->balance(made_), U256(7));
  state_.allot(made_, 1, 0, {}, {});
  TransactionOutcome out = run();
  EXPECT_FALSE(out.receipt.success);
  EXPECT_EQ(out.receipt.gas_used, tx_.gas_limit);
  state_.allot(made_, 0, 0, Bytes{1}, {});
  EXPECT_FALSE(run().receipt.success);
  state_.allot(made_, 0, 1, {}, storage);
  EXPECT_FALSE(run().receipt.success);
}

// EIP-2681: the frame does not begin and its gas goes back.
TEST_F(Creation, ANonceCannotOverflow) {
  overlay_.emplace(state_, Revision::cancun);
  overlay_->set_nonce(sender_, ~std::uint64_t{0});
  Host host(*overlay_, block_, {}, engine_);
  ContractMessage message;
  message.kind = CallKind::create;
  message.sender = sender_;
  message.gas = 1234;
  const ContractResult out = host.call(message);
  EXPECT_NE(out.status, ContractStatus::success);
  EXPECT_EQ(out.gas_left, 1234);
}

TEST_F(Execution, BeforeByzantiumAReceiptHoldsTheRoot) {
  tx_.type = TransactionType::legacy;
  tx_.chain_id = 0;
  tx_.max_priority_fee = tx_.max_fee;
  const TransactionOutcome out = run(Revision::homestead);
  ASSERT_TRUE(out.receipt.post_state);
  EXPECT_EQ(out.receipt.post_state, overlay_->commit().root());
  EXPECT_FALSE(run(Revision::byzantium).receipt.post_state);
}

TEST_F(Execution, SystemCallsAreFree) {
  engine_.frame = [](ContractHost& host, const ContractMessage& message) {
    host.set_storage(message.recipient, 1, u256_from_big_endian(message.input).value());
    return Scripted::done(message.gas);
  };
  overlay_.emplace(state_, Revision::cancun);
  const Bytes input = {42};
  system_call(*overlay_, block_, engine_, named(0xfe), contract_, input);
  EXPECT_EQ(overlay_->storage(contract_, 1), U256(42));
  system_call(*overlay_, block_, engine_, named(0xfe), named(0x55), input);
  overlay_->commit();
  EXPECT_FALSE(overlay_->state().account(named(0xfe)));
  EXPECT_FALSE(overlay_->state().account(named(0x55)));
}

TEST_F(Execution, ASimulatedCallLeavesNothing) {
  engine_.frame = [](ContractHost& host, const ContractMessage& message) {
    host.set_storage(message.recipient, 1, 42);
    return Scripted::done(message.gas, Bytes{7});
  };
  overlay_.emplace(state_, Revision::cancun);
  ContractMessage message;
  message.sender = sender_;
  message.recipient = message.code_address = contract_;
  message.gas = 100;
  EXPECT_EQ(simulate_call(*overlay_, block_, engine_, message).output, Bytes{7});
  EXPECT_EQ(overlay_->commit().root(), state_.root());
}

TEST(CreateAddress, KnownAnswers) {
  // EIP-1014's examples 0 and 1; for CREATE go-ethereum's TestNewContractAddress.
  const Address zero;
  EXPECT_EQ(to_hex(create2_address(zero, Hash256(), keccak256(Bytes{0x00}))),
            "4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38");
  const auto deadbeef = *fixed_from_hex<20>("deadbeef00000000000000000000000000000000");
  EXPECT_EQ(to_hex(create2_address(deadbeef, Hash256(), keccak256(Bytes{0x00}))),
            "b928f69bb1d91cd65274e3c79d8986362984fda3");
  const auto sender = *fixed_from_hex<20>("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0");
  EXPECT_EQ(to_hex(create_address(sender, 0)), "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d");
  EXPECT_EQ(to_hex(create_address(sender, 1)), "343c43a37d37dff08ae8c4a11544c718abb4fcf8");
}

TEST(Receipt, BloomSetsThreeBitsAnItem) {
  Bloom bloom;
  bloom_add(bloom, as_bytes("item"));
  int bits = 0;
  for (const Byte byte : bloom.data) bits += std::popcount(byte);
  EXPECT_EQ(bits, 3);
  const std::array<Log, 1> logs = {Log{named(1), {Hash256{}}, {}}};
  Bloom want;
  bloom_add(want, named(1).view());
  bloom_add(want, Hash256{}.view());
  EXPECT_EQ(bloom_of(logs), want);
}

TEST(Receipt, Encoding) {
  Receipt receipt;
  receipt.success = true;
  receipt.cumulative_gas = 21'000;
  const Bytes legacy = encode(receipt);
  // A list of 264 bytes of payload: status, gas, bloom (b9 01 00 ...), no logs.
  EXPECT_EQ(to_hex(ByteView(legacy).first(10)), "f9010801825208b90100");
  EXPECT_EQ(legacy.back(), 0xc0);
  EXPECT_EQ(legacy.size(), 3u + 264);
  receipt.type = 2;
  receipt.success = false;
  const Bytes typed = encode(receipt);
  EXPECT_EQ(to_hex(ByteView(typed).first(6)), "02f901088082");
  receipt.type = 0;
  receipt.post_state = Hash256{};
  EXPECT_EQ(encode(receipt).size(), legacy.size() + 32);
}

}  // namespace
}  // namespace ledgerlab::ethereum
