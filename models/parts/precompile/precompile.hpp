// Ethereum's precompiled contracts (Yellow Paper appendix E and the EIPs named in the table of
// precompile.cpp): which addresses answer at a fork, what a call costs and what it gives.
#pragma once

#include <cstdint>

#include "models/api/contract.hpp"

namespace ledgerlab::precompile {

/// True if `address` is a precompile from `revision` on: 1-4 since Frontier, 5-8 since Byzantium,
/// 9 since Istanbul, 10 since Cancun.
bool is_precompile(const Address& address, Revision revision);

/// success, out_of_gas or precompile_failure; the latter two take all gas.
struct Outcome {
  ContractStatus status = ContractStatus::success;
  std::int64_t gas_left = 0;
  Bytes output;
};

/// Runs the precompile at `address`, which must be one at `revision`. The price is charged before
/// any work is done and before any memory is taken.
Outcome run(const Address& address, Revision revision, ByteView input, std::int64_t gas);

/// Precompiles of forks after Cancun, so of no revision here: EIP-2537 (BLS12-381, 0x0b to 0x11,
/// Prague) and EIP-7951 (P-256, 0x100, Osaka). For vectors and experiments; is_precompile and run
/// do not know them.
bool is_later_precompile(const Address& address);
Outcome run_later(const Address& address, ByteView input, std::int64_t gas);
}  // namespace ledgerlab::precompile
