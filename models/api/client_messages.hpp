// What clients and replicas say to each other, the same for every protocol. The frames belong to
// the mempool slot on a replica and to the client slot on a client.
#pragma once

#include "models/api/block.hpp"
#include "models/api/message.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

/// client -> replica: please order this.
struct Request {
  static constexpr MessageInfo info{1, "Request", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::mempool;
  TxRef transaction;
  template <class A>
  void fields(A& a) {
    a(transaction);
  }
};

/// replica -> replica or relay content: a transaction on its way to the others' pools.
struct TransactionContent {
  static constexpr MessageInfo info{2, "Transaction", Role::relay, Auth::none};
  static constexpr Slot destination = Slot::mempool;
  TxRef transaction;
  template <class A>
  void fields(A& a) {
    a(transaction);
  }
};

/// replica -> client: final and executed here.
struct Reply {
  static constexpr MessageInfo info{1, "Reply", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  TxId transaction;
  Height height = 0;
  BlockId block;
  TxOutcome outcome = TxOutcome::no_effect;
  template <class A>
  void fields(A& a) {
    a(transaction, height, block, outcome);
  }
};

/// replica -> client: executed here, not yet final (tentative execution). As many equal ones count
/// as the protocol's ClientPolicy says.
struct TentativeReply {
  static constexpr MessageInfo info{4, "TentativeReply", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  TxId transaction;
  Height height = 0;
  BlockId block;
  TxOutcome outcome = TxOutcome::no_effect;
  template <class A>
  void fields(A& a) {
    a(transaction, height, block, outcome);
  }
};

/// replica -> client: not here; try `leader` (no_node: unknown), Raft section 8.
struct Redirect {
  static constexpr MessageInfo info{2, "Redirect", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  TxId transaction;
  NodeId leader = no_node;
  template <class A>
  void fields(A& a) {
    a(transaction, leader);
  }
};

/// client -> replica: what does this account hold? To be answered linearisably.
struct ReadRequest {
  static constexpr MessageInfo info{3, "ReadRequest", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::mempool;
  std::uint64_t number = 0;  // the client's own, repeated in the answer
  Address account;
  template <class A>
  void fields(A& a) {
    a(number, account);
  }
};

/// replica -> client: in the state after the block of this height, which is not older than any
/// block acknowledged to anybody before the request was sent.
struct ReadReply {
  static constexpr MessageInfo info{5, "ReadReply", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  std::uint64_t number = 0;
  Height height = 0;
  U256 balance;
  std::uint64_t nonce = 0;
  template <class A>
  void fields(A& a) {
    a(number, height, balance, nonce);
  }
};

/// replica -> client: nobody here can answer the read just now; ask another.
struct ReadRefused {
  static constexpr MessageInfo info{6, "ReadRefused", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  std::uint64_t number = 0;
  template <class A>
  void fields(A& a) {
    a(number);
  }
};

enum class Refusal : std::uint8_t {
  malformed,
  bad_signature,
  nonce_used,
  unaffordable,
  pool_full,
  fee_too_low
};
constexpr Refusal max_value(Refusal) { return Refusal::fee_too_low; }

/// replica -> client: not admitted.
struct Refused {
  static constexpr MessageInfo info{3, "Refused", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  TxId transaction;
  Refusal reason = Refusal::malformed;
  template <class A>
  void fields(A& a) {
    a(transaction, reason);
  }
};

}  // namespace ledgerlab
