#include "tests/support/module_world.hpp"

#include <stdexcept>

namespace ledgerlab::test {
namespace {

std::string text_of(const Transaction& transaction) {
  return std::string(transaction.bytes.begin(), transaction.bytes.end() - tx_signature_bytes);
}

Bytes join(const std::vector<std::string>& words) { return codec::encode(words); }

}  // namespace

TxRef text_transaction(const std::string& text) {
  Bytes bytes(text.begin(), text.end());
  bytes.resize(bytes.size() + tx_signature_bytes);
  return make_transaction(std::move(bytes));
}

Params params_of(const ModelInfo& info, const std::map<std::string, std::string>& changes) {
  Params params;
  for (const ParamInfo& param : info.params) {
    const auto change = changes.find(param.key);
    const std::string& text = change == changes.end() ? param.fallback : change->second;
    if (param.type == ParamType::choice || param.type == ParamType::text) {
      params.set(param.key, text);
      continue;
    }
    const ParsedValue parsed = parse_value(param.type, text);
    if (!parsed.value) throw std::logic_error(param.key + ": " + parsed.error);
    params.set(param.key, *parsed.value);
  }
  for (const auto& [key, value] : changes) {
    if (!params.numbers().contains(key) && !params.texts().contains(key)) {
      throw std::logic_error(info.name + " has no parameter " + key);
    }
  }
  return params;
}

/// Everything is authentic: these worlds have no adversary.
class ModuleWorld::Suite final : public CryptoSuite {
 public:
  std::string_view mode() const override { return "none"; }
  void authenticate(const Message&, std::span<Byte> out) override {
    for (Byte& byte : out) byte = 0;
  }
  bool authentic(const Message&) override { return true; }
  Signature sign(NodeId, ByteView) override { return {}; }
  bool verify(NodeId, ByteView, const Signature&) override { return true; }
  VrfEvaluation vrf_prove(NodeId, ByteView) override { return {}; }
  bool vrf_verify(NodeId, ByteView, const VrfEvaluation&) override { return true; }
  Address account(AccountIndex) override { return {}; }
  TxSignature sign_transaction(AccountIndex, const Hash256&) override { return {}; }
  std::optional<Address> recover(const Hash256&, const TxSignature&) override {
    return std::nullopt;
  }
  bool work_valid(const Hash256&, const U256&, std::uint64_t) override { return true; }
};

class ModuleWorld::Names final : public Interner {
 public:
  std::uint32_t intern(const Hash128& content) override {
    return seen_.emplace(content, static_cast<std::uint32_t>(seen_.size())).first->second;
  }

 private:
  std::map<Hash128, std::uint32_t> seen_;
};

ModuleWorld::ModuleWorld(const ModelInfo& info, Options options)
    : info_(&info),
      options_(std::move(options)),
      params_(params_of(info, options_.params)),
      suite_(std::make_unique<Suite>()),
      names_(std::make_unique<Names>()),
      effects_(*suite_, *names_, costs_),
      nodes_(options_.replicas) {
  const std::string error = info.check ? info.check(params_, options_.replicas) : "";
  if (!error.empty()) throw std::logic_error(error);
  for (NodeId node = 0; node < n(); ++node) forget_application(node);
}

ModuleWorld::~ModuleWorld() = default;

// --- life ------------------------------------------------------------------------------------

void ModuleWorld::start(NodeId node) {
  Node& place = nodes_[node];
  if (place.module) throw std::logic_error("the node runs already");
  ModuleContext context;
  context.self = node;
  context.replicas = context.nodes = n();
  context.params = context.consensus_params = &params_;
  context.suite = suite_.get();
  place.module = info_->make(context);
  place.incarnation += place.started_once ? 1 : 0;
  if (place.started_once || !place.records.empty()) place.module->restore(place.records);
  place.started_once = true;
  Input input = make_input(node, InputKind::start);
  input.incarnation = place.incarnation;
  step(node, input);
  call(node, Slot::application, ApplicationState{place.application.head});
}

void ModuleWorld::preload(NodeId node, std::vector<Record> records) {
  Node& place = nodes_[node];
  place.records = std::move(records);
  for (Record& record : place.records) record.index = place.next_record++;
  place.durable = place.next_record - 1;
}

void ModuleWorld::start_all() {
  for (NodeId node = 0; node < n(); ++node) start(node);
}

void ModuleWorld::crash(NodeId node, std::size_t kept) {
  Node& place = nodes_[node];
  place.module.reset();
  place.timers.clear();
  place.gate.clear();
  place.pool.clear();
  place.handed_out.clear();
  place.durable += std::min<std::uint64_t>(kept, place.next_record - 1 - place.durable);
  std::erase_if(place.records, [&](const Record& r) { return r.index > place.durable; });
  place.next_record = place.durable + 1;
}

void ModuleWorld::restart(NodeId node) { start(node); }

void ModuleWorld::lose_disk(NodeId node) {
  crash(node);
  nodes_[node].records.clear();
  nodes_[node].next_record = 1;
  nodes_[node].durable = 0;
  restart(node);
}

void ModuleWorld::forget_application(NodeId node) {
  Application& application = nodes_[node].application;
  application = {};
  application.head = make_genesis({});
  application.ids = {application.head->id};
}

// --- inputs ----------------------------------------------------------------------------------

Input ModuleWorld::make_input(NodeId node, InputKind kind) {
  draws_ = Draws(options_.seed, node, static_cast<std::uint32_t>(nodes_[node].incarnation));
  Input input;
  input.kind = kind;
  input.slot = info_->slot;
  input.self = node;
  input.local = input.wall = now_;
  input.draws = &draws_;
  return input;
}

void ModuleWorld::step(NodeId node, const Input& input) {
  effects_.begin(node);
  effects_.set_slot(info_->slot);
  nodes_[node].module->step(input, effects_);
  take_calls(node);
  take_effects(node);
  sync_if_automatic(node);
}

void ModuleWorld::read(NodeId node) {
  const CallId id = next_read_++;
  reads_[id] = finals_.empty() ? 0 : finals_.rbegin()->first;
  call(node, Slot::mempool, ConfirmRead{}, id);
}

void ModuleWorld::finish_read(NodeId node, CallId id, bool ok) {
  const auto read = reads_.find(id);
  if (read == reads_.end()) return violate("a read is answered twice");
  const Height height = nodes_[node].application.height;
  ++(ok ? reads_answered_ : reads_refused_);
  line("  " + std::to_string(node) +
       (ok ? " reads height " + std::to_string(height) : std::string(" cannot read")));
  if (ok && height < read->second) {
    violate("node " + std::to_string(node) + " reads height " + std::to_string(height) +
            " after height " + std::to_string(read->second) + " was final");
  }
  reads_.erase(read);
}

void ModuleWorld::call(NodeId node, Slot from, CallBody body, CallId id) {
  const LocalCall local{from, info_->slot, id, std::move(body)};
  Input input = make_input(node, InputKind::call);
  input.call = &local;
  step(node, input);
}

void ModuleWorld::propose(NodeId node, const std::string& text) {
  Node& place = nodes_[node];
  place.pool.push_back(text_transaction(text));
  if (place.module)
    call(node, Slot::mempool, Pending{static_cast<std::uint32_t>(place.pool.size()), 1, now_});
}

bool ModuleWorld::fire(NodeId node, std::uint32_t timer_kind) {
  auto& timers = nodes_[node].timers;
  const auto it = timers.lower_bound({timer_kind, 0});
  if (it == timers.end() || it->first.first != timer_kind) return false;
  now_ = std::max(now_, it->second);
  Input input = make_input(node, InputKind::timer);
  input.timer = {it->first.first, it->first.second};
  timers.erase(it);
  step(node, input);
  return true;
}

std::optional<Time> ModuleWorld::timer(NodeId node, std::uint32_t kind) const {
  const auto it = nodes_[node].timers.lower_bound({kind, 0});
  if (it == nodes_[node].timers.end() || it->first.first != kind) return std::nullopt;
  return it->second;
}

// --- network ---------------------------------------------------------------------------------

void ModuleWorld::post(NodeId from, NodeId to, const MessageRef& message) {
  const Time due = now_ + (options_.delay ? options_.delay(from, to) : Duration::zero());
  const Flight flight{from, to, message, due};
  sent_.push_back(flight);
  if (!cuts_.contains({from, to})) flights_.push_back(flight);
}

void ModuleWorld::deliver_message(Flight flight) {
  if (!nodes_[flight.to].module || cuts_.contains({flight.from, flight.to})) return;
  // What is delivered went through the codec, so every test of a module tests its encodings too.
  MessageCatalog catalog;
  catalog.slots[static_cast<std::size_t>(info_->slot)] = info_->messages;
  const Bytes frame = encode_frame(*flight.message);
  const MessageRef copy = decode_frame(frame, catalog);
  if (!copy || encode_frame(*copy) != frame) {
    violate("a message does not survive its encoding: " + flight.message->describe());
    return;
  }
  line(std::to_string(flight.from) + "->" + std::to_string(flight.to) + " " + copy->describe());
  Input input = make_input(flight.to, InputKind::deliver);
  input.from = flight.from;
  input.message = copy.get();
  step(flight.to, input);
}

void ModuleWorld::deliver(std::size_t position) {
  Flight flight = flights_[position];
  flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(position));
  deliver_message(std::move(flight));
}

bool ModuleWorld::deliver_one() {
  if (flights_.empty()) return false;
  deliver(0);
  return true;
}

void ModuleWorld::deliver_all(std::uint32_t limit) {
  while (deliver_one()) {
    if (limit-- == 0) throw std::logic_error("messages do not end");
  }
}

std::size_t ModuleWorld::drop(NodeId from, NodeId to) {
  return std::erase_if(flights_, [&](const Flight& f) { return f.from == from && f.to == to; });
}

void ModuleWorld::cut(NodeId a, NodeId b) {
  cuts_.insert({a, b});
  cuts_.insert({b, a});
}

void ModuleWorld::isolate(NodeId node) {
  for (NodeId other = 0; other < n(); ++other) {
    if (other != node) cut(node, other);
  }
}

void ModuleWorld::run_until(Time time) {
  for (;;) {
    // Messages before timers at one instant, both in order of number: tests here do not race.
    std::size_t flight = flights_.size();
    for (std::size_t i = 0; i < flights_.size(); ++i) {
      if (flight == flights_.size() || flights_[i].due < flights_[flight].due) flight = i;
    }
    Time next = flight < flights_.size() ? flights_[flight].due : time_never;
    NodeId timed = no_node;
    std::uint32_t kind = 0;
    for (NodeId node = 0; node < n(); ++node) {
      for (const auto& [id, due] : nodes_[node].timers) {
        if (due >= next) continue;
        next = due;
        timed = node;
        kind = id.first;
      }
    }
    if (next > time || next == time_never) break;
    now_ = std::max(now_, next);
    if (timed != no_node) {
      fire(timed, kind);
    } else {
      deliver(flight);
    }
  }
  now_ = std::max(now_, time);
}

// --- effects ---------------------------------------------------------------------------------

void ModuleWorld::behind_gate(NodeId node, bool gated, std::function<void()> action) {
  Node& place = nodes_[node];
  const std::uint64_t last = place.next_record - 1;
  if (!gated || (last <= place.durable && place.gate.empty())) {
    action();
  } else {
    place.gate.push_back({last, std::move(action)});
  }
}

void ModuleWorld::release(NodeId node) {
  auto& gate = nodes_[node].gate;
  while (!gate.empty() && gate.front().after_record <= nodes_[node].durable) {
    const auto action = std::move(gate.front().action);
    gate.pop_front();
    action();
  }
}

void ModuleWorld::set_manual_disk(NodeId node, bool manual) { nodes_[node].manual_disk = manual; }

void ModuleWorld::persisted(NodeId node) {
  Node& place = nodes_[node];
  if (place.durable == place.next_record - 1) return;
  place.durable = place.next_record - 1;
  release(node);
  Input input = make_input(node, InputKind::persisted);
  input.persisted_up_to = place.durable;
  step(node, input);
}

void ModuleWorld::sync_if_automatic(NodeId node) {
  if (nodes_[node].module && !nodes_[node].manual_disk) persisted(node);
}

void ModuleWorld::take_disk_effect(NodeId node, const Effect& effect) {
  Node& place = nodes_[node];
  if (effect.kind == EffectKind::persist) {
    Record record = effects_.record_of(effect);
    record.index = place.next_record++;
    place.records.push_back(std::move(record));
  } else if (effect.kind == EffectKind::truncate) {
    std::erase_if(place.records, [&](const Record& r) { return r.index >= effect.a; });
    place.next_record = std::min<std::uint64_t>(place.next_record, effect.a);
    place.durable = std::min(place.durable, effect.a - 1);
  } else {
    line("  " + std::to_string(node) + " forgets records below " + std::to_string(effect.a));
    std::erase_if(place.records, [&](const Record& r) { return r.index < effect.a; });
  }
}

void ModuleWorld::announce_final(NodeId node, const BlockRef& block) {
  line("  " + std::to_string(node) + " final " + std::to_string(block->height));
  nodes_[node].final_at.emplace(block->height, now_);
  const auto [place, added] = finals_.emplace(block->height, block->id);
  if (!added && place->second != block->id) {
    violate("node " + std::to_string(node) + " has another block at height " +
            std::to_string(block->height));
  }
}

void ModuleWorld::take_effects(NodeId node) {
  Node& place = nodes_[node];
  // Actions may step other modules only later (messages are queued), so the list stays as it is.
  for (const Effect& e : effects_.list()) {
    const bool gated = e.gate == Gate::gated;
    switch (e.kind) {
      case EffectKind::send:
      case EffectKind::multicast:
      case EffectKind::broadcast: {
        std::vector<NodeId> to;
        if (e.kind == EffectKind::send) to = {e.node};
        if (e.kind == EffectKind::multicast) {
          to.assign(effects_.nodes_of(e).begin(), effects_.nodes_of(e).end());
        }
        for (NodeId other = 0; e.kind == EffectKind::broadcast && other < n(); ++other) {
          if (other != node) to.push_back(other);
        }
        const MessageRef message = effects_.take_message(e);
        behind_gate(node, gated, [this, node, to, message] {
          for (const NodeId receiver : to) post(node, receiver, message);
        });
        break;
      }
      case EffectKind::set_timer:
        place.timers[{e.node, e.a}] = now_ + Duration{static_cast<std::int64_t>(e.b)};
        break;
      case EffectKind::cancel_timer:
        place.timers.erase({e.node, e.a});
        break;
      case EffectKind::persist:
      case EffectKind::truncate:
      case EffectKind::forget:
        take_disk_effect(node, e);
        break;
      case EffectKind::announce_role: {
        const auto role = static_cast<NodeRole>(e.small);
        behind_gate(node, true, [this, node, role, term = e.a, leader = e.node] {
          static constexpr const char* names[] = {"follower", "candidate", "leader", "miner",
                                                  "replica"};
          line("  " + std::to_string(node) + " " + names[static_cast<int>(role)] + " of term " +
               std::to_string(term) +
               (leader == no_node ? ", no leader" : ", leader " + std::to_string(leader)));
          if (role != NodeRole::leader) return;
          auto& of_term = leaders_[term];
          of_term.insert(node);
          if (of_term.size() > 1) violate("two leaders in term " + std::to_string(term));
        });
        break;
      }
      case EffectKind::announce_final:
        behind_gate(node, true,
                    [this, node, block = effects_.block_of(e)] { announce_final(node, block); });
        break;
      case EffectKind::note:
        line("  " + std::to_string(node) + " note: " + effects_.note_of(e));
        break;
      default:
        break;  // heads go with finals; searches and clients have no place here
    }
  }
}

// --- the other slots -------------------------------------------------------------------------

void ModuleWorld::take_calls(NodeId node) {
  while (effects_.has_calls()) {
    const LocalCall call = effects_.take_call();
    handle_call(node, call);
  }
}

void ModuleWorld::handle_call(NodeId node, const LocalCall& call) {
  Node& place = nodes_[node];
  const auto answer = [&](CallBody body) {
    const LocalCall local{call.to, call.from, call.id, std::move(body)};
    Input input = make_input(node, InputKind::call);
    input.call = &local;
    effects_.set_slot(info_->slot);
    place.module->step(input, effects_);
  };
  if (const auto* build = call.as<Build>()) {
    std::vector<TxRef> taken;
    for (const TxRef& tx : place.pool) {
      if (taken.size() < build->max_count && place.handed_out.insert(tx->id).second) {
        taken.push_back(tx);
      }
    }
    answer(Built{make_payload(std::move(taken))});
  } else if (call.as<RoleChange>()) {
    place.handed_out.clear();  // what an ended reign left undone is offered again
    if (!place.pool.empty()) {
      answer(Pending{static_cast<std::uint32_t>(place.pool.size()), 1, now_});
    }
  } else if (const auto* question = call.as<Validate>()) {
    Validated judged{question->block->id, true, ""};
    for (const TxRef& tx : question->block->payload->transactions) {
      if (text_of(*tx).starts_with("bad")) judged = {question->block->id, false, "bad signature"};
    }
    answer(judged);
  } else if (const auto* adoption = call.as<Adopt>()) {
    adopt(node, *adoption);
  } else if (call.as<TakeSnapshot>()) {
    auto data = std::make_shared<SnapshotData>();
    const Application& state = place.application;
    *data = {state.height, state.head->id, {}, join(state.text)};
    line("  " + std::to_string(node) + " snapshot of height " + std::to_string(state.height));
    answer(Snapshot{data});
  } else if (const auto* installation = call.as<Install>()) {
    install(node, call, *installation);
  } else if (const auto* confirmed = call.as<ReadConfirmed>()) {
    finish_read(node, call.id, confirmed->ok);
  }
}

void ModuleWorld::adopt(NodeId node, const Adopt& adoption) {
  Node& place = nodes_[node];
  Application& state = place.application;
  // Tentative execution: the newest block is undone.
  if (adoption.forward.empty() && state.height > 0 &&
      state.ids[state.height - 1] == adoption.ancestor) {
    state.text.resize(state.text.size() - state.head->payload->transactions.size());
    state.ids.pop_back();
    auto head = std::make_shared<Block>();
    head->height = --state.height;
    head->id = adoption.ancestor;
    head->payload = empty_payload();
    state.head = head;
    line("  " + std::to_string(node) + " back to height " + std::to_string(state.height));
    return;
  }
  if (adoption.ancestor != state.head->id) {
    violate("node " + std::to_string(node) + " adopts a block that is not the next one");
  }
  for (const BlockRef& block : adoption.forward) {
    if (block->parent != state.head->id || block->height != state.height + 1) {
      violate("node " + std::to_string(node) + " adopts a broken history");
    }
    state.head = block;
    state.height = block->height;
    state.ids.push_back(block->id);
    for (const TxRef& tx : block->payload->transactions) {
      state.text.push_back(text_of(*tx));
      std::erase_if(place.pool, [&](const TxRef& mine) { return mine->id == tx->id; });
    }
  }
}

void ModuleWorld::install(NodeId node, const LocalCall& call, const Install& installation) {
  Node& place = nodes_[node];
  const SnapshotData& data = *installation.data;
  const auto words = codec::decode<std::vector<std::string>>(data.bytes);
  Installed answer{words.has_value(), data.height, data.block, words ? "" : "broken bytes"};
  if (words) {
    if (data.height < place.application.height) violate("a snapshot takes the application back");
    auto head = std::make_shared<Block>();
    head->height = data.height;
    head->id = data.block;
    head->payload = empty_payload();
    place.application.text = *words;
    place.application.height = data.height;
    place.application.ids.resize(data.height + 1);
    place.application.ids[data.height] = data.block;
    place.application.head = head;
    line("  " + std::to_string(node) + " installs height " + std::to_string(data.height));
  }
  const LocalCall local{call.to, call.from, call.id, answer};
  Input input = make_input(node, InputKind::call);
  input.call = &local;
  effects_.set_slot(info_->slot);
  place.module->step(input, effects_);
}

// --- looking -----------------------------------------------------------------------------------

std::vector<std::pair<std::string, std::string>> ModuleWorld::fields(NodeId node) const {
  struct Collector final : Inspector {
    std::vector<std::pair<std::string, std::string>> list;
    void field(std::string_view name, std::string value) override {
      list.emplace_back(std::string(name), std::move(value));
    }
  } collector;
  if (nodes_[node].module) nodes_[node].module->inspect(collector);
  return collector.list;
}

std::string ModuleWorld::field(NodeId node, const std::string& name) const {
  for (const auto& [key, value] : fields(node)) {
    if (key == name) return value;
  }
  return "";
}

std::size_t ModuleWorld::sent_with_role(Role role) const {
  std::size_t count = 0;
  for (const Flight& f : sent_) count += f.message->role() == role;
  return count;
}

std::optional<Time> ModuleWorld::final_at(NodeId node, Height height) const {
  const auto it = nodes_[node].final_at.find(height);
  if (it == nodes_[node].final_at.end()) return std::nullopt;
  return it->second;
}

void ModuleWorld::violate(std::string text) {
  line("VIOLATION: " + text);
  if (violation_.empty()) violation_ = std::move(text);
}

}  // namespace ledgerlab::test
