// The load that one client offers, free of any ledger's form.
#pragma once

#include <memory>

#include "models/api/contract_call.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

/// When a client's transactions are due and what they ask for. Pure: its answers follow from the
/// workload's seed, the client and k alone, whatever the system does.
class Load {
 public:
  /// A transfer between accounts of genesis; with `call` what the payer asks of a contract,
  /// `amount` being what it sends along.
  struct Item {
    AccountIndex payer = 0;
    std::uint64_t nonce = 0;
    AccountIndex payee = 0;
    std::uint64_t amount = 0;  // smallest units
    std::uint64_t fee = 0;     // smallest units: of the transaction, or of a unit of gas
    std::shared_ptr<const ContractCall> call = {};
  };
  virtual ~Load() = default;
  /// When the k-th transaction is due, given when the one before it was (before the first: the
  /// start of the load). time_never: there is none.
  virtual Time due(std::uint64_t k, Time previous) const = 0;
  virtual Item item(std::uint64_t k) const = 0;
};

}  // namespace ledgerlab
