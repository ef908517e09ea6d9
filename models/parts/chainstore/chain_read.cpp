// What is read: blocks, accounts as of a height, whole states, the chain to go on from.
#include <algorithm>
#include <map>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/chainstore/chain_store.hpp"
#include "models/parts/chainstore/keys.hpp"

namespace ledgerlab::chainstore {

using namespace ethereum;

namespace {

constexpr std::size_t header_at = 64;  // behind hash and total difficulty

[[noreturn]] void corrupt(std::uint64_t block, const std::string& what) {
  throw StoreError(StoreError::Kind::corrupt, "block " + std::to_string(block) + ": " + what);
}

Hash256 hash_from(ByteView bytes) {
  Hash256 out;
  std::copy_n(bytes.begin(), out.size(), out.data.begin());
  return out;
}

/// The header's entry, which has its three parts.
std::optional<Bytes> header_entry(Store& store, std::uint64_t height) {
  auto out = store.get(DataClass::block, number_key('h', height));
  if (out && out->size() < header_at) corrupt(height, "the header is cut off");
  return out;
}

}  // namespace

std::optional<Hash256> ChainStore::hash_of(std::uint64_t height) {
  const auto entry = header_entry(*store_, height);
  return entry ? std::optional(hash_from(*entry)) : std::nullopt;
}

std::optional<U256> ChainStore::total_difficulty(std::uint64_t height) {
  const auto entry = header_entry(*store_, height);
  return entry ? u256_from_big_endian(ByteView(*entry).subspan(32, 32)) : std::nullopt;
}

std::optional<Header> ChainStore::header(std::uint64_t height) {
  const auto entry = header_entry(*store_, height);
  if (!entry) return std::nullopt;
  auto out = decode_header(ByteView(*entry).subspan(header_at));
  if (!out) corrupt(height, "the header does not decode");
  return out;
}

std::optional<std::uint64_t> ChainStore::height_of(const Hash256& block) {
  const auto entry = store_->get(DataClass::block, joined('i', block.view()));
  if (!entry || entry->size() != 8) return std::nullopt;
  return number_at(*entry);
}

std::optional<ethereum::Block> ChainStore::block(std::uint64_t height) {
  const auto head = header_entry(*store_, height);
  const auto body = store_->get(DataClass::block, number_key('b', height));
  if (!head || !body) return std::nullopt;
  Bytes items(head->begin() + header_at, head->end());
  items.insert(items.end(), body->begin(), body->end());
  Bytes text;
  rlp::append_list(text, items);
  auto out = decode_block(text);
  if (!out) corrupt(height, "the body does not decode");
  return out;
}

std::optional<std::vector<Bytes>> ChainStore::receipts(std::uint64_t height) {
  const auto list = store_->get(DataClass::transaction, number_key('r', height));
  if (!list) return std::nullopt;
  std::vector<Bytes> out;
  auto items = rlp::Cursor::list(*list);
  while (items && items->ok() && !items->at_end()) {
    const ByteView one = items->bytes();
    out.emplace_back(one.begin(), one.end());
  }
  if (!items || !items->finished()) corrupt(height, "the receipts do not decode");
  return out;
}

std::optional<Place> ChainStore::find_transaction(const Hash256& hash) {
  const auto entry = store_->get(DataClass::transaction, joined('t', hash.view()));
  if (!entry || entry->size() != 16) return std::nullopt;
  return Place{number_at(*entry), number_at(ByteView(*entry).subspan(8))};
}

/// The leaf of an account or word as of `height`.
std::optional<Bytes> ChainStore::state_entry(ByteView item, std::uint64_t height) {
  std::optional<Bytes> out;
  if (height < status_.first_state || height > status_.head) return out;
  const Bytes from = state_key(item, height);
  store_->visit(DataClass::account, from, [&](ByteView key, ByteView value) {
    if (key.size() == from.size() && std::ranges::equal(item_of(key), item) && !value.empty()) {
      out.emplace(value.begin(), value.end());
    }
    return false;
  });
  return out;
}

std::optional<Account> ChainStore::account(const Address& address, std::uint64_t height) {
  const auto leaf = state_entry(keccak256(address.view()).view(), height);
  return leaf ? decode_account(*leaf) : std::nullopt;
}

U256 ChainStore::word(const Address& address, const U256& slot, std::uint64_t height) {
  const Hash256 account = keccak256(address.view());
  const Hash256 path = keccak256(to_big_endian(slot).view());
  Bytes item(account.data.begin(), account.data.end());
  item.insert(item.end(), path.data.begin(), path.data.end());
  const auto leaf = state_entry(item, height);
  return leaf ? rlp::Cursor(*leaf).number256() : U256();
}

std::vector<Bytes> ChainStore::changed_items(std::uint64_t height) {
  std::vector<Bytes> out;
  const auto list = store_->get(DataClass::account, number_key('c', height));
  if (!list) return out;
  for (ByteView rest = *list; !rest.empty();) {
    const std::size_t size = rest[0];
    if ((size != 32 && size != 64) || rest.size() <= size) corrupt(height, "its list of changes");
    out.emplace_back(rest.begin() + 1, rest.begin() + 1 + static_cast<std::ptrdiff_t>(size));
    rest = rest.subspan(1 + size);
  }
  return out;
}

void visit_version(Store& store, Byte letter, std::uint64_t height,
                   const std::function<void(ByteView, ByteView)>& visitor) {
  Bytes seen;
  store.visit(DataClass::account, Bytes{letter}, [&](ByteView key, ByteView value) {
    if (key.empty() || key[0] != letter) return false;
    if (key.size() < 9 || version_of(key) > height) return true;
    const ByteView item = item_of(key);
    if (std::ranges::equal(item, seen)) return true;
    seen.assign(item.begin(), item.end());
    if (!value.empty()) visitor(item, value);
    return true;
  });
}

/// Builds the tries from the versions that hold at `height`, and takes in the code they name.
WorldState ChainStore::load(std::uint64_t height) {
  std::map<Hash256, Trie> storage;
  visit_version(*store_, 's', height, [&](ByteView item, ByteView value) {
    if (item.size() == 64) storage[hash_from(item)].insert(item.subspan(32), value);
  });
  WorldState out;
  std::map<Hash256, bool> codes;
  visit_version(*store_, 'a', height, [&](ByteView item, ByteView value) {
    if (item.size() != 32) return;
    const auto below = storage.find(hash_from(item));
    out.put_leaf(hash_from(item), value, below == storage.end() ? Trie() : below->second);
    const auto leaf = decode_account(value);
    if (!leaf) corrupt(height, "the account " + to_hex(item) + " does not decode");
    const Hash256 root = below == storage.end() ? empty_trie_root() : below->second.root();
    if (leaf->storage_root != root) {
      corrupt(height, "the storage of account " + to_hex(item) + " is not what its root names");
    }
    if (leaf->code_hash != empty_code_hash()) codes[leaf->code_hash] = true;
  });
  for (const auto& [name, _] : codes) {
    auto code = store_->get(DataClass::code, name.view());
    if (!code || out.codes().put(std::move(*code))->hash != name) {
      corrupt(height, "code " + to_hex(name) + " is missing or another");
    }
  }
  return out;
}

WorldState ChainStore::state_at(std::uint64_t height) {
  if (height == status_.head) return state_;
  if (height < status_.first_state || height > status_.head) {
    throw std::out_of_range("the state of block " + std::to_string(height) + " is not kept; " +
                            std::to_string(status_.first_state) + " to " +
                            std::to_string(status_.head) + " are");
  }
  WorldState out = load(height);
  if (out.root() != header(height).value().state_root)
    corrupt(height, "the state has another root");
  return out;
}

/// Proof of authority: who may seal follows from all headers.
std::shared_ptr<const Authorities> ChainStore::signers(const Rules& rules) {
  if (rules.seal != Seal::clique && rules.seal != Seal::ibft) return nullptr;
  Header above = header(0).value();
  Authorities now = genesis_authorities(rules.seal, above).value_or(Authorities());
  for (std::uint64_t n = 1; n <= status_.head; ++n) {
    const Header next = header(n).value();
    Authorities after;
    if (check_authority(rules, next, above, now, after) != BlockFault::none) {
      corrupt(n, "its seal is not one of this chain's rules");
    }
    now = std::move(after);
    above = next;
  }
  return std::make_shared<const Authorities>(std::move(now));
}

std::unique_ptr<Chain> ChainStore::resume(const Rules& rules, ContractEngine& engine) {
  constexpr std::uint64_t hashes = 256;  // BLOCKHASH looks so far back (Yellow Paper, app. H)
  std::vector<Chain::Kept> line;
  const std::uint64_t lowest = status_.head - std::min(status_.head, hashes);
  for (std::uint64_t n = lowest; n <= status_.head; ++n) {
    auto whole = block(n);
    if (!whole) whole.emplace().header = header(n).value();
    line.push_back({std::move(*whole), total_difficulty(n).value()});
  }
  return std::make_unique<Chain>(rules, std::move(line), state_, signers(rules), engine);
}

std::optional<std::string> ChainStore::account_file(const Address& address) {
  const auto text = store_->get(DataClass::private_account, address.view());
  if (!text) return std::nullopt;
  return std::string(text->begin(), text->end());
}

std::vector<Address> ChainStore::account_files() {
  std::vector<Address> out;
  store_->visit(DataClass::private_account, {}, [&](ByteView key, ByteView) {
    if (key.size() == 20) std::copy(key.begin(), key.end(), out.emplace_back().data.begin());
    return true;
  });
  return out;
}

}  // namespace ledgerlab::chainstore
