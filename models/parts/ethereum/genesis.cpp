#include "models/parts/ethereum/genesis.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ledgerlab::ethereum {
namespace {

using Json = nlohmann::json;

Bytes unhex(const Json& object, const char* key) {
  const std::string text = object.at(key);
  auto bytes = from_hex(text);
  if (!bytes) throw std::runtime_error(std::string(key) + " is not hexadecimal: " + text);
  return *std::move(bytes);
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
  const std::string text = value;
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

WorldState world_of(const Json& accounts) {
  WorldState out;
  for (const auto& [name, account] : accounts.items()) {
    const auto number = [&account = account](const char* key) {
      return account.is_object() && account.contains(key) ? number_of(account.at(key)) : U256();
    };
    Bytes code;
    if (account.is_object() && account.contains("code")) code = unhex(account, "code");
    std::vector<WorldState::Slot> slots;
    if (account.is_object() && account.contains("storage")) {
      for (const auto& [key, value] : account.at("storage").items()) {
        slots.emplace_back(number_of(Json(key)), number_of(value));
      }
    }
    // Old genesis files call the balance "wei", or give nothing but it.
    const U256 balance = !account.is_object()      ? number_of(account)
                         : account.contains("wei") ? number("wei")
                                                   : number("balance");
    out.allot(unhex_fixed<20>(name), number("nonce").low64(), balance, code, slots);
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
  const auto read = [&](const char* key, std::uint64_t& into) {
    if (config.contains(key)) into = number64_of(config.at(key));
  };
  out.chain_id = 1;
  read("chainId", out.chain_id);
  for (const auto& [key, revision] : fork_keys) {
    read(key, out.first_block[static_cast<std::size_t>(revision)]);
  }
  read("daoForkBlock", out.dao_block);
  read("muirGlacierBlock", out.muir_glacier);
  read("arrowGlacierBlock", out.arrow_glacier);
  read("grayGlacierBlock", out.gray_glacier);
  read("shanghaiTime", out.shanghai_time);
  read("cancunTime", out.cancun_time);
  // Beyond 64 bits nlohmann reads a JSON number as floating point, which is no difficulty.
  if (config.contains("terminalTotalDifficulty")) {
    const Json& total = config.at("terminalTotalDifficulty");
    out.terminal_total_difficulty =
        total.is_number_float() ? mainnet_rules().terminal_total_difficulty : number_of(total);
  }
  if (config.contains("ethash")) out.seal = Seal::ethash;
  for (const auto& [name, seal] : {std::pair("clique", Seal::clique), {"ibft", Seal::ibft}}) {
    if (!config.contains(name)) continue;
    out.seal = seal;
    const Json& sealing = config.at(name);
    for (const char* key : {"blockperiodseconds", "period"}) {
      if (sealing.contains(key)) out.seal_period = number64_of(sealing.at(key));
    }
    for (const char* key : {"epochlength", "epoch"}) {
      if (sealing.contains(key)) out.seal_epoch = number64_of(sealing.at(key));
    }
  }
  return out;
}

template <std::size_t N>
FixedBytes<N> fixed_or_zero(const Json& from, const char* key) {
  FixedBytes<N> out;
  if (!from.contains(key)) return out;
  std::string text = from.at(key);
  if (text.starts_with("0x")) text.erase(0, 2);
  text.insert(0, 2 * N - std::min(text.size(), 2 * N), '0');  // "0x0", "0x42"
  return unhex_fixed<N>(text);
}

}  // namespace

Genesis genesis_of(const Json& file) {
  Genesis out;
  if (file.contains("config")) out.rules = rules_of_config(file.at("config"));
  out.state = world_of(file.at("alloc"));
  const auto number = [&](const char* key) {
    return file.contains(key) ? number_of(file.at(key)) : U256();
  };
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
  try {
    return genesis_of(Json::parse(text));
  } catch (const Json::exception& error) {
    throw std::runtime_error(error.what());
  }
}

}  // namespace ledgerlab::ethereum
