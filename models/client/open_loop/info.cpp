// What the client says of itself: parameters and messages.
#include "models/api/registry.hpp"
#include "models/parts/client/open_loop.hpp"

namespace ledgerlab {

void register_client_open_loop(Registry& registry) {
  ModelInfo info;
  info.name = "open_loop";
  info.version = 1;
  info.kind = ModelKind::client;
  info.slot = Slot::client;
  info.family = "open-loop";
  info.summary = "Offers its share of the load when it is due, whatever the system does.";
  info.params = client::offering_params();
  info.params.push_back({"conflict_backoff",
                         ParamType::duration,
                         "50 ms",
                         "execute-order-validate: mean wait before a proposal whose envelope was "
                         "invalid is simulated again (drawn between half and one and a half of it); "
                         "doubles with every conflict, up to 32 times",
                         "0 ns",
                         "1 h",
                         {},
                         true});
  info.params.push_back({"read_share",
                         ParamType::ratio,
                         "0 %",
                         "share of the load that is linearisable reads of an account, through the "
                         "client's own replica",
                         "0",
                         "1",
                         {}});
  info.messages = message_list<Reply, TentativeReply, Redirect, Refused, ReadReply, ReadRefused,
                               pipeline::Endorsed>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<client::OpenLoop>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
