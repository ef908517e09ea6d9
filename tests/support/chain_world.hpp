// A few nodes of one chained protocol driven by hand: no host, no engine. The test says when time
// and messages pass; pool and application are plain, their state root is a hash over the history.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "models/api/registry.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/final_block/final_block.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::testing {

inline Params params_of(const ModelInfo& info, const std::map<std::string, std::string>& changes) {
  Params params;
  for (const ParamInfo& p : info.params) {
    const auto it = changes.find(p.key);
    const std::string& text = it == changes.end() ? p.fallback : it->second;
    if (p.type == ParamType::choice) {
      params.set(p.key, text);
    } else {
      const ParsedValue parsed = parse_value(p.type, text);
      if (!parsed.value) throw std::logic_error(p.key + ": " + parsed.error);
      params.set(p.key, *parsed.value);
    }
  }
  return params;
}

class ChainWorld {
 public:
  struct Flight {
    NodeId from;
    NodeId to;
    MessageRef message;
    bool relayed;  // by the relay, else sent straight
  };
  struct Node {
    std::unique_ptr<Module> module;
    // What the disk holds, and the application's durable part of it.
    std::vector<Record> records;
    std::uint64_t next_record = 1;
    BlockRef final_block;
    std::map<BlockId, Hash256> roots;
    // Volatile.
    BlockRef head;
    std::vector<BlockRef> finals;
    std::vector<TxRef> pool;
    std::optional<WorkSearch> search;
    std::map<std::uint32_t, Time> timers;
    std::vector<BlockRef> heads;
    std::vector<std::string> notes;
    std::uint64_t incarnation = 0;
    bool stall_adoption = false;
    std::deque<LocalCall> stalled;
    Duration clock{};  // offset of the wall clock
  };
  using Changes = std::map<std::string, std::string>;

  using Adjust = std::function<void(ModuleContext&)>;

  ChainWorld(const std::string& protocol, void (*register_it)(Registry&), std::uint32_t n,
             const Changes& changes, Adjust adjust = {}, SuiteMode crypto = SuiteMode::costed)
      : adjust_(std::move(adjust)),
        suite_(make_suite(crypto, 7, WorkMode::lottery)),
        effects_(*suite_, names_, costs_) {
    register_it(registry);
    info = registry.find(ModelKind::consensus, protocol);
    params = params_of(*info, changes);
    for (NodeId i = 0; i < n; ++i) {
      for (NodeId j = 0; j < n; ++j) {
        if (i != j) neighbours_[i].push_back(j);
      }
    }
    genesis = make_genesis(Hash256{});
    nodes.resize(n);
    for (NodeId i = 0; i < n; ++i) start(i);
  }
  ~ChainWorld() { effects_.discard(); }

  ModuleContext context(NodeId id) {
    ModuleContext c;
    c.self = id;
    c.replicas = static_cast<std::uint32_t>(nodes.size());
    c.neighbours = neighbours_[id];
    c.params = &params;
    c.suite = suite_.get();
    if (adjust_) adjust_(c);
    return c;
  }
  void start(NodeId id) {
    Node& n = nodes[id];
    n.module = info->make(context(id));
    if (!n.final_block) n.final_block = genesis;
    n.roots[genesis->id] = {};
    n.head = n.final_block;
    if (n.incarnation > 0) n.module->restore(n.records);
    Input input = make_input(id, InputKind::start);
    input.incarnation = n.incarnation;
    step(id, input);
    call(id, Slot::application, 0, ApplicationState{n.final_block});
  }
  void crash(NodeId id) {
    Node& n = nodes[id];
    n.module.reset();
    n.search.reset();
    n.timers.clear();
    n.pool.clear();
    n.stalled.clear();
    n.finals.clear();
    ++n.incarnation;
  }
  void restart(NodeId id) { start(id); }
  /// What a crash at this moment leaves, and a life that begins with it.
  struct Disk {
    std::vector<Record> records;
    std::uint64_t next_record = 1;
    BlockRef final_block;
  };
  Disk disk(NodeId id) const {
    return {nodes[id].records, nodes[id].next_record, nodes[id].final_block};
  }
  void restart_from(NodeId id, const Disk& disk) {
    crash(id);
    nodes[id].records = disk.records;
    nodes[id].next_record = disk.next_record;
    nodes[id].final_block = disk.final_block;
    start(id);
  }

  void deliver_all() {
    while (!flights.empty()) deliver(0);
  }
  void deliver(std::size_t position) {
    Flight f = flights[position];
    flights.erase(flights.begin() + static_cast<std::ptrdiff_t>(position));
    if (!nodes[f.to].module || cuts.contains({f.from, f.to})) return;
    if (intercept) intercept(f);
    if (!f.message) return;
    if (f.relayed) {
      call(f.to, Slot::relay, 0, Relayed{f.message, f.from});
      return;
    }
    Input input = make_input(f.to, InputKind::deliver);
    input.from = f.from;
    input.message = f.message.get();
    step(f.to, input);
  }
  void cut(std::set<NodeId> side) {
    for (NodeId i = 0; i < nodes.size(); ++i) {
      for (NodeId j = 0; j < nodes.size(); ++j) {
        if (side.contains(i) != side.contains(j)) cuts.insert({i, j});
      }
    }
  }
  void advance(Duration time) { now_ += time; }
  void fire(NodeId id, std::uint32_t kind) {
    auto& timers = nodes[id].timers;
    const auto it = timers.find(kind);
    if (it == timers.end()) throw std::logic_error("this timer is not set");
    now_ = std::max(now_, it->second);
    timers.erase(it);
    Input input = make_input(id, InputKind::timer);
    input.timer = {kind, 0};
    step(id, input);
  }
  bool timer_set(NodeId id, std::uint32_t kind) const { return nodes[id].timers.contains(kind); }
  TxRef propose(NodeId id, const std::string& text) {
    Bytes bytes(text.begin(), text.end());
    bytes.resize(text.size() + tx_signature_bytes, 7);
    nodes[id].pool.push_back(make_transaction(std::move(bytes)));
    call(id, Slot::mempool, 0, Pending{static_cast<std::uint32_t>(nodes[id].pool.size()), 1, now_});
    return nodes[id].pool.back();
  }
  /// Hands over content as if the relay had it from `from`.
  template <class Content>
  void relay(NodeId from, NodeId to, Content content) {
    effects_.begin(from);
    effects_.set_slot(Slot::consensus);
    MessageRef sealed = effects_.make(std::move(content));
    call(to, Slot::relay, 0, Relayed{std::move(sealed), from});
  }
  std::string field(NodeId id, const std::string& name) const {
    struct Reader final : Inspector {
      std::map<std::string, std::string> fields;
      void field(std::string_view key, std::string value) override {
        fields[std::string(key)] = std::move(value);
      }
    } reader;
    nodes[id].module->inspect(reader);
    return reader.fields[name];
  }
  Height height(NodeId id) const { return nodes[id].head->height; }
  bool last_note_has(NodeId id, const std::string& text) const {
    return !nodes[id].notes.empty() && nodes[id].notes.back().find(text) != std::string::npos;
  }
  /// Blocks this node has given to the relay.
  std::size_t count_relayed(NodeId id) const {
    std::size_t copies = 0;
    for (const Flight& f : sent) copies += f.relayed && f.from == id;
    return copies / (nodes.size() - 1);
  }
  std::size_t count_sent(std::string_view name) const {
    std::size_t out = 0;
    for (const Flight& f : sent) out += !f.relayed && f.message->type().info.name == name;
    return out;
  }

  Registry registry;
  const ModelInfo* info = nullptr;
  Params params;
  BlockRef genesis;
  std::vector<Node> nodes;
  std::deque<Flight> flights;
  std::vector<Flight> sent;
  std::set<std::pair<NodeId, NodeId>> cuts;
  /// A liar on the way: changes what is delivered, or takes it away (null).
  std::function<void(Flight&)> intercept;
  template <class T>
  MessageRef sealed(NodeId from, T body) {
    effects_.begin(from);
    effects_.set_slot(Slot::consensus);
    return effects_.make(std::move(body));
  }
  /// What the ledger says of the stakes after a block.
  std::function<std::shared_ptr<const std::vector<std::uint64_t>>(const BlockId&)> stakes;

  void set_now(Time now) { now_ = now; }
  Time now() const { return now_; }

 protected:
  WorldSuite& suite() { return *suite_; }
  /// Its effects are dropped: for making signatures and proofs.
  Crypto crypto_of(NodeId id) {
    effects_.begin(id);
    return effects_.crypto();
  }
  static Hash256 root_after(const Hash256& before, const Payload& payload) {
    Bytes text(before.data.begin(), before.data.end());
    for (const TxRef& tx : payload.transactions) {
      text.insert(text.end(), tx->id.data.begin(), tx->id.data.end());
    }
    return sha256(text);
  }
  /// A state of a few hundred bytes, which are its root's.
  static Bytes state_bytes(const Hash256& root) {
    Bytes out;
    for (int i = 0; i < 10; ++i) out.insert(out.end(), root.data.begin(), root.data.end());
    return out;
  }
  Input make_input(NodeId id, InputKind kind) {
    draws_ = Draws(1, id, static_cast<std::uint32_t>(nodes[id].incarnation));
    Input input;
    input.kind = kind;
    input.slot = Slot::consensus;
    input.self = id;
    input.local = now_;
    input.wall = now_ + nodes[id].clock;
    input.draws = &draws_;
    return input;
  }
  void step(NodeId id, const Input& input) {
    effects_.begin(id);
    effects_.set_slot(Slot::consensus);
    nodes[id].module->step(input, effects_);
    Node& n = nodes[id];
    for (const Effect& e : effects_.list()) apply(id, n, e);
    std::deque<LocalCall> calls;
    while (effects_.has_calls()) calls.push_back(effects_.take_call());
    effects_.begin(id);
    for (const LocalCall& c : calls) handle(id, c);
  }

 private:
  class Names final : public Interner {
   public:
    std::uint32_t intern(const Hash128&) override { return 0; }
  };

  void call(NodeId id, Slot from, CallId question, CallBody body) {
    const LocalCall local{from, Slot::consensus, question, std::move(body)};
    Input input = make_input(id, InputKind::call);
    input.call = &local;
    step(id, input);
  }
  void apply(NodeId id, Node& n, const Effect& e) {
    switch (e.kind) {
      case EffectKind::send:
        post({id, e.node, effects_.take_message(e), false});
        break;
      case EffectKind::multicast: {
        const MessageRef message = effects_.take_message(e);
        for (const NodeId to : effects_.nodes_of(e)) post({id, to, message, false});
        break;
      }
      case EffectKind::set_timer:
        n.timers[e.node] = now_ + Duration{static_cast<std::int64_t>(e.b)};
        break;
      case EffectKind::cancel_timer:
        n.timers.erase(e.node);
        break;
      case EffectKind::persist: {
        Record r = effects_.record_of(e);
        r.index = n.next_record++;
        n.records.push_back(std::move(r));
        break;
      }
      case EffectKind::forget:
        std::erase_if(n.records, [&](const Record& r) { return r.index < e.a; });
        break;
      case EffectKind::search:
        n.search = effects_.search_of(e);
        break;
      case EffectKind::stop_search:
        n.search.reset();
        break;
      case EffectKind::announce_head:
        n.heads.push_back(effects_.block_of(e));
        break;
      case EffectKind::announce_final:
        n.finals.push_back(effects_.block_of(e));
        break;
      case EffectKind::note:
        n.notes.push_back(effects_.note_of(e));
        break;
      default:
        break;
    }
  }
  void post(Flight f) {
    sent.push_back(f);
    flights.push_back(std::move(f));
  }
  void handle(NodeId id, const LocalCall& c) {
    Node& n = nodes[id];
    if (const auto* publish = c.as<Publish>()) {
      for (NodeId to = 0; to < nodes.size(); ++to) {
        if (to != id) post({id, to, publish->content, true});
      }
    } else if (const auto* build = c.as<Build>()) {
      std::vector<TxRef> txs(
          n.pool.begin(),
          n.pool.begin() + std::min<std::ptrdiff_t>(build->max_count,
                                                    static_cast<std::ptrdiff_t>(n.pool.size())));
      call(id, Slot::mempool, c.id, Built{make_payload(std::move(txs))});
    } else if (const auto* execute = c.as<Execute>()) {
      const Block& b = *execute->block;
      Executed answer{b.id, true, root_after(n.roots.at(b.parent), *b.payload), {}, ""};
      n.roots[b.id] = answer.state_root;
      call(id, Slot::application, c.id, std::move(answer));
    } else if (c.as<Adopt>()) {
      if (n.stall_adoption) {
        n.stalled.push_back(c);
      } else {
        adopt(id, c);
      }
    } else if (const auto* finalise = c.as<Finalise>()) {
      n.final_block = finalise->block;
    } else if (c.as<TakeSnapshot>()) {
      auto data = std::make_shared<SnapshotData>();
      data->height = n.final_block->height;
      data->block = n.final_block->id;
      data->state_root = n.roots.at(data->block);
      data->bytes = state_bytes(data->state_root);
      call(id, Slot::application, c.id, Snapshot{std::move(data)});
    } else if (const auto* install = c.as<Install>()) {
      const SnapshotData& data = *install->data;
      const bool ok = data.bytes == state_bytes(data.state_root);
      if (ok) {
        n.roots = {{data.block, data.state_root}};
        n.final_block = n.head = summary_block({data.height, data.block, {}, {}, data.state_root});
      }
      call(id, Slot::application, c.id, Installed{ok, data.height, data.block, ok ? "" : "root"});
    } else if (const auto* take = c.as<TakeStakes>()) {
      Stakes answer{take->block, n.roots.contains(take->block) && stakes != nullptr, {}, nullptr};
      if (answer.known) answer.of = stakes(take->block);
      call(id, Slot::application, c.id, std::move(answer));
    }
  }

 public:
  void adopt(NodeId id, const LocalCall& c) {
    Node& n = nodes[id];
    const Adopt& a = *c.as<Adopt>();
    Hash256 root = n.roots.at(a.ancestor);
    for (const BlockRef& b : a.forward) {
      root = root_after(root, *b->payload);
      if (root != b->state_root) {
        call(id, Slot::application, c.id, Adopted{n.head->id, n.head->height, false, {}, b->id});
        return;
      }
      n.roots[b->id] = root;
    }
    n.head = a.forward.back();
    for (const BlockRef& b : a.forward) {
      std::erase_if(n.pool, [&](const TxRef& tx) {
        for (const TxRef& t : b->payload->transactions) {
          if (t->id == tx->id) return true;
        }
        return false;
      });
    }
    call(id, Slot::application, c.id, Adopted{n.head->id, n.head->height, true, root, {}});
  }

 private:
  Adjust adjust_;
  std::unique_ptr<WorldSuite> suite_;
  Names names_;
  CostTable costs_;
  Effects effects_;
  Draws draws_;
  std::map<NodeId, std::vector<NodeId>> neighbours_;
  Time now_ = time_start + seconds(100);
};

}  // namespace ledgerlab::testing
