// Kademlia's rules one by one: the metric, k-buckets with their pings, limits per address group,
// what an id must be, and lookups among a few hundred nodes that a test drives by hand.
#include "models/discovery/kademlia/kademlia.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <sstream>

#include "models/api/registry.hpp"
#include "models/parts/suite/suite.hpp"
#include "tests/support/module_world.hpp"

namespace ledgerlab {
void register_discovery_kademlia(Registry& registry);

namespace kademlia {
namespace {

using overlay::Accept;
using overlay::Connect;

Id id_of_bits(std::uint64_t high) {
  Id out;
  for (std::size_t i = 0; i < 8; ++i) out.data[i] = static_cast<Byte>(high >> (56 - 8 * i));
  return out;
}

struct Names final : Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

/// One node in a test's hands; everything that it sends lands in `sent`.
class Node {
 public:
  explicit Node(const std::map<std::string, std::string>& changes = {}, NodeId self = 0,
                std::vector<std::uint16_t> groups = {})
      : suite_(make_suite(SuiteMode::costed, 1, WorkMode::lottery)),
        effects_(*suite_, names_, costs_),
        groups_(std::move(groups)) {
    register_discovery_kademlia(registry_);
    const ModelInfo* info = registry_.find(ModelKind::discovery, "kademlia");
    params_ = test::params_of(*info, changes);
    context_.self = self;
    context_.replicas = 1000;
    context_.neighbours = {&first_contact, 1};
    context_.params = &params_;
    context_.suite = suite_.get();
    context_.address_groups = groups_;
    restart({});
  }
  ~Node() { effects_.discard(); }

  void restart(std::span<const Record> records) {
    sent.clear();
    timers_.clear();
    module_ = registry_.find(ModelKind::discovery, "kademlia")->make(context_);
    if (!records.empty()) module_->restore(records);
    Input input = make_input(InputKind::start);
    step(input);
  }
  template <class T>
  void hear(NodeId from, T body) {
    effects_.begin(from);
    effects_.set_slot(Slot::overlay);
    const MessageRef message = effects_.make(std::move(body));
    Input input = make_input(InputKind::deliver);
    input.from = from;
    input.message = message.get();
    step(input);
  }
  void pass(Duration time) {
    const Time until = now_ + time;
    for (;;) {
      const auto due = std::min_element(timers_.begin(), timers_.end(), [](auto& a, auto& b) {
        return std::tie(a.second, a.first) < std::tie(b.second, b.first);
      });
      if (due == timers_.end() || due->second > until) break;
      now_ = std::max(now_, due->second);
      Input input = make_input(InputKind::timer);
      input.timer = {due->first, 0};
      timers_.erase(due);
      step(input);
    }
    now_ = until;
  }
  Id id(NodeId node) { return overlay::id_of(*suite_, node); }
  /// Nodes whose true ids fall into the node's bucket of this number, ascending.
  std::vector<NodeId> in_bucket(int number) {
    std::vector<NodeId> out;
    for (NodeId node = 1; node < 1000; ++node) {
      if (overlay::bucket_of(id(0), id(node)) == number) out.push_back(node);
    }
    return out;
  }
  template <class T>
  std::vector<NodeId> sent_to() const {
    std::vector<NodeId> out;
    for (const auto& [to, message] : sent) {
      if (message->template as<T>()) out.push_back(to);
    }
    return out;
  }
  std::set<NodeId> known() const { return list("overlay.known"); }
  std::set<NodeId> peers() const { return list("overlay.peers"); }

  std::vector<std::pair<NodeId, MessageRef>> sent;
  std::vector<Record> records;
  std::vector<std::vector<NodeId>> told;  // Peers, to the relay

 private:
  Input make_input(InputKind kind) {
    Input input;
    input.kind = kind;
    input.slot = Slot::overlay;
    input.self = context_.self;
    input.local = input.wall = now_;
    input.draws = &draws_;
    return input;
  }
  void step(const Input& input) {
    effects_.begin(context_.self);
    effects_.set_slot(Slot::overlay);
    module_->step(input, effects_);
    for (const Effect& e : effects_.list()) {
      if (e.kind == EffectKind::set_timer) {
        timers_[e.node] = now_ + Duration{static_cast<std::int64_t>(e.b)};
      } else if (e.kind == EffectKind::cancel_timer) {
        timers_.erase(e.node);
      } else if (e.kind == EffectKind::send) {
        sent.emplace_back(e.node, effects_.take_message(e));
      } else if (e.kind == EffectKind::multicast) {
        const auto to = effects_.nodes_of(e);
        const MessageRef message = effects_.take_message(e);
        for (const NodeId node : to) sent.emplace_back(node, message);
      } else if (e.kind == EffectKind::persist) {
        records.push_back(effects_.record_of(e));
        records.back().index = records.size();
      }
    }
    while (effects_.has_calls()) {
      const LocalCall call = effects_.take_call();
      const auto* peers = call.as<Peers>();
      ASSERT_NE(peers, nullptr);
      if (call.to == Slot::relay) told.push_back(peers->peers);
    }
    effects_.begin(context_.self);
  }
  std::set<NodeId> list(const std::string& name) const {
    struct Fields final : Inspector {
      std::map<std::string, std::string> of;
      void field(std::string_view key, std::string value) override { of[std::string(key)] = value; }
    } fields;
    module_->inspect(fields);
    std::set<NodeId> out;
    std::istringstream text(fields.of[name]);
    for (NodeId node = 0; text >> node;) out.insert(node);
    return out;
  }

  static constexpr NodeId first_contact = 999;
  std::unique_ptr<WorldSuite> suite_;
  Names names_;
  CostTable costs_;
  Effects effects_;
  Registry registry_;
  Params params_;
  std::vector<std::uint16_t> groups_;
  ModuleContext context_;
  Draws draws_{1, 0, 0};
  Time now_ = time_start + seconds(1);
  std::unique_ptr<Module> module_;
  std::map<std::uint32_t, Time> timers_;
};

TEST(Metric, IsXor) {
  const Id a = id_of_bits(0x8000'0000'0000'0000), b = id_of_bits(0x8000'0000'0000'0001);
  EXPECT_EQ(overlay::bucket_of(a, a), -1);
  EXPECT_EQ(overlay::bucket_of(a, b), 160 - 64);
  EXPECT_EQ(overlay::bucket_of(a, Id{}), 159);
  EXPECT_TRUE(overlay::nearer(a, b, Id{}));
  EXPECT_FALSE(overlay::nearer(a, Id{}, b));
  EXPECT_FALSE(overlay::nearer(a, b, b));
  Id low = a;
  low.data[19] = 1;
  EXPECT_EQ(overlay::bucket_of(a, low), 0);
  EXPECT_TRUE(overlay::nearer(a, a, low));
  for (int bucket = 0; bucket < 160; ++bucket) {
    EXPECT_EQ(overlay::bucket_of(b, overlay::id_in_bucket(b, bucket, low)), bucket);
  }
}

// Section 2.2: a full bucket keeps those that answer, oldest first, and takes a new one only in the
// place of one that does not.
TEST(Buckets, KeepTheLivingAndReplaceTheDead) {
  Node node({{"k", "3"}, {"assume_alive", "0 s"}});
  const auto far = node.in_bucket(159);
  for (int i = 0; i < 3; ++i) {
    node.hear(far[i], Ping{node.id(far[i])});
    node.pass(ms(10));
  }
  node.hear(far[0], Ping{node.id(far[0])});  // now far[1] is the least recently seen
  node.sent.clear();
  node.hear(far[3], Ping{node.id(far[3])});
  EXPECT_EQ(node.sent_to<Ping>(), std::vector<NodeId>{far[1]});
  node.hear(far[1], Pong{node.id(far[1])});
  node.pass(seconds(3));
  EXPECT_EQ(node.known(), (std::set<NodeId>{far[0], far[1], far[2]})) << "it answered";
  node.sent.clear();
  node.hear(far[3], Ping{node.id(far[3])});
  EXPECT_EQ(node.sent_to<Ping>(), std::vector<NodeId>{far[2]});
  node.pass(seconds(3));
  EXPECT_EQ(node.known(), (std::set<NodeId>{far[0], far[1], far[3]})) << "it did not";
}

TEST(Buckets, WhoWasJustHeardIsNotPinged) {
  Node node({{"k", "1"}, {"assume_alive", "30 s"}});
  const auto far = node.in_bucket(159);
  node.hear(far[0], Ping{node.id(far[0])});
  node.sent.clear();
  node.hear(far[1], Ping{node.id(far[1])});
  EXPECT_TRUE(node.sent_to<Ping>().empty());
}

TEST(Ids, BoundToKeysAreNotChosen) {
  for (const bool bound : {true, false}) {
    Node node({{"ids", bound ? "key" : "free"}}, 0);
    node.hear(7, Ping{overlay::id_in_bucket(node.id(0), 3, node.id(7))});
    EXPECT_EQ(node.known().contains(7), !bound);
    node.hear(8, Ping{node.id(8)});
    EXPECT_TRUE(node.known().contains(8));
  }
}

TEST(Groups, HaveLimitsInBucketsTableAndPeers) {
  std::vector<std::uint16_t> groups(1000);
  for (NodeId i = 0; i < 1000; ++i) groups[i] = i < 500 ? 1 : static_cast<std::uint16_t>(i);
  Node node({{"bucket_group_limit", "2"}, {"table_group_limit", "3"}, {"peer_group_limit", "1"}}, 0,
            groups);
  for (NodeId i = 1; i < 600; ++i) node.hear(i, Ping{node.id(i)});
  const auto known = node.known();
  const auto same = [&](const std::set<NodeId>& nodes) {
    return std::count_if(nodes.begin(), nodes.end(), [](NodeId n) { return n < 500; });
  };
  EXPECT_EQ(same(known), 3);
  EXPECT_GT(known.size(), 16u) << "others enter";
  for (NodeId i = 1; i < 20; ++i) node.hear(i, Connect{});
  EXPECT_EQ(same(node.peers()), 1) << "one accepted";
}

TEST(Answers, AreTheNearestWithoutTheAsker) {
  Node node({{"k", "4"}}, 0);
  for (NodeId i = 1; i < 200; ++i) node.hear(i, Ping{node.id(i)});
  const auto known = node.known();
  node.sent.clear();
  const Id target = node.id(5);
  node.hear(300, FindNode{9, node.id(300), target});
  ASSERT_EQ(node.sent.size(), 1u);
  const auto* nodes = node.sent[0].second->as<Nodes>();
  ASSERT_NE(nodes, nullptr);
  EXPECT_EQ(nodes->query, 9u);
  std::vector<NodeId> expected(known.begin(), known.end());
  std::sort(expected.begin(), expected.end(), [&](NodeId a, NodeId b) {
    return overlay::nearer(target, node.id(a), node.id(b));
  });
  expected.resize(4);
  std::vector<NodeId> got;
  for (const Contact& c : nodes->contacts) got.push_back(c.node);
  EXPECT_EQ(got, expected);
}

// Section 2.3: alpha questions are under way, to the nearest; who does not answer is passed over.
TEST(Lookups, AskAlphaAtOnceAndTheNearestFirst) {
  Node node({{"k", "8"}, {"alpha", "3"}, {"contacts", "1"}});
  EXPECT_EQ(node.sent_to<FindNode>(), std::vector<NodeId>{999}) << "the first contact";
  std::vector<Contact> named;
  for (NodeId i = 1; i <= 8; ++i) named.push_back({i, node.id(i)});
  node.sent.clear();
  node.hear(999, Nodes{1, node.id(999), named});
  std::vector<NodeId> order{1, 2, 3, 4, 5, 6, 7, 8};
  std::sort(order.begin(), order.end(),
            [&](NodeId a, NodeId b) { return overlay::nearer(node.id(0), node.id(a), node.id(b)); });
  EXPECT_EQ(node.sent_to<FindNode>(), (std::vector<NodeId>{order[0], order[1], order[2]}));
  node.sent.clear();
  node.hear(order[1], Nodes{1, node.id(order[1]), {}});
  EXPECT_EQ(node.sent_to<FindNode>(), std::vector<NodeId>{order[3]});
  node.sent.clear();
  node.hear(order[5], Nodes{1, node.id(order[5]), {{500, node.id(0)}}});  // was not asked
  EXPECT_TRUE(node.sent_to<FindNode>().empty());
  node.pass(seconds(2));  // three are silent
  EXPECT_EQ(node.sent_to<FindNode>(), (std::vector<NodeId>{order[4], order[5], order[6]}));
}

TEST(Anchors, AreDialledFirstAfterARestart) {
  Node node({{"anchors", "2"}, {"outbound", "4"}, {"contacts", "1"}});
  for (NodeId i = 1; i < 50; ++i) node.hear(i, Ping{node.id(i)});
  node.hear(999, Nodes{1, node.id(999), {}});
  node.pass(seconds(12));  // the joining ends, the peers are dialled
  const auto dialled = node.sent_to<Connect>();
  ASSERT_GE(dialled.size(), 4u);
  for (const NodeId peer : std::vector<NodeId>(dialled.end() - 4, dialled.end())) {
    node.hear(peer, Accept{});
  }
  ASSERT_FALSE(node.records.empty());
  const auto anchors = codec::decode<std::vector<NodeId>>(node.records.back().bytes);
  ASSERT_TRUE(anchors);
  EXPECT_EQ(anchors->size(), 2u);
  EXPECT_EQ(node.told.back().size(), node.peers().size());
  const std::vector<Record> disk{node.records.back()};
  node.restart(disk);
  EXPECT_EQ(node.sent_to<Connect>(), *anchors);
}

TEST(Messages, ComeBackFromTheirBytes) {
  Node node;
  for (NodeId i = 1; i < 30; ++i) node.hear(i, Ping{node.id(i)});
  node.hear(30, FindNode{1, node.id(30), node.id(3)});
  node.hear(31, Connect{});
  node.hear(32, overlay::KeepAlive{});
  MessageCatalog catalog;
  Registry registry;
  register_discovery_kademlia(registry);
  catalog.slots[static_cast<std::size_t>(Slot::overlay)] =
      registry.find(ModelKind::discovery, "kademlia")->messages;
  std::set<std::string> kinds;
  for (const auto& [to, message] : node.sent) {
    kinds.insert(std::string(message->type().info.name));
    const Bytes frame = encode_frame(*message);
    EXPECT_EQ(frame.size(), message->wire_size());
    const MessageRef back = decode_frame(frame, catalog);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode_frame(*back), frame);
    for (std::size_t cut = 0; cut < frame.size(); ++cut) {
      EXPECT_FALSE(decode_frame(ByteView(frame).first(cut), catalog));
    }
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"ACCEPT", "CLOSE", "FIND_NODE", "NODES", "PONG"}));
}

}  // namespace
}  // namespace kademlia
}  // namespace ledgerlab
