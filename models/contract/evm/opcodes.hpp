// The one table of instructions: stack effect, immediate bytes and the constant part of the gas
// cost by fork (Yellow Paper, appendix H.2, and the EIPs named beside the rows). Everything else,
// the dispatch tables included, is made from it at compile time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/api/contract.hpp"

namespace ledgerlab::evm {

enum class Opcode : Byte {
  stop = 0x00,
  add,
  mul,
  sub,
  div,
  sdiv,
  mod,
  smod,
  addmod,
  mulmod,
  exp,
  signextend,
  lt = 0x10,
  gt,
  slt,
  sgt,
  eq,
  iszero,
  and_,
  or_,
  xor_,
  not_,
  byte,
  shl,
  shr,
  sar,
  keccak256 = 0x20,
  address = 0x30,
  balance,
  origin,
  caller,
  callvalue,
  calldataload,
  calldatasize,
  calldatacopy,
  codesize,
  codecopy,
  gasprice,
  extcodesize,
  extcodecopy,
  returndatasize,
  returndatacopy,
  extcodehash,
  blockhash = 0x40,
  coinbase,
  timestamp,
  number,
  prevrandao,
  gaslimit,
  chainid,
  selfbalance,
  basefee,
  blobhash,
  blobbasefee,
  pop = 0x50,
  mload,
  mstore,
  mstore8,
  sload,
  sstore,
  jump,
  jumpi,
  pc,
  msize,
  gas,
  jumpdest,
  tload,
  tstore,
  mcopy,
  push0,
  push1 = 0x60,
  push32 = 0x7f,
  dup1 = 0x80,
  dup16 = 0x8f,
  swap1 = 0x90,
  swap16 = 0x9f,
  log0 = 0xa0,
  log1,
  log2,
  log3,
  log4,
  create = 0xf0,
  call,
  callcode,
  return_,
  delegatecall,
  create2,
  staticcall = 0xfa,
  revert = 0xfd,
  invalid,
  selfdestruct
};

/// The constant part of the cost from a fork on.
struct GasSince {
  Revision since = Revision::frontier;
  std::int32_t gas = -1;
};

inline constexpr std::int32_t undefined_gas = -1;

struct OpcodeInfo {
  std::string_view name;  // of the family for PUSH1.., DUP.., SWAP.., LOG..; empty: never defined
  std::uint8_t inputs = 0;
  std::uint8_t outputs = 0;
  std::uint8_t immediate = 0;          // bytes after the opcode
  std::array<GasSince, 4> schedule{};  // ascending; unused places have gas -1

  constexpr std::int32_t gas(Revision revision) const {
    std::int32_t cost = undefined_gas;
    for (const GasSince& entry : schedule) {
      if (entry.gas != undefined_gas && entry.since <= revision) cost = entry.gas;
    }
    return cost;
  }
};

struct OpcodeRow {
  Opcode opcode;
  OpcodeInfo info;
};

using enum Revision;

/// Static costs; what depends on sizes, values and access is charged by the instructions (gas.hpp).
inline constexpr OpcodeRow opcode_rows[] = {
    {Opcode::stop, {"STOP", 0, 0, 0, {{{frontier, 0}}}}},
    {Opcode::add, {"ADD", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::mul, {"MUL", 2, 1, 0, {{{frontier, 5}}}}},
    {Opcode::sub, {"SUB", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::div, {"DIV", 2, 1, 0, {{{frontier, 5}}}}},
    {Opcode::sdiv, {"SDIV", 2, 1, 0, {{{frontier, 5}}}}},
    {Opcode::mod, {"MOD", 2, 1, 0, {{{frontier, 5}}}}},
    {Opcode::smod, {"SMOD", 2, 1, 0, {{{frontier, 5}}}}},
    {Opcode::addmod, {"ADDMOD", 3, 1, 0, {{{frontier, 8}}}}},
    {Opcode::mulmod, {"MULMOD", 3, 1, 0, {{{frontier, 8}}}}},
    {Opcode::exp, {"EXP", 2, 1, 0, {{{frontier, 10}}}}},
    {Opcode::signextend, {"SIGNEXTEND", 2, 1, 0, {{{frontier, 5}}}}},
    {Opcode::lt, {"LT", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::gt, {"GT", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::slt, {"SLT", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::sgt, {"SGT", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::eq, {"EQ", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::iszero, {"ISZERO", 1, 1, 0, {{{frontier, 3}}}}},
    {Opcode::and_, {"AND", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::or_, {"OR", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::xor_, {"XOR", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::not_, {"NOT", 1, 1, 0, {{{frontier, 3}}}}},
    {Opcode::byte, {"BYTE", 2, 1, 0, {{{frontier, 3}}}}},
    {Opcode::shl, {"SHL", 2, 1, 0, {{{constantinople, 3}}}}},  // EIP-145
    {Opcode::shr, {"SHR", 2, 1, 0, {{{constantinople, 3}}}}},
    {Opcode::sar, {"SAR", 2, 1, 0, {{{constantinople, 3}}}}},
    {Opcode::keccak256, {"KECCAK256", 2, 1, 0, {{{frontier, 30}}}}},
    {Opcode::address, {"ADDRESS", 0, 1, 0, {{{frontier, 2}}}}},
    // EIP-150, EIP-1884, EIP-2929 (the cold surcharge is dynamic)
    {Opcode::balance,
     {"BALANCE",
      1,
      1,
      0,
      {{{frontier, 20}, {tangerine_whistle, 400}, {istanbul, 700}, {berlin, 100}}}}},
    {Opcode::origin, {"ORIGIN", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::caller, {"CALLER", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::callvalue, {"CALLVALUE", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::calldataload, {"CALLDATALOAD", 1, 1, 0, {{{frontier, 3}}}}},
    {Opcode::calldatasize, {"CALLDATASIZE", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::calldatacopy, {"CALLDATACOPY", 3, 0, 0, {{{frontier, 3}}}}},
    {Opcode::codesize, {"CODESIZE", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::codecopy, {"CODECOPY", 3, 0, 0, {{{frontier, 3}}}}},
    {Opcode::gasprice, {"GASPRICE", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::extcodesize,
     {"EXTCODESIZE", 1, 1, 0, {{{frontier, 20}, {tangerine_whistle, 700}, {berlin, 100}}}}},
    {Opcode::extcodecopy,
     {"EXTCODECOPY", 4, 0, 0, {{{frontier, 20}, {tangerine_whistle, 700}, {berlin, 100}}}}},
    {Opcode::returndatasize, {"RETURNDATASIZE", 0, 1, 0, {{{byzantium, 2}}}}},  // EIP-211
    {Opcode::returndatacopy, {"RETURNDATACOPY", 3, 0, 0, {{{byzantium, 3}}}}},
    {Opcode::extcodehash,  // EIP-1052, EIP-1884
     {"EXTCODEHASH", 1, 1, 0, {{{constantinople, 400}, {istanbul, 700}, {berlin, 100}}}}},
    {Opcode::blockhash, {"BLOCKHASH", 1, 1, 0, {{{frontier, 20}}}}},
    {Opcode::coinbase, {"COINBASE", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::timestamp, {"TIMESTAMP", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::number, {"NUMBER", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::prevrandao, {"PREVRANDAO", 0, 1, 0, {{{frontier, 2}}}}},  // EIP-4399; was DIFFICULTY
    {Opcode::gaslimit, {"GASLIMIT", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::chainid, {"CHAINID", 0, 1, 0, {{{istanbul, 2}}}}},          // EIP-1344
    {Opcode::selfbalance, {"SELFBALANCE", 0, 1, 0, {{{istanbul, 5}}}}},  // EIP-1884
    {Opcode::basefee, {"BASEFEE", 0, 1, 0, {{{london, 2}}}}},            // EIP-3198
    {Opcode::blobhash, {"BLOBHASH", 1, 1, 0, {{{cancun, 3}}}}},          // EIP-4844
    {Opcode::blobbasefee, {"BLOBBASEFEE", 0, 1, 0, {{{cancun, 2}}}}},    // EIP-7516
    {Opcode::pop, {"POP", 1, 0, 0, {{{frontier, 2}}}}},
    {Opcode::mload, {"MLOAD", 1, 1, 0, {{{frontier, 3}}}}},
    {Opcode::mstore, {"MSTORE", 2, 0, 0, {{{frontier, 3}}}}},
    {Opcode::mstore8, {"MSTORE8", 2, 0, 0, {{{frontier, 3}}}}},
    {Opcode::sload,
     {"SLOAD",
      1,
      1,
      0,
      {{{frontier, 50}, {tangerine_whistle, 200}, {istanbul, 800}, {berlin, 100}}}}},
    {Opcode::sstore, {"SSTORE", 2, 0, 0, {{{frontier, 0}}}}},  // all dynamic
    {Opcode::jump, {"JUMP", 1, 0, 0, {{{frontier, 8}}}}},
    {Opcode::jumpi, {"JUMPI", 2, 0, 0, {{{frontier, 10}}}}},
    {Opcode::pc, {"PC", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::msize, {"MSIZE", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::gas, {"GAS", 0, 1, 0, {{{frontier, 2}}}}},
    {Opcode::jumpdest, {"JUMPDEST", 0, 0, 0, {{{frontier, 1}}}}},
    {Opcode::tload, {"TLOAD", 1, 1, 0, {{{cancun, 100}}}}},  // EIP-1153
    {Opcode::tstore, {"TSTORE", 2, 0, 0, {{{cancun, 100}}}}},
    {Opcode::mcopy, {"MCOPY", 3, 0, 0, {{{cancun, 3}}}}},    // EIP-5656
    {Opcode::push0, {"PUSH0", 0, 1, 0, {{{shanghai, 2}}}}},  // EIP-3855
    {Opcode::create, {"CREATE", 3, 1, 0, {{{frontier, 32'000}}}}},
    {Opcode::call, {"CALL", 7, 1, 0, {{{frontier, 40}, {tangerine_whistle, 700}, {berlin, 100}}}}},
    {Opcode::callcode,
     {"CALLCODE", 7, 1, 0, {{{frontier, 40}, {tangerine_whistle, 700}, {berlin, 100}}}}},
    {Opcode::return_, {"RETURN", 2, 0, 0, {{{frontier, 0}}}}},
    {Opcode::delegatecall,  // EIP-7
     {"DELEGATECALL", 6, 1, 0, {{{homestead, 40}, {tangerine_whistle, 700}, {berlin, 100}}}}},
    {Opcode::create2, {"CREATE2", 4, 1, 0, {{{constantinople, 32'000}}}}},               // EIP-1014
    {Opcode::staticcall, {"STATICCALL", 6, 1, 0, {{{byzantium, 700}, {berlin, 100}}}}},  // EIP-214
    {Opcode::revert, {"REVERT", 2, 0, 0, {{{byzantium, 0}}}}},                           // EIP-140
    {Opcode::invalid, {"INVALID", 0, 0, 0, {{{frontier, 0}}}}},                          // EIP-141
    {Opcode::selfdestruct,
     {"SELFDESTRUCT", 1, 0, 0, {{{frontier, 0}, {tangerine_whistle, 5'000}}}}},
};

/// All 256, with the families PUSH1..32, DUP1..16, SWAP1..16, LOG0..4 filled in.
consteval std::array<OpcodeInfo, 256> make_opcodes() {
  std::array<OpcodeInfo, 256> out{};
  for (const OpcodeRow& row : opcode_rows) out[static_cast<std::size_t>(row.opcode)] = row.info;
  for (std::uint8_t n = 1; n <= 32; ++n) {
    out[0x5fu + n] = {"PUSH", 0, 1, n, {{{frontier, 3}}}};
  }
  for (std::uint8_t n = 1; n <= 16; ++n) {
    const auto next = static_cast<std::uint8_t>(n + 1);
    out[0x7fu + n] = {"DUP", n, next, 0, {{{frontier, 3}}}};
    out[0x8fu + n] = {"SWAP", next, next, 0, {{{frontier, 3}}}};
  }
  for (std::uint8_t n = 0; n <= 4; ++n) {
    const auto inputs = static_cast<std::uint8_t>(2 + n);
    out[0xa0u + n] = {"LOG", inputs, 0, 0, {{{frontier, 375 + 375 * n}}}};
  }
  return out;
}
inline constexpr std::array<OpcodeInfo, 256> opcodes = make_opcodes();

constexpr const OpcodeInfo& info_of(Opcode opcode) {
  return opcodes[static_cast<std::size_t>(opcode)];
}

/// The number of instructions that a fork defines, INVALID among them.
consteval int count_opcodes(Revision revision) {
  int count = 0;
  for (const OpcodeInfo& info : opcodes) count += info.gas(revision) != undefined_gas ? 1 : 0;
  return count;
}

consteval bool rows_are_sound() {
  int previous = -1;
  for (const OpcodeRow& row : opcode_rows) {
    const int opcode = static_cast<int>(row.opcode);
    if (opcode <= previous || row.info.name.empty()) return false;
    if (row.info.inputs > 7 || row.info.outputs > 1 || row.info.immediate != 0) return false;
    if (row.info.schedule[0].gas < 0) return false;
    for (std::size_t i = 1; i < row.info.schedule.size(); ++i) {
      const GasSince& before = row.info.schedule[i - 1];
      const GasSince& entry = row.info.schedule[i];
      if (entry.gas == undefined_gas) continue;
      if (before.gas == undefined_gas || entry.since <= before.since) return false;
      if (entry.gas == before.gas) return false;
    }
    previous = opcode;
  }
  return true;
}
static_assert(rows_are_sound());
// Yellow Paper of 2015: 129 instructions and the one that is designated invalid; then EIP-7,
// EIP-140/211/214, EIP-145/1014/1052, EIP-1344/1884, EIP-3198, EIP-3855, EIP-1153/4844/5656/7516.
static_assert(count_opcodes(frontier) == 130);
static_assert(count_opcodes(homestead) == 131 && count_opcodes(spurious_dragon) == 131);
static_assert(count_opcodes(byzantium) == 135);
static_assert(count_opcodes(constantinople) == 140 && count_opcodes(petersburg) == 140);
static_assert(count_opcodes(istanbul) == 142 && count_opcodes(berlin) == 142);
static_assert(count_opcodes(london) == 143 && count_opcodes(paris) == 143);
static_assert(count_opcodes(shanghai) == 144 && count_opcodes(cancun) == 149);
static_assert(info_of(Opcode::call).gas(homestead) == 40);
static_assert(info_of(Opcode::sload).gas(berlin) == 100);
static_assert(info_of(Opcode::push32).immediate == 32 && info_of(Opcode::push1).immediate == 1);
static_assert(info_of(Opcode::swap16).inputs == 17 && info_of(Opcode::dup16).outputs == 17);

}  // namespace ledgerlab::evm
