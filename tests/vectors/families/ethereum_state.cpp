// ethereum/tests GeneralStateTests: one transaction on a state, under one fork or several; the
// state root and the hash of the logs must come out, or the transaction must be refused.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>

#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/ethereum/execute.hpp"
#include "models/parts/ethereum/rules.hpp"
#include "models/parts/ethereum/transaction.hpp"
#include "tests/vectors/families/ethereum_json.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ethereum;

/// Over 5 s on this engine; the oracle's other slow ones are not.
constexpr std::array<std::string_view, 2> slow_files = {"loopMul", "CALLBlake2f_MaxRounds"};

U256 number(const Json& object, const char* key) {
  return object.contains(key) ? number_of(object.at(key)) : U256();
}

BlockContext read_block(const Json& env, Revision revision) {
  BlockContext out;
  out.coinbase = unhex_fixed<20>(env.at("currentCoinbase").get<std::string>());
  out.number = static_cast<std::int64_t>(number(env, "currentNumber").low64());
  out.timestamp = static_cast<std::int64_t>(number(env, "currentTimestamp").low64());
  out.gas_limit = number(env, "currentGasLimit").low64();
  out.prev_randao =
      number(env, revision >= Revision::paris ? "currentRandom" : "currentDifficulty");
  if (revision >= Revision::london) out.base_fee = number(env, "currentBaseFee");
  if (revision >= Revision::cancun) {
    out.blob_base_fee = blob_base_fee(number(env, "currentExcessBlobGas").low64());
  }
  out.block_hash = [](std::int64_t n) { return keccak256(as_bytes(std::to_string(n))); };
  return out;
}

AccessList read_access_list(const Json& list) {
  AccessList out;
  for (const Json& entry : list) {
    AccessListEntry& made = out.emplace_back();
    made.address = unhex_fixed<20>(entry.at("address").get<std::string>());
    for (const Json& key : entry.at("storageKeys")) {
      made.keys.push_back(unhex_fixed<32>(key.get<std::string>()));
    }
  }
  return out;
}

/// The transaction that the indexes choose, signed: for entries without "txbytes".
Transaction build(const Json& fields, const Json& indexes) {
  const auto chosen = [&](const char* list, const char* index) -> const Json& {
    return fields.at(list).at(indexes.at(index).get<std::size_t>());
  };
  Transaction out;
  const bool lists = fields.contains("accessLists") && !chosen("accessLists", "data").is_null();
  if (lists) out.access_list = read_access_list(chosen("accessLists", "data"));
  if (fields.contains("blobVersionedHashes")) {
    out.type = TransactionType::blob;
    out.max_blob_fee = number(fields, "maxFeePerBlobGas");
    for (const Json& hash : fields.at("blobVersionedHashes")) {
      out.blob_hashes.push_back(unhex_fixed<32>(hash.get<std::string>()));
    }
  } else if (fields.contains("maxFeePerGas")) {
    out.type = TransactionType::dynamic_fee;
  } else if (lists) {
    out.type = TransactionType::access_list;
  }
  const bool dynamic = out.type >= TransactionType::dynamic_fee;
  out.chain_id = out.type == TransactionType::legacy ? 0 : 1;
  out.max_fee = number(fields, dynamic ? "maxFeePerGas" : "gasPrice");
  out.max_priority_fee = dynamic ? number(fields, "maxPriorityFeePerGas") : out.max_fee;
  out.nonce = number(fields, "nonce").low64();
  out.gas_limit = number_of(chosen("gasLimit", "gas")).low64();
  const std::string to = fields.at("to");
  if (!to.empty()) out.to = unhex_fixed<20>(to);
  out.value = number_of(chosen("value", "value"));
  out.data = unhex(chosen("data", "data").get<std::string>());
  if (!sign(out, unhex_fixed<32>(fields.at("secretKey").get<std::string>()))) {
    throw std::runtime_error("secretKey is not a key");
  }
  return out;
}

/// One entry of "post": empty if all came out as it says.
std::string judge_entry(const Json& test, const Json& entry, const WorldState& before,
                        const BlockContext& block, Revision revision, ContractEngine& engine) {
  const bool must_fail = entry.contains("expectException");
  TransactionFault fault = TransactionFault::none;
  const auto tx = entry.contains("txbytes") ? decode_transaction(unhex(entry, "txbytes"), &fault)
                                            : build(test.at("transaction"), entry.at("indexes"));
  const auto signer = tx ? sender(*tx) : std::nullopt;
  if (tx && !signer) fault = TransactionFault::signature;
  Overlay overlay(before, revision);
  Receipt receipt;
  if (signer) {
    BlockUse use;
    TransactionOutcome outcome = execute_transaction(overlay, block, *tx, *signer, engine, use);
    fault = outcome.fault;
    receipt = std::move(outcome.receipt);
  }
  const bool refused = fault != TransactionFault::none;
  if (refused && !must_fail) return "refused: " + std::string(transaction_fault_name(fault));
  if (!refused && must_fail) {
    return "not refused: " + entry.at("expectException").get<std::string>();
  }
  // The block's reward, of nothing, comes even if its transaction was refused.
  overlay.touch(block.coinbase);
  const std::string logs = to_hex(keccak256(encode(std::span<const Log>(receipt.logs))));
  const std::string root = to_hex(overlay.commit().root());
  const std::string wrong = differs("0x" + root, entry.at("hash").get<std::string>());
  if (!wrong.empty()) return "root " + wrong;
  const std::string other = differs("0x" + logs, entry.at("logs").get<std::string>());
  return other.empty() ? "" : "logs " + other;
}

std::string entry_name(const std::string& test, const std::string& fork, const Json& entry) {
  const Json& at = entry.at("indexes");
  const auto index = [&](const char* key) { return std::to_string(at.at(key).get<int>()); };
  return test + "/" + fork + "/d" + index("data") + "g" + index("gas") + "v" + index("value");
}

void run_test(const Run& run, Report& report, const std::string& name, const Json& test, bool slow,
              ContractEngine& engine) {
  std::optional<WorldState> before;
  if (!test.is_object() || !test.contains("post") || !test.contains("transaction")) {
    if (run.wanted(name)) report.skip(name, "not a state test");
    return;
  }
  for (const auto& [fork, entries] : test.at("post").items()) {
    const auto revision = revision_by_name(fork);
    std::optional<BlockContext> block;
    for (const Json& entry : entries) {
      const std::string entry_is = entry_name(name, fork, entry);
      if (!run.wanted(entry_is)) continue;
      if (!revision) {
        report.skip(entry_is, "fork " + fork + " is not implemented (Frontier to Cancun are)");
        continue;
      }
      if (slow) {
        report.skip(entry_is, slow_reason);
        continue;
      }
      judge(run, report, entry_is, [&] {
        if (!before) before = world_of(test.at("pre"));
        if (!block) block = read_block(test.at("env"), *revision);
        return judge_entry(test, entry, *before, *block, *revision, engine);
      });
    }
  }
}

void run_state_tests(const Run& run, Report& report) {
  const auto engine = evm::make_evm();
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const std::string folder = file.parent_path().filename().string();
    const Json tests = read_json(file);
    const bool slow = !run.soak && std::find(slow_files.begin(), slow_files.end(),
                                             file.stem().string()) != slow_files.end();
    for (const auto& [name, test] : tests.items()) {
      run_test(run, report, folder + "/" + name, test, slow, *engine);
    }
  });
}

constexpr Family families[] = {
    {"eth-tests/GeneralStateTests", run_state_tests, "", true},
    {"legacy/Cancun/GeneralStateTests", run_state_tests, "", true},
};

}  // namespace

std::span<const Family> ethereum_state_families() { return families; }

}  // namespace ledgerlab::vectors
