// Parameters that the relays of the Bitcoin family share.
#pragma once

#include "models/api/message.hpp"
#include "models/api/params.hpp"

namespace ledgerlab::relay {

/// forward, request_timeout, attempts_max, announce_interval, keep_contents, remember_contents,
/// trickle, trickle_outbound, transactions, flood_peers, reconcile_interval.
std::vector<ParamInfo> flood_params();
/// What the flood says on the wire; a relay's own messages come after these.
MessageTypes flood_messages();

}  // namespace ledgerlab::relay
