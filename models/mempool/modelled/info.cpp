// What the modelled mempool says of itself. It lists no messages: it takes no transactions.
#include "models/api/registry.hpp"
#include "models/mempool/modelled/modelled.hpp"

namespace ledgerlab {

void register_mempool_modelled(Registry& registry) {
  ModelInfo info;
  info.name = "modelled";
  info.version = 1;
  info.kind = ModelKind::mempool;
  info.slot = Slot::mempool;
  info.family = "modelled";
  info.summary =
      "Modelled: always a full block, which stands for a number of transactions and bytes without "
      "having them.";
  info.params = {{"block_transactions",
                  ParamType::integer,
                  "2000",
                  "transactions that a payload stands for",
                  "1",
                  "1000000",
                  {}},
                 {"block_bytes",
                  ParamType::size,
                  "500 kB",
                  "bytes that a payload stands for",
                  "0 B",
                  "1 GB",
                  {}}};
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<modelled_pool::ModelledPool>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
