// What proof-of-work nodes say to each other: a chain's messages with blocks of this kind.
#pragma once

#include "models/consensus/pow/header.hpp"
#include "models/parts/chain/messages.hpp"

namespace ledgerlab::pow {

using BlockContent = chain::BlockContent<MinedBlock>;

}  // namespace ledgerlab::pow
