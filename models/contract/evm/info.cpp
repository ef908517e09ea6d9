// Registration of the EVM as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/evm/evm.hpp"

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
  info.make_contract_engine = [](const Params&) { return evm::make_evm(); };
  info.gas_row = Operation::evm_gas;
  info.contract_suffix = "bin";
  info.contract_hex = true;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
