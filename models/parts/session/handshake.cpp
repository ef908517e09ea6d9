#include "models/parts/session/handshake.hpp"

#include "models/codec/codec.hpp"

namespace ledgerlab::session {
namespace {

struct Hello {
  std::uint16_t version = 0;
  Hash256 network;
  X25519Share share;
  template <class A>
  void fields(A& a) {
    a(version, network, share);
  }
};

/// What a box holds: who speaks, and the proofs of it.
struct Proof {
  NodeKey identity;
  Signature signature;
  Hash256 confirmation;
  template <class A>
  void fields(A& a) {
    a(identity, signature, confirmation);
  }
};
constexpr std::size_t proof_bytes = 32 + 64 + 32;
constexpr std::size_t box_bytes = proof_bytes + aead_tag_bytes;

/// The names that keep the two sides apart: nothing of one can be shown as the other's.
struct Side {
  std::string_view signature;
  std::string_view mac;
  std::string_view box;
};
constexpr Side responder_side{"ledgerlab session responder", "responder mac", "responder box"};
constexpr Side initiator_side{"ledgerlab session initiator", "initiator mac", "initiator box"};

Hash256 chained(Primitives& primitives, ByteView first, ByteView second) {
  Bytes text(first.begin(), first.end());
  text.insert(text.end(), second.begin(), second.end());
  return primitives.hash(text);
}

Bytes signed_text(const Side& side, const Hash256& transcript) {
  Bytes text(side.signature.begin(), side.signature.end());
  text.insert(text.end(), transcript.data.begin(), transcript.data.end());
  return text;
}

/// Each key encrypts one box, so the nonce may be zero.
Bytes make_box(const Side& side, const Hash256& agreed, const Hash256& transcript,
               Primitives& primitives) {
  Proof proof;
  proof.identity = primitives.identity();
  proof.signature = primitives.sign(signed_text(side, transcript));
  proof.confirmation =
      primitives.mac(primitives.expand(agreed, side.mac), proof.identity.view());
  return primitives.seal(primitives.expand(agreed, side.box), {}, transcript.view(),
                         codec::encode(proof));
}

std::variant<Fault, NodeKey> open_box(const Side& side, const Hash256& agreed,
                                      const Hash256& transcript, ByteView box, const Terms& terms,
                                      Primitives& primitives) {
  const auto plain =
      primitives.open(primitives.expand(agreed, side.box), {}, transcript.view(), box);
  if (!plain) return Fault::forged;
  const auto proof = codec::decode<Proof>(*plain);
  if (!proof) return Fault::malformed;
  if (proof->identity == primitives.identity()) return Fault::wrong_identity;
  if (terms.peer && *terms.peer != proof->identity) return Fault::wrong_identity;
  if (!primitives.verify(proof->identity, signed_text(side, transcript), proof->signature)) {
    return Fault::bad_signature;
  }
  const Hash256 expected =
      primitives.mac(primitives.expand(agreed, side.mac), proof->identity.view());
  if (expected != proof->confirmation) return Fault::unconfirmed;
  return proof->identity;
}

SessionKeys frame_keys(const Hash256& agreed, const Hash256& transcript, const NodeKey& peer,
                       Primitives& primitives) {
  const Hash256 root = primitives.extract(transcript, agreed);
  SessionKeys keys;
  keys.to_responder = primitives.expand(root, "initiator frames");
  keys.to_initiator = primitives.expand(root, "responder frames");
  keys.id = static_cast<std::uint32_t>(primitives.expand(root, "session").tag());
  keys.peer = peer;
  return keys;
}

}  // namespace

Initiator::Initiator(const Terms& terms, const X25519Secret& secret, Primitives& primitives)
    : terms_(terms), secret_(secret) {
  hello_ = codec::encode(Hello{terms.version, terms.network, primitives.share(secret)});
}

Answer Initiator::on_reply(ByteView reply, Primitives& primitives) {
  if (keys_ || reply.size() != 32 + box_bytes) return Fault::malformed;
  X25519Share share;
  std::memcpy(share.data.data(), reply.data(), 32);
  const auto secret = primitives.agree(secret_, share);
  if (!secret) return Fault::weak_share;
  const Hash256 t1 = chained(primitives, hello_, share.view());
  const Hash256 agreed = primitives.extract(t1, *secret);
  const ByteView box = reply.subspan(32);
  const auto peer = open_box(responder_side, agreed, t1, box, terms_, primitives);
  if (const Fault* fault = std::get_if<Fault>(&peer)) return *fault;
  const Hash256 t2 = chained(primitives, t1.view(), box);
  Bytes finish = make_box(initiator_side, agreed, t2, primitives);
  const Hash256 t3 = chained(primitives, t2.view(), finish);
  keys_ = frame_keys(agreed, t3, std::get<NodeKey>(peer), primitives);
  return finish;
}

std::variant<Fault, Responder> Responder::begin(const Terms& terms, ByteView hello,
                                                const X25519Secret& secret,
                                                Primitives& primitives) {
  const auto said = codec::decode<Hello>(hello);
  if (!said) return Fault::malformed;
  if (said->version != terms.version) return Fault::version;
  if (said->network != terms.network) return Fault::network;
  const auto shared = primitives.agree(secret, said->share);
  if (!shared) return Fault::weak_share;
  Responder r;
  r.terms_ = terms;
  const X25519Share share = primitives.share(secret);
  const Hash256 t1 = chained(primitives, hello, share.view());
  r.agreed_ = primitives.extract(t1, *shared);
  const Bytes box = make_box(responder_side, r.agreed_, t1, primitives);
  r.transcript_ = chained(primitives, t1.view(), box);
  r.reply_.assign(share.data.begin(), share.data.end());
  r.reply_.insert(r.reply_.end(), box.begin(), box.end());
  return r;
}

Fault Responder::on_finish(ByteView finish, Primitives& primitives) {
  if (keys_ || finish.size() != box_bytes) return Fault::malformed;
  const auto peer = open_box(initiator_side, agreed_, transcript_, finish, terms_, primitives);
  if (const Fault* fault = std::get_if<Fault>(&peer)) return *fault;
  const Hash256 t3 = chained(primitives, transcript_.view(), finish);
  keys_ = frame_keys(agreed_, t3, std::get<NodeKey>(peer), primitives);
  return Fault::none;
}

}  // namespace ledgerlab::session
