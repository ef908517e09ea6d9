// Taproot's commitments (BIP 341): script trees, control blocks, output keys.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "models/crypto/schnorr.hpp"

namespace ledgerlab::bitcoin {

inline constexpr Byte tapscript_leaf_version = 0xc0;
inline constexpr Byte taproot_leaf_mask = 0xfe;
inline constexpr Byte annex_tag = 0x50;
inline constexpr std::size_t control_base_size = 33;
inline constexpr std::size_t control_node_size = 32;
inline constexpr std::size_t control_nodes_max = 128;

Hash256 tapleaf_hash(Byte leaf_version, ByteView script);
Hash256 tapbranch_hash(const Hash256& a, const Hash256& b);
/// `root` nothing: key path only.
Hash256 taptweak_hash(const XOnlyPublicKey& internal, const std::optional<Hash256>& root);
/// The root a control block of valid size leads to from this leaf.
Hash256 taproot_root(ByteView control, const Hash256& leaf);

struct TapLeaf {
  Bytes script;
  Byte version = tapscript_leaf_version;
};

/// A tree of scripts, built from its leaves with their depths in order, left to right.
class TapTree {
 public:
  /// Nothing unless the depths describe one binary tree of at most 128 levels.
  static std::optional<TapTree> from_depths(std::vector<std::pair<std::size_t, TapLeaf>> leaves);
  const Hash256& root() const { return root_; }
  const std::vector<TapLeaf>& leaves() const { return leaves_; }
  const std::vector<Hash256>& leaf_hashes() const { return hashes_; }
  /// The control block that opens leaf `index` for this internal key.
  std::optional<Bytes> control_block(std::size_t index, const XOnlyPublicKey& internal) const;

 private:
  std::vector<TapLeaf> leaves_;
  std::vector<Hash256> hashes_;
  std::vector<std::vector<Hash256>> paths_;  // siblings from the leaf up
  Hash256 root_;
};

/// Internal key and optional root to the output's key.
std::optional<TweakedKey> taproot_output_key(const XOnlyPublicKey& internal,
                                             const std::optional<Hash256>& root);

}  // namespace ledgerlab::bitcoin
