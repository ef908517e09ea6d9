#include "models/parts/bitcoin/taproot.hpp"

#include <algorithm>

#include "models/parts/bitcoin/wire.hpp"

namespace ledgerlab::bitcoin {

namespace {

Hash256 tagged_pair(std::string_view tag, ByteView first, ByteView second) {
  Bytes both = to_bytes(first);
  put_bytes(both, second);
  return tagged_hash(tag, both);
}

}  // namespace

Hash256 tapleaf_hash(Byte leaf_version, ByteView script) {
  Bytes head = {leaf_version};
  put_compact(head, script.size());
  return tagged_pair("TapLeaf", head, script);
}

Hash256 tapbranch_hash(const Hash256& a, const Hash256& b) {
  return a < b ? tagged_pair("TapBranch", a.view(), b.view())
               : tagged_pair("TapBranch", b.view(), a.view());
}

Hash256 taptweak_hash(const XOnlyPublicKey& internal, const std::optional<Hash256>& root) {
  return tagged_pair("TapTweak", internal.view(), root ? root->view() : ByteView{});
}

Hash256 taproot_root(ByteView control, const Hash256& leaf) {
  Hash256 at = leaf;
  for (std::size_t i = control_base_size; i + control_node_size <= control.size();
       i += control_node_size) {
    Hash256 sibling;
    std::copy_n(control.begin() + static_cast<std::ptrdiff_t>(i), control_node_size,
                sibling.data.begin());
    at = tapbranch_hash(at, sibling);
  }
  return at;
}

std::optional<TapTree> TapTree::from_depths(std::vector<std::pair<std::size_t, TapLeaf>> leaves) {
  struct Subtree {
    std::size_t depth;
    Hash256 hash;
    std::size_t first;  // leaves [first, end)
    std::size_t end;
  };
  TapTree tree;
  std::vector<Subtree> open;
  for (auto& [depth, leaf] : leaves) {
    if (depth > control_nodes_max) return std::nullopt;
    const std::size_t index = tree.leaves_.size();
    tree.hashes_.push_back(tapleaf_hash(leaf.version, leaf.script));
    tree.leaves_.push_back(std::move(leaf));
    tree.paths_.emplace_back();
    if (!open.empty() && open.back().depth > depth) return std::nullopt;
    open.push_back({depth, tree.hashes_.back(), index, index + 1});
    while (open.size() > 1 && open[open.size() - 2].depth == open.back().depth) {
      const Subtree right = open.back();
      open.pop_back();
      Subtree& left = open.back();
      if (left.depth == 0) return std::nullopt;
      for (std::size_t i = left.first; i < left.end; ++i) tree.paths_[i].push_back(right.hash);
      for (std::size_t i = right.first; i < right.end; ++i) tree.paths_[i].push_back(left.hash);
      left = {left.depth - 1, tapbranch_hash(left.hash, right.hash), left.first, right.end};
    }
  }
  if (open.size() != 1 || open[0].depth != 0) return std::nullopt;
  tree.root_ = open[0].hash;
  return tree;
}

std::optional<Bytes> TapTree::control_block(std::size_t index,
                                            const XOnlyPublicKey& internal) const {
  const auto output = taproot_output_key(internal, root_);
  if (!output || index >= leaves_.size()) return std::nullopt;
  Bytes out = {
      static_cast<Byte>((leaves_[index].version & taproot_leaf_mask) | (output->odd ? 1 : 0))};
  put_bytes(out, internal.view());
  for (const Hash256& sibling : paths_[index]) put_bytes(out, sibling.view());
  return out;
}

std::optional<TweakedKey> taproot_output_key(const XOnlyPublicKey& internal,
                                             const std::optional<Hash256>& root) {
  return xonly_tweak_add(internal, taptweak_hash(internal, root));
}

}  // namespace ledgerlab::bitcoin
