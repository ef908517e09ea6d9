// What the client says of itself: parameters and messages.
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
  info.summary = "Offers its share of the load when it is due, whatever the system does.";
  info.params = {
      {"retry_timeout",
       ParamType::duration,
       "2 s",
       "a transaction without answer is asked for again after this time",
       "1 ms",
       "1 d",
       {}},
      {"home_retry_timeout",
       ParamType::duration,
       "1 min",
       "the same where a client asks its own node and answers take many blocks (lotteries)",
       "1 ms",
       "7 d",
       {}},
      {"redirect_backoff",
       ParamType::duration,
       "100 ms",
       "wait before the next replica is asked when nobody is known to lead",
       "1 ms",
       "1 h",
       {}},
      {"give_up_after",
       ParamType::duration,
       "0 ns",
       "a transaction older than this is not asked for again and counts as dropped; 0 ns: never",
       "0 ns",
       "30 d",
       {}},
      {"max_outstanding",
       ParamType::integer,
       "0",
       "transactions due while so many wait for replies are dropped unsent; 0: no limit",
       "0",
       "100000000",
       {}},
      {"conflict_backoff",
       ParamType::duration,
       "50 ms",
       "execute-order-validate: mean wait before a proposal whose envelope was invalid is "
       "simulated "
       "again (drawn between half and one and a half of it); doubles with every conflict, up to 32 "
       "times",
       "0 ns",
       "1 h",
       {},
       true},
      {"read_share",
       ParamType::ratio,
       "0 %",
       "share of the load that is linearisable reads of an account, through the client's own "
       "replica",
       "0",
       "1",
       {}},
      {"memo",
       ParamType::size,
       "0 B",
       "bytes that every transfer carries without effect: longer transactions",
       "0 B",
       "128 kB",
       {},
       true},
  };
  info.messages = message_list<Reply, TentativeReply, Redirect, Refused, ReadReply, ReadRefused,
                               pipeline::Endorsed>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<client::OpenLoop>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
