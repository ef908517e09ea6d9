// The relay's messages, named as in Bitcoin's peer protocol.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "models/api/message.hpp"

namespace ledgerlab::relay {

/// Most ids in one Inv or GetData.
inline constexpr std::size_t ids_max = 1024;

/// A vector of identities whose only element stands in place: nearly all announcements and requests
/// are of one content.
class IdList {
 public:
  using value_type = Hash128;
  IdList() = default;
  IdList(std::initializer_list<Hash128> ids) {
    for (const Hash128& id : ids) push_back(id);
  }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Hash128* begin() const { return count_ == 1 ? &only_ : all_.data(); }
  const Hash128* end() const { return begin() + count_; }
  const Hash128& operator[](std::size_t i) const { return begin()[i]; }
  void push_back(const Hash128& id) { emplace_back() = id; }
  Hash128& emplace_back() {
    if (count_++ == 0) return only_;
    if (all_.empty()) all_.push_back(only_);
    return all_.emplace_back();
  }
  void reserve(std::size_t count) {
    if (count > 1) all_.reserve(count);
  }
  void clear() {
    count_ = 0;
    all_.clear();
  }

 private:
  Hash128 only_;
  std::uint32_t count_ = 0;
  std::vector<Hash128> all_;  // where there are several
};

/// "I have these contents": what a node accepted, by identity.
struct Inv {
  static constexpr MessageInfo info{1, "Inv", Role::relay, Auth::mac};
  IdList ids;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ids, ids_max);
    a(limited);
  }
};

/// "Send me these."
struct GetData {
  static constexpr MessageInfo info{2, "GetData", Role::relay, Auth::mac};
  IdList ids;
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
