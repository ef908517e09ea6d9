#include "conformance/suite/scenario.hpp"

#include <map>

namespace ledgerlab::conformance {
namespace {

/// Pairs split at commas outside brackets and quotes.
std::map<std::string, std::string> pairs_of(const std::string& text) {
  std::map<std::string, std::string> pairs;
  std::string pair;
  int depth = 0;
  bool quoted = false;
  const auto finish = [&] {
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) {
      const auto trim = [](std::string s) {
        const std::size_t from = s.find_first_not_of(" \n");
        return from == std::string::npos ? "" : s.substr(from, s.find_last_not_of(" \n") - from + 1);
      };
      pairs[trim(pair.substr(0, equals))] = trim(pair.substr(equals + 1));
    }
    pair.clear();
  };
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted) depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (c == ',' && depth == 0 && !quoted) {
      finish();
    } else {
      pair += c;
    }
  }
  finish();
  return pairs;
}

}  // namespace

std::string written(Duration duration) {
  return '"' + format_value(ParamType::duration, duration.count()) + '"';
}

std::string merged_pairs(const std::string& base, const std::string& more) {
  auto pairs = pairs_of(base);
  for (auto& [key, value] : pairs_of(more)) pairs[key] = value;
  std::string out;
  for (const auto& [key, value] : pairs) out += (out.empty() ? "" : ", ") + key + " = " + value;
  return out;
}

std::string Scenario::text(const ModelInfo& protocol) const {
  const ContractHints& hints = protocol.contract;
  std::string base = short_params ? hints.params : "";
  if (swarm_params) base = merged_pairs(base, hints.swarm_params);
  std::string out;
  const auto line = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) out += key + " = " + value + "\n";
  };
  const auto quoted = [](const std::string& s) { return '"' + s + '"'; };
  line("name", quoted(name));
  if (warm_up > Duration::zero()) line("warm_up", written(warm_up));
  line("duration", written(duration == Duration::zero() ? hints.run : duration));
  line("drain", written(drain));
  out += "[network]\n";
  line("nodes", std::to_string(replicas));
  line("latency", latency);
  line("placement", placement);
  line("up", quoted(bandwidth));
  line("down", quoted(bandwidth));
  out += "[hardware]\n";
  line("disk_sync", quoted(disk_sync));
  line("disk_write", quoted(disk_write));
  line("cost_table", quoted(costs));
  out += "[clients]\n";
  line("count", std::to_string(clients));
  out += client + "[workload]\n";
  line("rate", quoted(rate));
  out += "[genesis]\n";
  line("accounts", std::to_string(accounts));
  out += "[[systems]]\n";
  line("consensus", quoted(protocol.name));
  out += system;
  line("params", "{ " + merged_pairs(base, params) + " }");
  return out + extra;
}

}  // namespace ledgerlab::conformance
