// Merkle trees of RFC 6962 (section 2.1), over SHA-256. Leaves and inner nodes are hashed with
// different prefixes and an odd node moves up unpaired, so neither an inner node can pose as a leaf
// nor a repeated last leaf give the same root (Bitcoin's CVE-2012-2459).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// SHA-256(0x00 || entry).
Hash256 merkle_leaf_hash(ByteView entry);
/// SHA-256(0x01 || left || right).
Hash256 merkle_node_hash(const Hash256& left, const Hash256& right);

/// The root over leaf hashes; of no leaves, SHA-256 of nothing.
Hash256 merkle_root(std::span<const Hash256> leaves);

/// A path from a leaf, or between two sizes of one tree, to the root.
using MerkleProof = std::vector<Hash256>;

/// A tree that keeps every full subtree's hash: appending and the root cost O(log n), and a proof
/// costs O(log n) too.
class MerkleTree {
 public:
  MerkleTree() = default;
  explicit MerkleTree(std::span<const Hash256> leaves);

  void append(const Hash256& leaf);
  std::uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }
  Hash256 root() const { return root(size()); }
  /// The root the tree had when it held `size` leaves, at most its present size.
  Hash256 root(std::uint64_t size) const;
  /// RFC 6962 2.1.1: the path of leaf `index` in the tree of `size` leaves; index < size.
  MerkleProof inclusion(std::uint64_t index, std::uint64_t size) const;
  /// RFC 6962 2.1.2: that the tree of `first` leaves is a prefix of that of `second`;
  /// first <= second. Empty when first is 0 or equals second.
  MerkleProof consistency(std::uint64_t first, std::uint64_t second) const;

 private:
  Hash256 range(std::uint64_t begin, std::uint64_t end) const;
  void path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, MerkleProof& out) const;
  void subproof(std::uint64_t first, std::uint64_t begin, std::uint64_t end, bool known,
                MerkleProof& out) const;

  /// levels_[k][i] is the hash of leaves [i * 2^k, (i + 1) * 2^k), kept for full subtrees only.
  std::vector<std::vector<Hash256>> levels_;
};

/// Does `proof` lead from the leaf's hash at `index` to the root of the tree of `size` leaves?
bool merkle_verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash256& leaf,
                             std::span<const Hash256> proof, const Hash256& root);

/// Does `proof` show that the tree of `first` leaves is a prefix of the tree of `second`?
bool merkle_verify_consistency(std::uint64_t first, std::uint64_t second,
                               std::span<const Hash256> proof, const Hash256& first_root,
                               const Hash256& second_root);

/// The leaves [begin, end) of a tree, if they are a subtree of Merkle Tree Certificates
/// (draft-davidben-tls-merkle-tree-certs, "Subtrees"): begin is a multiple of the smallest power of
/// two that is not below the number of leaves. A subtree's hash is the root over its leaves alone.
struct MerkleSubtree {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool valid() const;
};

/// Does `proof` lead from the hash of leaf `index` to the hash of the subtree that holds it?
bool merkle_verify_subtree_inclusion(std::uint64_t index, const MerkleSubtree& subtree,
                                     const Hash256& leaf, std::span<const Hash256> proof,
                                     const Hash256& subtree_hash);
/// Does `proof` show that the subtree is a part of the tree of `size` leaves with this root?
bool merkle_verify_subtree_consistency(const MerkleSubtree& subtree, std::uint64_t size,
                                       std::span<const Hash256> proof, const Hash256& subtree_hash,
                                       const Hash256& root);

}  // namespace ledgerlab
