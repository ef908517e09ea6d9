// The same jobs on every contract engine: the same calls succeed and are refused, with the same
// results, reasons, balances, owners and events, in memory and on Ethereum's world state; and twins
// of engines and hosts that are wrong in one thing, which this comparison must catch.
#include "tests/contract_engine/jobs.hpp"

#include <gtest/gtest.h>

#include <lua5.4/lua.hpp>
#include <set>

#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab {
namespace {

using contract::abi;
using contract::abi_call;

template <class World>
Seen play(const EngineCase& engine_case, const std::vector<Job>& list) {
  const auto engine = engine_case.make();
  return play<World>(*engine, engine_case, list);
}

template <class World>
void all_agree(std::uint64_t seed) {
  const auto list = jobs(seed, 300);
  const Seen expected = play<World>(engine_cases().front(), list);
  std::size_t refused = 0;
  for (const std::string& answer : expected.answers) {
    refused += answer.find(": revert") != std::string::npos;
  }
  // A sequence that is refused, or never is, compares nothing.
  EXPECT_GT(refused, list.size() / 10);
  EXPECT_LT(refused, list.size() * 3 / 4);
  EXPECT_GT(expected.events.size(), list.size() / 10);
  for (std::size_t i = 1; i < engine_cases().size(); ++i) {
    EXPECT_EQ(difference(expected, play<World>(engine_cases()[i], list)), "")
        << engine_cases()[i].name << " seed " << seed;
  }
}

TEST(Jobs, EveryEngineGivesTheSameOutcomes) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) all_agree<MemoryWorld>(seed);
}

TEST(Jobs, EveryEngineGivesTheSameOutcomesOnTheWorldState) {
  for (const std::uint64_t seed : {4u, 5u}) all_agree<EthereumWorld>(seed);
}

TEST(Jobs, TwoRunsOfAnEngineGiveOneStateRoot) {
  const auto list = jobs(6, 150);
  const auto other = jobs(7, 150);
  for (const EngineCase& engine_case : engine_cases()) {
    const Seen once = play<EthereumWorld>(engine_case, list);
    EXPECT_EQ(once.roots, play<EthereumWorld>(engine_case, list).roots) << engine_case.name;
    // An engine that has done other work before: what it keeps between frames shows nowhere.
    const auto used = engine_case.make();
    play<EthereumWorld>(*used, engine_case, other);
    EXPECT_EQ(once.roots, play<EthereumWorld>(*used, engine_case, list).roots) << engine_case.name;
    EXPECT_NE(once.roots, play<EthereumWorld>(*used, engine_case, other).roots) << engine_case.name;
  }
}

TEST(Jobs, TheComputationGivesThePublishedNumbers) {
  for (const EngineCase& engine_case : engine_cases()) {
    for (const auto& [steps, result] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {1, 1013904223}, {2, 1196435762}, {1000, 3926946568}}) {
      const Seen seen = play<MemoryWorld>(
          engine_case,
          {{"heavy", person(0), {}, abi_call("compute(uint256)", {abi(U256(steps))})}});
      EXPECT_NE(seen.answers[0].find(to_hex(to_big_endian(U256(result)).view())), std::string::npos)
          << engine_case.name << seen.answers[0];
    }
  }
}

TEST(Jobs, AComputationWithoutEndEndsWithTheBudget) {
  for (const EngineCase& engine_case : engine_cases()) {
    const auto engine = engine_case.make();
    MemoryHost host(*engine);
    const auto made = host.deploy(person(0), engine_case.creation("heavy", {}));
    const auto result =
        host.send(person(0), made.created, {}, abi_call("compute(uint256)", {abi(U256::max())}));
    // A process has no steps to count: its CPU time ends, on that node.
    EXPECT_EQ(result.status, std::string(engine->name()) == "process"
                                 ? ContractStatus::nondeterminism
                                 : ContractStatus::out_of_gas)
        << engine_case.name << result.reason;
    const auto after =
        host.send(person(0), made.created, {}, abi_call("compute(uint256)", {abi(U256(1))}));
    EXPECT_EQ(u256_from_big_endian(after.output), U256(1013904223)) << engine_case.name;
  }
}

/// An engine that is right but for one thing.
class Twin final : public ContractEngine {
 public:
  enum class Fault : std::uint8_t { none, extra_event, accepts_refusal, wrong_text };
  explicit Twin(Fault fault) : fault_(fault), inner_(lua::make_lua()) {}
  std::string_view name() const override { return "twin"; }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override {
    auto result = inner_->execute(host, revision, message, code);
    if (message.kind != CallKind::call || ++frames_ % 20 != 0) return result;
    if (fault_ == Fault::extra_event) host.log(message.recipient, {}, {});
    if (fault_ == Fault::accepts_refusal) result.status = ContractStatus::success;
    if (fault_ == Fault::wrong_text && !result.output.empty()) result.output.back() ^= 1;
    return result;
  }

 private:
  Fault fault_;
  std::unique_ptr<ContractEngine> inner_;
  std::uint64_t frames_ = 0;
};

TEST(JobsTwins, AnEngineThatIsWrongInOneThingIsCaught) {
  const EngineCase& code = engine_cases()[1];
  ASSERT_EQ(code.name, "lua");
  const auto list = jobs(8, 300);
  const Seen expected = play<EthereumWorld>(engine_cases().front(), list);
  using Fault = Twin::Fault;
  for (const Fault fault :
       {Fault::none, Fault::extra_event, Fault::accepts_refusal, Fault::wrong_text}) {
    Twin twin(fault);
    const std::string found = difference(expected, play<EthereumWorld>(twin, code, list));
    EXPECT_EQ(found.empty(), fault == Fault::none) << static_cast<int>(fault) << found;
  }
}

/// A contract whose state depends on the order in which `pairs` gives 64 names.
constexpr std::string_view order_contract = R"lua(
local names = {}
for i = 1, 64 do names["name" .. i] = i end
return { ["run()"] = function()
  local order = 0
  for _, i in pairs(names) do order = (order * 31 + i) % 1000003 end
  set("order", order)
end }
)lua";

/// Lua as it comes: the library's own `pairs`, tables in the order of seeded hashes. What the
/// contract sets is one number.
class PlainLua final : public ContractEngine {
 public:
  ~PlainLua() override {
    for (lua_State* state : states_) lua_close(state);
  }
  std::string_view name() const override { return "plain Lua"; }
  ContractResult execute(ContractHost& host, Revision, const ContractMessage& message,
                         const ContractCode& code) override {
    ContractResult result;
    result.gas_left = message.gas;
    if (message.kind == CallKind::create) {
      const auto parts = contract::read_deployment(code.bytes);
      result.output.assign(parts->code.begin(), parts->code.end());
      return result;
    }
    // States stay open: each lies elsewhere, and its seed is drawn from there.
    lua_State* const state = states_.emplace_back(luaL_newstate());
    luaL_openlibs(state);
    lua_pushcfunction(state, [](lua_State* s) {
      lua_setglobal(s, "value");
      return 0;
    });
    lua_setglobal(state, "set");
    const std::string text(code.bytes.begin(), code.bytes.end());
    if (luaL_dostring(state, text.c_str()) == LUA_OK && lua_getfield(state, -1, "run()") != 0 &&
        lua_pcall(state, 0, 0, 0) == LUA_OK) {
      lua_getglobal(state, "value");
      const U256 order(static_cast<std::uint64_t>(lua_tointeger(state, -1)));
      host.set_item(message.recipient, as_bytes("order"), to_minimal_big_endian(order));
    } else {
      result.status = ContractStatus::contract_failure;
    }
    return result;
  }

 private:
  std::vector<lua_State*> states_;
};

Hash256 root_of_orders(ContractEngine& engine) {
  EthereumWorld world(engine);
  const auto made = world.deploy(person(0), contract::deployment(as_bytes(order_contract), {}));
  EXPECT_EQ(made.status, ContractStatus::success) << made.reason;
  for (int i = 0; i < 3; ++i) {
    const auto result = world.send({"", person(1), {}, abi_call("run()", {})}, made.created);
    EXPECT_EQ(result.status, ContractStatus::success) << result.reason;
  }
  EXPECT_EQ(world.fault(), "");
  return world.root();
}

TEST(JobsTwins, TheOrderOfALuaTableIsNoMatterOfItsHashSeed) {
  const auto one = lua::make_lua(), two = lua::make_lua();
  EXPECT_EQ(root_of_orders(*one), root_of_orders(*two));
  PlainLua plain, other;
  std::set<Hash256> roots;  // of eight runs some differ, or this test says nothing of seeds
  for (int i = 0; i < 4; ++i) {
    roots.insert(root_of_orders(plain));
    roots.insert(root_of_orders(other));
  }
  EXPECT_GT(roots.size(), 1u);
}

Bytes to_bytes(const U256& number) {
  const Hash256 word = to_big_endian(number);
  return {word.data.begin(), word.data.end()};
}

TEST(Lifecycle, AConstructorSeesWhoDeploys) {
  for (const EngineCase& engine_case : engine_cases()) {
    const auto engine = contract::make_lifecycle(engine_case.make());
    ethereum::WorldState genesis;
    for (std::uint64_t i = 0; i < people; ++i) genesis.allot(person(i), 0, U256(100), {}, {});
    genesis.allot(contract::lifecycle_address(), 1, {}, contract::lifecycle_code(), {});
    EthereumWorld world(*engine, std::move(genesis));
    const auto ask = [&](std::uint64_t who, const Address& to, const Bytes& input) {
      return world.send({"", person(who), {}, input}, to);
    };
    const Address desk = contract::lifecycle_address();
    const auto name = abi(thing('t'));
    const auto code = contract::abi_bytes(
        engine_case.creation("erc20", contract::abi_encode(std::vector{abi(U256(500))})));
    const auto does = [&](const char* method) {
      return ask(1, desk, abi_call(method, {name})).status == ContractStatus::success;
    };
    const auto tokens = [&](std::uint64_t who, const Address& token) {
      return ask(0, token, abi_call("balanceOf(address)", {abi(person(who))})).output;
    };
    EXPECT_TRUE(does("register(bytes32)"));
    EXPECT_EQ(ask(2, desk, abi_call("deploy(bytes32,bytes)", {name, code})).status,
              ContractStatus::revert);
    ASSERT_EQ(ask(1, desk,
                  abi_call("authorise(bytes32,address,bool)",
                           {name, abi(person(2)), contract::abi_bool(true)}))
                  .status,
              ContractStatus::success);
    const auto made = ask(2, desk, abi_call("deploy(bytes32,bytes)", {name, code}));
    ASSERT_EQ(made.status, ContractStatus::success) << engine_case.name << made.reason;
    contract::AbiValue word;
    word.number = u256_from_big_endian(made.output).value();
    const Address token = word.address();
    EXPECT_EQ(token, ethereum::create_address(desk, 1));

    // The supply belongs to who deployed, who can spend it, through an upgrade too.
    const Bytes all = to_bytes(U256(500));
    EXPECT_EQ(tokens(2, token), all) << engine_case.name;
    const auto pay = abi_call("transfer(address,uint256)", {abi(person(3)), abi(U256(7))});
    EXPECT_EQ(ask(2, token, pay).status, ContractStatus::success);
    EXPECT_EQ(ask(2, desk, abi_call("upgrade(bytes32,bytes)", {name, code})).status,
              ContractStatus::success);
    EXPECT_EQ(tokens(2, token), to_bytes(U256(493))) << engine_case.name;
    EXPECT_EQ(tokens(3, token), to_bytes(U256(7)));

    EXPECT_TRUE(does("pause(bytes32)"));
    EXPECT_EQ(contract::abi_error_text(ask(2, token, pay).output), "life cycle: paused");
    EXPECT_TRUE(does("resume(bytes32)"));
    EXPECT_EQ(ask(2, token, pay).status, ContractStatus::success);
    EXPECT_TRUE(does("retire(bytes32)"));
    EXPECT_EQ(contract::abi_error_text(ask(2, token, pay).output), "life cycle: retired");
    EXPECT_EQ(world.fault(), "") << engine_case.name;
  }
}

}  // namespace
}  // namespace ledgerlab
