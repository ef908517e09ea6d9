// LevelDB's Env over one folder: where its reads, writes and syncs go. Its threads and clock are the
// usual ones; the folder is used by one thread at a time.
#pragma once

#include <leveldb/env.h>

#include <mutex>

#include "models/parts/files/files.hpp"

namespace ledgerlab::storage {

class FolderEnv final : public leveldb::EnvWrapper {
 public:
  explicit FolderEnv(files::FolderRef folder);

  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** out) override;
  leveldb::Status NewRandomAccessFile(const std::string& path,
                                      leveldb::RandomAccessFile** out) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** out) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** out) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& path, std::vector<std::string>* out) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RemoveDir(const std::string& path) override;
  leveldb::Status GetFileSize(const std::string& path, uint64_t* out) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** out) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** out) override;

  bool full() const { return full_; }
  /// Runs `action` alone; a FileError becomes a status.
  template <class F>
  leveldb::Status guarded(const F& action) {
    const std::lock_guard guard(mutex_);
    try {
      action();
      return leveldb::Status::OK();
    } catch (const files::FileError& error) {
      full_ = full_ || error.kind() == files::FileError::Kind::full;
      return error.kind() == files::FileError::Kind::missing
                 ? leveldb::Status::NotFound(error.what())
                 : leveldb::Status::IOError(error.what());
    }
  }
  files::Folder& folder() { return *folder_; }

 private:
  leveldb::Status writable(const std::string& path, bool append, leveldb::WritableFile** out);

  files::FolderRef folder_;
  std::mutex mutex_;
  bool full_ = false;
};

}  // namespace ledgerlab::storage
