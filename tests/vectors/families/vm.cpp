// ethereum/legacytests VMTests: one frame of EVM code without a transaction; gas left, output, logs
// and what it leaves in accounts. Calls and creations are recorded, not run. Gas is Frontier's, and
// every account is taken to exist.
#include "models/codec/rlp.hpp"
#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "tests/support/contract_host.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

constexpr Revision rules = Revision::frontier;

U256 number(const std::string& text) {
  const auto value = u256_from_text(text);
  if (!value) throw std::runtime_error("not a number: " + text);
  return *value;
}
std::int64_t small_number(const Json& text) {
  return static_cast<std::int64_t>(number(text).low64());
}
Address address(const std::string& text) { return unhex_fixed<20>(text); }

class RecordingHost : public testing::MemoryHost {
 public:
  using MemoryHost::MemoryHost;
  bool exists(const Address&) override { return true; }
  ContractResult call(const ContractMessage& message) override {
    const bool creates = message.kind == CallKind::create || message.kind == CallKind::create2;
    recorded.push_back({{"data", "0x" + to_hex(message.input)},
                        {"destination", creates ? "" : "0x" + to_hex(message.code_address)},
                        {"gasLimit", "0x" + to_hex_number(U256(message.gas))},
                        {"value", "0x" + to_hex_number(message.value)}});
    ContractResult result;
    result.gas_left = message.gas;
    return result;
  }
  Json recorded = Json::array();
};

void prepare(RecordingHost& host, const Json& test) {
  for (const auto& [name, account] : test.at("pre").items()) {
    auto& made = host.account(address(name));
    made.balance = number(account.at("balance"));
    made.nonce = number(account.at("nonce")).low64();
    const Bytes code = unhex(account, "code");
    if (!code.empty()) made.code = testing::make_code(code);
    for (const auto& [key, value] : account.at("storage").items()) {
      auto& slot = made.storage[number(key)];
      slot.current = slot.original = number(value);
    }
  }
  const Json& env = test.at("env");
  const Json& exec = test.at("exec");
  host.block.gas_price = number(exec.at("gasPrice"));
  host.block.origin = address(exec.at("origin"));
  host.block.coinbase = address(env.at("currentCoinbase"));
  host.block.block_number = small_number(env.at("currentNumber"));
  host.block.timestamp = small_number(env.at("currentTimestamp"));
  host.block.gas_limit = small_number(env.at("currentGasLimit"));
  host.block.prev_randao = number(env.at("currentDifficulty"));
}

std::string hash_of_logs(const RecordingHost& host) {
  const auto text = [](ByteView bytes) {
    return rlp::Item{false, Bytes(bytes.begin(), bytes.end()), {}};
  };
  rlp::Item list{true, {}, {}};
  for (const auto& log : host.logs) {
    rlp::Item topics{true, {}, {}};
    for (const Hash256& topic : log.topics) topics.items.push_back(text(topic.view()));
    list.items.push_back({true, {}, {text(log.account.view()), topics, text(log.data)}});
  }
  return "0x" + to_hex(keccak256(rlp::encode(list)));
}

/// Empty if the accounts are those of `post`.
std::string accounts_differ(RecordingHost& host, const Json& pre, const Json& post) {
  for (const auto& [name, account] : pre.items()) {
    const bool gone = host.account(address(name)).destructed;
    if (gone == post.contains(name)) return name + (gone ? " is gone" : " is still there");
  }
  for (const auto& [name, account] : post.items()) {
    auto& made = host.account(address(name));
    if (made.balance != number(account.at("balance"))) {
      return name + " has " + to_decimal(made.balance) + " instead of " +
             std::string(account.at("balance"));
    }
    std::size_t wanted = 0, found = 0;
    for (const auto& [key, value] : account.at("storage").items()) {
      const U256 want = number(value);
      wanted += want.is_zero() ? 0u : 1u;
      const U256 got = host.slot(address(name), number(key));
      if (got != want) {
        return name + " slot " + key + ": " + to_hex_number(got) + " instead of " +
               to_hex_number(want);
      }
    }
    for (const auto& [key, slot] : made.storage) found += slot.current.is_zero() ? 0u : 1u;
    if (found != wanted) return name + " has slots that it should not have";
  }
  return {};
}

std::string judge_frame(ContractEngine& engine, const Json& test) {
  RecordingHost host(engine, rules);
  prepare(host, test);
  const Json& exec = test.at("exec");
  const Bytes input = unhex(exec, "data");
  ContractMessage message;
  message.gas = small_number(exec.at("gas"));
  message.recipient = message.code_address = address(exec.at("address"));
  message.sender = address(exec.at("caller"));
  message.value = number(exec.at("value"));
  message.input = input;
  const CodeRef code = testing::make_code(unhex(exec, "code"));
  const ContractResult result = engine.execute(host, rules, message, *code);
  const std::string status(contract_status_name(result.status));
  const bool succeeded = result.status == ContractStatus::success;
  if (!test.contains("post")) return succeeded ? "succeeded, though it must fail" : "";
  if (!succeeded) return status + " instead of success";
  if (result.gas_left != small_number(test.at("gas"))) {
    return std::to_string(result.gas_left) + " gas left instead of " +
           std::to_string(small_number(test.at("gas")));
  }
  std::string fault = differs("0x" + to_hex(result.output), test.at("out").get<std::string>());
  if (fault.empty()) fault = differs(hash_of_logs(host), test.at("logs").get<std::string>());
  if (fault.empty()) fault = accounts_differ(host, test.at("pre"), test.at("post"));
  const Json calls = test.value("callcreates", Json::array());
  if (fault.empty() && host.recorded.size() != calls.size()) {
    fault = differs(host.recorded.dump(), calls.dump());
  }
  return fault;
}

void run_vm(const Run& run, Report& report) {
  const auto engine = evm::make_evm();
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const Json tests = read_json(file);
    for (const auto& [name, test] : tests.items()) {
      judge(run, report, name, [&] { return judge_frame(*engine, test); });
    }
  });
}

constexpr Family families[] = {{"*/VMTests", run_vm, "", true}};

}  // namespace

std::span<const Family> vm_families() { return families; }

}  // namespace ledgerlab::vectors
