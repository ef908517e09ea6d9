// ethereum/tests: TrieTests, RLPTests and the hex-prefix encoding.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/codec/rlp.hpp"
#include "models/crypto/mpt.hpp"
#include "tests/support/vectors.hpp"

namespace ledgerlab {
namespace {

using Json = nlohmann::json;

Json read_json(const std::filesystem::path& file) { return Json::parse(test::read_text(file)); }

/// Text, or bytes if it starts with 0x.
Bytes text_or_hex(const std::string& text) {
  return text.starts_with("0x") ? test::unhex(text) : Bytes(text.begin(), text.end());
}

Hash256 hash_of(const Json& hex) { return fixed_from_hex<32>(hex.get<std::string>()).value(); }

struct Change {
  Bytes key;
  Bytes value;
};

std::vector<Change> changes_of(const Json& in) {
  std::vector<Change> out;
  const auto value_of = [](const Json& value) {
    return value.is_null() ? Bytes() : text_or_hex(value);
  };
  if (in.is_array()) {
    for (const Json& pair : in) out.push_back({text_or_hex(pair.at(0)), value_of(pair.at(1))});
  } else {
    for (const auto& [key, value] : in.items()) out.push_back({text_or_hex(key), value_of(value)});
  }
  return out;
}

template <class T>
Hash256 root_after(const std::vector<Change>& changes) {
  T trie;
  for (const Change& change : changes) trie.insert(change.key, change.value);
  return trie.root();
}

template <class T>
void check_tries(const std::filesystem::path& file) {
  int count = 0;
  const Json tests = read_json(file);
  for (const auto& [name, test] : tests.items()) {
    const Hash256 expected = hash_of(test.at("root"));
    auto changes = changes_of(test.at("in"));
    EXPECT_EQ(root_after<T>(changes), expected) << name;
    ++count;
    if (test.at("in").is_array()) continue;
    // The object form stands for any order: try them, up to a limit.
    const auto less = [](const Change& a, const Change& b) { return a.key < b.key; };
    std::sort(changes.begin(), changes.end(), less);
    int orders = 0;
    do {
      ASSERT_EQ(root_after<T>(changes), expected) << name;
    } while (std::next_permutation(changes.begin(), changes.end(), less) && ++orders < 200);
  }
  EXPECT_GT(count, 0);
  std::cout << file.filename().string() << ": " << count << " cases\n";
}

const std::string tries = "eth-tests/TrieTests/";

TEST(TrieVectors, Plain) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", tries + "trietest.json");
  check_tries<Trie>(root / (tries + "trietest.json"));
  check_tries<Trie>(root / (tries + "trieanyorder.json"));
}

TEST(TrieVectors, Secure) {
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", tries + "trietest_secureTrie.json");
  check_tries<SecureTrie>(root / (tries + "trietest_secureTrie.json"));
  check_tries<SecureTrie>(root / (tries + "trieanyorder_secureTrie.json"));
  check_tries<SecureTrie>(root / (tries + "hex_encoded_securetrie_test.json"));
}

TEST(TrieVectors, NextAndPrevious) {
  const std::string name = tries + "trietestnextprev.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", name);
  const Json tests = read_json(root / name);
  for (const auto& [title, test] : tests.items()) {
    Trie trie;
    for (const Json& key : test.at("in")) trie.insert(as_bytes(key.get<std::string>()), Bytes{1});
    for (const Json& triple : test.at("tests")) {
      const std::string key = triple.at(0);
      std::string before, after;  // empty: none
      trie.visit([&](ByteView at, ByteView) {
        const std::string text(at.begin(), at.end());
        if (text < key) before = text;
        if (text > key && after.empty()) after = text;
        return after.empty();
      });
      EXPECT_EQ(before, triple.at(1).get<std::string>()) << title << ' ' << key;
      EXPECT_EQ(after, triple.at(2).get<std::string>()) << title << ' ' << key;
    }
  }
}

TEST(TrieVectors, HexPrefix) {
  const std::string name = "eth-tests/BasicTests/hexencodetest.json";
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", name);
  int count = 0;
  const Json tests = read_json(root / name);
  for (const auto& [title, test] : tests.items()) {
    const Bytes nibbles = test.at("seq").get<Bytes>();
    EXPECT_EQ(to_hex(mpt::hex_prefix(nibbles, test.at("term"))), test.at("out").get<std::string>())
        << title;
    ++count;
  }
  EXPECT_GT(count, 0);
}

/// The JSON form of RLPTests: text, a number, "#" and a decimal number, or a list.
rlp::Item item_of(const Json& in) {
  rlp::Item item;
  if (in.is_array()) {
    item.is_list = true;
    for (const Json& child : in) item.items.push_back(item_of(child));
  } else if (in.is_number_unsigned()) {
    item.bytes = to_minimal_big_endian(U256(in.get<std::uint64_t>()));
  } else {
    const std::string text = in;
    if (text.starts_with('#')) {
      const auto number = u256_from_text(text.substr(1));
      EXPECT_TRUE(number) << text;
      item.bytes = to_minimal_big_endian(number.value_or(U256()));
    } else {
      item.bytes.assign(text.begin(), text.end());
    }
  }
  return item;
}

void check_rlp(const std::filesystem::path& file) {
  int count = 0;
  const Json tests = read_json(file);
  for (const auto& [title, test] : tests.items()) {
    const Bytes bytes = test::unhex(test.at("out"));
    const auto decoded = rlp::decode(bytes);
    ++count;
    if (test.at("in") == "INVALID") {
      EXPECT_FALSE(decoded) << title;
      continue;
    }
    ASSERT_TRUE(decoded) << title;
    EXPECT_EQ(rlp::encode(*decoded), bytes) << title;
    if (test.at("in") == "VALID") continue;
    EXPECT_EQ(*decoded, item_of(test.at("in"))) << title;
    EXPECT_EQ(rlp::encode(item_of(test.at("in"))), bytes) << title;
  }
  EXPECT_GT(count, 0);
  std::cout << file.filename().string() << ": " << count << " cases\n";
}

TEST(RlpVectors, All) {
  const std::string folder = "eth-tests/RLPTests/";
  LEDGERLAB_VECTORS_OR_SKIP(root, "ethereum-other", folder + "rlptest.json");
  check_rlp(root / (folder + "rlptest.json"));
  check_rlp(root / (folder + "invalidRLPTest.json"));
  check_rlp(root / (folder + "RandomRLPTests/example.json"));
}

}  // namespace
}  // namespace ledgerlab
