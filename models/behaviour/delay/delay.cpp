// Delaying: messages of the chosen roles leave later than they should. The order of a link is not
// kept between what is held and what is not.
#include <algorithm>

#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab {
namespace {

// The stack has no module in this slot: its timers are free for the wrapper.
constexpr Slot timer_slot = Slot::overlay;
constexpr TimerId timer{0xbe000001, 0};

class Delay final : public behaviour::Wrapper {
 public:
  Delay(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        replicas_(context.node.replicas),
        roles_(context.node.params->text("roles")),
        victims_(*context.node.params),
        by_(context.node.params->duration("by")),
        only_as_leader_(context.node.params->flag("only_as_leader")) {}

  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::timer && input.slot == timer_slot && input.timer == timer) {
      release(input, effects);
      return;
    }
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    for (const Effect& e : effects.listed_from(first)) {
      if (e.kind == EffectKind::announce_role) {
        leads_ = static_cast<NodeRole>(e.small) == NodeRole::leader;
      }
    }
    if (active(input) && (leads_ || !only_as_leader_)) hold(input, effects, first);
  }

 private:
  struct Held {
    Time due;
    MessageRef message;
    std::vector<NodeId> to;
  };

  void hold(const Input& input, Effects& effects, std::size_t first) {
    const bool armed = !held_.empty();
    effects.keep_if(first, [&](Effect& e) {
      if (!behaviour::is_message(e) || !roles_.has(effects.message_of(e).role())) return true;
      ++drawn_;
      auto now = behaviour::receivers(effects, e, input.self, replicas_);
      std::vector<NodeId> later;
      std::erase_if(now, [&](NodeId node) {
        const bool hit = victims_.hits(input, node, drawn_);
        if (hit) later.push_back(node);
        return hit;
      });
      if (later.empty()) return true;
      held_.push_back(
          {input.local + by_, behaviour::handle(effects.message_of(e)), std::move(later)});
      if (!now.empty()) effects.retarget(e, now);
      return !now.empty();
    });
    if (!armed && !held_.empty()) arm(input, effects);
  }

  void arm(const Input& input, Effects& effects) const {
    effects.set_slot(timer_slot);
    effects.set_timer(timer, held_.front().due - input.local);
  }

  void release(const Input& input, Effects& effects) {
    // All are held equally long: first in, first out.
    std::size_t done = 0;
    for (; done < held_.size() && held_[done].due <= input.local; ++done) {
      effects.set_slot(held_[done].message->slot());
      effects.multicast(held_[done].to, held_[done].message);
    }
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(done));
    if (!held_.empty()) arm(input, effects);
  }

  std::uint32_t replicas_;
  behaviour::RoleSet roles_;
  behaviour::Victims victims_;
  Duration by_;
  bool only_as_leader_;
  bool leads_ = false;
  std::uint64_t drawn_ = 0;
  std::vector<Held> held_;
};

}  // namespace

void register_behaviour_delay(Registry& registry) {
  ModelInfo info;
  info.name = "delay";
  info.kind = ModelKind::behaviour;
  info.summary = "Sends messages of the chosen roles later than it should.";
  info.params = {behaviour::roles_param("all", "roles of the messages held back"),
                 {"by", ParamType::duration, "1 s", "how long they are held", "1 ns", "1 h", {}},
                 {"only_as_leader",
                  ParamType::flag,
                  "false",
                  "only while this replica leads, as it announces itself",
                  {},
                  {},
                  {}}};
  for (ParamInfo& param : behaviour::victim_params()) info.params.push_back(std::move(param));
  info.check = behaviour::check_roles;
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<Delay>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
