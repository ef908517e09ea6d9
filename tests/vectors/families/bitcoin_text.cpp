// Bitcoin Core's vectors about text and wallets: Base58, addresses and keys, block filters, taproot
// wallet vectors, decodescript; and btcd's block.
#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/base58.hpp"
#include "models/parts/bitcoin/block.hpp"
#include "models/parts/bitcoin/filter.hpp"
#include "models/parts/bitcoin/script.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"
#include "models/parts/work/work.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::bitcoin;  // NOLINT: the whole file is about it

constexpr std::string_view chains[] = {"main", "test", "testnet4", "signet", "regtest"};

void each_listed(const Run& run, Report& report,
                 const std::function<std::string(const Json&)>& body, std::size_t least = 1) {
  const Json tests = read_json(run.path);
  std::size_t index = 0;
  for (const Json& test : tests) {
    ++index;
    if (test.size() < least) continue;
    judge(run, report, std::to_string(index), [&] { return body(test); });
  }
}

std::string judge_base58(const Json& test) {
  const Bytes bytes = unhex(test.at(0).get<std::string>());
  const std::string text = test.at(1);
  if (base58_encode(bytes) != text) return "encoded: " + base58_encode(bytes);
  const auto decoded = base58_decode(text);
  return decoded == bytes ? "" : "decoded to something else";
}

std::string flip_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return text;
}

std::string judge_key_valid(const Json& test) {
  const std::string text = test.at(0);
  const Bytes payload = unhex(test.at(1).get<std::string>());
  const Json& about = test.at(2);
  const Network* network = find_network(about.at("chain").get<std::string>());
  if (network == nullptr) return "an unknown chain";
  const auto key = decode_wif(text, *network);
  const auto script = script_of_address(text, *network);
  if (about.at("isPrivkey").get<bool>()) {
    if (script) return "read as an address";
    if (!key) return "key not read";
    if (key->compressed != about.at("isCompressed").get<bool>()) return "compression differs";
    if (to_hex(key->secret) != to_hex(payload)) return "another key";
    return differs(encode_wif(*key, *network), text);
  }
  if (key) return "read as a key";
  if (!script) return "address not read";
  if (*script != payload) return differs(to_hex(*script), to_hex(payload));
  const auto flipped = script_of_address(flip_case(text), *network);
  if (about.value("tryCaseFlip", false) && flipped != script) return "case matters";
  return differs(address_of_script(payload, *network).value_or(""), text);
}

std::string judge_key_invalid(const Json& test) {
  const std::string text = test.at(0);
  for (const std::string_view chain : chains) {
    if (script_of_address(text, *find_network(chain))) return "an address of " + std::string(chain);
    if (decode_wif(text, *find_network(chain))) return "a key of " + std::string(chain);
  }
  return {};
}

std::string judge_filter(const Json& test) {
  const auto block = decode_block(unhex(test.at(2).get<std::string>()));
  if (!block) return "block not read";
  const Hash256 hash = block_hash(block->header);
  if (to_display(hash) != test.at(1)) return "block hash " + to_display(hash);
  std::vector<Bytes> spent;
  for (const Json& script : test.at(3)) spent.push_back(unhex(script.get<std::string>()));
  const std::vector<Bytes> elements = filter_elements(*block, spent);
  const Bytes filter = build_filter(hash, elements);
  if (to_hex(filter) != test.at(5)) return differs(to_hex(filter), test.at(5).get<std::string>());
  for (const Bytes& element : elements) {
    if (!filter_matches(hash, filter, {&element, 1}).value_or(false)) return "an element is missed";
  }
  const auto previous = hash_from_display(test.at(4).get<std::string>());
  return differs(to_display(filter_header(filter, previous.value())),
                 test.at(6).get<std::string>());
}

// BIP 341

using DepthLeaf = std::pair<std::size_t, TapLeaf>;

/// Leaves in order of the text; `ids` are the numbers the expectations go by.
void read_tree(const Json& node, std::size_t depth, std::vector<DepthLeaf>& leaves,
               std::vector<std::size_t>& ids) {
  if (node.is_array()) {
    if (depth >= control_nodes_max) throw std::runtime_error("a tree of more than 128 levels");
    for (const Json& child : node) read_tree(child, depth + 1, leaves, ids);
    return;
  }
  leaves.push_back({depth, {unhex(node, "script"), node.at("leafVersion").get<Byte>()}});
  ids.push_back(node.at("id"));
}

std::string check_leaves(const TapTree& tree, const std::vector<std::size_t>& ids,
                         const XOnlyPublicKey& internal, const Json& test) {
  const Json& hashes = test.at("intermediary").at("leafHashes");
  const Json& blocks = test.at("expected").at("scriptPathControlBlocks");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (to_hex(tree.leaf_hashes()[i]) != hashes.at(ids[i])) return "leaf hash";
    const auto control = tree.control_block(i, internal);
    if (!control || to_hex(*control) != blocks.at(ids[i])) return "control block";
  }
  return {};
}

std::string judge_output(const Json& test) {
  const Json& given = test.at("given");
  const Json& between = test.at("intermediary");
  const auto internal = unhex_fixed<32>(given.at("internalPubkey").get<std::string>());
  std::optional<Hash256> root;
  if (!given.at("scriptTree").is_null()) {
    std::vector<DepthLeaf> leaves;
    std::vector<std::size_t> ids;
    read_tree(given["scriptTree"], 0, leaves, ids);
    const auto tree = TapTree::from_depths(std::move(leaves));
    if (!tree) return "no tree";
    root = tree->root();
    if (auto fault = check_leaves(*tree, ids, internal, test); !fault.empty()) return fault;
  }
  if (root.has_value() != between.at("merkleRoot").is_string()) return "root";
  if (root && to_hex(*root) != between["merkleRoot"]) return "root " + to_hex(*root);
  if (to_hex(taptweak_hash(internal, root)) != between.at("tweak")) return "tweak";
  const auto key = taproot_output_key(internal, root);
  if (!key || to_hex(key->key) != between.at("tweakedPubkey")) return "output key";
  const Bytes script = p2tr_script(key->key);
  if (to_hex(script) != test.at("expected").at("scriptPubKey")) return "script";
  return differs(address_of_script(script, *find_network("main")).value_or(""),
                 test["expected"].at("bip350Address").get<std::string>());
}

std::string judge_signing(const Json& input, const Transaction& tx,
                          const TransactionHashes& hashes) {
  const Json& given = input.at("given");
  const Json& between = input.at("intermediary");
  const auto secret = unhex_fixed<32>(given.at("internalPrivkey").get<std::string>());
  std::optional<Hash256> root;
  if (given.at("merkleRoot").is_string()) {
    root = unhex_fixed<32>(given["merkleRoot"].get<std::string>());
  }
  const auto internal = xonly_public_key(secret).value();
  if (to_hex(internal) != between.at("internalPubkey")) return "internal key";
  const Hash256 tweak = taptweak_hash(internal, root);
  if (to_hex(tweak) != between.at("tweak")) return "tweak";
  const auto tweaked = xonly_tweak_secret(secret, tweak);
  if (!tweaked || to_hex(*tweaked) != between.at("tweakedPrivkey")) return "tweaked secret";
  const auto index = given.at("txinIndex").get<std::size_t>();
  const auto type = given.at("hashType").get<std::uint8_t>();
  const auto message = taproot_sighash_message({}, tx, index, type, SigVersion::taproot, hashes);
  if (!message || to_hex(*message) != between.at("sigMsg")) return "message";
  const auto digest = taproot_sighash({}, tx, index, type, SigVersion::taproot, hashes);
  if (to_hex(*digest) != between.at("sigHash")) return "digest";
  Bytes signature = to_bytes(schnorr_sign(*tweaked, digest->view(), {})->view());
  if (type != sighash_default) signature.push_back(type);
  return differs(to_hex(signature), input.at("expected").at("witness").at(0).get<std::string>());
}

/// The whole transaction as signed must verify, input by input.
std::string judge_signed(const Json& test, const TransactionHashes& hashes) {
  const auto tx = decode_transaction(unhex(test.at("auxiliary"), "fullySignedTx"));
  if (!tx) return "signed transaction not read";
  for (std::size_t i = 0; i < tx->inputs.size(); ++i) {
    const TransactionChecker checker(*tx, i, hashes.spent.at(i).value, hashes);
    const auto error = verify_script(tx->inputs[i].script_sig, hashes.spent[i].script_pubkey,
                                     tx->inputs[i].witness, standard_script_flags, checker);
    if (error != ScriptError::ok) return std::string(script_error_name(error));
  }
  return {};
}

std::string judge_spending(const Json& test) {
  const Json& given = test.at("given");
  const auto tx = decode_transaction(unhex(given, "rawUnsignedTx"));
  if (!tx) return "transaction not read";
  std::vector<TxOut> spent;
  for (const Json& output : given.at("utxosSpent")) {
    spent.push_back({output.at("amountSats").get<Satoshi>(), unhex(output, "scriptPubKey")});
  }
  const TransactionHashes hashes(*tx, spent);
  const Json& between = test.at("intermediary");
  if (to_hex(hashes.amounts) != between.at("hashAmounts")) return "hash of amounts";
  if (to_hex(hashes.outputs) != between.at("hashOutputs")) return "hash of outputs";
  if (to_hex(hashes.prevouts) != between.at("hashPrevouts")) return "hash of prevouts";
  if (to_hex(hashes.script_pubkeys) != between.at("hashScriptPubkeys")) return "hash of scripts";
  if (to_hex(hashes.sequences) != between.at("hashSequences")) return "hash of sequences";
  for (const Json& input : test.at("inputSpending")) {
    const std::string fault = judge_signing(input, *tx, hashes);
    if (!fault.empty()) return "input " + input["given"]["txinIndex"].dump() + ": " + fault;
  }
  return judge_signed(test, hashes);
}

void run_bip341(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  const auto all = [&](const char* key, auto body) {
    std::size_t index = 0;
    if (!tests.contains(key)) return;
    for (const Json& test : tests[key]) {
      judge(run, report, std::string(key) + "/" + std::to_string(++index),
            [&] { return body(test); });
    }
  };
  all("scriptPubKey", judge_output);
  all("keyPathSpending", judge_spending);
}

// decodescript

Json decode_script(ByteView script, bool wrap) {
  const Network& network = *find_network("regtest");
  const ScriptForm form = classify(script);
  Json out;
  out["asm"] = to_asm(script, AsmStyle::core).value();
  out["desc"] = describe_script(script, network);
  out["type"] = script_type_name(form.type);
  if (const auto address = address_of_script(script, network);
      address && form.type != ScriptType::pubkey) {
    out["address"] = *address;
  }
  if (!wrap) return out;
  const auto wrapped = [&](const Bytes& inner) {
    return address_of_script(inner, network).value();
  };
  // What can be wrapped: see rpc/rawtransaction.cpp, can_wrap and can_wrap_P2WSH.
  bool can_wrap = has_valid_ops(script) && !is_unspendable(script);
  ScriptReader reader(script);
  for (Instruction i; reader.next(i);) {
    can_wrap = can_wrap && i.opcode != op_checksigadd && !is_op_success(i.opcode);
  }
  const bool witness = witness_program(script).has_value();
  const bool by_type = form.type == ScriptType::multisig || form.type == ScriptType::nonstandard ||
                       form.type == ScriptType::pubkey || form.type == ScriptType::pubkeyhash ||
                       form.type == ScriptType::witness_v0_keyhash ||
                       form.type == ScriptType::witness_v0_scripthash;
  if (!by_type || !can_wrap) return out;
  out["p2sh"] = wrapped(p2sh_script(hash160(script)));
  const bool uncompressed = std::any_of(form.parts.begin(), form.parts.end(),
                                        [](const Bytes& p) { return p.size() == 65; });
  if (witness || uncompressed) return out;
  Bytes inner = form.type == ScriptType::pubkey       ? p2wpkh_script(hash160(form.parts[0]))
                : form.type == ScriptType::pubkeyhash ? witness_script(0, form.parts[0])
                                                      : p2wsh_script(sha256(script));
  Json segwit = decode_script(inner, false);
  if (is_p2wsh(inner)) segwit["desc"] = describe_p2wsh(script, network);
  segwit["hex"] = to_hex(inner);
  segwit["p2sh-segwit"] = wrapped(p2sh_script(hash160(inner)));
  out["segwit"] = segwit;
  return out;
}

std::string judge_decode(const Json& test) {
  const Json got = decode_script(unhex(test.at(0).get<std::string>()), true);
  return differs(got.dump(), test.at(1).dump());
}

void run_block_file(const Run& run, Report& report) {
  judge(run, report, run.path.filename().string(), [&]() -> std::string {
    const std::string raw = read_file(run.path);
    const auto block = decode_block(as_bytes(raw));
    if (!block) return "block not read";
    if (encode_block(*block) != to_bytes(as_bytes(raw))) return "written otherwise";
    const std::string name = run.path.stem().string();
    const std::string hash = to_display(block_hash(block->header));
    if (name != "block-" + hash) return differs("block-" + hash, name);
    if (!check_proof_of_work(block->header, *work::target_from_compact(0x1d00ffff))) {
      return "no proof of work";
    }
    if (const auto fault = check_block(*block); !fault.empty()) return std::string(fault);
    // Its height is the first thing its coinbase says (BIP 34).
    ScriptReader reader(block->transactions[0].inputs[0].script_sig);
    Instruction first;
    const auto height =
        reader.next(first) ? decode_number(first.data, true) : std::optional<std::int64_t>();
    if (!height) return "no height";
    return std::string(check_block_context(
        *block, {static_cast<std::uint32_t>(*height), block->header.time, true, true}));
  });
}

constexpr Family families[] = {
    {"btc/src/test/data/base58_encode_decode.json",
     [](const Run& run, Report& report) { each_listed(run, report, judge_base58, 2); }, ""},
    {"btc/src/test/data/key_io_valid.json",
     [](const Run& run, Report& report) { each_listed(run, report, judge_key_valid); }, ""},
    {"btc/src/test/data/key_io_invalid.json",
     [](const Run& run, Report& report) { each_listed(run, report, judge_key_invalid); }, ""},
    {"btc/src/test/data/blockfilters.json",
     [](const Run& run, Report& report) { each_listed(run, report, judge_filter, 2); }, ""},
    {"btc/src/test/data/bip341_wallet_vectors.json", run_bip341, ""},
    {"btc/test/functional/data/rpc_decodescript.json",
     [](const Run& run, Report& report) { each_listed(run, report, judge_decode, 2); }, ""},
    {"btcd/wire/testdata/block-*.blk", run_block_file, ""},
};

}  // namespace

std::span<const Family> bitcoin_text_families() { return families; }

}  // namespace ledgerlab::vectors
