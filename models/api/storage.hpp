// Where a node keeps what must outlive it (F.751.2 7.1.4.1): one contract for all storage modes. A
// batch is durable and whole, or it never was; what comes back is what was put in, or an error that
// says what is broken: never something else.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// Classes of data, kept apart: each is a table, a prefix or a region of its own.
enum class DataClass : std::uint8_t {
  block,           // headers and bodies
  transaction,     // indexes and receipts
  status,          // what the node knows of itself: head, final block, settings
  account,         // state: accounts, coins, contract data; by content or by address
  code,            // contract code by its hash
  private_account  // secret keys, encrypted (models/crypto/keystore.hpp)
};
inline constexpr std::size_t data_class_count = 6;
std::string_view data_class_name(DataClass data);

class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    corrupt,  // what is stored is not what was put in
    full,     // no space left; opening again shows whether the batch was done
    locked,   // another process holds it
    io
  };
  StoreError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// Changes that are made together. Of several of one key the last counts.
class StoreBatch {
 public:
  struct Write {
    DataClass data;
    Bytes key;
    std::optional<Bytes> value;  // none: erased
  };
  void put(DataClass data, ByteView key, ByteView value) {
    writes_.push_back({data, {key.begin(), key.end()}, Bytes(value.begin(), value.end())});
  }
  void erase(DataClass data, ByteView key) {
    writes_.push_back({data, {key.begin(), key.end()}, std::nullopt});
  }
  const std::vector<Write>& writes() const { return writes_; }
  bool empty() const { return writes_.empty(); }

 private:
  std::vector<Write> writes_;
};

/// Every operation throws StoreError.
class Store {
 public:
  /// Sees one entry; false ends the visit.
  using Visitor = std::function<bool(ByteView key, ByteView value)>;

  virtual ~Store() = default;
  virtual std::string_view mode() const = 0;  // "sqlite"
  /// Durable when it returns. After an error nothing more can be written until it is opened again.
  virtual void commit(const StoreBatch& batch) = 0;
  virtual std::optional<Bytes> get(DataClass data, ByteView key) = 0;
  /// Entries whose keys are not below `from`, ascending.
  virtual void visit(DataClass data, ByteView from, const Visitor& visitor) = 0;
  /// Reads everything and compares it with what was put in, as opening does.
  virtual void verify() = 0;
  /// Entries, and the digest of all of them: equal for equal contents in every storage mode.
  virtual std::uint64_t count() const = 0;
  virtual Hash128 digest() const = 0;
  /// Gives space back that erased entries still take.
  virtual void compact() = 0;
};

}  // namespace ledgerlab
