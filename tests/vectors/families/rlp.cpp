// ethereum/tests RLPTests: what encodes to what, and what must not decode.
#include "models/codec/rlp.hpp"

#include "models/base/u256.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

/// The JSON form of RLPTests: text, a number, "#" and a decimal number, or a list.
rlp::Item item_of(const Json& in) {
  rlp::Item item;
  if (in.is_array()) {
    item.is_list = true;
    for (const Json& child : in) item.items.push_back(item_of(child));
  } else if (in.is_number_unsigned()) {
    item.bytes = to_minimal_big_endian(U256(in.get<std::uint64_t>()));
  } else {
    const std::string text = in;
    if (text.starts_with('#')) {
      const auto number = u256_from_text(text.substr(1));
      if (!number) throw std::runtime_error("not a number of 256 bits: " + text);
      item.bytes = to_minimal_big_endian(*number);
    } else {
      item.bytes.assign(text.begin(), text.end());
    }
  }
  return item;
}

std::string judge_rlp(const Json& test) {
  const Bytes bytes = unhex(test, "out");
  const auto decoded = rlp::decode(bytes);
  const Json& in = test.at("in");
  if (in == "INVALID") return decoded ? "decoded, though it is invalid" : "";
  if (!decoded) return "not decoded";
  if (rlp::encode(*decoded) != bytes) return "encodes to other bytes than it was decoded from";
  if (in == "VALID") return {};
  const rlp::Item want = item_of(in);
  if (*decoded != want) return "decoded to something else";
  return differs(to_hex(rlp::encode(want)), to_hex(bytes));
}

void run_rlp(const Run& run, Report& report) {
  for (const auto& file : run.files()) {
    const Json tests = read_json(file);
    for (const auto& [name, test] : tests.items()) {
      judge(run, report, name, [&] { return judge_rlp(test); });
    }
  }
}

constexpr Family families[] = {{"eth-tests/RLPTests/*", run_rlp, ""}};

}  // namespace

std::span<const Family> rlp_families() { return families; }

}  // namespace ledgerlab::vectors
