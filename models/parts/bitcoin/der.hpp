// Encodings of ECDSA signatures and public keys as Script judges them: the strict DER of BIP 66,
// the lenient reader for what older rules let through, key forms.
#pragma once

#include <optional>

#include "models/crypto/secp256k1.hpp"

namespace ledgerlab::bitcoin {

/// BIP 66: is it strict DER with one byte of hash type behind it?
bool is_strict_der(ByteView signature_with_type);
/// Is the last byte ALL, NONE or SINGLE, with or without ANYONECANPAY?
bool has_defined_hash_type(ByteView signature_with_type);
/// Is s in the lower half (BIP 62 rule 5)? The signature is strict DER with its hash type.
bool has_low_s(ByteView signature_with_type);

/// Reads the BER forms that OpenSSL took: long lengths, any padding. Numbers that do not fit make
/// the all-zero signature, which verifies nothing.
std::optional<Secp256k1Signature> read_lax_der(ByteView der);

bool is_compressed_key(ByteView key);
/// By length and first byte: 33 bytes of 02/03 or 65 bytes of 04.
bool is_plain_key(ByteView key);

}  // namespace ledgerlab::bitcoin
