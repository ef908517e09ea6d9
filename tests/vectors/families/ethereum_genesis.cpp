// Ethereum's genesis blocks and chains of sealed blocks (ethash, Clique, IBFT).
#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/ethereum/chain.hpp"
#include "tests/vectors/families/ethereum_json.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
namespace {

namespace fs = std::filesystem;
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

/// What one .blocks file has: RLP blocks back to back.
std::vector<ByteView> split_blocks(ByteView bytes) {
  std::vector<ByteView> out;
  while (!bytes.empty()) {
    const auto head = rlp::split(bytes);
    if (!head) throw std::runtime_error("the file ends within a block");
    out.push_back(bytes.first(bytes.size() - head->rest.size()));
    bytes = head->rest;
  }
  return out;
}

/// A chain to import the blocks into: on the genesis file beside them that they start with or build
/// on. The later part of a chain has its first block in place of a genesis, and the rules of the
/// file of that kind of seal; the state before it is nowhere, so that only what headers and bodies
/// say is judged. Null if there is no genesis file.
std::unique_ptr<Chain> chain_for(const fs::path& blocks, const ethereum::Block& first,
                                 ContractEngine& engine) {
  std::optional<Rules> rules;
  for (const auto& entry : fs::directory_iterator(blocks.parent_path())) {
    if (entry.path().extension() != ".json") continue;
    Genesis genesis = genesis_of(read_json(entry.path()));
    const SealPart part =
        genesis.rules.seal == Seal::ibft ? SealPart::without_commit_seals : SealPart::whole;
    const Hash256 name = hash(genesis.block.header, part);
    if (name == hash(first.header, part) || name == first.header.parent_hash) {
      return std::make_unique<Chain>(genesis.rules, genesis.block, genesis.state, engine);
    }
    rules = genesis.rules;
  }
  if (!rules) return nullptr;
  return std::make_unique<Chain>(*rules, first, WorldState(), engine, Depth::headers);
}

/// A chain whose blocks are handed over one by one.
class SealedChain {
 public:
  SealedChain(const fs::path& file, const ethereum::Block& first)
      : engine_(evm::make_evm()), chain_(chain_for(file, first, *engine_)) {}

  bool known() const { return chain_ != nullptr; }

  std::string judge_next(ByteView bytes) {
    const auto block = decode_block(bytes);
    if (!block) return "does not decode";
    if (encode(*block) != Bytes(bytes.begin(), bytes.end())) return "encodes to other bytes";
    // A later part with the genesis block in front.
    const Hash256& parent = block->header.parent_hash;
    if (chain_->head().number() == 0 && block->header.number > 1 && !chain_->find(parent)) {
      chain_ =
          std::make_unique<Chain>(chain_->rules(), *block, WorldState(), *engine_, Depth::headers);
    }
    const BlockVerdict verdict = chain_->import(bytes);
    if (!verdict.accepted()) return "refused: " + std::string(block_fault_name(verdict.fault));
    return chain_->head().hash == chain_->hash_of(block->header) ? "" : "is not the head";
  }

 private:
  std::unique_ptr<ContractEngine> engine_;
  std::unique_ptr<Chain> chain_;
};

/// A family that is one file has a case a block, a folder of files a case a file.
void run_sealed(const Run& run, Report& report) {
  const bool folder = fs::is_directory(run.path);
  each_file(run, report, ".blocks", [&](const std::filesystem::path& file) {
    const std::string text = read_file(file);
    const auto blocks = split_blocks(as_bytes(text));
    const auto first = blocks.empty() ? std::nullopt : decode_block(blocks.front());
    if (!first) throw std::runtime_error(file.string() + ": no block in front");
    SealedChain chain(file, *first);
    if (!chain.known()) {
      constexpr std::string_view reason = "no genesis file beside the blocks";
      const std::string name = file.filename().string();
      const std::size_t cases = !run.wanted(name) ? 0 : folder ? 1 : blocks.size();
      for (std::size_t i = 0; i < cases; ++i) report.skip(name, reason);
      return;
    }
    std::string faults;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::string name = "block " + std::to_string(first->header.number + i);
      const std::string why = chain.judge_next(blocks[i]);
      if (!folder) judge(run, report, name, [&] { return why; });
      if (!why.empty() && faults.empty()) faults = name + " " + why;
    }
    if (folder) judge(run, report, file.filename().string(), [&] { return faults; });
  });
}

std::string judge_work(const Json& test) {
  const auto header = decode_header(unhex(test, "header"));
  if (!header) return "header does not decode";
  const std::uint64_t epoch = ethash::epoch_of(header->number);
  const Hash256 name = hash(*header, SealPart::without_ethash);
  const auto cache = ethash::shared_cache(epoch);
  Bytes bytes;
  for (const ethash::Item& item : cache->items()) {
    for (const std::uint32_t word : item) {
      for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<Byte>(word >> shift));
    }
  }
  const auto nonce = unhex_fixed<8>(test.at("nonce").get<std::string>());
  const ethash::Work work = ethash::hashimoto(*cache, name, nonce);
  const std::pair<const char*, std::string> facts[] = {{"header_hash", to_hex(name)},
                                                       {"seed", to_hex(ethash::seed_hash(epoch))},
                                                       {"cache_hash", to_hex(keccak256(bytes))},
                                                       {"mixHash", to_hex(work.mix)},
                                                       {"result", to_hex(work.result)}};
  for (const auto& [key, got] : facts) {
    const std::string why = differs(got, to_hex(unhex(test, key)));
    if (!why.empty()) return std::string(key) + " " + why;
  }
  if (ethash::cache_size(epoch) != number64_of(test.at("cache_size"))) return "cache size";
  if (ethash::dataset_size(epoch) != number64_of(test.at("full_size"))) return "dataset size";
  // The vectors' nonces are no solutions: only the least difficulty takes them.
  const auto verifies = [&](const Hash256& mix) {
    return ethash::verify(*cache, name, nonce, mix, U256(1));
  };
  return verifies(work.mix) && !verifies(name) ? "" : "the check of the seal";
}

void run_work(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const auto& [name, test] : tests.items()) {
    judge(run, report, name, [&, &test = test] { return judge_work(test); });
  }
}

constexpr Family families[] = {
    {"eth-tests/PoWTests/*", run_work, ""},
    {"besu/*/clique", run_sealed, ""},
    {"besu/*.blocks", run_sealed, ""},
    {"eth-tests/BasicTests/genesishashestest.json", run_genesis_hashes, ""},
    {"eth-tests/BasicTests/blockgenesistest.json", nullptr,
     "blocks of 2014, before the format that Ethereum started with (13 header fields)"},
    {"eth-tests/GenesisTests/*", run_genesis, ""},
    {"besu/config/src/main/resources/mainnet.json", run_mainnet_genesis, ""},
};

}  // namespace

std::span<const Family> ethereum_genesis_families() { return families; }

}  // namespace ledgerlab::vectors
