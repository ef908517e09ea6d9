// Simplified payment verification (Nakamoto 2008, section 8): who knows only a block's receipts
// root learns that a transaction took effect in it from a Merkle branch.
#pragma once

#include "models/parts/utxo/execute.hpp"

namespace ledgerlab::utxo {

struct PaymentProof {
  Bytes stripped;  // the transaction without witnesses: what its id covers
  std::uint32_t index = 0;
  std::vector<Hash256> branch;
};

/// Nothing if the transaction is not in the block or took no effect.
std::optional<PaymentProof> prove_payment(const Block& block, const BlockResult& result,
                                          const TxId& transaction);
/// The transaction, if the proof shows that it is below this root.
std::optional<bitcoin::Transaction> verify_payment(const Hash256& receipts_root,
                                                   const PaymentProof& proof);

}  // namespace ledgerlab::utxo
