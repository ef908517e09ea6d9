// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/lua/lua.hpp"
#include "models/parts/contract/frame.hpp"

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
  info.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return lua::make_lua();
  };
  info.gas_row = Operation::lua_gas;
  info.contract_suffix = "lua";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
