// A few nodes of one relay, driven by hand: no host, no engine. Links have a latency and lose what
// the test says; owners take what they get unless told otherwise; time passes in run().
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/api/registry.hpp"

namespace ledgerlab::testing {

struct RelayNote {
  static constexpr MessageInfo info{1, "Note", Role::proposal, Auth::none};
  std::string text;
  template <class A>
  void fields(A& a) {
    a(text);
  }
};

/// A block as relays see one: a payload below a header.
struct RelayBlock {
  static constexpr MessageInfo info{2, "BlockNote", Role::proposal, Auth::none};
  Height number = 0;
  BlockId parent;
  PayloadRef payload;
  BlockRef carried_block() const {
    auto block = std::make_shared<Block>();
    block->height = number;
    block->parent = parent;
    block->id.data[0] = static_cast<Byte>(number);
    block->payload = payload;
    return block;
  }
  std::string describe() const { return "block " + std::to_string(number); }
  template <class A>
  void fields(A& a) {
    a(number, parent, payload);
  }
};

/// Of the mempool slot: relayed by announcement whatever happens to blocks.
struct RelayText {
  static constexpr MessageInfo info{3, "TextNote", Role::relay, Auth::none};
  static constexpr Slot destination = Slot::mempool;
  std::string text;
  std::string describe() const { return text; }
  template <class A>
  void fields(A& a) {
    a(text);
  }
};

using Graph = std::vector<std::vector<NodeId>>;

/// Every node linked to the next, to the seventh after it and to three times its number.
inline Graph ring_with_chords(std::uint32_t n) {
  std::vector<std::set<NodeId>> links(n);
  for (NodeId i = 0; i < n; ++i) {
    for (const NodeId j : {(i + 1) % n, (i + 7) % n, (i * 3 + 1) % n}) {
      if (i == j) continue;
      links[i].insert(j);
      links[j].insert(i);
    }
  }
  Graph out;
  for (const auto& l : links) out.emplace_back(l.begin(), l.end());
  return out;
}

inline Graph full_mesh(std::uint32_t n) {
  Graph out(n);
  for (NodeId i = 0; i < n; ++i) {
    for (NodeId j = n; j-- > 0;) {
      if (i != j) out[i].push_back(j);  // descending: the order given must not matter
    }
  }
  return out;
}

class RelayWorld {
 public:
  struct Flight {
    NodeId from;
    NodeId to;
    MessageRef message;
    Time due{};
  };
  using Changes = std::map<std::string, std::string>;
  struct Options {
    Changes params;
    bool backwards = false;  // the interner's numbers
    std::uint64_t seed = 1;
    bool as_bytes = false;  // every message is written and read on its way
    bool share = true;      // ModuleContext::share_results
    std::vector<std::uint16_t> address_groups;
    std::function<Duration(NodeId, NodeId)> latency = [](NodeId, NodeId) { return ms(10); };
  };

  RelayWorld(const std::string& model, void (*register_it)(Registry&), Graph links)
      : RelayWorld(model, register_it, std::move(links), Options()) {}
  RelayWorld(const std::string& model, void (*register_it)(Registry&), Graph links, Options options)
      : RelayWorld(find(model, register_it), std::move(links), std::move(options)) {}
  RelayWorld(const ModelInfo& info, Graph links, Options options)
      : options_(std::move(options)),
        names_(options_.backwards),
        effects_(suite_, names_, costs_),
        links_(std::move(links)),
        info_(info) {
    for (const ParamInfo& p : info_.params) {
      const auto it = options_.params.find(p.key);
      const std::string& text = it == options_.params.end() ? p.fallback : it->second;
      if (p.type == ParamType::choice || p.type == ParamType::text) {
        params_.set(p.key, text);
      } else {
        params_.set(p.key, *parse_value(p.type, text).value);
      }
    }
    catalog_.slots[static_cast<std::size_t>(Slot::relay)] = info_.messages;
    catalog_.slots[static_cast<std::size_t>(Slot::consensus)] =
        message_list<RelayNote, RelayBlock>();
    catalog_.slots[static_cast<std::size_t>(Slot::mempool)] = message_list<RelayText>();
    nodes_.resize(links_.size());
    for (NodeId i = 0; i < nodes_.size(); ++i) start(i);
  }
  ~RelayWorld() { effects_.discard(); }

  // --- what happens -----------------------------------------------------------------------------
  MessageRef note(const std::string& text) { return content(RelayNote{text}); }
  template <class T>
  MessageRef content(T body) {
    effects_.begin(0);
    effects_.set_slot(Slot::consensus);
    return effects_.make(std::move(body));
  }
  void publish(NodeId node, const MessageRef& content) { call(node, Publish{content}); }
  void publish(NodeId node, const std::string& text) { publish(node, note(text)); }
  void call(NodeId node, CallBody body) {
    LocalCall local{Slot::consensus, Slot::relay, 0, std::move(body)};
    Input input = make_input(node, InputKind::call);
    input.call = &local;
    step(node, input);
  }
  /// Hands over a message as if `from` had sent it.
  template <class T>
  void inject(NodeId from, NodeId to, T body) {
    effects_.begin(from);
    effects_.set_slot(Slot::relay);
    hand({from, to, effects_.make(std::move(body)), now_});
  }
  void hand(const Flight& f) {
    if (!nodes_[f.to].module) return;
    Input input = make_input(f.to, InputKind::deliver);
    input.from = f.from;
    const MessageRef read =
        options_.as_bytes ? decode_frame(encode_frame(*f.message), catalog_) : f.message;
    if (!read) throw std::logic_error("a message does not come back from its bytes");
    input.message = read.get();
    step(f.to, input);
  }
  void crash(NodeId node) {
    nodes_[node].module.reset();
    nodes_[node].timers.clear();
    ++nodes_[node].incarnation;
  }
  void restart(NodeId node) { start(node); }
  /// Messages and timers in the order of their time; of one instant messages first.
  void run(Duration time) {
    const Time until = now_ + time;
    for (;;) {
      const auto flight = flights_.begin();
      NodeId node = no_node;
      std::size_t which = 0;
      Time due = time_never;
      for (NodeId i = 0; i < nodes_.size(); ++i) {
        for (std::size_t t = 0; t < nodes_[i].timers.size(); ++t) {
          if (nodes_[i].timers[t].second >= due) continue;
          due = nodes_[i].timers[t].second;
          node = i;
          which = t;
        }
      }
      if (flight != flights_.end() && flight->first <= std::min(due, until)) {
        now_ = flight->first;
        const Flight f = flight->second;
        flights_.erase(flight);
        hand(f);
      } else if (due <= until) {
        now_ = std::max(now_, due);
        Input input = make_input(node, InputKind::timer);
        input.timer = nodes_[node].timers[which].first;
        nodes_[node].timers.erase(nodes_[node].timers.begin() + static_cast<std::ptrdiff_t>(which));
        step(node, input);
      } else {
        break;
      }
    }
    now_ = until;
  }

  // --- what is there ----------------------------------------------------------------------------
  std::uint32_t n() const { return static_cast<std::uint32_t>(nodes_.size()); }
  Time now() const { return now_; }
  std::size_t on_their_way() const { return flights_.size(); }
  /// What the owner of this node got, in order, over all its lives.
  const std::vector<std::string>& got(NodeId node) const { return nodes_[node].got; }
  std::size_t got_times(NodeId node, const std::string& text) const {
    return static_cast<std::size_t>(
        std::count(nodes_[node].got.begin(), nodes_[node].got.end(), text));
  }
  std::size_t count(std::string_view name) const {
    std::size_t out = 0;
    for (const Flight& f : sent) out += f.message->type().info.name == name;
    return out;
  }
  std::string field(NodeId node, const std::string& name) const {
    struct Reader final : Inspector {
      std::map<std::string, std::string> fields;
      void field(std::string_view key, std::string value) override {
        fields[std::string(key)] = std::move(value);
      }
    } reader;
    nodes_[node].module->inspect(reader);
    return reader.fields[name];
  }
  const ModelInfo& info() const { return info_; }

  /// Answers questions of the relay to other slots; null: they stay without an answer.
  std::function<std::optional<CallBody>(NodeId, const LocalCall&)> answer;
  std::vector<Flight> sent;                   // everything, lost or not
  std::function<bool(const Flight&)> lost;    // asked when it is sent
  std::function<bool(const Flight&)> repeat;  // those that come twice
  std::set<std::string> refused;              // texts that owners do not take
  std::set<std::string> invalid;              // texts that owners reject
  bool late = false;                          // owners take only when told
  std::deque<std::pair<NodeId, MessageRef>> waiting;

 private:
  /// Authenticators are all zero: who tests a relay does not test signatures.
  class Suite final : public CryptoSuite {
   public:
    std::string_view mode() const override { return "none"; }
    void authenticate(const Message&, std::span<Byte>) override {}
    bool authentic(const Message&) override { return true; }
    Signature sign(NodeId, ByteView) override { return {}; }
    bool verify(NodeId, ByteView, const Signature&) override { return true; }
    VrfEvaluation vrf_prove(NodeId, ByteView) override { return {}; }
    bool vrf_verify(NodeId, ByteView, const VrfEvaluation&) override { return true; }
    Address account(AccountIndex) override { return {}; }
    TxSignature sign_transaction(AccountIndex, const Hash256&) override { return {}; }
    std::optional<Address> recover(const Hash256&, const TxSignature&) override { return {}; }
    bool work_valid(const Hash256&, const U256&, std::uint64_t) override { return true; }
  };
  /// Dense ids in an order of its own: nothing may depend on it.
  class Names final : public Interner {
   public:
    explicit Names(bool backwards) : backwards_(backwards) {}
    std::uint32_t intern(const Hash128& content) override {
      const auto count = static_cast<std::uint32_t>(names_.size());
      return names_.try_emplace(content, backwards_ ? 5000 - count : count).first->second;
    }

   private:
    bool backwards_;
    std::map<Hash128, std::uint32_t> names_;
  };
  static ModelInfo find(const std::string& model, void (*register_it)(Registry&)) {
    Registry registry;
    register_it(registry);
    return *registry.find(ModelKind::gossip, model);
  }
  struct Node {
    std::unique_ptr<Module> module;
    std::vector<std::pair<TimerId, Time>> timers;
    std::vector<std::string> got;
    std::uint32_t incarnation = 0;
    Draws draws;
  };

  void start(NodeId node) {
    Node& n = nodes_[node];
    n.draws = Draws(options_.seed, node, n.incarnation);
    ModuleContext context;
    context.self = node;
    context.replicas = context.nodes = static_cast<std::uint32_t>(links_.size());
    context.neighbours = links_[node];
    context.address_groups = options_.address_groups;
    context.params = &params_;
    context.share_results = options_.share;
    n.module = info_.make(context);
    Input input = make_input(node, InputKind::start);
    input.incarnation = n.incarnation;
    step(node, input);
  }
  Input make_input(NodeId node, InputKind kind) {
    Input input;
    input.kind = kind;
    input.slot = Slot::relay;
    input.self = node;
    input.local = input.wall = now_;
    input.draws = &nodes_[node].draws;
    return input;
  }
  void step(NodeId node, const Input& input) {
    Node& n = nodes_[node];
    effects_.begin(node);
    effects_.set_slot(Slot::relay);
    n.module->step(input, effects_);
    for (const Effect& e : effects_.list()) {
      const TimerId timer{e.node, e.a};
      if (e.kind == EffectKind::set_timer || e.kind == EffectKind::cancel_timer) {
        std::erase_if(n.timers, [&](const auto& t) { return t.first == timer; });
        if (e.kind == EffectKind::set_timer) {
          n.timers.emplace_back(timer, now_ + Duration{static_cast<std::int64_t>(e.b)});
        }
      } else if (e.kind == EffectKind::send) {
        post(node, {&e.node, 1}, effects_.take_message(e));
      } else if (e.kind == EffectKind::multicast) {
        post(node, effects_.nodes_of(e), effects_.take_message(e));
      }
    }
    std::vector<MessageRef> relayed;
    std::vector<LocalCall> questions;
    while (effects_.has_calls()) {
      LocalCall call = effects_.take_call();
      if (const auto* r = call.as<Relayed>()) {
        relayed.push_back(r->content);
      } else {
        questions.push_back(std::move(call));
      }
    }
    effects_.begin(node);
    for (const LocalCall& question : questions) {
      std::optional<CallBody> body = answer ? answer(node, question) : std::nullopt;
      if (!body) continue;
      const LocalCall reply{question.to, Slot::relay, question.id, std::move(*body)};
      Input inner = make_input(node, InputKind::call);
      inner.call = &reply;
      step(node, inner);
    }
    for (const MessageRef& content : relayed) {
      const auto* plain = content->as<RelayNote>();
      const std::string text = plain ? plain->text : content->describe();
      n.got.push_back(text);
      if (refused.contains(text)) continue;
      if (invalid.contains(text)) {
        call(node, Rejected{content->identity()});
      } else if (late) {
        waiting.emplace_back(node, content);
      } else {
        publish(node, content);
      }
    }
  }
  void post(NodeId from, std::span<const NodeId> to, const MessageRef& message) {
    const std::vector<NodeId> receivers(to.begin(), to.end());
    for (const NodeId t : receivers) {
      const Flight flight{from, t, message, now_ + options_.latency(from, t)};
      sent.push_back(flight);
      if (lost && lost(flight)) continue;
      flights_.emplace(flight.due, flight);
      if (repeat && repeat(flight)) flights_.emplace(flight.due + ms(3), flight);
    }
  }

  Options options_;
  Suite suite_;
  Names names_;
  CostTable costs_;
  Effects effects_;
  Graph links_;
  ModelInfo info_;
  Params params_;
  MessageCatalog catalog_;
  Time now_ = time_start + seconds(1);
  std::multimap<Time, Flight> flights_;
  std::vector<Node> nodes_;
};

}  // namespace ledgerlab::testing
