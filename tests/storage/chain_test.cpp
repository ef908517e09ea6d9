// A chain of Ethereum blocks in a store of every mode: what is read is what the chain says, power
// is lost at every write, every entry is altered once, old states go and come back from nowhere.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/keystore.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/chainstore/blobs.hpp"
#include "models/parts/chainstore/snapshot.hpp"
#include "models/parts/files/memory_folder.hpp"
#include "models/storage/files/log_files.hpp"
#include "models/storage/leveldb/leveldb_store.hpp"
#include "models/storage/memory/memory.hpp"
#include "models/storage/sqlite/sqlite_store.hpp"

namespace ledgerlab::chainstore {
namespace {

using namespace ethereum;
using files::FolderRef;
using files::MemoryFolder;

struct Mode {
  std::string name;
  std::function<std::unique_ptr<Store>(FolderRef)> open;
};
std::vector<Mode> modes_with_files() {
  return {{"files",
           [](FolderRef folder) {
             return storage::open_log_files(std::move(folder),
                                            {.file_bytes = 6000, .compact_above = 12000});
           }},
          {"sqlite", storage::open_sqlite},
          {"leveldb", storage::open_leveldb}};
}

Address address(Byte tag) { return Address{{tag}}; }
const FixedBytes<32> secret{{7}};
const Address rich = address_of(*secp256k1_public_key(secret));
const Address writer = address(0xaa);  // sets the word that the call names
const Address bomb = address(0xbb);    // destroys itself

/// The data of a transaction that anchors a blob of thirteen bytes.
Bytes anchored_text() {
  const auto text = std::make_shared<MemoryFolder>()->open("text", true);
  text->write(0, as_bytes("anchored text"));
  return encode(BlobStore(std::make_shared<MemoryFolder>()).put(*text));
}

/// Blocks with transfers, words set and cleared, a creation and a self-destruction.
class World {
 public:
  explicit World(std::uint64_t blocks) : engine_(evm::make_evm()) {
    genesis_.rules = *rules_by_name("Istanbul");
    genesis_.state.allot(rich, 0, U256(1'000'000'000) * U256(1'000'000'000'000), {}, {});
    const std::vector<WorldState::Slot> words = {{1, 11}, {2, 22}};
    genesis_.state.allot(writer, 1, 5, *from_hex("60203560003555"), words);
    genesis_.state.allot(bomb, 1, 9, *from_hex("33ff"), words);
    Header& h = genesis_.block.header;
    h.ommers_hash = empty_ommers_hash();
    h.transactions_root = h.receipts_root = Trie::empty_root();
    h.state_root = genesis_.state.root();
    h.gas_limit = 10'000'000;
    h.difficulty = U256(131'072);
    chain_.emplace(genesis_.rules, genesis_.block, genesis_.state, *engine_);
    for (std::uint64_t n = 1; n <= blocks; ++n) extend(chain_->head(), n, 15);
  }

  const Genesis& genesis() const { return genesis_; }
  const Chain& chain() const { return *chain_; }
  ContractEngine& engine() { return *engine_; }
  const Chain::Entry& at(std::uint64_t n) const { return *chain_->canonical(n); }

  const Chain::Entry& extend(const Chain::Entry& parent, std::uint64_t n, std::uint64_t seconds) {
    BlockPlan plan;
    plan.coinbase = address(0xc0);
    plan.timestamp = parent.block->header.timestamp + seconds;
    std::uint64_t nonce = parent.state.account(rich)->nonce;
    plan.transactions.push_back(call(nonce++, address(static_cast<Byte>(n % 3 + 1)), {}, n));
    // Words 1 to 4 in turn, cleared every other time.
    Bytes input(64);
    input[31] = static_cast<Byte>(n % 4 + 1);
    input[63] = static_cast<Byte>(n % 2 == 0 ? n : 0);
    plan.transactions.push_back(call(nonce++, writer, input, 0));
    if (n == 2) plan.transactions.push_back(call(nonce++, bomb, {}, 0));
    if (n == 3) {
      plan.transactions.push_back(
          call(nonce++, std::nullopt, *from_hex("600160005560016000f3"), 0));
    }
    if (n == 4) plan.transactions.push_back(call(nonce++, address(9), anchored_text(), 0));
    const Block block = chain_->build(parent, std::move(plan));
    EXPECT_EQ(block.transactions.size(), n >= 2 && n <= 4 ? 3u : 2u);
    EXPECT_TRUE(chain_->import(encode(block)).accepted());
    return *chain_->find(chain_->hash_of(block.header));
  }

 private:
  static Transaction call(std::uint64_t nonce, std::optional<Address> to, Bytes data,
                          std::uint64_t value) {
    Transaction tx;
    tx.chain_id = 0;
    tx.nonce = nonce;
    tx.max_fee = tx.max_priority_fee = U256(1'000'000'000);
    tx.gas_limit = 200'000;
    tx.to = to;
    tx.value = U256(value);
    tx.data = std::move(data);
    EXPECT_TRUE(sign(tx, secret));
    return tx;
  }

  std::unique_ptr<ContractEngine> engine_;
  Genesis genesis_;
  std::optional<Chain> chain_;
};

World& world() {
  static World world(12);
  return world;
}

/// A store that holds the world's first blocks.
void fill(ChainStore& store, std::uint64_t blocks, std::uint64_t keep = 0) {
  store.begin(world().genesis(), keep);
  for (std::uint64_t n = 1; n <= blocks; ++n) store.append(world().at(n));
}
std::unique_ptr<ChainStore> in_memory(std::uint64_t blocks, std::uint64_t keep = 0) {
  auto out = std::make_unique<ChainStore>(storage::open_memory());
  fill(*out, blocks, keep);
  return out;
}

/// Everything a reader may ask, against the chain.
void expect_chain(ChainStore& store, std::uint64_t blocks) {
  ASSERT_EQ(store.status().head, blocks);
  for (std::uint64_t n = 0; n <= blocks; ++n) {
    const Chain::Entry& entry = world().at(n);
    EXPECT_EQ(store.block(n), *entry.block);
    EXPECT_EQ(store.hash_of(n), entry.hash);
    EXPECT_EQ(store.height_of(entry.hash), n);
    EXPECT_EQ(store.total_difficulty(n), entry.total_difficulty);
    const auto receipts = store.receipts(n);
    ASSERT_TRUE(receipts && receipts->size() == entry.receipts.size());
    for (std::size_t i = 0; i < receipts->size(); ++i) {
      EXPECT_EQ(receipts->at(i), encode(entry.receipts[i]));
      const auto place = store.find_transaction(ethereum::hash(entry.block->transactions[i]));
      EXPECT_TRUE(place && place->block == n && place->position == i);
    }
    for (const Address& who : {rich, writer, bomb, address(0xc0), address(1), address(0x55)}) {
      EXPECT_EQ(store.account(who, n), entry.state.account(who)) << n;
      for (std::uint64_t slot = 0; slot < 5; ++slot) {
        EXPECT_EQ(store.word(who, slot, n), entry.state.storage(who, slot)) << n;
      }
    }
    EXPECT_EQ(store.state_at(n).root(), entry.block->header.state_root);
  }
}

TEST(ChainStores, EveryModeReadsWhatTheChainSays) {
  const auto memory = in_memory(12);
  expect_chain(*memory, 12);
  memory->verify();
  EXPECT_FALSE(memory->account(bomb, 2));
  EXPECT_TRUE(memory->account(bomb, 1));
  for (const Mode& mode : modes_with_files()) {
    const auto folder = std::make_shared<MemoryFolder>();
    {
      ChainStore store(mode.open(folder));
      EXPECT_TRUE(store.empty());
      fill(store, 12);
    }
    ChainStore store(mode.open(folder));
    expect_chain(store, 12);
    store.verify();
    EXPECT_EQ(store.store().digest(), memory->store().digest()) << mode.name;
  }
}

TEST(ChainStores, AChainGoesOnFromItsStore) {
  for (const std::uint64_t keep : {0, 2}) {
    const auto store = in_memory(8, keep);
    const auto chain = store->resume(world().genesis().rules, world().engine());
    for (std::uint64_t n = 9; n <= 12; ++n) {
      EXPECT_TRUE(chain->import(encode(*world().at(n).block)).accepted());
      store->follow(*chain);
    }
    EXPECT_EQ(store->status().head_hash, world().at(12).hash);
    EXPECT_EQ(chain->head().total_difficulty, world().at(12).total_difficulty);
    store->verify();
  }
}

TEST(ChainStores, ABranchFromBelowTheStoreIsRefused) {
  World two(8);
  ChainStore store(storage::open_memory());
  store.begin(two.genesis());
  store.follow(two.chain());
  const Block side = *two.extend(two.at(4), 5, 20).block;
  const auto chain = store.resume(two.genesis().rules, two.engine());
  EXPECT_FALSE(chain->import(encode(side)).accepted());
  EXPECT_EQ(chain->head().hash, two.at(8).hash);
}

TEST(ChainStores, AReorganisationIsFollowed) {
  World two(6);
  ChainStore store(storage::open_memory());
  store.begin(two.genesis());
  store.follow(two.chain());
  ASSERT_EQ(store.status().head, 6u);
  // From block 3 on another branch, faster and so heavier.
  const Chain::Entry* entry = &two.at(3);
  for (std::uint64_t n = 4; n <= 8; ++n) entry = &two.extend(*entry, n + 1, 5);
  ASSERT_EQ(&two.chain().head(), entry);
  store.follow(two.chain());
  EXPECT_EQ(store.status().head, 8u);
  EXPECT_EQ(store.status().head_hash, entry->hash);
  store.verify();
  ChainStore straight(storage::open_memory());
  straight.begin(two.genesis());
  straight.follow(two.chain());
  EXPECT_EQ(store.store().digest(), straight.store().digest());
  store.finalise(7);
  EXPECT_THROW(store.rewind(6), std::out_of_range);
}

/// What a power cut at operation `k` leaves, opened again: empty, or what is wrong.
std::string after_power_cut(const Mode& mode, std::uint64_t blocks, std::uint64_t k,
                            std::uint64_t seed, bool* cut) {
  const auto folder = std::make_shared<MemoryFolder>();
  folder->fail_at(k);
  std::uint64_t acknowledged = 0;  // 1: genesis
  try {
    ChainStore store(mode.open(folder));
    store.begin(world().genesis(), 3);
    for (acknowledged = 1; acknowledged <= blocks; ++acknowledged) {
      store.append(world().at(acknowledged));
    }
  } catch (const StoreError&) {
  }
  *cut = folder->failed();
  try {
    ChainStore store(mode.open(folder->after_power_loss(seed)));
    const std::uint64_t found = store.empty() ? 0 : store.status().head + 1;
    if (found != acknowledged && found != acknowledged + 1) {
      return std::to_string(found) + " blocks of " + std::to_string(acknowledged);
    }
    store.verify();
    if (store.empty()) store.begin(world().genesis(), 3);
    for (std::uint64_t n = store.status().head + 1; n <= blocks; ++n) store.append(world().at(n));
    if (store.state().root() != world().at(blocks).state.root()) return "another state at the end";
  } catch (const StoreError& error) {
    return std::string("refused: ") + error.what();
  }
  return {};
}

std::string power_cuts(const Mode& mode, std::uint64_t blocks) {
  bool cut = true;
  std::uint64_t k = 0;
  for (; cut; ++k) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const std::string fault = after_power_cut(mode, blocks, k, seed, &cut);
      if (!fault.empty()) return mode.name + ", operation " + std::to_string(k) + ": " + fault;
    }
  }
  EXPECT_GT(k, 2 * blocks) << mode.name;
  return {};
}

TEST(ChainStores, PowerCutsAtEveryWriteLeaveTheLastWholeBlock) {
  for (const Mode& mode : modes_with_files()) EXPECT_EQ(power_cuts(mode, 6), "");
}

/// The twin: a block in two batches, the second of which may be missing.
class Splitting final : public Store {
 public:
  explicit Splitting(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  std::string_view mode() const override { return store_->mode(); }
  void commit(const StoreBatch& batch) override {
    StoreBatch half[2];
    for (std::size_t i = 0; i < batch.writes().size(); ++i) {
      const StoreBatch::Write& write = batch.writes()[i];
      StoreBatch& into = half[2 * i / batch.writes().size()];
      write.value ? into.put(write.data, write.key, *write.value)
                  : into.erase(write.data, write.key);
    }
    store_->commit(half[0]);
    store_->commit(half[1]);
  }
  std::optional<Bytes> get(DataClass data, ByteView key) override { return store_->get(data, key); }
  void visit(DataClass data, ByteView from, const Visitor& visitor) override {
    store_->visit(data, from, visitor);
  }
  void verify() override { store_->verify(); }
  std::uint64_t count() const override { return store_->count(); }
  Hash128 digest() const override { return store_->digest(); }
  void compact() override { store_->compact(); }

 private:
  std::unique_ptr<Store> store_;
};

TEST(ChainStores, ABlockInTwoBatchesIsCaught) {
  for (const Mode& mode : modes_with_files()) {
    const Mode splitting{mode.name, [&](FolderRef folder) {
                           return std::make_unique<Splitting>(mode.open(std::move(folder)));
                         }};
    EXPECT_NE(power_cuts(splitting, 3), "") << mode.name;
  }
}

struct Entry {
  DataClass data;
  Bytes key, value;
};
std::vector<Entry> entries_of(Store& store) {
  std::vector<Entry> out;
  for (std::size_t i = 0; i < data_class_count; ++i) {
    store.visit(static_cast<DataClass>(i), {}, [&](ByteView key, ByteView value) {
      out.push_back(
          {static_cast<DataClass>(i), {key.begin(), key.end()}, {value.begin(), value.end()}});
      return true;
    });
  }
  return out;
}

/// What opening and proving say of a copy with one change, made through the store itself, so that
/// its checksums are right.
std::string after_edit(Store& original, const StoreBatch& edit) {
  auto copy = storage::open_memory();
  convert(original, *copy);
  copy->commit(edit);
  try {
    ChainStore store(std::move(copy));
    if (store.empty()) return "an empty store";
    store.verify();
  } catch (const StoreError& error) {
    return error.what();
  }
  return {};
}

TEST(ChainStores, AnyRecordThatIsEditedIsFound) {
  for (const std::uint64_t keep : {0, 3}) {
    const auto store = in_memory(6, keep);
    if (keep != 0) store->prune(keep);  // code that no kept version names may go unseen
    EXPECT_EQ(after_edit(store->store(), {}), "");
    const auto all = entries_of(store->store());
    ASSERT_GT(all.size(), 60u);
    for (const Entry& entry : all) {
      const std::string name = std::string(data_class_name(entry.data)) + " " + to_hex(entry.key);
      StoreBatch gone;
      gone.erase(entry.data, entry.key);
      EXPECT_NE(after_edit(store->store(), gone), "") << name << " erased";
      Bytes other = entry.value;
      if (other.empty()) {
        other.push_back(1);
      } else {
        other[other.size() / 2] ^= 1;
      }
      StoreBatch altered;
      altered.put(entry.data, entry.key, other);
      // The status says freely what is final, how much is kept and what blocks are called.
      if (entry.data == DataClass::status) continue;
      EXPECT_NE(after_edit(store->store(), altered), "") << name << " altered";
    }
    StoreBatch more;
    more.put(DataClass::account, Bytes(41, 'a'), Bytes{1});
    EXPECT_NE(after_edit(store->store(), more), "");
  }
}

TEST(ChainStores, DamageIsToldByItsPlace) {
  const auto store = in_memory(6);
  for (const Entry& entry : entries_of(store->store())) {
    if (entry.data != DataClass::transaction || entry.key[0] != 'r' || entry.key[8] != 3) continue;
    StoreBatch altered;
    Bytes other = entry.value;
    other[20] ^= 4;
    altered.put(entry.data, entry.key, other);
    EXPECT_EQ(after_edit(store->store(), altered),
              "block 3: the receipts are not those its header names");
  }
}

TEST(ChainStores, PrunedStoresKeepTheLastStatesAndNothingElse) {
  const auto archive = in_memory(12);
  const auto pruned = in_memory(12, 4);
  pruned->verify();
  EXPECT_EQ(pruned->status().first_state, 9u);
  EXPECT_EQ(pruned->status().first_body, 2u);
  EXPECT_LT(pruned->store().count(), archive->store().count());
  for (std::uint64_t n = 9; n <= 12; ++n) {
    EXPECT_EQ(pruned->account(rich, n), world().at(n).state.account(rich));
    EXPECT_EQ(pruned->state_at(n).root(), world().at(n).state.root());
  }
  EXPECT_FALSE(pruned->account(rich, 8));
  EXPECT_THROW(pruned->state_at(8), std::out_of_range);
  EXPECT_FALSE(pruned->block(1));
  EXPECT_EQ(pruned->header(1), world().at(1).block->header);
  // As it went or at once: the same is left.
  archive->prune(4);
  pruned->prune(4);
  archive->verify();
  EXPECT_EQ(archive->store().digest(), pruned->store().digest());
  // Exactly one version of what did not change: what a fresh copy of that state would have.
  std::uint64_t oldest = 0;
  pruned->store().visit(DataClass::account, {}, [&](ByteView key, ByteView value) {
    if (key[0] != 'c') oldest += value.empty();
    return true;
  });
  EXPECT_LE(oldest, 4u);
  // The bomb's code went with its last version.
  const Hash256 code = world().at(1).state.account(bomb)->code_hash;
  EXPECT_FALSE(pruned->store().get(DataClass::code, code.view()));
  EXPECT_TRUE(in_memory(12)->store().get(DataClass::code, code.view()));
}

TEST(ChainStores, StoresAreConvertedFromModeToMode) {
  const auto memory = in_memory(7);
  for (const Mode& from : modes_with_files()) {
    ChainStore source(from.open(std::make_shared<MemoryFolder>()));
    fill(source, 7);
    source.put_account_file(address(1), "{}");
    for (const Mode& to : modes_with_files()) {
      const auto folder = std::make_shared<MemoryFolder>();
      const auto target = to.open(folder);
      convert(source.store(), *target);
      EXPECT_EQ(target->digest(), source.store().digest()) << from.name << to.name;
      EXPECT_THROW(convert(source.store(), *target), std::invalid_argument);
    }
  }
  // One that stopped half way is no chain.
  StoreBatch mark;
  mark.put(DataClass::status, Bytes{'u', 'n', 'f', 'i', 'n', 'i', 's', 'h', 'e', 'd'}, {});
  memory->store().commit(mark);
  auto left = memory->release();
  EXPECT_THROW(ChainStore{std::move(left)}, StoreError);
}

std::shared_ptr<MemoryFolder> snapshot_of(ChainStore& store, std::uint64_t height) {
  auto folder = std::make_shared<MemoryFolder>();
  const SnapshotOf subject = export_snapshot(store, height, *folder->open("x", true));
  EXPECT_EQ(subject.block, world().at(height).hash);
  return folder;
}

TEST(ChainStores, SnapshotsComeBackInEveryModeAndGoOn) {
  const auto archive = in_memory(12);
  archive->put_account_file(rich, "secret keys are no part of a snapshot");
  const auto folder = snapshot_of(*archive, 9);
  const auto file = folder->open("x", false);
  const auto memory = restore_snapshot(*file, storage::open_memory(), world().at(9).hash);
  EXPECT_TRUE(memory->account_files().empty());
  for (const Mode& mode : modes_with_files()) {
    const auto disk = std::make_shared<MemoryFolder>();
    restore_snapshot(*file, mode.open(disk));
    ChainStore store(mode.open(disk));
    EXPECT_EQ(store.store().digest(), memory->store().digest()) << mode.name;
    EXPECT_EQ(store.status().head_hash, world().at(9).hash);
    EXPECT_EQ(store.word(writer, 3, 9), world().at(9).state.storage(writer, 3));
    const auto chain = store.resume(world().genesis().rules, world().engine());
    for (std::uint64_t n = 10; n <= 12; ++n) {
      EXPECT_TRUE(chain->import(encode(*world().at(n).block)).accepted());
    }
    store.follow(*chain);
    store.verify();
    EXPECT_EQ(store.state().root(), world().at(12).state.root());
    EXPECT_THROW(restore_snapshot(*file, store.release()), std::invalid_argument);
  }
  // The same file from a pruned store.
  const auto pruned = in_memory(12, 4);
  const auto other = snapshot_of(*pruned, 9)->open("x", false);
  EXPECT_EQ(other->read(0, other->size()), file->read(0, file->size()));
  EXPECT_THROW(export_snapshot(*pruned, 8, *other), std::out_of_range);
}

TEST(ChainStores, AlteredSnapshotsAreRefused) {
  const auto archive = in_memory(5);
  const auto folder = snapshot_of(*archive, 5);
  const std::uint64_t size = folder->open("x", false)->size();
  const auto refused = [&](const std::function<void(MemoryFolder&)>& damage) {
    const auto copy = folder->copy();
    damage(*copy);
    try {
      restore_snapshot(*copy->open("x", false), storage::open_memory());
      return false;
    } catch (const StoreError&) {
      return true;
    }
  };
  EXPECT_FALSE(refused([](MemoryFolder&) {}));
  for (std::uint64_t at = 0; at < size; at += 3) {
    EXPECT_TRUE(refused([&](MemoryFolder& f) { f.flip("x", at, at % 8); })) << at;
    if (at % 30 != 0) continue;
    EXPECT_TRUE(refused([&](MemoryFolder& f) { f.open("x", false)->truncate(at); })) << at;
  }
  EXPECT_TRUE(refused([&](MemoryFolder& f) { f.open("x", false)->write(size, Bytes{1}); }));
  EXPECT_THROW(
      restore_snapshot(*folder->open("x", false), storage::open_memory(), world().at(4).hash),
      StoreError);
}

TEST(ChainStores, ASnapshotOfAStateThatIsNotTheBlocksIsRefused) {
  // Whole by its checksums: made of a store whose state was edited, and its root in the status.
  const auto store = in_memory(5);
  const auto folder = snapshot_of(*store, 5);
  const auto file = folder->open("x", false);
  Bytes text = file->read(0, file->size());
  // The leaf of an account: its balance one higher, the chunk's and the end's hashes made anew.
  const Bytes leaf = encode(*world().at(5).state.account(rich));
  const auto at = std::search(text.begin(), text.end(), leaf.begin(), leaf.end());
  ASSERT_NE(at, text.end());
  at[6] ^= 1;
  Bytes hashes;
  std::uint64_t chunk = 0;
  std::size_t position = 8;
  for (;; ++chunk) {
    const std::size_t length = text[position] | text[position + 1] << 8 | text[position + 2] << 16;
    Bytes content(8);
    content[0] = static_cast<Byte>(chunk);
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(position) + 36;
    content.insert(content.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
    const Hash256 hash = sha256(length == 0 ? hashes : content);
    std::copy(hash.data.begin(), hash.data.end(), begin - 32);
    if (length == 0) break;
    hashes.insert(hashes.end(), hash.data.begin(), hash.data.end());
    position += 36 + length;
  }
  file->write(0, text);
  EXPECT_EQ(check_snapshot(*file).height, 5u);
  try {
    restore_snapshot(*file, storage::open_memory());
    FAIL() << "served";
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("block 5: the state has root"), std::string::npos)
        << error.what();
  }
}

TEST(ChainStores, ARestoreThatStopsHalfWayIsNoChainAndCanBeDoneAgain) {
  const auto archive = in_memory(12);
  const auto snapshot = snapshot_of(*archive, 12)->open("x", false);
  for (const Mode& mode : modes_with_files()) {
    bool cut = true;
    for (std::uint64_t k = 0; cut; ++k) {
      const auto folder = std::make_shared<MemoryFolder>();
      folder->fail_at(k);
      try {
        restore_snapshot(*snapshot, mode.open(folder));
      } catch (const StoreError&) {
      }
      cut = folder->failed();
      const auto left = folder->after_power_loss(k);
      bool whole = false;
      try {
        ChainStore store(mode.open(left));
        whole = !store.empty();
        if (whole) store.verify();
      } catch (const StoreError&) {
      }
      if (!whole) restore_snapshot(*snapshot, mode.open(left))->verify();
    }
  }
}

/// Bytes that do not repeat, as those of a video.
Bytes film(std::size_t size) {
  Bytes out(size);
  std::uint64_t state = size;
  for (Byte& byte : out) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<Byte>(state >> 56);
  }
  return out;
}

TEST(Blobs, AnyBytesComeBackByTheirAnchor) {
  const auto folder = std::make_shared<MemoryFolder>();
  BlobStore blobs(folder);
  std::vector<Bytes> all = {{},
                            Bytes{0},
                            {'t', 'e', 'x', 't'},
                            film(BlobStore::chunk_bytes),
                            film(3 * BlobStore::chunk_bytes + 17)};
  for (const Bytes& bytes : all) {
    const auto in = std::make_shared<MemoryFolder>()->open("in", true);
    in->write(0, bytes);
    const Anchor anchor = blobs.put(*in);
    EXPECT_EQ(anchor.length, bytes.size());
    EXPECT_EQ(decode_anchor(encode(anchor)), anchor);
    const std::size_t files = folder->list().size();
    EXPECT_EQ(blobs.put(*in), anchor);
    EXPECT_EQ(folder->list().size(), files);
    const auto out = std::make_shared<MemoryFolder>()->open("out", true);
    blobs.get(anchor, *out);
    EXPECT_EQ(out->read(0, bytes.size() + 1), bytes);
  }
  EXPECT_FALSE(decode_anchor(Bytes(47)));
}

TEST(Blobs, MissingAndAlteredBytesAreTold) {
  const auto folder = std::make_shared<MemoryFolder>();
  const auto in = std::make_shared<MemoryFolder>()->open("in", true);
  in->write(0, film(2 * BlobStore::chunk_bytes + 5));
  Anchor anchor = BlobStore(folder).put(*in);
  ASSERT_EQ(folder->list().size(), 4u);
  const auto told = [&](const std::function<void(MemoryFolder&)>& damage) {
    const auto copy = folder->copy();
    damage(*copy);
    BlobStore blobs(copy);
    try {
      blobs.check(anchor);
    } catch (const StoreError& error) {
      EXPECT_EQ(error.kind(), StoreError::Kind::corrupt);
      blobs.put(*in);  // mends it
      blobs.check(anchor);
      return true;
    }
    return false;
  };
  EXPECT_FALSE(told([](MemoryFolder&) {}));
  for (const std::string& name : folder->list()) {
    EXPECT_TRUE(told([&](MemoryFolder& f) { f.remove(name); })) << name;
    EXPECT_TRUE(told([&](MemoryFolder& f) { f.flip(name, 3, 2); })) << name;
    EXPECT_TRUE(told([&](MemoryFolder& f) { f.open(name, false)->truncate(2); })) << name;
  }
  anchor.length += 1;
  EXPECT_THROW(BlobStore(folder).check(anchor), StoreError);
}

TEST(Blobs, PowerCutsLeaveTheBlobOrNone) {
  const auto in = std::make_shared<MemoryFolder>()->open("in", true);
  in->write(0, film(BlobStore::chunk_bytes + 9));
  const Anchor anchor = BlobStore(std::make_shared<MemoryFolder>()).put(*in);
  bool cut = true;
  for (std::uint64_t k = 0; cut; ++k) {
    const auto folder = std::make_shared<MemoryFolder>();
    folder->fail_at(k);
    bool done = false;
    try {
      BlobStore(folder).put(*in);
      done = true;
    } catch (const StoreError&) {
    }
    cut = folder->failed();
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      BlobStore blobs(folder->after_power_loss(seed));
      if (done) blobs.check(anchor);
      blobs.put(*in);
      blobs.check(anchor);
    }
  }
}

std::string testdata(const char* name) {
  std::ifstream in(std::string(LEDGERLAB_TESTDATA) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ChainStores, TheFilesOfTheCommandLinesTestAreThisChain) {
  const Genesis genesis = read_genesis(testdata("genesis.json"));
  EXPECT_EQ(genesis.block, world().genesis().block);
  std::string blocks;
  for (std::uint64_t n = 0; n <= 12; ++n) {
    const Bytes text = encode(*world().at(n).block);
    blocks.append(text.begin(), text.end());
  }
  EXPECT_EQ(blocks, testdata("chain.rlp"));
  const Transaction& anchoring = world().at(4).block->transactions[2];
  EXPECT_EQ(decode_anchor(anchoring.data)->length, 13u);
  EXPECT_EQ(to_hex(ethereum::hash(anchoring)), "792262267ae2135841228641c71a8670d14f7a367be582a3d5b38b71b100781d");
}

TEST(ChainStores, PrivateAccountDataLieApartAndEncrypted) {
  KeystoreMaking making;
  making.kdf = KeystoreMaking::Kdf::pbkdf2;
  making.iterations = 10;
  const std::string file = keystore_encrypt(secret.view(), "a password", making);
  for (const Mode& mode : modes_with_files()) {
    const auto folder = std::make_shared<MemoryFolder>();
    {
      ChainStore store(mode.open(folder));
      fill(store, 3);
      store.put_account_file(rich, file);
      store.verify();
    }
    ChainStore store(mode.open(folder));
    EXPECT_EQ(store.account_files(), std::vector<Address>{rich});
    const auto read = store.account_file(rich);
    ASSERT_TRUE(read);
    const KeystoreOpened opened = keystore_decrypt(*read, "a password");
    EXPECT_EQ(opened.verdict, KeystoreVerdict::ok);
    EXPECT_EQ(opened.secret, Bytes(secret.data.begin(), secret.data.end()));
    // Neither the secret nor its hexadecimal text is anywhere on the disk.
    for (const std::string& name : folder->list()) {
      const auto disk = folder->open(name, false);
      const Bytes bytes = disk->read(0, disk->size());
      const std::string hex = to_hex(secret);
      EXPECT_EQ(std::search(bytes.begin(), bytes.end(), secret.data.begin(), secret.data.end()),
                bytes.end());
      EXPECT_EQ(std::search(bytes.begin(), bytes.end(), hex.begin(), hex.end()), bytes.end());
    }
  }
}

}  // namespace
}  // namespace ledgerlab::chainstore
