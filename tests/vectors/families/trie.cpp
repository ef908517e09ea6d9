// ethereum/tests TrieTests and the hex-prefix encoding of BasicTests.
#include <algorithm>

#include "models/crypto/mpt.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

/// Text, or bytes if it starts with 0x.
Bytes text_or_hex(const std::string& text) {
  return text.starts_with("0x") ? unhex(text) : Bytes(text.begin(), text.end());
}

struct Change {
  Bytes key;
  Bytes value;  // empty: erases
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
std::string root_after(const std::vector<Change>& changes) {
  T trie;
  for (const Change& change : changes) trie.insert(change.key, change.value);
  return to_hex(trie.root());
}

template <class T>
std::string judge_trie(const Json& test) {
  const std::string want = to_hex(unhex_fixed<32>(test.at("root").get<std::string>()));
  auto changes = changes_of(test.at("in"));
  std::string why = differs(root_after<T>(changes), want);
  if (test.at("in").is_array() || !why.empty()) return why;
  // The object form stands for any order: try them, up to a limit.
  const auto less = [](const Change& a, const Change& b) { return a.key < b.key; };
  std::sort(changes.begin(), changes.end(), less);
  int orders = 0;
  do {
    why = differs(root_after<T>(changes), want);
    if (!why.empty()) return why + " in another order";
  } while (std::next_permutation(changes.begin(), changes.end(), less) && ++orders < 200);
  return {};
}

template <std::string (*judge_one)(const Json&)>
void run_each(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const auto& [name, test] : tests.items()) {
    judge(run, report, name, [&] { return judge_one(test); });
  }
}

std::string judge_neighbours(const Json& test) {
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
    std::string why = differs(before, triple.at(1).get<std::string>());
    if (why.empty()) why = differs(after, triple.at(2).get<std::string>());
    if (!why.empty()) return "beside " + key + ": " + why;
  }
  return {};
}

std::string judge_hex_prefix(const Json& test) {
  const Bytes nibbles = test.at("seq").get<Bytes>();
  return differs(to_hex(mpt::hex_prefix(nibbles, test.at("term"))),
                 test.at("out").get<std::string>());
}

constexpr Family families[] = {
    {"eth-tests/TrieTests/*nextprev*", run_each<judge_neighbours>, ""},
    {"eth-tests/TrieTests/*[sS]ecure*", run_each<judge_trie<SecureTrie>>, ""},
    {"eth-tests/TrieTests/*", run_each<judge_trie<Trie>>, ""},
    {"eth-tests/BasicTests/hexencodetest.json", run_each<judge_hex_prefix>, ""},
};

}  // namespace

std::span<const Family> trie_families() { return families; }

}  // namespace ledgerlab::vectors
