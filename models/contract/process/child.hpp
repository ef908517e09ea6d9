// One process and the frames that go to and from it: spawn, limits, sandbox, deadline, end.
#pragma once

#include <sys/timerfd.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/contract/process/process.hpp"

namespace ledgerlab::process {

/// Writes fields of a message: big-endian numbers, byte strings after their length in four bytes.
class Writer {
 public:
  explicit Writer(char type) : bytes_(1, static_cast<Byte>(type)) {}
  void number(std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) bytes_.push_back(static_cast<Byte>(value >> (8 * i)));
  }
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void text(ByteView bytes) {
    number(bytes.size(), 4);
    raw(bytes);
  }
  ByteView bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// Reads them back; after a fault everything reads as empty and `fine` is false.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  std::uint64_t number(int size) {
    std::uint64_t value = 0;
    for (const Byte byte : raw(static_cast<std::size_t>(size))) value = value << 8 | byte;
    return value;
  }
  ByteView raw(std::size_t size) {
    if (size > rest_.size()) {
      fine_ = false;
      rest_ = {};
      return {};
    }
    const ByteView out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  ByteView text() { return raw(static_cast<std::size_t>(number(4))); }
  bool finished() const { return fine_ && rest_.empty(); }
  bool fine() const { return fine_; }

 private:
  ByteView rest_;
  bool fine_ = true;
};

class Child {
 public:
  Child(const std::vector<std::string>& program, const Options& options, bool sandboxed);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// From here on it has its time again: all waits for it together, until the next begin().
  void begin();
  /// False: it is gone or does not read.
  bool send(ByteView message);
  /// Nothing: its time was over, it said too much, or is gone; `why` tells.
  std::optional<Bytes> receive(std::string& why);
  /// It was stopped by its time, real or of the CPU: on another machine it might have ended well.
  bool late() const { return late_; }

  std::vector<std::string> methods;  // as it named them
  std::uint32_t frames = 0;

 private:
  /// False: its time is over.
  bool wait_for(short events);
  bool read_all(Byte* to, std::size_t size, std::string& why);
  std::string end_text();

  pid_t process_ = -1;
  int socket_ = -1;
  int timer_ = -1;
  std::uint32_t reply_ms_;
  timespec left_{};
  bool late_ = false;
};

/// Why this machine cannot make the sandbox here and now; empty: it can.
const std::string& sandbox_fault();

}  // namespace ledgerlab::process
