// One check of the engine contract in this process: engine_probe ENGINE CHECK. Prints the digest, or
// what is wrong. Exit codes: 0 holds, 1 does not, 64 no such check, 69 the engine is not here.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/engine/module.hpp"
#include "tests/engine/checks.hpp"

namespace ledgerlab::engine_contract {
namespace {

/// A second engine in one process is refused by name, never run on a clock that has moved.
Verdict second(const MakeEngine& make) {
  NetworkSpec spec;
  spec.nodes = 2;
  spec.latency = {ms(1)};
  make(spec).reset();
  try {
    make(spec).reset();
  } catch (const EngineBusy&) {
    return {};
  }
  return {"a second engine in one process was not refused", {}};
}

int probe(const std::string& engine, const std::string& what, const std::string& count) {
  try {
    const MakeEngine make = engine_by_name(engine);
    Verdict verdict;
    if (what == "second") {
      verdict = second(make);
    } else if (what == "cycles") {
      verdict = cycles(make, static_cast<std::uint32_t>(std::atoi(count.c_str())));
    } else if (const Check* check = find_check(what)) {
      verdict = check->run(make);
    } else {
      return 64;
    }
    std::printf("%s\n", verdict.fault.empty() ? verdict.digest.c_str() : verdict.fault.c_str());
    return verdict.fault.empty() ? 0 : 1;
  } catch (const EngineMissing& missing) {
    std::printf("%s\n", missing.what());
    return 69;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace ledgerlab::engine_contract

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  return ledgerlab::engine_contract::probe(argv[1], argv[2], argc > 3 ? argv[3] : "1");
}
