// Constant load: transactions at equal distances, the clients taking turns.
#include "models/api/registry.hpp"
#include "models/parts/load/load.hpp"

namespace ledgerlab {
namespace {

class ConstantLoad final : public load::TransferLoad {
 public:
  using TransferLoad::TransferLoad;

  Time due(std::uint64_t k, Time) const override { return constant_due(k); }
};

}  // namespace

void register_workload_constant(Registry& registry) {
  ModelInfo info = load::workload_info("constant", "Transactions at equal distances in time.");
  info.make_load = [](const ModuleContext& context) -> std::unique_ptr<Load> {
    return std::make_unique<ConstantLoad>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
