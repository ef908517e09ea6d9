#include "models/parts/chain/signatures.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"

namespace ledgerlab::chain {

Hash256 signatures_digest(const Payload& payload) {
  if (payload.transactions.empty()) return {};
  Bytes text;
  text.reserve(payload.transactions.size() * tx_signature_bytes);
  for (const TxRef& tx : payload.transactions) {
    const ByteView bytes = tx->bytes;
    const ByteView tail = bytes.last(std::min(bytes.size(), tx_signature_bytes));
    text.insert(text.end(), tail.begin(), tail.end());
  }
  return sha256(text);
}

}  // namespace ledgerlab::chain
