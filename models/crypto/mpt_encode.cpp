// The trie's nodes as bytes: hex prefix, RLP, references, and the verifier of proofs, which works
// on bytes alone.
#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/mpt_node.hpp"

namespace ledgerlab {
namespace mpt {
namespace {

/// A path in hex-prefix form: at most 33 bytes.
struct Compact {
  std::array<Byte, 33> bytes;
  std::size_t size = 0;
  ByteView view() const { return {bytes.data(), size}; }
};

template <class Nibbles>
void hex_prefix_into(const Nibbles& nibbles, bool terminated, Byte* out) {
  const std::size_t count = nibbles.size();
  const std::size_t odd = count % 2;
  *out = static_cast<Byte>((terminated ? 0x20 : 0) | (odd != 0 ? 0x10 | nibbles[0] : 0));
  for (std::size_t i = odd; i < count; i += 2) {
    *++out = static_cast<Byte>(nibbles[i] << 4 | nibbles[i + 1]);
  }
}

Compact compact(const Path& path, bool terminated) {
  Compact out;
  out.size = path.size() / 2 + 1;
  hex_prefix_into(path, terminated, out.bytes.data());
  return out;
}

std::size_t reference_size(const Reference& reference) {
  return reference.size == 32 ? 33 : reference.size;
}

void append_reference(Bytes& out, const Reference& reference) {
  if (reference.size == 32) out.push_back(0xa0);
  out.insert(out.end(), reference.bytes.begin(), reference.bytes.begin() + reference.size);
}

}  // namespace

Bytes hex_prefix(std::span<const Byte> nibbles, bool terminated) {
  Bytes out(nibbles.size() / 2 + 1);
  hex_prefix_into(nibbles, terminated, out.data());
  return out;
}

void encode_node(const NodePtr& node, Bytes& out, Bytes& scratch) {
  if (node.get()->kind == Kind::leaf) {
    const Leaf& leaf = as_leaf(node);
    const Compact path = compact(leaf.path, true);
    out.clear();
    rlp::append_list_head(out, rlp::encoded_size(path.view()) + rlp::encoded_size(leaf.value));
    rlp::append(out, path.view());
    rlp::append(out, leaf.value);
    return;
  }
  if (node.get()->kind == Kind::extension) {
    const Extension& extension = as_extension(node);
    const Reference& child = reference_of(extension.child, scratch);
    const Compact path = compact(extension.path, false);
    out.clear();
    rlp::append_list_head(out, rlp::encoded_size(path.view()) + reference_size(child));
    rlp::append(out, path.view());
    append_reference(out, child);
    return;
  }
  const Branch& branch = as_branch(node);
  std::size_t payload = rlp::encoded_size(branch.value);
  for (const NodePtr& child : branch.children) {
    payload += child ? reference_size(reference_of(child, scratch)) : 1;
  }
  out.clear();
  rlp::append_list_head(out, payload);
  for (const NodePtr& child : branch.children) {
    if (child) {
      append_reference(out, child.get()->reference);
    } else {
      out.push_back(0x80);
    }
  }
  rlp::append(out, branch.value);
}

const Reference& reference_of(const NodePtr& node, Bytes& scratch) {
  Reference& reference = node.get()->reference;
  if (reference.size != 0) return reference;
  // The children overwrite `scratch` before this node is written into it.
  encode_node(node, scratch, scratch);
  if (scratch.size() < 32) {
    std::memcpy(reference.bytes.data(), scratch.data(), scratch.size());
    reference.size = static_cast<std::uint8_t>(scratch.size());
  } else {
    reference.bytes = keccak256(scratch).data;
    reference.size = 32;
  }
  return reference;
}

namespace {

/// What one node of a proof says about the key.
enum class Step : std::uint8_t { found, absent, descend, broken };

struct Descent {
  Step step = Step::broken;
  ByteView value;  // found
  bool child_is_list = false;
  ByteView child;  // descend: a hash, or the encoding of the child itself
};

/// Reads a hex-prefix path and matches it with the key from nibble `at` on.
struct PathMatch {
  bool well_formed = false;
  bool terminated = false;
  bool matches = false;
  std::size_t size = 0;
};
PathMatch match_path(ByteView compact_path, const Path& key, std::size_t at) {
  PathMatch out;
  if (compact_path.empty() || compact_path[0] >= 0x40) return out;
  const bool odd = (compact_path[0] & 0x10) != 0;
  if (!odd && (compact_path[0] & 15) != 0) return out;
  out.well_formed = true;
  out.terminated = (compact_path[0] & 0x20) != 0;
  out.size = 2 * (compact_path.size() - 1) + (odd ? 1 : 0);
  if (out.size > key.size() - at) return out;
  out.matches = true;
  for (std::size_t i = 0; i < out.size; ++i) {
    const std::size_t nibble = i + (odd ? 1 : 2);
    const Byte byte = compact_path[nibble / 2];
    if ((nibble % 2 == 0 ? byte >> 4 : byte & 15) != key[at + i]) out.matches = false;
  }
  return out;
}

Descent descend_into(const rlp::Split& child) {
  if (!child.is_list && child.payload.empty()) return {Step::absent, {}, false, {}};
  if (!child.is_list && child.payload.size() != 32) return {};
  return {Step::descend, {}, child.is_list, child.payload};
}

/// One node, given as the payload of its list; `at` moves along the key.
Descent step_into(ByteView payload, const Path& key, std::size_t& at) {
  std::vector<rlp::Split> items;
  for (ByteView rest = payload; !rest.empty();) {
    const auto item = rlp::split(rest);
    if (!item || items.size() == 17) return {};
    items.push_back(*item);
    rest = item->rest;
  }
  if (items.size() == 17) {
    if (items[16].is_list) return {};
    if (at < key.size()) return descend_into(items[key[at++]]);
    if (items[16].payload.empty()) return {Step::absent, {}, false, {}};
    return {Step::found, items[16].payload, false, {}};
  }
  if (items.size() != 2 || items[0].is_list) return {};
  const PathMatch match = match_path(items[0].payload, key, at);
  if (!match.well_formed) return {};
  if (match.terminated) {
    if (items[1].is_list || items[1].payload.empty()) return {};
    if (!match.matches || at + match.size != key.size()) return {Step::absent, {}, false, {}};
    return {Step::found, items[1].payload, false, {}};
  }
  if (match.size == 0) return {};
  if (!match.matches) return {Step::absent, {}, false, {}};
  at += match.size;
  const Descent next = descend_into(items[1]);
  return next.step == Step::absent ? Descent{} : next;
}

}  // namespace
}  // namespace mpt

TrieProofResult verify_trie_proof(const Hash256& root, ByteView key, std::span<const Bytes> proof) {
  if (key.size() > Trie::max_key_size) return {};
  if (proof.empty()) {
    return {root == Trie::empty_root() ? TrieVerdict::excluded : TrieVerdict::invalid, {}};
  }
  const mpt::Path path(key);
  std::size_t at = 0;
  std::size_t used = 0;
  Hash256 expected = root;
  while (used < proof.size()) {
    const Bytes& bytes = proof[used++];
    const auto node = rlp::split(bytes);
    // A short node other than the root belongs into its parent.
    if (!node || !node->is_list || !node->rest.empty() || keccak256(bytes) != expected ||
        (used > 1 && bytes.size() < 32)) {
      return {};
    }
    mpt::Descent next = mpt::step_into(node->payload, path, at);
    while (next.step == mpt::Step::descend && next.child_is_list) {
      next = mpt::step_into(next.child, path, at);
    }
    if (next.step == mpt::Step::broken) return {};
    if (next.step != mpt::Step::descend) {
      if (used != proof.size()) return {};
      if (next.step == mpt::Step::absent) return {TrieVerdict::excluded, {}};
      return {TrieVerdict::included, Bytes(next.value.begin(), next.value.end())};
    }
    std::memcpy(expected.data.data(), next.child.data(), 32);
  }
  return {};
}

TrieProofResult verify_secure_trie_proof(const Hash256& root, ByteView key,
                                         std::span<const Bytes> proof) {
  return verify_trie_proof(root, keccak256(key).view(), proof);
}

}  // namespace ledgerlab
