// The compilers' 128-bit integers, named once so that -Wpedantic stays quiet everywhere else.
#pragma once

namespace ledgerlab {

__extension__ typedef unsigned __int128 Uint128;
__extension__ typedef __int128 Int128;

}  // namespace ledgerlab
