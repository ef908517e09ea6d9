// Models that only the suite's scenarios name: the scripted client, and pools and a ledger that are
// known to be bad.
#include <map>

#include "conformance/purposes/mempool/script.hpp"
#include "models/api/client_messages.hpp"
#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::conformance {
namespace {

/// Sends its lines of the script when they are due: to its own node, or to all where clients ask a
/// leader (whoever leads takes it). It asks once; an answer ends a line.
class ScriptedClient final : public Module {
 public:
  explicit ScriptedClient(const ModuleContext& c)
      : begin_(Time{c.params->duration("begin")}),
        settle_(c.params->duration("settle")),
        home_(c.neighbours.empty() ? 0 : c.neighbours[0]),
        to_home_(c.client_policy.ask == ClientPolicy::Ask::home),
        replies_needed_(c.client_policy.replies(c.replicas)) {
    for (NodeId node = 0; node < c.replicas; ++node) everybody_.push_back(node);
    // The script is the load: what the scenario says of another is known and of no effect.
    for (const auto& [key, value] : c.workload->numbers()) c.workload->integer(key);
    const auto all =
        script_lines(c.params->text("script"), c.genesis.balance, c.params->duration("settle"));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].client == c.client_index) mine_.push_back({i, all[i]});
    }
  }

  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::start) {
      for (std::size_t i = 0; i < mine_.size(); ++i) agenda_.emplace(mine_[i].second.at, i);
      arm(input, effects);
    } else if (input.kind == InputKind::timer) {
      while (!agenda_.empty() && begin_ + agenda_.begin()->first <= input.local) {
        const std::size_t i = agenda_.begin()->second;
        agenda_.erase(agenda_.begin());
        send(effects, i);
      }
      arm(input, effects);
    } else if (input.kind == InputKind::deliver) {
      on_answer(input, effects);
    }
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override { inspector.field("open", open_.size()); }

 private:
  void arm(const Input& input, Effects& effects) {
    if (agenda_.empty()) return;
    effects.set_timer({0, 0},
                      std::max(Duration::zero(), begin_ + agenda_.begin()->first - input.local));
  }
  void send(Effects& effects, std::size_t i) {
    const auto& [mark, line] = mine_[i];
    TxRef& tx = sent_[i];
    if (tx && line.fate != Fate::repeated) {
      if (open_.erase(tx->id) > 0) effects.give_up(tx->id);
      return;
    }
    if (!tx) {
      Transfer transfer;
      transfer.nonce = line.nonce;
      transfer.to = effects.crypto().account(line.payee);
      transfer.value = U256(line.amount);
      transfer.fee = line.fee;
      transfer.data.push_back('s');
      for (std::size_t b = 8; b-- > 0;) transfer.data.push_back(static_cast<Byte>(mark >> (8 * b)));
      tx = sign_transfer(effects.crypto(), line.payer, std::move(transfer));
      effects.submit(tx, begin_ + line.at);
      open_[tx->id] = 0;
      if (line.fate == Fate::repeated) agenda_.emplace(line.at + line.again, i);
      // Nobody waits for what may never be final: given up when the agenda names it again.
      const bool doubtful = line.fate != Fate::final && line.fate != Fate::repeated;
      if (doubtful) agenda_.emplace(line.at + settle_, i);
    }
    if (to_home_) {
      effects.send(home_, Request{tx});
    } else {
      effects.multicast(everybody_, Request{tx});
    }
  }
  void on_answer(const Input& input, Effects& effects) {
    const auto* reply = input.message->as<Reply>();
    if (!reply) return;
    const auto open = open_.find(reply->transaction);
    if (open == open_.end() || reply->outcome != TxOutcome::succeeded ||
        ++open->second < replies_needed_)
      return;
    effects.acknowledge(reply->transaction, reply->height);
    open_.erase(open);
  }

  Time begin_;
  Duration settle_;
  NodeId home_;
  bool to_home_;
  std::uint32_t replies_needed_;
  std::vector<NodeId> everybody_;
  std::vector<std::pair<std::size_t, Line>> mine_;
  std::multimap<Duration, std::size_t> agenda_;
  std::map<std::size_t, TxRef> sent_;
  std::map<TxId, std::uint32_t> open_;  // replies so far
};

// --- known-bad pools -----------------------------------------------------------------------------

/// A pool behind a filter on the calls it gets.
class FilteredPool : public Module {
 public:
  explicit FilteredPool(std::unique_ptr<Module> pool) : pool_(std::move(pool)) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind != InputKind::call) return pool_->step(input, effects);
    LocalCall call = *input.call;
    filter(call);
    Input bad = input;
    bad.call = &call;
    pool_->step(bad, effects);
  }
  void restore(std::span<const Record> records) override { pool_->restore(records); }
  void inspect(Inspector& inspector) const override { pool_->inspect(inspector); }

 protected:
  virtual void filter(LocalCall& call) = 0;

 private:
  std::unique_ptr<Module> pool_;
};

/// Takes every answer of the ledger's admission check for a yes.
class Believing final : public FilteredPool {
 public:
  using FilteredPool::FilteredPool;
  void filter(LocalCall& call) override {
    auto* checked = std::get_if<Checked>(&call.body);
    if (!checked || checked->sender.is_zero()) return;
    checked->ok = true;
    checked->next_nonce = std::min(checked->next_nonce, checked->nonce);
  }
};

/// Lets go of transactions whose block was reverted.
class Forgetful final : public FilteredPool {
 public:
  using FilteredPool::FilteredPool;
  void filter(LocalCall& call) override {
    if (auto* changed = std::get_if<HeadChanged>(&call.body)) changed->reverted.clear();
  }
};

/// Sees all fees upside down, so that the highest gives way first.
class UpsideDown final : public FilteredPool {
 public:
  using FilteredPool::FilteredPool;
  void filter(LocalCall& call) override {
    if (auto* checked = std::get_if<Checked>(&call.body)) {
      checked->fee = 2'000'000 - std::min<std::uint64_t>(checked->fee, 2'000'000);
    }
  }
};

const ModelInfo& builtin(ModelKind kind, std::string_view name) {
  return *builtin_models().find(kind, name);
}

template <class T>
void add_pool(Registry& registry, const std::string& name, const std::string& summary) {
  ModelInfo info = builtin(ModelKind::mempool, "pool");
  info.name = name;
  info.summary = summary;
  info.f751.clear();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<T>(builtin(ModelKind::mempool, "pool").make(context));
  };
  registry.add(std::move(info));
}

/// The account ledger with ten times the money in every account.
GenesisSpec rich(GenesisSpec genesis) {
  genesis.balance *= 10;
  return genesis;
}

void add_rich_ledger(Registry& registry) {
  ModelInfo info = builtin(ModelKind::ledger, "account");
  info.name = "account_rich";
  info.summary = "Known bad: every account may spend ten times what it has.";
  info.f751.clear();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    ModuleContext more = context;
    more.genesis = rich(context.genesis);
    return builtin(ModelKind::ledger, "account").make(more);
  };
  info.make_shared_store = [](const GenesisSpec& genesis, CryptoSuite& suite,
                              bool share) -> std::unique_ptr<SharedStore> {
    return builtin(ModelKind::ledger, "account").make_shared_store(rich(genesis), suite, share);
  };
  info.genesis_root = [](const GenesisSpec& genesis, CryptoSuite& suite) {
    return builtin(ModelKind::ledger, "account").genesis_root(rich(genesis), suite);
  };
  registry.add(std::move(info));
}

}  // namespace

void add_mempool_models(Registry& registry) {
  ModelInfo client;
  client.name = "scripted";
  client.kind = ModelKind::client;
  client.slot = Slot::client;
  client.family = "scripted";
  client.summary = "Sends the transactions of a script of the conformance suite.";
  client.params = {
      {"script",
       ParamType::choice,
       "spend",
       "which script",
       {},
       {},
       {"burst", "spend", "nonces", "flood"}},
      {"begin", ParamType::duration, "5 s", "when the script begins", "0 s", "1 d", {}},
      {"settle", ParamType::duration, "2 s", "long enough for finality", "1 ms", "1 d", {}}};
  client.messages = message_list<Reply, Redirect, Refused>();
  client.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<ScriptedClient>(context);
  };
  registry.add(std::move(client));
  add_pool<Believing>(registry, "pool_believing", "Known bad: admits what the ledger refuses.");
  add_pool<Forgetful>(registry, "pool_forgetful", "Known bad: reverted transactions are lost.");
  add_pool<UpsideDown>(registry, "pool_upside_down", "Known bad: the highest fee goes first.");
  add_rich_ledger(registry);
}

}  // namespace ledgerlab::conformance
