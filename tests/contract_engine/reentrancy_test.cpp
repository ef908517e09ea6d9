// The attack on The DAO (June 2016): a payee that calls back before it was noted that it was paid.
// The escrow of scenarios/contracts withstands it; its twin, which notes too late, is drained.
#include <functional>

#include "tests/contract_engine/jobs.hpp"
#include "tests/support/evm_assembler.hpp"

namespace ledgerlab {
namespace {

/// Creation code that leaves `runtime` (at most 255 bytes).
Bytes creating(const Bytes& runtime) {
  Bytes out = testing::assemble("PUSH " + std::to_string(runtime.size()) +
                                " DUP1 PUSH 12 PUSH 0 CODECOPY PUSH 0 RETURN STOP");
  EXPECT_EQ(out.size(), 12u);
  EXPECT_LT(runtime.size(), 256u);
  out.insert(out.end(), runtime.begin(), runtime.end());
  return out;
}

/// Passes what it is sent with data on to `target`. A payment without data makes it ask `target`
/// for its money by `input` (of 36 bytes), up to three times in all; slot 0 counts.
Bytes attacker(const Address& target, ByteView input) {
  const std::string call = " PUSH20 0x" + to_hex(target) + " GAS CALL STOP ";
  return testing::assemble(
      "CALLDATASIZE PUSH @forward JUMPI "
      "PUSH 2 PUSH 0 SLOAD GT PUSH @done JUMPI PUSH 1 PUSH 0 SLOAD ADD PUSH 0 SSTORE "
      "PUSH32 0x" +
      to_hex(input.first(32)) + " PUSH 0 MSTORE PUSH32 0x" + to_hex(input.subspan(4, 32)) +
      " PUSH 4 MSTORE PUSH 0 PUSH 0 PUSH 36 PUSH 0 PUSH 0" + call +
      "done: STOP "
      "forward: CALLDATASIZE PUSH 0 PUSH 0 CALLDATACOPY "
      "PUSH 0 PUSH 0 CALLDATASIZE PUSH 0 CALLVALUE" +
      call);
}

class Reentrancy : public ::testing::Test {
 protected:
  /// Deploys it, deposits 1,000 through it by `deposit`, and lets it take its money back.
  Address attack(const Address& target, const std::function<Bytes(const Address&)>& deposit,
                 const Bytes& withdraw) {
    const auto made = world.deploy(person(0), creating(attacker(target, withdraw)));
    EXPECT_EQ(made.status, ContractStatus::success);
    const Job pay{"", person(0), U256(1'000), deposit(made.created)};
    EXPECT_EQ(world.send(pay, made.created).status, ContractStatus::success);
    EXPECT_EQ(world.balance(target), U256(6'000));
    EXPECT_EQ(world.send({"", person(0), {}, {}}, made.created).status, ContractStatus::success);
    return made.created;
  }

  std::unique_ptr<ContractEngine> engine = evm::make_evm();
  EthereumWorld world{*engine};
};

TEST_F(Reentrancy, TheEscrowPaysOnce) {
  const auto made = world.deploy(person(0), engine_cases()[0].creation("escrow", {}));
  ASSERT_EQ(made.status, ContractStatus::success);
  const Address escrow = made.created;
  const auto deposit = [](const Hash256& id, const Address& payee) {
    return contract::abi_call("deposit(bytes32,address)",
                              {contract::abi(id), contract::abi(payee)});
  };
  const Job honest{"", person(1), U256(5'000), deposit(thing(1), person(2))};
  ASSERT_EQ(world.send(honest, escrow).status, ContractStatus::success);
  const Address thief = attack(
      escrow, [&](const Address& self) { return deposit(thing(2), self); },
      contract::abi_call("release(bytes32)", {contract::abi(thing(2))}));
  EXPECT_EQ(world.balance(thief), U256(1'000));
  EXPECT_EQ(world.balance(escrow), U256(5'000));
  // The honest deal is there still.
  const Job release{
      "", person(1), {}, contract::abi_call("release(bytes32)", {contract::abi(thing(1))})};
  EXPECT_EQ(world.send(release, escrow).status, ContractStatus::success);
  EXPECT_EQ(world.balance(escrow), U256());
  EXPECT_EQ(world.balance(person(2)), U256(105'000));
  EXPECT_EQ(world.fault(), "");
}

TEST_F(Reentrancy, TwinThatNotesTooLateIsDrained) {
  // With value: slot 0 is what is owed. Without: pays it to the caller, and then notes that.
  const auto made = world.deploy(
      person(0), creating(testing::assemble(
                     "CALLVALUE PUSH @deposit JUMPI PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 SLOAD "
                     "CALLER GAS CALL POP PUSH 0 PUSH 0 SSTORE STOP "
                     "deposit: CALLVALUE PUSH 0 SSTORE STOP")));
  ASSERT_EQ(made.status, ContractStatus::success);
  const Job honest{"", person(1), U256(5'000), Bytes{1}};
  ASSERT_EQ(world.send(honest, made.created).status, ContractStatus::success);
  const Address thief = attack(
      made.created, [](const Address&) { return Bytes{1}; }, Bytes(36, 0));
  EXPECT_EQ(world.balance(thief), U256(3'000));
  EXPECT_EQ(world.balance(made.created), U256(3'000));
}

}  // namespace
}  // namespace ledgerlab
