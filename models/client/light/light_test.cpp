// The light client driven by hand, on headers of a chain made for this test: what it believes, what
// it does not, and whom it stops asking.
#include "models/client/light/light.hpp"

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/mpt.hpp"
#include "models/parts/ethereum/account.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {

void register_client_light(Registry&);

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

/// A third chained protocol: a header says what it weighs, and none may weigh 99.
struct TestHeader {
  BlockId parent;
  Height height = 0;
  Hash256 payload_root;
  Hash256 state_root;
  std::uint64_t weight = 1;
  std::uint64_t salt = 0;
  template <class A>
  void fields(A& a) {
    a(parent, height, payload_root, state_root, weight, salt);
  }
};

class TestChain final : public chain::HeaderTree<int> {
 public:
  Pace pace() const override { return {3, seconds(8)}; }

 private:
  BlockRef read(ByteView bytes) const override {
    const auto header = codec::decode<TestHeader>(bytes);
    if (!header) return nullptr;
    auto block = std::make_shared<Block>();
    block->height = header->height;
    block->parent = header->parent;
    block->header.assign(bytes.begin(), bytes.end());
    block->id = sha256(bytes);
    block->payload = empty_payload();
    block->state_root = header->state_root;
    return block;
  }
  Judged judge(const BlockRef& block, chain::Index, Time, Effects&) const override {
    const TestHeader header = *codec::decode<TestHeader>(block->header);
    if (header.weight == 99) return {"work", {}};
    return {{}, U256(header.weight), 0};
  }
  Hash256 payload_root(const Block& block) const override {
    return codec::decode<TestHeader>(block.header)->payload_root;
  }
};

std::unique_ptr<chain::HeaderChain> make_chain(const ModuleContext&) {
  auto out = std::make_unique<TestChain>();
  out->begin(make_genesis({}), 0, 0);
  return out;
}

class LightTest : public ::testing::Test {
 protected:
  static constexpr NodeId self = 10;
  static constexpr std::uint32_t replicas = 5;
  struct Branch {
    std::vector<Bytes> headers;  // of heights 1 and above
    chain::Place at(Height height) const {
      return height == 0 ? chain::Place{0, make_genesis({})->id}
                         : chain::Place{height, sha256(headers[height - 1])};
    }
  };
  struct Sent {
    NodeId to;
    MessageRef message;
  };

  void make(bool accounts = false, std::int64_t sources = 4) {
    Registry registry;
    register_client_light(registry);
    const ModelInfo& info = *registry.find(ModelKind::client, "light");
    for (const ParamInfo& p : info.params) {
      params_.set(p.key, *parse_value(p.type, p.fallback).value);
    }
    params_.set("sources", sources);
    consensus_.make_header_chain = make_chain;
    ledger_.family = accounts ? "account" : "utxo";
    workload_.make_load = [](const ModuleContext&) -> std::unique_ptr<Load> {
      return std::make_unique<EverySecond>();
    };
    ModuleContext c;
    c.self = self;
    c.replicas = replicas;
    c.nodes = self + 1;
    c.neighbours = {&home_, 1};
    c.params = &params_;
    c.client_policy.ask = ClientPolicy::Ask::home;
    c.consensus_model = &consensus_;
    c.ledger_model = &ledger_;
    c.suite = suite_.get();
    c.workload_model = &workload_;
    c.workload_end = time_start + ms(1500);  // one transaction
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
        sent_.push_back({e.node, effects_.take_message(e)});
      } else if (e.kind == EffectKind::submit) {
        tx_ = effects_.transaction_of(e);
      } else if (e.kind == EffectKind::acknowledge) {
        acknowledged_.push_back(e.b);
      } else if (e.kind == EffectKind::give_up) {
        ++given_up_;
      }
    }
  }
  void run_to(Duration since_start) {
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
  }
  template <class T>
  void hear(NodeId from, T body) {
    sent_.clear();
    Effects other(*suite_, names_, costs_);
    other.begin(from);
    const MessageRef message =
        other.seal(MessageRef(new MessageOf<T>(std::move(body))), Slot::client);
    Input input = make_input(InputKind::deliver);
    input.from = from;
    input.message = message.get();
    step(input);
  }
  /// Of what was sent since time last passed or something was heard: to whom a T went.
  template <class T>
  std::vector<NodeId> asked() const {
    std::vector<NodeId> out;
    for (const Sent& s : sent_) {
      if (s.message->as<T>()) out.push_back(s.to);
    }
    return out;
  }

  /// Until its first transaction is on its way to replica 0.
  void begin(bool accounts = false, std::int64_t sources = 4) {
    make(accounts, sources);
    run_to(ms(1100));
    ASSERT_EQ(asked<Request>(), std::vector<NodeId>{home_});
  }
  /// So many blocks after genesis, the transaction with four others in that of `with` (0: nowhere).
  Branch branch(Height length, Height with, std::uint64_t weight = 1, Hash256 state_root = {}) {
    Branch out;
    BlockId parent = make_genesis({})->id;
    for (Height h = 1; h <= length; ++h) {
      TestHeader header{parent, h, empty_payload()->root, state_root, weight, 0};
      if (h == with) header.payload_root = merkle_root(leaves());
      out.headers.push_back(codec::encode(header));
      parent = sha256(out.headers.back());
    }
    return out;
  }
  std::vector<Hash256> leaves() const {
    std::vector<Hash256> ids(5);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i].data[0] = static_cast<Byte>(i + 1);
    ids[2] = tx_->id;
    return ids;
  }
  void give(NodeId from, const Branch& b, std::size_t first = 0, std::size_t last = 1000) {
    chain::Headers headers;
    for (std::size_t i = first; i < std::min(last, b.headers.size()); ++i) {
      headers.list.push_back(b.headers[i]);
    }
    hear(from, std::move(headers));
  }
  void say_final(NodeId from, const chain::Place& place) {
    hear(from, Reply{tx_->id, place.height, place.id, TxOutcome::succeeded});
  }
  chain::Inclusion proof(const chain::Place& place) const {
    const auto ids = leaves();
    return {tx_->id, place, true, 2, 5, MerkleTree(ids).inclusion(2, 5)};
  }
  std::string field(const std::string& name) const {
    struct Reader final : Inspector {
      std::map<std::string, std::string> fields;
      void field(std::string_view key, std::string value) override {
        fields[std::string(key)] = std::move(value);
      }
    } reader;
    client_->inspect(reader);
    return reader.fields[name];
  }

  std::unique_ptr<WorldSuite> suite_ = make_suite(SuiteMode::costed, 3, WorkMode::lottery);
  NoNames names_;
  Draws draws_{1, self, 0};
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Params params_;
  ModelInfo workload_;
  ModelInfo consensus_;
  ModelInfo ledger_;
  NodeId home_ = 0;
  std::unique_ptr<Module> client_;
  Time now_ = time_start;
  std::map<std::uint32_t, Time> timers_;
  std::vector<Sent> sent_;
  TxRef tx_;
  std::vector<Height> acknowledged_;
  int given_up_ = 0;
};

TEST_F(LightTest, AsksItsSourcesForHeadersAtOnceAndThenInTurn) {
  make();
  EXPECT_EQ(asked<chain::GetHeaders>(), (std::vector<NodeId>{0, 1, 2, 3}));
  run_to(ms(4100));  // each twice in 8 s
  EXPECT_EQ(asked<chain::GetHeaders>(), (std::vector<NodeId>{0, 1, 2, 3}));
}

TEST_F(LightTest, AReplyIsAHintAndNoMore) {
  begin();
  const Branch b = branch(6, 2);
  give(1, b);
  say_final(0, b.at(2));
  EXPECT_EQ(asked<chain::GetInclusion>(), std::vector<NodeId>{0});
  for (NodeId replica = 0; replica < replicas; ++replica) say_final(replica, b.at(2));
  EXPECT_TRUE(acknowledged_.empty()) << "however many say so";
  hear(0, proof(b.at(2)));
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightTest, AFalseBranchProvesNothingAndItsServerIsNotAskedAgain) {
  begin();
  const Branch b = branch(6, 2);
  give(1, b);
  say_final(0, b.at(2));
  chain::Inclusion lie = proof(b.at(2));
  lie.branch[1].data[5] ^= 1;
  hear(0, lie);
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(field("caught"), "1");
  EXPECT_EQ(asked<Request>(), std::vector<NodeId>{1});
  say_final(0, b.at(2));
  EXPECT_TRUE(asked<chain::GetInclusion>().empty());
  run_to(ms(9000));
  const auto polled = asked<chain::GetHeaders>();
  EXPECT_EQ(std::count(polled.begin(), polled.end(), 0), 0);
  say_final(1, b.at(2));
  hear(1, proof(b.at(2)));
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightTest, ABranchToAnotherHeaderIsFalse) {
  begin();
  const Branch b = branch(6, 2);
  give(1, b);
  say_final(0, b.at(3));
  hear(0, proof(b.at(3)));
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(field("caught"), "1");
}

TEST_F(LightTest, WaitsForConfirmations) {
  begin();
  const Branch b = branch(6, 2);
  give(1, b, 0, 3);  // two confirmations of three
  say_final(0, b.at(2));
  hear(0, proof(b.at(2)));
  EXPECT_TRUE(acknowledged_.empty());
  give(1, b, 3, 4);
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightTest, AProofMayComeBeforeItsHeader) {
  begin();
  const Branch b = branch(6, 2);
  say_final(0, b.at(2));
  hear(0, proof(b.at(2)));
  EXPECT_EQ(asked<chain::GetHeaders>(), std::vector<NodeId>{0});
  EXPECT_TRUE(acknowledged_.empty());
  give(0, b);
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightTest, AnEclipsingServersLighterChainIsNotFollowed) {
  begin();
  const Branch its_own = branch(6, 2, 1);
  const Branch heaviest = branch(5, 0, 2);
  give(0, its_own);
  give(1, heaviest);
  say_final(0, its_own.at(2));
  hear(0, proof(its_own.at(2)));
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(field("headers"), "5");
  EXPECT_EQ(asked<Request>(), std::vector<NodeId>{1});
}

TEST_F(LightTest, WithAnEclipsingServerAsItsOnlySourceItIsFooled) {
  // The twin of the test above, and the limit of SPV: valid headers are all that it can ask for.
  begin(false, 1);
  const Branch its_own = branch(6, 2, 1);
  give(0, its_own);
  say_final(0, its_own.at(2));
  hear(0, proof(its_own.at(2)));
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightTest, WhatLeavesTheHeaviestChainBeforeItIsSettledIsNotBelieved) {
  begin();
  const Branch first = branch(3, 2, 1);
  give(1, first);
  say_final(0, first.at(2));
  hear(0, proof(first.at(2)));
  give(2, branch(6, 0, 2));
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(asked<Request>(), std::vector<NodeId>{1});
  const Branch again = branch(9, 7, 2);  // and in again on the other branch
  give(3, again);
  say_final(1, again.at(7));
  hear(1, proof(again.at(7)));
  EXPECT_EQ(acknowledged_, std::vector<Height>{7});
}

TEST_F(LightTest, WhoWithholdsAProofIsPassedOver) {
  begin();
  const Branch b = branch(6, 2);
  give(1, b);
  say_final(0, b.at(2));
  run_to(ms(6000));
  EXPECT_TRUE(asked<Request>().empty()) << "within proof_timeout of the question";
  run_to(ms(6200));
  EXPECT_EQ(asked<Request>(), std::vector<NodeId>{1});
  EXPECT_EQ(field("target"), "1");
  EXPECT_EQ(field("caught"), "0") << "silence proves no lie";
  hear(0, proof(b.at(2)));
  EXPECT_TRUE(acknowledged_.empty()) << "too late, and nobody's answer";
  say_final(1, b.at(2));
  hear(1, proof(b.at(2)));
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightTest, WhoSaysFinalAndHasItNotIsPassedOverOnceRound) {
  begin();
  const Branch b = branch(6, 0);
  give(1, b);
  say_final(0, b.at(2));
  std::vector<NodeId> order;
  for (NodeId at = 0; order.size() < 20;) {
    hear(at, chain::Inclusion{tx_->id, b.at(2), false, 0, 0, {}});
    const auto next = asked<Request>();
    if (next.empty()) break;
    order.push_back(at = next[0]);
    say_final(at, b.at(2));
  }
  EXPECT_EQ(order, (std::vector<NodeId>{1, 2, 3, 4}));
  EXPECT_EQ(field("caught"), "0") << "that one has not it proves no lie";
}

TEST_F(LightTest, AHeaderThatBreaksTheRulesCostsItsServerAllTrust) {
  begin();
  Branch b = branch(6, 2);
  const Branch bad = branch(1, 0, 99);
  give(0, bad);
  EXPECT_EQ(field("caught"), "1");
  EXPECT_EQ(field("headers"), "0");
  give(0, b);
  EXPECT_EQ(field("headers"), "0") << "nothing from it counts any more";
  give(1, b);
  EXPECT_EQ(field("headers"), "6");
}

TEST_F(LightTest, AHeaderWithoutItsParentIsNobodysFault) {
  begin();
  give(0, branch(6, 2), 3);
  EXPECT_EQ(field("caught"), "0");
  EXPECT_EQ(field("headers"), "0");
}

TEST_F(LightTest, OneReplicaCannotTalkItOutOfATransaction) {
  begin();
  for (NodeId replica = 0; replica + 1 < replicas; ++replica) {
    hear(replica, Refused{tx_->id, Refusal::unaffordable});
    EXPECT_EQ(given_up_, 0);
  }
  hear(replicas - 1, Refused{tx_->id, Refusal::unaffordable});
  EXPECT_EQ(given_up_, 1) << "all say so";
}

class LightAccounts : public LightTest {
 protected:
  /// A state in which account 0 has this nonce, among others.
  SecureTrie state(std::uint64_t nonce) {
    SecureTrie trie;
    for (AccountIndex i = 0; i < 30; ++i) {
      ethereum::Account account;
      account.nonce = i == 0 ? nonce : i;
      account.balance = U256(1000 + i);
      trie.insert(suite_->account(i).view(), ethereum::encode(account));
    }
    return trie;
  }
  chain::AccountProof account(const SecureTrie& trie, const chain::Place& place) {
    return {suite_->account(0), place, true, trie.prove(suite_->account(0).view())};
  }
  /// Up to the question for the payer's account, asked of replica 0.
  Branch begin_with(std::uint64_t nonce) {
    begin(true);
    const Branch b = branch(6, 2, 1, state(nonce).root());
    give(1, b);
    say_final(0, b.at(2));
    hear(0, proof(b.at(2)));
    EXPECT_TRUE(acknowledged_.empty());
    EXPECT_EQ(asked<chain::GetAccount>(), std::vector<NodeId>{0});
    return b;
  }
};

TEST_F(LightAccounts, TheUsedNonceHasToBeProvenToo) {
  const Branch b = begin_with(1);
  hear(0, account(state(1), b.at(4)));
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightAccounts, AFalseTrieProofIsRefused) {
  const Branch b = begin_with(0);
  hear(0, account(state(1), b.at(4)));  // of a state that no header names
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(field("caught"), "1");
  EXPECT_EQ(asked<chain::GetAccount>(), std::vector<NodeId>{1}) << "the branch stands";
}

TEST_F(LightAccounts, InABlockWithoutEffectItIsNotDone) {
  const Branch b = begin_with(0);
  hear(0, account(state(0), b.at(4)));
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(given_up_, 1);
}

TEST_F(LightAccounts, AStateBeforeItsBlockShowsNothing) {
  const Branch b = begin_with(0);
  hear(0, account(state(0), b.at(1)));
  EXPECT_EQ(given_up_, 0);
  EXPECT_EQ(asked<chain::GetAccount>(), std::vector<NodeId>{1});
}

TEST_F(LightAccounts, AStateThatIsNotSettledHereYetWaits) {
  const Branch b = begin_with(1);
  const Branch longer = branch(7, 2, 1, state(1).root());
  hear(0, account(state(1), longer.at(5)));
  EXPECT_TRUE(acknowledged_.empty());
  give(2, longer);
  EXPECT_EQ(acknowledged_, std::vector<Height>{2});
}

TEST_F(LightAccounts, WhoKnowsNoAccountsIsPassedOver) {
  begin_with(1);
  for (NodeId replica = 0; replica + 1 < replicas; ++replica) {
    hear(replica, chain::AccountProof{suite_->account(0), {}, false, {}});
    EXPECT_EQ(asked<chain::GetAccount>(), std::vector<NodeId>{replica + 1});
  }
  hear(replicas - 1, chain::AccountProof{suite_->account(0), {}, false, {}});
  EXPECT_TRUE(asked<chain::GetAccount>().empty()) << "once round, then with the next header";
}

}  // namespace
}  // namespace ledgerlab
