// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/lua/lua.hpp"
#include "models/parts/contract/frame.hpp"
#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab {

void register_contract_lua(Registry& registry) {
  ModelInfo info;
  info.name = "lua";
  info.version = 1;
  info.kind = ModelKind::contract;
  info.family = "script";
  info.summary =
      "Contracts in Lua 5.4: a deterministic sandbox on the real library, metered by instruction, "
      "bounded in memory.";
  info.paper = "Ierusalimschy, de Figueiredo, Celes, Lua 5.4 Reference Manual, 2020-2023";
  info.params = {contract::lifecycle_param()};
  info.make_contract_engine = [](const Params& params) -> std::unique_ptr<ContractEngine> {
    return contract::with_lifecycle(lua::make_lua(), params);
  };
  info.gas_row = Operation::lua_gas;
  info.contract_suffix = "lua";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
