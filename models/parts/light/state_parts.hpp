// A state trie in parts that can each be verified against the root, for snapshots: the upper nodes
// first, whose hashes lead to the root; they name by hash every part below, and a part is right and
// complete if its entries give that hash (Yellow Paper, appendix D). Nothing is believed before it
// is verified, so that parts may come from anybody, in any order.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "models/crypto/mpt.hpp"

namespace ledgerlab::light {

/// One entry of a trie: a key of 32 bytes and its value.
struct TrieEntry {
  Hash256 key;
  Bytes value;
};

/// A part of a trie: all that lies below a path.
struct TriePart {
  Bytes path;       // nibbles
  Bytes reference;  // as the node above has it: a hash, or a node shorter than 32 bytes itself
};

/// The nodes less than `depth` nibbles below the root, the root's first, each before those below
/// it; those that are part of another are left out.
std::vector<Bytes> upper_nodes(const Trie& trie, std::size_t depth);
/// What these nodes of a trie with this root leave open, in the order of the paths. Nothing if they
/// are not exactly what upper_nodes() gives.
std::optional<std::vector<TriePart>> parts_below(const Hash256& root, std::span<const Bytes> nodes,
                                                 std::size_t depth);
/// The part's entries by ascending key, from whoever has the trie.
std::vector<TrieEntry> entries_of(const Trie& trie, const TriePart& part);
/// Are these all the part's entries, ascending, and no others?
bool verify_part(const TriePart& part, std::span<const TrieEntry> entries);

}  // namespace ledgerlab::light
