// The transaction of Ethereum's state transition function (Yellow Paper 6; EIP-1559, EIP-2930,
// EIP-4844): checks, fees, the frame, refunds, receipt. The block's own part (rewards, withdrawals,
// system calls) goes through the same Overlay.
#pragma once

#include "models/parts/ethereum/host.hpp"
#include "models/parts/ethereum/receipt.hpp"

namespace ledgerlab::ethereum {

struct Transaction;
enum class TransactionFault : std::uint8_t;

/// What the transactions of a block have used so far.
struct BlockUse {
  std::uint64_t gas = 0;
  std::uint64_t blob_gas = 0;
};

struct TransactionOutcome {
  /// Why it cannot stand in this block at this place; `none` if it was executed.
  TransactionFault fault{};
  Receipt receipt;
  ContractResult result;  // of its frame
};

/// Executes a transaction of `sender` (that he signed it is the caller's check) under the overlay's
/// revision and adds to `use`. A refused one changes nothing.
TransactionOutcome execute_transaction(Overlay& overlay, const BlockContext& block,
                                       const Transaction& transaction, const Address& sender,
                                       ContractEngine& engine, BlockUse& use);

/// A call that the protocol itself makes (EIP-4788 ...): no fee, no nonce, no check of balance;
/// nothing happens if there is no code.
ContractResult system_call(Overlay& overlay, const BlockContext& block, ContractEngine& engine,
                           const Address& from, const Address& to, ByteView input,
                           std::int64_t gas = 30'000'000);

/// A frame as eth_call runs it: as the transaction would, but free and undone at the end.
ContractResult simulate_call(Overlay& overlay, const BlockContext& block, ContractEngine& engine,
                             const ContractMessage& message);

/// EIP-4844: fake_exponential(1, excess, 3338477).
U256 blob_base_fee(std::uint64_t excess_blob_gas);

}  // namespace ledgerlab::ethereum
