// What depends on more than the instruction: storage, calls, creations, by the EIPs' own examples.
#include "models/contract/evm/gas.hpp"

#include <gtest/gtest.h>

#include "models/contract/evm/evm.hpp"
#include "tests/support/contract_host.hpp"
#include "tests/support/evm_assembler.hpp"

namespace ledgerlab::evm {
namespace {

using testing::assemble;
using testing::make_code;
using testing::MemoryHost;

Address account(Byte last) {
  Address out;
  out.data[19] = last;
  return out;
}

struct World {
  explicit World(Revision revision) : host(*engine, revision), revision(revision) {}
  ContractResult run(const Bytes& code, std::int64_t gas, bool is_static = false,
                     std::int32_t depth = 0) {
    ContractMessage message;
    message.gas = gas;
    message.recipient = message.code_address = account(1);
    message.sender = account(2);
    message.is_static = is_static;
    message.depth = depth;
    return engine->execute(host, revision, message, *make_code(code));
  }
  ContractResult run(std::string_view text, std::int64_t gas = 1'000'000) {
    return run(assemble(text), gas);
  }
  std::int64_t cost(std::string_view text) {
    const ContractResult result = run(text);
    EXPECT_EQ(result.status, ContractStatus::success) << text;
    return 1'000'000 - result.gas_left;
  }
  std::unique_ptr<ContractEngine> engine = make_evm();
  MemoryHost host;
  Revision revision;
};

struct StoreCase {
  std::string_view code;  // hexadecimal
  std::int64_t used;
  std::int64_t refund;
  std::uint64_t original;
};

void expect_stores(Revision revision, std::span<const StoreCase> cases, bool warm = false) {
  for (const StoreCase& test : cases) {
    World world(revision);
    auto& slot = world.host.account(account(1)).storage[U256()];
    slot.current = slot.original = U256(test.original);
    slot.warm = warm;
    const ContractResult result = world.run(*from_hex(test.code), 1'000'000);
    EXPECT_EQ(result.status, ContractStatus::success);
    EXPECT_EQ(1'000'000 - result.gas_left, test.used) << test.code << ' ' << test.original;
    EXPECT_EQ(result.gas_refund, test.refund) << test.code << ' ' << test.original;
  }
}

TEST(EvmGas, Eip1283Examples) {  // EIP-1283, "Test Cases"
  constexpr StoreCase cases[] = {{"60006000556000600055", 412, 0, 0},
                                 {"60006000556001600055", 20'212, 0, 0},
                                 {"60016000556000600055", 20'212, 19'800, 0},
                                 {"60016000556002600055", 20'212, 0, 0},
                                 {"60016000556001600055", 20'212, 0, 0},
                                 {"60006000556000600055", 5'212, 15'000, 1},
                                 {"60006000556001600055", 5'212, 4'800, 1},
                                 {"60006000556002600055", 5'212, 0, 1},
                                 {"60026000556000600055", 5'212, 15'000, 1},
                                 {"60026000556003600055", 5'212, 0, 1},
                                 {"60026000556001600055", 5'212, 4'800, 1},
                                 {"60026000556002600055", 5'212, 0, 1},
                                 {"60016000556000600055", 5'212, 15'000, 1},
                                 {"60016000556002600055", 5'212, 0, 1},
                                 {"60016000556001600055", 412, 0, 1},
                                 {"600160005560006000556001600055", 40'218, 19'800, 0},
                                 {"600060005560016000556000600055", 10'218, 19'800, 1}};
  expect_stores(Revision::constantinople, cases);
}

TEST(EvmGas, Eip2200Examples) {  // EIP-2200, "Test Cases"
  constexpr StoreCase cases[] = {{"60006000556000600055", 1'612, 0, 0},
                                 {"60006000556001600055", 20'812, 0, 0},
                                 {"60016000556000600055", 20'812, 19'200, 0},
                                 {"60016000556002600055", 20'812, 0, 0},
                                 {"60016000556001600055", 20'812, 0, 0},
                                 {"60006000556000600055", 5'812, 15'000, 1},
                                 {"60006000556001600055", 5'812, 4'200, 1},
                                 {"60006000556002600055", 5'812, 0, 1},
                                 {"60026000556000600055", 5'812, 15'000, 1},
                                 {"60026000556003600055", 5'812, 0, 1},
                                 {"60026000556001600055", 5'812, 4'200, 1},
                                 {"60026000556002600055", 5'812, 0, 1},
                                 {"60016000556000600055", 5'812, 15'000, 1},
                                 {"60016000556002600055", 5'812, 0, 1},
                                 {"60016000556001600055", 1'612, 0, 1},
                                 {"600160005560006000556001600055", 40'818, 19'200, 0},
                                 {"600060005560016000556000600055", 10'818, 19'200, 1}};
  expect_stores(Revision::istanbul, cases);
}

TEST(EvmGas, Eip3529Examples) {  // EIP-3529, "Test Cases"; the slot is warm
  constexpr StoreCase cases[] = {{"60006000556000600055", 212, 0, 0},
                                 {"60006000556001600055", 20'112, 0, 0},
                                 {"60016000556000600055", 20'112, 19'900, 0},
                                 {"60016000556002600055", 20'112, 0, 0},
                                 {"60016000556001600055", 20'112, 0, 0},
                                 {"60006000556000600055", 3'012, 4'800, 1},
                                 {"60006000556001600055", 3'012, 2'800, 1},
                                 {"60006000556002600055", 3'012, 0, 1},
                                 {"60026000556000600055", 3'012, 4'800, 1},
                                 {"60026000556003600055", 3'012, 0, 1},
                                 {"60026000556001600055", 3'012, 2'800, 1},
                                 {"60026000556002600055", 3'012, 0, 1},
                                 {"60016000556000600055", 3'012, 4'800, 1},
                                 {"60016000556002600055", 3'012, 0, 1},
                                 {"60016000556001600055", 212, 0, 1},
                                 {"600160005560006000556001600055", 40'118, 19'900, 0},
                                 {"600060005560016000556000600055", 5'918, 7'600, 1}};
  expect_stores(Revision::london, cases, true);
}

TEST(EvmGas, StoresOfOldCountTheCurrentValueOnly) {
  constexpr StoreCase cases[] = {{"60016000556000600055", 25'012, 15'000, 0},
                                 {"60006000556001600055", 25'012, 15'000, 1},
                                 {"60026000556001600055", 10'012, 0, 1}};
  for (const Revision revision : {Revision::frontier, Revision::byzantium, Revision::petersburg}) {
    expect_stores(revision, cases);
  }
}

TEST(EvmGas, StoringWithTheStipendAloneFails) {  // EIP-2200
  EXPECT_EQ(World(Revision::istanbul).run("PUSH 0 PUSH 0 SSTORE", 2'306).status,
            ContractStatus::out_of_gas);
  EXPECT_EQ(World(Revision::istanbul).run("PUSH 0 PUSH 0 SSTORE", 2'307).status,
            ContractStatus::success);
  EXPECT_EQ(World(Revision::petersburg).run("PUSH 0 PUSH 0 SSTORE", 5'006).gas_left, 0);
}

TEST(EvmGas, ColdAccessIsPaidOnce) {  // EIP-2929
  World world(Revision::berlin);
  EXPECT_EQ(world.cost("PUSH 9 BALANCE POP"), 3 + 2'600 + 2);
  EXPECT_EQ(world.cost("PUSH 9 BALANCE POP"), 3 + 100 + 2);
  EXPECT_EQ(world.cost("PUSH 8 EXTCODESIZE POP"), 3 + 2'600 + 2);
  EXPECT_EQ(world.cost("PUSH 5 SLOAD POP"), 3 + 2'100 + 2);
  EXPECT_EQ(world.cost("PUSH 5 SLOAD POP"), 3 + 100 + 2);
  EXPECT_EQ(world.cost("PUSH 1 PUSH 6 SSTORE"), 6 + 2'100 + 20'000);
  EXPECT_EQ(World(Revision::istanbul).cost("PUSH 9 BALANCE POP"), 3 + 700 + 2);
}

TEST(EvmGas, PowersArePaidByTheByte) {  // EIP-160
  EXPECT_EQ(World(Revision::homestead).cost("PUSH2 0x100 PUSH 2 EXP"), 6 + 10 + 20);
  EXPECT_EQ(World(Revision::spurious_dragon).cost("PUSH2 0x100 PUSH 2 EXP"), 6 + 10 + 100);
  EXPECT_EQ(World(Revision::cancun).cost("PUSH 0 PUSH 2 EXP"), 6 + 10);
}

/// A call of account 5 with `gas`; 5 returns the gas it has.
constexpr std::string_view gas_seen = " PUSH 32 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 5 ";
U256 gas_given(World& world, std::string_view asked, std::int64_t gas) {
  world.host.account(account(5)).code =
      make_code(assemble("GAS PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN"));
  const ContractResult result = world.run(
      assemble(std::string(gas_seen) + std::string(asked) + " CALL PUSH 32 PUSH 0 RETURN"), gas);
  if (result.status != ContractStatus::success) return U256();
  return *u256_from_big_endian(result.output) + U256(2);  // GAS itself cost two
}

TEST(EvmGas, ACallKeepsASixtyFourth) {  // EIP-150
  World world(Revision::tangerine_whistle);
  // Before the 63/64: seven pushes, the call, one word of memory; the NOT is the 3 more.
  const std::int64_t left = 100'000 - 7 * 3 - 700 - 3;
  EXPECT_EQ(gas_given(world, "PUSH 0 NOT", 100'000 + 3), U256(left - left / 64));
  EXPECT_EQ(gas_given(world, "PUSH 5000", 100'000), U256(5'000));
  World old(Revision::homestead);
  EXPECT_EQ(gas_given(old, "PUSH 5000", 100'000), U256(5'000));
  EXPECT_EQ(gas_given(old, "PUSH 0 NOT", 100'000), U256());  // more than there is
}

TEST(EvmGas, AValueBringsAStipendAndPaysForANewAccount) {
  World world(Revision::cancun);
  world.host.account(account(1)).balance = U256(10);
  // To an account that is not there: cold, value, new; the stipend comes back.
  EXPECT_EQ(world.cost("PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 1 PUSH 7 PUSH 0 CALL"),
            7 * 3 + 2'600 + 9'000 + 25'000 - 2'300);
  EXPECT_EQ(world.host.balance(account(7)), U256(1));
  EXPECT_EQ(world.cost("PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 1 PUSH 7 PUSH 0 CALL"),
            7 * 3 + 100 + 9'000 - 2'300);
  // Without value nothing is made and nothing paid for it.
  EXPECT_EQ(world.cost("PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 8 PUSH 0 CALL"), 7 * 3 + 2'600);
  // More than it has: the call fails, its gas comes back with the stipend.
  EXPECT_EQ(world.cost("PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 99 PUSH 7 PUSH 5000 CALL"),
            7 * 3 + 100 + 9'000 - 2'300);
}

TEST(EvmGas, StaticFramesChangeNothing) {  // EIP-214
  World world(Revision::cancun);
  world.host.account(account(1)).balance = U256(10);
  for (const std::string_view text :
       {"PUSH 0 PUSH 0 SSTORE", "PUSH 0 PUSH 0 TSTORE", "PUSH 0 PUSH 0 LOG0",
        "PUSH 0 PUSH 0 PUSH 0 CREATE", "PUSH 0 PUSH 0 PUSH 0 PUSH 0 CREATE2", "PUSH 0 SELFDESTRUCT",
        "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 1 PUSH 7 PUSH 0 CALL"}) {
    EXPECT_EQ(world.run(assemble(text), 1'000'000, true).status, ContractStatus::static_violation)
        << text;
  }
  EXPECT_EQ(
      world.run(assemble("PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 7 PUSH 0 CALL"), 1'000'000, true)
          .status,
      ContractStatus::success);
}

TEST(EvmGas, TheDeepestFrameCallsNobody) {
  World world(Revision::cancun);
  world.host.account(account(5)).code = make_code(assemble("STOP"));
  const Bytes code = assemble(
      "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 5 PUSH 0 CALL PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN");
  EXPECT_EQ(world.run(code, 100'000, false, 1'023).output[31], 1);
  EXPECT_EQ(world.run(code, 100'000, false, 1'024).output[31], 0);
}

TEST(EvmGas, InitialisationCodeIsPaidAndBounded) {  // EIP-3860
  const std::string_view create = "PUSH3 0xc000 PUSH 0 PUSH 0 CREATE";
  const std::int64_t memory = gas::memory(0xc000 / 32);
  EXPECT_EQ(World(Revision::paris).cost(create), 9 + 32'000 + memory);
  EXPECT_EQ(World(Revision::shanghai).cost(create), 9 + 32'000 + memory + 2 * 0xc000 / 32);
  EXPECT_EQ(World(Revision::shanghai).cost("PUSH 0 PUSH3 0xc000 PUSH 0 PUSH 0 CREATE2"),
            12 + 32'000 + memory + (2 + 6) * 0xc000 / 32);
  const std::string_view more = "PUSH3 0xc001 PUSH 0 PUSH 0 CREATE";
  EXPECT_EQ(World(Revision::paris).run(more).status, ContractStatus::success);
  EXPECT_EQ(World(Revision::shanghai).run(more).status, ContractStatus::out_of_gas);
}

TEST(EvmGas, ReturnDataIsTheLastFrames) {  // EIP-211
  World world(Revision::cancun);
  world.host.account(account(5)).code =
      make_code(assemble("PUSH 7 PUSH 0 MSTORE8 PUSH 3 PUSH 0 REVERT"));
  const std::string call = "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 5 PUSH 50000 CALL ";
  EXPECT_EQ(world.run(call + "PUSH 3 PUSH 0 PUSH 0 RETURNDATACOPY PUSH 3 PUSH 0 RETURN").output,
            (Bytes{7, 0, 0}));
  EXPECT_EQ(world.run(call + "PUSH 1 PUSH 3 PUSH 0 RETURNDATACOPY").status,
            ContractStatus::invalid_memory_access);
  EXPECT_EQ(world.run(call + "PUSH 0 PUSH 4 PUSH 0 RETURNDATACOPY").status,
            ContractStatus::invalid_memory_access);
  EXPECT_EQ(world.run(call + "PUSH 0 PUSH 3 PUSH 0 RETURNDATACOPY").status,
            ContractStatus::success);
}

TEST(EvmGas, AFrameThatFailsRefundsNothing) {
  World world(Revision::london);
  auto& slot = world.host.account(account(5)).storage[U256()];
  slot.current = slot.original = U256(1);
  world.host.account(account(5)).code = make_code(assemble("PUSH 0 PUSH 0 SSTORE INVALID"));
  const std::string call = "PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 5 PUSH 50000 CALL ";
  EXPECT_EQ(world.run(call).gas_refund, 0);
  EXPECT_EQ(world.host.slot(account(5), U256()), U256(1));
  world.host.account(account(5)).code = make_code(assemble("PUSH 0 PUSH 0 SSTORE"));
  EXPECT_EQ(world.run(call).gas_refund, 4'800);
}

}  // namespace
}  // namespace ledgerlab::evm
