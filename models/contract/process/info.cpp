// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/process/process.hpp"
#include "models/parts/contract/frame.hpp"

namespace ledgerlab {

void register_contract_process(Registry& registry) {
  ModelInfo info;
  info.name = "process";
  info.version = 1;
  info.kind = ModelKind::contract;
  info.family = "external";
  info.summary =
      "Contracts as sandboxed operating-system processes in any language, over a framed protocol; "
      "not deterministic.";
  info.paper = "Androulaki et al., Hyperledger Fabric, EuroSys 2018 (chaincode as a process)";
  info.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    process::Options options;
    options.frames = 64;
    return process::make_process(options);
  };
  info.gas_row = Operation::process_gas;
  info.contract_suffix = "py";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
