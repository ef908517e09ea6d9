#include "models/parts/pipeline/policy.hpp"

#include <algorithm>
#include <charconv>

namespace ledgerlab::pipeline {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Policy> Policy::parse(std::string_view text, std::uint32_t endorsers) {
  if (endorsers == 0) return std::nullopt;
  if (text == "any") return Policy{1, endorsers};
  if (text == "majority") return Policy{endorsers / 2 + 1, endorsers};
  if (text == "all") return Policy{endorsers, endorsers};
  const std::size_t of = text.find(" of ");
  if (of == std::string_view::npos) return std::nullopt;
  const auto needed = number(text.substr(0, of));
  const auto all = number(text.substr(of + 4));
  if (!needed || !all || *needed == 0 || *needed > *all || *all != endorsers) return std::nullopt;
  return Policy{*needed, endorsers};
}

bool Policy::satisfied(const Envelope& envelope, CryptoSuite& suite) const {
  const Bytes text = endorsed_text(envelope.proposal->id, envelope.result);
  std::vector<NodeId> counted;
  for (const Endorsement& endorsement : envelope.endorsements) {
    if (endorsement.endorser >= endorsers) continue;
    if (std::find(counted.begin(), counted.end(), endorsement.endorser) != counted.end()) continue;
    if (!suite.verify(endorsement.endorser, text, endorsement.signature)) continue;
    counted.push_back(endorsement.endorser);
  }
  return counted.size() >= needed;
}

}  // namespace ledgerlab::pipeline
