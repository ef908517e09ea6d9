// The list of areas: each is one .cpp in this folder and exports its families. The first glob that
// matches an INDEX path takes it, so the last area has the reasons for what nobody runs.
#pragma once

#include <span>

#include "tests/vectors/runner/runner.hpp"

namespace ledgerlab::vectors {

std::span<const Family> bitcoin_script_families();
std::span<const Family> rlp_families();
std::span<const Family> vm_families();
std::span<const Family> unsupported_families();

inline constexpr std::span<const Family> (*areas[])() = {
    bitcoin_script_families,
    rlp_families,
    vm_families,
    unsupported_families,
};

}  // namespace ledgerlab::vectors
