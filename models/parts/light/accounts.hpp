// A light client of a chain of accounts: it has final headers and nothing else, and believes of the
// state what a proof leads to one of their roots (EIP-1186); and the other use of such a root, a
// node that takes over the whole state of a checkpoint in verified parts.
#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "models/parts/ethereum/state.hpp"
#include "models/parts/light/state_parts.hpp"

namespace ledgerlab::light {

/// What is final, by height: who decides it (work, votes, a checkpoint in the configuration) is the
/// caller's matter.
class FinalRoots {
 public:
  void add(std::uint64_t height, const Hash256& state_root) { roots_[height] = state_root; }
  const Hash256* at(std::uint64_t height) const {
    const auto it = roots_.find(height);
    return it == roots_.end() ? nullptr : &it->second;
  }
  /// Empty: this is what the account and its slots held after the block of this height.
  std::string_view check(std::uint64_t height, const ethereum::AccountProof& proof) const;

 private:
  std::map<std::uint64_t, Hash256> roots_;
};

/// An account as a part of a snapshot carries it.
struct SnapshotAccount {
  TrieEntry account;               // key: Keccak-256 of the address
  std::vector<TrieEntry> storage;  // by hashed slot
  Bytes code;                      // empty: none, or it came with another account of this part
};
std::size_t wire_size(const SnapshotAccount& account);

/// The giving side: nothing but reads of a state.
std::vector<SnapshotAccount> part_of(const ethereum::WorldState& world, const TriePart& part);

/// The taking side. It holds no state that was not verified, and is complete exactly when it has
/// every part.
class SnapshotSync {
 public:
  SnapshotSync(const Hash256& root, std::size_t depth) : root_(root), depth_(depth) {}

  /// False: not the upper nodes of this root; ask another.
  bool begin(std::span<const Bytes> upper);
  /// What is still to be asked for.
  const std::vector<TriePart>& missing() const { return missing_; }
  /// Empty: taken. Else what is wrong with it, and nothing was taken.
  std::string_view take(const TriePart& part, std::span<const SnapshotAccount> accounts);
  bool complete() const { return begun_ && missing_.empty(); }
  /// Of a complete one: its root is the one that was asked for.
  ethereum::WorldState state() const { return ethereum::WorldState(accounts_, codes_); }

 private:
  Hash256 root_;
  std::size_t depth_;
  bool begun_ = false;
  std::vector<TriePart> missing_;
  Trie accounts_;
  std::shared_ptr<ethereum::CodeStore> codes_ = std::make_shared<ethereum::CodeStore>();
};

}  // namespace ledgerlab::light
