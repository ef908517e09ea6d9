// The five invariants of Raft (Ongaro, Ousterhout 2014, figure 3), watched from outside: the records
// each server hands to its disk are its log, its announcements its role and what it applied. Nothing
// a server says of itself is believed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "conformance/suite/wrapped.hpp"

namespace ledgerlab::conformance {

class RaftObserver {
 public:
  /// An entry as compared: its term and its block (0: a no-op).
  struct Entry {
    std::uint64_t term = 0;
    std::uint64_t block = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  RaftObserver();
  /// Wraps every server; changes nothing of what it does.
  Wrap wrap() const;

  /// What was violated, with the first instance of each.
  struct Findings {
    std::map<std::string, std::string> violated;
    std::size_t elections = 0, entries = 0, committed = 0, looks = 0;
  };
  Findings judge() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace ledgerlab::conformance
