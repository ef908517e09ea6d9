// Generation follows RFC 6962's recursive definitions; verification the iterative algorithms of
// RFC 9162, sections 2.1.3.2 and 2.1.4.2, whose step numbers are cited.
#include "models/crypto/merkle.hpp"

#include <bit>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

/// The largest power of two smaller than n, n > 1.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Hash256 merkle_leaf_hash(ByteView entry) {
  Bytes bytes;
  bytes.reserve(entry.size() + 1);
  bytes.push_back(0);
  bytes.insert(bytes.end(), entry.begin(), entry.end());
  return sha256(bytes);
}

Hash256 merkle_node_hash(const Hash256& left, const Hash256& right) {
  std::array<Byte, 65> bytes;
  bytes[0] = 1;
  std::memcpy(bytes.data() + 1, left.data.data(), 32);
  std::memcpy(bytes.data() + 33, right.data.data(), 32);
  return sha256(bytes);
}

Hash256 merkle_root(std::span<const Hash256> leaves) {
  if (leaves.empty()) return sha256({});
  std::vector<Hash256> level(leaves.begin(), leaves.end());
  while (level.size() > 1) {
    std::size_t count = 0;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      level[count++] = merkle_node_hash(level[i], level[i + 1]);
    }
    // An odd node moves up as it is, which builds the same tree as the RFC's recursion.
    if (level.size() % 2 != 0) level[count++] = level.back();
    level.resize(count);
  }
  return level.front();
}

MerkleTree::MerkleTree(std::span<const Hash256> leaves) {
  for (const Hash256& leaf : leaves) append(leaf);
}

void MerkleTree::append(const Hash256& leaf) {
  Hash256 node = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    auto& row = levels_[level];
    row.push_back(node);
    if (row.size() % 2 != 0) return;
    node = merkle_node_hash(row[row.size() - 2], row.back());
  }
}

Hash256 MerkleTree::range(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t count = end - begin;
  if (std::has_single_bit(count)) {  // begin is a multiple of count here
    const auto level = static_cast<std::size_t>(std::countr_zero(count));
    return levels_[level][begin >> level];
  }
  const std::uint64_t split = split_of(count);
  return merkle_node_hash(range(begin, begin + split), range(begin + split, end));
}

Hash256 MerkleTree::root(std::uint64_t size) const {
  if (size > this->size()) throw std::logic_error("MerkleTree::root beyond its size");
  return size == 0 ? sha256({}) : range(0, size);
}

void MerkleTree::path(std::uint64_t index, std::uint64_t begin, std::uint64_t end,
                      MerkleProof& out) const {
  if (end - begin == 1) return;
  const std::uint64_t middle = begin + split_of(end - begin);
  if (index < middle) {
    path(index, begin, middle, out);
    out.push_back(range(middle, end));
  } else {
    path(index, middle, end, out);
    out.push_back(range(begin, middle));
  }
}

MerkleProof MerkleTree::inclusion(std::uint64_t index, std::uint64_t size) const {
  if (index >= size || size > this->size()) {
    throw std::logic_error("MerkleTree::inclusion beyond its size");
  }
  MerkleProof out;
  path(index, 0, size, out);
  return out;
}

/// SUBPROOF of RFC 6962 2.1.2; `known` says that the verifier has the root of [begin, end).
void MerkleTree::subproof(std::uint64_t first, std::uint64_t begin, std::uint64_t end, bool known,
                          MerkleProof& out) const {
  if (first == end) {
    if (!known) out.push_back(range(begin, end));
    return;
  }
  const std::uint64_t middle = begin + split_of(end - begin);
  if (first <= middle) {
    subproof(first, begin, middle, known, out);
    out.push_back(range(middle, end));
  } else {
    subproof(first, middle, end, false, out);
    out.push_back(range(begin, middle));
  }
}

MerkleProof MerkleTree::consistency(std::uint64_t first, std::uint64_t second) const {
  if (first > second || second > size()) {
    throw std::logic_error("MerkleTree::consistency beyond its size");
  }
  MerkleProof out;
  if (first != 0 && first != second) subproof(first, 0, second, true, out);
  return out;
}

bool merkle_verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash256& leaf,
                             std::span<const Hash256> proof, const Hash256& root) {
  if (index >= size) return false;  // step 1
  std::uint64_t fn = index;         // step 2
  std::uint64_t sn = size - 1;
  Hash256 r = leaf;                 // step 3
  for (const Hash256& p : proof) {  // step 4
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = merkle_node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = merkle_node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;  // step 5
}

bool merkle_verify_consistency(std::uint64_t first, std::uint64_t second,
                               std::span<const Hash256> proof, const Hash256& first_root,
                               const Hash256& second_root) {
  if (first > second) return false;
  if (first == 0 && first_root != merkle_root({})) return false;
  if (first == second) return proof.empty() && first_root == second_root;
  if (first == 0) return proof.empty();
  if (proof.empty()) return false;  // step 1
  // Step 2: a full first tree is itself the first node of the path.
  const bool full = std::has_single_bit(first);
  const Hash256 start = full ? first_root : proof.front();
  std::uint64_t fn = first - 1;  // step 3
  std::uint64_t sn = second - 1;
  while ((fn & 1) != 0) {  // step 4
    fn >>= 1;
    sn >>= 1;
  }
  Hash256 fr = start;  // step 5
  Hash256 sr = start;
  for (const Hash256& c : proof.subspan(full ? 0 : 1)) {  // step 6
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = merkle_node_hash(c, fr);
      sr = merkle_node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = merkle_node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return fr == first_root && sr == second_root && sn == 0;  // step 7
}

bool MerkleSubtree::valid() const {
  if (begin >= end) return false;
  const std::uint64_t below = end - begin - 1;  // bit_ceil of the size is the next power of two
  return below >> 63 != 0 ? begin == 0 : begin % std::bit_ceil(below + 1) == 0;
}

bool merkle_verify_subtree_inclusion(std::uint64_t index, const MerkleSubtree& subtree,
                                     const Hash256& leaf, std::span<const Hash256> proof,
                                     const Hash256& subtree_hash) {
  return subtree.valid() && subtree.begin <= index && index < subtree.end &&
         merkle_verify_inclusion(index - subtree.begin, subtree.end - subtree.begin, leaf, proof,
                                 subtree_hash);
}

// "Verifying a Subtree Consistency Proof" of the same draft: RFC 9162, 2.1.4.2 for a subtree that
// need not begin at the first leaf.
bool merkle_verify_subtree_consistency(const MerkleSubtree& subtree, std::uint64_t size,
                                       std::span<const Hash256> proof, const Hash256& subtree_hash,
                                       const Hash256& root) {
  if (subtree.begin ==
      subtree.end) {  // no leaves: a part of every tree, as in merkle_verify_consistency
    return subtree.end <= size && proof.empty() && subtree_hash == merkle_root({});
  }
  if (!subtree.valid() || subtree.end > size) return false;
  std::uint64_t fn = subtree.begin, sn = subtree.end - 1, tn = size - 1;
  const bool ends_with_tree = sn == tn;
  const auto up = [&] { fn >>= 1, sn >>= 1, tn >>= 1; };
  while (fn != sn && (ends_with_tree || (sn & 1) != 0)) up();
  if (fn != sn && proof.empty()) return false;
  // A subtree that is one node of the tree is itself the first node of the path.
  Hash256 fr = fn == sn ? subtree_hash : proof.front();
  Hash256 sr = fr;
  for (const Hash256& c : proof.subspan(fn == sn ? 0 : 1)) {
    if (tn == 0) return false;
    if ((sn & 1) != 0 || sn == tn) {
      if (fn < sn) fr = merkle_node_hash(c, fr);
      sr = merkle_node_hash(c, sr);
      while ((sn & 1) == 0 && sn != 0) up();
    } else {
      sr = merkle_node_hash(sr, c);
    }
    up();
  }
  return tn == 0 && fr == subtree_hash && sr == root;
}

}  // namespace ledgerlab
