// The header client on mined chains: the branch with the most work, rules of headers, SPV proofs
// and their twins.
#include "models/parts/light/headers.hpp"

#include <gtest/gtest.h>

namespace ledgerlab::light {
namespace {

/// Easiest target of Bitcoin's regression test network: every second hash fits.
constexpr std::uint32_t easy = 0x207fffff;
/// 16 times as much work.
constexpr std::uint32_t harder = 0x2007ffff;

bitcoin::Transaction some_transaction(std::uint32_t number) {
  bitcoin::Transaction tx;
  bitcoin::TxIn input;
  input.prevout.txid.data[0] = static_cast<Byte>(number);
  input.prevout.txid.data[1] = static_cast<Byte>(number >> 8);
  input.prevout.index = number;
  tx.inputs.push_back(input);
  bitcoin::TxOut output;
  output.value = 1000 + number;
  output.script_pubkey.assign(10, 0x51);
  tx.outputs.push_back(output);
  return tx;
}

bitcoin::Block mine(const Hash256& previous, std::uint32_t time, std::uint32_t count,
                    std::uint32_t bits = easy) {
  bitcoin::Block block;
  block.header.previous = previous;
  block.header.time = time;
  block.header.bits = bits;
  for (std::uint32_t i = 0; i < count; ++i) {
    block.transactions.push_back(some_transaction(time * 100 + i));
  }
  block.header.merkle_root = bitcoin::block_merkle_root(block).root;
  while (!bitcoin::check_proof_of_work(block.header, U256::max())) ++block.header.nonce;
  return block;
}

struct Chain {
  explicit Chain(HeaderRules rules = {}) : client(rules, genesis.header) {
    blocks.push_back(genesis);
  }
  const bitcoin::Block& grow(std::uint32_t count, std::uint32_t bits = easy) {
    blocks.push_back(mine(tip(), blocks.back().header.time + 10, count, bits));
    EXPECT_EQ(client.add(blocks.back().header), "");
    return blocks.back();
  }
  Hash256 tip() const { return bitcoin::block_hash(blocks.back().header); }

  bitcoin::Block genesis = mine({}, 1000, 1);
  HeaderChain client;
  std::vector<bitcoin::Block> blocks;
};

TEST(HeaderChain, FollowsTheMostWorkAndNotTheMostBlocks) {
  HeaderRules rules;
  rules.window = 2;  // the target may change at every even height
  rules.timespan = 10;
  Chain chain(rules);
  chain.grow(1);
  const Hash256 fork = chain.tip();
  const std::uint32_t time = chain.blocks.back().header.time;
  // The window took 10 s as it should: bits stay.
  EXPECT_EQ(chain.client.add(mine(fork, time + 10, 1, harder).header), "bad-diffbits");

  HeaderRules plain;
  plain.window = 0;
  Chain base(plain);
  base.grow(1);
  const Hash256 common = base.tip();
  const bitcoin::Block a = mine(common, 2000, 1), b = mine(common, 2001, 2);
  EXPECT_EQ(base.client.add(a.header), "");
  EXPECT_EQ(base.client.add(b.header), "");
  EXPECT_EQ(base.client.best(), bitcoin::block_hash(a.header));  // equal work: the first one
  const bitcoin::Block c = mine(bitcoin::block_hash(b.header), 2002, 1);
  EXPECT_EQ(base.client.add(c.header), "");
  EXPECT_EQ(base.client.best(), bitcoin::block_hash(c.header));
  EXPECT_EQ(base.client.at(2), bitcoin::block_hash(b.header));
  EXPECT_EQ(base.client.check(prove(b, 2, 1), 2), "");
  EXPECT_EQ(base.client.check(prove(a, 2, 0), 1), "not on the branch with the most work");
}

TEST(HeaderChain, RefusesHeadersThatBreakARule) {
  Chain chain;
  for (int i = 0; i < 12; ++i) chain.grow(1);
  const Hash256 tip = chain.tip();
  const std::uint32_t time = chain.blocks.back().header.time;
  bitcoin::Block next = mine(tip, time + 10, 1);
  EXPECT_EQ(chain.client.add(mine(Hash256{}, time, 1).header), "prev-blk-not-found");
  EXPECT_EQ(chain.client.add(mine(tip, time + 10, 1, harder).header), "bad-diffbits");
  EXPECT_EQ(chain.client.add(mine(tip, time - 50, 1).header), "time-too-old");  // the median
  bitcoin::BlockHeader lazy = next.header;
  while (bitcoin::check_proof_of_work(lazy, U256::max())) ++lazy.nonce;
  EXPECT_EQ(chain.client.add(lazy), "high-hash");
  EXPECT_EQ(chain.client.height(), 12u);
  EXPECT_EQ(chain.client.add(next.header), "");
  EXPECT_EQ(chain.client.add(next.header), "");
  EXPECT_EQ(chain.client.height(), 13u);
  EXPECT_EQ(chain.client.locator().front(), bitcoin::block_hash(next.header));
  EXPECT_EQ(chain.client.locator().back(), bitcoin::block_hash(chain.genesis.header));
}

TEST(Spv, EveryTransactionOfEverySizeOfBlockAndNoTwin) {
  Chain chain;
  for (std::uint32_t count = 1; count <= 13; ++count) {
    const bitcoin::Block block = chain.grow(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const SpvProof proof = prove(block, count, i);
      ASSERT_EQ(chain.client.check(proof, 1), "");
      EXPECT_EQ(chain.client.check(proof, 2), "too few confirmations");

      SpvProof twin = proof;
      twin.transaction[5] ^= 1;
      EXPECT_EQ(chain.client.check(twin, 1), "wrong root");
      twin = proof;
      twin.height -= 1;
      EXPECT_EQ(chain.client.check(twin, 1), "wrong height");
      twin = proof;
      twin.block = chain.client.at(count - 1).value();
      twin.height = count - 1;
      EXPECT_EQ(chain.client.check(twin, 1), "wrong root");  // of another block
      twin = proof;
      twin.block.data[0] ^= 1;
      EXPECT_EQ(chain.client.check(twin, 1), "no such header");
      if (count == 1) continue;
      twin = proof;
      twin.branch[0].data[0] ^= 1;
      EXPECT_EQ(chain.client.check(twin, 1), "wrong root");
      twin = proof;
      twin.branch.pop_back();
      EXPECT_NE(chain.client.check(twin, 1), "");
      twin = proof;
      twin.index += 1u << proof.branch.size();  // the same path by another name
      EXPECT_EQ(chain.client.check(twin, 1), "index beyond the tree");
    }
  }
}

TEST(Spv, AnInnerNodeIsNoTransaction) {
  Chain chain;
  const bitcoin::Block block = chain.grow(4);
  SpvProof proof = prove(block, 1, 0);
  // The two leaves' hashes, 64 bytes, hash to their parent: a branch one shorter fits.
  const Hash256 left = bitcoin::txid(block.transactions[0]);
  proof.transaction.assign(left.data.begin(), left.data.end());
  proof.transaction.insert(proof.transaction.end(), proof.branch[0].data.begin(),
                           proof.branch[0].data.end());
  proof.branch.erase(proof.branch.begin());
  EXPECT_EQ(chain.client.check(proof, 1), "may be an inner node");
}

}  // namespace
}  // namespace ledgerlab::light
