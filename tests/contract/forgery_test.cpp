// Contract (DESIGN 13.4): who does not own a key cannot speak in its owner's name, however often it
// tries. The forger takes what its replica sends, puts another author's name on a copy and guesses
// the authenticator.
#include <set>

#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

struct Forgeries {
  std::uint64_t wanted = 0;
  std::uint64_t made = 0;
  std::uint64_t accepted = 0;
  std::set<std::uint64_t> guesses;  // first eight bytes of each
};

/// A correct replica's: counts what got as far as its modules.
class Watch final : public Wrapped {
 public:
  Watch(std::unique_ptr<Module> inner, Forgeries& count)
      : Wrapped(std::move(inner)), count_(&count) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver && input.from == 0 && input.message->author() != 0) {
      count_->accepted += count_->guesses.contains(first_eight(input.message->authenticator()));
    }
    Wrapped::step(input, effects);
  }
  static std::uint64_t first_eight(ByteView bytes) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < 8 && i < bytes.size(); ++i) out |= std::uint64_t{bytes[i]} << 8 * i;
    return out;
  }

 private:
  Forgeries* count_;
};

class Forger final : public Wrapped {
 public:
  Forger(std::unique_ptr<Module> inner, const MessageCatalog& catalog, Forgeries& count)
      : Wrapped(std::move(inner)), catalog_(&catalog), count_(&count) {}
  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    Wrapped::step(input, effects);
    Bytes frame;
    for (std::size_t i = first; i < effects.listed(); ++i) {
      const Effect e = effects.listed_from(i)[0];
      if (e.kind > EffectKind::broadcast) continue;
      const Message& m = effects.message_of(e);
      if (m.auth() == Auth::none || m.slot() != Slot::consensus) continue;
      frame = encode_frame(m);
      slot_ = m.slot();
      guess_ = m.auth();
    }
    if (frame.empty()) return;
    effects.set_slot(slot_);
    for (int i = 0; i < 500'000 && count_->made < count_->wanted; ++i) forge(input, effects, frame);
  }

 private:
  void forge(const Input& input, Effects& effects, Bytes& frame) {
    const NodeId victim = (input.self + 1 + static_cast<NodeId>(count_->made % 2)) % 4;
    for (std::size_t b = 0; b < 4; ++b) frame[4 + b] = static_cast<Byte>(victim >> (8 * b));
    const std::size_t tail = auth_bytes(guess_);
    for (std::size_t b = 0; b < tail; b += 8) {
      const std::uint64_t u = input.draw(Purpose("forger.guess"), count_->made << 3 | b / 8);
      for (std::size_t k = 0; k < 8; ++k) {
        frame[frame.size() - tail + b + k] = static_cast<Byte>(u >> (8 * k));
      }
    }
    MessageRef forged = decode_frame(frame, *catalog_);
    ASSERT_TRUE(forged);
    ASSERT_EQ(forged->author(), victim);
    count_->guesses.insert(Watch::first_eight(forged->authenticator()));
    effects.send((victim + 1) % 4 == input.self ? (victim + 2) % 4 : (victim + 1) % 4,
                 std::move(forged), Gate::ungated);
    ++count_->made;
  }

  const MessageCatalog* catalog_;
  Forgeries* count_;
  Slot slot_ = Slot::consensus;
  Auth guess_ = Auth::mac;
};

class Forgery : public ::testing::TestWithParam<const ModelInfo*> {
 protected:
  static void none_accepted(bool real, std::uint64_t wanted) {
    TestScenario setup;
    setup.protocol = GetParam();
    setup.real_crypto = real;
    setup.costs = "zero";
    setup.bandwidth = "unlimited";
    setup.duration = 2 * GetParam()->contract.run;
    // Chains speak under their own name only when somebody comes back.
    setup.extra =
        "[[faults]]\nkind = \"crash\"\nnode = 3\nat = \"1 s\"\nfor = \"500 ms\"\n"
        "[[faults]]\nkind = \"crash\"\nnode = 0\nat = \"2 s\"\nfor = \"500 ms\"\n";
    const Plan plan = setup.plan(3);
    const MessageCatalog catalog = catalog_of(plan.systems.front());
    Forgeries count;
    count.wanted = wanted;
    BuildOptions options;
    options.wrap = [&](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
      if (node != 0) return std::make_unique<Watch>(std::move(inner), count);
      return std::make_unique<Forger>(std::move(inner), catalog, count);
    };
    Ran run(plan, options);
    EXPECT_EQ(count.made, wanted);
    EXPECT_EQ(count.accepted, 0u);
    // All were looked at and refused, but for those that met a node that was down.
    const auto& dropped = run.world().stats().dropped;
    EXPECT_GE(dropped[static_cast<std::size_t>(DropReason::refused)] +
                  dropped[static_cast<std::size_t>(DropReason::receiver_down)],
              wanted);
    EXPECT_GT(dropped[static_cast<std::size_t>(DropReason::refused)], wanted / 2);
  }
};

TEST_P(Forgery, OfAMillionNoneIsAccepted) { none_accepted(false, 1'000'000); }
TEST_P(Forgery, OfThousandsOfRealSignaturesNoneIsAccepted) { none_accepted(true, 3'000); }

INSTANTIATE_TEST_SUITE_P(Every, Forgery, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
