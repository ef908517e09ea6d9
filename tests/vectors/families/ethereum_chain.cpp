// Ethereum's chains of blocks: BlockchainTests of ethereum/tests and legacytests.
#include "models/contract/evm/evm.hpp"
#include "models/parts/ethereum/chain.hpp"
#include "tests/vectors/families/ethereum_json.hpp"
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::ethereum;

constexpr std::string_view later_fork = "a fork after Cancun";

std::string stem(const Run& run, const std::filesystem::path& file) {
  return file.lexically_relative(run.path).generic_string();
}

std::string describe(const BlockVerdict& verdict) {
  std::string out(block_fault_name(verdict.fault));
  if (verdict.transaction != TransactionFault::none) {
    out += ", transaction " + std::to_string(verdict.index) + " " +
           std::string(transaction_fault_name(verdict.transaction));
  }
  return out;
}

std::string import_all(Chain& chain, const Json& blocks) {
  std::size_t i = 0;
  for (const Json& block : blocks) {
    const std::string which = "block " + std::to_string(i++);
    const auto bytes = from_hex(block.at("rlp").get<std::string>());
    const BlockVerdict verdict =
        bytes ? chain.import(*bytes) : BlockVerdict{BlockFault::malformed, {}, 0};
    if (block.contains("expectException")) {
      if (verdict.accepted()) {
        return which + " accepted instead of " + block.at("expectException").get<std::string>();
      }
    } else if (!verdict.accepted()) {
      return which + " refused: " + describe(verdict);
    }
  }
  return {};
}

std::string judge_chain(const Json& test, const Rules& rules) {
  const Bytes bytes = unhex(test, "genesisRLP");
  const auto genesis = decode_block(bytes);
  if (!genesis) return "genesis does not decode";
  if (encode(*genesis) != bytes) return "genesis encodes to other bytes";
  const Json& described = test.at("genesisBlockHeader");
  if (genesis->header != header_of(described)) return "genesis header is not the described one";
  const std::string name =
      differs("0x" + to_hex(hash(genesis->header)), described.at("hash").get<std::string>());
  if (!name.empty()) return "genesis hash " + name;
  WorldState state = world_of(test.at("pre"));
  if (state.root() != genesis->header.state_root) return "genesis state has another root";

  const auto engine = evm::make_evm();
  Chain chain(rules, *genesis, std::move(state), *engine);
  const std::string blocks = import_all(chain, test.at("blocks"));
  if (!blocks.empty()) return blocks;
  const std::string head = differs(to_hex(chain.head().hash),
                                   to_hex(unhex(test.at("lastblockhash").get<std::string>())));
  if (!head.empty()) return "head " + head;
  const Hash256 want = test.contains("postState")
                           ? world_of(test.at("postState")).root()
                           : unhex_fixed<32>(test.at("postStateHash").get<std::string>());
  const std::string post = differs(to_hex(chain.head().state.root()), to_hex(want));
  return post.empty() ? "" : "state after the last block " + post;
}

void run_chains(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const Json tests = read_json(file);
    for (const auto& [name, test] : tests.items()) {
      const std::string label = stem(run, file) + ":" + name;
      if (!run.wanted(label)) continue;
      if (!test.is_object() || !test.contains("blocks")) {
        report.skip(label, "not a chain of blocks");
        continue;
      }
      const auto rules = rules_by_name(test.at("network").get<std::string>());
      if (!rules) {
        report.skip(label, later_fork);
      } else if (run.too_slow(file)) {
        report.skip(label, slow_reason);
      } else {
        judge(run, report, label, [&, &test = test] { return judge_chain(test, *rules); });
      }
    }
  });
}

constexpr Family families[] = {
    {"*/BlockchainTests/*", run_chains, "", true},
};

}  // namespace

std::span<const Family> ethereum_chain_families() { return families; }

}  // namespace ledgerlab::vectors
