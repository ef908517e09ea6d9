// The block header of the Praos chain and the block as it travels. Paper: a block is
// (st, d, sl, B_pi, rho, sigma): the state is the parent's hash, d the data, B_pi = (U, y, pi) the
// leader's VRF value and proof, rho = (y_rho, pi_rho) the value and proof for the epoch nonce.
//
// Layout, little endian: version 4, parent 32, transactions' Merkle root 32, signatures 32, state
// root 32, height 8, slot 8, issuer 4, proof 80 and value 64 of leadership, the same of the nonce,
// signature 64 over all before it: 504 bytes. The block's id is the SHA-256 of these bytes.
#pragma once

#include <optional>

#include "models/api/block.hpp"
#include "models/api/crypto.hpp"

namespace ledgerlab::praos {

/// Slot 0 has no leader: genesis is its block.
using SlotNumber = std::uint64_t;

struct Header {
  std::uint32_t version = 1;
  BlockId parent;
  Hash256 tx_root;
  Hash256 signatures;  // of the transactions: chain::signatures_digest()
  Hash256 state_root;
  Height height = 0;
  SlotNumber slot = 0;
  NodeId issuer = no_node;
  VrfEvaluation leader;  // B_pi: its value is below the issuer's threshold
  VrfEvaluation nonce;   // rho: what it adds to the nonce of the next epoch
  Signature signature;   // the issuer's; the paper's forward-secure one is left out

  template <class A>
  void fields(A& a) {
    signed_fields(a);
    a(signature);
  }
  template <class A>
  void signed_fields(A& a) {
    a(version, parent, tx_root, signatures, state_root, height, slot, issuer);
    a(leader.proof, leader.output, nonce.proof, nonce.output);
  }
};

/// What the leader signs.
Bytes signed_text(const Header& header);
/// Slot and leader of a block (and all else); nothing for genesis and foreign blocks.
std::optional<Header> header_of(const Block& block);

/// A block with its header decoded, once for all nodes that share it.
struct ForgedBlock {
  Header header;
  Hash256 signatures;  // of the payload as it is; the header has to claim the same
  BlockRef block;

  /// The same from a block that was stored.
  static std::optional<ForgedBlock> from(const BlockRef& block);
};
ForgedBlock make_forged(const Header& header, PayloadRef payload);

void codec_write(codec::Writer& writer, const ForgedBlock& value);
bool codec_read(codec::Reader& reader, ForgedBlock& value);

}  // namespace ledgerlab::praos
