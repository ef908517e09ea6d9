// Ethereum's Merkle-Patricia trie (Yellow Paper, appendix D), persistent: a Trie value is a
// version, copying it costs one pointer, versions share their nodes, and no version changes under
// another. Node hashes are computed when a root is asked for and kept, so the root after k changes
// costs O(k log n).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab {

namespace mpt {

struct Node;
void retain(const Node* node);
void release(const Node* node);

/// A counted reference to a node. The count is atomic: versions may live in different threads, but
/// a version whose root was not asked for yet must not be shared (hashes are kept lazily).
class NodePtr {
 public:
  NodePtr() = default;
  explicit NodePtr(Node* node) : node_(node) {}
  NodePtr(const NodePtr& other) : node_(other.node_) {
    if (node_ != nullptr) retain(node_);
  }
  NodePtr(NodePtr&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  NodePtr& operator=(NodePtr other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodePtr() {
    if (node_ != nullptr) release(node_);
  }
  Node* get() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }

 private:
  Node* node_ = nullptr;
};

/// The hex-prefix encoding of a sequence of nibbles (Yellow Paper, appendix C).
Bytes hex_prefix(std::span<const Byte> nibbles, bool terminated);

}  // namespace mpt

/// The nodes from the root towards a key, each in its RLP form; a node shorter than 32 bytes is
/// part of the one above.
using TrieProof = std::vector<Bytes>;

struct TrieChange;

class Trie {
 public:
  /// Keys are at most this long; SecureTrie takes keys of any length.
  static constexpr std::size_t max_key_size = 32;

  bool empty() const { return !root_; }
  /// The value of a key. The view lives as long as a version that holds it.
  std::optional<ByteView> get(ByteView key) const;
  /// Sets a key. An empty value erases it: the trie cannot tell the two apart.
  void insert(ByteView key, ByteView value);
  /// The same with a trie that is kept beside the value, which must name it (by its root) and is
  /// all that counts for the root. Keys of one length only.
  void insert(ByteView key, ByteView value, const Trie& below);
  /// The value, and into `below` the trie kept beside it; an empty one if there is none.
  std::optional<ByteView> get(ByteView key, Trie& below) const;
  /// True if the key was there.
  bool erase(ByteView key);
  /// The root hash of this version.
  Hash256 root() const;
  /// Proves the key's value, or that there is none.
  TrieProof prove(ByteView key) const;
  /// Calls `visitor` for every entry in the order of the keys, until it returns false.
  void visit(const std::function<bool(ByteView key, ByteView value)>& visitor) const;

  /// Calls `visitor` for every key whose value here and in `after` differ, in the order of the
  /// keys. What the two versions share is passed over: costs what changed.
  void difference(const Trie& after, const std::function<void(const TrieChange&)>& visitor) const;

  /// The root hash of a trie without entries.
  static Hash256 empty_root();

 private:
  mpt::NodePtr root_;
};

/// A key's value in two versions, with the tries kept beside it.
struct TrieChange {
  ByteView key;
  std::optional<ByteView> before, after;
  Trie below_before, below_after;
};

/// A trie whose keys are hashed by Keccak-256 first, so that nobody can choose a deep path: the
/// form in which Ethereum keeps accounts and storage.
class SecureTrie {
 public:
  bool empty() const { return trie_.empty(); }
  std::optional<ByteView> get(ByteView key) const;
  void insert(ByteView key, ByteView value);
  bool erase(ByteView key);
  Hash256 root() const { return trie_.root(); }
  TrieProof prove(ByteView key) const;

  /// The trie below, by hashed keys: for snapshots.
  const Trie& by_hash() const { return trie_; }
  Trie& by_hash() { return trie_; }

 private:
  Trie trie_;
};

enum class TrieVerdict : std::uint8_t { included, excluded, invalid };

struct TrieProofResult {
  TrieVerdict verdict = TrieVerdict::invalid;
  Bytes value;  // when included
};

/// What `proof` shows about `key` in the trie with this root. Nodes that the path does not need, or
/// that are not in RLP's one form, make it invalid.
TrieProofResult verify_trie_proof(const Hash256& root, ByteView key, std::span<const Bytes> proof);
/// The same for a SecureTrie.
TrieProofResult verify_secure_trie_proof(const Hash256& root, ByteView key,
                                         std::span<const Bytes> proof);

}  // namespace ledgerlab
