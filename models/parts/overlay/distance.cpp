#include "models/parts/overlay/distance.hpp"

#include "models/crypto/hash.hpp"

namespace ledgerlab::overlay {

Id id_of(CryptoSuite& suite, NodeId node) {
  const Hash256 hash = sha256(suite.node_key(node).view());
  Id out;
  std::memcpy(out.data.data(), hash.data.data(), Id::size());
  return out;
}

}  // namespace ledgerlab::overlay
