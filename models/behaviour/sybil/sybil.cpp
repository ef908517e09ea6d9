// Sybil (J. R. Douceur, "The Sybil Attack", IPTPS 2002): many identities of one adversary. Each runs
// the correct stack, but whoever asks it for contacts hears of accomplices only.
#include "models/api/registry.hpp"
#include "models/parts/behaviour/poison.hpp"

namespace ledgerlab {
namespace {

class Sybil final : public behaviour::Wrapper {
 public:
  Sybil(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        id_(overlay::id_of(*context.node.suite, context.node.self)),
        poison_(context),
        count_(context.node.params->count("contacts")) {}

  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);  // the asker enters its table as any other
    const auto* question =
        input.kind == InputKind::deliver ? input.message->as<overlay::FindNode>() : nullptr;
    if (question == nullptr || !active(input) || poison_.accomplice(input.from)) return;
    effects.keep_if(first, [&](const Effect& e) {
      return !behaviour::is_message(e) || !effects.message_of(e).as<overlay::Nodes>();
    });
    effects.set_slot(Slot::overlay);
    effects.send(input.from, poison_.answer(*question, input.from, id_, count_), Gate::ungated);
  }

 private:
  overlay::Id id_;
  behaviour::Poison poison_;
  std::size_t count_;
};

}  // namespace

void register_behaviour_sybil(Registry& registry) {
  ModelInfo info;
  info.name = "sybil";
  info.kind = ModelKind::behaviour;
  info.slot = Slot::overlay;
  info.fits = {"kademlia"};
  info.summary = "Identities of one adversary that name only one another when asked for contacts.";
  info.paper = "J. R. Douceur: The Sybil Attack, IPTPS 2002";
  info.params = {{"contacts", ParamType::integer, "16", "accomplices named in an answer", "1", "64",
                  {}}};
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<Sybil>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
