// What Byzantine behaviours share (DESIGN 13.4): a wrapper around a correct module that changes
// what it lists before the host takes it, and the choice of messages by role and receiver. A
// behaviour changes its own list and copies, never a message that others hold.
#pragma once

#include <bitset>

#include "models/api/model_info.hpp"

namespace ledgerlab::behaviour {

class Wrapper : public Module {
 public:
  Wrapper(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : inner_(std::move(inner)), from_(context.from), until_(context.until) {}
  void step(const Input& input, Effects& effects) override { inner_->step(input, effects); }
  void restore(std::span<const Record> records) override { inner_->restore(records); }
  void inspect(Inspector& inspector) const override { inner_->inspect(inspector); }

 protected:
  Module& inner() { return *inner_; }
  /// Does it deviate at this time of its clock?
  bool active(const Input& input) const { return input.local >= from_ && input.local < until_; }

 private:
  std::unique_ptr<Module> inner_;
  Time from_;
  Time until_;
};

constexpr bool is_message(const Effect& e) { return e.kind <= EffectKind::broadcast; }

/// Roles a behaviour selects by, written "vote, certificate" or "all".
class RoleSet {
 public:
  explicit RoleSet(std::string_view text);
  bool has(Role role) const { return roles_[static_cast<std::size_t>(role)]; }
  /// Empty, or what is wrong with such a text.
  static std::string fault_in(std::string_view text);

 private:
  std::bitset<role_count> roles_;
};

/// The parameter "roles" with this default.
ParamInfo roles_param(std::string fallback, std::string text);
/// ModelInfo::check of a behaviour whose only constraint is its roles.
std::string check_roles(const Params& params, std::uint32_t replicas);

/// The parameters "share" and "draw": whom of the receivers it hits.
std::vector<ParamInfo> victim_params();

/// A drawn part of the receivers: the same for a whole life, or another for every message.
class Victims {
 public:
  explicit Victims(const Params& params);
  /// `message` counts the messages drawn for.
  bool hits(const Input& input, NodeId receiver, std::uint64_t message) const;

 private:
  std::uint64_t share_ppb_;
  bool each_message_;
};

/// A counted handle on a message that an effect holds.
inline MessageRef handle(const Message& message) {
  ++message.book.references;
  return MessageRef(&message);
}

/// Everybody that a send, multicast or broadcast of `self` addresses.
std::vector<NodeId> receivers(const Effects& effects, const Effect& e, NodeId self,
                              std::uint32_t replicas);

}  // namespace ledgerlab::behaviour
