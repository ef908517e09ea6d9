// Parameters of targets as people write them: what is added to the one spelling of scenarios.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ledgerlab::validate {

std::string lower(std::string_view text);
/// Without blanks around it, nor the quotes that were meant for a shell.
std::string bare(std::string_view text);
/// The number in front in plain decimals: ".5 s" is "0.5 s", "1e3" is "1000", "1/3" is
/// "0.333333333". What is no such number stays as it is.
std::string plain_number(std::string_view text);
/// "[1, 2]", "1 2", "1,2", "1/2" and "1:2" are two words; brackets and quotes are dropped.
std::vector<std::string> list_words(std::string_view text);
/// Weights in parts per 10^9, each a number or a percentage; empty if one is neither.
std::vector<std::uint64_t> read_weights(std::string_view text);

}  // namespace ledgerlab::validate
