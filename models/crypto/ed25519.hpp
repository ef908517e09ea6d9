// Ed25519 signatures (RFC 8032) by libsodium, which refuses small-order keys and non-canonical
// encodings.
#pragma once

#include "models/base/bytes.hpp"

namespace ledgerlab {

using Ed25519Seed = FixedBytes<32>;
using Ed25519PublicKey = FixedBytes<32>;
using Ed25519Signature = FixedBytes<64>;

struct Ed25519Keypair {
  Ed25519Seed seed;
  Ed25519PublicKey public_key;
};

Ed25519Keypair ed25519_keypair(const Ed25519Seed& seed);
Ed25519Signature ed25519_sign(const Ed25519Keypair& keypair, ByteView message);
bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                    const Ed25519Signature& signature);

/// Verification by the rules of ZIP 215, under which single and batched verification agree on every
/// signature: points may be of small order or written non-canonically, s may not, and the equation
/// is multiplied by the cofactor. Slower than ed25519_verify; accepts all that it accepts.
bool ed25519_verify_zip215(const Ed25519PublicKey& key, ByteView message,
                           const Ed25519Signature& signature);

}  // namespace ledgerlab
