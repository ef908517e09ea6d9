// Contracts that are locking scripts: what unlocks them, what a signature binds, what a spend may
// cost at most, and that hostile scripts and inputs get no further.
#include "models/contract/script/script.hpp"

#include <gtest/gtest.h>

#include <random>

#include "models/crypto/hash.hpp"
#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

using script::Spend;

Address account(Byte number) {
  Address out;
  out.data[19] = number;
  return out;
}
const Address alice = account(1), bob = account(2);

Secp256k1SecretKey secret(Byte number) {
  Secp256k1SecretKey out;
  out.data[31] = number;
  return out;
}
Bytes key(Byte number) {
  const auto sec1 = *secp256k1_compress(*secp256k1_public_key(secret(number)));
  return Bytes(sec1.data.begin(), sec1.data.end());
}
Bytes ops(std::string_view text) { return bitcoin::script_from_notation(text).value(); }

class ScriptTest : public testing::Test {
 protected:
  ScriptTest() {
    host.state.accounts[alice].balance = 1'000'000;
    host.block.chain_id = 7;
    host.block.block_number = 100;
    host.block.timestamp = 1'700'000'000;
  }

  ContractResult deploy(const Bytes& code, U256 value = 1'000) {
    ContractResult made = host.deploy(alice, contract::deployment(code, {}), value);
    at = made.created;
    locking = code;
    return made;
  }
  ContractResult send(const Spend& spend) {
    return host.send(alice, at, {}, script::encode_spend(spend));
  }
  /// What a signature signs, for a legacy or version 0 lock.
  Bytes sign(const Spend& spend, Byte signer, std::uint64_t index = 0, std::uint64_t chain = 7) {
    const auto tx = script::spending_transaction(chain, at, index, spend);
    const Hash256 digest = bitcoin::legacy_sighash(locking, tx, 0, bitcoin::sighash_all);
    Bytes out = secp256k1_to_der(*secp256k1_sign(secret(signer), digest));
    out.push_back(bitcoin::sighash_all);
    return out;
  }
  Spend pay(U256 amount, Address to = bob) { return {to, amount, {}, {}}; }
  U256 balance(const Address& who) { return host.state.accounts[who].balance; }

  std::unique_ptr<contract::CodeEngine> engine = script::make_script();
  MemoryHost host{*engine};
  Address at;
  Bytes locking;
};

TEST_F(ScriptTest, PaysWhoeverKnowsThePreimage) {
  const Bytes word = {'s', 'e', 's', 'a', 'm', 'e'};
  Bytes code = {bitcoin::op_sha256};
  bitcoin::push_data(code, sha256(word).view());
  code.push_back(bitcoin::op_equal);
  ASSERT_EQ(deploy(code).status, ContractStatus::success);
  Spend spend = pay(300);
  bitcoin::push_data(spend.script_sig, Bytes{'x'});
  const ContractResult wrong = send(spend);
  EXPECT_EQ(wrong.status, ContractStatus::revert);
  EXPECT_EQ(wrong.reason, "EVAL_FALSE");
  EXPECT_EQ(balance(bob), U256(0));
  spend.script_sig.clear();
  bitcoin::push_data(spend.script_sig, word);
  EXPECT_EQ(send(spend).status, ContractStatus::success);
  EXPECT_EQ(balance(bob), U256(300));
  EXPECT_EQ(balance(at), U256(700));
  // More than there is.
  spend.amount = 701;
  EXPECT_EQ(send(spend).reason, "the payment failed");
  EXPECT_EQ(balance(bob), U256(300));
  // Deposits need no key; spends bring none.
  EXPECT_EQ(host.send(alice, at, 50, {}).status, ContractStatus::success);
  EXPECT_EQ(balance(at), U256(750));
  spend.amount = 1;
  EXPECT_EQ(host.send(alice, at, 1, script::encode_spend(spend)).status, ContractStatus::revert);
  EXPECT_EQ(balance(at), U256(750));
}

TEST_F(ScriptTest, ASignatureBindsPayeeAmountContractChainAndTurn) {
  ASSERT_EQ(deploy(bitcoin::p2pkh_script(bitcoin::hash160(key(1)))).status,
            ContractStatus::success);
  const auto unlocked = [&](Spend spend, const Bytes& signature, Byte signer = 1) {
    bitcoin::push_data(spend.script_sig, signature);
    bitcoin::push_data(spend.script_sig, key(signer));
    return spend;
  };
  const Bytes good = sign(pay(100), 1);
  EXPECT_EQ(send(unlocked(pay(101), good)).reason, "NULLFAIL");
  EXPECT_EQ(send(unlocked(pay(100, alice), good)).reason, "NULLFAIL");
  EXPECT_EQ(send(unlocked(pay(100), sign(pay(100), 1, 0, 8))).reason, "NULLFAIL");
  EXPECT_EQ(send(unlocked(pay(100), sign(pay(100), 2))).reason, "NULLFAIL");
  EXPECT_EQ(send(unlocked(pay(100), sign(pay(100), 2), 2)).reason, "EQUALVERIFY");
  const Address first = at;
  ASSERT_EQ(deploy(locking).status, ContractStatus::success);
  ASSERT_NE(at, first);
  EXPECT_EQ(send(unlocked(pay(100), good)).reason, "NULLFAIL") << "another contract";
  at = first;
  EXPECT_EQ(balance(bob), U256(0));
  // Whoever carries it, it is good once.
  host.state.accounts[bob].balance = 0;
  EXPECT_EQ(host.send(bob, at, {}, script::encode_spend(unlocked(pay(100), good))).status,
            ContractStatus::success);
  EXPECT_EQ(send(unlocked(pay(100), good)).reason, "NULLFAIL");
  EXPECT_EQ(send(unlocked(pay(100), sign(pay(100), 1, 1))).status, ContractStatus::success);
  EXPECT_EQ(balance(bob), U256(200));
}

TEST_F(ScriptTest, TwoOfThree) {
  ASSERT_EQ(deploy(*bitcoin::multisig_script(2, {key(1), key(2), key(3)})).status,
            ContractStatus::success);
  const auto with = [&](Byte a, Byte b) {
    Spend spend = pay(10);
    spend.script_sig.push_back(bitcoin::op_0);
    bitcoin::push_data(spend.script_sig, sign(pay(10), a));
    bitcoin::push_data(spend.script_sig, sign(pay(10), b));
    return send(spend);
  };
  EXPECT_EQ(with(3, 1).status, ContractStatus::revert);  // the order of the keys is the order
  EXPECT_EQ(with(1, 4).status, ContractStatus::revert);
  EXPECT_EQ(with(1, 3).status, ContractStatus::success);
}

TEST_F(ScriptTest, WitnessesAndTaproot) {
  // Version 0: a key's hash.
  const Bytes hash = bitcoin::p2pkh_script(bitcoin::hash160(key(1)));
  Bytes code = {bitcoin::op_0};
  bitcoin::push_data(code, bitcoin::hash160(key(1)).view());
  ASSERT_EQ(deploy(code).status, ContractStatus::success);
  Spend spend = pay(10);
  auto tx = script::spending_transaction(7, at, 0, spend);
  const bitcoin::TransactionHashes hashes(tx, {script::spent_output(code)});
  Bytes signature = secp256k1_to_der(*secp256k1_sign(
      secret(1), bitcoin::witness_v0_sighash(hash, tx, 0, bitcoin::sighash_all, 0, hashes)));
  signature.push_back(bitcoin::sighash_all);
  spend.witness = {signature, key(1)};
  EXPECT_EQ(send(spend).status, ContractStatus::success);
  // Version 1: the output's key signs.
  code = {bitcoin::op_1};
  bitcoin::push_data(code, xonly_public_key(secret(5))->view());
  ASSERT_EQ(deploy(code).status, ContractStatus::success);
  spend = pay(20);
  tx = script::spending_transaction(7, at, 0, spend);
  const bitcoin::TransactionHashes rooted(tx, {script::spent_output(code)});
  const auto digest = bitcoin::taproot_sighash({}, tx, 0, bitcoin::sighash_default,
                                               bitcoin::SigVersion::taproot, rooted);
  const auto schnorr = *schnorr_sign(secret(5), digest->view(), {});
  spend.witness = {Bytes(schnorr.data.begin(), schnorr.data.end())};
  EXPECT_EQ(send(spend).status, ContractStatus::success);
  spend.witness[0][0] ^= 1;
  EXPECT_EQ(send(spend).reason, "SCHNORR_SIG");
}

TEST_F(ScriptTest, LocksByHeightTimeAndAge) {
  // 101 OP_CLTV: strictly after height 101 (BIP 65); twice 512 s after the coin was made (BIP 68).
  ASSERT_EQ(deploy(ops("101 OP_CHECKLOCKTIMEVERIFY")).status, ContractStatus::success);
  const Address by_height = at;
  Bytes aged;
  bitcoin::push_number(aged, (1 << 22) | 2);
  aged.push_back(bitcoin::op_checksequenceverify);
  ASSERT_EQ(deploy(aged).status, ContractStatus::success);
  const Address by_age = at;
  ASSERT_EQ(deploy(ops("3 OP_CHECKSEQUENCEVERIFY")).status, ContractStatus::success);
  const Address by_blocks = at;
  const auto ask = [&](const Address& contract) {
    at = contract;
    return send(pay(1)).status == ContractStatus::success;
  };
  host.block.block_number = 101;
  host.block.timestamp += 1'023;
  EXPECT_FALSE(ask(by_height));
  EXPECT_FALSE(ask(by_age));
  host.block.block_number = 102;
  host.block.timestamp += 1;
  EXPECT_TRUE(ask(by_height));
  EXPECT_TRUE(ask(by_age));
  EXPECT_FALSE(ask(by_age)) << "the spend made a new coin";
  EXPECT_FALSE(ask(by_blocks));
  host.block.block_number = 103;
  EXPECT_TRUE(ask(by_blocks));
}

TEST_F(ScriptTest, RefusesWhatIsNoContract) {
  EXPECT_EQ(deploy({0x4c}).status, ContractStatus::code_refused);                // a cut push
  EXPECT_EQ(deploy({bitcoin::op_return}).status, ContractStatus::code_refused);  // for ever
  EXPECT_EQ(deploy(Bytes(10'001, bitcoin::op_nop)).status, ContractStatus::code_refused);
  EXPECT_EQ(host.deploy(alice, Bytes{bitcoin::op_1}).status, ContractStatus::code_refused);
  const Bytes with_argument = contract::deployment(Bytes{bitcoin::op_1}, Bytes(32, 0));
  EXPECT_EQ(host.deploy(alice, with_argument).status, ContractStatus::revert);
}

TEST_F(ScriptTest, AStaticCallCannotSpend) {
  ASSERT_EQ(deploy(ops("1")).status, ContractStatus::success);
  ContractMessage message;
  message.is_static = true;
  message.gas = 1'000'000;
  message.sender = alice;
  message.recipient = message.code_address = at;
  const Bytes input = script::encode_spend(pay(1));
  message.input = input;
  EXPECT_EQ(host.call(message).status, ContractStatus::static_violation);
  EXPECT_EQ(balance(bob), U256(0));
}

TEST_F(ScriptTest, APayeeThatCallsBackFindsTheNextCoin) {
  // A contract of this engine as payee: the payment is its deposit, with the gas that is left.
  ASSERT_EQ(deploy(ops("1")).status, ContractStatus::success);
  const Address payee = at;
  ASSERT_EQ(deploy(ops("1")).status, ContractStatus::success);
  EXPECT_EQ(send(pay(5, payee)).status, ContractStatus::success);
  EXPECT_EQ(balance(payee), U256(1'005));
  EXPECT_EQ(send(pay(5, at)).status, ContractStatus::success);  // to itself
}

TEST_F(ScriptTest, PaysForSignaturesBeforeTheyAreChecked) {
  // 20 keys, 10 checks: the price of all of them, or nothing happens.
  Bytes code;
  for (int i = 0; i < 9; ++i) {
    code.insert(code.end(), {bitcoin::op_0, bitcoin::op_0});
    for (int k = 0; k < 20; ++k) bitcoin::push_data(code, key(1));
    bitcoin::push_number(code, 20);
    code.insert(code.end(), {bitcoin::op_checkmultisig, bitcoin::op_verify});
  }
  code.push_back(bitcoin::op_1);
  ASSERT_EQ(deploy(code).status, ContractStatus::success);
  EXPECT_GE(script::cost(pay(1), code), 180 * script::signature_gas);
  host.gas_limit = 180 * script::signature_gas;
  EXPECT_EQ(send(pay(1)).status, ContractStatus::out_of_gas);
  host.gas_limit = 100'000'000;
  EXPECT_EQ(send(pay(1)).status, ContractStatus::success);
}

TEST_F(ScriptTest, CostIsTheSameWhateverBranchRuns) {
  ASSERT_EQ(deploy(ops("OP_IF 1 OP_ELSE 1 OP_NOP OP_NOP OP_ENDIF")).status,
            ContractStatus::success);
  Spend spend = pay(1);
  spend.script_sig = {bitcoin::op_1};
  const auto yes = send(spend).gas_left;
  spend.script_sig = {bitcoin::op_0};
  EXPECT_EQ(send(spend).gas_left, yes);
}

TEST_F(ScriptTest, HostileScriptsAndInputsEndWithinTheirGas) {
  // Random scripts with random inputs, with a bias to real opcodes; every frame ends, changes
  // nothing unless it succeeds, and never gives back more gas than it had.
  std::mt19937 random(20'261'121);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  const auto bytes = [&](std::size_t most) {
    Bytes out(below(most + 1));
    for (Byte& byte : out) {
      byte = static_cast<Byte>(below(3) == 0 ? below(256) : 0x51 + below(0x6a));
    }
    return out;
  };
  std::size_t kept = 0, succeeded = 0;
  for (int i = 0; i < 4'000; ++i) {
    if (deploy(bytes(24), 10).status != ContractStatus::success) continue;
    ++kept;
    for (int k = 0; k < 4; ++k) {
      Spend spend = pay(below(3));
      for (std::size_t n = below(4); n > 0; --n) bitcoin::push_data(spend.script_sig, bytes(6));
      for (std::size_t n = below(3); n > 0; --n) spend.witness.push_back(bytes(40));
      Bytes input = script::encode_spend(spend);
      if (below(4) == 0) input[below(input.size())] ^= 1 << below(8);
      if (below(8) == 0) input.resize(below(input.size()) + 1);
      const auto before = host.state.accounts;
      const ContractResult result = host.send(alice, at, {}, input);
      EXPECT_GE(result.gas_left, 0);
      EXPECT_LE(result.gas_left, host.gas_limit);
      if (result.status == ContractStatus::success) {
        ++succeeded;
      } else {
        EXPECT_EQ(host.state.accounts == before, true) << to_hex(locking) << ' ' << to_hex(input);
      }
    }
  }
  EXPECT_GT(kept, 500u);
  EXPECT_GT(succeeded, 20u);
}

TEST_F(ScriptTest, SpendsAreReadInOneFormOnly) {
  Spend spend = pay(5);
  spend.script_sig = {bitcoin::op_1};
  spend.witness = {{1, 2}, {}};
  const Bytes good = script::encode_spend(spend);
  ASSERT_TRUE(script::read_spend(good));
  EXPECT_EQ(script::encode_spend(*script::read_spend(good)), good);
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_FALSE(script::read_spend(ByteView(good).first(n))) << n;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(script::read_spend(longer));
  Bytes lying(53, 0);  // a witness that claims 2^25 items
  lying.insert(lying.end(), {0xfe, 0, 0, 0, 2});
  EXPECT_FALSE(script::read_spend(lying));
}

}  // namespace
}  // namespace ledgerlab
