// Hostile contracts in worlds: loops without end, recursion, memory without bound, calls back into
// themselves, what differs between nodes. Every engine stops them by its budget, honest calls of
// the same contract go on beside them, and all nodes come to one state.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "models/api/registry.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"
#include "tests/support/evm_assembler.hpp"
#include "tests/support/wasm_assembler.hpp"

namespace ledgerlab {
namespace {

struct Hostility {
  const char* engine;
  const char* name;
  /// What half of the callers get, by their address; the others get the honest part.
  const char* code;
  /// How the hostile frame ends.
  ContractStatus end;
};
void PrintTo(const Hostility& h, std::ostream* out) { *out << h.engine << " " << h.name; }

constexpr auto out_of_gas = ContractStatus::out_of_gas;
constexpr auto failure = ContractStatus::contract_failure;
constexpr auto nondeterminism = ContractStatus::nondeterminism;

const Hostility hostilities[] = {
    {"evm", "loop", "again: PUSH @again JUMP", out_of_gas},
    {"evm", "memory", "PUSH 1 PUSH 0xffffffffff MSTORE STOP", out_of_gas},
    {"evm", "growth", "PUSH 0 again: PUSH 4096 ADD DUP1 DUP1 MSTORE PUSH @again JUMP", out_of_gas},
    {"evm", "recursion",  // gives all it has to a frame of its own, and loops when that came back
     "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 ADDRESS GAS CALL again: PUSH @again JUMP", out_of_gas},
    {"evm", "creation", "again: PUSH 0 PUSH 0 PUSH 0 CREATE POP PUSH @again JUMP", out_of_gas},
    {"lua", "loop", "while true do pcall(function() while true do end end) end", out_of_gas},
    {"lua", "memory", "local s = 'x' while true do s = s .. s end", out_of_gas},
    {"lua", "table", "local t = {} while true do t[#t + 1] = {} end", out_of_gas},
    {"lua", "recursion", "local function f() return 1 + f() end return f()", out_of_gas},
    {"lua", "calls", "while true do call(msg.self, 0, '0x') end", out_of_gas},
    {"lua", "clock", "return os.time()", nondeterminism},
    {"js", "loop", "for (;;) { try { for (;;); } catch (e) { } }", out_of_gas},
    {"js", "memory", "var a = []; for (;;) a.push({});", out_of_gas},
    {"js", "recursion", "function f() { return 1 + f(); } return f();", out_of_gas},
    {"js", "clock", "return new Date();", nondeterminism},
    {"js", "random", "return Math.random();", nondeterminism},
    {"wasm", "loop", "(loop $l (br $l))", out_of_gas},
    {"wasm", "memory", "(loop $l (drop (memory.grow (i32.const 1))) (br $l))", out_of_gas},
    {"wasm", "recursion", "(call $hostile)", failure},
    {"wasm", "calls",
     "(call $self (i32.const 128)) (loop $l (drop (call $call (i32.const 128) (i32.const 160)"
     " (i32.const 0) (i32.const 0) (i64.const -1))) (br $l))",
     out_of_gas},
    {"wasm", "trap", "(unreachable)", failure},
    {"wasm", "outside", "(drop (i32.load (i32.const -4)))", failure},
    // What hangs a process is in hostile_script_test.cpp: it costs real time, and is cut off.
    {"process", "memory", "x = 'x' * (1 << 30)", failure},
    {"process", "recursion", "compute(n)", failure},
    {"process", "death", "set(b'last', 7); os._exit(3)", failure},
    {"process", "noise", "os.write(0, bytes([255]) * (1 << 16))", failure},
    {"process", "requests", "while True: get(b'last')", out_of_gas},
    {"process", "output", "print('x' * (1 << 22)); raise Exception('x' * (1 << 22))", failure},
    {"process", "network", "socket.create_connection(('127.0.0.1', 22), 1)", failure},
    {"process", "files", "open('/etc/passwd')", failure},
    {"process", "writes", "open('/usr/x', 'w')", failure},
    {"process", "fork", "os.fork()", failure},
    {"process", "thread", "threading.Thread(target=compute).start()", failure},
};

std::string source(const Hostility& h) {
  const std::string engine = h.engine, code = h.code;
  if (engine == "lua") {
    return "return { ['compute(uint256)'] = function(n)\n"
           "if msg.sender:byte(-1) % 2 == 1 then " +
           code + " end\nset('last', get_number('last') + 1) end }";
  }
  if (engine == "js") {
    return "({ 'compute(uint256)': function (n) {\n"
           "if (msg.sender.charCodeAt(msg.sender.length - 1) % 2 === 1) { " +
           code + " }\nset('last', 'x'); } })";
  }
  if (engine == "process") {
    return "#!python3\nimport os, socket, threading\ndef compute(n):\n    if msg.sender[-1] % 2 == "
           "1:\n        " +
           code +
           "\n    set(b'last', get_number(b'last') + 1)\nserve({'compute(uint256)': compute})\n";
  }
  if (engine == "wasm") {
    return testing::assemble_wasm(
        "(module (import \"ledger\" \"caller\" (func $caller (param i32)))"
        "(import \"ledger\" \"self\" (func $self (param i32)))"
        "(import \"ledger\" \"get\" (func $get (param i32 i32 i32 i32) (result i32)))"
        "(import \"ledger\" \"set\" (func $set (param i32 i32 i32 i32)))"
        "(import \"ledger\" \"call\" (func $call (param i32 i32 i32 i32 i64) (result i32)))"
        "(memory 1) (data (i32.const 64) \"l\") (func $hostile " +
        code +
        ") (func (export \"call\") (call $caller (i32.const 0))"
        "(if (i32.and (i32.load8_u (i32.const 31)) (i32.const 1)) (then (call $hostile)))"
        "(drop (call $get (i32.const 64) (i32.const 1) (i32.const 96) (i32.const 4)))"
        "(i32.store (i32.const 96) (i32.add (i32.load (i32.const 96)) (i32.const 1)))"
        "(call $set (i32.const 64) (i32.const 1) (i32.const 96) (i32.const 4))))");
  }
  // Even callers count in slot 0.
  const Bytes runtime = testing::assemble(
      "PUSH 1 CALLER AND PUSH @hostile JUMPI PUSH 1 PUSH 0 SLOAD ADD PUSH 0 SSTORE STOP hostile: " +
      code);
  Bytes creation = testing::assemble("PUSH " + std::to_string(runtime.size()) +
                                     " DUP1 PUSH 12 PUSH 0 CODECOPY PUSH 0 RETURN STOP");
  if (creation.size() != 12) throw std::logic_error("the creation code has another length");
  creation.insert(creation.end(), runtime.begin(), runtime.end());
  return to_hex(creation);
}

/// An engine that counts how its frames ended; worlds run in one thread here.
class Counting final : public ContractEngine {
 public:
  static inline std::map<ContractStatus, std::uint64_t> ends;
  static inline const ModelInfo* model = nullptr;

  Counting() : inner_(model->make_contract_engine({})) {}
  std::string_view name() const override { return inner_->name(); }
  bool deterministic() const override { return inner_->deterministic(); }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override {
    ContractResult result = inner_->execute(host, revision, message, code);
    if (message.kind == CallKind::call && message.depth == 0) ++ends[result.status];
    return result;
  }

 private:
  std::unique_ptr<ContractEngine> inner_;
};

class Hostile : public ::testing::TestWithParam<Hostility> {};

TEST_P(Hostile, IsStoppedAndTheNodesAgree) {
  const Hostility& h = GetParam();
  const auto file =
      std::filesystem::temp_directory_path() / ("hostile-" + std::string(h.engine) + "-" + h.name);
  std::ofstream(file, std::ios::binary) << source(h);
  const std::string scenario = LEDGERLAB_SOURCE_DIR "/scenarios/starter/erc20-pbft.toml";
  // Processes that are ended cost a new one for every call.
  const bool process = std::string_view(h.engine) == "process";
  const double few = process ? 5 : 20;
  const Document document = load_document(
      scenario, {"duration=5 s", "warm_up=1 s", "drain=5 s", "workload.job=heavy",
                 "workload.rate=" + std::string(process ? "8 tx/s" : "20 tx/s"),
                 "workload.gas=1000000", "systems.0.contract=" + std::string(h.engine),
                 "systems.0.contract_files={heavy=\"" + file.string() + "\"}"});
  Plan plan;
  try {
    plan = resolve(document, builtin_models());
  } catch (const EngineUnavailable& error) {
    GTEST_SKIP() << error.what();
  }
  std::filesystem::remove(file);
  SystemPlan& system = plan.systems.front();
  Counting::ends.clear();
  Counting::model = system.contract.info;
  ModelInfo counting = *system.contract.info;
  counting.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return std::make_unique<Counting>();
  };
  system.contract.info = &counting;
  // Every node executes for itself, so that agreement is not that of one shared result.
  RunOptions options;
  options.share_results = false;
  const RunResult result = run_system(plan, system, options);
  for (const Finding& f : result.violations) ADD_FAILURE() << f.checker << ": " << f.text;
  double offered = -1, committed = -2, acknowledged = -3;
  for (const Metric& m : result.metrics) {
    if (m.name == "transactions_offered") offered = m.value;
    if (m.name == "transactions_committed") committed = m.value;
    if (m.name == "transactions_acknowledged") acknowledged = m.value;
  }
  // All are in blocks; only the honest ones did what they asked for.
  EXPECT_EQ(committed, offered);
  EXPECT_GT(acknowledged, few);
  EXPECT_GT(offered, acknowledged + few);
  // Four nodes executed both kinds.
  EXPECT_GT(Counting::ends[h.end], 4 * few);
  EXPECT_GT(Counting::ends[ContractStatus::success], 4 * few);
  for (const auto& [status, count] : Counting::ends) {
    if (status != h.end && status != ContractStatus::success) {
      ADD_FAILURE() << count << " frames ended as " << contract_status_name(status);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, Hostile, ::testing::ValuesIn(hostilities), [](const auto& info) {
  return std::string(info.param.engine) + "_" + info.param.name;
});

}  // namespace
}  // namespace ledgerlab
