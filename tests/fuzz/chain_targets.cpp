// Targets: blocks imported into small chains of three forks, and the seeds of Ethereum's decoders.
#include "models/contract/evm/evm.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/chainstore/chain_store.hpp"
#include "models/storage/memory/memory.hpp"
#include "tests/fuzz/ethereum_seeds.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {

using namespace ethereum;

namespace {

const FixedBytes<32> secret{{7}};
const Address contract_at{{0xcc, 1}};
/// Counts its calls in slot 0 and logs what it was sent.
const Bytes counter = {0x60, 0,    0x54, 0x60, 1,   0x01, 0x60, 0, 0x55,  // sstore(0, sload(0) + 1)
                       0x36, 0x60, 0,    0x60, 0,   0x37,  // calldatacopy(0, 0, size)
                       0x36, 0x60, 0,    0xa0, 0x00};      // log0(0, size), stop

Address owner() { return address_of(*secp256k1_public_key(secret)); }

Transaction signed_transaction(TransactionType type, std::uint64_t chain_id, std::uint64_t nonce) {
  Transaction tx;
  tx.type = type;
  tx.chain_id = chain_id;
  tx.nonce = nonce;
  tx.max_fee = tx.max_priority_fee = U256(20'000'000'000);
  if (type >= TransactionType::dynamic_fee) tx.max_priority_fee = U256(7);
  tx.gas_limit = 100'000;
  tx.to = contract_at;
  tx.value = U256(5);
  tx.data = {0, 1, 0x80};
  if (type != TransactionType::legacy) tx.access_list = {{*tx.to, {Hash256{{1}}, Hash256{{2}}}}};
  if (type == TransactionType::blob) {
    tx.max_blob_fee = U256(300);
    tx.blob_hashes = {Hash256{{1, 5}}};
  }
  sign(tx, secret);
  return tx;
}

constexpr std::array<Revision, seed_chain_shapes> shapes = {Revision::frontier, Revision::london,
                                                            Revision::cancun};

Block genesis_of(Revision revision, const Hash256& state_root) {
  Block genesis;
  Header& h = genesis.header;
  h.ommers_hash = empty_ommers_hash();
  h.transactions_root = h.receipts_root = Trie::empty_root();
  h.state_root = state_root;
  h.gas_limit = 10'000'000;
  h.timestamp = 1'000;
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
  return genesis;
}

Block next_block(const Chain& chain, std::uint64_t first_nonce) {
  const Revision revision = chain.head().block->header.parent_beacon_root ? Revision::cancun
                            : chain.head().block->header.base_fee         ? Revision::london
                                                                          : Revision::frontier;
  BlockPlan plan;
  plan.coinbase = Address{{0xc0}};
  plan.timestamp = chain.head().block->header.timestamp + 15;
  const std::uint64_t id = revision == Revision::frontier ? 0 : 1;
  for (std::uint8_t type = 0; type < 4; ++type) {
    plan.transactions.push_back(signed_transaction(TransactionType(type), id, first_nonce + type));
  }
  if (revision == Revision::cancun) plan.withdrawals = {{0, 1, Address{{9}}, 1'000}};
  return chain.build(chain.head(), std::move(plan));
}

/// Chains are made once: entries are never changed, so that a copy of the second block's state is
/// not needed; a new chain takes the same two blocks again.
void run_import(ByteView input) {
  if (input.empty()) return;
  SeedChain seed = seed_chain(input[0]);
  Chain& chain = seed.chain;
  const Hash256 head = chain.head().hash;
  const Hash256 root = chain.head().state.root();
  const ByteView bytes = input.subspan(1);
  const BlockVerdict verdict = chain.import(bytes);
  if (verdict.accepted()) {
    const auto block = decode_block(bytes);
    require(block.has_value(), "what is imported decodes");
    const Chain::Entry* entry = chain.find(chain.hash_of(block->header));
    require(entry != nullptr, "an accepted block is found");
    require(entry->state.root() == block->header.state_root, "the header's root is the state's");
    require(entry->receipts.size() == block->transactions.size(), "one receipt a transaction");
  } else {
    require(chain.head().hash == head, "a refused block moves no head");
  }
  require(chain.canonical(2)->state.root() == root || chain.head().hash != head,
          "no block changes the state after another");
  require(chain.import(bytes).accepted() == verdict.accepted(), "a block has one verdict");
}

std::vector<Bytes> import_seeds() {
  std::vector<Bytes> out;
  for (std::size_t shape = 0; shape < seed_chain_shapes; ++shape) {
    const SeedChain seed = seed_chain(shape);
    Bytes input = {static_cast<Byte>(shape)};
    append(input, encode(seed_block(seed)));
    out.push_back(input);
    input.resize(1);
    append(input, encode(*seed.chain.head().block));
    out.push_back(input);
  }
  return out;
}

// ---- a chain's store with entries that somebody changed

Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

struct Entry {
  DataClass data;
  Bytes key, value;
};

struct KeptChain {
  std::vector<Entry> entries;
  Hash256 head, genesis;
};

KeptChain kept_chain(std::size_t shape) {
  const SeedChain seed = seed_chain(shape);
  const Revision revision = shapes[shape % shapes.size()];
  chainstore::ChainStore store(storage::open_memory());
  store.begin({rules_of(revision), *seed.chain.genesis().block, seed.chain.genesis().state});
  store.follow(seed.chain);
  store.finalise(1);
  store.verify();
  KeptChain out;
  out.head = store.status().head_hash;
  out.genesis = store.status().genesis;
  for (std::size_t data = 0; data < data_class_count; ++data) {
    store.store().visit(DataClass(data), {}, [&](ByteView key, ByteView value) {
      out.entries.push_back({DataClass(data), to_bytes(key), to_bytes(value)});
      return true;
    });
  }
  return out;
}

void change(Entry& entry, Source& in) {
  const Byte how = in.byte() % 4;
  if (how == 0 && !entry.value.empty()) {
    entry.value[in.number(2) % entry.value.size()] ^= static_cast<Byte>(1u << in.byte() % 8);
  } else if (how == 1) {
    entry.value.resize(in.number(2) % (entry.value.size() + 1));
  } else if (how == 2) {
    entry.key = to_bytes(in.take(1 + in.byte() % 40));
  } else {
    entry.value = to_bytes(in.take(in.byte()));
  }
}

/// What is proven is the chain of the head's name; all else is told as damage.
void run_store(ByteView input) {
  static const std::array<KeptChain, seed_chain_shapes> chains = {kept_chain(0), kept_chain(1),
                                                                  kept_chain(2)};
  Source in(input);
  const KeptChain& kept = chains[in.byte() % chains.size()];
  std::vector<Entry> entries = kept.entries;
  for (int i = 0; i < 4 && !in.rest().empty(); ++i) {
    const std::size_t at = in.number(2) % entries.size();
    if (in.byte() % 8 == 0) {
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      change(entries[at], in);
    }
  }
  try {
    auto memory = storage::open_memory();
    StoreBatch batch;
    for (const Entry& e : entries) {
      if (!e.key.empty()) batch.put(e.data, e.key, e.value);
    }
    memory->commit(batch);
    chainstore::ChainStore store(std::move(memory));
    if (store.empty()) return;
    const chainstore::Status status = store.status();
    for (std::uint64_t height = 0; height <= std::min<std::uint64_t>(status.head, 4); ++height) {
      store.header(height);
      store.block(height);
      store.receipts(height);
      store.account(contract_at, height);
      store.word(contract_at, U256(), height);
    }
    store.verify();
    if (status.head_hash != kept.head) return;  // a shorter chain, or one of another name
    require(status.genesis == kept.genesis, "a head has one genesis");
    require(store.state().root() == store.header(status.head)->state_root, "the state is proven");
  } catch (const StoreError&) {
    // Refused, which is what it is for.
  }
}

std::vector<Bytes> store_seeds() {
  std::vector<Bytes> out;
  for (Byte i = 0; i < 24; ++i) {
    Bytes input = {i};
    for (Byte j = 0; j < 24; ++j) input.push_back(static_cast<Byte>(j * 29 + i * 53));
    out.push_back(std::move(input));
    out.push_back({i});
  }
  return out;
}

constexpr Target table[] = {{"eth_import", run_import, import_seeds, 800},
                            {"chain_store", run_store, store_seeds, 3'000}};

}  // namespace

std::vector<Transaction> seed_transactions() {
  std::vector<Transaction> out;
  for (std::uint8_t type = 0; type < 4; ++type) {
    out.push_back(signed_transaction(TransactionType(type), 1, type));
  }
  Transaction creation = out[2];
  creation.to.reset();
  creation.data = Bytes(200, 0x5b);
  creation.access_list.clear();
  sign(creation, secret);
  out.push_back(creation);
  out.push_back(signed_transaction(TransactionType::legacy, 0, 1));
  return out;
}

SeedChain seed_chain(std::size_t shape) {
  const Revision revision = shapes[shape % shapes.size()];
  WorldState state;
  state.allot(owner(), 0, U256(1) << 80, {}, {});
  const std::array<WorldState::Slot, 1> slots = {{{U256(0), U256(41)}}};
  state.allot(contract_at, 1, U256(5), counter, slots);
  std::unique_ptr<ContractEngine> engine = evm::make_evm();
  Chain chain(rules_of(revision), genesis_of(revision, state.root()), state, *engine);
  SeedChain seed{std::move(engine), std::move(chain)};
  for (int i = 0; i < 2; ++i) {
    require(seed.chain.import(seed_block(seed)).accepted(), "the seed's blocks are valid");
  }
  return seed;
}

Block seed_block(const SeedChain& seed) {
  const auto account = seed.chain.head().state.account(owner());
  return next_block(seed.chain, account->nonce);
}

std::vector<Block> seed_blocks() {
  std::vector<Block> out;
  for (std::size_t shape = 0; shape < seed_chain_shapes; ++shape) {
    out.push_back(seed_block(seed_chain(shape)));
  }
  return out;
}

std::span<const Target> chain_targets() { return table; }

}  // namespace ledgerlab::fuzz
