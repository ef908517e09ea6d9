// Targets: the files of storage mode `files`, as somebody else's bytes, and as our own after
// damage.
#include <map>

#include "models/parts/files/memory_folder.hpp"
#include "models/storage/files/log_files.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {
namespace {

using files::MemoryFolder;
using storage::open_log_files;
using Contents = std::map<std::pair<DataClass, Bytes>, Bytes>;

constexpr storage::LogFilesOptions small = {.file_bytes = 1'500, .compact_above = 2'500};

Contents contents_of(Store& store) {
  Contents out;
  for (std::size_t data = 0; data < data_class_count; ++data) {
    store.visit(DataClass(data), {}, [&](ByteView key, ByteView value) {
      out[{DataClass(data), Bytes(key.begin(), key.end())}] = Bytes(value.begin(), value.end());
      return true;
    });
  }
  return out;
}

/// Opens a folder of unknown files: refused as damaged, or a store that works and stays as it is.
void run_files(ByteView input) {
  Source in(input);
  const auto folder = std::make_shared<MemoryFolder>();
  while (!in.rest().empty()) {
    static const char* const names[] = {"0-0.log", "0-1.log", "1-0.log", "witness", "2-0.log"};
    const char* name = names[in.byte() % std::size(names)];
    const ByteView bytes = in.take(in.number(2));
    folder->open(name, true)->write(0, bytes);
  }
  try {
    Contents before;
    {
      const auto store = open_log_files(folder, small);
      store->verify();
      before = contents_of(*store);
      StoreBatch batch;
      batch.put(DataClass::status, Bytes{9, 9}, Bytes{1});
      store->commit(batch);
    }
    before[{DataClass::status, {9, 9}}] = {1};
    const auto store = open_log_files(folder, small);
    require(contents_of(*store) == before, "what was opened and written comes back");
  } catch (const StoreError& error) {
    require(error.kind() == StoreError::Kind::corrupt, "unknown files are whole or damaged");
  }
}

/// Batches by the input's bytes: key and size of a value each, 0xff ends a batch.
std::shared_ptr<MemoryFolder> written(Source& in, std::vector<Contents>& history) {
  auto folder = std::make_shared<MemoryFolder>();
  const auto store = open_log_files(folder, small);
  history.emplace_back();
  const std::size_t batches = 1 + in.byte() % 6;
  for (std::size_t b = 0; b < batches; ++b) {
    StoreBatch batch;
    Contents now = history.back();
    for (std::size_t changes = in.byte() % 5; changes > 0; --changes) {
      const Byte word = in.byte();
      const Bytes key(1 + word % 3, word);
      const auto data = DataClass(word % data_class_count);
      if (const Byte size = in.byte(); size % 4 == 3) {
        batch.erase(data, key);
        now.erase({data, key});
      } else {
        batch.put(data, key, Bytes(size, word));
        now[{data, key}] = Bytes(size, word);
      }
    }
    store->commit(batch);
    history.push_back(std::move(now));
  }
  require(contents_of(*store) == history.back(), "a store has what was put in");
  return folder;
}

/// Damages one bit or cuts a file of a store that was closed in peace: what comes back is what was
/// put in, or the damage is told.
void run_damage(ByteView input) {
  Source in(input);
  std::vector<Contents> history;
  const auto folder = written(in, history);
  const std::vector<std::string> names = folder->list();
  const std::string& name = names[in.byte() % names.size()];
  const std::uint64_t size = folder->open(name, false)->size();
  const bool cut = (in.byte() & 1) != 0;
  if (size == 0) return;
  const std::uint64_t at = in.number(2) % size;
  if (cut) {
    folder->open(name, false)->truncate(at);
  } else {
    folder->flip(name, at, in.byte() % 8);
  }
  try {
    const auto store = open_log_files(folder, small);
    require(contents_of(*store) == history.back(), "damage is never served");
  } catch (const StoreError& error) {
    require(error.kind() == StoreError::Kind::corrupt, "damage is told as such");
  }
}

std::vector<Bytes> damage_seeds() {
  std::vector<Bytes> out;
  for (Byte i = 0; i < 12; ++i) {
    Bytes input = {5};
    for (Byte j = 0; j < 60; ++j) input.push_back(static_cast<Byte>(j * 37 + i * 11));
    out.push_back(input);
  }
  return out;
}

std::vector<Bytes> files_seeds() {
  std::vector<Bytes> out;
  for (const Bytes& seed : damage_seeds()) {
    Source in(seed);
    std::vector<Contents> history;
    const auto folder = written(in, history);
    Bytes input;
    for (const std::string& name : folder->list()) {
      const auto file = folder->open(name, false);
      const Bytes bytes = file->read(0, file->size());
      if (bytes.size() > 0xffff) continue;
      input.push_back(name == "witness"   ? 3
                      : name == "0-0.log" ? 0
                      : name == "0-1.log" ? 1
                      : name == "1-0.log" ? 2
                                          : 4);
      input.push_back(static_cast<Byte>(bytes.size() >> 8));
      input.push_back(static_cast<Byte>(bytes.size()));
      append(input, bytes);
    }
    out.push_back(input);
  }
  return out;
}

constexpr Target table[] = {
    {"store_files", run_files, files_seeds, 8'000},
    {"store_damage", run_damage, damage_seeds, 8'000},
};

}  // namespace

std::span<const Target> storage_targets() { return table; }

}  // namespace ledgerlab::fuzz
