// Why a session refuses what came.
#pragma once

#include <cstdint>
#include <string_view>

namespace ledgerlab::session {

enum class Fault : std::uint8_t {
  none,
  malformed,       // no message of this protocol, or out of turn
  version,         // of another version of it
  network,         // of another network
  weak_share,      // a share of low order
  forged,          // the authenticated encryption does not open
  wrong_identity,  // not the peer that was expected, or ourselves
  bad_signature,
  unconfirmed,  // the code over the identity is not under the agreed key
  replayed,     // a sequence number again, or one too old to tell
  gap,          // strict order: numbers are missing
  far_ahead,    // a sequence number beyond the keys that can be derived
  closed        // after the last frame
};

constexpr std::string_view fault_name(Fault fault) {
  constexpr std::string_view names[] = {
      "none",           "malformed",     "version",     "network",  "weak_share", "forged",
      "wrong_identity", "bad_signature", "unconfirmed", "replayed", "gap",        "far_ahead",
      "closed"};
  return names[static_cast<std::size_t>(fault)];
}

}  // namespace ledgerlab::session
