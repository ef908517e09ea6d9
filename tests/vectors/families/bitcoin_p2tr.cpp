// bitcoinjs-lib's payment template p2tr: keys, script trees and witnesses that must agree.
#include <algorithm>

#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/script.hpp"
#include "models/parts/bitcoin/taproot.hpp"
#include "tests/vectors/families/bitcoin_js.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::bitcoin;  // NOLINT: the whole file is about it

void demand(bool good, const char* why) {
  if (!good) throw RefusedPayment(why);
}

template <class T>
void agree(std::optional<T>& known, const T& value, const char* why) {
  demand(!known || *known == value, why);
  known = value;
}

FixedBytes<32> fixed(ByteView bytes, const char* why) {
  demand(bytes.size() == 32, why);
  FixedBytes<32> out;
  std::copy_n(bytes.begin(), 32, out.data.begin());
  return out;
}

/// What is known of a payment so far.
struct Known {
  std::optional<XOnlyPublicKey> key, internal;
  std::optional<Hash256> root;
  std::optional<Bytes> signature;
  std::optional<std::vector<Bytes>> witness;
  std::optional<Bytes> leaf;
  std::optional<int> leaf_version;
  std::optional<std::vector<Bytes>> leaf_stack;
  std::optional<TapTree> tree;
};

using DepthLeaf = std::pair<std::size_t, TapLeaf>;
void read_tree(const Json& node, std::size_t depth, std::vector<DepthLeaf>& leaves) {
  if (node.is_array()) {
    demand(node.size() == 2 && depth < control_nodes_max, "scriptTree is no tree");
    for (const Json& child : node) read_tree(child, depth + 1, leaves);
    return;
  }
  leaves.push_back({depth,
                    {js_script(node, "output"),
                     static_cast<Byte>(node.value("version", int{tapscript_leaf_version}))}});
}

void read_keys(const Json& args, Known& known) {
  const auto key = [&](ByteView bytes) {
    agree(known.key, fixed(bytes, "Invalid pubkey"), "Pubkey mismatch");
  };
  if (args.contains("address")) {
    const auto& network = js_network(args.value("network", "bitcoin"));
    const auto script = script_of_address(args["address"].get<std::string>(), network);
    demand(script && is_p2tr(*script), "Invalid address");
    key(ByteView(*script).subspan(2));
  }
  if (args.contains("pubkey")) key(unhex(args, "pubkey"));
  if (args.contains("output") || args.contains("outputHex")) {
    const Bytes script = js_script(args, "output");
    demand(is_p2tr(script), "Output is invalid");
    key(ByteView(script).subspan(2));
  }
  if (args.contains("internalPubkey")) {
    known.internal = fixed(unhex(args, "internalPubkey"), "Invalid internalPubkey");
  }
  if (args.contains("hash")) known.root = fixed(unhex(args, "hash"), "Invalid hash");
  if (args.contains("signature")) {
    known.signature = unhex(args, "signature");
    demand(known.signature->size() == 64 || known.signature->size() == 65, "Invalid signature");
  }
}

void read_redeem(const Json& args, Known& known) {
  if (!args.contains("redeem")) return;
  const Json& redeem = args["redeem"];
  if (redeem.contains("output") || redeem.contains("outputHex")) {
    known.leaf = js_script(redeem, "output");
    demand(!known.leaf->empty() && to_asm(*known.leaf, AsmStyle::plain).has_value(),
           "Redeem.output is invalid");
  }
  if (redeem.contains("redeemVersion")) known.leaf_version = redeem["redeemVersion"].get<int>();
  if (redeem.contains("witness")) {
    known.leaf_stack.emplace();
    for (const Json& item : redeem["witness"]) {
      known.leaf_stack->push_back(unhex(item.get<std::string>()));
    }
  }
}

void read_script_path(std::vector<Bytes> stack, Known& known) {
  const Bytes control = stack.back();
  const Bytes script = stack[stack.size() - 2];
  demand(control.size() >= control_base_size && (control.size() - control_base_size) % 32 == 0,
         "The control-block length is incorrect");
  demand((control.size() - control_base_size) / 32 <= control_nodes_max, "The path is too long");
  const auto internal = fixed(ByteView(control).subspan(1, 32), "Invalid internalPubkey");
  demand(xonly_is_valid(internal), "Invalid internalPubkey for p2tr witness");
  agree(known.internal, internal, "Internal pubkey mismatch");
  const int version = control[0] & taproot_leaf_mask;
  const Hash256 root = taproot_root(control, tapleaf_hash(static_cast<Byte>(version), script));
  agree(known.root, root, "Hash mismatch");
  const auto output = taproot_output_key(internal, root);
  demand(output.has_value(), "Invalid outputKey for p2tr witness");
  agree(known.key, output->key, "Pubkey mismatch for p2tr witness");
  demand(output->odd == ((control[0] & 1) != 0), "Incorrect parity");
  agree(known.leaf, script, "Redeem.output and witness mismatch");
  agree(known.leaf_version, version, "Redeem.redeemVersion and witness mismatch");
  stack.resize(stack.size() - 2);
  agree(known.leaf_stack, stack, "Redeem.witness and witness mismatch");
}

void read_witness_list(const Json& args, Known& known) {
  if (!args.contains("witness")) return;
  known.witness.emplace();
  for (const Json& item : args["witness"]) {
    known.witness->push_back(unhex(item.get<std::string>()));
  }
  std::vector<Bytes> stack = *known.witness;
  if (stack.size() >= 2 && !stack.back().empty() && stack.back()[0] == annex_tag) stack.pop_back();
  if (stack.size() == 1) {
    agree(known.signature, stack[0], "Signature mismatch");
  } else if (!stack.empty()) {
    read_script_path(std::move(stack), known);
  }
}

/// The witness of the leaf that `redeem` names, by the tree.
void open_leaf(Known& known) {
  if (known.root && !known.tree && known.leaf && !known.witness) {
    // A root alone is the tree of one leaf.
    const Byte version = static_cast<Byte>(known.leaf_version.value_or(tapscript_leaf_version));
    known.tree = TapTree::from_depths({{0, {*known.leaf, version}}});
    demand(known.tree->root() == *known.root, "Redeem script not in tree");
  }
  if (!known.tree || !known.leaf || !known.internal) return;
  const Byte version = static_cast<Byte>(known.leaf_version.value_or(tapscript_leaf_version));
  const Hash256 hash = tapleaf_hash(version, *known.leaf);
  const auto& hashes = known.tree->leaf_hashes();
  const auto at = std::find(hashes.begin(), hashes.end(), hash);
  demand(at != hashes.end(), "Redeem script not in tree");
  if (known.witness) return;
  known.witness = known.leaf_stack.value_or(std::vector<Bytes>{});
  known.witness->push_back(*known.leaf);
  known.witness->push_back(
      known.tree->control_block(static_cast<std::size_t>(at - hashes.begin()), *known.internal)
          .value());
}

Json p2tr(const Json& args) {
  Known known;
  read_keys(args, known);
  read_redeem(args, known);
  if (args.contains("scriptTree")) {
    std::vector<DepthLeaf> leaves;
    read_tree(args["scriptTree"], 0, leaves);
    known.tree = TapTree::from_depths(std::move(leaves));
    demand(known.tree.has_value(), "scriptTree is no tree");
    agree(known.root, known.tree->root(), "Hash mismatch");
  }
  read_witness_list(args, known);
  if (known.internal) {
    const auto output = taproot_output_key(*known.internal, known.root);
    demand(output.has_value(), "Invalid internalPubkey");
    agree(known.key, output->key, "Pubkey mismatch");
  }
  demand(known.key.has_value(), "Not enough data");
  demand(xonly_is_valid(*known.key), "Invalid pubkey for p2tr");
  open_leaf(known);
  const Bytes output = p2tr_script(*known.key);
  Json out = {{"name", "p2tr"}, {"pubkey", to_hex(*known.key)}};
  out["output"] = to_asm(output, AsmStyle::plain).value();
  out["address"] = address_of_script(output, js_network(args.value("network", "bitcoin"))).value();
  if (known.internal) out["internalPubkey"] = to_hex(*known.internal);
  if (known.root) out["hash"] = to_hex(*known.root);
  if (known.signature) out["signature"] = to_hex(*known.signature);
  if (!known.witness && known.signature) known.witness = {{*known.signature}};
  if (known.witness) {
    out["witness"] = Json::array();
    for (const Bytes& item : *known.witness) out["witness"].push_back(to_hex(item));
  }
  if (known.leaf) {
    Json& redeem = out["redeem"];
    redeem["output"] = to_asm(*known.leaf, AsmStyle::plain).value_or("");
    redeem["redeemVersion"] = known.leaf_version.value_or(tapscript_leaf_version);
    if (known.leaf_stack) redeem["witness"] = Json::array();
    for (const Bytes& item : known.leaf_stack.value_or(std::vector<Bytes>{})) {
      redeem["witness"].push_back(to_hex(item));
    }
    out["redeemVersion"] = redeem["redeemVersion"];
  }
  return out;
}

void run_p2tr(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  each_member(run, report, tests.value("valid", Json::array()), "valid",
              [](const Json& test) -> std::string {
                return compare_payment(with_given(p2tr(test.at("arguments")), test.at("arguments")),
                                       test.at("expected"));
              });
  each_member(run, report, tests.value("invalid", Json::array()), "invalid",
              [](const Json& test) -> std::string {
                try {
                  p2tr(test.at("arguments"));
                } catch (const RefusedPayment&) {
                  return "";
                }
                return "accepted, though: " + test.at("exception").get<std::string>();
              });
}

constexpr Family families[] = {{"bitcoinjs/test/fixtures/p2tr.json", run_p2tr, ""}};

}  // namespace

std::span<const Family> bitcoin_p2tr_families() { return families; }

}  // namespace ledgerlab::vectors
