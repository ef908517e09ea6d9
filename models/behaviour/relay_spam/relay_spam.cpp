// RelaySpam: a node whose relay says everything again and again: requests, announcements, grafts.
// It repeats its own frames and forges none.
#include <vector>

#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab {
namespace {

/// Of a kind that no relay uses.
constexpr TimerId again{0x5350414d, 0};

class RelaySpam final : public behaviour::Wrapper {
 public:
  RelaySpam(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        interval_(context.node.params->duration("interval")),
        remembered_(context.node.params->count("remembered")),
        deaf_(context.node.params->flag("deaf")) {}

  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::timer && input.timer == again) {
      if (active(input)) {
        for (const Said& said : said_) effects.multicast(said.to, said.message);
      }
      effects.set_timer(again, interval_);
      return;
    }
    const bool content = input.kind == InputKind::deliver && input.message->auth() == Auth::none;
    if (deaf_ && content && active(input)) return;
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    for (const Effect& e : effects.listed_from(first)) {
      if (e.kind != EffectKind::send && e.kind != EffectKind::multicast) continue;
      if (effects.message_of(e).auth() == Auth::none) continue;  // a content
      remember(effects, e);
    }
    if (input.kind == InputKind::start) effects.set_timer(again, interval_);
  }

 private:
  struct Said {
    MessageRef message;
    std::vector<NodeId> to;
  };
  void remember(const Effects& effects, const Effect& e) {
    Said& said = said_.size() < remembered_ ? said_.emplace_back() : said_[next_++ % remembered_];
    said.message = behaviour::handle(effects.message_of(e));
    if (e.kind == EffectKind::send) {
      said.to = {e.node};
    } else {
      const auto nodes = effects.nodes_of(e);
      said.to.assign(nodes.begin(), nodes.end());
    }
  }

  Duration interval_;
  std::size_t remembered_;
  bool deaf_;
  std::vector<Said> said_;
  std::size_t next_ = 0;
};

}  // namespace

void register_behaviour_relay_spam(Registry& registry) {
  ModelInfo info;
  info.name = "relay_spam";
  info.kind = ModelKind::behaviour;
  info.slot = Slot::relay;
  info.summary = "Repeats its relay's requests, announcements and grafts over and over.";
  info.fits = {"lottery", "publisher"};  // what relays
  info.params = {
      {"interval",
       ParamType::duration,
       "100 ms",
       "between two repetitions of all it remembers",
       "1 ms",
       "1 h",
       {}},
      {"remembered",
       ParamType::integer,
       "16",
       "newest messages that it repeats",
       "1",
       "100000",
       {}},
      {"deaf",
       ParamType::flag,
       "false",
       "does not hear the contents it is sent, so that it asks for all that is announced",
       {},
       {},
       {}},
  };
  info.wrap_module = [](const BehaviourContext& context,
                        std::unique_ptr<Module> relay) -> std::unique_ptr<Module> {
    return std::make_unique<RelaySpam>(context, std::move(relay));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
