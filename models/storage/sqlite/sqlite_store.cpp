#include "models/storage/sqlite/sqlite_store.hpp"

#include <array>
#include <cstring>

#include "models/storage/sqlite/vfs.hpp"

namespace ledgerlab::storage {
namespace {

constexpr const char* database_name = "ledger.sqlite";

class Sqlite final : public KeyValue {
 public:
  explicit Sqlite(files::FolderRef folder) : vfs_(std::move(folder)) {
    try {
      open();
    } catch (...) {
      close();
      throw;
    }
  }
  ~Sqlite() override { close(); }

  std::string_view mode() const override { return "sqlite"; }

  std::optional<Bytes> get(DataClass data, ByteView key) override {
    sqlite3_stmt* statement = of(get_, data);
    bind(statement, 1, key);
    std::optional<Bytes> out;
    if (step(statement)) out = column(statement, 0);
    sqlite3_reset(statement);
    return out;
  }
  void visit(DataClass data, ByteView from, const Visitor& visitor) override {
    sqlite3_stmt* statement = of(visit_, data);
    bind(statement, 1, from);
    while (step(statement)) {
      if (!visitor(column(statement, 0), column(statement, 1))) break;
    }
    sqlite3_reset(statement);
  }
  void commit(std::span<const StoreBatch::Write> writes) override {
    run("BEGIN IMMEDIATE");
    try {
      for (const StoreBatch::Write& write : writes) {
        sqlite3_stmt* statement = of(write.value ? put_ : erase_, write.data);
        bind(statement, 1, write.key);
        if (write.value) bind(statement, 2, *write.value);
        step(statement);
      }
      run("COMMIT");
    } catch (...) {
      sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }
  void check() override {
    sqlite3_stmt* statement = prepared("PRAGMA integrity_check(1)");
    std::string verdict = "no answer";
    try {
      if (step(statement)) {
        const Bytes text = column(statement, 0);
        verdict.assign(text.begin(), text.end());
      }
    } catch (...) {
      sqlite3_finalize(statement);
      throw;
    }
    sqlite3_finalize(statement);
    if (verdict != "ok") {
      throw StoreError(StoreError::Kind::corrupt, std::string(database_name) + ": " + verdict);
    }
  }
  void compact() override { run("VACUUM"); }

 private:
  using Statements = std::array<sqlite3_stmt*, data_class_count>;
  static sqlite3_stmt* of(const Statements& statements, DataClass data) {
    return statements[static_cast<std::size_t>(data)];
  }

  void open() {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(database_name, &database_, flags, vfs_.name()) != SQLITE_OK) fail();
    // The log needs no shared memory where one connection holds the database.
    run("PRAGMA locking_mode = EXCLUSIVE");
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("PRAGMA temp_store = MEMORY");
    run("PRAGMA cell_size_check = ON");
    for (std::size_t i = 0; i < data_class_count; ++i) {
      const std::string table(data_class_name(static_cast<DataClass>(i)));
      run("CREATE TABLE IF NOT EXISTS \"" + table +
          "\" (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
      get_[i] = prepared("SELECT value FROM \"" + table + "\" WHERE key = ?1");
      put_[i] = prepared("INSERT OR REPLACE INTO \"" + table + "\" VALUES (?1, ?2)");
      erase_[i] = prepared("DELETE FROM \"" + table + "\" WHERE key = ?1");
      visit_[i] = prepared("SELECT key, value FROM \"" + table + "\" WHERE key >= ?1 ORDER BY key");
    }
  }
  void close() {
    for (const Statements* all : {&get_, &put_, &erase_, &visit_}) {
      for (sqlite3_stmt* statement : *all) sqlite3_finalize(statement);
    }
    sqlite3_close(database_);
  }

  [[noreturn]] void fail() {
    const int code = sqlite3_errcode(database_) & 0xff;
    std::string text = std::string(database_name) + ": " + sqlite3_errmsg(database_);
    if (!vfs_.last_error.empty()) text += " (" + vfs_.last_error + ")";
    using Kind = StoreError::Kind;
    throw StoreError(code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR
                         ? Kind::corrupt
                     : code == SQLITE_FULL ? Kind::full
                     : code == SQLITE_BUSY ? Kind::locked
                                           : Kind::io,
                     text);
  }
  void run(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }
  sqlite3_stmt* prepared(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail();
    return statement;
  }
  void bind(sqlite3_stmt* statement, int place, ByteView bytes) {
    if (place == 1) sqlite3_reset(statement);
    // An empty view may have no address, which would bind NULL.
    const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    if (sqlite3_bind_blob64(statement, place, data, bytes.size(), SQLITE_TRANSIENT) != SQLITE_OK) {
      fail();
    }
  }
  /// True if there is a row; a statement that is done is reset.
  bool step(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
      sqlite3_reset(statement);
      return false;
    }
    fail();
  }
  static Bytes column(sqlite3_stmt* statement, int number) {
    const auto* data = static_cast<const Byte*>(sqlite3_column_blob(statement, number));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, number));
    return data == nullptr ? Bytes() : Bytes(data, data + size);
  }

  FolderVfs vfs_;
  sqlite3* database_ = nullptr;
  Statements get_{}, put_{}, erase_{}, visit_{};
};

}  // namespace

std::unique_ptr<Store> open_sqlite(files::FolderRef folder) {
  auto engine = std::make_unique<Sqlite>(folder);
  return verified(std::move(engine), std::move(folder));
}

}  // namespace ledgerlab::storage
