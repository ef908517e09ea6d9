// WebAssembly modules for tests from their text, by wat2wasm of the engine's own package (wabt).
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace ledgerlab::testing {

inline std::string assemble_wasm(const std::string& text) {
  const auto base = std::filesystem::temp_directory_path() /
                    ("module-" + std::to_string(static_cast<long>(getpid())));
  const std::string from = base.string() + ".wat", to = base.string() + ".wasm";
  std::ofstream(from) << text;
  const bool made = std::system(("wat2wasm '" + from + "' -o '" + to + "'").c_str()) == 0;
  std::ifstream file(to, std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::filesystem::remove(from);
  std::filesystem::remove(to);
  if (!made || out.empty()) throw std::runtime_error("wat2wasm takes no such text: " + text);
  return out;
}

}  // namespace ledgerlab::testing
