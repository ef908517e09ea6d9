// The ns3 engine: packets of TCP over IPv4. Each node is an ns-3 node behind a point-to-point access
// link to the router of its region; routers are meshed with the latencies of the scenario and carry
// whatever comes. Two nodes share one persistent connection, opened by the first message between
// them; payloads stay in the host, so a message is so many zero bytes of the stream.
#include <ns3/config.h>
#include <ns3/data-rate.h>
#include <ns3/drop-tail-queue.h>
#include <ns3/error-model.h>
#include <ns3/fq-codel-queue-disc.h>
#include <ns3/inet-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-route.h>
#include <ns3/ipv4-routing-helper.h>
#include <ns3/ipv4-routing-protocol.h>
#include <ns3/mac48-address.h>
#include <ns3/net-device-queue-interface.h>
#include <ns3/node.h>
#include <ns3/point-to-point-channel.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/red-queue-disc.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-socket-factory.h>
#include <ns3/traffic-control-layer.h>

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <filesystem>
#include <stdexcept>

#include "models/base/lookup.hpp"
#include "sim/engine/instant_pump.hpp"
#include "sim/engine/module.hpp"
#include "sim/engine/ns3/limits.hpp"

namespace ledgerlab::ns3_engine {
namespace {

template <typename T>
using Ptr = ns3::Ptr<T>;

constexpr std::uint16_t port = 7'000;
constexpr std::uint32_t buffer_bytes = 4u << 20;
constexpr std::uint32_t headers_max = 20 + 60;          // IPv4, TCP with all its options
constexpr std::uint64_t unlimited_bps = std::uint64_t{1'000'000'000'000'000'000};  // 64 KiB in 0 ns

/// Node i has the address 10.0.0.1 + i; all routers share one, and routes name one that nobody has:
/// an interface takes back what is sent to its own.
constexpr std::uint32_t first_address = 0x0a000001;
const char* const router_address = "172.16.0.1";
const char* const next_hop = "172.16.0.2";

ns3::Ipv4Address address_of(NodeId node) { return ns3::Ipv4Address(first_address + node); }
NodeId node_of(ns3::Ipv4Address address) { return address.Get() - first_address; }
ns3::Time to_ns3(std::int64_t time) { return ns3::NanoSeconds(static_cast<std::uint64_t>(time)); }
std::int64_t clock_ns() { return ns3::Simulator::Now().GetNanoSeconds(); }

/// A cable with a delay of its own in either direction, which knows how long it was in use.
class Wire final : public ns3::PointToPointChannel {
 public:
  void set_delays(std::int64_t from_first, std::int64_t from_second) {
    delay_ = {from_first, from_second};
  }
  bool TransmitStart(Ptr<const ns3::Packet> packet, Ptr<ns3::PointToPointNetDevice> from,
                     ns3::Time transmission) override {
    const std::size_t way = from == GetSource(0) ? 0 : 1;
    const Ptr<ns3::PointToPointNetDevice> to = GetDestination(way);
    const std::int64_t length = transmission.GetNanoSeconds();
    used_[way] += length;
    used_until_[way] = clock_ns() + length;
    ns3::Simulator::ScheduleWithContext(to->GetNode()->GetId(), to_ns3(length + delay_[way]),
                                        &ns3::PointToPointNetDevice::Receive, to, packet->Copy());
    return true;
  }
  std::int64_t busy(std::size_t way, std::int64_t now) const {
    return used_[way] - std::max<std::int64_t>(0, used_until_[way] - now);
  }

 private:
  std::array<std::int64_t, 2> delay_{};
  std::array<std::int64_t, 2> used_{};
  std::array<std::int64_t, 2> used_until_{};
};

/// What peers and routers have in common: they know their routes when they are made.
class StaticRoutes : public ns3::Ipv4RoutingProtocol {
 public:
  void NotifyInterfaceUp(uint32_t) override {}
  void NotifyInterfaceDown(uint32_t) override {}
  void NotifyAddAddress(uint32_t, ns3::Ipv4InterfaceAddress) override {}
  void NotifyRemoveAddress(uint32_t, ns3::Ipv4InterfaceAddress) override {}
  void SetIpv4(Ptr<ns3::Ipv4>) override {}
  void PrintRoutingTable(Ptr<ns3::OutputStreamWrapper>, ns3::Time::Unit) const override {}
};

Ptr<ns3::Ipv4Route> route_over(Ptr<ns3::NetDevice> device) {
  auto route = ns3::Create<ns3::Ipv4Route>();
  route->SetGateway(ns3::Ipv4Address(next_hop));
  route->SetOutputDevice(device);
  return route;
}

/// All a peer sends leaves by its access link, all that comes is its own.
class PeerRoutes final : public StaticRoutes {
 public:
  void set_device(Ptr<ns3::NetDevice> device, ns3::Ipv4Address own) {
    out_ = route_over(device);
    out_->SetSource(own);
  }
  Ptr<ns3::Ipv4Route> RouteOutput(Ptr<ns3::Packet>, const ns3::Ipv4Header&, Ptr<ns3::NetDevice>,
                                  ns3::Socket::SocketErrno& error) override {
    error = ns3::Socket::ERROR_NOTERROR;
    return out_;
  }
  bool RouteInput(Ptr<const ns3::Packet> packet, const ns3::Ipv4Header& header,
                  Ptr<const ns3::NetDevice>, UnicastForwardCallback, MulticastForwardCallback,
                  LocalDeliverCallback deliver, ErrorCallback) override {
    deliver(packet, header, 1);  // 0 is the loopback
    return true;
  }

 private:
  Ptr<ns3::Ipv4Route> out_;
};

/// A router looks up the node of an address in a table. What one of its nodes sends to another goes
/// once round the hairpin, whose delay is the latency inside the region.
class RouterRoutes final : public StaticRoutes {
 public:
  explicit RouterRoutes(const NetworkSpec& spec, std::uint16_t region)
      : spec_(spec), region_(region), to_region_(spec.regions), to_node_(spec.nodes) {}

  void add_node(NodeId node, Ptr<ns3::NetDevice> device) {
    to_node_[node] = route_over(device);
    if (from_access_.size() <= device->GetIfIndex()) from_access_.resize(device->GetIfIndex() + 1);
    from_access_[device->GetIfIndex()] = true;
  }
  void set_region(std::uint16_t region, Ptr<ns3::NetDevice> device) {
    to_region_[region] = route_over(device);
  }
  Ptr<ns3::Ipv4Route> RouteOutput(Ptr<ns3::Packet>, const ns3::Ipv4Header&, Ptr<ns3::NetDevice>,
                                  ns3::Socket::SocketErrno& error) override {
    error = ns3::Socket::ERROR_NOROUTETOHOST;
    return nullptr;
  }
  bool RouteInput(Ptr<const ns3::Packet> packet, const ns3::Ipv4Header& header,
                  Ptr<const ns3::NetDevice> device, UnicastForwardCallback forward,
                  MulticastForwardCallback, LocalDeliverCallback, ErrorCallback) override {
    const NodeId to = node_of(header.GetDestination());
    const std::uint32_t came = device->GetIfIndex();
    const bool fresh = came < from_access_.size() && from_access_[came];
    const std::uint16_t region = spec_.region_of(to);
    const Ptr<ns3::Ipv4Route>& over_core = to_region_[region];
    forward(region == region_ && (!fresh || !over_core) ? to_node_[to] : over_core, packet, header);
    return true;
  }

 private:
  const NetworkSpec& spec_;
  const std::uint16_t region_;
  std::vector<Ptr<ns3::Ipv4Route>> to_region_;  // of the own region: over the hairpin, if it has one
  std::vector<Ptr<ns3::Ipv4Route>> to_node_;
  std::vector<bool> from_access_;  // by interface of the router
};

/// The far end of a hairpin sends everything back where it came from.
class HairpinRoutes final : public StaticRoutes {
 public:
  void set_device(Ptr<ns3::NetDevice> device) { back_ = route_over(device); }
  Ptr<ns3::Ipv4Route> RouteOutput(Ptr<ns3::Packet>, const ns3::Ipv4Header&, Ptr<ns3::NetDevice>,
                                  ns3::Socket::SocketErrno& error) override {
    error = ns3::Socket::ERROR_NOROUTETOHOST;
    return nullptr;
  }
  bool RouteInput(Ptr<const ns3::Packet> packet, const ns3::Ipv4Header& header,
                  Ptr<const ns3::NetDevice>, UnicastForwardCallback forward,
                  MulticastForwardCallback, LocalDeliverCallback, ErrorCallback) override {
    forward(back_, packet, header);
    return true;
  }

 private:
  Ptr<ns3::Ipv4Route> back_;
};

/// Hands a routing protocol to the stack installer.
class GivenRoutes final : public ns3::Ipv4RoutingHelper {
 public:
  explicit GivenRoutes(Ptr<ns3::Ipv4RoutingProtocol> routes) : routes_(std::move(routes)) {}
  GivenRoutes* Copy() const override { return new GivenRoutes(*this); }
  Ptr<ns3::Ipv4RoutingProtocol> Create(Ptr<ns3::Node>) const override { return routes_; }

 private:
  Ptr<ns3::Ipv4RoutingProtocol> routes_;
};

/// The built network: nodes, wires, queues, error models.
class Fabric {
 public:
  explicit Fabric(const NetworkSpec& spec);

  Ptr<ns3::Node> peer(NodeId node) const { return peers_[node]; }
  std::int64_t uplink_busy(NodeId node, std::int64_t now) const { return wires_[node]->busy(0, now); }
  std::int64_t downlink_busy(NodeId node, std::int64_t now) const {
    return wires_[node]->busy(1, now);
  }

 private:
  struct Cable {
    Ptr<Wire> wire;
    Ptr<ns3::PointToPointNetDevice> first, second;
  };
  template <typename Routes>
  Ptr<ns3::Node> make_node(Ptr<Routes> routes);
  Cable connect(Ptr<ns3::Node> first, Ptr<ns3::Node> second);
  Ptr<ns3::PointToPointNetDevice> make_device(Ptr<ns3::Node> node);
  void add_interface(Ptr<ns3::NetDevice> device, ns3::Ipv4Address address);
  void add_queue(Ptr<ns3::PointToPointNetDevice> device, std::uint64_t bps);
  void make_routers();
  void make_peer(NodeId node);

  const NetworkSpec& spec_;
  std::uint32_t packet_bytes_;
  std::int64_t next_stream_ = 0;
  std::vector<Ptr<ns3::Node>> routers_;
  std::vector<Ptr<RouterRoutes>> routes_;
  std::vector<Ptr<ns3::Node>> peers_;
  std::vector<Ptr<Wire>> wires_;
  std::vector<Ptr<ns3::NetDevice>> access_;  // of the peers
};

Fabric::Fabric(const NetworkSpec& spec)
    : spec_(spec), packet_bytes_(spec.mtu + headers_max) {
  make_routers();
  for (NodeId node = 0; node < spec.nodes; ++node) make_peer(node);
  if (spec.pcap_folder.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(spec.pcap_folder, error);
  if (error) {
    throw std::invalid_argument("network.pcap: cannot make the folder " + spec.pcap_folder + ": " +
                            error.message());
  }
  ns3::PointToPointHelper helper;
  for (NodeId node = 0; node < spec.nodes; ++node) {
    helper.EnablePcap(spec.pcap_folder + "/node-" + std::to_string(node) + ".pcap",
                      access_[node], false, true);
  }
}

template <typename Routes>
Ptr<ns3::Node> Fabric::make_node(Ptr<Routes> routes) {
  auto node = ns3::CreateObject<ns3::Node>();
  ns3::InternetStackHelper stack;
  stack.SetIpv6StackInstall(false);
  stack.SetIpv4ArpJitter(false);
  stack.SetRoutingHelper(GivenRoutes(routes));
  stack.Install(node);
  return node;
}

Ptr<ns3::PointToPointNetDevice> Fabric::make_device(Ptr<ns3::Node> node) {
  auto device = ns3::CreateObject<ns3::PointToPointNetDevice>();
  device->SetAddress(ns3::Mac48Address::Allocate());
  device->SetMtu(static_cast<std::uint16_t>(packet_bytes_));
  device->SetDataRate(ns3::DataRate(unlimited_bps));
  node->AddDevice(device);
  auto queue = ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>();
  queue->SetMaxSize(ns3::QueueSize(ns3::QueueSizeUnit::PACKETS, 0x7fffffff));
  device->SetQueue(queue);
  return device;
}

Fabric::Cable Fabric::connect(Ptr<ns3::Node> first, Ptr<ns3::Node> second) {
  Cable cable{ns3::CreateObject<Wire>(), make_device(first), make_device(second)};
  cable.first->Attach(cable.wire);
  cable.second->Attach(cable.wire);
  return cable;
}

void Fabric::add_interface(Ptr<ns3::NetDevice> device, ns3::Ipv4Address address) {
  const auto ipv4 = device->GetNode()->GetObject<ns3::Ipv4L3Protocol>();
  const std::uint32_t interface = ipv4->AddInterface(device);
  ipv4->AddAddress(interface, ns3::Ipv4InterfaceAddress(address, ns3::Ipv4Mask(0xffffffffu)));
  ipv4->SetUp(interface);
}

void Fabric::add_queue(Ptr<ns3::PointToPointNetDevice> device, std::uint64_t bps) {
  device->SetDataRate(ns3::DataRate(bps == 0 ? unlimited_bps : bps));
  const auto bytes = static_cast<std::uint32_t>(spec_.queue_bytes);
  const bool limited = bytes != 0;
  if (spec_.queue == QueueKind::droptail) {
    if (limited) {
      device->GetQueue()->SetMaxSize(ns3::QueueSize(ns3::QueueSizeUnit::BYTES, bytes));
    }
    return;
  }
  // A discipline manages the queue in front of a device that takes a packet at a time.
  device->GetQueue()->SetMaxSize(ns3::QueueSize(ns3::QueueSizeUnit::PACKETS, 1));
  auto interface = ns3::CreateObject<ns3::NetDeviceQueueInterface>();
  interface->GetTxQueue(0)->ConnectQueueTraces(device->GetQueue());
  device->AggregateObject(interface);
  Ptr<ns3::QueueDisc> discipline;
  if (spec_.queue == QueueKind::fq_codel) {
    discipline = ns3::CreateObject<ns3::FqCoDelQueueDisc>();
    const std::uint32_t packets = limited ? std::max(1u, bytes / packet_bytes_) : 10'240u;
    discipline->SetMaxSize(ns3::QueueSize(ns3::QueueSizeUnit::PACKETS, packets));
  } else {
    auto red = ns3::CreateObject<ns3::RedQueueDisc>();
    // Floyd's rule of thumb: the lower threshold a twelfth of the buffer, the upper a quarter.
    const double packets = limited ? std::max(12u, bytes / packet_bytes_) : 10'240u;
    red->SetMaxSize(ns3::QueueSize(ns3::QueueSizeUnit::PACKETS, static_cast<uint32_t>(packets)));
    red->SetTh(packets / 12, packets / 4);
    red->SetAttribute("LinkBandwidth", ns3::DataRateValue(ns3::DataRate(bps)));
    next_stream_ += red->AssignStreams(next_stream_);
    discipline = red;
  }
  device->GetNode()->GetObject<ns3::TrafficControlLayer>()->SetRootQueueDiscOnDevice(device,
                                                                                      discipline);
}

void Fabric::make_routers() {
  const ns3::Ipv4Address none(router_address);
  for (std::uint16_t region = 0; region < spec_.regions; ++region) {
    routes_.push_back(ns3::Create<RouterRoutes>(spec_, region));
    routers_.push_back(make_node(routes_.back()));
  }
  const auto latency = [&](std::uint16_t from, std::uint16_t to) {
    return spec_.latency[std::size_t{from} * spec_.regions + to].count();
  };
  for (std::uint16_t a = 0; a < spec_.regions; ++a) {
    if (latency(a, a) > 0) {
      auto routes = ns3::Create<HairpinRoutes>();
      const Cable cable = connect(routers_[a], make_node(routes));
      cable.wire->set_delays(latency(a, a), 0);
      add_interface(cable.first, none);
      add_interface(cable.second, none);
      routes_[a]->set_region(a, cable.first);
      routes->set_device(cable.second);
    }
    for (std::uint16_t b = a + 1; b < spec_.regions; ++b) {
      const Cable cable = connect(routers_[a], routers_[b]);
      cable.wire->set_delays(latency(a, b), latency(b, a));
      add_interface(cable.first, none);
      add_interface(cable.second, none);
      routes_[a]->set_region(b, cable.first);
      routes_[b]->set_region(a, cable.second);
    }
  }
}

void Fabric::make_peer(NodeId node) {
  const std::uint16_t region = spec_.region_of(node);
  auto routes = ns3::Create<PeerRoutes>();
  peers_.push_back(make_node(routes));
  const Cable cable = connect(peers_.back(), routers_[region]);
  wires_.push_back(cable.wire);
  access_.push_back(cable.first);
  add_interface(cable.first, address_of(node));
  add_interface(cable.second, ns3::Ipv4Address(router_address));
  routes->set_device(cable.first, address_of(node));
  routes_[region]->add_node(node, cable.second);
  add_queue(cable.first, spec_.up_bps.empty() ? 0 : spec_.up_bps[node]);
  add_queue(cable.second, spec_.down_bps.empty() ? 0 : spec_.down_bps[node]);
  if (spec_.packet_loss_ppb == 0) return;
  // Every packet comes down exactly one access link.
  auto loss = ns3::CreateObject<ns3::RateErrorModel>();
  loss->SetUnit(ns3::RateErrorModel::ERROR_UNIT_PACKET);
  loss->SetRate(spec_.packet_loss_ppb / 1e9);
  next_stream_ += loss->AssignStreams(next_stream_);
  cable.first->SetReceiveErrorModel(loss);
}

/// One direction of a connection: what is still to be handed to TCP, and what is on its way.
struct Stream {
  struct Part {
    std::uint64_t bytes;  // still to arrive
    Token token;
    std::int64_t sent_at;
  };
  Ptr<ns3::Socket> socket;  // the sender's end; null until the connection stands
  std::uint64_t unsent = 0;
  std::deque<Part> parts;
};

/// The connection of two nodes. stream[0] flows from the node that opened it.
struct Connection {
  std::array<NodeId, 2> ends;
  std::array<Stream, 2> stream;
};

/// ns-3 keeps its clock, its nodes and its defaults in globals: one run at a time, and all is taken
/// down after it, also after one that never began.
class Simulation {
 public:
  Simulation() {
    if (alive_) throw EngineBusy("ns3 engine: one run at a time in a process");
    alive_ = true;
  }
  ~Simulation() {
    ns3::Simulator::Destroy();
    alive_ = false;
  }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

 private:
  inline static bool alive_ = false;
};

class Ns3Engine final : public Engine {
 public:
  explicit Ns3Engine(const NetworkSpec& spec);
  Ns3Engine(const Ns3Engine&) = delete;
  Ns3Engine& operator=(const Ns3Engine&) = delete;

  Time now() const override { return time_at(pump_.now()); }
  void wake_at(NodeId node, Time time) override;
  void transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) override;
  void multicast(Time depart, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                 Token token) override;
  void run_until(Time limit, EngineSink& sink) override;
  void request_stop() override { pump_.request_stop(); }
  std::uint64_t events() const override { return ns3::Simulator::GetEventCount(); }
  std::uint64_t pending() const override { return pump_.waiting() + in_flight_; }
  Duration uplink_busy(NodeId node) const override {
    return Duration{fabric_->uplink_busy(node, pump_.now())};
  }
  Duration downlink_busy(NodeId node) const override {
    return Duration{fabric_->downlink_busy(node, pump_.now())};
  }
  Duration longest_queue() const override { return Duration{longest_}; }
  EngineCapabilities capabilities() const override;

 private:
  void run_to(std::int64_t limit);
  void reached_limit();
  void come_back(std::int64_t at);
  void flush(std::int64_t at);
  std::pair<std::size_t, std::size_t> stream_of(NodeId from, NodeId to);
  void open(std::size_t index);
  void listen(NodeId node);
  void established(std::size_t index, std::size_t way, Ptr<ns3::Socket> socket);
  void push(std::size_t index, std::size_t way);
  void receive(std::size_t index, std::size_t way, Ptr<ns3::Socket> socket);
  void arrived(std::size_t index, std::size_t way, std::uint64_t bytes);

  const Simulation simulation_;  // first, so that it ends last
  const NetworkSpec spec_;
  InstantPump pump_;
  std::unique_ptr<Fabric> fabric_;
  std::vector<Ptr<ns3::Socket>> listeners_;
  std::deque<Connection> connections_;
  Lookup<std::uint64_t, std::size_t> by_pair_;
  EngineSink* sink_ = nullptr;
  std::exception_ptr failure_;  // of the sink, kept from unwinding through ns-3
  std::uint64_t last_count_ = 0;
  std::uint64_t in_flight_ = 0;
  std::int64_t longest_ = 0;
};

void check(const NetworkSpec& spec) {
  const auto refuse = [](const std::string& why) {
    throw std::invalid_argument("ns3 engine: " + why);
  };
  if (spec.nodes > nodes_max) {
    throw EngineLimit("ns3 engine: " + std::to_string(spec.nodes) +
                            " nodes, and it takes at most " + std::to_string(nodes_max));
  }
  if (spec.regions == 0 ||
      spec.latency.size() != std::size_t{spec.regions} * spec.regions)
    refuse("the latency matrix is not regions x regions");
  if (!spec.region.empty() && spec.region.size() != spec.nodes)
    refuse("the list of regions has not one entry a node");
  if ((!spec.up_bps.empty() && spec.up_bps.size() != spec.nodes) ||
      (!spec.down_bps.empty() && spec.down_bps.size() != spec.nodes))
    refuse("a list of link rates has not one entry a node");
  if (spec.jitter != JitterKind::none) refuse("it has no jitter");
  if (spec.mtu == 0 || spec.mtu > mtu_max) {
    refuse("the payload of a packet is not from 1 to " + std::to_string(mtu_max) + " bytes");
  }
}

const char* type_of(TcpKind tcp) {
  switch (tcp) {
    case TcpKind::new_reno: return "ns3::TcpNewReno";
    case TcpKind::linux_reno: return "ns3::TcpLinuxReno";
    case TcpKind::cubic: return "ns3::TcpCubic";
    case TcpKind::bbr: return "ns3::TcpBbr";
  }
  return "";
}

/// Every default that matters is set for every run, so that none is left over from the last.
void set_defaults(const NetworkSpec& spec) {
  const auto number = [](const char* key, std::uint32_t value) {
    ns3::Config::SetDefault(key, ns3::UintegerValue(value));
  };
  number("ns3::TcpSocket::SegmentSize", spec.mtu);
  number("ns3::TcpSocket::InitialCwnd", 10);
  number("ns3::TcpSocket::SndBufSize", buffer_bytes);
  number("ns3::TcpSocket::RcvBufSize", buffer_bytes);
  number("ns3::TcpSocket::DelAckCount", 2);
  // A connection is never given up: what the host handed over arrives.
  number("ns3::TcpSocket::ConnCount", 0x7fffffff);
  number("ns3::TcpSocket::DataRetries", 0x7fffffff);
  ns3::Config::SetDefault("ns3::TcpSocket::TcpNoDelay", ns3::BooleanValue(true));
  // An acknowledgement held back longer than the timeout would have everything sent twice: a fifth
  // of it, as Linux has it with 40 ms of 200 ms.
  const std::int64_t timeout = spec.retransmission_timeout.count();
  ns3::Config::SetDefault("ns3::TcpSocketBase::MinRto", ns3::TimeValue(to_ns3(timeout)));
  ns3::Config::SetDefault("ns3::TcpSocket::DelAckTimeout", ns3::TimeValue(to_ns3(timeout / 5)));
  ns3::Config::SetDefault("ns3::TcpL4Protocol::SocketType",
                          ns3::TypeIdValue(ns3::TypeId::LookupByName(type_of(spec.tcp))));
}

Ns3Engine::Ns3Engine(const NetworkSpec& spec) : spec_(spec), pump_(spec.seed) {
  check(spec_);
  ns3::RngSeedManager::SetSeed(1);
  ns3::RngSeedManager::SetRun(spec_.seed);
  ns3::Mac48Address::ResetAllocationIndex();
  set_defaults(spec_);
  fabric_ = std::make_unique<Fabric>(spec_);
  for (NodeId node = 0; node < spec_.nodes; ++node) listen(node);
  run_to(0);  // nodes come up before the host's first call
}

void Ns3Engine::listen(NodeId node) {
  const auto socket = ns3::Socket::CreateSocket(fabric_->peer(node),
                                                ns3::TcpSocketFactory::GetTypeId());
  socket->Bind(ns3::InetSocketAddress(address_of(node), port));
  socket->SetAcceptCallback(
      ns3::Callback<bool, Ptr<ns3::Socket>, const ns3::Address&>(
          [](Ptr<ns3::Socket>, const ns3::Address&) { return true; }),
      ns3::Callback<void, Ptr<ns3::Socket>, const ns3::Address&>(
          [this, node](Ptr<ns3::Socket> end, const ns3::Address& from) {
            const auto [index, way] = stream_of(
                node, node_of(ns3::InetSocketAddress::ConvertFrom(from).GetIpv4()));
            established(index, way, end);
          }));
  socket->Listen();
  listeners_.push_back(socket);
}

/// Where messages of this link go; the connection is made if there is none.
std::pair<std::size_t, std::size_t> Ns3Engine::stream_of(NodeId from, NodeId to) {
  const std::uint64_t pair = std::uint64_t{std::min(from, to)} << 32 | std::max(from, to);
  const auto [entry, fresh] = by_pair_.try_emplace(pair, connections_.size());
  const std::size_t index = *entry;
  if (fresh) {
    if (connections_.size() == connections_max) {
      throw EngineLimit("ns3 engine: more than " + std::to_string(connections_max) +
                              " TCP connections, of " + std::to_string(connection_bytes) +
                              " bytes each: fewer nodes, or a relay with fewer neighbours");
    }
    connections_.push_back({{from, to}, {}});
    open(index);
  }
  return {index, connections_[index].ends[0] == from ? 0u : 1u};
}

void Ns3Engine::open(std::size_t index) {
  const Connection& connection = connections_[index];
  const auto socket = ns3::Socket::CreateSocket(fabric_->peer(connection.ends[0]),
                                                ns3::TcpSocketFactory::GetTypeId());
  socket->SetConnectCallback(
      ns3::Callback<void, Ptr<ns3::Socket>>(
          [this, index](Ptr<ns3::Socket> end) { established(index, 0, end); }),
      ns3::Callback<void, Ptr<ns3::Socket>>([](Ptr<ns3::Socket>) {}));
  if (socket->Bind() != 0 ||
      socket->Connect(ns3::InetSocketAddress(address_of(connection.ends[1]), port)) != 0) {
    throw EngineLimit("ns3 engine: node " + std::to_string(connection.ends[0]) +
                            " has no port left for another connection");
  }
}

void Ns3Engine::established(std::size_t index, std::size_t way, Ptr<ns3::Socket> socket) {
  connections_[index].stream[way].socket = socket;
  socket->SetRecvCallback(ns3::Callback<void, Ptr<ns3::Socket>>(
      [this, index, way](Ptr<ns3::Socket> end) { receive(index, 1 - way, end); }));
  socket->SetSendCallback(ns3::Callback<void, Ptr<ns3::Socket>, uint32_t>(
      [this, index, way](Ptr<ns3::Socket>, uint32_t) { push(index, way); }));
  push(index, way);
}

void Ns3Engine::push(std::size_t index, std::size_t way) {
  Stream& stream = connections_[index].stream[way];
  while (stream.unsent > 0 && stream.socket) {
    const auto room = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(stream.unsent, stream.socket->GetTxAvailable()));
    if (room == 0 || stream.socket->Send(ns3::Create<ns3::Packet>(room)) < 0) return;
    stream.unsent -= room;
  }
}

void Ns3Engine::receive(std::size_t index, std::size_t way, Ptr<ns3::Socket> socket) {
  std::uint64_t bytes = 0;
  while (const Ptr<ns3::Packet> packet = socket->Recv()) {
    if (packet->GetSize() == 0) break;
    bytes += packet->GetSize();
  }
  arrived(index, way, bytes);
}

void Ns3Engine::arrived(std::size_t index, std::size_t way, std::uint64_t bytes) {
  const Connection& connection = connections_[index];
  std::deque<Stream::Part>& parts = connections_[index].stream[way].parts;
  const NodeId from = connection.ends[way];
  const NodeId to = connection.ends[1 - way];
  const std::int64_t at = clock_ns();
  while (bytes > 0) {
    const std::uint64_t taken = std::min(bytes, parts.front().bytes);
    parts.front().bytes -= taken;
    bytes -= taken;
    if (parts.front().bytes > 0) return;
    longest_ = std::max(longest_,
                        at - parts.front().sent_at - spec_.latency_between(from, to).count());
    --in_flight_;
    if (pump_.add_arrival(at, to, from, parts.front().token)) come_back(at);
    parts.pop_front();
  }
}

void Ns3Engine::wake_at(NodeId node, Time time) {
  if (node >= spec_.nodes || count_ns(time) < pump_.now()) {
    throw std::logic_error("ns3 engine: a wake-up in the past or for a node that does not exist");
  }
  if (pump_.add_wake(node, count_ns(time))) come_back(count_ns(time));
}

void Ns3Engine::transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) {
  if (depart != now()) throw std::logic_error("ns3 engine: a message may depart now only");
  if (from >= spec_.nodes || to >= spec_.nodes || from == to) {
    throw std::logic_error("ns3 engine: sender or receiver does not exist, or they are the same");
  }
  const auto [index, way] = stream_of(from, to);
  const std::uint32_t beyond = std::max(spec_.overhead_bytes, packet_headers);
  const std::uint64_t size =
      std::max<std::uint64_t>(1, std::uint64_t{bytes} + (beyond - packet_headers));
  Stream& stream = connections_[index].stream[way];
  stream.parts.push_back({size, token, pump_.now()});
  stream.unsent += size;
  ++in_flight_;
  push(index, way);
}

void Ns3Engine::multicast(Time depart, NodeId from, std::span<const NodeId> to,
                          std::uint32_t bytes, Token token) {
  for (const NodeId receiver : to) transmit(depart, from, receiver, bytes, token);
}

void Ns3Engine::come_back(std::int64_t at) {
  ns3::Simulator::Schedule(to_ns3(at - clock_ns()), &Ns3Engine::flush, this, at);
}

void Ns3Engine::flush(std::int64_t at) {
  if (failure_) return;
  try {
    pump_.flush(at, *sink_);
  } catch (...) {
    failure_ = std::current_exception();
  }
  if (failure_ || pump_.stopped()) ns3::Simulator::Stop();
}

void Ns3Engine::run_until(Time limit, EngineSink& sink) {
  if (limit < now()) throw std::logic_error("ns3 engine: run_until() a date in the past");
  sink_ = &sink;
  run_to(count_ns(limit));
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (!pump_.stopped()) pump_.advance(count_ns(limit));
  pump_.clear_stop();
}

void Ns3Engine::run_to(std::int64_t limit) {
  last_count_ = ~std::uint64_t{0};
  ns3::EventId end = ns3::Simulator::Schedule(to_ns3(limit - clock_ns()),
                                              &Ns3Engine::reached_limit, this);
  ns3::Simulator::Run();
  ns3::Simulator::Cancel(end);
}

/// Events of the limit's own instant may still stand behind this one, or come of those: it goes to
/// the end of the line until nothing ran in between.
void Ns3Engine::reached_limit() {
  const std::uint64_t count = ns3::Simulator::GetEventCount();
  if (count == last_count_ + 1) {
    ns3::Simulator::Stop();
    return;
  }
  last_count_ = count;
  ns3::Simulator::ScheduleNow(&Ns3Engine::reached_limit, this);
}

std::string version_text() { return std::string("ns3@1 (ns-") + LEDGERLAB_NS3_VERSION + ")"; }

EngineCapabilities Ns3Engine::capabilities() const {
  return {
      .name = "ns3",
      .version = version_text(),
      .physics =
          std::string("Packets: every two nodes share one TCP connection (") +
          std::string(name_of(spec_.tcp, tcp_names)) +
          ", initial window 10 segments, buffers of 4 MiB, delayed acknowledgements), opened by "
          "their first message and kept; a node's access link has a " +
          std::string(name_of(spec_.queue, queue_names)) +
          " queue in either direction, " +
          (spec_.queue_bytes == 0 ? std::string("as long as it gets")
                                  : "of " + std::to_string(spec_.queue_bytes) + " bytes") +
          "; routers and the lines between regions are never full; a "
          "packet brings its own headers of 54 bytes.",
      .future_departure = false,
      .packet_loss = true,
  };
}

const EngineModule module{
    engine_interface, LEDGERLAB_ENGINE_BUILD, "ns3", version_text,
    [](const NetworkSpec& spec) -> std::unique_ptr<Engine> {
      return std::make_unique<Ns3Engine>(spec);
    }};

}  // namespace
}  // namespace ledgerlab::ns3_engine

extern "C" const ledgerlab::EngineModule* ledgerlab_engine() {
  return &ledgerlab::ns3_engine::module;
}
