// Private to this folder: one function per precompile for its work, and for its price where that
// is not linear in the words of the input. Prices saturate at `unpayable`.
#pragma once

#include <limits>
#include <optional>

#include "models/api/contract.hpp"

namespace ledgerlab::precompile {

/// More than any budget of gas.
inline constexpr std::int64_t unpayable = std::numeric_limits<std::int64_t>::max();

/// Nothing means failure: the call takes all gas.
using Answer = std::optional<Bytes>;

/// `size` bytes of `input` from `offset`, which reads as if zeros without end followed it.
Bytes padded(ByteView input, std::size_t offset, std::size_t size);

Answer ecrecover(ByteView input);
std::int64_t modexp_price(ByteView input, Revision revision);
Answer modexp(ByteView input);
std::int64_t blake2f_price(ByteView input, Revision revision);
Answer blake2f(ByteView input);

}  // namespace ledgerlab::precompile
