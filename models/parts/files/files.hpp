// Files as a store sees them: the one seam through which every storage mode reads and writes, so
// that a test can put a failing disk under each of them (DESIGN 13.9).
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab::files {

class FileError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    io,
    full,     // no space left
    missing,  // no such file
    locked    // another process holds it
  };
  FileError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

class File {
 public:
  virtual ~File() = default;
  /// As many bytes as there are from `offset` on, at most `size`.
  virtual Bytes read(std::uint64_t offset, std::size_t size) = 0;
  /// Writing behind the end fills the gap with zeros.
  virtual void write(std::uint64_t offset, ByteView bytes) = 0;
  virtual void truncate(std::uint64_t size) = 0;
  /// What was written before is durable when this returns.
  virtual void sync() = 0;
  virtual std::uint64_t size() = 0;
};

/// One folder. Names have no slashes. Every operation throws FileError.
class Folder {
 public:
  virtual ~Folder() = default;
  /// Makes the file if it is not there and `create` is true.
  virtual std::unique_ptr<File> open(const std::string& name, bool create) = 0;
  virtual bool exists(const std::string& name) = 0;
  virtual void remove(const std::string& name) = 0;
  /// Replaces the target in one step.
  virtual void rename(const std::string& from, const std::string& to) = 0;
  /// Ascending.
  virtual std::vector<std::string> list() = 0;
  /// Names made, removed and renamed before are durable when this returns.
  virtual void sync() = 0;
};
using FolderRef = std::shared_ptr<Folder>;

/// A folder of this machine's file system, made if it is not there; held by one user at a time.
FolderRef open_folder(const std::string& path);
/// One file of this machine's file system.
std::unique_ptr<File> open_file(const std::string& path, bool create);

}  // namespace ledgerlab::files
