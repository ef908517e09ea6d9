// Speed of Ethereum's state: the root after 1,000 changed accounts in tries of 10^5 and 10^6, words
// of storage through the host as an engine asks for them, and whole ERC-20 transfers on the EVM.
//   state_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <fstream>
#include <map>

#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/ethereum/execute.hpp"
#include "models/parts/ethereum/transaction.hpp"

namespace ledgerlab::ethereum {
namespace {

Address address_at(std::uint64_t i) {
  Address out;
  const Hash256 hash = keccak256({reinterpret_cast<const Byte*>(&i), sizeof i});
  std::copy_n(hash.data.begin(), out.size(), out.data.begin());
  return out;
}

const WorldState& world(std::uint64_t accounts) {
  static std::map<std::uint64_t, WorldState> worlds;
  const auto [at, made] = worlds.try_emplace(accounts);
  if (made) {
    for (std::uint64_t i = 0; i < accounts; ++i) {
      at->second.allot(address_at(i), 1, U256(1'000'000), {}, {});
    }
    at->second.root();
  }
  return at->second;
}

/// Per iteration: 1,000 accounts read from the state and changed, written, hashed up to the root;
/// the version before stays alive, as a block's parent does.
void update_root(benchmark::State& state) {
  const auto accounts = static_cast<std::uint64_t>(state.range(0));
  WorldState current = world(accounts);
  std::uint64_t next = 0;
  for (auto _ : state) {
    Overlay overlay(current, Revision::cancun);
    for (int i = 0; i < 1000; ++i) overlay.add_balance(address_at(next++ * 7919 % accounts), 1);
    WorldState after = overlay.commit();
    benchmark::DoNotOptimize(after.root());
    current = std::move(after);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(update_root)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// The same on a storage trie of one contract.
void update_storage_root(benchmark::State& state) {
  const auto slots = static_cast<std::uint64_t>(state.range(0));
  WorldState current;
  std::vector<WorldState::Slot> all;
  for (std::uint64_t i = 0; i < slots; ++i) all.emplace_back(i, i + 1);
  current.allot(address_at(0), 1, 0, {}, all);
  std::uint64_t next = 0;
  for (auto _ : state) {
    Overlay overlay(current, Revision::cancun);
    for (int i = 0; i < 1000; ++i) {
      overlay.set_storage(address_at(0), next * 7919 % slots, next + slots);
      ++next;
    }
    WorldState after = overlay.commit();
    benchmark::DoNotOptimize(after.root());
    current = std::move(after);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(update_storage_root)->Arg(100'000)->Unit(benchmark::kMillisecond);

Bytes code_of(std::string_view hex) { return *from_hex(hex); }

/// Runs `code` with 10^9 gas until the gas is used up; counters: million gas a CPU second.
void run_loop(benchmark::State& state, std::string_view hex) {
  constexpr std::int64_t gas = 100'000'000;
  WorldState world;
  world.allot(address_at(1), 1, 0, code_of(hex), {});
  const auto engine = evm::make_evm();
  Overlay overlay(world, Revision::cancun);
  BlockContext block;
  block.gas_limit = gas;
  ContractMessage message;
  message.gas = gas;
  message.sender = address_at(2);
  message.recipient = message.code_address = address_at(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(simulate_call(overlay, block, *engine, message).gas_left);
  }
  state.counters["Mgas"] = benchmark::Counter(static_cast<double>(state.iterations()) * gas / 1e6,
                                              benchmark::Counter::kIsRate);
}

/// JUMPDEST, SLOAD and SSTORE of one slot, JUMP: slot 0 counts up.
void storage_loop(benchmark::State& state) {
  // 5b 5f54 6001 01 5f55 5f56: JUMPDEST, SLOAD(0), +1, SSTORE(0), JUMP(0)
  run_loop(state,
           "5b5f54600101"
           "5f55"
           "5f56");
}
BENCHMARK(storage_loop);

/// The same over 256 slots.
void storage_sweep(benchmark::State& state) {
  // PUSH0; JUMPDEST; PUSH1 1; ADD; DUP1; PUSH1 ff; AND; DUP1; SLOAD; PUSH1 1; ADD; SWAP1; SSTORE;
  // PUSH1 1; JUMP
  run_loop(state, "5f5b6001018060ff1680546001019055600156");
}
BENCHMARK(storage_sweep);

/// TLOAD and TSTORE (EIP-1153).
void transient_loop(benchmark::State& state) { run_loop(state, "5b5f5c6001015f5d5f56"); }
BENCHMARK(transient_loop);

/// scenarios/contracts/erc20, deployed by address_at(1), which owns all there is.
class Token {
 public:
  Token() : overlay_(funded(), Revision::cancun), engine_(evm::make_evm()) {
    std::ifstream file(LEDGERLAB_SOURCE_DIR "/scenarios/contracts/erc20/erc20.bin");
    std::string hex;
    file >> hex;
    Bytes code = code_of(hex);
    code.resize(code.size() + 32, 0x01);  // the supply
    block_.gas_limit = ~std::uint64_t{0} >> 2;
    Transaction deploy = next();
    deploy.data = std::move(code);
    const auto outcome = execute_transaction(overlay_, block_, deploy, owner_, *engine_, use_);
    token_ = outcome.receipt.created.value();
    overlay_.commit();
  }
  Transaction next() {
    Transaction out;
    out.nonce = nonce_++;
    out.gas_limit = 1'000'000;
    out.r = out.s = 1;
    return out;
  }
  /// transfer(address, uint256)
  static Bytes transfer(const Address& to) {
    Bytes out = code_of("a9059cbb000000000000000000000000");
    out.insert(out.end(), to.data.begin(), to.data.end());
    out.resize(out.size() + 31);
    out.push_back(1);
    return out;
  }
  static WorldState funded() {
    WorldState out;
    out.allot(address_at(1), 0, 1, {}, {});
    return out;
  }

  const Address owner_ = address_at(1);
  Overlay overlay_;
  std::unique_ptr<ContractEngine> engine_;
  BlockContext block_;
  BlockUse use_;
  Address token_;
  std::uint64_t nonce_ = 0;
};

/// The frame alone, undone each time: what the EVM and the host take.
void erc20_frame(benchmark::State& state) {
  Token token;
  const Bytes input = Token::transfer(address_at(2));
  ContractMessage message;
  message.gas = 1'000'000;
  message.sender = token.owner_;
  message.recipient = message.code_address = token.token_;
  message.input = input;
  for (auto _ : state) {
    const ContractResult result =
        simulate_call(token.overlay_, token.block_, *token.engine_, message);
    if (result.status != ContractStatus::success) state.SkipWithError("transfer failed");
  }
}
BENCHMARK(erc20_frame);

/// Whole transactions without signatures, to 1,000 receivers in turn; one commit and root every
/// 1,000 as a block would.
void erc20_transactions(benchmark::State& state) {
  Token token;
  std::vector<Bytes> inputs;
  for (std::uint64_t i = 0; i < 1000; ++i) inputs.push_back(Token::transfer(address_at(10 + i)));
  for (auto _ : state) {
    for (const Bytes& input : inputs) {
      Transaction tx = token.next();
      tx.to = token.token_;
      tx.data = input;
      const auto outcome = execute_transaction(token.overlay_, token.block_, tx, token.owner_,
                                               *token.engine_, token.use_);
      if (!outcome.receipt.success) state.SkipWithError("transfer failed");
    }
    benchmark::DoNotOptimize(token.overlay_.commit().root());
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(erc20_transactions)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ledgerlab::ethereum

BENCHMARK_MAIN();
