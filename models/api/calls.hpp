// Local calls: the typed values that the slots of one node exchange (DESIGN 13.1, 13.3). A call is
// handled in the same instant, first in first out; an answer carries the id of its question. No
// call is synchronous: the answer may come in the same instant or after the asker has moved on.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "models/api/block.hpp"
#include "models/api/message.hpp"
#include "models/base/time.hpp"
#include "models/base/u256.hpp"
#include "models/crypto/siphash.hpp"

namespace ledgerlab {

using CallId = std::uint64_t;

// --- mempool <-> consensus -----------------------------------------------------------------
/// mempool -> consensus: what waits for a block. Sent when the pool becomes non-empty, when a
/// block's worth has gathered, and after each change while it is non-empty and a Build was
/// answered.
struct Pending {
  std::uint32_t count = 0;
  std::uint64_t bytes = 0;
  Time oldest{};
};
/// consensus -> mempool: a payload for the block after `parent`, please. Answered by Built.
struct Build {
  Height height = 0;
  BlockId parent;
  std::uint32_t max_count = 0;
  std::uint64_t max_bytes = 0;
};
struct Built {
  PayloadRef payload;
  /// Who asked for each transaction (no_node: unknown), where every replica answers the client
  /// (ClientPolicy::Ask::primary); else empty.
  std::vector<NodeId> askers;
};
/// consensus -> mempool, before the payload is adopted: these clients asked the primary.
struct AskedFor {
  PayloadRef payload;
  std::vector<NodeId> askers;
};

// --- consensus <-> application --------------------------------------------------------------
/// Form and signatures of every transaction, against no state. Answered by Validated.
struct Validate {
  BlockRef block;
};
struct Validated {
  BlockId block;
  bool ok = false;
  std::string reason;
};
/// Order-execute: run the block on the state after its parent. Answered by Executed.
struct Execute {
  BlockRef block;
};
struct Executed {
  BlockId block;
  bool ok = false;
  Hash256 state_root;
  Hash256 receipts_root;
  std::string reason;
};
/// Back to `ancestor`, then forward along `forward` (parent first, the last is the new head).
/// Answered by Adopted; if a block on the way is invalid the head stays and `offending` names it.
struct Adopt {
  BlockId ancestor;
  std::vector<BlockRef> forward;
};
struct Adopted {
  BlockId head;
  Height height = 0;
  bool ok = false;
  Hash256 state_root;
  BlockId offending;
};
/// The adopted block and everything below it will never be undone. No answer.
struct Finalise {
  BlockRef block;
};
/// The state after the last final block. Answered by Snapshot.
struct TakeSnapshot {};
struct SnapshotData {
  Height height = 0;
  BlockId block;
  Hash256 state_root;
  Bytes bytes;
};
using SnapshotRef = std::shared_ptr<const SnapshotData>;
struct Snapshot {
  SnapshotRef data;
};
/// Replace the state by the snapshot's. Answered by Installed.
struct Install {
  SnapshotRef data;
};
struct Installed {
  bool ok = false;
  Height height = 0;
  BlockId block;
  std::string reason;
};
/// What the replicas own after this block (their stake accounts), from the state itself: the block
/// is the final one, or was executed or adopted since. Answered by Stakes.
struct TakeStakes {
  BlockId block;
};
struct Stakes {
  BlockId block;
  bool known = false;  // false: no such state here
  Hash256 state_root;
  /// By replica, smallest units; more than 64 bits hold counts as what they hold.
  std::shared_ptr<const std::vector<std::uint64_t>> of;
};
/// What the state after this block says of an account, with the nodes of the trie that prove it
/// (EIP-1186). Where that state is gone, the one after the last final block serves. Answered by
/// AccountProven.
struct ProveAccount {
  Address account;
  BlockId block;
};
struct AccountProven {
  Address account;
  BlockId block;  // whose state it is
  Height height = 0;
  bool known = false;  // false: the ledger keeps no accounts that a header's root would prove
  std::vector<Bytes> nodes;
};
/// application -> consensus at Start: the last final block whose state is durable here.
struct ApplicationState {
  BlockRef final_block;
};

// Execute-order-validate (state mode of F.751.2 figure 3): carried by the interface, first used by
// the pipelines issue.
struct Simulate {
  TxRef transaction;
};
struct ReadItem {
  Bytes key;
  std::uint64_t version = 0;
};
struct WriteItem {
  Bytes key;
  Bytes value;
  bool erase = false;
};
struct Simulated {
  TxId transaction;
  bool ok = false;
  std::vector<ReadItem> reads;
  std::vector<WriteItem> writes;
};

// --- mempool <-> application ----------------------------------------------------------------
/// A transaction of a ledger without senders and nonces (UTXO), as a pool must know it.
struct TxSpends {
  std::vector<Hash256> outputs;  // what it uses up: two pool members never share one (a conflict)
  std::vector<TxId> parents;     // transactions it spends from that are in no adopted block
  bool replaceable = false;      // it says that a conflict may replace it (BIP 125)
};
/// Admission check against the adopted state. Answered by Checked.
struct Check {
  TxRef transaction;
};
struct Checked {
  TxRef transaction;
  bool ok = false;  // well-formed, signed, affordable now, nonce not used up
  std::string reason;
  Address sender;
  std::uint64_t nonce = 0;       // of the transaction
  std::uint64_t next_nonce = 0;  // of the sender in the adopted state
  /// What pools rank by, in the ledger's unit: smallest units of the whole transaction, of a unit
  /// of gas, of 1,000 units of weight.
  std::uint64_t fee = 0;
  /// What it takes of a block's weight at most: gas limit, weight units. 0 where blocks have none.
  std::uint64_t weight = 0;
  /// Ledgers whose transactions are ordered by what they spend. Null: by sender and nonce.
  std::shared_ptr<const TxSpends> spends;
};
/// application -> mempool: the adopted history changed.
struct HeadChanged {
  std::vector<BlockRef> reverted;
  std::vector<BlockRef> included;
  /// Of the transactions of each included block; filled where tentative replies are sent.
  std::vector<std::vector<TxOutcome>> outcomes;
};
/// application -> mempool: final and durable here; clients that asked this node are told.
struct Finalised {
  BlockRef block;
  std::vector<TxOutcome> outcomes;
};

// --- consensus -> mempool, client -----------------------------------------------------------
enum class NodeRole : std::uint8_t { follower, candidate, leader, miner, replica };
/// Who leads, as far as this node knows (no_node: nobody).
struct RoleChange {
  NodeRole role = NodeRole::replica;
  NodeId leader = no_node;
  std::uint64_t term = 0;
};

// --- relay <-> mempool ------------------------------------------------------------------------
/// relay -> mempool: which of your transactions have these short ids (BIP 152)? Answered by
/// ShortIdsMatched.
struct MatchShortIds {
  SipKey key;
  std::shared_ptr<const std::vector<std::uint64_t>> ids;  // 48 bits each
};
/// By position; null: none here, or several with this id.
struct ShortIdsMatched {
  std::vector<TxRef> transactions;
};

// --- relay ----------------------------------------------------------------------------------
/// Any slot -> relay: spread this content over the overlay.
struct Publish {
  MessageRef content;
};
/// overlay -> relay, and consensus where that asks neighbours to catch up: from now on the node is
/// connected with these replicas, ascending, and no others. Who receives it forgets what it asked
/// of peers that left, and asks others. Before the first one there are no neighbours. No answer.
struct Peers {
  std::vector<NodeId> peers;
};
/// relay -> owner slot of the content: it came from `from`. The owner publishes what it accepts.
struct Relayed {
  MessageRef content;
  NodeId from = no_node;
};
/// owner -> relay: what it got is invalid by the rules, whoever sent it. No answer to Relayed at
/// all means that it is not wanted.
struct Rejected {
  Hash128 content;  // identity
};

// --- operator -> consensus ------------------------------------------------------------------
/// What an operator may ask of a running protocol ([[operations]] of a scenario). Those that a
/// protocol knows stand in its ModelInfo.
enum class OperateAction : std::uint8_t {
  transfer_leadership,  // to the one node given; none: the protocol chooses
  add_server,           // the one node given becomes a member
  remove_server,        // the one node given ceases to be one
  change_members        // the nodes given are the members from now on, and no others
};
/// No answer: what comes of it shows in roles and in what the protocol sends.
struct Operate {
  OperateAction action = OperateAction::transfer_leadership;
  std::vector<NodeId> nodes;  // ascending
};

// --- reads ------------------------------------------------------------------------------------
/// mempool -> consensus: may a linearisable read be answered here? Answered by ReadConfirmed once
/// the application holds everything that was decided when this was asked.
struct ConfirmRead {};
struct ReadConfirmed {
  bool ok = false;  // no: ask elsewhere
};
/// mempool -> application: an account in the adopted state. Answered by Queried.
struct Query {
  Address account;
};
struct Queried {
  Address account;
  U256 balance;
  std::uint64_t nonce = 0;
  Height height = 0;  // of the adopted head
};

using CallBody =
    std::variant<Pending, Build, Built, AskedFor, Validate, Validated, Execute, Executed, Adopt,
                 Adopted, Finalise, TakeSnapshot, Snapshot, Install, Installed, TakeStakes, Stakes,
                 ApplicationState, Simulate, Simulated, Check, Checked, HeadChanged, Finalised,
                 RoleChange, Publish, Peers, Relayed, Operate, ConfirmRead, ReadConfirmed, Query,
                 Queried, MatchShortIds, ShortIdsMatched, Rejected, ProveAccount,
                 AccountProven>;

/// The answers whose ids and roots the stack puts into the trace (the kind of an answer event).
enum class AnswerKind : std::uint8_t {
  none,
  built,
  validated,
  executed,
  adopted,
  snapshot,
  installed,
  checked,
  stakes
};

struct LocalCall {
  Slot from = Slot::consensus;
  Slot to = Slot::consensus;
  CallId id = 0;  // chosen by the asker; repeated in the answer
  CallBody body;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&body);
  }
};

}  // namespace ledgerlab
