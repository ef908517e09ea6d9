#include "models/parts/load/load.hpp"

#include <algorithm>

namespace ledgerlab::load {

std::vector<ParamInfo> transfer_params() {
  return {
      {"rate",
       ParamType::rate,
       "100 tx/s",
       "mean rate of all clients together; each offers an equal share",
       "0 tx/s",
       "1000000 ktx/s",
       {}},
      {"amount",
       ParamType::integer,
       "1",
       "what each transfer moves, in smallest units",
       "0",
       "1000000000000000",
       {}},
      {"fee",
       ParamType::integer,
       "1",
       "lowest fee offered, in smallest units",
       "0",
       "1000000000000000",
       {}},
      {"fee_spread",
       ParamType::integer,
       "0",
       "fees are drawn evenly from fee to fee + fee_spread",
       "0",
       "1000000000000000",
       {}},
  };
}

Time later(Time previous, Duration gap) {
  return gap >= time_never - previous ? time_never : previous + gap;
}

Duration ratio_of(Uint128 numerator, Uint128 denominator) {
  const auto most = static_cast<Uint128>(Duration::max().count());
  if (denominator == 0 || numerator / denominator > most) return Duration::max();
  return Duration{static_cast<std::int64_t>(numerator / denominator)};
}

TransferLoad::TransferLoad(const ModuleContext& context)
    : seed_(context.workload_seed),
      client_(context.client_index),
      clients_(std::max(1u, context.clients)),
      start_(context.workload_start),
      rate_(context.workload->count("rate")),
      amount_(context.workload->count("amount")),
      fee_(context.workload->count("fee")),
      fee_spread_(context.workload->count("fee_spread")),
      accounts_(std::max(1u, context.genesis.accounts)),
      per_client_(std::max(1u, accounts_ / clients_)) {}

Load::Item TransferLoad::item(std::uint64_t k) const {
  Item item;
  item.payer = client_ * per_client_ + static_cast<AccountIndex>(k % per_client_);
  item.nonce = k / per_client_;
  // To anybody but the payer, as long as there is somebody else.
  const std::uint64_t others = accounts_ - (item.payer < accounts_ ? 1u : 0u);
  if (others == 0) {
    item.payee = item.payer;
  } else {
    item.payee = static_cast<AccountIndex>(draw_below(draw(Purpose("load.payee"), k), others));
    if (item.payee >= item.payer) ++item.payee;
  }
  item.amount = amount_;
  item.fee = fee_ + draw_below(draw(Purpose("load.fee"), k), fee_spread_ + 1);
  return item;
}

Time TransferLoad::poisson_due(std::uint64_t k, Time previous) const {
  if (rate_ == 0) return time_never;
  return later(previous, draw_exponential_ratio(draw(Purpose("load.gap"), k),
                                                rate_unit_ns * std::uint64_t{clients_}, rate_));
}

// Counted from the start and not from the transaction before, so that rounding does not add up.
Time TransferLoad::constant_due(std::uint64_t k) const {
  const Uint128 position = Uint128{k} * clients_ + client_ + 1;
  return later(start_, ratio_of(position * rate_unit_ns, rate_));
}

ModelInfo workload_info(std::string name, std::string summary) {
  ModelInfo info;
  info.name = std::move(name);
  info.kind = ModelKind::workload;
  info.slot = Slot::client;
  info.family = "open-loop";
  info.summary = std::move(summary);
  info.params = transfer_params();
  return info;
}

}  // namespace ledgerlab::load
