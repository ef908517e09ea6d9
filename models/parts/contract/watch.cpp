#include "models/parts/contract/watch.hpp"

namespace ledgerlab::contract {

ContractResult Watch::execute(ContractHost& host, Revision revision, const ContractMessage& message,
                              const ContractCode& code) {
  inner_.observer = observer;
  const bool creation = message.kind == CallKind::create || message.kind == CallKind::create2;
  if (limit_ == 0 || creation) return inner_.execute(host, revision, message, code);
  const Address contract = message.code_address;
  if (strikes_.of(contract) >= limit_) {
    ContractResult refused;
    refused.status = ContractStatus::nondeterminism;
    refused.reason = "cut off: " + std::to_string(limit_) +
                     " transactions in a row ran out of time in this contract";
    return refused;
  }
  ContractResult result = inner_.execute(host, revision, message, code);
  ran_[contract] |= result.status == ContractStatus::nondeterminism;
  return result;
}

void Watch::settle() {
  for (const auto& [contract, late] : ran_) {
    const std::uint64_t before = strikes_.of(contract);
    if (late || before != 0) strikes_.set(contract, late ? before + 1 : 0);
  }
  ran_.clear();
}

ParamInfo cut_off_param() {
  ParamInfo out{"cut_off",
                ParamType::integer,
                "3",
                "a contract that ran out of its reply_timeout in so many transactions in a row is "
                "not run any more (its calls fail at once); 0: never",
                "0",
                "1000000",
                {}};
  out.late = true;
  return out;
}

std::uint64_t cut_off(const Params& params) {
  return params.numbers().contains("cut_off") ? params.count("cut_off") : 0;
}

}  // namespace ledgerlab::contract
