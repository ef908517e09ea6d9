// The process engine: real processes, the protocol, and what becomes of hostile ones.
#include "models/contract/process/process.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "models/parts/contract/abi.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

using contract::abi_call;

Address account(Byte number) {
  Address out;
  out.data[19] = number;
  return out;
}

class ProcessTest : public testing::Test {
 protected:
  static process::Options options() {
    process::Options out;
    out.sandbox = process::Sandbox::preferred;
    out.reply_ms = 20'000;
    out.cpu_seconds = 1;
    return out;
  }
  ContractResult deploy(std::string_view text) {
    return host.deploy(account(1), contract::deployment(as_bytes(text), {}));
  }
  ContractResult run(std::string_view body) {
    const auto made =
        deploy("#!python3\ndef run():\n" + std::string(body) + "\nserve({'run()': run})\n");
    EXPECT_EQ(made.status, ContractStatus::success) << made.reason;
    at = made.created;
    return host.send(account(1), at, {}, abi_call("run()", {}));
  }

  std::unique_ptr<contract::CodeEngine> engine = process::make_process(options());
  MemoryHost host{*engine};
  Address at;
};

TEST_F(ProcessTest, RunsAndKeepsItems) {
  const auto result = run("    set('a', 41)\n    return get_number('a') + 1");
  EXPECT_EQ(result.status, ContractStatus::success) << result.reason;
  EXPECT_EQ(u256_from_big_endian(result.output), U256(42));
  EXPECT_EQ(to_hex(host.item(at, as_bytes("a")).value()), "29");
  EXPECT_FALSE(engine->deterministic());
}

TEST_F(ProcessTest, RefusesWhatIsNoContract) {
  for (const char* text :
       {"", "print(1)", "#!python3\nexit(3)", "#!python3\nserve({'x': 1})",
        "#!python3\nsyntax error", "#!native unknown 00", "#!native x", "#!native ../true 00",
        "#!python3\n_send(b'V' + bytes([2]) + bytes(4))\n_receive()",
        "#!python3\nimport os; os.write(0, bytes([255] * 64))"}) {
    EXPECT_EQ(deploy(text).status, ContractStatus::code_refused) << text;
  }
}

TEST_F(ProcessTest, HostileOnesFailAndTheEngineGoesOn) {
  for (const char* body :
       {"    while True: pass",                                   // its CPU time ends
        "    x = 'x' * (1 << 30)\n    return len(x) * 2 ** 300",  // its memory ends
        "    return run()", "    set('a', 1)\n    import os\n    os._exit(0)",
        "    set('a', 1)\n    import os\n    os.write(0, bytes([0, 0, 0, 1, 90]))\n    "
        "_receive()",
        "    set('a', 1)\n    import os\n    os.write(0, bytes([127, 0, 0, 0]))\n    _receive()",
        "    set('a', 1)\n    while True: get('a')"}) {
    const auto result = run(body);
    EXPECT_NE(result.status, ContractStatus::success) << body;
    EXPECT_NE(result.status, ContractStatus::revert) << body;
    EXPECT_EQ(result.gas_left, 0) << body;
    EXPECT_TRUE(host.state.accounts[at].items.empty()) << body;
    EXPECT_EQ(run("    return 1").status, ContractStatus::success);
  }
}

TEST_F(ProcessTest, ASilentProcessIsKilledAtItsDeadline) {
  process::Options quick = options();
  quick.reply_ms = 700;
  engine = process::make_process(quick);
  MemoryHost other(*engine);
  const auto made = other.deploy(
      account(1), contract::deployment(as_bytes("#!python3\nimport time\n"
                                                "serve({'run()': lambda: time.sleep(100)})"),
                                       {}));
  ASSERT_EQ(made.status, ContractStatus::success) << made.reason;
  const auto result = other.send(account(1), made.created, {}, abi_call("run()", {}));
  EXPECT_EQ(result.status, ContractStatus::nondeterminism);
  EXPECT_NE(result.reason.find("more than 700 ms"), std::string::npos) << result.reason;
}

/// Its time is that of the whole call, however often it says something.
TEST_F(ProcessTest, ADripOfMessagesDoesNotProlongTheDeadline) {
  process::Options quick = options();
  quick.reply_ms = 700;
  engine = process::make_process(quick);
  MemoryHost other(*engine);
  for (const char* body : {"    while True:\n        time.sleep(0.1)\n        get('a')",
                           "    for b in bytes([0, 0, 1, 0]) + bytes(256):\n"
                           "        time.sleep(0.1)\n        os.write(0, bytes([b]))"}) {
    const std::string text =
        "#!python3\nimport os, time\ndef run():\n" + std::string(body) + "\nserve({'run()': run})";
    const auto made = other.deploy(account(1), contract::deployment(as_bytes(text), {}));
    ASSERT_EQ(made.status, ContractStatus::success) << made.reason;
    const auto result = other.send(account(1), made.created, {}, abi_call("run()", {}));
    EXPECT_EQ(result.status, ContractStatus::nondeterminism) << result.reason;
    EXPECT_NE(result.reason.find("more than 700 ms"), std::string::npos) << result.reason;
  }
}

TEST_F(ProcessTest, ADeathIsNoDeadline) {
  const auto died = run("    import os\n    os._exit(3)");
  EXPECT_EQ(died.status, ContractStatus::contract_failure);
  EXPECT_EQ(died.reason, "the process ended with exit code 3");
  const auto spent = run("    while True: pass");
  EXPECT_EQ(spent.status, ContractStatus::nondeterminism) << spent.reason;
}

TEST_F(ProcessTest, TheSandboxHasNoNetworkAndNoFiles) {
  process::Options strict = options();
  strict.sandbox = process::Sandbox::required;
  std::unique_ptr<contract::CodeEngine> sandboxed;
  try {
    sandboxed = process::make_process(strict);
  } catch (const contract::Unavailable& error) {
    GTEST_SKIP() << error.what();
  }
  MemoryHost inside(*sandboxed);
  const std::string secret = testing::TempDir() + "secret";
  std::ofstream(secret) << "secret";
  const std::string text =
      "#!python3\nimport os, socket\ndef files():\n    return os.path.exists('" + secret +
      "') or os.path.exists('/etc/passwd') or os.path.exists('/root')\n"
      "def network():\n"
      "    return any(name != 'lo' for _, name in socket.if_nameindex())\n"
      "def write():\n    open('/usr/x', 'w')\n"
      "serve({'files()': files, 'network()': network, 'write()': write})";
  const auto made = inside.deploy(account(1), contract::deployment(as_bytes(text), {}));
  ASSERT_EQ(made.status, ContractStatus::success) << made.reason;
  for (const char* method : {"files()", "network()"}) {
    const auto result = inside.send(account(1), made.created, {}, abi_call(method, {}));
    EXPECT_EQ(u256_from_big_endian(result.output), U256(0)) << method << result.reason;
  }
  EXPECT_EQ(inside.send(account(1), made.created, {}, abi_call("write()", {})).status,
            ContractStatus::contract_failure);
}

TEST_F(ProcessTest, CollectsReadAndWriteSets) {
  contract::AccessSet set;
  engine->accesses = &set;
  run("    set('w', get_number('r') + 1)\n    set('x', 5)\n    get('w')");
  EXPECT_EQ(set.reads().size(), 1u);
  EXPECT_EQ(set.reads().begin()->first.second, Bytes({'r'}));
  EXPECT_EQ(set.writes().size(), 2u);
  contract::AccessSet undone;
  engine->accesses = &undone;
  run("    set('w', get_number('r') + 1)\n    require(False, 'no')");
  EXPECT_EQ(undone.reads().size(), 1u);
  EXPECT_TRUE(undone.writes().empty());
  engine->accesses = nullptr;
}

}  // namespace
}  // namespace ledgerlab
