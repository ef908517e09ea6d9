// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/gossip/epidemic/epidemic.hpp"

namespace ledgerlab {
namespace epidemic {
namespace {

std::vector<ParamInfo> params() {
  return {
      {"mode",
       ParamType::choice,
       "infect_forever",
       "infect_forever: a content is pushed in every round for `rounds` rounds; infect_and_die: in "
       "the first round only",
       {},
       {},
       {"infect_forever", "infect_and_die"}},
      {"fanout",
       ParamType::integer,
       "2",
       "different others a content is pushed to in one round (the papers' fanout c)",
       "0",
       "1000",
       {}},
      {"fanout_more",
       ParamType::ratio,
       "0 %",
       "probability of one more target: a fanout between two whole numbers",
       "0 %",
       "100 %",
       {}},
      {"round",
       ParamType::duration,
       "250 ms",
       "length of a round; the model is synchronous only if a message arrives within one",
       "1 ms",
       "1 h",
       {}},
      {"rounds",
       ParamType::integer,
       "30",
       "infect_forever: rounds for which a node pushes a content; forever means longer than all "
       "others need",
       "1",
       "100000",
       {}},
      {"view",
       ParamType::choice,
       "overlay",
       "whom a node chooses from: its neighbours in the overlay, or everyone (every node knows all "
       "others, and no overlay is used)",
       {},
       {},
       {"overlay", "everyone"}},
  };
}

}  // namespace
}  // namespace epidemic

void register_gossip_epidemic(Registry& registry) {
  ModelInfo info;
  info.name = "epidemic";
  info.version = 1;
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.family = "epidemic";
  info.summary = "Pushes contents to drawn others in synchronous rounds.";
  info.paper =
      "A. Demers et al.: Epidemic Algorithms for Replicated Database Maintenance, PODC 1987; P. "
      "Eugster, R. Guerraoui, A.-M. Kermarrec, L. Massoulie: From Epidemics to Distributed "
      "Computing, IEEE Computer 37(5), 2004";
  info.params = epidemic::params();
  info.messages = message_list<epidemic::Push>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<epidemic::Epidemic>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
