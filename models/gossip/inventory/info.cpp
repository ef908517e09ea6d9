// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/parts/relay/params.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab {
namespace inventory {
namespace {

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> all = relay::flood_params();
  all.insert(
      all.begin(),
      {"mode",
       ParamType::choice,
       "inventory",
       "inventory: announce, send when asked (Bitcoin's inv and getdata); push: send to every "
       "neighbour at once; unsolicited: a block's maker pushes it, all else is announced",
       {},
       {},
       {"inventory", "push", "unsolicited"}});
  return all;
}

}  // namespace
}  // namespace inventory

void register_gossip_inventory(Registry& registry) {
  ModelInfo info;
  info.name = "inventory";
  info.version = 1;
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.family = "flooding";
  info.summary = "Floods contents over the overlay: announce and ask, or push.";
  info.paper =
      "S. Nakamoto: Bitcoin: A Peer-to-Peer Electronic Cash System, 2008, section 5; C. Decker, R. "
      "Wattenhofer: Information Propagation in the Bitcoin Network, IEEE P2P 2013";
  info.params = inventory::params();
  info.messages = relay::flood_messages();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    const std::string& mode = context.params->text("mode");
    return std::make_unique<relay::Relay>(context, mode == "push" ? relay::Mode::push
                                                   : mode == "unsolicited"
                                                       ? relay::Mode::unsolicited
                                                       : relay::Mode::inventory);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
