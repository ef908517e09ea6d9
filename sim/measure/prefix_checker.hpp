// Prefix consistency: the final blocks of each node are one gapless chain that never changes. After
// a restart a node may begin again from what was durable, but must repeat the same ids; after a
// state transfer it goes on behind the block it installed.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/measure/checker.hpp"

namespace ledgerlab {

class PrefixChecker final : public Checker {
 public:
  explicit PrefixChecker(std::uint32_t nodes) : nodes_(nodes) {}
  std::string_view name() const override { return "prefix_consistency"; }
  std::uint32_t interest() const override {
    return event_bit(EventType::start) | event_bit(EventType::answer) |
           event_bit(EventType::final_block);
  }
  void on_event(const Event& event) override;
  bool finish(const Evidence& evidence, std::vector<Finding>& findings) override;

 private:
  struct State {
    bool in_life = false;  // has a final block in this life
    bool any = false;      // has had one in any life
    Height height = 0;     // last in this life
    std::uint64_t tag = 0;
    Height highest = 0;           // in any life
    std::uint64_t installed = 0;  // block of the last state transfer
  };
  void on_final(const Event& event);
  std::string fault_of(const State& state, const Event& event, std::uint64_t parent) const;
  /// The id this node had at a height in any life; 0 if it is not known.
  std::uint64_t own_id(NodeId node, Height height) const;

  std::vector<State> nodes_;
  // Nodes nearly always agree: one id per height, and what differs from it by node.
  std::unordered_map<Height, std::uint64_t> ids_;
  std::map<std::pair<NodeId, Height>, std::uint64_t> own_;
  std::uint64_t offences_ = 0;
  Finding first_;
};

}  // namespace ledgerlab
