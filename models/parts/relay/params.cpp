#include "models/parts/relay/params.hpp"

#include "models/parts/relay/messages.hpp"
#include "models/parts/relay/reconcile.hpp"

namespace ledgerlab::relay {

namespace {

/// How transactions are announced.
std::vector<ParamInfo> transaction_params() {
  return {
      {"trickle",
       ParamType::duration,
       "0 s",
       "transactions are announced to each peer when its Poisson timer of this mean rings; "
       "Bitcoin: "
       "5 s; 0: at once",
       "0 s",
       "1 h",
       {},
       true},
      {"trickle_outbound",
       ParamType::duration,
       "0 s",
       "the same towards peers that this node connected to; Bitcoin: 2 s; 0: as trickle",
       "0 s",
       "1 h",
       {},
       true},
      {"transactions",
       ParamType::choice,
       "flood",
       "flood: announce each to every peer; reconcile: to flood_peers at once, the rest by "
       "comparing "
       "sets (Erlay, BIP 330)",
       {},
       {},
       {"flood", "reconcile"},
       true},
      {"flood_peers",
       ParamType::integer,
       "1",
       "reconcile: peers this node connected to that hear of a transaction at once",
       "0",
       "1000",
       {},
       true},
      {"reconcile_interval",
       ParamType::duration,
       "8 s",
       "reconcile: between two comparisons with one peer",
       "10 ms",
       "1 h",
       {},
       true},
  };
}

}  // namespace

std::vector<ParamInfo> flood_params() {
  std::vector<ParamInfo> all = {
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
  const std::vector<ParamInfo> transactions = transaction_params();
  all.insert(all.end(), transactions.begin(), transactions.end());
  return all;
}

MessageTypes flood_messages() {
  return message_list<Inv, GetData, Content, SendTxRcncl, ReqTxRcncl, SketchMessage,
                      ReconcilDiff>();
}

}  // namespace ledgerlab::relay
