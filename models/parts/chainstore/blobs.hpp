// Bytes of any kind and length (text, pictures, video) beside the chain, and what anchors them in
// it: a hash and a length in a transaction's data. Content-addressed files in a folder of their
// own: <SHA-256>.chunk for each MiB, <SHA-256>.blob lists a blob's chunks; the hash of that list is
// the anchor's. A chunk is proven before it is passed on, and memory holds one at a time.
#pragma once

#include <functional>
#include <optional>

#include "models/api/storage.hpp"
#include "models/parts/files/files.hpp"

namespace ledgerlab::chainstore {

struct Anchor {
  Hash256 hash;  // SHA-256 of the list of chunks
  std::uint64_t length = 0;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// "LLBLOB1", the hash, the length (8 bytes, big endian): a transaction's data.
Bytes encode(const Anchor& anchor);
/// Nothing unless the bytes are exactly an anchor.
std::optional<Anchor> decode_anchor(ByteView data);

/// Operations throw StoreError, corrupt if something is missing or not what was anchored.
class BlobStore {
 public:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

  explicit BlobStore(files::FolderRef folder) : folder_(std::move(folder)) {}

  /// Durable when it returns. What is there already is not written again, but mended if damaged.
  Anchor put(files::File& from);
  void get(const Anchor& anchor, files::File& to);
  /// The same proof, without the bytes.
  void check(const Anchor& anchor);
  /// Whether it was put here, whole or not.
  bool has(const Anchor& anchor);
  /// All blobs, each proven; says how many.
  std::size_t copy_to(BlobStore& other);

 private:
  void each_chunk(const Anchor& anchor, const std::function<void(ByteView)>& take);
  void keep(const std::string& name, ByteView bytes);

  files::FolderRef folder_;
};

}  // namespace ledgerlab::chainstore
