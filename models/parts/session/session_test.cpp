// The handshake and the frames as bytes: what must pass, and everything that must not.
#include <gtest/gtest.h>

#include "models/base/draw.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/session/frames.hpp"
#include "models/parts/session/handshake.hpp"

namespace ledgerlab::session {
namespace {

FixedBytes<32> secret_of(Byte number) {
  FixedBytes<32> secret;
  secret.data.fill(number);
  return secret;
}

struct Pair {
  LocalPrimitives a{ed25519_keypair(secret_of(1))};
  LocalPrimitives b{ed25519_keypair(secret_of(2))};
  Terms terms_a{.network = sha256(as_bytes("net")), .peer = b.identity()};
  Terms terms_b{.network = sha256(as_bytes("net")), .peer = a.identity()};
};

/// The Fault of either kind of answer, none if it is no fault.
template <class T>
Fault fault_in(const std::variant<Fault, T>& answer) {
  const Fault* fault = std::get_if<Fault>(&answer);
  return fault ? *fault : Fault::none;
}

struct Keys {
  SessionKeys initiator, responder;
};

Keys handshake(Pair& p) {
  Initiator initiator(p.terms_a, secret_of(11), p.a);
  auto begun = Responder::begin(p.terms_b, initiator.hello(), secret_of(12), p.b);
  EXPECT_EQ(fault_in(begun), Fault::none);
  Responder& responder = std::get<Responder>(begun);
  const Answer finish = initiator.on_reply(responder.reply(), p.a);
  EXPECT_EQ(fault_in(finish), Fault::none);
  EXPECT_EQ(responder.on_finish(std::get<Bytes>(finish), p.b), Fault::none);
  return {*initiator.keys(), *responder.keys()};
}

TEST(Handshake, BothEndsHoldTheSameKeysAndKnowEachOther) {
  Pair p;
  const Keys keys = handshake(p);
  EXPECT_EQ(keys.initiator.id, keys.responder.id);
  EXPECT_EQ(keys.initiator.to_responder, keys.responder.to_responder);
  EXPECT_EQ(keys.initiator.to_initiator, keys.responder.to_initiator);
  EXPECT_NE(keys.initiator.to_initiator, keys.initiator.to_responder);
  EXPECT_EQ(keys.initiator.peer, p.b.identity());
  EXPECT_EQ(keys.responder.peer, p.a.identity());
}

TEST(Handshake, OtherEphemeralsGiveOtherKeys) {
  Pair p;
  Initiator one(p.terms_a, secret_of(11), p.a), two(p.terms_a, secret_of(13), p.a);
  auto first = Responder::begin(p.terms_b, one.hello(), secret_of(12), p.b);
  auto second = Responder::begin(p.terms_b, two.hello(), secret_of(12), p.b);
  ASSERT_EQ(fault_in(one.on_reply(std::get<Responder>(first).reply(), p.a)), Fault::none);
  ASSERT_EQ(fault_in(two.on_reply(std::get<Responder>(second).reply(), p.a)), Fault::none);
  EXPECT_NE(one.keys()->to_responder, two.keys()->to_responder);
}

TEST(Handshake, OneFlippedBitAnywhereIsNoticed) {
  Pair p;
  const Initiator whole(p.terms_a, secret_of(11), p.a);
  auto begun = Responder::begin(p.terms_b, whole.hello(), secret_of(12), p.b);
  const Responder& responder = std::get<Responder>(begun);
  Initiator good(p.terms_a, secret_of(11), p.a);
  const Bytes finish = std::get<Bytes>(good.on_reply(responder.reply(), p.a));
  for (std::size_t bit = 0; bit < whole.hello().size() * 8; ++bit) {
    Bytes hello = whole.hello();
    hello[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    auto answer = Responder::begin(p.terms_b, hello, secret_of(12), p.b);
    if (fault_in(answer) != Fault::none) continue;
    // A changed share: the responder cannot know, the initiator does. X25519 ignores the highest
    // bit of a share, the transcript does not.
    Initiator initiator(p.terms_a, secret_of(11), p.a);
    EXPECT_EQ(fault_in(initiator.on_reply(std::get<Responder>(answer).reply(), p.a)),
              Fault::forged)
        << "hello bit " << bit;
  }
  for (std::size_t bit = 0; bit < responder.reply().size() * 8; ++bit) {
    Bytes reply = responder.reply();
    reply[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    Initiator initiator(p.terms_a, secret_of(11), p.a);
    EXPECT_NE(fault_in(initiator.on_reply(reply, p.a)), Fault::none) << "reply bit " << bit;
    EXPECT_FALSE(initiator.keys());
    // And it still waits for the true one.
    if (bit % 97 == 0) {
      EXPECT_EQ(fault_in(initiator.on_reply(responder.reply(), p.a)), Fault::none);
    }
  }
  for (std::size_t bit = 0; bit < finish.size() * 8; ++bit) {
    Bytes bad = finish;
    bad[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    Responder copy = responder;
    EXPECT_NE(copy.on_finish(bad, p.b), Fault::none) << "finish bit " << bit;
    EXPECT_FALSE(copy.keys());
  }
}

TEST(Handshake, TruncationIsNoticedAtEveryLength) {
  Pair p;
  Initiator initiator(p.terms_a, secret_of(11), p.a);
  auto begun = Responder::begin(p.terms_b, initiator.hello(), secret_of(12), p.b);
  Responder& responder = std::get<Responder>(begun);
  const Bytes reply = responder.reply();
  for (std::size_t size = 0; size < initiator.hello().size(); ++size) {
    EXPECT_EQ(fault_in(Responder::begin(p.terms_b, ByteView(initiator.hello()).first(size),
                                        secret_of(12), p.b)),
              Fault::malformed);
  }
  for (std::size_t size = 0; size < reply.size(); ++size) {
    EXPECT_EQ(fault_in(initiator.on_reply(ByteView(reply).first(size), p.a)), Fault::malformed);
  }
  const Bytes finish = std::get<Bytes>(initiator.on_reply(reply, p.a));
  for (std::size_t size = 0; size < finish.size(); ++size) {
    EXPECT_EQ(responder.on_finish(ByteView(finish).first(size), p.b), Fault::malformed);
  }
}

TEST(Handshake, VersionAndNetworkMustMatch) {
  Pair p;
  Terms other = p.terms_a;
  other.version = 2;
  EXPECT_EQ(fault_in(Responder::begin(p.terms_b, Initiator(other, secret_of(11), p.a).hello(),
                                      secret_of(12), p.b)),
            Fault::version);
  other = p.terms_a;
  other.network.data[5] ^= 1;
  EXPECT_EQ(fault_in(Responder::begin(p.terms_b, Initiator(other, secret_of(11), p.a).hello(),
                                      secret_of(12), p.b)),
            Fault::network);
}

TEST(Handshake, AWrongIdentityGetsNoSession) {
  Pair p;
  LocalPrimitives mallory(ed25519_keypair(secret_of(3)));
  // In the place of the responder.
  Initiator initiator(p.terms_a, secret_of(11), p.a);
  auto begun = Responder::begin(p.terms_b, initiator.hello(), secret_of(12), mallory);
  EXPECT_EQ(fault_in(initiator.on_reply(std::get<Responder>(begun).reply(), p.a)),
            Fault::wrong_identity);
  // In the place of the initiator.
  Initiator impostor(p.terms_a, secret_of(11), mallory);
  auto answered = Responder::begin(p.terms_b, impostor.hello(), secret_of(12), p.b);
  Responder& responder = std::get<Responder>(answered);
  const Answer finish = impostor.on_reply(responder.reply(), mallory);
  ASSERT_EQ(fault_in(finish), Fault::none);
  EXPECT_EQ(responder.on_finish(std::get<Bytes>(finish), p.b), Fault::wrong_identity);
  EXPECT_FALSE(responder.keys());
}

/// Shows the key of another, but signs with its own.
class Claims final : public Primitives {
 public:
  Claims(Primitives& own, NodeKey shown) : own_(&own), shown_(shown) {}
  X25519Share share(const X25519Secret& s) override { return own_->share(s); }
  std::optional<Hash256> agree(const X25519Secret& s, const X25519Share& p) override {
    return own_->agree(s, p);
  }
  NodeKey identity() override { return shown_; }
  Signature sign(ByteView text) override { return own_->sign(text); }
  bool verify(const NodeKey& k, ByteView t, const Signature& s) override {
    return own_->verify(k, t, s);
  }

 private:
  Primitives* own_;
  NodeKey shown_;
};

TEST(Handshake, WhoShowsAnotherKeyThanItSignsWithGetsNoSession) {
  Pair p;
  LocalPrimitives mallory(ed25519_keypair(secret_of(3)));
  Claims claims(mallory, p.b.identity());
  Initiator initiator(p.terms_a, secret_of(11), p.a);
  auto begun = Responder::begin(p.terms_b, initiator.hello(), secret_of(12), claims);
  EXPECT_EQ(fault_in(initiator.on_reply(std::get<Responder>(begun).reply(), p.a)),
            Fault::bad_signature);
}

TEST(Handshake, FirstContactTakesWhoeverProvesAKeyButNotOurself) {
  Pair p;
  p.terms_a.peer.reset();
  Initiator initiator(p.terms_a, secret_of(11), p.a);
  auto begun = Responder::begin(p.terms_b, initiator.hello(), secret_of(12), p.b);
  ASSERT_EQ(fault_in(initiator.on_reply(std::get<Responder>(begun).reply(), p.a)), Fault::none);
  EXPECT_EQ(initiator.keys()->peer, p.b.identity());
  Initiator mirror(p.terms_a, secret_of(11), p.a);
  auto reflected = Responder::begin(p.terms_a, mirror.hello(), secret_of(12), p.a);
  EXPECT_EQ(fault_in(mirror.on_reply(std::get<Responder>(reflected).reply(), p.a)),
            Fault::wrong_identity);
}

TEST(Handshake, SharesOfLowOrderAreRefused) {
  // RFC 7748, section 6.1: the all-zero check. The points of order 1, 2, 4 and 8.
  const char* low[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                       "0100000000000000000000000000000000000000000000000000000000000000",
                       "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                       "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  Pair p;
  for (const char* hex : low) {
    const auto share = *fixed_from_hex<32>(hex);
    Initiator initiator(p.terms_a, secret_of(11), p.a);
    Bytes hello = initiator.hello();
    std::copy(share.data.begin(), share.data.end(), hello.end() - 32);
    EXPECT_EQ(fault_in(Responder::begin(p.terms_b, hello, secret_of(12), p.b)), Fault::weak_share)
        << hex;
    auto begun = Responder::begin(p.terms_b, initiator.hello(), secret_of(12), p.b);
    Bytes reply = std::get<Responder>(begun).reply();
    std::copy(share.data.begin(), share.data.end(), reply.begin());
    EXPECT_EQ(fault_in(initiator.on_reply(reply, p.a)), Fault::weak_share) << hex;
  }
}

TEST(Handshake, AFinishOfAnotherHandshakeIsRefused) {
  Pair p;
  Initiator one(p.terms_a, secret_of(11), p.a), two(p.terms_a, secret_of(13), p.a);
  auto first = Responder::begin(p.terms_b, one.hello(), secret_of(12), p.b);
  auto second = Responder::begin(p.terms_b, two.hello(), secret_of(14), p.b);
  const Answer finish = one.on_reply(std::get<Responder>(first).reply(), p.a);
  EXPECT_EQ(std::get<Responder>(second).on_finish(std::get<Bytes>(finish), p.b), Fault::forged);
}

// --- frames --------------------------------------------------------------------------------------

struct Ends {
  Pair p;
  Keys keys = handshake(p);
  Channel a, b;
  explicit Ends(Order order, std::uint64_t rekey = rekey_after)
      : a(keys.initiator, true, order, rekey), b(keys.responder, false, order, rekey) {}
  Bytes seal(const std::string& text) { return a.seal(as_bytes(text), p.a); }
  std::string open(const Bytes& frame) {
    const auto got = b.open(frame, p.b);
    if (const Fault* fault = std::get_if<Fault>(&got)) return "! " + std::string(fault_name(*fault));
    const Bytes& bytes = std::get<Bytes>(got);
    return {bytes.begin(), bytes.end()};
  }
};

TEST(Frames, AreEncryptedBothWaysAndOverheadIsAsStated) {
  Ends e(Order::strict);
  const Bytes own = e.a.seal(as_bytes("mirror"), e.p.a);
  EXPECT_EQ(fault_in(e.a.open(own, e.p.a)), Fault::forged) << "one's own frame, reflected";
  EXPECT_EQ(e.open(own), "mirror");
  const std::string text = "the quick brown fox jumps over the lazy dog";
  const Bytes frame = e.seal(text);
  EXPECT_EQ(frame.size(), text.size() + Channel::overhead);
  EXPECT_EQ(std::string(frame.begin(), frame.end()).find("quick"), std::string::npos);
  EXPECT_EQ(e.open(frame), text);
  const Bytes back = e.b.seal(as_bytes("back"), e.p.b);
  EXPECT_EQ(fault_in(e.a.open(back, e.p.a)), Fault::none);
}

TEST(Frames, OneFlippedBitAnywhereIsRefusedAndHarmsNothing) {
  Ends e(Order::strict);
  const Bytes frame = e.seal("seventeen letters");
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes bad = frame;
    bad[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    EXPECT_EQ(e.open(bad).front(), '!') << "bit " << bit;
  }
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(e.open(Bytes(frame.begin(), frame.begin() + static_cast<long>(size))).front(), '!');
  }
  EXPECT_EQ(e.open(frame), "seventeen letters");
}

TEST(Frames, AStrictStreamKnowsReplayReorderingAndLoss) {
  Ends e(Order::strict);
  const Bytes first = e.seal("1"), second = e.seal("2"), third = e.seal("3");
  EXPECT_EQ(e.open(second), "! gap");
  EXPECT_EQ(e.open(first), "1");
  EXPECT_EQ(e.open(first), "! replayed");
  EXPECT_EQ(e.open(third), "! gap");
  EXPECT_EQ(e.open(second), "2");
  EXPECT_EQ(e.open(third), "3");
}

TEST(Frames, TheWindowTakesEachNumberOnceInAnyOrder) {
  Ends e(Order::windowed, 100);
  std::vector<Bytes> frames;
  for (int i = 0; i < 3000; ++i) frames.push_back(e.seal(std::to_string(i)));
  // Blocks of 64 backwards: every number once, then none again.
  for (std::size_t block = 0; block + 64 <= 3000; block += 64) {
    for (std::size_t i = block + 64; i-- > block;) {
      EXPECT_EQ(e.open(frames[i]), std::to_string(i));
    }
    for (std::size_t i = block; i < block + 64; ++i) EXPECT_EQ(e.open(frames[i]), "! replayed");
  }
  EXPECT_EQ(e.open(frames[100]), "! replayed") << "beyond the window";
}

TEST(Frames, TheWindowNeverTakesANumberTwiceWhateverTheOrder) {
  Ends e(Order::windowed, 512);
  std::vector<Bytes> frames;
  for (int i = 0; i < 5000; ++i) frames.push_back(e.seal(std::to_string(i)));
  std::vector<int> taken(5000, 0);
  for (std::uint64_t k = 0; k < 15'000; ++k) {
    // Around a place that moves on, both ways, with losses.
    const std::uint64_t at = k / 3 + draw64(1, 0, Purpose("test.order"), k) % 1500;
    if (at >= 5000) continue;
    if (e.open(frames[at]).front() != '!') ++taken[at];
  }
  EXPECT_EQ(*std::max_element(taken.begin(), taken.end()), 1);
  EXPECT_GT(std::count(taken.begin(), taken.end(), 1), 3000);
}

TEST(Frames, KeysMoveOnAndALostStretchIsCaughtUpWith) {
  Ends e(Order::windowed, 4);
  std::vector<Bytes> frames;
  for (int i = 0; i < 60; ++i) frames.push_back(e.seal(std::to_string(i)));
  EXPECT_EQ(e.open(frames[0]), "0");
  EXPECT_EQ(e.open(frames[30]), "30") << "seven epochs on";
  EXPECT_EQ(e.open(frames[27]), "27") << "of the epoch before";
  EXPECT_EQ(e.open(frames[20]), "! replayed") << "its key is gone";
  Bytes far = frames[59];
  far[2] = 1;  // number 65,595
  EXPECT_EQ(e.open(far), "! far_ahead");
  EXPECT_EQ(e.open(frames[59]), "59");
  Ends twin(Order::windowed, 5);  // another rekeying interval on one side only
  twin.b = Channel(twin.keys.responder, false, Order::windowed, 4);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(twin.open(twin.seal("x")), "x");
  EXPECT_EQ(twin.open(twin.seal("x")), "! forged");
}

TEST(Frames, TheEndOfAStreamIsAuthentic) {
  Ends e(Order::strict);
  EXPECT_EQ(e.open(e.seal("1")), "1");
  EXPECT_FALSE(e.b.ended()) << "cut here, the stream would be known to be cut";
  EXPECT_EQ(e.open(e.a.seal(as_bytes("2"), e.p.a, true)), "2");
  EXPECT_TRUE(e.b.ended());
  EXPECT_EQ(e.open(e.seal("3")), "! closed");
}

}  // namespace
}  // namespace ledgerlab::session
