// Contract: the wire (DESIGN 13.4). Frames captured from a run with faults decode to themselves and
// nothing else does: any bytes that decode encode to the same bytes, and one flipped bit anywhere
// in a sealed frame is refused by the decoder or by the authenticator, with both kinds of crypto.
#include <algorithm>

#include "models/api/client_messages.hpp"
#include "models/consensus/pow/messages.hpp"
#include "models/consensus/praos/praos.hpp"
#include "models/parts/relay/messages.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

using Frames = std::map<std::pair<Slot, std::uint16_t>, std::vector<MessageRef>>;

/// Remembers some messages of every kind, as listed and as delivered.
class Tap final : public Wrapped {
 public:
  Tap(std::unique_ptr<Module> inner, Frames& frames)
      : Wrapped(std::move(inner)), frames_(&frames) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver) keep(*input.message);
    Wrapped::step(input, effects);
    for (const Effect& e : effects.list()) {
      if (e.kind <= EffectKind::broadcast) keep(effects.message_of(e));
    }
  }

 private:
  void keep(const Message& message) {
    auto& kept = (*frames_)[{message.slot(), message.kind()}];
    if (kept.size() >= 12) return;
    for (const MessageRef& other : kept) {
      if (other->identity() == message.identity()) return;
    }
    ++message.book.references;
    kept.emplace_back(&message);
  }
  Frames* frames_;
};

/// A world that has run, and what was said in it. Messages die before the world's suite.
struct Capture {
  std::unique_ptr<Ran> run;
  Frames frames;
  MessageCatalog catalog;

  explicit Capture(const ModelInfo& protocol, bool real_crypto) {
    TestScenario setup;
    setup.protocol = &protocol;
    setup.real_crypto = real_crypto;
    setup.clients = 3;
    setup.drain = seconds(6);
    setup.extra =
        "[[faults]]\nkind = \"crash\"\nat = \"1500 ms\"\nfor = \"1500 ms\"\ntarget = \"leader\"\n"
        "[[faults]]\nkind = \"crash\"\nat = \"4 s\"\nfor = \"1 s\"\nnode = 3\n";
    BuildOptions options;
    options.wrap = [this](NodeId, std::unique_ptr<Module> inner) {
      return std::make_unique<Tap>(std::move(inner), frames);
    };
    run = std::make_unique<Ran>(setup.plan(11), options);
    catalog = catalog_of(run->plan.systems.front());
  }
  CryptoSuite& suite() { return run->built->suite(); }
};

class Codec : public ::testing::TestWithParam<const ModelInfo*> {};

/// Content without an authenticator proves itself: a block by its work or its leader's signature
/// and what its header commits to, a transaction by its signature.
bool proven(const Message& message, CryptoSuite& suite) {
  if (const auto* relayed = message.as<relay::Content>()) {
    return proven(*relayed->content, suite);
  }
  if (const auto* content = message.as<pow::BlockContent>()) {
    const pow::MinedBlock& mined = content->carried;
    const auto target = pow::claimed_target(mined.header);
    return target && mined.header.tx_root == mined.block->payload->root &&
           mined.header.signatures == mined.signatures &&
           suite.work_valid(mined.digest, *target, mined.header.nonce);
  }
  if (const auto* content = message.as<praos::BlockContent>()) {
    const praos::Header& header = content->carried.header;
    return header.tx_root == content->carried.block->payload->root &&
           header.signatures == content->carried.signatures &&
           suite.verify(header.issuer, praos::signed_text(header), header.signature);
  }
  if (const auto* content = message.as<TransactionContent>()) {
    const SignedTransfer* transfer = decode_transfer(*content->transaction);
    return transfer != nullptr && sender_of(*transfer, suite).has_value();
  }
  ADD_FAILURE() << message.describe() << ": tell this suite how it proves itself";
  return false;
}

bool accepted(const Message& message, CryptoSuite& suite) {
  return message.auth() == Auth::none ? proven(message, suite) : suite.authentic(message);
}

/// True if these bytes are no frame, or one that nobody would believe.
bool refused(const Bytes& frame, Capture& capture) {
  const MessageRef decoded = decode_frame(frame, capture.catalog);
  if (!decoded) return true;
  EXPECT_EQ(encode_frame(*decoded), frame) << "decodes, but to something else";
  return !accepted(*decoded, capture.suite());
}

TEST_P(Codec, EveryCapturedFrameRoundTrips) {
  for (const bool real : {false, true}) {
    Capture capture(*GetParam(), real);
    std::size_t frames = 0;
    for (const auto& [key, messages] : capture.frames) {
      for (const MessageRef& message : messages) {
        const Bytes frame = encode_frame(*message);
        ASSERT_EQ(frame.size(), message->wire_size());
        const MessageRef again = decode_frame(frame, capture.catalog);
        ASSERT_TRUE(again) << message->describe();
        EXPECT_EQ(encode_frame(*again), frame);
        EXPECT_EQ(again->identity(), message->identity());
        EXPECT_EQ(again->describe(), message->describe());
        EXPECT_EQ(again->role(), message->role());
        EXPECT_TRUE(accepted(*again, capture.suite())) << message->describe();
        ++frames;
      }
    }
    EXPECT_GT(frames, 10u);
  }
}

TEST_P(Codec, EveryListedKindIsReachedOrDecodesFromItsDefault) {
  // Kinds are unique within a slot, and those the run never sent still encode and decode.
  Capture capture(*GetParam(), false);
  for (std::size_t s = 0; s < slot_count; ++s) {
    std::vector<std::uint16_t> kinds;
    for (const MessageType* type : capture.catalog.slots[s]) kinds.push_back(type->info.kind);
    std::sort(kinds.begin(), kinds.end());
    EXPECT_EQ(std::adjacent_find(kinds.begin(), kinds.end()), kinds.end()) << "slot " << s;
  }
  for (const MessageType* type : GetParam()->messages) {
    const auto found = capture.frames.find({GetParam()->slot, type->info.kind});
    if (found != capture.frames.end()) continue;
    // Zeros of every length: the shortest body that decodes is the type's simplest value.
    bool decoded = false;
    for (std::size_t length = 0; length < 400 && !decoded; ++length) {
      Bytes frame{static_cast<Byte>(GetParam()->slot),
                  static_cast<Byte>(type->info.auth),
                  static_cast<Byte>(type->info.kind),
                  static_cast<Byte>(type->info.kind >> 8),
                  0,
                  0,
                  0,
                  0};
      frame.resize(frame.size() + length + auth_bytes(type->info.auth));
      if (const MessageRef message = decode_frame(frame, capture.catalog)) {
        EXPECT_EQ(encode_frame(*message), frame);
        decoded = true;
      }
    }
    EXPECT_TRUE(decoded) << type->info.name << " was neither sent nor decodes from zeros";
  }
}

TEST_P(Codec, OneFlippedBitAnywhereIsRefused) {
  for (const bool real : {false, true}) {
    Capture capture(*GetParam(), real);
    for (const auto& [key, messages] : capture.frames) {
      // Real signatures cost 50 us each: fewer frames, and of long ones every n-th bit.
      const std::size_t frames = std::min<std::size_t>(messages.size(), real ? 1 : 3);
      for (std::size_t i = 0; i < frames; ++i) {
        const Message& message = *messages[messages.size() - 1 - i];
        Bytes frame = encode_frame(message);
        const std::size_t most = real ? 2'000 : 20'000;
        const std::size_t stride = frame.size() * 8 / most + 1;
        for (std::size_t bit = i; bit < frame.size() * 8; bit += stride) {
          frame[bit / 8] ^= static_cast<Byte>(1u << bit % 8);
          ASSERT_TRUE(refused(frame, capture))
              << message.describe() << ": bit " << bit << " of " << frame.size() * 8;
          frame[bit / 8] ^= static_cast<Byte>(1u << bit % 8);
        }
      }
    }
  }
}

TEST_P(Codec, TruncatedAndRandomBytesAreRefusedOrCanonical) {
  Capture capture(*GetParam(), false);
  std::uint64_t draw = 0;
  const auto random = [&](std::uint64_t below) {
    return draw_below(draw64(99, 0, Purpose("contract.fuzz"), draw++), below);
  };
  const auto check = [&](const Bytes& bytes) {
    if (const MessageRef message = decode_frame(bytes, capture.catalog)) {
      ASSERT_EQ(encode_frame(*message), bytes);
    }
  };
  const std::uint64_t rounds = repetitions("LEDGERLAB_FUZZ_ROUNDS", 200, 20'000);
  for (const auto& [key, messages] : capture.frames) {
    for (const MessageRef& message : messages) {
      const Bytes frame = encode_frame(*message);
      const std::size_t stride = frame.size() / 500 + 1;
      for (std::size_t size = 0; size < frame.size(); size += stride) {
        check(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
      }
      for (std::uint64_t round = 0; round < rounds; ++round) {
        Bytes bytes = frame;
        const std::uint64_t edits = 1 + random(4);
        for (std::uint64_t edit = 0; edit < edits && !bytes.empty(); ++edit) {
          const std::uint64_t at = random(bytes.size());
          switch (random(4)) {
            case 0:
              bytes[at] = static_cast<Byte>(random(256));
              break;
            case 1:
              bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
              break;
            case 2:
              bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                           static_cast<Byte>(random(256)));
              break;
            default:  // a length that lies
              bytes[at] = 0xff;
          }
        }
        check(bytes);
      }
    }
  }
}

/// A forger that knows everything but the keys gets none of its frames accepted.
TEST_P(Codec, ForgedAuthenticatorsAreRefused) {
  for (const bool real : {false, true}) {
    Capture capture(*GetParam(), real);
    const MessageRef* target = nullptr;
    for (const auto& [key, messages] : capture.frames) {
      for (const MessageRef& m : messages) {
        if (m->auth() != Auth::none) target = &m;
      }
    }
    if (target == nullptr) GTEST_SKIP() << "every message proves itself";
    Bytes frame = encode_frame(**target);
    const std::size_t tail = auth_bytes((*target)->auth());
    const std::uint64_t tries = real ? 20'000 : 1'000'000;
    std::uint64_t accepted = 0;
    for (std::uint64_t i = 0; i < tries; ++i) {
      for (std::size_t b = 0; b < tail; b += 8) {
        const std::uint64_t word = draw64(i, 1, Purpose("contract.forge"), b);
        std::memcpy(frame.data() + frame.size() - tail + b, &word, 8);
      }
      const MessageRef forged = decode_frame(frame, capture.catalog);
      accepted += forged && capture.suite().authentic(*forged);
    }
    EXPECT_EQ(accepted, 0u) << (real ? "real" : "costed");
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Codec, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
