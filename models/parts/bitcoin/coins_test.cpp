// Connecting and disconnecting blocks: every rule of spending with the case that breaks it, undo
// data and a reorganisation.
#include "models/parts/bitcoin/coins.hpp"

#include <gtest/gtest.h>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/sighash.hpp"

namespace ledgerlab::bitcoin {
namespace {

PrivateKey test_key() {
  PrivateKey key;
  key.secret.data.fill(7);
  return key;
}

Bytes own_script() { return p2wpkh_script(hash160(*public_key_of(test_key()))); }

/// A small chain kept in memory: blocks of one height each, times ten minutes apart.
class Chain {
 public:
  BlockPlace place() const {
    return {static_cast<std::uint32_t>(undo_.size() + 1),
            [](std::uint32_t height) { return 1'600'000'000 + std::int64_t{height} * 600; }, true};
  }

  Block make(std::vector<Transaction> transactions, Satoshi claim = 50 * coin) const {
    const std::uint32_t height = place().height;
    Transaction coinbase;
    coinbase.inputs.resize(1);
    push_number(coinbase.inputs[0].script_sig, height);
    push_data(coinbase.inputs[0].script_sig, Bytes{1});
    coinbase.outputs = {{claim, own_script()}};
    Block block;
    block.header.time = 1'600'000'000 + height * 600;
    block.transactions = {coinbase};
    for (Transaction& tx : transactions) block.transactions.push_back(std::move(tx));
    commit(block, true);
    return block;
  }

  std::string connect(const Block& block) {
    CoinsOverlay overlay(coins_);
    const ConnectResult result = connect_block(block, rules_, place(), overlay);
    if (!result.ok()) return result.fault;
    fees_ = result.fees;
    coins_.apply(overlay.changes());
    blocks_.push_back(block);
    undo_.push_back(encode_undo(result.undo));
    return {};
  }

  bool disconnect() {
    CoinsOverlay overlay(coins_);
    const auto undo = decode_undo(undo_.back());
    if (!undo || !disconnect_block(blocks_.back(), *undo, overlay)) return false;
    coins_.apply(overlay.changes());
    blocks_.pop_back();
    undo_.pop_back();
    return true;
  }

  /// Connects empty blocks until `height` is the last one's.
  void grow(std::uint32_t height) {
    while (undo_.size() < height) ASSERT_EQ(connect(make({})), "");
  }

  OutPoint coinbase_of(std::uint32_t height) const {
    return {txid(blocks_[height - 1].transactions[0]), 0};
  }
  const MemoryCoins& coins() const { return coins_; }
  Satoshi fees() const { return fees_; }
  const Block& last() const { return blocks_.back(); }

 private:
  ChainRules rules_;
  MemoryCoins coins_;
  std::vector<Block> blocks_;
  std::vector<Bytes> undo_;
  Satoshi fees_ = 0;
};

/// Signs every input for own_script.
void sign(Transaction& tx, Satoshi amount) {
  const TransactionHashes hashes(tx, {});
  const Bytes key = *public_key_of(test_key());
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    const Hash256 digest =
        witness_v0_sighash(p2pkh_script(hash160(key)), tx, i, sighash_all, amount, hashes);
    Bytes signature = secp256k1_to_der(*secp256k1_sign(test_key().secret, digest));
    signature.push_back(sighash_all);
    tx.inputs[i].witness = {signature, key};
  }
}

Transaction spend(const OutPoint& point, Satoshi to_pay, std::uint32_t sequence = sequence_final) {
  Transaction tx;
  tx.inputs.resize(1);
  tx.inputs[0].prevout = point;
  tx.inputs[0].sequence = sequence;
  tx.outputs = {{to_pay, own_script()}};
  sign(tx, 50 * coin);
  return tx;
}

TEST(BitcoinCoins, FeesMaturityAndSubsidy) {
  Chain chain;
  chain.grow(99);
  // The coin of height 1 may be spent in block 101.
  const Transaction tx = spend(chain.coinbase_of(1), 49 * coin);
  EXPECT_EQ(chain.connect(chain.make({tx})), "bad-txns-premature-spend-of-coinbase");
  chain.grow(100);
  EXPECT_EQ(chain.connect(chain.make({tx}, 51 * coin + 1)), "bad-cb-amount");
  EXPECT_EQ(chain.connect(chain.make({tx}, 51 * coin)), "");
  EXPECT_EQ(chain.fees(), coin);
  EXPECT_EQ(chain.connect(chain.make({spend(chain.coinbase_of(1), 48 * coin)})),
            "bad-txns-inputs-missingorspent");
  const ChainRules rules;
  EXPECT_EQ(block_subsidy(rules, 209'999), 50 * coin);
  EXPECT_EQ(block_subsidy(rules, 210'000), 25 * coin);
  EXPECT_EQ(block_subsidy(rules, 210'000 * 33), 0);
  EXPECT_EQ(block_subsidy(rules, 210'000 * 64), 0);
}

TEST(BitcoinCoins, ValuesAndSignatures) {
  Chain chain;
  chain.grow(101);
  const OutPoint from = chain.coinbase_of(1);
  EXPECT_EQ(chain.connect(chain.make({spend(from, 50 * coin + 1)})), "bad-txns-in-belowout");
  Transaction forged = spend(from, coin);
  forged.outputs[0].value += 1;
  EXPECT_EQ(chain.connect(chain.make({forged})), "block-script-verify-flag-failed (EVAL_FALSE)");
  EXPECT_EQ(chain.connect(chain.make({spend(from, coin), spend(from, 2 * coin)})),
            "bad-txns-inputs-missingorspent");
  // A child may stand behind its parent in one block, never before it.
  const Transaction parent = spend(from, 50 * coin);
  const Transaction child = spend({txid(parent), 0}, 50 * coin);
  EXPECT_EQ(chain.connect(chain.make({child, parent})), "bad-txns-inputs-missingorspent");
  EXPECT_EQ(chain.connect(chain.make({parent, child})), "");
  EXPECT_FALSE(chain.coins().find({txid(parent), 0}));
  EXPECT_TRUE(chain.coins().find({txid(child), 0}));
}

TEST(BitcoinCoins, RelativeLocks) {
  Chain chain;
  chain.grow(110);
  const OutPoint from = chain.coinbase_of(9);
  // BIP 68: 103 blocks after block 9 is 112; this block would be 111.
  EXPECT_EQ(chain.connect(chain.make({spend(from, coin, 103)})), "bad-txns-nonfinal");
  EXPECT_EQ(chain.connect(chain.make({spend(from, coin, 102)})), "");
  // In units of 512 s: from the time past of block 9 to that of block 111 are 61,200 s.
  const OutPoint timed = chain.coinbase_of(10);
  const std::uint32_t seconds = 1u << 22;
  EXPECT_EQ(chain.connect(chain.make({spend(timed, coin, seconds | 120)})), "bad-txns-nonfinal");
  EXPECT_EQ(chain.connect(chain.make({spend(timed, coin, seconds | 119)})), "");
  // Bit 31 switches the lock off.
  EXPECT_EQ(chain.connect(chain.make({spend(chain.coinbase_of(11), coin, 1u << 31 | 5000)})), "");
}

TEST(BitcoinCoins, ReorganisationRestoresEveryCoin) {
  Chain chain;
  chain.grow(105);
  const auto before = chain.coins().all();
  const Transaction one = spend(chain.coinbase_of(1), 50 * coin);
  const Transaction two = spend({txid(one), 0}, 49 * coin);
  ASSERT_EQ(chain.connect(chain.make({one, two})), "");
  ASSERT_EQ(chain.connect(chain.make({spend(chain.coinbase_of(2), 7)})), "");
  EXPECT_NE(chain.coins().all(), before);
  ASSERT_TRUE(chain.disconnect());
  ASSERT_TRUE(chain.disconnect());
  EXPECT_EQ(chain.coins().all(), before);
  // The other branch spends the same coin otherwise.
  EXPECT_EQ(chain.connect(chain.make({spend(chain.coinbase_of(1), 3)})), "");
}

TEST(BitcoinCoins, UndoOfAnotherBlockIsRefused) {
  Chain chain;
  chain.grow(105);
  const Block block = chain.make({spend(chain.coinbase_of(1), 50 * coin)});
  CoinsOverlay overlay(chain.coins());
  const ConnectResult result = connect_block(block, ChainRules(), chain.place(), overlay);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(decode_undo(encode_undo(result.undo)), result.undo);
  MemoryCoins after = chain.coins();
  after.apply(overlay.changes());
  BlockUndo wrong = result.undo;
  wrong.spent[0].clear();
  CoinsOverlay back(after);
  EXPECT_FALSE(disconnect_block(block, wrong, back));
  CoinsOverlay twice(chain.coins());
  EXPECT_FALSE(disconnect_block(block, result.undo, twice));
  const Bytes raw = encode_undo(result.undo);
  for (std::size_t size = 0; size < raw.size(); ++size) {
    EXPECT_FALSE(decode_undo(ByteView(raw).first(size))) << size;
  }
}

TEST(BitcoinCoins, NoTransactionOverwritesCoins) {
  // BIP 30: two coinbases with one identity (before BIP 34 made heights part of them).
  Chain chain;
  ChainRules rules;
  rules.bip34_height = 1'000;
  const Block block = chain.make({});
  MemoryCoins coins;
  CoinsOverlay overlay(coins);
  ASSERT_EQ(connect_block(block, rules, chain.place(), overlay).fault, "");
  coins.apply(overlay.changes());
  CoinsOverlay again(coins);
  EXPECT_EQ(connect_block(block, rules, chain.place(), again).fault, "bad-txns-BIP30");
}

TEST(BitcoinCoins, OverlayForgetsWhatNeverWas) {
  MemoryCoins base;
  CoinsOverlay overlay(base);
  EXPECT_FALSE(overlay.spend({Hash256{}, 3}));
  EXPECT_TRUE(overlay.changes().empty());
  overlay.add({Hash256{}, 3}, {{5, {}}, 1, false});
  EXPECT_EQ(overlay.spend({Hash256{}, 3})->output.value, 5);
  EXPECT_FALSE(overlay.find({Hash256{}, 3}));
}

TEST(BitcoinCoins, FlagsFollowTheChain) {
  const ChainRules main = main_chain_rules();
  EXPECT_EQ(script_flags_at(main, 100), std::uint32_t{verify_none});
  EXPECT_EQ(script_flags_at(main, 481'823) & verify_witness, 0u);
  EXPECT_NE(script_flags_at(main, 481'824) & verify_witness, 0u);
  EXPECT_EQ(script_flags_at(main, 709'632), consensus_script_flags);
  EXPECT_EQ(script_flags_at(ChainRules(), 1), consensus_script_flags);
}

}  // namespace
}  // namespace ledgerlab::bitcoin
