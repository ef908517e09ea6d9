// The DAO fork's irregular change of state (EIP-779): the balances of a fixed list of accounts go
// to one refund contract.
#pragma once

#include "models/parts/ethereum/overlay.hpp"

namespace ledgerlab::ethereum {

/// Before the first transaction of the fork's block.
void transfer_dao(Overlay& overlay);

}  // namespace ledgerlab::ethereum
