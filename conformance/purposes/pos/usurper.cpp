#include "conformance/purposes/pos/usurper.hpp"

#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab::conformance {
namespace {

class Usurper final : public behaviour::Wrapper {
 public:
  Usurper(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        heir_(static_cast<NodeId>(context.node.params->count("heir"))) {}

  void step(const Input& input, Effects& effects) override {
    const Stakes* told = input.kind == InputKind::call ? input.call->as<Stakes>() : nullptr;
    if (!told || !told->known || !active(input) || heir_ >= told->of->size()) {
      return Wrapper::step(input, effects);
    }
    auto wrong = std::make_shared<std::vector<std::uint64_t>>(*told->of);
    std::uint64_t sum = 0;
    for (const std::uint64_t stake : *wrong) sum += stake;
    (*wrong)[heir_] = sum / 4;
    Stakes stakes = *told;
    stakes.of = std::move(wrong);
    LocalCall call = *input.call;
    call.body = std::move(stakes);
    Input bad = input;
    bad.call = &call;
    Wrapper::step(bad, effects);
  }

 private:
  NodeId heir_;
};

}  // namespace

void add_usurper(Registry& registry) {
  ModelInfo info;
  info.name = "usurper";
  info.kind = ModelKind::behaviour;
  info.slot = Slot::consensus;
  info.summary = "Takes one replica, without stake, for the owner of a fifth of it.";
  info.params = {{"heir", ParamType::integer, "4", "the replica", "0", "1000000", {}}};
  info.wrap_module = [](const BehaviourContext& context,
                        std::unique_ptr<Module> module) -> std::unique_ptr<Module> {
    return std::make_unique<Usurper>(context, std::move(module));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab::conformance
