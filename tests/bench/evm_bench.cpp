// Speed of the EVM on the loops of DESIGN 15: instructions and gas per second of CPU time, and the
// time of one ERC-20 transfer (scenarios/contracts/erc20). A host in memory stands behind it.
// Medians: --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <fstream>

#include "models/contract/evm/evm.hpp"
#include "models/crypto/hash.hpp"
#include "tests/support/contract_host.hpp"
#include "tests/support/evm_assembler.hpp"

namespace {

using namespace ledgerlab;
using testing::assemble;
using testing::make_code;
using testing::MemoryHost;

class Counter : public ContractObserver {
 public:
  void begin(const ContractMessage&, ByteView) override {}
  void step(std::size_t, Byte, std::int64_t, std::span<const U256>, std::int32_t) override {
    ++steps;
  }
  void end(const ContractResult&) override {}
  std::int64_t steps = 0;
};

Address account(Byte number) {
  Address out;
  out.data[0] = 0xaa;
  out.data[19] = number;
  return out;
}

/// A loop of `rounds` rounds: `before` once, then the counter on top of what it left, `body` with
/// the counter below, then counting down.
Bytes loop(std::string_view before, std::string_view body, int rounds) {
  return assemble(std::string(before) + " PUSH " + std::to_string(rounds) +
                  " loop: " + std::string(body) + " PUSH 1 SWAP1 SUB DUP1 PUSH @loop JUMPI STOP");
}

void run_loop(benchmark::State& state, const Bytes& bytes) {
  const auto engine = evm::make_evm();
  MemoryHost host(*engine, Revision::cancun);
  host.account(account(1)).balance = U256(1);
  const CodeRef code = make_code(bytes);
  ContractMessage message;
  message.gas = std::int64_t{1} << 40;
  message.recipient = message.code_address = account(1);
  message.sender = account(2);
  const auto once = [&] {
    ContractResult result = engine->execute(host, Revision::cancun, message, *code);
    host.end_transaction();
    if (result.status != ContractStatus::success) throw std::runtime_error("the loop failed");
    return message.gas - result.gas_left;
  };
  Counter counter;
  engine->observer = &counter;
  const std::int64_t gas = once();
  engine->observer = nullptr;
  for (auto _ : state) benchmark::DoNotOptimize(once());
  const auto rounds = static_cast<double>(state.iterations());
  using benchmark::Counter;
  state.counters["gas"] = Counter(rounds * static_cast<double>(gas), Counter::kIsRate);
  state.counters["instructions"] =
      Counter(rounds * static_cast<double>(counter.steps), Counter::kIsRate);
}

void arithmetic(benchmark::State& state) {
  run_loop(
      state,
      loop("PUSH 7", "SWAP1 PUSH 3 ADD DUP1 MUL PUSH 5 SWAP1 SUB DUP1 DUP3 LT POP SWAP1", 100'000));
}
void full_width(benchmark::State& state) {
  run_loop(state, loop("PUSH 7 NOT", "SWAP1 DUP1 MUL PUSH 5 NOT XOR DUP1 MUL SWAP1", 100'000));
}
void division(benchmark::State& state) {
  run_loop(state, loop("PUSH 7 NOT PUSH 0xfedcba98765432100123456789abcdef0011223344556677",
                       "DUP2 DUP4 DIV POP DUP2 DUP4 MOD POP DUP3 DUP3 DIV POP DUP3 DUP3 MOD POP",
                       100'000));
}
void keccak_chain(benchmark::State& state) {
  run_loop(state, loop("", "PUSH 32 PUSH 0 KECCAK256 PUSH 0 MSTORE", 20'000));
}
void memory_copy(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 32; ++i) {
    body += " PUSH2 " + std::to_string(32 * i) + " MLOAD PUSH2 " + std::to_string(1'024 + 32 * i) +
            " MSTORE";
  }
  run_loop(state, loop("", body, 5'000));
}
void mcopy_kib(benchmark::State& state) {
  run_loop(state, loop("PUSH 1 PUSH 4064 MSTORE", "PUSH2 1024 PUSH 0 PUSH2 2048 MCOPY", 50'000));
}
void storage(benchmark::State& state) {
  run_loop(state, loop("", "PUSH 1 SLOAD DUP2 ADD PUSH 1 SSTORE", 20'000));
}
BENCHMARK(arithmetic);
BENCHMARK(full_width);
BENCHMARK(division);
BENCHMARK(keccak_chain);
BENCHMARK(memory_copy);
BENCHMARK(mcopy_kib);
BENCHMARK(storage);

void put(Bytes& to, const U256& word) {
  const auto bytes = to_big_endian(word);
  to.insert(to.end(), bytes.data.begin(), bytes.data.end());
}

/// A transfer of one token to another account, by a call from outside; balances of both exist.
void erc20_transfer(benchmark::State& state) {
  std::ifstream file(std::string(LEDGERLAB_SOURCE_DIR) + "/scenarios/contracts/erc20/erc20.bin");
  std::string hex;
  file >> hex;
  Bytes creation = from_hex(hex).value();
  put(creation, U256::max());
  const auto engine = evm::make_evm();
  MemoryHost host(*engine, Revision::cancun);
  ContractMessage message;
  message.kind = CallKind::create;
  message.gas = 10'000'000;
  message.sender = account(1);
  message.input = creation;
  const Address token = host.call(message).created;
  host.end_transaction();

  Bytes input = from_hex("a9059cbb").value();
  put(input, *u256_from_big_endian(account(2).view()));
  put(input, U256(1));
  message = {};
  message.gas = 1'000'000;
  message.sender = account(1);
  message.recipient = message.code_address = token;
  message.input = input;
  std::int64_t gas = 0;
  for (auto _ : state) {
    const ContractResult result = host.call(message);
    host.end_transaction();
    host.logs.clear();
    if (result.output.size() != 32) throw std::runtime_error("the transfer failed");
    gas = message.gas - result.gas_left;
  }
  state.counters["gas"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(gas),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(erc20_transfer);

void keccak256_bytes(benchmark::State& state) {
  Bytes bytes(static_cast<std::size_t>(state.range(0)), 7);
  for (auto _ : state) benchmark::DoNotOptimize(keccak256(bytes));
}
BENCHMARK(keccak256_bytes)->Arg(32)->Arg(136)->Arg(1'024);

}  // namespace

BENCHMARK_MAIN();
