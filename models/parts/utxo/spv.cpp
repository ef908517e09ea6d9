#include "models/parts/utxo/spv.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"

namespace ledgerlab::utxo {

std::optional<PaymentProof> prove_payment(const Block& block, const BlockResult& result,
                                          const TxId& transaction) {
  const auto place = std::find(result.effective.begin(), result.effective.end(), transaction);
  if (place == result.effective.end()) return std::nullopt;
  std::vector<Hash256> leaves;
  if (result.fees > 0) {
    leaves.push_back(
        bitcoin::txid(fee_transaction(static_cast<std::uint32_t>(block.height), result.fees)));
  }
  PaymentProof proof;
  proof.index = static_cast<std::uint32_t>(
      leaves.size() + static_cast<std::size_t>(place - result.effective.begin()));
  leaves.insert(leaves.end(), result.effective.begin(), result.effective.end());
  proof.branch = bitcoin::merkle_branch(std::move(leaves), proof.index);
  for (const TxRef& tx : block.payload->transactions) {
    if (tx->id != transaction) continue;
    proof.stripped = bitcoin::encode_transaction(decoded(*tx)->tx, bitcoin::WitnessForm::forbid);
    return proof;
  }
  return std::nullopt;
}

std::optional<bitcoin::Transaction> verify_payment(const Hash256& receipts_root,
                                                   const PaymentProof& proof) {
  // 64 bytes could be an inner node of the tree, shown as a transaction (CVE-2017-12842).
  if (proof.stripped.size() == 64 || proof.branch.size() >= 32) return std::nullopt;
  // The index says which side every sibling is on, and nothing beyond.
  if (std::uint64_t{proof.index} >> proof.branch.size() != 0) return std::nullopt;
  auto tx = bitcoin::decode_transaction(proof.stripped, bitcoin::WitnessForm::forbid);
  if (!tx) return std::nullopt;
  const Hash256 leaf = sha256d(proof.stripped);
  for (std::size_t level = 0; level < proof.branch.size(); ++level) {
    // The last of an odd row is paired with itself: it has no second place (CVE-2012-2459).
    if ((proof.index >> level & 1) == 0) continue;
    const auto below = std::span(proof.branch).first(level);
    if (bitcoin::root_from_branch(leaf, below, proof.index) == proof.branch[level]) {
      return std::nullopt;
    }
  }
  if (bitcoin::root_from_branch(leaf, proof.branch, proof.index) != receipts_root) {
    return std::nullopt;
  }
  return tx;
}

}  // namespace ledgerlab::utxo
