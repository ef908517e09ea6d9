#include "models/discovery/dns_seed/dns_seed.hpp"

#include "models/api/registry.hpp"
#include "models/parts/node_list/node_list.hpp"

namespace ledgerlab {
namespace dns_seed {
namespace {

constexpr TimerId timer(TimerKind kind) { return {static_cast<std::uint32_t>(kind), 0}; }

TableSizes sizes_of(const Params& p) {
  return {static_cast<std::uint32_t>(p.count("new_buckets")),
          static_cast<std::uint32_t>(p.count("tried_buckets")),
          static_cast<std::uint32_t>(p.count("bucket_size"))};
}

}  // namespace

DnsSeed::DnsSeed(const ModuleContext& context)
    : seeds_(nodes_in(context.params->text("seeds")).value_or(std::vector<NodeId>{})),
      replicas_(context.replicas),
      groups_(context.address_groups),
      answer_max_(static_cast<std::uint32_t>(context.params->count("answer_max"))),
      crawled_ppb_(context.params->count("crawled")),
      outbound_max_(static_cast<std::uint32_t>(context.params->count("outbound"))),
      inbound_max_(static_cast<std::uint32_t>(context.params->count("inbound"))),
      connect_interval_(context.params->duration("connect_interval")),
      feeler_interval_(context.params->duration("feeler_interval")),
      ping_interval_(context.params->duration("ping_interval")),
      addresses_(sizes_of(*context.params),
                 draw64(context.seed, context.self, Purpose("dns_seed.key"), 0),
                 context.address_groups) {}

void DnsSeed::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::start) {
    start(input, effects);
  } else if (input.kind == InputKind::deliver) {
    deliver(input, effects);
  } else if (input.kind == InputKind::timer) {
    if (input.timer == timer(TimerKind::connect)) find_peers(input, effects);
    if (input.timer == timer(TimerKind::feeler)) feel(input, effects);
    if (input.timer == timer(TimerKind::ping)) ping(input, effects);
  }
}

void DnsSeed::start(const Input& input, Effects& effects) {
  tell(effects);
  find_peers(input, effects);
  effects.set_timer(timer(TimerKind::feeler),
                    draw_exponential(draw(input, Purpose("dns_seed.feeler"), Draw::feeler), feeler_interval_));
  effects.set_timer(timer(TimerKind::ping), ping_interval_);
}

void DnsSeed::deliver(const Input& input, Effects& effects) {
  const Message& message = *input.message;
  if (input.from >= replicas_) return;
  const auto connected = connections_.find(input.from);
  if (connected != connections_.end()) connected->second.unanswered = 0;
  if (message.as<SeedQuery>()) {
    answer_query(input, effects);
  } else if (const auto* answer = message.as<SeedAnswer>()) {
    if (!std::binary_search(seeds_.begin(), seeds_.end(), input.from)) return;
    learn(input, answer->addresses, input.from);
    find_peers(input, effects);
  } else if (const auto* connect = message.as<Connect>()) {
    on_connect(input, effects, *connect);
  } else if (const auto* accept = message.as<Accept>()) {
    on_accept(input, effects, *accept);
  } else if (message.as<Leave>()) {
    lose(effects, input.from);
  } else if (message.as<GetAddr>()) {
    if (connected == connections_.end() || !gave_addresses_.insert(input.from).second) return;
    // At most 1,000 and at most 23% of what is known, as Bitcoin answers.
    const std::size_t limit =
        std::min(addresses_max, std::max<std::size_t>(1, addresses_.known() * 23 / 100));
    effects.send(input.from,
                 Addr{addresses_.some(limit, draw(input, Purpose("dns_seed.getaddr"), Draw::getaddr))});
  } else if (const auto* addr = message.as<Addr>()) {
    if (connected != connections_.end()) on_addresses(input, effects, *addr);
  } else if (message.as<Ping>()) {
    effects.send(input.from, Pong{connected != connections_.end()});
  } else if (const auto* pong = message.as<Pong>()) {
    if (!pong->connected) lose(effects, input.from);
  }
}

/// What a crawler would have found: drawn replicas out of the share it has found.
void DnsSeed::answer_query(const Input& input, Effects& effects) {
  if (!std::binary_search(seeds_.begin(), seeds_.end(), input.self)) return;
  std::vector<NodeId> found;
  std::set<NodeId> chosen;
  // A bounded number of draws; small networks are told whole, nearly.
  for (std::uint32_t i = 0; i < answer_max_ * 8 && found.size() < answer_max_; ++i) {
    const auto node =
        static_cast<NodeId>(draw_below(draw(input, Purpose("dns_seed.answer"), Draw::answer), replicas_));
    const bool crawled = draw_ppb(input.draw(Purpose("dns_seed.crawled"), node), crawled_ppb_);
    if (node == input.from || !crawled || !chosen.insert(node).second) continue;
    found.push_back(node);
  }
  effects.send(input.from, SeedAnswer{std::move(found)});
}

void DnsSeed::on_connect(const Input& input, Effects& effects, const Connect& connect) {
  if (connect.feeler) {
    effects.send(input.from, Accept{false});
    return;
  }
  const auto inbound = connections_.size() - outbound();
  const bool known = connections_.contains(input.from);
  const bool room = known || inbound < inbound_max_;
  effects.send(input.from, Accept{room});
  if (!room || known) return;
  // Both asked: the connection is the lower one's.
  const auto asked = asked_.find(input.from);
  const bool ours = asked != asked_.end() && !asked->second && input.self < input.from;
  gain(effects, input.from, ours);
}

void DnsSeed::on_accept(const Input& input, Effects& effects, const Accept& accept) {
  const auto asked = asked_.find(input.from);
  if (asked == asked_.end()) return;
  const bool feeler = asked->second;
  asked_.erase(asked);
  addresses_.good(input.from);
  if (feeler || !accept.room) return;
  if (outbound() >= outbound_max_ && !connections_.contains(input.from)) {
    effects.send(input.from, Leave{});
    return;
  }
  if (!connections_.contains(input.from)) gain(effects, input.from, true);
  // Outbound peers are asked for addresses, and told ours.
  effects.send(input.from, GetAddr{});
  effects.send(input.from, Addr{{input.self}});
}

void DnsSeed::on_addresses(const Input& input, Effects& effects, const Addr& addr) {
  std::vector<NodeId> fresh;
  for (const NodeId address : addr.addresses) {
    if (address < replicas_ && !addresses_.knows(address)) fresh.push_back(address);
  }
  learn(input, fresh, input.from);
  // Few and fresh: gossip, which goes on to two drawn peers; answers to getaddr do not.
  if (fresh.empty() || addr.addresses.size() > 10) return;
  std::vector<NodeId> others = peers();
  std::erase(others, input.from);
  for (int k = 0; k < 2 && !others.empty(); ++k) {
    const auto at = draw_below(draw(input, Purpose("dns_seed.gossip"), Draw::gossip), others.size());
    effects.send(others[at], Addr{fresh});
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

void DnsSeed::learn(const Input& input, std::span<const NodeId> addresses, NodeId source) {
  for (const NodeId address : addresses) {
    if (address < replicas_ && address != input.self) addresses_.add(address, source);
  }
}

bool DnsSeed::group_taken(NodeId address) const {
  if (address >= groups_.size()) return false;
  for (const auto& [peer, connection] : connections_) {
    if (connection.outbound && peer < groups_.size() && groups_[peer] == groups_[address]) {
      return true;
    }
  }
  return false;
}

/// Outbound connections up to their number, no two into one address group; seeds while nobody else
/// is known.
void DnsSeed::find_peers(const Input& input, Effects& effects) {
  effects.set_timer(timer(TimerKind::connect), connect_interval_);
  for (const auto& [address, feeler] : asked_) addresses_.bad(address);
  asked_.clear();
  const std::uint32_t have = outbound();
  if (have >= outbound_max_) return;
  std::uint32_t missing = outbound_max_ - have;
  std::set<std::uint16_t> groups;
  for (std::uint32_t tries = 0; missing > 0 && tries < outbound_max_ * 8; ++tries) {
    const auto address = addresses_.select(false, draw(input, Purpose("dns_seed.select"), Draw::select));
    if (!address) break;
    if (connections_.contains(*address) || asked_.contains(*address) || group_taken(*address)) {
      continue;
    }
    if (*address < groups_.size() && !groups.insert(groups_[*address]).second) continue;
    addresses_.attempt(*address);
    asked_[*address] = false;
    effects.send(*address, Connect{});
    --missing;
  }
  if (missing == 0 || seeds_.empty()) return;
  const NodeId seed =
      seeds_[draw_below(draw(input, Purpose("dns_seed.seed"), Draw::seed), seeds_.size())];
  if (seed != input.self) {
    effects.send(seed, SeedQuery{});
  } else {
    for (const NodeId other : seeds_) {
      if (other != input.self) addresses_.add(other, input.self);
    }
  }
}

/// Tests an address of the new table, or the holder of a place that another waits for.
void DnsSeed::feel(const Input& input, Effects& effects) {
  effects.set_timer(timer(TimerKind::feeler),
                    draw_exponential(draw(input, Purpose("dns_seed.feeler"), Draw::feeler), feeler_interval_));
  auto address = addresses_.to_test();
  if (!address) address = addresses_.select(true, draw(input, Purpose("dns_seed.feel"), Draw::feel));
  if (!address || asked_.contains(*address)) return;
  if (connections_.contains(*address)) {
    addresses_.good(*address);
    return;
  }
  addresses_.attempt(*address);
  asked_[*address] = true;
  effects.send(*address, Connect{true});
}

void DnsSeed::ping(const Input& input, Effects& effects) {
  effects.set_timer(timer(TimerKind::ping), ping_interval_);
  const std::vector<NodeId> all = peers();
  for (const NodeId peer : all) {
    Connection& connection = connections_.at(peer);
    if (++connection.unanswered > 2) {
      lose(effects, peer);
      find_peers(input, effects);
    } else {
      effects.send(peer, Ping{});
    }
  }
}

void DnsSeed::gain(Effects& effects, NodeId peer, bool outbound) {
  connections_[peer] = {outbound, 0};
  gave_addresses_.erase(peer);
  tell(effects);
}

void DnsSeed::lose(Effects& effects, NodeId peer) {
  if (connections_.erase(peer) == 0) return;
  gave_addresses_.erase(peer);
  tell(effects);
}

void DnsSeed::tell(Effects& effects) const {
  effects.call(Slot::relay, Peers{peers()});
  effects.call(Slot::consensus, Peers{peers()});
}

std::vector<NodeId> DnsSeed::peers() const {
  std::vector<NodeId> out;
  for (const auto& [peer, connection] : connections_) out.push_back(peer);
  return out;
}

std::uint32_t DnsSeed::outbound() const {
  return static_cast<std::uint32_t>(std::count_if(
      connections_.begin(), connections_.end(), [](const auto& c) { return c.second.outbound; }));
}

void DnsSeed::inspect(Inspector& inspector) const {
  inspector.field("discovery.peers", static_cast<std::uint64_t>(connections_.size()));
  std::string list;
  for (const NodeId peer : peers()) list += (list.empty() ? "" : " ") + std::to_string(peer);
  inspector.field("overlay.peers", std::move(list));
  inspector.field("discovery.outbound", std::uint64_t{outbound()});
  inspector.field("discovery.known", static_cast<std::uint64_t>(addresses_.known()));
  inspector.field("discovery.tried", static_cast<std::uint64_t>(addresses_.tried()));
}

}  // namespace dns_seed

namespace {

std::string check(const Params& p, std::uint32_t replicas) {
  const auto seeds = nodes_in(p.text("seeds"));
  if (!seeds || seeds->empty() || seeds->back() >= replicas) {
    return "seeds: expected replicas such as \"0, 1\", from 0 to " + std::to_string(replicas - 1);
  }
  return {};
}

}  // namespace

void register_discovery_dns_seed(Registry& registry) {
  using Type = ParamType;
  ModelInfo info;
  info.name = "dns_seed";
  info.kind = ModelKind::discovery;
  info.slot = Slot::overlay;
  info.family = "permissionless";
  info.summary = "Seeds, address gossip, new and tried tables, feelers: as Bitcoin finds peers.";
  info.paper =
      "Heilman, Kendler, Zohar, Goldberg: Eclipse Attacks on Bitcoin's Peer-to-Peer Network, 2015";
  info.params = {
      {"seeds", Type::text, "0", "replicas that answer as seeds, as \"0, 1\"", {}, {}, {}},
      {"answer_max", Type::integer, "25", "addresses in a seed's answer", "1", "1000", {}},
      {"crawled", Type::ratio, "100 %", "of the replicas a seed's crawler has found", "0", "1", {}},
      {"outbound", Type::integer, "8", "connections that a node opens", "1", "1000", {}},
      {"inbound", Type::integer, "117", "connections that it takes", "0", "100000", {}},
      {"connect_interval", Type::duration, "1 s", "between attempts while outbound ones lack",
       "1 ms", "1 h", {}},
      {"feeler_interval", Type::duration, "120 s", "mean time between two feelers", "1 ms", "1 d",
       {}},
      {"ping_interval", Type::duration, "30 s", "the third without an answer ends a connection",
       "1 ms", "1 h", {}},
      {"new_buckets", Type::integer, "1024", "of addresses heard of", "1", "65536", {}},
      {"tried_buckets", Type::integer, "256", "of addresses connected with", "1", "65536", {}},
      {"bucket_size", Type::integer, "64", "addresses in a bucket", "1", "1024", {}},
  };
  using namespace dns_seed;
  info.messages = message_list<SeedQuery, SeedAnswer, Connect, Accept, Leave, GetAddr, Addr, Ping,
                               Pong>();
  info.check = check;
  info.contract.params = "ping_interval = \"3 s\"";
  info.contract.run = seconds(30);
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<DnsSeed>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
