#include "models/parts/node_list/node_list.hpp"

#include <algorithm>
#include <charconv>

namespace ledgerlab {

std::optional<std::vector<NodeId>> nodes_in(std::string_view text) {
  std::vector<NodeId> out;
  const auto skip = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  };
  for (skip(); !text.empty(); skip()) {
    NodeId node = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), node);
    if (error != std::errc{}) return std::nullopt;
    out.push_back(node);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    skip();
    if (text.empty()) break;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
    skip();
    if (text.empty()) return std::nullopt;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace ledgerlab
