#include "models/storage/leveldb/folder_env.hpp"

#include <cstring>

namespace ledgerlab::storage {
namespace {

using leveldb::Slice;
using leveldb::Status;

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void give(const Bytes& bytes, Slice* out, char* scratch) {
  if (!bytes.empty()) std::memcpy(scratch, bytes.data(), bytes.size());
  *out = Slice(scratch, bytes.size());
}

class Sequential final : public leveldb::SequentialFile {
 public:
  Sequential(FolderEnv& env, std::unique_ptr<files::File> file)
      : env_(env), file_(std::move(file)) {}
  Status Read(size_t size, Slice* out, char* scratch) override {
    return env_.guarded([&] {
      const Bytes bytes = file_->read(at_, size);
      at_ += bytes.size();
      give(bytes, out, scratch);
    });
  }
  Status Skip(uint64_t size) override {
    at_ += size;
    return Status::OK();
  }

 private:
  FolderEnv& env_;
  std::unique_ptr<files::File> file_;
  std::uint64_t at_ = 0;
};

class RandomAccess final : public leveldb::RandomAccessFile {
 public:
  RandomAccess(FolderEnv& env, std::unique_ptr<files::File> file)
      : env_(env), file_(std::move(file)) {}
  Status Read(uint64_t offset, size_t size, Slice* out, char* scratch) const override {
    return env_.guarded([&] { give(file_->read(offset, size), out, scratch); });
  }

 private:
  FolderEnv& env_;
  std::unique_ptr<files::File> file_;
};

class Writable final : public leveldb::WritableFile {
 public:
  Writable(FolderEnv& env, std::unique_ptr<files::File> file, std::uint64_t at)
      : env_(env), file_(std::move(file)), at_(at) {}
  ~Writable() override { Close(); }
  Status Append(const Slice& bytes) override {
    buffer_.insert(buffer_.end(), bytes.data(), bytes.data() + bytes.size());
    return buffer_.size() < buffer_max ? Status::OK() : Flush();
  }
  Status Close() override { return file_ ? Flush() : Status::OK(); }
  Status Flush() override {
    return env_.guarded([&] { flush(); });
  }
  Status Sync() override {
    return env_.guarded([&] {
      flush();
      file_->sync();
      if (fresh_) env_.folder().sync();  // the file's name as well
      fresh_ = false;
    });
  }

 private:
  static constexpr std::size_t buffer_max = 64 << 10;
  void flush() {
    if (buffer_.empty()) return;
    file_->write(at_, buffer_);
    at_ += buffer_.size();
    buffer_.clear();
  }

  FolderEnv& env_;
  std::unique_ptr<files::File> file_;
  std::uint64_t at_;
  Bytes buffer_;
  bool fresh_ = true;
};

/// The folder is held by one user already.
class NoLock final : public leveldb::FileLock {};
class NoLog final : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

}  // namespace

FolderEnv::FolderEnv(files::FolderRef folder)
    : EnvWrapper(leveldb::Env::Default()), folder_(std::move(folder)) {}

Status FolderEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** out) {
  return guarded([&] { *out = new Sequential(*this, folder_->open(name_of(path), false)); });
}
Status FolderEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** out) {
  return guarded([&] { *out = new RandomAccess(*this, folder_->open(name_of(path), false)); });
}
Status FolderEnv::writable(const std::string& path, bool append, leveldb::WritableFile** out) {
  return guarded([&] {
    std::unique_ptr<files::File> file = folder_->open(name_of(path), true);
    if (!append) file->truncate(0);
    const std::uint64_t at = file->size();
    *out = new Writable(*this, std::move(file), at);
  });
}
Status FolderEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** out) {
  return writable(path, false, out);
}
Status FolderEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** out) {
  return writable(path, true, out);
}
bool FolderEnv::FileExists(const std::string& path) {
  const std::lock_guard guard(mutex_);
  return folder_->exists(name_of(path));
}
Status FolderEnv::GetChildren(const std::string&, std::vector<std::string>* out) {
  return guarded([&] { *out = folder_->list(); });
}
Status FolderEnv::RemoveFile(const std::string& path) {
  return guarded([&] { folder_->remove(name_of(path)); });
}
Status FolderEnv::CreateDir(const std::string&) { return Status::OK(); }
Status FolderEnv::RemoveDir(const std::string&) { return Status::OK(); }
Status FolderEnv::GetFileSize(const std::string& path, uint64_t* out) {
  return guarded([&] { *out = folder_->open(name_of(path), false)->size(); });
}
Status FolderEnv::RenameFile(const std::string& from, const std::string& to) {
  return guarded([&] {
    folder_->rename(name_of(from), name_of(to));
    folder_->sync();
  });
}
Status FolderEnv::LockFile(const std::string&, leveldb::FileLock** out) {
  *out = new NoLock();
  return Status::OK();
}
Status FolderEnv::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return Status::OK();
}
Status FolderEnv::NewLogger(const std::string&, leveldb::Logger** out) {
  *out = new NoLog();
  return Status::OK();
}

}  // namespace ledgerlab::storage
