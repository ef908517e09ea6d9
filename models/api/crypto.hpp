// The one door through which modules sign, verify, hash and draw VRFs (DESIGN 13.4). `costed` is an
// ideal functionality in real bytes (a 128-bit code under a key of the world, padded to the true
// length); `real` uses the libraries. Both charge the node's CPU by the same operations.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string_view>

#include "models/api/message.hpp"
#include "models/base/bytes.hpp"
#include "models/base/ids.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

/// Rows of the cost table: what a node's CPU can be charged for.
enum class Operation : std::uint8_t {
  message_handle,  // one message taken from the network: parsing, dispatch
  message_byte,    // per byte of it
  sign,
  verify,     // Ed25519
  mac,        // make or check a 16-byte tag
  hash_byte,  // SHA-256 or Keccak-256, per byte
  vrf_prove,
  vrf_verify,
  tx_sign,
  tx_verify,     // secp256k1 ECDSA with recovery
  tx_check,      // admission without the signature
  tx_execute,    // one plain transfer
  state_update,  // one account written into the trie
  log_append,    // one record handed to the disk
  user,          // a protocol's own, in nanoseconds
  // What sessions between nodes take. Runs that assume sessions do not read these rows.
  x25519,     // one scalar multiplication
  hkdf,       // one HMAC-SHA-256 of HKDF
  aead,       // ChaCha20-Poly1305: begin and end of one frame
  aead_byte,  // per byte of it
  // What contracts take. Runs without a contract engine read none of these rows, runs with one only
  // the row of its gas (ModelInfo::gas_row) and the last three.
  evm_gas,  // one unit of an engine's gas, in the mean over its calibrated loops
  lua_gas,
  js_gas,
  wasm_gas,
  process_gas,
  script_op,       // one instruction of a Bitcoin script
  schnorr_verify,  // BIP 340
  contract_frame,  // one frame: its set-up and its return
  storage_read,    // one item of contract data looked up in the state
  storage_write    // one item of contract data written into its trie
};
inline constexpr std::size_t operation_count = 29;
inline constexpr std::size_t first_session_operation = 15;
inline constexpr std::size_t first_contract_operation = 19;
std::string_view operation_name(Operation op);

/// Picoseconds on the reference CPU, by operation.
struct CostTable {
  std::string name = "zero";
  std::array<std::uint64_t, operation_count> picoseconds{};
  /// Rows that the table's file has not; only rows from first_session_operation on may be missing.
  std::bitset<operation_count> missing;
  std::uint64_t of(Operation op) const { return picoseconds[static_cast<std::size_t>(op)]; }
  bool has(Operation op) const { return !missing[static_cast<std::size_t>(op)]; }
};

using Signature = FixedBytes<64>;
/// A node's identity: its Ed25519 public key, or what stands for one.
using NodeKey = FixedBytes<32>;
using TxSignature = FixedBytes<65>;  // r, s, recovery id
struct VrfEvaluation {
  FixedBytes<80> proof;
  FixedBytes<64> output;
};

/// An account key of the world: index into its deterministic key ring.
using AccountIndex = std::uint32_t;

/// The keys of a world and the operations on them. Pure: no call changes an answer of another.
class CryptoSuite {
 public:
  virtual ~CryptoSuite() = default;
  virtual std::string_view mode() const = 0;  // "costed" or "real"
  /// Fills `out` (16 or 64 bytes) for a frame of `author`; `bytes()` gives what a real signature
  /// covers and is called only by suites that need it.
  virtual void authenticate(const Message& message, std::span<Byte> out) = 0;
  virtual bool authentic(const Message& message) = 0;
  virtual Signature sign(NodeId author, ByteView text) = 0;
  virtual bool verify(NodeId author, ByteView text, const Signature& signature) = 0;
  /// Sessions: the key of a node, a signature under a key as it is shown, and key agreement
  /// (nothing for a share of low order). The defaults throw: a suite of tests without sessions.
  virtual NodeKey node_key(NodeId author);
  virtual bool verify_key(const NodeKey& key, ByteView text, const Signature& signature);
  virtual FixedBytes<32> share(const FixedBytes<32>& secret);
  virtual std::optional<FixedBytes<32>> agree(const FixedBytes<32>& secret,
                                              const FixedBytes<32>& peer_share);
  virtual VrfEvaluation vrf_prove(NodeId author, ByteView alpha) = 0;
  virtual bool vrf_verify(NodeId author, ByteView alpha, const VrfEvaluation& proof) = 0;
  virtual Address account(AccountIndex index) = 0;
  virtual TxSignature sign_transaction(AccountIndex index, const Hash256& digest) = 0;
  /// Address whose key made the signature; nothing if it is none.
  virtual std::optional<Address> recover(const Hash256& digest, const TxSignature& signature) = 0;
  /// Is `nonce` work for this header under this target? Lottery worlds check the ticket that only
  /// the host can mint; nonce worlds hash (DESIGN 13.4).
  virtual bool work_valid(const Hash256& header, const U256& target, std::uint64_t nonce) = 0;
};

class Effects;

/// A module's handle: every use is charged to the node.
class Crypto {
 public:
  Crypto(CryptoSuite& suite, Effects& effects, NodeId self)
      : suite_(&suite), effects_(&effects), self_(self) {}
  Signature sign(ByteView text);
  bool verify(NodeId author, ByteView text, const Signature& signature);
  VrfEvaluation vrf_prove(ByteView alpha);
  bool vrf_verify(NodeId author, ByteView alpha, const VrfEvaluation& proof);
  TxSignature sign_transaction(AccountIndex index, const Hash256& digest);
  std::optional<Address> recover(const Hash256& digest, const TxSignature& signature);
  bool work_valid(const Hash256& header, const U256& target, std::uint64_t nonce);
  /// Of a frame inside a message: the host has judged the outer one only. Charged every time,
  /// computed once for an object.
  bool authentic(const Message& message);
  Hash256 sha256(ByteView text);
  Hash256 keccak256(ByteView text);
  Address account(AccountIndex index) { return suite_->account(index); }

 private:
  CryptoSuite* suite_;
  Effects* effects_;
  NodeId self_;
};

}  // namespace ledgerlab
