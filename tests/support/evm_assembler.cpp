#include "tests/support/evm_assembler.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "models/base/u256.hpp"
#include "models/contract/evm/opcodes.hpp"

namespace ledgerlab::testing {
namespace {

constexpr Byte push_zero = 0x5f;
constexpr Byte push_two = 0x61;
constexpr Byte jump_destination = 0x5b;

[[noreturn]] void refuse(const std::string& word) {
  throw std::invalid_argument("not EVM assembly: \"" + word + "\"");
}

/// Mnemonics to opcodes; the families with their numbers.
std::map<std::string, Byte> make_mnemonics() {
  std::map<std::string, Byte> out;
  for (unsigned code = 0; code < 256; ++code) {
    const evm::OpcodeInfo& info = evm::opcodes[code];
    if (info.name.empty()) continue;
    std::string name(info.name);
    if (name == "PUSH") name += std::to_string(code - 0x5f);
    if (name == "DUP") name += std::to_string(code - 0x7f);
    if (name == "SWAP") name += std::to_string(code - 0x8f);
    if (name == "LOG") name += std::to_string(code - 0xa0);
    out[name] = static_cast<Byte>(code);
  }
  return out;
}

void push(Bytes& code, Byte opcode, Bytes immediate) {
  const std::size_t size = opcode - push_zero;
  if (immediate.size() > size) throw std::invalid_argument("the value of a PUSH is too long");
  code.push_back(opcode);
  code.insert(code.end(), size - immediate.size(), 0);
  code.insert(code.end(), immediate.begin(), immediate.end());
}

}  // namespace

Bytes assemble(std::string_view text) {
  static const std::map<std::string, Byte> mnemonics = make_mnemonics();
  std::map<std::string, std::size_t> labels;
  std::vector<std::pair<std::size_t, std::string>> uses;
  Bytes code;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (word.back() == ':') {
      labels[word.substr(0, word.size() - 1)] = code.size();
      code.push_back(jump_destination);
    } else if (word.starts_with("0x")) {
      const auto bytes = from_hex(word);
      if (!bytes) refuse(word);
      code.insert(code.end(), bytes->begin(), bytes->end());
    } else if (word.starts_with("PUSH") && word != "PUSH0") {
      std::string operand;
      if (!(words >> operand)) refuse(word);
      if (operand[0] == '@') {
        uses.emplace_back(code.size() + 1, operand.substr(1));
        push(code, push_two, {});
        continue;
      }
      const auto value = u256_from_text(operand);
      if (!value) refuse(operand);
      const Bytes immediate = to_minimal_big_endian(*value);
      const auto shortest =
          static_cast<Byte>(push_zero + std::max<std::size_t>(1, immediate.size()));
      const auto named = mnemonics.find(word);
      if (word != "PUSH" && named == mnemonics.end()) refuse(word);
      push(code, word == "PUSH" ? shortest : named->second, immediate);
    } else {
      const auto at = mnemonics.find(word);
      if (at == mnemonics.end()) refuse(word);
      code.push_back(at->second);
    }
  }
  for (const auto& [place, name] : uses) {
    const auto label = labels.find(name);
    if (label == labels.end()) refuse("@" + name);
    code[place] = static_cast<Byte>(label->second >> 8);
    code[place + 1] = static_cast<Byte>(label->second);
  }
  return code;
}

}  // namespace ledgerlab::testing
