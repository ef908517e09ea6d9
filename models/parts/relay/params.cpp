#include "models/parts/relay/params.hpp"

namespace ledgerlab::relay {

std::vector<ParamInfo> flood_params() {
  return {
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

}  // namespace ledgerlab::relay
