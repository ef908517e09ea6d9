#include "models/consensus/praos/headers.hpp"

namespace ledgerlab::praos {

std::string wrong_proofs(Effects& effects, const Header& header, const Hash256& nonce,
                         std::uint64_t phi) {
  if (!below_threshold(header.leader.output, phi)) return "no leader by its stake";
  const auto proven = [&](VrfUse use, const VrfEvaluation& value) {
    return effects.crypto().vrf_verify(header.issuer, vrf_input(nonce, header.slot, use), value);
  };
  if (!proven(VrfUse::test, header.leader)) return "proof of leadership";
  if (!proven(VrfUse::nonce, header.nonce)) return "proof of the nonce";
  return {};
}

BlockRef HeaderChain::read(ByteView header) const {
  const auto decoded = codec::decode<Header>(header);
  if (!decoded || decoded->version != Header().version) return nullptr;
  return make_forged(*decoded, empty_payload()).block;
}

HeaderChain::Judged HeaderChain::judge(const BlockRef& block, chain::Index parent, Time wall,
                                       Effects& effects) const {
  const Header header = *header_of(*block);
  const Point& above = tree().at(parent).extra;
  const BlockId& above_id = tree().at(parent).block->id;
  if (header.issuer >= replicas_) return {"issuer", {}};
  if (header.slot <= above.slot) return {"slot is not after its parent's", {}};
  if (header.slot > rules_.slot_at(wall) + rules_.ahead_max) return {"slot is too far ahead", {}};
  if (!effects.crypto().verify(header.issuer, signed_text(header), header.signature)) {
    return {"signature", {}};
  }
  const EpochRef epoch = rules_.epoch(above, above_id, rules_.epoch_of(header.slot));
  const auto known = stakes_.find(epoch->stakes_after);
  const Distribution* stakes = known != stakes_.end() ? &known->second
                               : assumed_              ? &*assumed_
                                                       : nullptr;
  const std::uint64_t phi =
      stakes ? phi_q64(rules_.f_q64, stakes->stake(header.issuer), stakes->total) : rules_.f_q64;
  std::string wrong = wrong_proofs(effects, header, epoch->nonce, phi);
  if (!wrong.empty()) return {std::move(wrong), {}};
  return {{}, U256(1), rules_.child(above, above_id, header)};
}

Hash256 HeaderChain::payload_root(const Block& block) const {
  const auto header = header_of(block);
  return header ? header->tx_root : Hash256();
}

}  // namespace ledgerlab::praos
