// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/wasm/wasm.hpp"
#include "models/parts/contract/frame.hpp"

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
  info.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return wasm::make_wasm();
  };
  info.gas_row = Operation::wasm_gas;
  info.contract_suffix = "wasm";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
