#include "sim/validate/spelling.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "models/api/params.hpp"

namespace ledgerlab::validate {
namespace {

/// A number without sign from the front of `text`, which moves on; false if there is none.
bool take_number(std::string_view& text, double& out) {
  const char* end = text.data() + text.size();
  const bool digit = !text.empty() && (text.front() == '.' || std::isdigit(text.front()));
  const auto read = std::from_chars(text.data(), end, out);
  if (!digit || read.ec != std::errc()) return false;
  text = std::string_view(read.ptr, static_cast<std::size_t>(end - read.ptr));
  return true;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string bare(std::string_view text) {
  constexpr std::string_view around = " \t\"'";
  const std::size_t first = text.find_first_not_of(around);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(around) - first + 1));
}

std::string plain_number(std::string_view text) {
  // Most are plain already; a double would not keep all their digits.
  if (text.find_first_of("eE/") == std::string_view::npos) {
    return std::string(text.starts_with('.') ? "0" : "") + std::string(text);
  }
  std::string_view rest = text;
  double value = 0, divisor = 1;
  if (!take_number(rest, value)) return std::string(text);
  const bool fraction = rest.starts_with('/');
  if (fraction) {
    rest.remove_prefix(1);
    if (!take_number(rest, divisor) || divisor == 0) return std::string(text);
  }
  value /= divisor;
  if (!(value < 1e12)) return std::string(text);
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.9f", value);
  std::string out = digits;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out + std::string(rest);
}

std::vector<std::string> list_words(std::string_view text) {
  std::vector<std::string> out;
  constexpr std::string_view between = "[](){},;:/ \t\"'";
  while (true) {
    const std::size_t first = text.find_first_not_of(between);
    if (first == std::string_view::npos) return out;
    text.remove_prefix(first);
    const std::size_t end = std::min(text.find_first_of(between), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::vector<std::uint64_t> read_weights(std::string_view text) {
  std::vector<std::uint64_t> out;
  for (const std::string& word : list_words(text)) {
    const ParsedValue weight = parse_value(ParamType::ratio, plain_number(word));
    constexpr std::int64_t greatest = std::int64_t{1'000'000} * 1'000'000'000;
    if (!weight.value || *weight.value < 0 || *weight.value > greatest) return {};
    out.push_back(static_cast<std::uint64_t>(*weight.value));
  }
  return out;
}

}  // namespace ledgerlab::validate
