#include "models/storage/leveldb/leveldb_store.hpp"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include "models/storage/leveldb/folder_env.hpp"

namespace ledgerlab::storage {
namespace {

leveldb::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const leveldb::Slice& slice) {
  return {reinterpret_cast<const Byte*>(slice.data()), slice.size()};
}
Bytes full_key(DataClass data, ByteView key) {
  Bytes out{static_cast<Byte>(data)};
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

class LevelDb final : public KeyValue {
 public:
  explicit LevelDb(files::FolderRef folder) : env_(std::move(folder)) {
    leveldb::Options options;
    options.env = &env_;
    options.create_if_missing = true;
    // Its paranoid mode takes a torn end of the log for damage; what it drops in silence without it
    // is found out by the proofs above (verified.cpp).
    options.paranoid_checks = false;
    leveldb::DB* database = nullptr;
    check(leveldb::DB::Open(options, "ledger", &database));
    database_.reset(database);
  }

  std::string_view mode() const override { return "leveldb"; }

  std::optional<Bytes> get(DataClass data, ByteView key) override {
    std::string value;
    const leveldb::Status status = database_->Get(reading(), slice(full_key(data, key)), &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status);
    return Bytes(value.begin(), value.end());
  }
  void visit(DataClass data, ByteView from, const Visitor& visitor) override {
    const std::unique_ptr<leveldb::Iterator> at(database_->NewIterator(reading()));
    for (at->Seek(slice(full_key(data, from))); at->Valid(); at->Next()) {
      const ByteView key = view(at->key());
      if (key.empty() || key[0] != static_cast<Byte>(data)) break;
      if (!visitor(key.subspan(1), view(at->value()))) break;
    }
    check(at->status());
  }
  void commit(std::span<const StoreBatch::Write> writes) override {
    leveldb::WriteBatch batch;
    for (const StoreBatch::Write& write : writes) {
      const Bytes key = full_key(write.data, write.key);
      if (write.value) {
        batch.Put(slice(key), slice(*write.value));
      } else {
        batch.Delete(slice(key));
      }
    }
    leveldb::WriteOptions options;
    options.sync = true;
    check(database_->Write(options, &batch));
  }
  void compact() override { database_->CompactRange(nullptr, nullptr); }

 private:
  static leveldb::ReadOptions reading() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    return options;
  }
  void check(const leveldb::Status& status) const {
    if (status.ok()) return;
    using Kind = StoreError::Kind;
    // It reports a file that is not there as an error of I/O, too; nobody else removes files here.
    const Kind kind = env_.full()                                     ? Kind::full
                      : status.IsCorruption() || status.IsNotFound() ||
                              status.IsInvalidArgument()              ? Kind::corrupt
                                                                      : Kind::io;
    throw StoreError(kind, "leveldb: " + status.ToString());
  }

  FolderEnv env_;
  std::unique_ptr<leveldb::DB> database_;
};

}  // namespace

std::unique_ptr<Store> open_leveldb(files::FolderRef folder) {
  auto engine = std::make_unique<LevelDb>(folder);
  return verified(std::move(engine), std::move(folder));
}

}  // namespace ledgerlab::storage
