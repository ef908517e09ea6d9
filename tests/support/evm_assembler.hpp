// EVM code from readable text, for tests and benchmarks.
#pragma once

#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab::testing {

/// Words apart by white space: mnemonics; `PUSH 0x1234` or `PUSH 10` (the shortest PUSHn that
/// holds it, PUSH1 for zero); `PUSHn 0x..` of that length; `name:` marks a JUMPDEST, `PUSH @name`
/// pushes its place in two bytes; `0x..` alone stands for bytes as they are. Throws
/// std::invalid_argument on anything else.
Bytes assemble(std::string_view text);

}  // namespace ledgerlab::testing
