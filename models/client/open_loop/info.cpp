// What the open-loop client says of itself.
#include "models/api/registry.hpp"
#include "models/client/open_loop/open_loop.hpp"

namespace ledgerlab {

void register_client_open_loop(Registry& registry) {
  ModelInfo info;
  info.name = "open_loop";
  info.version = 1;
  info.kind = ModelKind::client;
  info.slot = Slot::client;
  info.family = "open-loop";
  info.summary =
      "Client of every protocol: offers transfers when they are due and asks until enough replies "
      "have come.";
  info.params = {
      {"retry_timeout",
       ParamType::duration,
       "2 s",
       "a request without an answer is repeated after this, then after twice as long each time (up "
       "to 8 times; without bound where each client asks its own node); 0: never",
       "0 s",
       "365 d",
       {}},
      {"pause",
       ParamType::duration,
       "100 ms",
       "wait after an answer that names no leader (doubles up to 8 times) or a full pool (64 "
       "times)",
       "1 ms",
       "1 d",
       {}},
      {"give_up_after",
       ParamType::duration,
       "0 s",
       "from the instant a transaction was due; then it counts as failed; 0: never",
       "0 s",
       "3650 d",
       {}},
      {"max_outstanding",
       ParamType::integer,
       "0",
       "requests of one client under way at a time; more wait at the client while their latency "
       "counts; 0: any number",
       "0",
       "100000000",
       {}},
  };
  info.messages = message_list<Reply, Redirect, Refused>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<open_loop::Client>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
