// One suite for every storage mode: the same answers, power lost at every write, sectors torn, bits
// flipped, files lost, a full disk. What comes back is what was put in, or an error.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "models/api/registry.hpp"
#include "models/base/draw.hpp"
#include "models/parts/files/memory_folder.hpp"
#include "models/storage/files/log_files.hpp"
#include "models/storage/leveldb/leveldb_store.hpp"
#include "models/storage/memory/memory.hpp"
#include "models/storage/sqlite/sqlite_store.hpp"

namespace ledgerlab::storage {
namespace {

using files::FolderRef;
using files::MemoryFolder;
using Content = std::map<std::pair<DataClass, Bytes>, Bytes>;

struct Mode {
  std::string name;
  std::function<std::unique_ptr<Store>(FolderRef)> open;
};

std::unique_ptr<Store> small_log_files(FolderRef folder) {
  return open_log_files(std::move(folder), {.file_bytes = 1500, .compact_above = 2500});
}
std::vector<Mode> modes_with_files() {
  return {{"files", small_log_files}, {"sqlite", open_sqlite}, {"leveldb", open_leveldb}};
}

std::uint64_t drawn(std::uint64_t seed, std::uint64_t number) {
  return draw64(seed, 1, Purpose("test.store"), number);
}

/// The n-th batch of a history: a few entries put, some replaced, some erased.
StoreBatch batch_of(std::uint64_t seed, std::uint64_t n) {
  StoreBatch batch;
  const std::uint64_t writes = 1 + drawn(seed, n << 8) % 6;
  for (std::uint64_t i = 1; i <= writes; ++i) {
    const std::uint64_t u = drawn(seed, n << 8 | i);
    const auto data = static_cast<DataClass>(u % data_class_count);
    Bytes key(u >> 8 & 1, 7);  // an empty one as well
    if ((u >> 9 & 3) != 0) key.push_back(static_cast<Byte>(u >> 16 & 15));
    if ((u >> 11 & 3) == 0) {
      batch.erase(data, key);
    } else {
      batch.put(data, key, Bytes(u >> 24 & 511, static_cast<Byte>(u >> 40)));
    }
  }
  return batch;
}
void change(Content& content, const StoreBatch& batch) {
  for (const StoreBatch::Write& write : batch.writes()) {
    if (write.value) {
      content[{write.data, write.key}] = *write.value;
    } else {
      content.erase({write.data, write.key});
    }
  }
}
Content content_after(std::uint64_t seed, std::uint64_t batches) {
  Content content;
  for (std::uint64_t n = 0; n < batches; ++n) change(content, batch_of(seed, n));
  return content;
}
Content read_all(Store& store) {
  Content content;
  for (std::size_t i = 0; i < data_class_count; ++i) {
    const auto data = static_cast<DataClass>(i);
    store.visit(data, {}, [&](ByteView key, ByteView value) {
      const Bytes name(key.begin(), key.end());
      EXPECT_EQ(store.get(data, key), Bytes(value.begin(), value.end()));
      content[{data, name}] = Bytes(value.begin(), value.end());
      return true;
    });
  }
  return content;
}

TEST(Stores, EveryModeGivesTheSameAnswers) {
  const auto memory = open_memory();
  std::map<std::string, std::shared_ptr<MemoryFolder>> folders;
  std::map<std::string, std::unique_ptr<Store>> stores;
  for (const Mode& mode : modes_with_files()) {
    stores[mode.name] = mode.open(folders[mode.name] = std::make_shared<MemoryFolder>());
  }
  constexpr std::uint64_t batches = 60;
  for (std::uint64_t n = 0; n < batches; ++n) {
    memory->commit(batch_of(1, n));
    for (auto& [name, store] : stores) store->commit(batch_of(1, n));
  }
  const Content expected = content_after(1, batches);
  ASSERT_GT(expected.size(), 20u);
  EXPECT_EQ(read_all(*memory), expected);
  for (const Mode& mode : modes_with_files()) {
    std::unique_ptr<Store>& store = stores[mode.name];
    EXPECT_EQ(read_all(*store), expected) << mode.name;
    EXPECT_EQ(store->count(), expected.size()) << mode.name;
    EXPECT_EQ(store->digest(), memory->digest()) << mode.name;
    EXPECT_EQ(store->get(DataClass::block, Bytes{99}), std::nullopt);
    store->verify();
    store->compact();
    EXPECT_EQ(read_all(*store), expected) << mode.name << " compacted";
    store.reset();
    store = mode.open(folders[mode.name]);
    EXPECT_EQ(read_all(*store), expected) << mode.name << " opened again";
    EXPECT_EQ(store->digest(), memory->digest()) << mode.name;
  }
}

TEST(Stores, VisitsBeginWhereTheyAreAskedTo) {
  for (const Mode& mode : modes_with_files()) {
    const auto store = mode.open(std::make_shared<MemoryFolder>());
    StoreBatch batch;
    for (Byte key = 0; key < 5; ++key) {
      batch.put(DataClass::account, Bytes{key}, Bytes{1});
      batch.put(DataClass::block, Bytes{key}, Bytes{2});
    }
    store->commit(batch);
    Bytes seen;
    store->visit(DataClass::account, Bytes{2}, [&](ByteView key, ByteView) {
      seen.push_back(key[0]);
      return key[0] < 3;
    });
    EXPECT_EQ(seen, (Bytes{2, 3})) << mode.name;
  }
}

/// What a power cut at operation `k` leaves, opened again: the number of the batch it is the state
/// after, or what is wrong.
std::string after_power_cut(const Mode& mode, std::uint64_t history, std::uint64_t batches,
                            std::uint64_t k, std::uint64_t seed, bool* cut) {
  const auto folder = std::make_shared<MemoryFolder>();
  folder->fail_at(k);
  std::uint64_t acknowledged = 0;
  try {
    const auto store = mode.open(folder);
    for (; acknowledged < batches; ++acknowledged) store->commit(batch_of(history, acknowledged));
  } catch (const StoreError&) {
  }
  *cut = folder->failed();
  const auto left = folder->after_power_loss(seed);
  try {
    const auto store = mode.open(left);
    const Content found = read_all(*store);
    if (found != content_after(history, acknowledged) &&
        found != content_after(history, acknowledged + 1)) {
      return "another state than after " + std::to_string(acknowledged) + " batches";
    }
    store->commit(batch_of(history, 1000));
    store->verify();
  } catch (const StoreError& error) {
    return std::string("not opened: ") + error.what();
  }
  return {};
}

/// Cuts power at every operation of a history; the first fault found, or empty.
std::string power_cuts(const Mode& mode, std::uint64_t batches) {
  bool cut = true;
  std::uint64_t k = 0;
  for (; cut; ++k) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const std::string fault = after_power_cut(mode, 3, batches, k, seed, &cut);
      if (!fault.empty()) {
        return mode.name + ", operation " + std::to_string(k) + ", seed " + std::to_string(seed) +
               ": " + fault;
      }
    }
  }
  EXPECT_GT(k, 2 * batches) << mode.name;
  return {};
}

TEST(Stores, PowerCutsAtEveryWriteLoseNothingThatWasAcknowledged) {
  for (const Mode& mode : modes_with_files()) EXPECT_EQ(power_cuts(mode, 14), "");
}

/// A disk whose syncs do nothing: what looks durable is not.
class ForgetfulFile final : public files::File {
 public:
  explicit ForgetfulFile(std::unique_ptr<files::File> file) : file_(std::move(file)) {}
  Bytes read(std::uint64_t offset, std::size_t size) override { return file_->read(offset, size); }
  void write(std::uint64_t offset, ByteView bytes) override { file_->write(offset, bytes); }
  void truncate(std::uint64_t size) override { file_->truncate(size); }
  void sync() override {}
  std::uint64_t size() override { return file_->size(); }

 private:
  std::unique_ptr<files::File> file_;
};
class ForgetfulFolder final : public files::Folder {
 public:
  explicit ForgetfulFolder(FolderRef folder) : folder_(std::move(folder)) {}
  std::unique_ptr<files::File> open(const std::string& name, bool create) override {
    return std::make_unique<ForgetfulFile>(folder_->open(name, create));
  }
  bool exists(const std::string& name) override { return folder_->exists(name); }
  void remove(const std::string& name) override { folder_->remove(name); }
  void rename(const std::string& a, const std::string& b) override { folder_->rename(a, b); }
  std::vector<std::string> list() override { return folder_->list(); }
  void sync() override { folder_->sync(); }

 private:
  FolderRef folder_;
};

TEST(Stores, ADiskThatForgetsIsCaught) {
  for (const Mode& mode : modes_with_files()) {
    const Mode forgetful{mode.name, [&](FolderRef folder) {
                           return mode.open(std::make_shared<ForgetfulFolder>(std::move(folder)));
                         }};
    EXPECT_NE(power_cuts(forgetful, 6), "") << mode.name;
  }
}

/// Opens a copy after `damage`: refused, intact, or the text of what was served instead.
std::string after_damage(const Mode& mode, const MemoryFolder& folder, const Content& expected,
                         const std::function<void(MemoryFolder&)>& damage) {
  const auto copy = folder.copy();
  damage(*copy);
  try {
    const auto store = mode.open(copy);
    return read_all(*store) == expected ? "intact" : "served something else";
  } catch (const StoreError&) {
    return "refused";
  }
}

std::shared_ptr<MemoryFolder> filled(const Mode& mode, std::uint64_t batches) {
  const auto folder = std::make_shared<MemoryFolder>();
  const auto store = mode.open(folder);
  for (std::uint64_t n = 0; n < batches; ++n) store->commit(batch_of(5, n));
  return folder;
}

TEST(Stores, FlippedBitsAreNeverServed) {
  for (const Mode& mode : modes_with_files()) {
    const auto folder = filled(mode, 25);
    const Content expected = content_after(5, 25);
    std::map<std::string, int> verdicts;
    for (const std::string& name : folder->list()) {
      const std::uint64_t size = folder->open(name, false)->size();
      const std::uint64_t step = std::max<std::uint64_t>(1, size / 150);
      for (std::uint64_t at = 0; at < size; at += step) {
        const std::string verdict = after_damage(
            mode, *folder, expected, [&](MemoryFolder& f) { f.flip(name, at, at / step % 8); });
        ++verdicts[verdict];
        EXPECT_NE(verdict, "served something else") << mode.name << " " << name << " byte " << at;
      }
    }
    EXPECT_GT(verdicts["refused"], 50) << mode.name;
  }
}

TEST(Stores, LostAndCutFilesAreNeverServedAsWhole) {
  for (const Mode& mode : modes_with_files()) {
    const auto folder = filled(mode, 25);
    const Content expected = content_after(5, 25);
    int refused = 0;
    for (const std::string& name : folder->list()) {
      const auto verdict = [&](const std::function<void(MemoryFolder&)>& damage) {
        const std::string found = after_damage(mode, *folder, expected, damage);
        EXPECT_NE(found, "served something else") << mode.name << " " << name;
        refused += found == "refused";
      };
      verdict([&](MemoryFolder& f) { f.remove(name); });
      for (unsigned part = 0; part < 8; ++part) {
        verdict([&](MemoryFolder& f) {
          const auto file = f.open(name, false);
          file->truncate(file->size() * part / 8);
        });
      }
    }
    EXPECT_GE(refused, 5) << mode.name;
  }
}

/// A mode without proofs, to show that the proofs are what catches damage.
class Raw final : public Store {
 public:
  std::string_view mode() const override { return "raw"; }
  void commit(const StoreBatch& batch) override { change(content_, batch); }
  std::optional<Bytes> get(DataClass data, ByteView key) override {
    const auto found = content_.find({data, Bytes(key.begin(), key.end())});
    return found == content_.end() ? std::nullopt : std::optional(found->second);
  }
  void visit(DataClass data, ByteView, const Visitor& visitor) override {
    for (const auto& [key, value] : content_) {
      if (key.first == data && !visitor(key.second, value)) return;
    }
  }
  void verify() override {}
  std::uint64_t count() const override { return content_.size(); }
  Hash128 digest() const override { return {}; }
  void compact() override {}
  Content content_;
};

TEST(Stores, WithoutProofsDamageWouldBeServed) {
  const Mode raw{
      "raw", [](FolderRef folder) {
        auto store = std::make_unique<Raw>();
        store->content_[{DataClass::block, Bytes{1}}] = folder->open("x", true)->read(0, 8);
        return store;
      }};
  MemoryFolder folder;
  const auto file = std::make_shared<MemoryFolder>();
  file->open("x", true)->write(0, Bytes{1, 2, 3});
  const Content expected = {{{DataClass::block, Bytes{1}}, Bytes{1, 2, 3}}};
  EXPECT_EQ(after_damage(raw, *file, expected, [](MemoryFolder& f) { f.flip("x", 1, 0); }),
            "served something else");
}

TEST(Stores, AFullDiskRefusesTheBatchAndKeepsTheRest) {
  for (const Mode& mode : modes_with_files()) {
    const auto folder = std::make_shared<MemoryFolder>();
    std::uint64_t done = 0;
    bool full = false;
    {
      const auto store = mode.open(folder);
      folder->limit(folder->bytes() + 20'000);
      try {
        for (; done < 1000; ++done) {
          StoreBatch batch;
          batch.put(DataClass::block, Bytes{static_cast<Byte>(done), static_cast<Byte>(done >> 8)},
                    Bytes(700, static_cast<Byte>(done)));
          store->commit(batch);
        }
      } catch (const StoreError& error) {
        full = error.kind() == StoreError::Kind::full;
        EXPECT_TRUE(full) << mode.name << ": " << error.what();
        EXPECT_THROW(store->commit(batch_of(1, 1)), StoreError) << mode.name;
      }
    }
    EXPECT_TRUE(full) << mode.name;
    folder->limit(MemoryFolder::never);
    const auto store = mode.open(folder);
    EXPECT_GE(store->count(), done) << mode.name;
    EXPECT_LE(store->count(), done + 1) << mode.name;
    store->commit(batch_of(1, 1));
  }
}

TEST(Stores, AFolderOfThisMachineIsHeldByOneUser) {
  const std::string path = testing::TempDir() + "/ledgerlab-store-test";
  for (const Mode& mode : modes_with_files()) {
    const std::string place = path + "-" + mode.name;
    const std::uint64_t before = [&] {
      const auto store = mode.open(files::open_folder(place));
      store->commit(batch_of(9, 0));
      EXPECT_THROW(files::open_folder(place), files::FileError);
      return store->count();
    }();
    EXPECT_EQ(mode.open(files::open_folder(place))->count(), before) << mode.name;
  }
}

/// What worlds charge for a mode.
TEST(StorageCharge, IsTheLowerOfTwoLinesAndSyncsGrowToTheirMost) {
  StorageCharge charge;
  EXPECT_EQ(charge.record_bytes(500), 500u);
  EXPECT_EQ(charge.group_syncs_permille(std::uint64_t{1} << 30), 1'000u);
  charge = builtin_models().find(ModelKind::storage, "sqlite")->storage_charge;
  EXPECT_EQ(charge.record_bytes(100), 5'000u + 2'100u);
  EXPECT_EQ(charge.record_bytes(10'000), 17'500u + 21'000u);
  EXPECT_EQ(charge.group_syncs_permille(1'000), 1'000u);
  EXPECT_EQ(charge.group_syncs_permille(std::uint64_t{2} << 20), 1'840u);
  EXPECT_EQ(charge.group_syncs_permille(std::uint64_t{1} << 30), 3'500u);
}

}  // namespace
}  // namespace ledgerlab::storage
