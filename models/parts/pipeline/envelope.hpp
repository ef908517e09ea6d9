// What clients send in execute-order-validate: the proposal that endorsers simulate, and the
// envelope that is ordered (Androulaki et al. sections 3.2 and 3.3). Both end with their client's
// signature, which is all that an id leaves out.
#pragma once

#include <optional>

#include "models/api/block.hpp"
#include "models/api/crypto.hpp"
#include "models/base/u256.hpp"
#include "models/parts/pipeline/read_write_set.hpp"

namespace ledgerlab::pipeline {

inline constexpr Byte proposal_type = 0x72;
inline constexpr Byte envelope_type = 0x73;

/// Please move `value` to `to`, and run its contract with `input`; or create a contract.
struct Proposal {
  std::uint64_t chain_id = 0;
  std::uint64_t number = 0;  // the client's own: two that ask for the same are two proposals
  Address from;
  bool create = false;  // `input` is what the engine takes for a creation
  Address to;
  U256 value;
  std::uint64_t gas = 0;  // most that a simulation may take
  Bytes input;
};

struct SignedProposal {
  Proposal content;
  Hash256 digest;  // what is signed; also the id
  TxSignature signature;
  /// Asked once: a pure function of the proposal and the world's keys.
  mutable std::optional<bool> by_sender;
};

TxRef sign_proposal(Crypto crypto, AccountIndex signer, Proposal proposal);
/// Null if the bytes are no canonical proposal. The result lives as long as the transaction.
const SignedProposal* decode_proposal(const Transaction& transaction);
bool signed_by_sender(const SignedProposal& proposal, CryptoSuite& suite);

struct Endorsement {
  NodeId endorser = no_node;
  Signature signature;
  template <class A>
  void fields(A& a) {
    a(endorser, signature);
  }
};
/// What an endorser signs: that simulating this proposal gave this result.
Bytes endorsed_text(const TxId& proposal, ByteView result);

struct Envelope {
  TxRef proposal;
  Bytes result;  // encoded read and write set
  std::vector<Endorsement> endorsements;
  /// The client's own: endorsers that are behind may give the result of an invalid envelope once
  /// more, and its next one is another transaction all the same.
  std::uint32_t attempt = 0;
};
inline constexpr std::size_t endorsements_most = 1024;

struct SignedEnvelope {
  Envelope content;
  ReadWriteSet set;  // the result, decoded
  Hash256 digest;
  TxSignature signature;
  mutable std::optional<bool> by_sender;
};

/// Signed by whoever signed the proposal.
TxRef sign_envelope(Crypto crypto, AccountIndex signer, const Envelope& envelope);
/// Null if the bytes are no canonical envelope around a canonical proposal and result.
const SignedEnvelope* decode_envelope(const Transaction& transaction);
bool signed_by_sender(const SignedEnvelope& envelope, CryptoSuite& suite);

}  // namespace ledgerlab::pipeline
