// What all workloads of transfers have in common: the total rate shared evenly among the clients,
// accounts of a client's own, payee, amount and fee drawn by (client, k).
#pragma once

#include "models/api/model_info.hpp"
#include "models/base/int128.hpp"

namespace ledgerlab::load {

/// Parameters of every workload: rate, amount, fee, fee_spread.
std::vector<ParamInfo> transfer_params();

/// previous + gap, or time_never if that is past the end of time.
Time later(Time previous, Duration gap);

/// numerator / denominator in nanoseconds, rounded down; Duration::max if it does not fit or there
/// is no rate at all.
Duration ratio_of(Uint128 numerator, Uint128 denominator);

/// A load of transfers. Client i of c pays from the accounts [i * per, (i + 1) * per), per =
/// accounts / c and at least 1; its payers take turns, so that nonces follow from k.
class TransferLoad : public Load {
 public:
  explicit TransferLoad(const ModuleContext& context);
  Item item(std::uint64_t k) const override;

 protected:
  /// Rates are in events per 1000 s.
  static constexpr std::uint64_t rate_unit_ns = 1'000'000'000'000;

  /// Independent users: the gaps of each client are exponentially distributed.
  Time poisson_due(std::uint64_t k, Time previous) const;
  /// Equal distances, the clients taking turns.
  Time constant_due(std::uint64_t k) const;

  std::uint32_t accounts_of_a_client() const { return per_client_; }
  std::uint64_t rate() const { return rate_; }  // of all clients together
  std::uint32_t clients() const { return clients_; }
  std::uint32_t client() const { return client_; }
  Time start() const { return start_; }
  std::uint64_t draw(Purpose purpose, std::uint64_t k) const {
    return draw64(seed_, client_, purpose, k);
  }

 private:
  std::uint64_t seed_;
  std::uint32_t client_;
  std::uint32_t clients_;
  Time start_;
  std::uint64_t rate_;
  std::uint64_t amount_;
  std::uint64_t fee_;
  std::uint64_t fee_spread_;
  std::uint32_t accounts_;
  std::uint32_t per_client_;
};

/// What the three registrations have in common.
ModelInfo workload_info(std::string name, std::string summary);

}  // namespace ledgerlab::load
