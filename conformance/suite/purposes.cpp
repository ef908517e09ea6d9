// The list of all purposes, and the selectors they share.
#include <algorithm>

#include "conformance/suite/purpose.hpp"

namespace ledgerlab::conformance {

const std::vector<Purpose>& purposes() {
  static const std::vector<Purpose> all = [] {
    std::vector<Purpose> list;
    for (auto* folder : {sync_purposes, consensus_purposes, mempool_purposes, pow_purposes,
                         bft_purposes, pos_purposes, raft_purposes}) {
      for (Purpose& purpose : folder()) list.push_back(std::move(purpose));
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const Purpose& a, const Purpose& b) { return a.id < b.id; });
    return list;
  }();
  return all;
}

std::string applies_to_all(const ModelInfo&) { return {}; }

bool claims(const ModelInfo& protocol, std::string_view id) {
  return std::find(protocol.f751.begin(), protocol.f751.end(), id) != protocol.f751.end();
}

bool is_lottery(const ModelInfo& protocol) { return protocol.fault_model.max_adversary_ppb > 0; }

bool bears_byzantine(const ModelInfo& protocol) {
  return protocol.fault_model.max_byzantine(4) > 0 || is_lottery(protocol);
}

}  // namespace ledgerlab::conformance
