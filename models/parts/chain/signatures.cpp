#include "models/parts/chain/signatures.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"

namespace ledgerlab::chain {

Hash256 signatures_digest(const Payload& payload) {
  if (payload.transactions.empty()) return {};
  Bytes text;
  text.reserve(payload.transactions.size() * tx_signature_bytes);
  for (const TxRef& tx : payload.transactions) {
    const ByteView tail = tx->authenticator();
    if (tx->witnessed) {  // of any length: its hash stands for it
      const Hash256 hash = sha256(tail);
      text.insert(text.end(), hash.data.begin(), hash.data.end());
    } else {
      text.insert(text.end(), tail.begin(), tail.end());
    }
  }
  return sha256(text);
}

}  // namespace ledgerlab::chain
