// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/gossip/plumtree/plumtree.hpp"

namespace ledgerlab {
namespace plumtree {
namespace {

std::vector<ParamInfo> params() {
  return {
      {"timeout1",
       ParamType::duration,
       "1 s",
       "time from the first IHAVE for a content until a GRAFT asks for it: longer than the tree "
       "takes after the announcement",
       "1 ms",
       "1 h",
       {}},
      {"timeout2",
       ParamType::duration,
       "500 ms",
       "time after a GRAFT until the next announcer is asked: about a round trip",
       "1 ms",
       "1 h",
       {}},
      {"threshold",
       ParamType::integer,
       "3",
       "an announcer that would have delivered so many rounds earlier takes the sender's place in "
       "the tree; 0: never",
       "0",
       "1000",
       {}},
      {"ihave_interval",
       ParamType::duration,
       "0 ns",
       "announcements are gathered for this long and sent together (the paper's dispatch policy); "
       "0: each at once",
       "0 ns",
       "1 h",
       {}},
      {"graft_attempts",
       ParamType::integer,
       "3",
       "times an announcer is asked for a content; the paper's 1 suits links that lose nothing",
       "1",
       "1000",
       {}},
      {"keep_contents",
       ParamType::duration,
       "60 s",
       "how long a content is kept to answer a GRAFT",
       "1 ms",
       "1000 h",
       {}},
  };
}

}  // namespace
}  // namespace plumtree

void register_gossip_plumtree(Registry& registry) {
  ModelInfo info;
  info.name = "plumtree";
  info.version = 1;
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.family = "tree";
  info.summary =
      "Pushes contents along a tree pruned out of the overlay, announces on other links.";
  info.paper =
      "J. Leitao, J. Pereira, L. Rodrigues: Epidemic Broadcast Trees, IEEE SRDS 2007, algorithms 1 "
      "to 4";
  info.params = plumtree::params();
  info.messages =
      message_list<plumtree::Gossip, plumtree::IHave, plumtree::Graft, plumtree::Prune>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<plumtree::Plumtree>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
