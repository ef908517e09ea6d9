// What a session computes with. Key derivation, confirmation codes and the encryption inside the
// handshake are always real; key agreement and identities come from outside: the libraries
// (LocalPrimitives, for sockets and unit tests) or the crypto suite of a world (secure_node.cpp).
#pragma once

#include <optional>
#include <string_view>

#include "models/api/crypto.hpp"
#include "models/crypto/aead.hpp"
#include "models/crypto/ed25519.hpp"
#include "models/crypto/x25519.hpp"

namespace ledgerlab::session {

class Primitives {
 public:
  virtual ~Primitives() = default;
  virtual X25519Share share(const X25519Secret& secret) = 0;
  /// Nothing for a share of low order.
  virtual std::optional<Hash256> agree(const X25519Secret& secret, const X25519Share& peer) = 0;
  /// Our own identity, and signatures under it.
  virtual NodeKey identity() = 0;
  virtual Signature sign(ByteView text) = 0;
  virtual bool verify(const NodeKey& key, ByteView text, const Signature& signature) = 0;

  Hash256 hash(ByteView text);
  Hash256 extract(const Hash256& salt, const Hash256& secret);
  Hash256 expand(const Hash256& key, std::string_view info);
  Hash256 mac(const Hash256& key, ByteView text);
  Bytes seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated, ByteView plain);
  std::optional<Bytes> open(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                            ByteView sealed);

 protected:
  /// Told of everything that takes time (rows of the cost table).
  virtual void used(Operation, std::uint64_t) {}
};

/// X25519 and Ed25519 by the libraries, under one key pair.
class LocalPrimitives final : public Primitives {
 public:
  explicit LocalPrimitives(const Ed25519Keypair& keys) : keys_(keys) {}
  X25519Share share(const X25519Secret& secret) override { return x25519_share(secret); }
  std::optional<Hash256> agree(const X25519Secret& secret, const X25519Share& peer) override {
    return x25519(secret, peer);
  }
  NodeKey identity() override { return keys_.public_key; }
  Signature sign(ByteView text) override { return ed25519_sign(keys_, text); }
  bool verify(const NodeKey& key, ByteView text, const Signature& signature) override {
    return ed25519_verify(key, text, signature);
  }

 private:
  Ed25519Keypair keys_;
};

}  // namespace ledgerlab::session
