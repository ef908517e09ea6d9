// Silent: a node that takes part in everything and sends nothing, or nothing of some roles. To the
// others it is a crash that no disk remembers and that may end.
#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab {
namespace {

class Silent final : public behaviour::Wrapper {
 public:
  Silent(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)), roles_(context.node.params->text("roles")) {}

  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    if (!active(input)) return;
    effects.keep_if(first, [&](const Effect& e) {
      return !behaviour::is_message(e) || !roles_.has(effects.message_of(e).role());
    });
  }

 private:
  behaviour::RoleSet roles_;
};

}  // namespace

void register_behaviour_silent(Registry& registry) {
  ModelInfo info;
  info.name = "silent";
  info.kind = ModelKind::behaviour;
  info.summary = "Sends nothing, or nothing of the chosen roles.";
  info.params = {behaviour::roles_param("all", "roles of the messages it keeps to itself")};
  info.check = behaviour::check_roles;
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<Silent>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
