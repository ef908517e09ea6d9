#include "models/behaviour/equivocate/equivocate.hpp"

#include <algorithm>

#include "models/api/registry.hpp"

namespace ledgerlab {
namespace equivocate {
namespace {

/// Which twin a correct node is in touch with. Of the replicas that are left each side gets half
/// (the first the odd one); clients take turns.
std::vector<std::uint8_t> sides(const BehaviourContext& context) {
  const ModuleContext& node = context.node;
  std::vector<NodeId> correct;
  for (NodeId i = 0; i < node.replicas; ++i) {
    if (std::find(context.accomplices.begin(), context.accomplices.end(), i) ==
        context.accomplices.end()) {
      correct.push_back(i);
    }
  }
  std::vector<std::uint8_t> side(node.nodes, 0);
  const bool turns = node.params->text("split") == "turns";
  for (std::size_t i = 0; i < correct.size(); ++i) {
    side[correct[i]] = turns ? i % 2 : i >= (correct.size() + 1) / 2;
  }
  for (NodeId i = node.replicas; i < node.nodes; ++i) side[i] = (i - node.replicas) % 2;
  return side;
}

}  // namespace

Equivocate::Equivocate(const BehaviourContext& context, std::unique_ptr<Module> stack)
    : self_(context.node.self),
      replicas_(context.node.replicas),
      from_(context.from),
      until_(context.until),
      hears_both_(context.node.params->text("hears") == "both"),
      accomplices_(context.accomplices.begin(), context.accomplices.end()),
      side_(sides(context)),
      twins_{behaviour::Twin(std::move(stack), 0, true),
             behaviour::Twin(context.another(), 1, false)} {}

bool Equivocate::accomplice(NodeId node) const {
  return std::find(accomplices_.begin(), accomplices_.end(), node) != accomplices_.end();
}

void Equivocate::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::deliver:
      deliver(input, effects);
      break;
    case InputKind::timer:
      step_twin(twins_[0].owns(input.timer) ? 0 : 1, input, effects);
      break;
    case InputKind::start:
      step_twin(0, input, effects);
      step_twin(1, input, effects);
      break;
    default:  // found: the search is the first twin's
      step_twin(0, input, effects);
  }
}

void Equivocate::deliver(const Input& input, Effects& effects) {
  if (const auto* aside = input.message->as<Aside>()) {
    if (!accomplice(input.from) || !aside->content || aside->side > 1) return;
    Input inner = input;
    inner.message = aside->content.get();
    inner.slot = inner.message->slot();
    step_twin(aside->side, inner, effects);
    return;
  }
  const bool apart = active(input) && !hears_both_;
  for (std::size_t side = 0; side < 2; ++side) {
    if (!apart || accomplice(input.from) || side_[input.from] == side) {
      step_twin(side, input, effects);
    }
  }
}

void Equivocate::step_twin(std::size_t side, const Input& input, Effects& effects) {
  const std::size_t first = effects.listed();
  twins_[side].step(input, effects);
  const std::size_t end = effects.listed();
  const bool apart = active(input);
  std::vector<bool> kept(end - first, true);
  for (std::size_t i = first; i < end; ++i) {
    const Effect e = effects.listed_from(i)[0];
    if (!behaviour::is_message(e)) continue;
    if (!apart) {  // one voice: the first twin's
      kept[i - first] = side == 0;
      continue;
    }
    auto to = behaviour::receivers(effects, e, self_, replicas_);
    std::vector<NodeId> asides;
    std::erase_if(to, [&](NodeId node) {
      if (accomplice(node)) asides.push_back(node);
      return accomplice(node) || side_[node] != side;
    });
    if (!asides.empty()) {
      const Aside aside{static_cast<std::uint8_t>(side), behaviour::handle(effects.message_of(e))};
      effects.set_slot(Slot::overlay);
      effects.multicast(asides, aside, Gate::ungated);
    }
    kept[i - first] = !to.empty();
    if (!to.empty()) effects.retarget(effects.listed_from(i)[0], to);
  }
  std::size_t i = 0;
  effects.keep_if(first, [&](const Effect&) {
    const bool keep = i >= kept.size() || kept[i];
    ++i;
    return keep;
  });
}

}  // namespace equivocate

void register_behaviour_equivocate(Registry& registry) {
  ModelInfo info;
  info.name = "equivocate";
  info.kind = ModelKind::behaviour;
  info.summary = "Two correct stacks under one key, each in touch with its part of the network.";
  info.paper =
      "S. Bano, A. Sonnino, A. Chursin, D. Perelman, Z. Li, A. Ching, D. Malkhi: Twins: BFT "
      "Systems "
      "Made Robust, OPODIS 2021";
  info.fits = {"log", "bft", "lottery"};
  info.params = {{"split",
                  ParamType::choice,
                  "halves",
                  "how the correct replicas are parted: lower and upper numbers, or in turns",
                  {},
                  {},
                  {"halves", "turns"}},
                 {"hears",
                  ParamType::choice,
                  "own",
                  "a twin hears its own part only, or both parts",
                  {},
                  {},
                  {"own", "both"}}};
  info.messages = message_list<equivocate::Aside>();
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<equivocate::Equivocate>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
