// Proves that a store gives back what was put in. Every entry carries a checksum of its class, key
// and value. A status entry, written with each batch, counts batches and entries and holds the sum
// of all entries' hashes, so that an entry that vanished is missed. A small file beside the engine's
// witnesses the last batch that is durable: an engine that drops its damaged tail in silence, taking
// it for a torn write, is found out. (Damage of the last batch right after a power cut, when the
// witness of that batch was not durable yet, cannot be told from a torn write.)
#include <map>

#include "models/base/int128.hpp"
#include "models/codec/codec.hpp"
#include "models/crypto/hash128.hpp"
#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::storage {
namespace {

constexpr const char* witness_name = "witness";
constexpr std::uint64_t slot_distance = 4096;  // the two slots share no sector
constexpr std::size_t sum_size = 16;
const Bytes status_key = {0, 'b', 'o', 'o', 'k'};

[[noreturn]] void corrupt(const std::string& what) {
  throw StoreError(StoreError::Kind::corrupt, what);
}

/// The books: what a complete store has.
struct Book {
  std::uint64_t batches = 0;
  std::uint64_t entries = 0;
  std::array<std::uint64_t, 2> sum{};  // of the entries' hashes, modulo 2^128, low word first
  template <class A>
  void fields(A& a) {
    a(batches, entries, sum);
  }
  friend bool operator==(const Book&, const Book&) = default;
};

Hash128 entry_hash(DataClass data, ByteView key, ByteView value) {
  Bytes text;
  text.reserve(key.size() + value.size() + 9);
  text.push_back(static_cast<Byte>(data));
  const std::uint64_t size = key.size();
  for (unsigned i = 0; i < 8; ++i) text.push_back(static_cast<Byte>(size >> 8 * i));
  text.insert(text.end(), key.begin(), key.end());
  text.insert(text.end(), value.begin(), value.end());
  return hash128(text);
}

Uint128 number_of(const Hash128& hash) {
  Uint128 number = 0;
  for (const Byte byte : hash.data) number = number << 8 | byte;
  return number;
}

void add(Book& book, const Hash128& hash, bool in) {
  Uint128 sum = Uint128{book.sum[1]} << 64 | book.sum[0];
  sum = in ? sum + number_of(hash) : sum - number_of(hash);
  book.sum = {static_cast<std::uint64_t>(sum), static_cast<std::uint64_t>(sum >> 64)};
  book.entries += in ? 1 : std::uint64_t(-1);
}

Bytes with_sum(ByteView value, const Hash128& hash) {
  Bytes out(value.begin(), value.end());
  out.insert(out.end(), hash.data.begin(), hash.data.end());
  return out;
}

std::string name_of(DataClass data, ByteView key) {
  return std::string(data_class_name(data)) + " " + to_hex(key);
}

/// The value without its checksum, which is `hash`'s then.
Bytes checked(DataClass data, ByteView key, Bytes stored, Hash128* hash = nullptr) {
  if (stored.size() < sum_size) corrupt("the entry " + name_of(data, key) + " is cut off");
  Hash128 sum;
  std::copy(stored.end() - sum_size, stored.end(), sum.data.begin());
  stored.resize(stored.size() - sum_size);
  if (entry_hash(data, key, stored) != sum) {
    corrupt("the entry " + name_of(data, key) + " is not what was written");
  }
  if (hash != nullptr) *hash = sum;
  return stored;
}

class Verified final : public Store {
 public:
  Verified(std::unique_ptr<KeyValue> engine, files::FolderRef folder)
      : engine_(std::move(engine)), folder_(std::move(folder)) {
    guarded([&] {
      if (folder_) {
        witness_ = folder_->open(witness_name, true);
        // Its room is taken now: a full disk cannot keep it from a batch that was done.
        const std::uint64_t room = 2 * slot_distance;
        if (witness_->size() < room) witness_->write(room - 1, Bytes{0});
      }
      prove();
    });
  }

  std::string_view mode() const override { return engine_->mode(); }
  std::uint64_t count() const override { return book_.entries; }
  Hash128 digest() const override {
    Hash128 out;
    for (unsigned i = 0; i < 16; ++i) {
      out.data[15 - i] = static_cast<Byte>(book_.sum[i / 8] >> 8 * (i % 8));
    }
    return out;
  }
  void verify() override { guarded([&] { prove(); }); }
  void compact() override { guarded([&] { engine_->compact(); }); }

  std::optional<Bytes> get(DataClass data, ByteView key) override {
    std::optional<Bytes> out;
    guarded([&] { out = engine_->get(data, key); });
    if (out) out = checked(data, key, std::move(*out));
    return out;
  }
  void visit(DataClass data, ByteView from, const Visitor& visitor) override {
    guarded([&] {
      engine_->visit(data, from, [&](ByteView key, ByteView stored) {
        if (is_book(data, key)) return true;
        return visitor(key, checked(data, key, Bytes(stored.begin(), stored.end())));
      });
    });
  }

  void commit(const StoreBatch& batch) override {
    if (broken_) throw StoreError(StoreError::Kind::io, "the store must be opened again");
    // The last write of a key counts.
    std::map<std::pair<DataClass, Bytes>, const std::optional<Bytes>*> last;
    for (const StoreBatch::Write& write : batch.writes()) {
      if (is_book(write.data, write.key)) throw std::logic_error("this key is the store's own");
      last[{write.data, write.key}] = &write.value;
    }
    Book book = book_;
    std::vector<StoreBatch::Write> writes;
    for (const auto& [name, value] : last) {
      const DataClass data = name.first;
      const Bytes& key = name.second;
      std::optional<Bytes> old;
      guarded([&] { old = engine_->get(data, key); });
      if (old) {
        Hash128 hash;
        checked(data, key, std::move(*old), &hash);
        add(book, hash, false);
      }
      if (!*value) {
        writes.push_back({data, key, std::nullopt});
        continue;
      }
      const Hash128 hash = entry_hash(data, key, **value);
      add(book, hash, true);
      writes.push_back({data, key, with_sum(**value, hash)});
    }
    ++book.batches;
    const Bytes text = codec::encode(book);
    writes.push_back({DataClass::status, status_key,
                      with_sum(text, entry_hash(DataClass::status, status_key, text))});
    guarded([&] {
      engine_->commit(writes);
      book_ = book;
      bear_witness();
    });
  }

 private:
  static bool is_book(DataClass data, ByteView key) {
    return data == DataClass::status && std::ranges::equal(key, status_key);
  }

  /// Errors of files become errors of the store; after one nothing more is written.
  template <class F>
  void guarded(const F& action) {
    try {
      action();
    } catch (const files::FileError& error) {
      broken_ = true;
      throw as_store_error(error);
    } catch (const StoreError&) {
      broken_ = true;
      throw;
    }
  }

  void prove() {
    engine_->check();
    Book found;
    std::optional<Book> written;
    for (std::size_t i = 0; i < data_class_count; ++i) {
      const auto data = static_cast<DataClass>(i);
      engine_->visit(data, {}, [&](ByteView key, ByteView stored) {
        Hash128 hash;
        const Bytes value = checked(data, key, Bytes(stored.begin(), stored.end()), &hash);
        if (is_book(data, key)) {
          written = codec::decode<Book>(value);
        } else {
          add(found, hash, true);
        }
        return true;
      });
    }
    if (!written && found.entries != 0) corrupt("the book of entries is missing");
    if (written) {
      found.batches = written->batches;
      if (found != *written) {
        corrupt("there are " + std::to_string(found.entries) + " entries of " +
                std::to_string(written->entries) + ", or others than were written");
      }
    }
    const Book seen = witnessed();
    if (seen.batches > found.batches) {
      corrupt(std::to_string(seen.batches - found.batches) + " durable batches are missing");
    }
    if (seen.batches == found.batches && seen.batches != 0 && seen != found) {
      corrupt("the last batch is not the one that was written");
    }
    book_ = found;
  }

  /// The last batch that the witness saw; a slot that is torn or damaged says nothing.
  Book witnessed() {
    Book best;
    if (!witness_) return best;
    for (std::uint64_t slot = 0; slot < 2; ++slot) {
      const Bytes text = witness_->read(slot * slot_distance, codec::encode(Book{}).size() + 16);
      if (text.size() < sum_size) continue;
      const ByteView body = ByteView(text).first(text.size() - sum_size);
      if (!std::ranges::equal(hash128(body).data, ByteView(text).last(sum_size))) continue;
      const auto book = codec::decode<Book>(body);
      if (book && book->batches >= best.batches) best = *book;
    }
    return best;
  }

  /// After the batch, and never before it: not synced, for it may only lag behind.
  void bear_witness() {
    if (!witness_) return;
    const Bytes text = codec::encode(book_);
    witness_->write(book_.batches % 2 * slot_distance, with_sum(text, hash128(text)));
  }

  std::unique_ptr<KeyValue> engine_;
  files::FolderRef folder_;
  std::unique_ptr<files::File> witness_;
  Book book_;
  bool broken_ = false;
};

}  // namespace

StoreError as_store_error(const files::FileError& error) {
  using From = files::FileError::Kind;
  const StoreError::Kind kind = error.kind() == From::full     ? StoreError::Kind::full
                                : error.kind() == From::locked ? StoreError::Kind::locked
                                                               : StoreError::Kind::io;
  return StoreError(kind, error.what());
}

std::unique_ptr<Store> verified(std::unique_ptr<KeyValue> engine, files::FolderRef folder) {
  return std::make_unique<Verified>(std::move(engine), std::move(folder));
}

}  // namespace ledgerlab::storage
