#include "tests/determinism/golden.hpp"

#include <map>
#include <sstream>
#include <stdexcept>

namespace ledgerlab::determinism {

std::vector<Row> parse_rows(const std::string& text) {
  std::vector<Row> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos || line.find('\t', second + 1) != std::string::npos) {
      throw std::invalid_argument("not digest, hash and name with tabs between: \"" + line + "\"");
    }
    rows.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                    line.substr(second + 1)});
  }
  return rows;
}

std::string format_rows(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) out += row.digest + "\t" + row.hash + "\t" + row.name + "\n";
  return out;
}

std::vector<std::string> differences(const std::vector<Row>& golden,
                                     const std::vector<Row>& actual) {
  std::vector<std::string> out;
  std::map<std::string, const Row*> by_name;
  for (const Row& row : golden) {
    if (!by_name.emplace(row.name, &row).second) out.push_back(row.name + ": pinned twice");
  }
  for (const Row& row : actual) {
    const auto found = by_name.find(row.name);
    if (found == by_name.end()) {
      out.push_back(row.name + ": not pinned yet; ledgerlab_hash --rewrite");
      continue;
    }
    const Row& pinned = *found->second;
    if (pinned.digest == row.digest && pinned.hash != row.hash) {
      out.push_back(row.name + ": the hash changed from " + pinned.hash + " to " + row.hash +
                    " under the unchanged plan digest " + row.digest +
                    ": whoever changed behaviour raises the model's version");
    } else if (pinned.digest != row.digest) {
      out.push_back(row.name + ": the plan changed (digest " + pinned.digest + " to " + row.digest +
                    "); if that is meant, ledgerlab_hash --rewrite, and the commit says why");
    }
    by_name.erase(found);
  }
  for (const auto& [name, row] : by_name) out.push_back(name + ": pinned, but was not run");
  if (out.empty() && golden != actual) out.push_back("the rows are in another order");
  return out;
}

}  // namespace ledgerlab::determinism
