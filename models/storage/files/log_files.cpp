#include "models/storage/files/log_files.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "models/codec/codec.hpp"
#include "models/crypto/hash128.hpp"

namespace ledgerlab::storage {
namespace {

constexpr std::uint32_t magic = 0x6c6c6c67;
constexpr std::size_t head_size = 4 + 4 + 8, tail_size = 16;
constexpr std::uint32_t body_max = 1u << 30;

enum class RecordKind : std::uint8_t { batch, base, base_end };

void append_number(Bytes& out, std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<Byte>(number >> 8 * i));
}
std::uint64_t number_at(ByteView bytes, std::size_t at, unsigned size) {
  std::uint64_t number = 0;
  for (unsigned i = 0; i < size; ++i) number |= std::uint64_t{bytes[at + i]} << 8 * i;
  return number;
}

struct FileName {
  std::uint64_t generation = 0;
  std::uint64_t number = 0;
  auto operator<=>(const FileName&) const = default;
  std::string text() const { return std::to_string(generation) + "-" + std::to_string(number) + ".log"; }
  static std::optional<FileName> from(const std::string& text) {
    FileName name;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, name.generation);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, name.number);
    if (second.ec != std::errc() || name.text() != text) return std::nullopt;
    return name;
  }
};

/// A record's place enters its checks: one that was copied elsewhere is none.
std::uint64_t head_check(const FileName& file, std::uint64_t offset, std::uint32_t length) {
  Bytes text;
  append_number(text, file.generation, 8);
  append_number(text, file.number, 8);
  append_number(text, offset, 8);
  append_number(text, length, 4);
  return hash128(text, magic).tag();
}

class LogFiles final : public KeyValue {
 public:
  LogFiles(files::FolderRef folder, LogFilesOptions options)
      : folder_(std::move(folder)), options_(options) {
    open_all();
  }

  std::string_view mode() const override { return "files"; }

  std::optional<Bytes> get(DataClass data, ByteView key) override {
    const auto found = index_.find({data, Bytes(key.begin(), key.end())});
    if (found == index_.end()) return std::nullopt;
    return value_at(found->second);
  }
  void visit(DataClass data, ByteView from, const Visitor& visitor) override {
    for (auto at = index_.lower_bound({data, Bytes(from.begin(), from.end())});
         at != index_.end() && at->first.first == data; ++at) {
      if (!visitor(at->first.second, value_at(at->second))) return;
    }
  }
  void commit(std::span<const StoreBatch::Write> writes) override {
    if (last_size_ >= options_.file_bytes) begin_file({last().generation, last().number + 1});
    append(RecordKind::batch, writes);
    if (dead_bytes_ > options_.compact_above && dead_bytes_ > total_bytes_ / 2) compact();
  }

  /// Writes what lives into a generation of its own, then removes the old one.
  void compact() override {
    const std::vector<FileName> old = names();
    const auto index = index_;
    begin_file({last().generation + 1, 0});
    std::vector<StoreBatch::Write> writes;
    std::uint64_t bytes = 0;
    const auto flush = [&] {
      append(RecordKind::base, writes, false);
      writes.clear();
      bytes = 0;
    };
    for (const auto& [key, place] : index) {
      writes.push_back({key.first, key.second, value_at(place)});
      bytes += place.size;
      if (bytes > (std::uint64_t{4} << 20)) flush();
    }
    if (!writes.empty()) flush();
    append(RecordKind::base_end, {});
    remove(old);
    total_bytes_ = last_size_;
    dead_bytes_ = 0;
  }

 private:
  struct Place {
    FileName file;
    std::uint64_t offset = 0;
    std::uint32_t size = 0;
  };
  using Key = std::pair<DataClass, Bytes>;

  FileName last() const { return files_.rbegin()->first; }
  std::vector<FileName> names() const {
    std::vector<FileName> out;
    for (const auto& [name, file] : files_) out.push_back(name);
    return out;
  }
  Bytes value_at(const Place& place) {
    return files_.at(place.file)->read(place.offset, place.size);
  }

  void begin_file(const FileName& name) {
    files_[name] = folder_->open(name.text(), true);
    files_[name]->truncate(0);
    folder_->sync();
    last_size_ = 0;
    torn_ = false;
  }
  void remove(const std::vector<FileName>& old) {
    for (const FileName& name : old) {
      files_.erase(name);
      folder_->remove(name.text());
    }
    folder_->sync();
  }

  void append(RecordKind kind, std::span<const StoreBatch::Write> writes, bool sync = true) {
    const FileName name = last();
    files::File& file = *files_.at(name);
    Bytes body{static_cast<Byte>(kind)};
    std::vector<std::size_t> at;  // of each value in the body
    for (const StoreBatch::Write& write : writes) {
      body.push_back(static_cast<Byte>(write.data));
      append_number(body, write.key.size(), 4);
      body.insert(body.end(), write.key.begin(), write.key.end());
      body.push_back(write.value.has_value());
      if (!write.value) {
        at.push_back(0);
        continue;
      }
      append_number(body, write.value->size(), 4);
      at.push_back(body.size());
      body.insert(body.end(), write.value->begin(), write.value->end());
    }
    if (body.size() > body_max) {
      throw StoreError(StoreError::Kind::io, "a batch of " + std::to_string(body.size()) +
                                                 " bytes is too large for one record");
    }
    if (torn_) file.truncate(last_size_);
    torn_ = false;
    Bytes record;
    record.reserve(body.size() + head_size + tail_size);
    append_number(record, magic, 4);
    append_number(record, body.size(), 4);
    append_number(record, head_check(name, last_size_, static_cast<std::uint32_t>(body.size())), 8);
    record.insert(record.end(), body.begin(), body.end());
    const Hash128 sum = hash128(body);
    record.insert(record.end(), sum.data.begin(), sum.data.end());
    try {
      file.write(last_size_, record);
    } catch (const files::FileError& error) {
      if (error.kind() == files::FileError::Kind::full) file.truncate(last_size_);
      throw;
    }
    if (sync) file.sync();
    const std::uint64_t body_at = last_size_ + head_size;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      place(writes[i], {name, body_at + at[i],
                        static_cast<std::uint32_t>(writes[i].value ? writes[i].value->size() : 0)});
    }
    last_size_ += record.size();
    total_bytes_ += record.size();
  }

  void place(const StoreBatch::Write& write, const Place& where) {
    const Key key{write.data, write.key};
    const auto found = index_.find(key);
    if (found != index_.end()) dead_bytes_ += found->second.size + write.key.size();
    if (write.value) {
      index_[key] = where;
    } else if (found != index_.end()) {
      index_.erase(found);
    }
  }

  void open_all() {
    std::vector<FileName> found;
    for (const std::string& text : folder_->list()) {
      if (const auto name = FileName::from(text)) found.push_back(*name);
    }
    std::sort(found.begin(), found.end());
    // The newest generation that is complete, from its first file without a gap.
    while (!found.empty()) {
      const std::uint64_t generation = found.back().generation;
      const auto first = std::find_if(found.begin(), found.end(), [&](const FileName& name) {
        return name.generation == generation;
      });
      const std::vector<FileName> files(first, found.end());
      if (load(files)) {
        found.erase(first, found.end());
        remove(found);
        return;
      }
      // The very first generation may have died before its first record.
      if (first == found.begin() && (generation != 0 || last_size_ != 0)) {
        refuse(files.front(), 0, "no file is complete");
      }
      found.erase(first, found.end());
      remove(files);
    }
    begin_file({0, 0});
    append(RecordKind::base_end, {});
  }

  [[noreturn]] static void refuse(const FileName& file, std::uint64_t offset, const char* what) {
    throw StoreError(StoreError::Kind::corrupt,
                     file.text() + " at byte " + std::to_string(offset) + ": " + what);
  }

  /// False if the generation was never finished: the one before it still counts.
  bool load(const std::vector<FileName>& names) {
    index_.clear();
    files_.clear();
    total_bytes_ = dead_bytes_ = 0;
    complete_ = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].number != i) refuse(names[i], 0, "a file before it is missing");
      files_[names[i]] = folder_->open(names[i].text(), false);
      load_file(names[i], i + 1 == names.size());
      if (!complete_) return false;
    }
    return true;
  }

  void load_file(const FileName& name, bool newest) {
    files::File& file = *files_.at(name);
    const std::uint64_t size = file.size();
    std::uint64_t offset = 0;
    while (offset < size) {
      const std::optional<Bytes> body = record_at(file, name, offset);
      if (!body) {
        if (!newest || followed(file, name, offset, size)) refuse(name, offset, "a damaged record");
        break;
      }
      if (!take(name, offset, *body)) refuse(name, offset, "a record of an unknown form");
      offset += head_size + body->size() + tail_size;
    }
    last_size_ = offset;
    total_bytes_ += offset;
    torn_ = offset < size;  // kept until something is written: the witness may say more of it
  }

  static std::optional<Bytes> record_at(files::File& file, const FileName& name,
                                        std::uint64_t offset) {
    const Bytes head = file.read(offset, head_size);
    if (head.size() < head_size || number_at(head, 0, 4) != magic) return std::nullopt;
    const auto length = static_cast<std::uint32_t>(number_at(head, 4, 4));
    if (length > body_max || number_at(head, 8, 8) != head_check(name, offset, length)) {
      return std::nullopt;
    }
    Bytes body = file.read(offset + head_size, length);
    const Bytes tail = file.read(offset + head_size + length, tail_size);
    if (body.size() < length || !std::ranges::equal(hash128(body).data, tail)) return std::nullopt;
    return body;
  }

  /// Is there a good record behind a bad one? Then the bad one was whole once.
  static bool followed(files::File& file, const FileName& name, std::uint64_t offset,
                       std::uint64_t size) {
    Bytes pattern;
    append_number(pattern, magic, 4);
    const Bytes rest = file.read(offset + 1, static_cast<std::size_t>(size - offset - 1));
    auto at = rest.begin();
    while ((at = std::search(at, rest.end(), pattern.begin(), pattern.end())) != rest.end()) {
      const auto distance = static_cast<std::uint64_t>(at - rest.begin());
      if (record_at(file, name, offset + 1 + distance)) return true;
      ++at;
    }
    return false;
  }

  bool take(const FileName& name, std::uint64_t offset, const Bytes& body) {
    if (body.empty() || body[0] > static_cast<Byte>(RecordKind::base_end)) return false;
    const auto kind = static_cast<RecordKind>(body[0]);
    if (kind == RecordKind::base_end) complete_ = true;
    std::size_t at = 1;
    const auto left = [&] { return body.size() - at; };
    while (left() != 0) {
      if (left() < 6) return false;
      StoreBatch::Write write;
      if (body[at] >= data_class_count) return false;
      write.data = static_cast<DataClass>(body[at]);
      const std::uint64_t key_size = number_at(body, at + 1, 4);
      at += 5;
      if (left() < key_size + 1) return false;
      write.key.assign(body.begin() + static_cast<std::ptrdiff_t>(at),
                       body.begin() + static_cast<std::ptrdiff_t>(at + key_size));
      at += key_size;
      Place where{name, 0, 0};
      if (body[at++] != 0) {
        if (left() < 4) return false;
        where.size = static_cast<std::uint32_t>(number_at(body, at, 4));
        at += 4;
        if (left() < where.size) return false;
        where.offset = offset + head_size + at;
        write.value = Bytes();
        at += where.size;
      }
      place(write, where);
    }
    return true;
  }

  files::FolderRef folder_;
  LogFilesOptions options_;
  std::map<FileName, std::unique_ptr<files::File>> files_;
  std::map<Key, Place> index_;
  std::uint64_t last_size_ = 0;    // of the file that is written to
  std::uint64_t total_bytes_ = 0;  // of all files
  std::uint64_t dead_bytes_ = 0;   // of entries that were replaced, about
  bool complete_ = false;
  bool torn_ = false;  // there are bytes behind the last record
};

}  // namespace

std::unique_ptr<Store> open_log_files(files::FolderRef folder, LogFilesOptions options) {
  std::unique_ptr<KeyValue> engine;
  try {
    engine = std::make_unique<LogFiles>(folder, options);
  } catch (const files::FileError& error) {
    throw as_store_error(error);
  }
  return verified(std::move(engine), std::move(folder));
}

}  // namespace ledgerlab::storage
