// What every relay promises to the slots above it, whatever it does on the wire: what one owner
// publishes reaches the owner of every connected node once and goes on only where the owner takes
// it; also over links that lose and repeat messages, with peers that crash and come back, with
// other peers than at first; and two runs are one. Each promise has a relay that breaks it.
#include <gtest/gtest.h>

#include "models/crypto/hash128.hpp"
#include "tests/support/relay_world.hpp"

namespace ledgerlab {
namespace {

using testing::Graph;
using testing::RelayBlock;
using testing::RelayText;
using testing::RelayWorld;
using testing::ring_with_chords;

constexpr std::uint32_t node_count = 30;

/// A model at its defaults, or with one of its choices made otherwise.
struct Subject {
  ModelInfo info;
  std::string name;
  RelayWorld::Changes changes = {};
};

/// Parameters for short runs are the model's own to say.
RelayWorld::Options options_for(const Subject& subject) {
  const ModelInfo& info = subject.info;
  RelayWorld::Options options;
  std::string_view rest = info.contract.params;
  while (!rest.empty()) {  // key = "value", ...
    const std::size_t equal = rest.find(" = \"");
    const std::size_t end = rest.find('"', equal + 4);
    if (equal == std::string_view::npos || end == std::string_view::npos) break;
    options.params[std::string(rest.substr(0, equal))] =
        std::string(rest.substr(equal + 4, end - equal - 4));
    rest.remove_prefix(std::min(rest.size(), end + 3));
  }
  for (const auto& [key, value] : subject.changes) options.params[key] = value;
  return options;
}

/// One content of each sort: of no known kind, a block, a transaction.
std::vector<std::string> publish_all(RelayWorld& world, NodeId from, int number) {
  world.publish(from, "note " + std::to_string(number));
  RelayBlock block{static_cast<Height>(number), {}, empty_payload()};
  const std::string name = block.describe();
  world.publish(from, world.content(std::move(block)));
  world.publish(from, world.content(RelayText{"text " + std::to_string(number)}));
  return {"note " + std::to_string(number), name, "text " + std::to_string(number)};
}

/// Empty if every node but `from` got each text once, and `from` none.
std::string once_everywhere(const RelayWorld& world, NodeId from,
                            const std::vector<std::string>& texts) {
  for (NodeId i = 0; i < world.n(); ++i) {
    for (const std::string& text : texts) {
      const std::size_t times = world.got_times(i, text);
      if (times == (i == from ? 0u : 1u)) continue;
      return "the owner of node " + std::to_string(i) + " got \"" + text + "\" " +
             std::to_string(times) + " times";
    }
  }
  return {};
}

/// Loses what the draw says of the n-th message.
void lose(RelayWorld& world, std::uint64_t share_ppb) {
  world.lost = [&world, share_ppb](const RelayWorld::Flight&) {
    return draw_ppb(draw64(5, 0, Purpose("loss"), world.sent.size()), share_ppb);
  };
}

std::string plain(const Subject& subject) {
  RelayWorld world(subject.info, ring_with_chords(node_count), options_for(subject));
  world.run(seconds(1));
  for (int k = 1; k <= 4; ++k) {
    const auto from = static_cast<NodeId>(k * 7);
    const auto texts = publish_all(world, from, k);
    world.run(seconds(60));
    if (auto wrong = once_everywhere(world, from, texts); !wrong.empty()) return wrong;
  }
  return {};
}

std::string with_loss(const Subject& subject) {
  RelayWorld world(subject.info, ring_with_chords(node_count), options_for(subject));
  lose(world, 100'000'000);
  world.run(seconds(1));
  for (int k = 1; k <= 4; ++k) {
    const auto texts = publish_all(world, 3, k);
    world.run(seconds(200));
    if (auto wrong = once_everywhere(world, 3, texts); !wrong.empty()) return wrong;
  }
  return {};
}

std::string with_repeats(const Subject& subject) {
  RelayWorld world(subject.info, ring_with_chords(node_count), options_for(subject));
  world.repeat = [](const RelayWorld::Flight& f) { return (f.from + f.to) % 2 == 0; };
  world.run(seconds(1));
  const auto texts = publish_all(world, 3, 1);
  world.run(seconds(60));
  return once_everywhere(world, 3, texts);
}

std::string with_restarts(const Subject& subject) {
  RelayWorld world(subject.info, ring_with_chords(node_count), options_for(subject));
  world.run(seconds(1));
  publish_all(world, 0, 1);
  world.run(ms(15));  // in the middle of it
  world.crash(5);
  world.run(seconds(200));
  world.restart(5);
  world.run(seconds(5));
  const auto texts = publish_all(world, 8, 2);
  world.run(seconds(60));
  if (auto wrong = once_everywhere(world, 8, texts); !wrong.empty()) return "afterwards " + wrong;
  for (NodeId i = 1; i < node_count; ++i) {
    if (i != 5 && world.got_times(i, "note 1") != 1) {
      return "node " + std::to_string(i) + " did not get past the crashed one";
    }
  }
  return {};
}

std::string with_other_peers(const Subject& subject) {
  // A line first; then a ring over the odd nodes and one over the even ones, joined at 0 and 1.
  Graph line(node_count);
  for (NodeId i = 0; i + 1 < node_count; ++i) {
    line[i].push_back(i + 1);
    line[i + 1].push_back(i);
  }
  RelayWorld world(subject.info, line, options_for(subject));
  world.run(seconds(1));
  publish_all(world, 0, 1);
  world.run(ms(35));  // under way
  for (NodeId i = 0; i < node_count; ++i) {
    std::vector<NodeId> peers = {(i + 2) % node_count, (i + node_count - 2) % node_count};
    if (i < 2) peers.push_back(1 - i);
    std::sort(peers.begin(), peers.end());
    world.call(i, Peers{peers});
  }
  world.run(seconds(60));
  const auto texts = publish_all(world, 9, 2);
  world.run(seconds(120));
  if (auto wrong = once_everywhere(world, 9, texts); !wrong.empty()) return wrong;
  for (const auto& f : world.sent) {
    if (f.due > time_start + seconds(62) && f.from + 1 == f.to && f.from > 1) {
      return "node " + std::to_string(f.from) + " still speaks to a peer that left";
    }
  }
  return {};
}

std::string where_owners_refuse(const Subject& subject) {
  RelayWorld world(subject.info, Graph{{1}, {0, 2}, {1}}, options_for(subject));
  world.refused.insert("note 1");
  world.run(seconds(1));
  publish_all(world, 0, 1);
  world.run(seconds(60));
  if (world.got_times(1, "note 1") != 1) return "the neighbour's owner did not see it";
  return world.got_times(2, "note 1") == 0 ? "" : "what an owner refused went on";
}

std::string twice(const Subject& subject) {
  std::vector<std::vector<std::string>> runs;
  for (const int way : {0, 1, 2}) {
    RelayWorld::Options options = options_for(subject);
    options.backwards = way == 1;
    options.as_bytes = way == 2;
    RelayWorld world(subject.info, ring_with_chords(node_count), std::move(options));
    lose(world, 30'000'000);
    for (int k = 1; k <= 3; ++k) {
      publish_all(world, static_cast<NodeId>(k * 5), k);
      world.run(ms(70));
    }
    world.run(seconds(30));
    auto& lines = runs.emplace_back();
    for (const auto& f : world.sent) {
      lines.push_back(std::to_string(count_ns(f.due)) + " " + std::to_string(f.from) + ">" +
                      std::to_string(f.to) + " " + to_hex(f.message->identity()));
    }
  }
  if (runs[0] != runs[1]) return "the interner's numbers matter";
  return runs[0] == runs[2] ? "" : "messages read from their bytes lead elsewhere";
}

struct Promise {
  std::string_view name;
  std::string (*broken)(const Subject&);
};
constexpr Promise promises[] = {{"plain", plain},
                                {"with_loss", with_loss},
                                {"with_repeats", with_repeats},
                                {"with_restarts", with_restarts},
                                {"with_other_peers", with_other_peers},
                                {"where_owners_refuse", where_owners_refuse},
                                {"twice", twice}};

/// Choices under which a relay promises less by its definition.
struct Exempt {
  std::string_view name;
  std::string_view why;
};
constexpr Exempt exempt[] = {
    {"epidemic_infect_and_die", "reaches a share of the nodes only (TARGETS G2)"},
    {"epidemic_everyone", "draws its partners from all replicas, not from its peers"},
};

/// Every registered relay; and with each value of each of its choices, and with announcements held
/// back where it can.
const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = [] {
    std::vector<Subject> out;
    for (const ModelInfo* info : builtin_models().all(ModelKind::gossip)) {
      out.push_back({*info, info->name});
      for (const ParamInfo& p : info->params) {
        if (p.key == "trickle") out.push_back({*info, info->name + "_trickle", {{p.key, "2 s"}}});
        if (p.type != ParamType::choice) continue;
        for (const std::string& choice : p.choices) {
          if (choice == p.fallback) continue;
          out.push_back({*info, info->name + "_" + choice, {{p.key, choice}}});
        }
      }
    }
    std::erase_if(out, [](const Subject& s) {
      return std::any_of(std::begin(exempt), std::end(exempt),
                         [&](const Exempt& e) { return e.name == s.name; });
    });
    return out;
  }();
  return all;
}

using Case = std::pair<const Subject*, const Promise*>;
std::vector<Case> cases() {
  std::vector<Case> out;
  for (const Subject& subject : subjects()) {
    for (const Promise& promise : promises) out.emplace_back(&subject, &promise);
  }
  return out;
}

class Relays : public ::testing::TestWithParam<Case> {};

TEST_P(Relays, Keep) {
  const auto [subject, promise] = GetParam();
  EXPECT_EQ(promise->broken(*subject), "") << subject->name;
}
INSTANTIATE_TEST_SUITE_P(All, Relays, ::testing::ValuesIn(cases()), [](const auto& p) {
  std::string name = p.param.first->name + "_" + std::string(p.param.second->name);
  std::replace(name.begin(), name.end(), '.', '_');  // a choice such as "1.0"
  return name;
});

// --- relays that break one promise each ---------------------------------------------------------

struct Push {
  static constexpr MessageInfo info{1, "Push", Role::relay, Auth::mac};
  MessageRef content;
  template <class A>
  void fields(A& a) {
    a(content);
  }
};

enum class Fault : std::uint8_t {
  none,           // a plain flood: each new content to every peer
  lazy,           // only to the lowest peer
  forgetful,      // hands on every copy
  hasty,          // does not wait for its owner
  loyal,          // keeps its first peers
  by_number,      // sends in the order of the interner's numbers
  silent_rebirth  // does nothing once it has come back
};

class Flood final : public Module {
 public:
  Flood(const ModuleContext& context, Fault fault)
      : fault_(fault), peers_(context.neighbours.begin(), context.neighbours.end()) {
    std::sort(peers_.begin(), peers_.end());
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector&) const override {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::start) mute_ = input.incarnation > 0;
    if (mute_ && fault_ == Fault::silent_rebirth) return;
    if (input.kind == InputKind::deliver) {
      const auto* push = input.message->as<Push>();
      if (push) receive(input, push->content, effects);
    } else if (const auto* publish = input.call ? input.call->as<Publish>() : nullptr) {
      seen_.insert(publish->content->identity());
      send(input, publish->content, effects);
    } else if (const auto* peers = input.call ? input.call->as<Peers>() : nullptr) {
      if (fault_ != Fault::loyal) peers_ = peers->peers;
    }
  }

 private:
  void receive(const Input& input, const MessageRef& content, Effects& effects) {
    const bool fresh = seen_.insert(content->identity()).second;
    if (!fresh && fault_ != Fault::forgetful) return;
    if (fault_ == Fault::hasty) send(input, content, effects);
    effects.call(content->slot(), Relayed{content, input.from});
  }
  void send(const Input& input, const MessageRef& content, Effects& effects) {
    if (!sent_.insert(content->identity()).second) return;
    std::vector<NodeId> to = peers_;
    if (fault_ == Fault::lazy && input.self != 0) to.resize(1);
    if (fault_ == Fault::by_number && effects.intern(content->identity()) > 2500) {
      std::reverse(to.begin(), to.end());
    }
    for (const NodeId peer : to) effects.send(peer, Push{content});
  }

  Fault fault_;
  bool mute_ = false;
  std::vector<NodeId> peers_;
  std::set<Hash128> seen_;
  std::set<Hash128> sent_;
};

Subject flood_with(Fault fault) {
  ModelInfo info;
  info.name = "flood";
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.messages = message_list<Push>();
  info.make = [fault](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<Flood>(context, fault);
  };
  return {info, info.name};
}

TEST(RelayTwins, ThePlainFloodKeepsAllPromises) {
  for (const Promise& promise : promises) {
    EXPECT_EQ(promise.broken(flood_with(Fault::none)), "") << promise.name;
  }
}

TEST(RelayTwins, EachFaultIsCaught) {
  EXPECT_NE(plain(flood_with(Fault::lazy)), "");
  EXPECT_NE(with_loss(flood_with(Fault::lazy)), "");
  EXPECT_NE(plain(flood_with(Fault::forgetful)), "");
  EXPECT_NE(with_repeats(flood_with(Fault::forgetful)), "");
  EXPECT_NE(where_owners_refuse(flood_with(Fault::hasty)), "");
  EXPECT_NE(with_other_peers(flood_with(Fault::loyal)), "");
  EXPECT_NE(twice(flood_with(Fault::by_number)), "");
  EXPECT_NE(with_restarts(flood_with(Fault::silent_rebirth)), "");
}

}  // namespace
}  // namespace ledgerlab
