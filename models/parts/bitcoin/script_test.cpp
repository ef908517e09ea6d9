// The interpreter on known answers: BIP 143's and BIP 341's examples, and for each kind of rule a
// script that keeps it and its twin that breaks it.
#include <gtest/gtest.h>

#include "models/crypto/hash.hpp"
#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/base58.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/filter.hpp"
#include "models/parts/bitcoin/psbt.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"

namespace ledgerlab::bitcoin {
namespace {

struct Fixture {
  Transaction tx;
  std::vector<TxOut> spent;

  Fixture() {
    tx.inputs.resize(1);
    tx.inputs[0].prevout = {sha256(as_bytes("a coin")), 1};
    tx.outputs = {{40'000, {op_1}}};
    spent = {{50'000, {}}};
  }
  ScriptError run(std::uint32_t flags = standard_script_flags) const {
    const TransactionHashes hashes(tx, spent);
    const TransactionChecker checker(tx, 0, spent[0].value, hashes);
    return verify_script(tx.inputs[0].script_sig, spent[0].script_pubkey, tx.inputs[0].witness,
                         flags, checker);
  }
};

std::string_view run(const char* script_sig, const char* script_pubkey,
                     std::uint32_t flags = verify_p2sh) {
  Fixture f;
  f.tx.inputs[0].script_sig = *script_from_notation(script_sig);
  f.spent[0].script_pubkey = *script_from_notation(script_pubkey);
  return script_error_name(f.run(flags));
}

TEST(BitcoinScript, Arithmetic) {
  EXPECT_EQ(run("2 3", "ADD 5 EQUAL"), "OK");
  EXPECT_EQ(run("2 3", "ADD 6 EQUAL"), "EVAL_FALSE");
  EXPECT_EQ(run("2147483648", "1ADD"), "SCRIPTNUM");
  EXPECT_EQ(run("2147483647", "1ADD 2147483648 EQUAL"), "OK");
  EXPECT_EQ(run("1 2 3", "WITHIN NOT"), "OK");
  EXPECT_EQ(run("2 2", "MUL"), "DISABLED_OPCODE");
  EXPECT_EQ(run("1", "IF ELSE 2 2MUL ENDIF"), "DISABLED_OPCODE");
}

TEST(BitcoinScript, ConditionsAndStack) {
  EXPECT_EQ(run("0", "IF 0 ELSE 1 ELSE 0 ENDIF"), "OK");
  EXPECT_EQ(run("1", "IF 1 ELSE 0 ELSE 1 ENDIF DEPTH 2 EQUALVERIFY"), "OK");
  EXPECT_EQ(run("1", "IF 1"), "UNBALANCED_CONDITIONAL");
  EXPECT_EQ(run("1", "ENDIF"), "UNBALANCED_CONDITIONAL");
  EXPECT_EQ(run("", "IF 1 ENDIF"), "INVALID_STACK_OPERATION");
  EXPECT_EQ(run("1 2 3 4 5 6", "2ROT 2 EQUALVERIFY 1 EQUAL"), "OK");
  EXPECT_EQ(run("7 8 9", "2 ROLL 7 EQUAL"), "OK");
  EXPECT_EQ(run("7 8 9", "3 ROLL"), "INVALID_STACK_OPERATION");
  EXPECT_EQ(run("1", "FROMALTSTACK"), "INVALID_ALTSTACK_OPERATION");
  EXPECT_EQ(run("1", "RETURN"), "OP_RETURN");
  EXPECT_EQ(run("1", "0xba"), "BAD_OPCODE");
  EXPECT_EQ(run("1", "0x05 0x0102"), "BAD_OPCODE");
}

TEST(BitcoinScript, Limits) {
  Fixture f;
  f.tx.inputs[0].script_sig = {op_1};
  f.spent[0].script_pubkey = Bytes(201, op_nop);
  EXPECT_EQ(f.run(verify_none), ScriptError::ok);
  f.spent[0].script_pubkey = Bytes(202, op_nop);
  EXPECT_EQ(f.run(verify_none), ScriptError::op_count);
  f.spent[0].script_pubkey = Bytes(999, op_1);
  EXPECT_EQ(f.run(verify_none), ScriptError::ok);
  f.spent[0].script_pubkey = Bytes(1000, op_1);
  EXPECT_EQ(f.run(verify_none), ScriptError::stack_size);
  f.spent[0].script_pubkey = Bytes(10'001, op_1);
  EXPECT_EQ(f.run(verify_none), ScriptError::script_size);
  f.spent[0].script_pubkey.clear();
  push_data(f.spent[0].script_pubkey, Bytes(520, 1));
  EXPECT_EQ(f.run(verify_none), ScriptError::ok);
  f.spent[0].script_pubkey.clear();
  push_data(f.spent[0].script_pubkey, Bytes(521, 1));
  EXPECT_EQ(f.run(verify_none), ScriptError::push_size);
}

TEST(BitcoinScript, PayToScriptHash) {
  Fixture f;
  const Bytes redeem = *script_from_notation("2 EQUAL");
  f.spent[0].script_pubkey = p2sh_script(hash160(redeem));
  push_number(f.tx.inputs[0].script_sig, 2);
  push_data(f.tx.inputs[0].script_sig, redeem);
  EXPECT_EQ(f.run(), ScriptError::ok);
  f.tx.inputs[0].script_sig[0] = op_3;
  EXPECT_EQ(f.run(), ScriptError::eval_false);
  EXPECT_EQ(f.run(verify_none), ScriptError::ok);  // before BIP 16 only the hash counted
  f.tx.inputs[0].script_sig.insert(f.tx.inputs[0].script_sig.begin(), op_nop);
  EXPECT_EQ(f.run(verify_p2sh), ScriptError::sig_pushonly);
}

TEST(BitcoinScript, Bip143NativeExample) {
  // BIP 143, "Native P2WPKH", second input.
  const auto tx = decode_transaction(*from_hex(
      "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffff"
      "ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206"
      "000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42db"
      "ee7e4dbe6a21b2d50ce2f0167faa815988ac11000000"));
  const TransactionHashes hashes(*tx, {});
  const Bytes code = *from_hex("76a9141d0f172a0ecb48aeda3ddb49e6a1e5ce5ce1f4c888ac");
  const Bytes real = *from_hex("76a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac");
  EXPECT_EQ(to_hex(witness_v0_sighash(real, *tx, 1, sighash_all, 600'000'000, hashes)),
            "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
  EXPECT_NE(to_hex(witness_v0_sighash(code, *tx, 1, sighash_all, 600'000'000, hashes)),
            "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
}

TEST(BitcoinScript, SingleWithoutOutputSignsOne) {
  Fixture f;
  f.tx.outputs.clear();
  Hash256 one;
  one.data[0] = 1;
  EXPECT_EQ(legacy_sighash({}, f.tx, 0, sighash_single), one);
  EXPECT_NE(legacy_sighash({}, f.tx, 0, sighash_all), one);
}

/// A taproot output with two leaves, and spends of it.
struct TaprootFixture : Fixture {
  Secp256k1SecretKey secret;
  XOnlyPublicKey internal;
  std::optional<TapTree> tree;

  explicit TaprootFixture(const Bytes& leaf, Byte version = tapscript_leaf_version) {
    secret.data.fill(9);
    internal = *xonly_public_key(secret);
    tree = TapTree::from_depths({{1, {leaf, version}}, {1, {{op_1}}}});
    spent[0].script_pubkey = p2tr_script(taproot_output_key(internal, tree->root())->key);
  }
  void open(std::vector<Bytes> stack) {
    stack.push_back(tree->leaves()[0].script);
    stack.push_back(*tree->control_block(0, internal));
    tx.inputs[0].witness = std::move(stack);
  }
  Bytes key_path_signature(std::uint8_t type) const {
    const TransactionHashes hashes(tx, spent);
    const auto digest = taproot_sighash({}, tx, 0, type, SigVersion::taproot, hashes);
    const auto tweaked = xonly_tweak_secret(secret, taptweak_hash(internal, tree->root()));
    Bytes signature = to_bytes(schnorr_sign(*tweaked, digest->view(), {})->view());
    if (type != sighash_default) signature.push_back(type);
    return signature;
  }
};

TEST(BitcoinTaproot, KeyPath) {
  TaprootFixture f({op_1});
  for (const std::uint8_t type : {0, 1, 2, 3, 0x81, 0x82, 0x83}) {
    f.tx.inputs[0].witness = {f.key_path_signature(type)};
    EXPECT_EQ(f.run(), ScriptError::ok) << int{type};
  }
  f.tx.inputs[0].witness = {f.key_path_signature(0)};
  f.tx.inputs[0].witness[0][9] ^= 1;
  EXPECT_EQ(f.run(), ScriptError::schnorr_sig);
  f.tx.inputs[0].witness = {f.key_path_signature(0)};
  f.tx.inputs[0].witness[0].push_back(0);
  EXPECT_EQ(f.run(), ScriptError::schnorr_sig_hashtype);
  f.tx.inputs[0].witness[0].push_back(0);
  EXPECT_EQ(f.run(), ScriptError::schnorr_sig_size);
  f.tx.inputs[0].witness.clear();
  EXPECT_EQ(f.run(), ScriptError::witness_program_witness_empty);
  EXPECT_EQ(f.run(standard_script_flags & ~verify_taproot), ScriptError::ok);
}

TEST(BitcoinTaproot, ScriptPath) {
  TaprootFixture f(*script_from_notation("5 EQUAL"));
  f.open({{5}});
  EXPECT_EQ(f.run(), ScriptError::ok);
  f.tx.inputs[0].witness[0] = {6};
  EXPECT_EQ(f.run(), ScriptError::eval_false);
  f.open({{1}, {5}});
  EXPECT_EQ(f.run(), ScriptError::cleanstack);
  f.open({{5}});
  f.tx.inputs[0].witness[2][0] ^= 1;  // the parity
  EXPECT_EQ(f.run(), ScriptError::witness_program_mismatch);
  f.tx.inputs[0].witness[2].pop_back();
  EXPECT_EQ(f.run(), ScriptError::taproot_wrong_control_size);
  f.open({{5}});
  f.tx.inputs[0].witness.push_back({annex_tag, 1, 2});
  EXPECT_EQ(f.run(), ScriptError::ok);
}

TEST(BitcoinTaproot, TapscriptRules) {
  const auto outcome = [](const char* leaf, std::vector<Bytes> stack,
                          std::uint32_t flags = consensus_script_flags) {
    TaprootFixture f(*script_from_notation(leaf));
    f.open(std::move(stack));
    return script_error_name(f.run(flags));
  };
  EXPECT_EQ(outcome("0x50 RETURN", {}), "OK");  // OP_SUCCESS80
  EXPECT_EQ(outcome("0x50 RETURN", {}, standard_script_flags), "DISCOURAGE_OP_SUCCESS");
  EXPECT_EQ(outcome("0 0 0 CHECKMULTISIG", {}), "TAPSCRIPT_CHECKMULTISIG");
  EXPECT_EQ(outcome("IF 1 ENDIF", {{2}}), "TAPSCRIPT_MINIMALIF");
  EXPECT_EQ(outcome("0 CHECKSIG", {{}}), "TAPSCRIPT_EMPTY_PUBKEY");
  EXPECT_EQ(outcome("0 2 0x01 0x05 CHECKSIGADD 2 EQUAL", {}), "OK");  // an unknown kind of key
  EXPECT_EQ(outcome("0x02 0x0505 CHECKSIG NOT", {{}}, standard_script_flags),
            "DISCOURAGE_UPGRADABLE_PUBKEYTYPE");
}

TEST(BitcoinTaproot, SignatureBudget) {
  // Each signature check takes 50 of the witness's size and 50 more.
  std::string checks;
  for (int i = 0; i < 6; ++i) checks += "DUP 0x01 0x05 CHECKSIGVERIFY ";
  TaprootFixture poor(*script_from_notation(checks + "DROP 1"));
  poor.open({{1}});
  EXPECT_EQ(poor.run(consensus_script_flags), ScriptError::tapscript_validation_weight);
  TaprootFixture rich(*script_from_notation(checks + "2DROP 1"));
  rich.open({Bytes(300, 1), {1}});
  EXPECT_EQ(rich.run(consensus_script_flags), ScriptError::ok);
}

TEST(BitcoinTaproot, UnknownLeafVersion) {
  TaprootFixture f({op_return}, 0xc2);
  f.open({});
  EXPECT_EQ(f.run(consensus_script_flags), ScriptError::ok);
  EXPECT_EQ(f.run(), ScriptError::discourage_upgradable_taproot_version);
}

TEST(BitcoinTaproot, TreesMustBeWhole) {
  EXPECT_TRUE(TapTree::from_depths({{1, {}}, {2, {}}, {2, {}}}));
  EXPECT_FALSE(TapTree::from_depths({}));
  EXPECT_FALSE(TapTree::from_depths({{1, {}}}));
  EXPECT_FALSE(TapTree::from_depths({{2, {}}, {1, {}}}));
  EXPECT_FALSE(TapTree::from_depths({{0, {}}, {0, {}}}));
}

TEST(BitcoinDer, StrictAndLax) {
  Bytes strict = *from_hex("300602010002010001");
  EXPECT_TRUE(is_strict_der(strict));
  EXPECT_TRUE(read_lax_der(ByteView(strict).first(8)));
  Bytes negative = *from_hex("300602018002010001");
  EXPECT_FALSE(is_strict_der(negative));
  EXPECT_TRUE(read_lax_der(ByteView(negative).first(8)));
  EXPECT_TRUE(read_lax_der(*from_hex("3081060281010002810100")));
  EXPECT_FALSE(read_lax_der(*from_hex("3006020100020200")));
}

TEST(BitcoinText, AddressesAndKeys) {
  const Network& main = *find_network("main");
  // BIP 173 and BIP 350.
  EXPECT_EQ(to_hex(*script_of_address("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", main)),
            "0014751e76e8199196d454941c45d1b3a323f1433bd6");
  EXPECT_TRUE(
      script_of_address("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", main));
  EXPECT_FALSE(
      script_of_address("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", main));
  EXPECT_FALSE(script_of_address("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", main));
  EXPECT_EQ(base58_encode(*from_hex("00010966776006953d5567439e5e39f86a0d273beed61967f6")),
            "16UwLL9Risc3QfPqBUvKofHmBQ7wMtjvM");
  const PrivateKey key{Secp256k1SecretKey{{1}}, true};
  EXPECT_EQ(decode_wif(encode_wif(key, main), main)->secret, key.secret);
  EXPECT_FALSE(decode_wif(encode_wif(key, main), *find_network("regtest")));
  EXPECT_EQ(describe_script(*from_hex("6aee"), *find_network("regtest")), "raw(6aee)#vsyzgqdt");
}

TEST(BitcoinText, Assembly) {
  EXPECT_EQ(to_asm(*from_hex("6a02ee"), AsmStyle::core), "OP_RETURN [error]");
  EXPECT_FALSE(to_asm(*from_hex("6a02ee"), AsmStyle::plain));
  EXPECT_EQ(to_asm(*from_hex("5102eeee"), AsmStyle::core), "1 -28398");
  EXPECT_EQ(to_hex(*from_asm("OP_0 00 06 OP_DUP ff")), "000100567601ff");
  EXPECT_FALSE(from_asm("0xff OP_CHECKSIG"));
  EXPECT_FALSE(from_asm("OP_NOTHING"));
}

TEST(BitcoinFilter, FindsItsElements) {
  const Hash256 hash = sha256(as_bytes("block"));
  std::vector<Bytes> elements;
  for (Byte i = 0; i < 50; ++i) elements.push_back(to_bytes(sha256(Bytes{i}).view()));
  const Bytes filter = build_filter(hash, elements);
  for (const Bytes& element : elements) {
    EXPECT_EQ(filter_matches(hash, filter, {&element, 1}), true);
  }
  const Bytes other = {1, 2, 3};
  EXPECT_EQ(filter_matches(hash, filter, {&other, 1}), false);
  EXPECT_FALSE(filter_matches(hash, ByteView(filter).first(filter.size() / 2), {&other, 1}));
}

TEST(BitcoinPsbt, RolesFromCreationToExtraction) {
  PrivateKey key;
  key.secret.data.fill(3);
  Fixture f;
  f.spent[0].script_pubkey = p2wpkh_script(hash160(*public_key_of(key)));
  Psbt psbt = create_psbt(f.tx);
  Bytes output;
  write_output(output, f.spent[0]);
  psbt.inputs[0][{psbt_in_witness_utxo}] = output;
  const Psbt unsigned_one = psbt;
  EXPECT_FALSE(extract_psbt(psbt));
  EXPECT_FALSE(finalize_psbt(psbt));
  EXPECT_EQ(sign_psbt(psbt, key, sighash_all), 1u);
  const auto combined = combine_psbts(std::vector<Psbt>{unsigned_one, psbt});
  ASSERT_TRUE(combined);
  auto read = decode_psbt(encode_psbt(*combined));
  ASSERT_TRUE(read);
  EXPECT_TRUE(finalize_psbt(*read));
  f.tx = *extract_psbt(*read);
  EXPECT_EQ(f.run(), ScriptError::ok);
  const Bytes raw = encode_psbt(psbt);
  for (std::size_t size = 0; size < raw.size(); ++size) {
    EXPECT_FALSE(decode_psbt(ByteView(raw).first(size))) << size;
  }
}

}  // namespace
}  // namespace ledgerlab::bitcoin
