// A VFS of SQLite over one folder: where SQLite's reads, writes and syncs go.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "models/parts/files/files.hpp"

namespace ledgerlab::storage {

/// Registered under a name of its own while it lives. Locks are not needed: the folder is held by
/// one user, and the database is opened in exclusive mode.
class FolderVfs {
 public:
  explicit FolderVfs(files::FolderRef folder);
  FolderVfs(const FolderVfs&) = delete;
  FolderVfs& operator=(const FolderVfs&) = delete;
  ~FolderVfs();
  const char* name() const { return name_.c_str(); }
  files::Folder& folder() { return *folder_; }
  /// The last error of a file, which SQLite reduces to a number.
  std::string last_error;

 private:
  files::FolderRef folder_;
  std::string name_;
  sqlite3_vfs vfs_{};
};

}  // namespace ledgerlab::storage
