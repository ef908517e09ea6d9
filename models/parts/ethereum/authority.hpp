// Proof-of-authority seals: Clique (EIP-225) and Istanbul BFT (EIP-650). Both keep a list of those
// who may seal, which they change by votes in their headers.
#pragma once

#include <map>
#include <vector>

#include "models/parts/ethereum/header_rules.hpp"

namespace ledgerlab::ethereum {

/// Who may seal the next block, as of one block.
struct Authorities {
  struct Vote {
    Address by;
    Address about;
    bool add = false;
  };
  std::vector<Address> signers;              // sorted
  std::vector<Vote> votes;                   // open ones, at most one by signer and candidate
  std::map<std::uint64_t, Address> recents;  // Clique: who sealed which of the last blocks

  bool has(const Address& address) const;
};

/// The list in a genesis block's extra data; nothing if there is none.
std::optional<Authorities> genesis_authorities(Seal seal, const Header& genesis);

/// Who sealed (Clique) or proposed (IBFT) the block; nothing if no key recovers.
std::optional<Address> sealer(Seal seal, const Header& header);
/// IBFT: the validators that committed to the block; nothing if the extra data does not say.
std::optional<std::vector<Address>> committers(const Header& header);

/// Checks the seal and all that belongs to it; `after` becomes the list behind this block.
BlockFault check_authority(const Rules& rules, const Header& header, const Header& parent,
                           const Authorities& before, Authorities& after);

}  // namespace ledgerlab::ethereum
