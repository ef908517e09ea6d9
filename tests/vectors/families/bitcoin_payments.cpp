// bitcoinjs-lib's payment templates p2pkh, p2ms, p2sh and p2wsh (p2tr has a file of its own): what
// is known of a payment is completed, what contradicts itself is refused.
#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/base58.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/script.hpp"
#include "tests/vectors/families/bitcoin_js.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
using namespace ledgerlab::bitcoin;  // NOLINT: the whole file is about it

std::string compare_payment(const Json& got, const Json& want) {
  for (const auto& [key, value] : want.items()) {
    const bool hex = key.ends_with("Hex");
    const std::string name = hex ? key.substr(0, key.size() - 3) : key;
    const Json own = got.value(name, Json());
    if (value.is_object()) {
      const std::string fault = compare_payment(own.is_null() ? Json::object() : own, value);
      if (!fault.empty()) return key + "." + fault;
    } else if (value.is_null() && name == "redeem") {
      continue;  // only what was given
    } else if (hex ? to_hex(js_script(got, name.c_str())) != value : own != value) {
      return key + ": " + differs(own.dump(), value.dump());
    }
  }
  return {};
}

Json with_given(Json payment, const Json& args) {
  for (const auto& [key, value] : args.items()) {
    const std::string name = key.ends_with("Hex") ? key.substr(0, key.size() - 3) : key;
    if (!payment.contains(name)) payment[key] = value;
  }
  return payment;
}

namespace {

void demand(bool good, const char* why) {
  if (!good) throw RefusedPayment(why);
}

using Chunks = std::vector<Instruction>;

/// One value from several sources that must agree.
template <class T>
void agree(std::optional<T>& known, const T& value, const char* why) {
  demand(!known || *known == value, why);
  known = value;
}

Chunks chunks_of(const Bytes& script) {
  Chunks out;
  ScriptReader reader(script);
  for (Instruction i; reader.next(i);) out.push_back(i);
  if (reader.failed()) return {};  // a broken script has no parts
  return out;
}

bool is_point(ByteView key) { return is_plain_key(key); }

bool is_signature(ByteView bytes) { return is_strict_der(bytes) && has_defined_hash_type(bytes); }

std::optional<Bytes> script_at(const Json& object, const char* key) {
  if (!object.contains(key) && !object.contains(std::string(key) + "Hex")) return std::nullopt;
  return js_script(object, key);
}

std::optional<std::vector<Bytes>> list_at(const Json& object, const char* key) {
  if (!object.contains(key)) return std::nullopt;
  std::vector<Bytes> out;
  for (const Json& item : object[key]) {
    out.push_back(item.is_string() ? unhex(item.get<std::string>()) : Bytes{});
  }
  return out;
}

std::optional<Bytes> hex_at(const Json& object, const char* key) {
  if (!object.contains(key)) return std::nullopt;
  return unhex(object, key);
}

Json asm_json(const Bytes& script) {
  const auto text = to_asm(script, AsmStyle::plain);
  return text ? Json(*text) : Json(to_hex(script));
}

Json hex_list(const std::vector<Bytes>& items) {
  Json out = Json::array();
  for (const Bytes& item : items) out.push_back(to_hex(item));
  return out;
}

const Network& network_of(const Json& args) {
  return js_network(
      args.value("network", args.value("redeem", Json::object()).value("network", "bitcoin")));
}

/// Address and output, of one form, to the hash in them.
void hash_from_text(const Json& args, ScriptType type, std::optional<Bytes>& hash) {
  if (args.contains("address")) {
    const auto script = script_of_address(args["address"].get<std::string>(), network_of(args));
    demand(script.has_value(), "Invalid address");
    const ScriptForm form = classify(*script);
    demand(form.type == type, "another kind of address");
    agree(hash, form.parts[0], "Hash mismatch");
  }
  if (const auto given = hex_at(args, "hash")) agree(hash, *given, "Hash mismatch");
  if (const auto output = script_at(args, "output")) {
    const ScriptForm form = classify(*output);
    demand(form.type == type, "Output is invalid");
    agree(hash, form.parts[0], "Hash mismatch");
  }
}

Json p2pkh(const Json& args, bool) {
  std::optional<Bytes> hash, key = hex_at(args, "pubkey"), signature = hex_at(args, "signature");
  hash_from_text(args, ScriptType::pubkeyhash, hash);
  demand(!hash || hash->size() == 20, "a hash of another length");
  demand(!key || is_point(*key), "no public key");
  demand(!signature || is_signature(*signature), "no signature");
  const auto input = script_at(args, "input");
  if (input) {
    const Chunks chunks = chunks_of(*input);
    demand(chunks.size() == 2, "Input is invalid");
    demand(is_signature(chunks[0].data), "Input has invalid signature");
    demand(is_point(chunks[1].data), "Input has invalid pubkey");
    agree(signature, to_bytes(chunks[0].data), "Signature mismatch");
    agree(key, to_bytes(chunks[1].data), "Pubkey mismatch");
  }
  if (key) agree(hash, to_bytes(hash160(*key).view()), "Hash mismatch");
  demand(hash.has_value(), "Not enough data");
  Hash160 fixed;
  std::copy_n(hash->begin(), 20, fixed.data.begin());
  const Bytes output = p2pkh_script(fixed);
  Json out = {{"name", "p2pkh"}, {"hash", to_hex(*hash)}, {"output", asm_json(output)}};
  out["address"] = address_of_script(output, network_of(args)).value();
  if (key) out["pubkey"] = to_hex(*key);
  if (signature) out["signature"] = to_hex(*signature);
  if (key && signature) {
    Bytes script;
    push_data(script, *signature);
    push_data(script, *key);
    out["input"] = asm_json(script);
    out["witness"] = Json::array();
  }
  return out;
}

/// The signatures of an input; a hole is an empty one.
std::vector<Bytes> signatures_of(const Bytes& input, bool allow_incomplete) {
  const Chunks chunks = chunks_of(input);
  demand(chunks.size() > 1 && chunks[0].opcode == op_0, "Input is invalid");
  std::vector<Bytes> out;
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    const bool hole = allow_incomplete && chunks[i].opcode == op_0;
    demand(hole || is_signature(chunks[i].data), "Input has invalid signature(s)");
    out.push_back(to_bytes(chunks[i].data));
  }
  return out;
}

Json p2ms(const Json& args, bool allow_incomplete) {
  std::optional<int> m, n;
  auto keys = list_at(args, "pubkeys");
  auto signatures = list_at(args, "signatures");
  const auto output = script_at(args, "output");
  const auto input = script_at(args, "input");
  demand(input || output || signatures || (keys && args.contains("m")), "Not enough data");
  if (args.contains("m")) m = args["m"].get<int>();
  if (args.contains("n")) n = args["n"].get<int>();
  if (output) {
    const ScriptForm form = classify(*output);
    demand(form.type == ScriptType::multisig, "Output is invalid");
    demand(std::all_of(form.parts.begin(), form.parts.end(), is_point), "Output is invalid");
    agree(m, form.required, "m mismatch");
    agree(n, static_cast<int>(form.parts.size()), "n mismatch");
    agree(keys, form.parts, "Pubkeys mismatch");
  }
  if (keys) {
    agree(n, static_cast<int>(keys->size()), "Pubkey count mismatch");
    demand(std::all_of(keys->begin(), keys->end(), is_point), "Pubkeys are invalid");
    demand(!m || (*m >= 1 && *m <= *n), "Pubkey count cannot be less than m");
  }
  if (input) agree(signatures, signatures_of(*input, allow_incomplete), "Signature mismatch");
  if (signatures && m) {
    demand(static_cast<int>(signatures->size()) >= *m, "Not enough signatures provided");
    demand(static_cast<int>(signatures->size()) <= *m, "Too many signatures provided");
  }
  Json out = Json::object();
  if (m) out["m"] = *m;
  if (n) out["n"] = *n;
  if (keys) out["pubkeys"] = hex_list(*keys);
  if (m && n) out["name"] = "p2ms(" + std::to_string(*m) + " of " + std::to_string(*n) + ")";
  if (m && keys) out["output"] = asm_json(multisig_script(*m, *keys).value());
  if (!signatures) return out;
  out["signatures"] = Json::array();
  Bytes script = {op_0};
  for (const Bytes& signature : *signatures) {
    demand((allow_incomplete && signature.empty()) || is_signature(signature), "no signature");
    // A hole is the number 0 in their lists.
    out["signatures"].push_back(signature.empty() ? Json(0) : Json(to_hex(signature)));
    push_data(script, signature);
  }
  out["input"] = asm_json(script);
  out["witness"] = Json::array();
  return out;
}

/// The wrapped payment.
struct Redeem {
  std::optional<Bytes> output, input;
  std::optional<std::vector<Bytes>> witness;
};

Redeem redeem_at(const Json& args) {
  Redeem out;
  if (!args.contains("redeem")) return out;
  const Json& redeem = args["redeem"];
  out.output = script_at(redeem, "output");
  out.input = script_at(redeem, "input");
  out.witness = list_at(redeem, "witness");
  demand(!args.contains("network") || !redeem.contains("network") ||
             args["network"] == redeem["network"],
         "Network mismatch");
  return out;
}

Json redeem_json(const Redeem& redeem) {
  Json out = Json::object();
  if (redeem.output) out["output"] = asm_json(*redeem.output);
  if (redeem.input) out["input"] = asm_json(*redeem.input);
  if (redeem.witness) out["witness"] = hex_list(*redeem.witness);
  return out;
}

std::size_t operations(const Bytes& script) {
  const Chunks chunks = chunks_of(script);
  return static_cast<std::size_t>(std::count_if(
      chunks.begin(), chunks.end(), [](const Instruction& i) { return i.opcode > op_16; }));
}

void check_redeem(const Redeem& redeem, std::size_t size_max, bool may_be_empty_input) {
  if (redeem.output) {
    demand(!chunks_of(*redeem.output).empty(), "Redeem.output too short or invalid");
    demand(redeem.output->size() <= size_max, "Redeem.output unspendable by its size");
    demand(operations(*redeem.output) <= max_ops_per_script,
           "Redeem.output unspendable by its ops");
  }
  if (!redeem.input) return;
  const bool has_input = !redeem.input->empty();
  const bool has_witness = redeem.witness && !redeem.witness->empty();
  demand(may_be_empty_input || has_input || has_witness, "Empty input");
  demand(!has_input || !has_witness, "Input and witness provided");
  demand(is_push_only(*redeem.input), "Non push-only scriptSig");
}

/// What the templates with a wrapped payment share; nothing follows from no hash.
Json wrapping(const std::string& kind, const Json& args, const std::optional<Bytes>& hash,
              Bytes (*script)(const Bytes&)) {
  Json out = {{"name", kind}};
  const Json inner = args.value("redeem", Json::object());
  if (inner.contains("name")) out["name"] = kind + "-" + inner["name"].get<std::string>();
  if (inner.contains("network")) out["network"] = inner["network"];
  if (!hash) return out;
  const Bytes output = script(*hash);
  out["hash"] = to_hex(*hash);
  out["output"] = asm_json(output);
  out["address"] = address_of_script(output, network_of(args)).value();
  return out;
}

Bytes p2sh_output(const Bytes& hash) {
  Hash160 fixed;
  std::copy_n(hash.begin(), 20, fixed.data.begin());
  return p2sh_script(fixed);
}

Bytes p2wsh_output(const Bytes& hash) { return witness_script(0, hash); }

void demand_any(const Json& args, std::initializer_list<const char*> keys) {
  const bool any = std::any_of(keys.begin(), keys.end(), [&](const char* key) {
    return args.contains(key) || args.contains(std::string(key) + "Hex");
  });
  demand(any, "Not enough data");
}

Json p2sh(const Json& args, bool) {
  demand_any(args, {"address", "hash", "output", "redeem", "input"});
  std::optional<Bytes> hash;
  hash_from_text(args, ScriptType::scripthash, hash);
  demand(!hash || hash->size() == 20, "a hash of another length");
  Redeem redeem = redeem_at(args);
  check_redeem(redeem, max_element_size, false);
  const auto witness = list_at(args, "witness");
  if (const auto input = script_at(args, "input")) {
    const Chunks chunks = chunks_of(*input);
    demand(!chunks.empty(), "Input too short");
    Bytes rest;
    for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
      if (chunks[i].opcode > op_pushdata4) {
        put_u8(rest, chunks[i].opcode);
      } else {
        push_data(rest, chunks[i].data);
      }
    }
    agree(redeem.output, to_bytes(chunks.back().data), "Redeem.output mismatch");
    agree(redeem.input, rest, "Redeem.input mismatch");
    if (!redeem.witness) redeem.witness = witness.value_or(std::vector<Bytes>{});
  }
  if (witness) agree(redeem.witness, *witness, "Witness and redeem.witness mismatch");
  check_redeem(redeem, max_element_size, false);
  if (redeem.output) agree(hash, to_bytes(hash160(*redeem.output).view()), "Hash mismatch");
  Json out = wrapping("p2sh", args, hash, p2sh_output);
  if (redeem.output || redeem.input || redeem.witness) out["redeem"] = redeem_json(redeem);
  if (redeem.output && redeem.input) {
    Bytes script = *redeem.input;
    push_data(script, *redeem.output);
    out["input"] = asm_json(script);
    out["witness"] = Json::array();
  }
  if (redeem.witness) out["witness"] = hex_list(*redeem.witness);
  return out;
}

bool is_uncompressed(ByteView key) { return key.size() == 65 && key[0] == 4; }

void no_uncompressed(const std::optional<Bytes>& script) {
  if (!script) return;
  for (const Instruction& i : chunks_of(*script)) {
    demand(!is_uncompressed(i.data), "an uncompressed key in a witness");
  }
}

/// The elements that a push-only script leaves.
std::vector<Bytes> stack_of(const Bytes& script) {
  std::vector<Bytes> out;
  for (const Instruction& i : chunks_of(script)) {
    out.push_back(i.opcode > op_pushdata4 ? encode_number(int{i.opcode} - op_reserved)
                                          : to_bytes(i.data));
  }
  return out;
}

Json p2wsh(const Json& args, bool) {
  demand_any(args, {"address", "hash", "output", "redeem", "witness"});
  std::optional<Bytes> hash;
  hash_from_text(args, ScriptType::witness_v0_scripthash, hash);
  demand(!hash || hash->size() == 32, "a hash of another length");
  demand(script_at(args, "input").value_or(Bytes{}).empty(), "an input");
  Redeem redeem = redeem_at(args);
  auto witness = list_at(args, "witness");
  check_redeem(redeem, 3600, true);
  if (redeem.output) agree(hash, to_bytes(sha256(*redeem.output).view()), "Hash mismatch");
  no_uncompressed(redeem.input);
  no_uncompressed(redeem.output);
  if (witness && !witness->empty()) {
    agree(redeem.output, witness->back(), "Witness and redeem.output mismatch");
    const std::vector<Bytes> rest(witness->begin(), witness->end() - 1);
    demand(std::none_of(rest.begin(), rest.end(), is_uncompressed), "an uncompressed key");
    agree(redeem.witness, rest, "Witness and redeem.witness mismatch");
    redeem.input = Bytes{};
    agree(hash, to_bytes(sha256(*redeem.output).view()), "Hash mismatch");
  } else if (redeem.input && !redeem.input->empty() && redeem.output) {
    // A signature script becomes a witness.
    witness = stack_of(*redeem.input);
    redeem.witness = *witness;
    redeem.input = Bytes{};
    witness->push_back(*redeem.output);
  } else if (redeem.witness && redeem.output) {
    demand(std::none_of(redeem.witness->begin(), redeem.witness->end(), is_uncompressed),
           "an uncompressed key");
    witness = redeem.witness;
    witness->push_back(*redeem.output);
  }
  Json out = wrapping("p2wsh", args, hash, p2wsh_output);
  if (redeem.output || redeem.input || redeem.witness) out["redeem"] = redeem_json(redeem);
  if (witness) {
    out["witness"] = hex_list(*witness);
    out["input"] = "";
  }
  return out;
}

using Payment = Json (*)(const Json&, bool);

/// "redeem.output" as a path into an object.
Json::json_pointer path_to(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return Json::json_pointer("/" + name);
}

/// One whole payment: each member must follow from each set of others that is said to be enough.
std::string judge_detail(Payment payment, const Json& depends, const Json& detail) {
  const Json disabled = detail.value("disabled", Json::array());
  for (const auto& [key, sources] : depends.items()) {
    if (std::find(disabled.begin(), disabled.end(), Json(key)) != disabled.end()) continue;
    for (const Json& source : sources) {
      Json args = Json::object();
      for (const Json& name : source.is_array() ? source : Json::array({source})) {
        const auto path = path_to(name);
        if (detail.contains(path)) args[path] = detail.at(path);
      }
      const auto wanted = path_to(key);
      const Json got = with_given(payment(args, false), args);
      const Json own = got.contains(wanted) ? got.at(wanted) : Json();
      if (!detail.contains(wanted) || own == detail.at(wanted)) continue;
      return key + " from " + source.dump() + ": " + differs(own.dump(), detail.at(wanted).dump());
    }
  }
  return {};
}

template <Payment payment>
void run_payment(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  each_member(run, report, tests.value("valid", Json::array()), "valid",
              [](const Json& test) -> std::string {
                const bool holes =
                    test.value("options", Json::object()).value("allowIncomplete", false);
                const Json& args = test.at("arguments");
                return compare_payment(with_given(payment(args, holes), args), test.at("expected"));
              });
  each_member(run, report, tests.value("invalid", Json::array()), "invalid",
              [](const Json& test) -> std::string {
                try {
                  payment(test.at("arguments"), false);
                } catch (const RefusedPayment&) {
                  return "";
                }
                return "accepted, though: " + test.at("exception").get<std::string>();
              });
  const Json dynamic = tests.value("dynamic", Json::object());
  each_member(
      run, report, dynamic.value("details", Json::array()), "dynamic",
      [&](const Json& detail) { return judge_detail(payment, dynamic.at("depends"), detail); });
}

constexpr Family families[] = {
    {"bitcoinjs/test/fixtures/p2pkh.json", run_payment<p2pkh>, ""},
    {"bitcoinjs/test/fixtures/p2ms.json", run_payment<p2ms>, ""},
    {"bitcoinjs/test/fixtures/p2sh.json", run_payment<p2sh>, ""},
    {"bitcoinjs/test/fixtures/p2wsh.json", run_payment<p2wsh>, ""},
};

}  // namespace

std::span<const Family> bitcoin_payment_families() { return families; }

}  // namespace ledgerlab::vectors
