// The Solidity contracts of scenarios/contracts behave as their README says.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "tests/support/contract_host.hpp"

namespace ledgerlab::evm {
namespace {

using testing::MemoryHost;

Bytes hex_file(const std::string& name) {
  std::ifstream in(std::string(LEDGERLAB_SOURCE_DIR) + "/scenarios/contracts/" + name);
  std::string text;
  in >> text;
  return from_hex(text).value();
}

void append(Bytes& to, const FixedBytes<32>& word) {
  to.insert(to.end(), word.data.begin(), word.data.end());
}

Address person(Byte number) {
  Address out;
  out.data[0] = 0xaa;
  out.data[19] = number;
  return out;
}

U256 word_of(const Address& address) { return *u256_from_big_endian(address.view()); }

/// A world with one deployed contract and calls of it by signature.
class Deployed {
 public:
  Deployed(const std::string& name, const std::vector<U256>& arguments) {
    ContractMessage message;
    message.kind = CallKind::create;
    message.gas = 10'000'000;
    message.sender = person(1);
    Bytes code = hex_file(name);
    for (const U256& argument : arguments) append(code, to_big_endian(argument));
    message.input = code;
    for (Byte i = 1; i <= 3; ++i) host_.account(person(i)).balance = U256(1'000);
    const ContractResult result = host_.call(message);
    EXPECT_EQ(result.status, ContractStatus::success);
    contract_ = result.created;
  }

  ContractResult call(Byte caller, std::string_view signature, const std::vector<U256>& arguments,
                      std::uint64_t value = 0) {
    const Hash256 hash = keccak256(as_bytes(signature));
    Bytes input(hash.data.begin(), hash.data.begin() + 4);
    for (const U256& argument : arguments) append(input, to_big_endian(argument));
    ContractMessage message;
    message.gas = 10'000'000;
    message.recipient = message.code_address = contract_;
    message.sender = person(caller);
    message.value = U256(value);
    message.input = input;
    return host_.call(message);
  }
  U256 word(std::string_view signature, const std::vector<U256>& arguments) {
    const ContractResult result = call(1, signature, arguments);
    EXPECT_EQ(result.status, ContractStatus::success) << signature;
    EXPECT_EQ(result.output.size(), 32u) << signature;
    return u256_from_big_endian(result.output).value_or(U256());
  }
  /// The text of a refusal; "success" for none.
  std::string refusal(Byte caller, std::string_view signature, const std::vector<U256>& arguments,
                      std::uint64_t value = 0) {
    const ContractResult result = call(caller, signature, arguments, value);
    if (result.status == ContractStatus::success) return "success";
    EXPECT_EQ(result.status, ContractStatus::revert);
    if (result.output.empty()) return "";
    EXPECT_EQ(to_hex(ByteView(result.output).first(4)), "08c379a0");
    const Bytes length(result.output.begin() + 36, result.output.begin() + 68);
    const auto* text = reinterpret_cast<const char*>(result.output.data()) + 68;
    return {text, static_cast<std::size_t>(u256_from_big_endian(length)->low64())};
  }
  MemoryHost& host() { return host_; }
  const Address& contract() const { return contract_; }

 private:
  std::unique_ptr<ContractEngine> engine_ = make_evm();
  MemoryHost host_{*engine_, Revision::cancun};
  Address contract_;
};

const U256 alice = word_of(person(1));
const U256 bob = word_of(person(2));
const U256 carol = word_of(person(3));

TEST(SolidityContracts, TokenMovesAndRefuses) {
  Deployed token("erc20/erc20.bin", {U256(1'000)});
  EXPECT_EQ(token.word("totalSupply()", {}), U256(1'000));
  EXPECT_EQ(token.word("balanceOf(address)", {alice}), U256(1'000));
  EXPECT_EQ(token.word("transfer(address,uint256)", {bob, U256(300)}), U256(1));
  EXPECT_EQ(token.word("balanceOf(address)", {alice}), U256(700));
  EXPECT_EQ(token.word("balanceOf(address)", {bob}), U256(300));
  EXPECT_EQ(token.word("transfer(address,uint256)", {alice, U256(700)}), U256(1));
  EXPECT_EQ(token.word("balanceOf(address)", {alice}), U256(700));
  EXPECT_EQ(token.refusal(2, "transfer(address,uint256)", {carol, U256(301)}), "token: balance");
  EXPECT_EQ(token.refusal(2, "transfer(address,uint256)", {U256(), U256(301)}), "token: nobody");
  EXPECT_EQ(token.word("balanceOf(address)", {bob}), U256(300));

  EXPECT_EQ(token.word("approve(address,uint256)", {bob, U256(50)}), U256(1));
  EXPECT_EQ(token.word("allowance(address,address)", {alice, bob}), U256(50));
  EXPECT_EQ(token.refusal(2, "transferFrom(address,address,uint256)", {alice, carol, U256(51)}),
            "token: allowance");
  EXPECT_EQ(token.refusal(2, "transferFrom(address,address,uint256)", {alice, carol, U256(20)}),
            "success");
  EXPECT_EQ(token.word("allowance(address,address)", {alice, bob}), U256(30));
  EXPECT_EQ(token.word("balanceOf(address)", {carol}), U256(20));
  EXPECT_EQ(token.refusal(1, "transfer(address,uint256)", {bob, U256(1)}, 5), "");
  EXPECT_EQ(token.refusal(1, "nonsense()", {}), "");

  const MemoryHost::Log& minted = token.host().logs.front();
  ASSERT_EQ(minted.topics.size(), 3u);
  EXPECT_EQ(minted.topics[0], keccak256(as_bytes("Transfer(address,address,uint256)")));
  EXPECT_TRUE(minted.topics[1].is_zero());
  EXPECT_EQ(u256_from(minted.topics[2]), alice);
}

TEST(SolidityContracts, RegistryKeepsOwners) {
  Deployed registry("registry/registry.bin", {});
  const U256 id(7), hash(99);
  EXPECT_EQ(registry.word("ownerOf(bytes32)", {id}), U256());
  EXPECT_EQ(registry.refusal(1, "transferAsset(bytes32,address)", {id, bob}),
            "registry: not the owner");
  EXPECT_EQ(registry.refusal(1, "register(bytes32,bytes32)", {id, hash}), "success");
  EXPECT_EQ(registry.refusal(2, "register(bytes32,bytes32)", {id, hash}), "registry: taken");
  EXPECT_EQ(registry.word("hashOf(bytes32)", {id}), hash);
  EXPECT_EQ(registry.refusal(2, "transferAsset(bytes32,address)", {id, bob}),
            "registry: not the owner");
  EXPECT_EQ(registry.refusal(1, "transferAsset(bytes32,address)", {id, U256()}),
            "registry: nobody");
  EXPECT_EQ(registry.refusal(1, "transferAsset(bytes32,address)", {id, bob}), "success");
  EXPECT_EQ(registry.word("ownerOf(bytes32)", {id}), bob);
}

TEST(SolidityContracts, EscrowPaysOnce) {
  Deployed escrow("escrow/escrow.bin", {});
  const U256 id(1), other(2);
  const auto deposit = "deposit(bytes32,address)";
  EXPECT_EQ(escrow.refusal(1, deposit, {id, bob}), "escrow: nothing");
  EXPECT_EQ(escrow.refusal(1, deposit, {id, U256()}, 10), "escrow: nobody");
  EXPECT_EQ(escrow.refusal(1, deposit, {id, bob}, 100), "success");
  EXPECT_EQ(escrow.refusal(1, deposit, {id, bob}, 100), "escrow: taken");
  EXPECT_EQ(escrow.word("stateOf(bytes32)", {id}), U256(1));
  EXPECT_EQ(escrow.word("amountOf(bytes32)", {id}), U256(100));
  EXPECT_EQ(escrow.refusal(2, "release(bytes32)", {id}), "escrow: not the payer");
  EXPECT_EQ(escrow.refusal(1, "refund(bytes32)", {id}), "escrow: not the payee");
  EXPECT_EQ(escrow.refusal(1, "release(bytes32)", {other}), "escrow: not held");
  EXPECT_EQ(escrow.host().balance(escrow.contract()), U256(100));
  EXPECT_EQ(escrow.refusal(1, "release(bytes32)", {id}), "success");
  EXPECT_EQ(escrow.refusal(1, "release(bytes32)", {id}), "escrow: not held");
  EXPECT_EQ(escrow.word("stateOf(bytes32)", {id}), U256(2));
  EXPECT_EQ(escrow.host().balance(person(2)), U256(1'100));

  EXPECT_EQ(escrow.refusal(1, deposit, {other, bob}, 50), "success");
  EXPECT_EQ(escrow.refusal(2, "refund(bytes32)", {other}), "success");
  EXPECT_EQ(escrow.word("stateOf(bytes32)", {other}), U256(3));
  EXPECT_EQ(escrow.host().balance(person(1)), U256(900));
  EXPECT_EQ(escrow.host().balance(escrow.contract()), U256());
}

TEST(SolidityContracts, HeavyComputesTheSequence) {
  Deployed heavy("heavy/heavy.bin", {});
  EXPECT_EQ(heavy.word("compute(uint256)", {U256(1)}), U256(1'013'904'223));
  EXPECT_EQ(heavy.word("last()", {}), U256(1'013'904'223));
  EXPECT_EQ(heavy.word("compute(uint256)", {U256(1)}), U256(1'196'435'762));
  EXPECT_EQ(heavy.word("compute(uint256)", {U256(998)}), U256(3'926'946'568));
}

}  // namespace
}  // namespace ledgerlab::evm
