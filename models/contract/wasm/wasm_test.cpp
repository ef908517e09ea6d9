// The WebAssembly engine: what a module may be, and that no hostile one gets further than its
// budget. Modules are assembled here by wat2wasm, which comes in the engine's own package.
#include "models/contract/wasm/wasm.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "models/parts/contract/abi.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

Address account(Byte number) {
  Address out;
  out.data[19] = number;
  return out;
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Bytes assemble_file(const std::string& path) {
  const std::string out = testing::TempDir() + "module.wasm";
  std::remove(out.c_str());
  const std::string command = "wat2wasm --no-check --enable-all '" + path + "' -o '" + out + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << path;
  return read_file(out);
}

Bytes assemble(std::string_view text) {
  const std::string path = testing::TempDir() + "module.wat";
  std::ofstream(path) << text;
  return assemble_file(path);
}

class WasmTest : public testing::Test {
 protected:
  ContractResult deploy(std::string_view text) {
    return host.deploy(account(1), contract::deployment(assemble(text), {}));
  }
  /// A module whose "call" is this body.
  ContractResult run(std::string_view body) {
    const ContractResult made = deploy(
        "(module (import \"ledger\" \"set\" (func $set (param i32 i32 i32 i32)))"
        "(import \"ledger\" \"return\" (func $return (param i32 i32)))"
        "(import \"ledger\" \"self\" (func $self (param i32)))"
        "(import \"ledger\" \"call\" (func $call (param i32 i32 i32 i32 i64) (result i32)))"
        "(memory 1) (table 1 funcref) (func $f (export \"call\") " +
        std::string(body) + "))");
    EXPECT_EQ(made.status, ContractStatus::success) << body << made.reason;
    at = made.created;
    return host.send(account(1), at, {}, as_bytes("x"));
  }

  std::unique_ptr<contract::CodeEngine> engine = wasm::make_wasm();
  MemoryHost host{*engine};
  Address at;
};

TEST_F(WasmTest, RefusesWhatIsNoContract) {
  const char* call = "(func (export \"call\"))";
  for (const std::string text :
       {"(module)", "(module (memory 1))",
        "(module (func (export \"call\")))",                         // no memory
        "(module (memory 129) (func (export \"call\")))",            // too much
        "(module (memory 1) (func (export \"call\") (param i32)))",  // takes something
        "(module (memory 1) (func $s) (start $s) (func (export \"call\")))",
        "(module (memory 1) (table 2000 funcref) (func (export \"call\")))",
        "(module (memory 1) (func (export \"call\") (drop (f32.const 1))))",
        "(module (memory 1) (func $f (drop (f64.add (f64.const 1) (f64.const 2))))"
        " (func (export \"call\")))",
        "(module (memory 1) (func (export \"call\") (local f64)))",
        "(module (memory 1) (func (export \"call\")"
        " (drop (f32.convert_i32_s (i32.const 1)))))",
        "(module (memory 1) (global f32 (f32.const 1)) (func (export \"call\")))",
        "(module (memory 1) (func (export \"call\") (drop (v128.const i64x2 1 2))))",
        "(module (memory 1) (func (export \"call\")"
        " (memory.fill (i32.const 0) (i32.const 1) (i32.const 9))))",
        "(module (import \"wasi\" \"clock\" (func)) (memory 1) (func (export \"call\")))",
        "(module (import \"ledger\" \"random\" (func)) (memory 1) (func (export \"call\")))",
        "(module (import \"ledger\" \"get\" (func)) (memory 1) (func (export \"call\")))"}) {
    EXPECT_EQ(deploy(text).status, ContractStatus::code_refused) << text;
  }
  EXPECT_EQ(deploy(std::string("(module (memory 1) ") + call + ")").status,
            ContractStatus::success);
  EXPECT_EQ(host.deploy(account(1), contract::deployment(as_bytes("no module"), {})).status,
            ContractStatus::code_refused);
}

TEST_F(WasmTest, NothingOutlivesTheBudget) {
  for (const char* body :
       {"(loop $l (br $l))", "(call $f)", "(loop $l (drop (memory.grow (i32.const 1))) (br $l))",
        "(call $set (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 4)) "
        "(loop $l (br $l))",
        "(call $self (i32.const 64)) (loop $l (drop (call $call (i32.const 64) "
        "(i32.const 0) (i32.const 0) (i32.const 1) (i64.const -1))) (br $l))"}) {
    const ContractResult first = run(body);
    const bool recursion = std::string_view(body) == "(call $f)";
    EXPECT_EQ(first.status,
              recursion ? ContractStatus::contract_failure : ContractStatus::out_of_gas)
        << body << first.reason;
    EXPECT_EQ(first.gas_left, 0);
    EXPECT_TRUE(host.state.accounts[at].items.empty());
    const auto other = wasm::make_wasm();
    MemoryHost again(*other);
    again.state = host.state;
    EXPECT_EQ(again.send(account(1), at, {}, as_bytes("x")).reason, first.reason);
    EXPECT_EQ(run("(nop)").status, ContractStatus::success);
  }
}

TEST_F(WasmTest, EveryStepIsCounted) {
  const ContractResult one = run("(nop)");
  const ContractResult more = run("(drop (i32.const 1)) (drop (i32.const 1))");
  EXPECT_LT(more.gas_left, one.gas_left);
  EXPECT_EQ(one.gas_left,
            host.send(account(1), at, {}, as_bytes("x")).gas_left + (one.gas_left - more.gas_left));
}

TEST_F(WasmTest, MemoryIsBoundedAndChecked) {
  EXPECT_EQ(run("(drop (i32.load (i32.const 65533)))").status, ContractStatus::contract_failure);
  EXPECT_EQ(run("(call $return (i32.const 65530) (i32.const 8))").status,
            ContractStatus::invalid_memory_access);
  EXPECT_EQ(run("(call $return (i32.const 8) (i32.const -1))").status,
            ContractStatus::invalid_memory_access);
  EXPECT_EQ(run("(unreachable)").status, ContractStatus::contract_failure);
  const auto grown =
      run("(i32.store (i32.const 0) (memory.grow (i32.const 1000))) "
          "(call $return (i32.const 0) (i32.const 4))");
  EXPECT_EQ(to_hex(grown.output), "ffffffff");
}

TEST_F(WasmTest, TheBinariesAreThoseOfTheSources) {
  for (const std::string job : {"erc20", "registry", "escrow", "heavy"}) {
    const std::string base = LEDGERLAB_SOURCE_DIR "/scenarios/contracts/" + job + "/" + job;
    const Bytes binary = read_file(base + ".wasm");
    EXPECT_FALSE(binary.empty());
    EXPECT_EQ(binary, assemble_file(base + ".wat")) << job;
  }
}

}  // namespace
}  // namespace ledgerlab
