#include "models/ledger/account/ethereum_tx.hpp"

#include <cstring>

namespace ledgerlab::account {
namespace {

constexpr std::size_t head_bytes = 1 + Address::size();

void leave_signature_out(ethereum::Transaction& content) {
  content.y_parity = 0;
  content.r = content.s = U256(1);
}

std::shared_ptr<EthereumTransaction> parse(const Transaction& transaction) {
  const ByteView bytes(transaction.bytes);
  if (bytes.size() < head_bytes + TxSignature::size() || bytes[0] != ethereum_envelope) {
    return nullptr;
  }
  const ByteView body = bytes.subspan(head_bytes, bytes.size() - head_bytes - TxSignature::size());
  auto content = ethereum::decode_transaction(body);
  if (!content || content->y_parity != 0 || content->r != U256(1) || content->s != U256(1)) {
    return nullptr;
  }
  auto out = std::make_shared<EthereumTransaction>();
  std::memcpy(out->from.data.data(), bytes.data() + 1, Address::size());
  const ByteView signature = bytes.last(TxSignature::size());
  std::memcpy(out->signature.data.data(), signature.data(), TxSignature::size());
  out->digest = ethereum::signing_hash(*content);
  out->content = std::move(*content);
  return out;
}

}  // namespace

TxRef sign_ethereum(Crypto crypto, AccountIndex signer, ethereum::Transaction content) {
  leave_signature_out(content);
  const Address from = crypto.account(signer);
  const TxSignature signature = crypto.sign_transaction(signer, ethereum::signing_hash(content));
  Bytes bytes{ethereum_envelope};
  bytes.insert(bytes.end(), from.data.begin(), from.data.end());
  const Bytes body = ethereum::encode(content);
  bytes.insert(bytes.end(), body.begin(), body.end());
  bytes.insert(bytes.end(), signature.data.begin(), signature.data.end());
  return make_transaction(std::move(bytes));
}

const EthereumTransaction* decode_ethereum(const Transaction& transaction) {
  if (!transaction.decoded) {
    std::shared_ptr<const EthereumTransaction> parsed = parse(transaction);
    // What does not decode is remembered too: as one that nobody signed, with a digest of zero.
    if (!parsed) parsed = std::make_shared<const EthereumTransaction>();
    transaction.decoded = parsed;
  }
  const auto* out = static_cast<const EthereumTransaction*>(transaction.decoded.get());
  return out->digest.is_zero() ? nullptr : out;
}

bool signed_by_sender(const EthereumTransaction& transaction, CryptoSuite& suite) {
  if (!transaction.asked) {
    transaction.asked = true;
    transaction.signed_by_sender =
        suite.recover(transaction.digest, transaction.signature) == transaction.from;
  }
  return transaction.signed_by_sender;
}

ethereum::Transaction with_signature(const EthereumTransaction& transaction) {
  ethereum::Transaction out = transaction.content;
  const ByteView signature = transaction.signature.view();
  out.r = *u256_from_big_endian(signature.first(32));
  out.s = *u256_from_big_endian(signature.subspan(32, 32));
  out.y_parity = signature[64] & 1;  // a costed one has any byte there
  return out;
}

}  // namespace ledgerlab::account
