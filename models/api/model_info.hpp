// ModelInfo: what a model says of itself, once (DESIGN 3). The scenario schema, `models show`, the
// catalogue page, the client's behaviour and the fault-model verdicts are made from it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/api/contract.hpp"
#include "models/api/module.hpp"
#include "models/api/params.hpp"
#include "models/api/storage_charge.hpp"
#include "models/api/wallet.hpp"

namespace ledgerlab {

class Store;
namespace files {
class Folder;
}
namespace chain {
class HeaderChain;
}

/// Kinds of models; each is a folder models/<kind>/ and fills one slot, describes load, or is
/// plugged into the model of a slot (contract engines and storage into the ledger).
enum class ModelKind : std::uint8_t {
  consensus,
  ledger,
  mempool,
  gossip,
  discovery,
  client,
  workload,
  behaviour,
  contract,
  storage
};
std::string_view model_kind_name(ModelKind kind);

/// Whom a client asks and when it counts a transaction as done (DESIGN 13.1).
struct ClientPolicy {
  /// leader: others send the client on; home: the client's own node; primary: the first of a view,
  /// and all replicas when no answer comes in time; every replica answers.
  enum class Ask : std::uint8_t { leader, home, all, primary };
  Ask ask = Ask::leader;
  /// Equal replies that count as an acknowledgement, for n replicas.
  std::uint32_t (*replies)(std::uint32_t n) = [](std::uint32_t) { return 1u; };
  /// Equal tentative replies that count as one; 0: none are sent. Null: never.
  std::uint32_t (*tentative_replies)(const Params&, std::uint32_t n) = nullptr;
};

/// Inside what the protocol promises safety and progress; a predicate over what happened, folded
/// from the trace (DESIGN 13.8).
struct FaultModel {
  std::string text;  // for reports: "fewer than n/2 crashed"
  std::function<std::uint32_t(std::uint32_t n)> max_crashed = [](std::uint32_t) {
    return 0u;
  };  // at once, for progress
  std::uint32_t (*max_byzantine)(std::uint32_t n) = [](std::uint32_t) { return 0u; };
  /// Largest share of hash power or stake an adversary may hold, ppb (lotteries only, else 0).
  std::uint64_t max_adversary_ppb = 0;
  bool safety_needs_synchrony = false;
  /// Is a network whose largest one-way delay is this synchronous enough for the promise? Null:
  /// any.
  bool (*synchronous)(const Params&, Duration delay) = nullptr;
  /// After the last fault heals, a decision comes within this bound, given the largest one-way
  /// delay, n and the parameters.
  std::function<Duration(const Params&, Duration delay, std::uint32_t n)> liveness_bound;
  /// Probability (ppb) that a settled block is reversed: the stated risk; null for deterministic
  /// finality.
  std::uint64_t (*settlement_risk_ppb)(const Params&) = nullptr;
};

/// Content shared by all nodes of a world: execution results, stored states (DESIGN 13.9). Each
/// ledger defines its own kind; the host only keeps it.
class SharedStore {
 public:
  virtual ~SharedStore() = default;
};

/// A ledger's books kept a second time, for the checkers: replays one final history from genesis by
/// the ledger's rules, on a state of its own (no shared results, no trie cached by the nodes).
class LedgerAudit {
 public:
  /// What a transaction of the block did.
  struct Entry {
    bool effective = false;  // changed the state as asked (not only its fee or nonce)
    /// What it used up, effective or not, and nothing else may again: sender and nonce, every output
    /// that is an input.
    std::vector<Hash256> spends;
  };
  virtual ~LedgerAudit() = default;
  /// Blocks come in the order of their heights, from 1. One entry per transaction.
  virtual std::vector<Entry> apply(const Block& block) = 0;
  /// All that anybody owns, counted afresh over every account; and what the history has issued
  /// (rewards) and burned since genesis. Their account: supply = genesis + issued - burned.
  virtual U256 supply() const = 0;
  virtual U256 issued() const = 0;
  virtual U256 burned() const = 0;
  /// Root of the audited state, to be compared with the roots that nodes answered; zero: none.
  virtual Hash256 state_root() const = 0;
};

struct ModelInfo;

/// Genesis: the accounts every node starts from, and the rules of the ledger that follows. Balances
/// are equal; keys come from the suite.
struct GenesisSpec {
  std::uint32_t accounts = 0;
  std::uint64_t balance = 0;               // smallest units each
  std::vector<std::uint64_t> stakes = {};  // by replica, smallest units; empty: no such accounts
  /// Of the ledger model. Null: its defaults (tests).
  const Params* params = nullptr;
  /// The contract engine plugged into the ledger, null: none; and its parameters.
  const ModelInfo* contract_model = nullptr;
  const Params* contract_params = nullptr;
  /// Null: none.
  std::shared_ptr<const std::vector<GenesisContract>> contracts = {};
};

/// The account whose balance is the stake of this replica: a ledger account like any other, whose
/// key the suite knows by this index. No workload pays from or to it by itself.
constexpr AccountIndex stake_account(NodeId replica) { return 0x8000'0000u + replica; }

/// Everything a factory gets. Spans stay valid as long as the world lives.
struct ModuleContext {
  NodeId self = 0;
  std::uint32_t replicas = 0;  // nodes 0..replicas-1 run the protocol
  std::uint32_t nodes = 0;     // with clients
  /// Of the static overlay. In a system with a discovery model only that model gets them, as its
  /// first contacts (none where the overlay is complete: anybody will do), and the other slots
  /// begin without neighbours until it tells them its Peers.
  std::span<const NodeId> neighbours;
  /// By replica: the group of its network address (an IPv4 /16, an operator); only for systems with
  /// a discovery model. Who holds many identities in few groups is bounded by limits per group.
  std::span<const std::uint16_t> address_groups;
  const Params* params = nullptr;
  const Params* consensus_params = nullptr;  // for modules that must know (client: settlement)
  const ModelInfo* consensus_model = nullptr;
  ClientPolicy client_policy;
  GenesisSpec genesis;
  Hash256 genesis_root;    // of the ledger in the application slot
  std::uint64_t seed = 0;  // of the system (keys); draws come with the input
  CryptoSuite* suite = nullptr;
  SharedStore* shared = nullptr;            // of this model, made by make_shared_store
  const ModelInfo* ledger_model = nullptr;  // in the application slot
  std::uint64_t block_weight = 0;  // most of Checked::weight that a block holds; 0: no such limit
  bool share_results = true;
  // clients
  std::uint32_t client_index = 0;
  std::uint32_t clients = 0;
  const ModelInfo* workload_model = nullptr;
  const Params* workload = nullptr;  // resolved parameters of the workload model
  Time workload_start{};
  Time workload_end = time_never;
  std::uint64_t workload_seed = 0;  // does not know the system: compared systems meet the same load
  std::uint32_t hash_share_ppb = 0;  // this node's share of all hash power
  std::uint64_t hash_power = 0;      // hashes/s of all replicas together
};

/// What a behaviour knows of the node it takes over (DESIGN 13.4): Byzantine nodes are wrappers
/// around correct modules.
struct BehaviourContext {
  ModuleContext node;  // of the consensus module; params are the behaviour's own
  Time from{};         // deviates from here, by the node's local clock ...
  Time until = time_never;
  std::span<const NodeId> accomplices;  // all nodes of the same entry, this one among them
  /// Another stack of the same identity, as a correct node has it.
  std::function<std::unique_ptr<Module>()> another;
};

/// What the contract suites (tests/contract) must know of a protocol to run it briefly.
struct ContractHints {
  std::string params;         // for short runs, as TOML pairs: "block_interval = \"1 s\", ..."
  std::string swarm_params;   // for the swarm; as `params` if empty (lotteries settle deeper)
  Duration run = seconds(6);  // a fault-free run of this length decides several blocks
  std::string swarm_kinds;    // faults the swarm may draw, as TOML list items; empty: all
  /// Proposals, votes and certificates from replica to replica for one decision without faults, as
  /// the paper counts them; null: it gives no exact number.
  std::uint64_t (*messages_per_decision)(std::uint32_t n) = nullptr;
};

struct ModelInfo {
  std::string name;           // "raft"
  std::uint32_t version = 1;  // raised when behaviour changes
  ModelKind kind = ModelKind::consensus;
  Slot slot = Slot::consensus;
  std::string family;   // "log", "lottery", "bft", ...
  std::string summary;  // one sentence
  std::string paper;    // citation
  /// SHA-256 of a user's source that is not in this library (DESIGN 13.7), hex; it enters the plan
  /// digest. Empty: name and version say all.
  std::string source_digest;
  std::vector<std::string> f751;  // F.751.2 clause ids it realises
  std::vector<ParamInfo> params;
  FaultModel fault_model;  // consensus only
  /// What an operator may ask of it (consensus only), see Operate.
  std::vector<OperateAction> operations;
  /// Answers ConfirmRead: reads through any replica that see every write acknowledged before.
  bool linearisable_reads = false;
  /// How many replicas are members at first; null: all.
  std::uint32_t (*initial_members)(const Params&, std::uint32_t n) = nullptr;
  ClientPolicy client_policy;  // consensus only
  MessageTypes messages;
  ContractHints contract;   // consensus only
  bool uses_relay = false;  // needs an overlay and a relay module
  bool uses_hash_power = false;
  bool uses_stake = false;  // genesis has a stake account for every replica
  /// Chained protocols: headers verified from genesis on (models/parts/chain/header_chain.hpp), for
  /// any node of the world, by its consensus_params. Null: blocks do not prove themselves.
  std::unique_ptr<chain::HeaderChain> (*make_header_chain)(const ModuleContext&) = nullptr;
  std::function<std::unique_ptr<Module>(const ModuleContext&)> make;
  std::unique_ptr<SharedStore> (*make_shared_store)(const GenesisSpec&, CryptoSuite&,
                                                    bool share) = nullptr;
  /// Workloads: the contracts that their calls ask for, by index; `name` is a job, its code is left
  /// empty (the resolver finds what the system's engine runs). Null: none.
  std::vector<GenesisContract> (*contracts)(const Params&, const GenesisSpec&) = nullptr;
  /// Workloads: the load of the client whose context this is.
  std::unique_ptr<Load> (*make_load)(const ModuleContext&) = nullptr;
  /// Behaviours give one of the two: a wrapper of the whole stack, or of the module in `slot`.
  std::unique_ptr<Module> (*wrap_node)(const BehaviourContext&,
                                       std::unique_ptr<Module> stack) = nullptr;
  std::unique_ptr<Module> (*wrap_module)(const BehaviourContext&,
                                         std::unique_ptr<Module> module) = nullptr;
  /// Behaviours: the node signs its handshakes with a key that belongs to nobody.
  bool false_identity = false;
  /// Behaviours: families of consensus they fit; empty: every one.
  std::vector<std::string> fits;
  /// Behaviours: parameters of the consensus module that a Byzantine replica sets for itself, where
  /// the module has them ("settlement_depth": an attacker settles nothing).
  std::vector<std::pair<std::string, std::int64_t>> own_settings;
  /// Ledgers: state root of the genesis accounts.
  Hash256 (*genesis_root)(const GenesisSpec&, CryptoSuite&) = nullptr;
  /// Ledgers: how a client writes their transactions. Null: plain transfers (parts/account_tx).
  std::unique_ptr<Wallet> (*make_wallet)(const ModuleContext&) = nullptr;
  /// Ledgers: most weight (gas, weight units) of the transactions of one block. Null: no limit.
  std::uint64_t (*block_weight)(const GenesisSpec&) = nullptr;
  /// Ledgers: which contract engines may be plugged in, by name. Empty: none.
  std::vector<std::string> engines;
  /// Ledgers: the audit of a history that begins with these accounts.
  std::unique_ptr<LedgerAudit> (*make_audit)(const GenesisSpec&, CryptoSuite&) = nullptr;
  /// Contract engines.
  std::unique_ptr<ContractEngine> (*make_contract_engine)(const Params&) = nullptr;
  /// Contract engines: the row of the cost table that a unit of their gas is charged by.
  Operation gas_row = Operation::evm_gas;
  /// Contract engines: what a creation takes of code and the constructor's arguments (in the
  /// encoding of Ethereum's contract ABI, as all calls are). Null: one behind the other.
  Bytes (*encode_creation)(ByteView code, ByteView arguments) = nullptr;
  /// Contract engines: the file of a built-in job is scenarios/contracts/<job>/<job>.<suffix>.
  std::string contract_suffix;
  bool contract_hex = false;  // it is hexadecimal text
  /// Storage modes: opens the real one in a folder (models/parts/files), for tools and for what runs
  /// outside a world; and what worlds charge for it.
  std::unique_ptr<Store> (*open_store)(std::shared_ptr<files::Folder>) = nullptr;
  StorageCharge storage_charge;
  /// Parameters that contradict each other or the number of replicas: an error text with the fix,
  /// or empty.
  std::string (*check)(const Params&, std::uint32_t replicas) = nullptr;

  std::string label() const { return name + "@" + std::to_string(version); }
};

}  // namespace ledgerlab
