// Merkle trees: the known roots of the RFC 6962 reference tree, all proofs of all small trees, and
// the attacks that the prefixes are there for.
#include "models/crypto/merkle.hpp"

#include <gtest/gtest.h>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

// The eight entries of the reference tree of Certificate Transparency and its roots.
const std::array<const char*, 8> entries = {"",
                                            "00",
                                            "10",
                                            "2021",
                                            "3031",
                                            "40414243",
                                            "5051525354555657",
                                            "606162636465666768696a6b6c6d6e6f"};
const std::array<const char*, 8> roots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

std::vector<Hash256> some_leaves(std::size_t count) {
  std::vector<Hash256> out;
  for (std::size_t i = 0; i < count; ++i) {
    const Byte byte = static_cast<Byte>(i);
    out.push_back(merkle_leaf_hash({&byte, 1}));
  }
  return out;
}

TEST(Merkle, ReferenceRoots) {
  std::vector<Hash256> leaves;
  MerkleTree tree;
  EXPECT_EQ(tree.root(), sha256({}));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    leaves.push_back(merkle_leaf_hash(*from_hex(entries[i])));
    tree.append(leaves.back());
    EXPECT_EQ(to_hex(tree.root()), roots[i]);
    EXPECT_EQ(to_hex(merkle_root(leaves)), roots[i]);
  }
  for (std::size_t i = 0; i < roots.size(); ++i) EXPECT_EQ(to_hex(tree.root(i + 1)), roots[i]);
}

TEST(Merkle, EveryInclusionProofOfSmallTrees) {
  const auto leaves = some_leaves(33);
  const MerkleTree tree(leaves);
  for (std::uint64_t size = 1; size <= leaves.size(); ++size) {
    const Hash256 root = merkle_root(std::span(leaves).first(size));
    ASSERT_EQ(root, tree.root(size));
    for (std::uint64_t index = 0; index < size; ++index) {
      auto proof = tree.inclusion(index, size);
      ASSERT_TRUE(merkle_verify_inclusion(index, size, leaves[index], proof, root));
      for (std::uint64_t other = 0; other < size; ++other) {
        ASSERT_EQ(merkle_verify_inclusion(other, size, leaves[index], proof, root), other == index);
      }
      for (auto& node : proof) {
        node.data[7] ^= 1;
        ASSERT_FALSE(merkle_verify_inclusion(index, size, leaves[index], proof, root));
        node.data[7] ^= 1;
      }
      proof.push_back(root);
      ASSERT_FALSE(merkle_verify_inclusion(index, size, leaves[index], proof, root));
    }
  }
}

TEST(Merkle, EveryConsistencyProofOfSmallTrees) {
  const auto leaves = some_leaves(33);
  const MerkleTree tree(leaves);
  for (std::uint64_t second = 0; second <= leaves.size(); ++second) {
    for (std::uint64_t first = 0; first <= second; ++first) {
      auto proof = tree.consistency(first, second);
      ASSERT_TRUE(
          merkle_verify_consistency(first, second, proof, tree.root(first), tree.root(second)));
      for (auto& node : proof) {
        node.data[7] ^= 1;
        ASSERT_FALSE(
            merkle_verify_consistency(first, second, proof, tree.root(first), tree.root(second)));
        node.data[7] ^= 1;
      }
      proof.push_back(tree.root());
      ASSERT_FALSE(
          merkle_verify_consistency(first, second, proof, tree.root(first), tree.root(second)));
    }
  }
}

TEST(Merkle, RepeatedLastLeafGivesAnotherRoot) {
  // CVE-2012-2459: in Bitcoin's tree [a, b, c] and [a, b, c, c] share a root.
  auto leaves = some_leaves(3);
  const Hash256 three = merkle_root(leaves);
  leaves.push_back(leaves.back());
  EXPECT_NE(merkle_root(leaves), three);
}

TEST(Merkle, InnerNodeIsNoLeaf) {
  const auto leaves = some_leaves(4);
  const Hash256 left = merkle_node_hash(leaves[0], leaves[1]);
  const Hash256 right = merkle_node_hash(leaves[2], leaves[3]);
  Bytes children(left.data.begin(), left.data.end());
  children.insert(children.end(), right.data.begin(), right.data.end());
  // Without prefixes the concatenated children, given as an entry, would hash to the root.
  EXPECT_NE(merkle_leaf_hash(children), merkle_root(leaves));
}

TEST(Merkle, EmptyTreeHasOneRoot) {
  const Hash256 other = merkle_leaf_hash({});
  EXPECT_TRUE(merkle_verify_consistency(0, 0, {}, merkle_root({}), merkle_root({})));
  EXPECT_FALSE(merkle_verify_consistency(0, 0, {}, other, other));
}

/// The path from a subtree's hash to the root, found by the definition alone: the roots of what the
/// recursive split leaves on either side ("Subtree Consistency Proofs").
void split(std::span<const Hash256> leaves, std::uint64_t begin, std::uint64_t end, bool known,
           MerkleProof& out) {
  if (begin == 0 && end == leaves.size()) {
    if (!known) out.push_back(merkle_root(leaves));
    return;
  }
  const std::uint64_t half = std::bit_ceil(leaves.size()) / 2;
  if (end <= half) {
    split(leaves.first(half), begin, end, known, out);
    out.push_back(merkle_root(leaves.subspan(half)));
  } else if (begin >= half) {
    split(leaves.subspan(half), begin - half, end - half, known, out);
    out.push_back(merkle_root(leaves.first(half)));
  } else {
    split(leaves.subspan(half), 0, end - half, false, out);
    out.push_back(merkle_root(leaves.first(half)));
  }
}

TEST(Merkle, SubtreesOfSmallTrees) {
  for (std::uint64_t size = 1; size <= 20; ++size) {
    const auto leaves = some_leaves(size);
    const std::span<const Hash256> all(leaves);
    for (std::uint64_t begin = 0; begin < size; ++begin) {
      for (std::uint64_t end = begin + 1; end <= size; ++end) {
        const MerkleSubtree subtree{begin, end};
        const bool valid = begin % std::bit_ceil(end - begin) == 0;
        ASSERT_EQ(subtree.valid(), valid);
        if (!valid) continue;
        const Hash256 hash = merkle_root(all.subspan(begin, end - begin));
        MerkleProof proof;
        split(all, begin, end, true, proof);
        const Hash256 root = merkle_root(leaves);
        ASSERT_TRUE(merkle_verify_subtree_consistency(subtree, size, proof, hash, root))
            << begin << ' ' << end << ' ' << size;
        for (auto& node : proof) {
          node.data[3] ^= 1;
          ASSERT_FALSE(merkle_verify_subtree_consistency(subtree, size, proof, hash, root));
          node.data[3] ^= 1;
        }
        const MerkleTree part(all.subspan(begin, end - begin));
        for (std::uint64_t leaf = begin; leaf < end; ++leaf) {
          const auto path = part.inclusion(leaf - begin, end - begin);
          ASSERT_TRUE(merkle_verify_subtree_inclusion(leaf, subtree, leaves[leaf], path, hash));
          ASSERT_FALSE(
              merkle_verify_subtree_inclusion(leaf, subtree, merkle_leaf_hash({}), path, hash));
        }
      }
    }
  }
  EXPECT_FALSE((MerkleSubtree{1, 9223372036854775810u}.valid()));
}

}  // namespace
}  // namespace ledgerlab
