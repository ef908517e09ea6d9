#include "models/parts/account_tx/account_tx.hpp"

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

Bytes encode_body(const Transfer& t) {
  Bytes items;
  rlp::append(items, t.chain_id);
  rlp::append(items, t.nonce);
  rlp::append(items, t.from.view());
  rlp::append(items, t.to.view());
  rlp::append(items, t.value);
  rlp::append(items, t.fee);
  rlp::append(items, ByteView(t.data));
  Bytes out{transfer_type};
  rlp::append_list(out, items);
  return out;
}

std::shared_ptr<SignedTransfer> parse(const Transaction& transaction) {
  const ByteView bytes(transaction.bytes);
  if (bytes.size() < 1 + TxSignature::size() || bytes[0] != transfer_type) return nullptr;
  const ByteView body = bytes.first(bytes.size() - TxSignature::size());
  auto cursor = rlp::Cursor::list(body.subspan(1));
  if (!cursor) return nullptr;
  auto out = std::make_shared<SignedTransfer>();
  Transfer& t = out->transfer;
  t.chain_id = cursor->number();
  t.nonce = cursor->number();
  t.from = cursor->fixed<20>();
  t.to = cursor->fixed<20>();
  t.value = cursor->number256();
  t.fee = cursor->number();
  const ByteView data = cursor->bytes();
  if (!cursor->finished()) return nullptr;
  t.data.assign(data.begin(), data.end());
  out->digest = keccak256(body);
  std::memcpy(out->signature.data.data(), bytes.last(TxSignature::size()).data(),
              TxSignature::size());
  return out;
}

}  // namespace

TxRef sign_transfer(Crypto crypto, AccountIndex signer, Transfer transfer) {
  transfer.from = crypto.account(signer);
  Bytes bytes = encode_body(transfer);
  const TxSignature signature = crypto.sign_transaction(signer, keccak256(bytes));
  bytes.insert(bytes.end(), signature.data.begin(), signature.data.end());
  return make_transaction(std::move(bytes));
}

const SignedTransfer* decode_transfer(const Transaction& transaction) {
  if (!transaction.decoded) {
    std::shared_ptr<const SignedTransfer> parsed = parse(transaction);
    // What does not decode is remembered too: as a transfer that no rule accepts (chain id 0).
    if (!parsed) {
      auto refused = std::make_shared<SignedTransfer>();
      refused->transfer.chain_id = 0;
      refused->recovered = true;
      parsed = refused;
    }
    transaction.decoded = parsed;
  }
  const auto* out = static_cast<const SignedTransfer*>(transaction.decoded.get());
  return out->transfer.chain_id == 0 ? nullptr : out;
}

const std::optional<Address>& sender_of(const SignedTransfer& s, CryptoSuite& suite) {
  if (!s.recovered) {
    s.recovered = true;
    s.sender = suite.recover(s.digest, s.signature);
    if (s.sender && *s.sender != s.transfer.from) s.sender.reset();
  }
  return s.sender;
}

}  // namespace ledgerlab
