// The relay's one message.
#pragma once

#include "models/api/message.hpp"

namespace ledgerlab::epidemic {

/// A content, pushed unasked. It proves itself, so that the frame around it carries no
/// authenticator and goes from hand to hand unchanged.
struct Push {
  static constexpr MessageInfo info{1, "Push", Role::relay, Auth::none};
  MessageRef content;
  template <class A>
  void fields(A& a) {
    a(content);
  }
};

}  // namespace ledgerlab::epidemic
