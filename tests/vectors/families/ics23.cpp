// Proofs of Merkle stores (ICS-23): proofs of IAVL, Tendermint and sparse Merkle trees, and tables
// of single steps.
#include "models/parts/ics23/ics23.hpp"

#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::ics23;  // NOLINT: the whole file is about it

Bytes bytes_at(const Json& object, const char* key) {
  const Json text = object.value(key, Json());
  return text.is_null() ? Bytes() : base64(text.get<std::string>());
}

template <class Enum>
Enum enum_at(const Json& object, const char* key) {
  return static_cast<Enum>(object.value(key, 0));
}

LeafOp leaf_of(const Json& json) {
  return {enum_at<HashOp>(json, "hash"), enum_at<HashOp>(json, "prehash_key"),
          enum_at<HashOp>(json, "prehash_value"), enum_at<LengthOp>(json, "length"),
          bytes_at(json, "prefix")};
}

InnerOp inner_of(const Json& json) {
  return {enum_at<HashOp>(json, "hash"), bytes_at(json, "prefix"), bytes_at(json, "suffix")};
}

ExistenceProof existence_of(const Json& json) {
  ExistenceProof out{bytes_at(json, "key"), bytes_at(json, "value"), {}, {}};
  if (json.contains("leaf")) out.leaf = leaf_of(json.at("leaf"));
  for (const Json& step : json.value("path", Json::array())) out.path.push_back(inner_of(step));
  return out;
}

Spec spec_of(const Json& json) {
  Spec out;
  if (json.contains("leaf_spec")) out.leaf = leaf_of(json.at("leaf_spec"));
  if (json.contains("inner_spec")) {
    const Json& inner = json.at("inner_spec");
    out.inner = {inner.value("child_order", Json::array()).size(),
                 inner.value("child_size", std::size_t{0}),
                 inner.value("min_prefix_length", std::size_t{0}),
                 inner.value("max_prefix_length", std::size_t{0}),
                 bytes_at(inner, "empty_child"),
                 enum_at<HashOp>(inner, "hash")};
  }
  out.min_depth = json.value("min_depth", std::size_t{0});
  out.max_depth = json.value("max_depth", std::size_t{0});
  return out;
}

std::string wants_fault(bool fault, bool wanted) {
  return fault == wanted ? "" : fault ? "refused" : "accepted";
}

/// A step's result, or that there is none.
std::string judge_result(const std::optional<Bytes>& got, const Json& test) {
  if (!got || test.at("IsErr").get<bool>()) return wants_fault(!got, test.at("IsErr"));
  return differs(to_hex(*got), to_hex(bytes_at(test, "Expected")));
}

std::string judge_hash(const Json& test) {
  // The original's reader does not tell the cases of letters apart.
  const Json& text = test.contains("Preimage") ? test.at("Preimage") : test.at("PreImage");
  const std::string preimage = text;
  const auto got = apply_hash(enum_at<HashOp>(test, "HashOp"), as_bytes(preimage));
  return got ? differs(to_hex(*got), test.at("ExpectedHash").get<std::string>()) : "no such hash";
}

struct Table {
  std::string_view name;
  std::string (*judge)(const Json&);
};
constexpr Table tables[] = {
    {"TestCheckAgainstSpecData",
     [](const Json& test) {
       return wants_fault(!fault(existence_of(test.at("Proof")), spec_of(test.at("Spec"))).empty(),
                          !test.at("Err").get<std::string>().empty());
     }},
    {"TestCheckLeafData",
     [](const Json& test) {
       Spec spec;
       spec.leaf = leaf_of(test.at("Spec"));
       return wants_fault(!leaf_fault(leaf_of(test.at("Leaf")), spec).empty(), test.at("IsErr"));
     }},
    {"TestDoHashData", judge_hash},
    {"TestEmptyBranchData",
     [](const Json& test) -> std::string {
       const Spec::Inner spec = spec_of(test.at("Spec")).inner;
       const InnerOp op = inner_of(test.at("Op"));
       const bool left = siblings_are_empty(spec, op, Side::left);
       const bool right = siblings_are_empty(spec, op, Side::right);
       if (left != test.at("IsLeft").get<bool>()) return "empty on the left: " + Json(left).dump();
       if (right != test.at("IsRight").get<bool>())
         return "empty on the right: " + Json(right).dump();
       return "";
     }},
    {"TestExistenceProofData",
     [](const Json& test) { return judge_result(root_of(existence_of(test.at("Proof"))), test); }},
    {"TestInnerOpData",
     [](const Json& test) {
       return judge_result(apply_inner(inner_of(test.at("Op")), bytes_at(test, "Child")), test);
     }},
    {"TestLeafOpData",
     [](const Json& test) {
       return judge_result(
           apply_leaf(leaf_of(test.at("Op")), bytes_at(test, "Key"), bytes_at(test, "Value")),
           test);
     }},
};

/// A list, or an object by name.
std::string judge_table(const Json& file, const Table& table) {
  for (const auto& [name, test] : file.items()) {
    const std::string why = table.judge(test);
    if (!why.empty()) return name + ": " + why;
  }
  return {};
}

/// One proof of many keys: those without a value are proven to be absent.
std::string judge_batch(const Json& test, const Spec& spec) {
  Bytes root = unhex(test, "root");
  const auto proof = read_proof(unhex(test, "proof"));
  if (!proof) return "the proof does not read";
  const auto verify = [&](const Json& item) {
    const Bytes key = unhex(item, "key"), value = unhex(item, "value");
    return value.empty() ? verify_non_membership(spec, root, *proof, key)
                         : verify_membership(spec, root, *proof, key, value);
  };
  for (const Json& item : test.at("items")) {
    if (!verify(item)) return "refused: " + item.at("key").get<std::string>();
  }
  root.back() ^= 1;
  for (const Json& item : test.at("items")) {
    if (verify(item)) return "accepted with another root: " + item.at("key").get<std::string>();
  }
  return {};
}

/// What the proof proves is accepted; with another root, key or value it is refused.
std::string judge_proof(const Json& test, const Spec& spec) {
  if (test.contains("items")) return judge_batch(test, spec);
  if (!test.contains("key")) throw Unjudged("a proof of an older form, without the key it is for");
  const Bytes root = unhex(test, "root"), key = unhex(test, "key"), value = unhex(test, "value");
  const auto proof = read_proof(unhex(test, "proof"));
  if (!proof) return "the proof does not read";
  if (proof->exist.empty() && proof->nonexist.empty()) {
    throw Unjudged("a proof of another kind than existence and non-existence");
  }
  const auto verify = [&](const Bytes& r, const Bytes& k, const Bytes& v) {
    return value.empty() ? verify_non_membership(spec, r, *proof, k)
                         : verify_membership(spec, r, *proof, k, v);
  };
  if (!verify(root, key, value)) return "refused";
  Bytes other = root;
  other.back() ^= 1;
  if (verify(other, key, value)) return "accepted with another root";
  if (value.empty()) return {};
  Bytes longer = value;
  longer.push_back(0);
  if (verify(root, key, longer)) return "accepted with another value";
  longer = key;
  longer.push_back(0);
  return verify(root, longer, value) ? "accepted with another key" : "";
}

std::string judge_file(const Run& run, const std::filesystem::path& file) {
  const Json test = read_json(file);
  const std::string name = file.lexically_relative(run.path).generic_string();
  const std::pair<const char*, const Spec&> stores[] = {
      {"iavl/", iavl_spec()}, {"tendermint/", tendermint_spec()}, {"smt/", smt_spec()}};
  for (const auto& [folder, spec] : stores) {
    if (name.starts_with(folder)) return judge_proof(test, spec);
  }
  for (const Table& table : tables) {
    if (name.find(table.name) != std::string::npos) return judge_table(test, table);
  }
  throw Unjudged("no runner for this table of steps");
}

void run_ics23(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    judge(run, report, file.lexically_relative(run.path).generic_string(),
          [&] { return judge_file(run, file); });
  });
}

constexpr Family families[] = {{"ics23/*", run_ics23, ""}};

}  // namespace

std::span<const Family> ics23_families() { return families; }

}  // namespace ledgerlab::vectors
