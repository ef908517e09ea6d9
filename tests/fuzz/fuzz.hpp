// What is fuzzed: one function for each reader of untrusted bytes. It is given any bytes and must
// neither crash nor break its oracle (what decodes encodes to the same bytes, two runs agree, gas
// never grows). fuzz_main.cpp runs one of them under libFuzzer, fuzz_test.cpp all of them briefly.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab::fuzz {

struct Target {
  std::string_view name;
  /// Throws Broken if a promise does not hold; any other exception is a fault too.
  void (*run)(ByteView input);
  /// Inputs to begin with, made by our own encoders, so that they never grow old.
  std::vector<Bytes> (*seeds)();
  /// Inputs of the short run.
  std::uint32_t mutations;
};

std::span<const Target> codec_targets();
std::span<const Target> bitcoin_targets();
std::span<const Target> chain_targets();
std::span<const Target> contract_targets();
std::span<const Target> ledger_targets();
std::span<const Target> scenario_targets();
std::span<const Target> storage_targets();
/// All of them.
std::vector<Target> targets();

class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};
inline void require(bool holds, const char* promise) {
  if (!holds) throw Broken(promise);
}

/// Takes an input apart from the front; reads zeros when it is used up.
class Source {
 public:
  explicit Source(ByteView bytes) : rest_(bytes) {}
  Byte byte() {
    if (rest_.empty()) return 0;
    const Byte first = rest_[0];
    rest_ = rest_.subspan(1);
    return first;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    while (bytes-- > 0) value = value << 8 | byte();
    return value;
  }
  ByteView take(std::size_t size) {
    const ByteView out = rest_.first(size < rest_.size() ? size : rest_.size());
    rest_ = rest_.subspan(out.size());
    return out;
  }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

/// A file of the repository, by its path from the root.
Bytes source_file(std::string_view path);

/// The target's seeds and the inputs kept in tests/fuzz/corpus/<name>.hex, one a line.
std::vector<Bytes> first_inputs(const Target& target);

/// The n-th of the inputs that a short run makes from these, the same on every machine.
Bytes mutated(std::span<const Bytes> inputs, std::uint64_t seed, std::uint64_t n);

}  // namespace ledgerlab::fuzz
