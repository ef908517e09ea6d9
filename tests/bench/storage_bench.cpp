// Block commits of each storage mode on a folder of this machine (in $LEDGERLAB_BENCH_DIR, else
// here), and what they write.
//   storage_bench --benchmark_repetitions=3 --benchmark_report_aggregates_only=true
// commit_blocks: Ethereum blocks of 200 signed transfers, executed beforehand, each one durable
// batch of the chain store. Counters: blocks a second, bytes and syncs a block. charge: batches of
// the store itself. `written` bytes a batch really were, `charged` what worlds charge for it
// (models/storage/*/info.cpp), `ratio` the second by the first; syncs likewise.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "models/api/registry.hpp"
#include "models/base/draw.hpp"
#include "models/contract/evm/evm.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/chainstore/chain_store.hpp"
#include "models/parts/files/files.hpp"

namespace ledgerlab {
namespace {

struct Traffic {
  std::uint64_t bytes = 0;
  std::uint64_t syncs = 0;
};

/// Passes everything on and counts what is written and synced.
class CountedFile final : public files::File {
 public:
  CountedFile(std::unique_ptr<files::File> file, Traffic& traffic)
      : file_(std::move(file)), traffic_(traffic) {}
  Bytes read(std::uint64_t offset, std::size_t size) override { return file_->read(offset, size); }
  void write(std::uint64_t offset, ByteView bytes) override {
    traffic_.bytes += bytes.size();
    file_->write(offset, bytes);
  }
  void truncate(std::uint64_t size) override { file_->truncate(size); }
  void sync() override {
    ++traffic_.syncs;
    file_->sync();
  }
  std::uint64_t size() override { return file_->size(); }

 private:
  std::unique_ptr<files::File> file_;
  Traffic& traffic_;
};
class CountedFolder final : public files::Folder {
 public:
  CountedFolder(files::FolderRef folder, Traffic& traffic)
      : folder_(std::move(folder)), traffic_(traffic) {}
  std::unique_ptr<files::File> open(const std::string& name, bool create) override {
    return std::make_unique<CountedFile>(folder_->open(name, create), traffic_);
  }
  bool exists(const std::string& name) override { return folder_->exists(name); }
  void remove(const std::string& name) override { folder_->remove(name); }
  void rename(const std::string& a, const std::string& b) override { folder_->rename(a, b); }
  std::vector<std::string> list() override { return folder_->list(); }
  void sync() override {
    ++traffic_.syncs;
    folder_->sync();
  }

 private:
  files::FolderRef folder_;
  Traffic& traffic_;
};

/// A store in a folder of its own that goes when this does.
class Disk {
 public:
  explicit Disk(const char* mode) {
    const char* place = std::getenv("LEDGERLAB_BENCH_DIR");
    static int number = 0;
    path_ = std::filesystem::path(place == nullptr ? "." : place) /
            ("storage_bench-" + std::to_string(number++));
    std::filesystem::remove_all(path_);
    const ModelInfo* info = builtin_models().find(ModelKind::storage, mode);
    charge_ = info->storage_charge;
    store_ = info->open_store(
        std::make_shared<CountedFolder>(files::open_folder(path_.string()), traffic_));
    opening_ = traffic_;
  }
  ~Disk() {
    store_.reset();
    std::filesystem::remove_all(path_);
  }
  std::unique_ptr<Store> take() { return std::move(store_); }
  Store& store() { return *store_; }
  const StorageCharge& charge() const { return charge_; }
  Traffic written() const {
    return {traffic_.bytes - opening_.bytes, traffic_.syncs - opening_.syncs};
  }

 private:
  std::filesystem::path path_;
  Traffic traffic_, opening_;
  StorageCharge charge_;
  std::unique_ptr<Store> store_;
};

constexpr std::uint64_t blocks = 40;
constexpr std::uint64_t transfers = 200;

/// Blocks of signed transfers between two accounts of their own each.
class World {
 public:
  World() : engine_(evm::make_evm()) {
    using namespace ethereum;
    genesis_.rules = *rules_by_name("Istanbul");
    for (std::uint64_t i = 0; i < transfers; ++i) {
      FixedBytes<32> secret{{1}};
      secret.data[31] = static_cast<Byte>(i);
      secrets_.push_back(secret);
      genesis_.state.allot(address_of(*secp256k1_public_key(secret)), 0,
                           U256(1'000'000'000) * U256(1'000'000'000), {}, {});
    }
    Header& h = genesis_.block.header;
    h.ommers_hash = empty_ommers_hash();
    h.transactions_root = h.receipts_root = Trie::empty_root();
    h.state_root = genesis_.state.root();
    h.gas_limit = 10'000'000;
    h.difficulty = U256(131'072);
    chain_.emplace(genesis_.rules, genesis_.block, genesis_.state, *engine_);
    for (std::uint64_t n = 0; n < blocks; ++n) extend(n);
  }
  const ethereum::Genesis& genesis() const { return genesis_; }
  const ethereum::Chain::Entry& at(std::uint64_t n) const { return *chain_->canonical(n); }

 private:
  void extend(std::uint64_t n) {
    ethereum::BlockPlan plan;
    plan.coinbase = Address{{0xc0}};
    plan.timestamp = chain_->head().block->header.timestamp + 15;
    for (std::uint64_t i = 0; i < transfers; ++i) {
      ethereum::Transaction tx;
      tx.chain_id = 0;
      tx.nonce = n;
      tx.gas_limit = 21'000;
      tx.max_fee = tx.max_priority_fee = U256(1);
      const std::uint64_t to = draw64(1, 1, Purpose("bench.to"), n << 32 | i);
      Address receiver;
      for (unsigned k = 0; k < 8; ++k) receiver.data[k] = static_cast<Byte>(to >> 8 * k);
      tx.to = receiver;
      tx.value = U256(1);
      ethereum::sign(tx, secrets_[i]);
      plan.transactions.push_back(std::move(tx));
    }
    const auto block = chain_->build(chain_->head(), std::move(plan));
    if (block.transactions.size() != transfers || !chain_->import(block).accepted()) std::abort();
  }

  std::unique_ptr<ContractEngine> engine_;
  ethereum::Genesis genesis_;
  std::vector<FixedBytes<32>> secrets_;
  std::optional<ethereum::Chain> chain_;
};

const World& world() {
  static const World world;
  return world;
}

void commit_blocks(benchmark::State& state, const char* mode) {
  std::uint64_t done = 0;
  Traffic traffic;
  for (auto _ : state) {
    Disk disk(mode);
    chainstore::ChainStore store(disk.take());
    store.begin(world().genesis());
    const Traffic before = disk.written();
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t n = 1; n <= blocks; ++n) store.append(world().at(n));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(taken.count());
    traffic.bytes += disk.written().bytes - before.bytes;
    traffic.syncs += disk.written().syncs - before.syncs;
    done += blocks;
  }
  const auto count = static_cast<double>(done);
  state.counters["blocks"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
  state.counters["B_block"] = static_cast<double>(traffic.bytes) / count;
  state.counters["syncs_block"] = static_cast<double>(traffic.syncs) / count;
}

/// Batches of new records with keys that are hashes, as a ledger writes them.
void charge(benchmark::State& state, const char* mode) {
  const auto records = static_cast<std::uint64_t>(state.range(0));
  const auto size = static_cast<std::size_t>(state.range(1));
  constexpr std::uint64_t batches = 200;
  double written = 0, charged = 0, syncs = 0, charged_syncs = 0;
  for (auto _ : state) {
    Disk disk(mode);
    for (std::uint64_t n = 0; n < batches; ++n) {
      StoreBatch batch;
      for (std::uint64_t i = 0; i < records; ++i) {
        const std::uint64_t u = draw64(2, 2, Purpose("bench.key"), n << 20 | i);
        Bytes key(8);
        for (unsigned k = 0; k < 8; ++k) key[k] = static_cast<Byte>(u >> 8 * k);
        batch.put(DataClass::account, key, Bytes(size, static_cast<Byte>(i)));
      }
      disk.store().commit(batch);
    }
    written = static_cast<double>(disk.written().bytes) / batches;
    const StorageCharge& c = disk.charge();
    const std::uint64_t bytes = records * c.record_bytes(size + 8) + c.bytes_per_sync;
    charged = static_cast<double>(bytes);
    syncs = static_cast<double>(disk.written().syncs) / batches;
    charged_syncs = static_cast<double>(c.group_syncs_permille(bytes)) / 1000;
  }
  state.counters["written_B"] = written;
  state.counters["charged_B"] = charged;
  state.counters["ratio"] = charged / written;
  state.counters["syncs"] = syncs;
  state.counters["charged_syncs"] = charged_syncs;
}

void add_all() {
  for (const char* mode : {"files", "sqlite", "leveldb"}) {
    const std::string behind = std::string("/") + mode;
    benchmark::RegisterBenchmark(("commit_blocks" + behind).c_str(), commit_blocks, mode)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(3);
    for (const std::int64_t records : {1, 20, 400}) {
      for (const std::int64_t size : {100, 500, 2000, 8000}) {
        benchmark::RegisterBenchmark(("charge" + behind).c_str(), charge, mode)
            ->Args({records, size})
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace
}  // namespace ledgerlab

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  ledgerlab::add_all();
  benchmark::RunSpecifiedBenchmarks();
}
