// Bursty load: an on/off process. Every period begins with a burst in which all clients offer
// `burst_factor` times the mean rate (Poisson arrivals), followed by silence; a period is so many
// burst lengths long, so that the mean over whole periods is the rate asked for.
#include "models/api/registry.hpp"
#include "models/base/int128.hpp"
#include "models/parts/load/load.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint64_t whole = 1'000'000'000;

class BurstyLoad final : public load::TransferLoad {
 public:
  explicit BurstyLoad(const ModuleContext& context)
      : TransferLoad(context),
        length_(context.workload->duration("burst_length")),
        factor_ppb_(context.workload->count("burst_factor")),
        period_(load::ratio_of(Uint128(length_.count()) * factor_ppb_, whole)),
        mean_gap_(load::ratio_of(Uint128{rate_unit_ns} * whole * clients(),
                                 Uint128{rate()} * factor_ppb_)) {}

  // Gaps are drawn on a clock that runs only during bursts.
  Time due(std::uint64_t k, Time previous) const override {
    if (mean_gap_ == Duration::max()) return time_never;
    const Duration gap = draw_exponential(draw(Purpose("load.gap"), k), mean_gap_);
    const Duration since = previous - start();
    const std::int64_t period = since / period_;
    const Duration busy = since - period * period_;  // into this burst
    if (gap >= Duration::max() - busy) return time_never;
    const Duration ahead = busy + gap;
    const Uint128 periods = static_cast<Uint128>(period) + static_cast<Uint128>(ahead / length_);
    const Duration begin = load::ratio_of(periods * static_cast<Uint128>(period_.count()), 1);
    return load::later(load::later(start(), begin), ahead % length_);
  }

 private:
  Duration length_;
  std::uint64_t factor_ppb_;
  Duration period_;
  Duration mean_gap_;
};

}  // namespace

void register_workload_bursty(Registry& registry) {
  ModelInfo info =
      load::workload_info("bursty", "Bursts of many times the mean rate, with silence between.");
  info.params.push_back({"burst_factor",
                         ParamType::ratio,
                         "10",
                         "rate in a burst, as a multiple of the mean rate; also the length of a "
                         "period in burst lengths",
                         "1",
                         "1000",
                         {}});
  info.params.push_back(
      {"burst_length", ParamType::duration, "1 s", "how long a burst lasts", "1 ms", "1 d", {}});
  info.make_load = [](const ModuleContext& context) -> std::unique_ptr<Load> {
    return std::make_unique<BurstyLoad>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
