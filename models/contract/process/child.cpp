#include "models/contract/process/child.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace ledgerlab::process {

namespace {

constexpr std::size_t message_bytes_max = std::size_t{1} << 20;

/// No network, no other process in sight, none of its own, of the file system only /usr, read only.
const std::vector<std::string> sandbox = {"bwrap",
                                          "--unshare-all",
                                          "--die-with-parent",
                                          "--new-session",
                                          "--clearenv",
                                          "--ro-bind",
                                          "/usr",
                                          "/usr",
                                          "--symlink",
                                          "usr/lib",
                                          "/lib",
                                          "--symlink",
                                          "usr/lib64",
                                          "/lib64",
                                          "--symlink",
                                          "usr/bin",
                                          "/bin",
                                          "--tmpfs",
                                          "/tmp",
                                          "--dev",
                                          "/dev",
                                          "--chdir",
                                          "/tmp",
                                          "--seccomp",
                                          "3"};

constexpr int filter_at = 3;  // where bwrap finds it

/// One process with one thread: no call that makes another gets through (a limit of the number of
/// processes does not hold for root). Linux, Documentation/userspace-api/seccomp_filter.rst.
int filter_file() {
#if defined(__x86_64__)
  constexpr std::uint32_t here = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  constexpr std::uint32_t here = AUDIT_ARCH_AARCH64;
#else
#error "this processor's number for seccomp is to be named here"
#endif
  constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, here, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      // Calls of the x32 interface have numbers of their own.
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x4000'0000, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, refuse),
  };
  const auto refuse_call = [&](std::uint32_t number, std::uint32_t answer) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, answer));
  };
#if defined(SYS_fork)
  refuse_call(SYS_fork, refuse);
  refuse_call(SYS_vfork, refuse);
#endif
  refuse_call(SYS_clone, refuse);
  refuse_call(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);  // the C library falls back on clone
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const int file = memfd_create("filter", MFD_CLOEXEC);
  const std::size_t size = filter.size() * sizeof(sock_filter);
  if (file >= 0 && (write(file, filter.data(), size) != static_cast<ssize_t>(size) ||
                    lseek(file, 0, SEEK_SET) != 0)) {
    close(file);
    return -1;
  }
  return file;
}

pid_t spawn(const std::vector<std::string>& words, int standard_input, int standard_error = -1) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (standard_input >= 0) {
    posix_spawn_file_actions_adddup2(&actions, standard_input, 0);
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (standard_error >= 0) {
    posix_spawn_file_actions_adddup2(&actions, standard_error, 2);
  } else {
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  }
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::string path = "PATH=/usr/bin:/bin";
  std::string hash = "PYTHONHASHSEED=0";
  char* environment[] = {path.data(), hash.data(), nullptr};
  // Each reader of its own: whoever reads it leaves it at its end.
  const int filter = filter_file();
  if (filter < 0) return -1;
  posix_spawn_file_actions_adddup2(&actions, filter, filter_at);
  pid_t process = -1;
  const int error =
      posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  close(filter);
  return error == 0 ? process : -1;
}

}  // namespace

const std::string& sandbox_fault() {
  static const std::string fault = [] {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) != 0) return std::string("no pipe");
    std::vector<std::string> words = sandbox;
    words.emplace_back("/usr/bin/true");
    const pid_t process = spawn(words, -1, pipe[1]);
    close(pipe[1]);
    std::string said;
    char part[256];
    for (ssize_t size; (size = read(pipe[0], part, sizeof part)) > 0;) {
      said.append(part, static_cast<std::size_t>(size));
    }
    close(pipe[0]);
    if (process < 0) return std::string("there is no bwrap: install the Debian package bubblewrap");
    int status = 0;
    const bool ended = waitpid(process, &status, 0) == process;
    if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::string();
    said.resize(std::min<std::size_t>(said.find('\n'), said.size()));
    return "bwrap (Debian package bubblewrap) cannot make one here, as in containers and chroots "
           "that may have no namespaces: " +
           said;
  }();
  return fault;
}

Child::Child(const std::vector<std::string>& program, const Options& options, bool sandboxed)
    : reply_ms_(options.reply_ms) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    throw std::runtime_error(std::string("contract process: socketpair: ") + std::strerror(errno));
  }
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer_ < 0) {
    throw std::runtime_error(std::string("contract process: timerfd: ") + std::strerror(errno));
  }
  begin();
  std::vector<std::string> words = {"prlimit",
                                    "--as=" + std::to_string(options.memory_bytes),
                                    "--cpu=" + std::to_string(options.cpu_seconds),
                                    "--core=0",
                                    "--fsize=0",
                                    "--nofile=64",
                                    "--"};
  if (sandboxed) {
    words.insert(words.end(), sandbox.begin(), sandbox.end());
    // A native program lies anywhere: it is shown at one place.
    if (program.front().find("/usr/bin/") != 0) {
      words.insert(words.end(), {"--ro-bind", program.front(), "/contract", "/contract"});
      words.insert(words.end(), program.begin() + 1, program.end());
    } else {
      words.insert(words.end(), program.begin(), program.end());
    }
  } else {
    words.insert(words.end(), program.begin(), program.end());
  }
  process_ = spawn(words, pair[1]);
  close(pair[1]);
  socket_ = pair[0];
}

Child::~Child() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  if (socket_ >= 0) close(socket_);
  if (timer_ >= 0) close(timer_);
}

void Child::begin() { left_ = {reply_ms_ / 1'000, long{reply_ms_ % 1'000} * 1'000'000}; }

bool Child::wait_for(short events) {
  // The kernel's timer runs while we wait for the process, and only then.
  const itimerspec run{{}, left_};
  timerfd_settime(timer_, 0, &run, nullptr);
  pollfd both[] = {{socket_, events, 0}, {timer_, POLLIN, 0}};
  while (poll(both, 2, -1) < 0 && errno == EINTR) {
  }
  const itimerspec stop{};
  itimerspec rest{};
  timerfd_settime(timer_, 0, &stop, &rest);
  left_ = rest.it_value;
  if (both[1].revents == 0 && (left_.tv_sec != 0 || left_.tv_nsec != 0)) return true;
  late_ = true;
  return false;
}

bool Child::send(ByteView message) {
  Bytes frame;
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<Byte>(message.size() >> shift));
  }
  frame.insert(frame.end(), message.begin(), message.end());
  std::size_t sent = 0;
  while (sent < frame.size()) {
    if (!wait_for(POLLOUT)) return false;
    const ssize_t now =
        ::send(socket_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (now <= 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

std::string Child::end_text() {
  // It closed its end: it is on its way out, or else it is not to go on.
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < 100 && (ended = waitpid(process_, &status, WNOHANG)) == 0; ++i) {
    poll(nullptr, 0, 1);
  }
  if (ended == 0) {
    kill(process_, SIGKILL);
    waitpid(process_, &status, 0);
    process_ = -1;
    return "it closed its socket: killed";
  }
  process_ = -1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  // RLIMIT_CPU: SIGXCPU, or SIGKILL where soft and hard limit are one; a sandbox says 128 + signal.
  late_ = code == 128 + SIGXCPU || code == 128 + SIGKILL;
  return late_ ? "its CPU time was used up, or it was killed"
               : "the process ended with exit code " + std::to_string(code);
}

bool Child::read_all(Byte* to, std::size_t size, std::string& why) {
  std::size_t done = 0;
  while (done < size) {
    if (!wait_for(POLLIN)) {
      why = "it took more than " + std::to_string(reply_ms_) + " ms: killed";
      return false;
    }
    const ssize_t now = read(socket_, to + done, size - done);
    if (now <= 0) {
      why = process_ > 0 ? end_text() : "the process could not be started";
      return false;
    }
    done += static_cast<std::size_t>(now);
  }
  return true;
}

std::optional<Bytes> Child::receive(std::string& why) {
  Byte header[4];
  if (!read_all(header, sizeof header, why)) return std::nullopt;
  std::size_t size = 0;
  for (const Byte byte : header) size = size << 8 | byte;
  if (size == 0 || size > message_bytes_max) {
    why = "a message of " + std::to_string(size) + " bytes";
    return std::nullopt;
  }
  Bytes out(size);
  if (!read_all(out.data(), size, why)) return std::nullopt;
  return out;
}

}  // namespace ledgerlab::process
