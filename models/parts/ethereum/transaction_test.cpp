// Transactions against known answers and rule by rule; every rule has its accepted twin.
#include "models/parts/ethereum/transaction.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace ledgerlab::ethereum {
namespace {

const auto secret =
    *fixed_from_hex<32>("4646464646464646464646464646464646464646464646464646464646464646");

Transaction example(TransactionType type) {
  Transaction tx;
  tx.type = type;
  tx.chain_id = 1;
  tx.nonce = 9;
  tx.max_fee = tx.max_priority_fee = U256(20'000'000'000);
  if (type >= TransactionType::dynamic_fee) tx.max_priority_fee = U256(7);
  tx.gas_limit = 100'000;
  tx.to = *fixed_from_hex<20>("3535353535353535353535353535353535353535");
  tx.value = U256(1'000'000'000'000'000'000);
  tx.data = {0, 1, 0x80};
  if (type != TransactionType::legacy) tx.access_list = {{*tx.to, {Hash256{{1}}, Hash256{{2}}}}};
  if (type == TransactionType::blob) {
    tx.max_blob_fee = U256(300);
    tx.blob_hashes = {Hash256{{1, 5}}};
  }
  return tx;
}

Transaction signed_example(TransactionType type,
                           const std::function<void(Transaction&)>& change = {}) {
  Transaction tx = example(type);
  if (change) change(tx);
  EXPECT_TRUE(sign(tx, secret));
  return tx;
}

// The worked example of EIP-155.
TEST(Transaction, Eip155Example) {
  Transaction tx = example(TransactionType::legacy);
  tx.gas_limit = 21'000;
  tx.data.clear();
  EXPECT_EQ(to_hex(signing_hash(tx)),
            "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  ASSERT_TRUE(sign(tx, secret));
  EXPECT_EQ(to_hex(encode(tx)),
            "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080"
            "25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761a"
            "ecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
  EXPECT_EQ(to_hex(*sender(tx)), "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
}

// ethereum/tests, TransactionTests/ttEIP1559/GasLimitPriceProductOverflowtMinusOne.
TEST(Transaction, DynamicFeeKnownAnswer) {
  const Bytes bytes = *from_hex(
      "02f885018084773594009f02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff825208"
      "94095e7baea6a6c7c4c2dfeb977efac326af552d878080c080a05cbd172231fc0735e0fb994dd5b1a4939170a2"
      "60b36f0427a8a80866b063b948a07c230f7f578dd61785c93361b9871c0706ebfa6d06e3f4491dc9558c5202ed"
      "36");
  const auto tx = decode_transaction(bytes);
  ASSERT_TRUE(tx);
  EXPECT_EQ(to_hex(hash(*tx)), "dad8bff3ecfcf95169b1d5625b47f3372be795802bc4fe570991cf332f609334");
  EXPECT_EQ(to_hex(*sender(*tx)), "ae2aec498d20869d441eaaf708fb1e375ae1787d");
  EXPECT_EQ(validate(*tx, Revision::london, 1), TransactionFault::none);
}

TEST(Transaction, EveryTypeComesBack) {
  const Address owner = *fixed_from_hex<20>("9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
  for (const auto type : {TransactionType::legacy, TransactionType::access_list,
                          TransactionType::dynamic_fee, TransactionType::blob}) {
    const Transaction tx = signed_example(type);
    const auto back = decode_transaction(encode(tx));
    ASSERT_TRUE(back) << static_cast<int>(type);
    EXPECT_EQ(*back, tx);
    EXPECT_EQ(sender(*back), owner);
    EXPECT_EQ(validate(*back, Revision::cancun, 1), TransactionFault::none);
  }
}

// Whatever bytes come: nothing, or a transaction that encodes to exactly them.
TEST(Transaction, DecodingIsStrictForAnyBytes) {
  std::size_t decoded = 0;
  for (const auto type : {TransactionType::legacy, TransactionType::access_list,
                          TransactionType::dynamic_fee, TransactionType::blob}) {
    const Bytes good = encode(signed_example(type));
    for (std::size_t size = 0; size < good.size(); ++size) {
      EXPECT_FALSE(decode_transaction(ByteView(good).first(size)));
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        Bytes bytes = good;
        bytes[at] = static_cast<Byte>(value);
        const auto tx = decode_transaction(bytes);
        if (!tx) continue;
        ++decoded;
        ASSERT_EQ(encode(*tx), bytes) << at << " " << value;
      }
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode_transaction(longer));
  }
  EXPECT_GT(decoded, 1000u);
}

TEST(Transaction, BodyFormWrapsTypesOnly) {
  Bytes body;
  const Transaction legacy = signed_example(TransactionType::legacy);
  const Transaction blob = signed_example(TransactionType::blob);
  append(body, legacy);
  append(body, blob);
  rlp::Cursor cursor(body);
  EXPECT_EQ(next_transaction(cursor), legacy);
  EXPECT_EQ(next_transaction(cursor), blob);
  EXPECT_TRUE(cursor.finished());
  // A legacy transaction in a byte string is none (EIP-2718).
  Bytes wrapped;
  rlp::append(wrapped, ByteView(encode(legacy)));
  rlp::Cursor wrong(wrapped);
  EXPECT_FALSE(next_transaction(wrong));
}

struct Rule {
  const char* name;
  TransactionType type;
  Revision revision;
  std::function<void(Transaction&)> change;
  TransactionFault fault;
};

TEST(Transaction, EachRuleRefuses) {
  using T = TransactionType;
  using F = TransactionFault;
  const Rule rules[] = {
      {"type 1 before Berlin", T::access_list, Revision::istanbul, {}, F::type_not_supported},
      {"type 2 before London", T::dynamic_fee, Revision::berlin, {}, F::type_not_supported},
      {"type 3 before Cancun", T::blob, Revision::shanghai, {}, F::type_not_supported},
      {"EIP-155 before its fork", T::legacy, Revision::homestead, {}, F::signature},
      {"EIP-155", T::legacy, Revision::cancun, [](auto& t) { t.chain_id = 5; }, F::chain_id},
      {"other chain", T::blob, Revision::cancun, [](auto& t) { t.chain_id = 0; }, F::chain_id},
      {"EIP-2681", T::legacy, Revision::cancun, [](auto& t) { t.nonce = ~0ull; },
       F::nonce_overflow},
      {"gas", T::legacy, Revision::cancun, [](auto& t) { t.gas_limit = 21'000; }, F::intrinsic_gas},
      {"fee beyond 256 bits", T::dynamic_fee, Revision::cancun,
       [](auto& t) { t.max_fee = U256::max(); }, F::fee_overflow},
      {"tip over fee", T::dynamic_fee, Revision::cancun,
       [](auto& t) { t.max_priority_fee = t.max_fee + U256(1); }, F::priority_over_max_fee},
      {"EIP-3860", T::legacy, Revision::shanghai,
       [](auto& t) {
         t.to.reset();
         t.gas_limit = 10'000'000;
         t.data.assign(49'153, 0);
       },
       F::initcode_size},
      {"blobs create nothing", T::blob, Revision::cancun, [](auto& t) { t.to.reset(); },
       F::blob_creation},
      {"no blob", T::blob, Revision::cancun, [](auto& t) { t.blob_hashes.clear(); }, F::blob_count},
      {"seven blobs", T::blob, Revision::cancun,
       [](auto& t) { t.blob_hashes.assign(7, t.blob_hashes[0]); }, F::blob_count},
      {"blob version", T::blob, Revision::cancun, [](auto& t) { t.blob_hashes[0].data[0] = 2; },
       F::blob_version},
  };
  for (const Rule& rule : rules) {
    EXPECT_EQ(validate(signed_example(rule.type, rule.change), rule.revision, 1), rule.fault)
        << rule.name;
  }
  // The twins just inside the limits.
  const auto accepted = [](T type, Revision revision, auto change) {
    return validate(signed_example(type, change), revision, 1) == F::none;
  };
  EXPECT_TRUE(accepted(T::legacy, Revision::frontier, [](auto& t) { t.chain_id = 0; }));
  EXPECT_TRUE(accepted(T::legacy, Revision::cancun, [](auto& t) { t.nonce = ~0ull - 1; }));
  EXPECT_TRUE(accepted(T::blob, Revision::cancun,
                       [](auto& t) { t.blob_hashes.assign(6, t.blob_hashes[0]); }));
  EXPECT_TRUE(accepted(T::legacy, Revision::shanghai, [](auto& t) {
    t.to.reset();
    t.gas_limit = 10'000'000;
    t.data.assign(49'152, 0);
  }));
}

TEST(Transaction, HighSOnlyOnFrontier) {
  const U256 order{0xffffffffffffffff, 0xfffffffffffffffe, 0xbaaedce6af48a03b, 0xbfd25e8cd0364141};
  Transaction tx = signed_example(TransactionType::legacy, [](auto& t) { t.chain_id = 0; });
  const auto owner = sender(tx);
  tx.s = order - tx.s;
  tx.y_parity ^= 1;
  EXPECT_EQ(sender(tx), owner);
  EXPECT_EQ(validate(tx, Revision::frontier, 1), TransactionFault::none);
  EXPECT_EQ(validate(tx, Revision::homestead, 1), TransactionFault::signature);
  tx.r = U256();
  EXPECT_EQ(validate(tx, Revision::frontier, 1), TransactionFault::signature);
  tx.r = order;
  EXPECT_EQ(validate(tx, Revision::frontier, 1), TransactionFault::signature);
}

TEST(Transaction, IntrinsicGasByFork) {
  Transaction tx = example(TransactionType::access_list);  // data: one zero byte, two others
  EXPECT_EQ(intrinsic_gas(tx, Revision::berlin), 21'000u + 4 + 2 * 16 + 2'400 + 2 * 1'900);
  tx.access_list.clear();
  EXPECT_EQ(intrinsic_gas(tx, Revision::byzantium), 21'000u + 4 + 2 * 68);
  tx.to.reset();
  EXPECT_EQ(intrinsic_gas(tx, Revision::frontier), 21'000u + 4 + 2 * 68);
  EXPECT_EQ(intrinsic_gas(tx, Revision::homestead), 53'000u + 4 + 2 * 68);
  EXPECT_EQ(intrinsic_gas(tx, Revision::london), 53'000u + 4 + 2 * 16);
  EXPECT_EQ(intrinsic_gas(tx, Revision::shanghai), 53'000u + 4 + 2 * 16 + 2);
}

TEST(Transaction, EffectivePrice) {
  Transaction tx = example(TransactionType::dynamic_fee);
  tx.max_fee = U256(100);
  tx.max_priority_fee = U256(7);
  EXPECT_EQ(effective_gas_price(tx, U256(50)), U256(57));
  EXPECT_EQ(effective_gas_price(tx, U256(95)), U256(100));
  EXPECT_EQ(effective_gas_price(tx, U256(100)), U256(100));
}

}  // namespace
}  // namespace ledgerlab::ethereum
