// What discovery models say to one another: who is known (FIND_NODE and its answer, as in
// Kademlia), who is alive, and who is whose peer. Kinds from 32 on: the overlay slot's lower ones
// are those of behaviours.
#pragma once

#include <vector>

#include "models/api/message.hpp"

namespace ledgerlab::overlay {

/// 160 bits, as in the Kademlia paper; compared as a big-endian number.
using Id = FixedBytes<20>;

/// Most contacts in one answer.
inline constexpr std::size_t contacts_max = 64;

/// A node's address and the id it goes by.
struct Contact {
  NodeId node = no_node;
  Id id;
  template <class A>
  void fields(A& a) {
    a(node, id);
  }
  friend bool operator==(const Contact&, const Contact&) = default;
};

/// Kademlia, section 2.3: "the k nodes it knows about closest to the target ID". Every message
/// carries its sender's id (section 2.1).
struct FindNode {
  static constexpr MessageInfo info{32, "FIND_NODE", Role::sync, Auth::mac};
  std::uint32_t query = 0;
  Id sender;
  Id target;
  template <class A>
  void fields(A& a) {
    a(query, sender, target);
  }
};

struct Nodes {
  static constexpr MessageInfo info{33, "NODES", Role::sync, Auth::mac};
  std::uint32_t query = 0;
  Id sender;
  std::vector<Contact> contacts;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(contacts, contacts_max);
    a(query, sender, limited);
  }
};

struct Ping {
  static constexpr MessageInfo info{34, "PING", Role::heartbeat, Auth::mac};
  Id sender;
  template <class A>
  void fields(A& a) {
    a(sender);
  }
};

struct Pong {
  static constexpr MessageInfo info{35, "PONG", Role::heartbeat, Auth::mac};
  Id sender;
  template <class A>
  void fields(A& a) {
    a(sender);
  }
};

/// "Will you be my peer?"
struct Connect {
  static constexpr MessageInfo info{36, "CONNECT", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};

struct Accept {
  static constexpr MessageInfo info{37, "ACCEPT", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};

/// No place is free.
struct Refuse {
  static constexpr MessageInfo info{38, "REFUSE", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};

/// "I am not your peer" (any more).
struct Close {
  static constexpr MessageInfo info{39, "CLOSE", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};

struct KeepAlive {
  static constexpr MessageInfo info{40, "KEEP_ALIVE", Role::heartbeat, Auth::mac};
  template <class A>
  void fields(A&) {}
};

}  // namespace ledgerlab::overlay
