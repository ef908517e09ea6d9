#include "models/parts/chainstore/blobs.hpp"

#include <algorithm>

#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/chainstore/keys.hpp"
#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::chainstore {

namespace {

constexpr std::string_view anchor_magic = "LLBLOB1";

/// What lies in <hash>.blob.
struct Manifest {
  std::uint8_t format = 1;
  std::uint64_t length = 0;
  std::vector<Hash256> chunks;
  template <class A>
  void fields(A& a) {
    a(format, length, chunks);
  }
};

std::string chunk_name(const Hash256& hash) { return to_hex(hash) + ".chunk"; }
std::string blob_name(const Hash256& hash) { return to_hex(hash) + ".blob"; }

Bytes whole(files::Folder& folder, const std::string& name) {
  const auto file = folder.open(name, false);
  return file->read(0, file->size());
}

template <class F>
auto with_files(const F& action) {
  try {
    return action();
  } catch (const files::FileError& error) {
    throw storage::as_store_error(error);
  }
}

[[noreturn]] void bad(const Anchor& anchor, const std::string& what) {
  throw StoreError(StoreError::Kind::corrupt, "the blob " + to_hex(anchor.hash) + ": " + what);
}

}  // namespace

Bytes encode(const Anchor& anchor) {
  Bytes out;
  out.reserve(anchor_magic.size() + anchor.hash.size() + sizeof anchor.length);
  out.assign(anchor_magic.begin(), anchor_magic.end());
  out.insert(out.end(), anchor.hash.data.begin(), anchor.hash.data.end());
  const Bytes length = big_endian(anchor.length);
  out.insert(out.end(), length.begin(), length.end());
  return out;
}

std::optional<Anchor> decode_anchor(ByteView data) {
  const std::size_t front = anchor_magic.size();
  Anchor out;
  if (data.size() != front + out.hash.size() + 8) return std::nullopt;
  if (!std::ranges::equal(data.first(front), as_bytes(anchor_magic))) return std::nullopt;
  std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(front), out.hash.size(),
              out.hash.data.begin());
  out.length = number_at(data.last(8));
  return out;
}

/// Under a name that says its content: what is there is right, or is written again.
void BlobStore::keep(const std::string& name, ByteView bytes) {
  if (folder_->exists(name) && std::ranges::equal(whole(*folder_, name), bytes)) return;
  const std::string draft = name + ".part";
  const auto file = folder_->open(draft, true);
  file->truncate(0);
  file->write(0, bytes);
  file->sync();
  folder_->rename(draft, name);
}

Anchor BlobStore::put(files::File& from) {
  return with_files([&] {
    Manifest manifest;
    for (;;) {
      const Bytes chunk = from.read(manifest.length, chunk_bytes);
      if (chunk.empty()) break;
      manifest.length += chunk.size();
      manifest.chunks.push_back(sha256(chunk));
      keep(chunk_name(manifest.chunks.back()), chunk);
    }
    folder_->sync();  // the chunks are there before anything names them
    const Bytes text = codec::encode(manifest);
    const Anchor anchor{sha256(text), manifest.length};
    keep(blob_name(anchor.hash), text);
    folder_->sync();
    return anchor;
  });
}

void BlobStore::each_chunk(const Anchor& anchor, const std::function<void(ByteView)>& take) {
  with_files([&] {
    if (!folder_->exists(blob_name(anchor.hash))) bad(anchor, "is not here");
    const Bytes text = whole(*folder_, blob_name(anchor.hash));
    if (sha256(text) != anchor.hash) bad(anchor, "its list of chunks is not what was anchored");
    const auto manifest = codec::decode<Manifest>(text);
    if (!manifest || manifest->format != 1) bad(anchor, "its list of chunks does not decode");
    if (manifest->length != anchor.length) bad(anchor, "has another length than was anchored");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < manifest->chunks.size(); ++i) {
      const std::string name = chunk_name(manifest->chunks[i]);
      const std::string which = "chunk " + std::to_string(i) + " (" + name + ") ";
      if (!folder_->exists(name)) bad(anchor, which + "is missing");
      const Bytes chunk = whole(*folder_, name);
      if (sha256(chunk) != manifest->chunks[i]) bad(anchor, which + "is not what was stored");
      length += chunk.size();
      take(chunk);
    }
    if (length != anchor.length) bad(anchor, "its chunks have another length than was anchored");
  });
}

void BlobStore::get(const Anchor& anchor, files::File& to) {
  std::uint64_t at = 0;
  each_chunk(anchor, [&](ByteView chunk) {
    to.write(at, chunk);
    at += chunk.size();
  });
}

void BlobStore::check(const Anchor& anchor) {
  each_chunk(anchor, [](ByteView) {});
}

bool BlobStore::has(const Anchor& anchor) { return folder_->exists(blob_name(anchor.hash)); }

std::size_t BlobStore::copy_to(BlobStore& other) {
  return with_files([&] {
    std::size_t copied = 0;
    for (const std::string& name : folder_->list()) {
      if (!name.ends_with(".blob")) continue;
      const Bytes text = whole(*folder_, name);
      const auto manifest = codec::decode<Manifest>(text);
      const Anchor anchor{sha256(text), manifest ? manifest->length : 0};
      if (!manifest || blob_name(anchor.hash) != name) {
        throw StoreError(StoreError::Kind::corrupt, name + " is not what was stored");
      }
      each_chunk(anchor, [&](ByteView chunk) { other.keep(chunk_name(sha256(chunk)), chunk); });
      other.folder_->sync();
      other.keep(name, text);
      ++copied;
    }
    other.folder_->sync();
    return copied;
  });
}

}  // namespace ledgerlab::chainstore
