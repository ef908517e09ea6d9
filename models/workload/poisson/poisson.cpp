// Poisson load: independent users; the gaps of each client are exponentially distributed.
#include "models/api/registry.hpp"
#include "models/parts/load/load.hpp"

namespace ledgerlab {
namespace {

class PoissonLoad final : public load::TransferLoad {
 public:
  using TransferLoad::TransferLoad;

  Time due(std::uint64_t k, Time previous) const override {
    if (rate() == 0) return time_never;
    return load::later(previous,
                       draw_exponential_ratio(draw(Purpose("load.gap"), k),
                                              rate_unit_ns * std::uint64_t{clients()}, rate()));
  }
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
