// MuteRelay: a node whose relay takes part in everything (it announces, grafts, asks) and hands on
// nothing of what others made. Works on every relay: frames that carry contents are those without
// an authenticator, since contents prove themselves.
#include <vector>

#include "models/api/registry.hpp"
#include "models/parts/behaviour/behaviour.hpp"
#include "models/parts/dense/seen_set.hpp"

namespace ledgerlab {
namespace {

class MuteRelay final : public behaviour::Wrapper {
 public:
  using Wrapper::Wrapper;

  void step(const Input& input, Effects& effects) override {
    const auto* publish = input.call ? input.call->as<Publish>() : nullptr;
    const bool own = publish && !foreign_.has(effects.intern(publish->content->identity()));
    const std::size_t first = effects.listed();
    const std::size_t first_call = effects.calls_listed();
    Wrapper::step(input, effects);
    std::vector<Hash128> heard;
    effects.keep_calls_if(first_call, [&](const LocalCall& call) {
      if (const auto* relayed = call.as<Relayed>()) heard.push_back(relayed->content->identity());
      return true;
    });
    for (const Hash128& content : heard) foreign_.add(effects.intern(content));
    if (own || !active(input)) return;
    effects.keep_if(first, [&](const Effect& e) {
      return !behaviour::is_message(e) || effects.message_of(e).auth() != Auth::none;
    });
  }

 private:
  SeenSet foreign_;
};

}  // namespace

void register_behaviour_mute_relay(Registry& registry) {
  ModelInfo info;
  info.name = "mute_relay";
  info.kind = ModelKind::behaviour;
  info.slot = Slot::relay;
  info.summary = "Relays nothing that others made, but takes part in the relay's overlay.";
  info.fits = {"lottery", "publisher"};  // what relays
  info.wrap_module = [](const BehaviourContext& context,
                        std::unique_ptr<Module> relay) -> std::unique_ptr<Module> {
    return std::make_unique<MuteRelay>(context, std::move(relay));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
