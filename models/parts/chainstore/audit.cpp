// The proof of a whole chain store, and the copy of one store into another.
#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/chainstore/chain_store.hpp"
#include "models/parts/chainstore/keys.hpp"

namespace ledgerlab::chainstore {

using namespace ethereum;

namespace {

void demand(bool holds, std::uint64_t block, const char* what) {
  if (holds) return;
  throw StoreError(StoreError::Kind::corrupt, "block " + std::to_string(block) + ": " + what);
}

}  // namespace

/// Counts what it has proven: an entry too many is found as well.
class Audit {
 public:
  explicit Audit(ChainStore& chain) : chain_(chain), status_(chain.status_) {}

  void run() {
    headers();
    for (std::uint64_t n = status_.first_body; n <= status_.head; ++n) body(n);
    states();
    codes();
    expected_ += chain_.account_files().size() + 1;  // and the status
    if (chain_.store_->get(DataClass::status, unfinished_key)) ++expected_;
    const std::uint64_t there = chain_.store_->count();
    if (there != expected_) {
      throw StoreError(StoreError::Kind::corrupt, "the store holds " + std::to_string(there) +
                                                      " entries, the chain makes " +
                                                      std::to_string(expected_));
    }
  }

 private:
  void headers() {
    const auto part = static_cast<SealPart>(status_.naming);
    Hash256 above;
    U256 total;
    for (std::uint64_t n = 0; n <= status_.head; ++n) {
      const auto header = chain_.header(n);
      demand(header.has_value(), n, "the header is missing");
      const Hash256 name = ethereum::hash(*header, part);
      total += header->difficulty;
      demand(header->number == n, n, "the header is another block's");
      demand(n == 0 ? name == status_.genesis : header->parent_hash == above, n,
             "the header does not name the block before it");
      demand(chain_.hash_of(n) == name, n, "the header is not the one of its name");
      demand(chain_.total_difficulty(n) == total, n, "the total difficulty is another");
      demand(chain_.height_of(name) == n, n, "the index of block names leads elsewhere");
      above = name;
      expected_ += 2;
    }
    demand(above == status_.head_hash, status_.head, "the status names another head");
  }

  void body(std::uint64_t n) {
    const auto block = chain_.block(n);
    const auto receipts = chain_.receipts(n);
    demand(block.has_value(), n, "the body is missing");
    demand(receipts.has_value(), n, "the receipts are missing");
    const Header& h = block->header;
    demand(h.transactions_root == transactions_root(block->transactions), n,
           "the transactions are not those its header names");
    demand(h.ommers_hash == ommers_hash(block->ommers), n,
           "the ommers are not those its header names");
    demand(block->withdrawals.has_value() == h.withdrawals_root.has_value() &&
               (!block->withdrawals || h.withdrawals_root == withdrawals_root(*block->withdrawals)),
           n, "the withdrawals are not those its header names");
    demand(h.receipts_root == ordered_root(*receipts), n,
           "the receipts are not those its header names");
    for (std::size_t i = 0; i < block->transactions.size(); ++i) {
      const auto place = chain_.find_transaction(ethereum::hash(block->transactions[i]));
      demand(place && place->block == n && place->position == i, n,
             "the index of transactions leads elsewhere");
    }
    expected_ += 2 + block->transactions.size();
  }

  /// The first version from its entries, each later one by what its block changed.
  void states() {
    WorldState state = chain_.load(status_.first_state);
    std::uint64_t at = status_.first_state;
    demand(state.root() == chain_.header(at)->state_root, at, "the state has another root");
    std::uint64_t versions = 0;
    chain_.store_->visit(DataClass::account, {}, [&](ByteView key, ByteView) {
      versions += key[0] == 'a' || key[0] == 's';
      return true;
    });
    std::uint64_t later = 0;
    while (++at <= status_.head) {
      later += step(state, at);
      demand(state.root() == chain_.header(at)->state_root, at, "the state has another root");
    }
    std::uint64_t first = 0;
    chain_.store_->visit(DataClass::account, {}, [&](ByteView key, ByteView) {
      first += (key[0] == 'a' || key[0] == 's') && version_of(key) <= status_.first_state;
      return true;
    });
    demand(first + later == versions, status_.head, "there are versions that no block made");
    expected_ += versions + status_.head - status_.first_state;  // and the lists of changes
  }

  /// Takes the changes of block `n` into `state`; how many there are.
  std::uint64_t step(WorldState& state, std::uint64_t n) {
    Store& store = *chain_.store_;
    demand(store.get(DataClass::account, number_key('c', n)).has_value(), n,
           "its list of changes is missing");
    const std::vector<Bytes> items = chain_.changed_items(n);
    std::map<Hash256, std::vector<Bytes>> words;
    std::map<Hash256, bool> accounts;
    for (const Bytes& item : items) {
      Hash256 path;
      std::copy_n(item.begin(), 32, path.data.begin());
      accounts[path] = true;
      if (item.size() == 64) words[path].push_back(item);
    }
    for (const auto& [path, _] : accounts) {
      Trie storage;
      state.accounts().get(path.view(), storage);
      for (const Bytes& item : words[path]) {
        const auto value = store.get(DataClass::account, state_key(item, n));
        demand(value.has_value(), n, "a version of a word is missing");
        storage.insert(ByteView(item).subspan(32), *value);  // empty: erased
      }
      const auto leaf = store.get(DataClass::account, state_key(path.view(), n));
      demand(leaf.has_value(), n, "a version of an account is missing");
      if (leaf->empty()) {
        state.erase_leaf(path);
        demand(storage.empty(), n, "an account that is gone has storage");
        continue;
      }
      const auto account = decode_account(*leaf);
      demand(account && account->storage_root == storage.root(), n,
             "an account's storage is not what its root names");
      demand(account->code_hash == empty_code_hash() ||
                 store.get(DataClass::code, account->code_hash.view()).has_value(),
             n, "an account's code is missing");
      state.put_leaf(path, *leaf, storage);
    }
    return items.size();
  }

  void codes() {
    chain_.store_->visit(DataClass::code, {}, [&](ByteView key, ByteView value) {
      if (!std::ranges::equal(keccak256(value).data, key)) {
        throw StoreError(StoreError::Kind::corrupt, "code " + to_hex(key) + " is another");
      }
      ++expected_;
      return true;
    });
  }

  ChainStore& chain_;
  const Status& status_;
  std::uint64_t expected_ = 0;
};

void ChainStore::verify() {
  store_->verify();
  if (begun_) Audit(*this).run();
}

void convert(Store& from, Store& to) {
  constexpr std::size_t batch_bytes = std::size_t{1} << 20;
  if (to.count() != 0) throw std::invalid_argument("the store to convert into is not empty");
  StoreBatch batch;
  std::size_t bytes = 0;
  const auto flush = [&] {
    to.commit(batch);
    batch = {};
    bytes = 0;
  };
  batch.put(DataClass::status, unfinished_key, {});
  flush();
  for (std::size_t i = 0; i < data_class_count; ++i) {
    const auto data = static_cast<DataClass>(i);
    from.visit(data, {}, [&](ByteView key, ByteView value) {
      batch.put(data, key, value);
      bytes += key.size() + value.size();
      if (bytes > batch_bytes) flush();
      return true;
    });
  }
  flush();
  batch.erase(DataClass::status, unfinished_key);
  flush();
  if (to.digest() != from.digest()) {
    throw StoreError(StoreError::Kind::corrupt, "the copy has another digest");
  }
}

}  // namespace ledgerlab::chainstore
