// The books of the account ledger with contracts, kept a second time.
#pragma once

#include <memory>

#include "models/api/model_info.hpp"

namespace ledgerlab::account {

std::unique_ptr<LedgerAudit> make_contract_audit(const GenesisSpec& genesis, CryptoSuite& suite);

}  // namespace ledgerlab::account
