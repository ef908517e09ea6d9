// The digest of a payload's signatures, which a header of a chain carries.
#pragma once

#include "models/api/block.hpp"

namespace ledgerlab::chain {

/// SHA-256 of all transactions' signatures in order; zero for none. Ids leave the signature out:
/// without this digest a relaying node could spoil a signature inside a block and have the block's
/// honest id refused (Bitcoin's witness commitment, BIP 141).
Hash256 signatures_digest(const Payload& payload);

}  // namespace ledgerlab::chain
