// ECVRF over Edwards25519 with SHA-512 (RFC 9381): a verifiable random function. The owner of a key
// computes one output for an input and proves it; nobody can prove another one.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"
#include "models/crypto/ed25519.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {

/// Gamma (32 bytes), c (16), s (32).
using VrfProof = FixedBytes<80>;
using VrfOutput = Hash512;

/// How the input becomes a point of the curve, and what is hashed.
enum class VrfSuite : std::uint8_t {
  tai,          // ECVRF-EDWARDS25519-SHA512-TAI: try and increment
  ell2,         // ECVRF-EDWARDS25519-SHA512-ELL2: Elligator 2, in constant time
  draft03_ell2  // Elligator 2 as draft-irtf-cfrg-vrf-03 had it, which Cardano's Praos uses
};

/// RFC 9381, 5.1. Keys are those of Ed25519.
VrfProof vrf_prove(const Ed25519Keypair& keypair, ByteView alpha, VrfSuite suite = VrfSuite::tai);

/// RFC 9381, 5.3: the output if the proof holds. The key is validated (5.4.5), so the output is
/// unique even for a key that was made with bad intent.
std::optional<VrfOutput> vrf_verify(const Ed25519PublicKey& key, ByteView alpha,
                                    const VrfProof& proof, VrfSuite suite = VrfSuite::tai);

/// RFC 9381, 5.2: the output of a proof that was made or verified before; nothing if the proof does
/// not decode.
std::optional<VrfOutput> vrf_proof_to_hash(const VrfProof& proof, VrfSuite suite = VrfSuite::tai);

/// Gamma (32), U (32), V (32), s (32): the form that many proofs can be verified together in
/// (Badertscher, Gazi, Querejeta-Azurmendi, Russell, "On UC-Secure Range Extension and Batch
/// Verification for ECVRF", 2022). The challenge is hashed again from U and V.
using VrfBatchProof = FixedBytes<128>;
VrfBatchProof vrf_prove_batch(const Ed25519Keypair& keypair, ByteView alpha, VrfSuite suite);
/// One proof alone.
std::optional<VrfOutput> vrf_verify_batch(const Ed25519PublicKey& key, ByteView alpha,
                                          const VrfBatchProof& proof, VrfSuite suite);

}  // namespace ledgerlab
