// Lists of hashes: Botan's .vec files, NIST's CAVS files in AWS-LC, OpenSSL's evp tests in Tongsuo;
// SipHash of Bitcoin Core. SHA-256, SHA-512, Keccak-256 and RIPEMD-160 are ledgerlab's own calls.
#include <algorithm>
#include <sstream>

#include "models/crypto/hash.hpp"
#include "models/crypto/siphash.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/libraries.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

constexpr std::string_view no_such_hash = "no library of ledgerlab offers this hash";

template <auto hash>
Bytes own(ByteView bytes) {
  const auto out = hash(bytes);
  return Bytes(out.data.begin(), out.data.end());
}

struct Own {
  std::string_view names[2];
  Bytes (*hash)(ByteView);
};
constexpr Own own_hashes[] = {
    {{"SHA-256", "SHA256"}, own<sha256>},
    {{"SHA-512", "SHA512"}, own<sha512>},
    {{"Keccak-1600(256)", "KECCAK-256"}, own<keccak256>},
    {{"RIPEMD-160", "RIPEMD160"}, own<ripemd160>},
};

std::optional<Bytes> any_hash(std::string_view name, ByteView bytes, std::size_t size) {
  for (const Own& entry : own_hashes) {
    if (name == entry.names[0] || name == entry.names[1]) return entry.hash(bytes);
  }
  return digest(name, bytes, size);
}

void judge_hash(const Run& run, Report& report, const std::string& label, std::string_view name,
                const Bytes& in, const Bytes& want) {
  if (run.wanted(label) && !any_hash(name, {}, want.size())) {
    return report.skip(label, no_such_hash);
  }
  judge(run, report, label,
        [&] { return differs(to_hex(*any_hash(name, in, want.size())), to_hex(want)); });
}

std::string label_of(const std::string& what, const Block& block) {
  return what + " line " + std::to_string(block.line);
}

void run_botan(const Run& run, Report& report) {
  for (const auto& block : read_blocks(run.path)) {
    if (block.find("Out") == nullptr) continue;
    judge_hash(run, report, label_of(block.section, block), block.section, unhex(block.at("In")),
               unhex(block.at("Out")));
  }
}

/// The hash is in the file's name: SHA3_256ShortMsg.txt. Len counts bits.
void run_cavs(const Run& run, Report& report) {
  std::string name = run.path.stem().string();
  for (const char* kind : {"ShortMsg", "LongMsg"}) {
    if (name.ends_with(kind)) name.resize(name.size() - std::string_view(kind).size());
  }
  for (const auto& block : read_blocks(run.path)) {
    if (block.find("MD") == nullptr) continue;
    Bytes in = unhex(block.at("Msg"));
    in.resize(std::stoul(block.at("Len")) / 8);
    judge_hash(run, report, label_of(name, block), name, in, unhex(block.at("MD")));
  }
}

/// Inputs follow one another; each may be repeated Ncopy times, and all that Count times.
Bytes evp_input(const Block& block) {
  struct Part {
    Bytes text;
    std::size_t times = 1;
  };
  std::vector<Part> parts;
  for (const auto& [key, value] : block.values) {
    if (key == "Input") {
      const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
      parts.push_back({quoted ? Bytes(value.begin() + 1, value.end() - 1) : unhex(value)});
    } else if (key == "Ncopy" || key == "Count") {
      if (parts.empty()) throw std::runtime_error(key + " before any Input");
      parts.back().times *= std::stoul(value);
    }
  }
  Bytes out;
  for (const Part& part : parts) {
    for (std::size_t i = 0; i < part.times; ++i) {
      out.insert(out.end(), part.text.begin(), part.text.end());
    }
  }
  return out;
}

void run_evp(const Run& run, Report& report) {
  for (const auto& block : read_blocks(run.path)) {
    const std::string* name = block.find("Digest");
    if (name == nullptr) continue;
    judge_hash(run, report, label_of(*name, block), *name, evp_input(block),
               unhex(block.at("Output")));
  }
}

/// Inputs are pieces of one message. Bitcoin's SipHash-1-3 of hash tables has no use here.
void run_siphash(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const Json& test = tests[i];
    judge(run, report, "case " + std::to_string(i), [&] {
      const auto word = [&](std::size_t k) {
        return std::stoull(test.at("key").at(k).get<std::string>(), nullptr, 16);
      };
      Bytes message;
      for (const Json& piece : test.at("input")) {
        const Bytes bytes = unhex(piece.get<std::string>());
        message.insert(message.end(), bytes.begin(), bytes.end());
      }
      std::ostringstream got;
      got << std::hex << siphash24({word(0), word(1)}, message);
      std::string want = test.at("expected").at("siphash24");
      want.erase(0, std::min(want.find_first_not_of('0'), want.size() - 1));
      return differs(got.str(), want);
    });
  }
}

constexpr Family families[] = {
    {"botan/src/tests/data/hash/sha2_*.vec", run_botan, ""},
    {"botan/src/tests/data/hash/keccak.vec", run_botan, ""},
    {"botan/src/tests/data/hash/ripemd160.vec", run_botan, ""},
    {"botan/src/tests/data/hash/*.vec", run_botan, library_note},
    {"awslc/*/sha/testvectors/*.txt", run_cavs, library_note},
    {"tongsuo/*/evpmd_*.txt", run_evp, ""},
    {"btc/*/siphash.json", run_siphash, ""},
};

}  // namespace

std::span<const Family> hash_families() { return families; }

}  // namespace ledgerlab::vectors
