// Bitcoin Core's script_tests, tx_valid, tx_invalid and sighash, and btcd's copy of Core's
// script_assets (taproot-ref). How each is to be run: test/script_tests.cpp, transaction_tests.cpp,
// sighash_tests.cpp of Bitcoin Core.
#include <map>

#include "models/parts/bitcoin/asm.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::bitcoin;  // NOLINT: the whole file is about it

/// BIP 341: a point whose discrete logarithm nobody knows.
const char* const unspendable_key =
    "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0";

std::uint32_t flags_of(const std::string& names) {
  const auto flags = script_flags_from(names);
  if (!flags) throw std::runtime_error("an unknown flag in " + names);
  return *flags;
}

Bytes notation(std::string_view text) {
  const auto script = script_from_notation(text);
  if (!script) throw std::runtime_error("script not understood: " + std::string(text));
  return *script;
}

/// JSON numbers of coins as satoshi; eight decimals at most.
Satoshi satoshi_of(const Json& value) {
  const double scaled = value.get<double>() * 1e8;
  return static_cast<Satoshi>(scaled + 0.5);
}

/// One case a line; lists of one element are comments.
void each_listed(const Run& run, Report& report, std::size_t least,
                 const std::function<std::string(const Json&)>& body) {
  const Json tests = read_json(run.path);
  std::size_t index = 0;
  for (const Json& test : tests) {
    ++index;
    if (!test.is_array() || test.size() < least) continue;
    judge(run, report, std::to_string(index), [&] { return body(test); });
  }
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what)) {
    text.replace(at, what.size(), with);
  }
}

struct ScriptCase {
  Witness witness;
  Satoshi amount = 0;
  std::string script_sig, script_pubkey, flags, expected;
};

/// The witness list may hold a script to be wrapped in a taproot output.
void read_witness_list(const Json& list, ScriptCase& out) {
  out.amount = satoshi_of(list.back());
  XOnlyPublicKey internal = unhex_fixed<32>(unspendable_key);
  std::optional<TapTree> tree;
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    const std::string item = list[i];
    if (item.starts_with("#SCRIPT#")) {
      const Bytes script = notation(item.substr(8));
      tree = TapTree::from_depths({{0, {script}}});
      out.witness.push_back(script);
    } else if (item == "#CONTROLBLOCK#") {
      out.witness.push_back(tree.value().control_block(0, internal).value());
    } else {
      out.witness.push_back(unhex(item));
    }
  }
  if (tree) {
    const auto key = taproot_output_key(internal, tree->root()).value();
    replace_all(out.script_pubkey, "#TAPROOTOUTPUT#", "0x" + to_hex(key.key));
  }
}

std::string judge_script(const Json& test) {
  ScriptCase c;
  const std::size_t at = test[0].is_array() ? 1 : 0;
  c.script_sig = test.at(at);
  c.script_pubkey = test.at(at + 1);
  c.flags = test.at(at + 2);
  c.expected = test.at(at + 3);
  if (at == 1) read_witness_list(test[0], c);

  Transaction credit;
  credit.version = 1;
  credit.inputs.resize(1);
  credit.inputs[0].script_sig = {op_0, op_0};
  credit.outputs = {{c.amount, notation(c.script_pubkey)}};
  Transaction spend;
  spend.version = 1;
  spend.inputs.resize(1);
  spend.inputs[0].prevout = {txid(credit), 0};
  spend.inputs[0].script_sig = notation(c.script_sig);
  spend.inputs[0].witness = c.witness;
  spend.outputs = {{c.amount, {}}};

  std::uint32_t flags = flags_of(c.flags);
  if ((flags & verify_cleanstack) != 0) flags |= verify_p2sh | verify_witness;
  const TransactionHashes hashes(spend, credit.outputs);
  const TransactionChecker checker(spend, 0, c.amount, hashes);
  const ScriptError error =
      verify_script(spend.inputs[0].script_sig, credit.outputs[0].script_pubkey,
                    spend.inputs[0].witness, flags, checker);
  return differs(script_error_name(error), c.expected);
}

void run_script_tests(const Run& run, Report& report) { each_listed(run, report, 4, judge_script); }

// tx_valid and tx_invalid

using Prevouts = std::map<OutPoint, TxOut>;

Prevouts read_prevouts(const Json& list) {
  Prevouts out;
  for (const Json& entry : list) {
    const auto id = hash_from_display(entry.at(0).get<std::string>());
    OutPoint point{id.value(), static_cast<std::uint32_t>(entry.at(1).get<std::int64_t>())};
    out[point] = {entry.size() > 3 ? entry[3].get<Satoshi>() : 0,
                  notation(entry.at(2).get<std::string>())};
  }
  return out;
}

/// The first input that does not verify, or OK.
ScriptError verify_inputs(const Transaction& tx, const Prevouts& prevouts, std::uint32_t flags) {
  std::vector<TxOut> spent;
  for (const TxIn& input : tx.inputs) spent.push_back(prevouts.at(input.prevout));
  const TransactionHashes hashes(tx, spent);
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    const TransactionChecker checker(tx, i, spent[i].value, hashes);
    const ScriptError error = verify_script(tx.inputs[i].script_sig, spent[i].script_pubkey,
                                            tx.inputs[i].witness, flags, checker);
    if (error != ScriptError::ok) return error;
  }
  return ScriptError::ok;
}

/// WITNESS makes sense with P2SH only, CLEANSTACK with WITNESS only.
std::uint32_t trimmed(std::uint32_t flags) {
  if ((flags & verify_p2sh) == 0) flags &= ~verify_witness;
  if ((flags & verify_witness) == 0) flags &= ~verify_cleanstack;
  return flags;
}
std::uint32_t filled(std::uint32_t flags) {
  if ((flags & verify_cleanstack) != 0) flags |= verify_witness;
  if ((flags & verify_witness) != 0) flags |= verify_p2sh;
  return flags;
}

std::string judge_valid(const Json& test) {
  const Prevouts prevouts = read_prevouts(test[0]);
  const auto tx = decode_transaction(unhex(test[1].get<std::string>()));
  if (!tx) return "transaction not read";
  if (const auto fault = check_transaction(*tx); !fault.empty()) return std::string(fault);
  const std::uint32_t excluded = flags_of(test[2]);
  const std::uint32_t flags = all_script_flags & ~excluded;
  if (const auto error = verify_inputs(*tx, prevouts, flags); error != ScriptError::ok) {
    return "refused: " + std::string(script_error_name(error));
  }
  for (std::uint32_t bit = 1; bit < all_script_flags; bit <<= 1) {
    // Fewer flags never refuse more; each excluded one alone refuses.
    if (verify_inputs(*tx, prevouts, trimmed(flags & ~bit)) != ScriptError::ok) {
      return "refused without flag " + std::to_string(bit);
    }
    if ((excluded & bit) != 0 &&
        verify_inputs(*tx, prevouts, filled(flags | bit)) == ScriptError::ok) {
      return "accepted with excluded flag " + std::to_string(bit);
    }
  }
  return {};
}

std::string judge_invalid(const Json& test) {
  const auto tx = decode_transaction(unhex(test[1].get<std::string>()));
  if (!tx) return "transaction not read";
  const std::string_view fault = check_transaction(*tx);
  if (test[2] == "BADTX") return fault.empty() ? "accepted" : "";
  if (!fault.empty()) return std::string(fault);
  const Prevouts prevouts = read_prevouts(test[0]);
  const std::uint32_t flags = flags_of(test[2]);
  if (verify_inputs(*tx, prevouts, flags) == ScriptError::ok) return "accepted";
  for (std::uint32_t bit = 1; bit < all_script_flags; bit <<= 1) {
    // More flags never accept more; without any one of these it is accepted.
    if (verify_inputs(*tx, prevouts, filled(flags | bit)) == ScriptError::ok) {
      return "accepted with one more flag " + std::to_string(bit);
    }
    if ((flags & bit) != 0 &&
        verify_inputs(*tx, prevouts, trimmed(flags & ~bit)) != ScriptError::ok) {
      return "refused even without flag " + std::to_string(bit);
    }
  }
  return {};
}

void run_tx_valid(const Run& run, Report& report) { each_listed(run, report, 3, judge_valid); }
void run_tx_invalid(const Run& run, Report& report) { each_listed(run, report, 3, judge_invalid); }

void run_sighash(const Run& run, Report& report) {
  each_listed(run, report, 5, [](const Json& test) -> std::string {
    const Bytes raw = unhex(test[0].get<std::string>());
    const auto tx = decode_transaction(raw);
    if (!tx) return "transaction not read";
    if (encode_transaction(*tx) != raw) return "transaction written otherwise";
    const Hash256 hash =
        legacy_sighash(unhex(test[1].get<std::string>()), *tx, test[2].get<std::size_t>(),
                       static_cast<std::uint32_t>(test[3].get<std::int64_t>()));
    return differs(to_display(hash), test[4].get<std::string>());
  });
}

// taproot-ref

std::vector<std::uint32_t> consensus_flag_sets() {
  constexpr std::uint32_t flags[] = {verify_p2sh,
                                     verify_dersig,
                                     verify_nulldummy,
                                     verify_checklocktimeverify,
                                     verify_checksequenceverify,
                                     verify_witness,
                                     verify_taproot};
  std::vector<std::uint32_t> sets;
  for (unsigned bits = 0; bits < 128; ++bits) {
    std::uint32_t set = 0;
    for (unsigned i = 0; i < 7; ++i) set |= (bits >> i & 1) != 0 ? flags[i] : 0;
    if ((set & verify_witness) != 0 && (set & verify_p2sh) == 0) continue;
    if ((set & verify_taproot) != 0 && (set & verify_witness) == 0) continue;
    sets.push_back(set);
  }
  return sets;
}

struct Spend {
  Transaction tx;
  std::vector<TxOut> prevouts;
  std::size_t index = 0;

  void set(const Json& input) {
    tx.inputs.at(index).script_sig = unhex(input, "scriptSig");
    tx.inputs[index].witness.clear();
    for (const Json& item : input.at("witness")) {
      tx.inputs[index].witness.push_back(unhex(item.get<std::string>()));
    }
  }
  ScriptError verify(const TransactionHashes& hashes, std::uint32_t flags) const {
    const TransactionChecker checker(tx, index, prevouts[index].value, hashes);
    return verify_script(tx.inputs[index].script_sig, prevouts[index].script_pubkey,
                         tx.inputs[index].witness, flags, checker);
  }
};

std::string judge_asset(const Json& test) {
  static const std::vector<std::uint32_t> sets = consensus_flag_sets();
  Spend spend;
  spend.index = test.at("index");
  const auto tx = decode_transaction(unhex(test, "tx"));
  if (!tx) return "transaction not read";
  spend.tx = *tx;
  for (const Json& prevout : test.at("prevouts")) {
    const Bytes raw = unhex(prevout.get<std::string>());
    Reader in(raw);
    spend.prevouts.push_back(read_output(in));
    if (!in.done()) return "output not read";
  }
  const std::uint32_t flags = flags_of(test.at("flags"));
  const bool final = test.value("final", false);
  const TransactionHashes hashes(spend.tx, spend.prevouts);
  if (test.contains("success")) {
    spend.set(test["success"]);
    for (const std::uint32_t set : sets) {
      if (!final && (set & flags) != set) continue;
      const ScriptError error = spend.verify(hashes, set);
      if (error != ScriptError::ok) return "refused: " + std::string(script_error_name(error));
    }
  }
  if (test.contains("failure")) {
    spend.set(test["failure"]);
    for (const std::uint32_t set : sets) {
      if ((set & flags) == flags && spend.verify(hashes, set) == ScriptError::ok) {
        return "accepted";
      }
    }
  }
  return {};
}

void run_assets(const Run& run, Report& report) {
  each_file(run, report, "", [&](const std::filesystem::path& file) {
    judge(run, report, file.filename().string(), [&] {
      std::string text = read_text(file);
      // Each file is one element of a list, with the comma behind it.
      text.erase(text.find_last_not_of(" \r\n\t,") + 1);
      return judge_asset(Json::parse(text));
    });
  });
}

constexpr Family families[] = {
    {"btc/src/test/data/script_tests.json", run_script_tests, ""},
    {"btc/src/test/data/tx_valid.json", run_tx_valid, ""},
    {"btc/src/test/data/tx_invalid.json", run_tx_invalid, ""},
    {"btc/src/test/data/sighash.json", run_sighash, ""},
    {"btcd/txscript/data/taproot-ref*", run_assets, "", true},
};

}  // namespace

std::span<const Family> bitcoin_script_families() { return families; }

}  // namespace ledgerlab::vectors
