#include "models/parts/pipeline/simulate.hpp"

#include <cstring>

#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/precompile/precompile.hpp"

namespace ledgerlab::pipeline {
namespace {

Bytes key_of(char letter, ByteView first, ByteView second = {}) {
  Bytes out{static_cast<Byte>(letter)};
  out.insert(out.end(), first.begin(), first.end());
  out.insert(out.end(), second.begin(), second.end());
  return out;
}

/// Price of a byte of code that is kept (Yellow Paper, G_codedeposit).
constexpr std::int64_t code_byte_gas = 200;

Bytes word_value(const U256& value) {
  if (value.is_zero()) return {};
  const auto bytes = to_big_endian(value);
  return Bytes(bytes.data.begin(), bytes.data.end());
}

}  // namespace

Bytes balance_key(const Address& account) { return key_of('b', account.view()); }
Bytes code_key(const Address& account) { return key_of('c', account.view()); }
Bytes word_key(const Address& account, const U256& key) {
  return key_of('w', account.view(), to_big_endian(key).view());
}
Bytes item_key(const Address& account, ByteView key) { return key_of('i', account.view(), key); }
Bytes proposal_key(const TxId& proposal) { return key_of('p', proposal.view()); }

U256 balance_in(ByteView value) { return u256_from_big_endian(value).value_or(U256()); }
Bytes balance_value(const U256& balance) { return word_value(balance); }

CodeRef CodeCache::at(ByteView bytes) {
  const Hash256 hash = keccak256(bytes);
  CodeRef& code = codes_[hash];
  if (!code) {
    auto made = std::make_shared<ContractCode>();
    made->bytes.assign(bytes.begin(), bytes.end());
    made->hash = hash;
    code = std::move(made);
  }
  return code;
}

Host::Host(Recorder& recorder, ContractEngine& engine, CodeCache& codes, const TxId& proposal,
           const Address& origin)
    : recorder_(recorder), engine_(engine), codes_(codes), proposal_(proposal) {
  context_.origin = origin;
}

// --- data ----------------------------------------------------------------------------------------

U256 Host::storage(const Address& account, const U256& key) {
  return balance_in(recorder_.get(word_key(account, key)));
}

StorageStatus Host::set_storage(const Address& account, const U256& key, const U256& value) {
  const Bytes name = word_key(account, key);
  const U256 original = balance_in(recorder_.original(name));
  const U256 current = balance_in(recorder_.get(name));
  if (current == value) return StorageStatus::assigned;
  recorder_.put(name, word_value(value));
  if (original == current) {
    if (original.is_zero()) return StorageStatus::added;
    return value.is_zero() ? StorageStatus::deleted : StorageStatus::modified;
  }
  if (!original.is_zero()) {
    if (current.is_zero()) {
      return value == original ? StorageStatus::deleted_restored : StorageStatus::deleted_added;
    }
    if (value.is_zero()) return StorageStatus::modified_deleted;
    return value == original ? StorageStatus::modified_restored : StorageStatus::assigned;
  }
  return value.is_zero() ? StorageStatus::added_deleted : StorageStatus::assigned;
}

U256 Host::transient_storage(const Address& account, const U256& key) {
  const auto found = transient_.find({account, key});
  return found == transient_.end() ? U256() : found->second;
}

void Host::set_transient_storage(const Address& account, const U256& key, const U256& value) {
  transient_[{account, key}] = value;
}

bool Host::exists(const Address& account) {
  return !recorder_.get(balance_key(account)).empty() || code(account) != nullptr;
}

U256 Host::balance(const Address& account) {
  return balance_in(recorder_.get(balance_key(account)));
}

CodeRef Host::code(const Address& account) {
  const Bytes bytes = recorder_.get(code_key(account));
  return bytes.empty() ? nullptr : codes_.at(bytes);
}

std::size_t Host::code_size(const Address& account) {
  const CodeRef found = code(account);
  return found ? found->bytes.size() : 0;
}

Hash256 Host::code_hash(const Address& account) {
  if (const CodeRef found = code(account)) return found->hash;
  return exists(account) ? keccak256({}) : Hash256{};
}

std::optional<Bytes> Host::item(const Address& account, ByteView key) {
  Bytes value = recorder_.get(item_key(account, key));
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

void Host::set_item(const Address& account, ByteView key, ByteView value) {
  recorder_.put(item_key(account, key), value);
}

bool Host::self_destruct(const Address& account, const Address& beneficiary) {
  move(account, beneficiary, balance(account));
  return true;
}

void Host::move(const Address& from, const Address& to, const U256& value) {
  if (value.is_zero() || from == to) return;
  recorder_.put(balance_key(from), balance_value(balance(from) - value));
  recorder_.put(balance_key(to), balance_value(balance(to) + value));
}

AccessStatus Host::access(const Address& account) {
  const bool cold = warm_.try_emplace(balance_key(account), true).second;
  return cold ? AccessStatus::cold : AccessStatus::warm;
}

AccessStatus Host::access(const Address& account, const U256& key) {
  const bool cold = warm_.try_emplace(word_key(account, key), true).second;
  return cold ? AccessStatus::cold : AccessStatus::warm;
}

// --- frames --------------------------------------------------------------------------------------

ContractResult Host::call(const ContractMessage& message) {
  ++frames_;
  const std::size_t mark = recorder_.mark();
  const auto transient = transient_;
  const bool creation = message.kind == CallKind::create || message.kind == CallKind::create2;
  ContractResult result = creation ? create(message) : run(message);
  if (result.status != ContractStatus::success) {
    recorder_.revert(mark);
    transient_ = transient;
  }
  return result;
}

ContractResult Host::run(const ContractMessage& message) {
  if (message.kind == CallKind::call) {
    if (balance(message.sender) < message.value) {
      return {ContractStatus::revert, message.gas, 0, {}, {}, "unaffordable"};
    }
    move(message.sender, message.recipient, message.value);
  }
  if (precompile::is_precompile(message.code_address, revision)) {
    auto out = precompile::run(message.code_address, revision, message.input, message.gas);
    return {out.status, out.gas_left, 0, std::move(out.output), {}, {}};
  }
  const CodeRef found = code(message.code_address);
  if (!found) return {ContractStatus::success, message.gas, 0, {}, {}, {}};
  return engine_.execute(*this, revision, message, *found);
}

/// The address follows from creator, proposal and order: there are no nonces to follow from.
ContractResult Host::create(const ContractMessage& message) {
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("ledgerlab contract"), message.sender, proposal_, created_++);
  const Hash256 hash = keccak256(text);
  ContractMessage own = message;
  std::memcpy(own.recipient.data.data(), hash.data.data() + 12, Address::size());
  return create_at(own);
}

ContractResult Host::create_at(ContractMessage message) {
  message.code_address = message.recipient;
  if (balance(message.sender) < message.value) {
    return {ContractStatus::revert, message.gas, 0, {}, {}, "unaffordable"};
  }
  move(message.sender, message.recipient, message.value);
  ContractCode code;
  code.bytes.assign(message.input.begin(), message.input.end());
  code.hash = keccak256(message.input);
  ContractResult result = engine_.execute(*this, revision, message, code);
  if (result.status != ContractStatus::success) return result;
  const auto deposit = code_byte_gas * static_cast<std::int64_t>(result.output.size());
  if (result.gas_left < deposit) {
    return {ContractStatus::out_of_gas, 0, 0, {}, {}, "no gas for keeping the code"};
  }
  result.gas_left -= deposit;
  recorder_.put(code_key(message.recipient), result.output);
  result.output.clear();
  result.created = message.recipient;
  return result;
}

// --- proposals -----------------------------------------------------------------------------------

namespace {

void run_contract(Recorder& recorder, const Proposal& p, const TxId& id, ContractEngine& engine,
                  CodeCache& codes, Simulation& out) {
  Host host(recorder, engine, codes, id, p.from);
  ContractMessage message;
  message.kind = p.create ? CallKind::create : CallKind::call;
  message.sender = p.from;
  message.recipient = message.code_address = p.to;
  message.value = p.value;
  message.input = p.input;
  message.gas = static_cast<std::int64_t>(std::min<std::uint64_t>(p.gas, INT64_MAX));
  const ContractResult result = host.call(message);
  out.gas = static_cast<std::uint64_t>(message.gas - result.gas_left);
  out.frames = host.frames();
  out.created = result.created;
  if (result.status != ContractStatus::success) {
    out.reason = contract_status_name(result.status);
    if (!result.reason.empty()) out.reason += ": " + result.reason;
  }
}

}  // namespace

Simulation simulate(const State& state, const Proposal& p, const TxId& id, ContractEngine* engine,
                    CodeCache& codes) {
  Simulation out;
  Recorder recorder(state);
  if (state.version(proposal_key(id)) != 0) {
    out.reason = "committed already";
  } else if (engine != nullptr) {
    run_contract(recorder, p, id, *engine, codes, out);
  } else if (p.create || !p.input.empty()) {
    out.reason = "no contract engine";
  } else {
    const U256 balance = balance_in(recorder.get(balance_key(p.from)));
    if (balance < p.value) {
      out.reason = "unaffordable";
    } else if (p.from != p.to) {
      const U256 other = balance_in(recorder.get(balance_key(p.to)));
      recorder.put(balance_key(p.from), balance_value(balance - p.value));
      recorder.put(balance_key(p.to), balance_value(other + p.value));
    }
  }
  if (out.reason.empty()) out.set = recorder.set();
  return out;
}

}  // namespace ledgerlab::pipeline
