// Constant load: transactions at equal distances, the clients taking turns.
#include "models/api/registry.hpp"
#include "models/base/int128.hpp"
#include "models/parts/load/load.hpp"

namespace ledgerlab {
namespace {

class ConstantLoad final : public load::TransferLoad {
 public:
  using TransferLoad::TransferLoad;

  // Counted from the start and not from the transaction before, so that rounding does not add up.
  Time due(std::uint64_t k, Time) const override {
    const Uint128 position = Uint128{k} * clients() + client() + 1;
    return load::later(start(), load::ratio_of(position * rate_unit_ns, rate()));
  }
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
