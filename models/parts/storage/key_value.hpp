// What a storage mode itself must do: ordered keys and values by class, changed in whole batches.
// Proofs that nothing was lost or altered are made above it, once for all (verified.hpp).
#pragma once

#include <memory>
#include <span>

#include "models/api/storage.hpp"
#include "models/parts/files/files.hpp"

namespace ledgerlab::storage {

/// Throws StoreError or files::FileError.
class KeyValue {
 public:
  using Visitor = Store::Visitor;
  virtual ~KeyValue() = default;
  virtual std::string_view mode() const = 0;
  virtual std::optional<Bytes> get(DataClass data, ByteView key) = 0;
  virtual void visit(DataClass data, ByteView from, const Visitor& visitor) = 0;
  /// All or nothing, durable when it returns. No key comes twice.
  virtual void commit(std::span<const StoreBatch::Write> writes) = 0;
  /// Finds damage of its own structures, where it can look for it.
  virtual void check() {}
  virtual void compact() {}
};

StoreError as_store_error(const files::FileError& error);

/// The store over a storage mode: opening reads all entries and proves them. `folder` also gets the
/// witness of the last batch; null for a mode without files.
std::unique_ptr<Store> verified(std::unique_ptr<KeyValue> engine, files::FolderRef folder);

}  // namespace ledgerlab::storage
