// The Ethereum Virtual Machine, Frontier to Cancun (Yellow Paper, section 9 and appendix H, and the
// EIPs that each rule names). It executes one frame; state, precompiles, nested frames and the
// transaction's refund are the host's.
#pragma once

#include <memory>

#include "models/api/contract.hpp"

namespace ledgerlab::evm {

/// An engine keeps its stacks and memory buffers from frame to frame; jump destinations are kept in
/// ContractCode::derived. `gas_refund` of a result counts this frame's SSTORE and SELFDESTRUCT
/// refunds and those of its successful children, as in EVMC; it is zero after a failure.
std::unique_ptr<ContractEngine> make_evm();

}  // namespace ledgerlab::evm
