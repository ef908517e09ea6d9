// SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein: SipHash: a fast short-input PRF, INDOCRYPT 2012):
// the keyed hash behind the short transaction ids of BIP 152 and BIP 330.
#pragma once

#include "models/base/bytes.hpp"

namespace ledgerlab {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

std::uint64_t siphash24(const SipKey& key, ByteView bytes);

}  // namespace ledgerlab
