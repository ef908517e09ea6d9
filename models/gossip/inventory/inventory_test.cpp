// The relay among a few peers whose links a test holds in its hands.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <string>

#include "models/api/registry.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab {
void register_gossip_inventory(Registry& registry);

namespace relay {
namespace {

struct Note {
  static constexpr MessageInfo info{1, "Note", Role::proposal, Auth::none};
  std::string text;
  template <class A>
  void fields(A& a) {
    a(text);
  }
};

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

struct Flight {
  NodeId from;
  NodeId to;
  MessageRef message;
};

using Graph = std::vector<std::vector<NodeId>>;

class Peers {
 public:
  using Changes = std::map<std::string, std::string>;
  explicit Peers(Graph neighbours, const Changes& changes = {}, bool backwards = false)
      : names_(backwards), effects_(suite_, names_, costs_), neighbours_(std::move(neighbours)) {
    register_gossip_inventory(registry_);
    const ModelInfo* info = registry_.find(ModelKind::gossip, "inventory");
    for (const ParamInfo& p : info->params) {
      const auto it = changes.find(p.key);
      const std::string& text = it == changes.end() ? p.fallback : it->second;
      if (p.type == ParamType::choice) {
        params_.set(p.key, text);
      } else {
        params_.set(p.key, *parse_value(p.type, text).value);
      }
    }
    for (NodeId i = 0; i < neighbours_.size(); ++i) {
      ModuleContext context;
      context.self = i;
      context.replicas = static_cast<std::uint32_t>(neighbours_.size());
      context.neighbours = neighbours_[i];
      context.params = &params_;
      nodes_.push_back(info->make(context));
      timers_.emplace_back();
      got_.emplace_back();
    }
  }
  ~Peers() { effects_.discard(); }

  MessageRef note(const std::string& text) {
    effects_.begin(0);
    effects_.set_slot(Slot::consensus);
    return effects_.make(Note{text});
  }
  void publish(NodeId node, const MessageRef& content) {
    LocalCall call{Slot::consensus, Slot::relay, 0, Publish{content}};
    Input input = make_input(node, InputKind::call);
    input.call = &call;
    step(node, input);
  }
  void set_peers(NodeId node, std::vector<NodeId> peers) {
    LocalCall call{Slot::overlay, Slot::relay, 0, ledgerlab::Peers{std::move(peers)}};
    Input input = make_input(node, InputKind::call);
    input.call = &call;
    step(node, input);
  }
  void deliver_one() {
    const Flight f = flights.front();
    flights.pop_front();
    hand(f);
  }
  void hand(const Flight& f) {
    Input input = make_input(f.to, InputKind::deliver);
    input.from = f.from;
    input.message = f.message.get();
    step(f.to, input);
  }
  void deliver_all() {
    while (!flights.empty()) deliver_one();
  }
  /// Lets time pass; due timers fire.
  void pass(Duration time) {
    const Time until = now_ + time;
    for (;;) {
      NodeId node = no_node;
      TimerId id;
      Time due = time_never;
      for (NodeId i = 0; i < timers_.size(); ++i) {
        for (const auto& [kind, at] : timers_[i]) {
          if (at < due) std::tie(node, id, due) = std::tuple(i, TimerId{kind, 0}, at);
        }
      }
      if (due > until) break;
      now_ = std::max(now_, due);
      timers_[node].erase(id.kind);
      Input input = make_input(node, InputKind::timer);
      input.timer = id;
      step(node, input);
    }
    now_ = until;
  }
  std::size_t count(std::string_view name) const {
    std::size_t out = 0;
    for (const Flight& f : sent) out += f.message->type().info.name == name;
    return out;
  }
  const std::vector<std::string>& got(NodeId node) const { return got_[node]; }

  std::deque<Flight> flights;
  std::vector<Flight> sent;
  std::set<std::string> refused;  // texts that owners do not accept
  bool late = false;              // owners accept only when told
  std::deque<std::pair<NodeId, MessageRef>> waiting;

 private:
  Input make_input(NodeId node, InputKind kind) {
    Input input;
    input.kind = kind;
    input.slot = Slot::relay;
    input.self = node;
    input.local = input.wall = now_;
    return input;
  }
  void step(NodeId node, const Input& input) {
    effects_.begin(node);
    effects_.set_slot(Slot::relay);
    nodes_[node]->step(input, effects_);
    for (const Effect& e : effects_.list()) {
      if (e.kind == EffectKind::set_timer) {
        timers_[node][e.node] = now_ + Duration{static_cast<std::int64_t>(e.b)};
      } else if (e.kind == EffectKind::send) {
        post(node, {&e.node, 1}, effects_.take_message(e));
      } else if (e.kind == EffectKind::multicast) {
        post(node, effects_.nodes_of(e), effects_.take_message(e));
      }
    }
    std::vector<std::pair<MessageRef, NodeId>> relayed;
    while (effects_.has_calls()) {
      const LocalCall call = effects_.take_call();
      const auto* r = call.as<Relayed>();
      ASSERT_NE(r, nullptr);
      EXPECT_EQ(call.to, Slot::consensus);
      relayed.emplace_back(r->content, r->from);
    }
    effects_.begin(node);
    for (const auto& [content, from] : relayed) {
      const std::string& text = content->as<Note>()->text;
      got_[node].push_back(text);
      if (refused.contains(text)) continue;
      if (late) {
        waiting.emplace_back(node, content);
      } else {
        publish(node, content);
      }
    }
  }
  void post(NodeId from, std::span<const NodeId> to, const MessageRef& message) {
    for (const NodeId t : to) {
      flights.push_back({from, t, message});
      sent.push_back({from, t, message});
    }
  }

  Suite suite_;
  Names names_;
  CostTable costs_;
  Effects effects_;
  Graph neighbours_;
  Registry registry_;
  Params params_;
  Time now_ = time_start + seconds(1);
  std::vector<std::unique_ptr<Module>> nodes_;
  std::vector<std::map<std::uint32_t, Time>> timers_;
  std::vector<std::vector<std::string>> got_;
};

Graph ring_with_chords(std::uint32_t n) {
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

Graph full_mesh(std::uint32_t n) {
  Graph out(n);
  for (NodeId i = 0; i < n; ++i) {
    for (NodeId j = n; j-- > 0;) {
      if (i != j) out[i].push_back(j);  // descending: the order given must not matter
    }
  }
  return out;
}

TEST(Inventory, EveryNodeGetsAContentOnceAndBodiesTravelOnce) {
  Peers peers(ring_with_chords(40));
  peers.publish(3, peers.note("a"));
  peers.deliver_all();
  for (NodeId i = 0; i < 40; ++i) EXPECT_EQ(peers.got(i).size(), i == 3 ? 0u : 1u);
  EXPECT_EQ(peers.count("Content"), 39u);
  EXPECT_EQ(peers.count("GetData"), 39u);
  // One frame object serves everybody.
  const Message* frame = nullptr;
  for (const Flight& f : peers.sent) {
    if (f.message->kind() != Content::info.kind) continue;
    if (!frame) frame = f.message.get();
    EXPECT_EQ(f.message.get(), frame);
  }
}

TEST(Inventory, WhoAnnouncedIsNotTold) {
  Peers peers(Graph{{1, 2}, {0, 2}, {0, 1}});
  peers.late = true;
  const MessageRef a = peers.note("a");
  peers.publish(0, a);
  peers.deliver_all();
  ASSERT_EQ(peers.waiting.size(), 2u);
  peers.publish(1, a);
  EXPECT_EQ(peers.flights.size(), 1u) << "only to 2: 0 sent it";
  EXPECT_EQ(peers.flights.front().to, 2u);
  peers.deliver_all();
  peers.publish(2, a);
  EXPECT_TRUE(peers.flights.empty()) << "2 heard from 0 and 1 while its owner was at it";
  peers.publish(2, a);
  EXPECT_TRUE(peers.flights.empty());
}

TEST(Inventory, PushSendsUnaskedAndStopsAtDuplicates) {
  Peers peers(full_mesh(70), {{"mode", "push"}});
  peers.publish(0, peers.note("a"));
  peers.deliver_all();
  for (NodeId i = 1; i < 70; ++i) EXPECT_EQ(peers.got(i), std::vector<std::string>{"a"});
  EXPECT_EQ(peers.count("Inv") + peers.count("GetData"), 0u);
  // The origin sends 69; each other sends to all but those it had it from: at most 68.
  EXPECT_LE(peers.count("Content"), 69u + 69u * 68u);
}

TEST(Inventory, AMakerPushesItsBlockAndOthersAnnounceIt) {
  Peers peers(full_mesh(10), {{"mode", "unsolicited"}});
  peers.publish(0, peers.note("a"));
  EXPECT_EQ(peers.count("Content"), 9u);
  peers.deliver_all();
  for (NodeId i = 1; i < 10; ++i) EXPECT_EQ(peers.got(i), std::vector<std::string>{"a"});
  EXPECT_EQ(peers.count("Content"), 9u) << "nobody asks for what it was sent";
  EXPECT_GT(peers.count("Inv"), 0u);
}

TEST(Inventory, WithoutForwardingOnlyTheMakerSends) {
  Peers peers(full_mesh(70), {{"mode", "push"}, {"forward", "false"}});
  peers.publish(0, peers.note("a"));
  peers.deliver_all();
  for (NodeId i = 1; i < 70; ++i) EXPECT_EQ(peers.got(i), std::vector<std::string>{"a"});
  EXPECT_EQ(peers.count("Content"), 69u);
}

TEST(Inventory, AnotherAnnouncerIsAskedWhenTheFirstIsSilent) {
  Peers peers(Graph{{2}, {2}, {0, 1}}, {{"request_timeout", "2 s"}});
  const MessageRef a = peers.note("a");
  peers.publish(0, a);
  peers.publish(1, a);
  peers.deliver_one();
  peers.deliver_one();
  ASSERT_EQ(peers.flights.size(), 1u);
  EXPECT_EQ(peers.flights.front().to, 0u);
  peers.flights.clear();  // lost
  peers.pass(ms(1999));
  EXPECT_TRUE(peers.flights.empty());
  peers.pass(ms(1));
  ASSERT_EQ(peers.flights.size(), 1u);
  EXPECT_EQ(peers.flights.front().to, 1u);
  peers.deliver_all();
  EXPECT_EQ(peers.got(2), std::vector<std::string>{"a"});
  peers.pass(seconds(100));
  EXPECT_TRUE(peers.flights.empty()) << "no request is left";
}

TEST(Inventory, GivesUpAfterItsAttemptsAndStartsAnewOnTheNextInv) {
  Peers peers(Graph{{2}, {2}, {0, 1}}, {{"attempts_max", "3"}});
  const MessageRef a = peers.note("a");
  peers.publish(0, a);
  const Flight inv = peers.flights.front();
  peers.deliver_one();
  for (int i = 0; i < 10; ++i) {
    peers.flights.clear();
    peers.pass(seconds(5));
  }
  EXPECT_EQ(peers.count("GetData"), 3u);
  peers.hand(inv);
  peers.deliver_all();
  EXPECT_EQ(peers.got(2), std::vector<std::string>{"a"});
}

TEST(Inventory, WhatItsOwnerRefusesGoesNoFurther) {
  Peers peers(Graph{{1}, {0, 2}, {1}});
  peers.refused.insert("bad");
  peers.publish(0, peers.note("bad"));
  peers.deliver_all();
  EXPECT_EQ(peers.got(1), std::vector<std::string>{"bad"});
  EXPECT_TRUE(peers.got(2).empty());
}

TEST(Inventory, NewPeersHearAndAPeerThatLeftIsAskedNoMore) {
  // 2 wants "a" from 0, whom it loses; 1 has announced it too and stands elsewhere among the peers.
  Peers peers(Graph{{2}, {2}, {0, 1}, {}, {}});
  const MessageRef a = peers.note("a");
  peers.publish(0, a);
  peers.publish(1, a);
  peers.deliver_one();  // 0's Inv
  peers.deliver_one();  // 1's
  peers.flights.clear();
  peers.set_peers(2, {1, 3, 4});
  ASSERT_EQ(peers.flights.size(), 1u) << "asked at once, not after the timeout";
  EXPECT_EQ(peers.flights.front().to, 1u);
  peers.set_peers(3, {2});
  peers.set_peers(4, {2});
  peers.deliver_all();
  for (const NodeId node : {2u, 3u, 4u}) {
    EXPECT_EQ(peers.got(node), std::vector<std::string>{"a"}) << node;
  }
  for (const Flight& f : peers.sent) {
    EXPECT_FALSE(f.from == 2 && f.to == 1 && f.message->as<Inv>()) << "1 announced it itself";
  }
  // Without peers the last request is given up, and a later announcement is asked for again.
  const MessageRef b = peers.note("b");
  peers.publish(1, b);
  peers.deliver_one();
  peers.flights.clear();
  peers.set_peers(2, {});
  peers.pass(seconds(60));
  EXPECT_TRUE(peers.flights.empty());
  peers.set_peers(2, {3});
  peers.set_peers(3, {2});
  peers.publish(3, b);
  peers.deliver_all();
  EXPECT_EQ(peers.got(2), (std::vector<std::string>{"a", "b"}));
}

/// Who has what, against a plain record of who said so, with few and with many neighbours who come
/// and go: who did not say it is told, and nobody else.
TEST(Inventory, ExactlyThoseWhoSaidNothingAreTold) {
  constexpr std::uint32_t contents = 3;
  for (const std::uint32_t leaves : {1u, 5u, 30u, 64u, 65u, 150u}) {
    SCOPED_TRACE(leaves);
    Graph star(leaves + 1, {0});
    star[0].clear();
    for (NodeId leaf = 1; leaf <= leaves; ++leaf) star[0].push_back(leaf);
    Peers peers(star);
    peers.late = true;
    std::set<NodeId> there(star[0].begin(), star[0].end());
    std::set<NodeId> told[contents];
    std::vector<MessageRef> notes;
    for (std::uint32_t k = 0; k < contents; ++k) notes.push_back(peers.note(std::to_string(k)));
    std::uint64_t c = 0;
    const auto draw = [&](std::uint64_t n) {
      return draw_below(draw64(leaves, 1, Purpose("t"), ++c), n);
    };
    for (std::uint32_t step = 0; step < 4 * leaves + 10; ++step) {
      const auto leaf = static_cast<NodeId>(1 + draw(leaves));
      const auto k = static_cast<std::uint32_t>(draw(contents));
      if (draw(40) != 0) {
        peers.publish(leaf, notes[k]);
        // It says so once.
        if (!peers.flights.empty() && there.contains(leaf)) told[k].insert(leaf);
        peers.deliver_all();
        continue;
      }
      // Every second one or so leaves, or is back.
      for (NodeId other = 1; other <= leaves; ++other) {
        if (draw(3) != 0) continue;
        if (!there.insert(other).second) there.erase(other);
        for (auto& t : told) {
          if (!there.contains(other)) t.erase(other);
        }
      }
      peers.set_peers(0, {there.begin(), there.end()});
      peers.deliver_all();
    }
    for (std::uint32_t k = 0; k < contents; ++k) {
      peers.publish(0, notes[k]);
      std::set<NodeId> heard, expected;
      for (const Flight& f : peers.flights) EXPECT_TRUE(heard.insert(f.to).second);
      std::set_difference(there.begin(), there.end(), told[k].begin(), told[k].end(),
                          std::inserter(expected, expected.end()));
      EXPECT_EQ(heard, expected) << k;
      peers.flights.clear();
    }
  }
}

TEST(Inventory, OldContentsAreNoLongerServedButRemembered) {
  Peers peers(Graph{{1}, {0}}, {{"keep_contents", "10 s"}});
  const MessageRef a = peers.note("a");
  peers.publish(0, a);
  peers.deliver_all();
  const Flight get{1, 0, [&] {
                     for (const Flight& f : peers.sent) {
                       if (f.message->as<GetData>()) return f.message;
                     }
                     return MessageRef();
                   }()};
  peers.hand(get);
  EXPECT_EQ(peers.flights.size(), 1u) << "still there";
  peers.flights.clear();
  peers.pass(seconds(11));
  peers.publish(0, peers.note("b"));
  peers.deliver_all();
  peers.hand(get);
  EXPECT_TRUE(peers.flights.empty()) << "dropped";
  EXPECT_EQ(peers.count("Inv"), 2u);
  peers.publish(0, a);
  peers.deliver_all();
  EXPECT_EQ(peers.got(1), (std::vector<std::string>{"a", "b"})) << "seen is seen";
}

TEST(Inventory, ABoundedMemoryForgetsTheOldest) {
  Peers peers(Graph{{1}, {0}}, {{"keep_contents", "1 s"}, {"remember_contents", "3"}});
  const MessageRef first = peers.note("0");
  for (int i = 0; i < 6; ++i) {
    peers.publish(0, i == 0 ? first : peers.note(std::to_string(i)));
    peers.deliver_all();
    peers.pass(seconds(2));
  }
  peers.publish(0, first);
  peers.deliver_all();
  EXPECT_EQ(peers.got(1).size(), 7u) << "asked for again: the owner sorts it out";
}

TEST(Inventory, AnnouncementsAreGathered) {
  Peers peers(Graph{{1, 2}, {0}, {0}}, {{"announce_interval", "100 ms"}});
  // 2 has "b" already: it lacks less than 1.
  const MessageRef a = peers.note("a");
  const MessageRef b = peers.note("b");
  peers.publish(2, b);
  peers.pass(ms(100));
  peers.deliver_all();  // 0 has b now and wants to tell 1
  peers.publish(0, a);
  peers.publish(0, peers.note("c"));
  EXPECT_TRUE(peers.flights.empty());
  peers.pass(ms(100));
  ASSERT_EQ(peers.flights.size(), 2u);
  const auto ids_to = [&](NodeId node) {
    for (const Flight& f : peers.flights) {
      if (f.to == node) return f.message->as<Inv>()->ids.size();
    }
    return std::size_t{0};
  };
  EXPECT_EQ(ids_to(1), 3u);
  EXPECT_EQ(ids_to(2), 2u);
  peers.deliver_all();
  peers.pass(seconds(1));
  peers.deliver_all();
  EXPECT_EQ(peers.got(1).size(), 3u);
}

TEST(Inventory, NothingDependsOnTheNumbersOfTheInterner) {
  std::vector<std::vector<std::string>> lines;
  for (const bool backwards : {false, true}) {
    Peers peers(ring_with_chords(12), {{"remember_contents", "4"}, {"keep_contents", "2 s"}},
                backwards);
    for (int i = 0; i < 30; ++i) {
      peers.publish(static_cast<NodeId>(i % 12), peers.note(std::to_string(i % 10)));
      if (i % 3 == 0) peers.flights.pop_front();
      peers.deliver_all();
      peers.pass(ms(700));
    }
    auto& out = lines.emplace_back();
    for (const Flight& f : peers.sent) {
      out.push_back(std::to_string(f.from) + ">" + std::to_string(f.to) + " " +
                    std::string(f.message->type().info.name) + to_hex(f.message->identity()));
    }
  }
  EXPECT_EQ(lines[0], lines[1]);
}

TEST(Inventory, FramesComeBackFromTheirBytes) {
  Peers peers(Graph{{1}, {0}});
  peers.publish(0, peers.note("text"));
  peers.deliver_all();
  MessageCatalog catalog;
  catalog.slots[static_cast<std::size_t>(Slot::relay)] = message_list<Inv, GetData, Content>();
  catalog.slots[static_cast<std::size_t>(Slot::consensus)] = message_list<Note>();
  for (const Flight& f : peers.sent) {
    const Bytes frame = encode_frame(*f.message);
    EXPECT_EQ(frame.size(), f.message->wire_size());
    const MessageRef back = decode_frame(frame, catalog);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode_frame(*back), frame);
    EXPECT_EQ(back->identity(), f.message->identity());
    for (std::size_t cut = 0; cut < frame.size(); ++cut) {
      EXPECT_FALSE(decode_frame(ByteView(frame).first(cut), catalog));
    }
  }
}

}  // namespace
}  // namespace relay
}  // namespace ledgerlab
