// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab {
namespace inventory {
namespace {

std::vector<ParamInfo> params() {
  return {
      {"mode",
       ParamType::choice,
       "inventory",
       "inventory: announce, send when asked (Bitcoin's inv and getdata); push: send to every "
       "neighbour at once",
       {},
       {},
       {"inventory", "push"}},
      {"forward",
       ParamType::flag,
       "true",
       "spread what came from others too; false where every node hears from every other itself (a "
       "full mesh): one message a neighbour and content in place of its square",
       {},
       {},
       {}},
      {"request_timeout",
       ParamType::duration,
       "5 s",
       "time after which another announcer is asked",
       "1 ms",
       "1 h",
       {}},
      {"attempts_max",
       ParamType::integer,
       "8",
       "requests for one content before it is given up until it is announced again",
       "1",
       "1000",
       {}},
      {"announce_interval",
       ParamType::duration,
       "0 ns",
       "announcements are gathered for this long and sent together; 0: each at once",
       "0 ns",
       "1 h",
       {}},
      {"keep_contents",
       ParamType::duration,
       "60 s",
       "how long a content is kept to be served to neighbours",
       "1 ms",
       "1000 h",
       {}},
      {"remember_contents",
       ParamType::integer,
       "0",
       "contents remembered as seen, the oldest is forgotten first; 0: all of the run",
       "0",
       "1000000000",
       {}},
  };
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
  info.messages = message_list<relay::Inv, relay::GetData, relay::Content>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<relay::Relay>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
