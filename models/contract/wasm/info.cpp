// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/wasm/wasm.hpp"
#include "models/parts/contract/frame.hpp"
#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab {

void register_contract_wasm(Registry& registry) {
  ModelInfo info;
  info.name = "wasm";
  info.version = 1;
  info.kind = ModelKind::contract;
  info.family = "virtual machine";
  info.summary =
      "Contracts as WebAssembly modules without floating point, metered by instruction on wabt's "
      "interpreter.";
  info.paper = "WebAssembly Core Specification, version 1.0, W3C, 2019";
  info.params = {contract::lifecycle_param()};
  info.make_contract_engine = [](const Params& params) -> std::unique_ptr<ContractEngine> {
    return contract::with_lifecycle(wasm::make_wasm(), params);
  };
  info.gas_row = Operation::wasm_gas;
  info.contract_suffix = "wasm";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
