// What differs between two versions of a trie. Both are walked side by side as if each nibble had a
// node of its own, so that a path that was split or joined is compared with what it was before.
#include <algorithm>

#include "models/crypto/mpt_node.hpp"

namespace ledgerlab {
namespace mpt {
namespace {

/// A place in a trie: a node, and how many nibbles of its path lie above the place.
struct Place {
  const NodePtr* node = nullptr;
  std::size_t skip = 0;

  explicit operator bool() const { return node != nullptr && *node; }
  Kind kind() const { return node->get()->kind; }
};

Place below(const Place& place, Byte nibble) {
  if (!place) return {};
  if (place.kind() == Kind::branch) return {&as_branch(*place.node).children[nibble], 0};
  const Path& path =
      place.kind() == Kind::leaf ? as_leaf(*place.node).path : as_extension(*place.node).path;
  if (place.skip == path.size() || path[place.skip] != nibble) return {};
  if (place.kind() == Kind::extension && place.skip + 1 == path.size()) {
    return {&as_extension(*place.node).child, 0};
  }
  return {place.node, place.skip + 1};
}

/// What the key that ends here has.
std::optional<ByteView> value_at(const Place& place) {
  if (!place) return std::nullopt;
  if (place.kind() == Kind::leaf) {
    const Leaf& leaf = as_leaf(*place.node);
    return place.skip == leaf.path.size() ? std::optional(ByteView(leaf.value)) : std::nullopt;
  }
  if (place.kind() == Kind::extension || as_branch(*place.node).value.empty()) return std::nullopt;
  return ByteView(as_branch(*place.node).value);
}

NodePtr beside(const Place& place) {
  return place && place.kind() == Kind::leaf ? as_leaf(*place.node).below : NodePtr();
}

bool same(const Place& a, const Place& b) {
  if (!a || !b) return !a && !b;
  if (a.skip != b.skip) return false;
  if (a.node->get() == b.node->get()) return true;
  const Reference& x = a.node->get()->reference;
  const Reference& y = b.node->get()->reference;
  return x.size != 0 && x.size == y.size &&
         std::equal(x.bytes.begin(), x.bytes.begin() + x.size, y.bytes.begin());
}

struct Found {
  const Path& path;
  std::optional<ByteView> before, after;
  NodePtr below_before, below_after;
};

template <class Visitor>
void compare(const Place& before, const Place& after, Path& path, const Visitor& visitor) {
  if (same(before, after)) return;
  const auto old = value_at(before);
  const auto now = value_at(after);
  if (old.has_value() != now.has_value() || (old && !std::ranges::equal(*old, *now))) {
    visitor(Found{path, old, now, beside(before), beside(after)});
  }
  const std::size_t depth = path.size();
  if (depth == 2 * Trie::max_key_size) return;
  for (Byte nibble = 0; nibble < 16; ++nibble) {
    const Place a = below(before, nibble);
    const Place b = below(after, nibble);
    if (!a && !b) continue;
    path.push(nibble);
    compare(a, b, path, visitor);
    path.shorten(depth);
  }
}

}  // namespace
}  // namespace mpt

void Trie::difference(const Trie& after,
                      const std::function<void(const TrieChange&)>& visitor) const {
  mpt::Path path;
  mpt::compare({&root_, 0}, {&after.root_, 0}, path, [&](const mpt::Found& found) {
    TrieChange change;
    change.key = found.path.bytes();
    change.before = found.before;
    change.after = found.after;
    change.below_before.root_ = found.below_before;
    change.below_after.root_ = found.below_after;
    visitor(change);
  });
}

}  // namespace ledgerlab
