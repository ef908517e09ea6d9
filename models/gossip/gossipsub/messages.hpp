// Gossipsub's messages, named as in the libp2p specification. There they share one RPC frame; here
// each is a frame of its own.
#pragma once

#include <vector>

#include "models/api/message.hpp"

namespace ledgerlab::gossipsub {

/// Most ids in one IHAVE or IWANT (v1.1: MaxIHaveLength).
inline constexpr std::size_t ids_max = 5000;
/// Most peers in a PRUNE.
inline constexpr std::size_t prune_peers_max = 16;

using Topic = std::uint8_t;
inline constexpr std::size_t topics_max = 2;

/// A content over a full-message peering, over a fanout link, or in answer to IWANT. It proves
/// itself, so that the frame around it carries no authenticator and goes from hand to hand
/// unchanged.
struct FullMessage {
  static constexpr MessageInfo info{1, "Message", Role::relay, Auth::none};
  MessageRef content;
  template <class A>
  void fields(A& a) {
    a(content);
  }
};

/// "I am in these topics." The first on a connection asks for the same.
struct SubOpts {
  static constexpr MessageInfo info{2, "SubOpts", Role::relay, Auth::mac};
  std::uint8_t topics = 0;  // bits
  bool hello = false;
  template <class A>
  void fields(A& a) {
    a(topics, hello);
  }
};

struct IHave {
  static constexpr MessageInfo info{3, "IHAVE", Role::relay, Auth::mac};
  Topic topic = 0;
  std::vector<Hash128> ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, ids_max);
    a(topic, limited);
  }
};

struct IWant {
  static constexpr MessageInfo info{4, "IWANT", Role::relay, Auth::mac};
  std::vector<Hash128> ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, ids_max);
    a(limited);
  }
};

struct Graft {
  static constexpr MessageInfo info{5, "GRAFT", Role::relay, Auth::mac};
  Topic topic = 0;
  template <class A>
  void fields(A& a) {
    a(topic);
  }
};

struct Prune {
  static constexpr MessageInfo info{6, "PRUNE", Role::relay, Auth::mac};
  Topic topic = 0;
  std::vector<NodeId> peers;    // v1.1: peer exchange
  std::uint32_t backoff_s = 0;  // v1.1
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(peers, prune_peers_max);
    a(topic, limited, backoff_s);
  }
};

}  // namespace ledgerlab::gossipsub
