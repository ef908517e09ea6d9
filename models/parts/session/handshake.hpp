// The handshake of a session: SIGMA-I (Krawczyk, SIGMA: the SIGn-and-MAc approach to authenticated
// Diffie-Hellman, CRYPTO 2003, section 5.2) with ephemeral X25519, Ed25519 identities that sign the
// transcript, HKDF-SHA-256 and ChaCha20-Poly1305. Three messages; pure state machines, bytes in and
// bytes out.
//
//   Hello   I -> R  version, network, share of I
//   Reply   R -> I  share of R, { key of R, SIG_R("responder", t1), MAC(mr, key of R) }
//   Finish  I -> R  { key of I, SIG_I("initiator", t2), MAC(mi, key of I) }
//
// t1 hashes Hello and R's share, t2 adds the Reply's box, t3 the Finish's; { } is encrypted. The
// MACs bind each identity to the agreed secret (section 5.1: without them an identity can be
// misbound) and are the key confirmation. Keys of the frames follow from the secret and t3.
#pragma once

#include <optional>
#include <variant>

#include "models/parts/session/fault.hpp"
#include "models/parts/session/primitives.hpp"

namespace ledgerlab::session {

inline constexpr std::uint16_t protocol_version = 1;

/// What both ends must hold in common, and whom we expect (nobody: whoever proves a key).
struct Terms {
  std::uint16_t version = protocol_version;
  Hash256 network;
  std::optional<NodeKey> peer;
};

/// What a completed handshake gives.
struct SessionKeys {
  std::uint32_t id = 0;
  Hash256 to_responder;
  Hash256 to_initiator;
  NodeKey peer;
};

/// Bytes to send, or why not.
using Answer = std::variant<Fault, Bytes>;

class Initiator {
 public:
  /// `secret` is used once, for this handshake.
  Initiator(const Terms& terms, const X25519Secret& secret, Primitives& primitives);
  const Bytes& hello() const { return hello_; }
  /// The Finish. After a fault it still waits: whoever wants to disturb could send anything.
  Answer on_reply(ByteView reply, Primitives& primitives);
  /// After on_reply gave a Finish.
  const std::optional<SessionKeys>& keys() const { return keys_; }

 private:
  Terms terms_;
  X25519Secret secret_;
  Bytes hello_;
  std::optional<SessionKeys> keys_;
};

class Responder {
 public:
  /// The Reply.
  static std::variant<Fault, Responder> begin(const Terms& terms, ByteView hello,
                                              const X25519Secret& secret, Primitives& primitives);
  const Bytes& reply() const { return reply_; }
  Fault on_finish(ByteView finish, Primitives& primitives);
  /// After a Finish without fault.
  const std::optional<SessionKeys>& keys() const { return keys_; }

 private:
  Terms terms_;
  Hash256 agreed_;
  Hash256 transcript_;  // t2
  Bytes reply_;
  std::optional<SessionKeys> keys_;
};

}  // namespace ledgerlab::session
