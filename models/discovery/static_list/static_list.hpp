// Permissioned discovery: a static list of members, signed by administrators. See README.md.
#pragma once

#include "models/api/model_info.hpp"
#include "models/discovery/static_list/membership.hpp"

namespace ledgerlab::static_list {

/// The document, to who has an older one.
struct Document {
  static constexpr MessageInfo info{1, "Membership", Role::sync, Auth::mac};
  Membership membership;
  template <class A>
  void fields(A& a) {
    a(membership);
  }
};
/// The epoch its sender holds; who has a newer document answers with it, who has an older one asks
/// back by the same message.
struct Have {
  static constexpr MessageInfo info{2, "Have", Role::sync, Auth::mac};
  std::uint64_t epoch = 0;
  template <class A>
  void fields(A& a) {
    a(epoch);
  }
};

enum class TimerKind : std::uint32_t { publish, refresh };

class StaticList final : public Module {
 public:
  explicit StaticList(const ModuleContext& context);
  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

  const Membership& held() const { return held_; }

 private:
  void offer(const Input& input, Effects& effects, const Membership& document);
  void take(const Input& input, Effects& effects, Membership document);
  void tell(const Input& input, Effects& effects);
  std::vector<NodeId> peers(NodeId self) const;

  NodeId self_;
  Administration administration_;
  std::vector<NodeId> contacts_;  // of the static overlay; none: all members
  std::uint32_t replicas_;
  Membership held_;
  Membership update_;  // what the administrators hand to the publisher; epoch 0: nothing
  NodeId publisher_;
  Duration publish_at_;
  Duration refresh_;
  std::uint64_t records_ = 0;  // index of the last
  std::uint64_t refused_ = 0;
  Refusal last_refusal_ = Refusal::none;
};

}  // namespace ledgerlab::static_list
