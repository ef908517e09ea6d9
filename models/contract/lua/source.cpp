#include "models/contract/lua/source.hpp"

#include <algorithm>
#include <optional>

namespace ledgerlab::lua {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::string check() {
    while (at_ < text_.size()) {
      const std::string why = token();
      if (!why.empty()) return "line " + std::to_string(line_) + ": " + why;
    }
    return {};
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) {
      if (text_[at_] == '\n') ++line_;
    }
  }

  /// At "[", "=" any number of times, "[": that many; else nothing.
  std::optional<std::size_t> long_bracket() const {
    if (peek() != '[') return std::nullopt;
    std::size_t level = 0;
    while (peek(1 + level) == '=') ++level;
    if (peek(1 + level) != '[') return std::nullopt;
    return level;
  }
  void skip_long(std::size_t level) {
    const std::string close = "]" + std::string(level, '=') + "]";
    const std::size_t end = text_.find(close, at_);
    skip(end == std::string_view::npos ? text_.size() - at_ : end + close.size() - at_);
  }
  void skip_quoted() {
    const char quote = peek();
    skip(1);
    while (at_ < text_.size() && peek() != quote && peek() != '\n') {
      if (peek() == '\\' && peek(1) == 'z') {  // skips the white space that follows
        skip(2);
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n\v\f").find(peek()) != std::string_view::npos) {
          skip(1);
        }
      } else {
        skip(peek() == '\\' ? 2 : 1);
      }
    }
    skip(1);
  }

  std::string numeral() {
    const std::size_t begin = at_;
    const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
    if (hex) skip(2);
    bool whole = true;
    // As the library's read_numeral: exponents with their sign, digits, dots, letters.
    while (digit(peek()) || letter(peek()) || peek() == '.') {
      const char c = static_cast<char>(peek() | 0x20);
      const bool exponent = hex ? c == 'p' : c == 'e';
      if (exponent || peek() == '.') whole = false;
      skip(1);
      if (exponent && (peek() == '+' || peek() == '-')) skip(1);
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (!whole) return "'" + std::string(text) + "': numbers are integers here";
    if (hex) return {};
    static constexpr std::string_view most = "9223372036854775807";
    const std::size_t first = std::min(text.find_first_not_of('0'), text.size());
    const std::string_view digits = text.substr(first);
    if (digits.size() > most.size() || (digits.size() == most.size() && digits > most)) {
      return "'" + std::string(text) +
             "' does not fit a 64-bit integer and would be a float: use u256(\"...\")";
    }
    return {};
  }

  std::string token() {
    const char c = peek();
    if (digit(c) || (c == '.' && digit(peek(1)))) return numeral();
    if (letter(c)) {
      while (letter(peek()) || digit(peek())) skip(1);
    } else if (c == '"' || c == '\'') {
      skip_quoted();
    } else if (c == '-' && peek(1) == '-') {
      skip(2);
      if (const auto level = long_bracket()) {
        skip_long(*level);
      } else {
        while (at_ < text_.size() && peek() != '\n') skip(1);
      }
    } else if (const auto level = long_bracket()) {
      skip_long(*level);
    } else if (c == '/' && peek(1) == '/') {
      skip(2);
    } else if (c == '/' || c == '^') {
      return std::string("'") + c + "' makes floating-point numbers" +
             (c == '/' ? ": use '//'" : "");
    } else if (c == '.' && peek(1) == '.' && peek(2) == '.') {
      return "'...' cannot be metered: pass a table";
    } else if (c == '.' && peek(1) == '.') {
      skip(2);
    } else if (c == '\0') {
      return "a zero byte";
    } else {
      skip(1);
    }
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::string check_source(std::string_view source) {
  if (source.empty()) return "no source";
  if (source.front() == '\x1b' || source.front() == '#') return "not the text of a Lua chunk";
  return Reader(source).check();
}

}  // namespace ledgerlab::lua
