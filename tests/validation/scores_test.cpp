// What the peer scores of gossipsub 1.1 are worth: the same network with nodes that relay nothing,
// or say everything again and again, under 1.0 and 1.1. Prints the table of docs/gossip.md.
#include <gtest/gtest.h>

#include <cstdio>

#include "sim/validate/publisher.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

constexpr std::uint32_t nodes = 150;
constexpr std::uint64_t contents = 300;  // two a second
/// Whoever delivers next to nothing has no place in the mesh.
constexpr const char* demanding =
    ", mesh_message_deliveries_weight = 10, mesh_message_deliveries_threshold = 1, "
    "mesh_message_deliveries_decay = 0.95, mesh_message_deliveries_activation = \"10 s\", "
    "mesh_message_deliveries_window = \"300 ms\"";

struct Case {
  const char* name;
  const char* relay;  // parameters
  const char* behaviour = nullptr;
  std::uint32_t adversaries = 0;
  const char* params = "";
};

struct Figures {
  double prompt = 0;  // honest contents at honest nodes within 600 ms, second half of the run
  double ever = 0;
  double copies = 0;  // contents sent by honest nodes, a content and node
};

/// Counts frames that carry contents and leave honest nodes, receivers included.
class SentFold final : public Sink {
 public:
  explicit SentFold(std::uint32_t adversaries) : adversaries_(adversaries) {}
  std::uint32_t interest() const override { return event_bit(EventType::send); }
  void on_event(const Event& event) override {
    if (event.slot != Slot::relay || event.kind != 1 || event.node < adversaries_) return;
    copies += (event.b >> 32) != 0 ? event.peer : 1;
  }
  std::uint64_t copies = 0;

 private:
  std::uint32_t adversaries_;
};

Figures measure(const Case& c) {
  Setup setup;
  setup.consensus = "publisher";
  setup.nodes = nodes;
  setup.latency = "{ between_pairs = [\"10 ms\", \"150 ms\"] }";
  setup.params = "first = \"5 s\", interval = \"500 ms\", count = " + std::to_string(contents);
  setup.relay_params = c.relay;
  setup.system = "relay = \"gossipsub\"\nledger = \"none\"\nmempool = \"modelled\"";
  setup.network = "topology = \"random-regular\"\ndegree = 20";
  setup.duration = ms(500) * static_cast<std::int64_t>(contents) + seconds(5);
  setup.drain = seconds(10);
  if (c.behaviour != nullptr) {
    std::string list;
    for (std::uint32_t i = 0; i < c.adversaries; ++i) list += (i ? ", " : "") + std::to_string(i);
    setup.tables = "[[behaviours]]\nmodel = \"" + std::string(c.behaviour) + "\"\nnodes = [" +
                   list + "]\nparams = { " + c.params + " }\n";
  }
  const Plan plan = make_plan(setup, 1);
  DeliveryFold fold;
  SentFold sent(c.adversaries);
  BuildOptions options;
  options.sinks = {&fold, &sent};
  BuiltWorld built(plan, plan.systems.front(), options);
  built.world().run_until(plan.end());
  Figures out;
  double pairs = 0;
  for (std::size_t k = fold.contents().size() / 2; k < fold.contents().size(); ++k) {
    const auto& deliveries = fold.contents()[k];
    if (k % nodes < c.adversaries) continue;
    pairs += nodes - c.adversaries - 1;
    for (const auto& d : std::span(deliveries).subspan(1)) {
      if (d.node < c.adversaries) continue;
      ++out.ever;
      out.prompt += d.at - deliveries.front().at <= ms(600);
    }
  }
  out.prompt /= pairs;
  out.ever /= pairs;
  out.copies = static_cast<double>(sent.copies) / static_cast<double>(contents * nodes);
  std::printf("|%s|%s|%u|%.1f %%|%.1f %%|%.2f|\n", c.name, c.behaviour ? c.behaviour : "none",
              c.adversaries, 100 * out.prompt, 100 * out.ever, out.copies);
  return out;
}

TEST(Scores, MuteRelaysAreReplacedOnlyWhereTheyAreScored) {
  const std::string v10 = "version = \"1.0\"";
  const std::string v11 = "version = \"1.1\", flood_publish = false";
  const std::string scored = v11 + demanding;
  const Figures calm10 = measure({"1.0", v10.c_str()});
  const Figures calm11 = measure({"1.1 with P3", scored.c_str()});
  EXPECT_GT(calm10.prompt, 0.99);
  EXPECT_GT(calm11.prompt, 0.99) << "scores do no harm where all are honest";
  for (const std::uint32_t mute : {75u, 105u, 120u}) {
    const Figures old = measure({"1.0", v10.c_str(), "mute_relay", mute});
    const Figures off = measure({"1.1 without P3", v11.c_str(), "mute_relay", mute});
    const Figures on = measure({"1.1 with P3", scored.c_str(), "mute_relay", mute});
    if (mute == 75) continue;  // half of the nodes are enough for a mesh
    EXPECT_GT(off.prompt, old.prompt);
    EXPECT_GT(on.prompt, old.prompt);
  }
}

TEST(Scores, RepeatedRequestsCostLittleWhereAnswersAreCounted) {
  const std::string v10 = "version = \"1.0\"";
  const std::string v11 = "version = \"1.1\", flood_publish = false";
  const Figures calm = measure({"1.0", v10.c_str()});
  const Figures old = measure({"1.0", v10.c_str(), "relay_spam", 15, "deaf = true"});
  const Figures now = measure({"1.1", v11.c_str(), "relay_spam", 15, "deaf = true"});
  EXPECT_GT(old.copies, 2 * calm.copies) << "every repeated IWANT is answered";
  EXPECT_LT(now.copies, 1.5 * calm.copies);
  EXPECT_GT(now.prompt, 0.99);
}

}  // namespace
}  // namespace ledgerlab::validate
