// The simgrid engine: every message is one flow of SimGrid's fluid network model, so that transfers
// share access links and backbones while they last (H. Casanova et al., "Versatile, Scalable, and
// Accurate Simulation of Distributed Applications and Platforms", JPDC 2014). SimGrid is
// process-global: one engine a process.
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/kernel/resource/NetworkModelIntf.hpp>
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>
#include <xbt/config.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

#include "models/base/fifo.hpp"
#include "models/base/int128.hpp"
#include "sim/engine/instant_pump.hpp"
#include "sim/engine/module.hpp"

namespace ledgerlab {
namespace {

namespace sg = simgrid::s4u;

constexpr double unlimited_bytes_per_s = 1e18;
constexpr double flow_model_factor_none = 1.0;

double bytes_per_second(std::uint64_t bps) {
  return bps == 0 ? unlimited_bytes_per_s : static_cast<double>(bps) / 8.0;
}

std::int64_t to_ns(double seconds) { return static_cast<std::int64_t>(seconds * 1e9 + 0.5); }
double to_seconds(std::int64_t time_ns) { return static_cast<double>(time_ns) * 1e-9; }

class SimgridEngine final : public Engine {
 public:
  explicit SimgridEngine(const NetworkSpec& spec);
  ~SimgridEngine() override;

  Time now() const override { return time_at(pump_.now()); }
  void wake_at(NodeId node, Time time) override;
  void transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) override;
  void multicast(Time depart, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                 Token token) override {
    for (const NodeId receiver : to) transmit(depart, from, receiver, bytes, token);
  }
  void run_until(Time limit, EngineSink& sink) override;
  void request_stop() override { pump_.request_stop(); }
  std::uint64_t events() const override { return pump_.events(); }
  std::uint64_t pending() const override { return pump_.waiting() + in_flight_; }
  Duration uplink_busy(NodeId node) const override { return busy(spec_.up_bps, sent_, node); }
  Duration downlink_busy(NodeId node) const override {
    return busy(spec_.down_bps, received_, node);
  }
  Duration longest_queue() const override { return Duration{longest_queue_}; }
  EngineCapabilities capabilities() const override;

 private:
  struct Transfer {
    sg::CommPtr comm;
    NodeId from = 0;
    NodeId to = 0;
    std::uint32_t bytes = 0;
    Token token = 0;
    std::int64_t begun = 0;
    bool arrived = false;
  };

  void check(const NetworkSpec& spec) const;
  void build_from_spec();
  void build_from_file();
  void on_completion(std::size_t slot);
  void come_back(std::int64_t at);
  Duration busy(const std::vector<std::uint64_t>& bps, const std::vector<std::uint64_t>& bytes,
                NodeId node) const;

  NetworkSpec spec_;
  InstantPump pump_;
  sg::Engine* engine_ = nullptr;
  EngineSink* sink_ = nullptr;
  std::vector<sg::Host*> hosts_;
  double latency_factor_ = flow_model_factor_none;
  std::vector<Transfer> transfers_;
  std::vector<std::size_t> free_;
  std::vector<std::size_t> leaving_;  // SimGrid still touches a comm after its callback
  std::map<std::uint64_t, Fifo<std::size_t>> links_;  // transfers under way, by (from, to), in order
  std::uint64_t in_flight_ = 0;
  std::vector<std::uint64_t> sent_, received_;  // payload and overhead bytes of ended transfers
  std::int64_t longest_queue_ = 0;
};

/// The completion callback is SimGrid's own and cannot be taken off again.
SimgridEngine* the_engine = nullptr;

SimgridEngine::SimgridEngine(const NetworkSpec& spec)
    : spec_(spec), pump_(spec.seed), sent_(spec.nodes), received_(spec.nodes) {
  check(spec);
  if (the_engine != nullptr) {
    throw std::logic_error("simgrid: one run a process; SimGrid's clock and models are global");
  }
  static char name[] = "ledgerlab";
  static char quiet[] = "--log=root.thresh:warning";
  static char* arguments[] = {name, quiet, nullptr};
  int count = 2;
  engine_ = new sg::Engine(&count, arguments);
  sg::Engine::set_config("network/model:" + spec.flow_model);
  // SimGrid takes dates this close for one; ours are nanoseconds apart.
  sg::Engine::set_config("surf/precision:1e-11");
  if (spec.flow_model == "CM02") {
    // Without these two CM02 is the plain fluid model: rates are shared fairly, nothing else.
    sg::Engine::set_config("network/crosstraffic:0");
    sg::Engine::set_config("network/TCP-gamma:0");
  }
  if (spec.platform_file.empty()) {
    build_from_spec();
  } else {
    build_from_file();
  }
  static bool registered = false;
  if (!registered) {
    registered = true;
    sg::Comm::on_completion_cb([](const sg::Activity& activity) {
      const auto slot =
          reinterpret_cast<std::uintptr_t>(static_cast<const sg::Comm&>(activity).get_data<void>());
      if (the_engine != nullptr && slot != 0) the_engine->on_completion(slot - 1);
    });
  }
  the_engine = this;
}

SimgridEngine::~SimgridEngine() { the_engine = nullptr; }

void SimgridEngine::check(const NetworkSpec& spec) const {
  if (spec.jitter != JitterKind::none || spec.packet_loss_ppb != 0) {
    throw std::invalid_argument(
        "the simgrid engine has neither jitter nor packet loss: leave network.jitter and "
        "network.packet_loss out (message loss is a fault: [[faults]] kind = \"loss\")");
  }
  if (spec.nodes > event_node_count) {
    throw std::invalid_argument("the simgrid engine takes at most 2^20 nodes");
  }
}

void SimgridEngine::build_from_spec() {
  // One star of hosts a region, all in one star: what leaves a region passes its backbone. The
  // whole latency is put in by the factor callback; links carry none but the up-link's unit.
  auto* world = sg::create_star_zone("world");
  const auto link = [](sg::NetZone* zone, const std::string& name, std::uint64_t bps,
                       double latency) {
    return zone->create_link(name, bytes_per_second(bps))->set_latency(latency)->seal();
  };
  const auto route = [](sg::Link* l) { return std::vector<sg::LinkInRoute>{sg::LinkInRoute(l)}; };
  std::vector<sg::NetZone*> regions;
  for (std::uint16_t r = 0; r < spec_.regions; ++r) {
    const std::string name = "region" + std::to_string(r);
    auto* zone = sg::create_star_zone(name)->set_parent(world);
    regions.push_back(zone);
  }
  hosts_.resize(spec_.nodes);
  for (NodeId i = 0; i < spec_.nodes; ++i) {
    auto* zone = regions[spec_.region_of(i)];
    const std::string name = std::to_string(i);
    hosts_[i] = zone->create_host("n" + name, 1e9);
    auto* up = link(zone, "up" + name, spec_.up_bps.empty() ? 0 : spec_.up_bps[i], 1);
    auto* down = link(zone, "down" + name, spec_.down_bps.empty() ? 0 : spec_.down_bps[i], 0);
    zone->add_route(hosts_[i]->get_netpoint(), nullptr, nullptr, nullptr, route(up), false);
    zone->add_route(nullptr, hosts_[i]->get_netpoint(), nullptr, nullptr, route(down), false);
  }
  for (std::uint16_t r = 0; r < spec_.regions; ++r) {
    const std::string name = std::to_string(r);
    auto* gateway = regions[r]->create_router("gateway" + name);
    regions[r]->add_route(gateway, nullptr, nullptr, nullptr, std::vector<sg::LinkInRoute>{}, false);
    regions[r]->add_route(nullptr, gateway, nullptr, nullptr, std::vector<sg::LinkInRoute>{}, false);
    auto* out = link(world, "out" + name, spec_.backbone_bps, 0);
    auto* in = link(world, "in" + name, spec_.backbone_bps, 0);
    world->add_route(regions[r]->get_netpoint(), nullptr, gateway, nullptr, route(out), false);
    world->add_route(nullptr, regions[r]->get_netpoint(), nullptr, gateway, route(in), false);
  }
  latency_factor_ = simgrid::config::get_value<double>("network/latency-factor");
  std::map<const sg::Host*, NodeId> numbers;
  for (NodeId i = 0; i < spec_.nodes; ++i) numbers[hosts_[i]] = i;
  world->get_network_model()->set_lat_factor_cb(
      [this, numbers](double, const sg::Host* from, const sg::Host* to,
                      const auto&, const auto&) {
        const Duration one_way = spec_.latency_between(numbers.at(from), numbers.at(to));
        return to_seconds(one_way.count()) * latency_factor_;
      });
  world->seal();
}

void SimgridEngine::build_from_file() {
  if (!std::filesystem::is_regular_file(spec_.platform_file)) {
    throw std::runtime_error("there is no platform file " + spec_.platform_file);
  }
  try {
    engine_->load_platform(spec_.platform_file);
  } catch (const std::exception& error) {
    throw std::runtime_error("platform file " + spec_.platform_file + ": " + error.what());
  }
  hosts_ = engine_->get_all_hosts();
  std::sort(hosts_.begin(), hosts_.end(), [](const sg::Host* a, const sg::Host* b) {
    return std::make_pair(a->get_name().size(), a->get_name()) <
           std::make_pair(b->get_name().size(), b->get_name());
  });
  if (hosts_.size() < spec_.nodes) {
    throw std::invalid_argument("platform file " + spec_.platform_file + " has " +
                                std::to_string(hosts_.size()) + " hosts for " +
                                std::to_string(spec_.nodes) + " nodes");
  }
}

void SimgridEngine::come_back(std::int64_t at) {
  // Rounded to nanoseconds an instant may lie just before SimGrid's own clock.
  const double date = std::max(to_seconds(at), sg::Engine::get_clock());
  simgrid::kernel::timer::Timer::set(date, [this, at] {
    if (!pump_.stopped()) pump_.flush(at, *sink_);
  });
}

void SimgridEngine::wake_at(NodeId node, Time time) {
  if (pump_.add_wake(node, count_ns(time))) come_back(count_ns(time));
}

void SimgridEngine::transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes,
                             Token token) {
  if (depart != now()) throw std::logic_error("simgrid: a message may depart now only");
  for (const std::size_t slot : leaving_) {
    transfers_[slot].comm = nullptr;
    free_.push_back(slot);
  }
  leaving_.clear();
  if (free_.empty()) {
    free_.push_back(transfers_.size());
    transfers_.emplace_back();
  }
  const std::size_t slot = free_.back();
  free_.pop_back();
  Transfer& t = transfers_[slot];
  t = {sg::Comm::sendto_init(hosts_[from], hosts_[to]), from,  to, bytes + spec_.overhead_bytes,
       token, pump_.now(), false};
  t.comm->set_payload_size(t.bytes);
  t.comm->set_data(reinterpret_cast<void*>(slot + 1));
  links_[std::uint64_t{from} << 32 | to].push(std::size_t{slot});
  ++in_flight_;
  t.comm->start();
}

void SimgridEngine::on_completion(std::size_t slot) {
  Transfer& t = transfers_[slot];
  const std::int64_t at = std::max(pump_.now(), to_ns(sg::Engine::get_clock()));
  t.arrived = true;
  sent_[t.from] += t.bytes;
  received_[t.to] += t.bytes;
  if (spec_.platform_file.empty()) {
    const std::int64_t alone = count_ns(time_start + spec_.latency_between(t.from, t.to));
    longest_queue_ = std::max(longest_queue_, at - t.begun - alone);
  }
  // A link keeps order: a shorter message that overtook a longer one waits for it here, as it
  // would in one TCP connection.
  auto& queue = links_[std::uint64_t{t.from} << 32 | t.to];
  bool first = false;
  while (!queue.empty() && transfers_[queue.front()].arrived) {
    const std::size_t ended = queue.pop();
    const Transfer& e = transfers_[ended];
    first |= pump_.add_arrival(at, e.to, e.from, e.token);
    --in_flight_;
    leaving_.push_back(ended);
  }
  if (first) come_back(at);
}

void SimgridEngine::run_until(Time limit, EngineSink& sink) {
  sink_ = &sink;
  const double until = to_seconds(count_ns(limit));
  if (until > sg::Engine::get_clock()) engine_->run_until(until);
  // What the double clock has left due at the limit itself.
  pump_.flush(count_ns(limit), sink);
  pump_.clear_stop();
}

Duration SimgridEngine::busy(const std::vector<std::uint64_t>& bps,
                             const std::vector<std::uint64_t>& bytes, NodeId node) const {
  if (bps.empty() || bps[node] == 0) return Duration{};
  const auto time = static_cast<Uint128>(bytes[node]) * 8'000'000'000u / bps[node];
  return Duration{std::min(static_cast<std::int64_t>(time), pump_.now())};
}

std::string version_text() {
  int major = 0, minor = 0, patch = 0;
  sg_version_get(&major, &minor, &patch);
  return "simgrid@1 (SimGrid " + std::to_string(major) + "." + std::to_string(minor) + ")";
}

EngineCapabilities SimgridEngine::capabilities() const {
  return {
      .name = "simgrid",
      .version = version_text(),
      .physics = "SimGrid's fluid model " + spec_.flow_model +
                 ": every message is a flow, flows share up-links, down-links and region backbones "
                 "max-min fairly while they last; a link between two nodes hands over in order; "
                 "no packets, no packet loss, no jitter.",
      .future_departure = false,
      .packet_loss = false,
  };
}

const EngineModule module{
    engine_interface, LEDGERLAB_ENGINE_BUILD, "simgrid", version_text,
    [](const NetworkSpec& spec) -> std::unique_ptr<Engine> {
      return std::make_unique<SimgridEngine>(spec);
    }};

}  // namespace
}  // namespace ledgerlab

extern "C" const ledgerlab::EngineModule* ledgerlab_engine() { return &ledgerlab::module; }
