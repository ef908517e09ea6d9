// Transactions, payloads and blocks: the one shape of a decision that ledger, checkers and metrics
// know (DESIGN 13.3). All are immutable and shared by content between the nodes of a world.
#pragma once

#include <memory>
#include <vector>

#include "models/base/ids.hpp"
#include "models/codec/codec.hpp"

namespace ledgerlab {

/// A transaction as the consensus side sees it: opaque bytes with an id.
struct Transaction {
  Bytes bytes;  // the ledger's own canonical encoding, its signature or witness last
  /// Of the first `covered` bytes (DESIGN 13.4: identity is without the authenticator; a block with
  /// a transaction whose signature fails is refused). Keccak-256 of all but the last 65 bytes, the
  /// signature; in a witness envelope Bitcoin's txid.
  TxId id;
  std::uint32_t covered = 0;
  bool witnessed = false;  // a witness envelope
  /// The ledger's decoded form, computed once per object (a pure function of `bytes`).
  mutable std::shared_ptr<const void> decoded;

  /// What the id does not cover: signature or witness.
  ByteView authenticator() const { return ByteView(bytes).subspan(covered); }
};
using TxRef = std::shared_ptr<const Transaction>;
/// Bytes of the signature at the end of a transaction outside a witness envelope.
inline constexpr std::size_t tx_signature_bytes = 65;
/// First byte of a witness envelope: 0xb7 || length of the stripped transaction (4 bytes, little
/// endian) || stripped transaction || witness. No EIP-2718 type (below 0x80) and no RLP list (0xc0
/// and above) begins so. The id is double SHA-256 of the stripped transaction.
inline constexpr Byte witness_envelope = 0xb7;
inline constexpr std::size_t witness_envelope_head = 5;
TxRef make_transaction(Bytes bytes);

/// What became of a transaction in a block.
enum class TxOutcome : std::uint8_t {
  no_effect,  // nothing changed: not its turn, or its sender could not pay
  succeeded,
  failed  // it was its turn and it paid, but what it asked for was undone
};
constexpr TxOutcome max_value(TxOutcome) { return TxOutcome::failed; }
inline TxOutcome outcome_at(const std::vector<TxOutcome>& outcomes, std::size_t i) {
  return i < outcomes.size() ? outcomes[i] : TxOutcome::no_effect;
}

/// An ordered list of transactions.
struct Payload {
  std::vector<TxRef> transactions;
  Hash256 root;             // Merkle root of the ids (RFC 6962 tree)
  std::uint32_t bytes = 0;  // canonical encoding and what is modelled
  /// Transactions that this payload stands for without having them, and their bytes. Part of the
  /// root; every frame that carries the payload is charged for the bytes.
  std::uint32_t modelled_count = 0;
  std::uint32_t modelled_bytes = 0;

  std::size_t count() const { return transactions.size() + modelled_count; }
  bool empty() const { return count() == 0; }
  bool modelled() const { return modelled_count != 0 || modelled_bytes != 0; }
};
using PayloadRef = std::shared_ptr<const Payload>;
/// Most bytes that a payload may stand for without having them.
inline constexpr std::uint32_t modelled_bytes_max = std::uint32_t{1} << 30;
PayloadRef make_payload(std::vector<TxRef> transactions);
PayloadRef empty_payload();
/// A payload that stands for so many transactions of so many bytes; one object for all who ask for
/// the same in turn.
PayloadRef modelled_payload(std::uint32_t count, std::uint32_t bytes);

/// A block: one step of the replicated history.
struct Block {
  Height height = 0;
  BlockId id;
  BlockId parent;
  PayloadRef payload;
  Bytes header;        // the protocol's own header encoding, empty for log protocols
  Hash256 state_root;  // root the proposer claims after this block, zero if it claims none
  std::uint32_t bytes() const {
    return payload->bytes + static_cast<std::uint32_t>(header.size()) + 72;
  }
};
using BlockRef = std::shared_ptr<const Block>;

/// A block of a log protocol: its id is SHA-256 of (height, parent, payload root).
BlockRef make_log_block(Height height, const BlockId& parent, PayloadRef payload);
/// Height 0 of every history: id is SHA-256 of "ledgerlab genesis" and the genesis state root.
BlockRef make_genesis(const Hash256& state_root);

void codec_write(codec::Writer& writer, const TxRef& value);
bool codec_read(codec::Reader& reader, TxRef& value);
void codec_write(codec::Writer& writer, const PayloadRef& value);
bool codec_read(codec::Reader& reader, PayloadRef& value);
/// A log block (no header): height, parent, payload; the id is computed, not carried.
void codec_write(codec::Writer& writer, const BlockRef& value);
bool codec_read(codec::Reader& reader, BlockRef& value);

}  // namespace ledgerlab
