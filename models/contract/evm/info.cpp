// Registration of the EVM as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/evm/evm.hpp"
#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab {

void register_contract_evm(Registry& registry) {
  ModelInfo info;
  info.name = "evm";
  info.version = 1;
  info.kind = ModelKind::contract;
  info.family = "virtual machine";
  info.summary =
      "The Ethereum Virtual Machine, forks Frontier to Cancun, complete in its instructions and "
      "gas "
      "rules.";
  info.paper = "Wood, Ethereum: a secure decentralised generalised transaction ledger, 2014-2024";
  info.params = {contract::lifecycle_param()};
  info.make_contract_engine = [](const Params& params) -> std::unique_ptr<ContractEngine> {
    return contract::with_lifecycle(evm::make_evm(), params);
  };
  info.gas_row = Operation::evm_gas;
  info.contract_suffix = "bin";
  info.contract_hex = true;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
