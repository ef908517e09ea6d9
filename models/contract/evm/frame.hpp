// What a running frame knows besides the four values that instructions hand on in registers (place
// in the code, top of the stack, gas, the frame itself), and its memory.
#pragma once

#include <cstdlib>
#include <memory>

#include "models/api/contract.hpp"
#include "models/contract/evm/gas.hpp"

namespace ledgerlab::evm {

struct Frame;

/// One instruction: does its work and goes on to the next by a call in tail position, so that the
/// values stay in registers. `base` is the place below the lowest item of the stack.
struct Instruction {
  void (*run)(const Byte* pc, U256* top, std::int64_t gas, Frame& frame, const Instruction* table,
              U256* base);
};

inline constexpr std::size_t stack_items_max = 1'024;  // Yellow Paper, section 9.1

/// The stack and the memory buffer of one depth, used again by every frame at that depth.
struct Level {
  /// What a frame's end leaves of a buffer at most.
  static constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;

  U256 stack[stack_items_max + 1];  // the lowest place is never used
  std::unique_ptr<Byte[], decltype(&std::free)> memory{nullptr, &std::free};
  std::size_t memory_capacity = 0;
};

struct Frame {
  ContractHost& host;
  const ContractMessage& message;
  const ContractContext& context;
  Level& level;
  const Byte* code;  // padded
  std::size_t code_size;
  ByteView call_data;  // none for a creation: its input is the code
  const std::uint64_t* jump_destinations;
  Revision revision;
  ContractObserver* observer;
  const Instruction* untraced;  // the instructions themselves, where `table` holds the tracer

  Byte* memory = nullptr;
  std::size_t memory_size = 0;  // bytes, a multiple of 32
  Bytes return_data;            // of the last frame below (EIP-211)
  std::int64_t refund = 0;

  /// How it ends; an instruction that stops without a word has run out of gas.
  ContractStatus status = ContractStatus::out_of_gas;
  std::int64_t gas_left = 0;
  std::size_t output_offset = 0;
  std::size_t output_size = 0;

  // Where the loop goes on when instructions return to it (interpreter.cpp); null: it has ended.
  const Byte* next_pc = nullptr;
  U256* next_top = nullptr;
  std::int64_t next_gas = 0;
};

/// Out of gas or another exceptional halt, as the return value of a charging function.
inline constexpr std::int64_t halted = -1;

inline std::int64_t halt(Frame& frame, ContractStatus status) {
  frame.status = status;
  return halted;
}

/// Lets the memory reach `end` and charges for it. Gives the gas left, or less than zero.
std::int64_t grow_memory(Frame& frame, std::uint64_t end, std::int64_t gas);

/// Makes [offset, offset + size) part of the memory; size is not zero.
inline std::int64_t touch(Frame& frame, const U256& offset, std::uint64_t size, std::int64_t gas) {
  if (!offset.fits64() || offset.low64() > gas::memory_size_max) [[unlikely]]
    return halted;
  const std::uint64_t end = offset.low64() + size;
  if (end <= frame.memory_size) [[likely]]
    return gas;
  return grow_memory(frame, end, gas);
}

/// The same for a size from the stack; nothing happens for zero.
inline std::int64_t touch(Frame& frame, const U256& offset, const U256& size, std::int64_t gas) {
  if (size.is_zero()) return gas;
  if (!size.fits64() || size.low64() > gas::memory_size_max) [[unlikely]]
    return halted;
  return touch(frame, offset, size.low64(), gas);
}

/// A piece of the memory that was touched; empty pieces may lie anywhere.
inline ByteView piece(const Frame& frame, const U256& offset, const U256& size) {
  if (size.is_zero()) return {};
  return {frame.memory + offset.low64(), static_cast<std::size_t>(size.low64())};
}

}  // namespace ledgerlab::evm
