// Ethereum's transactions on the account ledger: 0x71 || sender || Ethereum's encoding with the
// signature left out (y parity 0, r = s = 1) || 65-byte signature (r, s, y parity). The sender
// stands in the body because an id does not cover the signature: two senders asking for the same
// would have one id. Ethereum's own bytes are recovered bit for bit by with_signature().
#pragma once

#include "models/api/block.hpp"
#include "models/api/crypto.hpp"
#include "models/parts/ethereum/transaction.hpp"

namespace ledgerlab::account {

/// No type of EIP-2718 that Ethereum uses.
inline constexpr Byte ethereum_envelope = 0x71;

struct EthereumTransaction {
  ethereum::Transaction content;  // with the signature left out
  Address from;                   // as the envelope says
  Hash256 digest;                 // what is signed
  TxSignature signature;
  /// Is it `from` who signed? A pure function of the transaction and the world's keys.
  mutable bool asked = false;
  mutable bool signed_by_sender = false;
};

/// Signs and charges for it.
TxRef sign_ethereum(Crypto crypto, AccountIndex signer, ethereum::Transaction content);
/// Null if the bytes are no canonical envelope. The result lives as long as the transaction.
const EthereumTransaction* decode_ethereum(const Transaction& transaction);
bool signed_by_sender(const EthereumTransaction& transaction, CryptoSuite& suite);
/// As Ethereum has it: its encoding is what would stand in one of Ethereum's blocks.
ethereum::Transaction with_signature(const EthereumTransaction& transaction);

}  // namespace ledgerlab::account
