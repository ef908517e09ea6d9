// Epidemic push in synchronous rounds: a node that holds a content pushes it to a few others drawn
// anew, once (infect and die) or round after round (infect forever). Demers et al. 1987, section
// 1.3 (rumor mongering); Eugster, Guerraoui, Kermarrec, Massoulie 2004. See README.md.
#pragma once

#include "models/api/model_info.hpp"
#include "models/gossip/epidemic/messages.hpp"
#include "models/parts/dense/seen_set.hpp"

namespace ledgerlab::epidemic {

enum class TimerKind : std::uint32_t { round };

class Epidemic final : public Module {
 public:
  explicit Epidemic(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  /// Nothing of a relay is durable.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;

 private:
  /// held: handed to its owner, who has not taken it; infective: pushed in the coming rounds.
  /// Whoever never saw the content is susceptible, whoever no longer pushes it removed.
  enum class State : std::uint8_t { held, infective };
  struct Item {
    std::uint32_t dense = 0;
    State state = State::held;
    std::uint32_t rounds_left = 0;
    Time since{};
    MessageRef frame;  // of type Push
  };

  void on_push(const Input& input, const Push& push, Effects& effects);
  void publish(const Input& input, const MessageRef& content, Effects& effects);
  void on_round(const Input& input, Effects& effects);
  void draw_targets(const Input& input, const Item& item);
  void arm(Time now, Effects& effects);
  Item* find(std::uint32_t dense);

  NodeId self_;
  std::uint32_t everyone_;          // replicas to choose from; 0: the overlay's
  std::vector<NodeId> neighbours_;  // unless everyone is known
  std::uint32_t fanout_;
  std::uint64_t fanout_more_ppb_;
  std::uint32_t rounds_;
  Duration round_;
  bool armed_ = false;
  SeenSet seen_;
  std::vector<Item> items_;
  std::vector<NodeId> targets_;  // scratch of one push
};

}  // namespace ledgerlab::epidemic
