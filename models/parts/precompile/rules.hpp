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
Answer point_evaluation(ByteView input);  // EIP-4844

// EIP-2537
Answer bls_g1_add(ByteView input);
std::int64_t bls_g1_msm_price(ByteView input, Revision revision);
Answer bls_g1_msm(ByteView input);
Answer bls_g2_add(ByteView input);
std::int64_t bls_g2_msm_price(ByteView input, Revision revision);
Answer bls_g2_msm(ByteView input);
std::int64_t bls_pairing_price(ByteView input, Revision revision);
Answer bls_pairing(ByteView input);
Answer bls_map_to_g1(ByteView input);
Answer bls_map_to_g2(ByteView input);

Answer p256_verification(ByteView input);  // EIP-7951

}  // namespace ledgerlab::precompile
