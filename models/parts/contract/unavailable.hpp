// What a contract engine throws that cannot be had on this machine.
#pragma once

#include <stdexcept>

namespace ledgerlab::contract {

/// The text names the package to install or the parameter to set (exit code 69).
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ledgerlab::contract
