// The interpreter's own promises, rule by rule; whole programs are judged by the external vectors.
#include "models/contract/evm/evm.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/contract/evm/opcodes.hpp"
#include "tests/support/contract_host.hpp"
#include "tests/support/evm_assembler.hpp"

namespace ledgerlab::evm {
namespace {

using testing::assemble;
using testing::make_code;
using testing::MemoryHost;

constexpr Revision newest = Revision::cancun;

Address account(Byte last) {
  Address out;
  out.data[19] = last;
  return out;
}

struct World {
  explicit World(Revision revision = newest) : host(*engine, revision), revision(revision) {}

  ContractResult run(const CodeRef& code, std::int64_t gas = 1'000'000, Bytes input = {}) {
    ContractMessage message;
    message.gas = gas;
    message.recipient = message.code_address = account(1);
    message.sender = account(2);
    message.input = input;
    return engine->execute(host, revision, message, *code);
  }
  ContractResult run(std::string_view text, std::int64_t gas = 1'000'000, Bytes input = {}) {
    return run(make_code(assemble(text)), gas, std::move(input));
  }

  std::unique_ptr<ContractEngine> engine = make_evm();
  MemoryHost host;
  Revision revision;
};

/// Ends a program that leaves one word on the stack by returning it.
constexpr std::string_view return_top = " PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN";

U256 value_of(std::string_view text, Revision revision = newest) {
  World world(revision);
  const ContractResult result = world.run(std::string(text) + std::string(return_top));
  EXPECT_EQ(result.status, ContractStatus::success) << text;
  return u256_from_big_endian(result.output).value_or(U256());
}

std::vector<Revision> all_revisions() {
  std::vector<Revision> out;
  for (std::size_t i = 0; i < revision_count; ++i) out.push_back(static_cast<Revision>(i));
  return out;
}

/// Keeps what it sees, and where the native stack stood.
class Recorder : public ContractObserver {
 public:
  struct Step {
    std::size_t pc;
    Byte opcode;
    std::int64_t gas;
    std::vector<U256> stack;
    std::int32_t depth;
  };
  void begin(const ContractMessage&, ByteView) override { ++begun; }
  void step(std::size_t pc, Byte opcode, std::int64_t gas, std::span<const U256> stack,
            std::int32_t depth) override {
    if (keep) steps.push_back({pc, opcode, gas, {stack.begin(), stack.end()}, depth});
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (depth == 0) {
      lowest = std::min(lowest, here);
      highest = std::max(highest, here);
    }
    seen[opcode] = true;
  }
  void end(const ContractResult&) override { ++ended; }

  bool keep = true;
  int begun = 0;
  int ended = 0;
  std::vector<Step> steps;
  std::uintptr_t lowest = UINTPTR_MAX;
  std::uintptr_t highest = 0;
  std::array<bool, 256> seen{};
};

TEST(Evm, EveryUndefinedInstructionStopsTheFrameInEveryFork) {
  for (const Revision revision : all_revisions()) {
    World world(revision);
    for (unsigned opcode = 0; opcode < 256; ++opcode) {
      if (opcodes[opcode].gas(revision) != undefined_gas) continue;
      const ContractResult result = world.run(make_code(Bytes{static_cast<Byte>(opcode)}));
      EXPECT_EQ(result.status, ContractStatus::undefined_instruction) << opcode;
      EXPECT_EQ(result.gas_left, 0);
    }
  }
}

TEST(Evm, TheTableBoundsTheStackOfEveryInstruction) {
  for (const Revision revision : all_revisions()) {
    World world(revision);
    for (unsigned opcode = 0; opcode < 256; ++opcode) {
      const OpcodeInfo& info = opcodes[opcode];
      if (info.gas(revision) == undefined_gas) continue;
      const auto after = [&](unsigned items) {
        Bytes code;
        for (unsigned i = 0; i < items; ++i) code.insert(code.end(), {0x60, 0x00});
        code.push_back(static_cast<Byte>(opcode));
        return world.run(make_code(std::move(code)), 10'000'000).status;
      };
      if (info.inputs > 0) {
        EXPECT_EQ(after(info.inputs - 1u), ContractStatus::stack_underflow) << opcode;
      }
      EXPECT_NE(after(info.inputs), ContractStatus::stack_underflow) << opcode;
      if (info.outputs > info.inputs) {
        EXPECT_EQ(after(1'024), ContractStatus::stack_overflow) << opcode;
        EXPECT_NE(after(1'023), ContractStatus::stack_overflow) << opcode;
      }
    }
  }
}

TEST(Evm, TheConstantCostOfEveryInstructionIsTheTables) {
  for (const Revision revision : all_revisions()) {
    World world(revision);
    for (unsigned opcode = 0; opcode < 256; ++opcode) {
      const std::int32_t cost = opcodes[opcode].gas(revision);
      if (cost <= 0) continue;
      Bytes code;
      for (unsigned i = 0; i < opcodes[opcode].inputs; ++i) code.insert(code.end(), {0x60, 0x00});
      code.push_back(static_cast<Byte>(opcode));
      const std::int64_t pushes = 3 * opcodes[opcode].inputs;
      const CodeRef object = make_code(std::move(code));
      EXPECT_EQ(world.run(object, pushes + cost - 1).status, ContractStatus::out_of_gas) << opcode;
    }
  }
}

TEST(Evm, InstructionsLeaveTheNativeStackAlone) {
  // Threaded code holds only if no instruction keeps a native frame: the observer sees where the
  // native stack stands before each one.
  std::string body;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    const OpcodeInfo& info = opcodes[opcode];
    const auto op = static_cast<Opcode>(opcode);
    if (info.name.empty() || op == Opcode::stop || op == Opcode::return_ || op == Opcode::revert ||
        op == Opcode::invalid || op == Opcode::selfdestruct || op == Opcode::jump ||
        op == Opcode::jumpi) {
      continue;
    }
    for (unsigned i = 0; i < info.inputs; ++i) {
      // A salt of its own each time: the second account at one address costs all gas.
      body += op == Opcode::create2 && i == 0 ? " GAS" : " PUSH 0";
    }
    const Byte code[] = {static_cast<Byte>(opcode)};
    body += " 0x" + to_hex(code);
    for (unsigned i = 0; i < info.immediate; ++i) body += "00";
    for (unsigned i = 0; i < info.outputs; ++i) body += " POP";
  }
  World world;
  Recorder recorder;
  recorder.keep = false;
  world.engine->observer = &recorder;
  const ContractResult result = world.run(
      "PUSH 50 loop:" + body + " PUSH 1 SWAP1 SUB DUP1 PUSH @loop JUMPI PUSH @end JUMP end: STOP",
      1'000'000'000);
  EXPECT_EQ(result.status, ContractStatus::success);
  EXPECT_EQ(std::count(recorder.seen.begin(), recorder.seen.end(), true),
            count_opcodes(newest) - 4);  // RETURN, REVERT, INVALID, SELFDESTRUCT
  EXPECT_LT(recorder.highest - recorder.lowest, 128u);
}

TEST(Evm, ALongLoopEndsByItsGas) {
  World world;
  EXPECT_EQ(world.run("loop: PUSH @loop JUMP", 20'000'000).status, ContractStatus::out_of_gas);
}

TEST(Evm, ObserverSeesPlaceGasAndStackBeforeEachInstruction) {
  World world;
  Recorder recorder;
  world.engine->observer = &recorder;
  world.run("PUSH 2 PUSH 3 ADD STOP", 100);
  ASSERT_EQ(recorder.steps.size(), 4u);
  EXPECT_EQ(recorder.steps[2].pc, 4u);
  EXPECT_EQ(recorder.steps[2].opcode, static_cast<Byte>(Opcode::add));
  EXPECT_EQ(recorder.steps[2].gas, 94);
  EXPECT_EQ(recorder.steps[2].stack, (std::vector<U256>{U256(2), U256(3)}));
  EXPECT_EQ(recorder.steps[3].stack, std::vector<U256>{U256(5)});
  EXPECT_EQ(recorder.begun, 1);
  EXPECT_EQ(recorder.ended, 1);
}

TEST(Evm, AnObserverChangesNothing) {
  const std::string program =
      "PUSH 7 PUSH 1 SSTORE PUSH 40 PUSH 3 KECCAK256 PUSH 0 MSTORE PUSH 32 PUSH 0 LOG0 GAS" +
      std::string(return_top);
  World plain, watched;
  Recorder recorder;
  watched.engine->observer = &recorder;
  const ContractResult a = plain.run(program), b = watched.run(program);
  EXPECT_EQ(a.status, ContractStatus::success);
  EXPECT_EQ(a.gas_left, b.gas_left);
  EXPECT_EQ(a.output, b.output);
}

TEST(Evm, JumpsGoToJumpdestOnly) {
  World world;
  EXPECT_EQ(world.run("PUSH 4 JUMP STOP JUMPDEST STOP").status, ContractStatus::success);
  EXPECT_EQ(world.run("PUSH 3 JUMP STOP JUMPDEST STOP").status, ContractStatus::bad_jump);
  // 0x5b as the immediate byte of a PUSH is data.
  EXPECT_EQ(world.run("PUSH 4 JUMP PUSH1 0x5b STOP").status, ContractStatus::bad_jump);
  EXPECT_EQ(world.run("PUSH 0x10000000000000004 JUMP STOP JUMPDEST").status,
            ContractStatus::bad_jump);
  EXPECT_EQ(world.run("PUSH 1 PUSH 200 JUMPI").status, ContractStatus::bad_jump);
  EXPECT_EQ(world.run("PUSH 0 PUSH 200 JUMPI").status, ContractStatus::success);
}

TEST(Evm, AnalysisIsKeptWithTheCode) {
  World world;
  const CodeRef code = make_code(assemble("PUSH 4 JUMP STOP JUMPDEST STOP"));
  EXPECT_EQ(code->derived, nullptr);
  world.run(code);
  const auto first = code->derived;
  ASSERT_NE(first, nullptr);
  world.run(code);
  EXPECT_EQ(code->derived, first);
}

TEST(Evm, APushAtTheEndReadsZeros) {
  EXPECT_EQ(World().run(make_code("7f01")).status, ContractStatus::success);
  World world;
  Recorder recorder;
  world.engine->observer = &recorder;
  world.run(make_code("61aa"));
  ASSERT_EQ(recorder.steps.size(), 2u);
  EXPECT_EQ(recorder.steps[1].stack, std::vector<U256>{U256(0xaa00)});
}

TEST(Evm, MemoryOfTheFrameBeforeIsNotSeen) {
  World world;
  world.run("PUSH 0 NOT PUSH 0 MSTORE PUSH 0 NOT PUSH 5000 MSTORE");
  const ContractResult result = world.run("PUSH 5000 MLOAD" + std::string(return_top));
  EXPECT_EQ(result.output, Bytes(32));
  world.run("PUSH 0 NOT PUSH 64 MSTORE");
  EXPECT_EQ(world.run("PUSH 128 PUSH 0 RETURN").output, Bytes(128));
}

TEST(Evm, MemoryCostsGrowWithTheSquare) {
  World world;
  // 3 + 3 + 3 and 3 * words + words^2 / 512 for 32 * 1,024 bytes.
  const std::int64_t cost = 9 + 3 * 1'024 + 1'024 * 1'024 / 512;
  EXPECT_EQ(world.run("PUSH 1 PUSH 32736 MSTORE", cost).gas_left, 0);
  EXPECT_EQ(world.run("PUSH 1 PUSH 32736 MSTORE", cost).status, ContractStatus::success);
  EXPECT_EQ(world.run("PUSH 1 PUSH 32736 MSTORE", cost - 1).status, ContractStatus::out_of_gas);
  EXPECT_EQ(world.run("PUSH 1 PUSH 0xffffffffffffffff MSTORE", INT64_MAX).status,
            ContractStatus::out_of_gas);
  EXPECT_EQ(world.run("PUSH 0x10000000000000000 PUSH 0 RETURN").status, ContractStatus::out_of_gas);
}

TEST(Evm, RevertGivesBackGasAndReason) {
  World world;
  const ContractResult result = world.run("PUSH 7 PUSH 0 MSTORE8 PUSH 1 PUSH 0 REVERT", 1'000);
  EXPECT_EQ(result.status, ContractStatus::revert);
  EXPECT_EQ(result.output, Bytes{7});
  EXPECT_EQ(result.gas_left, 1'000 - 3 - 3 - 3 - 3 - 3 - 3);
}

TEST(Evm, WordsFollowTheYellowPaper) {
  EXPECT_EQ(value_of("PUSH 0 PUSH 1 DIV"), U256());
  EXPECT_EQ(value_of("PUSH 0 NOT PUSH 1 PUSH 255 SHL SDIV"), U256(1) << 255);  // -2^255 / -1
  EXPECT_EQ(value_of("PUSH 3 PUSH 8 PUSH 0 SUB SMOD"), U256() - U256(2));      // -8 smod 3
  EXPECT_EQ(value_of("PUSH 7 PUSH 0 NOT PUSH 0 NOT MULMOD"), U256(1));         // 2^256 mod 7 = 2
  EXPECT_EQ(value_of("PUSH 0 PUSH 0 NOT PUSH 0 NOT ADDMOD"), U256());
  EXPECT_EQ(value_of("PUSH 256 PUSH 2 EXP"), U256());
  EXPECT_EQ(value_of("PUSH 0 PUSH 0 EXP"), U256(1));
  EXPECT_EQ(value_of("PUSH 0x80 PUSH 0 SIGNEXTEND"), ~U256(0x7f));
  EXPECT_EQ(value_of("PUSH 0x0102 PUSH 31 BYTE"), U256(2));
  EXPECT_EQ(value_of("PUSH 0 NOT PUSH 300 SAR"), U256::max());
  EXPECT_EQ(value_of("PUSH 1 PUSH 256 SHL"), U256());
  EXPECT_EQ(value_of("PUSH 1 PUSH 0 NOT SLT"), U256(1));
}

}  // namespace
}  // namespace ledgerlab::evm
