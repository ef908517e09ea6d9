// The Python side of the protocol, put before every Python contract's own text.
#pragma once

#include <string_view>

namespace ledgerlab::process {

std::string_view python_sdk();

}  // namespace ledgerlab::process
