// Ethereum's genesis blocks and chains of sealed blocks (ethash, Clique, IBFT).
#include "models/parts/ethereum/chain.hpp"
#include "tests/vectors/families/ethereum_json.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::ethereum;

constexpr std::string_view mainnet_genesis_hash =
    "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
constexpr std::string_view mainnet_genesis_root =
    "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544";

/// The main network's genesis: its encoding, hash, allocation and root, each of which may stand in
/// the file.
void run_genesis_hashes(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const auto& [name, value] : tests.items()) {
    judge(run, report, name, [&, &name = name, &value = value]() -> std::string {
      if (name == "genesis_hash") return differs(value.get<std::string>(), mainnet_genesis_hash);
      if (name == "genesis_state_root") {
        return differs(value.get<std::string>(), mainnet_genesis_root);
      }
      if (name == "initial_alloc") {
        return differs(to_hex(world_of(value).root()), mainnet_genesis_root);
      }
      const Bytes bytes = unhex(value.get<std::string>());
      const auto block = decode_block(bytes);
      if (!block) return "does not decode";
      if (encode(*block) != bytes) return "encodes to other bytes";
      return differs(to_hex(hash(block->header)), mainnet_genesis_hash);
    });
  }
}

std::string judge_genesis(const Json& test) {
  const Bytes want = unhex(test, "result");
  const auto block = decode_block(want);
  if (!block) return "result does not decode";
  return differs(to_hex(encode(genesis_of(test).block)), to_hex(want));
}

void run_genesis(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const auto& [name, test] : tests.items()) {
    judge(run, report, name, [&, &test = test] { return judge_genesis(test); });
  }
}

void run_mainnet_genesis(const Run& run, Report& report) {
  judge(run, report, "mainnet", [&]() -> std::string {
    const Genesis genesis = genesis_of(read_json(run.path));
    const std::string root = differs(to_hex(genesis.state.root()), mainnet_genesis_root);
    if (!root.empty()) return "state root " + root;
    return differs(to_hex(hash(genesis.block.header)), mainnet_genesis_hash);
  });
}

constexpr Family families[] = {
    {"eth-tests/BasicTests/genesishashestest.json", run_genesis_hashes, ""},
    {"eth-tests/BasicTests/blockgenesistest.json", nullptr,
     "blocks of 2014, before the format that Ethereum started with (13 header fields)"},
    {"eth-tests/GenesisTests/*", run_genesis, ""},
    {"besu/config/src/main/resources/mainnet.json", run_mainnet_genesis, ""},
};

}  // namespace

std::span<const Family> ethereum_genesis_families() { return families; }

}  // namespace ledgerlab::vectors
