#include "models/storage/sqlite/vfs.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace ledgerlab::storage {
namespace {

struct OpenFile {
  sqlite3_file base;  // first: SQLite knows this part only
  files::File* file;
  FolderVfs* vfs;
  std::string* remove_at_close;
  bool fresh;  // its name is not durable yet
};

OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
FolderVfs& of(sqlite3_vfs* vfs) { return *static_cast<FolderVfs*>(vfs->pAppData); }
sqlite3_vfs* usual() { return sqlite3_vfs_find(nullptr); }

/// Runs `action`; a FileError becomes `code`, or SQLITE_FULL.
template <class F>
int guarded(FolderVfs& vfs, int code, const F& action) {
  try {
    action();
    return SQLITE_OK;
  } catch (const files::FileError& error) {
    vfs.last_error = error.what();
    return error.kind() == files::FileError::Kind::full ? SQLITE_FULL : code;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

int close_file(sqlite3_file* handle) {
  OpenFile& open = of(handle);
  delete open.file;
  open.file = nullptr;
  int code = SQLITE_OK;
  if (open.remove_at_close != nullptr) {
    code = guarded(*open.vfs, SQLITE_IOERR_DELETE,
                   [&] { open.vfs->folder().remove(*open.remove_at_close); });
    delete open.remove_at_close;
    open.remove_at_close = nullptr;
  }
  return code;
}
int read_file(sqlite3_file* handle, void* into, int size, sqlite3_int64 offset) {
  OpenFile& open = of(handle);
  std::size_t got = 0;
  const int code = guarded(*open.vfs, SQLITE_IOERR_READ, [&] {
    const Bytes bytes = open.file->read(static_cast<std::uint64_t>(offset),
                                        static_cast<std::size_t>(size));
    got = bytes.size();
    if (got != 0) std::memcpy(into, bytes.data(), got);
  });
  if (code != SQLITE_OK) return code;
  if (got == static_cast<std::size_t>(size)) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + got, 0, static_cast<std::size_t>(size) - got);
  return SQLITE_IOERR_SHORT_READ;
}
int write_file(sqlite3_file* handle, const void* from, int size, sqlite3_int64 offset) {
  OpenFile& open = of(handle);
  return guarded(*open.vfs, SQLITE_IOERR_WRITE, [&] {
    open.file->write(static_cast<std::uint64_t>(offset),
                     {static_cast<const Byte*>(from), static_cast<std::size_t>(size)});
  });
}
int truncate_file(sqlite3_file* handle, sqlite3_int64 size) {
  OpenFile& open = of(handle);
  return guarded(*open.vfs, SQLITE_IOERR_TRUNCATE,
                 [&] { open.file->truncate(static_cast<std::uint64_t>(size)); });
}
int sync_file(sqlite3_file* handle, int) {
  OpenFile& open = of(handle);
  return guarded(*open.vfs, SQLITE_IOERR_FSYNC, [&] {
    open.file->sync();
    if (open.fresh) open.vfs->folder().sync();
    open.fresh = false;
  });
}
int file_size(sqlite3_file* handle, sqlite3_int64* size) {
  OpenFile& open = of(handle);
  return guarded(*open.vfs, SQLITE_IOERR_FSTAT,
                 [&] { *size = static_cast<sqlite3_int64>(open.file->size()); });
}
int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* held) {
  *held = 0;
  return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) { return 0; }

const sqlite3_io_methods methods = {
    1,         close_file, read_file, write_file,  truncate_file, sync_file,
    file_size, lock_file,  lock_file, check_lock,  control,       sector_size,
    characteristics, nullptr, nullptr, nullptr,    nullptr,       nullptr,
    nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out) {
  OpenFile& open = of(handle);
  open = OpenFile{};
  if (name == nullptr) return SQLITE_CANTOPEN;  // temporary tables are kept in memory
  open.vfs = &of(vfs);
  return guarded(*open.vfs, SQLITE_CANTOPEN, [&] {
    open.fresh = !open.vfs->folder().exists(name);
    open.file = open.vfs->folder().open(name, (flags & SQLITE_OPEN_CREATE) != 0).release();
    if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) open.remove_at_close = new std::string(name);
    open.base.pMethods = &methods;
    if (out != nullptr) *out = flags;
  });
}
int delete_file(sqlite3_vfs* vfs, const char* name, int sync) {
  FolderVfs& self = of(vfs);
  if (!self.folder().exists(name)) return SQLITE_IOERR_DELETE_NOENT;
  return guarded(self, SQLITE_IOERR_DELETE, [&] {
    self.folder().remove(name);
    if (sync != 0) self.folder().sync();
  });
}
int access_file(sqlite3_vfs* vfs, const char* name, int, int* out) {
  *out = of(vfs).folder().exists(name);
  return SQLITE_OK;
}
int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
  const std::size_t length = std::strlen(name);
  if (length + 1 > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, length + 1);
  return SQLITE_OK;
}
int draw_bytes(sqlite3_vfs*, int size, char* out) { return usual()->xRandomness(usual(), size, out); }
int sleep_for(sqlite3_vfs*, int microseconds) { return usual()->xSleep(usual(), microseconds); }
int current_time(sqlite3_vfs*, sqlite3_int64* out) {
  return usual()->xCurrentTimeInt64(usual(), out);
}
int no_system_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

FolderVfs::FolderVfs(files::FolderRef folder) : folder_(std::move(folder)) {
  static std::atomic<std::uint64_t> number{0};
  name_ = "ledgerlab-" + std::to_string(number++);
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(OpenFile);
  vfs_.mxPathname = 256;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open_file;
  vfs_.xDelete = delete_file;
  vfs_.xAccess = access_file;
  vfs_.xFullPathname = full_name;
  vfs_.xRandomness = draw_bytes;
  vfs_.xSleep = sleep_for;
  vfs_.xCurrentTimeInt64 = current_time;
  vfs_.xGetLastError = no_system_error;
  sqlite3_vfs_register(&vfs_, 0);
}

FolderVfs::~FolderVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace ledgerlab::storage
