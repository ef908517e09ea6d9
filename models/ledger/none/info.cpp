// Registration of the ledger that is none: no audit, so that no checker judges its books.
#include "models/api/registry.hpp"
#include "models/ledger/none/none.hpp"

namespace ledgerlab {

void register_ledger_none(Registry& registry) {
  ModelInfo info;
  info.name = "none";
  info.version = 1;
  info.kind = ModelKind::ledger;
  info.slot = Slot::application;
  info.family = "none";
  info.summary =
      "No ledger runs: every block and every transaction is good, nothing is executed, every state "
      "has root zero.";
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<no_ledger::NoLedger>(context);
  };
  info.make_shared_store = [](const GenesisSpec& genesis, CryptoSuite&,
                              bool) -> std::unique_ptr<SharedStore> {
    return std::make_unique<no_ledger::Store>(genesis.stakes);
  };
  info.genesis_root = [](const GenesisSpec&, CryptoSuite&) { return Hash256{}; };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
