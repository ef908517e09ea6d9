// FalseFinal: a replica that takes part in consensus as all do and lies to clients: it tells
// whoever asks that the transaction is final, passes it to nobody, and to a light client that wants
// it shown gives a proof that proves nothing, or none.
#include "models/api/client_messages.hpp"
#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"
#include "models/parts/chain/light_messages.hpp"

namespace ledgerlab {
namespace {

class FalseFinal final : public behaviour::Wrapper {
 public:
  FalseFinal(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        replicas_(context.node.replicas),
        withholds_(context.node.params->text("proof") == "withheld") {}

  void step(const Input& input, Effects& effects) override {
    if (active(input) && input.kind == InputKind::deliver && input.from >= replicas_) {
      if (const auto* request = input.message->as<Request>()) {
        effects.set_slot(Slot::mempool);
        effects.send(input.from,
                     Reply{request->transaction->id, height_, block_, TxOutcome::succeeded});
        return;
      }
      if (input.message->as<chain::GetInclusion>() && withholds_) return;
    }
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    for (const Effect& e : effects.listed_from(first)) {
      if (e.kind != EffectKind::announce_final) continue;
      height_ = effects.block_of(e)->height;
      block_ = effects.block_of(e)->id;
    }
    if (active(input)) falsify(effects, first);
  }

 private:
  /// What the node says not to have is claimed to be the only transaction of the block.
  static void falsify(Effects& effects, std::size_t first) {
    effects.rewrite(first, [&](const Effect& e) {
      if (e.kind != EffectKind::send) return true;
      const auto* honest = effects.message_of(e).as<chain::Inclusion>();
      if (honest == nullptr || honest->found) return true;
      const Effect old = e;
      chain::Inclusion lie = *honest;
      const MessageRef taken = effects.take_message(old);
      lie.found = true;
      lie.size = 1;
      effects.set_slot(Slot::consensus);
      effects.send(old.node, std::move(lie));
      return false;
    });
  }

  std::uint32_t replicas_;
  bool withholds_;
  Height height_ = 0;
  BlockId block_;
};

}  // namespace

void register_behaviour_false_final(Registry& registry) {
  ModelInfo info;
  info.name = "false_final";
  info.kind = ModelKind::behaviour;
  info.summary =
      "Tells clients that their transactions are final, orders none, and proves nothing.";
  info.params = {{"proof",
                  ParamType::choice,
                  "false",
                  "what it gives a light client that wants it shown: a false Merkle branch, or "
                  "nothing",
                  {},
                  {},
                  {"false", "withheld"}}};
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<FalseFinal>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
