// An impostor: a correct node at an address that belongs to another identity than its own. It signs
// its handshakes with a key that no directory has, so nobody who knows the keys gives it a session.
#include "models/api/registry.hpp"

namespace ledgerlab {

void register_behaviour_impostor(Registry& registry) {
  ModelInfo info;
  info.name = "impostor";
  info.kind = ModelKind::behaviour;
  info.summary = "Has not the key of the identity it claims; shows where sessions are set up.";
  info.false_identity = true;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
