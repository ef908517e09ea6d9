#include "models/parts/utxo/envelope.hpp"

#include "models/crypto/hash.hpp"

namespace ledgerlab::utxo {

TxRef make_envelope(const bitcoin::Transaction& tx) {
  const Bytes stripped = bitcoin::encode_transaction(tx, bitcoin::WitnessForm::forbid);
  Bytes out{witness_envelope};
  bitcoin::put_u32(out, static_cast<std::uint32_t>(stripped.size()));
  bitcoin::put_bytes(out, stripped);
  for (const bitcoin::TxIn& input : tx.inputs) bitcoin::write_witness(out, input.witness);
  return make_transaction(std::move(out));
}

std::optional<bitcoin::Transaction> read_envelope(ByteView bytes) {
  bitcoin::Reader in(bytes);
  if (in.u8() != witness_envelope) return std::nullopt;
  const std::uint32_t size = in.u32();
  auto tx = bitcoin::decode_transaction(in.take(size), bitcoin::WitnessForm::forbid);
  if (!tx) return std::nullopt;
  for (bitcoin::TxIn& input : tx->inputs) {
    if (!in.ok()) return std::nullopt;
    input.witness = bitcoin::read_witness(in);
  }
  if (!in.done()) return std::nullopt;
  return tx;
}

const Decoded* decoded(const Transaction& transaction) {
  if (!transaction.decoded) {
    auto made = std::make_shared<Decoded>();
    if (auto tx = read_envelope(transaction.bytes)) {
      made->tx = std::move(*tx);
      made->fault = bitcoin::check_transaction(made->tx);
      if (made->fault.empty() && made->tx.is_coinbase()) made->fault = "coinbase";
      made->weight = bitcoin::weight(made->tx);
      for (const bitcoin::TxIn& input : made->tx.inputs) {
        made->spends.push_back(coin_name(input.prevout));
      }
    } else {
      made->fault = "malformed";
    }
    transaction.decoded = std::move(made);
  }
  const auto* known = static_cast<const Decoded*>(transaction.decoded.get());
  return known->fault == "malformed" ? nullptr : known;
}

Hash256 coin_name(const bitcoin::OutPoint& point) {
  Bytes text;
  bitcoin::write_outpoint(text, point);
  return sha256(text);
}

}  // namespace ledgerlab::utxo
