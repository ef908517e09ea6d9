// wabt's interpreter behind a door without its headers, which GCC 12 reads as C++17 only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ledgerlab::wasm {

/// A function that modules may import from "ledger". Types as letters: i for i32, l for i64; after
/// the colon the result.
struct Import {
  const char* name;
  const char* type;
};

/// The linear memory during one call of an import.
struct Memory {
  std::uint8_t* data;
  std::size_t size;
};

class Environment {
 public:
  virtual ~Environment() = default;
  /// False: the budget is used up.
  virtual bool charge(std::int64_t steps, std::int64_t pages) = 0;
  /// False: the frame has ended, well or not.
  virtual bool call(std::size_t import, const std::uint64_t* arguments, std::uint64_t& result,
                    Memory memory) = 0;
};

struct Module;

struct Limits {
  const Import* imports;
  std::size_t import_count;
  std::uint32_t pages;  // of 64 KiB, at most
};

/// Null and a reason where the bytes are no module that a contract may be.
std::shared_ptr<const Module> read_module(const std::uint8_t* bytes, std::size_t size,
                                          const Limits& limits, std::string& fault);
bool has_export(const Module& module, const char* name);

enum class End : std::uint8_t { returned, stopped, trapped };
/// Runs the exported function, which takes and gives nothing, on a fresh instance.
End run(const Module& module, const char* name, Environment& environment, std::string& why);

}  // namespace ledgerlab::wasm
