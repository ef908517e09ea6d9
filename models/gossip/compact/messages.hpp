// The messages of compact block relay, named as in BIP 152; kinds 1 to 3 are the flood's.
#pragma once

#include "models/api/identity_pass.hpp"
#include "models/parts/relay/messages.hpp"
#include "models/parts/relay/shell.hpp"

namespace ledgerlab::compact {

/// Most transactions of one block that the codec takes.
inline constexpr std::size_t transactions_max = 1u << 20;
/// Bytes of one short id.
inline constexpr std::size_t short_id_bytes = 6;

/// Bytes of a compact block as BIP 152 counts them (G5): an 80-byte header, the nonce, six bytes
/// for each transaction that is not prefilled, and those that are.
constexpr std::uint64_t compact_block_bytes(std::uint64_t transactions,
                                            std::uint64_t prefilled_bytes) {
  return 80 + 8 + short_id_bytes * transactions + prefilled_bytes;
}

/// "I speak compact blocks" and, with high_bandwidth, "send me new ones unasked". Said at the start
/// and when the sender changes its mind.
struct SendCmpct {
  static constexpr MessageInfo info{4, "SendCmpct", Role::relay, Auth::mac};
  bool high_bandwidth = false;
  std::uint64_t version = 2;
  /// Stands for the new connection on which both sides say it: whoever starts asks for the other's.
  bool hello = false;
  template <class A>
  void fields(A& a) {
    a(high_bandwidth, version, hello);
  }
};

/// Inv entries of type MSG_BLOCK: blocks of which the sender has all.
struct BlockInv {
  static constexpr MessageInfo info{5, "BlockInv", Role::relay, Auth::mac};
  relay::IdList ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, relay::ids_max);
    a(limited);
  }
};

/// GetData of type MSG_CMPCT_BLOCK.
struct GetCompact {
  static constexpr MessageInfo info{6, "GetCompact", Role::relay, Auth::mac};
  Hash128 id;
  template <class A>
  void fields(A& a) {
    a(id);
  }
};

/// Six bytes each, shared by all who hold the message.
struct ShortIds {
  std::shared_ptr<const std::vector<std::uint64_t>> list;
};
void codec_write(codec::Writer& writer, const ShortIds& value);
bool codec_read(codec::Reader& reader, ShortIds& value);

/// Positions in a block, ascending; each travels as the distance from the one before ("differential
/// encoding").
struct Indexes {
  std::vector<std::uint32_t> list;
};
void codec_write(codec::Writer& writer, const Indexes& value);
bool codec_read(codec::Reader& reader, Indexes& value);

/// "HeaderAndShortIDs".
struct CmpctBlock {
  static constexpr MessageInfo info{7, "CmpctBlock", Role::relay, Auth::mac};
  Hash128 id;  // of the content; Bitcoin's block hash follows from the header
  relay::Shell header;
  std::uint64_t nonce = 0;
  ShortIds short_ids;
  Indexes prefilled_at;
  std::vector<TxRef> prefilled;
  /// The sender's frame of the whole: the same bytes put together again are this object, so that
  /// nodes share it (DESIGN 13.9). Not part of the message; null in one that came as bytes.
  MessageRef whole;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(prefilled, transactions_max);
    a(id, header, nonce, short_ids, prefilled_at, limited);
  }
};

/// "BlockTransactionsRequest".
struct GetBlockTxn {
  static constexpr MessageInfo info{8, "GetBlockTxn", Role::relay, Auth::mac};
  Hash128 id;
  Indexes indexes;
  std::uint32_t share_ppb = 0;  // of a modelled payload
  template <class A>
  void fields(A& a) {
    a(id, indexes, share_ppb);
  }
};

/// Bytes that a message is charged for and does not have.
struct Absent {
  std::uint32_t bytes = 0;
};
void codec_write(codec::Writer& writer, const Absent& value);
bool codec_read(codec::Reader& reader, Absent& value);

/// "BlockTransactions".
struct BlockTxn {
  static constexpr MessageInfo info{9, "BlockTxn", Role::relay, Auth::mac};
  Hash128 id;
  std::vector<TxRef> transactions;
  Absent modelled;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(transactions, transactions_max);
    a(id, limited, modelled);
  }
};

/// A frame in place of which `charged` bytes are on the wire, this message's header among them.
struct Charged {
  MessageRef frame;
  std::uint32_t charged = 0;
};
void codec_write(codec::Writer& writer, const Charged& value);
bool codec_read(codec::Reader& reader, Charged& value);

/// The compact block of a modelled payload, which has no transactions to name: the content as it
/// is, charged as its compact form. It carries what proves itself and goes from hand to hand.
struct ModelledCmpctBlock {
  static constexpr MessageInfo info{10, "ModelledCmpctBlock", Role::relay, Auth::none};
  Charged content;  // a relay::Content
  template <class A>
  void fields(A& a) {
    a(content);
  }
};

}  // namespace ledgerlab::compact
