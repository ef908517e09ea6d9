// Calls and creations (Yellow Paper 7 and 8), as the engine's CALL and CREATE families and the
// transaction itself start them. The engine has checked depth and, within a transaction, balance.
#include "models/parts/ethereum/host.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/precompile/precompile.hpp"

namespace ledgerlab::ethereum {
namespace {

constexpr std::int64_t deposit_gas_per_byte = 200;

ContractResult failure(ContractStatus status) {
  ContractResult out;
  out.status = status;
  return out;
}

/// A frame that could not begin: its gas goes back.
ContractResult not_begun(const ContractMessage& message) {
  ContractResult out;
  out.status = ContractStatus::revert;
  out.gas_left = message.gas;
  return out;
}

/// What only a success keeps.
void settle_failure(ContractResult& result) {
  result.gas_refund = 0;
  if (result.status != ContractStatus::revert) {
    result.gas_left = 0;
    result.output.clear();
  }
}

/// Precompiles have small numbers as addresses.
bool may_be_precompile(const Address& address) {
  std::uint64_t head = 0, middle = 0;
  std::memcpy(&head, address.data.data(), 8);
  std::memcpy(&middle, address.data.data() + 8, 8);
  return (head | middle) == 0;
}

}  // namespace

Address create_address(const Address& sender, std::uint64_t nonce) {
  Bytes fields;
  rlp::append(fields, sender.view());
  rlp::append(fields, nonce);
  Bytes list;
  rlp::append_list(list, fields);
  const Hash256 hash = keccak256(list);
  Address out;
  std::memcpy(out.data.data(), hash.data.data() + 12, out.size());
  return out;
}

Address create2_address(const Address& sender, const Hash256& salt, const Hash256& init_code_hash) {
  std::array<Byte, 85> bytes;
  bytes[0] = 0xff;
  std::memcpy(bytes.data() + 1, sender.data.data(), 20);
  std::memcpy(bytes.data() + 21, salt.data.data(), 32);
  std::memcpy(bytes.data() + 53, init_code_hash.data.data(), 32);
  const Hash256 hash = keccak256(bytes);
  Address out;
  std::memcpy(out.data.data(), hash.data.data() + 12, out.size());
  return out;
}

Host::Host(Overlay& overlay, const BlockContext& block, ContractContext context,
           ContractEngine& engine)
    : overlay_(overlay), block_(block), context_(context), engine_(engine) {
  context_.coinbase = block.coinbase;
  context_.block_number = block.number;
  context_.timestamp = block.timestamp;
  context_.gas_limit = static_cast<std::int64_t>(
      std::min<std::uint64_t>(block.gas_limit, std::numeric_limits<std::int64_t>::max()));
  context_.prev_randao = block.prev_randao;
  context_.chain_id = block.chain_id;
  context_.base_fee = block.base_fee;
  context_.blob_base_fee = block.blob_base_fee;
}

U256 Host::storage(const Address& account, const U256& key) {
  return overlay_.storage(account, key);
}
StorageStatus Host::set_storage(const Address& account, const U256& key, const U256& value) {
  return overlay_.set_storage(account, key, value);
}
U256 Host::transient_storage(const Address& account, const U256& key) {
  return overlay_.transient(account, key);
}
void Host::set_transient_storage(const Address& account, const U256& key, const U256& value) {
  overlay_.set_transient(account, key, value);
}

bool Host::exists(const Address& account) {
  return overlay_.revision() >= Revision::spurious_dragon ? !overlay_.dead(account)
                                                          : overlay_.exists(account);
}
U256 Host::balance(const Address& account) { return overlay_.balance(account); }
std::size_t Host::code_size(const Address& account) {
  const CodeRef& code = overlay_.code(account);
  return code == nullptr ? 0 : code->bytes.size();
}
Hash256 Host::code_hash(const Address& account) { return overlay_.code_hash(account); }
CodeRef Host::code(const Address& account) { return overlay_.code(account); }

bool Host::self_destruct(const Address& account, const Address& beneficiary) {
  return overlay_.self_destruct(account, beneficiary);
}

Hash256 Host::block_hash(std::int64_t number) {
  const bool known = number >= 0 && number < block_.number && block_.number - number <= 256;
  return known && block_.block_hash ? block_.block_hash(number) : Hash256();
}

void Host::log(const Address& account, ByteView data, std::span<const Hash256> topics) {
  overlay_.log({account, {topics.begin(), topics.end()}, {data.begin(), data.end()}});
}

AccessStatus Host::access(const Address& account) {
  // EIP-2929: precompiles are warm from the start.
  if (may_be_precompile(account) && precompile::is_precompile(account, overlay_.revision())) {
    return AccessStatus::warm;
  }
  return overlay_.access(account);
}
AccessStatus Host::access(const Address& account, const U256& key) {
  return overlay_.access(account, key);
}

std::optional<Bytes> Host::item(const Address& account, ByteView key) {
  return overlay_.item(account, key);
}
void Host::set_item(const Address& account, ByteView key, ByteView value) {
  overlay_.set_item(account, key, value);
}

ContractResult Host::call(const ContractMessage& message) {
  const bool creates = message.kind == CallKind::create || message.kind == CallKind::create2;
  return creates ? create(message) : run(message);
}

ContractResult Host::run(const ContractMessage& message) {
  const Overlay::Snapshot before = overlay_.snapshot();
  if (message.kind == CallKind::call) {
    if (!overlay_.subtract_balance(message.sender, message.value)) return not_begun(message);
    overlay_.add_balance(message.recipient, message.value);
  }
  ContractResult result;
  if (may_be_precompile(message.code_address) &&
      precompile::is_precompile(message.code_address, overlay_.revision())) {
    precompile::Outcome outcome =
        precompile::run(message.code_address, overlay_.revision(), message.input, message.gas);
    result.status = outcome.status;
    result.gas_left = outcome.gas_left;
    result.output = std::move(outcome.output);
  } else if (const CodeRef code = overlay_.code(message.code_address)) {
    result = engine_.execute(*this, overlay_.revision(), message, *code);
  } else {
    result.gas_left = message.gas;
    return result;
  }
  if (result.status != ContractStatus::success) {
    overlay_.revert(before);
    settle_failure(result);
  }
  return result;
}

ContractResult Host::create(const ContractMessage& message) {
  const std::uint64_t nonce = overlay_.nonce(message.sender);
  // EIP-2681. In a transaction the engine checked the balance, here it is the last line.
  if (nonce == ~std::uint64_t{0} || overlay_.balance(message.sender) < message.value) {
    return not_begun(message);
  }
  overlay_.set_nonce(message.sender, nonce + 1);
  ContractCode init;
  init.bytes.assign(message.input.begin(), message.input.end());
  init.hash = keccak256(message.input);
  ContractMessage frame = message;
  frame.recipient = message.kind == CallKind::create
                        ? create_address(message.sender, nonce)
                        : create2_address(message.sender, message.salt, init.hash);
  frame.code_address = frame.recipient;
  // EIP-2929: warm before the snapshot, so that a failed creation leaves it so.
  if (overlay_.revision() >= Revision::berlin) overlay_.access(frame.recipient);
  // EIP-684 and EIP-7610.
  if (overlay_.nonce(frame.recipient) != 0 || overlay_.code(frame.recipient) != nullptr ||
      overlay_.has_storage(frame.recipient)) {
    return failure(ContractStatus::contract_failure);
  }
  const Overlay::Snapshot before = overlay_.snapshot();
  overlay_.create(frame.recipient);
  overlay_.subtract_balance(frame.sender, frame.value);
  overlay_.add_balance(frame.recipient, frame.value);
  ContractResult result = engine_.execute(*this, overlay_.revision(), frame, init);
  if (result.status == ContractStatus::success) deploy(frame.recipient, result);
  if (result.status != ContractStatus::success) {
    overlay_.revert(before);
    settle_failure(result);
  }
  return result;
}

void Host::deploy(const Address& address, ContractResult& result) {
  const Revision revision = overlay_.revision();
  const Bytes& code = result.output;
  if (revision >= Revision::london && block_.limits.refuse_ef && !code.empty() && code[0] == 0xef) {
    result.status = ContractStatus::code_refused;  // EIP-3541
    return;
  }
  if (revision >= Revision::spurious_dragon && code.size() > block_.limits.code) {
    result.status = ContractStatus::out_of_gas;  // EIP-170
    return;
  }
  const auto deposit = deposit_gas_per_byte * static_cast<std::int64_t>(code.size());
  result.created = address;
  if (deposit > result.gas_left) {
    // EIP-2: Frontier leaves an account without code instead.
    if (revision >= Revision::homestead) result.status = ContractStatus::out_of_gas;
    result.output.clear();
    return;
  }
  result.gas_left -= deposit;
  if (!code.empty()) overlay_.set_code(address, code);
}

}  // namespace ledgerlab::ethereum
