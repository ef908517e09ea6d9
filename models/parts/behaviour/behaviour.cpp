#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab::behaviour {
namespace {

constexpr std::string_view blanks = " ,";

/// The roles of a text; an unknown word goes into `wrong`.
std::bitset<role_count> read_roles(std::string_view text, std::string* wrong) {
  std::bitset<role_count> roles;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) break;
    const std::string_view word = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(word.size());
    if (word == "all") {
      roles.set();
      continue;
    }
    std::size_t role = 0;
    while (role < role_count && role_name(static_cast<Role>(role)) != word) ++role;
    if (role < role_count) {
      roles.set(role);
    } else if (wrong != nullptr && wrong->empty()) {
      *wrong = word;
    }
  }
  return roles;
}

}  // namespace

RoleSet::RoleSet(std::string_view text) : roles_(read_roles(text, nullptr)) {}

std::string RoleSet::fault_in(std::string_view text) {
  std::string wrong;
  const auto roles = read_roles(text, &wrong);
  if (wrong.empty() && roles.any()) return {};
  std::string out = wrong.empty() ? "roles is empty; there are all"
                                  : "\"" + wrong + "\" is no role of messages; there are all";
  for (std::size_t role = 0; role < role_count; ++role) {
    out += ", " + std::string(role_name(static_cast<Role>(role)));
  }
  return out + " (several: \"vote, certificate\")";
}

ParamInfo roles_param(std::string fallback, std::string text) {
  return {"roles", ParamType::text, std::move(fallback), std::move(text), {}, {}, {}};
}

std::string check_roles(const Params& params, std::uint32_t) {
  return RoleSet::fault_in(params.text("roles"));
}

std::vector<ParamInfo> victim_params() {
  return {{"share",
           ParamType::ratio,
           "100 %",
           "part of the receivers that it hits, drawn",
           "0",
           "1",
           {}},
          {"draw",
           ParamType::choice,
           "per_life",
           "whether the receivers are drawn once or for every message",
           {},
           {},
           {"per_life", "per_message"}}};
}

Victims::Victims(const Params& params)
    : share_ppb_(params.count("share")), each_message_(params.text("draw") == "per_message") {}

bool Victims::hits(const Input& input, NodeId receiver, std::uint64_t message) const {
  const std::uint64_t key = (each_message_ ? message << 20 : 0) | receiver;
  return draw_ppb(input.draw(Purpose("behaviour.victim"), key), share_ppb_);
}

std::vector<NodeId> receivers(const Effects& effects, const Effect& e, NodeId self,
                              std::uint32_t replicas) {
  if (e.kind == EffectKind::send) return {e.node};
  if (e.kind == EffectKind::multicast) {
    const auto nodes = effects.nodes_of(e);
    return {nodes.begin(), nodes.end()};
  }
  std::vector<NodeId> out;
  for (NodeId node = 0; node < replicas; ++node) {
    if (node != self) out.push_back(node);
  }
  return out;
}

}  // namespace ledgerlab::behaviour
