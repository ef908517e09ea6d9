// A ContractHost in memory with a journal, for tests and benchmarks of contract engines: one
// transaction's frames over a few accounts. No precompiles, no fees, no trie; those are the
// ledgers'.
#pragma once

#include <map>
#include <unordered_map>

#include "models/api/contract.hpp"

namespace ledgerlab::testing {

/// A code object as a ledger keeps it.
CodeRef make_code(Bytes bytes);
/// From hexadecimal text.
CodeRef make_code(std::string_view hex);

class MemoryHost : public ContractHost {
 public:
  struct Slot {
    U256 current;
    U256 original;
    bool warm = false;
  };
  struct WordHash {
    std::size_t operator()(const U256& word) const {
      return word.words[0] ^ word.words[1] * 3 ^ word.words[2] * 5 ^ word.words[3] * 7;
    }
  };
  struct Account {
    bool there = false;
    bool warm = false;
    bool destructed = false;
    std::uint64_t nonce = 0;
    U256 balance;
    CodeRef code;
    std::unordered_map<U256, Slot, WordHash> storage;
    std::unordered_map<U256, U256, WordHash> transient;
    std::map<Bytes, Bytes> items;
  };
  struct Log {
    Address account;
    Bytes data;
    std::vector<Hash256> topics;
  };

  MemoryHost(ContractEngine& engine, Revision revision) : engine_(engine), revision_(revision) {}

  /// Makes the account if it is not there.
  Account& account(const Address& address);
  /// What the account has in this slot, for checks.
  U256 slot(const Address& address, const U256& key) const;
  /// The transaction is over: the values it leaves are the original ones of the next, nothing is
  /// warm, no undoing. Logs stay.
  void end_transaction();

  ContractContext block;
  std::vector<Log> logs;

  U256 storage(const Address& account, const U256& key) override;
  StorageStatus set_storage(const Address& account, const U256& key, const U256& value) override;
  U256 transient_storage(const Address& account, const U256& key) override;
  void set_transient_storage(const Address& account, const U256& key, const U256& value) override;
  bool exists(const Address& account) override;
  U256 balance(const Address& account) override;
  std::size_t code_size(const Address& account) override;
  Hash256 code_hash(const Address& account) override;
  CodeRef code(const Address& account) override;
  bool self_destruct(const Address& account, const Address& beneficiary) override;
  ContractResult call(const ContractMessage& message) override;
  const ContractContext& context() const override { return block; }
  Hash256 block_hash(std::int64_t number) override;
  void log(const Address& account, ByteView data, std::span<const Hash256> topics) override;
  AccessStatus access(const Address& account) override;
  AccessStatus access(const Address& account, const U256& key) override;
  std::optional<Bytes> item(const Address& account, ByteView key) override;
  void set_item(const Address& account, ByteView key, ByteView value) override;

 private:
  /// One change: the place (maps keep their entries where they are) and what it held.
  struct Undo {
    enum class Kind : std::uint8_t { word, flag, counter, code, item } kind;
    void* place;
    U256 number;
    CodeRef code;
    Bytes key;
    std::optional<Bytes> bytes;
  };
  template <class T>
  void change(T& place, T value);
  void undo(std::size_t journal, std::size_t log_count);
  bool pay(const Address& from, const Address& to, const U256& value);
  ContractResult create(ContractMessage message);
  Account* find(const Address& address);

  ContractEngine& engine_;
  Revision revision_;
  std::unordered_map<Address, Account, TagHash> accounts_;
  std::vector<Undo> journal_;
};

}  // namespace ledgerlab::testing
