// The short run of every fuzz target: its seeds, the inputs kept in corpus/<target>.hex (found by
// libFuzzer: one for each way through the code, and what once broke something) and mutations of all
// of these, the same ones in every run.
#include "tests/fuzz/fuzz.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ledgerlab::fuzz {
namespace {

namespace fs = std::filesystem;

/// What is wrong with this input; empty: nothing.
std::string fault_of(const Target& target, ByteView input) {
  try {
    target.run(input);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// The input as a file, for libFuzzer and for the corpus.
std::string kept(const Target& target, const Bytes& input) {
  const fs::path path = fs::temp_directory_path() / ("fuzz-" + std::string(target.name));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(input.data()),
             static_cast<std::streamsize>(input.size()));
  return std::string(target.name) + ", input kept in " + path.string();
}

class Fuzz : public testing::TestWithParam<Target> {};

TEST_P(Fuzz, NothingBreaks) {
  const Target& target = GetParam();
  const std::vector<Bytes> inputs = first_inputs(target);
  ASSERT_FALSE(inputs.empty());
  for (const Bytes& input : inputs) {
    const std::string fault = fault_of(target, input);
    ASSERT_TRUE(fault.empty()) << fault << ": " << kept(target, input);
  }
  const char* factor = std::getenv("LEDGERLAB_FUZZ_FACTOR");
  const std::uint64_t times = factor == nullptr ? 1 : std::strtoull(factor, nullptr, 10);
  for (std::uint64_t n = 0; n < times * target.mutations; ++n) {
    const Bytes input = mutated(inputs, 1, n);
    const std::string fault = fault_of(target, input);
    ASSERT_TRUE(fault.empty()) << fault << ": " << kept(target, input);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Fuzz, testing::ValuesIn(targets()),
                         [](const auto& info) { return std::string(info.param.name); });

/// The run finds what it is there for: a target that breaks its promise on one byte.
TEST(FuzzTwin, BrokenTargetIsCaught) {
  const Target broken = {"broken",
                         [](ByteView input) {
                           for (const Byte byte : input) require(byte != 0xc0, "no byte is 0xc0");
                         },
                         [] { return std::vector<Bytes>{Bytes(8, 1)}; }, 1'000};
  const std::vector<Bytes> inputs = broken.seeds();
  std::uint64_t n = 0;
  while (n < broken.mutations && fault_of(broken, mutated(inputs, 1, n)).empty()) ++n;
  EXPECT_LT(n, broken.mutations);
  EXPECT_EQ(mutated(inputs, 1, n), mutated(inputs, 1, n));
}

}  // namespace
}  // namespace ledgerlab::fuzz
