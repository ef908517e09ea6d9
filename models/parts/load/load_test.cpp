// The three workloads: their rates, that they are pure, and the accounts they use.
#include "models/parts/load/load.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "models/api/registry.hpp"

namespace ledgerlab {

void register_workload_bursty(Registry& registry);
void register_workload_constant(Registry& registry);
void register_workload_poisson(Registry& registry);

namespace {

struct Spec {
  std::string model = "poisson";
  std::map<std::string, std::string> params;
  std::uint32_t clients = 4;
  std::uint32_t accounts = 100;
  std::uint64_t seed = 7;
};

class Loads {
 public:
  explicit Loads(const Spec& spec) {
    Registry registry;
    register_workload_bursty(registry);
    register_workload_constant(registry);
    register_workload_poisson(registry);
    const ModelInfo& info = *registry.find(ModelKind::workload, spec.model);
    for (const ParamInfo& p : info.params) {
      const auto it = spec.params.find(p.key);
      params_.set(p.key,
                  *parse_value(p.type, it == spec.params.end() ? p.fallback : it->second).value);
    }
    for (std::uint32_t i = 0; i < spec.clients; ++i) {
      ModuleContext context;
      context.client_index = i;
      context.clients = spec.clients;
      context.workload = &params_;
      context.workload_start = time_start + seconds(3);
      context.workload_seed = spec.seed;
      context.genesis.accounts = spec.accounts;
      loads_.push_back(info.make_load(context));
    }
    EXPECT_TRUE(params_.unread().empty());
  }

  const Load& operator[](std::size_t i) const { return *loads_[i]; }

  /// All due times of all clients within `length` of the start.
  std::multiset<Time> due(Duration length) const {
    std::multiset<Time> out;
    for (const auto& load : loads_) {
      Time at = start;
      for (std::uint64_t k = 0; (at = load->due(k, at)) < start + length; ++k) out.insert(at);
    }
    return out;
  }
  static constexpr Time start = time_start + seconds(3);

 private:
  Params params_;
  std::vector<std::unique_ptr<Load>> loads_;
};

TEST(Load, ConstantIsEvenlySpacedOverAllClientsWithoutDrift) {
  const Loads loads({"constant", {{"rate", "300 tx/s"}}});
  const auto due = loads.due(seconds(1000) + ns(1));
  ASSERT_EQ(due.size(), 300'000u);
  EXPECT_EQ(*due.rbegin(), Loads::start + seconds(1000));
  Time previous = Loads::start;
  for (const Time at : due) {
    const std::int64_t gap = count_ns(at - previous);
    ASSERT_TRUE(gap == 3'333'333 || gap == 3'333'334) << gap;
    previous = at;
  }
}

TEST(Load, PoissonHasItsRateAndItsVariance) {
  const Loads loads({"poisson", {{"rate", "200 tx/s"}}});
  const auto due = loads.due(seconds(1000));
  // 200,000 expected, standard deviation 447: five of them.
  EXPECT_NEAR(static_cast<double>(due.size()), 200'000, 2'236);
  // Counts in windows of 100 ms have mean and variance 20: index of dispersion 1 +- 0.07.
  std::vector<std::int64_t> counts(10'000);
  for (const Time at : due) ++counts[static_cast<std::size_t>((at - Loads::start) / ms(100))];
  double mean = 0, variance = 0;
  for (const auto c : counts) mean += static_cast<double>(c) / 10'000;
  for (const auto c : counts) {
    variance += (static_cast<double>(c) - mean) * (static_cast<double>(c) - mean) / 9'999;
  }
  EXPECT_NEAR(variance / mean, 1, 0.07);
}

TEST(Load, BurstsKeepTheMeanAndTheSilence) {
  const Loads loads(
      {"bursty", {{"rate", "100 tx/s"}, {"burst_factor", "5"}, {"burst_length", "2 s"}}});
  const auto due = loads.due(seconds(1000));  // a hundred periods
  EXPECT_NEAR(static_cast<double>(due.size()), 100'000, 1'600);
  for (const Time at : due) ASSERT_LT((at - Loads::start) % seconds(10), seconds(2));
}

TEST(Load, NoRateNoLoad) {
  for (const char* model : {"constant", "poisson", "bursty"}) {
    const Loads loads({model, {{"rate", "0 tx/s"}}});
    EXPECT_EQ(loads[0].due(0, Loads::start), time_never) << model;
  }
}

TEST(Load, FollowsFromSeedClientAndKAlone) {
  for (const char* model : {"constant", "poisson", "bursty"}) {
    Spec spec{model, {{"fee_spread", "50"}}};
    const Loads one(spec), two(spec);
    spec.seed = 8;
    const Loads other(spec);
    EXPECT_EQ(one.due(seconds(20)), two.due(seconds(20)));
    EXPECT_EQ(model != std::string("constant"), one.due(seconds(20)) != other.due(seconds(20)));
    // Asked in any order, any number of times.
    for (const std::uint64_t k : {40u, 3u, 40u, 17u}) {
      EXPECT_EQ(one[2].due(k, Loads::start), two[2].due(k, Loads::start));
      EXPECT_EQ(one[2].item(k).payee, two[2].item(k).payee);
      EXPECT_EQ(one[2].item(k).fee, two[2].item(k).fee);
    }
  }
}

TEST(Load, AccountsBelongToOneClientAndNoncesAreSequential) {
  const Loads loads({"constant", {{"fee", "10"}, {"fee_spread", "5"}, {"amount", "3"}}, 3, 11});
  std::map<AccountIndex, std::size_t> owner;
  std::map<AccountIndex, std::uint64_t> next;
  std::set<AccountIndex> payees;
  std::set<std::uint64_t> fees;
  for (std::size_t client = 0; client < 3; ++client) {
    for (std::uint64_t k = 0; k < 200; ++k) {
      const Load::Item item = loads[client].item(k);
      EXPECT_LT(item.payer, 9u);  // 11 accounts: three for each, two for nobody
      EXPECT_EQ(owner.try_emplace(item.payer, client).first->second, client);
      EXPECT_EQ(item.nonce, next[item.payer]++);
      EXPECT_NE(item.payee, item.payer);
      EXPECT_EQ(item.amount, 3u);
      payees.insert(item.payee);
      fees.insert(item.fee);
    }
  }
  EXPECT_EQ(owner.size(), 9u);
  EXPECT_EQ(payees.size(), 11u);
  EXPECT_EQ(*payees.rbegin(), 10u);
  EXPECT_EQ(fees, (std::set<std::uint64_t>{10, 11, 12, 13, 14, 15}));
}

TEST(Load, TheEndOfTimeIsNotPassed) {
  EXPECT_EQ(load::later(time_never - ns(5), ns(5)), time_never);
  EXPECT_EQ(load::later(time_never - ns(5), ns(4)), time_never - ns(1));
  EXPECT_EQ(load::ratio_of(1, 0), Duration::max());
  EXPECT_EQ(load::ratio_of(Uint128{1} << 100, 3), Duration::max());
  const Loads loads({"constant", {{"rate", "1 1/h"}}});
  EXPECT_EQ(loads[0].due(~std::uint64_t{0}, Loads::start), time_never);
}

}  // namespace
}  // namespace ledgerlab
