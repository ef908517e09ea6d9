// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/script/script.hpp"

namespace ledgerlab {

void register_contract_script(Registry& registry) {
  ModelInfo info;
  info.name = "script";
  info.version = 1;
  info.kind = ModelKind::contract;
  info.family = "script";
  info.summary =
      "Bitcoin Script: conditions under which money may be spent, without loops, its cost known "
      "before it runs; of coins under ledger utxo, of a contract's balance elsewhere.";
  info.paper = "Nakamoto, Bitcoin, 2008; BIP 16, 65, 112, 141, 143, 340-342";
  info.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return script::make_script();
  };
  info.gas_row = Operation::evm_gas;
  info.contract_suffix = "script";
  info.contract_hex = true;
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
