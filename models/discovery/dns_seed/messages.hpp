// What nodes that find each other by seeds and gossip say.
#pragma once

#include <algorithm>
#include <vector>

#include "models/api/message.hpp"

namespace ledgerlab::dns_seed {

/// Addresses of one message, as Bitcoin allows.
inline constexpr std::size_t addresses_max = 1000;

/// To a seed: whom do you know? Answered by SeedAnswer.
struct SeedQuery {
  static constexpr MessageInfo info{1, "SeedQuery", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};
struct SeedAnswer {
  static constexpr MessageInfo info{2, "SeedAnswer", Role::sync, Auth::mac};
  std::vector<NodeId> addresses;
  template <class A>
  void fields(A& a) {
    a(codec::at_most(addresses, addresses_max));
  }
};
/// A connection, please; a feeler only wants to know whether somebody is there.
struct Connect {
  static constexpr MessageInfo info{3, "version", Role::sync, Auth::mac};
  bool feeler = false;
  template <class A>
  void fields(A& a) {
    a(feeler);
  }
};
struct Accept {
  static constexpr MessageInfo info{4, "verack", Role::sync, Auth::mac};
  bool room = true;  // false: somebody is there, but has no place
  template <class A>
  void fields(A& a) {
    a(room);
  }
};
/// The connection ends.
struct Leave {
  static constexpr MessageInfo info{5, "leave", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};
struct GetAddr {
  static constexpr MessageInfo info{6, "getaddr", Role::sync, Auth::mac};
  template <class A>
  void fields(A&) {}
};
struct Addr {
  static constexpr MessageInfo info{7, "addr", Role::sync, Auth::mac};
  std::vector<NodeId> addresses;
  template <class A>
  void fields(A& a) {
    a(codec::at_most(addresses, addresses_max));
  }
};
struct Ping {
  static constexpr MessageInfo info{8, "ping", Role::heartbeat, Auth::mac};
  template <class A>
  void fields(A&) {}
};
/// Says as well whether there is a connection: an end that was forgotten in a crash is noticed.
struct Pong {
  static constexpr MessageInfo info{9, "pong", Role::heartbeat, Auth::mac};
  bool connected = true;
  template <class A>
  void fields(A& a) {
    a(connected);
  }
};

}  // namespace ledgerlab::dns_seed
