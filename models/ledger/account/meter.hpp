// Counts what contracts take, so that a node's CPU can be charged for it: an engine around the
// ledger's engine, and a host around the host that it gives to every frame. Results are the inner
// ones'.
#pragma once

#include <set>

#include "models/api/contract.hpp"

namespace ledgerlab::account {

struct Metered {
  std::uint64_t gas = 0;  // of computing: prices of the ledger's data are not part of it
  std::uint64_t frames = 0;
  std::uint64_t reads = 0;     // items of contract data first read in a transaction
  std::uint64_t writes = 0;    // items of contract data changed
  std::set<Address> accounts;  // whose frames ran: their leaves may be written
};

class MeteredEngine final : public ContractEngine {
 public:
  explicit MeteredEngine(ContractEngine& inner) : inner_(inner) {}

  std::string_view name() const override { return inner_.name(); }
  bool deterministic() const override { return inner_.deterministic(); }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override;

  Metered metered;

 private:
  ContractEngine& inner_;
  std::int64_t* data_gas_ = nullptr;  // of the outermost running frame
};

}  // namespace ledgerlab::account
