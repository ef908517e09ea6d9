#include "models/api/block.hpp"

#include <utility>

#include "models/api/identity_pass.hpp"
#include "models/api/payload_pass.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/merkle.hpp"

namespace ledgerlab {

namespace {

/// Of the transaction in a witness envelope; 0: it is none.
std::size_t stripped_size(ByteView bytes) {
  if (bytes.size() <= witness_envelope_head || bytes[0] != witness_envelope) return 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= std::size_t{bytes[1 + i]} << (8 * i);
  return size <= bytes.size() - witness_envelope_head ? size : 0;
}

}  // namespace

TxRef make_transaction(Bytes bytes) {
  auto tx = std::make_shared<Transaction>();
  if (const std::size_t stripped = stripped_size(bytes); stripped > 0) {
    tx->id = sha256(sha256(ByteView(bytes).subspan(witness_envelope_head, stripped)).view());
    tx->covered = static_cast<std::uint32_t>(witness_envelope_head + stripped);
    tx->witnessed = true;
  } else {
    tx->covered = static_cast<std::uint32_t>(
        bytes.size() > tx_signature_bytes ? bytes.size() - tx_signature_bytes : 0);
    tx->id = keccak256(ByteView(bytes).first(tx->covered));
  }
  tx->bytes = std::move(bytes);
  return tx;
}

namespace {

/// In place of the number of transactions: a payload that stands for some it does not have.
constexpr std::uint64_t modelled_mark = 0xffff'ffff;

PayloadRef assemble(std::vector<TxRef> transactions, std::uint32_t count, std::uint32_t bytes) {
  auto payload = std::make_shared<Payload>();
  std::vector<Hash256> ids;
  ids.reserve(transactions.size());
  for (const TxRef& tx : transactions) ids.push_back(tx->id);
  payload->root = merkle_root(ids);
  payload->transactions = std::move(transactions);
  payload->modelled_count = count;
  payload->modelled_bytes = bytes;
  if (payload->modelled()) {
    Bytes text;
    codec::Writer writer(text);
    writer(std::string("ledgerlab modelled payload"), payload->root, count, bytes);
    payload->root = sha256(text);
  }
  payload->bytes = static_cast<std::uint32_t>(codec::encoded_size(payload->transactions)) + bytes;
  return payload;
}

}  // namespace

PayloadRef make_payload(std::vector<TxRef> transactions) {
  return assemble(std::move(transactions), 0, 0);
}

PayloadRef empty_payload() {
  static thread_local const PayloadRef empty = make_payload({});
  return empty;
}

PayloadRef modelled_payload(std::uint32_t count, std::uint32_t bytes) {
  static thread_local PayloadRef last = empty_payload();
  if (last->modelled_count != count || last->modelled_bytes != bytes) {
    last = assemble({}, count, bytes);
  }
  return last;
}

BlockRef make_log_block(Height height, const BlockId& parent, PayloadRef payload) {
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("ledgerlab log block"), height, parent, payload->root);
  auto block = std::make_shared<Block>();
  block->height = height;
  block->id = sha256(text);
  block->parent = parent;
  block->payload = std::move(payload);
  return block;
}

BlockRef make_genesis(const Hash256& state_root) {
  // Every node of a world begins with this block: one object for all who ask in turn.
  static thread_local BlockRef last;
  if (last && last->state_root == state_root) return last;
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("ledgerlab genesis"), state_root);
  auto block = std::make_shared<Block>();
  block->id = sha256(text);
  block->payload = empty_payload();
  block->state_root = state_root;
  return last = std::move(block);
}

void codec_write(codec::Writer& writer, const TxRef& value) {
  if (IdentityPass* pass = IdentityPass::current()) {
    // The id covers all but the signature; what it stands for is counted, not written.
    writer(value->id);
    pass->full_bytes += codec::encoded_size(value->bytes);
    pass->written_bytes += value->id.size();
    return;
  }
  writer(value->bytes);
}

bool codec_read(codec::Reader& reader, TxRef& value) {
  Bytes bytes;
  reader(bytes);
  if (!reader.ok()) return false;
  value = make_transaction(std::move(bytes));
  return true;
}

namespace {
thread_local PayloadPass* payload_pass = nullptr;
}  // namespace

PayloadPass::PayloadPass() : outer_(std::exchange(payload_pass, this)) {}
PayloadPass::~PayloadPass() { payload_pass = outer_; }

void codec_write(codec::Writer& writer, const PayloadRef& value) {
  if (payload_pass) {
    payload_pass->payload = value;
    ++payload_pass->met;
    return;
  }
  if (value->modelled()) {
    writer.varint(modelled_mark);
    writer(value->modelled_count, value->modelled_bytes);
    if (IdentityPass* pass = IdentityPass::current()) pass->full_bytes += value->modelled_bytes;
  }
  writer(value->transactions);
}

bool codec_read(codec::Reader& reader, PayloadRef& value) {
  if (payload_pass) {
    value = payload_pass->payload;
    ++payload_pass->met;
    return value != nullptr;
  }
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
  codec::Reader probe = reader;
  std::uint64_t mark = 0;
  if (probe.varint(mark, modelled_mark) && mark == modelled_mark) {
    reader = probe;
    reader(count, bytes);
    if ((count == 0 && bytes == 0) || bytes > modelled_bytes_max) return false;
  }
  std::vector<TxRef> transactions;
  reader(transactions);
  if (!reader.ok()) return false;
  value = assemble(std::move(transactions), count, bytes);
  return true;
}

void codec_write(codec::Writer& writer, const BlockRef& value) {
  writer(value->height, value->parent, value->payload);
}

bool codec_read(codec::Reader& reader, BlockRef& value) {
  Height height = 0;
  BlockId parent;
  PayloadRef payload;
  reader(height, parent, payload);
  if (!reader.ok()) return false;
  value = make_log_block(height, parent, std::move(payload));
  return true;
}

}  // namespace ledgerlab
