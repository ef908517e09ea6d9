// The transfers by which engines are compared (docs/engines.md): cases, and how long one takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/engine/engine.hpp"

namespace ledgerlab {

/// Nodes 0 .. peers; all links but those named by the pattern have 1 Gbit/s both ways.
struct TableCase {
  std::string pattern;
  std::uint64_t bps = 0;  // of both ends (single, ramp), of the one node (fan-out, incast)
  Duration latency{};     // one way
  std::uint32_t peers = 1;
  std::uint32_t bytes = 0;
};

/// single-first: a message on a fresh connection; single-open: on one that carried a byte before;
/// single-again: after one of the same size. fan-out: to each of `peers` at once, incast: from each
/// of them at once, on connections that carried a byte before, until the last byte of all has
/// arrived. ramp: the arrival of message number `peers` of 64 sent at once.
std::vector<TableCase> table_cases();

/// "native", "native-tcp", "simgrid" (CM02), "simgrid-LV08", "ns3". Throws EngineMissing.
std::unique_ptr<Engine> make_table_engine(const std::string& name, NetworkSpec spec);

/// Of the engine and its package, "native@1" or "ns3@1 (ns-3.37)", without starting it.
std::string table_engine_version(const std::string& name);

/// The first five columns of its row: pattern, Mbit/s, microseconds, peers, bytes.
std::string key_of(const TableCase& row);

/// From the send to the last byte that the pattern waits for.
Duration measure_case(const std::string& engine, const TableCase& row);

}  // namespace ledgerlab
