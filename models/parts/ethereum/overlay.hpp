// What a block changes, over a version of the world state: a cache of accounts and slots with a
// journal. Within a transaction every change can be undone to a snapshot; commit() writes what
// differs into the state. Holds all that Ethereum scopes to a transaction: touched accounts
// (EIP-161), warm addresses and slots (EIP-2929), original values (EIP-2200), transient storage
// (EIP-1153), accounts created (EIP-6780) and destructed, logs.
#pragma once

#include <memory>
#include <vector>

#include "models/api/contract.hpp"
#include "models/base/flat_map.hpp"
#include "models/parts/ethereum/receipt.hpp"
#include "models/parts/ethereum/state.hpp"

namespace ledgerlab::ethereum {

class Overlay {
 public:
  Overlay(WorldState base, Revision revision);
  Overlay(Overlay&&) noexcept;
  Overlay& operator=(Overlay&&) noexcept;
  ~Overlay();

  Revision revision() const { return revision_; }
  void set_revision(Revision revision) { revision_ = revision; }

  /// In the state, be it empty.
  bool exists(const Address& address);
  /// Not in the state, or empty (EIP-161).
  bool dead(const Address& address);
  std::uint64_t nonce(const Address& address);
  U256 balance(const Address& address);
  /// Zero for an account that is not there, or from Spurious Dragon on is empty (EIP-1052).
  Hash256 code_hash(const Address& address);
  /// Null: no code.
  const CodeRef& code(const Address& address);
  bool has_storage(const Address& address);
  U256 storage(const Address& address, const U256& key);
  U256 transient(const Address& address, const U256& key);
  std::optional<Bytes> item(const Address& address, ByteView key);

  /// Marks the account for removal at the transaction's end if it is empty then (EIP-161); before
  /// Spurious Dragon this makes it exist.
  void touch(const Address& address);
  /// Touches too.
  void add_balance(const Address& address, const U256& amount);
  /// False, and nothing changed, if the balance is smaller.
  bool subtract_balance(const Address& address, const U256& amount);
  void set_nonce(const Address& address, std::uint64_t nonce);
  void set_code(const Address& address, Bytes code);
  StorageStatus set_storage(const Address& address, const U256& key, const U256& value);
  void set_transient(const Address& address, const U256& key, const U256& value);
  /// An empty value erases. An account's storage holds either words or items of one key.
  void set_item(const Address& address, ByteView key, ByteView value);
  /// A new contract account: keeps a balance that was sent there before.
  void create(const Address& address);
  /// True the first time in this transaction. EIP-6780 from Cancun on.
  bool self_destruct(const Address& address, const Address& beneficiary);
  void log(Log log);

  AccessStatus access(const Address& address);  // EIP-2929; marks it warm
  AccessStatus access(const Address& address, const U256& key);

  struct Snapshot {
    std::size_t journal = 0;
    std::size_t logs = 0;
  };
  Snapshot snapshot() {
    mark_ = journal_.size();
    return {mark_, logs_.size()};
  }
  void revert(const Snapshot& snapshot);

  /// Ends a transaction that is still open and starts another. Changes outside any (rewards,
  /// withdrawals) are a transaction of their own, which commit() ends.
  void begin_transaction();
  /// Removes destructed accounts, and from Spurious Dragon on touched ones that are empty
  /// (EIP-161); the changes so far can no longer be undone. Gives the logs.
  std::vector<Log> end_transaction();

  /// Ends the transaction and writes all changes since the last commit into the state, which is
  /// returned. The overlay stays usable.
  const WorldState& commit();
  /// As of the last commit.
  const WorldState& state() const { return base_; }

 private:
  struct Entry;
  enum class What : std::uint8_t;
  /// One step of the journal: how to undo it.
  struct Change {
    What what;
    std::uint32_t entry;
    std::uint32_t slot;
    U256 old;
  };

  Entry& entry(const Address& address);
  Entry& find(const Address& address);
  std::uint32_t slot(Entry& entry, const U256& key);
  std::uint32_t find_slot(Entry& entry, const U256& key);
  std::uint32_t item_at(Entry& entry, ByteView key);
  void touch(Entry& entry);
  void set_balance(Entry& entry, const U256& balance);
  void note(What what, const Entry& entry, std::uint32_t slot, const U256& old);
  void undo(const Change& change);
  void mark_dirty(Entry& entry);
  void remove(Entry& entry);
  void write(Entry& entry);

  WorldState base_;
  Revision revision_;
  std::uint32_t epoch_ = 1;  // of the transaction: marks with an older one do not count
  std::size_t mark_ = 0;     // the journal's size at the latest snapshot
  Entry* last_ = nullptr;    // the entry asked for last
  FlatMap<Address, std::uint32_t> index_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::uint32_t> in_transaction_;  // touched or destructed
  std::vector<std::uint32_t> dirty_;           // what a commit looks at
  std::vector<Change> journal_;
  std::vector<CodeRef> old_codes_;
  std::vector<Bytes> old_items_;
  std::vector<Log> logs_;
};

}  // namespace ledgerlab::ethereum
