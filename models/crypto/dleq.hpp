// Proofs that two points have the same discrete logarithm to two bases (BIP 374).
#pragma once

#include "models/crypto/secp256k1_group.hpp"

namespace ledgerlab {

using DleqProof = FixedBytes<64>;

/// That A = a*base and C = a*B; `auxiliary` is fresh randomness, or zero. Nothing if the secret is
/// zero or not below the order, or a point is at infinity.
std::optional<DleqProof> dleq_prove(const FixedBytes<32>& secret, const Secp256k1Point& B,
                                    const FixedBytes<32>& auxiliary, const Secp256k1Point& base,
                                    ByteView message);
bool dleq_verify(const Secp256k1Point& A, const Secp256k1Point& B, const Secp256k1Point& C,
                 const DleqProof& proof, const Secp256k1Point& base, ByteView message);

}  // namespace ledgerlab
