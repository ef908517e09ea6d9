// Transactions of the account ledger. Encoding: 0x70 || RLP[chain id, nonce, from, to, value, fee,
// data] || 65-byte signature. 0x70 is a type byte in the manner of EIP-2718, so that more types can
// join the same ledger; contracts and Ethereum's own types come later. The sender stands in the
// body: an id does not cover the signature, so two senders asking for the same would have one id.
#pragma once

#include <optional>

#include "models/api/block.hpp"
#include "models/api/crypto.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

inline constexpr Byte transfer_type = 0x70;
inline constexpr std::uint64_t ledgerlab_chain_id = 1337;

/// A signed transfer's content.
struct Transfer {
  std::uint64_t chain_id = ledgerlab_chain_id;
  std::uint64_t nonce = 0;  // transfers this sender made before
  Address from;             // sign_transfer fills it in
  Address to;
  U256 value;             // smallest units
  std::uint64_t fee = 0;  // smallest units, to the fee account
  Bytes data;             // carried, without effect
};

struct SignedTransfer {
  Transfer transfer;
  Hash256 digest;  // what is signed; also the transaction's id
  TxSignature signature;
  /// The signer once asked for: a pure function of the transaction and the world's keys.
  mutable std::optional<Address> sender;
  mutable bool recovered = false;
};

/// Signs and charges for it.
TxRef sign_transfer(Crypto crypto, AccountIndex signer, Transfer transfer);
/// Null if the bytes are no canonical transfer. The result lives as long as the transaction.
const SignedTransfer* decode_transfer(const Transaction& transaction);
/// The sender's address, nothing if the signature is not valid or not the sender's. Charging is the
/// caller's.
const std::optional<Address>& sender_of(const SignedTransfer& signed_transfer, CryptoSuite& suite);

}  // namespace ledgerlab
