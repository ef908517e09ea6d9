// Contracts in JavaScript (ECMAScript 5.1 and parts of later editions) on Duktape, built from the
// source in Debian's package with a hook for budgets. README.md says what a contract is offered,
// what it pays and why nothing in it can differ between two nodes.
#pragma once

#include <memory>

#include "models/parts/contract/frame.hpp"

namespace ledgerlab::js {

inline constexpr contract::Limits default_limits = {.frame_gas = 150'000, .step_gas = 20};

std::unique_ptr<contract::CodeEngine> make_js(contract::Limits limits = default_limits);

}  // namespace ledgerlab::js
