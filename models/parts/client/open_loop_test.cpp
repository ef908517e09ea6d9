// The client driven by hand: whom it asks, when it repeats, what it counts.
#include "models/parts/client/open_loop.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "models/api/registry.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/pipeline/endorser.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {

void register_client_open_loop(Registry&);

namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

/// One transaction a second from account 0.
class EverySecond final : public Load {
  Time due(std::uint64_t k, Time) const override {
    return time_start + seconds(static_cast<std::int64_t>(k) + 1);
  }
  Item item(std::uint64_t k) const override { return {0, k, 1, 7, 2}; }
};

struct Sent {
  NodeId to;
  TxRef tx;
};

class OpenLoopTest : public ::testing::Test {
 protected:
  static constexpr NodeId self = 10;
  static constexpr std::uint32_t replicas = 5;

  void make(ClientPolicy::Ask ask, std::map<std::string, std::int64_t> changes = {},
            Time end = time_never) {
    Registry registry;
    register_client_open_loop(registry);
    const ModelInfo& info = *registry.find(ModelKind::client, "open_loop");
    for (const ParamInfo& p : info.params)
      params_.set(p.key, *parse_value(p.type, p.fallback).value);
    for (const auto& [key, value] : changes) params_.set(key, value);
    workload_.make_load = [](const ModuleContext&) -> std::unique_ptr<Load> {
      return std::make_unique<EverySecond>();
    };
    ModuleContext c;
    c.self = self;
    c.replicas = replicas;
    c.nodes = self + 1;
    c.neighbours = {&home_, 1};
    c.params = &params_;
    c.client_policy.ask = ask;
    if (ask == ClientPolicy::Ask::all) {
      c.client_policy.replies = [](std::uint32_t n) { return (n - 1) / 3 + 1; };
    }
    c.suite = suite_.get();
    c.ledger_model = ledger_;
    c.genesis.params = &ledger_params_;
    c.workload_model = &workload_;
    c.workload_end = end;
    client_ = info.make(c);
    EXPECT_TRUE(params_.unread().empty());
    Input input = make_input(InputKind::start);
    step(input);
  }

  Input make_input(InputKind kind) {
    Input input;
    input.kind = kind;
    input.slot = Slot::client;
    input.self = self;
    input.local = now_;
    input.draws = &draws_;
    return input;
  }
  void step(Input& input) {
    effects_.begin(self);
    effects_.set_slot(Slot::client);
    client_->step(input, effects_);
    for (const Effect& e : effects_.list()) {
      if (e.kind == EffectKind::set_timer) {
        timers_[e.node] = now_ + Duration{static_cast<std::int64_t>(e.b)};
      } else if (e.kind == EffectKind::send) {
        const MessageRef m = effects_.take_message(e);
        EXPECT_EQ(m->slot(), Slot::mempool);
        sent_.push_back({e.node, m->as<Request>()->transaction});
      } else if (e.kind == EffectKind::multicast) {
        const MessageRef m = effects_.take_message(e);
        if (const auto* proposed = m->as<pipeline::EndorseRequest>()) {
          endorser_ = effects_.nodes_of(e)[0];
          endorse_attempt_ = proposed->attempt;
          continue;
        }
        for (const NodeId to : effects_.nodes_of(e)) {
          sent_.push_back({to, m->as<Request>()->transaction});
        }
      } else if (e.kind == EffectKind::submit) {
        submitted_.push_back(effects_.transaction_of(e));
        due_.push_back(time_at(static_cast<std::int64_t>(e.b)));
      } else if (e.kind == EffectKind::acknowledge) {
        acknowledged_.push_back(e.b);
      } else if (e.kind == EffectKind::give_up) {
        ++given_up_;
        given_up_tags_.push_back(e.a);
      }
    }
  }
  /// Lets time pass, firing timers on the way; returns what was sent.
  std::vector<Sent> run_to(Duration since_start) {
    sent_.clear();
    const Time end = time_start + since_start;
    while (true) {
      auto first = timers_.end();
      for (auto it = timers_.begin(); it != timers_.end(); ++it) {
        if (first == timers_.end() || it->second < first->second) first = it;
      }
      if (first == timers_.end() || first->second > end) break;
      now_ = std::max(now_, first->second);
      Input input = make_input(InputKind::timer);
      input.timer = {first->first, 0};
      timers_.erase(first);
      step(input);
    }
    now_ = end;
    return sent_;
  }
  template <class T>
  std::vector<Sent> hear(NodeId from, T body) {
    sent_.clear();
    Effects other(*suite_, names_, costs_);
    other.begin(from);
    const MessageRef message = other.make(std::move(body));
    EXPECT_EQ(message->slot(), Slot::client);
    Input input = make_input(InputKind::deliver);
    input.from = from;
    input.message = message.get();
    step(input);
    return sent_;
  }
  Reply reply(const TxRef& tx, Height height = 4, bool ok = true) const {
    return {tx->id, height, {}, ok ? TxOutcome::succeeded : TxOutcome::no_effect};
  }

  std::unique_ptr<WorldSuite> suite_ = make_suite(SuiteMode::costed, 3, WorkMode::lottery);
  NoNames names_;
  Draws draws_{1, self, 0};
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Params params_;
  ModelInfo workload_;
  NodeId home_ = 2;
  std::unique_ptr<Module> client_;
  Time now_ = time_start;
  std::map<std::uint32_t, Time> timers_;
  std::vector<Sent> sent_;
  std::vector<TxRef> submitted_;
  std::vector<Time> due_;
  std::vector<Height> acknowledged_;
  int given_up_ = 0;
  std::vector<std::uint64_t> given_up_tags_;
  // Execute-order-validate, one endorser's word enough.
  const ModelInfo* ledger_ = nullptr;
  Params ledger_params_;
  NodeId endorser_ = no_node;
  std::uint32_t endorse_attempt_ = 0;

  void state_mode() {
    static const ModelInfo info = [] {
      ModelInfo made;
      made.family = "execute-order-validate";
      return made;
    }();
    ledger_ = &info;
    ledger_params_.set("endorsement", std::string("any"));
    ledger_params_.set("endorsers", std::int64_t{replicas});
  }
  std::vector<Sent> endorse(const TxRef& proposal) {
    const Bytes result = pipeline::encode(pipeline::ReadWriteSet{});
    return hear(
        endorser_,
        pipeline::Endorsed{proposal->id, endorse_attempt_, true, result,
                           suite_->sign(endorser_, pipeline::endorsed_text(proposal->id, result))});
  }
};

TEST_F(OpenLoopTest, offers_what_is_due_whatever_the_system_does) {
  make(ClientPolicy::Ask::leader, {{"retry_timeout", seconds(100).count()}},
       time_start + seconds(4));
  EXPECT_TRUE(run_to(ms(999)).empty());
  const auto sent = run_to(seconds(10));
  ASSERT_EQ(sent.size(), 3u);  // due at 1, 2 and 3 s; the end is excluded
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].to, home_);
    const SignedTransfer* s = decode_transfer(*sent[i].tx);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(s->transfer.nonce, i);
    EXPECT_EQ(s->transfer.value, U256(7));
    EXPECT_EQ(sender_of(*s, *suite_), suite_->account(0));
    EXPECT_EQ(due_[i], time_start + seconds(static_cast<std::int64_t>(i) + 1));
  }
}

TEST_F(OpenLoopTest, a_memo_makes_transfers_longer) {
  make(ClientPolicy::Ask::leader, {{"memo", 1300}}, time_start + seconds(2));
  const auto sent = run_to(seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  const SignedTransfer* s = decode_transfer(*sent[0].tx);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->transfer.data.size(), 8u + 1300u);
  EXPECT_GT(sent[0].tx->bytes.size(), 1300u);
}

TEST_F(OpenLoopTest, latency_counts_from_the_due_date_even_if_the_client_was_late) {
  make(ClientPolicy::Ask::leader, {}, time_start + seconds(3));
  now_ = time_start + ms(2500);  // its CPU was busy
  Input input = make_input(InputKind::timer);
  input.timer = {0, 0};
  timers_.clear();
  step(input);
  EXPECT_EQ(due_, (std::vector<Time>{time_start + seconds(1), time_start + seconds(2)}));
}

TEST_F(OpenLoopTest, follows_redirects_and_stays_with_the_leader) {
  make(ClientPolicy::Ask::leader, {}, time_start + seconds(3));
  const auto first = run_to(seconds(1));
  ASSERT_EQ(first.size(), 1u);
  const auto again = hear(home_, Redirect{first[0].tx->id, 4});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].to, 4u);
  EXPECT_EQ(again[0].tx->bytes, first[0].tx->bytes);  // the same transaction
  hear(4, reply(first[0].tx, 9));
  EXPECT_EQ(acknowledged_, (std::vector<Height>{9}));
  const auto next = run_to(seconds(2));
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].to, 4u);
  // The same reply again is no second acknowledgement.
  hear(4, reply(first[0].tx, 9));
  EXPECT_EQ(acknowledged_.size(), 1u);
}

TEST_F(OpenLoopTest, replicas_that_name_each_other_do_not_send_it_round_for_ever) {
  make(ClientPolicy::Ask::leader, {}, time_start + seconds(2));
  const auto first = run_to(seconds(1));
  NodeId at = home_;
  int hops = 0;
  for (; hops < 100; ++hops) {
    const auto sent = hear(at, Redirect{first[0].tx->id, at == 0 ? 1u : 0u});
    if (sent.empty()) break;
    at = sent[0].to;
  }
  EXPECT_LE(hops, 5);
}

TEST_F(OpenLoopTest, asks_the_next_replica_when_nobody_is_known_to_lead) {
  make(ClientPolicy::Ask::leader, {{"redirect_backoff", ms(50).count()}}, time_start + seconds(2));
  const auto first = run_to(seconds(1));
  EXPECT_TRUE(hear(home_, Redirect{first[0].tx->id, no_node}).empty());
  const auto next = run_to(ms(1050));
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].to, 3u);
}

TEST_F(OpenLoopTest, moves_on_after_silence) {
  make(ClientPolicy::Ask::leader, {{"retry_timeout", seconds(2).count()}}, time_start + seconds(2));
  const auto first = run_to(seconds(1));
  const auto second = run_to(seconds(3));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].to, 3u);
  EXPECT_EQ(second[0].tx, first[0].tx);
  const auto third = run_to(seconds(5));
  ASSERT_EQ(third.size(), 1u);
  EXPECT_EQ(third[0].to, 4u);
}

TEST_F(OpenLoopTest, a_refusal_for_lack_of_room_is_not_the_end) {
  make(ClientPolicy::Ask::leader, {}, time_start + seconds(2));
  const auto first = run_to(seconds(1));
  hear(home_, Refused{first[0].tx->id, Refusal::pool_full});
  hear(home_, Refused{first[0].tx->id, Refusal::nonce_used});
  EXPECT_EQ(given_up_, 0);
  EXPECT_EQ(run_to(seconds(3)).size(), 1u);
  hear(home_, Refused{first[0].tx->id, Refusal::unaffordable});
  EXPECT_EQ(given_up_, 1);
  EXPECT_TRUE(run_to(seconds(60)).empty());
}

TEST_F(OpenLoopTest, a_given_up_nonce_is_taken_by_the_next_with_a_higher_fee) {
  make(ClientPolicy::Ask::leader,
       {{"give_up_after", ms(1500).count()}, {"retry_timeout", ms(1500).count()}},
       time_start + seconds(4));
  run_to(seconds(10));
  ASSERT_EQ(submitted_.size(), 3u);
  EXPECT_EQ(given_up_, 3);
  std::vector<std::uint64_t> nonces;
  for (const TxRef& tx : submitted_) nonces.push_back(decode_transfer(*tx)->transfer.nonce);
  // The first is given up at 2.5 s, so that the third, due at 3 s, takes its nonce.
  EXPECT_EQ(nonces, (std::vector<std::uint64_t>{0, 1, 0}));
  EXPECT_EQ(decode_transfer(*submitted_[0])->transfer.fee, 2u);
  EXPECT_EQ(decode_transfer(*submitted_[2])->transfer.fee, 3u);
}

TEST_F(OpenLoopTest, a_limit_drops_unsent_and_keeps_the_nonces_whole) {
  make(ClientPolicy::Ask::leader, {{"max_outstanding", 1}, {"retry_timeout", seconds(100).count()}},
       time_start + seconds(4));
  const auto first = run_to(seconds(2));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(given_up_, 1);
  hear(home_, reply(first[0].tx));
  const auto next = run_to(seconds(3));
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(decode_transfer(*next[0].tx)->transfer.nonce, 1u);
  // The dropped one had that nonce too, but is another transaction.
  ASSERT_EQ(submitted_.size(), 3u);
  EXPECT_NE(submitted_[1]->id, submitted_[2]->id);
}

TEST_F(OpenLoopTest, home_turns_to_others_while_its_own_node_is_silent) {
  make(ClientPolicy::Ask::home, {{"home_retry_timeout", seconds(10).count()}},
       time_start + seconds(2));
  EXPECT_EQ(run_to(seconds(1))[0].to, home_);
  std::vector<NodeId> asked;
  for (int i = 1; i <= 5; ++i) {
    for (const Sent& s : run_to(seconds(1 + 10 * i))) asked.push_back(s.to);
  }
  EXPECT_EQ(asked, (std::vector<NodeId>{3, 2, 4, 2, 0}));
  hear(home_, reply(submitted_[0]));
  EXPECT_EQ(acknowledged_.size(), 1u);
}

TEST_F(OpenLoopTest, all_counts_equal_replies_of_different_replicas) {
  make(ClientPolicy::Ask::all, {}, time_start + seconds(2));
  const auto sent = run_to(seconds(1));
  ASSERT_EQ(sent.size(), 5u);
  const TxRef tx = sent[0].tx;
  hear(0, reply(tx, 5));
  hear(0, reply(tx, 5));  // the same replica twice
  hear(1, reply(tx, 6));  // another outcome
  EXPECT_TRUE(acknowledged_.empty());
  hear(7, reply(tx, 5));  // no replica
  EXPECT_TRUE(acknowledged_.empty());
  hear(2, reply(tx, 5));
  EXPECT_EQ(acknowledged_, (std::vector<Height>{5}));
}

TEST_F(OpenLoopTest, one_liar_cannot_refuse_for_all) {
  make(ClientPolicy::Ask::all, {}, time_start + seconds(2));
  const TxRef tx = run_to(seconds(1))[0].tx;
  hear(0, Refused{tx->id, Refusal::unaffordable});
  hear(0, Refused{tx->id, Refusal::unaffordable});
  EXPECT_EQ(given_up_, 0);
  hear(1, Refused{tx->id, Refusal::unaffordable});
  EXPECT_EQ(given_up_, 1);
}

TEST_F(OpenLoopTest, a_block_without_effect_is_no_acknowledgement) {
  make(ClientPolicy::Ask::leader, {}, time_start + seconds(2));
  const TxRef tx = run_to(seconds(1))[0].tx;
  hear(home_, reply(tx, 5, false));
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(given_up_, 1);
}

TEST_F(OpenLoopTest, state_mode_offers_what_is_due_though_nobody_endorses_it) {
  state_mode();
  make(ClientPolicy::Ask::leader, {{"give_up_after", seconds(3).count()}}, time_start + seconds(4));
  run_to(seconds(20));
  ASSERT_EQ(submitted_.size(), 3u);
  EXPECT_EQ(due_, (std::vector<Time>{time_start + seconds(1), time_start + seconds(2),
                                     time_start + seconds(3)}));
  std::vector<std::uint64_t> tags;
  for (const TxRef& tx : submitted_) tags.push_back(tx->id.tag());
  EXPECT_EQ(given_up_tags_, tags);
}

TEST_F(OpenLoopTest, state_mode_gives_up_an_invalid_envelope_and_not_its_request) {
  state_mode();
  make(ClientPolicy::Ask::leader, {{"give_up_after", seconds(30).count()}},
       time_start + seconds(2));
  run_to(seconds(1));
  ASSERT_EQ(submitted_.size(), 1u);
  const TxRef request = submitted_[0];
  const auto first = endorse(request);
  ASSERT_EQ(first.size(), 1u);
  hear(first[0].to, reply(first[0].tx, 4, false));
  EXPECT_EQ(given_up_tags_, (std::vector<std::uint64_t>{first[0].tx->id.tag()}));
  EXPECT_TRUE(run_to(ms(1500)).empty());
  const auto second = endorse(request);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_NE(second[0].tx->id, first[0].tx->id);
  ASSERT_EQ(submitted_.size(), 3u);  // the request and its two envelopes, all due when it was
  EXPECT_EQ(due_, std::vector<Time>(3, time_start + seconds(1)));
  // Nobody answers: the envelope is given up, and the request with it.
  run_to(seconds(40));
  EXPECT_EQ(given_up_tags_, (std::vector<std::uint64_t>{
                                first[0].tx->id.tag(), second[0].tx->id.tag(), request->id.tag()}));
  EXPECT_TRUE(acknowledged_.empty());
}

TEST_F(OpenLoopTest, a_restarted_client_offers_what_is_due_from_then_on) {
  make(ClientPolicy::Ask::leader, {}, time_start + seconds(5));
  submitted_.clear();
  due_.clear();
  timers_.clear();
  now_ = time_start + ms(2500);
  Input input = make_input(InputKind::start);
  input.incarnation = 1;
  step(input);
  run_to(ms(4500));
  EXPECT_EQ(due_, (std::vector<Time>{time_start + seconds(3), time_start + seconds(4)}));
  EXPECT_EQ(decode_transfer(*submitted_[0])->transfer.nonce, 2u);
}

}  // namespace
}  // namespace ledgerlab
