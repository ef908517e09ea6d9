// MuSig2 (BIP 327): several signers make one Schnorr signature (BIP 340) under one key, in two
// rounds. Names are the BIP's.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/crypto/schnorr.hpp"
#include "models/crypto/secp256k1_group.hpp"

namespace ledgerlab::musig2 {

using PlainKey = FixedBytes<33>;
using PublicNonce = FixedBytes<66>;
using SecretNonce = FixedBytes<97>;  // k1, k2, the signer's key: for one signature only
using PartialSignature = FixedBytes<32>;

/// What an algorithm fails with.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Somebody sent what is no key ("pubkey"), nonce ("pubnonce", "aggnonce", "aggothernonce") or
/// signature ("psig").
struct BadContribution : Fault {
  BadContribution(std::optional<std::size_t> signer, std::string contribution);
  std::optional<std::size_t> signer;  // from 0; nothing: the aggregator
  std::string contribution;
};

struct Tweak {
  FixedBytes<32> value;
  bool xonly = false;
};

/// The KeyAgg Context.
struct KeyAggregate {
  Secp256k1Point key;
  Secp256k1Scalar sign{1};   // gacc
  Secp256k1Scalar tweak{0};  // tacc
  XOnlyPublicKey xonly() const { return key.x(); }
};

std::vector<PlainKey> sort_keys(std::vector<PlainKey> keys);
KeyAggregate aggregate_keys(std::span<const PlainKey> keys);
KeyAggregate apply_tweak(const KeyAggregate& aggregate, const Tweak& tweak);

struct Nonce {
  SecretNonce secret;
  PublicNonce open;
};
struct NonceInput {
  FixedBytes<32> random;  // fresh for every nonce
  std::optional<Secp256k1SecretKey> secret;
  PlainKey key;
  std::optional<XOnlyPublicKey> aggregate;
  std::optional<Bytes> message;
  Bytes extra;
};
Nonce make_nonce(const NonceInput& input);
PublicNonce aggregate_nonces(std::span<const PublicNonce> nonces);

/// The Session Context.
struct Session {
  PublicNonce nonce;  // aggregated
  std::vector<PlainKey> keys;
  std::vector<Tweak> tweaks;
  Bytes message;
};
PartialSignature sign(const SecretNonce& nonce, const Secp256k1SecretKey& secret,
                      const Session& session);
/// `session.nonce` is made of `nonces` here; `signer` is one of them.
bool verify_partial(const PartialSignature& signature, std::span<const PublicNonce> nonces,
                    Session session, std::size_t signer);
SchnorrSignature aggregate_signatures(std::span<const PartialSignature> signatures,
                                      const Session& session);

struct DeterministicSignature {
  PublicNonce nonce;
  PartialSignature signature;
};
/// For the one signer who comes last: no state between nonce and signature. `session.nonce` is the
/// aggregate of all others' nonces.
DeterministicSignature sign_deterministic(const Secp256k1SecretKey& secret, Session session,
                                          const std::optional<FixedBytes<32>>& random);

}  // namespace ledgerlab::musig2
