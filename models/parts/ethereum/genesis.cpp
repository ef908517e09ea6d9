#include "models/parts/ethereum/genesis.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ledgerlab::ethereum {
namespace {

using Json = nlohmann::json;

[[noreturn]] void expected(const std::string& what, const Json& found) {
  throw std::runtime_error("expected " + what + ", not " +
                           (found.is_structured() ? found.type_name() : found.dump()));
}

const std::string& text_of(const Json& value, const char* what) {
  if (!value.is_string()) expected(what, value);
  return value.get_ref<const std::string&>();
}

/// null and [] are objects without keys.
const Json& object_of(const Json& value, const char* what) {
  if (!value.is_object() && !value.empty()) expected(what, value);
  return value;
}

/// What goes wrong in `read` is told with the key in front: "alloc: 0x12..: balance: ...".
template <class F>
auto under(const std::string& key, const F& read) {
  try {
    return read();
  } catch (const std::exception& error) {
    throw std::runtime_error(key + ": " + error.what());
  }
}

Bytes unhex(const Json& object, const char* key) {
  return under(key, [&] {
    const std::string& text = text_of(object.at(key), "hexadecimal text");
    auto bytes = from_hex(text);
    if (!bytes) throw std::runtime_error("not hexadecimal: " + text);
    return *std::move(bytes);
  });
}

template <std::size_t N>
FixedBytes<N> unhex_fixed(std::string_view text) {
  const auto bytes = fixed_from_hex<N>(text);
  if (!bytes) throw std::runtime_error("not " + std::to_string(N) + " bytes: " + std::string(text));
  return *bytes;
}

}  // namespace

U256 number_of(const Json& value) {
  if (value.is_number_unsigned()) return U256(value.get<std::uint64_t>());
  const std::string& text = text_of(value, "a number or text with one");
  if (text == "0x" || text.empty()) return U256();
  const auto number = u256_from_text(text);
  if (!number) throw std::runtime_error("not a number of 256 bits: " + text);
  return *number;
}

std::uint64_t number64_of(const Json& value) {
  const U256 number = number_of(value);
  if (!number.fits64()) throw std::runtime_error("not a number of 64 bits: " + value.dump());
  return number.low64();
}

namespace {

U256 number_or_zero(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return U256();
  return under(key, [&] { return number_of(object.at(key)); });
}

void allot(WorldState& world, const std::string& name, const Json& account) {
  Bytes code;
  if (account.is_object() && account.contains("code")) code = unhex(account, "code");
  std::vector<WorldState::Slot> slots;
  if (account.is_object() && account.contains("storage")) {
    under("storage", [&] {
      const Json& words = object_of(account.at("storage"), "an object of words");
      for (const auto& [key, value] : words.items()) {
        slots.emplace_back(number_of(Json(key)), number_of(value));
      }
    });
  }
  // Old genesis files call the balance "wei", or give nothing but it.
  const U256 balance = !account.is_object()      ? number_of(account)
                       : account.contains("wei") ? number_or_zero(account, "wei")
                                                 : number_or_zero(account, "balance");
  world.allot(unhex_fixed<20>(name), number_or_zero(account, "nonce").low64(), balance, code,
              slots);
}

}  // namespace

WorldState world_of(const Json& accounts) {
  WorldState out;
  for (const auto& [name, account] : object_of(accounts, "an object of accounts").items()) {
    under(name, [&, &name = name, &account = account] { allot(out, name, account); });
  }
  return out;
}

namespace {

struct ForkKey {
  const char* key;
  Revision revision;
};
constexpr ForkKey fork_keys[] = {
    {"homesteadBlock", Revision::homestead},
    {"eip150Block", Revision::tangerine_whistle},
    {"eip158Block", Revision::spurious_dragon},
    {"byzantiumBlock", Revision::byzantium},
    {"constantinopleBlock", Revision::constantinople},
    {"petersburgBlock", Revision::petersburg},
    {"istanbulBlock", Revision::istanbul},
    {"berlinBlock", Revision::berlin},
    {"londonBlock", Revision::london},
};

Rules rules_of_config(const Json& config) {
  Rules out;
  const auto read = [](const Json& from, const char* key, std::uint64_t& into) {
    if (from.contains(key)) into = under(key, [&] { return number64_of(from.at(key)); });
  };
  out.chain_id = 1;
  read(config, "chainId", out.chain_id);
  for (const auto& [key, revision] : fork_keys) {
    read(config, key, out.first_block[static_cast<std::size_t>(revision)]);
  }
  read(config, "daoForkBlock", out.dao_block);
  read(config, "muirGlacierBlock", out.muir_glacier);
  read(config, "arrowGlacierBlock", out.arrow_glacier);
  read(config, "grayGlacierBlock", out.gray_glacier);
  read(config, "shanghaiTime", out.shanghai_time);
  read(config, "cancunTime", out.cancun_time);
  // Beyond 64 bits nlohmann reads a JSON number as floating point, which is no difficulty.
  if (config.contains("terminalTotalDifficulty")) {
    const Json& total = config.at("terminalTotalDifficulty");
    out.terminal_total_difficulty = total.is_number_float()
                                        ? mainnet_rules().terminal_total_difficulty
                                        : number_or_zero(config, "terminalTotalDifficulty");
  }
  if (config.contains("ethash")) out.seal = Seal::ethash;
  for (const auto& [name, seal] : {std::pair("clique", Seal::clique), {"ibft", Seal::ibft}}) {
    if (!config.contains(name)) continue;
    out.seal = seal;
    const Json& sealing = config.at(name);
    for (const char* key : {"blockperiodseconds", "period"}) {
      read(sealing, key, out.seal_period);
    }
    for (const char* key : {"epochlength", "epoch"}) {
      read(sealing, key, out.seal_epoch);
    }
  }
  return out;
}

template <std::size_t N>
FixedBytes<N> fixed_or_zero(const Json& from, const char* key) {
  FixedBytes<N> out;
  if (!from.contains(key)) return out;
  return under(key, [&] {
    std::string text = text_of(from.at(key), "hexadecimal text");
    if (text.starts_with("0x")) text.erase(0, 2);
    text.insert(0, 2 * N - std::min(text.size(), 2 * N), '0');  // "0x0", "0x42"
    return unhex_fixed<N>(text);
  });
}

}  // namespace

Genesis genesis_of(const Json& file) {
  Genesis out;
  if (!file.is_object()) {
    expected("an object with the key \"alloc\" and those of the header", file);
  }
  if (!file.contains("alloc")) {
    throw std::runtime_error("the key \"alloc\", an object of accounts by address, is missing");
  }
  if (file.contains("config")) {
    out.rules = under("config", [&] {
      return rules_of_config(object_of(file.at("config"), "an object of forks"));
    });
  }
  out.state = under("alloc", [&] { return world_of(file.at("alloc")); });
  const auto number = [&](const char* key) { return number_or_zero(file, key); };
  Header& h = out.block.header;
  h.parent_hash = fixed_or_zero<32>(file, "parentHash");
  h.ommers_hash = empty_ommers_hash();
  h.coinbase = fixed_or_zero<20>(file, "coinbase");
  h.state_root = out.state.root();
  h.transactions_root = h.receipts_root = Trie::empty_root();
  h.difficulty = number("difficulty");
  h.number = number("number").low64();
  h.gas_limit = number("gasLimit").low64();
  h.gas_used = number("gasUsed").low64();
  h.timestamp = number("timestamp").low64();
  if (file.contains("extraData")) h.extra_data = unhex(file, "extraData");
  h.mix_hash = fixed_or_zero<32>(file, file.contains("mixhash") ? "mixhash" : "mixHash");
  h.nonce = fixed_or_zero<8>(file, "nonce");
  const bool merged = out.rules.merged(h.difficulty);
  const Revision revision = out.rules.revision(h.number, h.timestamp, merged);
  if (revision >= Revision::london) {
    h.base_fee = file.contains("baseFeePerGas") ? number("baseFeePerGas") : U256(1'000'000'000);
  }
  if (revision >= Revision::shanghai) {
    h.withdrawals_root = Trie::empty_root();
    out.block.withdrawals.emplace();
  }
  if (revision >= Revision::cancun) {
    h.blob_gas_used = number("blobGasUsed").low64();
    h.excess_blob_gas = number("excessBlobGas").low64();
    h.parent_beacon_root = fixed_or_zero<32>(file, "parentBeaconBlockRoot");
  }
  return out;
}

Genesis read_genesis(std::string_view text) {
  Json file;
  try {
    file = Json::parse(text);
  } catch (const Json::exception& error) {
    // Behind the library's own name of the error.
    const std::string_view what = error.what();
    const auto name_end = what.find("] ");
    throw std::runtime_error("no JSON: " +
                             std::string(name_end == what.npos ? what : what.substr(name_end + 2)));
  }
  return genesis_of(file);
}

}  // namespace ledgerlab::ethereum
