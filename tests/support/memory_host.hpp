// A ledger in memory for tests of contract engines: accounts with balance, nonce, code, items and
// words; a frame that fails is undone by a copy. No fees and no Ethereum rules beyond the frame.
#pragma once

#include <map>
#include <vector>

#include "models/api/contract.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {

class MemoryHost final : public ContractHost {
 public:
  struct Account {
    U256 balance;
    std::uint64_t nonce = 0;
    CodeRef code;
    std::map<Bytes, Bytes> items;
    std::map<U256, U256> words;
    bool operator==(const Account& o) const {
      return balance == o.balance && items == o.items && words == o.words &&
             (code ? code->hash : Hash256()) == (o.code ? o.code->hash : Hash256());
    }
  };
  struct Log {
    Address account;
    Bytes data;
    std::vector<Hash256> topics;
    bool operator==(const Log&) const = default;
  };
  struct State {
    std::map<Address, Account> accounts;
    std::vector<Log> logs;
    bool operator==(const State&) const = default;
  };

  explicit MemoryHost(ContractEngine& engine) : engine_(engine) {}
  State state;
  ContractContext block;
  std::int64_t gas_limit = 10'000'000;

  ContractResult send(const Address& from, const Address& to, const U256& value, ByteView input) {
    ContractMessage message;
    message.sender = from;
    message.recipient = message.code_address = to;
    message.value = value;
    message.input = input;
    message.gas = gas_limit;
    block.origin = from;
    return call(message);
  }
  ContractResult deploy(const Address& from, ByteView code, const U256& value = {}) {
    ContractMessage message;
    message.kind = CallKind::create;
    message.sender = from;
    message.value = value;
    message.input = code;
    message.gas = gas_limit;
    block.origin = from;
    return call(message);
  }

  ContractResult call(const ContractMessage& message) override {
    const State before = state;
    ContractMessage inner = message;
    const bool create = message.kind == CallKind::create || message.kind == CallKind::create2;
    CodeRef code;
    if (create) {
      inner.recipient = made(message.sender, state.accounts[message.sender].nonce++);
      inner.code_address = inner.recipient;
      code = keep(message.input);
    } else {
      code = this->code(message.code_address);
    }
    ContractResult result;
    result.gas_left = message.gas;
    if (state.accounts[message.sender].balance < message.value) {
      result.status = ContractStatus::contract_failure;
      result.gas_left = 0;
    } else {
      state.accounts[message.sender].balance -= message.value;
      state.accounts[inner.recipient].balance += message.value;
      if (code) result = engine_.execute(*this, Revision::cancun, inner, *code);
    }
    if (result.status != ContractStatus::success) {
      state = before;
    } else if (create) {
      state.accounts[inner.recipient].code = keep(result.output);
      result.created = inner.recipient;
    }
    return result;
  }

  U256 storage(const Address& account, const U256& key) override {
    return state.accounts[account].words[key];
  }
  StorageStatus set_storage(const Address& account, const U256& key, const U256& value) override {
    state.accounts[account].words[key] = value;
    return StorageStatus::modified;
  }
  U256 transient_storage(const Address&, const U256&) override { return {}; }
  void set_transient_storage(const Address&, const U256&, const U256&) override {}
  bool exists(const Address& account) override { return state.accounts.contains(account); }
  U256 balance(const Address& account) override { return state.accounts[account].balance; }
  std::size_t code_size(const Address& account) override {
    const CodeRef code = this->code(account);
    return code ? code->bytes.size() : 0;
  }
  Hash256 code_hash(const Address& account) override {
    const CodeRef code = this->code(account);
    return code ? code->hash : Hash256();
  }
  CodeRef code(const Address& account) override { return state.accounts[account].code; }
  bool self_destruct(const Address&, const Address&) override { return false; }
  const ContractContext& context() const override { return block; }
  Hash256 block_hash(std::int64_t) override { return {}; }
  void log(const Address& account, ByteView data, std::span<const Hash256> topics) override {
    state.logs.push_back({account, {data.begin(), data.end()}, {topics.begin(), topics.end()}});
  }
  AccessStatus access(const Address&) override { return AccessStatus::warm; }
  AccessStatus access(const Address&, const U256&) override { return AccessStatus::warm; }
  std::optional<Bytes> item(const Address& account, ByteView key) override {
    const auto& items = state.accounts[account].items;
    const auto found = items.find(Bytes(key.begin(), key.end()));
    if (found == items.end()) return std::nullopt;
    return found->second;
  }
  void set_item(const Address& account, ByteView key, ByteView value) override {
    auto& items = state.accounts[account].items;
    if (value.empty()) {
      items.erase(Bytes(key.begin(), key.end()));
    } else {
      items[Bytes(key.begin(), key.end())] = Bytes(value.begin(), value.end());
    }
  }

 private:
  static Address made(const Address& sender, std::uint64_t nonce) {
    Bytes text(sender.data.begin(), sender.data.end());
    for (int i = 0; i < 8; ++i) text.push_back(static_cast<Byte>(nonce >> (8 * i)));
    const Hash256 hash = keccak256(text);
    Address out;
    std::copy(hash.data.begin() + 12, hash.data.end(), out.data.begin());
    return out;
  }
  CodeRef keep(ByteView bytes) {
    const Hash256 hash = keccak256(bytes);
    CodeRef& code = codes_[hash];
    if (!code) {
      code = std::make_shared<ContractCode>(
          ContractCode{Bytes(bytes.begin(), bytes.end()), hash, nullptr});
    }
    return code;
  }

  ContractEngine& engine_;
  std::map<Hash256, CodeRef> codes_;
};

}  // namespace ledgerlab
