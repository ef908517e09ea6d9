// Ethereum's blocks: header, transactions, ommers and, from Shanghai on, withdrawals (Yellow Paper,
// 4.4; EIP-4895), with the roots that tie the body to the header.
#pragma once

#include <span>
#include <vector>

#include "models/parts/ethereum/header.hpp"
#include "models/parts/ethereum/transaction.hpp"

namespace ledgerlab::ethereum {

struct Withdrawal {  // EIP-4895
  std::uint64_t index = 0;
  std::uint64_t validator = 0;
  Address address;
  std::uint64_t amount = 0;  // Gwei
  friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};
using Withdrawals = std::vector<Withdrawal>;

struct Block {
  Header header;
  std::vector<Transaction> transactions;
  std::vector<Header> ommers;
  std::optional<Withdrawals> withdrawals;  // from Shanghai on
  friend bool operator==(const Block&, const Block&) = default;
};

Bytes encode(const Block& block);
/// Nothing unless the bytes are one block in its only form. A transaction that does not decode sets
/// `fault` to its class; any other fault leaves `none`.
std::optional<Block> decode_block(ByteView bytes, TransactionFault* fault = nullptr);

/// The root of the trie rlp(index) -> item (Yellow Paper, 4.4.3).
Hash256 ordered_root(std::span<const Bytes> items);
Hash256 transactions_root(std::span<const Transaction> transactions);
Hash256 withdrawals_root(std::span<const Withdrawal> withdrawals);
Hash256 ommers_hash(std::span<const Header> ommers);

}  // namespace ledgerlab::ethereum
