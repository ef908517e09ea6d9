// Transactions and blocks against known ones: the main network's genesis block, BIP 143's and the
// duplicate trick of CVE-2012-2459.
#include "models/parts/bitcoin/block.hpp"

#include <gtest/gtest.h>

#include "models/parts/bitcoin/script.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::bitcoin {
namespace {

const char* const genesis_hex =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c"
    "3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c0101000000010000000000000000"
    "000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d657320"
    "30332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f"
    "757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a8"
    "28e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00"
    "000000";
// The signed transaction of BIP 143's first example (one legacy and one P2WPKH input).
const char* const segwit_hex =
    "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830"
    "45022100"
    "8b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1"
    "c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe2"
    "87d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a"
    "76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402"
    "203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90"
    "300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f6"
    "2fc70f07aeee635711000000";

Transaction segwit_transaction() { return *decode_transaction(*from_hex(segwit_hex)); }

TEST(BitcoinBlock, Genesis) {
  const Bytes raw = *from_hex(genesis_hex);
  const auto block = decode_block(raw);
  ASSERT_TRUE(block);
  EXPECT_EQ(to_display(block_hash(block->header)),
            "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
  EXPECT_EQ(to_display(txid(block->transactions[0])),
            "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
  EXPECT_EQ(encode_block(*block), raw);
  EXPECT_EQ(check_block(*block), "");
  EXPECT_EQ(weight(*block), raw.size() * 4);
  const U256 limit = *work::target_from_compact(0x1d00ffff);
  EXPECT_TRUE(check_proof_of_work(block->header, limit));
  BlockHeader other = block->header;
  ++other.nonce;
  EXPECT_FALSE(check_proof_of_work(other, limit));
}

TEST(BitcoinBlock, EveryCutAndEveryLongerBlockIsRefused) {
  const Bytes raw = *from_hex(genesis_hex);
  for (std::size_t size = 0; size < raw.size(); ++size) {
    EXPECT_FALSE(decode_block(ByteView(raw).first(size))) << size;
  }
  Bytes longer = raw;
  longer.push_back(0);
  EXPECT_FALSE(decode_block(longer));
}

TEST(BitcoinTransaction, WitnessFormAndIdentities) {
  const Bytes raw = *from_hex(segwit_hex);
  const auto tx = decode_transaction(raw);
  ASSERT_TRUE(tx);
  EXPECT_EQ(encode_transaction(*tx), raw);
  EXPECT_TRUE(tx->has_witness());
  EXPECT_EQ(to_display(txid(*tx)),
            "e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609");
  EXPECT_NE(txid(*tx), wtxid(*tx));
  EXPECT_EQ(serialized_size(*tx), raw.size());
  const std::size_t stripped = encode_transaction(*tx, WitnessForm::forbid).size();
  EXPECT_EQ(weight(*tx), stripped * 3 + raw.size());
  EXPECT_EQ(check_transaction(*tx), "");
}

TEST(BitcoinTransaction, SuperfluousWitnessAndUnknownFlagAreRefused) {
  Transaction bare = segwit_transaction();
  for (TxIn& input : bare.inputs) input.witness.clear();
  Bytes raw = encode_transaction(bare);
  ASSERT_TRUE(decode_transaction(raw));
  // Marker, flag and two empty witnesses: the same transaction in a second form.
  const std::array<Byte, 2> marker = {0, 1};
  raw.insert(raw.begin() + 4, marker.begin(), marker.end());
  const std::array<Byte, 2> none = {0, 0};
  raw.insert(raw.end() - 4, none.begin(), none.end());
  EXPECT_FALSE(decode_transaction(raw));
  Bytes flagged = *from_hex(segwit_hex);
  flagged[5] = 3;
  EXPECT_FALSE(decode_transaction(flagged));
}

TEST(BitcoinWire, LengthsMustBeShortest) {
  const auto read = [](std::initializer_list<int> bytes) {
    Bytes raw;
    for (const int byte : bytes) raw.push_back(static_cast<Byte>(byte));
    Reader in(raw);
    in.compact();
    return in.done();
  };
  EXPECT_TRUE(read({0xfc}));
  EXPECT_FALSE(read({0xfd, 0xfc, 0}));
  EXPECT_TRUE(read({0xfd, 0xfd, 0}));
  EXPECT_FALSE(read({0xfe, 0xff, 0xff, 0, 0}));
  EXPECT_TRUE(read({0xfe, 0, 0, 1, 0}));
  EXPECT_FALSE(read({0xff, 0, 0, 1, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(read({0xff, 0, 0, 0, 0, 1, 0, 0, 0}));
}

TEST(BitcoinTransaction, ContextFreeRules) {
  const Transaction good = segwit_transaction();
  const auto fault = [&](auto change) {
    Transaction tx = good;
    change(tx);
    return check_transaction(tx);
  };
  EXPECT_EQ(fault([](Transaction& tx) { tx.inputs.clear(); }), "bad-txns-vin-empty");
  EXPECT_EQ(fault([](Transaction& tx) { tx.outputs.clear(); }), "bad-txns-vout-empty");
  EXPECT_EQ(fault([](Transaction& tx) { tx.outputs[0].value = -1; }), "bad-txns-vout-negative");
  EXPECT_EQ(fault([](Transaction& tx) { tx.outputs[0].value = max_money + 1; }),
            "bad-txns-vout-toolarge");
  EXPECT_EQ(fault([](Transaction& tx) { tx.outputs[0].value = max_money; }),
            "bad-txns-txouttotal-toolarge");
  EXPECT_EQ(fault([](Transaction& tx) { tx.inputs[1].prevout = tx.inputs[0].prevout; }),
            "bad-txns-inputs-duplicate");
  EXPECT_EQ(fault([](Transaction& tx) { tx.inputs[1].prevout = OutPoint{}; }),
            "bad-txns-prevout-null");
  EXPECT_EQ(fault([](Transaction& tx) {
              tx.inputs.resize(1);
              tx.inputs[0].prevout = OutPoint{};
              tx.inputs[0].script_sig = {0};
            }),
            "bad-cb-length");
  EXPECT_EQ(fault([](Transaction& tx) { tx.outputs[0].script_pubkey.resize(1'000'001); }),
            "bad-txns-oversize");
}

TEST(BitcoinBlock, DuplicateLeavesAreSeen) {
  std::vector<Hash256> leaves(6);
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i].data[0] = static_cast<Byte>(i + 1);
  const MerkleRoot honest = merkle_root_of(leaves);
  EXPECT_FALSE(honest.duplicated);
  std::vector<Hash256> trick = leaves;
  trick.push_back(leaves[4]);
  trick.push_back(leaves[5]);
  const MerkleRoot same = merkle_root_of(trick);
  EXPECT_EQ(same.root, honest.root);
  EXPECT_TRUE(same.duplicated);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_EQ(root_from_branch(leaves[i], merkle_branch(leaves, i), i), honest.root) << i;
  }
}

Block witness_block() {
  Block block = *decode_block(*from_hex(genesis_hex));
  Bytes height;
  push_number(height, 100);
  put_u8(height, 0);
  block.transactions[0].inputs[0].script_sig = height;
  block.transactions.push_back(segwit_transaction());
  commit(block, true);
  return block;
}

TEST(BitcoinBlock, WitnessCommitment) {
  const BlockContext context{100, 1'600'000'000, true, true};
  const Block good = witness_block();
  EXPECT_EQ(check_block(good), "");
  EXPECT_EQ(check_block_context(good, context), "");
  const auto fault = [&](auto change, BlockContext where) {
    Block block = good;
    change(block);
    return check_block_context(block, where);
  };
  const auto nothing = [](Block&) {};
  EXPECT_EQ(fault([](Block& b) { b.transactions[1].inputs[1].witness[0][5] ^= 1; }, context),
            "bad-witness-merkle-match");
  EXPECT_EQ(fault([](Block& b) { b.transactions[0].inputs[0].witness[0].pop_back(); }, context),
            "bad-witness-nonce-size");
  EXPECT_EQ(fault([](Block& b) { b.transactions[0].outputs.pop_back(); }, context),
            "unexpected-witness");
  EXPECT_EQ(fault(nothing, {100, 0, true, false}), "unexpected-witness");
  EXPECT_EQ(fault(nothing, {101, 0, true, true}), "bad-cb-height");
  EXPECT_EQ(fault(nothing, {101, 0, false, true}), "");
  EXPECT_EQ(fault([](Block& b) { b.transactions[1].locktime = 100; }, context),
            "bad-txns-nonfinal");
}

TEST(BitcoinBlock, BlockRules) {
  const Block good = witness_block();
  const auto fault = [&](auto change) {
    Block block = good;
    change(block);
    block.header.merkle_root = block_merkle_root(block).root;
    return check_block(block);
  };
  EXPECT_EQ(fault([](Block& b) { b.transactions.clear(); }), "bad-blk-length");
  EXPECT_EQ(fault([](Block& b) { std::swap(b.transactions[0], b.transactions[1]); }),
            "bad-cb-missing");
  EXPECT_EQ(fault([](Block& b) {
              b.transactions.push_back(b.transactions[0]);
              b.transactions.back().locktime = 7;
            }),
            "bad-cb-multiple");
  EXPECT_EQ(fault([](Block& b) {
              b.transactions[1].outputs[0].script_pubkey.assign(20'001, op_checksig);
            }),
            "bad-blk-sigops");
  Block wrong = good;
  wrong.header.merkle_root.data[0] ^= 1;
  EXPECT_EQ(check_block(wrong), "bad-txnmrklroot");
  Block doubled = good;
  doubled.transactions.push_back(segwit_transaction());
  doubled.transactions.back().locktime = 5;
  doubled.header.merkle_root = block_merkle_root(doubled).root;
  doubled.transactions.push_back(doubled.transactions.back());
  EXPECT_EQ(check_block(doubled), "bad-txns-duplicate");
}

TEST(BitcoinTransaction, LockTimes) {
  Transaction tx = segwit_transaction();
  tx.locktime = 50;
  EXPECT_FALSE(is_final(tx, 50, 0));
  EXPECT_TRUE(is_final(tx, 51, 0));
  tx.locktime = locktime_threshold;
  EXPECT_FALSE(is_final(tx, 1'000'000, locktime_threshold));
  EXPECT_TRUE(is_final(tx, 0, locktime_threshold + 1));
  for (TxIn& input : tx.inputs) input.sequence = sequence_final;
  EXPECT_TRUE(is_final(tx, 0, 0));
}

}  // namespace
}  // namespace ledgerlab::bitcoin
