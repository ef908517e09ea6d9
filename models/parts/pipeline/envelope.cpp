#include "models/parts/pipeline/envelope.hpp"

#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::pipeline {
namespace {

constexpr std::string_view endorsed_domain = "ledgerlab endorsement";

ByteView body_of(const Transaction& transaction) {
  const ByteView bytes(transaction.bytes);
  return bytes.size() > 1 + TxSignature::size() ? bytes.first(bytes.size() - TxSignature::size())
                                                : ByteView{};
}

TxSignature signature_of(const Transaction& transaction) {
  TxSignature out;
  const ByteView bytes(transaction.bytes);
  std::copy(bytes.end() - TxSignature::size(), bytes.end(), out.data.begin());
  return out;
}

TxRef sign(Crypto crypto, AccountIndex signer, Bytes body) {
  const TxSignature signature = crypto.sign_transaction(signer, keccak256(body));
  body.insert(body.end(), signature.data.begin(), signature.data.end());
  return make_transaction(std::move(body));
}

std::shared_ptr<SignedProposal> parse_proposal(const Transaction& transaction) {
  const ByteView body = body_of(transaction);
  if (body.empty() || body[0] != proposal_type) return nullptr;
  auto out = std::make_shared<SignedProposal>();
  Proposal& p = out->content;
  codec::Reader reader(body.subspan(1));
  FixedBytes<32> value;
  reader(p.chain_id, p.number, p.from, p.create, p.to, value, p.gas, p.input);
  if (!reader.finished() || (p.create && !p.to.is_zero())) return nullptr;
  p.value = u256_from(value);
  out->digest = keccak256(body);
  out->signature = signature_of(transaction);
  return out;
}

std::shared_ptr<SignedEnvelope> parse_envelope(const Transaction& transaction) {
  const ByteView body = body_of(transaction);
  if (body.empty() || body[0] != envelope_type) return nullptr;
  auto out = std::make_shared<SignedEnvelope>();
  Envelope& e = out->content;
  Bytes proposal;
  codec::Reader reader(body.subspan(1));
  reader(proposal, e.attempt, e.result, codec::at_most(e.endorsements, endorsements_most));
  if (!reader.finished()) return nullptr;
  e.proposal = make_transaction(std::move(proposal));
  if (!decode_proposal(*e.proposal)) return nullptr;
  auto set = decode_set(e.result);
  if (!set) return nullptr;
  out->set = std::move(*set);
  out->digest = keccak256(body);
  out->signature = signature_of(transaction);
  return out;
}

/// What does not decode is remembered too. By its first byte: one object is never asked as two
/// types.
template <class T, class Parse>
const T* decode(const Transaction& transaction, Byte type, Parse parse) {
  if (transaction.bytes.empty() || transaction.bytes[0] != type) return nullptr;
  using Decoded = std::shared_ptr<const T>;
  if (!transaction.decoded) {
    transaction.decoded = std::make_shared<const Decoded>(parse(transaction));
  }
  return static_cast<const Decoded*>(transaction.decoded.get())->get();
}

}  // namespace

TxRef sign_proposal(Crypto crypto, AccountIndex signer, Proposal p) {
  p.from = crypto.account(signer);
  Bytes body{proposal_type};
  codec::Writer writer(body);
  writer(p.chain_id, p.number, p.from, p.create, p.to, to_big_endian(p.value), p.gas, p.input);
  return sign(crypto, signer, std::move(body));
}

const SignedProposal* decode_proposal(const Transaction& transaction) {
  return decode<SignedProposal>(transaction, proposal_type, parse_proposal);
}

bool signed_by_sender(const SignedProposal& p, CryptoSuite& suite) {
  if (!p.by_sender) p.by_sender = suite.recover(p.digest, p.signature) == p.content.from;
  return *p.by_sender;
}

Bytes endorsed_text(const TxId& proposal, ByteView result) {
  Bytes out(endorsed_domain.begin(), endorsed_domain.end());
  codec::Writer writer(out);
  writer(proposal, sha256(result));
  return out;
}

TxRef sign_envelope(Crypto crypto, AccountIndex signer, const Envelope& e) {
  Bytes body{envelope_type};
  codec::Writer writer(body);
  writer(e.proposal->bytes, e.attempt, e.result, e.endorsements);
  return sign(crypto, signer, std::move(body));
}

const SignedEnvelope* decode_envelope(const Transaction& transaction) {
  return decode<SignedEnvelope>(transaction, envelope_type, parse_envelope);
}

bool signed_by_sender(const SignedEnvelope& e, CryptoSuite& suite) {
  if (!e.by_sender) {
    const SignedProposal& proposal = *decode_proposal(*e.content.proposal);
    e.by_sender = signed_by_sender(proposal, suite) &&
                  suite.recover(e.digest, e.signature) == proposal.content.from;
  }
  return *e.by_sender;
}

}  // namespace ledgerlab::pipeline
