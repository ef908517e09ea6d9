#include "models/parts/light/state_parts.hpp"

#include <algorithm>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::light {
namespace {

constexpr std::size_t key_nibbles = 64;

Byte nibble(const Hash256& key, std::size_t i) {
  const Byte both = key.data[i / 2];
  return i % 2 == 0 ? both >> 4 : both & 15;
}

Bytes nibbles(const Hash256& key, std::size_t begin, std::size_t end) {
  Bytes out;
  for (std::size_t i = begin; i < end; ++i) out.push_back(nibble(key, i));
  return out;
}

/// The node over these entries, whose keys agree in their first `depth` nibbles: c(J, i) of the
/// Yellow Paper (194).
Bytes node_over(std::span<const TrieEntry> entries, std::size_t depth);

/// How a node is named in the one above: n(J, i), (193).
void append_reference(Bytes& out, const Bytes& node) {
  if (node.size() < 32) {
    out.insert(out.end(), node.begin(), node.end());
  } else {
    rlp::append(out, keccak256(node).view());
  }
}

Bytes node_over(std::span<const TrieEntry> entries, std::size_t depth) {
  Bytes payload, out;
  const Hash256& first = entries.front().key;
  if (entries.size() == 1) {
    rlp::append(payload, mpt::hex_prefix(nibbles(first, depth, key_nibbles), true));
    rlp::append(payload, entries.front().value);
    rlp::append_list(out, payload);
    return out;
  }
  std::size_t shared = depth;
  while (nibble(first, shared) == nibble(entries.back().key, shared)) ++shared;
  if (shared > depth) {
    rlp::append(payload, mpt::hex_prefix(nibbles(first, depth, shared), false));
    append_reference(payload, node_over(entries, shared));
  } else {
    for (Byte child = 0; child < 16; ++child) {
      const auto end = std::find_if(entries.begin(), entries.end(), [&](const TrieEntry& entry) {
        return nibble(entry.key, depth) != child;
      });
      const auto count = static_cast<std::size_t>(end - entries.begin());
      if (count == 0) {
        rlp::append(payload, ByteView());
      } else {
        append_reference(payload, node_over(entries.first(count), depth + 1));
        entries = entries.subspan(count);
      }
    }
    rlp::append(payload, ByteView());  // keys of one length: no value in a branch
  }
  rlp::append_list(out, payload);
  return out;
}

/// Follows the upper nodes from the root; gathers what lies below them.
class Walk {
 public:
  Walk(std::span<const Bytes> nodes, std::size_t depth) : nodes_(nodes), depth_(depth) {}
  std::vector<TriePart> parts;

  bool at(const TriePart& place) {
    if (place.path.size() >= depth_) {
      parts.push_back(place);
      return true;
    }
    Bytes node = place.reference;
    if (node.size() == 32) {
      if (next_ == nodes_.size()) return false;
      node = nodes_[next_++];
      if (keccak256(node).view().size() != 32 ||
          !std::ranges::equal(keccak256(node).view(), place.reference)) {
        return false;
      }
    }
    const auto item = rlp::decode(node);
    if (!item || !item->is_list) return false;
    if (item->items.size() == 17) return branch(place, *item);
    if (item->items.size() == 2 && !item->items[0].is_list) return path(place, *item);
    return false;
  }
  bool used_all() const { return next_ == nodes_.size(); }

 private:
  static Bytes reference_of(const rlp::Item& item) {
    return item.is_list ? rlp::encode(item) : item.bytes;
  }
  bool branch(const TriePart& place, const rlp::Item& item) {
    for (Byte child = 0; child < 16; ++child) {
      TriePart next{place.path, reference_of(item.items[child])};
      if (next.reference.empty()) continue;
      if (!item.items[child].is_list && next.reference.size() != 32) return false;
      next.path.push_back(child);
      if (!at(next)) return false;
    }
    return true;
  }
  /// A leaf is a part of its own; an extension leads on.
  bool path(const TriePart& place, const rlp::Item& item) {
    const Bytes& prefix = item.items[0].bytes;
    if (prefix.empty() || prefix[0] > 0x3f) return false;
    if ((prefix[0] & 0x20) != 0) {
      parts.push_back(place);
      return true;
    }
    TriePart next{place.path, reference_of(item.items[1])};
    if ((prefix[0] & 0x10) != 0) next.path.push_back(prefix[0] & 15);
    for (std::size_t i = 1; i < prefix.size(); ++i) {
      next.path.push_back(prefix[i] >> 4);
      next.path.push_back(prefix[i] & 15);
    }
    if (!item.items[1].is_list && next.reference.size() != 32) return false;
    return next.path.size() > place.path.size() && at(next);
  }

  std::span<const Bytes> nodes_;
  std::size_t depth_;
  std::size_t next_ = 0;
};

Bytes bytes_of(const Hash256& hash) { return Bytes(hash.data.begin(), hash.data.end()); }

bool below(const Hash256& key, const Bytes& path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (nibble(key, i) != path[i]) return false;
  }
  return true;
}

/// In the order in which Walk meets them.
void gather(std::span<const TrieEntry> entries, std::size_t at, std::size_t depth,
            std::vector<Bytes>& out, bool root) {
  if (at >= depth || entries.empty()) return;
  Bytes node = node_over(entries, at);
  if (root || node.size() >= 32) out.push_back(std::move(node));
  if (entries.size() == 1) return;
  std::size_t shared = at;
  while (nibble(entries.front().key, shared) == nibble(entries.back().key, shared)) ++shared;
  if (shared > at) return gather(entries, shared, depth, out, false);
  while (!entries.empty()) {
    const Byte child = nibble(entries.front().key, at);
    const auto end = std::find_if(entries.begin(), entries.end(), [&](const TrieEntry& entry) {
      return nibble(entry.key, at) != child;
    });
    const auto count = static_cast<std::size_t>(end - entries.begin());
    gather(entries.first(count), at + 1, depth, out, false);
    entries = entries.subspan(count);
  }
}

std::vector<TrieEntry> all_entries(const Trie& trie) {
  std::vector<TrieEntry> out;
  trie.visit([&](ByteView key, ByteView value) {
    TrieEntry entry;
    std::copy(key.begin(), key.end(), entry.key.data.begin());
    entry.value.assign(value.begin(), value.end());
    out.push_back(std::move(entry));
    return true;
  });
  return out;
}

}  // namespace

std::vector<Bytes> upper_nodes(const Trie& trie, std::size_t depth) {
  std::vector<Bytes> out;
  gather(all_entries(trie), 0, depth, out, true);
  return out;
}

std::optional<std::vector<TriePart>> parts_below(const Hash256& root, std::span<const Bytes> nodes,
                                                 std::size_t depth) {
  Walk walk(nodes, depth);
  if (root == Trie::empty_root()) {
    if (!nodes.empty()) return std::nullopt;
    return walk.parts;
  }
  if (!walk.at({{}, bytes_of(root)}) || !walk.used_all()) return std::nullopt;
  return std::move(walk.parts);
}

std::vector<TrieEntry> entries_of(const Trie& trie, const TriePart& part) {
  std::vector<TrieEntry> out = all_entries(trie);
  std::erase_if(out, [&](const TrieEntry& entry) { return !below(entry.key, part.path); });
  return out;
}

bool verify_part(const TriePart& part, std::span<const TrieEntry> entries) {
  if (entries.empty()) return false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!below(entries[i].key, part.path) || entries[i].value.empty()) return false;
    if (i > 0 && !(entries[i - 1].key < entries[i].key)) return false;
  }
  const Bytes node = node_over(entries, part.path.size());
  // The root is named by its hash however short it is (Yellow Paper, (195)).
  if (node.size() < 32 && !part.path.empty()) return node == part.reference;
  return bytes_of(keccak256(node)) == part.reference;
}

}  // namespace ledgerlab::light
