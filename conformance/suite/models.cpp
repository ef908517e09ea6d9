// The models scenarios of the suite may name.
#include "conformance/purposes/mempool/script.hpp"
#include "conformance/purposes/pos/usurper.hpp"
#include "conformance/suite/trial.hpp"

namespace ledgerlab::conformance {

const Registry& suite_models() {
  static const Registry registry = [] {
    Registry r;
    register_all_models(r);
    add_mempool_models(r);
    add_usurper(r);
    return r;
  }();
  return registry;
}

}  // namespace ledgerlab::conformance
