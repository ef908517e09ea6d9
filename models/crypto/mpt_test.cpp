// The Merkle-Patricia trie: known roots of ethereum/tests, a map as the model, versions that do not
// disturb one another, and proofs.
#include "models/crypto/mpt.hpp"

#include <gtest/gtest.h>

#include <map>

#include "models/base/draw.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

using Model = std::map<Bytes, Bytes>;

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::uint64_t random(std::uint64_t counter) { return draw64(9, 0, Purpose("mpt"), counter); }

/// Keys that share prefixes, some of them prefixes of others; values short enough to be inlined and
/// long enough not to be.
Bytes some_key(std::uint64_t u) {
  Bytes key(1 + u % 4);
  for (std::size_t i = 0; i < key.size(); ++i) {
    static constexpr Byte letters[] = {0x00, 0x51, 0x1a, 0x15, 0xff};
    key[i] = letters[(u >> (8 * i + 8)) % 5];
  }
  return key;
}
Bytes some_value(std::uint64_t u) { return Bytes(1 + u % 40, static_cast<Byte>(1 + u % 7)); }

Trie built(const Model& model) {
  Trie trie;
  for (const auto& [key, value] : model) trie.insert(key, value);
  return trie;
}

TEST(Trie, KnownRoots) {
  Trie trie;
  EXPECT_EQ(to_hex(trie.root()),
            "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  trie.insert(bytes("doe"), bytes("reindeer"));
  trie.insert(bytes("dog"), bytes("puppy"));
  trie.insert(bytes("dogglesworth"), bytes("cat"));
  EXPECT_EQ(to_hex(trie.root()),
            "8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3");
  Trie puppy;
  for (const auto& [key, value] : {std::pair{"do", "verb"}, std::pair{"horse", "stallion"},
                                   std::pair{"doge", "coin"}, std::pair{"dog", "puppy"}}) {
    puppy.insert(bytes(key), bytes(value));
  }
  EXPECT_EQ(to_hex(puppy.root()),
            "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84");
}

TEST(Trie, BehavesAsAMapAndForgetsHistory) {
  Model model;
  Trie trie;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const std::uint64_t u = random(i);
    const Bytes key = some_key(u >> 3);
    if (u % 8 < 4) {
      ASSERT_EQ(trie.erase(key), model.erase(key) == 1);
    } else {
      const Bytes value = some_value(u >> 20);
      trie.insert(key, value);
      model[key] = value;
    }
    if (i % 16 != 0) continue;
    // The root depends on the content alone.
    ASSERT_EQ(trie.root(), built(model).root()) << i;
    Model seen;
    trie.visit([&](ByteView at, ByteView value) {
      seen.emplace(Bytes(at.begin(), at.end()), Bytes(value.begin(), value.end()));
      return true;
    });
    ASSERT_EQ(seen, model);
  }
  for (const auto& [key, value] : Model(model)) {
    const auto got = trie.get(key);
    ASSERT_TRUE(got);
    ASSERT_EQ(Bytes(got->begin(), got->end()), value);
    ASSERT_TRUE(trie.erase(key));
    ASSERT_FALSE(trie.get(key));
  }
  EXPECT_TRUE(trie.empty());
  EXPECT_EQ(trie.root(), Trie::empty_root());
}

TEST(Trie, VersionsDoNotDisturbOneAnother) {
  std::vector<Trie> versions;
  std::vector<Model> models;
  Trie trie;
  Model model;
  for (std::uint64_t i = 0; i < 300; ++i) {
    // Go on from any earlier version, as a reorganisation does.
    if (i % 10 == 9) {
      const auto at = random(10'000 + i) % versions.size();
      trie = versions[at];
      model = models[at];
    }
    const std::uint64_t u = random(20'000 + i);
    const Bytes key = some_key(u);
    if (u % 3 == 0) {
      trie.erase(key);
      model.erase(key);
    } else {
      trie.insert(key, some_value(u >> 32));
      model[key] = some_value(u >> 32);
    }
    if (i % 2 == 0) trie.root();  // some versions keep hashes, others do not yet
    versions.push_back(trie);
    models.push_back(model);
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    ASSERT_EQ(versions[i].root(), built(models[i]).root()) << i;
  }
}

TEST(Trie, EmptyValueErases) {
  Trie trie;
  trie.insert(bytes("a"), bytes("1"));
  trie.insert(bytes("a"), {});
  EXPECT_TRUE(trie.empty());
  EXPECT_THROW(trie.insert(Bytes(33), bytes("1")), std::length_error);
}

TEST(Trie, EveryProofOfInclusionAndExclusion) {
  Model model;
  for (std::uint64_t i = 0; i < 200; ++i) model[some_key(random(i))] = some_value(random(i) >> 32);
  const Trie trie = built(model);
  const Hash256 root = trie.root();
  int included = 0;
  int excluded = 0;
  for (std::uint64_t i = 0; i < 400; ++i) {
    const Bytes key = some_key(random(i));
    const TrieProof proof = trie.prove(key);
    const auto result = verify_trie_proof(root, key, proof);
    const auto found = model.find(key);
    ASSERT_EQ(result.verdict, found == model.end() ? TrieVerdict::excluded : TrieVerdict::included);
    if (found != model.end()) {
      ASSERT_EQ(result.value, found->second);
    }
    (found == model.end() ? excluded : included) += 1;

    TrieProof longer = proof;
    longer.push_back(proof.back());
    ASSERT_EQ(verify_trie_proof(root, key, longer).verdict, TrieVerdict::invalid);
    const auto shorter = std::span(proof).first(proof.size() - 1);
    ASSERT_EQ(verify_trie_proof(root, key, shorter).verdict, TrieVerdict::invalid);
  }
  EXPECT_GT(included, 50);
  EXPECT_GT(excluded, 50);
  EXPECT_EQ(verify_trie_proof(Trie::empty_root(), bytes("x"), {}).verdict, TrieVerdict::excluded);
  EXPECT_EQ(verify_trie_proof(root, bytes("x"), {}).verdict, TrieVerdict::invalid);
}

TEST(Trie, EveryFlippedBitOfAProofIsRefused) {
  SecureTrie trie;
  for (Byte i = 0; i < 100; ++i) trie.insert(Bytes{i}, Bytes(40, i));
  TrieProof proof = trie.prove(Bytes{7});
  EXPECT_EQ(verify_secure_trie_proof(trie.root(), Bytes{7}, proof).value, Bytes(40, 7));
  EXPECT_EQ(verify_secure_trie_proof(trie.root(), Bytes{101}, trie.prove(Bytes{101})).verdict,
            TrieVerdict::excluded);
  for (Bytes& node : proof) {
    for (std::size_t bit = 0; bit < 8 * node.size(); ++bit) {
      node[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
      ASSERT_EQ(verify_secure_trie_proof(trie.root(), Bytes{7}, proof).verdict,
                TrieVerdict::invalid);
      node[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    }
  }
}

TEST(Trie, HexPrefix) {
  EXPECT_EQ(to_hex(mpt::hex_prefix(Bytes{1, 2, 3, 4, 5}, false)), "112345");
  EXPECT_EQ(to_hex(mpt::hex_prefix(Bytes{0, 1, 2, 3, 4, 5}, false)), "00012345");
  EXPECT_EQ(to_hex(mpt::hex_prefix(Bytes{15, 1, 12, 11, 8}, true)), "3f1cb8");
  EXPECT_EQ(to_hex(mpt::hex_prefix({}, true)), "20");
}

/// What lies between two models.
using Changes = std::map<Bytes, std::pair<std::optional<Bytes>, std::optional<Bytes>>>;

TEST(Trie, DifferencesAreThoseOfTheModel) {
  Model model;
  Trie trie;
  std::size_t total = 0;
  for (std::uint64_t round = 0; round < 300; ++round) {
    const Model before = model;
    const Trie old = trie;
    if (round % 3 == 0) old.root();  // with and without kept hashes
    for (std::uint64_t i = 0; i < 12; ++i) {
      const std::uint64_t u = random(round << 8 | i | std::uint64_t{1} << 40);
      const Bytes key = some_key(u);
      if (u >> 60 < 6) {
        model.erase(key);
        trie.erase(key);
      } else {
        model[key] = some_value(u >> 32);
        trie.insert(key, model[key]);
      }
    }
    Changes expected;
    for (const auto& [key, value] : before) {
      if (!model.contains(key)) expected[key] = {value, std::nullopt};
    }
    for (const auto& [key, value] : model) {
      const auto was = before.find(key);
      if (was == before.end())
        expected[key] = {std::nullopt, value};
      else if (was->second != value)
        expected[key] = {was->second, value};
    }
    Changes found;
    Bytes last;
    const auto copy = [](const std::optional<ByteView>& v) {
      return v ? std::optional(Bytes(v->begin(), v->end())) : std::nullopt;
    };
    old.difference(trie, [&](const TrieChange& change) {
      const Bytes key(change.key.begin(), change.key.end());
      EXPECT_TRUE(found.empty() || last < key);
      last = key;
      found[key] = {copy(change.before), copy(change.after)};
    });
    EXPECT_EQ(found, expected) << round;
    total += found.size();
  }
  EXPECT_GT(total, 1000u);
}

TEST(Trie, OneChangeAmongManyKeys) {
  Trie trie;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    trie.insert(keccak256({reinterpret_cast<const Byte*>(&i), sizeof i}).view(), bytes("x"));
  }
  trie.root();
  Trie after = trie;
  const std::uint64_t one = 77;
  after.insert(keccak256({reinterpret_cast<const Byte*>(&one), sizeof one}).view(), bytes("y"));
  std::size_t changes = 0;
  trie.difference(after, [&](const TrieChange&) { ++changes; });
  EXPECT_EQ(changes, 1u);
}

}  // namespace
}  // namespace ledgerlab
