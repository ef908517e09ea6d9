// Configurations: which servers vote (dissertation, chapter 4). Each server uses the latest one in
// its log, committed or not; they lie in the log and in snapshots.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/base/ids.hpp"

namespace ledgerlab::raft {

/// C_new, and while it is joint C_old beside it (section 4.3). Both ascend.
struct Configuration {
  std::vector<NodeId> members;
  std::vector<NodeId> old_members;  // of a joint configuration C_old,new; else empty

  bool joint() const { return !old_members.empty(); }
  /// Votes in either half.
  bool has(NodeId server) const;
  /// Everyone who votes, ascending.
  std::vector<NodeId> all() const;
  /// Members ascend and are replicas of a system of `replicas`.
  bool sensible(std::uint32_t replicas) const;
  std::string describe() const;

  friend bool operator==(const Configuration&, const Configuration&) = default;
  template <class A>
  void fields(A& a) {
    a(members, old_members);
  }
};

/// With the index of its entry; 0: the configuration the servers begin with.
struct PlacedConfiguration {
  std::uint64_t index = 0;
  Configuration value;

  friend bool operator==(const PlacedConfiguration&, const PlacedConfiguration&) = default;
  template <class A>
  void fields(A& a) {
    a(index, value);
  }
};

/// The first `count` servers; 0: all.
Configuration initial_configuration(std::uint32_t count, std::uint32_t replicas);

}  // namespace ledgerlab::raft
