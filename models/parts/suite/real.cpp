// `real`: Ed25519 for signed frames, secp256k1 ECDSA with recovery for transactions, ECVRF. The
// 16-byte tags of messages between nodes are keyed BLAKE2b under one key of the world, which stands
// for sessions where a scenario assumes them; with handshakes (models/parts/session) each pair of
// nodes has keys of its own.
#include <sodium.h>

#include <stdexcept>

#include "models/crypto/ecvrf.hpp"
#include "models/crypto/x25519.hpp"
#include "models/parts/suite/keys.hpp"
#include "models/parts/suite/suites.hpp"
#include "models/parts/suite/work.hpp"

namespace ledgerlab {
namespace {

class RealSuite final : public WorldSuite {
 public:
  RealSuite(std::uint64_t seed, WorkMode work)
      : secret_(derive_secret("world", seed, 0)), nodes_(seed), accounts_(seed), work_(work) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  }

  std::string_view mode() const override { return "real"; }

  void authenticate(const Message& message, std::span<Byte> out) override {
    const Bytes text = covered(message);
    if (message.auth() == Auth::signature) {
      const auto signature = ed25519_sign(nodes_.at(message.author()), text);
      std::memcpy(out.data(), signature.data.data(), 64);
    } else if (message.auth() == Auth::mac) {
      tag(text, out);
    }
  }
  bool authentic(const Message& message) override {
    if (message.auth() == Auth::none) return true;
    const Bytes text = covered(message);
    if (message.auth() == Auth::mac) {
      std::array<Byte, 16> expected;
      tag(text, expected);
      return sodium_memcmp(expected.data(), message.authenticator().data(), 16) == 0;
    }
    Ed25519Signature signature;
    std::memcpy(signature.data.data(), message.authenticator().data(), 64);
    return ed25519_verify(nodes_.at(message.author()).public_key, text, signature);
  }

  Signature sign(NodeId author, ByteView text) override {
    return ed25519_sign(nodes_.at(author), text);
  }
  bool verify(NodeId author, ByteView text, const Signature& signature) override {
    return ed25519_verify(nodes_.at(author).public_key, text, signature);
  }

  NodeKey node_key(NodeId author) override { return nodes_.at(author).public_key; }
  bool verify_key(const NodeKey& key, ByteView text, const Signature& signature) override {
    return ed25519_verify(key, text, signature);
  }
  FixedBytes<32> share(const FixedBytes<32>& secret) override { return x25519_share(secret); }
  std::optional<FixedBytes<32>> agree(const FixedBytes<32>& secret,
                                      const FixedBytes<32>& peer_share) override {
    return x25519(secret, peer_share);
  }

  VrfEvaluation vrf_prove(NodeId author, ByteView alpha) override {
    VrfEvaluation out;
    out.proof = ledgerlab::vrf_prove(nodes_.at(author), alpha);
    out.output = vrf_proof_to_hash(out.proof).value();
    return out;
  }
  bool vrf_verify(NodeId author, ByteView alpha, const VrfEvaluation& proof) override {
    const auto output = ledgerlab::vrf_verify(nodes_.at(author).public_key, alpha, proof.proof);
    return output && *output == proof.output;
  }

  Address account(AccountIndex index) override { return accounts_.at(index).address; }
  TxSignature sign_transaction(AccountIndex index, const Hash256& digest) override {
    const auto signature = secp256k1_sign_recoverable(accounts_.at(index).secret, digest);
    if (!signature) throw std::logic_error("an account key does not sign");
    TxSignature out;
    std::memcpy(out.data.data(), signature->signature.data.data(), 64);
    out.data[64] = signature->recovery_id;
    return out;
  }
  std::optional<Address> recover(const Hash256& digest, const TxSignature& signature) override {
    RecoverableSignature s;
    std::memcpy(s.signature.data.data(), signature.data.data(), 64);
    s.recovery_id = signature.data[64];
    const auto key = secp256k1_recover(s, digest);
    if (!key) return std::nullopt;
    // A second signature by the same key with the other half of s would be the same transaction
    // under another id (EIP-2).
    if (!secp256k1_verify(*key, digest, s.signature)) return std::nullopt;
    return address_of(*key);
  }

  bool work_valid(const Hash256& header, const U256& target, std::uint64_t nonce) override {
    if (work_ == WorkMode::nonce) return nonce_is_work(header, target, nonce);
    // Every node of a world asks for the same blocks: the one asked for last is remembered.
    if (header != ticket_header_ || target != ticket_target_) {
      ticket_ = mint_ticket(header, target);
      ticket_header_ = header;
      ticket_target_ = target;
    }
    return nonce == ticket_;
  }
  std::uint64_t mint_ticket(const Hash256& header, const U256& target) override {
    return ticket(secret_, header, target);
  }

 private:
  static Bytes covered(const Message& message) {
    Bytes text = encode_signed_part(message);
    for (int i = 0; i < 4; ++i) text.push_back(static_cast<Byte>(message.author() >> (8 * i)));
    return text;
  }
  void tag(ByteView text, std::span<Byte> out) const {
    crypto_generichash(out.data(), 16, text.data(), text.size(), secret_.data.data(), 32);
  }

  Hash256 secret_;
  NodeKeys nodes_;
  AccountKeys accounts_;
  WorkMode work_;
  Hash256 ticket_header_;
  U256 ticket_target_;
  std::uint64_t ticket_ = ticket(secret_, ticket_header_, ticket_target_);
};

}  // namespace

std::unique_ptr<WorldSuite> make_real_suite(std::uint64_t seed, WorkMode work) {
  return std::make_unique<RealSuite>(seed, work);
}

}  // namespace ledgerlab
