// BLS signatures on BLS12-381 (draft-irtf-cfrg-bls-signature-05) in both arrangements of the
// groups. Keys and signatures are compressed encodings; what does not decode or lies outside its
// subgroup is refused, and so is infinity as a key.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab::bls {

enum class Variant : std::uint8_t {
  min_pk,  // keys of 48 bytes in G1, signatures of 96 bytes in G2 (Ethereum's consensus layer)
  min_sig  // keys of 96 bytes in G2, signatures of 48 bytes in G1
};

// Domain separation tags of the suites (section 4.2). The basic scheme demands that the messages
// of an aggregate differ; with proofs of possession they need not.
inline constexpr std::string_view basic_min_pk = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";
inline constexpr std::string_view basic_min_sig = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
inline constexpr std::string_view pop_min_pk = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
inline constexpr std::string_view pop_min_sig = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

struct Scheme {
  Variant variant = Variant::min_pk;
  std::string_view tag = pop_min_pk;
};

using SecretKey = FixedBytes<32>;  // big endian, from 1 to the order - 1

/// Nothing if the secret is out of range.
std::optional<Bytes> public_key(const Scheme& scheme, const SecretKey& secret);
std::optional<Bytes> sign(const Scheme& scheme, const SecretKey& secret, ByteView message);

/// KeyValidate (section 2.5): a point of the subgroup other than infinity.
bool is_public_key(const Scheme& scheme, ByteView key);
bool verify(const Scheme& scheme, ByteView key, ByteView message, ByteView signature);

/// The sum of signatures; nothing for none or for one that does not decode.
std::optional<Bytes> aggregate(const Scheme& scheme, std::span<const Bytes> signatures);
/// One signature for keys[i] over messages[i]; false for none. That the messages differ, where the
/// scheme wants it, is for the caller to see to (`all_differ`).
bool aggregate_verify(const Scheme& scheme, std::span<const Bytes> keys,
                      std::span<const Bytes> messages, ByteView signature);
bool all_differ(std::span<const Bytes> messages);
/// All keys over one message (section 3.3.4): only where each has proved its possession.
bool fast_aggregate_verify(const Scheme& scheme, std::span<const Bytes> keys, ByteView message,
                           ByteView signature);

}  // namespace ledgerlab::bls
