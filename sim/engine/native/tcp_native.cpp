// Transport "tcp" of the native engine. A stream of bytes for each direction of a connection; what
// its window lets go leaves in flights of a few segments, which queue on the sender's up-link,
// travel and queue on the receiver's down-link packet by packet (a flight's first packet goes on
// while its last is still to come). Acknowledgements come back over the receiver's up-link. Lost
// packets hold the stream up for a round trip, or for a timeout where nothing follows them.
#include "sim/engine/native/tcp_native.hpp"

#include <stdexcept>
#include <string>

#include "models/base/draw.hpp"
#include "models/base/fifo.hpp"
#include "models/base/lookup.hpp"
#include "sim/engine/native/access_link.hpp"
#include "sim/engine/native/link_noise.hpp"
#include "sim/engine/native/tcp_link.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/instant_order.hpp"

namespace ledgerlab::native {
namespace {

constexpr Purpose loss_purpose{"native.tcp_packet_loss"};

constexpr std::uint64_t acknowledgement_bytes = 54;  // PPP, IPv4, TCP with time stamps
constexpr std::uint64_t opening_bytes = 58;          // a SYN has options for 4 bytes more
/// A window leaves in about this many flights: more follow the packets more closely, fewer are
/// fewer events.
constexpr std::uint64_t flights_per_window = 16;

/// What an event is about, in the two lowest bits of its index; above them stands a number.
enum Kind : std::uint32_t {
  first_packet,     // of a flight, at the receiver's down-link
  passed,           // the flight's last packet has passed it
  acknowledgement,  // at the sender
  alarm,            // of a stream: its connection stands, or nothing was acknowledged for too long
};
constexpr unsigned kind_bits = 2;
constexpr std::uint32_t number_count = event_index_count >> kind_bits;

struct Message {
  std::uint64_t end;  // position of its last byte in the stream
  Token token;
  std::int64_t sent_at;
};

/// Segments that left together.
struct Flight {
  std::uint32_t stream;
  std::uint32_t bytes;  // payload; of an acknowledgement none
  std::uint64_t begin;  // position in the stream; of an acknowledgement what is acknowledged
  std::int64_t sent_at;
  std::int64_t last_at;  // arrival of its last packet at the down-link
  bool arrived;
};

struct Stream {
  NodeId from, to;
  std::int64_t opened_at;  // the sender's side of the connection stands
  std::uint64_t acknowledged = 0;
  std::uint64_t next = 0;          // to be sent
  std::uint64_t written = 0;       // by the host
  std::uint64_t received = 0;      // in order
  std::uint64_t draws = 0;         // packets that loss was drawn for
  std::int64_t held_until = 0;     // a lost packet keeps what follows from the host until here
  std::uint64_t recovered_at = 0;  // losses before this position have cost window
  std::int64_t last_passed = 0;
  std::int64_t alarm_at = -1;  // of the one event pending; -1: none
  std::int64_t deadline = 0;   // of the retransmission timer
  unsigned single = 0;         // segments that arrived and wait for another to be acknowledged
  Window window;
  RoundTrip trip;
  Fifo<Message> messages;  // not delivered yet; their ends ascend
};

struct Node {
  AccessLink up;
  AccessLink down;
  LinkTable::Rows links;  // where there is jitter
};

class TcpEngine final : public Engine {
 public:
  explicit TcpEngine(const NetworkSpec& spec);

  Time now() const override { return time_at(now_); }
  void wake_at(NodeId node, Time time) override;
  void transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) override;
  void multicast(Time depart, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                 Token token) override {
    for (const NodeId receiver : to) transmit(depart, from, receiver, bytes, token);
  }
  void run_until(Time limit, EngineSink& sink) override;
  void request_stop() override { stop_ = true; }
  std::uint64_t events() const override { return events_; }
  std::uint64_t pending() const override { return wakes_pending_ + in_flight_; }
  Duration uplink_busy(NodeId node) const override {
    return Duration{nodes_.at(node).up.busy_until(now_)};
  }
  Duration downlink_busy(NodeId node) const override {
    return Duration{nodes_.at(node).down.busy_until(now_)};
  }
  Duration longest_queue() const override { return Duration{longest_}; }
  EngineCapabilities capabilities() const override;

 private:
  std::uint32_t stream_of(NodeId from, NodeId to);
  std::int64_t opening(NodeId from, NodeId to);
  std::int64_t latency(NodeId from, NodeId to) const {
    return count_ns(spec_.latency_between(from, to));
  }
  std::uint64_t packets_of(std::uint64_t bytes) const { return (bytes + segment_ - 1) / segment_; }
  std::uint64_t on_wire(std::uint64_t bytes) const {
    return bytes + packets_of(bytes) * header_bytes_;
  }
  std::uint32_t take(const Flight& flight);
  void push(std::int64_t at, NodeId to, NodeId from, Kind kind, std::uint32_t number) {
    queue_.push({at, Event::pack(to, from, number << kind_bits | kind)});
  }
  void handle(std::uint64_t packed, EngineSink& sink);
  void send(std::uint32_t number);
  std::uint32_t next_flight_bytes(const Stream& stream) const;
  void depart(std::uint32_t number, std::uint32_t bytes);
  void reach_down_link(std::uint32_t flight);
  void pass(std::uint32_t flight, EngineSink& sink);
  void draw_losses(Stream& stream, const Flight& flight);
  void acknowledge(std::uint32_t number, const Flight& flight);
  void take_acknowledgement(std::uint32_t number, const Flight& flight);
  void set_alarm(Stream& stream, std::uint32_t number, std::int64_t at);
  void ring(std::uint32_t number);

  const NetworkSpec spec_;
  EventQueue queue_;
  InstantSorter sorter_;
  LinkNoise jitter_;
  std::vector<Node> nodes_;
  std::vector<Stream> streams_;
  Lookup<std::uint64_t, std::uint32_t> by_link_;
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_flights_;
  std::uint64_t segment_;
  std::uint64_t header_bytes_;
  std::int64_t least_timeout_;
  bool stop_ = false;
  std::int64_t now_ = 0;
  std::int64_t longest_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t wakes_pending_ = 0;
  std::uint64_t in_flight_ = 0;
};

[[noreturn]] void misuse(const char* why) {
  throw std::logic_error(std::string("native engine: ") + why);
}

NetworkSpec without_loss(NetworkSpec spec) {
  spec.packet_loss_ppb = 0;
  return spec;
}

TcpEngine::TcpEngine(const NetworkSpec& spec)
    : spec_(spec),
      jitter_(without_loss(spec)),
      nodes_(spec.nodes),
      segment_(std::max(1u, spec.mtu)),
      header_bytes_(spec.overhead_bytes),
      least_timeout_(std::max<std::int64_t>(1, count_ns(spec.retransmission_timeout))) {
  for (std::size_t i = 0; i < spec.up_bps.size(); ++i) nodes_[i].up.bps = spec.up_bps[i];
  for (std::size_t i = 0; i < spec.down_bps.size(); ++i) nodes_[i].down.bps = spec.down_bps[i];
}

std::uint32_t TcpEngine::take(const Flight& flight) {
  if (free_flights_.empty()) {
    if (flights_.size() == number_count)
      throw std::length_error("native engine: more than 2^22 = 4194304 flights of segments");
    free_flights_.push_back(static_cast<std::uint32_t>(flights_.size()));
    flights_.emplace_back();
  }
  const std::uint32_t slot = free_flights_.back();
  free_flights_.pop_back();
  flights_[slot] = flight;
  return slot;
}

/// Three packets before the first byte: SYN, SYN-ACK, and the acknowledgement it goes behind.
std::int64_t TcpEngine::opening(NodeId from, NodeId to) {
  Node& a = nodes_[from];
  Node& b = nodes_[to];
  const auto pass = [&](AccessLink& link, std::int64_t at, std::uint64_t bytes) {
    return link.queue(at, serialisation_ns(bytes, link.bps));
  };
  const std::int64_t syn = later(pass(a.up, now_, opening_bytes), latency(from, to));
  const std::int64_t there = later(syn, serialisation_ns(opening_bytes, b.down.bps));
  const std::int64_t answer = later(there, serialisation_ns(opening_bytes, b.up.bps));
  const std::int64_t back = later(answer, latency(to, from));
  return later(later(back, serialisation_ns(opening_bytes, a.down.bps)),
               serialisation_ns(acknowledgement_bytes, a.up.bps));
}

std::uint32_t TcpEngine::stream_of(NodeId from, NodeId to) {
  const auto [entry, made] = by_link_.try_emplace(std::uint64_t{from} << 32 | to,
                                                  static_cast<std::uint32_t>(streams_.size()));
  if (!made) return *entry;
  const std::uint32_t number = *entry;
  if (number == number_count)
    throw std::length_error("native engine: more than 2^22 = 4194304 links with transport \"tcp\"");
  const std::uint32_t* reverse = by_link_.find(std::uint64_t{to} << 32 | from);
  Stream stream{};
  stream.from = from;
  stream.to = to;
  // The side that was called has its connection when the caller's acknowledgement comes.
  stream.opened_at = reverse == nullptr
                         ? opening(from, to)
                         : std::max(now_, later(streams_[*reverse].opened_at, latency(to, from)));
  // The caller's acknowledgement counts as the first of two that are acknowledged together.
  stream.single = reverse == nullptr ? 1 : 0;
  stream.window.open(segment_);
  stream.trip.sample(later(latency(from, to), latency(to, from)));
  streams_.push_back(std::move(stream));
  return number;
}

void TcpEngine::wake_at(NodeId node, Time time) {
  if (node >= nodes_.size()) misuse("a wake-up for a node that does not exist");
  if (count_ns(time) < now_) misuse("a wake-up in the past");
  ++wakes_pending_;
  queue_.push({count_ns(time), Event::pack(node, node, 0)});
}

void TcpEngine::transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) {
  if (depart != now()) misuse("with transport \"tcp\" a message may depart now only");
  if (from >= nodes_.size()) misuse("the sender does not exist");
  if (to >= nodes_.size() || to == from)
    misuse("a receiver does not exist or is the sender itself");
  const std::uint32_t number = stream_of(from, to);
  Stream& stream = streams_[number];
  stream.written += std::max(1u, bytes);
  stream.messages.push({stream.written, token, now_});
  ++in_flight_;
  send(number);
}

/// What may leave now: to the end of a message, or a share of the window, in whole segments.
std::uint32_t TcpEngine::next_flight_bytes(const Stream& stream) const {
  const std::uint64_t out = stream.next - stream.acknowledged;
  if (stream.next == stream.written || out >= stream.window.size) return 0;
  const std::uint64_t room = stream.window.size - out;
  const std::uint64_t left = stream.written - stream.next;
  // A partial segment leaves only as the end of what there is (RFC 1122, 4.2.3.4).
  if (room < segment_ && room < left) return 0;
  const std::uint64_t share =
      std::max(acknowledged_together * segment_,
               stream.window.size / flights_per_window / segment_ * segment_);
  std::uint64_t bytes = std::min({share, left, room});
  if (bytes < left) bytes = bytes / segment_ * segment_;
  // The first message that ends a segment or more further on ends the flight: it is not to wait for
  // what comes behind it.
  const Fifo<Message>& messages = stream.messages;
  std::size_t low = 0, high = messages.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (messages[middle].end < stream.next + segment_) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < messages.size()) bytes = std::min(bytes, messages[low].end - stream.next);
  return static_cast<std::uint32_t>(bytes);
}

void TcpEngine::send(std::uint32_t number) {
  Stream& stream = streams_[number];
  if (now_ < stream.opened_at) {
    set_alarm(stream, number, stream.opened_at);
    return;
  }
  const bool idle = stream.next == stream.acknowledged;
  while (const std::uint32_t bytes = next_flight_bytes(stream)) depart(number, bytes);
  if (idle) stream.deadline = later(now_, stream.trip.timeout(least_timeout_));
  if (stream.next != stream.acknowledged) set_alarm(stream, number, stream.deadline);
}

void TcpEngine::depart(std::uint32_t number, std::uint32_t bytes) {
  Stream& stream = streams_[number];
  AccessLink& up = nodes_[stream.from].up;
  const std::uint64_t wire = on_wire(bytes);
  const std::uint64_t packet = on_wire(std::min<std::uint64_t>(bytes, segment_));
  const std::int64_t length = serialisation_ns(wire, up.bps);
  const std::int64_t sent = up.queue(now_, length);
  const std::int64_t ideal = latency(stream.from, stream.to);
  const std::int64_t last = jitter_.on() ? jitter_.arrival(nodes_[stream.from].links, stream.from,
                                                           stream.to, sent, ideal, wire)
                                         : later(sent, ideal);
  const std::int64_t first = std::max(now_, last - length + serialisation_ns(packet, up.bps));
  const std::uint32_t flight = take({number, bytes, stream.next, now_, last, false});
  stream.next += bytes;
  push(first, stream.to, stream.from, first_packet, flight);
}

void TcpEngine::reach_down_link(std::uint32_t slot) {
  const Flight& flight = flights_[slot];
  Stream& stream = streams_[flight.stream];
  AccessLink& down = nodes_[stream.to].down;
  const std::uint64_t packets = packets_of(flight.bytes);
  const std::uint64_t last = flight.bytes - (packets - 1) * segment_ + header_bytes_;
  const std::int64_t through = down.queue(now_, serialisation_ns(on_wire(flight.bytes), down.bps));
  const std::int64_t trailing = later(flight.last_at, serialisation_ns(last, down.bps));
  // Nothing overtakes on its link, however small its last packet is.
  stream.last_passed = std::max({stream.last_passed, through, trailing});
  push(stream.last_passed, stream.to, stream.from, passed, slot);
}

/// Lost packets keep the host from what follows until they have come again; what follows is
/// acknowledged selectively meanwhile (RFC 2018), and the window halves once a round trip.
void TcpEngine::draw_losses(Stream& stream, const Flight& flight) {
  if (spec_.packet_loss_ppb == 0) return;
  const std::uint64_t packets = packets_of(flight.bytes);
  for (std::uint64_t i = 0; i < packets; ++i) {
    const std::uint64_t u =
        draw64(spec_.seed, stream.from, loss_purpose,
               std::uint64_t{stream.to} << 44 | (stream.draws++ & ((std::uint64_t{1} << 44) - 1)));
    if (!draw_ppb(u, spec_.packet_loss_ppb)) continue;
    // Three segments behind it tell the sender (RFC 5681, 3.2), else the timer does.
    const bool followed = stream.next >= flight.begin + i * segment_ + 4 * segment_;
    const std::int64_t delay =
        followed ? stream.trip.smoothed : stream.trip.timeout(least_timeout_);
    stream.held_until = std::max(stream.held_until, later(now_, delay));
    stream.deadline = later(stream.held_until, stream.trip.timeout(least_timeout_));
    AccessLink& up = nodes_[stream.from].up;
    up.queue(now_, serialisation_ns(segment_ + header_bytes_, up.bps));
    if (followed && flight.begin < stream.recovered_at) continue;
    stream.recovered_at = stream.next;
    if (followed) {
      stream.window.halve(stream.next - stream.acknowledged, segment_);
    } else {
      stream.window.collapse(stream.next - stream.acknowledged, segment_);
    }
  }
}

void TcpEngine::pass(std::uint32_t slot, EngineSink& sink) {
  const Flight flight = flights_[slot];
  if (!flight.arrived) {
    flights_[slot].arrived = true;
    draw_losses(streams_[flight.stream], flight);
    acknowledge(flight.stream, flight);
  }
  const Stream& held = streams_[flight.stream];
  if (now_ < held.held_until) {
    push(held.held_until, held.to, held.from, passed, slot);
    return;
  }
  free_flights_.push_back(slot);
  // What the host does with a message may make new streams: none is held on to.
  while (!streams_[flight.stream].messages.empty()) {
    Stream& stream = streams_[flight.stream];
    if (stream.messages.front().end > stream.received) return;
    const Message message = stream.messages.pop();
    --in_flight_;
    longest_ = std::max(longest_, now_ - message.sent_at - latency(stream.from, stream.to));
    sink.on_message(time_at(now_), stream.to, stream.from, message.token);
  }
}

void TcpEngine::acknowledge(std::uint32_t number, const Flight& flight) {
  Stream& stream = streams_[number];
  const std::uint64_t packets = packets_of(flight.bytes);
  stream.received = std::max(stream.received, flight.begin + flight.bytes);
  const std::uint64_t waiting = stream.single + packets;
  const bool odd = waiting % acknowledged_together != 0;
  stream.single = odd ? 1 : 0;
  std::uint64_t upto = stream.received;
  const std::int64_t way = latency(stream.to, stream.from);
  if (odd) {
    const std::int64_t held = later(now_, least_timeout_ / delayed_share);
    push(later(held, way), stream.from, stream.to, acknowledgement,
         take({number, 0, upto, flight.sent_at, 0, false}));
    upto = packets == 1 ? flight.begin : upto - (flight.bytes - (packets - 1) * segment_);
  }
  if (waiting < acknowledged_together) return;
  AccessLink& up = nodes_[stream.to].up;
  const std::int64_t left = up.queue(
      now_, serialisation_ns(acknowledgement_bytes * (waiting / acknowledged_together), up.bps));
  push(later(left, way), stream.from, stream.to, acknowledgement,
       take({number, 0, upto, flight.sent_at, 0, false}));
}

void TcpEngine::take_acknowledgement(std::uint32_t number, const Flight& flight) {
  Stream& stream = streams_[number];
  if (flight.begin <= stream.acknowledged) return;
  stream.trip.sample(now_ - flight.sent_at);
  stream.trip.doublings = 0;
  stream.window.acknowledged(flight.begin - stream.acknowledged, segment_);
  stream.acknowledged = flight.begin;
  stream.next = std::max(stream.next, stream.acknowledged);
  stream.deadline = later(now_, stream.trip.timeout(least_timeout_));
  send(number);
}

/// At most one event is pending for a stream, never later than asked for: one that comes early
/// looks again.
void TcpEngine::set_alarm(Stream& stream, std::uint32_t number, std::int64_t at) {
  if (stream.alarm_at >= 0 && stream.alarm_at <= at) return;
  stream.alarm_at = at;
  push(at, stream.from, stream.to, alarm, number);
}

void TcpEngine::ring(std::uint32_t number) {
  Stream& stream = streams_[number];
  if (stream.alarm_at != now_) return;
  stream.alarm_at = -1;
  if (stream.next != stream.acknowledged && now_ >= stream.deadline) {
    // Everything unacknowledged is taken for lost, though it may only be late.
    stream.window.collapse(stream.next - stream.acknowledged, segment_);
    stream.next = stream.acknowledged;
    ++stream.trip.doublings;
  }
  send(number);
}

void TcpEngine::handle(std::uint64_t packed, EngineSink& sink) {
  const Event event{now_, packed};
  ++events_;
  if (event.to() == event.from()) {
    --wakes_pending_;
    sink.on_wake(event.to());
    return;
  }
  const std::uint32_t number = event.index() >> kind_bits;
  switch (static_cast<Kind>(event.index() & ((1u << kind_bits) - 1))) {
    case first_packet:
      return reach_down_link(number);
    case passed:
      return pass(number, sink);
    case acknowledgement: {
      const Flight flight = flights_[number];
      free_flights_.push_back(number);
      return take_acknowledgement(flight.stream, flight);
    }
    case alarm:
      return ring(number);
  }
}

void TcpEngine::run_until(Time limit, EngineSink& sink) {
  if (count_ns(limit) < now_) misuse("run_until() a date in the past");
  EventQueue::Instant instant;
  // Once a stop is asked for, only further rounds of the present instant are taken.
  while (queue_.take_instant(stop_ ? now_ : count_ns(limit), instant)) {
    now_ = instant.time();
    const auto events = sorter_.sort(instant, InstantKey(spec_.seed, now_));
    queue_.release(instant);
    for (const InstantSorter::Keyed& event : events) handle(event.packed, sink);
  }
  if (!stop_) now_ = count_ns(limit);
  stop_ = false;
}

EngineCapabilities TcpEngine::capabilities() const {
  return {
      .name = "native",
      .version = "native@1",
      .physics =
          "Access links are first-in-first-out queues at constant rate in both directions. A "
          "message is part of the stream of a TCP connection (modelled: handshake with the first "
          "message, initial window 10 segments, slow start and congestion avoidance by "
          "acknowledged bytes, delayed acknowledgements, buffers of 4 MiB, retransmission timer); "
          "segments leave in flights, which pass queues packet by packet.",
      .future_departure = false,
      .packet_loss = true,
  };
}

}  // namespace

std::unique_ptr<Engine> make_tcp_engine(const NetworkSpec& spec) {
  return std::make_unique<TcpEngine>(spec);
}

}  // namespace ledgerlab::native
