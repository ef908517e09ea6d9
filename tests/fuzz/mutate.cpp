// Deterministic mutations: the short run's stand-in for libFuzzer's, without its feedback.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "models/base/draw.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {
namespace {

/// Lengths, counts and signs that readers get wrong.
constexpr std::uint64_t edges[] = {
    0,      1,          0x7f,       0x80,       0xb7,       0xb8,       0xbf,       0xc0,
    0xf7,   0xf8,       0xfc,       0xfd,       0xfe,       0xff,       0x7fff,     0x8000,
    0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 62, ~0ull >> 1, 1ull << 63, ~0ull};

class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t n) : seed_(seed), n_(n) {}
  std::uint64_t below(std::uint64_t bound) {
    return draw_below(draw64(seed_, static_cast<std::uint32_t>(n_), Purpose("fuzz"), draws_++),
                      bound);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t n_;
  std::uint64_t draws_ = 0;
};

void write_edge(Bytes& bytes, Dice& dice) {
  const std::uint64_t value = edges[dice.below(std::size(edges))];
  const std::size_t size = std::size_t{1} << dice.below(4);
  const bool little = dice.below(2) == 0;
  const std::size_t at = dice.below(bytes.size());
  for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i) {
    bytes[at + i] = static_cast<Byte>(value >> 8 * (little ? i : size - 1 - i));
  }
}

/// A piece of `other` (or of itself) over or into the bytes.
void splice(Bytes& bytes, const Bytes& other, Dice& dice) {
  if (other.empty()) return;
  const std::size_t from = dice.below(other.size());
  const std::size_t size = 1 + dice.below(std::min<std::size_t>(other.size() - from, 64));
  const Bytes piece(other.begin() + static_cast<std::ptrdiff_t>(from),
                    other.begin() + static_cast<std::ptrdiff_t>(from + size));
  const std::size_t at = dice.below(bytes.size() + 1);
  if (dice.below(2) == 0) {
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
  } else {
    for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i) bytes[at + i] = piece[i];
  }
}

void edit(Bytes& bytes, std::span<const Bytes> inputs, Dice& dice) {
  if (bytes.empty()) {
    bytes.push_back(static_cast<Byte>(dice.below(256)));
    return;
  }
  const std::size_t at = dice.below(bytes.size());
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (dice.below(7)) {
    case 0:
      *place ^= static_cast<Byte>(1u << dice.below(8));
      break;
    case 1:
      *place = static_cast<Byte>(dice.below(256));
      break;
    case 2:
      bytes.insert(place, static_cast<Byte>(dice.below(256)));
      break;
    case 3:
      bytes.erase(place, place + static_cast<std::ptrdiff_t>(
                                     1 + dice.below(std::min<std::size_t>(bytes.size() - at, 16))));
      break;
    case 4:
      write_edge(bytes, dice);
      break;
    case 5:
      splice(bytes, bytes, dice);
      break;
    default:
      splice(bytes, inputs[dice.below(inputs.size())], dice);
  }
}

}  // namespace

Bytes mutated(std::span<const Bytes> inputs, std::uint64_t seed, std::uint64_t n) {
  Dice dice(seed, n);
  if (inputs.empty() || dice.below(16) == 0) {  // nothing we know
    Bytes out(dice.below(96));
    for (Byte& byte : out) byte = static_cast<Byte>(dice.below(256));
    return out;
  }
  Bytes out = inputs[dice.below(inputs.size())];
  const std::uint64_t edits = 1 + dice.below(5);
  for (std::uint64_t i = 0; i < edits; ++i) edit(out, inputs, dice);
  return out;
}

Bytes source_file(std::string_view path) {
  std::ifstream file(std::string(LEDGERLAB_SOURCE_DIR) + "/" + std::string(path), std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + std::string(path));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<Bytes> first_inputs(const Target& target) {
  std::vector<Bytes> out = target.seeds();
  std::ifstream file(std::string(LEDGERLAB_SOURCE_DIR) + "/tests/fuzz/corpus/" +
                     std::string(target.name) + ".hex");
  for (std::string line; std::getline(file, line);) {
    const auto input = from_hex(line);
    if (!input) throw std::runtime_error("corpus of " + std::string(target.name) + ": " + line);
    out.push_back(*input);
  }
  return out;
}

std::vector<Target> targets() {
  std::vector<Target> out;
  for (const auto part : {codec_targets(), bitcoin_targets(), chain_targets(), contract_targets(),
                          ledger_targets(), scenario_targets(), storage_targets()}) {
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace ledgerlab::fuzz
