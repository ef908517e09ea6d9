// Insertion and removal copy the path from the root to the key, except where this version is a
// node's only owner: within a batch of changes each node is copied once.
#include "models/crypto/mpt.hpp"

#include <stdexcept>

#include "models/crypto/hash.hpp"
#include "models/crypto/mpt_node.hpp"

namespace ledgerlab {
namespace mpt {

void retain(const Node* node) { node->owners.fetch_add(1, std::memory_order_relaxed); }

void release(const Node* node) {
  if (node->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  switch (node->kind) {
    case Kind::leaf:
      delete static_cast<const Leaf*>(node);
      return;
    case Kind::extension:
      delete static_cast<const Extension*>(node);
      return;
    case Kind::branch:
      delete static_cast<const Branch*>(node);
      return;
  }
}

namespace {

/// The node itself if nobody else owns it, else a copy: in both cases one that may be changed.
template <class T>
NodePtr writable(NodePtr node) {
  if (node.get()->owners.load(std::memory_order_acquire) == 1) {
    node.get()->reference.size = 0;
    return node;
  }
  return NodePtr(new T(static_cast<const T&>(*node.get())));
}

/// `node` below `path`: no extension for an empty path, and neither an extension nor a leaf behind
/// an extension.
NodePtr with_prefix(Path path, NodePtr node) {
  if (path.size() == 0) return node;
  if (node.get()->kind == Kind::branch) return NodePtr(new Extension(path, std::move(node)));
  if (node.get()->kind == Kind::leaf) {
    path.append(as_leaf(node).path);
    NodePtr out = writable<Leaf>(std::move(node));
    as_leaf(out).path = path;
    return out;
  }
  path.append(as_extension(node).path);
  NodePtr out = writable<Extension>(std::move(node));
  as_extension(out).path = path;
  return out;
}

/// What a key leads to.
struct Content {
  ByteView value;
  const NodePtr& below;
};

/// Hangs a value into a branch: in it if the path ends here, else as a leaf below.
void place(Branch& branch, const Path& path, std::size_t at, const Content& content) {
  if (at == path.size()) {
    branch.value.assign(content.value.begin(), content.value.end());
  } else {
    branch.children[path[at]] = NodePtr(new Leaf(path.from(at + 1), content.value, content.below));
  }
}

NodePtr insert(NodePtr node, const Path& key, std::size_t at, const Content& content);

NodePtr insert_at_leaf(NodePtr node, const Path& key, std::size_t at, const Content& content) {
  const std::size_t common = as_leaf(node).path.common(key, at);
  if (common == as_leaf(node).path.size() && at + common == key.size()) {
    NodePtr out = writable<Leaf>(std::move(node));
    as_leaf(out).value.assign(content.value.begin(), content.value.end());
    as_leaf(out).below = content.below;
    return out;
  }
  NodePtr fork(new Branch);
  const Leaf& old = as_leaf(node);
  place(as_branch(fork), old.path, common, {old.value, old.below});
  place(as_branch(fork), key, at + common, content);
  return with_prefix(key.slice(at, at + common), std::move(fork));
}

NodePtr insert_at_extension(NodePtr node, const Path& key, std::size_t at, const Content& content) {
  const Path path = as_extension(node).path;
  const std::size_t common = path.common(key, at);
  NodePtr own = writable<Extension>(std::move(node));
  NodePtr child = std::move(as_extension(own).child);
  if (common == path.size()) {
    as_extension(own).child = insert(std::move(child), key, at + common, content);
    return own;
  }
  NodePtr fork(new Branch);
  as_branch(fork).children[path[common]] = with_prefix(path.from(common + 1), std::move(child));
  place(as_branch(fork), key, at + common, content);
  return with_prefix(path.slice(0, common), std::move(fork));
}

NodePtr insert(NodePtr node, const Path& key, std::size_t at, const Content& content) {
  if (!node) return NodePtr(new Leaf(key.from(at), content.value, content.below));
  if (node.get()->kind == Kind::leaf) return insert_at_leaf(std::move(node), key, at, content);
  if (node.get()->kind == Kind::extension) {
    return insert_at_extension(std::move(node), key, at, content);
  }
  NodePtr own = writable<Branch>(std::move(node));
  Branch& branch = as_branch(own);
  if (at == key.size()) {
    branch.value.assign(content.value.begin(), content.value.end());
  } else {
    NodePtr& child = branch.children[key[at]];
    child = insert(std::move(child), key, at + 1, content);
  }
  return own;
}

/// A branch that lost an entry: with one left it becomes that entry.
NodePtr normalised(NodePtr node) {
  Branch& branch = as_branch(node);
  std::size_t count = branch.value.empty() ? 0 : 1;
  std::size_t last = 16;
  for (std::size_t i = 0; i < 16; ++i) {
    if (!branch.children[i]) continue;
    ++count;
    last = i;
  }
  if (count > 1) return node;
  if (last == 16) return NodePtr(new Leaf(Path(), branch.value, {}));
  Path path;
  path.push(static_cast<Byte>(last));
  return with_prefix(path, std::move(branch.children[last]));
}

/// Removes a key that is there; nothing may be left.
NodePtr erase(NodePtr node, const Path& key, std::size_t at) {
  if (node.get()->kind == Kind::leaf) return {};
  if (node.get()->kind == Kind::extension) {
    NodePtr own = writable<Extension>(std::move(node));
    Extension& extension = as_extension(own);
    NodePtr child = erase(std::move(extension.child), key, at + extension.path.size());
    if (child.get()->kind != Kind::branch) return with_prefix(extension.path, std::move(child));
    extension.child = std::move(child);
    return own;
  }
  NodePtr own = writable<Branch>(std::move(node));
  Branch& branch = as_branch(own);
  if (at == key.size()) {
    branch.value.clear();
  } else {
    NodePtr& child = branch.children[key[at]];
    child = erase(std::move(child), key, at + 1);
  }
  return normalised(std::move(own));
}

/// The value at `key`, and every node on the way to where the search ends.
template <class Visitor>
std::optional<ByteView> find(const NodePtr& root, const Path& key, Visitor visitor) {
  const NodePtr* node = &root;
  std::size_t at = 0;
  while (*node) {
    visitor(*node);
    if (node->get()->kind == Kind::leaf) {
      const Leaf& leaf = as_leaf(*node);
      if (leaf.path.size() != key.size() - at || leaf.path.common(key, at) != leaf.path.size()) {
        return std::nullopt;
      }
      return ByteView(leaf.value);
    }
    if (node->get()->kind == Kind::extension) {
      const Extension& extension = as_extension(*node);
      if (extension.path.common(key, at) != extension.path.size()) return std::nullopt;
      at += extension.path.size();
      node = &extension.child;
      continue;
    }
    const Branch& branch = as_branch(*node);
    if (at == key.size()) {
      if (branch.value.empty()) return std::nullopt;
      return ByteView(branch.value);
    }
    node = &branch.children[key[at++]];
  }
  return std::nullopt;
}

using Visit = std::function<bool(ByteView, ByteView)>;

bool walk(const NodePtr& node, const Path& above, const Visit& visitor) {
  Path path = above;
  if (node.get()->kind == Kind::leaf) {
    path.append(as_leaf(node).path);
    return visitor(path.bytes(), as_leaf(node).value);
  }
  if (node.get()->kind == Kind::extension) {
    path.append(as_extension(node).path);
    return walk(as_extension(node).child, path, visitor);
  }
  const Branch& branch = as_branch(node);
  if (!branch.value.empty() && !visitor(path.bytes(), branch.value)) return false;
  for (std::size_t i = 0; i < 16; ++i) {
    if (!branch.children[i]) continue;
    path.push(static_cast<Byte>(i));
    if (!walk(branch.children[i], path, visitor)) return false;
    path.shorten(path.size() - 1);
  }
  return true;
}

Path path_of(ByteView key) {
  if (key.size() > Trie::max_key_size) throw std::length_error("Trie: key longer than 32 bytes");
  return Path(key);
}

}  // namespace
}  // namespace mpt

std::optional<ByteView> Trie::get(ByteView key) const {
  return mpt::find(root_, mpt::path_of(key), [](const mpt::NodePtr&) {});
}

std::optional<ByteView> Trie::get(ByteView key, Trie& below) const {
  mpt::NodePtr beside;
  const auto found = mpt::find(root_, mpt::path_of(key), [&](const mpt::NodePtr& node) {
    if (node.get()->kind == mpt::Kind::leaf) beside = mpt::as_leaf(node).below;
  });
  below.root_ = found ? std::move(beside) : mpt::NodePtr();
  return found;
}

void Trie::insert(ByteView key, ByteView value) { insert(key, value, Trie()); }

void Trie::insert(ByteView key, ByteView value, const Trie& below) {
  if (value.empty()) {
    erase(key);
    return;
  }
  // An unchanged value keeps the hashes of the whole path.
  const auto old = get(key);
  if (old && old->size() == value.size() &&
      std::memcmp(old->data(), value.data(), value.size()) == 0) {
    return;
  }
  root_ = mpt::insert(std::move(root_), mpt::path_of(key), 0, {value, below.root_});
}

bool Trie::erase(ByteView key) {
  if (!get(key)) return false;
  root_ = mpt::erase(std::move(root_), mpt::path_of(key), 0);
  return true;
}

Hash256 Trie::empty_root() {
  static const Hash256 hash = keccak256(Bytes{0x80});
  return hash;
}

Hash256 Trie::root() const {
  if (!root_) return empty_root();
  Bytes scratch;
  const mpt::Reference& reference = mpt::reference_of(root_, scratch);
  if (reference.size < 32) return keccak256(ByteView(reference.bytes).first(reference.size));
  return Hash256{reference.bytes};
}

TrieProof Trie::prove(ByteView key) const {
  TrieProof out;
  Bytes scratch;
  root();  // computes all references
  mpt::find(root_, mpt::path_of(key), [&](const mpt::NodePtr& node) {
    // A node that fits into its parent has been written with it.
    if (!out.empty() && node.get()->reference.size < 32) return;
    mpt::encode_node(node, out.emplace_back(), scratch);
  });
  return out;
}

void Trie::visit(const std::function<bool(ByteView, ByteView)>& visitor) const {
  if (root_) mpt::walk(root_, mpt::Path(), visitor);
}

std::optional<ByteView> SecureTrie::get(ByteView key) const {
  return trie_.get(keccak256(key).view());
}
void SecureTrie::insert(ByteView key, ByteView value) {
  trie_.insert(keccak256(key).view(), value);
}
bool SecureTrie::erase(ByteView key) { return trie_.erase(keccak256(key).view()); }
TrieProof SecureTrie::prove(ByteView key) const { return trie_.prove(keccak256(key).view()); }

}  // namespace ledgerlab
