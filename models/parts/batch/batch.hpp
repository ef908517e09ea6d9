// What a protocol must commit to when it orders a list of transactions: a transaction's id leaves
// its signature out (DESIGN 13.4), so the ids alone would let somebody spoil a signature on the way
// and have an honest proposal refused.
#pragma once

#include "models/api/block.hpp"

namespace ledgerlab {

/// The digest that votes carry: what is ordered, and under which signatures. The second half does
/// not count for a message's identity, so that a run has one trace hash in both crypto modes.
struct BatchDigest {
  Hash256 root;  // Merkle root of the transactions' ids
  Hash256 signatures;
  bool is_null() const { return root.is_zero(); }
  friend bool operator==(const BatchDigest&, const BatchDigest&) = default;
};
BatchDigest batch_digest(const Payload& payload);

void codec_write(codec::Writer& writer, const BatchDigest& value);
bool codec_read(codec::Reader& reader, BatchDigest& value);

}  // namespace ledgerlab
