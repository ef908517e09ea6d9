// Instructions that run another frame or end an account: CALL and its kin, CREATE and CREATE2,
// SELFDESTRUCT. The frames themselves are the host's work.
#include <algorithm>
#include <cstring>

#include "models/contract/evm/host_instructions.hpp"
#include "models/contract/evm/word.hpp"

namespace ledgerlab::evm {
namespace {

inline constexpr std::int32_t call_depth_max = 1'024;

/// EIP-150: a sixty-fourth stays with the caller.
constexpr std::int64_t all_but_one_64th(std::int64_t gas) { return gas - gas / 64; }

/// What a call's arguments are, apart from its gas and address: the four that follow the value.
struct CallArguments {
  const U256& input_offset;
  const U256& input_size;
  const U256& output_offset;
  const U256& output_size;
};

CallKind kind_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::callcode:
      return CallKind::call_code;
    case Opcode::delegatecall:
      return CallKind::delegate_call;
    default:
      return CallKind::call;
  }
}

/// Whose storage, on whose behalf, with which value (Yellow Paper, appendix H.2, 0xf1 to 0xfa).
ContractMessage call_message(const Frame& frame, Opcode opcode, const Address& target,
                             const U256& value, ByteView input) {
  const ContractMessage& own = frame.message;
  const bool runs_here = opcode == Opcode::callcode || opcode == Opcode::delegatecall;
  ContractMessage message;
  message.kind = kind_of(opcode);
  message.is_static = own.is_static || opcode == Opcode::staticcall;
  message.depth = own.depth + 1;
  message.recipient = runs_here ? own.recipient : target;
  message.sender = opcode == Opcode::delegatecall ? own.sender : own.recipient;
  message.value = opcode == Opcode::delegatecall ? own.value : value;
  message.input = input;
  message.code_address = target;
  return message;
}

/// The surcharges of a call: access, memory, value, a new account.
std::int64_t charge_call(Frame& frame, Opcode opcode, const Address& target, bool pays,
                         const CallArguments& arguments, std::int64_t gas) {
  if (frame.revision >= berlin && frame.host.access(target) == AccessStatus::cold) {
    gas -= gas::cold_account - gas::warm_access;  // EIP-2929
  }
  if (gas >= 0) gas = touch(frame, arguments.input_offset, arguments.input_size, gas);
  if (gas >= 0) gas = touch(frame, arguments.output_offset, arguments.output_size, gas);
  if (pays) gas -= gas::call_value;
  if (gas < 0) return halted;
  // EIP-161: only a payment makes an account from Spurious Dragon on.
  if (opcode == Opcode::call && (pays || frame.revision < spurious_dragon) &&
      !frame.host.exists(target)) {
    gas -= gas::new_account;
  }
  return gas;
}

/// The gas that the frame below gets: what was asked for, bounded since EIP-150. Less than zero: it
/// is more than there is.
std::int64_t gas_for_call(const Frame& frame, const U256& asked, std::int64_t gas) {
  const bool representable = asked.fits64() && static_cast<std::int64_t>(asked.low64()) >= 0;
  const std::int64_t wanted = representable ? static_cast<std::int64_t>(asked.low64()) : INT64_MAX;
  if (frame.revision >= tangerine_whistle) return std::min(wanted, all_but_one_64th(gas));
  return wanted <= gas ? wanted : halted;
}

}  // namespace

std::int64_t call_account(U256* top, std::int64_t gas, Frame& frame, Opcode opcode) {
  const bool has_value = opcode == Opcode::call || opcode == Opcode::callcode;
  const Address target = address_from(top[-1]);
  const U256 value = has_value ? top[-2] : U256();
  const bool pays = !value.is_zero();
  const U256* rest = has_value ? top - 3 : top - 2;
  const CallArguments arguments{rest[0], rest[-1], rest[-2], rest[-3]};
  U256& result = top[has_value ? -6 : -5];

  if (opcode == Opcode::call && pays && frame.message.is_static) {  // EIP-214
    return halt(frame, ContractStatus::static_violation);
  }
  gas = charge_call(frame, opcode, target, pays, arguments, gas);
  if (gas < 0) return halted;
  std::int64_t given = gas_for_call(frame, top[0], gas);
  if (given < 0) return halted;
  gas -= given;
  if (pays) given += gas::call_stipend;

  frame.return_data.clear();
  if (frame.message.depth >= call_depth_max ||
      (pays && frame.host.balance(frame.message.recipient) < value)) {
    result = U256();
    return gas + given;
  }
  ContractMessage message = call_message(
      frame, opcode, target, value, piece(frame, arguments.input_offset, arguments.input_size));
  message.gas = given;
  ContractResult outcome = frame.host.call(message);
  frame.return_data = std::move(outcome.output);
  const std::size_t copied =
      std::min<std::size_t>(arguments.output_size.low64(), frame.return_data.size());
  if (copied != 0) {
    std::memcpy(frame.memory + arguments.output_offset.low64(), frame.return_data.data(), copied);
  }
  const bool success = outcome.status == ContractStatus::success;
  if (success) frame.refund += outcome.gas_refund;
  result = U256(success ? 1 : 0);
  return gas + outcome.gas_left;
}

std::int64_t create_account(U256* top, std::int64_t gas, Frame& frame, Opcode opcode) {
  if (frame.message.is_static) return halt(frame, ContractStatus::static_violation);
  const bool salted = opcode == Opcode::create2;
  const U256 value = top[0];
  const U256 &offset = top[-1], &size = top[-2];
  U256& result = top[salted ? -3 : -2];

  gas = touch(frame, offset, size, gas);
  if (gas < 0) return halted;
  const std::int64_t words = gas::words(size.low64());
  if (frame.revision >= shanghai) {  // EIP-3860
    if (size.low64() > gas::initcode_size_max) return halted;
    gas -= gas::initcode_word * words;
  }
  if (salted) gas -= gas::keccak_word * words;  // EIP-1014
  if (gas < 0) return halted;

  ContractMessage message;
  message.kind = salted ? CallKind::create2 : CallKind::create;
  message.depth = frame.message.depth + 1;
  message.sender = frame.message.recipient;
  message.value = value;
  message.input = piece(frame, offset, size);
  if (salted) message.salt = hash_from(top[-3]);

  frame.return_data.clear();
  result = U256();
  if (frame.message.depth >= call_depth_max ||
      (!value.is_zero() && frame.host.balance(message.sender) < value)) {
    return gas;
  }
  message.gas = frame.revision >= tangerine_whistle ? all_but_one_64th(gas) : gas;
  gas -= message.gas;
  ContractResult outcome = frame.host.call(message);
  if (outcome.status == ContractStatus::success) {
    frame.refund += outcome.gas_refund;
    result = word_from(outcome.created);
  } else if (outcome.status == ContractStatus::revert) {
    frame.return_data = std::move(outcome.output);  // EIP-211: a revert's reason
  }
  return gas + outcome.gas_left;
}

std::int64_t self_destruct(U256* top, std::int64_t gas, Frame& frame) {
  if (frame.message.is_static) return halt(frame, ContractStatus::static_violation);
  const Address& self = frame.message.recipient;
  const Address beneficiary = address_from(top[0]);
  if (frame.revision >= berlin && frame.host.access(beneficiary) == AccessStatus::cold) {
    gas -= gas::cold_account;
  }
  // EIP-150: an account that comes into being is paid for; EIP-161: only if it is paid.
  const bool pays = frame.revision >= spurious_dragon ? !frame.host.balance(self).is_zero()
                                                      : frame.revision == tangerine_whistle;
  if (gas >= 0 && pays && !frame.host.exists(beneficiary)) gas -= gas::new_account;
  if (gas < 0) return halted;
  const bool first = frame.host.self_destruct(self, beneficiary);
  if (first && frame.revision < london) frame.refund += gas::self_destruct_refund;
  frame.status = ContractStatus::success;
  frame.gas_left = gas;
  return gas;
}

}  // namespace ledgerlab::evm
