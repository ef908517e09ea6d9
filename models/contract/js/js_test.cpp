// The JavaScript engine: what a contract may do, what it costs, and that no hostile one gets
// further than its budget.
#include "models/contract/js/js.hpp"

#include <gtest/gtest.h>

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

class JsTest : public testing::Test {
 protected:
  JsTest() { host.state.accounts[account(1)].balance = 1'000'000; }

  ContractResult deploy(std::string_view source, ByteView arguments = {}, U256 value = {}) {
    return host.deploy(account(1), contract::deployment(as_bytes(source), arguments), value);
  }
  /// Deploys a contract with one method `run()` of this body and calls it.
  ContractResult run(std::string_view body) {
    const ContractResult made = deploy("({'run()': function () {\n" + std::string(body) + "\n}})");
    EXPECT_EQ(made.status, ContractStatus::success) << made.reason;
    at = made.created;
    return host.send(account(1), at, {}, abi_call("run()", {}));
  }
  U256 number(const ContractResult& result) {
    return u256_from_big_endian(result.output).value_or(U256(987654321));
  }

  std::unique_ptr<contract::CodeEngine> engine = js::make_js();
  MemoryHost host{*engine};
  Address at;
};

TEST_F(JsTest, RunsMethodsAndKeepsItems) {
  const ContractResult made = deploy(R"js(({
      'constructor(uint256)': function (first) { setNumber('n', first); },
      'add(uint256)': function (n) {
        var sum = u256.add(getNumber('n'), n);
        setNumber('n', sum);
        return sum;
      },
      'payable give()': function () { return msg.value; }
    }))js",
                                     contract::abi_encode(std::vector{abi(U256(40))}));
  ASSERT_EQ(made.status, ContractStatus::success) << made.reason;
  const auto send = [&](const Bytes& input, U256 value = {}) {
    return host.send(account(1), made.created, value, input);
  };
  EXPECT_EQ(number(send(abi_call("add(uint256)", {abi(U256(2))}))), U256(42));
  EXPECT_EQ(number(send(abi_call("add(uint256)", {abi(U256(2))}))), U256(44));
  EXPECT_EQ(number(send(abi_call("give()", {}), 7)), U256(7));
  EXPECT_EQ(send(abi_call("add(uint256)", {abi(U256(2))}), 1).status, ContractStatus::revert);
  EXPECT_EQ(send(abi_call("sub(uint256)", {abi(U256(2))})).status, ContractStatus::revert);
  EXPECT_EQ(send(abi_call("add(uint256)", {})).status, ContractStatus::revert);
  const ContractResult over = send(abi_call("add(uint256)", {abi(U256::max())}));
  EXPECT_EQ(over.status, ContractStatus::revert);
  EXPECT_EQ(contract::abi_error_text(over.output), "arithmetic overflow");
  EXPECT_GT(over.gas_left, 0);
  EXPECT_EQ(number(send(abi_call("add(uint256)", {abi(U256(0))}))), U256(44));
}

TEST_F(JsTest, RefusesWhatIsNoContract) {
  for (const char* source : {"1", "({f: 1})", "({'f(uint)': function () {}})", "syntax error",
                             "while (true) {}", "set('a', 'b'); ({})", "2 ** 3; ({})", "",
                             "try { while (true) {} } finally { while (true) {} } ({})"}) {
    EXPECT_EQ(deploy(source).status, ContractStatus::code_refused) << source;
  }
}

TEST_F(JsTest, AnErrorTakesTheGasARefusalGivesItBack) {
  EXPECT_EQ(run("set('a', 'b'); throw new Error('no');").status, ContractStatus::contract_failure);
  EXPECT_EQ(run("return undefined.x;").gas_left, 0);
  const ContractResult refused = run("set('a', 'b'); require(false, 'not so');");
  EXPECT_EQ(refused.status, ContractStatus::revert);
  EXPECT_EQ(contract::abi_error_text(refused.output), "not so");
  EXPECT_TRUE(host.state.accounts[at].items.empty());
  // A refusal is not caught.
  EXPECT_EQ(run("try { revert('x'); } catch (e) { } return 1;").status, ContractStatus::revert);
  EXPECT_EQ(number(run("try { throw 1; } catch (e) { return e === 1; }")), U256(1));
}

TEST_F(JsTest, NothingOutlivesTheBudget) {
  for (const char* body :
       {"while (true) {}", "while (true) { try { while (true) {} } catch (e) {} }",
        "while (true) { try { while (true) {} } finally { continue; } }",
        "function f() { try { f(); } catch (e) {} finally { while (true) {} } } f();",
        "while (true) { try { throw 1; } catch (e) {} }",
        "var o = {get x() { while (true) {} }}; try { o.x; } catch (e) {} while (true) {}",
        "var o = {toString: function () { while (true) {} }}; '' + o;",
        "var a = []; while (true) a.push(a.length);", "var s = 'x'; while (true) s += s + 'y';",
        "var a = []; while (true) a.push({});", "var a = []; while (true) a.push('y' + a.length);",
        "var o = {}; var i = 0; while (true) o['k' + i++] = i;",
        "Array.prototype.join.call({length: 4294967295}, '');",
        "Array.prototype.indexOf.call({length: 4294967295}, 1);", "while (true) keccak('0x00');",
        "while (true) call(msg.self, 0, '0x');",
        "try { while (true) {} } catch (e) {} set('escaped', 'yes');",
        "try { while (true) {} } finally { set('escaped', 'yes'); return 1; }"}) {
    const ContractResult first = run(body);
    const bool length = first.reason.find("too long") != std::string::npos;
    EXPECT_EQ(first.status, length ? ContractStatus::contract_failure : ContractStatus::out_of_gas)
        << body << first.reason;
    EXPECT_EQ(first.gas_left, 0) << body;
    EXPECT_TRUE(host.state.accounts[at].items.empty()) << body;
    auto other = js::make_js();
    MemoryHost again(*other);
    again.state = host.state;
    EXPECT_EQ(again.send(account(1), at, {}, abi_call("run()", {})).reason, first.reason) << body;
    EXPECT_EQ(number(run("return 1")), U256(1));
  }
}

TEST_F(JsTest, RecursionEndsInAnError) {
  for (const char* body : {"function f() { return 1 + f(); } return f();",
                           "function f() { return {get x() { return f().x; }}; } return f().x;",
                           "var o = {toString: function () { return '' + o; }}; return '' + o;"}) {
    const ContractResult result = run(body);
    EXPECT_NE(result.status, ContractStatus::success) << body;
    EXPECT_EQ(number(run("return 1")), U256(1));
  }
}

TEST_F(JsTest, WhatDiffersBetweenNodesEndsTheFrame) {
  for (const char* body :
       {"return new Date()", "return Date.now()", "return Math.random()", "eval('1')",
        "try { Math.random(); } catch (e) {} return 1", "return new Function('return 1')()",
        "return (function () {}).constructor('return 1')()", "setTimeout()", "new WeakRef({})"}) {
    const ContractResult result = run(body);
    if (std::string_view(body).find("Date.now") != std::string_view::npos) {
      EXPECT_EQ(result.status, ContractStatus::contract_failure) << body << result.reason;
    } else {
      EXPECT_EQ(result.status, ContractStatus::nondeterminism) << body << result.reason;
    }
  }
  for (const char* absent : {"Math.sin",
                             "Math.pow",
                             "Math.sqrt",
                             "typeof Symbol === 'undefined' ? undefined : 1",
                             "typeof Proxy === 'undefined' ? undefined : 1",
                             "[].sort",
                             "[].concat",
                             "[].splice",
                             "''.split",
                             "''.replace",
                             "''.match",
                             "''.repeat",
                             "Object.keys",
                             "Object.create",
                             "Object.setPrototypeOf",
                             "(function () {}).apply",
                             "(function () {}).bind",
                             "/x/.test",
                             "/x/.exec",
                             "/x/.compile",
                             "({}).__proto__",
                             "typeof JSON === 'undefined' ? undefined : 1",
                             "new Error('x').stack",
                             "typeof Duktape === 'undefined' ? undefined : 1",
                             "Error.captureStackTrace",
                             "typeof globalThis === 'undefined' ? undefined : 1",
                             "''.localeCompare",
                             "typeof Uint8Array === 'undefined' ? undefined : 1",
                             "({}).toLocaleString",
                             "typeof Reflect === 'undefined' ? undefined : 1",
                             "(1).toFixed",
                             "({}).__defineGetter__",
                             "typeof performance === 'undefined' ? undefined : 1"}) {
    EXPECT_EQ(number(run("return (" + std::string(absent) + ") === undefined")), U256(1)) << absent;
  }
}

TEST_F(JsTest, EveryRunIsTheSame) {
  const char* body =
      "var o = {}, i, s = ''; for (i = 0; i < 300; i++) o['k' + (i * 7919 % 1009)] = i; "
      "for (i = 0; i < 200; i++) delete o['k' + (i * 7919 % 1009)]; "
      "for (i = 0; i < 300; i++) o['m' + i] = {a: [i]}; for (var k in o) s += k; "
      "return s + 0.1 * 3 + 1e21 / 7 + (5 % 3.3)";
  const ContractResult first = run(body);
  ASSERT_EQ(first.status, ContractStatus::success) << first.reason;
  std::vector<std::unique_ptr<char[]>> noise;  // other addresses, other heaps
  for (int i = 0; i < 20; ++i) {
    noise.push_back(std::make_unique<char[]>(static_cast<std::size_t>(i) * 977 + 1));
    const ContractResult again = host.send(account(1), at, {}, abi_call("run()", {}));
    EXPECT_EQ(again.output, first.output);
    if (i > 0) {
      EXPECT_EQ(again.gas_left, first.gas_left);
    }
  }
}

TEST_F(JsTest, CallsPayAndComeBack) {
  const auto purse = [](bool guarded) {
    return std::string(
               "({'payable put()': function () { setNumber('b' + msg.sender, "
               "u256.add(getNumber('b' + msg.sender), msg.value)); },\n"
               "'take()': function () { var b = getNumber('b' + msg.sender);\n") +
           (guarded ? "set('b' + msg.sender, null); require(call(msg.sender, b).success);"
                    : "require(call(msg.sender, b).success); set('b' + msg.sender, null);") +
           "}})";
  };
  const char* thief =
      "({'constructor(address)': function (p) { set('p', p); },\n"
      "'payable put()': function () { call(get('p'), msg.value, encode('put()')); },\n"
      "'steal()': function () { call(get('p'), 0, encode('take()')); },\n"
      "receive: function () { call(get('p'), 0, encode('take()')); }})";
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

TEST_F(JsTest, DepthAndNativeStackAreLimited) {
  host.gas_limit = 100'000'000;
  const ContractResult result =
      run("var n = u256.add(getNumber('n'), 1); setNumber('n', n); "
          "function deep(k) { return {get x() { return deep(k + 1).x; }}; } "
          "try { deep(0).x; } catch (e) {} call(msg.self, 0, encode('run()')); return n;");
  EXPECT_EQ(result.status, ContractStatus::success) << result.reason;
  EXPECT_EQ(host.item(at, as_bytes("n")).value(),
            to_minimal_big_endian(U256(static_cast<std::uint64_t>(engine->limits().depth))));
}

}  // namespace
}  // namespace ledgerlab
