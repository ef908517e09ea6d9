// Contracts in Lua 5.4: a deterministic sandbox on Debian's library. README.md says what a contract
// is offered, what it pays and why nothing in it can differ between two nodes.
#pragma once

#include <memory>

#include "models/parts/contract/frame.hpp"

namespace ledgerlab::lua {

inline constexpr contract::Limits default_limits = {.frame_gas = 20'000, .step_gas = 10};

std::unique_ptr<contract::CodeEngine> make_lua(contract::Limits limits = default_limits);

}  // namespace ledgerlab::lua
