// Every contract engine with its version of the contracts in scenarios/contracts.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/contract/evm/evm.hpp"
#include "models/contract/js/js.hpp"
#include "models/contract/lua/lua.hpp"
#include "models/contract/process/process.hpp"
#include "models/contract/wasm/wasm.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/contract/frame.hpp"

namespace ledgerlab {

inline Bytes contract_file(const std::string& job, const std::string& suffix) {
  const std::string path =
      std::string(LEDGERLAB_SOURCE_DIR) + "/scenarios/contracts/" + job + "/" + job + "." + suffix;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Where the C++ contracts are built (CMakeLists.txt); a registered program is a file of this name.
inline const std::string native_folder = LEDGERLAB_BINARY_DIR "/contracts";
inline Bytes native_code(const std::string& job) {
  std::ifstream file(native_folder + "/" + job, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + native_folder + "/" + job);
  const Bytes program{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string code = "#!native " + job + " " + to_hex(sha256(program));
  return {code.begin(), code.end()};
}

inline std::unique_ptr<ContractEngine> process_engine() {
  return process::make_process({.sandbox = process::Sandbox::preferred,
                                .reply_ms = 60'000,
                                .cpu_seconds = 2,
                                .frames = 1'000,
                                .programs = native_folder});
}

struct EngineCase {
  std::string name;
  std::unique_ptr<ContractEngine> (*make)();

  /// What deploys a job with constructor arguments.
  Bytes creation(const std::string& job, ByteView arguments) const {
    if (name == "cpp") return contract::deployment(native_code(job), arguments);
    if (name != "evm") return contract::deployment(contract_file(job, name), arguments);
    const Bytes text = contract_file(job, "bin");
    const std::string_view digits(reinterpret_cast<const char*>(text.data()), text.size());
    Bytes code = from_hex(digits.substr(0, digits.find_last_not_of("\r\n") + 1)).value();
    code.insert(code.end(), arguments.begin(), arguments.end());
    return code;
  }
};

inline const std::vector<EngineCase>& engine_cases() {
  static const std::vector<EngineCase> cases = {
      {"evm", [] { return std::unique_ptr<ContractEngine>(evm::make_evm()); }},
      {"lua", [] { return std::unique_ptr<ContractEngine>(lua::make_lua()); }},
      {"js", [] { return std::unique_ptr<ContractEngine>(js::make_js()); }},
      {"wasm", [] { return std::unique_ptr<ContractEngine>(wasm::make_wasm()); }},
      {"py", process_engine},
      {"cpp", process_engine},
  };
  return cases;
}

}  // namespace ledgerlab
