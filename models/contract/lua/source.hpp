// Reads a contract's source by the lexical rules of Lua 5.4 (manual, 3.1) and refuses what a
// deterministic, metered contract may not have: floating-point numerals and the operators that make
// them (`/`, `^`), and `...`, whose copying the instruction count does not see.
#pragma once

#include <string>
#include <string_view>

namespace ledgerlab::lua {

/// Empty, or what is refused and on which line.
std::string check_source(std::string_view source);

}  // namespace ledgerlab::lua
