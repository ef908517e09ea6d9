// Repetitions, medians and origin.
#include "sim/calibrate/calibrate.hpp"

#include <openssl/crypto.h>
#include <sodium.h>
#include <sys/utsname.h>
#include <time.h>

#include <algorithm>
#include <fstream>

namespace ledgerlab {
namespace {

constexpr std::size_t repetitions = 25;

/// So many operations that a batch takes its share of the time, found by doubling.
std::size_t batch_size(const CostBatch& batch, double share_ns) {
  std::size_t count = 1;
  while (count < (std::size_t{1} << 24)) {
    const auto taken = static_cast<double>(batch(count));
    if (taken >= share_ns) break;
    count *= 2;
  }
  return count;
}

MeasuredCost measure(const CostProbe& probe, double seconds) {
  const CostBatch batch = probe.prepare();
  const std::size_t count = batch_size(batch, seconds * 1e9 / (repetitions + 2));
  std::vector<double> figures;
  for (std::size_t i = 0; i < repetitions; ++i) {
    const double taken = std::max(1.0, static_cast<double>(batch(count)));
    figures.push_back(taken * 1e3 / static_cast<double>(count) / probe.units);
  }
  std::sort(figures.begin(), figures.end());
  return {probe.operation,
          probe.method,
          figures[repetitions / 2],
          figures[repetitions / 4],
          figures[repetitions * 3 / 4],
          repetitions};
}

/// The value of the first line of /proc/cpuinfo that begins so.
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string compiler() {
#ifdef __clang__
  return __VERSION__;  // says its name
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

std::string today() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[11];
  return std::string(text, strftime(text, sizeof text, "%Y-%m-%d", &parts));
}

}  // namespace

Calibration calibrate(double seconds, const std::function<void(Operation)>& progress) {
  Calibration out;
  const std::vector<CostProbe> probes = cost_probes();
  for (const CostProbe& probe : probes) {
    if (progress) progress(probe.operation);
    out.rows.push_back(measure(probe, seconds / static_cast<double>(probes.size())));
  }
  utsname system{};
  uname(&system);
  out.origin = {
      {"cpu", cpu_model()},
      {"kernel", std::string(system.sysname) + " " + system.release + " " + system.machine},
      {"compiler", compiler()},
      {"libraries", std::string("libsodium ") + sodium_version_string() + ", " +
                        OpenSSL_version(OPENSSL_VERSION)},
      {"date", today()}};
  return out;
}

}  // namespace ledgerlab
