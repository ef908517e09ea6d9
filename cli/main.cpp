// The program: every error that leaves a verb becomes a message and the documented exit code.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/commands.hpp"
#include "cli/worker.hpp"
#include "sim/engine/module.hpp"
#include "sim/record/trace_file.hpp"
#include "sim/report/results.hpp"
#include "sim/scenario/document.hpp"
#include "sim/scenario/resolver.hpp"
#include "sim/topology/data_path.hpp"

namespace ledgerlab::cli {

bool print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  complain(std::string("standard output cannot be written: ") + std::strerror(errno));
  std::clearerr(stdout);
  return false;
}

void complain(const std::string& text) { std::fprintf(stderr, "ledgerlab: %s\n", text.c_str()); }

std::string shell_word(const std::string& word) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,%+@";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

namespace {

int guarded(int argc, char** argv) {
  try {
    return parse_and_dispatch(argc, argv);
  } catch (const ScenarioErrors& errors) {
    for (const ScenarioError& error : errors.errors()) complain(error.text());
    return errors.exit_code();
  } catch (const DataNotFoundError& error) {
    complain(error.what());
    return exit_missing_input;
  } catch (const WorkerFailed& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return failure.code();
  } catch (const EngineRefuses& error) {
    complain(error.what());
    return exit_bad_scenario;
  } catch (const EngineUnavailable& error) {
    complain(error.what());
    return exit_no_engine;
  } catch (const EngineLimit& error) {
    complain(error.what());
    return exit_bad_scenario;
  } catch (const ResultsError& error) {
    complain(error.what());
    return exit_results;
  } catch (const TraceFileError& error) {
    complain(error.what());
    return error.exit_status;
  } catch (const std::exception& error) {
    complain(std::string("internal fault: ") + error.what());
    return exit_internal;
  }
}

}  // namespace
}  // namespace ledgerlab::cli

int main(int argc, char** argv) { return ledgerlab::cli::guarded(argc, argv); }
