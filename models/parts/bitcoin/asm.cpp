#include "models/parts/bitcoin/asm.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "models/parts/bitcoin/script.hpp"
#include "models/parts/bitcoin/wire.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::size_t core_number_size = 4;
constexpr std::int64_t notation_number_max = 0xffffffff;

struct Alias {
  std::string_view name;
  Byte opcode;
};
constexpr std::array aliases = std::to_array<Alias>({
    {"OP_FALSE", op_0},
    {"OP_0", op_0},
    {"OP_PUSHDATA1", op_pushdata1},
    {"OP_PUSHDATA2", op_pushdata2},
    {"OP_PUSHDATA4", op_pushdata4},
    {"OP_1NEGATE", op_1negate},
    {"OP_TRUE", op_1},
    {"OP_NOP2", op_checklocktimeverify},
    {"OP_CLTV", op_checklocktimeverify},
    {"OP_NOP3", op_checksequenceverify},
    {"OP_CSV", op_checksequenceverify},
    {"OP_PUBKEYHASH", 0xfd},
    {"OP_PUBKEY", 0xfe},
    {"OP_INVALIDOPCODE", op_invalid},
});

std::string plain_name(Byte opcode) {
  if (opcode == op_0) return "OP_0";
  if (opcode == op_1negate) return "OP_1NEGATE";
  if (opcode >= op_1 && opcode <= op_16) return "OP_" + std::string(op_name(opcode));
  return std::string(op_name(opcode));
}

/// The opcode that pushes these bytes by itself.
std::optional<Byte> number_opcode(ByteView data) {
  for (const Byte opcode : {Byte{op_0}, Byte{op_1negate}}) {
    if (is_minimal_push(data, opcode)) return opcode;
  }
  if (data.size() == 1 && data[0] >= 1 && data[0] <= 16) {
    return static_cast<Byte>(op_reserved + data[0]);
  }
  return std::nullopt;
}

std::string plain_word(const Instruction& instruction) {
  if (instruction.opcode > op_pushdata4) return plain_name(instruction.opcode);
  if (const auto opcode = number_opcode(instruction.data)) return plain_name(*opcode);
  return to_hex(instruction.data);
}

std::string core_word(const Instruction& instruction) {
  if (instruction.opcode > op_pushdata4) return std::string(op_name(instruction.opcode));
  if (instruction.data.size() > core_number_size) return to_hex(instruction.data);
  return std::to_string(*decode_number(instruction.data, false));
}

template <class Take>
bool each_word(std::string_view text, Take take) {
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return true;
    text.remove_prefix(begin);
    const std::size_t size = std::min(text.find_first_of(" \t\n"), text.size());
    if (!take(text.substr(0, size))) return false;
    text.remove_prefix(size);
  }
}

bool take_notation(Bytes& script, std::string_view word) {
  const std::string_view digits = word.starts_with('-') ? word.substr(1) : word;
  if (!digits.empty() &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return false;
    if (value > notation_number_max || value < -notation_number_max) return false;
    push_number(script, value);
    return true;
  }
  if (word.starts_with("0x") && word.size() > 2) {
    const auto raw = from_hex(word);
    if (raw) put_bytes(script, *raw);
    return raw.has_value();
  }
  if (word.size() >= 2 && word.starts_with('\'') && word.ends_with('\'')) {
    push_data(script, as_bytes(word.substr(1, word.size() - 2)));
    return true;
  }
  const std::string name = word.starts_with("OP_") ? std::string(word) : "OP_" + std::string(word);
  const auto opcode = opcode_of(name);
  // Pushes are written as numbers and data, never by the names of their opcodes.
  if (!opcode || (*opcode < op_nop && *opcode != op_reserved)) return false;
  put_u8(script, *opcode);
  return true;
}

}  // namespace

std::optional<Byte> opcode_of(std::string_view name) {
  const auto alias = std::find_if(aliases.begin(), aliases.end(),
                                  [&](const Alias& known) { return known.name == name; });
  if (alias != aliases.end()) return alias->opcode;
  if (!name.starts_with("OP_")) return std::nullopt;
  for (int opcode = op_reserved; opcode <= op_checksigadd; ++opcode) {
    if (plain_name(static_cast<Byte>(opcode)) == name) return static_cast<Byte>(opcode);
  }
  return std::nullopt;
}

std::optional<std::string> to_asm(ByteView script, AsmStyle style) {
  std::string out;
  ScriptReader reader(script);
  Instruction instruction;
  const auto put = [&](const std::string& word) {
    if (!out.empty()) out += ' ';
    out += word;
  };
  while (reader.next(instruction)) {
    put(style == AsmStyle::core ? core_word(instruction) : plain_word(instruction));
  }
  if (reader.failed()) {
    if (style == AsmStyle::plain) return std::nullopt;
    put("[error]");
  }
  return out;
}

std::optional<Bytes> from_asm(std::string_view text) {
  Bytes script;
  const bool all = each_word(text, [&](std::string_view word) {
    if (const auto opcode = opcode_of(word)) {
      put_u8(script, *opcode);
      return true;
    }
    const auto data = word.starts_with("0x") ? std::nullopt : from_hex(word);
    if (!data) return false;
    if (const auto opcode = number_opcode(*data)) {
      put_u8(script, *opcode);
    } else {
      push_data(script, *data);
    }
    return true;
  });
  if (!all) return std::nullopt;
  return script;
}

std::optional<Bytes> script_from_notation(std::string_view text) {
  Bytes script;
  if (!each_word(text, [&](std::string_view word) { return take_notation(script, word); })) {
    return std::nullopt;
  }
  return script;
}

}  // namespace ledgerlab::bitcoin
