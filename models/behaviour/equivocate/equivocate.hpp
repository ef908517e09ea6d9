// Equivocation without knowledge of messages (Twins: S. Bano et al., "Twins: BFT Systems Made
// Robust", OPODIS 2021): a Byzantine replica runs two correct stacks under one key, each in touch
// with its own part of the network.
#pragma once

#include "models/parts/behaviour/behaviour.hpp"
#include "models/parts/behaviour/twin.hpp"

namespace ledgerlab::equivocate {

/// Between accomplices: a message of the twins of one side, for the twins of that side.
struct Aside {
  static constexpr MessageInfo info{1, "Aside", Role::relay, Auth::mac};
  static constexpr Slot destination = Slot::overlay;
  std::uint8_t side = 0;
  MessageRef content;
  template <class A>
  void fields(A& a) {
    a(side, content);
  }
};

class Equivocate final : public Module {
 public:
  Equivocate(const BehaviourContext& context, std::unique_ptr<Module> stack);
  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record>) override {}  // it has kept nothing
  void inspect(Inspector& inspector) const override { twins_[0].stack().inspect(inspector); }

 private:
  bool active(const Input& input) const { return input.local >= from_ && input.local < until_; }
  bool accomplice(NodeId node) const;
  void step_twin(std::size_t side, const Input& input, Effects& effects);
  void deliver(const Input& input, Effects& effects);

  NodeId self_;
  std::uint32_t replicas_;
  Time from_, until_;
  bool hears_both_;
  std::vector<NodeId> accomplices_;
  std::vector<std::uint8_t> side_;  // by node, clients too
  std::array<behaviour::Twin, 2> twins_;
};

}  // namespace ledgerlab::equivocate
