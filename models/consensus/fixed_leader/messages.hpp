// What the replicas of fixed_leader say to each other.
#pragma once

#include "models/api/block.hpp"
#include "models/api/message.hpp"

namespace ledgerlab::fixed_leader {

/// leader -> follower: these blocks come next (none: a heartbeat).
struct Append {
  static constexpr MessageInfo info{1, "Append", Role::proposal, Auth::mac};
  Height committed = 0;  // a majority holds the log up to here
  Height tip = 0;        // the leader's own log ends here
  std::vector<BlockRef> blocks;
  Role role() const { return blocks.empty() ? Role::heartbeat : Role::proposal; }
  template <class A>
  void fields(A& a) {
    a(committed, tip, blocks);
  }
};

/// follower -> leader: my log is durable up to `height`; `tip` and `heartbeat` are the question's.
struct Ack {
  static constexpr MessageInfo info{2, "Ack", Role::vote, Auth::mac};
  Height height = 0;
  Height tip = 0;
  bool heartbeat = false;
  Role role() const { return heartbeat ? Role::heartbeat : Role::vote; }
  template <class A>
  void fields(A& a) {
    a(height, tip, heartbeat);
  }
};

}  // namespace ledgerlab::fixed_leader
