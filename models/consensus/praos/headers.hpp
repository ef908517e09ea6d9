// Headers of the Praos chain, verified without their bodies: slot, signature, the proofs of
// leadership and nonce under the epoch's nonce, which headers alone give. Whose stake is known (that
// of the first two epochs is genesis') is also held to its own threshold; of others a header shows
// only that it is below the threshold of all stake together, unless the owner assumes theirs.
#pragma once

#include <map>
#include <optional>

#include "models/consensus/praos/rules.hpp"
#include "models/parts/chain/header_chain.hpp"

namespace ledgerlab::praos {

/// What of an issuer's proofs is wrong, `phi` being its threshold; empty if nothing is.
std::string wrong_proofs(Effects& effects, const Header& header, const Hash256& nonce,
                         std::uint64_t phi);

/// Distributions by the block whose state gives them.
using KnownStakes = std::map<BlockId, Distribution>;

class HeaderChain final : public chain::HeaderTree<Point> {
 public:
  HeaderChain(const Rules& rules, std::uint32_t replicas, KnownStakes stakes)
      : rules_(rules), replicas_(replicas), stakes_(std::move(stakes)) {}

  /// For epochs whose stake is not known: that it is this.
  void assume(Distribution stakes) { assumed_ = std::move(stakes); }
  Pace pace() const override { return {rules_.depth, rules_.interval}; }

 private:
  BlockRef read(ByteView header) const override;
  Judged judge(const BlockRef& block, chain::Index parent, Time wall,
               Effects& effects) const override;
  Hash256 payload_root(const Block& block) const override;

  Rules rules_;
  std::uint32_t replicas_;
  KnownStakes stakes_;
  std::optional<Distribution> assumed_;
};

}  // namespace ledgerlab::praos
