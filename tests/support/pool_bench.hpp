// For the pool's tests: a small ledger answers its checks, the test plays consensus and clients.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "models/api/registry.hpp"
#include "models/crypto/hash.hpp"
#include "models/mempool/pool/pool.hpp"
#include "models/parts/relay/short_id.hpp"
#include "tests/support/bench_world.hpp"

namespace ledgerlab {

void register_mempool_pool(Registry& registry);

namespace pool_test {

using testing::PlainSuite;

class Names final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

inline Address address_of(Byte sender) {
  Address address;
  address.data[0] = sender;
  address.data[1] = 1;
  return address;
}

/// sender, nonce, fee, salt; then what would be a signature (0xff first: not valid).
inline TxRef tx(Byte sender, Byte nonce, Byte fee, Byte salt = 0, Byte signature = 0) {
  Bytes bytes{sender, nonce, fee, salt};
  bytes.resize(4 + 65);
  bytes[4] = signature;
  return make_transaction(bytes);
}

class Bench {
 public:
  explicit Bench(ClientPolicy::Ask ask = ClientPolicy::Ask::all,
                 std::map<std::string, std::string> changes = {})
      : effects_(suite_, names_, costs_), elsewhere_(suite_, names_, costs_) {
    Registry registry;
    register_mempool_pool(registry);
    const ModelInfo& info = *registry.find(ModelKind::mempool, "pool");
    for (const ParamInfo& p : info.params) {
      const std::string text = changes.count(p.key) ? changes.at(p.key) : p.fallback;
      if (p.type == ParamType::choice) {
        params_.set(p.key, text);
      } else {
        params_.set(p.key, *parse_value(p.type, text).value);
      }
    }
    ModuleContext context;
    context.self = 0;
    context.replicas = 4;
    context.params = &params_;
    context.client_policy.ask = ask;
    pool_ = info.make(context);
    EXPECT_TRUE(params_.unread().empty());
  }
  ~Bench() { effects_.discard(); }

  void request(NodeId client, const TxRef& transaction) {
    elsewhere_.begin(client);
    const MessageRef message = elsewhere_.make(Request{transaction});
    EXPECT_EQ(message->slot(), Slot::mempool);
    Input input = make(InputKind::deliver);
    input.from = client;
    input.message = message.get();
    step(input);
  }
  void call(CallBody body, Slot from = Slot::consensus, CallId id = 0) {
    LocalCall call{from, Slot::mempool, id, std::move(body)};
    Input input = make(InputKind::call);
    input.call = &call;
    step(input);
  }
  void relayed(const TxRef& transaction) {
    elsewhere_.begin(1);
    elsewhere_.set_slot(Slot::mempool);
    call(Relayed{elsewhere_.make(TransactionContent{transaction}), 1}, Slot::relay);
  }
  std::vector<TxRef> build(Height height, std::uint32_t count = 100, std::uint64_t bytes = 10000) {
    built.reset();
    call(Build{height, {}, count, bytes}, Slot::consensus, 77);
    return built ? (*built)->transactions : std::vector<TxRef>{};
  }
  BlockRef block(Height height, std::vector<TxRef> transactions) {
    return make_log_block(height, {}, make_payload(std::move(transactions)));
  }
  /// The adopted history changes: the ledger's nonces follow.
  void head(std::vector<BlockRef> reverted, std::vector<BlockRef> included) {
    for (const BlockRef& b : reverted) {
      for (const TxRef& t : b->payload->transactions) {
        --nonces[t->bytes[0]];
        confirmed.erase(t->id);
      }
    }
    for (const BlockRef& b : included) {
      for (const TxRef& t : b->payload->transactions) {
        ++nonces[t->bytes[0]];
        if (spends_.count(t->id) != 0) confirmed.insert(t->id);
      }
    }
    call(HeadChanged{std::move(reverted), std::move(included)}, Slot::application);
  }
  void final(const BlockRef& b) {
    call(
        Finalised{b, std::vector<TxOutcome>(b->payload->transactions.size(), TxOutcome::succeeded)},
        Slot::application);
  }
  void lead(bool leads, NodeId leader, std::uint64_t term) {
    call(RoleChange{leads ? NodeRole::leader : NodeRole::follower, leader, term});
  }
  void fire(Duration after) {
    now_ += after;
    Input input = make(InputKind::timer);
    step(input);
  }
  std::uint64_t field(const std::string& name) {
    struct Finder final : Inspector {
      std::string wanted;
      std::uint64_t value = ~std::uint64_t{0};
      void field(std::string_view key, std::string text) override {
        if (key == wanted) value = std::stoull(text);
      }
    } finder;
    finder.wanted = name;
    pool_->inspect(finder);
    return finder.value;
  }
  /// "9:reply 5 ok" and the like, in order; then none.
  std::vector<std::string> answers() { return std::exchange(answers_, {}); }

  /// A transaction of a ledger that goes by what is spent, 1,000 units of weight: what it spends
  /// are outputs by number, and of other transactions the output `which`.
  TxRef spend(Byte fee, std::vector<Byte> outputs, const std::vector<TxRef>& parents = {},
              bool replaceable = true, Byte which = 0) {
    const TxRef out = tx(200, ++salt_, fee);
    TxSpends spends;
    for (const Byte output : outputs) spends.outputs.push_back(sha256(Bytes{output}));
    for (const TxRef& parent : parents) {
      Bytes output(parent->id.data.begin(), parent->id.data.end());
      output.push_back(which);
      spends.outputs.push_back(sha256(output));
      spends.parents.push_back(parent->id);
    }
    spends.replaceable = replaceable;
    spends_[out->id] = spends;
    return out;
  }
  std::set<TxId> confirmed;  // of those by spend()

  std::map<Byte, std::uint64_t> nonces;  // of the adopted state
  std::optional<PayloadRef> built;
  std::vector<Pending> pendings;
  std::vector<MessageRef> published;
  std::vector<TxRef> matched;
  std::size_t checks = 0;
  bool hold_checks = false;
  std::vector<LocalCall> held;
  std::size_t timers = 0;

  void answer_held() {
    hold_checks = false;
    for (const LocalCall& question : std::exchange(held, {})) answer(question);
  }

 private:
  Input make(InputKind kind) {
    Input input;
    input.kind = kind;
    input.local = now_;
    input.slot = Slot::mempool;
    return input;
  }

  void step(const Input& input) {
    effects_.begin(0);
    effects_.set_slot(Slot::mempool);
    pool_->step(input, effects_);
    std::vector<LocalCall> calls;
    while (effects_.has_calls()) calls.push_back(effects_.take_call());
    for (const Effect& e : effects_.list()) take(e);
    effects_.begin(0);
    queue_.insert(queue_.end(), calls.begin(), calls.end());
    if (std::exchange(draining_, true)) return;
    // First in first out, as the stack does it.
    while (!queue_.empty()) {
      const LocalCall c = std::move(queue_.front());
      queue_.pop_front();
      take(c);
    }
    draining_ = false;
  }

  void take(const Effect& e) {
    if (e.kind == EffectKind::set_timer) ++timers;
    if (e.kind != EffectKind::send) return;
    const MessageRef message = effects_.take_message(e);
    EXPECT_EQ(message->slot(), Slot::client);
    std::string text = std::to_string(e.node) + ":";
    if (const auto* m = message->as<Reply>()) {
      text += "reply " + std::to_string(m->height) +
              (m->outcome == TxOutcome::succeeded ? " ok" : " failed");
    } else if (const auto* m = message->as<Redirect>()) {
      text += "redirect " + (m->leader == no_node ? "-" : std::to_string(m->leader));
    } else if (const auto* m = message->as<Refused>()) {
      text += "refused " + std::to_string(static_cast<int>(m->reason));
    }
    answers_.push_back(std::move(text));
  }

  void take(const LocalCall& c) {
    if (c.as<Check>()) {
      ++checks;
      if (hold_checks) {
        held.push_back(c);
      } else {
        answer(c);
      }
    } else if (const auto* b = c.as<Built>()) {
      EXPECT_EQ(c.id, 77u);
      built = b->payload;
    } else if (const auto* p = c.as<Pending>()) {
      pendings.push_back(*p);
    } else if (const auto* m = c.as<ShortIdsMatched>()) {
      EXPECT_EQ(c.to, Slot::relay);
      matched = m->transactions;
    } else if (const auto* p = c.as<Publish>()) {
      published.push_back(p->content);
    }
  }

  void answer(const LocalCall& question) {
    Checked checked;
    checked.transaction = question.as<Check>()->transaction;
    const Bytes& bytes = checked.transaction->bytes;
    if (bytes[4] == 0xff) {
      checked.reason = "signature not valid";
    } else if (const auto it = spends_.find(checked.transaction->id); it != spends_.end()) {
      answer_spend(checked, it->second);
    } else {
      checked.sender = address_of(bytes[0]);
      checked.nonce = bytes[1];
      checked.next_nonce = nonces[bytes[0]];
      checked.fee = bytes[2];
      checked.ok = checked.nonce >= checked.next_nonce;
      if (!checked.ok) checked.reason = "nonce used";
    }
    call(checked, Slot::application, question.id);
  }

  void answer_spend(Checked& checked, TxSpends spends) {
    std::copy_n(checked.transaction->id.data.begin(), 20, checked.sender.data.begin());
    std::erase_if(spends.parents, [&](const TxId& id) { return confirmed.count(id) != 0; });
    for (const auto& [id, other] : spends_) {
      if (confirmed.count(id) == 0) continue;
      for (const Hash256& output : other.outputs) {
        const auto& own = spends.outputs;
        if (std::find(own.begin(), own.end(), output) != own.end()) checked.next_nonce = 1;
      }
    }
    checked.fee = checked.transaction->bytes[2];
    checked.weight = 1000;
    checked.ok = checked.next_nonce == 0;
    if (!checked.ok) checked.reason = "coins spent or not known";
    checked.spends = std::make_shared<const TxSpends>(std::move(spends));
  }

  std::map<TxId, TxSpends> spends_;
  Byte salt_ = 0;
  PlainSuite suite_;
  Names names_;
  CostTable costs_;
  Effects effects_;
  Effects elsewhere_;
  Params params_;
  std::unique_ptr<Module> pool_;
  Time now_ = time_start + seconds(1);
  std::vector<std::string> answers_;
  std::deque<LocalCall> queue_;
  bool draining_ = false;
};

using Texts = std::vector<std::string>;
using Ask = ClientPolicy::Ask;
constexpr int malformed = 0, unaffordable = 3, nonce_used = 2, pool_full = 4, fee_too_low = 5,
              bad_signature = 1;
inline std::string refused(NodeId client, int reason) {
  return std::to_string(client) + ":refused " + std::to_string(reason);
}

}  // namespace pool_test
}  // namespace ledgerlab
