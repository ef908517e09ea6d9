#include "models/parts/ethereum/block.hpp"

#include "models/crypto/hash.hpp"
#include "models/crypto/mpt.hpp"

namespace ledgerlab::ethereum {
namespace {

Bytes encode(const Withdrawal& w) {
  Bytes fields;
  rlp::append(fields, w.index);
  rlp::append(fields, w.validator);
  rlp::append(fields, w.address.view());
  rlp::append(fields, w.amount);
  Bytes out;
  rlp::append_list(out, fields);
  return out;
}

Withdrawals read_withdrawals(rlp::Cursor& body) {
  Withdrawals out;
  rlp::Cursor list = body.list();
  while (list.ok() && !list.at_end()) {
    rlp::Cursor fields = list.list();
    Withdrawal& w = out.emplace_back();
    w.index = fields.number();
    w.validator = fields.number();
    w.address = fields.fixed<20>();
    w.amount = fields.number();
    if (!fields.finished()) list.fail();
  }
  if (!list.finished()) body.fail();
  return out;
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes encode_ommers(std::span<const Header> ommers) {
  Bytes headers;
  for (const Header& ommer : ommers) append(headers, encode(ommer));
  Bytes out;
  rlp::append_list(out, headers);
  return out;
}

}  // namespace

Bytes encode(const Block& block) {
  Bytes fields = encode(block.header);
  Bytes transactions;
  for (const Transaction& tx : block.transactions) append(transactions, tx);
  rlp::append_list(fields, transactions);
  append(fields, encode_ommers(block.ommers));
  if (block.withdrawals) {
    Bytes withdrawals;
    for (const Withdrawal& w : *block.withdrawals) append(withdrawals, encode(w));
    rlp::append_list(fields, withdrawals);
  }
  Bytes out;
  rlp::append_list(out, fields);
  return out;
}

std::optional<Block> decode_block(ByteView bytes, TransactionFault* fault) {
  if (fault != nullptr) *fault = TransactionFault::none;
  auto fields = rlp::Cursor::list(bytes);
  if (!fields) return std::nullopt;
  rlp::Cursor header = fields->list();
  auto read = header.ok() ? read_header(header) : std::nullopt;
  if (!read) return std::nullopt;
  Block out;
  out.header = std::move(*read);

  rlp::Cursor transactions = fields->list();
  while (transactions.ok() && !transactions.at_end()) {
    auto tx = next_transaction(transactions, fault);
    if (!tx) return std::nullopt;
    out.transactions.push_back(std::move(*tx));
  }
  rlp::Cursor ommers = fields->list();
  while (ommers.ok() && !ommers.at_end()) {
    rlp::Cursor ommer = ommers.list();
    auto one = ommer.ok() ? read_header(ommer) : std::nullopt;
    if (!one) return std::nullopt;
    out.ommers.push_back(std::move(*one));
  }
  if (!transactions.finished() || !ommers.finished()) return std::nullopt;
  if (fields->ok() && !fields->at_end()) out.withdrawals = read_withdrawals(*fields);
  if (!fields->finished()) return std::nullopt;
  return out;
}

Hash256 ordered_root(std::span<const Bytes> items) {
  Trie trie;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Bytes key;
    rlp::append(key, std::uint64_t{i});
    trie.insert(key, items[i]);
  }
  return trie.root();
}

Hash256 transactions_root(std::span<const Transaction> transactions) {
  std::vector<Bytes> items;
  for (const Transaction& tx : transactions) items.push_back(encode(tx));
  return ordered_root(items);
}

Hash256 withdrawals_root(std::span<const Withdrawal> withdrawals) {
  std::vector<Bytes> items;
  for (const Withdrawal& w : withdrawals) items.push_back(encode(w));
  return ordered_root(items);
}

Hash256 ommers_hash(std::span<const Header> ommers) { return keccak256(encode_ommers(ommers)); }

}  // namespace ledgerlab::ethereum
