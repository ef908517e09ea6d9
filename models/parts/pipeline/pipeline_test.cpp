// Read and write sets, versioned state and recording.
#include <gtest/gtest.h>

#include "models/api/effects.hpp"
#include "models/base/draw.hpp"
#include "models/codec/codec.hpp"
#include "models/parts/pipeline/simulate.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::pipeline {
namespace {

Bytes text(std::string_view s) { return Bytes(s.begin(), s.end()); }

State two_keys() {
  State state;
  state.set(text("a"), text("1"), version_of(1, 0));
  state.set(text("b"), text("2"), version_of(1, 1));
  return state;
}

TEST(Recorder, reads_its_own_writes_and_records_only_what_the_state_said) {
  const State state = two_keys();
  Recorder recorder(state);
  recorder.put(text("c"), text("3"));
  EXPECT_EQ(recorder.get(text("c")), text("3"));
  EXPECT_EQ(recorder.get(text("a")), text("1"));
  recorder.put(text("a"), text("9"));
  EXPECT_EQ(recorder.get(text("a")), text("9"));
  EXPECT_EQ(recorder.original(text("a")), text("1"));
  const ReadWriteSet set = recorder.set();
  ASSERT_EQ(set.reads.size(), 1u);
  EXPECT_EQ(set.reads[0].key, text("a"));
  EXPECT_EQ(set.reads[0].version, version_of(1, 0));
  ASSERT_EQ(set.writes.size(), 2u);
  EXPECT_EQ(set.writes[0].value, text("9"));
  EXPECT_EQ(state.get(text("a")).value, text("1"));
}

TEST(Recorder, undone_writes_are_gone_and_what_was_read_stays_read) {
  const State state = two_keys();
  Recorder recorder(state);
  recorder.put(text("a"), text("8"));
  const std::size_t mark = recorder.mark();
  recorder.get(text("b"));
  recorder.put(text("a"), text("9"));
  recorder.put(text("d"), text("4"));
  recorder.revert(mark);
  EXPECT_EQ(recorder.get(text("a")), text("8"));
  EXPECT_TRUE(recorder.get(text("d")).empty());
  const ReadWriteSet set = recorder.set();
  ASSERT_EQ(set.writes.size(), 1u);
  ASSERT_EQ(set.reads.size(), 2u);  // b, and d, which is not there
  EXPECT_EQ(set.reads[1].version, 0u);
}

TEST(Versions, of_keys_that_come_go_and_change) {
  State state = two_keys();
  ReadWriteSet set{{{text("a"), version_of(1, 0)}, {text("x"), 0}}, {}};
  EXPECT_TRUE(reads_are_current(set, state));
  state.set(text("x"), text("1"), version_of(2, 0));
  EXPECT_FALSE(reads_are_current(set, state));  // it came
  state.set(text("x"), {}, version_of(2, 1));
  EXPECT_TRUE(reads_are_current(set, state));
  state.set(text("a"), text("1"), version_of(3, 0));
  EXPECT_FALSE(reads_are_current(set, state));  // the same value by a later writer
  state.set(text("a"), {}, version_of(3, 1));
  EXPECT_FALSE(reads_are_current(set, state));  // it went
}

/// What version sets do not see: a range that was read is no key, so that nobody notices who comes
/// into it (Fabric checks range queries apart; engines here have none).
TEST(Versions, do_not_see_phantoms) {
  State state = two_keys();
  ReadWriteSet set;  // of a loop over all keys below "c", by asking each that it knew
  for (const char* key : {"a", "b"}) set.reads.push_back({text(key), state.version(text(key))});
  state.set(text("aa"), text("new"), version_of(2, 0));
  EXPECT_TRUE(reads_are_current(set, state));
}

TEST(Versions, the_root_covers_them) {
  State one = two_keys(), two = two_keys();
  EXPECT_EQ(one.root(), two.root());
  two.set(text("a"), text("1"), version_of(1, 5));
  EXPECT_NE(one.root(), two.root());
}

TEST(ReadWriteSets, have_one_encoding) {
  const ReadWriteSet set{{{text("a"), 7}, {text("b"), 0}},
                         {{text("a"), text("v"), false}, {text("c"), {}, true}}};
  const Bytes bytes = encode(set);
  const auto back = decode_set(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_TRUE(back->writes[1].erase);
  ReadWriteSet twice = set;
  twice.reads[1].key = text("a");
  EXPECT_FALSE(decode_set(encode(twice)));
  ReadWriteSet unordered = set;
  std::swap(unordered.writes[0], unordered.writes[1]);
  EXPECT_FALSE(decode_set(encode(unordered)));
}

/// Any bytes: refused, or the encoding of what they decode to.
TEST(ReadWriteSets, survive_any_bytes) {
  const ReadWriteSet set{{{text("a"), 7}, {text("b"), 0}}, {{text("a"), text("v"), false}}};
  const Bytes good = encode(set);
  const Draws draws{1, 0, 0};
  std::size_t accepted = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Bytes bytes = good;
    for (std::uint64_t flips = 1 + i % 3; flips-- > 0;) {
      const std::uint64_t draw = draws(Purpose("flip"), i * 4 + flips);
      bytes[draw % bytes.size()] = static_cast<Byte>(draw >> 32);
    }
    if (i % 5 == 0) bytes.resize(draws(Purpose("cut"), i) % bytes.size());
    const auto set = decode_set(bytes);
    if (!set) continue;
    ++accepted;
    ASSERT_EQ(encode(*set), bytes);
  }
  EXPECT_GT(accepted, 0u);
}

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

/// The bytes that say the same: canonical, or the decoder took what it should not have.
Bytes encoded_again(const SignedEnvelope& e) {
  Bytes out{envelope_type};
  codec::Writer writer(out);
  writer(e.content.proposal->bytes, e.content.attempt, e.content.result, e.content.endorsements);
  writer.raw(e.signature.view());
  return out;
}

TEST(Envelopes, survive_any_bytes) {
  const auto suite = make_suite(SuiteMode::costed, 3, WorkMode::lottery);
  NoNames names;
  CostTable costs;
  Effects effects(*suite, names, costs);
  effects.begin(0);
  Proposal p;
  p.input = text("input");
  p.gas = 7;
  const TxRef proposal = sign_proposal(effects.crypto(), 1, p);
  const Bytes result = encode({{{text("a"), 7}}, {{text("a"), text("v"), false}}});
  const TxRef envelope = sign_envelope(effects.crypto(), 1, {proposal, result, {{2, {}}, {3, {}}}});
  ASSERT_TRUE(decode_envelope(*envelope));
  EXPECT_EQ(encoded_again(*decode_envelope(*envelope)), envelope->bytes);
  EXPECT_TRUE(signed_by_sender(*decode_envelope(*envelope), *suite));
  EXPECT_FALSE(decode_proposal(*envelope));
  EXPECT_FALSE(decode_envelope(*proposal));
  const Draws draws{2, 0, 0};
  std::size_t accepted = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Bytes bytes = envelope->bytes;
    for (std::uint64_t flips = 1 + i % 3; flips-- > 0;) {
      const std::uint64_t draw = draws(Purpose("flip"), i * 4 + flips);
      bytes[draw % bytes.size()] = static_cast<Byte>(draw >> 32);
    }
    if (i % 5 == 0) bytes.resize(draws(Purpose("cut"), i) % bytes.size());
    if (bytes == envelope->bytes) continue;
    const TxRef tx = make_transaction(bytes);
    const SignedEnvelope* decoded = decode_envelope(*tx);
    if (!decoded) continue;
    ++accepted;
    ASSERT_EQ(encoded_again(*decoded), bytes);
    ASSERT_FALSE(signed_by_sender(*decoded, *suite));  // every byte is covered by a signature
  }
  EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace ledgerlab::pipeline
