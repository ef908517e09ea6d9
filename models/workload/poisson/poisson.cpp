// Poisson load: independent users; the gaps of each client are exponentially distributed.
#include "models/api/registry.hpp"
#include "models/parts/load/load.hpp"

namespace ledgerlab {
namespace {

class PoissonLoad final : public load::TransferLoad {
 public:
  using TransferLoad::TransferLoad;

  Time due(std::uint64_t k, Time previous) const override { return poisson_due(k, previous); }
};

}  // namespace

void register_workload_poisson(Registry& registry) {
  ModelInfo info = load::workload_info(
      "poisson", "Transactions of independent users: exponentially distributed gaps.");
  info.make_load = [](const ModuleContext& context) -> std::unique_ptr<Load> {
    return std::make_unique<PoissonLoad>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
