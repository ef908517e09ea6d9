// The relay's messages, named as in Bitcoin's peer protocol.
#pragma once

#include <vector>

#include "models/api/message.hpp"

namespace ledgerlab::relay {

/// Most ids in one Inv or GetData.
inline constexpr std::size_t ids_max = 1024;

/// "I have these contents": what a node accepted, by identity.
struct Inv {
  static constexpr MessageInfo info{1, "Inv", Role::relay, Auth::mac};
  std::vector<Hash128> ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, ids_max);
    a(limited);
  }
};

/// "Send me these."
struct GetData {
  static constexpr MessageInfo info{2, "GetData", Role::relay, Auth::mac};
  std::vector<Hash128> ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, ids_max);
    a(limited);
  }
};

/// A content in its own frame. It proves itself (work, signatures), so that the frame around it
/// carries no authenticator and goes from hand to hand unchanged.
struct Content {
  static constexpr MessageInfo info{3, "Content", Role::relay, Auth::none};
  MessageRef content;
  template <class A>
  void fields(A& a) {
    a(content);
  }
};

}  // namespace ledgerlab::relay
