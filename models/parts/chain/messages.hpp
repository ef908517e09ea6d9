// What nodes of a chain say to each other beside the relay that spreads their blocks: kinds 1 to 4
// of every chained protocol.
#pragma once

#include <vector>

#include "models/api/block.hpp"
#include "models/api/message.hpp"
#include "models/base/u256.hpp"
#include "models/parts/chain/archive.hpp"
#include "models/parts/chain/block_tree.hpp"

namespace ledgerlab::chain {

inline constexpr std::size_t locator_max = 64;

/// A block. It proves itself (by its work, by its leader's proof) and goes through the relay, or
/// straight to who asked. Carried is the protocol's decoded form; it has a member `block`.
template <class Carried>
struct BlockContent {
  static constexpr MessageInfo info{1, "Block", Role::proposal, Auth::none};
  Carried carried;
  mutable Archive::Shared settled{};  // its place in the archives of all who have settled it
  mutable SharedPlace place{};        // and in the trees of all who have it
  const BlockRef& carried_block() const { return carried.block; }
  template <class A>
  void fields(A& a) {
    a(carried);
  }
};

/// A block named so that its place is found at once.
struct Place {
  Height height = 0;
  BlockId id;
  template <class A>
  void fields(A& a) {
    a(height, id);
  }
};

/// "Send me the blocks up to `want`, from the first of `locator` that you know on the way."
struct GetBlocks {
  static constexpr MessageInfo info{2, "GetBlocks", Role::sync, Auth::mac};
  std::vector<Place> locator;  // own chain, newest first, ever sparser
  Place want;
  std::uint16_t limit = 0;  // oldest first, at most so many
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(locator, locator_max);
    a(limited, want, limit);
  }
};

/// "Where are you?" Asked after a restart and when nothing has come for long.
struct GetTip {
  static constexpr MessageInfo info{3, "GetTip", Role::sync, Auth::mac};
  BlockId head;  // of the asker
  template <class A>
  void fields(A& a) {
    a(head);
  }
};

struct Tip {
  static constexpr MessageInfo info{4, "Tip", Role::sync, Auth::mac};
  BlockId head;
  Height height = 0;
  U256 weight;
  template <class A>
  void fields(A& a) {
    a(head, height, weight);
  }
};

}  // namespace ledgerlab::chain
