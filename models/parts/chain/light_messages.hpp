// What a light client asks of the nodes of a chain besides headers (sync_messages.hpp): that a
// transaction is in a block, and what the state after a block says of an account. Answers are
// proofs against what headers carry, so that it does not matter who gives them. Kinds 20 and 21 of
// every chained protocol, and of the client slot.
#pragma once

#include <vector>

#include "models/api/message.hpp"
#include "models/crypto/merkle.hpp"
#include "models/parts/chain/messages.hpp"

namespace ledgerlab::chain {

/// "Is this transaction in the block that you have at this place?"
struct GetInclusion {
  static constexpr MessageInfo info{20, "GetInclusion", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::consensus;
  TxId transaction;
  Place place;
  template <class A>
  void fields(A& a) {
    a(transaction, place);
  }
};

/// Nakamoto 2008, section 8: the Merkle branch that links the transaction to its block's header.
/// The root is that of an RFC 6962 tree over the ids; no id is the hash of an inner node (they are
/// made by other functions), so that the claimed size cannot turn one into a leaf.
struct Inclusion {
  static constexpr MessageInfo info{20, "Inclusion", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  static constexpr std::size_t branch_max = 40;
  TxId transaction;
  Place place;
  bool found = false;  // false: not on this node's chain, and what follows is empty
  std::uint32_t index = 0;
  std::uint32_t size = 0;  // of the tree
  MerkleProof branch;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(branch, branch_max);
    a(transaction, place, found, index, size, limited);
  }
};

/// "What does this account hold after this block? If you no longer know, after your last settled
/// one."
struct GetAccount {
  static constexpr MessageInfo info{21, "GetAccount", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::consensus;
  Address account;
  Place place;
  template <class A>
  void fields(A& a) {
    a(account, place);
  }
};

/// EIP-1186's proof of an account: the nodes of the state trie from the root of this block's state.
struct AccountProof {
  static constexpr MessageInfo info{21, "AccountProof", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  static constexpr std::size_t nodes_max = 64;
  Address account;
  Place place;
  bool known = false;  // false: no such proof here
  std::vector<Bytes> nodes;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(nodes, nodes_max);
    a(account, place, known, limited);
  }
};

}  // namespace ledgerlab::chain
