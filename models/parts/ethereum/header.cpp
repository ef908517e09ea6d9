#include "models/parts/ethereum/header.hpp"

#include "models/crypto/hash.hpp"

namespace ledgerlab::ethereum {
namespace {

constexpr std::size_t vanity_size = 32;     // EIP-225 and IBFT: free bytes in front
constexpr std::size_t signature_size = 65;  // EIP-225: the sealer's, at the end

/// IBFT's extra data is vanity || RLP [validators, proposer seal, committed seals]: one that is not
/// stays as it is.
Bytes without_ibft_seals(ByteView extra, bool keep_proposer) {
  Bytes out(extra.begin(), extra.end());
  auto list =
      extra.size() < vanity_size ? std::nullopt : rlp::Cursor::list(extra.subspan(vanity_size));
  if (!list) return out;
  const rlp::Cursor validators = list->list();
  const ByteView proposer = list->bytes();
  const rlp::Cursor committed = list->list();
  if (!list->finished() || !committed.ok()) return out;
  Bytes fields;
  rlp::append_list(fields, validators.rest());
  rlp::append(fields, keep_proposer ? proposer : ByteView());
  rlp::append_list_head(fields, 0);
  out.resize(vanity_size);
  rlp::append_list(out, fields);
  return out;
}

Bytes extra_data(const Header& h, SealPart part) {
  if (part == SealPart::without_commit_seals) return without_ibft_seals(h.extra_data, true);
  if (part == SealPart::without_ibft_seals) return without_ibft_seals(h.extra_data, false);
  Bytes out = h.extra_data;
  if (part == SealPart::without_signature && out.size() >= signature_size) {
    out.resize(out.size() - signature_size);
  }
  return out;
}

/// What London and later forks put behind the nonce.
void append_later_fields(Bytes& out, const Header& h) {
  if (h.base_fee) rlp::append(out, *h.base_fee);
  if (h.withdrawals_root) rlp::append(out, h.withdrawals_root->view());
  if (h.blob_gas_used) rlp::append(out, *h.blob_gas_used);
  if (h.excess_blob_gas) rlp::append(out, *h.excess_blob_gas);
  if (h.parent_beacon_root) rlp::append(out, h.parent_beacon_root->view());
}

}  // namespace

Bytes encode(const Header& h, SealPart part) {
  Bytes fields;
  fields.reserve(640);
  rlp::append(fields, h.parent_hash.view());
  rlp::append(fields, h.ommers_hash.view());
  rlp::append(fields, h.coinbase.view());
  rlp::append(fields, h.state_root.view());
  rlp::append(fields, h.transactions_root.view());
  rlp::append(fields, h.receipts_root.view());
  rlp::append(fields, h.bloom.view());
  rlp::append(fields, h.difficulty);
  rlp::append(fields, h.number);
  rlp::append(fields, h.gas_limit);
  rlp::append(fields, h.gas_used);
  rlp::append(fields, h.timestamp);
  rlp::append(fields, ByteView(extra_data(h, part)));
  if (part != SealPart::without_ethash) {
    rlp::append(fields, h.mix_hash.view());
    rlp::append(fields, h.nonce.view());
  }
  append_later_fields(fields, h);
  Bytes out;
  out.reserve(fields.size() + 4);
  rlp::append_list(out, fields);
  return out;
}

std::optional<Header> read_header(rlp::Cursor from) {
  Header h;
  h.parent_hash = from.fixed<32>();
  h.ommers_hash = from.fixed<32>();
  h.coinbase = from.fixed<20>();
  h.state_root = from.fixed<32>();
  h.transactions_root = from.fixed<32>();
  h.receipts_root = from.fixed<32>();
  h.bloom = from.fixed<256>();
  h.difficulty = from.number256();
  h.number = from.number();
  h.gas_limit = from.number();
  h.gas_used = from.number();
  h.timestamp = from.number();
  const ByteView extra = from.bytes();
  h.extra_data.assign(extra.begin(), extra.end());
  h.mix_hash = from.fixed<32>();
  h.nonce = from.fixed<8>();
  if (from.ok() && !from.at_end()) h.base_fee = from.number256();
  if (from.ok() && !from.at_end()) h.withdrawals_root = from.fixed<32>();
  if (from.ok() && !from.at_end()) h.blob_gas_used = from.number();
  if (from.ok() && !from.at_end()) h.excess_blob_gas = from.number();
  if (from.ok() && !from.at_end()) h.parent_beacon_root = from.fixed<32>();
  if (!from.finished()) return std::nullopt;
  return h;
}

std::optional<Header> decode_header(ByteView bytes) {
  const auto fields = rlp::Cursor::list(bytes);
  return fields ? read_header(*fields) : std::nullopt;
}

Hash256 hash(const Header& header, SealPart part) { return keccak256(encode(header, part)); }

Hash256 empty_ommers_hash() {
  static const Hash256 value = [] {
    Bytes list;
    rlp::append_list_head(list, 0);
    return keccak256(list);
  }();
  return value;
}

}  // namespace ledgerlab::ethereum
