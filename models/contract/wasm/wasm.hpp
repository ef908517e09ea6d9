// Contracts as WebAssembly modules on wabt's interpreter. README.md says what a module may contain
// and import, what it pays and why nothing in it can differ between two nodes.
#pragma once

#include <memory>

#include "models/parts/contract/frame.hpp"

namespace ledgerlab::wasm {

inline constexpr contract::Limits default_limits = {.frame_gas = 20'000, .step_gas = 5};

std::unique_ptr<contract::CodeEngine> make_wasm(contract::Limits limits = default_limits);

}  // namespace ledgerlab::wasm
