// Instructions that ask the host or work on pieces of memory. Each reads its inputs from `top`
// downwards, leaves its result where the lowest of them was, and gives the gas left or less than
// zero (then Frame::status says why). They are called, never inlined: what lives in their native
// frames keeps no instruction from its call in tail position.
#pragma once

#include "models/contract/evm/frame.hpp"
#include "models/contract/evm/opcodes.hpp"

namespace ledgerlab::evm {

std::int64_t keccak(U256* top, std::int64_t gas, Frame& frame);
std::int64_t exponentiate(U256* top, std::int64_t gas, Frame& frame);

std::int64_t balance(U256* top, std::int64_t gas, Frame& frame);
void self_balance(U256* top, Frame& frame);
std::int64_t code_size_of(U256* top, std::int64_t gas, Frame& frame);
std::int64_t code_hash_of(U256* top, std::int64_t gas, Frame& frame);
std::int64_t copy_code_of(U256* top, std::int64_t gas, Frame& frame);
void block_hash(U256* top, Frame& frame);
void blob_hash(U256* top, Frame& frame);

void load_call_data(U256* top, Frame& frame);
std::int64_t copy_call_data(U256* top, std::int64_t gas, Frame& frame);
std::int64_t copy_code(U256* top, std::int64_t gas, Frame& frame);
std::int64_t copy_return_data(U256* top, std::int64_t gas, Frame& frame);
std::int64_t copy_memory(U256* top, std::int64_t gas, Frame& frame);

std::int64_t load_storage(U256* top, std::int64_t gas, Frame& frame);
std::int64_t store_storage(U256* top, std::int64_t gas, Frame& frame);
void load_transient(U256* top, Frame& frame);
std::int64_t store_transient(U256* top, std::int64_t gas, Frame& frame);

/// `topics`: 0 to 4; the constant cost with the topics' part is charged already.
std::int64_t log(U256* top, std::int64_t gas, Frame& frame, unsigned topics);

/// CALL, CALLCODE, DELEGATECALL, STATICCALL.
std::int64_t call_account(U256* top, std::int64_t gas, Frame& frame, Opcode opcode);
/// CREATE, CREATE2.
std::int64_t create_account(U256* top, std::int64_t gas, Frame& frame, Opcode opcode);
/// RETURN, REVERT.
void return_piece(U256* top, std::int64_t gas, Frame& frame, ContractStatus status);
std::int64_t self_destruct(U256* top, std::int64_t gas, Frame& frame);

}  // namespace ledgerlab::evm
