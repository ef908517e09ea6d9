// Bitcoin Core's rpc_psbt: what is a PSBT and what is not, and the roles of creator, signer,
// combiner, finalizer and extractor.
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/psbt.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::bitcoin;  // NOLINT: the whole file is about it

std::optional<Psbt> read(const std::string& text) {
  const auto raw = base64_decode(text);
  return raw ? decode_psbt(*raw) : std::nullopt;
}

std::string judge_valid(const Json& test) {
  const auto psbt = read(test);
  if (!psbt) return "refused";
  const auto again = decode_psbt(encode_psbt(*psbt));
  return again && again->inputs == psbt->inputs && again->outputs == psbt->outputs &&
                 again->global == psbt->global
             ? ""
             : "written otherwise";
}

std::string judge_invalid(const Json& test) {
  return read(test.is_array() ? test.at(0) : test) ? "accepted" : "";
}

/// createpsbt: lists of {txid, vout} and of {address: amount}.
std::string judge_create(const Json& test) {
  Transaction tx;
  for (const Json& input : test.at("inputs")) {
    TxIn in;
    in.prevout = {hash_from_display(input.at("txid").get<std::string>()).value(),
                  input.at("vout").get<std::uint32_t>()};
    in.sequence =
        input.value("sequence", test.value("replaceable", true) ? 0xfffffffdu : sequence_final);
    tx.inputs.push_back(in);
  }
  const auto add = [&](const std::string& address, double amount) {
    const auto script = script_of_address(address, *find_network("regtest"));
    tx.outputs.push_back({static_cast<Satoshi>(amount * 1e8 + 0.5), script.value()});
  };
  for (const Json& output : test.at("outputs")) {
    for (const auto& [address, amount] : output.items()) add(address, amount.get<double>());
  }
  if (test.contains("version")) tx.version = test["version"];
  const std::string want = test.at("result");
  const std::string got = base64_encode(encode_psbt(create_psbt(tx)));
  if (got == want) return {};
  // Older vectors have final sequence numbers, before wallets signalled replacement.
  for (TxIn& input : tx.inputs) input.sequence = sequence_final;
  return differs(base64_encode(encode_psbt(create_psbt(tx))), want);
}

std::string judge_combine(const Json& test) {
  std::vector<Psbt> parts;
  for (const Json& text : test.at("combine")) {
    const auto psbt = read(text);
    if (!psbt) return "refused";
    parts.push_back(*psbt);
  }
  const auto combined = combine_psbts(parts);
  if (!combined) return "not combined";
  return differs(base64_encode(encode_psbt(*combined)), test.at("result").get<std::string>());
}

/// walletprocesspsbt with imported keys and "ALL": signs, and finalizes what is complete.
std::string judge_sign(const Json& test) {
  auto psbt = read(test.at("psbt"));
  if (!psbt) return "refused";
  for (const Json& text : test.at("privkeys")) {
    const auto key = decode_wif(text.get<std::string>(), *find_network("regtest"));
    if (!key) return "key not read";
    sign_psbt(*psbt, *key, sighash_all);
  }
  finalize_psbt(*psbt);
  return differs(base64_encode(encode_psbt(*psbt)), test.at("result").get<std::string>());
}

std::string judge_finalize(const Json& test) {
  auto psbt = read(test.at("finalize"));
  if (!psbt) return "refused";
  finalize_psbt(*psbt);
  return differs(base64_encode(encode_psbt(*psbt)), test.at("result").get<std::string>());
}

std::string judge_extract(const Json& test) {
  auto psbt = read(test.at("extract"));
  if (!psbt) return "refused";
  finalize_psbt(*psbt);
  const auto tx = extract_psbt(*psbt);
  if (!tx) return "not final";
  return differs(to_hex(encode_transaction(*tx)), test.at("result").get<std::string>());
}

void run_psbt(const Run& run, Report& report) {
  struct Section {
    const char* name;
    std::string (*judge)(const Json&);
  };
  static constexpr Section sections[] = {{"valid", judge_valid},
                                         {"invalid", judge_invalid},
                                         {"invalid_with_msg", judge_invalid},
                                         {"creator", judge_create},
                                         {"combiner", judge_combine},
                                         {"signer", judge_sign},
                                         {"finalizer", judge_finalize},
                                         {"extractor", judge_extract}};
  const Json tests = read_json(run.path);
  for (const Section& section : sections) {
    if (!tests.contains(section.name)) continue;
    std::size_t index = 0;
    for (const Json& test : tests[section.name]) {
      judge(run, report, std::string(section.name) + "/" + std::to_string(++index),
            [&] { return section.judge(test); });
    }
  }
}

constexpr Family families[] = {{"btc/test/functional/data/rpc_psbt.json", run_psbt, ""}};

}  // namespace

std::span<const Family> bitcoin_psbt_families() { return families; }

}  // namespace ledgerlab::vectors
