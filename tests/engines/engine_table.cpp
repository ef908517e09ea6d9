// Transfers on one engine beside another, as rows: what docs/engines.md compares and table.tsv
// keeps. Every transfer has a process of its own, so that no engine meets what another left.
//   engine_table ENGINE...     native, native-tcp, simgrid, simgrid-LV08, ns3
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/engines/engine_rows.hpp"

namespace ledgerlab {
namespace {

/// Nanoseconds, or what went wrong.
std::string measure_apart(const std::string& engine, const TableCase& row) {
  std::fflush(stdout);  // what is buffered here is not the child's to write
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    std::string text;
    try {
      text = std::to_string(measure_case(engine, row).count());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "engine_table: %s\n", error.what());
      text = "failed";
    }
    const bool written = write(ends[1], text.data(), text.size()) >= 0;
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char part[64];
  for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return text.empty() ? "failed" : text;
}

int print_table(const std::vector<std::string>& engines) {
  std::printf("# engine_table");
  for (const std::string& engine : engines) std::printf(" %s", engine.c_str());
  std::printf("\n# transfers in nanoseconds; tests/engines/engine_rows.hpp says what a pattern is\n");
  for (const std::string& engine : engines) {
    std::printf("# %s: %s\n", engine.c_str(), table_engine_version(engine).c_str());
  }
  std::printf("pattern\tmbit_s\tlatency_us\tpeers\tbytes");
  for (const std::string& engine : engines) std::printf("\t%s", engine.c_str());
  std::printf("\n");
  for (const TableCase& row : table_cases()) {
    std::printf("%s", key_of(row).c_str());
    for (const std::string& engine : engines) {
      const std::string text = measure_apart(engine, row);
      std::printf("\t%s", text.c_str());
      if (text == "failed") return 1;
    }
    std::printf("\n");
  }
  return 0;
}

}  // namespace
}  // namespace ledgerlab

int main(int argc, char** argv) {
  const std::vector<std::string> engines(argv + 1, argv + argc);
  if (engines.empty()) {
    std::fputs("engine_table ENGINE...: native, native-tcp, simgrid, simgrid-LV08, ns3\n", stderr);
    return 64;
  }
  return ledgerlab::print_table(engines);
}
