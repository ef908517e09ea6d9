// Entries and their slots live until the overlay ends and are found by position, so that the
// journal can name them; marks that belong to one transaction hold its epoch instead of being
// cleared after it.
#include "models/parts/ethereum/overlay.hpp"

#include <algorithm>
#include <utility>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::ethereum {
namespace {

/// 0x03. It was touched and its touch survived a revert in block 2,675,119 of the main network,
/// which clients keep to since (EIP-716's note; Yellow Paper appendix K.1).
constexpr Address ripemd_address = [] {
  Address out;
  out.data[19] = 3;
  return out;
}();

StorageStatus status_of(const U256& original, const U256& current, const U256& value) {
  if (current == value) return StorageStatus::assigned;
  if (original == current) {
    if (original.is_zero()) return StorageStatus::added;
    return value.is_zero() ? StorageStatus::deleted : StorageStatus::modified;
  }
  if (original.is_zero()) {
    return value.is_zero() ? StorageStatus::added_deleted : StorageStatus::assigned;
  }
  if (current.is_zero()) {
    return value == original ? StorageStatus::deleted_restored : StorageStatus::deleted_added;
  }
  if (value.is_zero()) return StorageStatus::modified_deleted;
  return value == original ? StorageStatus::modified_restored : StorageStatus::assigned;
}

struct StoredWord {
  U256 current;
  U256 original;   // at the transaction's start
  U256 committed;  // in the entry's storage trie
  std::uint32_t epoch = 0;
  std::uint32_t warm = 0;     // the epoch in which it was made warm
  std::size_t journaled = 0;  // journal position + 1 of its latest change
  bool dirty = false;
};

struct TransientWord {
  U256 value;
  std::uint32_t epoch = 0;
};

/// Empty: none.
struct StoredItem {
  Bytes current;
  Bytes committed;
  bool dirty = false;
};

}  // namespace

enum class Overlay::What : std::uint8_t {
  balance,
  nonce,
  code,
  slot,
  transient,
  item,
  touch,
  warm_address,
  warm_slot,
  created,
  destructed
};

struct Overlay::Entry {
  Address address;
  std::uint32_t position = 0;
  bool exists = false;
  bool committed = false;  // is in the state
  bool dirty = false;
  std::uint64_t nonce = 0;
  U256 balance;
  Hash256 code_hash = empty_code_hash();
  CodeRef code;  // null: none, or not asked for yet
  Trie storage;  // as of the last commit
  // The epochs in which the account was ...
  std::uint32_t touched = 0;
  std::uint32_t warm = 0;
  std::uint32_t created = 0;
  std::uint32_t destructed = 0;
  std::uint32_t last_slot = 0;
  FlatMap<U256, StoredWord> slots;
  FlatMap<U256, TransientWord> transient;
  FlatMap<Hash256, StoredItem> items;  // by Keccak-256 of their keys
  std::vector<std::uint32_t> dirty_slots;
  std::vector<std::uint32_t> dirty_items;

  bool empty() const { return nonce == 0 && balance.is_zero() && code_hash == empty_code_hash(); }
};

Overlay::Overlay(WorldState base, Revision revision)
    : base_(std::move(base)), revision_(revision) {}
Overlay::Overlay(Overlay&&) noexcept = default;
Overlay& Overlay::operator=(Overlay&&) noexcept = default;
Overlay::~Overlay() = default;

inline Overlay::Entry& Overlay::entry(const Address& address) {
  if (last_ != nullptr && last_->address == address) return *last_;
  return find(address);
}

Overlay::Entry& Overlay::find(const Address& address) {
  std::uint32_t at = index_.find(address);
  if (at != index_.none) {
    last_ = entries_[index_[at].value].get();
    return *last_;
  }
  auto made = std::make_unique<Entry>();
  made->address = address;
  made->position = static_cast<std::uint32_t>(entries_.size());
  if (const auto account = base_.account(address, made->storage)) {
    made->exists = made->committed = true;
    made->nonce = account->nonce;
    made->balance = account->balance;
    made->code_hash = account->code_hash;
  }
  index_.add(address, made->position);
  last_ = entries_.emplace_back(std::move(made)).get();
  return *last_;
}

/// The slot's position; its original value is the current transaction's.
inline std::uint32_t Overlay::slot(Entry& entry, const U256& key) {
  if (entry.last_slot < entry.slots.size() && entry.slots[entry.last_slot].key == key &&
      entry.slots[entry.last_slot].value.epoch == epoch_) {
    return entry.last_slot;
  }
  return find_slot(entry, key);
}

std::uint32_t Overlay::find_slot(Entry& entry, const U256& key) {
  std::uint32_t at = entry.slots.find(key);
  if (at == entry.slots.none) {
    const U256 value = slot_of(entry.storage, key);
    at = entry.slots.add(key, value, value, value);
  }
  StoredWord& word = entry.slots[at].value;
  if (word.epoch != epoch_) {
    word.epoch = epoch_;
    word.original = word.current;
    word.journaled = 0;
  }
  entry.last_slot = at;
  return at;
}

std::uint32_t Overlay::item_at(Entry& entry, ByteView key) {
  const Hash256 path = keccak256(key);
  const std::uint32_t known = entry.items.find(path);
  if (known != entry.items.none) return known;
  Bytes value;
  if (const auto leaf = entry.storage.get(path.view())) {
    const ByteView bytes = rlp::Cursor(*leaf).bytes();
    value.assign(bytes.begin(), bytes.end());
  }
  return entry.items.add(path, value, value);
}

inline void Overlay::note(What what, const Entry& entry, std::uint32_t slot, const U256& old) {
  journal_.push_back({what, entry.position, slot, old});
}

inline void Overlay::mark_dirty(Entry& entry) {
  if (entry.dirty) return;
  entry.dirty = true;
  dirty_.push_back(entry.position);
}

bool Overlay::exists(const Address& address) { return entry(address).exists; }

bool Overlay::dead(const Address& address) {
  const Entry& e = entry(address);
  return !e.exists || e.empty();
}

std::uint64_t Overlay::nonce(const Address& address) { return entry(address).nonce; }
U256 Overlay::balance(const Address& address) { return entry(address).balance; }

Hash256 Overlay::code_hash(const Address& address) {
  const Entry& e = entry(address);
  const bool none = revision_ >= Revision::spurious_dragon ? e.empty() : !e.exists;
  return none ? Hash256() : e.code_hash;
}

const CodeRef& Overlay::code(const Address& address) {
  Entry& e = entry(address);
  if (e.code == nullptr && e.code_hash != empty_code_hash()) {
    e.code = base_.codes().find(e.code_hash);
  }
  return e.code;
}

bool Overlay::has_storage(const Address& address) {
  const Entry& e = entry(address);
  return !e.storage.empty() || std::any_of(e.slots.begin(), e.slots.end(), [](const auto& slot) {
    return !slot.value.current.is_zero();
  });
}

U256 Overlay::storage(const Address& address, const U256& key) {
  Entry& e = entry(address);
  return e.slots[slot(e, key)].value.current;
}

U256 Overlay::transient(const Address& address, const U256& key) {
  const Entry& e = entry(address);
  const std::uint32_t at = e.transient.find(key);
  if (at == e.transient.none || e.transient[at].value.epoch != epoch_) return {};
  return e.transient[at].value.value;
}

std::optional<Bytes> Overlay::item(const Address& address, ByteView key) {
  Entry& e = entry(address);
  const StoredItem& item = e.items[item_at(e, key)].value;
  if (item.current.empty()) return std::nullopt;
  return item.current;
}

void Overlay::touch(Entry& e) {
  if (e.touched == epoch_ && e.exists) return;
  note(What::touch, e, e.touched, U256(e.exists));
  if (e.touched != epoch_) in_transaction_.push_back(e.position);
  e.touched = epoch_;
  e.exists = true;
  mark_dirty(e);
}

void Overlay::touch(const Address& address) { touch(entry(address)); }

inline void Overlay::set_balance(Entry& e, const U256& balance) {
  note(What::balance, e, 0, e.balance);
  e.balance = balance;
  mark_dirty(e);
}

void Overlay::add_balance(const Address& address, const U256& amount) {
  Entry& e = entry(address);
  touch(e);
  if (!amount.is_zero()) set_balance(e, e.balance + amount);
}

bool Overlay::subtract_balance(const Address& address, const U256& amount) {
  Entry& e = entry(address);
  if (e.balance < amount) return false;
  if (!amount.is_zero()) set_balance(e, e.balance - amount);
  return true;
}

void Overlay::set_nonce(const Address& address, std::uint64_t nonce) {
  Entry& e = entry(address);
  touch(e);
  note(What::nonce, e, 0, U256(e.nonce));
  e.nonce = nonce;
}

void Overlay::set_code(const Address& address, Bytes code) {
  touch(address);
  CodeRef old = this->code(address);
  Entry& e = entry(address);
  note(What::code, e, static_cast<std::uint32_t>(old_codes_.size()), {});
  old_codes_.push_back(std::move(old));
  e.code = nullptr;
  e.code_hash = empty_code_hash();
  if (code.empty()) return;
  e.code_hash = keccak256(code);
  e.code = base_.codes().find(e.code_hash);
  if (e.code != nullptr) return;
  // The store gets it with the commit: what is undone leaves nothing behind.
  auto made = std::make_shared<ContractCode>();
  made->bytes = std::move(code);
  made->hash = e.code_hash;
  e.code = std::move(made);
}

StorageStatus Overlay::set_storage(const Address& address, const U256& key, const U256& value) {
  Entry& e = entry(address);
  const std::uint32_t at = slot(e, key);
  StoredWord& word = e.slots[at].value;
  const StorageStatus status = status_of(word.original, word.current, value);
  if (word.current == value) return status;
  // One step of the journal per slot and snapshot is enough.
  if (word.journaled <= mark_) {
    note(What::slot, e, at, word.current);
    word.journaled = journal_.size();
  }
  word.current = value;
  if (!word.dirty) {
    word.dirty = true;
    e.dirty_slots.push_back(at);
    mark_dirty(e);
  }
  return status;
}

void Overlay::set_transient(const Address& address, const U256& key, const U256& value) {
  Entry& e = entry(address);
  std::uint32_t at = e.transient.find(key);
  if (at == e.transient.none) at = e.transient.add(key);
  TransientWord& word = e.transient[at].value;
  note(What::transient, e, at, word.epoch == epoch_ ? word.value : U256());
  word = {value, epoch_};
}

void Overlay::set_item(const Address& address, ByteView key, ByteView value) {
  Entry& e = entry(address);
  const std::uint32_t at = item_at(e, key);
  StoredItem& item = e.items[at].value;
  note(What::item, e, at, U256(old_items_.size()));
  old_items_.push_back(std::move(item.current));
  item.current.assign(value.begin(), value.end());
  if (!item.dirty) {
    item.dirty = true;
    e.dirty_items.push_back(at);
    mark_dirty(e);
  }
}

void Overlay::create(const Address& address) {
  Entry& e = entry(address);
  touch(e);
  note(What::created, e, e.created, {});
  e.created = epoch_;
  if (revision_ >= Revision::spurious_dragon) set_nonce(address, 1);  // EIP-161
}

bool Overlay::self_destruct(const Address& address, const Address& beneficiary) {
  Entry& e = entry(address);
  // EIP-6780: only what this transaction created goes away.
  const bool goes = revision_ < Revision::cancun || e.created == epoch_;
  const U256 amount = e.balance;
  if (address != beneficiary) {
    add_balance(beneficiary, amount);
    subtract_balance(address, amount);
  } else if (goes) {
    subtract_balance(address, amount);  // destroyed
  }
  if (!goes || e.destructed == epoch_) return false;
  note(What::destructed, e, e.destructed, {});
  e.destructed = epoch_;
  in_transaction_.push_back(e.position);
  return true;
}

void Overlay::log(Log log) { logs_.push_back(std::move(log)); }

AccessStatus Overlay::access(const Address& address) {
  Entry& e = entry(address);
  if (e.warm == epoch_) return AccessStatus::warm;
  note(What::warm_address, e, e.warm, {});
  e.warm = epoch_;
  return AccessStatus::cold;
}

AccessStatus Overlay::access(const Address& address, const U256& key) {
  Entry& e = entry(address);
  const std::uint32_t at = slot(e, key);
  StoredWord& word = e.slots[at].value;
  if (word.warm == epoch_) return AccessStatus::warm;
  note(What::warm_slot, e, at, U256(word.warm));
  word.warm = epoch_;
  return AccessStatus::cold;
}

void Overlay::undo(const Change& change) {
  Entry& e = *entries_[change.entry];
  switch (change.what) {
    case What::balance:
      e.balance = change.old;
      return;
    case What::nonce:
      e.nonce = change.old.low64();
      return;
    case What::code:
      e.code = std::move(old_codes_[change.slot]);
      e.code_hash = e.code == nullptr ? empty_code_hash() : e.code->hash;
      old_codes_.resize(change.slot);
      return;
    case What::slot: {
      StoredWord& word = e.slots[change.slot].value;
      word.current = change.old;
      word.journaled = 0;
      return;
    }
    case What::transient:
      e.transient[change.slot].value.value = change.old;
      return;
    case What::item:
      e.items[change.slot].value.current = std::move(old_items_[change.old.low64()]);
      old_items_.resize(change.old.low64());
      return;
    case What::touch:
      e.exists = !change.old.is_zero();
      if (revision_ < Revision::spurious_dragon || e.address != ripemd_address) {
        e.touched = change.slot;
      }
      return;
    case What::warm_address:
      e.warm = change.slot;
      return;
    case What::warm_slot:
      e.slots[change.slot].value.warm = static_cast<std::uint32_t>(change.old.low64());
      return;
    case What::created:
      e.created = change.slot;
      return;
    case What::destructed:
      e.destructed = change.slot;
      return;
  }
}

void Overlay::revert(const Snapshot& snapshot) {
  while (journal_.size() > snapshot.journal) {
    undo(journal_.back());
    journal_.pop_back();
  }
  mark_ = snapshot.journal;
  logs_.resize(snapshot.logs);
}

void Overlay::begin_transaction() { end_transaction(); }

std::vector<Log> Overlay::end_transaction() {
  for (const std::uint32_t position : in_transaction_) {
    Entry& e = *entries_[position];
    const bool swept =
        revision_ >= Revision::spurious_dragon && e.touched == epoch_ && e.empty();  // EIP-161
    if (e.exists && (swept || e.destructed == epoch_)) remove(e);
  }
  ++epoch_;
  mark_ = 0;
  in_transaction_.clear();
  journal_.clear();
  old_codes_.clear();
  old_items_.clear();
  return std::exchange(logs_, {});
}

void Overlay::remove(Entry& e) {
  e.exists = false;
  e.nonce = 0;
  e.balance = {};
  e.code_hash = empty_code_hash();
  e.code = nullptr;
  e.storage = {};
  e.slots.clear();
  e.items.clear();
  e.transient.clear();
  e.dirty_slots.clear();
  e.dirty_items.clear();
  mark_dirty(e);
}

void Overlay::write(Entry& e) {
  e.dirty = false;
  if (!e.exists) {
    if (e.committed) base_.erase(e.address);
    e.committed = false;
    return;
  }
  for (const std::uint32_t at : e.dirty_slots) {
    const U256& key = e.slots[at].key;
    StoredWord& word = e.slots[at].value;
    word.dirty = false;
    if (word.current == word.committed) continue;
    set_slot(e.storage, key, word.current);
    word.committed = word.current;
  }
  e.dirty_slots.clear();
  for (const std::uint32_t at : e.dirty_items) {
    StoredItem& item = e.items[at].value;
    item.dirty = false;
    if (item.current == item.committed) continue;
    Bytes leaf;
    if (!item.current.empty()) rlp::append(leaf, ByteView(item.current));
    e.storage.insert(e.items[at].key.view(), leaf);
    item.committed = item.current;
  }
  e.dirty_items.clear();
  if (e.code != nullptr) e.code = base_.codes().put(e.code);
  base_.set(e.address, {e.nonce, e.balance, {}, e.code_hash}, e.storage);
  e.committed = true;
}

const WorldState& Overlay::commit() {
  end_transaction();
  for (const std::uint32_t position : dirty_) write(*entries_[position]);
  dirty_.clear();
  return base_;
}

}  // namespace ledgerlab::ethereum
