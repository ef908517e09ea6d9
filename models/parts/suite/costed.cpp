// `costed`: signatures and VRF outputs are 128-bit codes (XXH3 under a secret of the world), padded
// to their true length with bytes that follow from the code, so that every byte is checked. Nothing
// but this class knows the secret: forging is guessing. Costs are charged as for the real thing.
#include "models/crypto/hash128.hpp"
#include "models/parts/suite/keys.hpp"
#include "models/parts/suite/suites.hpp"
#include "models/parts/suite/work.hpp"

namespace ledgerlab {
namespace {

enum class Purposes : std::uint8_t { frame, text, vrf, account, work, node_key, share, agree };

class CostedSuite final : public WorldSuite {
 public:
  CostedSuite(std::uint64_t seed, WorkMode work)
      : secret_(derive_secret("world", seed, 0)), accounts_(seed), work_(work) {}

  std::string_view mode() const override { return "costed"; }

  void authenticate(const Message& message, std::span<Byte> out) override {
    fill(frame_code(message), out);
    // A message never changes: to make the same code again for its check would tell nothing. What
    // comes as bytes, or with an authenticator from elsewhere, is another object and is checked.
    message.book.verdict = 1;
  }
  bool authentic(const Message& message) override {
    if (message.auth() == Auth::none) return true;
    std::array<Byte, 64> expected;
    const std::size_t size = auth_bytes(message.auth());
    fill(frame_code(message), std::span(expected).first(size));
    return std::memcmp(expected.data(), message.authenticator().data(), size) == 0;
  }

  Signature sign(NodeId author, ByteView text) override {
    Signature out;
    fill(code(Purposes::text, author, text), out.data);
    return out;
  }
  bool verify(NodeId author, ByteView text, const Signature& signature) override {
    return sign(author, text) == signature;
  }

  /// A node's index stands in the first four bytes of its key; the code covers it.
  NodeKey node_key(NodeId author) override {
    NodeKey key;
    for (std::size_t i = 0; i < 4; ++i) key.data[i] = static_cast<Byte>(author >> (8 * i));
    fill(code(Purposes::node_key, author, {}), std::span(key.data).subspan(4));
    return key;
  }
  bool verify_key(const NodeKey& key, ByteView text, const Signature& signature) override {
    NodeId author = 0;
    for (std::size_t i = 0; i < 4; ++i) author |= NodeId{key.data[i]} << (8 * i);
    return node_key(author) == key && verify(author, text, signature);
  }
  FixedBytes<32> share(const FixedBytes<32>& secret) override {
    FixedBytes<32> out;
    fill(code(Purposes::share, 0, secret.view()), out.data);
    return out;
  }
  /// What two share who each hold one of the secrets: the same from both sides.
  std::optional<FixedBytes<32>> agree(const FixedBytes<32>& secret,
                                      const FixedBytes<32>& peer_share) override {
    if (peer_share.is_zero()) return std::nullopt;
    std::array<FixedBytes<32>, 2> shares{share(secret), peer_share};
    if (shares[1] < shares[0]) std::swap(shares[0], shares[1]);
    std::array<Byte, 64> both;
    std::memcpy(both.data(), shares[0].data.data(), 32);
    std::memcpy(both.data() + 32, shares[1].data.data(), 32);
    FixedBytes<32> out;
    fill(code(Purposes::agree, 0, both), out.data);
    return out;
  }

  VrfEvaluation vrf_prove(NodeId author, ByteView alpha) override {
    VrfEvaluation out;
    const Hash128 proof = code(Purposes::vrf, author, alpha);
    fill(proof, out.proof.data);
    fill(code(Purposes::vrf, author, proof.view()), out.output.data);
    return out;
  }
  bool vrf_verify(NodeId author, ByteView alpha, const VrfEvaluation& proof) override {
    const VrfEvaluation expected = vrf_prove(author, alpha);
    return expected.proof == proof.proof && expected.output == proof.output;
  }

  Address account(AccountIndex index) override { return accounts_.at(index).address; }

  /// The signer's index stands in the first four bytes; the code covers it.
  TxSignature sign_transaction(AccountIndex index, const Hash256& digest) override {
    TxSignature out;
    for (std::size_t i = 0; i < 4; ++i) out.data[i] = static_cast<Byte>(index >> (8 * i));
    fill(code(Purposes::account, index, digest.view()), std::span(out.data).subspan(4));
    return out;
  }
  std::optional<Address> recover(const Hash256& digest, const TxSignature& signature) override {
    AccountIndex index = 0;
    for (std::size_t i = 0; i < 4; ++i) index |= AccountIndex{signature.data[i]} << (8 * i);
    if (sign_transaction(index, digest) != signature) return std::nullopt;
    return accounts_.at(index).address;
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
  Hash128 code(Purposes purpose, std::uint64_t owner, ByteView text) const {
    std::array<Byte, 32 + 1 + 8> head;
    std::memcpy(head.data(), secret_.data.data(), 32);
    head[32] = static_cast<Byte>(purpose);
    std::memcpy(head.data() + 33, &owner, 8);
    // Two-step, so that texts of any length need no copy: H(secret, purpose, owner, H(text)).
    const Hash128 inner = hash128(text, secret_.tag());
    std::array<Byte, head.size() + 16> all;
    std::memcpy(all.data(), head.data(), head.size());
    std::memcpy(all.data() + head.size(), inner.data.data(), 16);
    return hash128(all);
  }
  Hash128 frame_code(const Message& message) const {
    // `covered` covers slot, kind and all of the body; author and kind of authenticator are added here.
    const std::uint64_t owner = message.author() | static_cast<std::uint64_t>(message.auth()) << 32;
    return code(Purposes::frame, owner, message.covered().view());
  }
  /// Repeats the code, each copy mixed with its place.
  static void fill(const Hash128& code, std::span<Byte> out) {
    Byte place = 0;
    for (std::size_t i = 0; i < out.size(); i += 16, place = static_cast<Byte>(place + 0x9d)) {
      const std::size_t end = std::min<std::size_t>(16, out.size() - i);
      for (std::size_t k = 0; k < end; ++k) {
        out[i + k] = static_cast<Byte>(code.data[k] ^ place);
      }
    }
  }

  Hash256 secret_;
  AccountKeys accounts_;
  WorkMode work_;
  Hash256 ticket_header_;
  U256 ticket_target_;
  std::uint64_t ticket_ = ticket(secret_, ticket_header_, ticket_target_);
};

}  // namespace

std::unique_ptr<WorldSuite> make_costed_suite(std::uint64_t seed, WorkMode work) {
  return std::make_unique<CostedSuite>(seed, work);
}

}  // namespace ledgerlab
