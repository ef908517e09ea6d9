// Parameters that the relays of the Bitcoin family share.
#pragma once

#include "models/api/params.hpp"

namespace ledgerlab::relay {

/// forward, request_timeout, attempts_max, announce_interval, keep_contents, remember_contents,
/// trickle, trickle_outbound.
std::vector<ParamInfo> flood_params();

}  // namespace ledgerlab::relay
