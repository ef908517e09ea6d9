// bitcoinjs-lib's fixtures of transactions, blocks, scripts, numbers, addresses and signatures.
#include "tests/vectors/families/bitcoin_js.hpp"

#include <algorithm>

#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/base58.hpp"
#include "models/parts/bitcoin/block.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/script.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/work/work.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {

using namespace ledgerlab::bitcoin;  // NOLINT: the whole file is about it

Bytes js_script(const Json& object, const char* key) {
  const std::string hex = std::string(key) + "Hex";
  if (object.contains(hex)) return unhex(object[hex].get<std::string>());
  const auto script = from_asm(object.at(key).get<std::string>());
  if (!script) throw std::runtime_error("script not understood: " + object.at(key).dump());
  return *script;
}

const Network& js_network(std::string_view name) {
  static constexpr Network litecoin{"litecoin", 48, 50, 176, "ltc"};
  if (name == "litecoin") return litecoin;
  const Network* found = find_network(name == "bitcoin"   ? "main"
                                      : name == "testnet" ? "test"
                                                          : name);
  if (found == nullptr) throw std::runtime_error("an unknown network: " + std::string(name));
  return *found;
}

bool js_addressable(ByteView script) {
  const ScriptForm form = classify(script);
  switch (form.type) {
    case ScriptType::pubkeyhash:
    case ScriptType::scripthash:
    case ScriptType::witness_v0_keyhash:
    case ScriptType::witness_v0_scripthash:
      return true;
    case ScriptType::witness_v1_taproot: {
      XOnlyPublicKey key;
      std::copy_n(form.parts[0].begin(), 32, key.data.begin());
      return xonly_is_valid(key);
    }
    case ScriptType::witness_unknown:
      return form.required >= 2;
    default:
      return false;
  }
}

void each_member(const Run& run, Report& report, const Json& tests, const std::string& name,
                 const std::function<std::string(const Json&)>& body) {
  std::size_t index = 0;
  for (const Json& test : tests) {
    judge(run, report, name + "/" + std::to_string(++index), [&] { return body(test); });
  }
}

namespace {

// transaction.json

Transaction transaction_of(const Json& raw) {
  Transaction tx;
  tx.version = raw.at("version");
  tx.locktime = raw.at("locktime");
  for (const Json& input : raw.at("ins")) {
    TxIn in;
    in.prevout = {unhex_fixed<32>(input.at("hash").get<std::string>()), input.at("index")};
    in.script_sig = input.contains("data") ? unhex(input, "data") : js_script(input, "script");
    in.sequence = input.value("sequence", sequence_final);
    for (const Json& item : input.value("witness", Json::array())) {
      in.witness.push_back(unhex(item.get<std::string>()));
    }
    tx.inputs.push_back(std::move(in));
  }
  for (const Json& output : raw.at("outs")) {
    tx.outputs.push_back({output.at("value").get<Satoshi>(), output.contains("data")
                                                                 ? unhex(output, "data")
                                                                 : js_script(output, "script")});
  }
  return tx;
}

std::string judge_transaction(const Json& test) {
  const std::string whole = test.value("whex", "");
  const std::string hex = whole.empty() ? test.at("hex").get<std::string>() : whole;
  const auto tx = decode_transaction(unhex(hex));
  if (!tx) return "not read";
  if (*tx != transaction_of(test.at("raw"))) return "other fields";
  if (to_hex(encode_transaction(*tx)) != hex) return "written otherwise";
  if (to_hex(encode_transaction(*tx, WitnessForm::forbid)) != test.at("hex"))
    return "stripped form";
  if (to_display(txid(*tx)) != test.at("id")) return "id " + to_display(txid(*tx));
  if (to_hex(txid(*tx)) != test.at("hash")) return "hash";
  if (weight(*tx) != test.at("weight")) return "weight " + std::to_string(weight(*tx));
  if (virtual_size(*tx) != test.at("virtualSize")) return "virtual size";
  return tx->is_coinbase() == test.at("coinbase").get<bool>() ? "" : "coinbase";
}

Transaction read_tx(const Json& test) {
  const auto tx = decode_transaction(unhex(test.at("txHex").get<std::string>()));
  if (!tx) throw std::runtime_error("transaction not read");
  return *tx;
}

std::string judge_legacy_hash(const Json& test) {
  const Hash256 hash =
      legacy_sighash(js_script(test, "script"), read_tx(test), test.at("inIndex"), test.at("type"));
  return differs(to_hex(hash), test.at("hash").get<std::string>());
}

std::string judge_witness_hash(const Json& test) {
  const Transaction tx = read_tx(test);
  const TransactionHashes hashes(tx, {});
  const Hash256 hash = witness_v0_sighash(js_script(test, "script"), tx, test.at("inIndex"),
                                          test.at("type"), test.at("value"), hashes);
  return differs(to_hex(hash), test.at("hash").get<std::string>());
}

std::string judge_taproot_hash(const Json& test) {
  const Transaction tx = read_tx(test);
  std::vector<TxOut> spent;
  for (const Json& output : test.at("utxos")) {
    spent.push_back({output.at("value").get<Satoshi>(), unhex(output, "scriptHex")});
  }
  const TransactionHashes hashes(tx, spent);
  for (const Json& one : test.at("cases")) {
    const Bytes type = unhex(one.at("typeHex").get<std::string>());
    const auto hash =
        taproot_sighash({}, tx, one.at("vin"), type.at(0), SigVersion::taproot, hashes);
    const std::string got = hash ? to_hex(*hash) : "";
    if (got != one.at("hash")) return differs(got, one.at("hash").get<std::string>());
  }
  return {};
}

void run_transactions(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  const auto all = [&](const char* name, auto body) {
    each_member(run, report, tests.value(name, Json::array()), name, body);
  };
  all("valid", judge_transaction);
  all("hashForSignature", judge_legacy_hash);
  all("hashForWitnessV0", judge_witness_hash);
  all("taprootSigning", judge_taproot_hash);
  const Json invalid = tests.value("invalid", Json::object());
  each_member(run, report, invalid.value("addInput", Json::array()), "addInput",
              [](const Json& test) -> std::string {
                return unhex(test, "hash").size() == 32 ? "a hash of 32 bytes" : "";
              });
  each_member(run, report, invalid.value("fromBuffer", Json::array()), "fromBuffer",
              [](const Json& test) -> std::string {
                return decode_transaction(unhex(test, "hex")) ? "read" : "";
              });
}

// script.json

std::string check_stack(ByteView script, const Json& stack) {
  // What the pushes of the script leave.
  ScriptReader reader(script);
  std::vector<std::string> got;
  for (Instruction i; reader.next(i);) {
    if (i.opcode > op_16) return "not only pushes";
    if (i.opcode == op_1negate || i.opcode >= op_1) {
      got.push_back(to_hex(encode_number(int{i.opcode} - op_reserved)));
    } else {
      got.push_back(to_hex(i.data));
    }
  }
  return got == stack.get<std::vector<std::string>>() ? "" : "another stack";
}

std::string check_script(const std::string& text, const std::string& hex) {
  const auto script = from_asm(text);
  if (!script || to_hex(*script) != hex) return "compiled to something else";
  const auto back = to_asm(*script, AsmStyle::plain);
  return back ? differs(*back, text) : "not disassembled";
}

std::string judge_asm(const Json& test) {
  std::string fault = check_script(test.at("asm"), test.at("script"));
  if (fault.empty() && test.contains("stack")) {
    fault = check_stack(unhex(test, "script"), test["stack"]);
  }
  return fault;
}

/// Inputs and outputs by text and hex.
std::string judge_pair(const Json& test) {
  for (const std::string name : {"input", "output"}) {
    if (!test.contains(name) || !test.contains(name + "Hex")) continue;
    const std::string fault = check_script(test[name], test[name + "Hex"]);
    if (!fault.empty()) return name + ": " + fault;
  }
  if (test.contains("inputStack")) {
    const std::string fault = check_stack(unhex(test, "inputHex"), test["inputStack"]);
    if (!fault.empty()) return fault;
  }
  if (test.contains("output") && test.contains("data")) {
    const ScriptForm form = classify(js_script(test, "output"));
    if (test.at("type") == "nulldata" && form.type != ScriptType::nulldata) return "not nulldata";
  }
  if (!test.contains("nonstandard")) return {};
  // Another way to push the same: read as the standard way.
  const Json& other = test["nonstandard"];
  const auto compiled = from_asm(other.at("input").get<std::string>());
  if (!compiled || to_hex(*compiled) != test.at("inputHex")) return "not made standard";
  return differs(to_asm(unhex(other, "inputHex"), AsmStyle::plain).value_or(""),
                 test.at("input").get<std::string>());
}

void run_scripts(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  each_member(run, report, tests.value("valid", Json::array()), "valid", judge_asm);
  each_member(run, report, tests.value("valid2", Json::array()), "valid2", judge_pair);
  const Json invalid = tests.value("invalid", Json::object());
  each_member(run, report, invalid.value("decompile", Json::array()), "decompile",
              [](const Json& test) -> std::string {
                return to_asm(unhex(test, "script"), AsmStyle::plain) ? "disassembled" : "";
              });
  each_member(run, report, invalid.value("fromASM", Json::array()), "fromASM",
              [](const Json& test) -> std::string {
                return from_asm(test.at("script").get<std::string>()) ? "compiled" : "";
              });
}

void run_numbers(const Run& run, Report& report) {
  each_member(run, report, read_json(run.path), "number", [](const Json& test) -> std::string {
    const Bytes bytes = unhex(test, "hex");
    const auto number = test.at("number").get<std::int64_t>();
    if (encode_number(number) != bytes) return "encoded: " + to_hex(encode_number(number));
    const auto size = test.value("bytes", std::size_t{4});
    return decode_number(bytes, true, size) == number ? "" : "decoded to something else";
  });
}

// address.json

std::string judge_standard(const Json& test) {
  const Network& network = js_network(test.at("network").get<std::string>());
  const Bytes script = js_script(test, "script");
  if (!test.contains("bech32")) {
    const std::string text = test.at("base58check");
    const auto body = base58check_decode(text, 21);
    Bytes want = {test.at("version").get<Byte>()};
    put_bytes(want, unhex(test, "hash"));
    if (body != want || base58check_encode(want) != text) return "Base58Check";
    if (script_of_address(text, network) != script) return "another script";
    return differs(address_of_script(script, network).value_or(""), text);
  }
  std::string text = test.at("bech32");
  if (script_of_address(text, network) != script) return "another script";
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!js_addressable(script)) return "no address";
  return differs(address_of_script(script, network).value_or(""), text);
}

/// Version and program, whatever the prefix.
std::string judge_bech32(const Json& test) {
  const auto decoded = bech32_decode(test.at("address").get<std::string>());
  if (!decoded || decoded->data.empty()) return "not read";
  if (decoded->prefix != test.at("prefix")) return "prefix";
  if (decoded->data[0] != test.at("version").get<int>()) return "version";
  const auto program = regroup_bits(ByteView(decoded->data).subspan(1), 5, 8, false);
  if (!program || to_hex(*program) != test.at("data")) return "program";
  const bool old = decoded->data[0] == 0;
  return old == (decoded->form == Bech32Form::bech32) ? "" : "form";
}

/// Is it a Bech32 address of any network, in form?
bool reads_bech32(const std::string& text) {
  const auto decoded = bech32_decode(text);
  if (!decoded || decoded->data.empty() || decoded->data[0] > 16) return false;
  return (decoded->data[0] == 0) == (decoded->form == Bech32Form::bech32) &&
         regroup_bits(ByteView(decoded->data).subspan(1), 5, 8, false).has_value();
}

std::string judge_no_script(const Json& test) {
  const std::string prefix = test.value("network", Json::object()).value("bech32", "bc");
  Network network = js_network("bitcoin");
  network.prefix = prefix;
  const auto script = script_of_address(test.at("address").get<std::string>(), network);
  return script && js_addressable(*script) ? "a script" : "";
}

void run_addresses(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  each_member(run, report, tests.value("standard", Json::array()), "standard", judge_standard);
  each_member(run, report, tests.value("bech32", Json::array()), "bech32", judge_bech32);
  const Json invalid = tests.value("invalid", Json::object());
  const auto all = [&](const char* name, auto body) {
    each_member(run, report, invalid.value(name, Json::array()), std::string("invalid/") + name,
                body);
  };
  all("bech32", [](const Json& test) -> std::string {
    return reads_bech32(test.at("address")) ? "read" : "";
  });
  all("fromBase58Check", [](const Json& test) -> std::string {
    const auto body = base58check_decode(test.at("address").get<std::string>());
    return body && body->size() == 21 ? "read" : "";
  });
  all("fromOutputScript", [](const Json& test) -> std::string {
    const auto script = from_asm(test.at("script").get<std::string>());
    return script && js_addressable(*script) ? "an address" : "";
  });
  all("toOutputScript", judge_no_script);
}

// block.json and core/

std::string judge_header(const Json& test, const BlockHeader& header) {
  if (to_hex(block_hash(header)) != test.at("hash")) return "hash";
  if (to_display(block_hash(header)) != test.at("id")) return "id";
  if (header.version != test.at("version")) return "version";
  if (to_hex(header.previous) != test.at("prevHash")) return "previous";
  if (to_hex(header.merkle_root) != test.at("merkleRoot")) return "Merkle root";
  if (header.time != test.at("timestamp")) return "time";
  if (header.bits != test.at("bits")) return "bits";
  if (header.nonce != test.at("nonce")) return "nonce";
  const bool proven = check_proof_of_work(header, U256::max());
  return proven == test.value("valid", true) ? "" : "proof of work";
}

std::string judge_block(const Json& test) {
  const Bytes raw = unhex(test, "hex");
  Reader in(raw);
  const BlockHeader header = read_header(in);
  if (!in.ok()) return "header not read";
  if (auto fault = judge_header(test, header); !fault.empty()) return fault;
  if (raw.size() == 80) return {};
  const auto block = decode_block(raw);
  if (!block) return "block not read";
  if (encode_block(*block) != raw) return "written otherwise";
  if (test.value("valid", true)) {
    const MerkleRoot merkle = block_merkle_root(*block);
    if (merkle.root != header.merkle_root || merkle.duplicated) return "Merkle root of leaves";
  }
  if (test.contains("size") && raw.size() != test["size"]) return "size";
  if (test.contains("strippedSize") &&
      encode_block(*block, WitnessForm::forbid).size() != test["strippedSize"]) {
    return "stripped size";
  }
  if (test.contains("weight") && weight(*block) != test["weight"]) return "weight";
  if (!test.contains("witnessCommit")) return {};
  const Transaction& coinbase = block->transactions.at(0);
  const auto index = commitment_index(coinbase);
  if (!index) return "no commitment";
  const Hash256 commitment =
      witness_commitment(witness_merkle_root(*block), coinbase.inputs.at(0).witness.at(0));
  const ByteView stated = ByteView(coinbase.outputs[*index].script_pubkey).subspan(6, 32);
  if (to_hex(stated) != test["witnessCommit"]) return "commitment";
  return differs(to_hex(commitment), test["witnessCommit"].get<std::string>());
}

void run_blocks(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  each_member(
      run, report, tests.value("targets", Json::array()), "targets",
      [](const Json& test) -> std::string {
        const auto compact =
            static_cast<std::uint32_t>(std::stoul(test.at("bits").get<std::string>(), nullptr, 16));
        const U256 value = work::decode_compact(compact).value;
        return differs(to_hex(to_big_endian(value)), test.at("expected").get<std::string>());
      });
  each_member(run, report, tests.value("valid", Json::array()), "valid", judge_block);
  each_member(run, report, tests.value("invalid", Json::array()), "invalid",
              [](const Json& test) -> std::string {
                return decode_block(unhex(test, "hex")) ? "read" : "";
              });
}

void run_core_blocks(const Run& run, Report& report) {
  each_member(run, report, read_json(run.path), "block", [](const Json& test) -> std::string {
    const auto block = decode_block(unhex(test, "hex"));
    if (!block) return "not read";
    if (block->transactions.size() != test.at("transactions")) return "transactions";
    return differs(to_display(block_hash(block->header)), test.at("id").get<std::string>());
  });
}

template <bool Canonical>
void run_signatures(const Run& run, Report& report) {
  std::size_t index = 0;
  for (const Json& test : read_json(run.path)) {
    ++index;
    const std::string text = test;
    const std::string name = std::to_string(index);
    const auto signature = from_hex(text);
    if (!signature) {
      if (run.wanted(name)) report.skip(name, "a comment of the file, not a signature");
      continue;
    }
    judge(run, report, name, [&]() -> std::string {
      const bool strict = is_strict_der(*signature) && has_defined_hash_type(*signature);
      return strict == Canonical ? "" : strict ? "taken as canonical" : "not taken as canonical";
    });
  }
}

constexpr Family families[] = {
    {"bitcoinjs/test/fixtures/transaction.json", run_transactions, ""},
    {"bitcoinjs/test/fixtures/script.json", run_scripts, ""},
    {"bitcoinjs/test/fixtures/script_number.json", run_numbers, ""},
    {"bitcoinjs/test/fixtures/address.json", run_addresses, ""},
    {"bitcoinjs/test/fixtures/block.json", run_blocks, ""},
    {"bitcoinjs/test/fixtures/core/blocks.json", run_core_blocks, ""},
    {"bitcoinjs/test/fixtures/core/sig_canonical.json", run_signatures<true>, ""},
    {"bitcoinjs/test/fixtures/core/sig_noncanonical.json", run_signatures<false>, ""},
};

}  // namespace

std::span<const Family> bitcoin_js_families() { return families; }

}  // namespace ledgerlab::vectors
