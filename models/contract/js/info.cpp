// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/js/js.hpp"
#include "models/parts/contract/frame.hpp"
#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab {

void register_contract_js(Registry& registry) {
  ModelInfo info;
  info.name = "js";
  info.version = 1;
  info.kind = ModelKind::contract;
  info.family = "script";
  info.summary =
      "Contracts in JavaScript: a deterministic part of the language on Duktape, metered by "
      "instruction, bounded in memory.";
  info.paper = "ECMA-262, ECMAScript Language Specification, 5.1 Edition, 2011";
  info.params = {contract::lifecycle_param()};
  info.make_contract_engine = [](const Params& params) -> std::unique_ptr<ContractEngine> {
    return contract::with_lifecycle(js::make_js(), params);
  };
  info.gas_row = Operation::js_gas;
  info.contract_suffix = "js";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
