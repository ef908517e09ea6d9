// Hostile contracts beside honest ones, in worlds that play a script: contracts that hang and are
// cut off, contracts that answer differently on each node, the attack on The DAO, modules that
// import what there is not.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/api/registry.hpp"
#include "models/parts/contract/abi.hpp"
#include "models/parts/contract/lifecycle.hpp"
#include "models/parts/ethereum/host.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"
#include "tests/support/wasm_assembler.hpp"

namespace ledgerlab {
namespace {

/// A frame that an engine ran for a transaction itself.
struct Seen {
  Address to;
  ContractStatus status;
  Bytes output;
  std::string reason;
};

/// What is to happen, a step every 200 ms; and what came of it. Worlds run in one thread here.
struct Script {
  struct Step {
    AccountIndex payer;
    ContractCall call;
    std::uint64_t amount = 0;
  };
  std::vector<std::pair<std::string, std::string>> contracts;  // name and code
  std::vector<Step> steps;
  std::vector<std::string> settings;
  bool state_mode = false;

  static inline const Script* playing = nullptr;
  static inline std::vector<Seen> seen;
  static inline std::vector<Address> at;  // by contract
  static inline const ModelInfo* engine = nullptr;
  static inline const ModelInfo* workload = nullptr;

  static std::vector<Seen> frames(std::size_t contract) {
    std::vector<Seen> out;
    for (const Seen& frame : seen) {
      if (frame.to == at.at(contract)) out.push_back(frame);
    }
    return out;
  }
};

class Recording final : public ContractEngine {
 public:
  explicit Recording(const Params& params) : inner_(Script::engine->make_contract_engine(params)) {}
  std::string_view name() const override { return inner_->name(); }
  bool deterministic() const override { return inner_->deterministic(); }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override {
    ContractResult result = inner_->execute(host, revision, message, code);
    const bool call = message.kind == CallKind::call;
    // Of creations those that a contract asks for.
    if (call ? message.depth == 0 : message.depth > 0) {
      Script::seen.push_back(
          {call ? message.recipient : Address(), result.status, result.output, result.reason});
    }
    return result;
  }

 private:
  std::unique_ptr<ContractEngine> inner_;
};

/// A word below 16 as an argument stands for the address of that contract.
class ScriptLoad final : public Load {
 public:
  explicit ScriptLoad(const ModuleContext& context)
      : inner_(Script::workload->make_load(context)), start_(context.workload_start) {
    Script::at.clear();
    for (std::size_t i = 0; i < Script::playing->contracts.size(); ++i) {
      Script::at.push_back(ethereum::create_address(context.suite->account(deployer_account), i));
    }
  }
  Time due(std::uint64_t k, Time) const override {
    const bool there = k < Script::playing->steps.size();
    return there ? start_ + static_cast<std::int64_t>(k + 1) * Duration{200'000'000} : time_never;
  }
  Item item(std::uint64_t k) const override {
    const auto& steps = Script::playing->steps;
    Item out = inner_->item(k);
    out.payer = out.payee = steps[k].payer;
    out.amount = steps[k].amount;
    out.nonce = static_cast<std::uint64_t>(
        std::count_if(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(k),
                      [&](const auto& step) { return step.payer == out.payer; }));
    ContractCall call = steps[k].call;
    for (CallArgument& argument : call.arguments) {
      if (argument.type == CallArgument::Type::word && argument.number < U256(16)) {
        argument.number = contract::abi(Script::at.at(argument.number.low64())).number;
      }
    }
    out.call = std::make_shared<ContractCall>(std::move(call));
    return out;
  }

 private:
  std::unique_ptr<Load> inner_;
  Time start_;
};

CallArgument number(std::uint64_t value, CallArgument::Type type = CallArgument::Type::number) {
  CallArgument out;
  out.type = type;
  out.number = U256(value);
  return out;
}
ContractCall call(std::uint32_t contract, std::string function,
                  std::vector<CallArgument> arguments = {}) {
  return {false, contract, std::move(function), std::move(arguments), 1'000'000};
}
ContractCall compute(std::uint32_t contract, std::uint64_t n) {
  return call(contract, "compute", {number(n)});
}

/// Nothing: this machine cannot run the engine.
std::optional<RunResult> play(const std::string& engine, const Script& script) {
  std::vector<std::string> settings{"duration=6 s",       "warm_up=0 s",
                                    "drain=10 s",         "clients.count=1",
                                    "workload.job=heavy", "systems.0.contract=" + engine};
  settings.insert(settings.end(), script.settings.begin(), script.settings.end());
  if (script.state_mode) settings.push_back("systems.0.pipeline=execute-order-validate");
  Plan plan;
  try {
    plan =
        resolve(load_document(LEDGERLAB_SOURCE_DIR "/scenarios/starter/erc20-pbft.toml", settings),
                builtin_models());
  } catch (const EngineUnavailable&) {
    return std::nullopt;
  }
  SystemPlan& system = plan.systems.front();
  auto contracts = std::make_shared<std::vector<GenesisContract>>();
  for (const auto& [name, code] : script.contracts) {
    contracts->push_back({name, {code.begin(), code.end()}, {}, {}});
  }
  if (!contracts->empty()) system.contracts = contracts;
  Script::playing = &script;
  Script::seen.clear();
  Script::engine = system.contract.info;
  Script::workload = plan.workload.info;
  ModelInfo recording = *system.contract.info, load = *plan.workload.info;
  recording.make_contract_engine = [](const Params& params) -> std::unique_ptr<ContractEngine> {
    return std::make_unique<Recording>(params);
  };
  load.make_load = [](const ModuleContext& context) -> std::unique_ptr<Load> {
    return std::make_unique<ScriptLoad>(context);
  };
  system.contract.info = &recording;
  plan.workload.info = &load;
  RunOptions options;
  options.share_results = false;
  return run_system(plan, system, options);
}

std::string told(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings) out += f.checker + ": " + f.text + "\n";
  return out;
}
double metric(const RunResult& result, const char* name) {
  const Metric* found = result.metric(name);
  return found == nullptr ? -1 : found->value;
}

#define NEEDS_SANDBOX(result) \
  if (!(result)) GTEST_SKIP() << "this machine makes no sandbox for contract processes"

std::string python(const std::string& compute) {
  return "#!python3\nimport os, time\ncount = 0\ndef compute(n):\n    global count\n    count += "
         "1\n"
         "    if n % 2 == 1: " +
         compute +
         "\n    set(b'last', get_number(b'last') + n)\nserve({'compute(uint256)': compute})\n";
}
const std::string honest = python("pass");

// --- contracts that hang -------------------------------------------------------------------------

constexpr std::uint64_t executions = 5;  // four nodes, and the audit

struct Hang {
  const char* name;
  const char* code;
};
constexpr Hang hangs[] = {{"sleep", "time.sleep(1000)"},
                          {"loop", "\n        while True: pass"},
                          {"drip", "\n        while True: time.sleep(0.05); get(b'x')"}};

Script hanging(const Hang& hang) {
  Script script;
  script.contracts = {{"hang", python(hang.code)}, {"honest", honest}};
  return script;
}

/// Honest answers take real time too: where a busy machine made one of them late (then the nodes
/// differ), the world is played again with longer deadlines.
auto play_hanging(const Script& script, const std::string& params = "") {
  const auto with = [&](const char* deadline) {
    Script one = script;
    one.settings.push_back(std::string("systems.0.contract_params={reply_timeout=\"") + deadline +
                           "\"" + params + "}");
    return play("process", one);
  };
  for (const char* deadline : {"200 ms", "1 s"}) {
    auto result = with(deadline);
    if (!result || result->violations.empty()) return result;
  }
  return with("5 s");
}

TEST(HostileScript, AContractThatHangsIsCutOffOnAllNodesAtTheSameCall) {
  for (const Hang& hang : hangs) {
    SCOPED_TRACE(hang.name);
    Script script = hanging(hang);
    for (int i = 0; i < 6; ++i) {
      script.steps.push_back({1, compute(0, 1)});
      script.steps.push_back({2, compute(1, 1)});
    }
    // It would answer this one: it has been cut off, on every node.
    script.steps.push_back({3, compute(0, 2)});
    const auto result = play_hanging(script);
    NEEDS_SANDBOX(result);
    EXPECT_EQ(told(result->violations), "");
    EXPECT_EQ(told(result->outcomes), "");
    EXPECT_EQ(metric(*result, "transactions_committed"), 13);
    EXPECT_EQ(metric(*result, "transactions_acknowledged"), 6);
    const auto late = Script::frames(0);
    EXPECT_EQ(late.size(), 3 * executions);
    for (const Seen& frame : late) {
      EXPECT_EQ(frame.status, ContractStatus::nondeterminism) << frame.reason;
    }
    const auto done = Script::frames(1);
    EXPECT_EQ(done.size(), 6 * executions);
    for (const Seen& frame : done) EXPECT_EQ(frame.status, ContractStatus::success);
  }
}

TEST(HostileScript, OneThatAnswersInBetweenIsNot) {
  Script script = hanging(hangs[0]);
  for (int i = 0; i < 4; ++i) {
    script.steps.push_back({1, compute(0, 1)});
    script.steps.push_back({1, compute(0, 2)});
  }
  const auto result = play_hanging(script);
  NEEDS_SANDBOX(result);
  EXPECT_EQ(told(result->violations), "");
  EXPECT_EQ(metric(*result, "transactions_acknowledged"), 4);
  EXPECT_EQ(Script::frames(0).size(), 8 * executions);
}

TEST(HostileScriptTwin, WithoutTheCutOffEveryCallCostsItsDeadline) {
  Script script = hanging(hangs[0]);
  for (int i = 0; i < 5; ++i) script.steps.push_back({1, compute(0, 1)});
  const auto result = play_hanging(script, ", cut_off=0");
  NEEDS_SANDBOX(result);
  EXPECT_EQ(told(result->violations), "");
  EXPECT_EQ(Script::frames(0).size(), 5 * executions);
}

// --- contracts that answer differently -----------------------------------------------------------

constexpr Hang differences[] = {{"clock", "set(b'x', time.time_ns())"},
                                {"random", "set(b'x', os.urandom(8))"},
                                {"memory", "set(b'x', count)"},
                                {"outcome", "require(count % 4 != 0)"}};

TEST(HostileScript, InOrderExecuteADifferenceIsFoundAndNamed) {
  for (const Hang& difference : differences) {
    SCOPED_TRACE(difference.name);
    Script script;
    script.contracts = {{"fickle", python(difference.code)}, {"honest", honest}};
    for (int i = 0; i < 3; ++i) {
      script.steps.push_back({1, compute(0, 1)});
      script.steps.push_back({2, compute(1, 1)});
    }
    const auto result = play("process", script);
    NEEDS_SANDBOX(result);
    EXPECT_NE(told(result->violations).find("have different states after block"), std::string::npos)
        << told(result->violations);
    // The order is agreed on all the same, and the nodes go on.
    EXPECT_EQ(metric(*result, "transactions_committed"), 6);
    EXPECT_EQ(Script::frames(1).size(), 3 * executions);
  }
}

/// PBFT's checkpoints name the state root: none becomes stable, and ordering ends with the window.
TEST(HostileScript, PbftStopsAtItsWaterMarkWhenStatesDiffer) {
  for (const bool differs : {true, false}) {
    Script script;
    script.contracts = {{"fickle", python(differs ? "set(b'x', os.urandom(8))" : "pass")}};
    script.settings = {"systems.0.params={checkpoint_interval=2, water_mark_window=4}"};
    for (int i = 0; i < 10; ++i) script.steps.push_back({1, compute(0, 1)});
    const auto result = play("process", script);
    NEEDS_SANDBOX(result);
    if (differs) {
      EXPECT_LE(metric(*result, "transactions_committed"), 4);
    } else {
      EXPECT_EQ(metric(*result, "transactions_committed"), 10);
    }
  }
}

TEST(HostileScript, InStateModeADifferenceIsNotEndorsed) {
  for (const Hang& difference : differences) {
    if (std::string_view(difference.name) == "outcome") continue;  // three of four agree
    SCOPED_TRACE(difference.name);
    Script script;
    script.state_mode = true;
    script.contracts = {{"fickle", python(difference.code)}, {"honest", honest}};
    script.settings = {"clients.give_up_after=4 s"};
    for (int i = 0; i < 3; ++i) {
      script.steps.push_back({1, compute(0, 1)});
      script.steps.push_back({2, compute(1, 1)});
    }
    const auto result = play("process", script);
    NEEDS_SANDBOX(result);
    EXPECT_EQ(told(result->violations), "");
    EXPECT_EQ(metric(*result, "transactions_acknowledged"), 3);
    EXPECT_EQ(metric(*result, "transactions_dropped"), 3);
  }
}

TEST(HostileScript, InStateModeEndorsersStopAskingAContractThatHangs) {
  Script script = hanging(hangs[0]);
  script.state_mode = true;
  script.settings.emplace_back("clients.give_up_after=4 s");
  for (int i = 0; i < 5; ++i) {
    script.steps.push_back({1, compute(0, 1)});
    script.steps.push_back({2, compute(1, 1)});
  }
  const auto result = play_hanging(script);
  NEEDS_SANDBOX(result);
  EXPECT_EQ(told(result->violations), "");
  EXPECT_EQ(metric(*result, "transactions_acknowledged"), 5);
  std::size_t late = 0;
  for (const Seen& frame : Script::seen) {
    late += frame.status == ContractStatus::nondeterminism ? 1 : 0;
  }
  EXPECT_GE(late, 3u);
  EXPECT_LE(late, 3 * 4u);  // four endorsers a proposal
}

// --- The DAO -------------------------------------------------------------------------------------

/// The selector as a module reads it: the first byte lowest.
std::string selector(std::string_view signature) {
  std::uint32_t out = 0;
  int shift = 0;
  for (const Byte byte : contract::selector_of(signature)) {
    out |= std::uint32_t{byte} << shift;
    shift += 8;
  }
  return "(i32.const " + std::to_string(out) + ")";
}

/// Memory: 0 input, 256 caller, 288 value, 320 zero, 352 a key, 416 a word, 512 what is sent.
std::string module(const std::string& functions, const std::string& receive,
                   const std::vector<std::pair<std::string, std::string>>& methods) {
  std::string text =
      "(module (import \"ledger\" \"input_size\" (func $size (result i32)))"
      "(import \"ledger\" \"input_read\" (func $input (param i32 i32 i32)))"
      "(import \"ledger\" \"caller\" (func $caller (param i32)))"
      "(import \"ledger\" \"self\" (func $self (param i32)))"
      "(import \"ledger\" \"value\" (func $value (param i32)))"
      "(import \"ledger\" \"get\" (func $get (param i32 i32 i32 i32) (result i32)))"
      "(import \"ledger\" \"set\" (func $set (param i32 i32 i32 i32)))"
      "(import \"ledger\" \"balance\" (func $balance (param i32 i32)))"
      "(import \"ledger\" \"call\" (func $call (param i32 i32 i32 i32 i64) (result i32)))"
      "(import \"ledger\" \"return\" (func $return (param i32 i32)))"
      "(import \"ledger\" \"add\" (func $add (param i32 i32 i32) (result i32)))"
      "(memory 1)" +
      functions +
      "(func (export \"call\") (call $input (i32.const 0) (i32.const 0) (i32.const 36))"
      "(call $caller (i32.const 256)) (call $value (i32.const 288))"
      "(if (i32.eqz (call $size)) (then " +
      receive + " (return)))";
  for (const auto& [signature, body] : methods) {
    text += "(if (i32.eq (i32.load (i32.const 0)) " + selector(signature) + ") (then " + body +
            " (return)))";
  }
  return testing::assemble_wasm(text + "(unreachable)))");
}

/// Pays back what was deposited, and notes that before it pays or (the twin) when it has paid.
std::string bank(const std::string& engine, bool safe) {
  if (engine == "process") {
    const std::string note = "    set(b'o' + msg.sender, b'')\n";
    return "#!python3\ndef deposit(): set(b'o' + msg.sender, get_number(b'o' + msg.sender) + "
           "msg.value)\ndef withdraw():\n    me = msg.sender\n    due = get_number(b'o' + me)\n" +
           std::string(safe ? "    set(b'o' + me, b'')\n" : "") +
           "    paid, _ = call(me, due)\n    require(paid)\n" +
           std::string(safe ? "" : "    set(b'o' + me, b'')\n") +
           "serve({'payable deposit()': deposit, 'withdraw()': withdraw})\n";
  }
  const std::string owed =
      "(i32.store8 (i32.const 352) (i32.const 111))"
      "(i64.store (i32.const 353) (i64.load (i32.const 256)))"
      "(i64.store (i32.const 361) (i64.load (i32.const 264)))"
      "(i64.store (i32.const 369) (i64.load (i32.const 272)))"
      "(i64.store (i32.const 377) (i64.load (i32.const 280)))"
      "(drop (call $get (i32.const 352) (i32.const 33) (i32.const 416) (i32.const 32)))";
  const std::string note = "(call $set (i32.const 352) (i32.const 33) (i32.const 0) (i32.const 0))";
  const std::string pay =
      "(if (i32.eqz (call $call (i32.const 256) (i32.const 416) (i32.const 0) (i32.const 0)"
      " (i64.const -1))) (then (unreachable)))";
  return module("(func $owed " + owed + ")", "(unreachable)",
                {{"deposit()",
                  "(call $owed) (drop (call $add (i32.const 288) (i32.const 416) (i32.const 416)))"
                  "(call $set (i32.const 352) (i32.const 33) (i32.const 416) (i32.const 32))"},
                 {"withdraw()", "(call $owed)" + (safe ? note + pay : pay + note)}});
}

/// Deposits what it is sent, asks for it, and when it is paid asks again: three times in all.
std::string thief(const std::string& engine) {
  if (engine == "process") {
    return "#!python3\ndef put(bank):\n    set(b'bank', bank[-20:])\n"
           "    call(bank[-20:], msg.value, encode('deposit()'))\n"
           "def attack(): call(get(b'bank'), 0, encode('withdraw()'))\n"
           "def receive():\n    times = get_number(b'n')\n    if times < 2:\n"
           "        set(b'n', times + 1)\n        attack()\n"
           "serve({'payable put(bytes32)': put, 'attack()': attack, 'receive': receive,\n"
           "       'loot()': lambda: balance(msg.self)})\n";
  }
  const std::string attack =
      "(func $attack (drop (call $get (i32.const 352) (i32.const 1) (i32.const 416) (i32.const "
      "32)))"
      "(i32.store (i32.const 512) " +
      selector("withdraw()") +
      ") (drop (call $call (i32.const 416) (i32.const 320) (i32.const 512) (i32.const 4)"
      " (i64.const -1))))(data (i32.const 352) \"bn\")";
  return module(
      attack,
      "(drop (call $get (i32.const 353) (i32.const 1) (i32.const 480) (i32.const 1)))"
      "(if (i32.lt_u (i32.load8_u (i32.const 480)) (i32.const 2)) (then"
      " (i32.store8 (i32.const 480) (i32.add (i32.load8_u (i32.const 480)) (i32.const 1)))"
      " (call $set (i32.const 353) (i32.const 1) (i32.const 480) (i32.const 1)) (call $attack)))",
      {{"put(bytes32)",
        "(call $set (i32.const 352) (i32.const 1) (i32.const 4) (i32.const 32))"
        "(i32.store (i32.const 512) " +
            selector("deposit()") +
            ") (drop (call $call (i32.const 4) (i32.const 288) (i32.const 512) (i32.const 4)"
            " (i64.const -1)))"},
       {"attack()", "(call $attack)"},
       {"loot()",
        "(call $self (i32.const 480)) (call $balance (i32.const 480) (i32.const 512))"
        "(call $return (i32.const 512) (i32.const 32))"}});
}

/// What the thief has when he has robbed a bank where somebody else had put 5,000; did that one get
/// his money back?
std::pair<U256, bool> rob(const std::string& engine, bool safe, bool& ran) {
  Script script;
  script.contracts = {{"bank", bank(engine, safe)}, {"thief", thief(engine)}};
  const auto here = number(0, CallArgument::Type::word);
  script.steps = {{1, call(0, "deposit"), 5'000},
                  {2, call(1, "put", {here}), 1'000},
                  {2, call(1, "attack"), 0},
                  {2, call(1, "loot"), 0},
                  {1, call(0, "withdraw"), 0}};
  const auto result = play(engine, script);
  ran = result.has_value();
  if (!ran) return {};
  EXPECT_EQ(told(result->violations), "");
  const auto frames = Script::frames(1);
  EXPECT_EQ(frames.size(), 3 * executions);
  EXPECT_EQ(Script::frames(0).size(), 2 * executions);
  if (frames.empty()) return {};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].status, ContractStatus::success) << frames[i].reason;
  }
  return {u256_from_big_endian(frames.back().output).value_or(U256()),
          metric(*result, "transactions_acknowledged") == 5};
}

TEST(HostileScript, TheAttackOnTheDAOPaysOnce) {
  for (const char* engine : {"wasm", "process"}) {
    bool ran = false;
    const auto [loot, repaid] = rob(engine, true, ran);
    if (!ran) continue;
    EXPECT_EQ(to_decimal(loot), "1000") << engine;
    EXPECT_TRUE(repaid) << engine;
  }
}

TEST(HostileScriptTwin, ABankThatNotesTooLateIsDrained) {
  for (const char* engine : {"wasm", "process"}) {
    bool ran = false;
    const auto [loot, repaid] = rob(engine, false, ran);
    if (!ran) continue;
    EXPECT_EQ(to_decimal(loot), "3000") << engine;
    EXPECT_FALSE(repaid) << engine;  // 2,000 of his 5,000 are gone
  }
}

// --- modules that ask for what differs -----------------------------------------------------------

TEST(HostileScript, AModuleWithAnImportThatIsNotThereIsRefusedByAllNodes) {
  const std::string good = "(module (memory 1) (func (export \"call\")))";
  const std::string clock =
      "(module (import \"wasi_snapshot_preview1\" \"clock_time_get\" "
      "(func $clock (param i32 i64 i32) (result i32))) (memory 1) (func (export \"call\") "
      "(drop (call $clock (i32.const 0) (i64.const 1) (i32.const 8)))))";
  const std::string random =
      "(module (import \"ledger\" \"random\" (func $random (result i64))) (memory 1) "
      "(func (export \"call\") (drop (call $random))))";
  const std::string floats =
      "(module (memory 1) (func (export \"call\") (drop (f64.sqrt (f64.const 2)))))";
  Script script;
  script.settings = {"systems.0.contract_params={lifecycle=true}"};
  std::uint64_t name = 100;
  for (const std::string& text : {good, clock, random, floats}) {
    const std::string code = testing::assemble_wasm(text);
    CallArgument creation;
    creation.type = CallArgument::Type::bytes;
    creation.bytes = contract::deployment(as_bytes(code), {});
    const auto named = number(++name, CallArgument::Type::word);
    script.steps.push_back({1, call(contract::lifecycle_desk, "register", {named})});
    script.steps.push_back({1, call(contract::lifecycle_desk, "deploy", {named, creation})});
  }
  const auto result = play("wasm", script);
  ASSERT_TRUE(result);
  EXPECT_EQ(told(result->violations), "");
  EXPECT_EQ(metric(*result, "transactions_committed"), 8);
  EXPECT_EQ(metric(*result, "transactions_acknowledged"), 5);
  std::size_t refused = 0, taken = 0;
  for (const Seen& frame : Script::seen) {
    refused += frame.status == ContractStatus::code_refused ? 1 : 0;
    taken += frame.to == Address() && frame.status == ContractStatus::success ? 1 : 0;
  }
  EXPECT_EQ(refused, 3 * executions);
}

}  // namespace
}  // namespace ledgerlab
