// What each instruction does, apart from what the table knows (stack, constant gas, length): one
// body for each opcode, of one of seven shapes that the interpreter tells apart by its signature.
//   void(top)                     words of the stack only
//   void(top, frame)              reads the frame
//   bool(top, frame)              a word of memory; false: the memory has to grow before
//   gas(top, gas, frame)          charges; less than zero: halted
//   void(pc, top, gas, frame)     needs its own place or the gas left
//   pc(pc, top, frame)            jumps; null: halted
//   End(top, gas, frame)          ends the frame
// `top` is the stack before the instruction, top first at top[0], then top[-1] ...; a result goes
// to the place of the lowest input, or to top[1].
#pragma once

#include "models/contract/evm/host_instructions.hpp"
#include "models/contract/evm/word.hpp"

namespace ledgerlab::evm {

struct End {};
struct Nothing {};

/// Opcodes without a specialisation have no body.
template <Opcode op>
inline constexpr Nothing body;

constexpr bool within(Opcode op, Opcode first, unsigned count) {
  return op >= first && static_cast<unsigned>(op) < static_cast<unsigned>(first) + count;
}
/// The n of PUSHn, DUPn, SWAPn (`first` has n = 1).
constexpr int place_in_family(Opcode op, Opcode first) {
  return static_cast<int>(op) - static_cast<int>(first) + 1;
}

/// Word by word: a 16-byte load of what two 8-byte stores have just left waits for both.
inline void copy_word(U256& to, const U256& from) {
  const std::uint64_t w0 = from.words[0], w1 = from.words[1];
  const std::uint64_t w2 = from.words[2], w3 = from.words[3];
  to.words[0] = w0;
  to.words[1] = w1;
  to.words[2] = w2;
  to.words[3] = w3;
}

/// Whether the memory has all of [offset, offset + size).
template <std::uint64_t size>
inline bool is_in_memory(const U256& offset, const Frame& frame) {
  return offset.fits64() && offset.low64() < frame.memory_size &&
         frame.memory_size - offset.low64() >= size;
}

inline void set_flag(U256& word, bool flag) { word = U256(flag ? 1 : 0); }

/// A shift amount of 256 and more shifts everything out.
inline unsigned shift_amount(const U256& word) {
  return word.fits64() && word.low64() < 256 ? static_cast<unsigned>(word.low64()) : 256u;
}

/// The N immediate bytes of a PUSH, most significant first.
template <int N>
inline void push_immediate(const Byte* from, U256& word) {
  constexpr int whole = N / 8;
  constexpr int part = N % 8;
  U256 value;
  // Reads past the immediate bytes; the code is padded.
  if constexpr (part != 0) value.words[whole] = load_big_endian(from) >> (64 - 8 * part);
  for (int i = 0; i < whole; ++i) {
    value.words[static_cast<std::size_t>(i)] = load_big_endian(from + N - 8 * (i + 1));
  }
  word = value;
}

// 0x01 to 0x1d: arithmetic, comparison, bits
template <>
inline constexpr auto body<Opcode::add> = [](U256* top) { top[-1] = top[0] + top[-1]; };
template <>
inline constexpr auto body<Opcode::mul> = [](U256* top) { top[-1] = top[0] * top[-1]; };
template <>
inline constexpr auto body<Opcode::sub> = [](U256* top) { top[-1] = top[0] - top[-1]; };
template <>
inline constexpr auto body<Opcode::div> = [](U256* top) { copy_word(top[-1], top[0] / top[-1]); };
template <>
inline constexpr auto body<Opcode::sdiv> =
    [](U256* top) { copy_word(top[-1], signed_divide(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::mod> = [](U256* top) { copy_word(top[-1], top[0] % top[-1]); };
template <>
inline constexpr auto body<Opcode::smod> =
    [](U256* top) { copy_word(top[-1], signed_modulo(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::addmod> =
    [](U256* top) { copy_word(top[-2], add_modulo(top[0], top[-1], top[-2])); };
template <>
inline constexpr auto body<Opcode::mulmod> =
    [](U256* top) { copy_word(top[-2], multiply_modulo(top[0], top[-1], top[-2])); };
template <>
inline constexpr auto body<Opcode::exp> =
    [](U256* top, std::int64_t gas, Frame& frame) { return exponentiate(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::signextend> =
    [](U256* top) { copy_word(top[-1], sign_extend(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::lt> =
    [](U256* top) { set_flag(top[-1], less(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::gt> =
    [](U256* top) { set_flag(top[-1], less(top[-1], top[0])); };
template <>
inline constexpr auto body<Opcode::slt> =
    [](U256* top) { set_flag(top[-1], signed_less(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::sgt> =
    [](U256* top) { set_flag(top[-1], signed_less(top[-1], top[0])); };
template <>
inline constexpr auto body<Opcode::eq> =
    [](U256* top) { set_flag(top[-1], equal(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::iszero> = [](U256* top) { set_flag(top[0], top[0].is_zero()); };
template <>
inline constexpr auto body<Opcode::and_> = [](U256* top) { top[-1] = top[0] & top[-1]; };
template <>
inline constexpr auto body<Opcode::or_> = [](U256* top) { top[-1] = top[0] | top[-1]; };
template <>
inline constexpr auto body<Opcode::xor_> = [](U256* top) { top[-1] = top[0] ^ top[-1]; };
template <>
inline constexpr auto body<Opcode::not_> = [](U256* top) { top[0] = ~top[0]; };
template <>
inline constexpr auto body<Opcode::byte> =
    [](U256* top) { copy_word(top[-1], byte_at(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::shl> =
    [](U256* top) { top[-1] = top[-1] << shift_amount(top[0]); };
template <>
inline constexpr auto body<Opcode::shr> =
    [](U256* top) { top[-1] = top[-1] >> shift_amount(top[0]); };
template <>
inline constexpr auto body<Opcode::sar> =
    [](U256* top) { copy_word(top[-1], shift_right_arithmetic(top[0], top[-1])); };
template <>
inline constexpr auto body<Opcode::keccak256> =
    [](U256* top, std::int64_t gas, Frame& frame) { return keccak(top, gas, frame); };

// 0x30 to 0x3f: the message, its code and data, other accounts
template <>
inline constexpr auto body<Opcode::address> =
    [](U256* top, Frame& frame) { top[1] = word_from(frame.message.recipient); };
template <>
inline constexpr auto body<Opcode::balance> =
    [](U256* top, std::int64_t gas, Frame& frame) { return balance(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::origin> =
    [](U256* top, Frame& frame) { top[1] = word_from(frame.context.origin); };
template <>
inline constexpr auto body<Opcode::caller> =
    [](U256* top, Frame& frame) { top[1] = word_from(frame.message.sender); };
template <>
inline constexpr auto body<Opcode::callvalue> =
    [](U256* top, Frame& frame) { top[1] = frame.message.value; };
template <>
inline constexpr auto body<Opcode::calldataload> =
    [](U256* top, Frame& frame) { load_call_data(top, frame); };
template <>
inline constexpr auto body<Opcode::calldatasize> =
    [](U256* top, Frame& frame) { top[1] = U256(frame.call_data.size()); };
template <>
inline constexpr auto body<Opcode::calldatacopy> =
    [](U256* top, std::int64_t gas, Frame& frame) { return copy_call_data(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::codesize> =
    [](U256* top, Frame& frame) { top[1] = U256(frame.code_size); };
template <>
inline constexpr auto body<Opcode::codecopy> =
    [](U256* top, std::int64_t gas, Frame& frame) { return copy_code(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::gasprice> =
    [](U256* top, Frame& frame) { top[1] = frame.context.gas_price; };
template <>
inline constexpr auto body<Opcode::extcodesize> =
    [](U256* top, std::int64_t gas, Frame& frame) { return code_size_of(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::extcodecopy> =
    [](U256* top, std::int64_t gas, Frame& frame) { return copy_code_of(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::returndatasize> =
    [](U256* top, Frame& frame) { top[1] = U256(frame.return_data.size()); };
template <>
inline constexpr auto body<Opcode::returndatacopy> =
    [](U256* top, std::int64_t gas, Frame& frame) { return copy_return_data(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::extcodehash> =
    [](U256* top, std::int64_t gas, Frame& frame) { return code_hash_of(top, gas, frame); };

// 0x40 to 0x4a: the block and the transaction
template <>
inline constexpr auto body<Opcode::blockhash> =
    [](U256* top, Frame& frame) { block_hash(top, frame); };
template <>
inline constexpr auto body<Opcode::coinbase> =
    [](U256* top, Frame& frame) { top[1] = word_from(frame.context.coinbase); };
template <>
inline constexpr auto body<Opcode::timestamp> = [](U256* top, Frame& frame) {
  top[1] = U256(static_cast<std::uint64_t>(frame.context.timestamp));
};
template <>
inline constexpr auto body<Opcode::number> = [](U256* top, Frame& frame) {
  top[1] = U256(static_cast<std::uint64_t>(frame.context.block_number));
};
template <>
inline constexpr auto body<Opcode::prevrandao> =
    [](U256* top, Frame& frame) { top[1] = frame.context.prev_randao; };
template <>
inline constexpr auto body<Opcode::gaslimit> = [](U256* top, Frame& frame) {
  top[1] = U256(static_cast<std::uint64_t>(frame.context.gas_limit));
};
template <>
inline constexpr auto body<Opcode::chainid> =
    [](U256* top, Frame& frame) { top[1] = frame.context.chain_id; };
template <>
inline constexpr auto body<Opcode::selfbalance> =
    [](U256* top, Frame& frame) { self_balance(top, frame); };
template <>
inline constexpr auto body<Opcode::basefee> =
    [](U256* top, Frame& frame) { top[1] = frame.context.base_fee; };
template <>
inline constexpr auto body<Opcode::blobhash> =
    [](U256* top, Frame& frame) { blob_hash(top, frame); };
template <>
inline constexpr auto body<Opcode::blobbasefee> =
    [](U256* top, Frame& frame) { top[1] = frame.context.blob_base_fee; };

// 0x50 to 0x5f: stack, memory, storage, flow
template <>
inline constexpr auto body<Opcode::pop> = [](U256*) {};
template <>
inline constexpr auto body<Opcode::mload> = [](U256* top, Frame& frame) {
  if (!is_in_memory<32>(top[0], frame)) [[unlikely]]
    return false;
  load_word(top[0], frame.memory + top[0].low64());
  return true;
};
template <>
inline constexpr auto body<Opcode::mstore> = [](U256* top, Frame& frame) {
  if (!is_in_memory<32>(top[0], frame)) [[unlikely]]
    return false;
  store_word(frame.memory + top[0].low64(), top[-1]);
  return true;
};
template <>
inline constexpr auto body<Opcode::mstore8> = [](U256* top, Frame& frame) {
  if (!is_in_memory<1>(top[0], frame)) [[unlikely]]
    return false;
  frame.memory[top[0].low64()] = static_cast<Byte>(top[-1].low64());
  return true;
};
/// How many bytes at top[0] the memory must have for these three.
template <Opcode op>
inline constexpr std::uint64_t width = op == Opcode::mstore8 ? 1 : 32;
template <>
inline constexpr auto body<Opcode::sload> =
    [](U256* top, std::int64_t gas, Frame& frame) { return load_storage(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::sstore> =
    [](U256* top, std::int64_t gas, Frame& frame) { return store_storage(top, gas, frame); };

/// The place in the code that `target` names, if it is a jump destination.
inline const Byte* jump_to(const U256& target, Frame& frame) {
  const std::uint64_t place = target.low64();
  if (target.fits64() && place < frame.code_size &&
      (frame.jump_destinations[place / 64] >> (place % 64) & 1) != 0) [[likely]] {
    return frame.code + place;
  }
  frame.status = ContractStatus::bad_jump;
  return nullptr;
}
template <>
inline constexpr auto body<Opcode::jump> =
    [](const Byte*, U256* top, Frame& frame) -> const Byte* { return jump_to(top[0], frame); };
template <>
inline constexpr auto body<Opcode::jumpi> =
    [](const Byte* pc, U256* top, Frame& frame) -> const Byte* {
  return top[-1].is_zero() ? pc + 1 : jump_to(top[0], frame);
};
template <>
inline constexpr auto body<Opcode::pc> = [](const Byte* pc, U256* top, std::int64_t, Frame& frame) {
  top[1] = U256(static_cast<std::uint64_t>(pc - frame.code));
};
template <>
inline constexpr auto body<Opcode::msize> =
    [](U256* top, Frame& frame) { top[1] = U256(frame.memory_size); };
template <>
inline constexpr auto body<Opcode::gas> = [](const Byte*, U256* top, std::int64_t gas, Frame&) {
  top[1] = U256(static_cast<std::uint64_t>(gas));
};
template <>
inline constexpr auto body<Opcode::jumpdest> = [](U256*) {};
template <>
inline constexpr auto body<Opcode::tload> =
    [](U256* top, Frame& frame) { load_transient(top, frame); };
template <>
inline constexpr auto body<Opcode::tstore> =
    [](U256* top, std::int64_t gas, Frame& frame) { return store_transient(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::mcopy> =
    [](U256* top, std::int64_t gas, Frame& frame) { return copy_memory(top, gas, frame); };
template <>
inline constexpr auto body<Opcode::push0> = [](U256* top) { top[1] = U256(); };

// 0x60 to 0xa4: families
template <Opcode op>
requires(within(op, Opcode::push1, 32)) inline constexpr auto body<op> =
    [](const Byte* pc, U256* top, std::int64_t, Frame&) {
      push_immediate<place_in_family(op, Opcode::push1)>(pc + 1, top[1]);
    };
template <Opcode op>
requires(within(op, Opcode::dup1, 16)) inline constexpr auto body<op> = [](U256* top) {
  copy_word(top[1], top[1 - place_in_family(op, Opcode::dup1)]);
};
template <Opcode op>
requires(within(op, Opcode::swap1, 16)) inline constexpr auto body<op> = [](U256* top) {
  U256& other = top[-place_in_family(op, Opcode::swap1)];
  const std::uint64_t w0 = top[0].words[0], w1 = top[0].words[1];
  const std::uint64_t w2 = top[0].words[2], w3 = top[0].words[3];
  copy_word(top[0], other);
  other.words[0] = w0;
  other.words[1] = w1;
  other.words[2] = w2;
  other.words[3] = w3;
};
template <Opcode op>
requires(within(op, Opcode::log0, 5)) inline constexpr auto body<op> =
    [](U256* top, std::int64_t gas, Frame& frame) {
      return log(top, gas, frame, static_cast<unsigned>(op) - static_cast<unsigned>(Opcode::log0));
    };

// 0xf0 to 0xff: other frames, ends
template <Opcode op>
requires(op == Opcode::call || op == Opcode::callcode || op == Opcode::delegatecall ||
         op == Opcode::staticcall) inline constexpr auto body<op> =
    [](U256* top, std::int64_t gas, Frame& frame) { return call_account(top, gas, frame, op); };
template <Opcode op>
requires(op == Opcode::create || op == Opcode::create2) inline constexpr auto body<op> =
    [](U256* top, std::int64_t gas, Frame& frame) { return create_account(top, gas, frame, op); };
template <>
inline constexpr auto body<Opcode::stop> = [](U256*, std::int64_t gas, Frame& frame) {
  frame.status = ContractStatus::success;
  frame.gas_left = gas;
  return End{};
};
template <>
inline constexpr auto body<Opcode::return_> = [](U256* top, std::int64_t gas, Frame& frame) {
  return_piece(top, gas, frame, ContractStatus::success);
  return End{};
};
template <>
inline constexpr auto body<Opcode::revert> = [](U256* top, std::int64_t gas, Frame& frame) {
  return_piece(top, gas, frame, ContractStatus::revert);
  return End{};
};
template <>
inline constexpr auto body<Opcode::invalid> = [](U256*, std::int64_t, Frame& frame) {
  frame.status = ContractStatus::invalid_instruction;
  return End{};
};
template <>
inline constexpr auto body<Opcode::selfdestruct> = [](U256* top, std::int64_t gas, Frame& frame) {
  self_destruct(top, gas, frame);
  return End{};
};

}  // namespace ledgerlab::evm
