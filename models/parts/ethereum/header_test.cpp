// Headers against the main network's first blocks, and each header rule with what breaks it.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>

#include "models/crypto/ethash.hpp"
#include "models/parts/ethereum/block.hpp"
#include "models/parts/ethereum/header_rules.hpp"

namespace ledgerlab::ethereum {
namespace {

Hash256 hash_from(const char* hex) { return *fixed_from_hex<32>(hex); }

const Hash256 empty_root =
    hash_from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// The main network's first two headers.
Header mainnet_block(int number) {
  Header h;
  h.ommers_hash = empty_ommers_hash();
  h.transactions_root = h.receipts_root = empty_root;
  h.gas_limit = 5'000;
  h.state_root = hash_from("d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544");
  h.difficulty = U256(0x4'0000'0000);
  h.extra_data = *from_hex("11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa");
  h.nonce = *fixed_from_hex<8>("0000000000000042");
  if (number == 0) return h;
  h.parent_hash = hash_from("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3");
  h.coinbase = *fixed_from_hex<20>("05a56e2d52c817161883f50c441c3228cfe54d9f");
  h.state_root = hash_from("d67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3");
  h.difficulty = U256(0x3'ff80'0000);
  h.number = 1;
  h.timestamp = 0x55ba4224;
  h.extra_data = *from_hex("476574682f76312e302e302f6c696e75782f676f312e342e32");
  h.mix_hash = hash_from("969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59");
  h.nonce = *fixed_from_hex<8>("539bd4979fef1ec4");
  return h;
}

TEST(Header, MainNetworksFirstBlocks) {
  EXPECT_EQ(hash(mainnet_block(0)),
            hash_from("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"));
  EXPECT_EQ(hash(mainnet_block(1)),
            hash_from("88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6"));
  EXPECT_EQ(decode_header(encode(mainnet_block(1))), mainnet_block(1));
  EXPECT_EQ(check_header(mainnet_rules(), mainnet_block(1), mainnet_block(0), false),
            BlockFault::none);
}

// One cache serves both (making it is the slow part).
TEST(Header, MainNetworksFirstSeal) {
  const auto cache = ethash::shared_cache(0);
  Header h = mainnet_block(1);
  const auto sealed = [&] {
    return ethash::verify(*cache, hash(h, SealPart::without_ethash), h.nonce, h.mix_hash,
                          h.difficulty);
  };
  EXPECT_TRUE(sealed());
  h.nonce.data[7] ^= 1;
  EXPECT_FALSE(sealed());
  h.nonce.data[7] ^= 1;
  h.timestamp += 1;
  EXPECT_FALSE(sealed());
  h.timestamp -= 1;
  h.mix_hash.data[0] ^= 1;
  EXPECT_FALSE(sealed());
  h.mix_hash.data[0] ^= 1;
  h.difficulty = U256::max();  // the same work is not enough for more
  EXPECT_FALSE(ethash::verify(*cache, hash(mainnet_block(1), SealPart::without_ethash), h.nonce,
                              h.mix_hash, h.difficulty));
}

// Yellow Paper, appendix J.1: sizes of the first epochs (ethereum.org's table).
TEST(Header, EthashSizes) {
  EXPECT_EQ(ethash::cache_size(0), 16'776'896u);
  EXPECT_EQ(ethash::dataset_size(0), 1'073'739'904u);
  EXPECT_EQ(ethash::cache_size(1), 16'907'456u);
  EXPECT_EQ(ethash::dataset_size(1), 1'082'130'304u);
  EXPECT_EQ(to_hex(ethash::seed_hash(1)),
            "290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563");
}

// ethereum/tests, BasicTests/difficultyMainNetwork: one case of each formula, with and without
// ommers of the parent.
TEST(Header, DifficultyOfEachFormula) {
  struct Case {
    std::uint64_t number, time, step, parent, want;
    bool ommers;
  };
  const Case cases[] = {
      {0x030d40, 0x0389bf2667, 0, 0x52767daf36ce2e72, 0x5280cc7eecb50838, false},
      {0x0aae60, 0x03f174e14d, 0, 0x482b0b0cdd505a8d, 0x4834106e3eec04b8, true},
      {0x186a00, 0x05dc67d3dc, 0, 0x7fc6decf1839bb7f, 0x7fd6d7aaf21d02b6, false},
      {0x13d620, 0x01f58f2a6a, 0, 0x68fc99a154969a05, 0x6909b93488c134d8, true},
      {0x432380, 0x06723cf02d, 0, 0x1b1eeb95249fbe99, 0x1b224f7297446290, false},
      {0x432380, 0x01009247e3, 0, 0x2de399f763589909, 0x2def12dde1317f2f, true},
  };
  for (const Case& c : cases) {
    Header parent;
    parent.difficulty = U256(c.parent);
    parent.timestamp = c.time;
    parent.ommers_hash = c.ommers ? Hash256{{1}} : empty_ommers_hash();
    EXPECT_EQ(next_difficulty(mainnet_rules(), parent, c.number, c.time + c.step), U256(c.want))
        << c.number;
  }
}

TEST(Header, DifficultyStaysInBounds) {
  Header parent;
  parent.ommers_hash = empty_ommers_hash();
  parent.difficulty = U256(131'072);
  parent.timestamp = 1;
  EXPECT_EQ(next_difficulty(rules_of(Revision::london), parent, 1, ~0ull), U256(131'072));
  parent.difficulty = U256::max();
  EXPECT_EQ(next_difficulty(rules_of(Revision::london), parent, 1, 2), U256::max());
  EXPECT_EQ(next_difficulty(rules_of(Revision::frontier), parent, ~0ull, 2), U256::max());
}

TEST(Header, BombDelays) {
  const Rules rules = mainnet_rules();
  const std::pair<std::uint64_t, std::uint64_t> delays[] = {
      {4'369'999, 0},           {4'370'000, 3'000'000},  {7'280'000, 5'000'000},
      {9'200'000, 9'000'000},   {12'965'000, 9'700'000}, {13'773'000, 10'700'000},
      {15'050'000, 11'400'000},
  };
  for (const auto& [number, delay] : delays) EXPECT_EQ(rules.bomb_delay(number), delay) << number;
}

/// A parent and a valid child under the rules of one revision.
struct Pair {
  Rules rules;
  Header parent;
  Header child;
  bool merged;
};
Pair pair_of(Revision revision) {
  Pair out;
  out.rules = rules_of(revision);
  out.merged = revision >= Revision::paris;
  Header& p = out.parent;
  p.ommers_hash = empty_ommers_hash();
  p.number = 99;
  p.timestamp = 1'000;
  p.gas_limit = 8'000'000;
  p.gas_used = 5'000'000;
  if (!out.merged) p.difficulty = U256(1'000'000);
  if (revision >= Revision::london) p.base_fee = U256(1'000);
  if (revision >= Revision::shanghai) p.withdrawals_root = empty_root;
  if (revision >= Revision::cancun) {
    p.blob_gas_used = 786'432;
    p.excess_blob_gas = 131'072;
    p.parent_beacon_root = Hash256();
  }
  Header& c = out.child;
  c = p;
  c.number = 100;
  c.timestamp = 1'010;
  c.gas_used = 8'000'000;
  if (!out.merged) c.difficulty = next_difficulty(out.rules, p, c.number, c.timestamp);
  // (5 - 4) / 4 million of 1,000 by an eighth: 31.
  if (revision >= Revision::london) c.base_fee = U256(1'031);
  if (revision >= Revision::cancun) {
    c.excess_blob_gas = 131'072 + 786'432 - 393'216;
    c.blob_gas_used = 131'072;
  }
  return out;
}

TEST(Header, EachRevisionsChildIsAccepted) {
  for (std::size_t r = 0; r < revision_count; ++r) {
    const Pair p = pair_of(static_cast<Revision>(r));
    EXPECT_EQ(check_header(p.rules, p.child, p.parent, p.merged), BlockFault::none) << r;
    EXPECT_EQ(decode_header(encode(p.child)), p.child) << r;
  }
}

struct Break {
  const char* name;
  Revision revision;
  std::function<void(Header&)> change;
  BlockFault fault;
};

TEST(Header, EachRuleRefuses) {
  using R = Revision;
  using F = BlockFault;
  const Break breaks[] = {
      {"number", R::london, [](auto& h) { h.number += 1; }, F::number},
      {"time as the parent's", R::london, [](auto& h) { h.timestamp = 1'000; }, F::timestamp},
      {"limit up by 1/1024", R::london, [](auto& h) { h.gas_limit += 8'000'000 / 1'024; },
       F::gas_limit},
      {"limit down by 1/1024", R::london,
       [](auto& h) {
         h.gas_limit -= 8'000'000 / 1'024;
         h.gas_used = 0;
       },
       F::gas_limit},
      {"more used than allowed", R::london, [](auto& h) { h.gas_used = h.gas_limit + 1; },
       F::gas_used},
      {"difficulty", R::london, [](auto& h) { h.difficulty += U256(1); }, F::difficulty},
      {"difficulty zero", R::london, [](auto& h) { h.difficulty = U256(); }, F::difficulty},
      {"33 bytes of extra data", R::london, [](auto& h) { h.extra_data.assign(33, 0); },
       F::extra_data},
      {"base fee", R::london, [](auto& h) { h.base_fee = U256(1'030); }, F::base_fee},
      {"no base fee", R::london, [](auto& h) { h.base_fee.reset(); }, F::fork_fields},
      {"base fee too early", R::berlin, [](auto& h) { h.base_fee = U256(7); }, F::fork_fields},
      {"withdrawals too early", R::paris, [](auto& h) { h.withdrawals_root = Hash256(); },
       F::fork_fields},
      {"no withdrawals root", R::shanghai, [](auto& h) { h.withdrawals_root.reset(); },
       F::fork_fields},
      {"no beacon root", R::cancun, [](auto& h) { h.parent_beacon_root.reset(); }, F::fork_fields},
      {"excess blob gas", R::cancun, [](auto& h) { *h.excess_blob_gas += 1; }, F::blob_gas},
      {"seven blobs", R::cancun, [](auto& h) { h.blob_gas_used = 7 * 131'072; }, F::blob_gas},
      {"a part of a blob", R::cancun, [](auto& h) { h.blob_gas_used = 131'071; }, F::blob_gas},
      {"work after the merge", R::paris, [](auto& h) { h.difficulty = U256(1); }, F::merge},
      {"nonce after the merge", R::paris, [](auto& h) { h.nonce.data[0] = 1; }, F::merge},
      {"ommers after the merge", R::paris, [](auto& h) { h.ommers_hash.data[0] ^= 1; }, F::ommers},
  };
  for (const Break& b : breaks) {
    Pair p = pair_of(b.revision);
    b.change(p.child);
    EXPECT_EQ(check_header(p.rules, p.child, p.parent, p.merged), b.fault) << b.name;
  }
}

TEST(Header, GasLimitHasAFloorAndALastStep) {
  Pair p = pair_of(Revision::istanbul);
  p.child.gas_used = 0;
  p.child.gas_limit = 8'000'000 - 8'000'000 / 1'024 + 1;
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::none);
  p.parent.gas_limit = p.child.gas_limit = 5'000;
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::none);
  p.child.gas_limit = 4'999;
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::gas_limit);
}

// EIP-1559: the fork's first block doubles the limit and starts at 1 Gwei.
TEST(Header, PassageToLondon) {
  Pair p = pair_of(Revision::berlin);
  p.rules = *rules_by_name("BerlinToLondonAt100");
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::fork_fields);
  p.child.base_fee = U256(1'000'000'000);
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::gas_limit);
  p.child.gas_limit *= 2;
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::none);
}

TEST(Header, BaseFeeMoves) {
  Header parent;
  parent.gas_limit = 20'000'000;
  const auto next = [&](std::uint64_t fee, std::uint64_t used) {
    parent.base_fee = U256(fee);
    parent.gas_used = used;
    return next_base_fee(parent);
  };
  EXPECT_EQ(next(1'000'000'000, 10'000'000), U256(1'000'000'000));
  EXPECT_EQ(next(1'000'000'000, 20'000'000), U256(1'125'000'000));
  EXPECT_EQ(next(1'000'000'000, 0), U256(875'000'000));
  EXPECT_EQ(next(1'000'000'000, 9'000'000), U256(987'500'000));
  EXPECT_EQ(next(7, 20'000'000), U256(8));  // by at least one
  EXPECT_EQ(next(7, 0), U256(7));
  EXPECT_EQ(next(0, 20'000'000), U256(1));
}

TEST(Header, MarkOfTheDaoFork) {
  Pair p = pair_of(Revision::homestead);
  p.rules.dao_block = 95;
  const ByteView mark = as_bytes("dao-hard-fork");
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::extra_data);
  p.child.extra_data.assign(mark.begin(), mark.end());
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::none);
  p.child.extra_data.clear();
  p.rules.dao_block = 90;  // the ten blocks are over
  EXPECT_EQ(check_header(p.rules, p.child, p.parent, false), BlockFault::none);
}

TEST(Header, NetworksByName) {
  const auto at = [](const char* name, std::uint64_t number, std::uint64_t time, bool merged) {
    return rules_by_name(name)->revision(number, time, merged);
  };
  EXPECT_EQ(at("Frontier", 9, 9, false), Revision::frontier);
  EXPECT_EQ(at("ConstantinopleFix", 0, 0, false), Revision::petersburg);
  EXPECT_EQ(at("FrontierToHomesteadAt5", 4, 0, false), Revision::frontier);
  EXPECT_EQ(at("FrontierToHomesteadAt5", 5, 0, false), Revision::homestead);
  EXPECT_EQ(at("ByzantiumToConstantinopleFixAt5", 5, 0, false), Revision::petersburg);
  EXPECT_EQ(at("ParisToShanghaiAtTime15k", 1, 14'999, true), Revision::paris);
  EXPECT_EQ(at("ParisToShanghaiAtTime15k", 1, 15'000, true), Revision::shanghai);
  EXPECT_EQ(at("ShanghaiToCancunAtTime15k", 1, 15'000, true), Revision::cancun);
  const Rules merge = *rules_by_name("ArrowGlacierToParisAtDiffC0000");
  EXPECT_FALSE(merge.merged(U256(0xbffff)));
  EXPECT_TRUE(merge.merged(U256(0xc0000)));
  EXPECT_TRUE(rules_by_name("HomesteadToDaoAt5")->dao_transfer_at(5));
  for (const char* unknown : {"Prague", "CancunToPragueAtTime15k", "BerlinToLondonAt", "BerlinTo",
                              "BerlinToLondonAtx", ""}) {
    EXPECT_FALSE(rules_by_name(unknown)) << unknown;
  }
  const Rules mainnet = mainnet_rules();
  EXPECT_EQ(mainnet.revision(1'149'999, 0, false), Revision::frontier);
  EXPECT_EQ(mainnet.revision(7'280'000, 0, false), Revision::petersburg);
  EXPECT_EQ(mainnet.revision(12'965'000, 0, false), Revision::london);
  EXPECT_EQ(mainnet.revision(20'000'000, 1'710'338'135, true), Revision::cancun);
}

// ethereum/tests, BlockchainTests/ValidBlocks/bcEIP4844-blobtransactions: one block with a
// transaction of each type.
TEST(Block, OfAllTypes) {
  std::ifstream in(LEDGERLAB_TESTDATA "/block_of_all_types.hex");
  std::string text;
  ASSERT_TRUE(in >> text);
  const Bytes bytes = *from_hex(text);
  const auto block = decode_block(bytes);
  ASSERT_TRUE(block);
  EXPECT_EQ(encode(*block), bytes);
  EXPECT_EQ(hash(block->header),
            hash_from("6243e029fb6bfef5226d2688cf5c880984a97c28ab9889a7dfae09c9c42eacfa"));
  ASSERT_EQ(block->transactions.size(), 4u);
  for (const Transaction& tx : block->transactions) {
    EXPECT_EQ(to_hex(*sender(tx)), "a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
  }
  EXPECT_EQ(transactions_root(block->transactions), block->header.transactions_root);
  EXPECT_EQ(withdrawals_root(*block->withdrawals), *block->header.withdrawals_root);
  EXPECT_EQ(ommers_hash(block->ommers), block->header.ommers_hash);
}

// Whatever bytes come: nothing, or a block that encodes to exactly them.
TEST(Block, DecodingIsStrictForAnyBytes) {
  Block block;
  block.header = pair_of(Revision::cancun).child;
  block.ommers = {pair_of(Revision::london).child, mainnet_block(1)};
  block.withdrawals = Withdrawals{{1, 2, Address{{3}}, 4}, {0x80, 0, Address(), ~0ull}};
  Transaction tx;
  tx.r = tx.s = U256(1);
  block.transactions = {tx};
  const Bytes good = encode(block);
  ASSERT_EQ(decode_block(good), block);
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_FALSE(decode_block(ByteView(good).first(size)));
  }
  std::size_t decoded = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0, 1, 0x7f, 0x80, 0x81, 0xb8, 0xc0, 0xc1, 0xf8, 0xff}) {
      Bytes bytes = good;
      bytes[at] = static_cast<Byte>(value);
      const auto back = decode_block(bytes);
      if (!back) continue;
      ++decoded;
      ASSERT_EQ(encode(*back), bytes) << at;
    }
  }
  EXPECT_GT(decoded, 1000u);
}

}  // namespace
}  // namespace ledgerlab::ethereum
