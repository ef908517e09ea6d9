// What is written: blocks, states, and what is taken away again.
#include "models/parts/chainstore/chain_store.hpp"

#include <algorithm>
#include <set>

#include "models/codec/codec.hpp"
#include "models/codec/rlp.hpp"
#include "models/parts/chainstore/keys.hpp"

namespace ledgerlab::chainstore {

using namespace ethereum;

namespace {

[[noreturn]] void corrupt(const std::string& what) {
  throw StoreError(StoreError::Kind::corrupt, what);
}

/// The items of a block's RLP list behind its header.
Bytes body_of(const ethereum::Block& block) {
  const Bytes text = encode(block);
  const ByteView items = rlp::split(text)->payload;
  const ByteView body = rlp::split(items)->rest;
  return {body.begin(), body.end()};
}

Bytes header_entry(const Header& header, const Hash256& hash, const U256& difficulty) {
  Bytes out(hash.data.begin(), hash.data.end());
  const auto total = to_big_endian(difficulty);
  out.insert(out.end(), total.data.begin(), total.data.end());
  const Bytes text = encode(header);
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

Bytes place_entry(std::uint64_t block, std::uint64_t position) {
  Bytes out = big_endian(block);
  const Bytes at = big_endian(position);
  out.insert(out.end(), at.begin(), at.end());
  return out;
}

}  // namespace

ChainStore::ChainStore(std::unique_ptr<Store> store) : ChainStore(std::move(store), false) {}

ChainStore::ChainStore(std::unique_ptr<Store> store, bool unfinished) : store_(std::move(store)) {
  if (!unfinished && store_->get(DataClass::status, unfinished_key)) {
    corrupt(
        "a restore or conversion into this store was not finished; do it again in an empty one");
  }
  const auto text = store_->get(DataClass::status, status_key);
  if (!text) {
    if (store_->count() != account_files().size()) corrupt("there are entries but no status");
    return;
  }
  const auto status = codec::decode<Status>(*text);
  if (!status || status->format != 1) corrupt("the status is not of this format (1)");
  status_ = *status;
  begun_ = true;
  const auto head = header(status_.head);
  if (!head || hash_of(status_.head) != status_.head_hash) {
    corrupt("block " + std::to_string(status_.head) +
            ", the head, is not the one the status names");
  }
  state_ = load(status_.head);
  if (state_.root() != head->state_root || head->state_root != status_.state_root) {
    corrupt("block " + std::to_string(status_.head) + ": the state has root " +
            to_hex(state_.root()) + ", the header names " + to_hex(head->state_root));
  }
}

void ChainStore::commit(StoreBatch batch, const Status& status) {
  batch.put(DataClass::status, status_key, codec::encode(status));
  store_->commit(batch);
  status_ = status;
}

/// What was restored is proven: it is a chain from now on.
void ChainStore::finish(std::uint64_t keep) {
  StoreBatch batch;
  batch.erase(DataClass::status, unfinished_key);
  Status status = status_;
  status.keep = keep;
  commit(std::move(batch), status);
}

void ChainStore::begin(const Genesis& genesis, std::uint64_t keep) {
  if (store_->count() != 0) throw std::logic_error("a chain begins in an empty store");
  if (keep != 0 && keep < min_keep) throw std::invalid_argument("keep at least 2 states");
  Status status;
  const Header& header = genesis.block.header;
  if (header.state_root != genesis.state.root()) throw std::invalid_argument("genesis state");
  const SealPart naming =
      genesis.rules.seal == Seal::ibft ? SealPart::without_commit_seals : SealPart::whole;
  status.naming = static_cast<std::uint8_t>(naming);
  status.genesis = status.head_hash = ethereum::hash(header, naming);
  status.head = status.final_block = status.first_state = status.first_body = header.number;
  status.state_root = header.state_root;
  status.keep = keep;
  StoreBatch batch;
  put_block(batch, genesis.block, status.head_hash, header.difficulty, {});
  put_state(batch, status.head, genesis.state);
  commit(std::move(batch), status);
  state_ = genesis.state;
  begun_ = true;
}

void ChainStore::append(const Chain::Entry& entry) {
  const Header& header = entry.block->header;
  if (!begun_ || header.number != status_.head + 1 || header.parent_hash != status_.head_hash) {
    throw std::logic_error("the block does not stand on the head");
  }
  Status status = status_;
  status.head = header.number;
  status.head_hash = entry.hash;
  status.state_root = header.state_root;
  StoreBatch batch;
  put_block(batch, *entry.block, entry.hash, entry.total_difficulty, entry.receipts);
  put_state(batch, header.number, entry.state);
  if (status.keep != 0 && status.head - status.first_state >= status.keep) {
    prune_to(batch, status, status.head - status.keep + 1);
  }
  commit(std::move(batch), status);
  state_ = entry.state;
}

void ChainStore::put_block(StoreBatch& batch, const ethereum::Block& block, const Hash256& hash,
                           const U256& difficulty, std::span<const Receipt> receipts) {
  const std::uint64_t number = block.header.number;
  batch.put(DataClass::block, number_key('h', number),
            header_entry(block.header, hash, difficulty));
  batch.put(DataClass::block, joined('i', hash.view()), big_endian(number));
  batch.put(DataClass::block, number_key('b', number), body_of(block));
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    batch.put(DataClass::transaction, joined('t', ethereum::hash(block.transactions[i]).view()),
              place_entry(number, i));
  }
  Bytes items, list;
  for (const Receipt& receipt : receipts) rlp::append(items, ByteView(encode(receipt)));
  rlp::append_list(list, items);
  batch.put(DataClass::transaction, number_key('r', number), list);
}

/// What differs from the state of the head becomes the version of this block.
void ChainStore::put_state(StoreBatch& batch, std::uint64_t height, const WorldState& after) {
  Bytes changed;
  const auto put = [&](ByteView item, const std::optional<ByteView>& value) {
    changed.push_back(static_cast<Byte>(item.size()));
    changed.insert(changed.end(), item.begin(), item.end());
    batch.put(DataClass::account, state_key(item, height), value.value_or(ByteView()));
  };
  std::set<Hash256> codes;
  state_.accounts().difference(after.accounts(), [&](const TrieChange& account) {
    put(account.key, account.after);
    if (account.after) {
      const auto leaf = decode_account(*account.after);
      if (leaf && leaf->code_hash != empty_code_hash()) codes.insert(leaf->code_hash);
    }
    const Bytes path(account.key.begin(), account.key.end());
    account.below_before.difference(account.below_after, [&](const TrieChange& word) {
      Bytes item = path;
      item.insert(item.end(), word.key.begin(), word.key.end());
      put(item, word.after);
    });
  });
  for (const Hash256& name : codes) {
    if (store_->get(DataClass::code, name.view())) continue;
    const CodeRef code = after.codes().find(name);
    if (code == nullptr) throw std::logic_error("the state names code that nobody has");
    batch.put(DataClass::code, name.view(), code->bytes);
  }
  if (begun_) batch.put(DataClass::account, number_key('c', height), changed);
}

void ChainStore::erase_body(StoreBatch& batch, std::uint64_t height) {
  if (const auto gone = block(height)) {
    for (const Transaction& tx : gone->transactions) {
      batch.erase(DataClass::transaction, joined('t', ethereum::hash(tx).view()));
    }
  }
  batch.erase(DataClass::transaction, number_key('r', height));
  batch.erase(DataClass::block, number_key('b', height));
}

/// Versions below `first_state` go, but for those that hold there.
void ChainStore::prune_to(StoreBatch& batch, Status& status, std::uint64_t first_state) {
  for (std::uint64_t n = status.first_state + 1; n <= first_state; ++n) {
    for (const Bytes& item : changed_items(n)) {
      // The version before this one.
      const Bytes from = state_key(item, n - 1);
      store_->visit(DataClass::account, from, [&](ByteView key, ByteView) {
        if (key.size() == from.size() && std::ranges::equal(item_of(key), item)) {
          batch.erase(DataClass::account, key);
        }
        return false;
      });
      const auto value = store_->get(DataClass::account, state_key(item, n));
      if (value && value->empty()) batch.erase(DataClass::account, state_key(item, n));
    }
    batch.erase(DataClass::account, number_key('c', n));
  }
  const std::uint64_t first_body = first_state - std::min(first_state, bodies_below);
  for (std::uint64_t n = status.first_body; n < first_body; ++n) erase_body(batch, n);
  status.first_body = std::max(status.first_body, first_body);
  status.first_state = first_state;
}

void ChainStore::prune(std::uint64_t keep) {
  if (keep != 0 && keep < min_keep) throw std::invalid_argument("keep at least 2 states");
  Status status = status_;
  status.keep = keep;
  if (keep == 0) return commit({}, status);
  // One batch a height: each leaves a store with one state less.
  while (status_.head - status_.first_state >= keep) {
    StoreBatch batch;
    prune_to(batch, status, status.first_state + 1);
    commit(std::move(batch), status);
  }
  commit({}, status);
  sweep_code();
  store_->compact();
}

void ChainStore::sweep_code() {
  std::set<Hash256> named;
  store_->visit(DataClass::account, joined('a', {}), [&](ByteView key, ByteView value) {
    if (key[0] != 'a') return key[0] < 'a';
    if (const auto leaf = decode_account(value)) named.insert(leaf->code_hash);
    return true;
  });
  StoreBatch batch;
  store_->visit(DataClass::code, {}, [&](ByteView key, ByteView) {
    Hash256 name;
    if (key.size() == name.size()) std::copy(key.begin(), key.end(), name.data.begin());
    if (!named.contains(name)) batch.erase(DataClass::code, key);
    return true;
  });
  if (!batch.empty()) store_->commit(batch);
}

void ChainStore::rewind(std::uint64_t height) {
  if (height >= status_.head) return;
  if (height < status_.first_state || height < status_.final_block) {
    throw std::out_of_range("block " + std::to_string(height) +
                            " is final, or its state is not kept");
  }
  StoreBatch batch;
  for (std::uint64_t n = status_.head; n > height; --n) {
    erase_body(batch, n);
    batch.erase(DataClass::block, joined('i', hash_of(n).value_or(Hash256()).view()));
    batch.erase(DataClass::block, number_key('h', n));
    for (const Bytes& item : changed_items(n)) {
      batch.erase(DataClass::account, state_key(item, n));
    }
    batch.erase(DataClass::account, number_key('c', n));
  }
  WorldState before = load(height);
  Status status = status_;
  status.head = height;
  status.head_hash = hash_of(height).value();
  status.state_root = header(height).value().state_root;
  commit(std::move(batch), status);
  state_ = std::move(before);
}

void ChainStore::follow(const Chain& chain) {
  std::vector<const Chain::Entry*> up;
  const Chain::Entry* entry = &chain.head();
  for (; entry != nullptr; entry = entry->parent) {
    if (entry->number() <= status_.head && hash_of(entry->number()) == entry->hash) break;
    up.push_back(entry);
  }
  if (entry == nullptr) throw std::logic_error("the store holds another chain");
  rewind(entry->number());
  for (auto i = up.rbegin(); i != up.rend(); ++i) append(**i);
}

void ChainStore::finalise(std::uint64_t height) {
  if (height < status_.final_block || height > status_.head) {
    throw std::out_of_range("block " + std::to_string(height) + " cannot become the final one");
  }
  Status status = status_;
  status.final_block = height;
  commit({}, status);
}

void ChainStore::put_account_file(const Address& address, std::string_view keystore) {
  StoreBatch batch;
  batch.put(DataClass::private_account, address.view(), as_bytes(keystore));
  store_->commit(batch);
}

}  // namespace ledgerlab::chainstore
