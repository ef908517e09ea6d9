// Nodes that speak in sessions only, driven by hand: loss, crashes, both at once, impostors, frames
// that were changed or come again. In both crypto modes.
#include "models/parts/session/secure_node.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/parts/suite/suite.hpp"

namespace ledgerlab::session {
namespace {

struct Note {
  static constexpr MessageInfo info{1, "Note", Role::vote, Auth::mac};
  std::uint64_t number = 0;
  Bytes text;
  template <class A>
  void fields(A& a) {
    a(number, text);
  }
};
struct Signed {
  static constexpr MessageInfo info{2, "Signed", Role::vote, Auth::signature};
  std::uint64_t number = 0;
  template <class A>
  void fields(A& a) {
    a(number);
  }
};

/// The stack of a test: says what it is told to say by a timer, and remembers what it hears.
class Speaker final : public Module {
 public:
  struct Heard {
    NodeId from;
    std::uint64_t number;
    Bytes text;
  };
  std::vector<std::pair<NodeId, std::uint64_t>> say;
  std::optional<std::vector<NodeId>> admit;
  bool sign = false;
  std::vector<Heard> heard;

  void step(const Input& input, Effects& effects) override {
    effects.set_slot(Slot::consensus);
    if (input.kind == InputKind::timer) {
      if (admit) effects.admit(*admit);
      admit.reset();
      for (const auto& [to, number] : std::exchange(say, {})) {
        if (sign) {
          effects.send(to, Signed{number});
        } else {
          effects.send(to, Note{number, {1, 2, 3}});
        }
      }
    }
    if (input.kind != InputKind::deliver) return;
    if (const auto* note = input.message->as<Note>()) {
      heard.push_back({input.from, note->number, note->text});
    }
    if (const auto* own = input.message->as<Signed>()) heard.push_back({input.from, own->number, {}});
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector&) const override {}
};

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class SecureNodes : public ::testing::TestWithParam<SuiteMode> {
 protected:
  struct Flight {
    NodeId from, to;
    MessageRef message;
  };
  struct Node {
    std::unique_ptr<SecureNode> secure;
    Speaker* speaker = nullptr;
    std::optional<Time> timer;
    std::uint32_t incarnation = 0;
  };

  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 7, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Time now_ = time_start + seconds(1);
  std::vector<Node> nodes_;
  std::deque<Flight> flights_;
  std::vector<Flight> sent_;
  NodeSpec spec_{.replicas = 3};

  void SetUp() override {
    for (std::size_t r = 0; r < 19; ++r) costs_.picoseconds[r] = 0;
    for (NodeId i = 0; i < 3; ++i) begin(i);
  }
  void TearDown() override { effects_.discard(); }

  void begin(NodeId node) {
    if (nodes_.size() <= node) nodes_.resize(node + 1);
    auto speaker = std::make_unique<Speaker>();
    Node& n = nodes_[node];
    n.speaker = speaker.get();
    n.secure = std::make_unique<SecureNode>(spec_, std::move(speaker));
    n.timer.reset();
    ++n.incarnation;
    Input input = make(node, InputKind::start);
    step(input);
  }
  Input make(NodeId node, InputKind kind) {
    Input input;
    input.kind = kind;
    input.self = node;
    input.local = input.wall = now_;
    draws_ = Draws(5, node, nodes_[node].incarnation);
    input.draws = &draws_;
    return input;
  }
  void step(const Input& input) {
    effects_.begin(input.self);
    Node& n = nodes_[input.self];
    n.secure->step(input, effects_);
    for (const Effect& e : effects_.list()) {
      if (e.kind == EffectKind::set_timer) n.timer = now_ + Duration{static_cast<std::int64_t>(e.b)};
      if (e.kind == EffectKind::cancel_timer) n.timer.reset();
      if (e.kind != EffectKind::send) {
        EXPECT_GT(e.kind, EffectKind::broadcast) << "frames go to one node each";
        continue;
      }
      const Flight flight{input.self, e.node, effects_.take_message(e)};
      flights_.push_back(flight);
      sent_.push_back(flight);
    }
    effects_.begin(input.self);
  }
  void say(NodeId from, NodeId to, std::uint64_t number) {
    nodes_[from].speaker->say.emplace_back(to, number);
    Input input = make(from, InputKind::timer);
    input.slot = Slot::consensus;
    step(input);
  }
  void deliver(const Flight& flight) {
    Input input = make(flight.to, InputKind::deliver);
    input.from = flight.from;
    input.message = flight.message.get();
    input.slot = flight.message->slot();
    step(input);
  }
  void deliver_all() {
    while (!flights_.empty()) {
      const Flight flight = flights_.front();
      flights_.pop_front();
      deliver(flight);
    }
  }
  void pass(Duration time) {
    const Time end = now_ + time;
    for (;;) {
      Node* next = nullptr;
      for (Node& n : nodes_) {
        if (n.timer && *n.timer <= end && (!next || *n.timer < *next->timer)) next = &n;
      }
      if (!next) break;
      now_ = std::max(now_, *next->timer);
      next->timer.reset();
      Input input = make(static_cast<NodeId>(next - nodes_.data()), InputKind::timer);
      input.slot = Slot::session;
      input.timer = {1, 0};
      step(input);
    }
    now_ = end;
  }
  std::vector<std::uint64_t> heard(NodeId node, NodeId from) {
    std::vector<std::uint64_t> out;
    for (const auto& h : nodes_[node].speaker->heard) {
      if (h.from == from) out.push_back(h.number);
    }
    return out;
  }
  std::uint64_t refused(NodeId node) { return nodes_[node].secure->counts().refused; }
  template <class T>
  std::size_t sent() const {
    return static_cast<std::size_t>(std::count_if(
        sent_.begin(), sent_.end(), [](const Flight& f) { return f.message->as<T>() != nullptr; }));
  }
  using List = std::vector<std::uint64_t>;

 private:
  Draws draws_;
};

TEST_P(SecureNodes, MessagesWaitForTheSessionAndArriveInOrder) {
  for (std::uint64_t i = 1; i <= 5; ++i) say(0, 1, i);
  EXPECT_EQ(sent_.size(), 1u) << "only Hello";
  deliver_all();
  EXPECT_EQ(heard(1, 0), (List{1, 2, 3, 4, 5}));
  EXPECT_EQ(sent<Hello>() + sent<Reply>() + sent<Finish>() + sent<Confirm>(), 4u);
  EXPECT_EQ(sent<Frame>(), 5u);
  say(1, 0, 9);
  deliver_all();
  EXPECT_EQ(heard(0, 1), List{9}) << "the session serves both ways";
  EXPECT_EQ(sent<Hello>(), 1u);
  EXPECT_EQ(refused(0) + refused(1), 0u);
  pass(seconds(60));
  EXPECT_EQ(nodes_[0].secure->counts().repeated, 0u);
}

TEST_P(SecureNodes, SizesAreThoseOfTheBytesAndFramesDecode) {
  say(0, 1, 4);
  deliver_all();
  nodes_[0].speaker->sign = true;
  say(0, 1, 5);
  deliver_all();
  MessageCatalog catalog;
  catalog.slots[static_cast<std::size_t>(Slot::session)] = message_types();
  catalog.slots[static_cast<std::size_t>(Slot::consensus)] = message_list<Note, Signed>();
  for (const Flight& f : sent_) {
    const Bytes bytes = encode_frame(*f.message);
    EXPECT_EQ(bytes.size(), f.message->wire_size()) << f.message->describe();
    const MessageRef copy = decode_frame(bytes, catalog);
    ASSERT_TRUE(copy) << f.message->describe();
    EXPECT_EQ(encode_frame(*copy), bytes);
    EXPECT_EQ(copy->identity(), f.message->identity());
    if (const Message* inner = f.message->carried()) {
      // Header 8, session 4, number 8, tag 16, flag 1; a tagged message leaves its own tag out.
      const std::uint32_t saved = inner->auth() == Auth::mac ? 16 : 0;
      EXPECT_EQ(f.message->wire_size(), inner->wire_size() + 37 - saved);
    }
  }
}

TEST_P(SecureNodes, OneFlippedBitAnywhereInAFrameIsRefused) {
  nodes_[0].speaker->sign = true;
  MessageCatalog catalog;
  catalog.slots[static_cast<std::size_t>(Slot::session)] = message_types();
  catalog.slots[static_cast<std::size_t>(Slot::consensus)] = message_list<Note, Signed>();
  for (const bool sign : {false, true}) {
    nodes_[0].speaker->sign = sign;
    say(0, 1, 4);
    deliver_all();
    say(0, 1, 5);
    const Flight good = flights_.front();
    flights_.clear();
    const Bytes bytes = encode_frame(*good.message);
    const std::size_t before = nodes_[1].speaker->heard.size();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      Bytes bad = bytes;
      bad[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
      const MessageRef message = decode_frame(bad, catalog);
      if (!message) continue;
      deliver({0, 1, message});
      ASSERT_EQ(nodes_[1].speaker->heard.size(), before) << "bit " << bit;
    }
    flights_.clear();  // it asks for a session when the named one is unknown
    const MessageRef whole = decode_frame(bytes, catalog);
    deliver({0, 1, whole});
    EXPECT_EQ(nodes_[1].speaker->heard.size(), before + 1) << "and the true one is taken";
    begin(0);
    begin(1);
  }
}

TEST_P(SecureNodes, AFrameComesOnceHoweverOftenItIsSent) {
  say(0, 1, 1);
  deliver_all();
  say(0, 1, 2);
  const Flight frame = flights_.front();
  deliver_all();
  for (int i = 0; i < 3; ++i) deliver(frame);
  EXPECT_EQ(heard(1, 0), (List{1, 2}));
  EXPECT_EQ(refused(1), 3u);
  EXPECT_EQ(nodes_[1].secure->last_fault(), Fault::replayed);
  // Nor does it pass for another's, or back to its sender.
  deliver({2, 1, frame.message});
  deliver({1, 0, frame.message});
  EXPECT_EQ(heard(1, 2), List{});
  EXPECT_EQ(heard(0, 1), List{});
}

TEST_P(SecureNodes, OvertakenFramesAreTaken) {
  say(0, 1, 1);
  deliver_all();
  for (std::uint64_t i = 2; i <= 4; ++i) say(0, 1, i);
  std::swap(flights_[0], flights_[2]);
  deliver_all();
  EXPECT_EQ(heard(1, 0), (List{1, 4, 3, 2}));
}

TEST_P(SecureNodes, WithoutASessionNothingIsHeard) {
  Effects other(*suite_, names_, costs_);
  other.begin(0);
  other.set_slot(Slot::consensus);
  const MessageRef bare = other.make(Note{1, {}});
  deliver({0, 1, bare});
  Frame frame;
  frame.session = 77;
  frame.carried = {bare, true};
  other.set_slot(Slot::session);
  deliver({0, 1, other.make(std::move(frame))});
  EXPECT_EQ(heard(1, 0), List{});
  EXPECT_EQ(refused(1), 2u);
}

TEST_P(SecureNodes, EachLostHandshakeMessageIsMadeUpFor) {
  for (int lost = 0; lost < 4; ++lost) {
    say(0, 1, 1);
    for (int at = 0; !flights_.empty(); ++at) {
      const Flight flight = flights_.front();
      flights_.pop_front();
      // In place 2 is Finish, then the frame that waited, then Confirm.
      const bool drop = lost < 2 ? at == lost : lost == 2 ? at == 2
                                                       : flight.message->as<Confirm>() != nullptr;
      if (!drop) deliver(flight);
    }
    pass(seconds(1));
    deliver_all();
    say(0, 1, 2);
    deliver_all();
    pass(seconds(10));
    deliver_all();
    const List all = heard(1, 0);
    EXPECT_TRUE(std::find(all.begin(), all.end(), 2) != all.end()) << lost;
    EXPECT_EQ(nodes_[0].secure->counts().repeated, 1u) << lost;
    EXPECT_EQ(nodes_[0].secure->counts().handshakes, 1u) << lost;
    begin(0);
    begin(1);
  }
}

TEST_P(SecureNodes, BothAtOnceGiveOneSession) {
  say(0, 1, 1);
  say(1, 0, 2);
  deliver_all();
  EXPECT_EQ(heard(1, 0), List{1});
  EXPECT_EQ(heard(0, 1), List{2});
  EXPECT_EQ(nodes_[0].secure->counts().handshakes, 1u);
  EXPECT_EQ(nodes_[1].secure->counts().handshakes, 1u);
  EXPECT_EQ(sent<Reply>(), 1u) << "the lower node's Hello counts";
  pass(seconds(10));
  EXPECT_TRUE(flights_.empty()) << "nobody repeats anything";
}

TEST_P(SecureNodes, ACrashedNodeComesBackBySpeaking) {
  say(0, 1, 1);
  deliver_all();
  begin(1);
  say(1, 0, 2);
  deliver_all();
  EXPECT_EQ(heard(0, 1), List{2});
  say(0, 1, 3);
  deliver_all();
  EXPECT_EQ(heard(1, 0), List{3});
}

TEST_P(SecureNodes, ACrashedNodeComesBackByHearing) {
  say(0, 1, 1);
  deliver_all();
  begin(1);
  say(0, 1, 2);  // lost with the old session, as on a connection that is reset
  deliver_all();
  EXPECT_TRUE(nodes_[1].secure->stands(0));
  say(0, 1, 3);
  deliver_all();
  EXPECT_EQ(heard(1, 0), List{3});
  EXPECT_EQ(nodes_[0].secure->counts().handshakes, 2u);
}

TEST_P(SecureNodes, AnOldHelloDoesNotDisturbAStandingSession) {
  say(0, 1, 1);
  const Flight hello = flights_.front();
  deliver_all();
  deliver(hello);
  deliver_all();
  say(0, 1, 2);
  say(1, 0, 3);
  deliver_all();
  EXPECT_EQ(heard(1, 0), (List{1, 2}));
  EXPECT_EQ(heard(0, 1), List{3});
}

TEST_P(SecureNodes, AnImpostorGetsNoSession) {
  spec_.key_of = 40;  // a key that no directory has
  begin(1);
  say(1, 0, 1);
  deliver_all();
  say(0, 1, 2);
  deliver_all();
  pass(seconds(30));
  deliver_all();
  EXPECT_EQ(heard(0, 1), List{});
  EXPECT_EQ(heard(1, 0), List{});
  EXPECT_FALSE(nodes_[0].secure->stands(1));
  EXPECT_GT(refused(0), 0u);
  EXPECT_EQ(nodes_[0].secure->last_fault(), Fault::wrong_identity);
}

TEST_P(SecureNodes, FirstContactBelievesTheFirstKeyAndNoOtherAfterwards) {
  spec_.directory = false;
  for (NodeId i = 0; i < 3; ++i) begin(i);
  say(0, 1, 1);
  deliver_all();
  EXPECT_EQ(heard(1, 0), List{1});
  spec_.key_of = 40;
  begin(1);
  say(1, 0, 2);
  deliver_all();
  EXPECT_EQ(heard(0, 1), List{}) << "another key than the one seen first";
  say(1, 2, 3);
  deliver_all();
  EXPECT_EQ(heard(2, 1), List{3}) << "who never met node 1 believes it";
}

TEST_P(SecureNodes, OfAnotherNetworkIsRefused) {
  spec_.terms.network.data[0] = 1;
  begin(1);
  say(0, 1, 1);
  deliver_all();
  EXPECT_FALSE(nodes_[1].secure->stands(0));
  EXPECT_EQ(nodes_[1].secure->last_fault(), Fault::network);
}

TEST_P(SecureNodes, WhoIsNotAdmittedIsRefusedAndLosesItsSession) {
  say(1, 0, 1);
  say(2, 0, 1);
  deliver_all();
  nodes_[0].speaker->admit = std::vector<NodeId>{0, 1};
  say(0, 1, 2);
  say(2, 0, 3);
  say(0, 2, 4);
  deliver_all();
  pass(seconds(30));
  deliver_all();
  EXPECT_EQ(heard(0, 2), List{1}) << "what it said before";
  EXPECT_EQ(heard(2, 0), List{});
  EXPECT_FALSE(nodes_[0].secure->stands(2));
  EXPECT_EQ(heard(1, 0), List{2});
}

TEST_P(SecureNodes, WhatWaitsIsBoundedAndTheOldestGoesFirst) {
  spec_.waiting_max = 3;
  begin(0);
  for (std::uint64_t i = 1; i <= 5; ++i) say(0, 1, i);
  deliver_all();
  EXPECT_EQ(heard(1, 0), (List{3, 4, 5}));
  EXPECT_EQ(nodes_[0].secure->counts().dropped, 2u);
}

TEST_P(SecureNodes, KeysMoveOnAtBothEnds) {
  spec_.rekey = 3;
  begin(0);
  begin(1);
  List all;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    say(0, 1, i);
    deliver_all();
    all.push_back(i);
  }
  EXPECT_EQ(heard(1, 0), all);
}

TEST_P(SecureNodes, AHelloThatNobodyAnswersIsRepeatedEverMoreSlowly) {
  say(0, 1, 1);
  flights_.clear();
  for (int i = 0; i < 100; ++i) {
    pass(seconds(1));
    flights_.clear();
  }
  // After 1, 3, 7, 11, 15 ... seconds.
  EXPECT_EQ(nodes_[0].secure->counts().repeated, 26u);
}

INSTANTIATE_TEST_SUITE_P(Modes, SecureNodes, ::testing::Values(SuiteMode::costed, SuiteMode::real),
                         [](const auto& info) {
                           return info.param == SuiteMode::costed ? "costed" : "real";
                         });

}  // namespace
}  // namespace ledgerlab::session
