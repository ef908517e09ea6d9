// A membership document: who is in the network, signed by administrators. It is valid under a quorum
// of their keys; nodes hold the highest epoch they have seen and never go back.
#pragma once

#include <string_view>
#include <vector>

#include "models/api/effects.hpp"

namespace ledgerlab::static_list {

/// The key of an administrator in the world's key ring: no node has it.
constexpr NodeId administrator_key(std::uint32_t administrator) {
  return 0x4000'0000u + administrator;
}

enum class MemberRole : std::uint8_t { validator, observer };
constexpr MemberRole max_value(MemberRole) { return MemberRole::observer; }

struct Member {
  NodeKey identity;
  NodeId node = 0;  // its address
  MemberRole role = MemberRole::validator;
  template <class A>
  void fields(A& a) {
    a(identity, node, role);
  }
  friend bool operator==(const Member&, const Member&) = default;
};

struct SignedBy {
  std::uint8_t administrator = 0;
  Signature signature;
  template <class A>
  void fields(A& a) {
    a(administrator, signature);
  }
};

struct Membership {
  std::uint64_t epoch = 0;
  std::vector<Member> members;       // ascending by node
  std::vector<SignedBy> signatures;  // ascending by administrator
  template <class A>
  void fields(A& a) {
    a(epoch, members, codec::at_most(signatures, 255));
  }
  bool has(NodeId node) const;
};

/// Whose signatures count, of which network.
struct Administration {
  Hash256 network;
  std::uint32_t administrators = 3;
  std::uint32_t quorum = 2;
};

/// What a signature covers: network, epoch and members.
Bytes signed_text(const Administration& administration, const Membership& document);

enum class Refusal : std::uint8_t {
  none,
  disordered,  // members or signatures not in strictly ascending order
  stale,       // not newer than what is held
  unsigned_    // fewer than a quorum of different administrators have signed this text
};
constexpr std::string_view refusal_name(Refusal refusal) {
  constexpr std::string_view names[] = {"none", "disordered", "stale", "unsigned"};
  return names[static_cast<std::size_t>(refusal)];
}

/// Judges a document against the epoch held. Signatures are checked, and charged, until a quorum
/// is there.
Refusal judge(const Administration& administration, const Membership& document,
              std::uint64_t held_epoch, Crypto crypto);

}  // namespace ledgerlab::static_list
