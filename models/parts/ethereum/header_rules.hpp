// What a header must say given its parent's (Yellow Paper, 4.4.4 and the EIPs named beside the
// rules): the part of a block's validity that needs no state.
#pragma once

#include <string_view>

#include "models/parts/ethereum/header.hpp"
#include "models/parts/ethereum/rules.hpp"

namespace ledgerlab::ethereum {

/// Why a block is refused, by class.
enum class BlockFault : std::uint8_t {
  none,
  malformed,  // not RLP of a block's shape, or not its only form
  unknown_parent,
  number,
  timestamp,
  gas_limit,
  gas_used,
  difficulty,
  extra_data,   // too long, or without the DAO fork's mark
  fork_fields,  // a field of another fork, or one of this fork missing
  merge,        // proof of work after the merge or proof of stake before it
  base_fee,     // EIP-1559
  blob_gas,     // EIP-4844
  ommers_hash,  // does not match the body
  ommers,       // too many, unrelated, too old, included before, invalid, or after Paris
  transactions_root,
  withdrawals,  // missing, not of this fork, or another root
  transaction,  // one of them is refused: see its own fault
  receipts_root,
  bloom,
  state_root,
  seal
};
std::string_view block_fault_name(BlockFault fault);

inline constexpr std::uint64_t min_gas_limit = 5'000;
inline constexpr std::uint64_t max_gas_limit = 0x7fff'ffff'ffff'ffff;
inline constexpr std::size_t max_extra_data = 32;
inline constexpr std::uint64_t initial_base_fee = 1'000'000'000;     // EIP-1559
inline constexpr std::uint64_t target_blob_gas_per_block = 393'216;  // EIP-4844

/// The difficulty of a proof-of-work child with this number and time (Yellow Paper, 4.4.4; EIP-2,
/// EIP-100, and the bomb's delays).
U256 next_difficulty(const Rules& rules, const Header& parent, std::uint64_t number,
                     std::uint64_t timestamp);
/// EIP-1559: for a child from London on.
U256 next_base_fee(const Header& parent);
/// EIP-4844: for a child from Cancun on.
std::uint64_t next_excess_blob_gas(const Header& parent);
/// `merged`: the parent's total difficulty has reached the terminal one. Seals are looked at
/// elsewhere.
BlockFault check_header(const Rules& rules, const Header& header, const Header& parent,
                        bool merged);

}  // namespace ledgerlab::ethereum
