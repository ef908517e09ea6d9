// Registration of the engine as a contract engine of ledgers.
#include "models/api/registry.hpp"
#include "models/contract/process/process.hpp"
#include "models/parts/contract/frame.hpp"
#include "models/parts/contract/lifecycle.hpp"
#include "models/parts/contract/watch.hpp"

namespace ledgerlab {

namespace {

std::vector<ParamInfo> params() {
  ParamInfo sandbox{"sandbox",
                    ParamType::choice,
                    "required",
                    "required: no sandbox, no run; preferred: without one where this machine has "
                    "none; none: without",
                    {},
                    {},
                    {"required", "preferred", "none"}};
  ParamInfo programs{
      "programs", ParamType::text,
      "",         "folder of the programs that \"#!native NAME SHA256\" names; empty: none",
      {},         {},
      {}};
  ParamInfo reply{
      "reply_timeout",
      ParamType::duration,
      "5 s",
      "a process that takes so long of real time over one call, its waits for the ledger "
      "left out, is killed and its call fails; for stopping what hangs only",
      "1 ms",
      "1 h",
      {}};
  sandbox.late = programs.late = reply.late = true;
  return {std::move(sandbox), std::move(programs), std::move(reply), contract::cut_off_param(),
          contract::lifecycle_param()};
}

}  // namespace

void register_contract_process(Registry& registry) {
  ModelInfo info;
  info.name = "process";
  info.version = 2;
  info.kind = ModelKind::contract;
  info.family = "external";
  info.summary =
      "Contracts as sandboxed operating-system processes in any language, over a framed protocol; "
      "not deterministic.";
  info.paper = "Androulaki et al., Hyperledger Fabric, EuroSys 2018 (chaincode as a process)";
  info.params = params();
  info.make_contract_engine = [](const Params& params) -> std::unique_ptr<ContractEngine> {
    process::Options options;
    options.frames = 64;
    if (params.numbers().contains("reply_timeout")) {
      options.reply_ms =
          static_cast<std::uint32_t>(count_ns(params.duration("reply_timeout")) / 1'000'000);
    }
    options.sandbox = process::sandbox_of(params);
    if (params.texts().contains("programs")) options.programs = params.text("programs");
    return contract::with_lifecycle(process::make_process(options), params);
  };
  info.gas_row = Operation::process_gas;
  info.contract_suffix = "py";
  info.encode_creation = contract::deployment;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
