// Endorsement policies: how many of the endorsing replicas must have signed one result (Androulaki
// et al. section 3.1; Fabric's signature policies, here always "so many of these").
#pragma once

#include <optional>
#include <string_view>

#include "models/parts/pipeline/envelope.hpp"

namespace ledgerlab::pipeline {

struct Policy {
  std::uint32_t needed = 1;
  std::uint32_t endorsers = 1;  // replicas 0 .. endorsers - 1

  /// "any", "majority", "all", or "2 of 3", whose second number must be that of the endorsers.
  static std::optional<Policy> parse(std::string_view text, std::uint32_t endorsers);

  /// Do enough different endorsers have signed this result of this proposal? Who stands in the list
  /// twice counts once; whose signature is wrong, or who is no endorser, does not count.
  bool satisfied(const Envelope& envelope, CryptoSuite& suite) const;
};

}  // namespace ledgerlab::pipeline
