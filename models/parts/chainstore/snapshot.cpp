#include "models/parts/chainstore/snapshot.hpp"

#include <algorithm>
#include <set>

#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/chainstore/keys.hpp"
#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::chainstore {

using namespace ethereum;

namespace {

constexpr std::string_view magic = "LLSNAP01";
constexpr std::size_t head_size = 4 + 32;
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
// An entry is not split; the largest are bodies.
constexpr std::size_t max_chunk = std::size_t{64} << 20;

struct Entry {
  std::uint8_t data = 0;
  Bytes key, value;
  template <class A>
  void fields(A& a) {
    a(data, key, value);
  }
};
struct Chunk {
  std::vector<Entry> entries;
  template <class A>
  void fields(A& a) {
    a(entries);
  }
};

[[noreturn]] void bad(const std::string& what) {
  throw StoreError(StoreError::Kind::corrupt, "the snapshot: " + what);
}

template <class F>
auto with_files(const F& action) {
  try {
    return action();
  } catch (const files::FileError& error) {
    throw storage::as_store_error(error);
  }
}

Bytes little_endian(std::uint64_t number, unsigned size) {
  Bytes out;
  for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<Byte>(number >> 8 * i));
  return out;
}

Hash256 chunk_hash(std::uint64_t number, ByteView content) {
  Bytes text = little_endian(number, 8);
  text.insert(text.end(), content.begin(), content.end());
  return sha256(text);
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

class Writer {
 public:
  explicit Writer(files::File& file) : file_(file) {
    file_.truncate(0);
    write(as_bytes(magic));
  }
  void put(DataClass data, ByteView key, ByteView value) {
    pending_.entries.push_back(
        {static_cast<std::uint8_t>(data), {key.begin(), key.end()}, {value.begin(), value.end()}});
    bytes_ += key.size() + value.size();
    if (bytes_ >= chunk_bytes) flush();
  }
  void flush() {
    if (!pending_.entries.empty()) chunk(codec::encode(pending_));
    pending_ = {};
    bytes_ = 0;
  }
  void chunk(ByteView content) {
    const Hash256 hash = chunk_hash(number_++, content);
    append(hashes_, hash.view());
    write(little_endian(content.size(), 4));
    write(hash.view());
    write(content);
  }
  void finish() {
    flush();
    write(little_endian(0, 4));
    write(sha256(hashes_).view());
    write(little_endian(number_, 8));
    file_.sync();
  }

 private:
  void write(ByteView bytes) {
    file_.write(at_, bytes);
    at_ += bytes.size();
  }

  files::File& file_;
  std::uint64_t at_ = 0;
  std::uint64_t number_ = 0;
  Bytes hashes_;
  Chunk pending_;
  std::size_t bytes_ = 0;
};

/// Gives the chunks one after the other, each proven; the end, too, must be as it was written.
class Reader {
 public:
  explicit Reader(files::File& file) : file_(file) {
    if (read(magic.size()) != Bytes(magic.begin(), magic.end())) bad("it does not begin as one");
  }
  std::optional<Bytes> next() {
    const std::string name = "chunk " + std::to_string(number_);
    const Bytes head = read(head_size);
    if (head.size() != head_size) bad(name + " is missing");
    std::size_t size = 0;
    for (unsigned i = 0; i < 4; ++i) size |= std::size_t{head[i]} << 8 * i;
    const ByteView hash = ByteView(head).subspan(4);
    if (size == 0) {
      if (!std::ranges::equal(sha256(hashes_).data, hash)) bad("its end names other chunks");
      if (read(9) != little_endian(number_, 8)) bad("its end counts other chunks");
      return std::nullopt;
    }
    if (size > max_chunk) bad(name + " says an impossible length");
    Bytes content = read(size);
    if (content.size() != size) bad(name + " is cut off");
    if (!std::ranges::equal(chunk_hash(number_, content).data, hash)) {
      bad(name + " is not what was written");
    }
    append(hashes_, hash);
    ++number_;
    return content;
  }
  SnapshotOf subject() {
    const auto content = next();
    const auto out = content ? codec::decode<SnapshotOf>(*content) : std::nullopt;
    if (!out) bad("it does not say what it is of");
    return *out;
  }

 private:
  Bytes read(std::size_t size) {
    Bytes out = file_.read(at_, size);
    at_ += out.size();
    return out;
  }

  files::File& file_;
  std::uint64_t at_ = 0;
  std::uint64_t number_ = 0;
  Bytes hashes_;
};

/// Copies one entry, which is there.
void copy(Store& store, Writer& out, DataClass data, const Bytes& key) {
  const auto value = store.get(data, key);
  if (!value) {
    throw StoreError(StoreError::Kind::corrupt, "the entry " + std::string(data_class_name(data)) +
                                                    " " + to_hex(key) + " is missing");
  }
  out.put(data, key, *value);
}

void put_state(Store& store, Writer& out, std::uint64_t height) {
  std::set<Hash256> codes;
  for (const Byte letter : {Byte{'a'}, Byte{'s'}}) {
    visit_version(store, letter, height, [&](ByteView item, ByteView value) {
      out.put(DataClass::account, state_key(item, height), value);
      if (letter != 'a') return;
      const auto leaf = decode_account(value);
      if (leaf && leaf->code_hash != empty_code_hash()) codes.insert(leaf->code_hash);
    });
  }
  for (const Hash256& code : codes) {
    copy(store, out, DataClass::code, {code.data.begin(), code.data.end()});
  }
}

}  // namespace

SnapshotOf export_snapshot(ChainStore& chain, std::uint64_t height, files::File& file) {
  Store& store = chain.store();
  Status status = chain.status();
  const WorldState state = chain.state_at(height);  // proves it, and that it is kept
  SnapshotOf subject{status.genesis, height, chain.hash_of(height).value(), state.root()};
  return with_files([&] {
    Writer out(file);
    out.chunk(codec::encode(subject));
    for (std::uint64_t n = 0; n <= height; ++n) {
      copy(store, out, DataClass::block, number_key('h', n));
      copy(store, out, DataClass::block, joined('i', chain.hash_of(n).value().view()));
    }
    const std::uint64_t bodies =
        std::max(status.first_body, height - std::min(height, bodies_below));
    for (std::uint64_t n = bodies; n <= height; ++n) {
      copy(store, out, DataClass::block, number_key('b', n));
      copy(store, out, DataClass::transaction, number_key('r', n));
      const ethereum::Block block = chain.block(n).value();
      for (const Transaction& tx : block.transactions) {
        copy(store, out, DataClass::transaction, joined('t', ethereum::hash(tx).view()));
      }
    }
    put_state(store, out, height);
    status.head = status.first_state = height;
    status.first_body = bodies;
    status.head_hash = subject.block;
    status.state_root = subject.state_root;
    status.final_block = std::min(status.final_block, height);
    status.keep = 0;
    out.put(DataClass::status, status_key, codec::encode(status));
    out.finish();
    return subject;
  });
}

SnapshotOf check_snapshot(files::File& file) {
  return with_files([&] {
    Reader in(file);
    const SnapshotOf subject = in.subject();
    while (in.next()) {
    }
    return subject;
  });
}

namespace {

/// What a restore that stopped half way left.
void clear(Store& store) {
  if (store.count() == 0) return;
  if (!store.get(DataClass::status, unfinished_key)) {
    throw std::invalid_argument("the store to restore into is not empty");
  }
  for (std::size_t i = 0; i < data_class_count; ++i) {
    const auto data = static_cast<DataClass>(i);
    StoreBatch batch;
    store.visit(data, {}, [&](ByteView key, ByteView) {
      if (!std::ranges::equal(key, unfinished_key)) batch.erase(data, key);
      return true;
    });
    store.commit(batch);
  }
}

void take_in(Store& store, ByteView content) {
  const auto chunk = codec::decode<Chunk>(content);
  if (!chunk) bad("a chunk does not decode");
  StoreBatch batch;
  for (const Entry& entry : chunk->entries) {
    const auto data = static_cast<DataClass>(entry.data);
    if (entry.data >= data_class_count || data == DataClass::private_account ||
        (data == DataClass::status && entry.key != status_key)) {
      bad("it holds what no snapshot does");
    }
    batch.put(data, entry.key, entry.value);
  }
  store.commit(batch);
}

}  // namespace

std::unique_ptr<ChainStore> restore_snapshot(files::File& file, std::unique_ptr<Store> into,
                                             std::optional<Hash256> trusted, std::uint64_t keep) {
  if (keep != 0 && keep < min_keep) throw std::invalid_argument("keep at least 2 states");
  const SnapshotOf subject = check_snapshot(file);
  if (trusted && subject.block != *trusted) {
    bad("it is of block " + to_hex(subject.block) + ", not of " + to_hex(*trusted));
  }
  clear(*into);
  StoreBatch mark;
  mark.put(DataClass::status, unfinished_key, {});
  into->commit(mark);
  with_files([&] {
    Reader in(file);
    in.subject();
    while (const auto content = in.next()) take_in(*into, *content);
  });
  std::unique_ptr<ChainStore> out(new ChainStore(std::move(into), true));
  const Status& status = out->status();
  if (out->empty() || status.genesis != subject.genesis || status.head != subject.height ||
      status.head_hash != subject.block || status.state_root != subject.state_root) {
    bad("its entries are of another block than it says");
  }
  out->verify();
  out->finish(keep);
  return out;
}

}  // namespace ledgerlab::chainstore
