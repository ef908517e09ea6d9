// What a token's contract says at the end of a world: on every node the balances add up to what its
// constructor minted, whatever engine ran it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/api/registry.hpp"
#include "models/ledger/account/contract_rules.hpp"
#include "models/parts/contract/abi.hpp"
#include "models/parts/ledger/ledger.hpp"
#include "models/stack/stack.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

struct Tokens {
  U256 sum, total;
  bool operator==(const Tokens&) const = default;
};
void PrintTo(const Tokens& t, std::ostream* out) {
  *out << to_decimal(t.sum) << " of " << to_decimal(t.total);
}

constexpr std::uint32_t accounts = 20;

/// Asks the contract, as eth_call does.
U256 ask(const ethereum::WorldState& world, const GenesisSpec& genesis, CryptoSuite& suite,
         const Bytes& input) {
  const account::Chain chain(genesis);
  const Block block;
  const ethereum::BlockContext context = account::block_context(chain, block);
  ethereum::Overlay overlay(world, chain.revision);
  const auto engine = genesis.contract_model->make_contract_engine(*genesis.contract_params);
  ContractMessage message;
  message.is_static = true;
  message.gas = 10'000'000;
  message.sender = suite.account(0);
  message.recipient = message.code_address = account::contract_address(chain, suite, 0);
  message.input = input;
  const ContractResult result = ethereum::simulate_call(overlay, context, *engine, message);
  EXPECT_EQ(result.status, ContractStatus::success) << result.reason;
  return u256_from_big_endian(result.output).value_or(U256());
}

/// Of every replica, when the world has ended; `calls`: how many took effect.
std::vector<Tokens> tokens_of(const std::vector<std::string>& settings, double& calls) {
  std::vector<std::string> all{"duration=6 s", "warm_up=0 s", "drain=5 s",
                               "genesis.accounts=" + std::to_string(accounts)};
  all.insert(all.end(), settings.begin(), settings.end());
  const Plan plan =
      resolve(load_document(LEDGERLAB_SOURCE_DIR "/scenarios/starter/erc20-pbft.toml", all),
              builtin_models());
  const SystemPlan& system = plan.systems.front();
  std::vector<const ledger::Ledger*> ledgers(plan.network.replicas);
  std::vector<Tokens> out;
  RunOptions options;
  options.wrap = [&](NodeId node, std::unique_ptr<Module> replica) {
    const auto* stack = dynamic_cast<const Stack*>(replica.get());
    ledgers[node] = dynamic_cast<const ledger::Ledger*>(stack->at(Slot::application));
    return replica;
  };
  options.at_end = [&](BuiltWorld& built) {
    const GenesisSpec genesis = genesis_of(plan, system);
    for (const ledger::Ledger* ledger : ledgers) {
      const auto& world = static_cast<const account::WorldVersion&>(*ledger->head_state()).world();
      Tokens& tokens = out.emplace_back();
      tokens.total = ask(world, genesis, built.suite(), contract::abi_call("totalSupply()", {}));
      std::vector<AccountIndex> owners{deployer_account};
      for (AccountIndex i = 0; i < accounts; ++i) owners.push_back(i);
      for (const AccountIndex owner : owners) {
        tokens.sum += ask(world, genesis, built.suite(),
                          contract::abi_call("balanceOf(address)",
                                             {contract::abi(built.suite().account(owner))}));
      }
    }
  };
  const RunResult result = run_system(plan, system, options);
  for (const Finding& f : result.violations) ADD_FAILURE() << f.checker << ": " << f.text;
  calls = result.metric("transactions_acknowledged")->value;
  return out;
}

const U256 minted = U256(1'000'000'000) * U256(accounts);  // the workload's constructor argument

TEST(Tokens, AddUpOnEveryNodeAndEngine) {
  for (const char* engine : {"evm", "lua", "js", "wasm"}) {
    SCOPED_TRACE(engine);
    double calls = 0;
    const auto tokens = tokens_of({"systems.0.contract=" + std::string(engine)}, calls);
    EXPECT_GT(calls, 100);
    EXPECT_EQ(tokens, std::vector<Tokens>(4, Tokens{minted, minted}));
  }
}

/// No checker of the ledger's own currency sees that.
TEST(TokensTwin, OneThatForgetsThePayerMints) {
  std::ifstream file(LEDGERLAB_SOURCE_DIR "/scenarios/contracts/erc20/erc20.lua");
  std::stringstream text;
  text << file.rdbuf();
  std::string source = text.str();
  const std::string payer = "  set(\"balance:\" .. from, owned - amount)\n";
  const auto at = source.find(payer);
  ASSERT_NE(at, std::string::npos);
  source.erase(at, payer.size());
  const auto twin = std::filesystem::temp_directory_path() / "ledgerlab-minting.lua";
  std::ofstream(twin) << source;
  double calls = 0;
  const auto tokens = tokens_of(
      {"systems.0.contract=lua", "systems.0.contract_files={erc20=\"" + twin.string() + "\"}"},
      calls);
  std::filesystem::remove(twin);
  EXPECT_GT(calls, 100);
  ASSERT_EQ(tokens.size(), 4u);
  for (const Tokens& node : tokens) {
    EXPECT_EQ(node.total, minted);
    EXPECT_GT(node.sum, minted);
    EXPECT_EQ(node, tokens.front());
  }
}

}  // namespace
}  // namespace ledgerlab
