#include "models/contract/evm/host_instructions.hpp"

#include <algorithm>
#include <cstring>

#include "models/contract/evm/word.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::evm {
namespace {

/// EIP-2929: what a cold account costs beyond the warm price.
std::int64_t charge_account(Frame& frame, const Address& account, std::int64_t gas) {
  if (frame.revision >= berlin && frame.host.access(account) == AccessStatus::cold) {
    gas -= gas::cold_account - gas::warm_access;
  }
  return gas;
}

std::int64_t charge_copy(std::uint64_t bytes, std::int64_t gas) {
  return gas - gas::copy_word * gas::words(bytes);
}

/// Copies from `source` to memory; what lies behind its end reads as zero.
std::int64_t copy(Frame& frame, ByteView source, const U256& to, const U256& from, const U256& size,
                  std::int64_t gas) {
  gas = touch(frame, to, size, gas);
  if (gas < 0 || size.is_zero()) return gas;
  const auto count = static_cast<std::size_t>(size.low64());
  gas = charge_copy(count, gas);
  if (gas < 0) return halted;
  Byte* at = frame.memory + to.low64();
  std::size_t copied = 0;
  if (from.fits64() && from.low64() < source.size()) {
    const auto begin = static_cast<std::size_t>(from.low64());
    copied = std::min(count, source.size() - begin);
    std::memcpy(at, source.data() + begin, copied);
  }
  std::memset(at + copied, 0, count - copied);
  return gas;
}

}  // namespace

std::int64_t keccak(U256* top, std::int64_t gas, Frame& frame) {
  gas = touch(frame, top[0], top[-1], gas);
  if (gas < 0) return halted;
  gas -= gas::keccak_word * gas::words(top[-1].low64());
  if (gas < 0) return halted;
  const Hash256 hash = keccak256(piece(frame, top[0], top[-1]));
  load_word(top[-1], hash.data.data());
  return gas;
}

std::int64_t exponentiate(U256* top, std::int64_t gas, Frame& frame) {
  const std::int64_t bytes = (top[-1].bit_length() + 7) / 8;
  gas -= bytes * (frame.revision >= spurious_dragon ? gas::exp_byte : gas::exp_byte_frontier);
  if (gas < 0) return halted;
  top[-1] = power(top[0], top[-1]);
  return gas;
}

std::int64_t balance(U256* top, std::int64_t gas, Frame& frame) {
  const Address account = address_from(top[0]);
  gas = charge_account(frame, account, gas);
  if (gas < 0) return halted;
  top[0] = frame.host.balance(account);
  return gas;
}

void self_balance(U256* top, Frame& frame) { top[1] = frame.host.balance(frame.message.recipient); }

std::int64_t code_size_of(U256* top, std::int64_t gas, Frame& frame) {
  const Address account = address_from(top[0]);
  gas = charge_account(frame, account, gas);
  if (gas < 0) return halted;
  top[0] = U256(frame.host.code_size(account));
  return gas;
}

std::int64_t code_hash_of(U256* top, std::int64_t gas, Frame& frame) {
  const Address account = address_from(top[0]);
  gas = charge_account(frame, account, gas);
  if (gas < 0) return halted;
  const Hash256 hash = frame.host.code_hash(account);
  load_word(top[0], hash.data.data());
  return gas;
}

std::int64_t copy_code_of(U256* top, std::int64_t gas, Frame& frame) {
  const Address account = address_from(top[0]);
  gas = charge_account(frame, account, gas);
  if (gas < 0) return halted;
  const CodeRef code = frame.host.code(account);
  const ByteView bytes = code == nullptr ? ByteView() : ByteView(code->bytes);
  return copy(frame, bytes, top[-1], top[-2], top[-3], gas);
}

void block_hash(U256* top, Frame& frame) {
  const std::int64_t current = frame.context.block_number;
  const std::int64_t oldest = std::max<std::int64_t>(current - 256, 0);
  const bool known = top[0] >= U256(static_cast<std::uint64_t>(oldest)) &&
                     top[0] < U256(static_cast<std::uint64_t>(current));
  if (!known) {
    top[0] = U256();
    return;
  }
  const Hash256 hash = frame.host.block_hash(static_cast<std::int64_t>(top[0].low64()));
  load_word(top[0], hash.data.data());
}

void blob_hash(U256* top, Frame& frame) {
  const auto& hashes = frame.context.blob_hashes;
  if (top[0] < U256(hashes.size())) {
    load_word(top[0], hashes[static_cast<std::size_t>(top[0].low64())].data.data());
  } else {
    top[0] = U256();
  }
}

void load_call_data(U256* top, Frame& frame) {
  const ByteView data = frame.call_data;
  if (!top[0].fits64() || top[0].low64() >= data.size()) {
    top[0] = U256();
    return;
  }
  const auto begin = static_cast<std::size_t>(top[0].low64());
  if (data.size() - begin >= 32) {
    load_word(top[0], data.data() + begin);
  } else {
    Byte padded[32] = {};
    std::memcpy(padded, data.data() + begin, data.size() - begin);
    load_word(top[0], padded);
  }
}

std::int64_t copy_call_data(U256* top, std::int64_t gas, Frame& frame) {
  return copy(frame, frame.call_data, top[0], top[-1], top[-2], gas);
}

std::int64_t copy_code(U256* top, std::int64_t gas, Frame& frame) {
  return copy(frame, {frame.code, frame.code_size}, top[0], top[-1], top[-2], gas);
}

std::int64_t copy_return_data(U256* top, std::int64_t gas, Frame& frame) {
  const U256 &to = top[0], &from = top[-1], &size = top[-2];
  gas = touch(frame, to, size, gas);
  if (gas < 0) return halted;
  // EIP-211: reading past the end is an exception, not zeros.
  const std::size_t available = frame.return_data.size();
  if (from > U256(available) || size > U256(available - from.low64())) {
    return halt(frame, ContractStatus::invalid_memory_access);
  }
  gas = charge_copy(size.low64(), gas);
  if (gas < 0 || size.is_zero()) return gas;
  std::memcpy(frame.memory + to.low64(), frame.return_data.data() + from.low64(), size.low64());
  return gas;
}

std::int64_t copy_memory(U256* top, std::int64_t gas, Frame& frame) {
  const U256 &to = top[0], &from = top[-1], &size = top[-2];
  gas = touch(frame, less(to, from) ? from : to, size, gas);
  if (gas < 0 || size.is_zero()) return gas;
  gas = charge_copy(size.low64(), gas);
  if (gas < 0) return halted;
  std::memmove(frame.memory + to.low64(), frame.memory + from.low64(), size.low64());
  return gas;
}

std::int64_t load_storage(U256* top, std::int64_t gas, Frame& frame) {
  const Address& account = frame.message.recipient;
  if (frame.revision >= berlin && frame.host.access(account, top[0]) == AccessStatus::cold) {
    gas -= gas::cold_slot - gas::warm_access;
    if (gas < 0) return halted;
  }
  top[0] = frame.host.storage(account, top[0]);
  return gas;
}

std::int64_t store_storage(U256* top, std::int64_t gas, Frame& frame) {
  if (frame.message.is_static) return halt(frame, ContractStatus::static_violation);
  if (frame.revision >= istanbul && gas <= gas::sstore_sentry) return halted;  // EIP-2200
  const Address& account = frame.message.recipient;
  if (frame.revision >= berlin && frame.host.access(account, top[0]) == AccessStatus::cold) {
    gas -= gas::cold_slot;
  }
  const StorageStatus status = frame.host.set_storage(account, top[0], top[-1]);
  const gas::StorageCost cost = gas::storage_cost(frame.revision, status);
  frame.refund += cost.refund;
  return gas - cost.gas;
}

void load_transient(U256* top, Frame& frame) {
  top[0] = frame.host.transient_storage(frame.message.recipient, top[0]);
}

std::int64_t store_transient(U256* top, std::int64_t gas, Frame& frame) {
  if (frame.message.is_static) return halt(frame, ContractStatus::static_violation);
  frame.host.set_transient_storage(frame.message.recipient, top[0], top[-1]);
  return gas;
}

std::int64_t log(U256* top, std::int64_t gas, Frame& frame, unsigned topics) {
  if (frame.message.is_static) return halt(frame, ContractStatus::static_violation);
  gas = touch(frame, top[0], top[-1], gas);
  if (gas < 0) return halted;
  gas -= gas::log_byte * static_cast<std::int64_t>(top[-1].low64());
  if (gas < 0) return halted;
  std::array<Hash256, 4> hashes;
  for (unsigned i = 0; i < topics; ++i) {
    store_word(hashes[i].data.data(), top[-2 - static_cast<int>(i)]);
  }
  frame.host.log(frame.message.recipient, piece(frame, top[0], top[-1]), {hashes.data(), topics});
  return gas;
}

void return_piece(U256* top, std::int64_t gas, Frame& frame, ContractStatus status) {
  gas = touch(frame, top[0], top[-1], gas);
  if (gas < 0) return;
  frame.status = status;
  frame.gas_left = gas;
  frame.output_offset = static_cast<std::size_t>(top[0].low64());
  frame.output_size = static_cast<std::size_t>(top[-1].low64());
}

}  // namespace ledgerlab::evm
