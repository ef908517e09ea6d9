// The one door between ledgers and inline contract engines, shaped like EVMC (the Ethereum
// client-VM connector API, version 10): a ledger is the host of one call frame, an engine executes
// the frame's code against it. Engines keep no state between frames but caches that are pure
// functions of a code's bytes; whatever a contract stores, pays, calls or logs goes through the
// host, and the host alone knows how to undo it. Amounts and EVM words are U256, gas is the engine's
// own unit of work (what one unit costs in CPU time stands in the cost table).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

/// The forks of Ethereum's execution layer, in order. Engines other than the EVM see one of them
/// too (their host's rules for accounts follow it) and may ignore it.
enum class Revision : std::uint8_t {
  frontier,
  homestead,
  tangerine_whistle,  // EIP-150
  spurious_dragon,    // EIP-158
  byzantium,
  constantinople,
  petersburg,
  istanbul,
  berlin,
  london,  // Arrow Glacier and Gray Glacier change the difficulty only
  paris,   // the Merge
  shanghai,
  cancun
};
inline constexpr std::size_t revision_count = 13;

enum class ContractStatus : std::uint8_t {
  success,
  revert,  // the contract's own refusal: state undone, gas left is given back, output is its reason
  // All below: state undone, all gas of the frame taken.
  out_of_gas,  // the budget of work or of memory is used up
  invalid_instruction,
  undefined_instruction,
  stack_overflow,
  stack_underflow,
  bad_jump,
  invalid_memory_access,  // RETURNDATACOPY beyond the data; a Wasm trap of memory
  static_violation,       // a change of state in a static call
  call_depth,
  precompile_failure,
  contract_failure,  // what an engine's language raises: a Lua error, a trap, an assertion
  nondeterminism,    // the contract asked for what differs between nodes (clock, random, files)
  code_refused       // deployment: not well formed for this engine
};
std::string_view contract_status_name(ContractStatus status);

enum class CallKind : std::uint8_t { call, delegate_call, call_code, create, create2 };

/// One frame. Views stay valid during the call.
struct ContractMessage {
  CallKind kind = CallKind::call;
  bool is_static = false;
  std::int32_t depth = 0;  // 0: called by the transaction; 1,024 is the deepest
  std::int64_t gas = 0;
  Address recipient;  // whose storage; for creations the host fills it in
  Address sender;
  U256 value;
  ByteView input;  // creations: the initialisation code with its arguments
  Hash256 salt;    // create2
  Address code_address;  // whose code runs: the recipient's, but for delegate_call and call_code
};

/// What a frame gave. `output` is the engine's or host's own copy.
struct ContractResult {
  ContractStatus status = ContractStatus::success;
  std::int64_t gas_left = 0;    // zero unless success or revert
  std::int64_t gas_refund = 0;  // counter of EIP-3529 (EIP-2200 ...), may be negative within a frame
  Bytes output;                 // creations that succeed: the code to be kept
  Address created;              // creations
  std::string reason;           // for people: an error's text; never part of a state
};

/// What a transaction's frames see of the block and of the transaction (Yellow Paper: H and T).
struct ContractContext {
  U256 gas_price;  // effective
  Address origin;
  Address coinbase;
  std::int64_t block_number = 0;
  std::int64_t timestamp = 0;  // seconds
  std::int64_t gas_limit = 0;
  U256 prev_randao;  // before Paris: the difficulty
  U256 chain_id;
  U256 base_fee;
  U256 blob_base_fee;
  std::span<const Hash256> blob_hashes;
};

/// Code with its hash. One object per hash in a world: what an engine derives from the bytes
/// (jump destinations, a compiled chunk, a parsed module) it keeps here, once. The derived value is
/// a pure function of the bytes.
struct ContractCode {
  Bytes bytes;
  Hash256 hash;  // Keccak-256
  mutable std::shared_ptr<const void> derived;
};
using CodeRef = std::shared_ptr<const ContractCode>;

/// What SSTORE did to a slot: original (at the transaction's start), current, new (EIP-2200,
/// EIP-3529; EVMC's names). X, Y, Z are distinct non-zero values.
enum class StorageStatus : std::uint8_t {
  assigned,           // no change, or any other change of a slot already dirty
  added,              // 0 -> 0 -> Z
  deleted,            // X -> X -> 0
  modified,           // X -> X -> Z
  deleted_added,      // X -> 0 -> Z
  modified_deleted,   // X -> Y -> 0
  deleted_restored,   // X -> 0 -> X
  added_deleted,      // 0 -> Y -> 0
  modified_restored   // X -> Y -> X
};

enum class AccessStatus : bool { cold = false, warm = true };  // EIP-2929

/// The ledger's side of a frame.
class ContractHost {
 public:
  virtual ~ContractHost() = default;
  // Words of storage (EVM). A slot that was never set reads zero.
  virtual U256 storage(const Address& account, const U256& key) = 0;
  virtual StorageStatus set_storage(const Address& account, const U256& key,
                                    const U256& value) = 0;
  virtual U256 transient_storage(const Address& account, const U256& key) = 0;  // EIP-1153
  virtual void set_transient_storage(const Address& account, const U256& key,
                                     const U256& value) = 0;
  /// Before Spurious Dragon: is there an account; from then on: is it not empty (EIP-161).
  virtual bool exists(const Address& account) = 0;
  virtual U256 balance(const Address& account) = 0;
  virtual std::size_t code_size(const Address& account) = 0;
  /// Zero for an account that is not there (EIP-1052).
  virtual Hash256 code_hash(const Address& account) = 0;
  /// Null: no code.
  virtual CodeRef code(const Address& account) = 0;
  /// True the first time in this transaction that `account` destructs itself (the refund of old).
  virtual bool self_destruct(const Address& account, const Address& beneficiary) = 0;
  /// Runs a frame below this one: transfers its value, finds its code, executes, undoes on failure.
  virtual ContractResult call(const ContractMessage& message) = 0;
  virtual const ContractContext& context() const = 0;
  /// Zero unless it is one of the 256 blocks before this one.
  virtual Hash256 block_hash(std::int64_t number) = 0;
  virtual void log(const Address& account, ByteView data, std::span<const Hash256> topics) = 0;
  virtual AccessStatus access(const Address& account) = 0;  // and marks it warm
  virtual AccessStatus access(const Address& account, const U256& key) = 0;

  // Byte strings under byte strings (engines other than the EVM): the same data store of the
  // account, one leaf per key. Nothing: never set, or erased. An empty value erases.
  virtual std::optional<Bytes> item(const Address& account, ByteView key) = 0;
  virtual void set_item(const Address& account, ByteView key, ByteView value) = 0;
};

/// Sees every instruction of an engine that has such; changes nothing. Null means none.
class ContractObserver {
 public:
  virtual ~ContractObserver() = default;
  virtual void begin(const ContractMessage& message, ByteView code) = 0;
  /// Before the instruction at `pc`: gas left, and the stack, top last.
  virtual void step(std::size_t pc, Byte opcode, std::int64_t gas, std::span<const U256> stack,
                    std::int32_t depth) = 0;
  virtual void end(const ContractResult& result) = 0;
};

/// One contract engine. Thread-compatible: one frame tree at a time per object.
class ContractEngine {
 public:
  virtual ~ContractEngine() = default;
  virtual std::string_view name() const = 0;
  /// Executes one frame. For a creation `code` is the initialisation code and the output the code
  /// that the account will have; an engine whose code is not made by code (a script's source, a
  /// module) checks it, runs its initialiser and gives back what is to be kept.
  /// Never throws because of a contract; the host's own exceptions pass through.
  virtual ContractResult execute(ContractHost& host, Revision revision,
                                 const ContractMessage& message, const ContractCode& code) = 0;
  /// False: two runs of one frame may differ (a process, user code): results are never shared
  /// between nodes (DESIGN 13.9).
  virtual bool deterministic() const { return true; }
  ContractObserver* observer = nullptr;
};

}  // namespace ledgerlab
