// Folders of the machine's own file system.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "models/parts/files/files.hpp"

namespace ledgerlab::files {
namespace {

constexpr const char* lock_name = ".lock";

[[noreturn]] void fail(const std::string& what) {
  const int code = errno;
  using Kind = FileError::Kind;
  const Kind kind = code == ENOSPC || code == EDQUOT ? Kind::full
                    : code == ENOENT                 ? Kind::missing
                                                     : Kind::io;
  throw FileError(kind, what + ": " + std::strerror(code));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int number) : path_(std::move(path)), descriptor_(number) {}

  Bytes read(std::uint64_t offset, std::size_t size) override {
    Bytes out(size);
    std::size_t got = 0;
    while (got < size) {
      const ssize_t n = ::pread(descriptor_.number(), out.data() + got, size - got,
                                static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot read " + path_);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    out.resize(got);
    return out;
  }
  void write(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t n =
          ::pwrite(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot write " + path_);
      offset += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  void truncate(std::uint64_t size) override {
    if (::ftruncate(descriptor_.number(), static_cast<off_t>(size)) != 0) {
      fail("cannot cut " + path_);
    }
  }
  void sync() override {
    if (::fdatasync(descriptor_.number()) != 0) fail("cannot sync " + path_);
  }
  std::uint64_t size() override {
    struct stat info {};
    if (::fstat(descriptor_.number(), &info) != 0) fail("cannot stat " + path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

class PosixFolder final : public Folder {
 public:
  explicit PosixFolder(const std::string& path)
      : path_(path), descriptor_(opened(path)), lock_(locked(path)) {}

  std::unique_ptr<File> open(const std::string& name, bool create) override {
    return open_file(path_ + "/" + name, create);
  }
  bool exists(const std::string& name) override {
    return ::access((path_ + "/" + name).c_str(), F_OK) == 0;
  }
  void remove(const std::string& name) override {
    if (::unlink((path_ + "/" + name).c_str()) != 0) fail("cannot remove " + path_ + "/" + name);
  }
  void rename(const std::string& from, const std::string& to) override {
    if (::rename((path_ + "/" + from).c_str(), (path_ + "/" + to).c_str()) != 0) {
      fail("cannot rename " + path_ + "/" + from);
    }
  }
  std::vector<std::string> list() override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
      if (entry.is_regular_file() && entry.path().filename() != lock_name) {
        names.push_back(entry.path().filename());
      }
    }
    if (error)
      throw FileError(FileError::Kind::io, "cannot list " + path_ + ": " + error.message());
    std::sort(names.begin(), names.end());
    return names;
  }
  void sync() override {
    if (::fsync(descriptor_.number()) != 0) fail("cannot sync " + path_);
  }

 private:
  static int opened(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    const int number = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (number < 0) fail("cannot open the folder " + path);
    return number;
  }
  static int locked(const std::string& path) {
    const int number = ::open((path + "/" + lock_name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (number < 0) fail("cannot open " + path + "/" + lock_name);
    if (::flock(number, LOCK_EX | LOCK_NB) == 0) return number;
    ::close(number);
    throw FileError(FileError::Kind::locked, path + " is in use by another process");
  }

  std::string path_;
  Descriptor descriptor_;
  Descriptor lock_;
};

}  // namespace

std::unique_ptr<File> open_file(const std::string& path, bool create) {
  int number = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0644);
  // What may only be read can be read.
  if (number < 0 && errno == EACCES && !create) number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) fail("cannot open " + path);
  return std::make_unique<PosixFile>(path, number);
}

FolderRef open_folder(const std::string& path) { return std::make_shared<PosixFolder>(path); }

}  // namespace ledgerlab::files
