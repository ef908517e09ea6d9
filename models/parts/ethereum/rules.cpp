// Fork blocks and times of the main network: ethereum/execution-specs, "network upgrades".
#include "models/parts/ethereum/rules.hpp"

#include <algorithm>
#include <charconv>

namespace ledgerlab::ethereum {
namespace {

struct Fork {
  std::string_view name;
  Revision revision;
};

// The names in the tests; several for one fork where their use changed.
constexpr std::array forks = {Fork{"Frontier", Revision::frontier},
                              Fork{"Homestead", Revision::homestead},
                              Fork{"Dao", Revision::homestead},
                              Fork{"EIP150", Revision::tangerine_whistle},
                              Fork{"TangerineWhistle", Revision::tangerine_whistle},
                              Fork{"EIP158", Revision::spurious_dragon},
                              Fork{"SpuriousDragon", Revision::spurious_dragon},
                              Fork{"Byzantium", Revision::byzantium},
                              Fork{"Constantinople", Revision::constantinople},
                              Fork{"ConstantinopleFix", Revision::petersburg},
                              Fork{"Petersburg", Revision::petersburg},
                              Fork{"Istanbul", Revision::istanbul},
                              Fork{"MuirGlacier", Revision::istanbul},
                              Fork{"Berlin", Revision::berlin},
                              Fork{"London", Revision::london},
                              Fork{"ArrowGlacier", Revision::london},
                              Fork{"GrayGlacier", Revision::london},
                              Fork{"Merge", Revision::paris},
                              Fork{"Paris", Revision::paris},
                              Fork{"Shanghai", Revision::shanghai},
                              Fork{"Cancun", Revision::cancun}};

/// "5", "15k" or, in hexadecimal, "C0000".
std::optional<std::uint64_t> read_number(std::string_view text, int base) {
  std::uint64_t factor = 1;
  if (base == 10 && text.ends_with('k')) {
    factor = 1000;
    text.remove_suffix(1);
  }
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || at != end) return std::nullopt;
  return value * factor;
}

/// Starts the forks after `from` up to `to` at a block (or, from Shanghai on, a time).
void start(Rules& rules, Revision from, Revision to, std::uint64_t at) {
  for (auto r = static_cast<std::size_t>(from) + 1; r <= static_cast<std::size_t>(to); ++r) {
    if (r < rules.first_block.size()) rules.first_block[r] = at;
  }
  if (from < Revision::shanghai && to >= Revision::shanghai) rules.shanghai_time = at;
  if (from < Revision::cancun && to >= Revision::cancun) rules.cancun_time = at;
}

/// The glaciers that a network of this name has behind it.
void freeze(Rules& rules, std::string_view name, Revision revision) {
  if (name == "MuirGlacier" || revision >= Revision::berlin) rules.muir_glacier = 0;
  if (name == "ArrowGlacier" || name == "GrayGlacier" || revision >= Revision::paris) {
    rules.arrow_glacier = 0;
  }
  if (name == "GrayGlacier" || revision >= Revision::paris) rules.gray_glacier = 0;
}

}  // namespace

Revision Rules::revision(std::uint64_t number, std::uint64_t time, bool is_merged) const {
  if (is_merged) {
    if (time >= cancun_time) return Revision::cancun;
    return time >= shanghai_time ? Revision::shanghai : Revision::paris;
  }
  for (std::size_t r = first_block.size(); r-- > 0;) {
    if (number >= first_block[r] && first_block[r] != never) return static_cast<Revision>(r);
  }
  return Revision::frontier;
}

bool Rules::merged(const U256& parent_total_difficulty) const {
  return terminal_total_difficulty && parent_total_difficulty >= *terminal_total_difficulty;
}

std::uint64_t Rules::bomb_delay(std::uint64_t number) const {
  const auto first = [this](Revision r) { return first_block[static_cast<std::size_t>(r)]; };
  struct Step {
    std::uint64_t first;
    std::uint64_t delay;
  };
  const std::array steps = {Step{gray_glacier, 11'400'000},                    // EIP-5133
                            Step{arrow_glacier, 10'700'000},                   // EIP-4345
                            Step{first(Revision::london), 9'700'000},          // EIP-3554
                            Step{muir_glacier, 9'000'000},                     // EIP-2384
                            Step{first(Revision::constantinople), 5'000'000},  // EIP-1234
                            Step{first(Revision::byzantium), 3'000'000}};      // EIP-649
  const auto reached = [number](const Step& s) { return s.first != never && number >= s.first; };
  const auto step = std::find_if(steps.begin(), steps.end(), reached);
  return step == steps.end() ? 0 : step->delay;
}

Rules mainnet_rules() {
  Rules out;
  out.first_block = {0,         1'150'000, 2'463'000, 2'675'000,  4'370'000,
                     7'280'000, 7'280'000, 9'069'000, 12'244'000, 12'965'000};
  out.terminal_total_difficulty = *u256_from_text("58750000000000000000000");
  out.shanghai_time = 1'681'338'455;
  out.cancun_time = 1'710'338'135;
  out.dao_block = 1'920'000;
  out.muir_glacier = 9'200'000;
  out.arrow_glacier = 13'773'000;
  out.gray_glacier = 15'050'000;
  out.seal = Seal::ethash;
  return out;
}

Rules rules_of(Revision revision) {
  Rules out;
  start(out, Revision::frontier, revision, 0);
  if (revision >= Revision::paris) out.terminal_total_difficulty = U256();
  freeze(out, "", revision);
  return out;
}

std::optional<Revision> revision_by_name(std::string_view fork) {
  const auto found =
      std::find_if(forks.begin(), forks.end(), [&](const Fork& f) { return f.name == fork; });
  if (found == forks.end()) return std::nullopt;
  return found->revision;
}

std::optional<Rules> rules_by_name(std::string_view network) {
  const auto to = network.find("To");
  const auto at = to == network.npos ? network.npos : network.find("At", to);
  const std::string_view first = network.substr(0, at == network.npos ? at : to);
  const auto from = revision_by_name(first);
  if (!from) return std::nullopt;
  Rules out = rules_of(*from);
  freeze(out, first, *from);
  if (at == network.npos) return out;

  const std::string_view second = network.substr(to + 2, at - to - 2);
  std::string_view when = network.substr(at + 2);
  const auto next = revision_by_name(second);
  if (!next) return std::nullopt;
  const bool difficulty = when.starts_with("Diff");
  if (difficulty || when.starts_with("Time")) when.remove_prefix(4);
  const auto number = read_number(when, difficulty ? 16 : 10);
  if (!number) return std::nullopt;
  if (second == "Dao") {
    out.dao_block = *number;
  } else if (difficulty) {
    out.terminal_total_difficulty = U256(*number);
  } else {
    start(out, *from, *next, *number);
  }
  return out;
}

}  // namespace ledgerlab::ethereum
