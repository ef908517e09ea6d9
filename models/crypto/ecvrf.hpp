// ECVRF-EDWARDS25519-SHA512-TAI, suite 0x03 of RFC 9381: a verifiable random function. The owner of
// a key computes one output for an input and proves it; nobody can prove another one.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"
#include "models/crypto/ed25519.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {

/// Gamma (32 bytes), c (16), s (32).
using VrfProof = FixedBytes<80>;
using VrfOutput = Hash512;

/// RFC 9381, 5.1. Keys are those of Ed25519.
VrfProof vrf_prove(const Ed25519Keypair& keypair, ByteView alpha);

/// RFC 9381, 5.3: the output if the proof holds. The key is validated (5.4.5), so the output is
/// unique even for a key that was made with bad intent.
std::optional<VrfOutput> vrf_verify(const Ed25519PublicKey& key, ByteView alpha,
                                    const VrfProof& proof);

/// RFC 9381, 5.2: the output of a proof that was made or verified before; nothing if the proof does
/// not decode.
std::optional<VrfOutput> vrf_proof_to_hash(const VrfProof& proof);

}  // namespace ledgerlab
