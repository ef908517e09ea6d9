// ethereum/tests RLPTests: what encodes to what, and what must not decode.
#include "models/codec/rlp.hpp"

#include <algorithm>

#include "models/base/u256.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

/// A decimal number of any size, in as few big-endian bytes as hold it.
Bytes bytes_of_decimal(std::string_view digits) {
  Bytes out;  // little-endian
  for (const char c : digits) {
    if (c < '0' || c > '9') throw std::runtime_error("not a number: " + std::string(digits));
    unsigned carry = static_cast<unsigned>(c - '0');
    for (Byte& byte : out) {
      carry += byte * 10u;
      byte = static_cast<Byte>(carry);
      carry >>= 8;
    }
    if (carry != 0) out.push_back(static_cast<Byte>(carry));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

/// The JSON form of RLPTests: text, 0x and hexadecimal bytes, a number, "#" and a decimal number,
/// or a list.
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
      item.bytes = bytes_of_decimal(std::string_view(text).substr(1));
    } else if (text.starts_with("0x")) {
      item.bytes = unhex(text);
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
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const Json tests = read_json(file);
    for (const auto& [name, test] : tests.items()) {
      judge(run, report, name, [&] { return judge_rlp(test); });
    }
  });
}

constexpr Family families[] = {{"eth-tests/RLPTests/*", run_rlp, ""}};

}  // namespace

std::span<const Family> rlp_families() { return families; }

}  // namespace ledgerlab::vectors
