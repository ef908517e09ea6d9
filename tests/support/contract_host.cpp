#include "tests/support/contract_host.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::testing {
namespace {

Address address_of_hash(const Hash256& hash) {
  Address out;
  std::copy(hash.data.begin() + 12, hash.data.end(), out.data.begin());
  return out;
}

/// Yellow Paper, equations 81 and 82 (the nonce is short: one byte of RLP header, no lists within).
Address created_address(const ContractMessage& message, std::uint64_t nonce) {
  Bytes text;
  if (message.kind == CallKind::create2) {  // EIP-1014
    text.push_back(0xff);
    text.insert(text.end(), message.sender.data.begin(), message.sender.data.end());
    text.insert(text.end(), message.salt.data.begin(), message.salt.data.end());
    const Hash256 code = keccak256(message.input);
    text.insert(text.end(), code.data.begin(), code.data.end());
    return address_of_hash(keccak256(text));
  }
  const Bytes number = to_minimal_big_endian(U256(nonce));
  Bytes list = {static_cast<Byte>(0x80 + 20)};
  list.insert(list.end(), message.sender.data.begin(), message.sender.data.end());
  if (number.size() != 1 || number[0] >= 0x80) {
    list.push_back(static_cast<Byte>(0x80 + number.size()));
  }
  list.insert(list.end(), number.begin(), number.end());
  text.push_back(static_cast<Byte>(0xc0 + list.size()));
  text.insert(text.end(), list.begin(), list.end());
  return address_of_hash(keccak256(text));
}

StorageStatus status_of(const U256& original, const U256& current, const U256& value) {
  if (current == value) return StorageStatus::assigned;
  if (original == current) {
    if (original.is_zero()) return StorageStatus::added;
    return value.is_zero() ? StorageStatus::deleted : StorageStatus::modified;
  }
  if (original == value) {
    if (original.is_zero()) return StorageStatus::added_deleted;
    return current.is_zero() ? StorageStatus::deleted_restored : StorageStatus::modified_restored;
  }
  if (original.is_zero()) return StorageStatus::assigned;
  if (current.is_zero()) return StorageStatus::deleted_added;
  return value.is_zero() ? StorageStatus::modified_deleted : StorageStatus::assigned;
}

}  // namespace

CodeRef make_code(Bytes bytes) {
  auto code = std::make_shared<ContractCode>();
  code->hash = keccak256(bytes);
  code->bytes = std::move(bytes);
  return code;
}

CodeRef make_code(std::string_view hex) {
  auto bytes = from_hex(hex);
  if (!bytes) throw std::invalid_argument("not hexadecimal: " + std::string(hex));
  return make_code(std::move(*bytes));
}

MemoryHost::Account& MemoryHost::account(const Address& address) {
  Account& out = accounts_[address];
  out.there = true;
  return out;
}

MemoryHost::Account* MemoryHost::find(const Address& address) {
  const auto at = accounts_.find(address);
  return at == accounts_.end() ? nullptr : &at->second;
}

U256 MemoryHost::slot(const Address& address, const U256& key) const {
  const auto at = accounts_.find(address);
  if (at == accounts_.end()) return {};
  const auto slot = at->second.storage.find(key);
  return slot == at->second.storage.end() ? U256() : slot->second.current;
}

void MemoryHost::end_transaction() {
  journal_.clear();
  for (auto& [address, account] : accounts_) {
    account.warm = false;
    account.transient.clear();
    for (auto& [key, slot] : account.storage) {
      slot.original = slot.current;
      slot.warm = false;
    }
  }
}

template <class T>
void MemoryHost::change(T& place, T value) {
  if constexpr (std::is_same_v<T, U256>) {
    journal_.push_back({Undo::Kind::word, &place, place, {}, {}, {}});
  } else if constexpr (std::is_same_v<T, bool>) {
    journal_.push_back({Undo::Kind::flag, &place, U256(place ? 1 : 0), {}, {}, {}});
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    journal_.push_back({Undo::Kind::counter, &place, U256(place), {}, {}, {}});
  } else {
    journal_.push_back({Undo::Kind::code, &place, {}, place, {}, {}});
  }
  place = std::move(value);
}

void MemoryHost::undo(std::size_t journal, std::size_t log_count) {
  while (journal_.size() > journal) {
    const Undo entry = std::move(journal_.back());
    journal_.pop_back();
    switch (entry.kind) {
      case Undo::Kind::word:
        *static_cast<U256*>(entry.place) = entry.number;
        break;
      case Undo::Kind::flag:
        *static_cast<bool*>(entry.place) = !entry.number.is_zero();
        break;
      case Undo::Kind::counter:
        *static_cast<std::uint64_t*>(entry.place) = entry.number.low64();
        break;
      case Undo::Kind::code:
        *static_cast<CodeRef*>(entry.place) = entry.code;
        break;
      case Undo::Kind::item: {
        auto& items = *static_cast<std::map<Bytes, Bytes>*>(entry.place);
        if (entry.bytes) {
          items[entry.key] = *entry.bytes;
        } else {
          items.erase(entry.key);
        }
        break;
      }
    }
  }
  logs.resize(log_count);
}

U256 MemoryHost::storage(const Address& account, const U256& key) {
  return accounts_[account].storage[key].current;
}

StorageStatus MemoryHost::set_storage(const Address& account, const U256& key, const U256& value) {
  Slot& slot = accounts_[account].storage[key];
  const StorageStatus status = status_of(slot.original, slot.current, value);
  if (slot.current != value) change(slot.current, value);
  return status;
}

U256 MemoryHost::transient_storage(const Address& account, const U256& key) {
  return accounts_[account].transient[key];
}

void MemoryHost::set_transient_storage(const Address& account, const U256& key, const U256& value) {
  change(accounts_[account].transient[key], value);
}

bool MemoryHost::exists(const Address& address) {
  const Account* account = find(address);
  if (account == nullptr) return false;
  if (revision_ < Revision::spurious_dragon) return account->there;
  return account->nonce != 0 || !account->balance.is_zero() || account->code != nullptr;
}

U256 MemoryHost::balance(const Address& address) {
  const Account* account = find(address);
  return account == nullptr ? U256() : account->balance;
}

std::size_t MemoryHost::code_size(const Address& address) {
  const CodeRef found = code(address);
  return found == nullptr ? 0 : found->bytes.size();
}

Hash256 MemoryHost::code_hash(const Address& address) {
  if (!exists(address)) return {};
  const CodeRef found = code(address);
  return found == nullptr ? keccak256({}) : found->hash;
}

CodeRef MemoryHost::code(const Address& address) {
  const Account* account = find(address);
  return account == nullptr ? nullptr : account->code;
}

bool MemoryHost::pay(const Address& from, const Address& to, const U256& value) {
  if (value.is_zero()) return true;
  const auto left = checked_subtract(balance(from), value);
  if (!left) return false;
  change(accounts_[from].balance, *left);
  change(accounts_[to].balance, balance(to) + value);
  if (!accounts_[to].there) change(accounts_[to].there, true);
  return true;
}

bool MemoryHost::self_destruct(const Address& address, const Address& beneficiary) {
  Account& self = accounts_[address];
  const U256 all = self.balance;
  change(self.balance, U256());
  if (address != beneficiary) {
    change(accounts_[beneficiary].balance, balance(beneficiary) + all);
    if (!accounts_[beneficiary].there) change(accounts_[beneficiary].there, true);
  }
  if (self.destructed) return false;
  change(self.destructed, true);
  return true;
}

ContractResult MemoryHost::call(const ContractMessage& message) {
  if (message.kind == CallKind::create || message.kind == CallKind::create2) {
    return create(message);
  }
  const std::size_t journal = journal_.size();
  const std::size_t log_count = logs.size();
  ContractResult result;
  if (message.kind == CallKind::call && !pay(message.sender, message.recipient, message.value)) {
    result.status = ContractStatus::revert;
    result.gas_left = message.gas;
    return result;
  }
  if (message.kind == CallKind::call && revision_ < Revision::spurious_dragon &&
      !accounts_[message.recipient].there) {
    change(accounts_[message.recipient].there, true);
  }
  const CodeRef found = code(message.code_address);
  if (found == nullptr) {
    result.gas_left = message.gas;
    return result;
  }
  result = engine_.execute(*this, revision_, message, *found);
  if (result.status != ContractStatus::success) undo(journal, log_count);
  return result;
}

ContractResult MemoryHost::create(ContractMessage message) {
  Account& creator = accounts_[message.sender];
  message.recipient = created_address(message, creator.nonce);
  change(creator.nonce, creator.nonce + 1);
  const std::size_t journal = journal_.size();
  const std::size_t log_count = logs.size();
  Account& account = accounts_[message.recipient];
  account.warm = true;
  ContractResult result;
  if (account.nonce != 0 || account.code != nullptr) {  // EIP-684
    result.status = ContractStatus::contract_failure;
    return result;
  }
  change(account.there, true);
  if (revision_ >= Revision::spurious_dragon) change(account.nonce, std::uint64_t{1});
  pay(message.sender, message.recipient, message.value);
  const CodeRef code = make_code(Bytes(message.input.begin(), message.input.end()));
  result = engine_.execute(*this, revision_, message, *code);
  if (result.status == ContractStatus::success) {
    const auto deposit = static_cast<std::int64_t>(200 * result.output.size());
    if (deposit > result.gas_left) {
      result = {};
      result.status = ContractStatus::out_of_gas;
    } else {
      result.gas_left -= deposit;
      if (!result.output.empty()) change(account.code, make_code(result.output));
      result.created = message.recipient;
    }
  }
  if (result.status != ContractStatus::success) undo(journal, log_count);
  return result;
}

Hash256 MemoryHost::block_hash(std::int64_t number) {
  return keccak256(as_bytes(std::to_string(number)));  // as in ethereum/tests
}

void MemoryHost::log(const Address& account, ByteView data, std::span<const Hash256> topics) {
  logs.push_back({account, Bytes(data.begin(), data.end()), {topics.begin(), topics.end()}});
}

AccessStatus MemoryHost::access(const Address& address) {
  Account& account = accounts_[address];
  if (account.warm) return AccessStatus::warm;
  change(account.warm, true);
  return AccessStatus::cold;
}

AccessStatus MemoryHost::access(const Address& address, const U256& key) {
  Slot& slot = accounts_[address].storage[key];
  if (slot.warm) return AccessStatus::warm;
  change(slot.warm, true);
  return AccessStatus::cold;
}

std::optional<Bytes> MemoryHost::item(const Address& address, ByteView key) {
  Account* account = find(address);
  if (account == nullptr) return std::nullopt;
  const auto at = account->items.find(Bytes(key.begin(), key.end()));
  if (at == account->items.end()) return std::nullopt;
  return at->second;
}

void MemoryHost::set_item(const Address& address, ByteView key, ByteView value) {
  auto& items = accounts_[address].items;
  Bytes name(key.begin(), key.end());
  journal_.push_back({Undo::Kind::item, &items, {}, {}, name, item(address, key)});
  if (value.empty()) {
    items.erase(name);
  } else {
    items[std::move(name)] = Bytes(value.begin(), value.end());
  }
}

}  // namespace ledgerlab::testing
