// A folder in memory with a disk that fails: it counts operations, loses power at a chosen one, and
// then keeps what was synced and, of the rest, what a draw says, torn at sectors. For tests of
// everything that stores (DESIGN 13.9), and as a folder that needs no disk.
#pragma once

#include <map>

#include "models/parts/files/files.hpp"

namespace ledgerlab::files {

class MemoryFolder final : public Folder, public std::enable_shared_from_this<MemoryFolder> {
 public:
  static constexpr std::size_t sector = 512;
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  /// Power fails instead of the n-th operation that changes anything, counted from 0. From then on
  /// every operation throws FileError.
  void fail_at(std::uint64_t operation) { fail_at_ = operation; }
  std::uint64_t operations() const { return operations_; }
  bool failed() const { return failed_; }
  /// What is found when power is back. `seed` 0: nothing that was not synced; else each sector
  /// written, each change of a size and of a name since the last sync is kept or lost by a draw,
  /// names in their order.
  std::shared_ptr<MemoryFolder> after_power_loss(std::uint64_t seed) const;
  /// A copy of all files as they are.
  std::shared_ptr<MemoryFolder> copy() const;
  /// Changes one bit at rest.
  void flip(const std::string& name, std::uint64_t offset, unsigned bit);
  /// No more bytes than these in all files together.
  void limit(std::uint64_t bytes) { limit_ = bytes; }
  std::uint64_t bytes() const;
  /// Bytes written and syncs asked for since the beginning.
  std::uint64_t written() const { return written_; }
  std::uint64_t syncs() const { return syncs_; }

  std::unique_ptr<File> open(const std::string& name, bool create) override;
  bool exists(const std::string& name) override { return names_.contains(name); }
  void remove(const std::string& name) override;
  void rename(const std::string& from, const std::string& to) override;
  std::vector<std::string> list() override;
  void sync() override;

 private:
  friend class MemoryFile;
  /// A change of a file that is not durable yet.
  struct Change {
    bool cut = false;  // to `offset` bytes; else a write there
    std::uint64_t offset = 0;
    Bytes bytes;
  };
  struct Content {
    Bytes bytes;    // as a reader sees them
    Bytes durable;  // as of the last sync
    std::vector<Change> pending;
  };
  using ContentRef = std::shared_ptr<Content>;
  struct NameChange {
    std::string name;
    ContentRef content;  // null: removed
  };

  void count();
  void set_name(const std::string& name, ContentRef content);

  std::map<std::string, ContentRef> names_;
  std::map<std::string, ContentRef> durable_names_;
  std::vector<NameChange> pending_names_;
  std::uint64_t operations_ = 0;
  std::uint64_t fail_at_ = never;
  std::uint64_t limit_ = never;
  std::uint64_t written_ = 0;
  std::uint64_t syncs_ = 0;
  bool failed_ = false;
};

}  // namespace ledgerlab::files
