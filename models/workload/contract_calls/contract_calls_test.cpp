// The load of calls: what each job asks for, in which order, and that it is pure.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "models/api/registry.hpp"
#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab {

void register_workload_contract_calls(Registry&);

namespace {

class Calls : public ::testing::Test {
 protected:
  Calls() {
    register_workload_contract_calls(registry_);
    info_ = registry_.find(ModelKind::workload, "contract_calls");
  }
  std::unique_ptr<Load> load(const std::string& job, std::uint64_t gas = 0) {
    params_ = {};
    for (const ParamInfo& p : info_->params) {
      if (p.type == ParamType::choice) {
        params_.set(p.key, p.fallback);
      } else {
        params_.set(p.key, *parse_value(p.type, p.fallback).value);
      }
    }
    params_.set("job", job);
    params_.set("gas", static_cast<std::int64_t>(gas));
    params_.set("amount", std::int64_t{7});
    ModuleContext context;
    context.client_index = 1;
    context.clients = 2;
    context.workload = &params_;
    context.workload_seed = 5;
    context.genesis.accounts = 6;  // three payers a client
    auto contracts = info_->contracts(params_, context.genesis);
    contracts.front().code = {1, 2, 3};
    context.genesis.contracts =
        std::make_shared<const std::vector<GenesisContract>>(std::move(contracts));
    context.genesis.contract_model = &engine_;
    return info_->make_load(context);
  }

  Registry registry_;
  const ModelInfo* info_ = nullptr;
  ModelInfo engine_;
  Params params_;
};

TEST_F(Calls, a_token_transfer_moves_tokens_and_no_money) {
  const auto token = load("token");
  const Load::Item item = token->item(4);
  ASSERT_TRUE(item.call);
  EXPECT_EQ(item.amount, 0u);
  EXPECT_EQ(item.call->function, "transfer");
  ASSERT_EQ(item.call->arguments.size(), 2u);
  EXPECT_EQ(item.call->arguments[0].account, item.payee);
  EXPECT_EQ(item.call->arguments[1].number, U256(7));
  const auto contracts = info_->contracts(params_, {6, 1000});
  ASSERT_EQ(contracts.size(), 1u);
  EXPECT_EQ(contracts[0].name, "erc20");
  EXPECT_EQ(contracts[0].setup.size(), 6u);  // something for everybody
}

TEST_F(Calls, a_payer_finishes_a_pair_before_the_next) {
  for (const auto& [job, first, second] :
       {std::array{"registry", "register", "transferAsset"}, {"escrow", "deposit", "release"}}) {
    const auto calls = load(job);
    std::set<U256> names;
    for (std::uint64_t turn = 0; turn < 8; turn += 2) {
      for (std::uint64_t payer = 0; payer < 3; ++payer) {
        const Load::Item one = calls->item(turn * 3 + payer);
        const Load::Item two = calls->item((turn + 1) * 3 + payer);
        EXPECT_EQ(one.payer, two.payer);
        EXPECT_EQ(one.nonce + 1, two.nonce);
        EXPECT_EQ(one.call->function, first);
        EXPECT_EQ(two.call->function, second);
        EXPECT_EQ(one.call->arguments[0].number, two.call->arguments[0].number);
        EXPECT_TRUE(names.insert(one.call->arguments[0].number).second);
      }
    }
  }
}

TEST_F(Calls, a_contracts_life_is_its_owners_seven_transactions) {
  const auto calls = load("lifecycle");
  std::set<U256> names;
  for (std::uint64_t turn = 0; turn < 14; ++turn) {
    constexpr std::array stages{"register(bytes32)",     "authorise(bytes32,address,bool)",
                                "deploy(bytes32,bytes)", "upgrade(bytes32,bytes)",
                                "pause(bytes32)",        "resume(bytes32)",
                                "retire(bytes32)"};
    const Load::Item item = calls->item(3 * turn);
    EXPECT_EQ(item.nonce, turn);
    EXPECT_EQ(item.call->function, stages[turn % 7]);
    EXPECT_EQ(item.call->contract, contract::lifecycle_desk);
    names.insert(item.call->arguments[0].number);
    EXPECT_EQ(names.size(), turn / 7 + 1);
    if (turn % 7 == 2 || turn % 7 == 3) {
      EXPECT_EQ(item.call->arguments[1].bytes, Bytes({1, 2, 3}));
    }
  }
}

TEST_F(Calls, jobs_and_their_gas) {
  EXPECT_EQ(load("heavy")->item(0).call->function, "compute");
  EXPECT_GT(load("heavy")->item(0).call->gas, load("token")->item(0).call->gas);
  EXPECT_EQ(load("heavy", 77'000)->item(0).call->gas, 77'000u);
  EXPECT_TRUE(load("deploy")->item(0).call->deploy);
  EXPECT_EQ(load("escrow")->item(0).amount, 7u);  // sent along
  EXPECT_EQ(load("escrow")->item(3).amount, 0u);
}

TEST_F(Calls, asked_twice_the_same_is_said) {
  const auto one = load("registry");
  const Load::Item a = one->item(9), b = one->item(9), c = load("registry")->item(9);
  EXPECT_EQ(a.call->arguments[0].number, b.call->arguments[0].number);
  EXPECT_EQ(a.call->arguments[0].number, c.call->arguments[0].number);
  EXPECT_EQ(a.payee, c.payee);
}

}  // namespace
}  // namespace ledgerlab
