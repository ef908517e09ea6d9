// The cut-off of contracts that run out of real time: every call of one that hangs would cost each
// node its deadline again. Around engines whose frames may end by a deadline (a process), and only
// those: they say so with ContractStatus::nondeterminism.
#pragma once

#include <map>

#include "models/api/params.hpp"
#include "models/parts/contract/frame.hpp"

namespace ledgerlab::contract {

/// How many transactions in a row, for each contract, ended by a deadline. Its owner is who decides
/// what a contract's calls come to: a ledger keeps it in its state, where it is undone, copied and
/// compared with everything else.
class Strikes {
 public:
  virtual ~Strikes() = default;
  virtual std::uint64_t of(const Address& contract) = 0;
  virtual void set(const Address& contract, std::uint64_t strikes) = 0;
};

/// Runs frames through `inner`; those of a contract with `limit` strikes end at once as the ones
/// before did: failed, undone, their gas taken. Nothing lifts that.
class Watch final : public ContractEngine {
 public:
  /// `limit` 0: there is no cut-off.
  Watch(ContractEngine& inner, std::uint64_t limit, Strikes& strikes)
      : inner_(inner), limit_(inner.deterministic() ? 0 : limit), strikes_(strikes) {}

  std::string_view name() const override { return inner_.name(); }
  bool deterministic() const override { return inner_.deterministic(); }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override;
  /// A transaction has ended, kept or undone: one strike for each contract that ran out of time in
  /// it, none from now on for each that did not.
  void settle();

 private:
  ContractEngine& inner_;
  std::uint64_t limit_;
  Strikes& strikes_;
  std::map<Address, bool> ran_;  // in this transaction; true: out of time
};

/// The parameter of engines with deadlines, and what it says; 0 for engines that have none.
ParamInfo cut_off_param();
std::uint64_t cut_off(const Params& params);

}  // namespace ledgerlab::contract
