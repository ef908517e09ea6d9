// The Lua engine: what a contract may do, what it costs, and that no hostile one gets further than
// its budget.
#include "models/contract/lua/lua.hpp"

#include <gtest/gtest.h>

#include "models/contract/lua/source.hpp"
#include "models/parts/contract/abi.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

using contract::abi;
using contract::abi_call;

Address account(Byte number) {
  Address out;
  out.data[19] = number;
  return out;
}

class LuaTest : public testing::Test {
 protected:
  LuaTest() { host.state.accounts[account(1)].balance = 1'000'000; }

  ContractResult deploy(std::string_view source, ByteView arguments = {}, U256 value = {}) {
    return host.deploy(account(1), contract::deployment(as_bytes(source), arguments), value);
  }
  /// Deploys a contract with one method `run()` of this body and calls it.
  ContractResult run(std::string_view body) {
    const ContractResult made =
        deploy("return {[\"run()\"] = function()\n" + std::string(body) + "\nend}");
    EXPECT_EQ(made.status, ContractStatus::success) << made.reason;
    at = made.created;
    return host.send(account(1), at, {}, abi_call("run()", {}));
  }
  U256 number(const ContractResult& result) {
    return u256_from_big_endian(result.output).value_or(U256(987654321));
  }

  std::unique_ptr<contract::CodeEngine> engine = lua::make_lua();
  MemoryHost host{*engine};
  Address at;
};

TEST_F(LuaTest, RunsMethodsAndKeepsItems) {
  const ContractResult made = deploy(R"lua(
    return {
      ["constructor(uint256)"] = function(first) set("n", first) end,
      ["add(uint256)"] = function(n) local sum = get_number("n") + n set("n", sum) return sum end,
      ["payable give()"] = function() return msg.value end,
    })lua",
                                     contract::abi_encode(std::vector{abi(U256(40))}));
  ASSERT_EQ(made.status, ContractStatus::success) << made.reason;
  const auto send = [&](const Bytes& input, U256 value = {}) {
    return host.send(account(1), made.created, value, input);
  };
  EXPECT_EQ(number(send(abi_call("add(uint256)", {abi(U256(2))}))), U256(42));
  EXPECT_EQ(number(send(abi_call("add(uint256)", {abi(U256(2))}))), U256(44));
  EXPECT_EQ(number(send(abi_call("give()", {}), 7)), U256(7));
  // Not payable, unknown, too short, overflowing: refused, and nothing has changed.
  EXPECT_EQ(send(abi_call("add(uint256)", {abi(U256(2))}), 1).status, ContractStatus::revert);
  EXPECT_EQ(send(abi_call("sub(uint256)", {abi(U256(2))})).status, ContractStatus::revert);
  EXPECT_EQ(send(abi_call("add(uint256)", {})).status, ContractStatus::revert);
  const ContractResult over = send(abi_call("add(uint256)", {abi(U256::max())}));
  EXPECT_EQ(over.status, ContractStatus::revert);
  EXPECT_EQ(contract::abi_error_text(over.output), "arithmetic overflow");
  EXPECT_GT(over.gas_left, 0);
  EXPECT_EQ(number(send(abi_call("add(uint256)", {abi(U256(0))}))), U256(44));
}

TEST_F(LuaTest, RefusesWhatIsNoContract) {
  for (const char* source :
       {"", "\x1bLua", "return 1", "return {f = 1}", "return {[\"f(uint)\"] = function() end}",
        "syntax error", "while true do end", "set('a', 'b') return {}",
        "return {['f()'] = function() return 1.5 end}", "local a = 3 / 2 return {}",
        "local a = 3 ^ 2 return {}", "local a = 9223372036854775808 return {}",
        "return {['f()'] = function(...) return {...} end}"}) {
    EXPECT_EQ(deploy(source).status, ContractStatus::code_refused) << source;
  }
  EXPECT_EQ(host.deploy(account(1), as_bytes("return {}")).status, ContractStatus::code_refused);
}

TEST(LuaSource, FindsFloatsOnlyWhereTheyAre) {
  for (const char* fine :
       {"a = 7 // 2", "-- 1.5 / 2 ^ ...", "--[==[ 1.5 ]] / ]==] a = 1", "a = 'x / \\' 1.5 ^'",
        "a = [[ 1.5 ... ]]", "a = 'x' .. 'y'", "a = 0xffffffffffffffffff", "a.b1.c = t[1]",
        "a = 9223372036854775807", "a = \"\\z   \n 1.5\""}) {
    EXPECT_EQ(lua::check_source(fine), "") << fine;
  }
  for (const char* wrong : {"a = 1.5", "a = .5", "a = 1e3", "a = 1E+3", "a = 0x1p4", "a = 0x.8",
                            "a = 1 / 2", "a = 2 ^ 2", "f(...)", "a = 3.", "a = 'x'; b = 1.0",
                            "a = [[x]] / 2", "a = 18446744073709551615"}) {
    EXPECT_NE(lua::check_source(wrong), "") << wrong;
  }
}

TEST_F(LuaTest, AnErrorTakesTheGasARefusalGivesItBack) {
  EXPECT_EQ(run("set('a', 'b') error('no')").status, ContractStatus::contract_failure);
  EXPECT_EQ(run("return nil + 1").gas_left, 0);
  const ContractResult refused = run("set('a', 'b') require(false, 'not so')");
  EXPECT_EQ(refused.status, ContractStatus::revert);
  EXPECT_EQ(contract::abi_error_text(refused.output), "not so");
  EXPECT_TRUE(host.state.accounts[at].items.empty());
  EXPECT_EQ(number(run("local ok, why = pcall(error, 'x') return not ok and why == 'x'")), U256(1));
}

TEST_F(LuaTest, NothingOutlivesTheBudget) {
  for (const char* body :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "local function f() return pcall(f) end while true do f() end",
        "local t = setmetatable({}, {__index = function(t, k) while true do end end}) "
        "pcall(function() return t.x end) while true do end",
        "local t = setmetatable({}, {__close = function() while true do end end}) "
        "pcall(function() local x <close> = t error('x') end) while true do end",
        "local function f() return 1 + f() end while true do pcall(f) end",
        "local function f() f() end f()", "local t = {} for i = 1, 1 << 60 do t[i] = i end",
        "local s = 'x' while true do s = s .. s end", "local s = ('x'):rep(1 << 40)",
        "local t = {} while true do t[#t + 1] = ('y'):rep(60000) end",
        "local t = {} for i = 1, 1 << 60 do t[i] = {} end",
        "local t = {} for i = 1, 1000 do t[i] = 'x' end while true do table.sort(t) end",
        "table.sort({3, 2, 1}, function() while true do end end)",
        "local t = setmetatable({}, {__len = function() return 1 << 62 end}) "
        "table.insert(t, 1, 'x')",
        "local t = {} for i = 1, 100000 do t[i] = i end "
        "while true do for k, v in pairs(t) do end end",
        "while true do keccak('0x00') end", "while true do call(msg.self, 0, '0x') end",
        "local ok = pcall(function() while true do end end) set('escaped', 'yes')"}) {
    const ContractResult first = run(body);
    EXPECT_EQ(first.status, ContractStatus::out_of_gas) << body << first.reason;
    EXPECT_EQ(first.gas_left, 0) << body;
    EXPECT_TRUE(host.state.accounts[at].items.empty()) << body;
    // The same on another engine and state; and this engine goes on.
    auto other = lua::make_lua();
    MemoryHost again(*other);
    again.state = host.state;
    EXPECT_EQ(again.send(account(1), at, {}, abi_call("run()", {})).reason, first.reason) << body;
    EXPECT_EQ(number(run("return 1")), U256(1));
  }
}

TEST_F(LuaTest, FinalisersAndProtectedMetatablesAreRefused) {
  EXPECT_EQ(run("setmetatable({}, {__gc = function() while true do end end})").status,
            ContractStatus::contract_failure);
  EXPECT_EQ(run("getmetatable('').__index = {}").status, ContractStatus::contract_failure);
  EXPECT_EQ(run("setmetatable(u256(1), {})").status, ContractStatus::contract_failure);
}

TEST_F(LuaTest, WhatDiffersBetweenNodesEndsTheFrame) {
  for (const char* body :
       {"return os.time()", "pcall(os.clock) return 1", "pcall(function() return io.open end)",
        "math.random()", "debug.sethook()", "load('return 1')", "require = nil collectgarbage()",
        "print(1)", "pcall(math.randomseed, 1)", "return package.path"}) {
    EXPECT_EQ(run(body).status, ContractStatus::nondeterminism) << body;
  }
  for (const char* absent : {"next", "coroutine", "string.format", "string.find", "string.pack",
                             "select", "xpcall", "utf8", "string.gsub", "string.dump"}) {
    EXPECT_EQ(number(run("return " + std::string(absent) + " == nil")), U256(1)) << absent;
  }
  EXPECT_EQ(run("return tostring({}) .. tostring(pcall)").output,
            contract::abi_encode(std::vector{contract::abi_bytes(
                Bytes({'t', 'a', 'b', 'l', 'e', 'f', 'u', 'n', 'c', 't', 'i', 'o', 'n'}))}));
}

TEST_F(LuaTest, IterationHasOneOrder) {
  const char* body =
      "local t = {} for i = 1, 200 do t['k' .. i * 7919 % 1009] = i end t[3] = 'x' t[-1] = 'y' "
      "t[true] = 1 local s = '' for k, v in pairs(t) do s = s .. tostring(k) end return keccak('0x"
      "00'), s";
  const ContractResult first = run(body);
  ASSERT_EQ(first.status, ContractStatus::success) << first.reason;
  for (int i = 0; i < 20; ++i) {  // each frame is a state with a hash seed of its own
    const ContractResult again = host.send(account(1), at, {}, abi_call("run()", {}));
    EXPECT_EQ(again.output, first.output);
    EXPECT_EQ(again.gas_left, first.gas_left);
  }
  EXPECT_EQ(run("for k in pairs({[{}] = 1}) do end").status, ContractStatus::contract_failure);
}

TEST_F(LuaTest, GasDoesNotKnowTheHashSeed) {
  // Deleting and inserting keys makes tables grow at instants that depend on the seed.
  run("local t = {} for r = 1, 30 do for i = 1, 200 do t['k' .. (i * r)] = {} end "
      "for i = 1, 190 do t['k' .. (i * r)] = nil end end return 1");
  std::int64_t gas = 0;
  for (int i = 0; i < 20; ++i) {
    const ContractResult result = host.send(account(1), at, {}, abi_call("run()", {}));
    ASSERT_EQ(result.status, ContractStatus::success) << result.reason;
    if (i > 0) {
      EXPECT_EQ(result.gas_left, gas);
    }
    gas = result.gas_left;
  }
}

TEST_F(LuaTest, CallsPayAndComeBack) {
  // A purse that pays before it writes: called back, it pays twice. One that writes first does not.
  const auto purse = [](bool guarded) {
    return std::string(
               "return {[\"payable put()\"] = function() set('b' .. msg.sender, "
               "get_number('b' .. msg.sender) + msg.value) end,\n"
               "[\"take()\"] = function() local b = get_number('b' .. msg.sender)\n") +
           (guarded ? "set('b' .. msg.sender, nil) require(call(msg.sender, b))"
                    : "require(call(msg.sender, b)) set('b' .. msg.sender, nil)") +
           " end}";
  };
  const char* thief =
      "return {[\"constructor(address)\"] = function(p) set('p', p) end,\n"
      "[\"payable put()\"] = function() call(get('p'), msg.value, encode('put()')) end,\n"
      "[\"steal()\"] = function() call(get('p'), 0, encode('take()')) end,\n"
      "receive = function() call(get('p'), 0, encode('take()')) end}";
  for (const bool guarded : {false, true}) {
    const Address bank = deploy(purse(guarded)).created;
    const auto robber = deploy(thief, contract::abi_encode(std::vector{abi(bank)}));
    ASSERT_EQ(robber.status, ContractStatus::success) << robber.reason;
    host.send(account(1), bank, 100, abi_call("put()", {}));
    host.send(account(1), robber.created, 10, abi_call("put()", {}));
    EXPECT_EQ(host.balance(bank), U256(110));
    const auto stolen = host.send(account(1), robber.created, {}, abi_call("steal()", {}));
    EXPECT_EQ(stolen.status, ContractStatus::success) << stolen.reason;
    EXPECT_EQ(host.balance(bank), U256(guarded ? 100 : 0)) << guarded;
  }
}

TEST_F(LuaTest, DepthIsLimited) {
  const ContractResult result =
      run("local n = get_number('n') + 1 set('n', n) "
          "local ok = call(msg.self, 0, encode('run()')) return n");
  EXPECT_EQ(result.status, ContractStatus::success) << result.reason;
  EXPECT_EQ(host.state.accounts[at].items.size(), 1u);
  EXPECT_EQ(host.item(at, as_bytes("n")).value(),
            to_minimal_big_endian(U256(static_cast<std::uint64_t>(engine->limits().depth))));
}

TEST_F(LuaTest, DeepNativeRecursionAtTheDeepestFrameFitsTheStack) {
  const char* body =
      "local function deep(n) return setmetatable({}, {__index = function(t, k) "
      "pcall(function() return deep(n + 1).x end) call(msg.self, 0, encode('run()')) return 1 "
      "end}) end local x = deep(0).x return 1";
  host.gas_limit = 3'000'000;
  const ContractResult result = run(body);
  EXPECT_TRUE(result.status == ContractStatus::success ||
              result.status == ContractStatus::out_of_gas)
      << result.reason;
  EXPECT_EQ(number(run("return 1")), U256(1));
}

}  // namespace
}  // namespace ledgerlab
