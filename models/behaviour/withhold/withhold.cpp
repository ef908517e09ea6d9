// Withholding: messages of the chosen roles do not reach all or some of their receivers. With the
// default roles it is vote withholding: a replica that follows and says so to nobody.
#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab {
namespace {

class Withhold final : public behaviour::Wrapper {
 public:
  Withhold(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        replicas_(context.node.replicas),
        roles_(context.node.params->text("roles")),
        victims_(*context.node.params) {}

  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    if (!active(input)) return;
    effects.keep_if(first, [&](Effect& e) {
      if (!behaviour::is_message(e) || !roles_.has(effects.message_of(e).role())) return true;
      ++drawn_;
      auto to = behaviour::receivers(effects, e, input.self, replicas_);
      std::erase_if(to, [&](NodeId node) { return victims_.hits(input, node, drawn_); });
      if (!to.empty()) effects.retarget(e, to);
      return !to.empty();
    });
  }

 private:
  std::uint32_t replicas_;
  behaviour::RoleSet roles_;
  behaviour::Victims victims_;
  std::uint64_t drawn_ = 0;
};

}  // namespace

void register_behaviour_withhold(Registry& registry) {
  ModelInfo info;
  info.name = "withhold";
  info.kind = ModelKind::behaviour;
  info.summary = "Keeps messages of the chosen roles (votes) from all or some of their receivers.";
  info.params = {behaviour::roles_param("vote, certificate", "roles of the messages withheld")};
  for (ParamInfo& param : behaviour::victim_params()) info.params.push_back(std::move(param));
  info.check = behaviour::check_roles;
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<Withhold>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
