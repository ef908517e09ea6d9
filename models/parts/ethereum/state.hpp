// Ethereum's world state, persistent: a WorldState value is a version, copying it costs two
// pointers, and versions share the nodes of their tries. An account's storage trie hangs below its
// leaf in the state trie. Code is kept apart from the data, by hash, in a store that all versions
// of a world share. No journal here: see overlay.hpp.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "models/api/contract.hpp"
#include "models/crypto/mpt.hpp"
#include "models/parts/ethereum/account.hpp"

namespace ledgerlab::ethereum {

/// Code by its hash; only grows. One object per hash, so that what engines derive from the bytes is
/// derived once. Safe for use by several threads.
class CodeStore {
 public:
  CodeStore();
  ~CodeStore();
  /// Null if no such code was put.
  CodeRef find(const Hash256& hash) const;
  CodeRef put(Bytes code);
  CodeRef put(CodeRef code);
  std::size_t size() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// What eth_getProof answers (EIP-1186). A missing account or slot is proven as such.
struct StorageProof {
  Hash256 key;
  U256 value;
  TrieProof proof;
};
struct AccountProof {
  Address address;
  std::optional<Account> account;
  TrieProof proof;
  std::vector<StorageProof> storage;
};

class WorldState {
 public:
  using Slot = std::pair<U256, U256>;

  WorldState();
  explicit WorldState(std::shared_ptr<CodeStore> codes);
  /// From a snapshot: a state trie with the storage tries below its leaves.
  WorldState(Trie accounts, std::shared_ptr<CodeStore> codes);

  std::optional<Account> account(const Address& address) const;
  /// The same, and its storage.
  std::optional<Account> account(const Address& address, Trie& storage) const;
  U256 storage(const Address& address, const U256& key) const;
  /// Null: no account or no code.
  CodeRef code(const Address& address) const;
  /// The storage of an account: values by Keccak-256 of their keys, in RLP.
  Trie storage_trie(const Address& address) const;
  CodeStore& codes() const { return *codes_; }
  const std::shared_ptr<CodeStore>& code_store() const { return codes_; }
  bool empty() const { return accounts_.empty(); }

  /// Writes the account with this storage, whose root becomes the account's.
  void set(const Address& address, Account account, const Trie& storage);
  bool erase(const Address& address);
  /// Writes a whole account, for a genesis block. An empty account is kept too.
  void allot(const Address& address, std::uint64_t nonce, const U256& balance, ByteView code,
             std::span<const Slot> storage);

  /// Writes a leaf as it is, by Keccak-256 of its address: for a state that is read from a store.
  void put_leaf(const Hash256& path, ByteView leaf, const Trie& storage) {
    accounts_.insert(path.view(), leaf, storage);
  }
  bool erase_leaf(const Hash256& path) { return accounts_.erase(path.view()); }

  Hash256 root() const;
  AccountProof prove(const Address& address, std::span<const U256> keys) const;
  /// The state trie, accounts by Keccak-256 of their addresses: for snapshots and sync.
  const Trie& accounts() const { return accounts_; }

 private:
  Trie accounts_;
  std::shared_ptr<CodeStore> codes_;
};

/// Sets a word of a storage trie: one leaf per key; zero erases.
void set_slot(Trie& storage, const U256& key, const U256& value);
U256 slot_of(const Trie& storage, const U256& key);

/// True if the proof shows exactly what it says of the account and of every slot in the state with
/// this root.
bool verify(const Hash256& root, const AccountProof& proof);

}  // namespace ledgerlab::ethereum
