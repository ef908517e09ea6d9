// Ethereum's transactions (TransactionTests, txtest) and its difficulty rule.
#include "models/crypto/secp256k1.hpp"
#include "models/parts/ethereum/header_rules.hpp"
#include "models/parts/ethereum/transaction.hpp"
#include "tests/vectors/families/ethereum_json.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::ethereum;

constexpr std::string_view later_fork = "a fork after Cancun";

std::string judge_transaction(const Bytes& bytes, Revision revision, const Json& result) {
  TransactionFault fault = TransactionFault::none;
  const auto tx = decode_transaction(bytes, &fault);
  if (tx) fault = validate(*tx, revision, 1);
  const auto from = tx && fault == TransactionFault::none ? sender(*tx) : std::nullopt;
  if (result.contains("exception")) {
    return from ? "accepted instead of " + result.at("exception").get<std::string>() : "";
  }
  if (!from) return "refused: " + std::string(transaction_fault_name(fault));
  if (encode(*tx) != bytes) return "encodes to other bytes";
  const std::string name = differs("0x" + to_hex(hash(*tx)), result.at("hash").get<std::string>());
  if (!name.empty()) return "hash " + name;
  const std::string by = differs("0x" + to_hex(*from), result.at("sender").get<std::string>());
  if (!by.empty()) return "sender " + by;
  return differs(to_decimal(U256(intrinsic_gas(*tx, revision))),
                 to_decimal(number_of(result.at("intrinsicGas"))));
}

void run_transactions(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const Json tests = read_json(file);
    for (const auto& [name, test] : tests.items()) {
      const auto bytes = from_hex(test.at("txbytes").get<std::string>());
      for (const auto& [fork, result] : test.at("result").items()) {
        const std::string label =
            file.lexically_relative(run.path).generic_string() + ":" + name + ":" + fork;
        if (!run.wanted(label)) continue;
        const auto revision = revision_by_name(fork);
        if (!revision) {
          report.skip(label, later_fork);
          continue;
        }
        judge(run, report, label, [&, &result = result]() -> std::string {
          // What is no hexadecimal text is no transaction.
          if (!bytes) return result.contains("exception") ? "" : "not hexadecimal";
          return judge_transaction(*bytes, *revision, result);
        });
      }
    }
  });
}

/// A transaction given by its fields, its unsigned and its signed form.
std::string judge_signing(const Json& test) {
  const Bytes bytes = unhex(test, "signed");
  const auto tx = decode_transaction(bytes);
  if (!tx) return "signed form does not decode";
  if (encode(*tx) != bytes) return "signed form encodes to other bytes";
  Transaction made;
  made.nonce = number64_of(test.at("nonce"));
  made.max_fee = made.max_priority_fee = number_of(test.at("gasprice"));
  made.gas_limit = number64_of(test.at("startgas"));
  const Bytes to = unhex(test, "to");
  if (!to.empty()) made.to = address_of(test.at("to").get<std::string>());
  made.value = number_of(test.at("value"));
  made.data = unhex(test, "data");
  if (signing_hash(made) != signing_hash(*tx)) return "signed form has other fields";

  // The unsigned form has empty strings for v, r and s.
  auto fields = rlp::decode(bytes);
  for (std::size_t i = 6; i < 9; ++i) fields->items[i].bytes.clear();
  const std::string bare = differs(to_hex(rlp::encode(*fields)), to_hex(unhex(test, "unsigned")));
  if (!bare.empty()) return "unsigned form " + bare;
  const auto secret = unhex_fixed<32>(test.at("key").get<std::string>());
  const auto key = secp256k1_public_key(secret);
  if (!key) return "not a key";
  const Address owner = ledgerlab::address_of(*key);
  if (sender(*tx) != owner) return "signed form recovers to another sender";
  if (!sign(made, secret) || sender(made) != owner) return "own signature has another sender";
  return {};
}

void run_signing(const Run& run, Report& report) {
  std::size_t i = 0;
  for (const Json& test : read_json(run.path)) {
    judge(run, report, "transaction " + std::to_string(i++), [&] { return judge_signing(test); });
  }
}

std::string judge_difficulty(const Rules& rules, const Json& test) {
  Header parent;
  parent.difficulty = number_of(test.at("parentDifficulty"));
  parent.timestamp = number64_of(test.at("parentTimestamp"));
  // Older lists say only whether there were ommers: any hash but that of none will do.
  const std::string ommers = test.value("parentUncles", "0x00");
  parent.ommers_hash = ommers.size() >= 64           ? unhex_fixed<32>(ommers)
                       : number_of(ommers).is_zero() ? empty_ommers_hash()
                                                     : Hash256{};
  const U256 got = next_difficulty(rules, parent, number64_of(test.at("currentBlockNumber")),
                                   number64_of(test.at("currentTimestamp")));
  return differs(to_decimal(got), to_decimal(number_of(test.at("currentDifficulty"))));
}

void run_difficulty(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const bool homestead = file.filename() == "difficultyCustomHomestead.json";
    const Rules rules = homestead ? rules_of(Revision::homestead) : mainnet_rules();
    const Json tests = read_json(file);
    for (const auto& [name, test] : tests.items()) {
      judge(run, report, name, [&, &test = test] { return judge_difficulty(rules, test); });
    }
  });
}

constexpr Family families[] = {
    {"eth-tests/TransactionTests", run_transactions, "", true},
    {"eth-tests/BasicTests/difficulty*", run_difficulty, ""},
    {"eth-tests/BasicTests/txtest.json", run_signing, ""},
};

}  // namespace

std::span<const Family> ethereum_transaction_families() { return families; }

}  // namespace ledgerlab::vectors
