// Sessions over real sockets: two threads over TCP on the loopback run the handshake and send 1,000
// encrypted frames each way, with nobody, a listener, and tamperers in the middle.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "models/crypto/hash.hpp"
#include "models/parts/session/frames.hpp"

namespace ledgerlab::session {
namespace {

constexpr int frames = 1000;

FixedBytes<32> secret_of(Byte number) {
  FixedBytes<32> secret;
  secret.data.fill(number);
  return secret;
}

/// One end of a TCP connection; records are length and bytes.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {
    // A test that hangs ends; nothing is judged by time.
    const timeval limit{60, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Line(Line&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~Line() {
    if (socket_ >= 0) close(socket_);
  }
  bool put(const Bytes& record) {
    Bytes all(4);
    for (std::size_t i = 0; i < 4; ++i) all[i] = static_cast<Byte>(record.size() >> (8 * i));
    all.insert(all.end(), record.begin(), record.end());
    for (std::size_t sent = 0; sent < all.size();) {
      const ssize_t n = ::send(socket_, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }
  std::optional<Bytes> get() {
    Bytes head(4);
    if (!read(head)) return {};
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= std::size_t{head[i]} << (8 * i);
    Bytes record(size);
    if (size > 1 << 20 || !read(record)) return {};
    return record;
  }
  void end() { shutdown(socket_, SHUT_RDWR); }
  void end_writing() { shutdown(socket_, SHUT_WR); }

 private:
  bool read(Bytes& into) {
    return into.empty() || recv(socket_, into.data(), into.size(), MSG_WAITALL) ==
                               static_cast<ssize_t>(into.size());
  }
  int socket_;
};

std::pair<Line, Line> connection() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* at = reinterpret_cast<sockaddr*>(&address);
  const int from = socket(AF_INET, SOCK_STREAM, 0);
  const bool good = bind(listener, at, size) == 0 && listen(listener, 1) == 0 &&
                    getsockname(listener, at, &size) == 0 && connect(from, at, size) == 0;
  const int to = good ? accept(listener, nullptr, nullptr) : -1;
  EXPECT_GE(to, 0) << "no TCP over the loopback";
  const int no_delay = 1;
  for (const int end : {from, to}) {
    setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  }
  close(listener);
  return {Line(from), Line(to)};
}

struct Outcome {
  Fault fault = Fault::none;
  int received = 0;
  bool ended = false;  // by the peer's last frame
};

Bytes text_of(bool initiator, int i) {
  const std::string text = (initiator ? "secret order " : "secret answer ") + std::to_string(i);
  return {text.begin(), text.end()};
}

/// Ten frames out, ten of the peer's in, and again.
Outcome talk(Line& line, Channel channel, Primitives& primitives, bool initiator) {
  Outcome out;
  for (int i = 0; i < frames && out.fault == Fault::none; i += 10) {
    for (int k = i; k < i + 10; ++k) {
      line.put(channel.seal(text_of(initiator, k), primitives, k + 1 == frames));
    }
    for (int k = i; k < i + 10 && out.fault == Fault::none; ++k) {
      const auto record = line.get();
      if (!record) return out;
      const auto got = channel.open(*record, primitives);
      if (const Fault* fault = std::get_if<Fault>(&got)) {
        out.fault = *fault;
        break;
      }
      EXPECT_EQ(std::get<Bytes>(got), text_of(!initiator, k));
      ++out.received;
    }
  }
  out.ended = channel.ended();
  line.end_writing();
  return out;
}

Outcome initiate(Line& line, Primitives& self, const Terms& terms) {
  Initiator initiator(terms, secret_of(21), self);
  line.put(initiator.hello());
  const auto reply = line.get();
  if (!reply) return {};
  const Answer finish = initiator.on_reply(*reply, self);
  if (const Fault* fault = std::get_if<Fault>(&finish)) {
    line.end_writing();
    return {*fault};
  }
  line.put(std::get<Bytes>(finish));
  return talk(line, Channel(*initiator.keys(), true, Order::strict, 224), self, true);
}

Outcome respond(Line& line, Primitives& self, const Terms& terms) {
  const auto hello = line.get();
  if (!hello) return {};
  auto begun = Responder::begin(terms, *hello, secret_of(22), self);
  if (const Fault* fault = std::get_if<Fault>(&begun)) {
    line.end_writing();
    return {*fault};
  }
  Responder& responder = std::get<Responder>(begun);
  line.put(responder.reply());
  const auto finish = line.get();
  if (!finish) return {};
  if (const Fault fault = responder.on_finish(*finish, self); fault != Fault::none) {
    line.end_writing();
    return {fault};
  }
  return talk(line, Channel(*responder.keys(), false, Order::strict, 224), self, false);
}

using Records = std::vector<Bytes>;
/// Records on their way from the initiator (true) or the responder, in their order: what goes on.
using Middle = std::function<Records(bool from_initiator, int number, Bytes record)>;

void relay(Line& from, Line& to, bool from_initiator, const Middle& middle) {
  for (int number = 0;; ++number) {
    auto record = from.get();
    if (!record) break;
    for (const Bytes& out : middle(from_initiator, number, std::move(*record))) to.put(out);
  }
  to.end_writing();
}

struct Both {
  Outcome initiator, responder;
};

Both run(const Middle& middle) {
  LocalPrimitives a(ed25519_keypair(secret_of(1))), b(ed25519_keypair(secret_of(2)));
  const Hash256 network = sha256(as_bytes("over sockets"));
  auto [a_end, a_middle] = connection();
  auto [b_middle, b_end] = connection();
  Both out;
  std::thread forth([&, &from = a_middle, &to = b_middle] { relay(from, to, true, middle); });
  std::thread back([&, &from = b_middle, &to = a_middle] { relay(from, to, false, middle); });
  std::thread responder([&, &line = b_end] {
    out.responder = respond(line, b, {.network = network, .peer = a.identity()});
  });
  out.initiator = initiate(a_end, a, {.network = network, .peer = b.identity()});
  responder.join();
  a_end.end();
  b_end.end();
  forth.join();
  back.join();
  return out;
}

// From the initiator: record 0 is Hello, 1 is Finish, 2 + i is frame i. From the responder: record
// 0 is the Reply, 1 + i is frame i.

TEST(Sockets, AThousandFramesBothWays) {
  const Both out = run([](bool, int, Bytes record) { return Records{std::move(record)}; });
  for (const Outcome& one : {out.initiator, out.responder}) {
    EXPECT_EQ(fault_name(one.fault), "none");
    EXPECT_EQ(one.received, frames);
    EXPECT_TRUE(one.ended);
  }
}

TEST(Sockets, AListenerSeesNoPlainText) {
  std::string heard[2];
  run([&](bool from_initiator, int, Bytes record) {
    heard[from_initiator ? 1 : 0].append(record.begin(), record.end());
    return Records{std::move(record)};
  });
  for (const std::string& all : heard) {
    EXPECT_GT(all.size(), 30'000u);
    EXPECT_EQ(all.find("secret"), std::string::npos);
    EXPECT_EQ(all.find("answer"), std::string::npos);
  }
}

TEST(Sockets, AFlippedBitIsNoticed) {
  for (const int number : {0, 1, 2, 500}) {
    const Both out = run([&](bool from_initiator, int at, Bytes record) {
      if (from_initiator && at == number) record.back() ^= 1;
      return Records{std::move(record)};
    });
    const Fault noticed = number == 0 ? out.initiator.fault : out.responder.fault;
    EXPECT_EQ(fault_name(noticed), "forged") << number;
    EXPECT_LT(out.responder.received, frames);
    EXPECT_FALSE(out.responder.ended);
  }
}

TEST(Sockets, ARepeatedFrameIsNoticed) {
  const Both out = run([](bool from_initiator, int at, Bytes record) {
    return Records(from_initiator && at == 300 ? 2 : 1, record);
  });
  EXPECT_EQ(fault_name(out.responder.fault), "replayed");
  EXPECT_EQ(out.responder.received, 299);  // records 2 to 300
}

TEST(Sockets, AFrameLeftOutOrOvertakenIsNoticed) {
  for (const bool given_later : {false, true}) {
    Bytes held;
    const Both out = run([&](bool from_initiator, int at, Bytes record) -> Records {
      if (!from_initiator && at == 55) {
        held = std::move(record);
        return {};
      }
      if (!from_initiator && at == 56 && given_later) return {std::move(record), held};
      return {std::move(record)};
    });
    EXPECT_EQ(fault_name(out.initiator.fault), "gap");
    EXPECT_EQ(out.initiator.received, 54);
    EXPECT_FALSE(out.initiator.ended);
  }
}

TEST(Sockets, AStreamThatIsCutIsNotTakenForOneThatEnded) {
  const Both out = run([](bool, int at, Bytes record) {
    return at < 900 ? Records{record} : Records{record, Bytes(2)};
  });
  for (const Outcome& one : {out.initiator, out.responder}) {
    EXPECT_FALSE(one.ended);
    EXPECT_LT(one.received, frames);
    EXPECT_GT(one.received, 800);
  }
}

TEST(Sockets, AManInTheMiddleWithKeysOfHisOwnIsNoticed) {
  LocalPrimitives mallory(ed25519_keypair(secret_of(9)));
  const Terms terms{.network = sha256(as_bytes("over sockets")), .peer = {}};
  const Both out = run([&](bool from_initiator, int at, Bytes record) -> Records {
    if (!from_initiator || at != 0) return {std::move(record)};
    // To the responder he speaks for himself.
    return {Initiator(terms, secret_of(31), mallory).hello()};
  });
  EXPECT_EQ(fault_name(out.initiator.fault), "forged");
  EXPECT_EQ(out.responder.received + out.initiator.received, 0);
}

}  // namespace
}  // namespace ledgerlab::session
