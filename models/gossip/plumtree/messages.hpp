// Plumtree's messages (Leitao, Pereira, Rodrigues 2007, section 3). The paper's field `sender` is
// the link a message comes over.
#pragma once

#include <vector>

#include "models/api/message.hpp"

namespace ledgerlab::plumtree {

/// Most announcements in one IHAVE.
inline constexpr std::size_t announcements_max = 1024;

/// A content on its way along the tree. It proves itself, so that the frame around it carries no
/// authenticator.
struct Gossip {
  static constexpr MessageInfo info{1, "GOSSIP", Role::relay, Auth::none};
  std::uint32_t round = 0;  // hops from its origin
  MessageRef content;
  template <class A>
  void fields(A& a) {
    a(round, content);
  }
};

struct Announcement {
  Hash128 id;               // mID
  std::uint32_t round = 0;  // in which the announcer would send it
  template <class A>
  void fields(A& a) {
    a(id, round);
  }
};

/// Lazy push: "I have these."
struct IHave {
  static constexpr MessageInfo info{2, "IHAVE", Role::relay, Auth::mac};
  std::vector<Announcement> announcements;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(announcements, announcements_max);
    a(limited);
  }
};

/// "Be my link in the tree, and send me this if I name one."
struct Graft {
  static constexpr MessageInfo info{3, "GRAFT", Role::relay, Auth::mac};
  std::optional<Hash128> id;  // none: the paper's null, of an optimisation
  std::uint32_t round = 0;
  template <class A>
  void fields(A& a) {
    a(id, round);
  }
};

/// "You are no link of my tree: announce only."
struct Prune {
  static constexpr MessageInfo info{4, "PRUNE", Role::relay, Auth::mac};
  template <class A>
  void fields(A&) {}
};

}  // namespace ledgerlab::plumtree
