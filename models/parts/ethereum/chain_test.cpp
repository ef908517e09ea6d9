// Chains of blocks: import, the choice of the head, ommers, rewards, withdrawals, the DAO fork, the
// merge. Blocks are built by Chain::build and then broken one rule at a time.
#include "models/parts/ethereum/chain.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "models/crypto/secp256k1.hpp"

namespace ledgerlab::ethereum {
namespace {

const U256 ether(1'000'000'000'000'000'000);

/// Runs no code: these tests move value only.
class NoEngine final : public ContractEngine {
 public:
  std::string_view name() const override { return "none"; }
  ContractResult execute(ContractHost&, Revision, const ContractMessage& message,
                         const ContractCode& code) override {
    ++frames;
    last_code = code.bytes;
    last_input.assign(message.input.begin(), message.input.end());
    ContractResult out;
    out.gas_left = message.gas;
    return out;
  }
  int frames = 0;
  Bytes last_code;
  Bytes last_input;
};

Address address(Byte tag) { return Address{{tag}}; }

struct Wallet {
  FixedBytes<32> secret;
  Address address;
  explicit Wallet(Byte tag) : secret{{tag}} { address = address_of(*secp256k1_public_key(secret)); }
};

Transaction transfer(const Wallet& from, std::uint64_t nonce, const Address& to, const U256& value,
                     std::uint64_t price = 2'000'000'000) {
  Transaction tx;
  tx.chain_id = 0;
  tx.nonce = nonce;
  tx.max_fee = tx.max_priority_fee = U256(price);
  tx.gas_limit = 21'000;
  tx.to = to;
  tx.value = value;
  EXPECT_TRUE(sign(tx, from.secret));
  return tx;
}

class ChainTest : public testing::Test {
 protected:
  using Entry = Chain::Entry;

  void start(const Rules& rules) {
    WorldState state;
    state.allot(rich.address, 0, U256(1'000) * ether, {}, {});
    state.allot(address(0xaa), 1, U256(5), Bytes{0x00}, {});
    Block genesis;
    Header& h = genesis.header;
    h.ommers_hash = empty_ommers_hash();
    h.transactions_root = h.receipts_root = Trie::empty_root();
    h.state_root = state.root();
    h.gas_limit = 10'000'000;
    h.timestamp = 1'000;
    const Revision revision = rules.revision(0, 1'000, rules.merged(U256(131'072)));
    if (revision < Revision::paris) h.difficulty = U256(131'072);
    if (revision >= Revision::london) h.base_fee = U256(1'000'000'000);
    if (revision >= Revision::shanghai) {
      h.withdrawals_root = Trie::empty_root();
      genesis.withdrawals.emplace();
    }
    if (revision >= Revision::cancun) {
      h.blob_gas_used = h.excess_blob_gas = 0;
      h.parent_beacon_root = Hash256();
    }
    chain.emplace(rules, genesis, state, engine);
  }
  void start(const char* network) { start(*rules_by_name(network)); }

  BlockPlan plan_on(const Entry& parent, std::uint64_t seconds = 15) const {
    BlockPlan plan;
    plan.coinbase = address(0xc0);
    plan.timestamp = parent.block->header.timestamp + seconds;
    return plan;
  }
  /// Imports a block with this plan; the entry.
  const Entry& extend(const Entry& parent, BlockPlan plan) {
    const Block block = chain->build(parent, std::move(plan));
    const BlockVerdict verdict = chain->import(encode(block));
    EXPECT_TRUE(verdict.accepted()) << block_fault_name(verdict.fault);
    const Entry* entry = chain->find(chain->hash_of(block.header));
    return entry == nullptr ? chain->genesis() : *entry;
  }
  const Entry& extend(const Entry& parent, std::uint64_t seconds = 15) {
    return extend(parent, plan_on(parent, seconds));
  }
  BlockFault import(const Block& block) { return chain->import(Block(block)).fault; }
  U256 balance(const Entry& entry, const Address& of) const {
    const auto account = entry.state.account(of);
    return account ? account->balance : U256();
  }

  Wallet rich{7};
  NoEngine engine;
  std::optional<Chain> chain;
};

TEST_F(ChainTest, TransfersFeesAndRewards) {
  start("Istanbul");
  BlockPlan plan = plan_on(chain->genesis());
  plan.transactions = {transfer(rich, 0, address(1), ether),
                       transfer(rich, 5, address(1), ether),  // a nonce too high: left out
                       transfer(rich, 1, address(2), ether)};
  const Entry& one = extend(chain->genesis(), plan);
  EXPECT_EQ(one.block->transactions.size(), 2u);
  EXPECT_EQ(one.block->header.gas_used, 42'000u);
  EXPECT_EQ(one.receipts.size(), 2u);
  EXPECT_EQ(balance(one, address(1)), ether);
  EXPECT_EQ(balance(one, address(0xc0)), U256(2) * ether + U256(42'000) * U256(2'000'000'000));
  EXPECT_EQ(&chain->head(), &one);
  EXPECT_EQ(chain->canonical(0), &chain->genesis());
  EXPECT_EQ(chain->canonical(2), nullptr);
}

TEST_F(ChainTest, RewardOfEachFork) {
  const std::pair<const char*, std::uint64_t> rewards[] = {{"Frontier", 5},  {"EIP158", 5},
                                                           {"Byzantium", 3}, {"Constantinople", 2},
                                                           {"London", 2},    {"Paris", 0}};
  for (const auto& [network, reward] : rewards) {
    start(network);
    EXPECT_EQ(balance(extend(chain->genesis()), address(0xc0)), U256(reward) * ether) << network;
  }
}

TEST_F(ChainTest, WhatTheHeaderSaysMustComeOut) {
  start("Cancun");
  BlockPlan plan = plan_on(chain->genesis());
  plan.transactions = {transfer(rich, 0, address(1), ether)};
  plan.withdrawals = {{0, 0, address(3), 7}};
  const Block good = chain->build(chain->genesis(), plan);
  using F = BlockFault;
  const std::pair<F, std::function<void(Block&)>> breaks[] = {
      {F::unknown_parent, [](Block& b) { b.header.parent_hash.data[0] ^= 1; }},
      {F::state_root, [](Block& b) { b.header.state_root.data[0] ^= 1; }},
      {F::receipts_root, [](Block& b) { b.header.receipts_root.data[0] ^= 1; }},
      {F::bloom, [](Block& b) { b.header.bloom.data[0] ^= 1; }},
      {F::gas_used, [](Block& b) { b.header.gas_used += 1; }},
      {F::blob_gas, [](Block& b) { b.header.blob_gas_used = gas_per_blob; }},
      {F::transactions_root, [](Block& b) { b.transactions.clear(); }},
      {F::withdrawals, [](Block& b) { b.withdrawals->clear(); }},
      {F::withdrawals, [](Block& b) { b.withdrawals.reset(); }},
      {F::ommers_hash, [](Block& b) { b.ommers = {b.header}; }},
  };
  for (const auto& [fault, change] : breaks) {
    Block block = good;
    change(block);
    EXPECT_EQ(block_fault_name(import(block)), block_fault_name(fault));
  }
  Block block = good;
  block.transactions[0].nonce = 1;
  sign(block.transactions[0], rich.secret);
  block.header.transactions_root = transactions_root(block.transactions);
  const BlockVerdict verdict = chain->import(Block(block));
  EXPECT_EQ(verdict.fault, F::transaction);
  EXPECT_EQ(verdict.transaction, TransactionFault::nonce_too_high);
  EXPECT_EQ(chain->import(Bytes{0xc0}).fault, F::malformed);
  EXPECT_EQ(&chain->head(), &chain->genesis());
  EXPECT_EQ(import(good), F::none);
  EXPECT_EQ(import(good), F::none);  // again
  EXPECT_EQ(chain->head().number(), 1u);
}

// EIP-4895: Gwei, without gas; an account that gets nothing does not come into being.
TEST_F(ChainTest, Withdrawals) {
  start("Shanghai");
  BlockPlan plan = plan_on(chain->genesis());
  plan.withdrawals = {{0, 0, address(3), 7}, {1, 0, address(4), 0}, {2, 0, address(3), 1}};
  const Entry& one = extend(chain->genesis(), plan);
  EXPECT_EQ(balance(one, address(3)), U256(8'000'000'000));
  EXPECT_FALSE(one.state.account(address(4)));
}

// EIP-4788: the call happens where the contract is, before the transactions.
TEST_F(ChainTest, BeaconRootGoesToItsContract) {
  start("Cancun");
  BlockPlan plan = plan_on(chain->genesis());
  plan.parent_beacon_root = Hash256{{9}};
  extend(chain->genesis(), plan);
  EXPECT_EQ(engine.frames, 0);

  WorldState state = chain->genesis().state;
  state.allot(*fixed_from_hex<20>("000f3df6d732807ef1319fb7b8bb8522d0beac02"), 1, U256(),
              Bytes{0x5b}, {});
  Block genesis = *chain->genesis().block;
  genesis.header.state_root = state.root();
  chain.emplace(*rules_by_name("Cancun"), genesis, state, engine);
  chain->build(chain->genesis(), plan);
  EXPECT_EQ(engine.frames, 1);
  EXPECT_EQ(engine.last_code, Bytes{0x5b});
  EXPECT_EQ(to_hex(engine.last_input), to_hex(plan.parent_beacon_root));
}

TEST_F(ChainTest, ReorganisesByTotalDifficulty) {
  start("Berlin");
  const Entry& genesis = chain->genesis();
  BlockPlan plan = plan_on(genesis);
  plan.transactions = {transfer(rich, 0, address(1), ether)};
  const Entry& a1 = extend(genesis, plan);
  const Entry& a2 = extend(a1);
  const Entry& b1 = extend(genesis, 16);
  EXPECT_EQ(&chain->head(), &a2);  // less
  const Entry& b2 = extend(b1, 15);
  EXPECT_EQ(b2.total_difficulty, a2.total_difficulty);
  EXPECT_EQ(&chain->head(), &a2);  // as much: the first stays
  const Entry& b3 = extend(b2);
  EXPECT_EQ(&chain->head(), &b3);
  EXPECT_EQ(chain->canonical(1), &b1);
  EXPECT_EQ(balance(chain->head(), address(1)), U256());
  const Entry& a4 = extend(extend(a2));
  EXPECT_EQ(&chain->head(), &a4);
  EXPECT_EQ(balance(chain->head(), address(1)), ether);
}

TEST_F(ChainTest, AfterTheMergeTheLastBlockIsTheHead) {
  start("Paris");
  const Entry& a1 = extend(chain->genesis());
  const Entry& a2 = extend(a1);
  const Entry& b1 = extend(chain->genesis(), 16);
  EXPECT_EQ(&chain->head(), &b1);
  EXPECT_EQ(import(*a2.block), BlockFault::none);
  EXPECT_EQ(&chain->head(), &a2);
}

// EIP-3675: the first block whose parent reached the terminal total difficulty, and no other.
TEST_F(ChainTest, TheMergeComesWithItsTotalDifficulty) {
  Rules rules = *rules_by_name("ArrowGlacierToParisAtDiffC0000");
  rules.terminal_total_difficulty = U256(3 * 131'072);
  start(rules);
  const Entry& one = extend(chain->genesis());
  Block early = chain->build(one, plan_on(one));
  early.header.difficulty = U256();
  EXPECT_EQ(import(early), BlockFault::merge);
  const Entry& two = extend(one);
  EXPECT_GE(two.total_difficulty, *rules.terminal_total_difficulty);
  Block late = chain->build(two, plan_on(two));
  EXPECT_TRUE(late.header.difficulty.is_zero());
  late.header.difficulty = U256(131'072);
  EXPECT_EQ(import(late), BlockFault::merge);
  EXPECT_EQ(balance(extend(two), address(0xc0)), U256(4) * ether);
}

class OmmerTest : public ChainTest {
 protected:
  void SetUp() override {
    start("Byzantium");
    main.push_back(&chain->genesis());
    for (int i = 0; i < 8; ++i) main.push_back(&extend(*main.back()));
  }
  /// A header beside the main chain's block of this number.
  Header beside(std::size_t number, Byte tag) {
    BlockPlan plan = plan_on(*main[number - 1]);
    plan.coinbase = address(tag);
    return chain->build(*main[number - 1], plan).header;
  }
  Block with(std::vector<Header> ommers) {
    BlockPlan plan = plan_on(*main.back());
    plan.coinbase = address(0xdd);
    plan.ommers = std::move(ommers);
    return chain->build(*main.back(), plan);
  }
  std::vector<const Entry*> main;
};

// Block 9: ommers beside blocks 3 to 8, paid 2/8 to 7/8 of 3 ether; each adds 1/32 to the block's.
TEST_F(OmmerTest, RewardFallsWithAge) {
  for (std::size_t number = 3; number <= 8; ++number) {
    const Block block = with({beside(number, 0x10)});
    ASSERT_EQ(import(block), BlockFault::none) << number;
    const Entry& entry = *chain->find(hash(block.header));
    const std::uint64_t age = 9 - number;
    EXPECT_EQ(balance(entry, address(0x10)), U256(3) * ether * U256(8 - age) / U256(8));
    EXPECT_EQ(balance(entry, address(0xdd)), U256(3) * ether + U256(3) * ether / U256(32));
  }
}

TEST_F(OmmerTest, WhatIsNoOmmer) {
  const Header good = beside(8, 0x10);
  const Header other = beside(7, 0x11);
  EXPECT_EQ(import(with({good, other})), BlockFault::none);
  const auto refused = [&](std::vector<Header> ommers) {
    return import(with(std::move(ommers))) == BlockFault::ommers;
  };
  EXPECT_TRUE(refused({good, good}));
  EXPECT_TRUE(refused({good, other, beside(6, 0x12)}));
  EXPECT_TRUE(refused({beside(2, 0x10)}));         // too old
  EXPECT_TRUE(refused({main[8]->block->header}));  // an ancestor
  EXPECT_TRUE(refused({main[4]->block->header}));
  Header brother = chain->build(*main[8], plan_on(*main[8], 16)).header;
  EXPECT_TRUE(refused({brother}));  // beside the block itself
  Header unrelated = good;
  unrelated.parent_hash.data[0] ^= 1;
  EXPECT_TRUE(refused({unrelated}));
  Header invalid = good;
  invalid.difficulty += U256(1);
  EXPECT_TRUE(refused({invalid}));
  // Once is enough.
  const Block first = with({good});
  ASSERT_EQ(import(first), BlockFault::none);
  main.push_back(chain->find(hash(first.header)));
  EXPECT_TRUE(refused({good}));
  EXPECT_FALSE(refused({other}));
}

TEST_F(OmmerTest, NoneAfterTheMerge) {
  start("Paris");
  const Entry& one = extend(chain->genesis());
  const Entry& two = extend(one);
  BlockPlan plan = plan_on(two);
  plan.ommers = {chain->build(chain->genesis(), plan_on(chain->genesis(), 16)).header};
  EXPECT_EQ(import(chain->build(two, plan)), BlockFault::ommers);
}

// EIP-779.
TEST_F(ChainTest, DaoForkMovesBalances) {
  const Address drained = *fixed_from_hex<20>("d4fe7bc31cedb7bfb8a345f31e668033056b2728");
  const Address refund = *fixed_from_hex<20>("bf4ed7b27f1d666546e30d74d50d173d20bca754");
  start("HomesteadToDaoAt5");
  const Entry* at = &chain->genesis();
  BlockPlan pay = plan_on(*at);
  pay.transactions = {transfer(rich, 0, drained, ether)};
  at = &extend(*at, pay);
  for (int i = 0; i < 3; ++i) at = &extend(*at);
  EXPECT_EQ(balance(*at, drained), ether);
  EXPECT_EQ(import(chain->build(*at, plan_on(*at))), BlockFault::extra_data);
  BlockPlan marked = plan_on(*at);
  const ByteView mark = as_bytes("dao-hard-fork");
  marked.extra_data.assign(mark.begin(), mark.end());
  at = &extend(*at, marked);
  EXPECT_EQ(balance(*at, drained), U256());
  EXPECT_EQ(balance(*at, refund), ether);
}

// A chain of headers on a trusted block: all but the state is checked.
TEST_F(ChainTest, HeadersOnly) {
  start("Istanbul");
  std::vector<Block> blocks;
  const Entry* at = &chain->genesis();
  for (int i = 0; i < 4; ++i) {
    at = &extend(*at);
    blocks.push_back(*at->block);
  }
  Chain light(chain->rules(), blocks[1], WorldState(), engine, Depth::headers);
  EXPECT_EQ(light.import(encode(blocks[0])).fault, BlockFault::unknown_parent);
  Block broken = blocks[2];
  broken.header.difficulty += U256(1);
  EXPECT_EQ(light.import(encode(broken)).fault, BlockFault::difficulty);
  Block other_state = blocks[2];
  other_state.header.state_root.data[0] ^= 1;
  EXPECT_TRUE(light.import(encode(other_state)).accepted());
  EXPECT_TRUE(light.import(encode(blocks[2])).accepted());
  EXPECT_TRUE(light.import(encode(blocks[3])).accepted());
  EXPECT_EQ(light.head().hash, chain->head().hash);
}

}  // namespace
}  // namespace ledgerlab::ethereum
