// The pool driven by hand: a small ledger answers its checks, the test plays consensus and clients.
#include "models/mempool/pool/pool.hpp"

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/parts/relay/short_id.hpp"
#include "tests/support/bench_world.hpp"

namespace ledgerlab {

void register_mempool_pool(Registry& registry);

namespace {

using testing::PlainSuite;

class Names final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

Address address_of(Byte sender) {
  Address address;
  address.data[0] = sender;
  address.data[1] = 1;
  return address;
}

/// sender, nonce, fee, salt; then what would be a signature (0xff first: not valid).
TxRef tx(Byte sender, Byte nonce, Byte fee, Byte salt = 0, Byte signature = 0) {
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
      for (const TxRef& t : b->payload->transactions) --nonces[t->bytes[0]];
    }
    for (const BlockRef& b : included) {
      for (const TxRef& t : b->payload->transactions) ++nonces[t->bytes[0]];
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
constexpr int nonce_used = 2, pool_full = 4, fee_too_low = 5, bad_signature = 1;
std::string refused(NodeId client, int reason) {
  return std::to_string(client) + ":refused " + std::to_string(reason);
}

TEST(Pool, HighestFeeFirstInTheOrderOfNonces) {
  Bench bench;
  const auto a0 = tx(1, 0, 1), a1 = tx(1, 1, 90), b0 = tx(2, 0, 50), c0 = tx(3, 0, 50);
  for (const TxRef& t : {a1, b0, c0, a0}) bench.request(9, t);
  // a1 pays most but comes behind a0; b0 and c0 pay the same and go by age.
  EXPECT_EQ(bench.build(1), (std::vector<TxRef>{b0, c0, a0, a1}));
  EXPECT_TRUE(bench.answers().empty());
}

TEST(Pool, FutureNoncesWaitForTheGapToClose) {
  Bench bench;
  bench.request(9, tx(1, 1, 5));
  bench.request(9, tx(1, 2, 5));
  EXPECT_TRUE(bench.pendings.empty());
  EXPECT_TRUE(bench.build(1).empty());
  bench.request(9, tx(1, 0, 5));
  ASSERT_EQ(bench.pendings.size(), 1u);
  EXPECT_EQ(bench.pendings[0].count, 3u);
  EXPECT_EQ(bench.pendings[0].bytes, 3u * 69u);
  EXPECT_EQ(bench.build(1).size(), 3u);
}

TEST(Pool, LimitsOfAPayload) {
  Bench bench;
  for (Byte n = 0; n < 10; ++n) bench.request(9, tx(1, n, 5));
  EXPECT_EQ(bench.build(1, 4).size(), 4u);
  const std::uint64_t one = codec::encoded_size(tx(1, 0, 5));
  EXPECT_EQ(bench.build(1, 100, 3 * one).size(), 3u);
  EXPECT_EQ(bench.build(1, 100, 3 * one - 1).size(), 2u);
  EXPECT_TRUE(bench.build(1, 100, one - 1).empty());
  EXPECT_EQ(bench.build(1).size(), 10u);  // what did not fit was not lost
}

TEST(Pool, ReservedUntilTheHeightIsBuiltAgain) {
  Bench bench;
  for (Byte n = 0; n < 6; ++n) bench.request(9, tx(1, n, 5));
  const auto first = bench.build(10, 2), second = bench.build(11, 2);
  EXPECT_EQ(first[0]->bytes[1], 0);
  EXPECT_EQ(second[0]->bytes[1], 2);  // a pipeline hands nothing out twice
  EXPECT_EQ(bench.pendings.back().count, 2u);
  EXPECT_EQ(bench.build(11, 3).size(), 3u);
  EXPECT_EQ(bench.build(11, 3)[0]->bytes[1], 2);
  EXPECT_EQ(bench.build(10, 6).size(), 6u);  // what was built above it is given up too
}

TEST(Pool, LosingTheLeadFreesEverything) {
  Bench bench(Ask::leader);
  bench.lead(true, 0, 1);
  for (Byte n = 0; n < 3; ++n) bench.request(9, tx(1, n, 5));
  EXPECT_EQ(bench.build(1).size(), 3u);
  EXPECT_TRUE(bench.build(2).empty());
  bench.lead(false, 2, 2);
  bench.nonces[1] = 1;  // the other leader got the first one decided; we saw only its snapshot
  bench.lead(true, 0, 3);
  EXPECT_EQ(bench.pendings.back().count, 2u);
  const auto built = bench.build(2);
  ASSERT_EQ(built.size(), 2u);
  EXPECT_EQ(built[0]->bytes[1], 1);
}

TEST(Pool, OnlyTheLeaderTakesRequests) {
  Bench bench(Ask::leader);
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{"9:redirect -"});
  bench.lead(false, 2, 1);
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{"9:redirect 2"});
  EXPECT_EQ(bench.checks, 0u);
  const BlockRef block = bench.block(4, {tx(1, 0, 5)});
  bench.head({}, {block});
  bench.final(block);
  // It is no leader, but it knows the answer: the leader may have restarted since.
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{"9:reply 4 ok"});
}

TEST(Pool, FinalTransactionsAreAnsweredToAllWhoAsked) {
  Bench bench;
  const auto t = tx(1, 0, 5);
  bench.request(9, t);
  bench.request(8, t);
  bench.request(9, t);
  EXPECT_EQ(bench.checks, 1u);
  const BlockRef block = bench.block(1, bench.build(1));
  bench.head({}, {block});
  bench.request(7, t);  // adopted, not final: no answer yet
  EXPECT_TRUE(bench.answers().empty());
  bench.final(block);
  EXPECT_EQ(bench.answers(), (Texts{"9:reply 1 ok", "8:reply 1 ok", "7:reply 1 ok"}));
  bench.request(6, t);  // asked again later
  EXPECT_EQ(bench.answers(), Texts{"6:reply 1 ok"});
  EXPECT_EQ(bench.field("pool.known"), 0u);
}

TEST(Pool, ATakenNonceIsRefusedAndAnsweredIfItTurnsOutToBeThisOne) {
  Bench bench;
  const auto t = tx(1, 0, 5);
  const BlockRef block = bench.block(1, {t});
  bench.head({}, {block});  // this pool has never seen it
  bench.request(9, t);
  EXPECT_EQ(bench.answers(), Texts{refused(9, nonce_used)});
  bench.final(block);
  EXPECT_EQ(bench.answers(), Texts{"9:reply 1 ok"});
}

TEST(Pool, RefusalsNameTheReason) {
  Bench bench(Ask::all, {{"min_fee", "3"}, {"max_gap", "5"}});
  bench.request(9, tx(1, 0, 5, 0, 0xff));
  bench.request(9, tx(1, 0, 2));
  bench.request(9, tx(1, 6, 5));
  bench.request(9, tx(1, 5, 5));
  EXPECT_EQ(bench.answers(),
            (Texts{refused(9, bad_signature), refused(9, fee_too_low), refused(9, pool_full)}));
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
}

TEST(Pool, ReplacementPaysTheBumpAndKeepsTheReservation) {
  Bench bench;
  bench.request(9, tx(1, 0, 50));
  bench.request(8, tx(1, 0, 54));  // 10 % is 5
  EXPECT_EQ(bench.answers(), Texts{refused(8, fee_too_low)});
  EXPECT_EQ(bench.build(1).size(), 1u);
  bench.request(8, tx(1, 0, 55));
  EXPECT_EQ(bench.answers(), Texts{refused(9, fee_too_low)});
  EXPECT_TRUE(bench.build(2).empty());  // height 1 is undecided
  EXPECT_EQ(bench.build(1)[0]->bytes[2], 55);
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
}

TEST(Pool, AFullPoolThrowsOutTheLowestFeeFromTheEndOfAQueue) {
  Bench bench(Ask::all, {{"max_transactions", "4"}});
  bench.request(1, tx(1, 0, 1));
  bench.request(1, tx(1, 1, 9));
  bench.request(2, tx(2, 0, 5));
  bench.request(3, tx(3, 0, 5));
  bench.request(4, tx(4, 0, 5));  // pays no more than the lowest of the last ones
  EXPECT_EQ(bench.answers(), Texts{refused(4, pool_full)});
  bench.request(4, tx(4, 0, 6));  // 1/0 pays least, but 1/1 stands on it; of 2 and 3 the newer goes
  EXPECT_EQ(bench.answers(), Texts{refused(3, pool_full)});
  bench.build(1, 2);  // reserves 4/0 and 2/0
  bench.request(2, tx(2, 1, 20));
  EXPECT_EQ(bench.answers(), Texts{refused(1, pool_full)});
  EXPECT_EQ(bench.field("pool.transactions"), 4u);
  bench.request(1, tx(1, 1, 30));  // does not push out its own predecessor, nor what is reserved
  EXPECT_EQ(bench.answers(), Texts{refused(1, pool_full)});
}

TEST(Pool, PerSenderLimitLetsAMissingNonceIn) {
  Bench bench(Ask::all, {{"per_sender", "3"}});
  for (const Byte n : {1, 2, 3, 4}) bench.request(9, tx(1, n, 5));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});  // for nonce 3
  EXPECT_EQ(bench.build(1).size(), 3u);
}

TEST(Pool, WhatIsNotInTheAdoptedBlockIsHandedOutAgain) {
  Bench bench(Ask::home);
  const auto a = tx(1, 0, 5), b = tx(2, 0, 5);
  bench.request(9, a);
  bench.request(9, b);
  EXPECT_EQ(bench.build(1).size(), 2u);
  bench.head({}, {bench.block(1, {a})});  // another miner's block
  EXPECT_EQ(bench.build(2), (std::vector<TxRef>{b}));
}

TEST(Pool, RevertedTransactionsComeBackBeforeTheNextPayload) {
  Bench bench(Ask::home);
  const auto a0 = tx(1, 0, 5), a1 = tx(1, 1, 5), a2 = tx(1, 2, 5), b = tx(2, 0, 7);
  for (const TxRef& t : {a0, a1, a2, b}) bench.request(9, t);
  const BlockRef old1 = bench.block(1, {a0, b}), old2 = bench.block(2, {a1});
  bench.head({}, {old1});
  bench.head({}, {old2});
  EXPECT_EQ(bench.build(3), (std::vector<TxRef>{a2}));
  bench.hold_checks = true;
  bench.head({old2, old1}, {bench.block(1, {b}), bench.block(2, {})});
  EXPECT_TRUE(bench.build(3).empty());
  EXPECT_FALSE(bench.built);  // the payload waits for the ledger's answers
  bench.answer_held();
  ASSERT_TRUE(bench.built);
  EXPECT_EQ((*bench.built)->transactions, (std::vector<TxRef>{a0, a1, a2}));
  bench.final(bench.block(1, {b}));
  EXPECT_EQ(bench.answers(), Texts{"9:reply 1 ok"});
}

TEST(Pool, AForeignTransactionMovesItsSendersNonce) {
  Bench bench;
  bench.request(9, tx(1, 1, 5));
  EXPECT_TRUE(bench.build(1).empty());
  bench.head({}, {bench.block(1, {tx(1, 0, 3)})});  // never seen here
  EXPECT_EQ(bench.build(2).size(), 1u);
  bench.request(8, tx(2, 0, 5, 1));
  bench.head({}, {bench.block(2, {tx(2, 0, 5, 2)})});  // another one for the same nonce
  EXPECT_EQ(bench.answers(), Texts{refused(8, nonce_used)});
}

TEST(Pool, RelaysWhereClientsAskTheirOwnNode) {
  Bench home(Ask::home), leader(Ask::all), forced(Ask::all, {{"relay", "on"}});
  for (Bench* bench : {&home, &leader, &forced}) {
    bench->request(9, tx(1, 0, 5));
    bench->relayed(tx(2, 0, 5));
    bench->relayed(tx(2, 0, 5));
    bench->relayed(tx(3, 0, 5, 0, 0xff));
  }
  // Relayed content is passed on once it is admitted, whatever clients do.
  ASSERT_EQ(home.published.size(), 2u);
  EXPECT_EQ(home.published[0]->as<TransactionContent>()->transaction->bytes[0], 1);
  EXPECT_EQ(home.published[0]->slot(), Slot::mempool);
  EXPECT_EQ(leader.published.size(), 1u);
  EXPECT_EQ(forced.published.size(), 2u);
  EXPECT_EQ(home.build(1).size(), 2u);
  EXPECT_TRUE(home.answers().empty());
}

TEST(Pool, FindsItsTransactionsByShortId) {
  Bench bench;
  const auto a = tx(1, 0, 1), b = tx(2, 0, 1), elsewhere = tx(3, 0, 1);
  bench.request(9, a);
  bench.request(9, b);
  const SipKey key{5, 6};
  const std::vector<std::uint64_t> ids = {relay::short_id(key, *elsewhere),
                                          relay::short_id(key, *b), relay::short_id(key, *a)};
  bench.call(MatchShortIds{key, std::make_shared<std::vector<std::uint64_t>>(ids)}, Slot::relay, 4);
  EXPECT_EQ(bench.matched, (std::vector<TxRef>{nullptr, b, a}));
  bench.call(MatchShortIds{{5, 7}, std::make_shared<std::vector<std::uint64_t>>(ids)}, Slot::relay);
  EXPECT_EQ(bench.matched, (std::vector<TxRef>{nullptr, nullptr, nullptr})) << "another key";
}

TEST(Pool, Expiry) {
  Bench bench(Ask::all, {{"expiry", "10 s"}});
  bench.request(9, tx(1, 0, 5));
  bench.request(9, tx(2, 0, 4));
  EXPECT_EQ(bench.timers, 1u);
  bench.build(1, 1);
  bench.fire(seconds(10));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});  // the other is in a block
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
  EXPECT_EQ(bench.timers, 2u);
}

TEST(Finals, RemembersAtLeastTheLastBlockAndNoMoreThanItsLimit) {
  pool::Finals finals(4);
  std::vector<TxRef> all;
  for (Byte h = 1; h <= 5; ++h) {
    all.push_back(tx(h, 0, 1));
    all.push_back(tx(h, 1, 1));
    finals.add(make_log_block(h, {}, make_payload({all[all.size() - 2], all.back()})),
               {TxOutcome::succeeded, TxOutcome::no_effect});
    ASSERT_NE(finals.find(all.back()->id), nullptr);
    EXPECT_EQ(finals.find(all.back()->id)->outcome, TxOutcome::no_effect);
    EXPECT_EQ(finals.find(all[all.size() - 2]->id)->height, h);
    EXPECT_LE(finals.size(), 4u);
  }
  EXPECT_EQ(finals.find(all[5]->id), nullptr);
  EXPECT_NE(finals.find(all[6]->id), nullptr);
}

}  // namespace
}  // namespace ledgerlab
