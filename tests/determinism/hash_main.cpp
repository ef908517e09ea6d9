// ledgerlab_hash: runs the pinned scenarios and prints the rows of tests/determinism/golden.tsv. It
// needs floors 0 to 4 only and is built with other compilers and sanitizers too: every build must
// print the same rows.
//
//   ledgerlab_hash                  all rows
//   ledgerlab_hash --only NAME      those of one scenario
//   ledgerlab_hash --slow           without running ahead of the queue, nothing shared
//   ledgerlab_hash --compare FILE   exit status 1 if the rows are not those of the file
//   ledgerlab_hash --rewrite FILE   writes the rows
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "sim/scenario/document.hpp"
#include "tests/determinism/golden.hpp"

namespace {

using namespace ledgerlab::determinism;

constexpr const char* heading =
    "# Plan digest, trace hash, name: one plan, one hash, on every compiler, build and machine.\n"
    "# A hash that changes under an unchanged digest fails. Whoever changes behaviour raises the\n"
    "# model's version, refreshes this file with ledgerlab_hash --rewrite, and says why.\n";

int compare(const std::string& file, const std::vector<Row>& rows) {
  std::ifstream in(file);
  if (!in) {
    std::cerr << "ledgerlab_hash: cannot read " << file << "\n";
    return 66;
  }
  std::stringstream text;
  text << in.rdbuf();
  const auto wrong = differences(parse_rows(text.str()), rows);
  for (const std::string& line : wrong) std::cerr << line << "\n";
  std::cout << rows.size() - std::min(wrong.size(), rows.size()) << " of " << rows.size()
            << " rows as pinned\n";
  return wrong.empty() ? 0 : 1;
}

int run(int argc, char** argv) {
  std::string only, compare_file, rewrite_file;
  HowToRun how;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--only" && more) {
      only = argv[++i];
    } else if (word == "--compare" && more) {
      compare_file = argv[++i];
    } else if (word == "--rewrite" && more) {
      rewrite_file = argv[++i];
    } else if (word == "--slow") {
      how = {false, false};
    } else {
      std::cerr << "ledgerlab_hash: what is \"" << word << "\"? See the head of hash_main.cpp\n";
      return 64;
    }
  }
  std::vector<Row> rows;
  for (const PinnedScenario& scenario : pinned_scenarios()) {
    if (!only.empty() && scenario.name != only) continue;
    for (Row& row : run_pinned(scenario, how)) rows.push_back(std::move(row));
  }
  if (rows.empty()) {
    std::cerr << "ledgerlab_hash: no scenario is called " << only << "\n";
    return 64;
  }
  if (!compare_file.empty()) return compare(compare_file, rows);
  if (!rewrite_file.empty()) {
    std::ofstream out(rewrite_file);
    out << heading << format_rows(rows);
    return out.flush() ? 0 : 74;
  }
  std::cout << format_rows(rows);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "ledgerlab_hash: " << error.what() << "\n";
    return 70;
  }
}
