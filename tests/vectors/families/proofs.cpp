// Merkle proofs of RFC 6962 and of subtrees (transparency-dev), and the quorums of etcd's Raft.
#include <algorithm>
#include <sstream>

#include "models/crypto/hash.hpp"
#include "models/crypto/merkle.hpp"
#include "models/parts/quorum/quorum.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

/// Nothing if it is not 32 bytes.
std::optional<Hash256> hash_of(const Json& text) {
  const Bytes bytes = base64(text);
  if (bytes.size() != 32) return std::nullopt;
  Hash256 out;
  std::copy_n(bytes.begin(), 32, out.data.begin());
  return out;
}

/// Roots that are compared only with one another may be any bytes; their hash stands for them.
Hash256 root_of(const Json& text) {
  const auto hash = hash_of(text);
  return hash ? *hash : sha256(base64(text));
}

std::optional<MerkleProof> proof_of(const Json& list) {
  MerkleProof out;
  if (list.is_null()) return out;
  for (const Json& node : list) {
    const auto hash = hash_of(node);
    if (!hash) return std::nullopt;
    out.push_back(*hash);
  }
  return out;
}

/// Sizes are 64-bit numbers; a test may also give a negative one.
std::optional<std::uint64_t> number_of(const Json& number) {
  if (!number.is_number_unsigned()) return std::nullopt;
  return number.get<std::uint64_t>();
}

bool inclusion_holds(const Json& test) {
  const auto index = number_of(test.at("leafIdx"));
  const auto size = number_of(test.at("treeSize"));
  const auto root = hash_of(test.at("root"));
  const auto leaf = hash_of(test.at("leafHash"));
  const auto proof = proof_of(test.at("proof"));
  return index && size && root && leaf && proof &&
         merkle_verify_inclusion(*index, *size, *leaf, *proof, *root);
}

bool consistency_holds(const Json& test) {
  const auto first = number_of(test.at("size1"));
  const auto second = number_of(test.at("size2"));
  const Hash256 first_root = root_of(test.at("root1"));
  const Hash256 second_root = root_of(test.at("root2"));
  const auto proof = proof_of(test.at("proof"));
  return first && second && proof &&
         merkle_verify_consistency(*first, *second, *proof, first_root, second_root);
}

MerkleSubtree subtree_of(const Json& test) {
  return {test.at("start").get<std::uint64_t>(), test.at("end").get<std::uint64_t>()};
}

bool subtree_inclusion_holds(const Json& test) {
  const auto index = number_of(test.at("leafIdx"));
  const auto root = hash_of(test.at("root"));
  const auto leaf = hash_of(test.at("leafHash"));
  const auto proof = proof_of(test.at("proof"));
  return index && root && leaf && proof &&
         merkle_verify_subtree_inclusion(*index, subtree_of(test), *leaf, *proof, *root);
}

bool subtree_consistency_holds(const Json& test) {
  const auto size = number_of(test.at("size"));
  const Hash256 subtree_root = root_of(test.at("root1"));
  const Hash256 root = root_of(test.at("root2"));
  const auto proof = proof_of(test.at("proof"));
  return size && proof &&
         merkle_verify_subtree_consistency(subtree_of(test), *size, *proof, subtree_root, root);
}

bool merkle_holds(const Json& test) {
  if (test.contains("size1")) return consistency_holds(test);
  if (test.contains("treeSize")) return inclusion_holds(test);
  return test.contains("leafIdx") ? subtree_inclusion_holds(test) : subtree_consistency_holds(test);
}

void run_merkle(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    judge(run, report, file.lexically_relative(run.path).generic_string(), [&] {
      const Json test = read_json(file);
      return differs(merkle_holds(test) ? "accepted" : "refused",
                     test.at("wantErr").get<bool>() ? "refused" : "accepted");
    });
  });
}

// --- quorums of etcd's Raft ("datadriven" text) -------------------------------------------------

/// "(1, 2,_)" as its parts.
std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> out;
  std::string part;
  for (const char c : text) {
    if (c == '(' || c == ' ') continue;
    if (c == ',' || c == ')') {
      if (!part.empty()) out.push_back(part);
      part.clear();
    } else {
      part += c;
    }
  }
  return out;
}

/// The value of an argument "name=...", which ends before the next name.
std::string argument(const std::string& line, const std::string& name) {
  const auto at = line.find(" " + name + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 2;
  const auto end = line.find('=', begin);
  const auto stop = end == std::string::npos ? line.size() : line.rfind(' ', end);
  return line.substr(begin, stop - begin);
}

struct QuorumCase {
  std::vector<std::uint32_t> members, old_members;  // places among all ids, in their order
  std::vector<std::string> answers;                 // of all ids
};

QuorumCase quorum_case(const std::string& line) {
  std::vector<std::uint64_t> ids;
  const auto numbers = [](const std::string& text) {
    std::vector<std::uint64_t> out;
    for (const auto& part : list_of(text)) out.push_back(std::stoull(part));
    return out;
  };
  const std::string joint = argument(line, "cfgj");
  const auto members = numbers(argument(line, "cfg"));
  const auto old_members = joint == "zero" ? std::vector<std::uint64_t>() : numbers(joint);
  ids = members;
  ids.insert(ids.end(), old_members.begin(), old_members.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto places = [&](const std::vector<std::uint64_t>& some) {
    std::vector<std::uint32_t> out;
    for (const std::uint64_t id : some) {
      const auto at = std::lower_bound(ids.begin(), ids.end(), id);
      out.push_back(static_cast<std::uint32_t>(at - ids.begin()));
    }
    return out;
  };
  QuorumCase out{places(members), places(old_members), {}};
  out.answers = list_of(argument(line, line.starts_with("vote") ? "votes" : "idx"));
  out.answers.resize(ids.size(), "_");
  return out;
}

std::string outcome_of(const std::string& line) {
  const QuorumCase one = quorum_case(line);
  const quorum::Voters voters{one.members, one.old_members};
  if (line.starts_with("vote")) {
    std::vector<quorum::Answer> answers;
    for (const auto& answer : one.answers) {
      answers.push_back(answer == "y"   ? quorum::Answer::yes
                        : answer == "n" ? quorum::Answer::no
                                        : quorum::Answer::missing);
    }
    const char* const names[] = {"VotePending", "VoteWon", "VoteLost"};
    return names[static_cast<std::size_t>(quorum::vote(voters, answers))];
  }
  std::vector<std::uint64_t> reached, buffer;
  for (const auto& answer : one.answers) reached.push_back(answer == "_" ? 0 : std::stoull(answer));
  const std::uint64_t index = quorum::committed(voters, reached, buffer);
  return index == ~std::uint64_t{0} ? "∞" : std::to_string(index);
}

/// The last line is the outcome; those above it draw etcd's progress bars. The outcome of an empty
/// configuration is drawn before its infinity, without a line break.
std::string judge_quorum(const std::string& line, const std::string& expected) {
  std::string got = outcome_of(line);
  if (got == "∞" && expected.ends_with(got)) return {};
  return differs(got, expected);
}

void run_quorum(const Run& run, Report& report) {
  each_file(run, report, ".txt", [&](const std::filesystem::path& file) {
    std::istringstream lines(read_text(file));
    std::string command, last, line;
    int number = 0, began = 0;
    bool answering = false;
    const auto close = [&] {
      if (answering) {
        judge(run, report, file.filename().string() + ":" + std::to_string(began) + " " + command,
              [&] { return judge_quorum(command, last); });
      }
      answering = false;
      command.clear();
    };
    while (std::getline(lines, line)) {
      ++number;
      if (line.empty()) {
        close();
      } else if (line == "----") {
        answering = true;
      } else if (answering) {
        last = line;
      } else if (!line.starts_with('#')) {
        command = line;
        began = number;
      }
    }
    close();
  });
}

constexpr Family families[] = {
    {"merkle/testdata", run_merkle, ""},
    {"raft/quorum/testdata", run_quorum, ""},
};

}  // namespace

std::span<const Family> proof_families() { return families; }

}  // namespace ledgerlab::vectors
