#include "models/discovery/static_list/membership.hpp"

#include <algorithm>

namespace ledgerlab::static_list {

bool Membership::has(NodeId node) const {
  const auto at = std::lower_bound(members.begin(), members.end(), node,
                                   [](const Member& m, NodeId n) { return m.node < n; });
  return at != members.end() && at->node == node;
}

Bytes signed_text(const Administration& administration, const Membership& document) {
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("ledgerlab membership"), administration.network, document.epoch,
         document.members);
  return text;
}

Refusal judge(const Administration& administration, const Membership& document,
              std::uint64_t held_epoch, Crypto crypto) {
  const auto not_ascending = [](const auto& list, auto key) {
    return std::adjacent_find(list.begin(), list.end(), [&](const auto& a, const auto& b) {
             return key(a) >= key(b);
           }) != list.end();
  };
  if (not_ascending(document.members, [](const Member& m) { return m.node; }) ||
      not_ascending(document.signatures, [](const SignedBy& s) { return s.administrator; })) {
    return Refusal::disordered;
  }
  if (document.epoch <= held_epoch) return Refusal::stale;
  const Bytes text = signed_text(administration, document);
  std::uint32_t good = 0;
  for (const SignedBy& s : document.signatures) {
    if (good == administration.quorum) break;
    if (s.administrator < administration.administrators &&
        crypto.verify(administrator_key(s.administrator), text, s.signature)) {
      ++good;
    }
  }
  return good < administration.quorum ? Refusal::unsigned_ : Refusal::none;
}

}  // namespace ledgerlab::static_list
