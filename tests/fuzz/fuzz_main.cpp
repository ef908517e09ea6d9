// The entry of libFuzzer: one program for all targets, `--target=NAME` says which. What begins with
// two dashes is ours, the rest libFuzzer's. `--seeds=DIR` writes the target's first inputs and
// ends.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fuzz/fuzz.hpp"

namespace {

const ledgerlab::fuzz::Target* chosen = nullptr;

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const ledgerlab::Bytes& seed : ledgerlab::fuzz::first_inputs(*chosen)) {
    std::ofstream file(folder / ("seed-" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  static const std::vector<ledgerlab::fuzz::Target> all = ledgerlab::fuzz::targets();
  std::string name, seeds;
  bool list = false;
  for (int i = 1; i < *argc; ++i) {
    const std::string word = (*argv)[i];
    if (word.starts_with("--target=")) name = word.substr(9);
    if (word.starts_with("--seeds=")) seeds = word.substr(8);
    list = list || word == "--list";
  }
  for (const auto& target : all) {
    if (list) std::printf("%s\n", std::string(target.name).c_str());
    if (target.name == name) chosen = &target;
  }
  if (list) std::exit(0);
  if (chosen == nullptr) {
    std::fprintf(stderr, "--target=NAME: no target '%s'; --list names them\n", name.c_str());
    std::exit(64);
  }
  if (!seeds.empty()) {
    write_seeds(seeds);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run({data, size});
  return 0;
}
