// Prefix consistency: the final blocks of each node are one gapless chain that never changes. After
// a restart a node may begin again from what was durable, but must repeat the same ids; what was
// durable and not yet announced when it crashed it may pass over, if others have announced it and
// it leads on from the node's own history. After a state transfer it goes on behind the block it
// installed.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/measure/checker.hpp"

namespace ledgerlab {

class PrefixChecker final : public Checker {
 public:
  explicit PrefixChecker(std::uint32_t nodes, std::span<const NodeId> byzantine = {})
      : nodes_(nodes) {
    for (const NodeId node : byzantine) nodes_[node].byzantine = true;
  }
  std::string_view name() const override { return "prefix_consistency"; }
  std::uint32_t interest() const override {
    return event_bit(EventType::start) | event_bit(EventType::answer) |
           event_bit(EventType::final_block);
  }
  void on_event(const Event& event) override;
  bool finish(const Evidence& evidence, std::vector<Finding>& findings) override;

 private:
  struct State {
    Height height = 0;  // last in this life
    std::uint64_t tag = 0;
    Height highest = 0;        // in any life
    bool byzantine = false;    // not judged
    bool in_life = false;      // has a final block in this life
    bool any = false;          // has had one in any life
    bool transferred = false;  // stands in installed_
  };
  static_assert(sizeof(State) == 32);  // two in a cache line
  /// A life that begins more than one block above the node's history so far.
  struct Gap {
    Time at{};
    NodeId node = no_node;
    Height highest = 0;
    std::uint64_t own = 0;  // at `highest`; 0: no history
    Height height = 0;
    std::uint64_t tag = 0;
  };
  void on_final(const Event& event);
  void offend(Time at, NodeId node, std::string text);
  static bool bridged(const Gap& gap, const Evidence& evidence);
  std::string fault_of(const State& state, const Event& event, std::uint64_t parent) const;
  /// The id this node had at a height in any life; 0 if it is not known.
  std::uint64_t own_id(NodeId node, Height height) const;

  /// The block of the node's last state transfer, 0: none.
  std::uint64_t installed(NodeId node) const {
    return nodes_[node].transferred ? installed_.find(node)->second : 0;
  }

  std::vector<State> nodes_;
  std::map<NodeId, std::uint64_t> installed_;
  // Nodes nearly always agree: one id per height, and what differs from it by node.
  std::unordered_map<Height, std::uint64_t> ids_;
  std::map<std::pair<NodeId, Height>, std::uint64_t> own_;
  std::vector<Gap> gaps_;
  std::uint64_t offences_ = 0;
  Finding first_;
};

}  // namespace ledgerlab
