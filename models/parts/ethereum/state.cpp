// The state trie with storage tries below its leaves, the code store, and account proofs.
#include "models/parts/ethereum/state.hpp"

#include <mutex>
#include <stdexcept>

#include "models/base/lookup.hpp"
#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::ethereum {
namespace {

Hash256 slot_path(const U256& key) { return keccak256(to_big_endian(key).view()); }

/// The word in a storage leaf; nothing if it is none.
std::optional<U256> word_of(ByteView leaf) {
  rlp::Cursor item(leaf);
  const U256 value = item.number256();
  if (!item.finished()) return std::nullopt;
  return value;
}

Account stored_account(ByteView leaf) {
  const auto account = decode_account(leaf);
  if (!account) throw std::logic_error("WorldState: a leaf is no account");
  return *account;
}

}  // namespace

struct CodeStore::Body {
  std::mutex mutex;
  Lookup<Hash256, CodeRef, TagHash> codes;
};

CodeStore::CodeStore() : body_(std::make_unique<Body>()) {}
CodeStore::~CodeStore() = default;

CodeRef CodeStore::find(const Hash256& hash) const {
  const std::lock_guard lock(body_->mutex);
  const CodeRef* found = body_->codes.find(hash);
  return found == nullptr ? nullptr : *found;
}

CodeRef CodeStore::put(CodeRef code) {
  const std::lock_guard lock(body_->mutex);
  return *body_->codes.try_emplace(code->hash, code).first;
}

CodeRef CodeStore::put(Bytes code) {
  const Hash256 hash = keccak256(code);
  if (CodeRef known = find(hash)) return known;
  auto made = std::make_shared<ContractCode>();
  made->bytes = std::move(code);
  made->hash = hash;
  return put(CodeRef(std::move(made)));
}

std::size_t CodeStore::size() const {
  const std::lock_guard lock(body_->mutex);
  return body_->codes.size();
}

WorldState::WorldState() : WorldState(std::make_shared<CodeStore>()) {}
WorldState::WorldState(std::shared_ptr<CodeStore> codes) : codes_(std::move(codes)) {}
WorldState::WorldState(Trie accounts, std::shared_ptr<CodeStore> codes)
    : accounts_(std::move(accounts)), codes_(std::move(codes)) {}

std::optional<Account> WorldState::account(const Address& address) const {
  const auto leaf = accounts_.get(keccak256(address.view()).view());
  if (!leaf) return std::nullopt;
  return stored_account(*leaf);
}

std::optional<Account> WorldState::account(const Address& address, Trie& storage) const {
  const Hash256 path = keccak256(address.view());
  const auto leaf = accounts_.get(path.view(), storage);
  if (!leaf) return std::nullopt;
  return stored_account(*leaf);
}

U256 WorldState::storage(const Address& address, const U256& key) const {
  return slot_of(storage_trie(address), key);
}

CodeRef WorldState::code(const Address& address) const {
  const auto found = account(address);
  if (!found || found->code_hash == empty_code_hash()) return nullptr;
  return codes_->find(found->code_hash);
}

Trie WorldState::storage_trie(const Address& address) const {
  Trie out;
  accounts_.get(keccak256(address.view()).view(), out);
  return out;
}

void WorldState::set(const Address& address, Account account, const Trie& storage) {
  account.storage_root = storage.root();
  accounts_.insert(keccak256(address.view()).view(), encode(account), storage);
}

bool WorldState::erase(const Address& address) {
  return accounts_.erase(keccak256(address.view()).view());
}

void WorldState::allot(const Address& address, std::uint64_t nonce, const U256& balance,
                       ByteView code, std::span<const Slot> storage) {
  Account account;
  account.nonce = nonce;
  account.balance = balance;
  if (!code.empty()) account.code_hash = codes_->put(Bytes(code.begin(), code.end()))->hash;
  Trie trie;
  for (const auto& [key, value] : storage) set_slot(trie, key, value);
  set(address, account, trie);
}

Hash256 WorldState::root() const { return accounts_.root(); }

AccountProof WorldState::prove(const Address& address, std::span<const U256> keys) const {
  const Hash256 path = keccak256(address.view());
  AccountProof out;
  out.address = address;
  out.account = account(address);
  out.proof = accounts_.prove(path.view());
  const Trie storage = storage_trie(address);
  for (const U256& key : keys) {
    out.storage.push_back({Hash256{to_big_endian(key).data}, slot_of(storage, key),
                           storage.prove(slot_path(key).view())});
  }
  return out;
}

void set_slot(Trie& storage, const U256& key, const U256& value) {
  const Hash256 path = slot_path(key);
  if (value.is_zero()) {
    storage.erase(path.view());
    return;
  }
  Bytes leaf;
  rlp::append(leaf, value);
  storage.insert(path.view(), leaf);
}

U256 slot_of(const Trie& storage, const U256& key) {
  if (storage.empty()) return {};
  const auto leaf = storage.get(slot_path(key).view());
  if (!leaf) return {};
  return word_of(*leaf).value_or(U256());
}

bool verify(const Hash256& root, const AccountProof& proof) {
  const auto leaf = verify_secure_trie_proof(root, proof.address.view(), proof.proof);
  if (leaf.verdict == TrieVerdict::invalid) return false;
  const bool included = leaf.verdict == TrieVerdict::included;
  if (included != proof.account.has_value()) return false;
  if (included && decode_account(leaf.value) != proof.account) return false;
  const Hash256 storage_root = included ? proof.account->storage_root : empty_trie_root();
  for (const StorageProof& slot : proof.storage) {
    const auto found = verify_secure_trie_proof(storage_root, slot.key.view(), slot.proof);
    if (found.verdict == TrieVerdict::invalid) return false;
    const auto value =
        found.verdict == TrieVerdict::included ? word_of(found.value) : std::optional<U256>(0);
    if (value != slot.value) return false;
  }
  return true;
}

}  // namespace ledgerlab::ethereum
