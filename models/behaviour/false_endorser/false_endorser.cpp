// FalseEndorser: a replica that orders and validates as all do, and lies to clients who have their
// proposals simulated: a wrong write set under its good signature, a signature that is none, or a
// refusal.
#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"
#include "models/parts/pipeline/endorser.hpp"

namespace ledgerlab {
namespace {

class FalseEndorser final : public behaviour::Wrapper {
 public:
  FalseEndorser(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)), lie_(context.node.params->text("lie")) {}

  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    if (!active(input)) return;
    effects.rewrite(first, [&](const Effect& e) {
      if (e.kind != EffectKind::send) return true;
      const auto* endorsed = effects.message_of(e).as<pipeline::Endorsed>();
      if (endorsed == nullptr || !endorsed->ok) return true;
      const Effect old = e;
      pipeline::Endorsed lie = *endorsed;
      const MessageRef taken = effects.take_message(old);
      change(effects, lie);
      effects.send(old.node, std::move(lie));
      return false;
    });
  }

 private:
  void change(Effects& effects, pipeline::Endorsed& endorsed) const {
    if (lie_ == "refusal") {
      endorsed = {endorsed.proposal, endorsed.attempt, false, {}, {}};
    } else if (lie_ == "signature") {
      endorsed.signature.data[0] ^= 1;
    } else if (auto set = pipeline::decode_set(endorsed.result); set && !set->writes.empty()) {
      WriteItem& write = set->writes.back();
      if (!write.value.empty()) write.value.back() ^= 1;
      endorsed.result = pipeline::encode(*set);
      endorsed.signature =
          effects.crypto().sign(pipeline::endorsed_text(endorsed.proposal, endorsed.result));
    }
  }

  std::string lie_;
};

}  // namespace

void register_behaviour_false_endorser(Registry& registry) {
  ModelInfo info;
  info.name = "false_endorser";
  info.kind = ModelKind::behaviour;
  info.slot = Slot::mempool;
  info.summary = "Endorses what simulating a proposal did not give.";
  info.fits = {"execute-order-validate"};
  info.params = {{"lie",
                  ParamType::choice,
                  "result",
                  "a wrong write set under its signature, a signature that is none, or a refusal",
                  {},
                  {},
                  {"result", "signature", "refusal"}}};
  info.wrap_module = [](const BehaviourContext& context,
                        std::unique_ptr<Module> mempool) -> std::unique_ptr<Module> {
    return std::make_unique<FalseEndorser>(context, std::move(mempool));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
