// The nodes of the Merkle-Patricia trie; private to models/crypto.
#pragma once

#include <array>
#include <atomic>

#include "models/crypto/mpt.hpp"

namespace ledgerlab::mpt {

/// A sequence of up to 64 nibbles, packed from the front.
class Path {
 public:
  Path() = default;
  /// All nibbles of a key, which has 32 bytes at most.
  explicit Path(ByteView key) : size_(static_cast<std::uint8_t>(2 * key.size())) {
    if (!key.empty()) std::memcpy(packed_.data(), key.data(), key.size());
  }

  std::size_t size() const { return size_; }
  Byte operator[](std::size_t i) const {
    const Byte byte = packed_[i / 2];
    return i % 2 == 0 ? byte >> 4 : byte & 15;
  }
  void push(Byte nibble) {
    Byte& byte = packed_[size_ / 2];
    byte =
        size_ % 2 == 0 ? static_cast<Byte>(nibble << 4) : static_cast<Byte>((byte & 0xf0) | nibble);
    ++size_;
  }
  void append(const Path& other) {
    for (std::size_t i = 0; i < other.size(); ++i) push(other[i]);
  }
  void shorten(std::size_t size) { size_ = static_cast<std::uint8_t>(size); }
  Path slice(std::size_t begin, std::size_t end) const {
    Path out;
    for (std::size_t i = begin; i < end; ++i) out.push((*this)[i]);
    return out;
  }
  Path from(std::size_t begin) const { return slice(begin, size_); }
  /// How many nibbles agree with `other` from its nibble `offset` on.
  std::size_t common(const Path& other, std::size_t offset) const {
    std::size_t count = 0;
    while (count < size() && offset + count < other.size() &&
           (*this)[count] == other[offset + count]) {
      ++count;
    }
    return count;
  }
  /// The bytes of a path of even length.
  ByteView bytes() const { return {packed_.data(), size_ / std::size_t{2}}; }

 private:
  std::array<Byte, 32> packed_{};
  std::uint8_t size_ = 0;
};

enum class Kind : std::uint8_t { leaf, extension, branch };

/// How a parent names a node: its RLP form if that is shorter than 32 bytes, else its hash.
struct Reference {
  std::array<Byte, 32> bytes;
  std::uint8_t size = 0;  // 0: not computed
};

struct Node {
  explicit Node(Kind of) : kind(of) {}
  Node(const Node& other) : kind(other.kind) {}  // a copy is about to change: no reference, count 1
  Node& operator=(const Node&) = delete;

  mutable std::atomic<std::uint32_t> owners{1};
  mutable Reference reference;
  const Kind kind;
};

struct Leaf : Node {
  Leaf(const Path& p, ByteView v, NodePtr b)
      : Node(Kind::leaf), path(p), value(v.begin(), v.end()), below(std::move(b)) {}
  Path path;
  Bytes value;
  NodePtr below;  // a trie kept with the value; not part of the leaf's encoding
};

struct Extension : Node {
  Extension(const Path& p, NodePtr c) : Node(Kind::extension), path(p), child(std::move(c)) {}
  Path path;
  NodePtr child;  // always a branch
};

struct Branch : Node {
  Branch() : Node(Kind::branch) {}
  std::array<NodePtr, 16> children;
  Bytes value;  // empty: none
};

inline Leaf& as_leaf(const NodePtr& node) { return static_cast<Leaf&>(*node.get()); }
inline Extension& as_extension(const NodePtr& node) { return static_cast<Extension&>(*node.get()); }
inline Branch& as_branch(const NodePtr& node) { return static_cast<Branch&>(*node.get()); }

/// Computes, if need be, and returns the node's reference; `scratch` is overwritten.
const Reference& reference_of(const NodePtr& node, Bytes& scratch);
/// Writes the node's RLP form; the references of its children are computed.
void encode_node(const NodePtr& node, Bytes& out, Bytes& scratch);

}  // namespace ledgerlab::mpt
